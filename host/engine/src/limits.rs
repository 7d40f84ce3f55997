//! What one call may use.
//!
//! Every limit has an error of its own. The guest's runtime turns a refused allocation into an abort that looks like
//! any trap, so the limiter ends the call itself and says which limit it was.

use std::time::Duration;

use wasmtime::ResourceLimiter;

use crate::abort::Abort;
use crate::permits::Permit;

/// What one call may use. The manifest's `limits`, or [`Limits::default`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Linear memory, all memories of the component together: bytes.
    pub memory: u64,
    /// The processor's time that the call takes. Waiting does not count, nor does what others take of the processor.
    pub compute: Duration,
    /// Time from the call's beginning to its end, on the machine's clock, waiting included; but not what a language model
    /// takes, which the host bounds by itself.
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

/// Counts what an instance allocates, and ends the call when it is too much.
pub(crate) struct Limiter {
    permit: Permit,
    memory: Count,
    tables: Count,
}

/// Something that only grows.
struct Count {
    used: u64,
    limit: u64,
}

impl Count {
    /// Whether it may grow from `current` to `desired`; counts it if so.
    fn grow(&mut self, current: usize, desired: usize) -> bool {
        let more = u64::try_from(desired.saturating_sub(current)).unwrap_or(u64::MAX);
        let after = self.used.saturating_add(more);
        if after > self.limit {
            return false;
        }
        self.used = after;
        true
    }
}

impl Limiter {
    /// A count at zero. The permit is held until the limiter is dropped, that is, until the instance is.
    pub(crate) fn new(limits: &Limits, permit: Permit) -> Self {
        Self {
            permit,
            memory: Count { used: 0, limit: limits.memory },
            tables: Count { used: 0, limit: u64::from(limits.tables) },
        }
    }

    /// Linear memory in use: bytes. It never shrinks, so this is also the most that was.
    pub(crate) fn memory(&self) -> u64 {
        self.memory.used
    }
}

impl ResourceLimiter for Limiter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Beyond its own maximum a memory does not grow: that is the module's rule, and its own answer to it.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if !self.memory.grow(current, desired) {
            return Err(Abort::Memory { limit: self.memory.limit }.into());
        }
        self.permit.grow_to(self.memory.used);
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        if !self.tables.grow(current, desired) {
            return Err(Abort::TooMuch { what: "table elements", limit: self.tables.limit }.into());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::permits::Permits;

    const MIB: usize = 1 << 20;

    fn limiter() -> Limiter {
        let limits = Limits { memory: 3 << 20, tables: 10, ..Limits::default() };
        let permit = Permits::new(limits.memory, 1).acquire(1).now_or_never().expect("there is room");
        let mut limiter = Limiter::new(&limits, permit.expect("the permits are open"));
        assert!(limiter.memory_growing(0, MIB, None).unwrap());
        limiter
    }

    #[test]
    fn all_memories_of_a_component_count_together() {
        let mut limiter = limiter();
        assert!(limiter.memory_growing(0, 2 * MIB, None).unwrap());
        let error = limiter.memory_growing(MIB, MIB + 1, None).expect_err("over the limit");
        assert!(matches!(error.downcast_ref(), Some(Abort::Memory { limit }) if *limit == 3 << 20));
        assert_eq!(limiter.memory(), 3 << 20);
    }

    #[test]
    fn growth_beyond_a_memorys_own_maximum_is_the_modules_affair() {
        let mut limiter = limiter();
        assert!(!limiter.memory_growing(MIB, 20 * MIB, Some(2 * MIB)).unwrap());
        assert_eq!(limiter.memory(), 1 << 20);
    }

    #[test]
    fn tables_are_limited_by_their_elements() {
        let mut limiter = limiter();
        assert!(limiter.table_growing(0, 10, None).unwrap());
        let error = limiter.table_growing(10, 11, None).expect_err("over the limit");
        assert!(matches!(error.downcast_ref(), Some(Abort::TooMuch { what: "table elements", limit: 10 })));
    }
}
