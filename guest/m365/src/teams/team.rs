//! The team of a department's group, and its channels.

use haymaker_guest::{
    Deployment, Instant, Outcome, Problem, Task,
    http::{Effect, Request, Response, segment},
    ledger, time,
};
use serde::Deserialize;
use serde_json::json;

use super::{CHANNEL, CHANNELS, CREATE, TEAM};
use crate::{
    config::Department,
    content,
    graph::{self, ENDPOINT, Refusal},
    groups::{self, Grouped},
    naming,
    office::TENANT,
};

/// The pause before a young group is tried again, three times, as Graph's documentation asks for.
const PAUSE: u64 = 10 * time::SECOND;

/// How long a group may take until it can become a team, and a team until it answers; an assumption, far above what is
/// seen.
const PATIENCE: u64 = time::HOUR;

/// A channel as it is found.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Channel {
    id: String,
    #[serde(default)]
    display_name: String,
}

/// The steps that make a department's team.
///
/// # Errors
/// None that a department has.
pub fn steps(department: Department, now: Instant) -> Result<Vec<Task>, Problem> {
    Ok(vec![create(department, now)?, channels(department, now)?])
}

fn create(department: Department, now: Instant) -> Result<Task, Problem> {
    Task::new(format!("team/{}", department.key()), CREATE, TENANT, now)
        .summary(format!("makes the team of {}", department.name()))
        .with_payload(&department)
}

fn channels(department: Department, now: Instant) -> Result<Task, Problem> {
    Task::new(format!("team/{}/channels", department.key()), CHANNELS, TENANT, now)
        .summary(format!("makes the channels of {}", department.name()))
        .with_payload(&department)
}

/// The id of a department's group, which its team has, too.
fn group(department: Department) -> Result<String, Problem> {
    let missing = || Problem::invalid("no-group", format!("{} has no group", department.name()));
    Grouped::of(department)?.unified.ok_or_else(missing)
}

/// Often at first, then rarely: while something is young, that is no failure.
fn young(task: &Task, code: &str, message: String) -> Problem {
    let now = time::now();
    let waited = now.saturating_sub(task.due);
    if waited < PATIENCE {
        Problem::not_ready(code, message).at(now + (waited / 3).clamp(PAUSE, 5 * time::MINUTE))
    } else {
        Problem::invalid("team-late", message)
    }
}

/// Makes the group a team; a team that is there already is found.
pub(super) fn perform_create(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let department: Department = task.read_payload()?;
    let (id, name) = (group(department)?, naming::group(&deployment.id, department.key()));
    ledger::intend(TEAM, &name)?;
    let target = format!("/groups/{}/team", segment(&id));
    // PUT makes it once, however often it is asked for.
    let request = Request { body: b"{}".to_vec(), ..Request::new(ENDPOINT, "PUT", target, Effect::Repeatable) };
    let response = request.header("content-type", "application/json").send()?;
    let refusal = || Refusal::of(&response);
    match response.status {
        409 => {}
        // 403: the owner's licence has not reached Teams.
        404 | 403 => {
            let refusal = refusal();
            return Err(young(task, &refusal.code, refusal.problem("the group is no team yet").message));
        }
        _ if response.is_success() => {}
        _ => return Err(refusal().problem("cannot make a team")),
    }
    ledger::created(TEAM, &name, &id)?;
    let activity = groups::told(CREATE, department, &id).with("team_id", &*id);
    Ok(Outcome::activity(activity).then(channels(department, time::now())?))
}

/// Makes the channels that the team lacks, and remembers all of them in their order.
pub(super) fn perform_channels(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let department: Department = task.read_payload()?;
    let (id, name) = (group(department)?, naming::group(&deployment.id, department.key()));
    let target = format!("/teams/{}/channels", segment(&id));
    let response = Request::get(ENDPOINT, &*target).query("$select", "id,displayName").send()?;
    if matches!(response.status, 403 | 404) {
        let refusal = Refusal::of(&response);
        return Err(young(task, &refusal.code, refusal.problem("the team is not there yet").message));
    }
    let known: Vec<Channel> = listed(response)?;
    let mut ids = Vec::new();
    for channel in content::channels(department) {
        let entry = format!("{name}/{channel}");
        ledger::intend(CHANNEL, &entry)?;
        let found = known.iter().find(|known| known.display_name.eq_ignore_ascii_case(channel));
        let channel_id = match found {
            Some(found) => found.id.clone(),
            None => {
                let body = json!({"displayName": channel, "membershipType": "standard"});
                // A second channel of one name is refused.
                let request = Request::post_json(ENDPOINT, &*target, &body).effect(Effect::Repeatable);
                let response = request.send()?;
                let refusal = Refusal::of(&response);
                if !response.is_success() && refusal.is_duplicate() {
                    return Err(young(task, "lagging", format!("the channel {channel} is not listed yet")));
                }
                graph::accept(response, &format!("cannot make the channel {channel}"))?.json::<Channel>()?.id
            }
        };
        ledger::created(CHANNEL, &entry, &channel_id)?;
        ids.push(channel_id);
    }
    Grouped { channels: ids, ..Grouped::of(department)? }.save(department)?;
    Ok(Outcome::activity(groups::told(CHANNELS, department, &id).with("team_id", &*id)))
}

fn listed(response: Response) -> Result<Vec<Channel>, Problem> {
    #[derive(Deserialize)]
    struct Page {
        value: Vec<Channel>,
    }
    let page: Page = graph::accept(response, "cannot read the channels of a team")?.json()?;
    Ok(page.value)
}
