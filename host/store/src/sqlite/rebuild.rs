//! Projections from nothing: the logs, replayed.

use rusqlite::{Connection, OptionalExtension};

use super::fault::Fault;
use super::project::Projector;
use super::schema::PROJECTED;
use super::{int, uint};
use crate::record::{Instant, Record};

/// Records that are held in memory at once during a replay.
const CHUNK: i64 = 1_000;

/// Builds the projections of every log, where there are none yet.
pub(super) fn all(connection: &Connection) -> Result<(), Fault> {
    let mut select = connection.prepare("SELECT id FROM logs ORDER BY id")?;
    let logs: Vec<i64> = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    logs.into_iter().try_for_each(|log| replay(connection, log))
}

/// Drops the projections of a log and builds them again.
pub(super) fn one(connection: &Connection, log: i64) -> Result<(), Fault> {
    for table in PROJECTED {
        connection.prepare_cached(&format!("DELETE FROM {table} WHERE log = ?1"))?.execute([log])?;
    }
    replay(connection, log)
}

/// Cuts a log back to its first `seq` records.
#[cfg(any(test, feature = "testing"))]
pub(super) fn cut(connection: &Connection, log: i64, seq: u64) -> Result<(), Fault> {
    connection.execute("DELETE FROM records WHERE log = ?1 AND seq > ?2", (log, int(seq)))?;
    one(connection, log)
}

/// The row id of a deployment's log.
pub(super) fn log_of(connection: &Connection, deployment: &str) -> Result<Option<i64>, Fault> {
    let mut select = connection.prepare_cached("SELECT id FROM logs WHERE deployment = ?1")?;
    Ok(select.query_row([deployment], |row| row.get(0)).optional()?)
}

fn replay(connection: &Connection, log: i64) -> Result<(), Fault> {
    let mut projector = Projector::new(connection, log);
    let mut after = 0;
    loop {
        let records = records(connection, log, after, CHUNK)?;
        let Some((last, ..)) = records.last() else { break };
        after = *last;
        for (seq, at, record) in &records {
            projector.apply(*seq, *at, record)?;
        }
    }
    projector.finish()
}

/// The log after `after`, parsed.
pub(super) fn records(
    connection: &Connection,
    log: i64,
    after: u64,
    limit: i64,
) -> Result<Vec<(u64, Instant, Record)>, Fault> {
    let mut select = connection
        .prepare_cached("SELECT seq, at, record FROM records WHERE log = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3")?;
    let mut rows = select.query((log, int(after), limit))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let seq = uint(row.get(0)?);
        let record = serde_json::from_str(row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?)
            .map_err(|error| Fault::Unreadable { seq, why: error.to_string() })?;
        records.push((seq, uint(row.get(1)?), record));
    }
    Ok(records)
}
