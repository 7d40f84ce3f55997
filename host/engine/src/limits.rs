//! What one call may use.
//!
//! Every limit has an error of its own. The guest's runtime turns a refused allocation into an abort that looks like
//! any trap, so the limiter ends the call itself and says which limit it was.

use std::time::Duration;

/// What one call may use. The manifest's `limits`, or [`Limits::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, all memories of the component together: bytes.
    pub memory: u64,
    /// Time spent inside the guest. Waiting for the host does not count.
    pub compute: Duration,
    /// Time from the call's beginning to its end, on the machine's clock, waiting included.
    pub wait: Duration,
    /// State of the deployment, keys and values: bytes.
    pub state: u64,
    /// What a call may log: bytes.
    pub log: usize,
    /// The body of one HTTP answer: bytes.
    pub response: usize,
    /// Elements in all tables of the component together.
    pub tables: u32,
    /// Tasks in one plan, and follow-ups of one task.
    pub tasks: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 64 << 20,
            compute: Duration::from_millis(500),
            wait: Duration::from_secs(30),
            state: 16 << 20,
            log: 64 << 10,
            response: 8 << 20,
            // CPython compiled to WebAssembly needs some 20,000; each costs eight bytes.
            tables: 100_000,
            // The contract's own limit (`plan.tasks`).
            tasks: 10_000,
        }
    }
}
