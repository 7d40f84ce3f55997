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
    config::{Feature, TeamsMode},
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
    /// How far it is.
    stage: Stage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stage {
    /// Rooms are opened.
    Open,
    /// They are being completed.
    Closing,
    /// All are.
    Over,
}

/// A part of the rooms that are completed, from 1.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Part {
    number: usize,
    of: usize,
}

/// Actor state: the rooms that are open as far as somebody knows.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Known {
    session: u32,
    rooms: BTreeSet<String>,
}

/// Sees to it that a session is under way, if messages are imported.
///
/// # Errors
/// The state's.
pub fn begin(office: &Office) -> Result<(), Problem> {
    let last: Option<Session> = state::load(SESSION)?;
    let is_open = last.is_some_and(|last| last.stage == Stage::Open);
    if is_open || office.config.teams_mode != TeamsMode::Migration || !office.uses(Feature::Teams)? {
        return Ok(());
    }
    let number = last.map_or(0, |last| last.number) + 1;
    state::save(SESSION, &Session { number, stage: Stage::Open })
}

/// What is to be done, from a moment on, before others can write where messages were imported; `during` tells attempts
/// apart.
///
/// # Errors
/// The state's.
pub fn end(during: &str, from: Instant) -> Result<Work, Problem> {
    let Some(session) = state::load::<Session>(SESSION)?.filter(|session| session.stage != Stage::Over) else {
        return Ok(Work::default());
    };
    let prefix = format!("teams/imports/{}/{during}", session.number);
    let of = rooms().len().div_ceil(AT_ONCE).max(1);
    let task = |number: usize| {
        let part = Part { number, of };
        let task = Task::new(format!("{prefix}/{number}"), CLOSE, TENANT, from);
        task.summary("completes the import of messages").with_payload(&part).map(|task| steps::next([task]))
    };
    let chains: Vec<_> = (1..=of).map(task).collect::<Result<_, Problem>>()?;
    let work = steps::decide(chains, &format!("{prefix}/retries"), from)?;
    let stage = if work.goes_on() || !work.lost.is_empty() { Stage::Closing } else { Stage::Over };
    if stage != session.stage {
        state::save(SESSION, &Session { stage, ..session })?;
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
    if is_open(room)? != Some(true) {
        start(room, session)?;
    }
    known.session = session;
    known.rooms.insert(room.path());
    state::save(&key, &known)
}

/// Begins to import messages into a room.
fn start(room: &Room, session: u32) -> Result<(), Problem> {
    // Nothing older than this can be imported. Each session names an earlier moment than the one before, as Graph wants.
    let begun = Run::known()?.map_or_else(time::now, |run| run.begun);
    let from = begun.saturating_sub(u64::from(session) * MINUTE);
    let body = json!({"conversationCreationDateTime": time::rfc3339(from)});
    let request = Request::post_json(ENDPOINT, format!("{}/startMigration", room.path()), &body);
    let response = request.effect(Effect::Repeatable).send()?;
    let refusal = Refusal::of(&response);
    if !response.is_success() && is_open(room)? != Some(true) {
        // Somebody else may have begun it meanwhile.
        return Err(refusal.problem("cannot begin to import messages"));
    }
    Ok(())
}

/// Completes some rooms.
pub(super) fn perform_close(_: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let Part { number, of } = task.read_payload()?;
    let rooms = rooms();
    // The last part takes what was made since it was planned, too.
    let count = if number == of { usize::MAX } else { AT_ONCE };
    let mut outcome = Outcome::nothing();
    for room in rooms.iter().skip(number.saturating_sub(1) * AT_ONCE).take(count) {
        let request = Request::post(ENDPOINT, format!("{}/completeMigration", room.path()));
        let response = request.effect(Effect::Repeatable).send()?;
        let refusal = Refusal::of(&response);
        // Refused where it is completed already: nobody was told, if this is a rerun.
        match if response.is_success() { Some(false) } else { is_open(room)? } {
            Some(true) => return Err(refusal.problem("cannot complete the import of messages")),
            Some(false) => outcome.activities.push(room.tell(Activity::infrastructure(CLOSE))),
            None => {}
        }
    }
    Ok(outcome)
}
