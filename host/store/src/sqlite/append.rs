//! The one write, and the lease that allows it.

use rusqlite::{Connection, OptionalExtension};

use super::fault::Fault;
use super::project::Projector;
use super::{int, uint};
use crate::record::{Instant, Record};
use crate::{Error, Lease};

/// Where a log stands.
struct Head {
    log: i64,
    epoch: u64,
    seq: u64,
}

/// Takes the lease of a deployment: returns its epoch, and where the log ends.
pub(super) fn lease(connection: &Connection, deployment: &str, holder: &str) -> Result<(u64, u64), Fault> {
    let taken = connection
        .prepare_cached(
            "INSERT INTO logs (deployment, epoch, holder, seq) VALUES (?1, 1, ?2, 0)
             ON CONFLICT DO UPDATE SET epoch = epoch + 1, holder = excluded.holder
             RETURNING epoch, seq",
        )?
        .query_row((deployment, holder), |row| Ok((uint(row.get(0)?), uint(row.get(1)?))))?;
    Ok(taken)
}

/// Appends records, each with its JSON, and projects them; returns where the log ends now.
pub(super) fn append(
    connection: &Connection,
    lease: &Lease,
    expected: u64,
    at: Instant,
    records: &[(Record, String)],
) -> Result<u64, Fault> {
    let deployment = &lease.deployment;
    let head = head(connection, deployment)?.ok_or_else(|| Fault::Refused(Error::NotFound(deployment.clone())))?;
    if head.epoch != lease.epoch {
        return Err(Fault::Refused(Error::Fenced(deployment.clone())));
    }
    if head.seq != expected {
        let (deployment, actual) = (deployment.clone(), head.seq);
        return Err(Fault::Refused(Error::OutOfSequence { deployment, expected, actual }));
    }
    if records.is_empty() {
        return Err(Fault::Contradiction("a batch has at least one record".into()));
    }
    let mut projector = Projector::new(connection, head.log);
    let mut insert = connection.prepare_cached("INSERT INTO records VALUES (?1, ?2, ?3, ?4)")?;
    let mut seq = head.seq;
    for (record, text) in records {
        seq += 1;
        // The log first: a record may erase what an earlier one of the same batch holds.
        insert.execute((head.log, int(seq), int(at), text))?;
        projector.apply(seq, at, record)?;
    }
    projector.finish()?;
    connection.prepare_cached("UPDATE logs SET seq = ?2 WHERE id = ?1")?.execute((head.log, int(seq)))?;
    Ok(seq)
}

fn head(connection: &Connection, deployment: &str) -> Result<Option<Head>, Fault> {
    let found = connection
        .prepare_cached("SELECT id, epoch, seq FROM logs WHERE deployment = ?1")?
        .query_row([deployment], |row| Ok(Head { log: row.get(0)?, epoch: uint(row.get(1)?), seq: uint(row.get(2)?) }))
        .optional()?;
    Ok(found)
}
