//! Requests to the endpoints that the manifest names.
//!
//! The engine knows the shape of a request and that sending one takes time; who answers is an [`Http`], made for one
//! call.

mod binding;

use crate::types::Problem;
use crate::{Instant, Pending};

pub use crate::bindings::haymaker::workload::http::{Effect, Fill, Request, Response};

pub(crate) use binding::Binding;

/// Who sends. Made for one call, and told nothing about guests.
pub trait Http: Send + Sync {
    /// Sends a request and waits for its answer. Dropping the future never cancels bytes under way.
    fn send(&self, request: Request) -> Pending<'_, Result<Response, Refusal>>;

    /// An endpoint's base, without a slash at its end.
    fn base_url(&self, endpoint: &str) -> Result<String, Problem>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The guest sees it and decides.
    Problem(Problem),
    /// It would take long: the call ends here, and the task is run again at `at` in a fresh instance.
    Later {
        /// When: UTC, milliseconds.
        at: Instant,
        /// What stood in the way.
        problem: Problem,
    },
    /// The host's own fault: the call ends here.
    Host(String),
}

/// No requests. The string says why.
pub struct Denied(pub &'static str);

impl Denied {
    fn problem(&self) -> Problem {
        Problem::denied("http-denied", format!("requests are not allowed here: {}", self.0))
    }
}

impl Http for Denied {
    fn send(&self, _: Request) -> Pending<'_, Result<Response, Refusal>> {
        Box::pin(async { Err(Refusal::Problem(self.problem())) })
    }

    fn base_url(&self, _: &str) -> Result<String, Problem> {
        Err(self.problem())
    }
}
