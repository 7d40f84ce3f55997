//! The heartbeat that makes running guests look up: one thread, ten milliseconds, and only while guests run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a guest may run before it is looked at. Short enough that an endless loop is caught soon and neighbours are
/// served; long enough that the look costs nothing.
const TICK: Duration = Duration::from_millis(10);

/// The thread, which ends with this.
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

#[derive(Default)]
struct Shared {
    running: AtomicUsize,
    over: AtomicBool,
}

/// A guest runs as long as this is held.
pub(crate) struct Running<'a>(&'a Ticker);

impl Ticker {
    /// Starts the thread, which sleeps until a guest runs.
    pub(crate) fn new(engine: &wasmtime::Engine) -> std::io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let thread = thread::Builder::new().name("haymaker-epoch".to_owned()).spawn({
            let (shared, engine) = (Arc::clone(&shared), engine.weak());
            move || {
                while !shared.over.load(Ordering::Acquire) {
                    if shared.running.load(Ordering::Acquire) == 0 {
                        // Whoever runs first, and whoever ends it all, wakes this; a wake in between is not lost.
                        thread::park();
                        continue;
                    }
                    thread::sleep(TICK);
                    match engine.upgrade() {
                        Some(engine) => engine.increment_epoch(),
                        None => return,
                    }
                }
            }
        })?;
        Ok(Self { shared, thread })
    }

    /// Ticks until the answer is dropped.
    pub(crate) fn run(&self) -> Running<'_> {
        if self.shared.running.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.thread().unpark();
        }
        Running(self)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.shared.running.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::Release);
        self.thread.thread().unpark();
    }
}
