//! How long a call may take.
//!
//! A call has a limit of time, waiting included, so that a guest which waits for what never comes does not live for
//! ever. A language model takes longer than all else that a call waits for, and the host itself bounds how long: so the
//! time of a model does not count, and the limit stays short for everything else.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// The stopwatch of one call.
#[derive(Debug, Default)]
pub(crate) struct Patience {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    /// Time that does not count.
    excused: Duration,
    /// Since when the time under way does not.
    since: Option<Instant>,
}

/// While it lives, time does not count.
pub(crate) struct Excuse(Arc<Patience>);

impl Patience {
    /// Stops the watch until the excuse is dropped. A call waits for one thing at a time.
    pub(crate) fn excuse(self: &Arc<Self>) -> Excuse {
        self.state().since = Some(Instant::now());
        self.changed.notify_one();
        Excuse(Arc::clone(self))
    }

    /// The call's end, unless that is later than the limit.
    pub(crate) async fn within<F: Future>(&self, limit: Duration, call: F) -> Option<F::Output> {
        let began = Instant::now();
        tokio::pin!(call);
        loop {
            let ends = self.ends(began + limit);
            tokio::select! {
                biased;
                output = &mut call => return Some(output),
                () = self.changed.notified() => {}
                () = sleep_until(ends.unwrap_or(began)), if ends.is_some() => return None,
            }
        }
    }

    /// When a call that should have ended at `ends` has to; none while time does not count.
    fn ends(&self, ends: Instant) -> Option<Instant> {
        let state = self.state();
        state.since.is_none().then(|| ends + state.excused)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Excuse {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if let Some(since) = state.since.take() {
            state.excused += since.elapsed();
        }
        drop(state);
        self.0.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_secs(30);

    async fn takes(plain: u64, excused: u64, then: u64) -> Option<()> {
        let patience = Arc::<Patience>::default();
        let call = async {
            tokio::time::sleep(Duration::from_secs(plain)).await;
            let excuse = patience.excuse();
            tokio::time::sleep(Duration::from_secs(excused)).await;
            drop(excuse);
            tokio::time::sleep(Duration::from_secs(then)).await;
        };
        patience.within(LIMIT, call).await
    }

    #[tokio::test(start_paused = true)]
    async fn only_time_without_an_excuse_counts() {
        assert_eq!(takes(20, 0, 9).await, Some(()));
        assert_eq!(takes(31, 0, 0).await, None);
        assert_eq!(takes(20, 300, 9).await, Some(()));
        assert_eq!(takes(20, 300, 11).await, None, "an excuse ends");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_kept_to_the_second_after_an_excuse() {
        let began = Instant::now();
        assert_eq!(takes(20, 300, 1_000).await, None);
        assert_eq!(began.elapsed().as_secs(), 330);
    }
}
