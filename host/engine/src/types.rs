//! The contract's own words, under the names that people use.
//!
//! They are the generated types themselves: a copy of each would have to be kept in step with `wit/` by hand.

pub use crate::bindings::exports::haymaker::workload::lifecycle::WorkloadInfo;
pub use crate::bindings::haymaker::workload::types::{
    Activity, Deployment, Ending, LostRequest, Outcome, Plan, Problem, ProblemKind, Task, Verdict, Wake,
};

use crate::Instant;

impl Problem {
    /// A problem without a moment to try again at. `code` is for programs, `message` is one sentence for people: what is
    /// wrong and what to do about it, never a secret.
    pub fn new(kind: ProblemKind, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { kind, code: code.into(), message: message.into(), retry_at: None }
    }

    /// The same problem, with the earliest moment at which trying again makes sense.
    #[must_use]
    pub fn at(mut self, instant: Instant) -> Self {
        self.retry_at = Some(instant);
        self
    }

    /// Something that this call may not do.
    pub(crate) fn denied(code: &str, message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Denied, code, message)
    }

    /// Something that is wrong and stays wrong.
    pub(crate) fn invalid(code: &str, message: impl Into<String>) -> Self {
        Self::new(ProblemKind::Invalid, code, message)
    }
}
