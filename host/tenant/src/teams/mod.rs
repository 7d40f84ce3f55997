//! Teams: teams with their channels, chats, and what people post in both.
//!
//! A team is a group that became one; who is in it stands with the group. A channel and a chat are both a *thread*: an
//! ordered list of posts, some of them answers to others. An application may make all of this, but it cannot speak: posts
//! come from users, or are imported while a thread is being migrated.

pub(crate) mod channels;
pub(crate) mod chats;
pub(crate) mod members;
pub(crate) mod migration;
pub(crate) mod posts;
pub(crate) mod reactions;
#[allow(clippy::module_inception, reason = "the operations on teams, beside those on what is in them")]
pub(crate) mod teams;

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::{Actor, Call};
use crate::tenant::State;

/// Whether a thread is being filled from elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Migration {
    #[default]
    Never,
    InProgress,
    Completed,
}

impl Migration {
    /// As Graph's `migrationMode`.
    fn word(self) -> Option<&'static str> {
        match self {
            Migration::Never => None,
            Migration::InProgress => Some("inProgress"),
            Migration::Completed => Some("completed"),
        }
    }
}

/// A reaction to a post.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reaction {
    pub(crate) kind: String,
    user: Uuid,
    at: u64,
}

/// A post in a channel or a chat.
#[derive(Debug, Clone)]
pub(crate) struct Post {
    /// Milliseconds since 1970, made unique in its thread: so Teams names posts.
    pub(crate) id: u64,
    /// The post that this one answers.
    pub(crate) answers: Option<u64>,
    pub(crate) from: Option<Uuid>,
    pub(crate) properties: Map<String, Value>,
    pub(crate) created: u64,
    modified: u64,
    edited: Option<u64>,
    pub(crate) reactions: Vec<Reaction>,
    imported: bool,
}

/// Where posts stand.
#[derive(Debug, Clone, Default)]
pub(crate) struct Thread {
    pub(crate) posts: BTreeMap<u64, Post>,
    pub(crate) migration: Migration,
}

/// A channel of a team.
#[derive(Debug, Clone)]
pub(crate) struct Channel {
    pub(crate) id: String,
    properties: Map<String, Value>,
    created: u64,
    primary: bool,
    pub(crate) thread: Thread,
}

impl Channel {
    pub(crate) fn name(&self) -> &str {
        self.properties.get("displayName").and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a team is beside its group.
#[derive(Debug, Clone)]
pub(crate) struct Team {
    properties: Map<String, Value>,
    created: u64,
    /// From when on it is there.
    ready: u64,
    archived: bool,
    pub(crate) channels: BTreeMap<String, Channel>,
    migration: Migration,
}

/// A chat.
#[derive(Debug, Clone)]
pub(crate) struct Chat {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) members: Vec<Uuid>,
    pub(crate) topic: Option<String>,
    created: u64,
    updated: u64,
    pub(crate) thread: Thread,
}

/// Something that takes a while.
#[derive(Debug, Clone)]
struct Operation {
    kind: &'static str,
    team: Uuid,
    begun: u64,
    done: u64,
}

/// All teams, chats and what is under way.
#[derive(Default)]
pub(crate) struct Teams {
    teams: BTreeMap<Uuid, Team>,
    pub(crate) chats: BTreeMap<String, Chat>,
    operations: BTreeMap<String, Operation>,
}

impl Teams {
    /// The team of this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&Team> {
        self.teams.get(&id)
    }

    /// How many posts stand in all threads.
    pub(crate) fn posts(&self) -> usize {
        let channels =
            self.teams.values().flat_map(|team| team.channels.values()).map(|channel| channel.thread.posts.len());
        channels.chain(self.chats.values().map(|chat| chat.thread.posts.len())).sum()
    }
}

/// The id of the team that the path names, whose group lives and which is there by now. A user must be in it.
fn team_id(call: &Call<'_>, state: &State) -> Result<Uuid, Fault> {
    let key = if call.operation.place("team-id").is_some() { call.of("team-id") } else { call.of("group-id") };
    let unknown = || Fault::teams_not_found(format!("No team found with Group Id {key}"));
    let id = Uuid::try_parse(key).map_err(|_| Fault::bad_request("teamId needs to be a valid GUID."))?;
    let group = state.groups.get(id).ok_or_else(unknown)?;
    let team = state.teams.teams.get(&id).filter(|team| call.now >= team.ready);
    team.ok_or_else(unknown)?;
    match call.actor {
        Actor::User(user) if !group.members.contains(&user) && !group.owners.contains(&user) => {
            Err(Fault::teams_forbidden("You do not have access to the requested resource."))
        }
        _ => Ok(id),
    }
}

fn team<'s>(call: &Call<'_>, state: &'s State) -> Result<(Uuid, &'s Team), Fault> {
    let id = team_id(call, state)?;
    state.teams.teams.get(&id).map(|team| (id, team)).ok_or_else(|| Fault::teams_not_found("No team found."))
}

fn team_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Team, Fault> {
    let id = team_id(call, state)?;
    state.teams.teams.get_mut(&id).ok_or_else(|| Fault::teams_not_found("No team found."))
}

/// The chat that the path names, if the caller may see it.
fn chat<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Chat, Fault> {
    let key = call.of("chat-id");
    let unknown = || Fault::teams_not_found("Failed to execute backend request: the chat was not found.");
    let chat = state.teams.chats.get(key).ok_or_else(unknown)?;
    let allowed = match call.actor {
        Actor::App => call.operation.place("user-id").is_none() || owner_in(call, state, chat),
        Actor::User(user) => chat.members.contains(&user),
    };
    if allowed { Ok(chat) } else { Err(Fault::teams_forbidden("User is not a member of the chat.")) }
}

fn owner_in(call: &Call<'_>, state: &State, chat: &Chat) -> bool {
    let user = state.directory.find(call.of("user-id"), call.settings, call.now);
    user.is_some_and(|user| chat.members.contains(&user.id))
}

/// The thread that the path names: of a channel, or of a chat.
fn thread<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Thread, Fault> {
    if call.operation.place("chat-id").is_some() {
        return chat(call, state).map(|chat| &chat.thread);
    }
    let (_, team) = team(call, state)?;
    channels::in_team(call, team).map(|channel| &channel.thread)
}

fn thread_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Thread, Fault> {
    thread(call, state)?;
    let gone = || Fault::teams_not_found("The thread was not found.");
    if call.operation.place("chat-id").is_some() {
        let chat = state.teams.chats.get_mut(call.of("chat-id")).ok_or_else(gone)?;
        chat.updated = call.now;
        return Ok(&mut chat.thread);
    }
    let team = team_mut(call, state)?;
    team.channels.get_mut(call.of("channel-id")).map(|channel| &mut channel.thread).ok_or_else(gone)
}

/// When the thread that the path names began.
fn begun(call: &Call<'_>, state: &State) -> Result<u64, Fault> {
    if call.operation.place("chat-id").is_some() {
        return chat(call, state).map(|chat| chat.created);
    }
    let (_, team) = team(call, state)?;
    channels::in_team(call, team).map(|channel| channel.created)
}

fn begun_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut u64, Fault> {
    let gone = || Fault::teams_not_found("The thread was not found.");
    if call.operation.place("chat-id").is_some() {
        return state.teams.chats.get_mut(call.of("chat-id")).map(|chat| &mut chat.created).ok_or_else(gone);
    }
    let team = team_mut(call, state)?;
    team.channels.get_mut(call.of("channel-id")).map(|channel| &mut channel.created).ok_or_else(gone)
}

/// Says for the logs what was done with a post in the thread that the path names.
fn tell(call: &Call<'_>, state: &State, operation: &'static str, post: u64) {
    if let Ok(chat) = chat(call, state) {
        call.did(|| audit::chat(operation, state, chat, Some(post)));
    } else if let Ok((id, team)) = team(call, state)
        && let Ok(channel) = channels::in_team(call, team)
    {
        call.did(|| audit::channel(operation, state, id, channel, Some(post)));
    }
}

/// The user of a member in a body: `user@odata.bind`, or `userId`.
fn bound(call: &Call<'_>, state: &State, member: &Value) -> Result<Uuid, Fault> {
    let reference = member.get("user@odata.bind").and_then(Value::as_str);
    let key = reference.and_then(crate::directory::relations::referred);
    let key =
        key.ok_or_else(|| Fault::bad_request("Bind requests not containing 'user@odata.bind' are not supported."))?;
    let user = state.directory.find(&key, call.settings, call.now);
    user.map(|user| user.id).ok_or_else(|| Fault::teams_not_found(format!("User with id '{key}' was not found.")))
}

fn roles(member: &Value) -> Vec<String> {
    let roles = member.get("roles").and_then(Value::as_array).into_iter().flatten();
    roles.filter_map(Value::as_str).map(str::to_owned).collect()
}
