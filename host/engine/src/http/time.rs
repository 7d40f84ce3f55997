//! A session's time: the clock it was given, never earlier than the moment its call is due.

use crate::Instant;
use crate::clock::Clock;

/// The header that carries simulated time. A tenant announces it in its handshake; without that it is never sent.
pub(super) const CLOCK_HEADER: &str = "x-haymaker-clock";

/// What the time is, and whether the other side is told.
#[derive(Clone, Copy)]
pub(super) struct Time<'a> {
    pub(super) clock: &'a dyn Clock,
    /// The call's own moment.
    pub(super) floor: Instant,
    /// Whether requests carry the time, because the tenant's is simulated.
    pub(super) announced: bool,
}

impl Time<'_> {
    pub(super) fn now(&self) -> Instant {
        self.clock.now().max(self.floor)
    }

    /// Waits on the clock: `wait` milliseconds.
    pub(super) async fn wait(&self, wait: u64) {
        self.clock.sleep_until(self.now().saturating_add(wait)).await;
    }

    pub(super) fn header(&self) -> Option<(String, String)> {
        self.announced.then(|| (CLOCK_HEADER.to_owned(), self.now().to_string()))
    }
}
