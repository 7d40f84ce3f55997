//! Tasks: planned, tried, over.

use rusqlite::OptionalExtension;

use super::{Fault, Projector, json};
use crate::record::*;
use crate::sqlite::int;

/// Why a task waits once more.
pub(super) enum Because {
    /// An attempt failed.
    Failed {
        /// Whether it counts against the limit.
        counts: bool,
    },
    /// Its `once` request left, and no answer came.
    InDoubt,
}

/// What changes of a task depend on.
struct Standing {
    stage: Stage,
    doubted: bool,
    exchanges: String,
}

impl Projector<'_> {
    /// Opens a task that is new or has failed; any other is left alone, for plans are repeated until they are met.
    pub(super) fn plan(&mut self, task: &Task) -> Result<(), Fault> {
        let sql = match self.standing(&task.id)?.map(|standing| standing.stage) {
            None => "INSERT INTO tasks (log, id, task, stage, due, next) VALUES (?1, ?2, ?3, 'open', ?4, ?4)",
            Some(Stage::Failed) => {
                self.totals.failed -= 1;
                "UPDATE tasks SET task = ?3, stage = 'open', due = ?4, next = ?4, attempts = 0, problem = NULL
                 WHERE log = ?1 AND id = ?2"
            }
            Some(Stage::Open | Stage::Done | Stage::Skipped | Stage::Unknown) => return Ok(()),
        };
        self.run(sql, (self.log, &task.id, json(task)?, int(task.due)))?;
        self.totals.open += 1;
        Ok(())
    }

    /// Skips an open task that sent nothing which may not be sent twice. Whatever is over stays what it is.
    pub(super) fn cancel(&mut self, id: &str) -> Result<(), Fault> {
        let skipped = self.run(
            "UPDATE tasks SET stage = 'skipped' WHERE log = ?1 AND id = ?2 AND stage = 'open' AND doubted = 0
                 AND NOT EXISTS (SELECT 1 FROM once WHERE log = ?1 AND task = ?2)",
            (self.log, id),
        )?;
        if skipped > 0 {
            self.totals.open -= 1;
            self.totals.skipped += 1;
        }
        Ok(())
    }

    /// An open task is over. Its last try was an attempt, unless it was skipped, or was in doubt: then it was settled.
    pub(super) fn close(
        &mut self,
        id: &str,
        stage: Stage,
        problem: Option<&Problem>,
        exchanges: &[Exchange],
    ) -> Result<(), Fault> {
        if stage == Stage::Open || (stage == Stage::Done) != problem.is_none() {
            return Err(Fault::Contradiction(format!("task {id} cannot end as {stage}")));
        }
        let standing = self.open(id)?;
        let tried = stage != Stage::Skipped && !standing.doubted;
        let exchanges = self.exchanged(&standing, exchanges)?;
        let text = problem.map(json).transpose()?;
        self.run(
            "UPDATE tasks SET stage = ?3, doubted = 0, problem = ?4, tries = tries + ?5,
                 exchanges = coalesce(?6, exchanges)
             WHERE log = ?1 AND id = ?2",
            (self.log, id, stage.as_str(), &text, tried, exchanges),
        )?;
        self.totals.open -= 1;
        *self.totals.stage(stage) += 1;
        match stage {
            Stage::Failed | Stage::Unknown => self.blame(text),
            Stage::Open | Stage::Done | Stage::Skipped => Ok(()),
        }
    }

    /// An open task waits until `next`, to be tried again or to be settled.
    pub(super) fn postpone(
        &mut self,
        id: &str,
        problem: &Problem,
        next: Instant,
        because: Because,
        exchanges: &[Exchange],
    ) -> Result<(), Fault> {
        let standing = self.open(id)?;
        let (counts, doubted) = match because {
            Because::Failed { counts } => (counts, standing.doubted),
            Because::InDoubt => {
                self.unanswered(id)?;
                (false, true)
            }
        };
        let exchanges = self.exchanged(&standing, exchanges)?;
        let text = json(problem)?;
        self.run(
            "UPDATE tasks SET next = ?3, attempts = attempts + ?4, tries = tries + ?5, doubted = ?6, problem = ?7,
                 exchanges = coalesce(?8, exchanges)
             WHERE log = ?1 AND id = ?2",
            (self.log, id, int(next), counts, !standing.doubted, doubted, &text, exchanges),
        )?;
        self.blame(Some(text))
    }

    /// Fails unless the task is open.
    pub(super) fn must_be_open(&self, id: &str) -> Result<(), Fault> {
        self.open(id).map(|_| ())
    }

    fn open(&self, id: &str) -> Result<Standing, Fault> {
        match self.standing(id)? {
            Some(standing) if standing.stage == Stage::Open => Ok(standing),
            Some(standing) => Err(Fault::Contradiction(format!("task {id} is not open but {}", standing.stage))),
            None => Err(Fault::Contradiction(format!("no plan ever named task {id}"))),
        }
    }

    fn standing(&self, id: &str) -> Result<Option<Standing>, Fault> {
        let found = self
            .connection
            .prepare_cached("SELECT stage, doubted, exchanges FROM tasks WHERE log = ?1 AND id = ?2")?
            .query_row((self.log, id), |row| Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        found
            .map(|(stage, doubted, exchanges)| {
                let stage = stage.parse().map_err(|error| Fault::Garbled(format!("task {id}: {error}")))?;
                Ok(Standing { stage, doubted, exchanges })
            })
            .transpose()
    }

    /// Counts an attempt's exchanges; returns the task's whole list where it grew.
    fn exchanged(&mut self, standing: &Standing, exchanges: &[Exchange]) -> Result<Option<String>, Fault> {
        if exchanges.is_empty() {
            return Ok(None);
        }
        let mut all: Vec<Exchange> = serde_json::from_str(&standing.exchanges)?;
        for exchange in exchanges {
            self.totals.sent += 1;
            self.sent.count(exchange);
            self.totals.throttled += i64::from(exchange.status == Some(429));
            self.totals.retried += i64::from(all.iter().any(|earlier| repeats(exchange, earlier)));
            all.push(exchange.clone());
        }
        Ok(Some(json(&all)?))
    }

    fn blame(&self, problem: Option<String>) -> Result<(), Fault> {
        self.stand("UPDATE standings SET last_error = ?2 WHERE log = ?1", problem)
    }
}

/// Whether `later` is the same request once more, because `earlier` was not served.
fn repeats(later: &Exchange, earlier: &Exchange) -> bool {
    later.client_request_id == earlier.client_request_id && matches!(earlier.status, None | Some(429 | 503))
}
