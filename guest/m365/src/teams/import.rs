//! Importing: the application puts what people say into Teams, under their names and at its time, where they cannot
//! sign in themselves.
//!
//! A channel or a chat takes imported messages while it is in migration mode. Nobody else can write in it meanwhile, and
//! clients show a banner. So it is opened by whoever speaks there first in a *session*, which lasts until the deployment
//! rests; then all that were opened are completed. Reactions cannot be imported.

use std::collections::BTreeSet;

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task,
    http::{Effect, Request},
    ledger, state,
    time::{self, MINUTE},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CHANNEL, CHAT, CLOSE, TEAM, reading::Room};
use crate::{
    config::TeamsMode,
    deploy::Run,
    graph::{self, ENDPOINT, Refusal},
    office::{Office, TENANT},
    steps::{self, Work},
};

/// State: the [`Session`].
const SESSION: &str = "teams/imports";

/// How many rooms one task completes.
const AT_ONCE: usize = 20;

/// From the deployment's beginning to its end or rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    /// Its number, from 1.
    number: u32,
    /// Whether everything that it opened is completed.
    over: bool,
}

/// Actor state: the rooms that are open as far as somebody knows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    session: u32,
    rooms: BTreeSet<String>,
}

/// Begins a session, if messages are imported; a new one after a rest.
///
/// # Errors
/// The state's.
pub fn begin(office: &Office, rested: bool) -> Result<(), Problem> {
    if office.config.teams_mode != TeamsMode::Migration {
        return Ok(());
    }
    let last: Option<Session> = state::load(SESSION)?;
    match last {
        Some(_) if !rested => Ok(()),
        last => {
            let number = last.map_or(0, |last| last.number) + 1;
            state::save(SESSION, &Session { number, over: false })
        }
    }
}

/// What is to be done before others can write where messages were imported; `during` tells attempts apart.
///
/// # Errors
/// The state's.
pub fn end(during: &str, now: Instant) -> Result<Work, Problem> {
    let Some(session) = state::load::<Session>(SESSION)?.filter(|session| !session.over) else {
        return Ok(Work::default());
    };
    let prefix = format!("teams/imports/{}/{during}", session.number);
    let parts = 1..=rooms().len().div_ceil(AT_ONCE);
    let task = |part: usize| {
        let task =
            Task::new(format!("{prefix}/{part}"), CLOSE, TENANT, now).summary("completes the import of messages");
        task.with_payload(&part).map(|task| steps::next([task]))
    };
    let chains: Vec<_> = parts.map(task).collect::<Result<_, Problem>>()?;
    let work = steps::decide(chains, &format!("{prefix}/retries"), now)?;
    if !work.goes_on() && work.lost.is_empty() {
        state::save(SESSION, &Session { over: true, ..session })?;
    }
    Ok(work)
}

/// All rooms of the deployment, in the ledger's order.
fn rooms() -> Vec<Room> {
    let entries = ledger::entries();
    let team = |group: &str| {
        let team = entries.iter().find(|entry| entry.kind == TEAM && entry.name == group);
        team.and_then(|team| team.remote_id.clone())
    };
    let room = |entry: &ledger::Entry| {
        let id = entry.remote_id.clone()?;
        match entry.kind.as_str() {
            CHAT => Some(Room::Chat(id)),
            CHANNEL => Some(Room::Channel { team: team(entry.name.split_once('/')?.0)?, channel: id }),
            _ => None,
        }
    };
    entries.iter().filter_map(room).collect()
}

/// Whether a room takes imported messages; none if it is gone.
fn is_open(room: &Room) -> Result<Option<bool>, Problem> {
    let response = Request::get(ENDPOINT, room.path()).send()?;
    if response.status == 404 {
        return Ok(None);
    }
    let shown: Value = graph::accept(response, "cannot see whether messages are imported")?.json()?;
    Ok(Some(shown.get("migrationMode").and_then(Value::as_str) == Some("inProgress")))
}

/// Opens a room for a worker who is about to speak there.
///
/// # Errors
/// Graph's, and the state's.
pub(super) fn open(task: &Task, room: &Room) -> Result<(), Problem> {
    let session = state::load::<Session>(SESSION)?.map_or(0, |session| session.number);
    let key = state::actor_key(&task.actor, "imports");
    let mut known = state::load::<Known>(&key)?.filter(|known| known.session == session).unwrap_or_default();
    if known.rooms.contains(&room.path()) {
        return Ok(());
    }
    // Nothing older than this can be imported. Each session names an earlier moment than the one before, as Graph wants.
    let begun = Run::known()?.map_or_else(time::now, |run| run.begun);
    let from = begun.saturating_sub(u64::from(session) * MINUTE);
    let body = json!({"conversationCreationDateTime": time::rfc3339(from)});
    let request = Request::post_json(ENDPOINT, format!("{}/startMigration", room.path()), &body);
    let response = request.effect(Effect::Repeatable).send()?;
    let refusal = Refusal::of(&response);
    if !response.is_success() && is_open(room)? != Some(true) {
        return Err(refusal.problem("cannot begin to import messages"));
    }
    known.session = session;
    known.rooms.insert(room.path());
    state::save(&key, &known)
}

/// Completes some rooms.
pub(super) fn perform_close(_: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let part: usize = task.read_payload()?;
    let rooms = rooms();
    let mut outcome = Outcome::nothing();
    for room in rooms.chunks(AT_ONCE).nth(part.saturating_sub(1)).unwrap_or_default() {
        let request = Request::post(ENDPOINT, format!("{}/completeMigration", room.path()));
        let response = request.effect(Effect::Repeatable).send()?;
        let refusal = Refusal::of(&response);
        if response.is_success() {
            outcome.activities.push(room.tell(Activity::infrastructure(CLOSE)));
        } else if is_open(room)? == Some(true) {
            return Err(refusal.problem("cannot complete the import of messages"));
        }
    }
    Ok(outcome)
}
