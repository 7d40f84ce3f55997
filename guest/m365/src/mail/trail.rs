//! What was written in mailboxes that stay: which mails, and to whom.
//!
//! The mailboxes of workers who are made vanish with them. Adopted people keep theirs, so every mail is remembered under
//! its task, by which it is found again: the sender's copy and each recipient's. A day's mails of a worker are one value,
//! so that remembering one costs what a day holds, and not what a run does.

use haymaker_guest::{
    Instant, Problem, state,
    time::{self, DAY},
};
use serde::{Deserialize, Serialize};

use super::Desk;

/// A mail that may lie in mailboxes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// The draft's task.
    pub task: String,
    /// Workers' ids of those it was written to.
    pub to: Vec<String>,
}

fn prefix(worker: &str) -> String {
    state::actor_key(worker, "trail/")
}

fn key(worker: &str, moment: Instant) -> String {
    // Days since 1970 in UTC: only to keep values small.
    format!("{}{:06}", prefix(worker), moment / DAY)
}

/// Remembers a mail, where mailboxes stay. Twice is as good as once.
///
/// # Errors
/// The state's.
pub(super) fn note(desk: &Desk, task: &str, to: &[String]) -> Result<(), Problem> {
    if !desk.office.adopts() {
        return Ok(());
    }
    let key = key(&desk.person.worker, time::now());
    let mut day: Vec<Left> = state::load(&key)?.unwrap_or_default();
    if day.iter().all(|left| left.task != task) {
        day.push(Left { task: task.to_owned(), to: to.to_vec() });
        state::save(&key, &day)?;
    }
    Ok(())
}

/// All that a worker wrote, in the order of time.
///
/// # Errors
/// The state's.
pub fn of(worker: &str) -> Result<Vec<Left>, Problem> {
    let days: Vec<(String, Vec<Left>)> = state::list(&prefix(worker))?;
    Ok(days.into_iter().flat_map(|(_, day)| day).collect())
}
