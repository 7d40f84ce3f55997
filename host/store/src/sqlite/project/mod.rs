//! From records to projections.
//!
//! One function, [`Projector::apply`], turns a record into changes of tables, both when it is committed and when a log
//! is replayed: that is why a rebuild cannot come to another end. It is also where a record that contradicts the log
//! is refused, so every check is made in the transaction that would break it.
//!
//! Sums are gathered in [`Totals`] and written once for each batch: most records change several.

mod effects;
mod exchanges;
mod models;
mod tasks;
mod things;

use rusqlite::{Connection, Params};
use serde::Serialize;

use super::fault::Fault;
use super::int;
use crate::record::*;

/// Applies records to the projections of one log.
pub(super) struct Projector<'a> {
    connection: &'a Connection,
    log: i64,
    totals: Totals,
    sent: exchanges::Sent,
}

/// What a batch adds to the sums of its deployment.
#[derive(Default, PartialEq)]
struct Totals {
    sent: i64,
    throttled: i64,
    retried: i64,
    open: i64,
    done: i64,
    failed: i64,
    skipped: i64,
    unknown: i64,
    state_bytes: i64,
    made: i64,
    live: i64,
    released: i64,
}

impl Totals {
    /// The count of tasks at a stage.
    fn stage(&mut self, stage: Stage) -> &mut i64 {
        match stage {
            Stage::Open => &mut self.open,
            Stage::Done => &mut self.done,
            Stage::Failed => &mut self.failed,
            Stage::Skipped => &mut self.skipped,
            Stage::Unknown => &mut self.unknown,
        }
    }
}

impl<'a> Projector<'a> {
    /// For the log with this row id.
    pub(super) fn new(connection: &'a Connection, log: i64) -> Self {
        Self { connection, log, totals: Totals::default(), sent: exchanges::Sent::default() }
    }

    /// Applies the record at `seq`, which happened at `at`.
    pub(super) fn apply(&mut self, seq: u64, at: Instant, record: &Record) -> Result<(), Fault> {
        if (seq == 1) != matches!(record, Record::Accepted(_)) {
            return Err(Fault::Contradiction("a log begins with `accepted`, and has it once".into()));
        }
        match record {
            Record::Accepted(acceptance) => self.accepted(at, acceptance),
            Record::Desired { desired } => {
                self.stand("UPDATE standings SET desired = ?2 WHERE log = ?1", desired.as_str())
            }
            Record::Moved { status, phase, reason } => self.moved(*status, phase, reason),
            Record::Conditioned { condition } => {
                let condition = condition.as_ref().map(json).transpose()?;
                self.stand("UPDATE standings SET condition = ?2 WHERE log = ?1", condition)
            }
            // Who holds the log is the lease's to say: the record is for those who read the log.
            Record::Taken { .. } => Ok(()),
            Record::Planned { function, tasks, cancelled, wake, writes } => {
                self.stand("UPDATE standings SET planned = ?2 WHERE log = ?1", json(&(function, wake))?)?;
                tasks.iter().try_for_each(|task| self.plan(task))?;
                cancelled.iter().try_for_each(|id| self.cancel(id))?;
                self.write(writes)
            }
            Record::Done { task, activities, follow_ups, writes, exchanges } => {
                self.close(task, Stage::Done, None, exchanges)?;
                self.witness(activities)?;
                follow_ups.iter().try_for_each(|task| self.plan(task))?;
                self.write(writes)
            }
            Record::Retried { task, problem, next, counts, exchanges } => {
                self.postpone(task, problem, *next, tasks::Because::Failed { counts: *counts }, exchanges)
            }
            Record::Doubted { task, next, problem, exchanges } => {
                self.postpone(task, problem, *next, tasks::Because::InDoubt, exchanges)
            }
            Record::Ended { task, stage, problem, activities, exchanges } => {
                self.close(task, *stage, Some(problem), exchanges)?;
                self.witness(activities)
            }
            Record::Sending { task, request_id, digest, line } => self.sending(at, task, request_id, digest, line),
            Record::Answered { task, request_id, answer } => self.answered(task, request_id, answer),
            Record::Withdrawn { task, request_id } => self.withdrawn(task, request_id),
            Record::Intended { kind, name } => self.intended(at, kind, name),
            Record::Created { kind, name, remote_id } => self.created(at, kind, name, remote_id),
            Record::Released { kind, name } => self.released(at, kind, name),
            Record::Sealed { name, sealed } => self.sealed(seq, name, sealed),
            Record::Forgot { name } => self.forgot(name),
            Record::Upgraded { component, writes } => {
                self.upgraded(component)?;
                self.write(writes)
            }
            Record::Equipped { model } => self.equipped(model.as_ref()),
            Record::Asked { ending, input_tokens, output_tokens, .. } => {
                self.asked(at, *ending, *input_tokens, *output_tokens)
            }
            Record::Line(line) => self.line(seq, at, line),
        }
    }

    /// Writes the sums; the last thing to be done with a batch.
    pub(super) fn finish(self) -> Result<(), Fault> {
        self.sent_by_day()?;
        let totals = &self.totals;
        if *totals == Totals::default() {
            return Ok(());
        }
        self.run(
            "UPDATE standings SET sent = sent + ?2, throttled = throttled + ?3, retried = retried + ?4,
                 open = open + ?5, done = done + ?6, failed = failed + ?7, skipped = skipped + ?8,
                 unknown = unknown + ?9, state_bytes = state_bytes + ?10, made = made + ?11, live = live + ?12,
                 released = released + ?13
             WHERE log = ?1",
            (
                self.log,
                totals.sent,
                totals.throttled,
                totals.retried,
                totals.open,
                totals.done,
                totals.failed,
                totals.skipped,
                totals.unknown,
                totals.state_bytes,
                totals.made,
                totals.live,
                totals.released,
            ),
        )?;
        Ok(())
    }

    fn accepted(&self, at: Instant, acceptance: &Acceptance) -> Result<(), Fault> {
        self.run("INSERT INTO deployments VALUES (?1, ?2, ?3)", (self.log, int(at), json(acceptance)?))?;
        self.run("INSERT INTO standings (log) VALUES (?1)", [self.log])?;
        Ok(())
    }

    fn moved(&self, status: Status, phase: &str, reason: &str) -> Result<(), Fault> {
        self.run(
            "UPDATE standings SET status = ?2, phase = ?3, reason = ?4 WHERE log = ?1",
            (self.log, status.as_str(), phase, reason),
        )?;
        Ok(())
    }

    /// The acceptance keeps the component that runs now.
    fn upgraded(&self, component: &Component) -> Result<(), Fault> {
        self.run(
            "UPDATE deployments SET acceptance = json_replace(acceptance, '$.component', json(?2)) WHERE log = ?1",
            (self.log, json(component)?),
        )?;
        Ok(())
    }

    /// Sets one column of the standing.
    fn stand(&self, update: &str, value: impl rusqlite::ToSql) -> Result<(), Fault> {
        self.run(update, (self.log, value))?;
        Ok(())
    }

    /// Runs a statement that is prepared once for the connection's life; returns how many rows it changed.
    fn run(&self, sql: &str, params: impl Params) -> Result<usize, Fault> {
        Ok(self.connection.prepare_cached(sql)?.execute(params)?)
    }
}

/// As it stands in a column.
fn json(value: &impl Serialize) -> Result<String, Fault> {
    Ok(serde_json::to_string(value)?)
}
