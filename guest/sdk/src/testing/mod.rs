//! The host's side of the contract for native unit tests of a workload: in memory, on a clock that the test moves.
//!
//! It keeps the rules that a workload can break (who may write which state, no requests while planning, one `once` per
//! task, how far a plan may reach), so that a test finds what the real host would refuse. What it leaves out is what a
//! workload cannot see: processes, disks, throttling, limits of memory and time. Requests are answered by a function of
//! the test's.
//!
//! ```
//! use haymaker_guest::{Deployment, http::Response, testing::Host, time};
//!
//! let mut host = Host::new(1_767_600_000_000).answering(|_now, request| {
//!     assert_eq!(request.target, "/domains");
//!     Ok(Response { status: 200, headers: vec![], body: b"{\"value\":[]}".to_vec() })
//! });
//! let answer = host.performing("anyone", || haymaker_guest::http::Request::get("graph", "/domains").send());
//! assert_eq!(answer.map(|answer| answer.status), Ok(200));
//! assert_eq!(host.now(), 1_767_600_000_000);
//! ```

mod drive;
pub(crate) mod imports;

use std::{cell::RefCell, collections::BTreeMap};

use crate::{
    Activity, Instant, Problem, Task,
    bindings::haymaker::workload::events::Level,
    http::{Effect, Request, Response},
    journal::{Stage, Standing},
    ledger::Entry,
};

/// What answers the requests: given the moment and the request.
type Answering = Box<dyn FnMut(Instant, &Request) -> Result<Response, Problem>>;

/// What lets users in, or refuses them: given the moment and the user's address.
type Admitting = Box<dyn FnMut(Instant, &str) -> Result<(), Problem>>;

/// A host in memory.
pub struct Host {
    world: World,
}

/// A task, and what became of it.
struct Known {
    task: Task,
    /// When it runs next: when it is due, or later after an attempt that failed.
    next: Instant,
    standing: Standing,
}

struct World {
    now: Instant,
    parameters: String,
    state: BTreeMap<String, Vec<u8>>,
    ledger: BTreeMap<(String, String), Entry>,
    tasks: BTreeMap<String, Known>,
    activities: Vec<(Instant, String, Activity)>,
    lines: Vec<(Level, String)>,
    secrets: Vec<String>,
    /// Whose tokens the host has: the speaker's name, and the user it is.
    speakers: BTreeMap<String, String>,
    admitting: Admitting,
    requests: Vec<Request>,
    answering: Answering,
    call: Call,
}

/// What the call under way may do.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Rights {
    /// Plans: writes everything but `actor/`, sends nothing.
    Plan,
    /// Does a task of this actor.
    Perform(String),
    /// Looks what became of one.
    Settle(String),
}

/// The call under way.
struct Call {
    rights: Rights,
    once: u32,
}

thread_local! {
    /// The host of the call under way on this thread.
    static CURRENT: RefCell<Option<World>> = const { RefCell::new(None) };
}

/// Does something with the host of the call under way; outside of one, with an empty host at moment 0.
fn with<T>(act: impl FnOnce(&mut World) -> T) -> T {
    CURRENT.with_borrow_mut(|current| act(current.get_or_insert_with(|| World::new(0))))
}

/// The moment of the call under way.
pub(crate) fn now() -> Instant {
    with(|world| world.now)
}

impl World {
    fn new(now: Instant) -> World {
        World {
            now,
            parameters: "{}".to_owned(),
            state: BTreeMap::new(),
            ledger: BTreeMap::new(),
            tasks: BTreeMap::new(),
            activities: Vec::new(),
            lines: Vec::new(),
            secrets: Vec::new(),
            speakers: BTreeMap::new(),
            admitting: Box::new(|_, _| Ok(())),
            requests: Vec::new(),
            answering: Box::new(|_, request| {
                Err(Problem::denied("no-answer", format!("the test answers no requests, not {}", request.target)))
            }),
            call: Call { rights: Rights::Plan, once: 0 },
        }
    }

    /// Refuses what the rules of the `http` interface refuse.
    fn check(&mut self, request: &Request) -> Result<(), Problem> {
        let refuse =
            |why: &str| Err(Problem::denied("contract", format!("{} {}: {why}", request.method, request.target)));
        let mute = request.speaker.as_ref().filter(|speaker| !self.speakers.contains_key(*speaker));
        match (&self.call.rights, request.effect) {
            (Rights::Plan, _) => refuse("planning functions send nothing"),
            (Rights::Settle(_), Effect::Repeatable | Effect::Once) => refuse("settle only reads"),
            (Rights::Perform(_) | Rights::Settle(_), _) if mute.is_some() => {
                Err(Problem::unavailable("speaker", format!("{} did not sign in", mute.map_or("", String::as_str))))
            }
            (Rights::Perform(_), Effect::Once) => {
                self.call.once += 1;
                if self.call.once > 1 { refuse("a second `once` in one task") } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// Whether the call under way may write this key.
    fn may_write(&self, key: &str) -> bool {
        match &self.call.rights {
            Rights::Plan => !key.starts_with("actor/"),
            Rights::Perform(actor) | Rights::Settle(actor) => key.starts_with(&format!("actor/{actor}/")),
        }
    }
}

impl Host {
    /// A host that knows nothing, at this moment.
    pub fn new(now: Instant) -> Host {
        Host { world: World::new(now) }
    }

    /// Gives the workload the manifest's `activity_patterns`.
    #[must_use]
    pub fn with_parameters(mut self, parameters: &serde_json::Value) -> Host {
        self.world.parameters = parameters.to_string();
        self
    }

    /// Answers requests with this function of the moment and the request.
    #[must_use]
    pub fn answering(mut self, answer: impl FnMut(Instant, &Request) -> Result<Response, Problem> + 'static) -> Host {
        self.world.answering = Box::new(answer);
        self
    }

    /// Lets users in with this function of the moment and the user's address, which refuses by its error
    /// ([`secrets::sign_in`](crate::secrets::sign_in)). Without one, everybody who has a password comes in.
    #[must_use]
    pub fn admitting(mut self, admit: impl FnMut(Instant, &str) -> Result<(), Problem> + 'static) -> Host {
        self.world.admitting = Box::new(admit);
        self
    }

    /// Has somebody signed in without a password, as people do who type a code into their browser.
    #[must_use]
    pub fn with_speaker(mut self, speaker: &str, username: &str) -> Host {
        self.world.speakers.insert(speaker.to_owned(), username.to_owned());
        self
    }

    /// The moment.
    pub fn now(&self) -> Instant {
        self.world.now
    }

    /// Moves the clock; never back.
    pub fn advance_to(&mut self, moment: Instant) {
        self.world.now = self.world.now.max(moment);
    }

    /// Everything in the ledger that is not released.
    pub fn ledger(&self) -> Vec<Entry> {
        self.world.ledger.values().cloned().collect()
    }

    /// A task that a plan or a follow-up named, and where it stands.
    pub fn task(&self, id: &str) -> Option<(&Task, &Standing)> {
        self.world.tasks.get(id).map(|known| (&known.task, &known.standing))
    }

    /// How many tasks stand so.
    pub fn count(&self, stage: Stage) -> usize {
        self.world.tasks.values().filter(|known| known.standing.stage == stage).count()
    }

    /// The ground truth: when, by which task, what.
    pub fn activities(&self) -> &[(Instant, String, Activity)] {
        &self.world.activities
    }

    /// All requests that were sent, each with its speaker.
    pub fn requests(&self) -> &[Request] {
        &self.world.requests
    }

    /// Lines for people.
    pub fn lines(&self) -> impl Iterator<Item = &str> {
        self.world.lines.iter().map(|(_, line)| line.as_str())
    }

    /// Names of secrets that were made and not forgotten.
    pub fn secrets(&self) -> &[String] {
        &self.world.secrets
    }

    /// Whose tokens the host has: the speaker's name, and the user it is.
    pub fn speakers(&self) -> &BTreeMap<String, String> {
        &self.world.speakers
    }

    /// Calls a planning function (or `status`).
    ///
    /// # Errors
    /// The function's own.
    pub fn planning<T>(&mut self, call: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
        self.call(Rights::Plan, call)
    }

    /// Calls `perform` for a task of this actor.
    ///
    /// # Errors
    /// The function's own.
    pub fn performing<T>(&mut self, actor: &str, call: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
        self.call(Rights::Perform(actor.to_owned()), call)
    }

    /// Calls `settle` for a task of this actor.
    ///
    /// # Errors
    /// The function's own.
    pub fn settling<T>(&mut self, actor: &str, call: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
        self.call(Rights::Settle(actor.to_owned()), call)
    }

    /// Lends the host to one call. A call that fails writes no state, and no ledger but its intents.
    fn call<T>(&mut self, rights: Rights, call: impl FnOnce() -> Result<T, Problem>) -> Result<T, Problem> {
        self.world.call = Call { rights, once: 0 };
        let before = (self.world.state.clone(), self.world.ledger.clone());
        let world = std::mem::replace(&mut self.world, World::new(0));
        CURRENT.set(Some(world));
        let result = call();
        if let Some(world) = CURRENT.take() {
            self.world = world;
        }
        if result.is_err() {
            self.world.state = before.0;
            for (name, entry) in before.1 {
                self.world.ledger.insert(name, entry);
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ProblemKind, secrets};

    /// A host whose responder says whom it heard.
    fn host() -> Host {
        Host::new(1).answering(|_, request| {
            let body = request.speaker.clone().unwrap_or_default().into_bytes();
            Ok(Response { status: 200, headers: vec![], body })
        })
    }

    fn post_as_w01() -> Result<Response, Problem> {
        Request::post("graph", "/chats/c/messages").speaker("w01").send()
    }

    fn sign_in() -> Result<(), Problem> {
        secrets::generate("password-w01", 24)?;
        secrets::sign_in("w01", "w01@office.test", "password-w01")
    }

    #[test]
    fn a_worker_speaks_after_it_signed_in_until_it_is_forgotten_and_its_password_is_gone() {
        let mut host = host();
        let mute = host.performing("w01", post_as_w01).unwrap_err();
        assert_eq!((mute.kind, mute.code.as_str()), (ProblemKind::Unavailable, "speaker"));

        host.performing("w01", sign_in).unwrap();
        host.performing("w01", || secrets::sign_in("w01", "w01@office.test", "password-w01")).unwrap();
        assert!(host.secrets().is_empty());
        assert_eq!(host.speakers().get("w01").map(String::as_str), Some("w01@office.test"));
        assert_eq!(host.performing("w01", post_as_w01).unwrap().body, b"w01");

        host.performing("w01", || secrets::forget_speaker("w01")).unwrap();
        assert!(host.performing("w01", post_as_w01).is_err());
        assert_eq!(host.requests().len(), 1);
    }

    #[test]
    fn a_user_who_is_not_let_in_keeps_its_password_and_does_not_speak() {
        let refuse =
            |_, username: &str| Err(Problem::denied("AADSTS50076", format!("{username} needs a second factor")));
        let mut host = host().admitting(refuse);
        assert_eq!(host.performing("w01", sign_in).unwrap_err().code, "AADSTS50076");
        assert_eq!(host.secrets(), ["password-w01"]);
        assert!(host.speakers().is_empty());
    }

    #[test]
    fn nobody_signs_in_while_planning_and_no_secret_is_named_like_a_speaker() {
        let mut host = host();
        assert_eq!(host.planning(sign_in).unwrap_err().kind, ProblemKind::Denied);
        let named = host.performing("w01", || secrets::generate("speaker/w01", 24)).unwrap_err();
        assert_eq!(named.kind, ProblemKind::Invalid);
    }
}
