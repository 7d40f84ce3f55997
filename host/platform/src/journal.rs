//! A deployment's writer: the lease, where the log ends, and who is to be told.
//!
//! Every fact of a deployment goes through one [`Journal`], so that the expected sequence is always right, and so that
//! watchers learn of it after it is committed and never before.

use std::sync::Arc;

use haymaker_engine::Instant;
use haymaker_engine::clock::Clock;
use haymaker_store::{Batch, Lease, Level, Line, Record, Store};
use tokio::sync::{Mutex, watch};

use crate::clock::Timeline;

/// Whether what must be on the disk is flushed to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `fsync` before anything that must not be forgotten in a power cut.
    Power,
    /// No `fsync`: honest where the tenant itself dies with this process.
    Process,
}

/// The one writer of a deployment's log.
pub struct Journal {
    store: Arc<dyn Store>,
    deployment: String,
    holder: String,
    /// The lease, and where the log ends.
    end: Mutex<(Lease, u64)>,
    clock: Timeline,
    durability: Durability,
    changed: watch::Sender<u64>,
}

impl Journal {
    /// Takes the lease for `holder`.
    pub async fn open(
        store: Arc<dyn Store>,
        deployment: &str,
        holder: &str,
        clock: Timeline,
        durability: Durability,
    ) -> haymaker_store::Result<Journal> {
        let end = store.lease(deployment, holder).await?;
        let changed = watch::Sender::new(end.1);
        let (deployment, holder) = (deployment.to_owned(), holder.to_owned());
        Ok(Journal { store, deployment, holder, end: Mutex::new(end), clock, durability, changed })
    }

    /// Takes the lease again, and looks where the log ends: after a commit of which nobody knows whether it happened (a
    /// full disk, a failed flush).
    pub async fn renew(&self) -> haymaker_store::Result<()> {
        let mut end = self.end.lock().await;
        *end = self.store.lease(&self.deployment, &self.holder).await?;
        Ok(())
    }

    /// The deployment.
    pub fn deployment(&self) -> &str {
        &self.deployment
    }

    /// Where its projections are read.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// The deployment's clock.
    pub fn clock(&self) -> &Timeline {
        &self.clock
    }

    /// Tells of every commit: the sequence at which the log ends.
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    /// Commits facts that survive this process.
    pub async fn commit(&self, records: Vec<Record>) -> haymaker_store::Result<()> {
        self.append(records, self.clock.now(), false).await
    }

    /// Commits facts that survive a power cut: on the disk when this returns.
    pub async fn commit_durably(&self, records: Vec<Record>) -> haymaker_store::Result<()> {
        self.append(records, self.clock.now(), true).await
    }

    async fn append(&self, records: Vec<Record>, at: Instant, durable: bool) -> haymaker_store::Result<()> {
        if records.is_empty() {
            return Ok(());
        }
        let flush = durable && self.durability == Durability::Power;
        let mut end = self.end.lock().await;
        let (lease, expected) = &*end;
        end.1 = self.store.commit(lease, *expected, Batch { at, records, flush }).await?;
        self.changed.send_replace(end.1);
        Ok(())
    }
}

/// A line of the host's own for the deployment's log.
pub fn note(level: Level, task: Option<&str>, message: impl Into<String>) -> Record {
    Record::Line(Line { level, source: "host".to_owned(), task: task.map(str::to_owned), message: message.into() })
}
