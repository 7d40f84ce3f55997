//! What must survive.
//!
//! There is **one write**: [`Store::commit`] appends a batch of [`Record`]s to a deployment's ordered, fenced log and
//! updates every projection of it in the same transaction. Everything that can be read here (deployments, tasks,
//! state, ledger, activities, timers) is a projection: it can be dropped and rebuilt from the logs, and a test does so.
//! That is also why another home for the logs is possible: whatever can append a batch atomically if, and only if, the
//! log still ends where the writer thinks it does.
//!
//! | module | thought |
//! |---|---|
//! | [`record`] | the vocabulary of the log |
//! | [`view`] | what can be read back |
//! | [`sqlite`] | the embedded home: WAL, one writer that groups commits |
//! | [`mod@conformance`] | what every home must do, as a suite of functions |
//!
//! The feature `testing` adds what only tests call: cutting a log back, as a power cut does.
#![deny(unsafe_code)]

pub mod conformance;
pub mod record;
pub mod sqlite;
pub mod view;
mod word;

use std::future::Future;
use std::pin::Pin;

pub use record::*;
pub use sqlite::SqliteStore;
pub use view::*;
pub use word::UnknownWord;

/// A boxed future: what keeps [`Store`] usable as `dyn Store`.
pub type Pending<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The right to write a deployment's log, until somebody else takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The deployment.
    pub deployment: String,
    /// Grows with every lease taken; a commit with an older one is [`Error::Fenced`].
    pub epoch: u64,
    /// Who holds it: a host's id.
    pub holder: String,
}

/// What is appended in one go.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// When it happened, on the deployment's clock: UTC, milliseconds.
    pub at: Instant,
    /// In this order; never empty.
    pub records: Vec<Record>,
    /// Whether the call returns only after the batch is on the disk (`fsync`). Without it the batch survives the
    /// process, and may be lost with the power; never out of order.
    pub flush: bool,
}

/// What went wrong with a read or a write.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Another host took the deployment over; this one must stop touching it.
    #[error("deployment {0} belongs to another host now")]
    Fenced(String),
    /// The log does not end where the writer thinks: it has a bug, or a twin.
    #[error("the log of {deployment} ends at {actual}, not at {expected}")]
    OutOfSequence {
        /// The deployment.
        deployment: String,
        /// What the writer expected.
        expected: u64,
        /// Where the log ends.
        actual: u64,
    },
    /// No such deployment.
    #[error("there is no deployment {0}")]
    NotFound(String),
    /// The log would contradict itself (a task done twice, a ledger entry with two ids).
    #[error("this record contradicts the log of {deployment}: {why}")]
    Contradiction {
        /// The deployment.
        deployment: String,
        /// In words.
        why: String,
    },
    /// The disk is full.
    #[error("no space left on the disk that holds {0}: free some and try again; nothing is lost")]
    Full(String),
    /// The file is not a store, or is damaged.
    #[error(
        "{path} is damaged or is not a haymaker store ({why}); restore it from a copy, or move it away to begin anew"
    )]
    Damaged {
        /// The file.
        path: String,
        /// In words.
        why: String,
    },
    /// The file cannot be opened or written.
    #[error("cannot use {path}: {why}")]
    Unusable {
        /// The file.
        path: String,
        /// In words.
        why: String,
    },
    /// The file was written by a newer haymaker.
    #[error("{path} was written by a newer haymaker (schema {found}, this one knows {known}); use that one")]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: u32,
        /// The newest that this code knows.
        known: u32,
    },
    /// A record that this code cannot read: it, not the others.
    #[error("record {seq} of {deployment} cannot be read: {why}")]
    Unreadable {
        /// The deployment.
        deployment: String,
        /// Its place in the log.
        seq: u64,
        /// In words.
        why: String,
    },
}

/// What a read or a write gives.
pub type Result<T> = std::result::Result<T, Error>;

/// A home for logs and their projections.
///
/// Writes are asynchronous, because they are grouped and flushed; reads are plain calls, because every home keeps its
/// projections on the machine (an embedded read costs microseconds). A read after a commit that returned sees it.
pub trait Store: Send + Sync + 'static {
    /// Takes the lease of a deployment (new or known) for `holder`, and fences whoever had it. Returns where the log
    /// ends, 0 for a new one. A deployment exists once its first record, [`Record::Accepted`], is committed.
    fn lease<'a>(&'a self, deployment: &'a str, holder: &'a str) -> Pending<'a, Result<(Lease, u64)>>;

    /// Appends a batch if the lease is the newest and the log ends at `expected`; returns where it ends now (each
    /// record counts one). All of it, or nothing.
    fn commit<'a>(&'a self, lease: &'a Lease, expected: u64, batch: Batch) -> Pending<'a, Result<u64>>;

    /// The raw log after `after`, at most `limit` records: (sequence, at, record).
    fn log(&self, deployment: &str, after: u64, limit: usize) -> Result<Vec<(u64, Instant, Record)>>;

    /// Every deployment, newest first; those that cannot be read as `Err` beside the others.
    fn deployments(&self) -> Result<Vec<Result<DeploymentView>>>;

    /// One deployment.
    fn deployment(&self, id: &str) -> Result<Option<DeploymentView>>;

    /// Tasks that are not over, in (`due`, `id`) order.
    fn open_tasks(&self, deployment: &str) -> Result<Vec<TaskView>>;

    /// One task.
    fn task(&self, deployment: &str, id: &str) -> Result<Option<TaskView>>;

    /// A state value.
    fn state(&self, deployment: &str, key: &str) -> Result<Option<Vec<u8>>>;

    /// State entries whose key begins with `prefix`, in key order, after `after`.
    fn states(
        &self,
        deployment: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>>;

    /// Bytes of state held: keys and values.
    fn state_size(&self, deployment: &str) -> Result<u64>;

    /// Ledger entries in (`kind`, `name`) order, after `after`; released ones only if asked for.
    fn ledger(
        &self,
        deployment: &str,
        after: Option<(&str, &str)>,
        released: bool,
        limit: usize,
    ) -> Result<Vec<LedgerView>>;

    /// One ledger entry, released or not.
    fn ledger_entry(&self, deployment: &str, kind: &str, name: &str) -> Result<Option<LedgerView>>;

    /// How many ledger entries stand where.
    fn ledger_counts(&self, deployment: &str) -> Result<LedgerCounts>;

    /// The `once` request of a task, if one was ever begun.
    fn once(&self, deployment: &str, task: &str) -> Result<Option<OnceView>>;

    /// The ground truth in (`due`, `id`) order, after `after`.
    fn activities(&self, deployment: &str, after: Option<(Instant, &str)>, limit: usize) -> Result<Vec<ActivityView>>;

    /// Activities counted by kind and status.
    fn counts(&self, deployment: &str) -> Result<Vec<Count>>;

    /// What a deployment asked of language models.
    fn model_use(&self, deployment: &str) -> Result<ModelUse>;

    /// What all deployments in a tenant asked of language models on a day: days since 1970, UTC, on the tenant's clock.
    fn model_day(&self, tenant: &str, day: u64) -> Result<ModelDay>;

    /// What all deployments in a tenant sent on a day, likewise: the requests of attempts that are over.
    fn exchange_day(&self, tenant: &str, day: u64) -> Result<Vec<ExchangeCount>>;

    /// How many ledger entries of all deployments in a tenant are live.
    fn live(&self, tenant: &str) -> Result<u64>;

    /// Texts in the ground truth counted by kind and source, of activities that are done.
    fn texts(&self, deployment: &str) -> Result<Vec<TextCount>>;

    /// A sealed secret.
    fn secret(&self, deployment: &str, name: &str) -> Result<Option<Vec<u8>>>;

    /// The names of all sealed secrets.
    fn secrets(&self, deployment: &str) -> Result<Vec<String>>;

    /// Log lines for people after line `after`, or the last `limit` ones if `after` is none; oldest first.
    fn lines(&self, deployment: &str, after: Option<u64>, limit: usize) -> Result<Vec<LineView>>;
}
