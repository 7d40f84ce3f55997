//! Time as a dependency.
//!
//! Whoever waits or asks what time it is takes a [`Clock`], so that a simulated day runs as fast as the machine allows
//! and no test sleeps. What a *guest* sees is not a clock of this kind but the frozen moment of its call: see
//! [`Call::now`](crate::call::Call::now).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{Instant, Pending};

/// Where the time comes from, and what waiting means.
pub trait Clock: Send + Sync + 'static {
    /// The time: UTC, milliseconds since 1970.
    fn now(&self) -> Instant;

    /// Returns at `at`, or at once if that is past.
    fn sleep_until(&self, at: Instant) -> Pending<'_, ()>;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Instant {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }

    fn sleep_until(&self, at: Instant) -> Pending<'_, ()> {
        Box::pin(async move {
            // The machine's clock can be set back while somebody waits: look again, and never sleep for hours at once.
            const LONGEST: u64 = 60_000;
            loop {
                let left = at.saturating_sub(self.now());
                if left == 0 {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(left.min(LONGEST))).await;
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleeping_until_a_past_moment_returns_at_once() {
        SystemClock.sleep_until(0).await;
        assert!(SystemClock.now() > 1_700_000_000_000, "the machine's clock is past 2023");
    }
}
