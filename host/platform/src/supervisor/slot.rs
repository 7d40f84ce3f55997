//! A task's place among those that run at once. It is given up while the task waits: a host of one place must not stand
//! still because a server asked for half a second of patience, and virtual time, which moves only when everybody waits,
//! would stand still for ever.

use std::sync::{Arc, Mutex, PoisonError};

use haymaker_engine::clock::Clock;
use haymaker_engine::{Instant, Pending};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::clock::Timeline;

/// A place, and the clock of whoever has it.
pub(crate) struct Slot {
    clock: Timeline,
    places: Arc<Semaphore>,
    place: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Slot {
    /// Waits for a place.
    pub(crate) async fn take(clock: Timeline, places: Arc<Semaphore>) -> Arc<Slot> {
        let slot = Slot { clock, places, place: Mutex::default() };
        slot.enter().await;
        Arc::new(slot)
    }

    /// Waits for something that takes long and needs no place: a language model.
    pub(crate) async fn aside<T>(&self, wait: impl Future<Output = T>) -> T {
        self.leave();
        let result = wait.await;
        self.enter().await;
        result
    }

    async fn enter(&self) {
        // A closed semaphore means that the host ends: whoever still works may do so.
        let place = self.places.clone().acquire_owned().await.ok();
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = place;
    }

    fn leave(&self) {
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Clock for Slot {
    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn sleep_until(&self, at: Instant) -> Pending<'_, ()> {
        Box::pin(async move {
            self.leave();
            self.clock.sleep_until(at).await;
            self.enter().await;
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_waits_for_a_model_makes_room_and_holds_time() {
        let clock = Timeline::simulated(0, None);
        let places = Arc::new(Semaphore::new(1));
        let slot = Slot::take(clock.clone(), places.clone()).await;
        let hold = clock.hold();
        let free = slot.aside(async { (places.available_permits(), clock.now()) }).await;
        assert_eq!(free, (1, 0));
        assert_eq!(places.available_permits(), 0);
        drop(hold);
    }

    #[tokio::test]
    async fn who_waits_makes_room_for_others() {
        let clock = Timeline::simulated(0, None);
        let places = Arc::new(Semaphore::new(1));
        let work = |sleep: Instant| {
            let (clock, places, hold) = (clock.clone(), places.clone(), clock.hold());
            async move {
                let slot = Slot::take(clock, places).await;
                slot.sleep_until(sleep).await;
                let at = slot.now();
                drop(slot);
                drop(hold);
                at
            }
        };
        let (first, second) = (tokio::spawn(work(500)), tokio::spawn(work(700)));
        assert_eq!((first.await.unwrap(), second.await.unwrap()), (500, 700));
        assert_eq!(places.available_permits(), 1);
    }
}
