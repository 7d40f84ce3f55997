//! Waiting for a worker's drive.
//!
//! A drive comes some time after the licence, and not by being asked for: Microsoft makes it when its owner opens OneDrive
//! for the first time, or when an administrator has it made beforehand. An application that asks is only told that there
//! is none. So this looks, ever more rarely, for up to a day, and then says what a person can do; the worker's other work
//! goes on.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, ProblemKind, Task, log,
    time::{self, HOUR, MINUTE, SECOND},
};

use super::drive::Drive;
use crate::{
    config::Feature,
    graph,
    office::{self, Account, Office, Tenant},
    people::Person,
};

/// The kind of the task, and of its activity.
pub const DRIVE: &str = "user.drive";

/// How long a drive may take: as long as a mailbox, an assumption.
const PATIENCE: u64 = 24 * HOUR;

/// The shortest and the longest pause between two looks.
const PAUSES: (u64, u64) = (10 * SECOND, 15 * MINUTE);

/// The look for a worker's drive.
pub fn look(person: &Person, now: Instant) -> Task {
    let worker = &person.worker;
    Task::new(format!("worker/{worker}/drive"), DRIVE, Feature::Documents.actor(worker), now)
        .summary(format!("waits for the OneDrive of {}", person.name()))
}

/// Looks whether the drive is there.
///
/// # Errors
/// Graph's, `not-ready` while it is not, and `invalid` with `drive-late` when it should have been for long.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let account = Account::required(task)?;
    let upn = office.address(person, &Tenant::required()?);
    let now = time::now();
    let waited = now.saturating_sub(task.due);
    let again = now + (waited / 4).clamp(PAUSES.0, PAUSES.1);
    let found = office.speak(&task.actor, || Drive::find(format!("{}/drive", graph::user(&account.user_id))));
    let drive = match found {
        Ok(Some(drive)) => drive,
        Ok(None) if waited > PATIENCE => return Err(late(&upn, waited)),
        Ok(None) => return Err(Problem::not_ready("no-drive", format!("{upn} has no OneDrive yet")).at(again)),
        // Trouble in the cloud is no answer: it costs nobody their documents for good.
        Err(problem) if problem.kind == ProblemKind::Failed && waited <= PATIENCE => {
            return Err(Problem::not_ready(problem.code, problem.message).at(again));
        }
        Err(problem) => return Err(problem),
    };
    drive.save(&person.worker)?;
    office::open(&person.worker, Feature::Documents, now)?;
    log::info(format!("the OneDrive of {} ({upn}) is there", person.name()));
    let activity = office.told(Activity::infrastructure(DRIVE), person, &upn, &account.user_id)?;
    Ok(Outcome::activity(activity.with("drive_id", drive.id).with("site_url", drive.site)))
}

fn late(upn: &str, waited: u64) -> Problem {
    let message = format!(
        "{upn} has no OneDrive after {} hours, so there will be no documents of theirs; an application cannot have one \
         made: open OneDrive once as {upn}, or have a SharePoint administrator run Request-SPOPersonalSite",
        waited / HOUR
    );
    Problem::invalid("drive-late", message)
}
