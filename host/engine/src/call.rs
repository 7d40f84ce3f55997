//! One call: what it is given, what it gives back, how it can fail.
//!
//! Nothing is written while a call runs, except what the contract says is durable on return. Everything else is
//! buffered in [`Effects`], so that the platform can commit it in one transaction with the call's result, and a call
//! that fails leaves nothing behind but its log lines.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::Instant;
use crate::limits::Limits;
use crate::types::Problem;
use crate::{events, http, journal, ledger, llm, secrets, state, workspace};

/// What one call is given.
pub struct Call {
    /// The workload's name, for error messages.
    pub workload: String,
    /// The task's id, for error messages.
    pub task: Option<String>,
    /// What the guest's clocks show when it begins. Only its own sleeps move them.
    pub now: Instant,
    /// Where the guest's chance comes from: a ChaCha20 key.
    pub seed: [u8; 32],
    /// What it may use.
    pub limits: Limits,
    /// What it may do.
    pub grants: Grants,
}

/// The capabilities lent to one call. What is not granted is a `Denied`: a guest whose language imports the whole world
/// is refused at the call, not at link time.
#[derive(Clone)]
pub struct Grants {
    /// Requests.
    pub http: Arc<dyn http::Http>,
    /// The snapshot of the state, and what of it may be written.
    pub state: state::Access,
    /// What the deployment makes in the tenant.
    pub ledger: Arc<dyn ledger::Ledger>,
    /// What became of tasks.
    pub journal: Arc<dyn journal::Journal>,
    /// Secrets.
    pub secrets: Arc<dyn secrets::Secrets>,
    /// A language model.
    pub llm: Arc<dyn llm::Llm>,
    /// Files.
    pub workspace: Arc<dyn workspace::Workspace>,
    /// The manifest's `activity_patterns`: a JSON object.
    pub parameters: String,
}

impl Grants {
    /// Nothing at all: for the pure functions, and for trials. `why` is what the guest reads when it tries.
    pub fn none(why: &'static str) -> Self {
        Self {
            http: Arc::new(http::Denied(why)),
            state: state::Access { source: Arc::new(state::Denied(why)), scope: state::Scope::ReadOnly },
            ledger: Arc::new(ledger::Denied(why)),
            journal: Arc::new(journal::Denied(why)),
            secrets: Arc::new(secrets::Denied(why)),
            llm: Arc::new(llm::Denied(why)),
            workspace: Arc::new(workspace::Denied(why)),
            parameters: "{}".to_owned(),
        }
    }
}

/// What a call that ended well gives back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// What the guest returned; often a `Result` of its own.
    pub value: T,
    /// What it did on the way. To be committed only if the value says that the call went well.
    pub effects: Effects,
}

/// What a call did that is not durable yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// State: the last write of each key, in key order; `None` removes it.
    pub writes: Vec<(String, Option<Vec<u8>>)>,
    /// Changes to the ledger, in order. Those that changed nothing are left out.
    pub ledger: Vec<ledger::Change>,
    /// Names of secrets to forget, in order, each once.
    pub forgotten: Vec<String>,
    /// Log lines, in order.
    pub lines: Vec<(events::Level, String)>,
    /// How long the guest slept in its own time: milliseconds, rounded up.
    pub slept: u64,
}

/// A call that did not end well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What happened.
    pub kind: FailureKind,
    /// The workload's name.
    pub workload: String,
    /// The function of the lifecycle, as the contract spells it.
    pub function: String,
    /// The task's id, if the call was about one.
    pub task: Option<String>,
    /// What the guest logged before.
    pub lines: Vec<(events::Level, String)>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.workload, self.function)?;
        if let Some(task) = &self.task {
            write!(f, ", task {task}")?;
        }
        write!(f, ": {}", self.kind)
    }
}

impl std::error::Error for Failure {}

/// Why a call did not end well.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailureKind {
    /// The guest gave up: a panic, an abort, an illegal instruction.
    #[error("it crashed: {}", reason(stderr, message))]
    Trap {
        /// What the engine says about it.
        message: String,
        /// The guest's functions, innermost first.
        backtrace: Vec<String>,
        /// The last lines that the guest wrote to its standard error: a panic's message and place are only there.
        stderr: String,
    },
    /// It asked for more memory than the limit.
    #[error("it needs more than {} of memory (manifest: limits.memory)", bytes(*limit))]
    Memory {
        /// The limit: bytes.
        limit: u64,
    },
    /// It computed for longer than the limit.
    #[error("it computed for more than {limit:?} (manifest: limits.compute)")]
    Compute {
        /// The limit.
        limit: Duration,
    },
    /// It took longer than the limit, waiting included.
    #[error("it was not done after {limit:?} (manifest: limits.wait)")]
    Wait {
        /// The limit.
        limit: Duration,
    },
    /// It recursed too deeply.
    #[error("its stack overflowed: it recurses too deeply")]
    StackOverflow,
    /// It gave back more than the limit.
    #[error("it gave back too many {what}: the limit is {limit}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// The host ended the call: the task is to be run again at `at`, in a fresh instance.
    #[error("it goes on later: {}", problem.message)]
    Later {
        /// When: UTC, milliseconds.
        at: Instant,
        /// What stood in the way.
        problem: Problem,
    },
    /// The host's own fault; the guest did nothing wrong.
    #[error("the host failed: {0}")]
    Host(String),
}

/// What tells most in one line: where Rust panicked and why, the last line of another language's traceback, or else what
/// the engine says.
fn reason(stderr: &str, message: &str) -> String {
    let lines: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut panic = lines.iter().copied().skip_while(|line| !line.contains("panicked at")).take(2).peekable();
    if panic.peek().is_some() {
        return panic.collect::<Vec<_>>().join(" ");
    }
    lines.last().map_or_else(|| message.to_owned(), |last| (*last).to_owned())
}

/// A number of bytes for people.
fn bytes(n: u64) -> String {
    const MIB: u64 = 1 << 20;
    if n >= MIB && n.is_multiple_of(MIB) { format!("{} MiB", n / MIB) } else { format!("{n} bytes") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crash_is_told_in_its_own_words() {
        let rust = "noise\nthread '<unnamed>' panicked at src/lib.rs:3:5:\nno seats\nnote: run with ...\n";
        assert_eq!(reason(rust, "unreachable"), "thread '<unnamed>' panicked at src/lib.rs:3:5: no seats");
        let python = "Traceback (most recent call last):\n  File \"app.py\", line 9, in deploy\nValueError: no seats\n";
        assert_eq!(reason(python, "unreachable"), "ValueError: no seats");
        assert_eq!(reason("", "out of bounds memory access"), "out of bounds memory access");
    }
}
