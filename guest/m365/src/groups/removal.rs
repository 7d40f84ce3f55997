//! Taking groups away: deleted with their teams, and then, for as long as Microsoft keeps them, in the recycle bin, from
//! where no application can purge them.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task,
    http::{Request, segment},
    ledger::{self, Entry},
    log, state,
    time::{self, DAY, SECOND},
};
use serde::{Deserialize, Serialize};

use super::{DELETE, GROUP, LOOKUP, VERIFY, making};
use crate::{
    graph::{self, ENDPOINT, REPLICATION},
    naming,
    office::TENANT,
    teams::{CHANNEL, TEAM},
};

/// The pause before something is looked at again that the directory has not caught up with.
const PAUSE: u64 = 10 * SECOND;

/// How long a deleted group can be restored, as Microsoft documents.
const RETENTION: u64 = 30 * DAY;

/// A group that was deleted and can still be restored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recoverable {
    /// Its `uniqueName`.
    pub name: String,
    /// Its id in the tenant.
    pub id: String,
    /// When it is gone for good.
    pub until: Instant,
}

/// State: the groups that can still be restored.
fn recoverable_key() -> String {
    state::actor_key(TENANT, "recoverable")
}

/// The groups that were deleted and can still be restored, by whoever may.
///
/// # Errors
/// The state's.
pub fn recoverable() -> Result<Vec<Recoverable>, Problem> {
    Ok(state::load(&recoverable_key())?.unwrap_or_default())
}

/// What a task of these kinds works on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Target {
    /// The group's name in the ledger.
    name: String,
    /// The cleanup's round.
    round: u32,
    /// The group's id; none while it is only intended.
    id: Option<String>,
}

/// A group as it is found in the directory.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Group {
    #[serde(default)]
    unique_name: Option<String>,
    #[serde(default)]
    display_name: Option<String>,
}

/// The steps that take away what an entry of the ledger stands for. A team and its channels go with their group.
pub fn removal(deployment: &Deployment, round: u32, entry: &Entry, now: Instant) -> Vec<Task> {
    let target = Target { name: entry.name.clone(), round, id: entry.remote_id.clone() };
    let kinds: &[&str] = match (entry.kind.as_str(), &entry.remote_id) {
        (GROUP, Some(_)) => &[DELETE, VERIFY],
        (GROUP, None) => &[LOOKUP],
        _ => &[],
    };
    kinds.iter().filter_map(|kind| target.step(deployment, kind, 1, now).ok()).collect()
}

/// Groups that carry a name of this deployment, from the list, which may lag.
///
/// # Errors
/// Every answer but 200.
pub fn left(deployment: &Deployment) -> Result<Vec<String>, Problem> {
    let prefix = naming::group_prefix(&deployment.id);
    let request = Request::get(ENDPOINT, "/groups")
        .query("$filter", &format!("startswith(uniqueName,{})", graph::text(&prefix)))
        .query("$select", "id,displayName,uniqueName")
        .query("$top", "999");
    let left: Vec<Group> = graph::collect(request, "cannot search the groups")?;
    Ok(left.into_iter().filter_map(|group| group.unique_name.or(group.display_name)).collect())
}

impl Target {
    fn step(&self, deployment: &Deployment, kind: &str, look: u32, due: Instant) -> Result<Task, Problem> {
        let Some(short) = self.name.strip_prefix(&naming::group_prefix(&deployment.id)) else {
            let message = format!("the ledger lists {}, which is no name of this deployment", self.name);
            return Err(Problem::invalid("not-ours", message));
        };
        let (step, summary) = match kind {
            LOOKUP => (format!("lookup-{look}"), format!("looks whether the group {} exists", self.name)),
            DELETE => ("delete".to_owned(), format!("deletes the group {}", self.name)),
            _ => ("verify".to_owned(), format!("verifies that the group {} is gone", self.name)),
        };
        let id = format!("cleanup/{}/group/{short}/{step}", self.round);
        Task::new(id, kind, TENANT, due).summary(summary).with_payload(self)
    }

    fn id(&self) -> Result<&str, Problem> {
        let missing = || Problem::invalid("no-id", format!("the group {} has no id in the tenant", self.name));
        self.id.as_deref().ok_or_else(missing)
    }

    fn told(&self, kind: &str) -> Activity {
        let activity = Activity::infrastructure(kind);
        match &self.id {
            Some(id) => activity.with("object_id", &**id),
            None => activity,
        }
    }
}

/// Does a task of these kinds.
pub(super) fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let target: Target = task.read_payload()?;
    match task.kind.as_str() {
        LOOKUP => lookup(deployment, task, target),
        DELETE => delete(deployment, &target),
        _ => verify(task, &target),
    }
}

/// Looks whether a group exists that was only intended: its name is this deployment's alone.
fn lookup(deployment: &Deployment, task: &Task, target: Target) -> Result<Outcome, Problem> {
    let now = time::now();
    let told = Outcome::activity(target.told(LOOKUP));
    match making::id_of(&target.name)? {
        Some(id) => {
            ledger::created(GROUP, &target.name, &id)?;
            let target = Target { id: Some(id), ..target };
            Ok(told.then(target.step(deployment, DELETE, 1, now)?))
        }
        None if task.id.ends_with("lookup-1") => {
            Ok(told.then(target.step(deployment, LOOKUP, 2, now + REPLICATION)?))
        }
        None => {
            released(&target.name)?;
            Ok(told)
        }
    }
}

fn path(id: &str) -> String {
    format!("/groups/{}", segment(id))
}

/// The group of an id; none if there is none.
fn live(id: &str) -> Result<Option<Group>, Problem> {
    let response = Request::get(ENDPOINT, path(id)).query("$select", "id,displayName,uniqueName").send()?;
    match response.status {
        404 => Ok(None),
        _ => graph::accept(response, "cannot read a group")?.json().map(Some),
    }
}

fn delete(deployment: &Deployment, target: &Target) -> Result<Outcome, Problem> {
    let id = target.id()?;
    match live(id)? {
        Some(group) if group.unique_name.as_ref() != Some(&target.name) => {
            let message = format!("the group {id} is not called {}: it is not ours, and is left alone", target.name);
            return Err(Problem::invalid("not-ours", message));
        }
        Some(_) => {
            let response = Request::delete(ENDPOINT, path(id)).send()?;
            if response.status != 404 {
                graph::accept(response, &format!("cannot delete the group {}", target.name))?;
            }
        }
        None => log::info(format!("the group {} was deleted before", target.name)),
    }
    Ok(Outcome::activity(target.told(DELETE)).then(target.step(deployment, VERIFY, 1, time::now())?))
}

/// Verifies that a group is gone, and releases it from the ledger with its team. That it lies in the recycle bin is
/// remembered and told: no application can purge it.
fn verify(task: &Task, target: &Target) -> Result<Outcome, Problem> {
    let (now, id) = (time::now(), target.id()?);
    if live(id)?.is_some() {
        let message = format!("the group {} is still there", target.name);
        if now < task.due + REPLICATION {
            return Err(Problem::not_ready("lagging", message).at(now + PAUSE));
        }
        return Err(Problem::failed("not-gone", format!("{message} after it was deleted")));
    }
    let response = Request::get(ENDPOINT, graph::deleted(id)).query("$select", "id,deletedDateTime").send()?;
    let mut activity = target.told(VERIFY);
    if response.status != 404 {
        graph::accept(response, "cannot look into the recycle bin")?;
        let until = now + RETENTION;
        let mut all = recoverable()?;
        all.retain(|known| known.id != id);
        all.push(Recoverable { name: target.name.clone(), id: id.to_owned(), until });
        state::save(&recoverable_key(), &all)?;
        let (what, until) = (&target.name, time::rfc3339(until));
        log::info(format!(
            "the group {what} is deleted, and can be restored until {until}: Microsoft keeps it so long"
        ));
        activity = activity.with("reason", format!("recoverable until {until}"));
    }
    released(&target.name)?;
    Ok(Outcome::activity(activity))
}

/// Releases a group, and what was part of it.
fn released(name: &str) -> Result<(), Problem> {
    ledger::released(GROUP, name)?;
    ledger::released(TEAM, name)?;
    let part = format!("{name}/");
    let mut parts =
        ledger::entries().into_iter().filter(|entry| entry.kind == CHANNEL && entry.name.starts_with(&part));
    parts.try_for_each(|entry| ledger::released(CHANNEL, &entry.name))
}
