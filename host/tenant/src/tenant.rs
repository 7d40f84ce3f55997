//! The tenant: its state, its clock, and the one function that answers requests.

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::calendar::Calendars;
use crate::directory::{Directory, User};
use crate::entra::credentials::Credentials;
use crate::entra::device::{self, Devices};
use crate::entra::token::{self, TokenRequest};
use crate::entra::{Claims, Issuer, discovery};
use crate::faults::{self, FaultRule};
use crate::files::{Files, content, sessions};
use crate::graph::fault::Fault;
use crate::graph::throttle::{AT_A_TIME, Throttles};
use crate::graph::{self, Call, Incoming};
use crate::groups::Groups;
use crate::ids::{self, Mint, Seed};
use crate::inspect;
use crate::mail::Mail;
use crate::record::{Exchange, Recorder};
use crate::seats::{Crowded, Seat, Seats};
use crate::settings::{MailboxScope, Settings, SettingsError};
use crate::teams::Teams;
use crate::wire::{self, insert, plain};
use crate::{CLOCK_HEADER, HANDSHAKE_PATH, bystanders, time};

/// Everything in the tenant that changes.
pub(crate) struct State {
    pub(crate) directory: Directory,
    pub(crate) mail: Mail,
    pub(crate) groups: Groups,
    pub(crate) calendars: Calendars,
    pub(crate) files: Files,
    pub(crate) teams: Teams,
    pub(crate) credentials: Credentials,
    pub(crate) devices: Devices,
    pub(crate) throttles: Throttles,
    /// How many requests are still to be refused, and with which `Retry-After`.
    throttle: Option<(u32, Option<String>)>,
    pub(crate) throttled: u64,
}

impl State {
    /// Whether the next request is to be refused: then with this `Retry-After`.
    pub(crate) fn throttled(&mut self) -> Option<Option<String>> {
        let (left, retry_after) = self.throttle.take()?;
        if left > 1 {
            self.throttle = Some((left - 1, retry_after.clone()));
        }
        self.throttled += 1;
        Some(retry_after)
    }

    /// Refuses the next requests.
    pub(crate) fn throttle(&mut self, requests: u32, retry_after: Option<String>) {
        self.throttle = (requests > 0).then_some((requests, retry_after));
    }

    /// Whether a user's mailbox is one of these.
    pub(crate) fn within(&self, user: &User, scope: &MailboxScope) -> bool {
        match scope {
            MailboxScope::EmployeeType(tag) => user.text("employeeType").eq_ignore_ascii_case(tag),
            MailboxScope::Users(names) => names.iter().any(|name| name.eq_ignore_ascii_case(user.principal_name())),
            MailboxScope::Group(id) => {
                let group = Uuid::try_parse(id).ok().and_then(|id| self.groups.get(id));
                group.is_some_and(|group| group.members.contains(&user.id))
            }
        }
    }

    /// Gives a user these licences, and with the first that has one a mailbox.
    pub(crate) fn license(&mut self, id: Uuid, licences: Vec<Uuid>, call: &Call<'_>) {
        let skus = &self.directory.skus;
        let entitled = skus.iter().any(|sku| sku.has_mailbox() && licences.contains(&sku.id));
        self.directory.live.change(id, |user| {
            user.licences = licences;
            match (entitled, user.mailbox_since) {
                (false, _) => user.mailbox_since = None,
                (true, None) => {
                    user.mailbox_since = Some(call.now);
                    let address = Value::String(user.principal_name().to_owned());
                    user.properties.entry("mail").or_insert(address);
                }
                (true, Some(_)) => {}
            }
        });
        // A mailbox outlives its licence for a while, and comes back with a new one.
        if entitled
            && self.mail.get(id).is_none()
            && let Some(user) = self.directory.live.get(id)
        {
            self.mail.insert(id, bystanders::mailbox_of(user, call.seed));
        }
    }
}

/// A simulated Microsoft 365 tenant.
pub struct Tenant {
    settings: Settings,
    seed: Seed,
    issuer: Issuer,
    /// The latest moment any request has named, UTC milliseconds.
    clock: AtomicU64,
    /// How many requests came.
    requests: AtomicU64,
    state: Mutex<State>,
    recorder: Mutex<Option<Recorder>>,
    faults: Mutex<Vec<FaultRule>>,
    seats: Seats,
}

impl Tenant {
    /// A tenant as the settings say, with its bystanders in it.
    ///
    /// # Errors
    /// Settings that cannot stand.
    pub fn new(settings: Settings) -> Result<Arc<Tenant>, SettingsError> {
        settings.check()?;
        let seed = Seed::new(settings.seed);
        let mut state = State {
            directory: Directory::new(&settings, &seed),
            mail: Mail::default(),
            groups: Groups::default(),
            calendars: Calendars::default(),
            files: Files::default(),
            teams: Teams::default(),
            credentials: Credentials::default(),
            devices: Devices::default(),
            throttles: Throttles::default(),
            throttle: None,
            throttled: 0,
        };
        bystanders::settle(&mut state, &settings, &seed);
        Ok(Arc::new(Tenant {
            issuer: Issuer::new(&seed),
            clock: AtomicU64::new(settings.start),
            requests: AtomicU64::new(0),
            state: Mutex::new(state),
            recorder: Mutex::new(None),
            faults: Mutex::new(settings.faults.clone()),
            seats: Seats::default(),
            settings,
            seed,
        }))
    }

    /// What it was made of.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its present: the latest moment that any request has named, UTC milliseconds.
    pub fn now(&self) -> u64 {
        self.clock.load(Ordering::Relaxed)
    }

    /// Writes every exchange with Graph and with the token endpoint from now on to a new file, as one JSON object per
    /// line. See [`crate::record`] for what stands in it.
    ///
    /// # Errors
    /// The file cannot be created.
    pub fn record_to(&self, path: impl AsRef<Path>) -> io::Result<()> {
        *self.recorder.lock().unwrap_or_else(PoisonError::into_inner) = Some(Recorder::create(path.as_ref())?);
        Ok(())
    }

    /// Hands all that was recorded to the file. Dropping the tenant does so too.
    ///
    /// # Errors
    /// The file cannot be written, now or since the last call.
    pub fn flush_record(&self) -> io::Result<()> {
        match self.recorder.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            Some(recorder) => recorder.flush(),
            None => Ok(()),
        }
    }

    /// Refuses the next `requests` to Graph with 429 and this `Retry-After` (as it stands: seconds, perhaps decimal, or
    /// a date), or none. Zero ends what an earlier call began.
    pub fn throttle_next(&self, requests: u32, retry_after: Option<&str>) {
        self.state().throttle(requests, retry_after.map(str::to_owned));
    }

    /// Puts other rules of what goes wrong in the place of those there are.
    pub fn set_faults(&self, rules: Vec<FaultRule>) {
        *self.faults.lock().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// The rules of what goes wrong.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Says that a user typed this code in on another device, and signed in there. `false`: there is no such code, or no
    /// such user.
    pub fn approve_device(&self, user_code: &str, user: &str) -> bool {
        let mut state = self.state();
        let Some(user) = state.directory.live.find(user).map(|user| user.id) else { return false };
        let now = self.now();
        state.devices.approve(user_code, user, now)
    }

    /// How many requests came, of any kind.
    pub(crate) fn requests(&self) -> u64 {
        self.requests.load(Ordering::Relaxed)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request: a function of the tenant's state and of the request, without input or output but for the
    /// recording.
    pub fn handle(&self, request: Request<Bytes>) -> Response<Bytes> {
        let ordinal = self.requests.fetch_add(1, Ordering::Relaxed);
        let now = match self.moment(request.headers()) {
            Ok(now) => now,
            Err(problem) => return plain(StatusCode::BAD_REQUEST, &json!({ "error": problem })),
        };
        let path = request.uri().path();
        if path == HANDSHAKE_PATH {
            return plain(StatusCode::OK, &self.handshake(now));
        }
        if let Some(rest) = path.strip_prefix(inspect::PREFIX) {
            let (status, body) = inspect::answer(self, request.method(), rest, &request);
            return plain(status, &body);
        }
        self.exchange(&request, now, ordinal)
    }

    /// When a request happens.
    fn moment(&self, headers: &HeaderMap) -> Result<u64, String> {
        let Some(value) = headers.get(CLOCK_HEADER) else { return Ok(self.now()) };
        let moment = value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
            format!("{CLOCK_HEADER}: {value:?} is not a moment; write UTC milliseconds since 1970 as a whole number")
        })?;
        self.clock.fetch_max(moment, Ordering::Relaxed);
        Ok(moment)
    }

    /// Begins a request whose head has come: until the seat is given back, it is one of those that its mailbox is busy with.
    /// Where throttling is off, and for what concerns no mailbox, there is no need of one.
    pub(crate) fn enter(&self, request: &http::request::Parts) -> Option<Seat> {
        let divisor = self.settings.throttle.divisor()?;
        let authorization = request.headers.get("authorization").and_then(|value| value.to_str().ok());
        let claims =
            self.issuer.check(authorization, &self.settings.tenant_id, self.moment(&request.headers).ok()?).ok()?;
        let path = request.uri.path().strip_prefix("/v1.0")?;
        let mailbox = graph::mailbox(request.method.as_str(), path, &claims)?;
        let user = self.state().directory.live.find(&mailbox)?.id;
        Some(self.seats.take(format!("{} {user}", claims.appid), (AT_A_TIME / divisor).max(1)))
    }

    fn handshake(&self, now: u64) -> Value {
        json!({
            "haymaker_simulated_tenant": 1,
            "clock_header": CLOCK_HEADER,
            "tenant_id": self.settings.tenant_id,
            "domain": self.settings.domain,
            "now": now,
            "start": self.settings.start,
            "speed": self.settings.speed,
        })
    }

    /// An exchange with Graph or with the token endpoint: named, answered, recorded.
    fn exchange(&self, request: &Request<Bytes>, now: u64, ordinal: u64) -> Response<Bytes> {
        let (method, path) = (request.method().as_str(), request.uri().path());
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let named = header("client-request-id");
        let mint = Mint::new(&self.seed, method, path, named, ordinal);
        let request_id = ids::uuid(mint.make("request", &now.to_string(), 0)).to_string();
        let client_request_id = named.unwrap_or(&request_id);
        let scheme = if request.extensions().get::<Encrypted>().is_some() { "https" } else { "http" };
        // Without a host the request did not come over the wire; then Graph goes by its own name.
        let origin = header("host")
            .map_or_else(|| "https://graph.microsoft.com".to_owned(), |host| format!("{scheme}://{host}"));
        if method == "GET"
            && let Some(body) = discovery::answer(path, &origin, &self.settings)
        {
            return plain(StatusCode::OK, &body);
        }

        let fault = {
            let rules = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults::met(&rules, method, path, &mint, now)
        };
        let login = login_path(path).filter(|_| method == "POST").map(|(tenant, endpoint)| {
            let body = request.body();
            (
                endpoint,
                TokenRequest { tenant, body, now, correlation_id: client_request_id, mint: &mint, origin: &origin },
            )
        });
        let asked = login.as_ref().map(|(_, request)| request);
        if let Some(mut response) = fault.as_ref().and_then(|fault| faults::before(fault, asked)) {
            insert(response.headers_mut(), "request-id", &request_id);
            insert(response.headers_mut(), "client-request-id", client_request_id);
            insert(response.headers_mut(), "date", &time::http(now));
            self.record(&Exchange { now, request, auth: None, response: &response });
            return response;
        }
        let mut claims = None;
        if let Some(rest) = path.strip_prefix(content::LINKS) {
            return self.link(request, rest, now);
        }
        let mut response = match login {
            Some(("devicecode", request)) => {
                let (status, body) = device::begin(&request, &self.settings, &mut self.state());
                wire::written(status, "application/json; charset=utf-8", body.to_string())
            }
            Some(("token", request)) => {
                let (status, body, _) = token::token(&request, &self.settings, &self.issuer, &mut self.state());
                let mut response = wire::written(status, "application/json; charset=utf-8", body.to_string());
                insert(response.headers_mut(), "x-ms-request-id", &request_id);
                response
            }
            _ => {
                let checked = self.issuer.check(header("authorization"), &self.settings.tenant_id, now);
                claims = checked.as_ref().ok().cloned();
                let base = format!("{origin}/v1.0");
                let (version, rest) = versioned(path);
                let incoming = Incoming {
                    method,
                    path: rest,
                    query: request.uri().query().unwrap_or_default(),
                    headers: request.headers(),
                    body: request.body(),
                    base: &base,
                    now,
                    request_id: &request_id,
                    mint: &mint,
                    crowded: request.extensions().get::<Crowded>().is_some(),
                };
                let answer = if version == "v1.0" {
                    graph::answer(&incoming, &self.settings, &self.seed, checked, &self.state)
                } else {
                    Err(Fault::bad_request(format!("Invalid version: {version}.")))
                };
                let mut response = wire::graph(answer, now, &request_id, client_request_id);
                insert(response.headers_mut(), "request-id", &request_id);
                response
            }
        };
        let headers = response.headers_mut();
        insert(headers, "client-request-id", client_request_id);
        insert(headers, "date", &time::http(now));
        insert(headers, "cache-control", "no-cache");
        if let Some(fault) = fault {
            faults::after(&fault, &mut response);
        }
        self.record(&Exchange { now, request, auth: claims.as_ref().map(auth), response: &response });
        response
    }

    /// An exchange at a link that carries its own permission: a download, or a piece of an upload.
    fn link(&self, request: &Request<Bytes>, path: &str, now: u64) -> Response<Bytes> {
        let mut state = self.state();
        if let Some(token) = path.strip_prefix("upload/") {
            let (method, headers) = (request.method(), request.headers());
            return match sessions::piece(method, token, headers, request.body(), now, &mut state) {
                Ok((StatusCode::NO_CONTENT, _)) => wire::written(StatusCode::NO_CONTENT, "text/plain", String::new()),
                Ok((status, body)) => plain(status, &body),
                Err(fault) => plain(fault.status, &fault.body(now, "", "")),
            };
        }
        match content::fetched(path, request.uri().query().unwrap_or_default(), &self.seed, &state) {
            Some((kind, bytes)) if request.method() == http::Method::GET => {
                let mut response = Response::new(bytes);
                response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
                response
            }
            _ => plain(StatusCode::NOT_FOUND, &Fault::file_not_found().body(now, "", "")),
        }
    }

    fn record(&self, exchange: &Exchange<'_>) {
        let mut recorder = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(recorder) = recorder.as_mut() {
            recorder.write(exchange);
        }
    }
}

/// Marks a request that came over https.
#[derive(Clone, Copy)]
pub(crate) struct Encrypted;

/// In whose name a token speaks.
fn auth(claims: &Claims) -> &'static str {
    if claims.idtyp == "app" { "app" } else { "delegated" }
}

/// The tenant in the path of a login endpoint, and which one it is.
fn login_path(path: &str) -> Option<(&str, &str)> {
    let (tenant, endpoint) = path.strip_prefix('/')?.split_once("/oauth2/v2.0/")?;
    (!tenant.is_empty() && !tenant.contains('/')).then_some((tenant, endpoint))
}

/// Graph's version in a path, and the rest.
fn versioned(path: &str) -> (&str, &str) {
    let bare = path.strip_prefix('/').unwrap_or(path);
    let end = bare.find('/').unwrap_or(bare.len());
    bare.split_at_checked(end).unwrap_or((bare, ""))
}
