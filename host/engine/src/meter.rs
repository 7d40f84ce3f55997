//! How long a guest computed.
//!
//! Wasmtime's epochs tell *that* time passes, not *whose*: a guest that waited a second for an answer, or was parked
//! while others ran, would be charged for it. So what counts is the processor's time between the moments when the call
//! is polled and when it lets go, and the epoch only says when to look. A busy machine makes a guest slow, not guilty.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

/// The stopwatch of one call. Shared by whoever polls it and the epoch's callback inside it.
#[derive(Debug, Default)]
pub(crate) struct Meter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    spent: Duration,
    /// The thread's time when the call was polled; none while it waits.
    polled: Option<Duration>,
}

impl Meter {
    /// How long the guest has run.
    pub(crate) fn spent(&self) -> Duration {
        self.with(|state| state.spent + state.polled.map_or(Duration::ZERO, since))
    }

    /// A future whose polls are charged here.
    pub(crate) fn charge<F: Future>(self: &Arc<Self>, future: F) -> Charged<F> {
        Charged { meter: Arc::clone(self), future: Box::pin(future) }
    }

    fn start(&self) {
        self.with(|state| state.polled = Some(thread_time()));
    }

    fn stop(&self) {
        self.with(|state| state.spent += state.polled.take().map_or(Duration::ZERO, since));
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A future whose polls are charged to a [`Meter`].
pub(crate) struct Charged<F> {
    meter: Arc<Meter>,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for Charged<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.meter.start();
        let polled = self.future.as_mut().poll(context);
        self.meter.stop();
        polled
    }
}

fn since(then: Duration) -> Duration {
    thread_time().saturating_sub(then)
}

/// The processor's time that this thread has used.
#[cfg(unix)]
fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or(Duration::ZERO)
}

/// Where threads have no clock of their own, the machine's: it charges for what others took of the processor.
#[cfg(not(unix))]
fn thread_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    const A_WHILE: Duration = Duration::from_millis(2);

    fn compute() {
        let began = thread_time();
        while since(began) < A_WHILE {}
    }

    #[test]
    fn polls_are_charged_and_what_happens_between_them_is_not() {
        let meter = Arc::new(Meter::default());
        let mut charged = meter.charge(async {
            compute();
            tokio::task::yield_now().await;
            compute();
        });
        assert!((&mut charged).now_or_never().is_none(), "it lets go once");
        let first = meter.spent();
        assert!(first >= A_WHILE);
        compute();
        assert_eq!(meter.spent(), first);
        assert!(charged.now_or_never().is_some());
        assert!(meter.spent() >= first + A_WHILE);
    }

    #[test]
    fn a_poll_that_goes_on_is_charged_already() {
        let meter = Arc::new(Meter::default());
        let seen = Arc::clone(&meter);
        let spent = meter.charge(async move {
            compute();
            seen.spent()
        });
        assert!(spent.now_or_never().expect("it does not wait") >= A_WHILE);
    }
}
