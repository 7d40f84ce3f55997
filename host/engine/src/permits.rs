//! How many instances may run at once: as many as fit into memory.
//!
//! Counting instances would treat a Rust guest's 70 KB and a Python guest's 3 MB alike, so bytes are counted. What an
//! instance will need is not known before it ran; what instances of its component needed so far is, and a call waits
//! for that much. An instance that grows beyond it takes what is left and is never made to wait for more: two
//! half-grown instances that wait for each other would wait for ever. What it grew to is what the next one waits for,
//! so the budget is overdrawn at most once per component and step of growth.
//!
//! The count of instances is bounded as well, because an exhausted pool of the allocator is an error, not a wait.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Memory is counted in WebAssembly's own pages: a semaphore's count has 32 bits.
const PAGE: u64 = 64 << 10;

/// What all running instances share.
#[derive(Debug)]
pub(crate) struct Permits {
    pages: Arc<Semaphore>,
    instances: Arc<Semaphore>,
    all_pages: u32,
}

/// The right of one instance to run.
#[derive(Debug)]
pub(crate) struct Permit {
    source: Arc<Semaphore>,
    pages: OwnedSemaphorePermit,
    _instance: OwnedSemaphorePermit,
}

/// No more permits, because there is no more engine.
#[derive(Debug, thiserror::Error)]
#[error("the engine is shutting down")]
pub(crate) struct Closed;

impl Permits {
    /// Room for `bytes` of memory and `instances` instances.
    pub(crate) fn new(bytes: u64, instances: u32) -> Self {
        let all_pages = pages(bytes).max(1);
        Self {
            pages: Arc::new(Semaphore::new(usize::try_from(all_pages).unwrap_or(usize::MAX))),
            instances: Arc::new(Semaphore::new(usize::try_from(instances).unwrap_or(usize::MAX))),
            all_pages,
        }
    }

    /// Waits for room for one instance of `bytes`. One that needs more than there is at all waits for everything.
    pub(crate) async fn acquire(&self, bytes: u64) -> Result<Permit, Closed> {
        let instance = Arc::clone(&self.instances).acquire_owned().await.map_err(|_| Closed)?;
        let wanted = pages(bytes).clamp(1, self.all_pages);
        let pages = Arc::clone(&self.pages).acquire_many_owned(wanted).await.map_err(|_| Closed)?;
        Ok(Permit { source: Arc::clone(&self.pages), pages, _instance: instance })
    }
}

impl Permit {
    /// The instance has `bytes` now: takes what is missing, as far as there is any.
    pub(crate) fn grow_to(&mut self, bytes: u64) {
        let held = u32::try_from(self.pages.num_permits()).unwrap_or(u32::MAX);
        let missing = pages(bytes).saturating_sub(held);
        let left = u32::try_from(self.source.available_permits()).unwrap_or(u32::MAX);
        if let Ok(more) = Arc::clone(&self.source).try_acquire_many_owned(missing.min(left)) {
            self.pages.merge(more);
        }
    }
}

fn pages(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(PAGE)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn instances_wait_for_memory() {
        let permits = Permits::new(10 * PAGE, 100);
        let first = permits.acquire(6 * PAGE).await.unwrap();
        assert!(permits.acquire(5 * PAGE).now_or_never().is_none(), "11 pages of 10");
        drop(first);
        assert!(permits.acquire(5 * PAGE).now_or_never().is_some());
    }

    #[tokio::test]
    async fn growth_is_counted_and_never_waits() {
        let permits = Permits::new(10 * PAGE, 100);
        let mut first = permits.acquire(PAGE).await.unwrap();
        first.grow_to(4 * PAGE);
        first.grow_to(3 * PAGE);
        assert_eq!(permits.pages.available_permits(), 6);
        first.grow_to(40 * PAGE);
        assert_eq!(permits.pages.available_permits(), 0);
        drop(first);
        assert_eq!(permits.pages.available_permits(), 10);
    }

    #[tokio::test]
    async fn one_that_needs_more_than_all_runs_alone() {
        let permits = Permits::new(10 * PAGE, 100);
        let all = permits.acquire(1_000 * PAGE).await.unwrap();
        assert!(permits.acquire(1).now_or_never().is_none());
        drop(all);
        assert!(permits.acquire(1).now_or_never().is_some());
    }

    #[tokio::test]
    async fn instances_are_counted_too() {
        let permits = Permits::new(1_000 * PAGE, 2);
        let _first = permits.acquire(1).await.unwrap();
        let _second = permits.acquire(1).await.unwrap();
        assert!(permits.acquire(1).now_or_never().is_none());
    }
}
