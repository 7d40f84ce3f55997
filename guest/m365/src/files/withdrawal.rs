//! Taking away what lies in drives that stay: the one folder in which everything was put, for good.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task,
    http::{Effect, Request},
};

use super::drive::Drive;
use crate::{
    config::Feature,
    graph::{self, ENDPOINT},
    office::{Account, Office, Tenant},
    people::Person,
};

/// The kind of the task, and of its activity.
pub const WITHDRAW: &str = "document.withdraw";

/// The folder at the root of an adopted person's drive in which everything of a deployment lies.
pub(super) fn folder(deployment: &str) -> String {
    format!("haymaker-{deployment}")
}

/// The task that takes it away; none where there is nothing to take away by itself.
///
/// # Errors
/// The state's.
pub fn withdrawal(office: &Office, person: &Person, round: u32, now: Instant) -> Result<Option<Task>, Problem> {
    if !office.adopts() || Drive::known(&person.worker)?.is_none() {
        return Ok(None);
    }
    let id = format!("cleanup/{round}/{}/documents", person.worker);
    let task = Task::new(id, WITHDRAW, Feature::Documents.actor(&person.worker), now);
    Ok(Some(task.summary(format!("removes documents of {}", person.name()))))
}

/// Takes it away, and looks once more.
///
/// # Errors
/// Graph's; `failed` with `not-gone` while it is still there.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let account = Account::required(task)?;
    let folder = folder(&office.deployment);
    if let Some(drive) = Drive::known(&person.worker)?
        && let Some(found) = drive.named("", &folder)?
    {
        let target = format!("{}/permanentDelete", drive.item_path(&found.id));
        let response = Request::post(ENDPOINT, target).effect(Effect::Repeatable).send()?;
        if response.status != 404 {
            graph::accept(response, "cannot remove a folder")?;
        }
        if drive.named("", &folder)?.is_some() {
            return Err(Problem::failed("not-gone", format!("the folder {folder} is still there")));
        }
    }
    let upn = office.address(person, &Tenant::required()?);
    Ok(Outcome::activity(office.told(Activity::infrastructure(WITHDRAW), person, &upn, &account.user_id)?))
}
