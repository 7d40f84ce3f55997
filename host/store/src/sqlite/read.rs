//! Queries.
//!
//! Each is one statement, so each answer is of one moment.

use rusqlite::{Connection, Row};
use serde::de::DeserializeOwned;

use super::fault::Fault;
use super::{int, rebuild, uint};
use crate::record::*;
use crate::view::*;
use crate::{Error, Result, UnknownWord};

/// Deployments with all that belongs to them.
macro_rules! deployment_views {
    ($which:literal) => {
        concat!(
            "SELECT deployment, id, (SELECT max(seq) FROM records WHERE log = id), holder, created, acceptance, desired,
                 status, phase, reason, condition, planned, last_error, sent, throttled, retried, open, done, failed,
                 skipped, unknown, (SELECT at FROM records WHERE log = id ORDER BY seq DESC LIMIT 1)
             FROM logs JOIN deployments ON deployments.log = id JOIN standings ON standings.log = id ",
            $which
        )
    };
}

/// Open tasks of a deployment, in order; by the index that holds no others.
pub(super) const OPEN_TASKS: &str = "
    SELECT id, stage, next, attempts, tries, doubted, problem, exchanges, task FROM tasks
    WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND stage = 'open' ORDER BY due, id";

type Found<T> = std::result::Result<T, Fault>;

pub(super) fn log(
    connection: &Connection,
    deployment: &str,
    after: u64,
    limit: usize,
) -> Found<Vec<(u64, Instant, Record)>> {
    match rebuild::log_of(connection, deployment)? {
        Some(log) => rebuild::records(connection, log, after, bound(limit)),
        None => Ok(Vec::new()),
    }
}

pub(super) fn deployments(connection: &Connection) -> Found<Vec<Result<DeploymentView>>> {
    let mut select = connection.prepare_cached(deployment_views!("ORDER BY id DESC"))?;
    let mut rows = select.query([])?;
    let mut views = Vec::new();
    while let Some(row) = rows.next()? {
        views.push(deployment_view(row)?);
    }
    Ok(views)
}

pub(super) fn deployment(connection: &Connection, id: &str) -> Found<Option<DeploymentView>> {
    let mut select = connection.prepare_cached(deployment_views!("WHERE deployment = ?1"))?;
    let mut rows = select.query([id])?;
    rows.next()?.map(deployment_view).transpose()?.transpose().map_err(Fault::Refused)
}

/// The outer failure is the file's, the inner one this deployment's alone.
fn deployment_view(row: &Row<'_>) -> Found<Result<DeploymentView>> {
    let deployment: String = row.get(0)?;
    match parse_deployment(row) {
        Ok(view) => Ok(Ok(view)),
        Err(Fault::Garbled(why)) => Ok(Err(Error::Unreadable { deployment, seq: uint(row.get(2)?), why })),
        Err(fault) => Err(fault),
    }
}

fn parse_deployment(row: &Row<'_>) -> Found<DeploymentView> {
    Ok(DeploymentView {
        id: row.get(0)?,
        ordinal: uint(row.get(1)?),
        seq: uint(row.get(2)?),
        holder: row.get(3)?,
        created: uint(row.get(4)?),
        acceptance: parsed(row, 5)?,
        desired: word(row, 6)?,
        status: word(row, 7)?,
        phase: row.get(8)?,
        reason: row.get(9)?,
        condition: maybe(row, 10)?,
        planned: maybe(row, 11)?,
        last_error: maybe(row, 12)?,
        requests: RequestCounts {
            sent: uint(row.get(13)?),
            throttled: uint(row.get(14)?),
            retried: uint(row.get(15)?),
        },
        tasks: TaskCounts {
            open: uint(row.get(16)?),
            done: uint(row.get(17)?),
            failed: uint(row.get(18)?),
            skipped: uint(row.get(19)?),
            unknown: uint(row.get(20)?),
        },
        updated: uint(row.get(21)?),
    })
}

pub(super) fn open_tasks(connection: &Connection, deployment: &str) -> Found<Vec<TaskView>> {
    many(connection, OPEN_TASKS, [deployment], task_view)
}

pub(super) fn task(connection: &Connection, deployment: &str, id: &str) -> Found<Option<TaskView>> {
    let sql = "SELECT id, stage, next, attempts, tries, doubted, problem, exchanges, task FROM tasks
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND id = ?2";
    one(connection, sql, (deployment, id), task_view)
}

fn task_view(row: &Row<'_>) -> Found<TaskView> {
    let task: Task = parsed(row, 8)?;
    let own: Vec<Exchange> = parsed(row, 7)?;
    Ok(TaskView {
        stage: word(row, 1)?,
        next: uint(row.get(2)?),
        attempts: row.get(3)?,
        tries: row.get(4)?,
        doubted: row.get(5)?,
        problem: maybe(row, 6)?,
        exchanges: task.inherited.iter().cloned().chain(own).collect(),
        task,
    })
}

pub(super) fn state(connection: &Connection, deployment: &str, key: &str) -> Found<Option<Vec<u8>>> {
    let sql = "SELECT value FROM state WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND key = ?2";
    one(connection, sql, (deployment, key), |row| Ok(row.get(0)?))
}

pub(super) fn states(
    connection: &Connection,
    deployment: &str,
    prefix: &str,
    after: Option<&str>,
    limit: usize,
) -> Found<Vec<(String, Vec<u8>)>> {
    // Keys with a prefix stand together, from the prefix itself on; so reading ends at the first that has it not.
    let (sql, from) = match after.filter(|after| *after >= prefix) {
        Some(after) => (
            "SELECT key, value FROM state WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND key > ?2
             ORDER BY key LIMIT ?3",
            after,
        ),
        None => (
            "SELECT key, value FROM state WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND key >= ?2
             ORDER BY key LIMIT ?3",
            prefix,
        ),
    };
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query((deployment, from, bound(limit)))?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let key: String = row.get(0)?;
        if !key.starts_with(prefix) {
            break;
        }
        entries.push((key, row.get(1)?));
    }
    Ok(entries)
}

pub(super) fn state_size(connection: &Connection, deployment: &str) -> Found<u64> {
    let sql = "SELECT state_bytes FROM standings WHERE log = (SELECT id FROM logs WHERE deployment = ?1)";
    Ok(one(connection, sql, [deployment], |row| Ok(uint(row.get(0)?)))?.unwrap_or_default())
}

pub(super) fn ledger(
    connection: &Connection,
    deployment: &str,
    after: Option<(&str, &str)>,
    released: bool,
    limit: usize,
) -> Found<Vec<LedgerView>> {
    let (kind, name) = after.unzip();
    let sql = match after {
        Some(_) => {
            "SELECT kind, name, remote_id, intended, created, released FROM ledger
             WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND (?2 OR released IS NULL)
                 AND (kind, name) > (?4, ?5)
             ORDER BY kind, name LIMIT ?3"
        }
        None => {
            "SELECT kind, name, remote_id, intended, created, released FROM ledger
             WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND (?2 OR released IS NULL)
                 AND ?4 IS NULL AND ?5 IS NULL
             ORDER BY kind, name LIMIT ?3"
        }
    };
    many(connection, sql, (deployment, released, bound(limit), kind, name), ledger_view)
}

pub(super) fn ledger_entry(
    connection: &Connection,
    deployment: &str,
    kind: &str,
    name: &str,
) -> Found<Option<LedgerView>> {
    let sql = "SELECT kind, name, remote_id, intended, created, released FROM ledger
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND kind = ?2 AND name = ?3";
    one(connection, sql, (deployment, kind, name), ledger_view)
}

fn ledger_view(row: &Row<'_>) -> Found<LedgerView> {
    Ok(LedgerView {
        kind: row.get(0)?,
        name: row.get(1)?,
        remote_id: row.get(2)?,
        intended: uint(row.get(3)?),
        created: row.get::<_, Option<i64>>(4)?.map(uint),
        released: row.get::<_, Option<i64>>(5)?.map(uint),
    })
}

pub(super) fn ledger_counts(connection: &Connection, deployment: &str) -> Found<LedgerCounts> {
    let sql = "SELECT made, live, released FROM standings WHERE log = (SELECT id FROM logs WHERE deployment = ?1)";
    let counts = one(connection, sql, [deployment], |row| {
        Ok(LedgerCounts { created: uint(row.get(0)?), live: uint(row.get(1)?), released: uint(row.get(2)?) })
    })?;
    Ok(counts.unwrap_or_default())
}

pub(super) fn once(connection: &Connection, deployment: &str, task: &str) -> Found<Option<OnceView>> {
    let sql = "SELECT request_id, digest, line, sent, answer FROM once
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND task = ?2";
    one(connection, sql, (deployment, task), |row| {
        Ok(OnceView {
            request_id: row.get(0)?,
            digest: row.get(1)?,
            line: row.get(2)?,
            sent: uint(row.get(3)?),
            answer: maybe(row, 4)?,
        })
    })
}

pub(super) fn activities(
    connection: &Connection,
    deployment: &str,
    after: Option<(Instant, &str)>,
    limit: usize,
) -> Found<Vec<ActivityView>> {
    // No id is less than the empty one, and no moment is before the first.
    let (due, id) = after.map_or((-1, ""), |(due, id)| (int(due), id));
    let sql = "SELECT id, due, line FROM activities
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND (due, id) > (?2, ?3)
               ORDER BY due, id LIMIT ?4";
    many(connection, sql, (deployment, due, id, bound(limit)), |row| {
        Ok(ActivityView { id: row.get(0)?, due: uint(row.get(1)?), line: row.get(2)? })
    })
}

pub(super) fn counts(connection: &Connection, deployment: &str) -> Found<Vec<Count>> {
    let sql = "SELECT kind, label, status, count FROM counts
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1) ORDER BY kind, label, status";
    many(connection, sql, [deployment], |row| {
        Ok(Count { kind: row.get(0)?, label: row.get(1)?, status: row.get(2)?, count: uint(row.get(3)?) })
    })
}

pub(super) fn model_use(connection: &Connection, deployment: &str) -> Found<ModelUse> {
    let sql = "SELECT model, calls, failed, refused, input_tokens, output_tokens FROM models
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1)";
    let found = one(connection, sql, [deployment], |row| {
        Ok(ModelUse {
            model: maybe(row, 0)?,
            calls: uint(row.get(1)?),
            failed: uint(row.get(2)?),
            refused: uint(row.get(3)?),
            input_tokens: uint(row.get(4)?),
            output_tokens: uint(row.get(5)?),
        })
    })?;
    Ok(found.unwrap_or_default())
}

pub(super) fn model_day(connection: &Connection, tenant: &str, day: u64) -> Found<ModelDay> {
    let sql = "SELECT coalesce(sum(calls), 0), coalesce(sum(tokens), 0) FROM model_days JOIN deployments USING (log)
               WHERE day = ?2 AND json_extract(acceptance, '$.tenant.name') = ?1";
    let found = one(connection, sql, (tenant, int(day)), |row| {
        Ok(ModelDay { calls: uint(row.get(0)?), tokens: uint(row.get(1)?) })
    })?;
    Ok(found.unwrap_or_default())
}

pub(super) fn exchange_day(connection: &Connection, tenant: &str, day: u64) -> Found<Vec<ExchangeCount>> {
    let sql = "SELECT method, action, sum(count) FROM exchange_days JOIN deployments USING (log)
               WHERE day = ?2 AND json_extract(acceptance, '$.tenant.name') = ?1
               GROUP BY method, action ORDER BY method, action";
    many(connection, sql, (tenant, int(day)), |row| {
        Ok(ExchangeCount { method: row.get(0)?, action: row.get(1)?, count: uint(row.get(2)?) })
    })
}

pub(super) fn live(connection: &Connection, tenant: &str) -> Found<u64> {
    let sql = "SELECT coalesce(sum(live), 0) FROM standings JOIN deployments USING (log)
               WHERE json_extract(acceptance, '$.tenant.name') = ?1";
    Ok(one(connection, sql, [tenant], |row| Ok(uint(row.get(0)?)))?.unwrap_or_default())
}

pub(super) fn texts(connection: &Connection, deployment: &str) -> Found<Vec<TextCount>> {
    let sql = "SELECT kind, source, count FROM texts
               WHERE log = (SELECT id FROM logs WHERE deployment = ?1) ORDER BY kind, source";
    many(connection, sql, [deployment], |row| {
        Ok(TextCount { kind: row.get(0)?, source: row.get(1)?, count: uint(row.get(2)?) })
    })
}

pub(super) fn secret(connection: &Connection, deployment: &str, name: &str) -> Found<Option<Vec<u8>>> {
    let sql = "SELECT sealed FROM secrets WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND name = ?2";
    one(connection, sql, (deployment, name), |row| Ok(row.get(0)?))
}

pub(super) fn secrets(connection: &Connection, deployment: &str) -> Found<Vec<String>> {
    let sql = "SELECT name FROM secrets WHERE log = (SELECT id FROM logs WHERE deployment = ?1) ORDER BY name";
    many(connection, sql, [deployment], |row| Ok(row.get(0)?))
}

pub(super) fn lines(
    connection: &Connection,
    deployment: &str,
    after: Option<u64>,
    limit: usize,
) -> Found<Vec<LineView>> {
    let view = |row: &Row<'_>| Ok(LineView { number: uint(row.get(0)?), at: uint(row.get(1)?), line: parsed(row, 2)? });
    match after {
        Some(after) => {
            let sql = "SELECT seq, at, line FROM lines
                       WHERE log = (SELECT id FROM logs WHERE deployment = ?1) AND seq > ?2 ORDER BY seq LIMIT ?3";
            many(connection, sql, (deployment, int(after), bound(limit)), view)
        }
        None => {
            let sql = "SELECT seq, at, line FROM lines
                       WHERE log = (SELECT id FROM logs WHERE deployment = ?1) ORDER BY seq DESC LIMIT ?2";
            let mut lines = many(connection, sql, (deployment, bound(limit)), view)?;
            lines.reverse();
            Ok(lines)
        }
    }
}

pub(super) fn seq(connection: &Connection, deployment: &str) -> Found<u64> {
    let sql = "SELECT coalesce(max(seq), 0) FROM records WHERE log = (SELECT id FROM logs WHERE deployment = ?1)";
    Ok(one(connection, sql, [deployment], |row| Ok(uint(row.get(0)?)))?.unwrap_or_default())
}

fn many<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    view: impl Fn(&Row<'_>) -> Found<T>,
) -> Found<Vec<T>> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(view(row)?);
    }
    Ok(found)
}

fn one<T>(
    connection: &Connection,
    sql: &str,
    params: impl rusqlite::Params,
    view: impl Fn(&Row<'_>) -> Found<T>,
) -> Found<Option<T>> {
    let mut select = connection.prepare_cached(sql)?;
    let mut rows = select.query(params)?;
    rows.next()?.map(view).transpose()
}

/// A column of JSON.
fn parsed<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Found<T> {
    Ok(serde_json::from_str(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?)?)
}

/// A column of JSON that may be empty.
fn maybe<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> Found<Option<T>> {
    match row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)? {
        Some(text) => Ok(Some(serde_json::from_str(text)?)),
        None => Ok(None),
    }
}

/// A column with an enum's word.
fn word<T: std::str::FromStr<Err = UnknownWord>>(row: &Row<'_>, column: usize) -> Found<T> {
    let word: String = row.get(column)?;
    word.parse().map_err(|error: UnknownWord| Fault::Garbled(error.to_string()))
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
