//! What the application may do, held against what people are to use.
//!
//! The host tells of each feature which permissions the application's token lacks: then it is off from the beginning, and
//! nobody tries. Exchange can permit what no token shows, so of mail and calendars only a try tells. It is made once, for
//! everybody, in the mailbox of the first worker; the others are waited for when it is over.

use std::collections::BTreeMap;

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task, feature,
    http::{Request, Response},
    time::{self, SECOND},
};

use crate::{
    config::{ActAs, Feature, Source, TeamsMode},
    graph::{self, ENDPOINT, Refusal},
    groups,
    office::{Account, Office, TENANT},
    openings::is_done,
    people::Person,
};

/// The kind of the task that tries.
pub const TRY: &str = "features.try";

/// Its id.
pub const TRIED: &str = "features/try";

/// The pause before a mailbox is tried again that is not there yet.
const PAUSE: u64 = 30 * SECOND;

/// The manifest's word for what it takes to import messages.
const IMPORTS: &str = "teams.import";

/// The manifest's word for what it takes to have people at all.
fn making(source: &Source) -> &'static str {
    match source {
        Source::Create => "create_workers",
        Source::Group(_) => "adopt_workers",
    }
}

/// Asked-for features that the token rules out, each with the reason.
///
/// # Errors
/// `invalid` with `no-permission` when nobody could work, or nothing could be done.
pub fn ruled_out(office: &Office) -> Result<BTreeMap<Feature, String>, Problem> {
    let people = feature(making(&office.config.source))?.missing;
    if !people.is_empty() {
        let message =
            format!("there would be nobody to work: {}; grant it with an administrator's consent", lacks(&people));
        return Err(Problem::invalid("no-permission", message));
    }
    let mut off = BTreeMap::new();
    for wanted in office.config.features.iter().filter(|wanted| !is_their_own(office, *wanted)) {
        let missing = feature(wanted.key())?.missing;
        if !missing.is_empty() {
            off.insert(wanted, lacks(&missing));
        }
    }
    if office.config.teams_mode == TeamsMode::Migration {
        let missing = feature(IMPORTS)?.missing;
        if !missing.is_empty() {
            let why = lacks(&missing);
            let message = format!("teams_mode=migration was asked for: {why}; grant it, or write another teams_mode");
            return Err(Problem::invalid("no-permission", message));
        }
    }
    // A team is a group's.
    if let Some(why) = off.get(&Feature::Groups).cloned() {
        off.entry(Feature::Teams).or_insert(why);
    }
    off.retain(|known, _| office.config.features.has(*known));
    if !off.is_empty() && office.config.features.iter().all(|wanted| off.contains_key(&wanted)) {
        let all: Vec<String> = off.iter().map(|(feature, why)| format!("no {}: {why}", feature.key())).collect();
        return Err(Problem::invalid("no-permission", format!("there would be nothing to do: {}", all.join("; "))));
    }
    Ok(off)
}

fn lacks(missing: &[String]) -> String {
    format!("the application lacks {}", missing.join(", "))
}

/// Whether people do it with their own tokens, so that nothing depends on what the application itself may do.
fn is_their_own(office: &Office, feature: Feature) -> bool {
    let own = matches!(feature, Feature::Mail | Feature::Calendar | Feature::Documents);
    office.config.act_as == ActAs::Delegated && own
}

/// What is used in mailboxes.
const IN_MAILBOXES: [Feature; 2] = [Feature::Mail, Feature::Calendar];

/// Used features of which only a try tells.
fn doubtful(office: &Office) -> Result<Vec<(Feature, Vec<String>)>, Problem> {
    let mut doubtful = Vec::new();
    for used in IN_MAILBOXES.into_iter().filter(|used| !is_their_own(office, *used)) {
        let untold = feature(used.key())?.untold;
        if !untold.is_empty() && office.uses(used)? {
            doubtful.push((used, untold));
        }
    }
    Ok(doubtful)
}

/// The try, in this worker's mailbox; none where there is nothing to find out.
///
/// # Errors
/// The state's.
pub fn attempt(office: &Office, person: &Person, now: Instant) -> Result<Option<Task>, Problem> {
    if doubtful(office)?.is_empty() {
        return Ok(None);
    }
    let summary = format!("tries what the application may do in the mailbox of {}", person.name());
    Task::new(TRIED, TRY, TENANT, now).summary(summary).with_payload(&person.worker).map(Some)
}

/// Looks into a mailbox, by what is used there; none where nothing is.
///
/// # Errors
/// The host's.
pub fn look(office: &Office, user_id: &str) -> Result<Option<Response>, Problem> {
    for used in IN_MAILBOXES {
        if office.uses(used)? {
            return reach(used, user_id).map(Some);
        }
    }
    Ok(None)
}

fn reach(feature: Feature, user_id: &str) -> Result<Response, Problem> {
    let user = graph::user(user_id);
    match feature {
        Feature::Calendar => {
            let (from, until) = (time::now(), time::now() + SECOND);
            Request::get(ENDPOINT, format!("{user}/calendarView"))
                .query("startDateTime", &time::rfc3339(from))
                .query("endDateTime", &time::rfc3339(until))
                .query("$select", "id")
                .query("$top", "1")
                .send()
        }
        _ => Request::get(ENDPOINT, format!("{user}/mailFolders/inbox")).query("$select", "id").send(),
    }
}

/// Whether the try is still to tell: no mailbox is waited for before.
///
/// # Errors
/// The state's.
pub fn undecided(office: &Office) -> Result<bool, Problem> {
    Ok(!is_done(TRIED) && !doubtful(office)?.is_empty())
}

/// Tries, and goes without what is refused.
///
/// # Errors
/// Graph's; `not-ready` while there is no mailbox; `invalid` with `no-permission` when a feature is refused that was
/// asked for by name.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let worker: String = task.read_payload()?;
    let missing = || Problem::invalid("no-account", format!("{worker} has no account in the tenant"));
    let Account { user_id, .. } = Account::of(&worker)?.ok_or_else(missing)?;
    for (used, untold) in doubtful(&office)? {
        let response = reach(used, &user_id)?;
        match response.status {
            404 => {
                let message = format!("the mailbox of {worker} is not there yet");
                return Err(Problem::not_ready("mailbox", message).at(time::now() + PAUSE));
            }
            403 => {
                let told = Refusal::of(&response).problem("Exchange does not permit it elsewhere").message;
                let why = format!("{} ({told})", lacks(&untold));
                if office.config.features.named {
                    let message = format!("{} was asked for: {why}; grant it, or leave it out", used.key());
                    return Err(Problem::invalid("no-permission", message));
                }
                groups::go_without(&office, &[used], &why)?;
            }
            _ => {
                graph::accept(response, "cannot look into a mailbox")?;
            }
        }
    }
    Ok(Outcome::activity(Activity::infrastructure(TRY)))
}
