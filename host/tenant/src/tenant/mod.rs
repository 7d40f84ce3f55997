//! The tenant: its state, its clock, and the one function that answers requests.

mod exchange;

use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::audit::{AuditLog, AuditLogError};
use crate::calendar::Calendars;
use crate::directory::{Directory, User};
use crate::entra::Issuer;
use crate::entra::credentials::Credentials;
use crate::entra::device::Devices;
use crate::faults::FaultRule;
use crate::files::Files;
use crate::graph::throttle::{AT_A_TIME, Throttles};
use crate::graph::{self, Call};
use crate::groups::Groups;
use crate::ids::Seed;
use crate::inspect;
use crate::mail::Mail;
use crate::record::Recorder;
use crate::seats::{Seat, Seats};
use crate::settings::{MailboxScope, Settings, SettingsError};
use crate::state_file::{StateError, StateFile};
use crate::teams::Teams;
use crate::wire::plain;
use crate::{CLOCK_HEADER, HANDSHAKE_PATH, bystanders};
pub(crate) use exchange::{Arrival, Encrypted, Peer, Unread};

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
    /// The file that keeps all of this, where one does.
    pub(crate) file: Option<StateFile>,
    pub(crate) audit: Option<AuditLog>,
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

/// The last moment that RFC 3339 can write, UTC milliseconds.
const LATEST: u64 = 253_402_300_799_999;

/// Why there can be no tenant.
#[derive(Debug, thiserror::Error)]
pub enum TenantError {
    /// Its settings cannot stand.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// What it was before cannot be had again.
    #[error(transparent)]
    State(#[from] StateError),
    /// Its audit log cannot be begun.
    #[error(transparent)]
    AuditLog(#[from] AuditLogError),
}

/// A simulated Microsoft 365 tenant.
pub struct Tenant {
    settings: Settings,
    seed: Seed,
    issuer: Issuer,
    /// The latest moment any request has named, UTC milliseconds.
    clock: AtomicU64,
    /// The number of its first request, for naming those that have no name.
    first: u64,
    /// How many requests came.
    requests: AtomicU64,
    state: Mutex<State>,
    recorder: Mutex<Option<Recorder>>,
    faults: Mutex<Vec<FaultRule>>,
    seats: Seats,
}

impl Tenant {
    /// A tenant as the settings say: with its bystanders in it, and with all that its file has kept.
    ///
    /// # Errors
    /// Settings that cannot stand, a state that cannot be had again, an audit log that cannot be begun.
    pub fn new(settings: Settings) -> Result<Arc<Tenant>, TenantError> {
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
            file: None,
            audit: None,
        };
        bystanders::settle(&mut state, &settings, &seed);
        let state = Mutex::new(state);
        let (mut now, mut first) = (settings.start, 0);
        let mut file = None;
        if let Some(path) = &settings.state {
            let opened = StateFile::open(path, &settings, |kept| graph::again(kept, &settings, &seed, &state))?;
            (now, first, file) = (opened.now, opened.ordinal, Some(opened.file));
        }
        // What is done again was logged when it was done first, so the log begins behind it.
        let audit = settings.audit_log.as_ref().map(|folder| AuditLog::create(folder, &settings, &seed)).transpose()?;
        {
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.file, state.audit) = (file, audit);
        }
        Ok(Arc::new(Tenant {
            issuer: Issuer::new(&seed),
            clock: AtomicU64::new(now),
            first,
            requests: AtomicU64::new(0),
            state,
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
        let ordinal = self.first.saturating_add(self.requests.fetch_add(1, Ordering::Relaxed));
        let now = match self.moment(request.headers()) {
            Ok(now) => now,
            Err(problem) => return plain(StatusCode::BAD_REQUEST, &json!({ "error": problem })),
        };
        let path = request.uri().path();
        if path == HANDSHAKE_PATH {
            return plain(StatusCode::OK, &self.handshake(now));
        }
        if let Some(rest) = path.strip_prefix(inspect::PREFIX) {
            if let Some(Unread(status)) = request.extensions().get() {
                return plain(*status, &json!({ "error": "the body did not come whole" }));
            }
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
        if moment > LATEST {
            return Err(format!("{CLOCK_HEADER}: {moment} lies behind the year 9999, where no date can be written"));
        }
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
}
