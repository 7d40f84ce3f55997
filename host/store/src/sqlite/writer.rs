//! The one thread that writes.
//!
//! SQLite has one writer at a time; letting many threads compete for that place costs more than the writes. So jobs
//! queue, and whatever has queued while a transaction was being committed goes into the next one together: under load
//! a hundred commits share one `fsync`, and without load a commit waits for nobody. Within the group each job has a
//! savepoint of its own, so that a refused commit takes nothing with it. Nobody is answered before `COMMIT` returned.
//!
//! A group is flushed (`synchronous = FULL`) if any of its jobs asks for it. The write-ahead log is one file, so that
//! flushes whatever was committed before, too: what a power cut takes is always a suffix.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::fault::{Fault, translate};
use super::{append, rebuild};
use crate::record::{Instant, Record};
use crate::{Error, Lease, Result};

/// Jobs in one transaction at most: bounds how long the first of them waits for the last.
const GROUP: usize = 256;

/// Something to write.
pub(super) enum Work {
    /// Take a lease.
    Lease { deployment: String, holder: String },
    /// Append a batch; the records come with their JSON, made by the caller's thread and not by this one.
    Append { lease: Lease, expected: u64, at: Instant, records: Vec<(Record, String)> },
    /// Build a deployment's projections again.
    Rebuild { deployment: String },
    /// Cut a log back.
    #[cfg(any(test, feature = "testing"))]
    Cut { deployment: String, seq: u64 },
}

/// What came of it; zero where there is nothing to say.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Landed {
    /// Of the lease.
    pub(super) epoch: u64,
    /// Where the log ends.
    pub(super) seq: u64,
}

/// A place in the queue.
struct Job {
    work: Work,
    flush: bool,
    reply: oneshot::Sender<Result<Landed>>,
}

/// How much of each log is known to be on the disk.
#[derive(Default)]
struct Marks {
    /// Ends at the last flush, of logs that were written since the store was opened (which flushed everything).
    flushed: HashMap<String, u64>,
    /// Ends of what was committed since.
    since: HashMap<String, u64>,
}

/// The thread's handle. Dropping it finishes what is queued, then closes the file.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
    marks: Arc<Mutex<Marks>>,
    path: PathBuf,
}

impl Writer {
    /// Starts the thread. A store that is not `lasting` never calls `fsync`.
    pub(super) fn start(connection: Connection, path: PathBuf, lasting: bool) -> Result<Self> {
        let (queue, jobs) = mpsc::channel();
        let marks = Arc::new(Mutex::new(Marks::default()));
        let desk = Desk { connection, path: path.clone(), lasting, full: None, marks: marks.clone() };
        let thread = std::thread::Builder::new()
            .name("haymaker-store".into())
            .spawn(move || desk.work(&jobs))
            .map_err(|error| Error::Unusable { path: path.display().to_string(), why: error.to_string() })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), marks, path })
    }

    /// Queues a job and waits for it. The job is done even if nobody waits any longer.
    pub(super) async fn write(&self, work: Work, flush: bool) -> Result<Landed> {
        let (reply, answer) = oneshot::channel();
        let sent = self.queue.as_ref().is_some_and(|queue| queue.send(Job { work, flush, reply }).is_ok());
        let stopped =
            || Error::Unusable { path: self.path.display().to_string(), why: "its writer has stopped".into() };
        if !sent {
            return Err(stopped());
        }
        answer.await.map_err(|_| stopped())?
    }

    /// Where a log ended at the last flush, if it was written since the store was opened.
    pub(super) fn flushed(&self, deployment: &str) -> Option<u64> {
        lock(&self.marks).flushed.get(deployment).copied()
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing left to close.
            let _ = thread.join();
        }
    }
}

/// What the thread works with.
struct Desk {
    connection: Connection,
    path: PathBuf,
    lasting: bool,
    /// How `synchronous` is set; none: not by us.
    full: Option<bool>,
    marks: Arc<Mutex<Marks>>,
}

impl Desk {
    fn work(mut self, jobs: &mpsc::Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            let mut group = vec![first];
            group.extend(jobs.try_iter().take(GROUP - 1));
            self.settle(group);
        }
    }

    /// Does a group in one transaction and answers each of its jobs.
    fn settle(&mut self, group: Vec<Job>) {
        let flush = group.iter().any(|job| job.flush);
        let outcomes = self.begin(flush).and_then(|()| {
            let outcomes = group.iter().map(|job| self.one(&job.work)).collect::<rusqlite::Result<Vec<_>>>()?;
            self.run("COMMIT").map(|()| outcomes)
        });
        match outcomes {
            Ok(outcomes) => {
                self.mark(&group, &outcomes, flush);
                for (job, outcome) in group.into_iter().zip(outcomes) {
                    // Whoever asked may have gone.
                    let _ = job.reply.send(outcome);
                }
            }
            Err(error) => {
                // Where SQLite has not rolled back by itself already.
                if !self.connection.is_autocommit() {
                    let _ = self.run("ROLLBACK");
                }
                for job in group {
                    let _ = job.reply.send(Err(translate(&error, &self.path)));
                }
            }
        }
    }

    fn begin(&mut self, flush: bool) -> rusqlite::Result<()> {
        if self.lasting && self.full != Some(flush) {
            self.connection.pragma_update(None, "synchronous", if flush { "FULL" } else { "NORMAL" })?;
            self.full = Some(flush);
        }
        // The write lock at once: a transaction that reads first and writes later may be refused in between.
        self.run("BEGIN IMMEDIATE")
    }

    /// Does one job within the transaction: all of it, or nothing. The outer failure is the whole group's: some (a full
    /// disk) end the transaction itself.
    fn one(&self, work: &Work) -> rusqlite::Result<Result<Landed>> {
        self.run("SAVEPOINT job")?;
        match self.perform(work) {
            Ok(landed) => {
                self.run("RELEASE job")?;
                Ok(Ok(landed))
            }
            Err(Fault::Sqlite(error)) if self.connection.is_autocommit() => Err(error),
            Err(fault) => {
                self.run("ROLLBACK TO job")?;
                self.run("RELEASE job")?;
                Ok(Err(fault.into_error(&self.path, work.deployment())))
            }
        }
    }

    fn perform(&self, work: &Work) -> std::result::Result<Landed, Fault> {
        let connection = &self.connection;
        match work {
            Work::Lease { deployment, holder } => {
                append::lease(connection, deployment, holder).map(|(epoch, seq)| Landed { epoch, seq })
            }
            Work::Append { lease, expected, at, records } => {
                let seq = append::append(connection, lease, *expected, *at, records)?;
                Ok(Landed { epoch: lease.epoch, seq })
            }
            Work::Rebuild { deployment } => {
                rebuild::one(connection, known(connection, deployment)?).map(|()| Landed::default())
            }
            #[cfg(any(test, feature = "testing"))]
            Work::Cut { deployment, seq } => {
                rebuild::cut(connection, known(connection, deployment)?, *seq).map(|()| Landed::default())
            }
        }
    }

    fn mark(&self, group: &[Job], outcomes: &[Result<Landed>], flush: bool) {
        let mut marks = lock(&self.marks);
        for (job, outcome) in group.iter().zip(outcomes) {
            match (&job.work, outcome) {
                (Work::Append { lease, expected, .. }, Ok(landed)) => {
                    marks.flushed.entry(lease.deployment.clone()).or_insert(*expected);
                    marks.since.insert(lease.deployment.clone(), landed.seq);
                }
                #[cfg(any(test, feature = "testing"))]
                (Work::Cut { deployment, seq }, Ok(_)) => {
                    for end in [marks.since.remove(deployment), marks.flushed.remove(deployment)].into_iter().flatten()
                    {
                        marks.flushed.insert(deployment.clone(), end.min(*seq));
                    }
                }
                _ => {}
            }
        }
        if flush {
            let ends = std::mem::take(&mut marks.since);
            marks.flushed.extend(ends);
        }
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.connection.prepare_cached(sql)?.execute([]).map(|_| ())
    }
}

impl Work {
    fn deployment(&self) -> &str {
        match self {
            Self::Lease { deployment, .. } | Self::Rebuild { deployment } => deployment,
            Self::Append { lease, .. } => &lease.deployment,
            #[cfg(any(test, feature = "testing"))]
            Self::Cut { deployment, .. } => deployment,
        }
    }
}

fn known(connection: &Connection, deployment: &str) -> std::result::Result<i64, Fault> {
    rebuild::log_of(connection, deployment)?.ok_or_else(|| Fault::Refused(Error::NotFound(deployment.to_owned())))
}

/// The marks are whole between any two statements that change them, so a panic elsewhere does not spoil them.
fn lock(marks: &Mutex<Marks>) -> MutexGuard<'_, Marks> {
    marks.lock().unwrap_or_else(PoisonError::into_inner)
}
