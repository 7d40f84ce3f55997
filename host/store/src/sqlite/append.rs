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
    connection
        .prepare_cached(
            "INSERT INTO logs (deployment, epoch, holder) VALUES (?1, 1, ?2)
             ON CONFLICT DO UPDATE SET epoch = epoch + 1, holder = excluded.holder",
        )?
        .execute((deployment, holder))?;
    let head = head(connection, deployment)?;
    Ok((head.epoch, head.seq))
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
    let head = head(connection, deployment)?;
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
    Ok(seq)
}

fn head(connection: &Connection, deployment: &str) -> Result<Head, Fault> {
    connection
        .prepare_cached(
            "SELECT id, epoch, (SELECT coalesce(max(seq), 0) FROM records WHERE log = id)
             FROM logs WHERE deployment = ?1",
        )?
        .query_row([deployment], |row| Ok(Head { log: row.get(0)?, epoch: uint(row.get(1)?), seq: uint(row.get(2)?) }))
        .optional()?
        .ok_or_else(|| Fault::Refused(Error::NotFound(deployment.to_owned())))
}
