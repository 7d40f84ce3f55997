//! Finding out since when a worker can use what takes its own time to come: a drive, a team.
//!
//! A worker begins with what it has and gains the rest as it becomes ready, so nothing waits for these looks: the plans of
//! `deploy` and `cycle` begin each once its worker is made, and the looks themselves wait as long as the cloud may
//! take. One that fails for good costs its worker the feature, and nothing else.

use haymaker_guest::{
    Instant, Problem, Task,
    journal::{self, Stage},
};

use crate::{config::Feature, office::Office, people::Person, provision};

/// The looks that can begin, and have not.
///
/// # Errors
/// The state's.
pub fn tasks(office: &Office, now: Instant) -> Result<Vec<Task>, Problem> {
    let mut tasks = Vec::new();
    for feature in office.config.features.iter() {
        if !office.uses(feature)? {
            continue;
        }
        for person in office.people.iter().filter(|person| provision::is_made(office, person)) {
            tasks.extend(look(feature, person, now).filter(|task| journal::get(&task.id).is_none()));
        }
    }
    Ok(tasks)
}

/// The look of a feature that has one.
fn look(feature: Feature, _: &Person, _: Instant) -> Option<Task> {
    match feature {
        // The mailbox is a step of making the worker; groups are the tenant's.
        Feature::Mail | Feature::Calendar | Feature::Groups => None,
        Feature::Documents | Feature::Teams => None,
    }
}

/// Whether a task has been done.
pub fn is_done(id: &str) -> bool {
    journal::get(id).is_some_and(|standing| standing.stage == Stage::Done)
}
