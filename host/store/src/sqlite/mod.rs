//! The embedded home: one SQLite file.
//!
//! | module | thought |
//! |---|---|
//! | `file` | found or made, checked, opened |
//! | `schema` | tables, and how an older file comes to have them |
//! | `writer` | one thread that groups what is queued into transactions |
//! | `append` | the one write, and the lease |
//! | `project` | from records to projections |
//! | `rebuild` | projections from nothing |
//! | `readers`, `read` | connections that only read, and the queries |
//! | `fault` | what goes wrong below, and what it is called above |

mod append;
mod fault;
mod file;
mod project;
mod read;
mod readers;
mod rebuild;
mod schema;
#[cfg(any(test, feature = "testing"))]
mod testing;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::Connection;
use tempfile::TempDir;

use crate::record::{Instant, Record};
use crate::view::*;
use crate::{Batch, Error, Lease, Pending, Result, Store};
use fault::Fault;
use readers::Readers;
use writer::{Work, Writer};

/// Logs and projections in one SQLite file.
///
/// Commits of all deployments go through one thread, so many of them share a flush. Dropping the store finishes what
/// is queued and closes the file.
pub struct SqliteStore {
    // In this order: the writer's connection is the last to close, and the last one tidies up; then the folder goes.
    readers: Readers,
    writer: Writer,
    path: PathBuf,
    _folder: Option<TempDir>,
}

impl SqliteStore {
    /// Opens a store, or makes one (readable for its owner only) where there is none. The folder must exist.
    ///
    /// After a crash the file is checked. What an older haymaker wrote is carried forward.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`], [`Error::Damaged`], [`Error::Newer`], [`Error::Full`], each naming the file.
    pub fn open(path: impl AsRef<Path>) -> Result<Arc<Self>> {
        Self::begin(path.as_ref().to_owned(), None)
    }

    /// Opens a store that goes with its process: a file in a temporary folder of its own, never flushed to the disk
    /// (where [`SqliteStore::flushed_seq`] still says what would have been).
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] or [`Error::Full`], if there is no temporary folder to be had.
    pub fn in_memory() -> Result<Arc<Self>> {
        let folder = tempfile::Builder::new().prefix("haymaker-").tempdir().map_err(|error| Error::Unusable {
            path: std::env::temp_dir().display().to_string(),
            why: error.to_string(),
        })?;
        Self::begin(folder.path().join("haymaker.db"), Some(folder))
    }

    fn begin(path: PathBuf, folder: Option<TempDir>) -> Result<Arc<Self>> {
        let lasting = folder.is_none();
        let connection = file::open(&path, lasting).map_err(|fault| fault.into_error(&path, ""))?;
        let writer = Writer::start(connection, path.clone(), lasting)?;
        Ok(Arc::new(Self { readers: Readers::new(path.clone()), writer, path, _folder: folder }))
    }

    /// Drops a deployment's projections and builds them again from its log.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`]; [`Error::Unreadable`], with the record that cannot be read: then nothing has changed.
    pub async fn rebuild(&self, deployment: &str) -> Result<()> {
        self.writer.write(Work::Rebuild { deployment: deployment.to_owned() }, false).await.map(|_| ())
    }

    /// Where a deployment's log ended at the last flush: what lies beyond may be lost with the power. At least that
    /// much; 0 for a deployment that is not known. Opening a store flushes all that is there.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] or [`Error::Damaged`], if the file cannot be read any longer.
    pub fn flushed_seq(&self, deployment: &str) -> Result<u64> {
        match self.writer.flushed(deployment) {
            Some(seq) => Ok(seq),
            None => self.read(deployment, |connection| read::seq(connection, deployment)),
        }
    }

    fn read<T>(&self, deployment: &str, read: impl FnOnce(&Connection) -> std::result::Result<T, Fault>) -> Result<T> {
        self.readers.read(read).map_err(|fault| fault.into_error(&self.path, deployment))
    }
}

impl Store for SqliteStore {
    fn lease<'a>(&'a self, deployment: &'a str, holder: &'a str) -> Pending<'a, Result<(Lease, u64)>> {
        Box::pin(async move {
            let (deployment, holder) = (deployment.to_owned(), holder.to_owned());
            let work = Work::Lease { deployment: deployment.clone(), holder: holder.clone() };
            let landed = self.writer.write(work, false).await?;
            Ok((Lease { deployment, epoch: landed.epoch, holder }, landed.seq))
        })
    }

    fn commit<'a>(&'a self, lease: &'a Lease, expected: u64, batch: Batch) -> Pending<'a, Result<u64>> {
        Box::pin(async move {
            let Batch { at, records, flush } = batch;
            let flush = flush || records.iter().any(concerns_secrets);
            let records = records.into_iter().map(written).collect::<std::result::Result<_, Fault>>();
            let records = records.map_err(|fault| fault.into_error(&self.path, &lease.deployment))?;
            let work = Work::Append { lease: lease.clone(), expected, at, records };
            Ok(self.writer.write(work, flush).await?.seq)
        })
    }

    fn log(&self, deployment: &str, after: u64, limit: usize) -> Result<Vec<(u64, Instant, Record)>> {
        self.read(deployment, |connection| read::log(connection, deployment, after, limit))
    }

    fn deployments(&self) -> Result<Vec<Result<DeploymentView>>> {
        self.read("", read::deployments)
    }

    fn deployment(&self, id: &str) -> Result<Option<DeploymentView>> {
        self.read(id, |connection| read::deployment(connection, id))
    }

    fn open_tasks(&self, deployment: &str) -> Result<Vec<TaskView>> {
        self.read(deployment, |connection| read::open_tasks(connection, deployment))
    }

    fn task(&self, deployment: &str, id: &str) -> Result<Option<TaskView>> {
        self.read(deployment, |connection| read::task(connection, deployment, id))
    }

    fn state(&self, deployment: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.read(deployment, |connection| read::state(connection, deployment, key))
    }

    fn states(
        &self,
        deployment: &str,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Vec<u8>)>> {
        self.read(deployment, |connection| read::states(connection, deployment, prefix, after, limit))
    }

    fn state_size(&self, deployment: &str) -> Result<u64> {
        self.read(deployment, |connection| read::state_size(connection, deployment))
    }

    fn ledger(
        &self,
        deployment: &str,
        after: Option<(&str, &str)>,
        released: bool,
        limit: usize,
    ) -> Result<Vec<LedgerView>> {
        self.read(deployment, |connection| read::ledger(connection, deployment, after, released, limit))
    }

    fn ledger_entry(&self, deployment: &str, kind: &str, name: &str) -> Result<Option<LedgerView>> {
        self.read(deployment, |connection| read::ledger_entry(connection, deployment, kind, name))
    }

    fn ledger_counts(&self, deployment: &str) -> Result<LedgerCounts> {
        self.read(deployment, |connection| read::ledger_counts(connection, deployment))
    }

    fn once(&self, deployment: &str, task: &str) -> Result<Option<OnceView>> {
        self.read(deployment, |connection| read::once(connection, deployment, task))
    }

    fn activities(&self, deployment: &str, after: Option<(Instant, &str)>, limit: usize) -> Result<Vec<ActivityView>> {
        self.read(deployment, |connection| read::activities(connection, deployment, after, limit))
    }

    fn counts(&self, deployment: &str) -> Result<Vec<Count>> {
        self.read(deployment, |connection| read::counts(connection, deployment))
    }

    fn model_use(&self, deployment: &str) -> Result<ModelUse> {
        self.read(deployment, |connection| read::model_use(connection, deployment))
    }

    fn model_day(&self, tenant: &str, day: u64) -> Result<ModelDay> {
        self.read("", |connection| read::model_day(connection, tenant, day))
    }

    fn exchange_day(&self, tenant: &str, day: u64) -> Result<Vec<ExchangeCount>> {
        self.read("", |connection| read::exchange_day(connection, tenant, day))
    }

    fn live(&self, tenant: &str) -> Result<u64> {
        self.read("", |connection| read::live(connection, tenant))
    }

    fn texts(&self, deployment: &str) -> Result<Vec<TextCount>> {
        self.read(deployment, |connection| read::texts(connection, deployment))
    }

    fn secret(&self, deployment: &str, name: &str) -> Result<Option<Vec<u8>>> {
        self.read(deployment, |connection| read::secret(connection, deployment, name))
    }

    fn secrets(&self, deployment: &str) -> Result<Vec<String>> {
        self.read(deployment, |connection| read::secrets(connection, deployment))
    }

    fn lines(&self, deployment: &str, after: Option<u64>, limit: usize) -> Result<Vec<LineView>> {
        self.read(deployment, |connection| read::lines(connection, deployment, after, limit))
    }
}

/// Whether a record makes or erases a ciphertext: then it is flushed unasked.
fn concerns_secrets(record: &Record) -> bool {
    matches!(record, Record::Sealed { .. } | Record::Forgot { .. })
}

/// A record with its JSON.
fn written(record: Record) -> std::result::Result<(Record, String), Fault> {
    let text = serde_json::to_string(&record)?;
    Ok((record, text))
}

/// As SQLite keeps it. Beyond its range (a moment in 292 million years) it is as far as it can be.
fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// As it was; what is kept is never negative.
fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
