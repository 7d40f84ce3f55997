//! Requests to the endpoints that a manifest names.
//!
//! The guest says *what*, in plain data; everything that could go wrong with *how* is the host's: addresses, tokens,
//! retries, waiting, secrets, and the decision whether it may be sent at all. A request is parsed **once**, into a
//! [`Canonical`] form; the allow-list and the policy look at that form, and the bytes that leave are made from that
//! form and from nothing else. What is checked is what is sent.
//!
//! A request belongs to the host, not to the call that asked for it: it runs in a task of its own, so a trap, a
//! deadline or a stop never cancels bytes under way. That is why [`Session::close`] waits, and why a `once` request is
//! either answered, withdrawn, or in doubt, and never forgotten.
//!
//! | module | thought |
//! |---|---|
//! | [`canonical`] | the one form that is both checked and sent; `target`, `headers`, `json` are its parts |
//! | `batch` | many requests in one, each checked like one alone |
//! | [`allow`], [`fills`] | what the manifest permits: paths, and places for secrets |
//! | [`endpoint`] | where requests go, and as whom |
//! | [`seams`] | what the platform implements: effects, policy, vault, tap |
//! | [`gateway`] | one per host: connections and tokens; the simulated tenant's handshake |
//! | [`session`] | one per call: checks, then delivers |
//! | `look` | what a policy reads for itself |
//! | `delivery`, `verdict`, `retry` | the attempts of one request, what an arrival means, how long to wait |
//! | `binding` | from the guest's call to an [`Http`] |
//! | `wire`, `trust` | one exchange over a connection; whose certificates count |
//! | `token`, `grant`, [`voice`] | bearer tokens; what is redeemed for them; people who have signed in |
//! | `answer`, `scan` | what the guest sees of an answer |
//! | `identity`, `time`, `secret`, `exchange` | words that the others share |

pub mod allow;
mod answer;
mod batch;
mod binding;
pub mod canonical;
mod delivery;
pub mod endpoint;
mod exchange;
pub mod fills;
pub mod gateway;
mod grant;
mod headers;
mod identity;
mod json;
mod look;
mod retry;
mod scan;
pub mod seams;
mod secret;
pub mod session;
mod target;
mod time;
mod token;
mod trust;
mod verdict;
pub mod voice;
mod wire;

#[cfg(test)]
mod tests;

pub use canonical::Canonical;
pub use endpoint::{Auth, Endpoint};
pub use exchange::{Exchange, Speaking};
pub use gateway::{Announcement, Gateway, GatewaySettings};
pub use retry::asked as retry_after;
pub use scan::{Scan, reveals};
pub use seams::{
    Begin, Boundary, Closed, Denial, Doubt, EffectLog, Mode, Objection, Peek, Policy, Safe, Tap, Unkept, Vault,
};
pub use secret::Secret;
pub use session::{Session, SessionSettings};
pub use trust::authorities;
pub use voice::Voices;

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
