//! What can be read back: projections of the log.

use crate::record::*;

/// A deployment as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct DeploymentView {
    /// `<workload>-<8 hex>`.
    pub id: String,
    /// Where its log ends.
    pub seq: u64,
    /// How it was accepted; the component is the one that runs now.
    pub acceptance: Acceptance,
    /// When it was accepted, on its own clock.
    pub created: Instant,
    /// A number that grows with every deployment accepted in this home: newest first without trusting clocks.
    pub ordinal: u64,
    /// When something last happened, on its own clock.
    pub updated: Instant,
    /// What is wanted.
    pub desired: Desired,
    /// Where it is.
    pub status: Status,
    /// The workload's own word.
    pub phase: String,
    /// One line for people; empty for none.
    pub reason: String,
    /// What stands beside the status.
    pub condition: Option<Condition>,
    /// Who holds the lease.
    pub holder: String,
    /// The last answer of the planning function that is being asked: the function, and when to ask again.
    pub planned: Option<(PlanFunction, Wake)>,
    /// The last thing that went wrong: of an attempt that failed, left a doubt, or ended a task (skipped: not).
    pub last_error: Option<Problem>,
    /// Requests sent, throttled (429), retried: all exchanges counted.
    pub requests: RequestCounts,
    /// Tasks by stage: open, done, failed, skipped, unknown.
    pub tasks: TaskCounts,
}

/// Exchanges with endpoints, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// All.
    pub sent: u64,
    /// Answered 429. (A 503 may throttle, too, but an exchange does not say whether it had a `Retry-After`.)
    pub throttled: u64,
    /// Exchanges that repeat an earlier one of the same task with the same `client_request_id` that was answered 429 or
    /// 503, or not at all.
    pub retried: u64,
}

/// Tasks, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TaskCounts {
    /// Not over.
    pub open: u64,
    /// Done.
    pub done: u64,
    /// Failed for good.
    pub failed: u64,
    /// Expired or cancelled.
    pub skipped: u64,
    /// Nobody can tell.
    pub unknown: u64,
}

/// A task as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskView {
    /// As planned.
    pub task: Task,
    /// Where it stands.
    pub stage: Stage,
    /// Attempts that failed and counted, since it was last planned.
    pub attempts: u32,
    /// Attempts in all; asking `settle` is none.
    pub tries: u32,
    /// When it runs next: its due moment, or later after a failure.
    pub next: Instant,
    /// Whether its `once` request is in doubt: `settle` is asked, not `perform`.
    pub doubted: bool,
    /// Its last problem; none once it is done.
    pub problem: Option<Problem>,
    /// Requests of the tasks it follows from, then of its own attempts.
    pub exchanges: Vec<Exchange>,
}

/// The `once` request of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnceView {
    /// The `client-request-id`.
    pub request_id: String,
    /// SHA-256 of the canonical request.
    pub digest: String,
    /// The canonical method and target.
    pub line: String,
    /// When it was about to leave.
    pub sent: Instant,
    /// The recorded answer; none: in doubt.
    pub answer: Option<Answer>,
}

impl OnceView {
    /// Whether its recorded answer says that it took effect.
    pub fn took_effect(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.status < 400)
    }
}

/// A ledger entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerView {
    /// `user`, ...
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The tenant's id.
    pub remote_id: Option<String>,
    /// When it was intended.
    pub intended: Instant,
    /// When it was known to exist.
    pub created: Option<Instant>,
    /// When it was proved gone.
    pub released: Option<Instant>,
}

/// How kinds of things begin that were there before the deployment and stay after it: people who are lent to it. The
/// ledger lists them, because what may be touched is decided from it; they are not counted, because nothing of them was
/// created and nothing of them is left.
pub const ADOPTED: &str = "adopted-";

impl LedgerView {
    /// Whether the deployment made it, and takes it away again.
    pub fn is_made(&self) -> bool {
        !self.kind.starts_with(ADOPTED)
    }
}

/// The ledger, counted, without what is only lent. A thing that was released and made again counts twice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LedgerCounts {
    /// Ever known to exist.
    pub created: u64,
    /// Created, or only intended, and not released.
    pub live: u64,
    /// Created, and proved gone.
    pub released: u64,
}

/// A line of the ground truth.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityView {
    /// Unique in the deployment.
    pub id: String,
    /// When it was due.
    pub due: Instant,
    /// The exported object, as text.
    pub line: String,
}

/// Activities of a kind and status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// What kind.
    pub kind: String,
    /// `benign`, `infrastructure`, ...
    pub label: String,
    /// `done`, `failed`, ...
    pub status: String,
    /// How many.
    pub count: u64,
}

/// What a deployment asked of language models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelUse {
    /// The one that it may ask; none where there is none.
    pub model: Option<Model>,
    /// Calls that were sent: answered and failed ones.
    pub calls: u64,
    /// Of these, calls without an answer.
    pub failed: u64,
    /// Calls that the host refused before anything was sent.
    pub refused: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
}

/// What all deployments in a tenant asked of language models on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ModelDay {
    /// Calls that were sent.
    pub calls: u64,
    /// Tokens read and written.
    pub tokens: u64,
}

/// Requests of all deployments in a tenant that were sent on one day, by what they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeCount {
    /// `GET`, ...
    pub method: String,
    /// What a `POST` is called on: the last part of its path (`send`, `messages`); empty for other methods.
    pub action: String,
    /// How many, each attempt by itself.
    pub count: u64,
}

/// Texts of a kind of activity that is done, by who wrote them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextCount {
    /// What kind.
    pub kind: String,
    /// Its `content_source`: `template`, `llm`.
    pub source: String,
    /// How many.
    pub count: u64,
}

/// A line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineView {
    /// Its number, growing but with gaps (its record's place in the log): pass it as `after` to go on.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// What.
    pub line: Line,
}
