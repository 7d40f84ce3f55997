//! One per call: decides about requests, and knows how all of them ended.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::batch::{self, Batch};
use super::canonical::Canonical;
use super::delivery::Delivery;
use super::endpoint::Endpoint;
use super::gateway::Gateway;
use super::look::Look;
use super::seams::{Closed, Denial, Doubt, EffectLog, Mode, Objection, Policy, Tap, Vault};
use super::secret::Secret;
use super::target::Base;
use super::time::Time;
use super::token::TokenError;
use super::voice::{Door, Voices};
use super::{Auth, Effect, Http, Refusal, Request, Response, fills, identity};
use crate::clock::Clock;
use crate::types::{Problem, ProblemKind};
use crate::{Instant, Pending};

/// What a call's requests may do, and with what.
#[derive(Clone)]
pub struct SessionSettings {
    /// Where requests may go.
    pub endpoints: Arc<Vec<Endpoint>>,
    /// What waits are measured on.
    pub clock: Arc<dyn Clock>,
    /// The call's moment: the session's time is never earlier.
    pub now: Instant,
    /// Whether the tenant is simulated and is told the time with every request. Only after
    /// [`probe`](Gateway::probe) found an announcement.
    pub clock_header: bool,
    /// Which requests are sent.
    pub mode: Mode,
    /// `<deployment>/<task>`, and for `settle` something of its own: request ids are drawn from it.
    pub identity: String,
    /// The memory of `once` requests.
    pub effects: Arc<dyn EffectLog>,
    /// The blast radius.
    pub policy: Arc<dyn Policy>,
    /// Secrets by name.
    pub vault: Arc<dyn Vault>,
    /// For tests that crash.
    pub tap: Arc<dyn Tap>,
    /// The largest answer, in bytes.
    pub response_limit: usize,
}

/// The requests of one call.
pub struct Session {
    inner: Arc<Inner>,
}

/// What requests under way share with their session, and keep when the call is gone.
pub(super) struct Inner {
    pub(super) gateway: Arc<Gateway>,
    pub(super) settings: SessionSettings,
    book: Mutex<Book>,
}

/// What a session knows.
#[derive(Default)]
pub(super) struct Book {
    /// What [`Session::close`] will say.
    pub(super) closed: Closed,
    asked: u64,
    running: Vec<JoinHandle<()>>,
}

/// Tells a request that the call which asked for it is gone, by being dropped with it.
struct Asker(Arc<AtomicBool>);

impl Drop for Asker {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Session {
    pub(super) fn new(gateway: Arc<Gateway>, settings: SessionSettings) -> Session {
        Session { inner: Arc::new(Inner { gateway, settings, book: Mutex::default() }) }
    }

    /// Signs a user in with the password of that name, to the application of the first endpoint that has one, and keeps
    /// the tokens under `speaker`. A speaker whose token is good is a success.
    ///
    /// # Errors
    /// `denied` with Entra's code; `unavailable` where there is nothing to sign in to; [`Refusal::Later`] like any
    /// request that needs a token while there is none to be had.
    pub async fn sign_in(&self, speaker: &str, username: &str, secret: &str) -> Result<(), Refusal> {
        let inner = &self.inner;
        if inner.settings.mode == Mode::ReadOnly {
            let why = format!("{speaker:?} is not signed in by a call that only reads");
            return Err(Refusal::Problem(inner.deny("read-only", why)));
        }
        let app = inner.settings.endpoints.iter().find(|endpoint| !matches!(endpoint.auth, Auth::None));
        let (Some(app), Some(voices)) = (app, inner.settings.vault.voices()) else {
            let why = "this workload has no application in the tenant, so nobody can sign in to one";
            return Err(Refusal::Problem(Problem::new(ProblemKind::Unavailable, "sign-in", why)));
        };
        let password = inner.settings.vault.secret(secret).map_err(Refusal::Host)?;
        let password = password.ok_or_else(|| secret.to_owned());
        Ok(voices.sign_in(inner.door(&app.auth), speaker, username, password).await?)
    }

    /// Counts a denial of something that is no request, and puts it into words for the guest.
    #[must_use]
    pub fn deny(&self, code: &str, why: String) -> Problem {
        self.inner.deny(code, why)
    }

    /// Waits until requests under way (which a trap or a deadline never cancels) have ended, then says how the session
    /// stands. A wait between two attempts ends in giving up if nobody asks any more.
    pub async fn close(&self) -> Closed {
        loop {
            let running = std::mem::take(&mut self.inner.book().running);
            if running.is_empty() {
                return std::mem::take(&mut self.inner.book().closed);
            }
            for request in running {
                // A request that panicked has no result; whoever waited for it was told so.
                let _ = request.await;
            }
        }
    }
}

impl Http for Session {
    fn send(&self, request: Request) -> Pending<'_, Result<Response, Refusal>> {
        let inner = self.inner.clone();
        Box::pin(async move {
            let gone = Arc::new(AtomicBool::new(false));
            let _asker = Asker(gone.clone());
            let answer = inner.start(request, gone);
            answer.await.unwrap_or_else(|_| Err(Refusal::Host("a request ended without a result".to_owned())))
        })
    }

    fn base_url(&self, endpoint: &str) -> Result<String, Problem> {
        let base = self.inner.endpoint(endpoint)?.base.trim_end_matches('/');
        Ok(base.to_owned())
    }
}

impl Inner {
    pub(super) fn time(&self) -> Time<'_> {
        let SessionSettings { clock, now, clock_header, .. } = &self.settings;
        Time { clock: clock.as_ref(), floor: *now, announced: *clock_header }
    }

    /// To the application of an endpoint.
    pub(super) fn door<'a>(&'a self, auth: &'a Auth) -> Door<'a> {
        let SessionSettings { clock, now, clock_header, .. } = &self.settings;
        Door { gateway: &self.gateway, auth, clock: clock.as_ref(), clock_header: clock_header.then_some(*now) }
    }

    /// The people as whom this session can speak.
    pub(super) fn voices(&self, speaker: &str) -> Result<Arc<Voices>, TokenError> {
        self.settings.vault.voices().ok_or_else(|| TokenError::Mute { speaker: speaker.to_owned() })
    }

    pub(super) fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a denial, and puts it into words for the guest.
    pub(super) fn deny(&self, code: &str, why: String) -> Problem {
        self.book().closed.denied.push(Denial { code: code.to_owned(), why: why.clone() });
        Problem::new(ProblemKind::Denied, code, why)
    }

    pub(super) fn doubt(&self, request_id: &str, problem: Problem) {
        self.book().closed.doubt = Some(Doubt { request_id: request_id.to_owned(), problem });
    }

    fn endpoint(&self, name: &str) -> Result<&Endpoint, Problem> {
        let known = self.settings.endpoints.iter().find(|endpoint| endpoint.name == name);
        known.ok_or_else(|| self.deny("endpoint", format!("the manifest names no endpoint {name:?}")))
    }

    /// Runs a request in a task of its own, which outlives whoever waits for its result.
    fn start(
        self: &Arc<Self>,
        request: Request,
        gone: Arc<AtomicBool>,
    ) -> oneshot::Receiver<Result<Response, Refusal>> {
        let (tell, hear) = oneshot::channel();
        let work = self.clone();
        let mut book = self.book();
        book.asked += 1;
        let n = book.asked;
        book.running.retain(|request| !request.is_finished());
        book.running.push(tokio::spawn(async move {
            let result = work.run(request, n, &gone).await;
            if let Err(Refusal::Later { at, problem }) = &result {
                work.book().closed.later = Some((*at, problem.clone()));
            }
            // Nobody hears it if the call is gone; the book and the effect log know.
            let _ = tell.send(result);
        }));
        hear
    }

    /// Decides about a request, then delivers it.
    async fn run(&self, request: Request, n: u64, gone: &AtomicBool) -> Result<Response, Refusal> {
        let endpoint = self.endpoint(&request.endpoint).map_err(Refusal::Problem)?;
        let base = Base::parse(&endpoint.base).map_err(Refusal::Host)?;
        let request = Canonical::new(request, &base).map_err(|error| {
            let denied = error.is_denied();
            Refusal::Problem(if denied { self.deny(error.code(), error.to_string()) } else { error.into() })
        })?;
        self.permit(&request, endpoint).map_err(Refusal::Problem)?;
        let look = Look::new(self, endpoint, &base, n, request.speaker.clone(), gone);
        let identity = &self.settings.identity;
        let id = match request.effect {
            Effect::Once => identity::once_id(identity),
            Effect::Read | Effect::Repeatable => identity::request_id(identity, n),
        };
        if batch::is_batch(&request.segments) {
            let batch = self.batch(&request, &id, endpoint, &look).await?;
            let request = batch.written(request);
            let delivery = Delivery {
                session: self,
                endpoint,
                base: &base,
                request: &request,
                n,
                id: id.clone(),
                secrets: Vec::new(),
                gone,
            };
            let response = delivery.run().await?;
            return Ok(self.unbatched(&batch, response, &id, &base));
        }
        let secrets = self.secrets(&request)?;
        self.ask(&request, &look).await?;
        let delivery = Delivery { session: self, endpoint, base: &base, request: &request, n, id, secrets, gone };
        let response = delivery.run().await?;
        Ok(self.settings.policy.shown(&request, response))
    }

    /// Takes a batch apart, and decides about every request in it like about one that is sent alone.
    async fn batch(
        &self,
        request: &Canonical,
        id: &str,
        endpoint: &Endpoint,
        look: &Look<'_>,
    ) -> Result<Batch, Refusal> {
        let opened = Batch::open(request, look.base, id);
        let batch = opened.map_err(|error| {
            let denied = error.is_denied();
            Refusal::Problem(if denied { self.deny("batch", error.to_string()) } else { error.into() })
        })?;
        for part in batch.requests() {
            self.permit(part, endpoint).map_err(Refusal::Problem)?;
            self.ask(part, look).await?;
        }
        Ok(batch)
    }

    /// What the guest may see of a batch's answer; its parts stand among the exchanges.
    fn unbatched(&self, batch: &Batch, response: Response, id: &str, base: &Base) -> Response {
        let whole = self.book().closed.exchanges.iter().rfind(|exchange| exchange.client_request_id == id).cloned();
        let Some(whole) = whole else { return response };
        let shown = |request: &Canonical, response| self.settings.policy.shown(request, response);
        let (response, parts) = batch.shown(response, &whole, base, shown);
        self.book().closed.exchanges.extend(parts);
        response
    }

    /// Asks the policy.
    async fn ask(&self, request: &Canonical, look: &Look<'_>) -> Result<(), Refusal> {
        self.settings.policy.check(request, look).await.map_err(|objection| match objection {
            Objection::Denied(denial) => Refusal::Problem(self.deny(&denial.code, denial.why)),
            Objection::Undecided(refusal) => refusal,
        })
    }

    /// What can be said without asking the policy.
    fn permit(&self, request: &Canonical, endpoint: &Endpoint) -> Result<(), Problem> {
        let line = request.line();
        if self.settings.mode == Mode::ReadOnly && request.effect != Effect::Read {
            return Err(self.deny("read-only", format!("{line} is not of effect `read`, and only those are sent here")));
        }
        if !endpoint.allow.iter().any(|rule| rule.permits(request)) {
            let why = format!("the manifest's `allow` of {} has no rule for {line}", endpoint.name);
            return Err(self.deny("not-allowed", why));
        }
        fills::check(request, &endpoint.fills).map_err(|error| match error {
            fills::FillError::NotPermitted { .. } => self.deny("fill", error.to_string()),
            fills::FillError::NotEmpty(_) | fills::FillError::Twice(_) => {
                Problem::new(ProblemKind::Invalid, "fill", error.to_string())
            }
        })
    }

    /// The secrets that the request asks for, by JSON pointer.
    fn secrets(&self, request: &Canonical) -> Result<Vec<(String, Secret)>, Refusal> {
        let found = request.fills.iter().map(|fill| {
            let secret = self.settings.vault.secret(&fill.secret).map_err(Refusal::Host)?;
            let missing = || {
                let why = format!("there is no secret {:?}; make it with secrets.generate first", fill.secret);
                Refusal::Problem(Problem::new(ProblemKind::Invalid, "no-secret", why))
            };
            Ok((fill.pointer.clone(), secret.ok_or_else(missing)?))
        });
        found.collect()
    }
}
