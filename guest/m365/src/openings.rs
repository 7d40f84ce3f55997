//! Finding out since when a worker can use what takes its own time to come: a drive, a team.
//!
//! A worker begins with what it has and gains the rest as it becomes ready, so nothing waits for these looks: the plans of
//! `cycle` begin each once its worker is made (those of `deploy` do not: it is over when nothing is open any more), and
//! the looks themselves wait as long as the cloud may take. One that fails for good costs its worker the feature, and
//! nothing else.

use haymaker_guest::{
    Instant, Problem, Task,
    journal::{self, Stage},
};

use crate::{config::Feature, deploy::Run, files, office::Office, provision, teams};

/// The looks that can begin, and have not. The mailbox is a step of making a worker; groups are the tenant's.
///
/// # Errors
/// The state's.
pub fn tasks(office: &Office, now: Instant) -> Result<Vec<Task>, Problem> {
    let (drives, teams) = (office.uses(Feature::Documents)?, office.uses(Feature::Teams)?);
    if !(drives || teams) {
        return Ok(Vec::new());
    }
    // Whoever is not ready when the run is over, is waited for no longer.
    let end = Run::known()?.and_then(|run| run.end(office));
    let mut tasks: Vec<Task> = Vec::new();
    for person in office.people.iter().filter(|person| provision::is_made(office, person)) {
        if drives {
            tasks.extend(Some(files::look(person, now)).filter(|task| journal::get(&task.id).is_none()));
        }
        if teams {
            tasks.extend(teams::look(office, person, now)?);
        }
    }
    for task in &mut tasks {
        task.expires = task.expires.or(end);
    }
    Ok(tasks)
}

/// Whether a task has been done.
pub fn is_done(id: &str) -> bool {
    journal::get(id).is_some_and(|standing| standing.stage == Stage::Done)
}
