//! What the platform implements, and what it gets back.
//!
//! The engine knows neither stores nor deployments. Whatever a request needs from them comes in through these traits,
//! and tests put simple ones in their place.

use std::sync::Arc;

use super::canonical::Canonical;
use super::exchange::Exchange;
use super::scan::Scan;
use super::secret::Secret;
use super::voice::Voices;
use super::{Refusal, Response};
use crate::types::Problem;
use crate::{Instant, Pending};

/// Which requests a session sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// All that are permitted.
    All,
    /// Only those of effect `read`: in `settle`.
    ReadOnly,
}

/// How a `once` request begins.
#[derive(Clone, Debug, PartialEq)]
#[allow(clippy::large_enum_variant, reason = "one at a time, on its way from the store to the guest")]
pub enum Begin {
    /// It is durable: send it.
    Send,
    /// It was answered in an earlier run of the task: this is the answer.
    Recorded(Response, Exchange),
}

/// The durable memory of `once` requests.
///
/// For each one the session calls `begin`, then exactly one of: `answered`; `withdrawn` (perhaps followed by another
/// `begin` of the same request); or nothing, which is doubt.
pub trait EffectLog: Send + Sync {
    /// Durable before it returns. An error if the digest differs from the recorded one, or if this is a second `once`
    /// of the task; it reaches the guest, and nothing is sent.
    fn begin<'a>(&'a self, request_id: &'a str, digest: &'a str, line: &'a str) -> Pending<'a, Result<Begin, Problem>>;

    /// The answer as the guest will see it: durable before it returns. An error leaves the request in doubt.
    fn answered<'a>(
        &'a self,
        request_id: &'a str,
        response: &'a Response,
        exchange: &'a Exchange,
    ) -> Pending<'a, Result<(), Problem>>;

    /// It took no effect: nothing was sent, or the server proved it (429, 503 with `Retry-After`, 401).
    fn withdrawn<'a>(&'a self, request_id: &'a str) -> Pending<'a, Result<(), Problem>>;
}

/// A named policy of the host: the blast radius.
pub trait Policy: Send + Sync {
    /// Asked once per request, after the allow-list and before anything is sent; for a batch, once per request in it.
    /// The request is exactly what will be sent, but for secrets, which are empty strings here. What only the tenant
    /// knows (whom a mail went to that is about to be answered) is looked up with `peek`.
    fn check<'a>(&'a self, request: &'a Canonical, peek: &'a dyn Peek) -> Pending<'a, Result<(), Objection>>;

    /// Told the answer to a request that it permitted, also a recorded one; gives back what the guest may see of it.
    fn shown(&self, request: &Canonical, response: Response) -> Response {
        let _ = request;
        response
    }
}

/// A policy's own look at the tenant, through the same gateway as the request that it decides about. It passes neither
/// allow-list nor policy, is never shown to the guest, and stands among the session's exchanges like every other request.
pub trait Peek: Send + Sync {
    /// Reads `target`: path and query below the endpoint's base, with these headers, as whoever the request is from:
    /// where people act for themselves, the application may not see what they see. An HTTP error is a response.
    fn read<'a>(&'a self, target: &'a str, headers: &'a [(String, String)]) -> Pending<'a, Result<Response, Refusal>>;

    /// The same as the application, whoever the request is from: what concerns the whole tenant people may not read.
    fn survey<'a>(&'a self, target: &'a str) -> Pending<'a, Result<Response, Refusal>>;
}

/// Why a policy does not let a request through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Objection {
    /// It is not permitted.
    Denied(Denial),
    /// It cannot be told now, or not yet: the guest sees why, and nothing is counted.
    Undecided(Refusal),
}

impl From<Denial> for Objection {
    fn from(denial: Denial) -> Objection {
        Objection::Denied(denial)
    }
}

/// Why a request was denied; each is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// Stable, for programs.
    pub code: String,
    /// One sentence for people.
    pub why: String,
}

/// Where secrets are kept.
pub trait Vault: Send + Sync {
    /// The secret of that name, if there is one; an error is the host's own.
    fn secret(&self, name: &str) -> Result<Option<Secret>, String>;

    /// The search for all that are alive, people's tokens included, which no answer may contain.
    fn live(&self) -> Arc<Scan>;

    /// The people as whom requests can be sent; none: nobody.
    fn voices(&self) -> Option<Arc<Voices>> {
        None
    }
}

/// Why something that is kept cannot be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unkept {
    /// It does not open: damaged, or sealed with another key. It never will.
    #[error("{0}")]
    Damaged(String),
    /// It cannot be read now.
    #[error("{0}")]
    Unreadable(String),
}

/// Where the refresh tokens of a deployment's people are kept, by the names of the speakers.
pub trait Safe: Send + Sync {
    /// The speaker's token, if there is one.
    ///
    /// # Errors
    /// It is there, and cannot be had.
    fn refresh_token(&self, speaker: &str) -> Result<Option<Secret>, Unkept>;

    /// Keeps it instead of the one before: durable before it returns.
    fn keep<'a>(&'a self, speaker: &'a str, token: &'a Secret) -> Pending<'a, Result<(), Problem>>;

    /// Tells people that the speaker's token is not accepted any more. Called once, until somebody signs in again.
    fn refused<'a>(&'a self, speaker: &'a str, why: &'a str) -> Pending<'a, ()>;
}

/// Where something may happen to the host between two bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// A request is about to leave; what must be durable is.
    BeforeSend,
    /// Its answer is here, and nothing is recorded yet.
    AfterAnswer,
}

/// Stops at boundaries: for tests that crash there. Production does nothing.
pub trait Tap: Send + Sync {
    /// `line` is the canonical method and target.
    fn at<'a>(&'a self, boundary: Boundary, line: &'a str) -> Pending<'a, ()>;
}

/// How a session stands when its last request has ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Closed {
    /// Every attempt of every request, in order; of a rerun, the recorded one. Token requests are not here: whichever
    /// call happens to need a token would get them.
    pub exchanges: Vec<Exchange>,
    /// The `once` request whose answer is not known.
    pub doubt: Option<Doubt>,
    /// Every request that was denied.
    pub denied: Vec<Denial>,
    /// The task is to run again at this moment.
    pub later: Option<(Instant, Problem)>,
}

/// A `once` request whose bytes left, and whose answer is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct Doubt {
    /// Its `client-request-id`.
    pub request_id: String,
    /// What happened, of kind `in-doubt`.
    pub problem: Problem,
}
