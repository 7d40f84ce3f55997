//! How a supervisor is called, and how it lies down without missing a call.
//!
//! Whoever commits something that a supervisor must see rings, and learns whether one is up to hear it. Without the lock
//! between the two, a supervisor that has just found nothing to do, and lies down, would leave the caller in the belief
//! that it is seen to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::FutureExt;
use tokio::sync::Notify;

/// The bell of one deployment.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Notify,
    up: Mutex<bool>,
}

impl Bell {
    /// Calls the supervisor. True: one is up and will look again; false: there is none.
    pub(crate) fn ring(&self) -> bool {
        let up = self.up();
        self.rung.notify_one();
        *up
    }

    /// Waits for a call.
    pub(super) async fn heard(&self) {
        self.rung.notified().await;
    }

    /// A supervisor gets up.
    pub(crate) fn get_up(&self) {
        *self.up() = true;
    }

    /// A supervisor lies down, unless somebody called it meanwhile. Returns whether it may.
    pub(crate) fn lie_down(&self) -> bool {
        let mut up = self.up();
        *up = self.rung.notified().now_or_never().is_some();
        !*up
    }

    /// Whether a supervisor is up.
    pub(crate) fn is_up(&self) -> bool {
        *self.up()
    }

    fn up(&self) -> MutexGuard<'_, bool> {
        self.up.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_reaches_whoever_is_about_to_lie_down() {
        let bell = Bell::default();
        bell.get_up();
        assert!(bell.ring(), "it is up, and promises to look again");
        assert!(!bell.lie_down(), "so it must not lie down");
        assert!(bell.lie_down(), "nobody called since");
        assert!(!bell.ring(), "who calls now has to wake one");
    }
}
