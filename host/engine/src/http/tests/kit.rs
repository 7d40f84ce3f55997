//! Simple things in the place of the platform's.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::super::*;
use crate::clock::Clock;
use crate::types::ProblemKind;

/// Monday, 2026-01-05, 08:00 UTC.
pub(super) const MONDAY: Instant = 1_767_600_000_000;

/// A clock that moves when somebody sleeps on it.
pub(super) struct ManualClock(AtomicU64);

impl ManualClock {
    pub(super) fn set(&self, now: Instant) {
        self.0.store(now, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Instant {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep_until(&self, at: Instant) -> Pending<'_, ()> {
        self.0.fetch_max(at, Ordering::SeqCst);
        Box::pin(std::future::ready(()))
    }
}

/// Remembers what was asked of it, in order; stands for the store, the policy, the vault and the tap.
#[derive(Default)]
pub(super) struct Platform {
    pub(super) events: Mutex<Vec<String>>,
    pub(super) answers: Mutex<HashMap<String, (Response, Exchange)>>,
    pub(super) checked: Mutex<Vec<Canonical>>,
    pub(super) secrets: Mutex<HashMap<String, String>>,
    pub(super) denial: Mutex<Option<Denial>>,
    pub(super) look: Mutex<Option<String>>,
    pub(super) shown: Mutex<Vec<String>>,
    pub(super) broken: Mutex<bool>,
    pub(super) voices: Mutex<Option<Arc<Voices>>>,
}

impl Platform {
    pub(super) fn events(&self) -> Vec<String> {
        self.events.lock().unwrap().clone()
    }

    fn note(&self, event: &str) {
        self.events.lock().unwrap().push(event.to_owned());
    }

    fn outcome(&self) -> Result<(), Problem> {
        let broken = Problem::new(ProblemKind::Failed, "store", "the disk is full");
        if *self.broken.lock().unwrap() { Err(broken) } else { Ok(()) }
    }
}

impl EffectLog for Platform {
    fn begin<'a>(&'a self, id: &'a str, _digest: &'a str, _line: &'a str) -> Pending<'a, Result<Begin, Problem>> {
        self.note("begin");
        let recorded = self.answers.lock().unwrap().get(id).cloned();
        Box::pin(
            async move { Ok(recorded.map_or(Begin::Send, |(response, exchange)| Begin::Recorded(response, exchange))) },
        )
    }

    fn answered<'a>(
        &'a self,
        id: &'a str,
        response: &'a Response,
        exchange: &'a Exchange,
    ) -> Pending<'a, Result<(), Problem>> {
        self.note("answered");
        self.answers.lock().unwrap().insert(id.to_owned(), (response.clone(), exchange.clone()));
        Box::pin(async { self.outcome() })
    }

    fn withdrawn<'a>(&'a self, _id: &'a str) -> Pending<'a, Result<(), Problem>> {
        self.note("withdrawn");
        Box::pin(async { self.outcome() })
    }
}

impl Policy for Platform {
    fn check<'a>(&'a self, request: &'a Canonical, peek: &'a dyn Peek) -> Pending<'a, Result<(), Objection>> {
        self.checked.lock().unwrap().push(request.clone());
        let denial = self.denial.lock().unwrap().clone();
        let look = self.look.lock().unwrap().clone();
        Box::pin(async move {
            if let Some(target) = look {
                let seen = peek.read(&target, &[]).await.map_err(Objection::Undecided)?;
                self.note(&format!("saw {}", String::from_utf8_lossy(&seen.body)));
            }
            denial.map_or(Ok(()), |denial| Err(denial.into()))
        })
    }

    fn shown(&self, request: &Canonical, response: Response) -> Response {
        self.shown.lock().unwrap().push(format!("{} {}", response.status, request.line()));
        response
    }
}

impl Vault for Platform {
    fn secret(&self, name: &str) -> Result<Option<Secret>, String> {
        Ok(self.secrets.lock().unwrap().get(name).cloned().map(Secret::new))
    }

    fn live(&self) -> Arc<Scan> {
        let people = self.voices().map(|voices| voices.live()).unwrap_or_default();
        let secrets: Vec<Secret> = self.secrets.lock().unwrap().values().cloned().map(Secret::new).collect();
        Arc::new(Scan::new(secrets.iter().chain(&people)))
    }

    fn voices(&self) -> Option<Arc<Voices>> {
        self.voices.lock().unwrap().clone()
    }
}

impl Tap for Platform {
    fn at<'a>(&'a self, boundary: Boundary, _line: &'a str) -> Pending<'a, ()> {
        self.note(match boundary {
            Boundary::BeforeSend => "sends",
            Boundary::AfterAnswer => "hears",
        });
        Box::pin(std::future::ready(()))
    }
}

/// A gateway, a clock and a platform, from which sessions are opened.
pub(super) struct Bench {
    pub(super) gateway: Arc<Gateway>,
    pub(super) clock: Arc<ManualClock>,
    pub(super) platform: Arc<Platform>,
    pub(super) endpoint: Endpoint,
    pub(super) mode: Mode,
    pub(super) clock_header: bool,
}

impl Bench {
    /// A bench whose endpoint is this origin and permits everything.
    pub(super) fn new(origin: &str) -> Bench {
        let settings = GatewaySettings {
            connect_timeout: Duration::from_millis(300),
            request_timeout: Duration::from_secs(5),
            ..GatewaySettings::default()
        };
        let allow = ["GET", "POST", "PUT", "PATCH", "DELETE"];
        Bench {
            gateway: Gateway::new(settings).unwrap(),
            clock: Arc::new(ManualClock(AtomicU64::new(MONDAY))),
            platform: Arc::default(),
            endpoint: Endpoint {
                name: "graph".into(),
                base: format!("{origin}/v1.0"),
                auth: Auth::None,
                allow: allow.iter().map(|method| allow::Rule::parse(&format!("{method} /**")).unwrap()).collect(),
                fills: vec![fills::Rule::parse("POST /users#/password").unwrap()],
            },
            mode: Mode::All,
            clock_header: false,
        }
    }

    /// The same with requests that end after `milliseconds`.
    pub(super) fn impatient(origin: &str, milliseconds: u64) -> Bench {
        let settings = GatewaySettings {
            connect_timeout: Duration::from_millis(milliseconds / 2),
            request_timeout: Duration::from_millis(milliseconds),
            ..GatewaySettings::default()
        };
        Bench { gateway: Gateway::new(settings).unwrap(), ..Bench::new(origin) }
    }

    pub(super) fn session(&self) -> Arc<Session> {
        self.gateway.session(SessionSettings {
            endpoints: Arc::new(vec![self.endpoint.clone()]),
            clock: self.clock.clone(),
            now: MONDAY,
            clock_header: self.clock_header,
            mode: self.mode,
            identity: "d-1/mail/w01".into(),
            effects: self.platform.clone(),
            policy: self.platform.clone(),
            vault: self.platform.clone(),
            tap: self.platform.clone(),
            response_limit: 64 * 1024,
        })
    }

    /// Sends one request in a session of its own.
    pub(super) async fn send(&self, request: Request) -> (Result<Response, Refusal>, Closed) {
        let session = self.session();
        let result = session.send(request).await;
        (result, session.close().await)
    }
}

/// A GET.
pub(super) fn get(target: &str) -> Request {
    Request {
        endpoint: "graph".into(),
        method: "GET".into(),
        target: target.into(),
        headers: vec![],
        body: vec![],
        speaker: None,
        effect: Effect::Read,
        fills: vec![],
    }
}

/// A POST of JSON that must not happen twice.
pub(super) fn once(target: &str, body: &str) -> Request {
    Request {
        method: "POST".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.into(),
        effect: Effect::Once,
        ..get(target)
    }
}

/// The problem in a refusal.
pub(super) fn problem(result: Result<Response, Refusal>) -> Problem {
    match result {
        Err(Refusal::Problem(problem) | Refusal::Later { problem, .. }) => problem,
        other => panic!("not a problem: {other:?}"),
    }
}
