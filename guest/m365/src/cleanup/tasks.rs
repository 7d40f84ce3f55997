//! Tasks that take a user away: end its sessions, delete it, purge it from the recycle bin, verify that it is gone. One that was only
//! intended is looked for first, twice.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task,
    http::Request,
    ledger::{self, Entry},
    log,
    time::{self, HOUR, SECOND},
};
use serde::{Deserialize, Serialize};

use crate::{
    config::Feature,
    graph::{self, ENDPOINT, REPLICATION},
    groups, naming,
    office::{Office, TENANT},
    provision::{USER, is_ours, not_ours},
    teams,
};

/// Kinds of tasks. Looks for a user that was intended.
pub const LOOKUP: &str = "user.lookup";
/// Deletes a user; for 30 days it can be restored.
pub const DELETE: &str = "user.delete";
/// Purges it, so that it cannot.
pub const PURGE: &str = "user.purge";
/// Verifies that it is gone, and releases it from the ledger.
pub const VERIFY: &str = "user.verify";
/// Searches the tenant for anything that is left.
pub const PROVE: &str = "tenant.prove";

/// The pause before something is looked at again that the directory has not caught up with.
const PAUSE: u64 = 10 * SECOND;

/// How long lists may show what is gone; an assumption, far above what is seen.
const LIST_PATIENCE: u64 = HOUR;

/// What a task of these kinds works on.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Target {
    /// The user's name in the ledger.
    upn: String,
    /// The cleanup's round.
    round: u32,
    /// The user's id; none while it is only intended.
    user_id: Option<String>,
}

/// The steps that take away what an entry of the ledger stands for.
pub(super) fn removal(deployment: &Deployment, round: u32, entry: &Entry, now: Instant) -> Vec<Task> {
    let target = Target { upn: entry.name.clone(), round, user_id: entry.remote_id.clone() };
    let kinds: &[&str] = match (entry.kind.as_str(), &entry.remote_id) {
        (USER, Some(_)) => &[DELETE, PURGE, VERIFY],
        (USER, None) => &[LOOKUP],
        // What another version made has no steps, and is told as left.
        _ => return groups::removal(deployment, round, entry, now),
    };
    kinds.iter().filter_map(|kind| target.step(deployment, kind, 1, now).ok()).collect()
}

/// The search for anything left: the first, or the second.
pub(super) fn proof(round: u32, search: u32, now: Instant) -> Task {
    Task::new(format!("cleanup/{round}/prove/{search}"), PROVE, TENANT, now)
        .summary(format!("searches the tenant for anything left ({search} of 2)"))
}

impl Target {
    fn step(&self, deployment: &Deployment, kind: &str, look: u32, due: Instant) -> Result<Task, Problem> {
        let Some(worker) = naming::worker_of(&deployment.id, &self.upn) else {
            let message = format!("the ledger lists {}, which is no name of this deployment", self.upn);
            return Err(Problem::invalid("not-ours", message));
        };
        let (step, summary) = match kind {
            LOOKUP => (format!("lookup-{look}"), format!("looks whether {} exists", self.upn)),
            DELETE => ("delete".to_owned(), format!("deletes {}", self.upn)),
            PURGE => ("purge".to_owned(), format!("purges {}", self.upn)),
            _ => ("verify".to_owned(), format!("verifies that {} is gone", self.upn)),
        };
        let id = format!("cleanup/{}/{worker}/{step}", self.round);
        Task::new(id, kind, worker, due).summary(summary).with_payload(self)
    }

    /// The tenant's id.
    fn user_id(&self) -> Result<&str, Problem> {
        let missing = || Problem::invalid("no-id", format!("{} has no id in the tenant", self.upn));
        self.user_id.as_deref().ok_or_else(missing)
    }

    fn told(&self, kind: &str) -> Activity {
        let activity = Activity::infrastructure(kind).with("upn", &*self.upn);
        match &self.user_id {
            Some(id) => activity.with("user_id", &**id).with("object_id", &**id),
            None => activity,
        }
    }
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while the directory has not caught up.
pub(super) fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    if task.kind == PROVE {
        return prove(deployment, task);
    }
    let target: Target = task.read_payload()?;
    match task.kind.as_str() {
        LOOKUP => lookup(deployment, task, target),
        DELETE => delete(deployment, target),
        PURGE => purge(deployment, task, &target),
        _ => verify(task, &target),
    }
}

/// Looks whether a user exists that was only intended.
fn lookup(deployment: &Deployment, task: &Task, target: Target) -> Result<Outcome, Problem> {
    let now = time::now();
    let told = Outcome::activity(target.told(LOOKUP));
    match graph::user_by_upn(&target.upn)? {
        Some(user) if is_ours(&user, deployment) => {
            ledger::created(USER, &target.upn, &user.id)?;
            let target = Target { user_id: Some(user.id), ..target };
            Ok(told.then(target.step(deployment, DELETE, 1, now)?))
        }
        Some(_) => {
            log::warn(not_ours(&target.upn, deployment).message);
            ledger::released(USER, &target.upn)?;
            Ok(told)
        }
        None if task.id.ends_with("lookup-1") => {
            let second = target.step(deployment, LOOKUP, 2, now + REPLICATION)?;
            Ok(told.then(second))
        }
        None => {
            ledger::released(USER, &target.upn)?;
            Ok(told)
        }
    }
}

fn delete(deployment: &Deployment, target: Target) -> Result<Outcome, Problem> {
    let id = target.user_id()?;
    match graph::user_by_id(id)? {
        Some(user) if !is_ours(&user, deployment) => return Err(not_ours(&target.upn, deployment)),
        Some(_) => {
            if let Some(worker) = naming::worker_of(&deployment.id, &target.upn) {
                teams::silence(&worker, id)?;
            }
            let response = Request::delete(ENDPOINT, graph::user(id)).send()?;
            if response.status != 404 {
                graph::accept(response, &format!("cannot delete {}", target.upn))?;
            }
        }
        None => log::info(format!("{} was deleted before", target.upn)),
    }
    let purge = target.step(deployment, PURGE, 1, time::now())?;
    Ok(Outcome::activity(target.told(DELETE)).then(purge))
}

/// Purges a deleted user. That it is not in the recycle bin may mean that it is not there *yet*.
fn purge(deployment: &Deployment, task: &Task, target: &Target) -> Result<Outcome, Problem> {
    let response = Request::delete(ENDPOINT, graph::deleted(target.user_id()?)).send()?;
    let now = time::now();
    if response.status == 404 {
        wait(task, now, REPLICATION, &format!("{} is not in the recycle bin yet", target.upn))?;
    } else {
        graph::accept(response, &format!("cannot purge {}", target.upn))?;
    }
    Ok(Outcome::activity(target.told(PURGE)).then(target.step(deployment, VERIFY, 1, now)?))
}

/// Verifies that a user is gone, and releases it from the ledger.
fn verify(task: &Task, target: &Target) -> Result<Outcome, Problem> {
    let now = time::now();
    let id = target.user_id()?;
    let live = graph::user_by_id(id)?.is_some();
    let response = Request::get(ENDPOINT, graph::deleted(id)).query("$select", "id").send()?;
    let deleted = response.status != 404;
    if deleted {
        graph::accept(response, "cannot look into the recycle bin")?;
    }
    if live || deleted {
        let what = if live { "is still there" } else { "is still in the recycle bin" };
        wait(task, now, REPLICATION, &format!("{} {what}", target.upn))?;
        return Err(Problem::failed("not-gone", format!("{} {what} after it was deleted and purged", target.upn)));
    }
    ledger::released(USER, &target.upn)?;
    Ok(Outcome::activity(target.told(VERIFY)))
}

/// Searches the tenant for anything with the deployment's tag: emptiness is proved twice, a replication delay apart.
fn prove(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let now = time::now();
    let office = Office::of(deployment)?;
    if (groups::were_made(&office) && office.uses(Feature::Groups)?) || super::takes_groups()? {
        let left = groups::left(deployment)?;
        if !left.is_empty() {
            let names: Vec<&str> = left.iter().take(5).map(String::as_str).collect();
            let message = format!("{} groups still carry a name of this deployment: {}", left.len(), names.join(", "));
            wait(task, now, LIST_PATIENCE, &message)?;
            return Err(Problem::failed("left", message));
        }
    }
    // Adopted people carry no tag, and an application that adopts may not search for one.
    let left = if office.adopts() { Vec::new() } else { graph::users_by_tag(&naming::tag(&deployment.id))? };
    if !left.is_empty() {
        let names: Vec<&str> = left.iter().take(5).map(|user| user.user_principal_name.as_str()).collect();
        let message = format!("{} users still carry the tag of this deployment: {}", left.len(), names.join(", "));
        wait(task, now, LIST_PATIENCE, &message)?;
        return Err(Problem::failed("left", message));
    }
    let outcome = Outcome::activity(Activity::infrastructure(PROVE));
    Ok(match task.id.strip_suffix("prove/1") {
        Some(prefix) => outcome.then(Task {
            id: format!("{prefix}prove/2"),
            due: now + REPLICATION,
            summary: "searches the tenant for anything left (2 of 2)".to_owned(),
            ..task.clone()
        }),
        None => outcome,
    })
}

/// While there is patience left: not ready. Afterwards the caller says what it means.
fn wait(task: &Task, now: Instant, patience: u64, message: &str) -> Result<(), Problem> {
    if now < task.due + patience { Err(Problem::not_ready("lagging", message).at(now + PAUSE)) } else { Ok(()) }
}
