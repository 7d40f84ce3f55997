//! When the measured part begins and ends.
//!
//! A run has a part that nobody asks about (workers are made). So whoever is about to send its first mail waits here
//! until all parties have come so far; the clock runs from then until the last answer has come. Seen from the wire,
//! which is what all rows have in common.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use haymaker_engine::Pending;
use haymaker_engine::http::{Boundary, Tap};
use tokio::sync::{OnceCell, Semaphore};

use crate::tenants::Tenants;

/// A moment, and what was spent until then.
#[derive(Clone, Copy, Debug)]
struct Mark {
    at: Instant,
    here: Duration,
    tenants: Duration,
}

/// What the measured part took.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Took {
    /// From the first mail's request to the last one's answer.
    pub(crate) wall: Duration,
    /// Processor time, without the tenants'.
    pub(crate) here: Duration,
    /// The tenants' processor time.
    pub(crate) tenants: Duration,
}

/// One run's stopwatch.
pub(crate) struct Gate {
    tenants: Arc<Tenants>,
    parties: usize,
    requests: usize,
    arrived: AtomicUsize,
    answered: AtomicUsize,
    open: Semaphore,
    begun: OnceCell<Mark>,
    ended: OnceCell<Mark>,
}

impl Gate {
    /// For so many parties, which send so many requests for mails together.
    pub(crate) fn new(tenants: Arc<Tenants>, parties: usize, requests: usize) -> Arc<Gate> {
        Arc::new(Gate {
            tenants,
            parties,
            requests,
            arrived: AtomicUsize::new(0),
            answered: AtomicUsize::new(0),
            open: Semaphore::new(0),
            begun: OnceCell::new(),
            ended: OnceCell::new(),
        })
    }

    /// A request for a mail is about to be sent: waits until every party has one.
    pub(crate) async fn sending(&self) {
        if self.begun.initialized() {
            return;
        }
        if self.arrived.fetch_add(1, Ordering::SeqCst) + 1 == self.parties {
            let mark = self.mark().await;
            // Only the last to arrive comes here.
            let _ = self.begun.set(mark);
            self.open.close();
        }
        // A closed semaphore gives no permit; being closed is what is waited for.
        let _ = self.open.acquire().await;
    }

    /// A request for a mail was answered.
    pub(crate) async fn answered(&self) {
        if self.answered.fetch_add(1, Ordering::SeqCst) + 1 == self.requests {
            let mark = self.mark().await;
            let _ = self.ended.set(mark);
        }
    }

    /// What it took, if all of it happened.
    pub(crate) fn took(&self) -> anyhow::Result<Took> {
        let (Some(begun), Some(ended)) = (self.begun.get(), self.ended.get()) else {
            let answered = self.answered.load(Ordering::SeqCst);
            anyhow::bail!("{answered} requests for mails were answered, and not {}", self.requests);
        };
        Ok(Took {
            wall: ended.at - begun.at,
            here: ended.here.saturating_sub(begun.here),
            tenants: ended.tenants.saturating_sub(begun.tenants),
        })
    }

    async fn mark(&self) -> Mark {
        let (here, tenants) = self.tenants.spent().await;
        Mark { at: Instant::now(), here, tenants }
    }
}

/// Whether a request, as its method and target, is part of a mail.
pub(crate) fn is_mail(line: &str) -> bool {
    line.starts_with("POST ") && line.contains("/messages")
}

impl Tap for Gate {
    fn at<'a>(&'a self, boundary: Boundary, line: &'a str) -> Pending<'a, ()> {
        Box::pin(async move {
            match boundary {
                _ if !is_mail(line) => {}
                Boundary::BeforeSend => self.sending().await,
                Boundary::AfterAnswer => self.answered().await,
            }
        })
    }
}
