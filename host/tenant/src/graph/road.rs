//! The road that every request to Graph goes, and the checks along it, in the order in which Graph makes them.

use std::sync::{Mutex, PoisonError};

use http::{HeaderMap, HeaderName, header};
use serde_json::{Map, Value};

use super::fault::Fault;
use super::operations::{Access, Area, Operation, Run, Takes};
use super::{Actor, Call, Prefer, Reply, batch, router, throttle};
use crate::entra::Claims;
use crate::ids::{Mint, Seed};
use crate::odata::options::Options;
use crate::settings::Settings;
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
}

/// Answers one request to Graph.
pub(crate) fn answer(
    incoming: &Incoming<'_>,
    settings: &Settings,
    seed: &Seed,
    claims: Result<Claims, Fault>,
    state: &Mutex<State>,
) -> Result<Reply, Fault> {
    let claims = claims?;
    if incoming.path.eq_ignore_ascii_case("/$batch") {
        return batch::answer(incoming, settings, seed, &claims, state);
    }
    // One lock: a request is one transaction over users, seats and mailboxes, and takes microseconds. The answer is
    // written out after it is released.
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    walk(incoming, settings, seed, &claims, &mut state)
}

/// Answers one request with the state in hand.
pub(super) fn walk(
    incoming: &Incoming<'_>,
    settings: &Settings,
    seed: &Seed,
    claims: &Claims,
    state: &mut State,
) -> Result<Reply, Fault> {
    let own = own_path(incoming.path, claims);
    let (operation, keys) = router::find(incoming.method, own.as_deref().unwrap_or(incoming.path))?;
    let basic = permitted(operation, &keys, incoming, claims, settings, state)?;
    if let Some(retry_after) = state.throttled() {
        return Err(Fault::too_many_requests(retry_after));
    }
    throttle::check(incoming, operation, &keys, claims, settings, state)?;
    let run = match operation.run {
        Run::Does(run) => run,
        Run::Not(why) => {
            return Err(Fault::not_simulated(&format!("{} {}: {why}", operation.method, operation.template)));
        }
    };
    let options = Options::read(incoming.query, operation.options)?;
    let eventual = incoming
        .headers
        .get("consistencylevel")
        .is_some_and(|level| level.as_bytes().eq_ignore_ascii_case(b"eventual"));
    let call = Call {
        operation,
        actor: claims.actor(),
        app: &claims.appid,
        settings,
        seed,
        now: incoming.now,
        base: incoming.base,
        path: incoming.path,
        keys,
        advanced: eventual && (options.count || operation.template.ends_with("/$count")),
        options,
        prefer: Prefer::read(incoming.headers),
        basic,
        body: read_body(operation, incoming)?,
        bytes: incoming.body,
        headers: incoming.headers,
        mint: incoming.mint,
        request_id: incoming.request_id,
    };
    let mut reply = run(&call, state)?;
    let applied = applied(&call);
    if !applied.is_empty() && operation.area == Area::Outlook {
        reply = reply.with(HeaderName::from_static("preference-applied"), applied.join(", "));
    }
    Ok(reply)
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
    let own = own_path(path, claims);
    let (operation, keys) = router::find(method, own.as_deref().unwrap_or(path)).ok()?;
    keys.into_iter().next().filter(|_| operation.area == Area::Outlook)
}

/// `/me/..` as the path of the user who is signed in.
fn own_path(path: &str, claims: &Claims) -> Option<String> {
    let Actor::User(id) = claims.actor() else { return None };
    let (head, rest) = path.split_at_checked(3)?;
    let mine = head.eq_ignore_ascii_case("/me") && (rest.is_empty() || rest.starts_with('/'));
    mine.then(|| format!("/users/{id}{rest}"))
}

/// Whether the token opens the operation, and `true` if it does so for the basics only. Permissions that Exchange gives
/// for some mailboxes only do not stand in the token: they are looked up for the mailbox that the path names.
fn permitted(
    operation: &Operation,
    keys: &[String],
    incoming: &Incoming<'_>,
    claims: &Claims,
    settings: &Settings,
    state: &State,
) -> Result<bool, Fault> {
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
