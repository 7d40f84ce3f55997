//! Signing workers in, so that they speak for themselves.
//!
//! A worker's generated password is kept until the host has redeemed it, or the tenant has said that it will not have it
//! so; then it is forgotten. Whoever is refused goes without Teams. Under `auto` the first worker's refusal is
//! everybody's: what stops one (a second factor that the tenant wants of all) stops the others.

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, ProblemKind, Task,
    http::{Effect, Request, segment},
    journal, log, secrets, state,
    time::{self, HOUR, MINUTE, SECOND},
};

use super::{OPEN, SIGN_IN, TRY, reading::spoken};
use crate::{
    config::{Feature, TeamsMode},
    graph::{self, ENDPOINT, Refusal},
    groups::{Grouped, go_without},
    naming,
    office::{self, Account, Office, TENANT, Tenant},
    openings::is_done,
    people::Person,
    provision,
};

/// Entra's code for a user whom it does not know, or not yet.
const UNKNOWN_USER: &str = "AADSTS50034";

/// The pause before somebody is signed in again whom the directory does not know everywhere yet.
const PAUSE: u64 = 10 * SECOND;

/// How long a new user may stay unknown; an assumption, far above what is seen.
const PATIENCE: u64 = 10 * MINUTE;

/// How long Teams may take until it lets a new member into a team: "up to 24 hours", says Microsoft's documentation.
const MEMBERSHIP: u64 = 24 * HOUR;

/// State: that the host speaks for a worker.
fn voice_key(worker: &str) -> String {
    state::actor_key(&Feature::Teams.actor(worker), "voice")
}

/// Whether the host speaks for a worker.
///
/// # Errors
/// The state's.
pub fn has_voice(worker: &str) -> Result<bool, Problem> {
    let worker = naming::worker_of_actor(worker);
    let voice = Account::of(worker)?.is_some_and(|account| account.voice);
    Ok(voice || state::load(&voice_key(worker))?.unwrap_or(false))
}

/// Whether a worker's password is needed after its account was made.
///
/// # Errors
/// The state's.
pub fn keeps_password(office: &Office) -> Result<bool, Problem> {
    Ok(office.config.signs_in() || (office.config.teams_mode.has_passwords() && office.uses(Feature::Teams)?))
}

/// The name of a worker's password.
fn secret(worker: &str) -> String {
    format!("password-{worker}")
}

/// Forgets everybody's password.
///
/// # Errors
/// The host's.
pub fn forget_passwords(office: &Office) -> Result<(), Problem> {
    office.people.iter().try_for_each(|person| secrets::forget(&secret(&person.worker)))
}

/// The attempt that decides for all; none where nobody's password is redeemed, or everybody tries for themselves.
pub fn first_voice(office: &Office, now: Instant) -> Option<Task> {
    let first = office.people.iter().find(|person| provision::is_made(office, person))?;
    (office.config.teams_mode == TeamsMode::Auto && !office.config.signs_in())
        .then(|| Task::new("teams/try", TRY, TENANT, now).summary(format!("tries to sign {} in", first.name())))
}

/// The signing in of everybody who has an account.
///
/// # Errors
/// The state's.
pub fn voices(office: &Office, now: Instant) -> Result<Vec<Task>, Problem> {
    // Whoever acts for themselves has signed in before they began.
    if !keeps_password(office)? || office.config.signs_in() {
        return Ok(Vec::new());
    }
    let able = office.people.iter().filter(|person| provision::is_made(office, person));
    let task = |person: &Person| {
        let id = format!("worker/{}/sign-in", person.worker);
        let actor = Feature::Teams.actor(&person.worker);
        Task::new(id, SIGN_IN, actor, now).summary(format!("signs {} in", person.name()))
    };
    Ok(able.map(task).collect())
}

/// Signs a worker in who does everything in its own name. One who is refused does nothing, and is no worker.
///
/// # Errors
/// `not-ready` while the directory does not know it everywhere; `invalid` with `sign-in-refused`.
pub fn perform_own(deployment: &Deployment, task: &Task) -> Result<Activity, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    match sign_in(&office, task, person)? {
        Answer::Voice => Account { voice: true, ..Account::required(task)? }.save(&person.worker)?,
        Answer::Refused(why) => {
            // Its password is kept, sealed, until the user is deleted: the step may be tried again.
            let name = person.name();
            let message = format!(
                "{name} cannot sign in with a password ({why}); write act_as=app, or use a tenant that lets it"
            );
            return Err(Problem::invalid("sign-in-refused", message));
        }
    }
    office.told(Activity::infrastructure(task.kind.as_str()), person, &address(&office, person)?, &user(person)?)
}

/// What became of signing somebody in.
enum Answer {
    /// The host speaks for them.
    Voice,
    /// They are not let in so, for this reason.
    Refused(String),
}

/// Has the host redeem a worker's password.
fn sign_in(office: &Office, task: &Task, person: &Person) -> Result<Answer, Problem> {
    let upn = office.address(person, &Tenant::required()?);
    match secrets::sign_in(&person.worker, &upn, &secret(&person.worker)) {
        Ok(()) => Ok(Answer::Voice),
        Err(problem) if problem.code == UNKNOWN_USER && time::now() < task.due + PATIENCE => {
            let message = format!("nobody can sign in as {upn} yet");
            Err(Problem::not_ready("replicating", message).at(time::now() + PAUSE))
        }
        Err(problem) if matches!(problem.kind, ProblemKind::Denied | ProblemKind::Unavailable) => {
            Ok(Answer::Refused(problem.message))
        }
        Err(problem) => Err(problem),
    }
}

/// Finds out whether workers may sign in with their passwords. If not, there is no Teams, and nobody's is kept.
pub(super) fn perform_try(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let Some(first) = office.people.iter().find(|person| provision::is_made(&office, person)) else {
        return Ok(Outcome::nothing());
    };
    if let Answer::Refused(why) = sign_in(&office, task, first)? {
        let why = format!("the tenant does not let workers sign in with a password ({why})");
        go_without(&office, &[Feature::Teams], &why)?;
    }
    Ok(Outcome::activity(office.told(
        Activity::infrastructure(TRY),
        first,
        &address(&office, first)?,
        &user(first)?,
    )?))
}

fn address(office: &Office, person: &Person) -> Result<String, Problem> {
    Ok(office.address(person, &Tenant::required()?))
}

fn user(person: &Person) -> Result<String, Problem> {
    Ok(Account::of(&person.worker)?.map(|account| account.user_id).unwrap_or_default())
}

/// Signs a worker in. One who is refused goes without Teams; that is no failure of anything else.
pub(super) fn perform_sign_in(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    if !keeps_password(&office)? {
        secrets::forget(&secret(&person.worker))?;
        return Ok(Outcome::nothing());
    }
    match sign_in(&office, task, person)? {
        Answer::Voice => state::save(&voice_key(&person.worker), &true)?,
        Answer::Refused(why) => {
            log::warn(format!("{} goes without Teams: {why}", person.name()));
            secrets::forget(&secret(&person.worker))?;
        }
    }
    let activity = Activity::infrastructure(SIGN_IN);
    Ok(Outcome::activity(office.told(activity, person, &address(&office, person)?, &user(person)?)?))
}

/// The look whether a worker is let into its team; none if it began, or before the host speaks for it, or its team has channels where
/// nobody signs in for it.
///
/// # Errors
/// The state's.
pub fn look(office: &Office, person: &Person, now: Instant) -> Result<Option<Task>, Problem> {
    let id = format!("worker/{}/teams", person.worker);
    if journal::get(&id).is_some() {
        return Ok(None);
    }
    let unsigned = matches!(office.config.teams_mode, TeamsMode::DeviceCode | TeamsMode::Migration);
    let begins = if unsigned { has_team(office, person)? } else { false };
    if !begins && !has_voice(&person.worker)? {
        return Ok(None);
    }
    let actor = Feature::Teams.actor(&person.worker);
    Ok(Some(Task::new(id, OPEN, actor, now).summary(format!("waits until {} is in the team", person.name()))))
}

fn has_team(office: &Office, person: &Person) -> Result<bool, Problem> {
    Ok(is_done(&format!("team/{}/channels", office.place(person)?.department.key())))
}

/// Sees whether a worker reads its team's first channel, with its own token; or the application, which imports.
pub(super) fn perform_open(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let grouped = Grouped::of(office.place(person)?.department)?;
    let (Some(team), Some(channel)) = (&grouped.unified, grouped.channels.first()) else {
        return Err(Problem::invalid("no-team", format!("the department of {} has no team", person.name())));
    };
    let target = format!("/teams/{}/channels/{}/messages", segment(team), segment(channel));
    let imports = office.config.teams_mode == TeamsMode::Migration;
    let request = spoken(Request::get(ENDPOINT, target).query("$top", "1"), (!imports).then_some(&*person.worker));
    let now = time::now();
    let waited = now.saturating_sub(task.due);
    let later =
        |code: &str, message: String| Problem::not_ready(code, message).at(now + (waited / 4).clamp(PAUSE, 5 * MINUTE));
    let response = match request.send() {
        // Somebody who has yet to type a code into a browser is waited for.
        Err(problem) if problem.kind == ProblemKind::Unavailable && problem.code == "speaker" => {
            return Err(later("speaker", format!("{} has not signed in", person.name())));
        }
        answer => answer?,
    };
    if matches!(response.status, 403 | 404) && waited < MEMBERSHIP {
        let refusal = Refusal::of(&response);
        let message = refusal.problem(&format!("{} is not let into the team yet", person.name())).message;
        return Err(later(&refusal.code, message));
    }
    graph::accept(response, "cannot read a channel of the team")?;
    office::open(&person.worker, Feature::Teams, now)?;
    if !imports {
        state::save(&voice_key(&person.worker), &true)?;
    }
    let activity = Activity::infrastructure(OPEN).with("team_id", &**team);
    Ok(Outcome::activity(office.told(activity, person, &address(&office, person)?, &user(person)?)?))
}

/// Ends what the host may say for a worker: the tenant's tokens first, then the host's memory of them and of its
/// password.
///
/// # Errors
/// Graph's.
pub fn silence(worker: &str, user_id: &str) -> Result<(), Problem> {
    if has_voice(worker)? {
        let target = format!("/users/{}/revokeSignInSessions", segment(user_id));
        // Sessions that were ended stay so.
        let request = Request::post(ENDPOINT, target).effect(Effect::Repeatable);
        let response = request.send()?;
        if response.status != 404 {
            graph::accept(response, "cannot end the sessions of a worker")?;
        }
    }
    secrets::forget_speaker(worker)?;
    secrets::forget(&secret(naming::worker_of_actor(worker)))
}
