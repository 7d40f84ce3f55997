//! The clock of a tenant: the machine's for a real one, a virtual one for a simulated one.
//!
//! Virtual time moves only while nobody is at work. Whoever works keeps a [`Hold`]; sleeping lends it back, and the
//! sleeper that is woken has it again. So time jumps from one due moment to the next as fast as the machine allows, a
//! request on the wire stops it, and everything that happens "at the same moment" really does. The naive way, a driver
//! that advances when a queue looks empty, races with a task that is just being handed over: here the hold travels with
//! the result.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use haymaker_engine::clock::{Clock, SystemClock};
use haymaker_engine::{Instant, Pending};

/// Never: a sleeper until then waits for something else, and time does not move for it.
pub const NEVER: Instant = Instant::MAX;

/// A tenant's clock.
#[derive(Clone)]
pub enum Timeline {
    /// The machine's.
    Real,
    /// A simulated tenant's.
    Virtual(Arc<VirtualClock>),
}

impl Timeline {
    /// A virtual clock that begins at `start` and runs `speed` times as fast as the machine's, or as fast as it can.
    pub fn simulated(start: Instant, speed: Option<f64>) -> Timeline {
        let clock = Arc::new(VirtualClock { inner: Mutex::new(Inner { now: start, ..Inner::default() }), speed });
        Timeline::Virtual(clock)
    }

    /// Whether time is virtual.
    pub fn is_virtual(&self) -> bool {
        matches!(self, Timeline::Virtual(_))
    }

    /// How many times as fast as the machine's clock; none: as fast as it can, or (for a real tenant) 1.
    pub fn speed(&self) -> Option<f64> {
        match self {
            Timeline::Real => Some(1.0),
            Timeline::Virtual(clock) => clock.speed,
        }
    }

    /// Keeps virtual time where it is until the hold is dropped. Without a meaning for a real clock.
    pub fn hold(&self) -> Hold {
        match self {
            Timeline::Real => Hold(None),
            Timeline::Virtual(clock) => {
                clock.lock().held += 1;
                Hold(Some(clock.clone()))
            }
        }
    }

    /// Moves virtual time forward to `at`, if it is not there yet (a tenant or a store that knows a later moment).
    pub fn at_least(&self, at: Instant) {
        if let Timeline::Virtual(clock) = self {
            let mut inner = clock.lock();
            inner.now = inner.now.max(at);
        }
    }
}

impl Clock for Timeline {
    fn now(&self) -> Instant {
        match self {
            Timeline::Real => SystemClock.now(),
            Timeline::Virtual(clock) => clock.lock().now,
        }
    }

    /// Sleeps. On a virtual clock the caller must have exactly one hold; it is lent back while it sleeps.
    fn sleep_until(&self, at: Instant) -> Pending<'_, ()> {
        match self {
            Timeline::Real if at == NEVER => Box::pin(std::future::pending()),
            Timeline::Real => SystemClock.sleep_until(at),
            Timeline::Virtual(clock) => Box::pin(Sleep { clock: clock.clone(), at, ticket: None }),
        }
    }
}

/// Keeps virtual time where it is.
#[derive(Debug)]
pub struct Hold(Option<Arc<VirtualClock>>);

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(clock) = &self.0 {
            VirtualClock::lend(clock);
        }
    }
}

/// Time that moves when everybody waits.
#[derive(Debug)]
pub struct VirtualClock {
    inner: Mutex<Inner>,
    speed: Option<f64>,
}

#[derive(Debug, Default)]
struct Inner {
    now: Instant,
    /// How many are at work.
    held: usize,
    /// Everybody who sleeps, by the moment and the order in which they lay down.
    sleepers: BTreeMap<(Instant, u64), Waker>,
    tickets: u64,
    /// Grows whenever a paced step that is under way must be reconsidered.
    generation: u64,
}

impl VirtualClock {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives one hold back, and lets time move if it was the last.
    fn lend(this: &Arc<Self>) {
        let mut inner = this.lock();
        inner.held = inner.held.saturating_sub(1);
        if inner.held == 0 {
            this.step(inner);
        }
    }

    /// Nobody works: goes to the next moment for which somebody waits, at once or at the clock's pace.
    fn step(self: &Arc<Self>, mut inner: MutexGuard<'_, Inner>) {
        let Some((&(next, _), _)) = inner.sleepers.first_key_value() else { return };
        if next == NEVER {
            return;
        }
        let ahead = next.saturating_sub(inner.now);
        match self.speed {
            Some(speed) if ahead > 0 => {
                inner.generation += 1;
                let generation = inner.generation;
                let clock = self.clone();
                drop(inner);
                let pause = Duration::from_secs_f64(ahead as f64 / 1000.0 / speed);
                tokio::spawn(async move {
                    tokio::time::sleep(pause).await;
                    let inner = clock.lock();
                    if inner.held == 0 && inner.generation == generation {
                        VirtualClock::wake(inner, next);
                    }
                });
            }
            _ => VirtualClock::wake(inner, next),
        }
    }

    /// It is `at`: everybody who waits for it, or for earlier, goes to work.
    fn wake(mut inner: MutexGuard<'_, Inner>, at: Instant) {
        inner.now = inner.now.max(at);
        let later = inner.sleepers.split_off(&(at.saturating_add(1), 0));
        let due = std::mem::replace(&mut inner.sleepers, later);
        inner.held += due.len();
        drop(inner);
        due.into_values().for_each(Waker::wake);
    }
}

/// A sleeper; dropping it before its moment gives its hold back to the caller.
struct Sleep {
    clock: Arc<VirtualClock>,
    at: Instant,
    ticket: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let clock = self.clock.clone();
        let mut inner = clock.lock();
        match self.ticket {
            None if self.at <= inner.now => Poll::Ready(()),
            None => {
                let ticket = inner.tickets;
                inner.tickets += 1;
                inner.sleepers.insert((self.at, ticket), context.waker().clone());
                self.ticket = Some(ticket);
                inner.held = inner.held.saturating_sub(1);
                if inner.held == 0 {
                    clock.step(inner);
                }
                // A step may have woken this very sleeper: its waker was called, so it is polled again.
                Poll::Pending
            }
            Some(ticket) => match inner.sleepers.get_mut(&(self.at, ticket)) {
                Some(waker) => {
                    waker.clone_from(context.waker());
                    Poll::Pending
                }
                None => {
                    self.ticket = None;
                    Poll::Ready(())
                }
            },
        }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket else { return };
        let mut inner = self.clock.lock();
        // Still asleep: the caller works on, and has its hold again. Already woken: it was counted then.
        if inner.sleepers.remove(&(self.at, ticket)).is_some() {
            inner.held += 1;
            inner.generation += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulated() -> Timeline {
        Timeline::simulated(1_000, None)
    }

    #[tokio::test]
    async fn time_jumps_to_the_next_due_moment_when_everybody_sleeps() {
        let clock = simulated();
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut all = tokio::task::JoinSet::new();
        let gate = clock.hold();
        for at in [5_000, 3_000, 4_000] {
            let (clock, order) = (clock.clone(), order.clone());
            let hold = clock.hold();
            all.spawn(async move {
                clock.sleep_until(at).await;
                order.lock().unwrap().push((at, clock.now()));
                drop(hold);
            });
        }
        drop(gate);
        all.join_all().await;
        assert_eq!(*order.lock().unwrap(), [(3_000, 3_000), (4_000, 4_000), (5_000, 5_000)]);
    }

    #[tokio::test]
    async fn a_hold_stops_time() {
        let clock = simulated();
        let held = clock.hold();
        let hold = clock.hold();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(2_000).await;
                drop(hold);
            }
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.now(), 1_000);
        drop(held);
        sleeper.await.unwrap();
        assert_eq!(clock.now(), 2_000);
    }

    #[tokio::test]
    async fn whoever_gives_up_sleeping_works_on_and_holds_time_again() {
        let clock = simulated();
        let _hold = clock.hold();
        tokio::select! {
            biased;
            () = clock.sleep_until(NEVER) => unreachable!("never comes"),
            () = async {} => {}
        }
        let hold = clock.hold();
        let other = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(9_000).await;
                drop(hold);
            }
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.now(), 1_000, "the hold that was lent is back");
        drop(_hold);
        other.await.unwrap();
        assert_eq!(clock.now(), 9_000);
    }

    #[tokio::test]
    async fn waiting_for_ever_does_not_move_time() {
        let clock = simulated();
        let hold = clock.hold();
        let parked = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock.sleep_until(NEVER).await;
                drop(hold);
            }
        });
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
        assert_eq!(clock.now(), 1_000);
        parked.abort();
    }

    #[tokio::test(start_paused = true)]
    async fn a_paced_clock_takes_its_time() {
        let clock = Timeline::simulated(0, Some(60.0));
        let begun = tokio::time::Instant::now();
        let hold = clock.hold();
        clock.sleep_until(120_000).await;
        assert_eq!((clock.now(), begun.elapsed()), (120_000, Duration::from_secs(2)));
        drop(hold);
    }
}
