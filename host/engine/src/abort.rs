//! Why the host ends a call from within.
//!
//! A guest sees a problem and goes on; it never sees an [`Abort`], which travels through wasmtime as the trap's cause
//! and is found again by its type.

use std::time::Duration;

use crate::Instant;
use crate::types::Problem;

/// The host's reasons to end a call.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Abort {
    /// Over the limit of linear memory.
    #[error("more than {limit} bytes of memory")]
    Memory {
        /// Bytes.
        limit: u64,
    },
    /// Over the limit of time inside the guest.
    #[error("computed for more than {limit:?}")]
    Compute {
        /// The limit.
        limit: Duration,
    },
    /// Over another limit.
    #[error("more than {limit} {what}")]
    TooMuch {
        /// Of what.
        what: &'static str,
        /// The limit.
        limit: u64,
    },
    /// To be run again in a fresh instance.
    #[error("goes on at {at}: {}", problem.message)]
    Later {
        /// When.
        at: Instant,
        /// What stood in the way.
        problem: Problem,
    },
    /// The host's own fault.
    #[error("{0}")]
    Host(String),
}
