//! Making groups, and filling them.

use haymaker_guest::{
    Deployment, Instant, Outcome, Problem, ProblemKind, Task,
    http::{Effect, Request, base_url, segment},
    ledger, time,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Aim, CREATE, FILL, GROUP, Grouped, Sort, go_without, told};
use crate::{
    config::{Department, Feature},
    graph::{self, ENDPOINT, Refusal},
    office::{Account, Office, TENANT},
    people::Person,
};

/// How many people one request puts into a group, as Graph documents.
const AT_ONCE: usize = 20;

/// The pause before a group is looked at again that was made just now.
const PAUSE: u64 = 10 * time::SECOND;

/// How long a new group may stay unknown before that counts as a failure; an assumption, far above what is seen.
const PATIENCE: u64 = time::HOUR;

/// A group, or a member of one, as it is found in the directory.
#[derive(Clone, Debug, Deserialize)]
struct Found {
    id: String,
}

/// The task that makes a group.
pub(super) fn create_id(department: Department, sort: Sort) -> String {
    format!("group/{}/{}", department.key(), sort.key())
}

/// The steps that make a department's groups.
pub(super) fn steps(department: Department, now: Instant) -> Result<Vec<Task>, Problem> {
    let mut steps = Vec::new();
    for sort in Sort::ALL {
        steps.push(create(department, sort, now)?);
        steps.push(fill(department, sort, now)?);
    }
    Ok(steps)
}

fn create(department: Department, sort: Sort, now: Instant) -> Result<Task, Problem> {
    Task::new(create_id(department, sort), CREATE, TENANT, now)
        .summary(format!("makes the {} group of {}", sort.word(), department.name()))
        .with_payload(&Aim { department, sort })
}

fn fill(department: Department, sort: Sort, now: Instant) -> Result<Task, Problem> {
    Task::new(format!("{}/fill", create_id(department, sort)), FILL, TENANT, now)
        .summary(format!("puts people into the {} group of {}", sort.word(), department.name()))
        .with_payload(&Aim { department, sort })
}

impl Sort {
    fn word(self) -> &'static str {
        match self {
            Sort::Security => "security",
            Sort::Unified => "Microsoft 365",
        }
    }
}

/// Where a group is found by its unique name.
pub(super) fn by_name(name: &str) -> String {
    format!("/groups(uniqueName='{}')", segment(name))
}

/// The id of the group of this unique name; none if there is none (or none yet).
pub(super) fn id_of(name: &str) -> Result<Option<String>, Problem> {
    let response = Request::get(ENDPOINT, by_name(name)).query("$select", "id,uniqueName").send()?;
    match response.status {
        404 => Ok(None),
        _ => graph::accept(response, "cannot read a group")?.json().map(|found: Found| Some(found.id)),
    }
}

/// Makes a group, unless it is there: then its answer was lost.
pub(super) fn perform_create(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let Aim { department, sort } = task.read_payload()?;
    let office = Office::of(deployment)?;
    if !office.uses(Feature::Groups)? {
        return Ok(Outcome::nothing());
    }
    let name = sort.name(&deployment.id, department);
    ledger::intend(GROUP, &name)?;
    let id = match id_of(&name) {
        Ok(Some(id)) => id,
        Ok(None) => {
            let request = Request::patch_json(ENDPOINT, by_name(&name), &properties(deployment, department, sort));
            let response = request.header("prefer", "create-if-missing").send()?;
            if response.status == 403 {
                return refused(&office, &name, Refusal::of(&response).problem("the tenant lets no groups be made"));
            }
            let response = graph::accept(response, &format!("cannot make the group {name}"))?;
            if response.body.is_empty() {
                // It was there before, and nothing shows it yet.
                let message = format!("the group {name} is not known everywhere yet");
                return Err(Problem::not_ready("replicating", message).at(time::now() + PAUSE));
            }
            response.json::<Found>()?.id
        }
        Err(problem) if problem.kind == ProblemKind::Denied => {
            return refused(&office, &name, problem);
        }
        Err(problem) => return Err(problem),
    };
    ledger::created(GROUP, &name, &id)?;
    let mut grouped = Grouped::of(department)?;
    match sort {
        Sort::Security => grouped.security = Some(id.clone()),
        Sort::Unified => grouped.unified = Some(id.clone()),
    }
    grouped.save(department)?;
    let activity = told(CREATE, department, &id);
    Ok(Outcome::activity(activity).then(fill(department, sort, time::now())?))
}

/// Without the permission there are no groups, and so no teams.
fn refused(office: &Office, name: &str, problem: Problem) -> Result<Outcome, Problem> {
    ledger::released(GROUP, name)?;
    go_without(office, &[Feature::Groups, Feature::Teams], &problem.message)?;
    Ok(Outcome::nothing())
}

fn properties(deployment: &Deployment, department: Department, sort: Sort) -> Value {
    let name = sort.name(&deployment.id, department);
    let description = format!("Simulated by haymaker ({})", deployment.id);
    match sort {
        Sort::Security => json!({
            "displayName": format!("{} (access)", department.name()),
            "description": description,
            "mailNickname": name,
            "mailEnabled": false,
            "securityEnabled": true,
        }),
        Sort::Unified => json!({
            "displayName": department.name(),
            "description": description,
            "mailNickname": name,
            "mailEnabled": true,
            "securityEnabled": false,
            "groupTypes": ["Unified"],
            "visibility": "Private",
            "resourceBehaviorOptions": ["WelcomeEmailDisabled", "SubscribeNewGroupMembers"],
        }),
    }
}

/// Puts into a group whom it lacks: its owner first, then members.
pub(super) fn perform_fill(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let Aim { department, sort } = task.read_payload()?;
    let grouped = Grouped::of(department)?;
    let office = Office::of(deployment)?;
    if !office.uses(Feature::Groups)? {
        return Ok(Outcome::nothing());
    }
    let Some(id) = grouped.id(sort) else {
        let message = format!("{} has no {} group", department.name(), sort.word());
        return Err(Problem::invalid("no-group", message));
    };
    let people = users(&office, department)?;
    let Some(owner) = people.first() else { return Ok(Outcome::nothing()) };
    let group = format!("/groups/{}", segment(id));
    let base = base_url(ENDPOINT)?;

    let Some(owners) = found(&format!("{group}/owners"))? else { return Err(young(task, id)) };
    if !owners.contains(owner) {
        let body = json!({"@odata.id": format!("{base}/users/{owner}")});
        // Adding an owner who is there already changes nothing.
        let request = Request::post_json(ENDPOINT, format!("{group}/owners/$ref"), &body).effect(Effect::Repeatable);
        added(task, id, request, "cannot give a group its owner")?;
    }
    let Some(members) = found(&format!("{group}/members"))? else { return Err(young(task, id)) };
    let missing: Vec<&String> = people.iter().filter(|user| !members.contains(*user)).collect();
    for some in missing.chunks(AT_ONCE) {
        let links: Vec<String> = some.iter().map(|user| format!("{base}/users/{user}")).collect();
        let request = Request::patch_json(ENDPOINT, &*group, &json!({"members@odata.bind": links}));
        added(task, id, request, "cannot put people into a group")?;
    }
    Ok(Outcome::activity(told(FILL, department, id)))
}

/// The users of a department who have an account, by id, in the order of their numbers.
fn users(office: &Office, department: Department) -> Result<Vec<String>, Problem> {
    let mut users = Vec::new();
    for person in colleagues(office, department) {
        users.extend(Account::of(&person.worker)?.map(|account| account.user_id));
    }
    Ok(users)
}

/// The people of a department.
fn colleagues(office: &Office, department: Department) -> impl Iterator<Item = &Person> {
    let places = office.people.iter().zip(&office.places);
    places.filter(move |(_, place)| place.department == department).map(|(person, _)| person)
}

/// Those who are in a group, by id; none while the group is not known everywhere.
fn found(target: &str) -> Result<Option<Vec<String>>, Problem> {
    let request = Request::get(ENDPOINT, target).query("$select", "id").query("$top", "999");
    match graph::collect::<Found>(request, "cannot read who is in a group") {
        Ok(found) => Ok(Some(found.into_iter().map(|found| found.id).collect())),
        Err(problem) if problem.code == "Request_ResourceNotFound" => Ok(None),
        Err(problem) => Err(problem),
    }
}

/// The directory has not caught up: for a while that is no failure.
fn young(task: &Task, id: &str) -> Problem {
    let (now, message) = (time::now(), format!("the directory does not know all of the group {id} everywhere yet"));
    if now < task.due + PATIENCE {
        Problem::not_ready("replicating", message).at(now + PAUSE)
    } else {
        Problem::failed("group-late", message)
    }
}

/// Sends a request that adds people. Some may be there already, where an answer was lost: whoever is missing then is
/// found by another look.
fn added(task: &Task, id: &str, request: Request, what: &str) -> Result<(), Problem> {
    let response = request.send()?;
    if response.is_success() {
        return Ok(());
    }
    let refusal = Refusal::of(&response);
    Err(if refusal.is_duplicate() || response.status == 404 { young(task, id) } else { refusal.problem(what) })
}
