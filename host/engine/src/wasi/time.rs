//! Time as a guest sees it: it stands still while the guest works, and jumps when the guest sleeps.
//!
//! A sleep in WASI is a `poll` on a timer among other things. So a timer waits its turn: everything else in the same
//! poll is asked first, and only when nothing is ready does time jump to the *earliest* timer, whose successors stay
//! unripe. A poll on `[10 s, 1 s]` therefore returns the second, one second later, exactly as it would on a real clock.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::component::{HasData, Resource, ResourceTable};
use wasmtime_wasi::clocks::HostWallClock;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};

use crate::Instant;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// The clock of one call.
#[derive(Debug)]
pub(crate) struct Time {
    /// The call's moment: nanoseconds since 1970. Enough until the year 2554.
    start: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// Nanoseconds slept.
    slept: u64,
    /// Timers that somebody waits for now: when they are due, and which.
    waiting: BTreeSet<(u64, u64)>,
    /// Tells equal timers apart.
    next: u64,
}

impl Time {
    /// A clock that shows `now` (UTC, milliseconds).
    pub(crate) fn new(now: Instant) -> Self {
        Self { start: now.saturating_mul(NANOS_PER_MILLI), state: Mutex::default() }
    }

    /// Nanoseconds since 1970.
    pub(crate) fn now(&self) -> u64 {
        self.start.saturating_add(self.with(|state| state.slept))
    }

    /// How long the guest slept: milliseconds, rounded up.
    pub(crate) fn slept(&self) -> u64 {
        self.with(|state| state.slept).div_ceil(NANOS_PER_MILLI)
    }

    /// Waits in the guest's time.
    async fn sleep_until(&self, due: u64) {
        if due <= self.now() {
            return;
        }
        let waiting = Waiting::new(self, due);
        // Whatever else is polled has its say before time jumps.
        tokio::task::yield_now().await;
        while !waiting.try_pass() {
            tokio::task::yield_now().await;
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A place among the timers that somebody waits for; given up when dropped.
struct Waiting<'a> {
    time: &'a Time,
    due: u64,
    place: (u64, u64),
}

impl<'a> Waiting<'a> {
    fn new(time: &'a Time, due: u64) -> Self {
        let place = time.with(|state| {
            let place = (due, state.next);
            state.next += 1;
            state.waiting.insert(place);
            place
        });
        Self { time, due, place }
    }

    /// Whether the timer is due, after time jumped there if it is the earliest.
    fn try_pass(&self) -> bool {
        let start = self.time.start;
        self.time.with(|state| {
            let earliest = state.waiting.first().is_none_or(|(due, _)| self.due <= *due);
            if earliest {
                state.slept = state.slept.max(self.due.saturating_sub(start));
            }
            self.due <= start.saturating_add(state.slept)
        })
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.time.with(|state| state.waiting.remove(&self.place));
    }
}

/// The wall clock of one call.
pub(crate) struct Wall(pub(crate) Arc<Time>);

impl HostWallClock for Wall {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::from_nanos(self.0.now())
    }
}

/// A timer that a guest holds.
struct Timer {
    time: Arc<Time>,
    due: u64,
}

#[wasmtime_wasi::async_trait]
impl Pollable for Timer {
    async fn ready(&mut self) {
        self.time.sleep_until(self.due).await;
    }
}

/// What `wasi:clocks/monotonic-clock` needs of a call. The same clock as the wall's: a guest that measures with one and
/// dates with the other sees them agree.
pub(crate) struct Timers<'a> {
    pub(crate) time: &'a Arc<Time>,
    pub(crate) table: &'a mut ResourceTable,
}

/// The type-level name of [`Timers`].
pub(crate) struct HasTimers;

impl HasData for HasTimers {
    type Data<'a> = Timers<'a>;
}

impl monotonic_clock::Host for Timers<'_> {
    fn now(&mut self) -> wasmtime::Result<u64> {
        Ok(self.time.now())
    }

    fn resolution(&mut self) -> wasmtime::Result<u64> {
        Ok(1)
    }

    fn subscribe_instant(&mut self, due: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let timer = self.table.push(Timer { time: Arc::clone(self.time), due })?;
        subscribe(self.table, timer)
    }

    fn subscribe_duration(&mut self, duration: u64) -> wasmtime::Result<Resource<DynPollable>> {
        let due = self.time.now().saturating_add(duration);
        self.subscribe_instant(due)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const START: u64 = 1_000 * SECOND;

    #[tokio::test]
    async fn a_sleep_returns_at_once_and_moves_the_clock() {
        let time = Time::new(1_000_000);
        time.sleep_until(START + 3_600 * SECOND).await;
        assert_eq!(time.now(), START + 3_600 * SECOND);
        assert_eq!(time.slept(), 3_600_000);
        time.sleep_until(START).await;
        assert_eq!(time.slept(), 3_600_000, "a past moment is due already");
    }

    #[tokio::test]
    async fn the_earliest_timer_of_a_poll_comes_first() {
        let time = Time::new(1_000_000);
        tokio::select! {
            biased;
            () = time.sleep_until(START + 10 * SECOND) => panic!("the later timer came first"),
            () = time.sleep_until(START + SECOND) => {}
        }
        assert_eq!(time.now(), START + SECOND);
        time.sleep_until(START + 2 * SECOND).await;
        assert_eq!(time.now(), START + 2 * SECOND, "a timer that nobody waits for any more does not count");
    }

    #[tokio::test]
    async fn what_is_ready_comes_before_any_timer() {
        let time = Time::new(1_000_000);
        tokio::select! {
            biased;
            () = time.sleep_until(START + SECOND) => panic!("time jumped although something was ready"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(time.slept(), 0);
    }
}
