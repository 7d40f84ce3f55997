//! The `once` requests of tasks.
//!
//! The last line of defence against doing twice what must not happen twice: while one stands, sent or answered,
//! another `sending` of its task is refused, whatever the code above believes.

use rusqlite::OptionalExtension;

use super::{Fault, Projector, json};
use crate::record::*;
use crate::sqlite::int;

/// A request that stands.
struct Once {
    request_id: String,
    digest: String,
    answered: bool,
}

impl Projector<'_> {
    pub(super) fn sending(
        &self,
        at: Instant,
        task: &str,
        request_id: &str,
        digest: &str,
        line: &str,
    ) -> Result<(), Fault> {
        self.must_be_open(task)?;
        if let Some(once) = self.once(task)? {
            let why = if once.digest != digest {
                "with another content"
            } else if once.answered {
                "and was answered"
            } else {
                "and is in doubt"
            };
            return Err(Fault::Contradiction(format!("task {task} sent {} before, {why}", once.request_id)));
        }
        self.run(
            "INSERT INTO once VALUES (?1, ?2, ?3, ?4, ?5, ?6, NULL)",
            (self.log, task, request_id, digest, line, int(at)),
        )?;
        Ok(())
    }

    /// An answer is a fact about the world: it may come late, after a doubt, or after the task's end.
    pub(super) fn answered(&self, task: &str, request_id: &str, answer: &Answer) -> Result<(), Fault> {
        if self.sent(task, request_id)?.answered {
            return Err(Fault::Contradiction(format!("request {request_id} of task {task} was answered before")));
        }
        self.run("UPDATE once SET answer = ?3 WHERE log = ?1 AND task = ?2", (self.log, task, json(answer)?))?;
        self.undoubt(task)
    }

    pub(super) fn withdrawn(&self, task: &str, request_id: &str) -> Result<(), Fault> {
        self.sent(task, request_id)?;
        self.run("DELETE FROM once WHERE log = ?1 AND task = ?2", (self.log, task))?;
        self.undoubt(task)
    }

    /// Fails unless the task sent a request whose answer is not known.
    pub(super) fn unanswered(&self, task: &str) -> Result<(), Fault> {
        match self.once(task)? {
            Some(once) if !once.answered => Ok(()),
            Some(_) => Err(Fault::Contradiction(format!("task {task} cannot be in doubt: its answer is known"))),
            None => Err(Fault::Contradiction(format!("task {task} cannot be in doubt: it sent nothing"))),
        }
    }

    /// The task's request, which must be this one.
    fn sent(&self, task: &str, request_id: &str) -> Result<Once, Fault> {
        self.once(task)?
            .filter(|once| once.request_id == request_id)
            .ok_or_else(|| Fault::Contradiction(format!("task {task} did not send {request_id}")))
    }

    fn undoubt(&self, task: &str) -> Result<(), Fault> {
        self.run("UPDATE tasks SET doubted = 0 WHERE log = ?1 AND id = ?2 AND doubted = 1", (self.log, task))?;
        Ok(())
    }

    fn once(&self, task: &str) -> Result<Option<Once>, Fault> {
        let found = self
            .connection
            .prepare_cached("SELECT request_id, digest, answer IS NOT NULL FROM once WHERE log = ?1 AND task = ?2")?
            .query_row((self.log, task), |row| {
                Ok(Once { request_id: row.get(0)?, digest: row.get(1)?, answered: row.get(2)? })
            })
            .optional()?;
        Ok(found)
    }
}
