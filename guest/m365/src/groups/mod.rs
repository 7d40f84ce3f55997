//! Groups: of each department one for permissions and one for people who work together.
//!
//! A group is made under a `uniqueName` of its own, so that it is never made twice, and filled by looking who is missing.
//! All of it is the work of one actor, one request after the other: the directory locks a group that is written to. A
//! department's Microsoft 365 group becomes its team ([`crate::teams`]). What a tenant does not allow costs the feature,
//! and the status says why; nobody is kept from writing mail.
//!
//! | module | thought |
//! |---|---|
//! | `making` | making and filling them |
//! | `removal` | taking them away, as far as that can be done |

mod making;
mod removal;

use std::collections::BTreeMap;

use haymaker_guest::{Activity, Deployment, Instant, Outcome, Problem, Task, journal, log, state};
use serde::{Deserialize, Serialize};

pub use self::removal::{Recoverable, left, recoverable, removal};
use crate::{
    config::{Department, Feature},
    naming,
    office::{Office, TENANT, Tenant},
    steps::{self, Next, Work},
    teams,
};

/// The kind of thing in the ledger.
pub const GROUP: &str = "group";

/// Kinds of tasks. Makes a group.
pub const CREATE: &str = "group.create";
/// Puts people into it.
pub const FILL: &str = "group.fill";
/// Looks for a group that was intended.
pub const LOOKUP: &str = "group.lookup";
/// Deletes it, with its team.
pub const DELETE: &str = "group.delete";
/// Verifies that it is gone, and releases it from the ledger.
pub const VERIFY: &str = "group.verify";

/// Which of a department's groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sort {
    /// For permissions.
    Security,
    /// With a mailbox and a site, and in time a team.
    Unified,
}

impl Sort {
    const ALL: [Sort; 2] = [Sort::Security, Sort::Unified];

    fn key(self) -> &'static str {
        match self {
            Sort::Security => "security",
            Sort::Unified => "unified",
        }
    }

    /// The group's `uniqueName`.
    fn name(self, deployment: &str, department: Department) -> String {
        match self {
            Sort::Security => naming::security_group(deployment, department.key()),
            Sort::Unified => naming::group(deployment, department.key()),
        }
    }
}

/// What a department has: ids in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grouped {
    /// Its security group.
    #[serde(default)]
    pub security: Option<String>,
    /// Its Microsoft 365 group; also the id of its team.
    #[serde(default)]
    pub unified: Option<String>,
    /// The channels of its team, in the order of their numbers.
    #[serde(default)]
    pub channels: Vec<String>,
}

impl Grouped {
    fn key(department: Department) -> String {
        state::actor_key(TENANT, &format!("groups/{}", department.key()))
    }

    /// What is there by now.
    ///
    /// # Errors
    /// The state's.
    pub fn of(department: Department) -> Result<Grouped, Problem> {
        Ok(state::load(&Grouped::key(department))?.unwrap_or_default())
    }

    /// Remembers it; from a task of [`TENANT`].
    ///
    /// # Errors
    /// The host's.
    pub fn save(&self, department: Department) -> Result<(), Problem> {
        state::save(&Grouped::key(department), self)
    }

    fn id(&self, sort: Sort) -> Option<&String> {
        match sort {
            Sort::Security => self.security.as_ref(),
            Sort::Unified => self.unified.as_ref(),
        }
    }
}

/// What a task that makes something of a department works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aim {
    /// The department.
    pub department: Department,
    /// Which of its groups.
    pub sort: Sort,
}

/// What is to be done before people use groups and teams, and what of it cannot be done. Asked for once the workers are
/// there, because a group needs its owner.
///
/// # Errors
/// The state's.
pub fn work(office: &Office, now: Instant) -> Result<Work, Problem> {
    if !office.uses(Feature::Groups)? {
        return Ok(Work::default());
    }
    let departments = office.config.departments.iter().map(|(department, _)| *department);
    let mut chains = Vec::new();
    for department in departments.clone() {
        chains.push((department, steps::next(making::steps(department, now)?)));
    }
    let grouped: Vec<Department> =
        chains.iter().filter(|(_, chain)| *chain == Next::Done).map(|(department, _)| *department).collect();
    let mut work = steps::decide(chains.into_iter().map(|(_, chain)| chain), "groups/retries", now)?;
    if work.goes_on() || !office.uses(Feature::Teams)? {
        return Ok(work);
    }
    let first = steps::decide([steps::next(teams::first_voice(office, now))], "teams/retries/first", now)?;
    let decided = first.lost.is_empty();
    work = also(work, first);
    if work.goes_on() || !decided {
        return Ok(work);
    }
    let mut chains: Vec<Next> = teams::voices(office, now)?.into_iter().map(|voice| steps::next([voice])).collect();
    for department in grouped {
        chains.push(steps::next(teams::steps(department, now)?));
    }
    Ok(also(work, steps::decide(chains, "teams/retries", now)?))
}

fn also(mut work: Work, more: Work) -> Work {
    work.tasks.extend(more.tasks);
    work.open |= more.open;
    work.lost.extend(more.lost);
    work
}

/// Whether any group was ever asked for: then the tenant is searched for what is left.
pub fn were_made(office: &Office) -> bool {
    let created = |department: &Department| {
        Sort::ALL.iter().any(|sort| journal::get(&making::create_id(*department, *sort)).is_some())
    };
    office.config.departments.iter().any(|(department, _)| created(department))
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while the directory has not caught up.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    match task.kind.as_str() {
        CREATE => making::perform_create(deployment, task),
        FILL => making::perform_fill(deployment, task),
        _ => removal::perform(deployment, task),
    }
}

/// Remembers that features cannot be had, and says it once; from a task of [`TENANT`]. Without Teams nobody's password is
/// needed.
///
/// # Errors
/// The host's.
pub fn go_without(office: &Office, features: &[Feature], why: &str) -> Result<(), Problem> {
    let mut tenant = Tenant::required()?;
    let new: BTreeMap<Feature, String> = features
        .iter()
        .filter(|feature| office.config.features.has(**feature) && !tenant.off.contains_key(*feature))
        .map(|feature| (*feature, why.to_owned()))
        .collect();
    if !new.is_empty() {
        let names: Vec<&str> = new.keys().map(|feature| feature.key()).collect();
        log::warn(format!("no {}: {why}", names.join(" and no ")));
    }
    if new.contains_key(&Feature::Teams) && !office.config.signs_in() {
        teams::forget_passwords(office)?;
    }
    tenant.off.extend(new);
    tenant.save()
}

/// That something was done for a department's group.
pub fn told(kind: &str, department: Department, id: &str) -> Activity {
    Activity::infrastructure(kind).with("department", department.key()).with("object_id", id)
}
