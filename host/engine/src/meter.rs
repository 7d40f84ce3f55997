//! How long a guest computed.
//!
//! Wasmtime's epochs tell *that* time passes, not *whose*: a guest that waited a second for an answer, or was parked
//! while others ran, would be charged for it. So the clock is read whenever the guest is left and entered again, and
//! the epoch only says when to look. Calls into the host that do not wait (a look into memory, a read of a row) count
//! as the guest's own: it chose to make them.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The stopwatch of one call. Shared by the guest's imports and the epoch's callback.
#[derive(Debug)]
pub(crate) struct Meter(Mutex<State>);

#[derive(Debug)]
struct State {
    spent: Duration,
    /// Since when the guest runs; none while it waits.
    running: Option<Instant>,
}

impl Meter {
    /// A stopwatch at zero, that stands.
    pub(crate) fn new() -> Self {
        Self(Mutex::new(State { spent: Duration::ZERO, running: None }))
    }

    /// The guest runs from now on.
    pub(crate) fn start(&self) {
        self.with(|state| state.running = Some(Instant::now()));
    }

    /// The guest does not run any more.
    fn stop(&self) {
        self.with(|state| {
            if let Some(since) = state.running.take() {
                state.spent += since.elapsed();
            }
        });
    }

    /// How long the guest has run.
    pub(crate) fn spent(&self) -> Duration {
        self.with(|state| state.spent + state.running.map_or(Duration::ZERO, |since| since.elapsed()))
    }

    /// Waits for something outside the guest, off its account.
    pub(crate) async fn outside<F: Future>(&self, wait: F) -> F::Output {
        self.stop();
        let output = wait.await;
        self.start();
        output
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spin(time: Duration) {
        let began = Instant::now();
        while began.elapsed() < time {}
    }

    #[tokio::test]
    async fn what_happens_outside_is_not_charged() {
        const OUTSIDE: Duration = Duration::from_millis(5);
        let began = Instant::now();
        let meter = Meter::new();
        meter.start();
        meter.outside(async { spin(OUTSIDE) }).await;
        let spent = meter.spent();
        assert!(began.elapsed() >= spent + OUTSIDE);
    }

    #[test]
    fn running_is_charged() {
        let meter = Meter::new();
        meter.start();
        spin(Duration::from_millis(2));
        assert!(meter.spent() >= Duration::from_millis(2));
    }
}
