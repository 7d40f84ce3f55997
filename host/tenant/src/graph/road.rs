//! The road that every request to Graph goes, and the checks along it, in the order in which Graph makes them.

use std::cell::RefCell;
use std::net::Ipv4Addr;
use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderName, Method, header};
use serde_json::{Map, Value};

use super::fault::Fault;
use super::operations::{Access, Area, Operation, Run, Simulated, Takes};
use super::{Actor, Call, Prefer, Reply, batch, router, throttle};
use crate::audit::{Deed, Doing, Origin};
use crate::entra::Claims;
use crate::entra::credentials::Sealed;
use crate::files::{content, sessions};
use crate::ids::{Mint, Seed};
use crate::odata::options::Options;
use crate::settings::Settings;
use crate::state_file::Kept;
use crate::tenant::State;

/// What of the wire the road needs.
#[derive(Clone, Copy)]
pub(crate) struct Incoming<'a> {
    pub(crate) method: &'a str,
    /// The path after the version.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) base: &'a str,
    pub(crate) now: u64,
    pub(crate) request_id: &'a str,
    pub(crate) mint: &'a Mint,
    /// Whether the mailbox is busy with as many requests as it takes at a time.
    pub(crate) crowded: bool,
    pub(crate) origin: Origin<'a>,
}

impl Incoming<'_> {
    /// What its sender calls it.
    pub(crate) fn named(&self) -> Option<&str> {
        self.headers.get("client-request-id").and_then(|value| value.to_str().ok())
    }
}

/// What every request meets: the tenant's facts, and its state.
#[derive(Clone, Copy)]
pub(crate) struct World<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) seed: &'a Seed,
    pub(crate) state: &'a Mutex<State>,
}

/// Answers one request to Graph.
pub(crate) fn answer(
    incoming: &Incoming<'_>,
    world: World<'_>,
    claims: Result<&Claims, Fault>,
) -> Result<Reply, Fault> {
    let claims = claims?;
    if incoming.path.eq_ignore_ascii_case("/$batch") {
        return batch::answer(incoming, world, claims);
    }
    // One lock: a request is one transaction over users, seats and mailboxes, and takes microseconds. The answer is
    // written out after it is released.
    let mut state = world.state.lock().unwrap_or_else(PoisonError::into_inner);
    walk(incoming, world, claims, &mut state)
}

/// Answers one request with the state in hand.
pub(super) fn walk(
    incoming: &Incoming<'_>,
    world: World<'_>,
    claims: &Claims,
    state: &mut State,
) -> Result<Reply, Fault> {
    let route = Route::find(incoming.method, incoming.path, claims.actor())?;
    let basic = permitted(&route, incoming, claims, world.settings, state)?;
    if let Some(retry_after) = state.throttled() {
        return Err(Fault::too_many_requests(retry_after));
    }
    throttle::check(incoming, route.operation, &route.keys, claims, world.settings, state)?;
    let caller = Caller { app: &claims.appid, actor: claims.actor(), basic, password: None };
    let (reply, deeds) = run(incoming, route, &caller, world, state)?;
    if let Some(log) = &mut state.audit {
        let doing = Doing::of(claims, incoming.origin, incoming.now, incoming.request_id, incoming.named());
        log.tell(&doing, deeds);
    }
    Ok(reply)
}

/// Does a request again that was kept: it was let through before, so nobody asks whether it may.
///
/// # Errors
/// It is not one that this program could have kept.
pub(crate) fn again(kept: &Kept, settings: &Settings, seed: &Seed, state: &Mutex<State>) -> Result<u16, String> {
    let headers = kept.headers();
    let bytes = kept.bytes()?;
    if let Some(path) = kept.path.strip_prefix(content::LINKS) {
        let token = path.strip_prefix("upload/").ok_or("it is no upload")?;
        let method = Method::from_bytes(kept.method.as_bytes()).map_err(|error| error.to_string())?;
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = sessions::piece(&method, token, &headers, &bytes, kept.at, &mut state);
        return Ok(answer.map_or_else(|fault| fault.status, |answer| answer.status).as_u16());
    }
    let mint = Mint::again(&kept.mint).ok_or("what names its things is not there")?;
    let password = kept.password.as_deref().map(|text| Sealed::read(text).ok_or("the password's hash is not whole"));
    let actor = kept.user.map_or(Actor::App, Actor::User);
    let caller = Caller { app: &kept.app, actor, basic: false, password: password.transpose()? };
    let incoming = Incoming {
        method: &kept.method,
        path: &kept.path,
        query: &kept.query,
        headers: &headers,
        body: &bytes,
        base: "https://graph.microsoft.com/v1.0",
        now: kept.at,
        request_id: &kept.request_id,
        mint: &mint,
        crowded: false,
        origin: Origin { ip: Ipv4Addr::LOCALHOST.into(), agent: "", operation_id: "" },
    };
    let route = Route::find(&kept.method, &kept.path, caller.actor).map_err(|fault| fault.message)?;
    let mut held = state.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = run(&incoming, route, &caller, World { settings, seed, state }, &mut held);
    Ok(answer.map_or_else(|fault| fault.status, |(reply, _)| reply.status).as_u16())
}

/// In whose name an operation runs.
struct Caller<'a> {
    app: &'a str,
    actor: Actor,
    /// Whether it may see the basics only.
    basic: bool,
    /// The password of the body, of a request that is done again: the body has it no more.
    password: Option<Sealed>,
}

/// An operation, what it does, and the keys in the path that led to it.
struct Route {
    operation: &'static Operation,
    run: Simulated,
    keys: Vec<String>,
}

impl Route {
    /// Where a path leads. What is not simulated is so for everybody, so it says so before anybody's permissions are
    /// looked at: an answer about those would be read as Graph's.
    fn find(method: &str, path: &str, actor: Actor) -> Result<Route, Fault> {
        let own = own_path(path, actor);
        let (operation, keys) = router::find(method, own.as_deref().unwrap_or(path))?;
        match operation.run {
            Run::Does(run) => Ok(Route { operation, run, keys }),
            Run::Not(why) => Err(Fault::not_simulated(&format!("{} {}: {why}", operation.method, operation.template))),
        }
    }
}

/// Runs an operation, and keeps the request if it may have changed something: what it did, for the logs, comes with the
/// answer.
fn run(
    incoming: &Incoming<'_>,
    route: Route,
    caller: &Caller<'_>,
    world: World<'_>,
    state: &mut State,
) -> Result<(Reply, Vec<Deed>), Fault> {
    let Route { operation, run, keys } = route;
    let options = Options::read(incoming.query, operation.options)?;
    let eventual = incoming
        .headers
        .get("consistencylevel")
        .is_some_and(|level| level.as_bytes().eq_ignore_ascii_case(b"eventual"));
    let call = Call {
        operation,
        actor: caller.actor,
        app: caller.app,
        settings: world.settings,
        seed: world.seed,
        now: incoming.now,
        base: incoming.base,
        path: incoming.path,
        keys,
        advanced: eventual && (options.count || operation.template.ends_with("/$count")),
        options,
        prefer: Prefer::read(incoming.headers),
        basic: caller.basic,
        body: read_body(operation, incoming)?,
        bytes: incoming.body,
        headers: incoming.headers,
        mint: incoming.mint,
        request_id: incoming.request_id,
        password: caller.password,
        deeds: state.audit.is_some().then(RefCell::default),
    };
    let writes = operation.method != "GET";
    if let Some(file) = state.file.as_ref().filter(|_| writes) {
        file.check()?;
    }
    let drives = state.files.drives.len();
    let answer = run(&call, state);
    // What was refused changed nothing. Whoever first asks for a drive makes it, and asking is a GET.
    let changed = (writes && answer.is_ok()) || state.files.drives.len() != drives;
    if let Some(file) = state.file.as_mut().filter(|_| changed) {
        let status = answer.as_ref().map_or_else(|fault| fault.status, |reply| reply.status);
        file.keep(Kept::of(&call, incoming.query, status))?;
    }
    let mut reply = answer?;
    let applied = applied(&call);
    if !applied.is_empty() && operation.area == Area::Outlook {
        reply = reply.with(HeaderName::from_static("preference-applied"), applied.join(", "));
    }
    Ok((reply, call.deeds.map(RefCell::into_inner).unwrap_or_default()))
}

/// Which of the preferences were heeded, as Outlook says.
fn applied(call: &Call<'_>) -> Vec<String> {
    let ids = call.prefer.immutable_ids.then(|| "IdType=\"ImmutableId\"".to_owned());
    let zone = call
        .preference("outlook.timezone")
        .filter(|_| ["/events", "/calendar"].iter().any(|part| call.operation.template.contains(part)));
    ids.into_iter().chain(zone.map(|zone| format!("outlook.timezone=\"{zone}\""))).collect()
}

/// The mailbox that a request is for, as the path names it, if it is for one.
pub(crate) fn mailbox(method: &str, path: &str, claims: &Claims) -> Option<String> {
    let Route { operation, keys, .. } = Route::find(method, path, claims.actor()).ok()?;
    keys.into_iter().next().filter(|_| operation.area == Area::Outlook)
}

/// `/me/..` as the path of the user who is signed in.
fn own_path(path: &str, actor: Actor) -> Option<String> {
    let Actor::User(id) = actor else { return None };
    let (head, rest) = path.split_at_checked(3)?;
    let mine = head.eq_ignore_ascii_case("/me") && (rest.is_empty() || rest.starts_with('/'));
    mine.then(|| format!("/users/{id}{rest}"))
}

/// Whether the token opens the operation, and `true` if it does so for the basics only. Permissions that Exchange gives
/// for some mailboxes only do not stand in the token: they are looked up for the mailbox that the path names.
fn permitted(
    route: &Route,
    incoming: &Incoming<'_>,
    claims: &Claims,
    settings: &Settings,
    state: &State,
) -> Result<bool, Fault> {
    let Route { operation, keys, .. } = route;
    let held = claims.permissions();
    let of = |access: &Access| match claims.actor() {
        Actor::App => access.application,
        Actor::User(_) => access.delegated,
    };
    let needed = of(&operation.access);
    let holds = |one: &&&str| held.iter().any(|other| other == *one);
    let basics = |one: &str| one.contains(".ReadBasic");
    if needed.iter().filter(holds).any(|one| !basics(one)) {
        return Ok(false);
    }
    let scoped = operation.area == Area::Outlook && claims.actor() == Actor::App;
    let user = keys.first().filter(|_| scoped).and_then(|key| state.directory.live.find(key));
    let granted = user.and_then(|user| {
        settings.mailbox_grants.iter().find(|grant| {
            grant.app.eq_ignore_ascii_case(&claims.appid)
                && needed.contains(&grant.permission.as_str())
                && state.within(user, &grant.scope)
        })
    });
    if let Some(grant) = granted {
        return Ok(basics(&grant.permission));
    }
    if needed.iter().any(|one| holds(&one)) {
        return Ok(true);
    }
    match &operation.alone {
        Some((property, access)) if of(access).iter().any(|one| holds(&one)) && says_only(incoming.body, property) => {
            Ok(false)
        }
        _ => Err(Fault::not_permitted(operation.area, needed, &held)),
    }
}

/// Whether a body has this property and no other.
fn says_only(body: &[u8], property: &str) -> bool {
    let fields = serde_json::from_slice::<Map<String, Value>>(body).unwrap_or_default();
    fields.len() == 1 && fields.contains_key(property)
}

fn read_body(operation: &Operation, incoming: &Incoming<'_>) -> Result<Map<String, Value>, Fault> {
    match operation.takes {
        Takes::Nothing | Takes::Bytes => return Ok(Map::new()),
        Takes::JsonOrNothing if incoming.body.is_empty() => return Ok(Map::new()),
        Takes::Json if incoming.body.is_empty() => return Err(Fault::missing_content_type()),
        Takes::Json | Takes::JsonOrNothing => {}
    }
    let kind = incoming.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if operation.area == Area::Outlook && kind.starts_with("text/plain") {
        return Err(Fault::not_simulated("mail in MIME format"));
    }
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(Fault::missing_content_type());
    }
    match serde_json::from_slice(incoming.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Fault::unreadable_body()),
    }
}
