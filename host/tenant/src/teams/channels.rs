//! The operations on channels.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Channel, Migration, Team, Thread, members, team, team_id, team_mut};
use crate::audit;
use crate::files::items;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Call, Reply};
use crate::ids;
use crate::odata::collection::{self, merged};
use crate::odata::{Catalog, Filterable, Kind, Property};
use crate::tenant::State;
use crate::time;

/// How many standard channels a team has at most, as documented.
const MOST: usize = 1000;

static CHANNEL: Fields = Fields {
    name: "channel",
    fields: &[
        ("displayName", Shape::Text),
        ("description", Shape::Text),
        ("membershipType", Shape::Word(&["standard", "private", "shared"])),
        ("isFavoriteByDefault", Shape::Bool),
        ("layoutType", Shape::Word(&["post", "chat"])),
        ("createdDateTime", Shape::Time),
        ("members", Shape::Ignored),
    ],
};

const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.channel",
    directory: false,
    properties: &[
        Property { name: "id", kind: Kind::Text, filter: Filterable::Equal, usual: true },
        Property { name: "displayName", kind: Kind::Text, filter: Filterable::Full, usual: true },
        Property { name: "description", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "membershipType", kind: Kind::Text, filter: Filterable::Equal, usual: true },
        Property { name: "createdDateTime", kind: Kind::Time, filter: Filterable::No, usual: true },
        Property { name: "webUrl", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "email", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "tenantId", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "isArchived", kind: Kind::Bool, filter: Filterable::No, usual: true },
    ],
};

/// The id of a thread of Teams.
pub(super) fn thread_id(team: Uuid, name: &str) -> String {
    format!("19:{}@thread.tacv2", hex::encode(ids::short(ids::digest(&[b"thread", team.as_bytes(), name.as_bytes()]))))
}

fn new(id: String, properties: Map<String, Value>, created: u64, migration: Migration) -> Channel {
    Channel { id, properties, created, primary: false, thread: Thread { migration, ..Thread::default() } }
}

/// The channel that every team begins with.
pub(super) fn first(call: &Call<'_>, team: Uuid, name: String, migration: Migration) -> Channel {
    let mut properties = Map::new();
    properties.insert("displayName".to_owned(), Value::String(name));
    Channel { primary: true, ..new(thread_id(team, "general"), properties, call.now, migration) }
}

fn render(call: &Call<'_>, team: Uuid, channel: &Channel) -> Value {
    let base = json!({
        "id": channel.id,
        "createdDateTime": time::seconds(channel.created),
        "displayName": "",
        "description": null,
        "email": "",
        "tenantId": call.settings.tenant_id,
        "webUrl": format!("https://teams.microsoft.com/l/channel/{}/x?groupId={team}&tenantId={}", channel.id, call.settings.tenant_id),
        "membershipType": "standard",
        "isArchived": false,
    });
    let mut shown = merged(base, &channel.properties);
    if let (Some(mode), Some(fields)) = (channel.thread.migration.word(), shown.as_object_mut()) {
        fields.insert("migrationMode".to_owned(), json!(mode));
    }
    shown
}

/// The channel of the team that the path names.
pub(super) fn in_team<'t>(call: &Call<'_>, team: &'t Team) -> Result<&'t Channel, Fault> {
    let channel = team.channels.get(call.of("channel-id"));
    channel.ok_or_else(|| Fault::teams_not_found("The channel was not found."))
}

/// `GET /teams/{id}/channels`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, team) = team(call, state)?;
    let mut channels: Vec<&Channel> = team.channels.values().collect();
    channels.sort_by_key(|channel| (!channel.primary, channel.created, channel.id.clone()));
    let shown = channels.into_iter().map(|channel| render(call, id, channel)).collect();
    collection::page(call, &format!("teams('{id}')/channels"), &CATALOG, shown, (MOST, MOST))
}

/// `GET /teams/{id}/channels/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, team) = team(call, state)?;
    Ok(call.entity(&format!("teams('{id}')/channels"), render(call, id, in_team(call, team)?), StatusCode::OK))
}

/// `GET /teams/{id}/primaryChannel`.
pub(crate) fn primary(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, team) = team(call, state)?;
    let channel = team.channels.values().find(|channel| channel.primary);
    let channel = channel.ok_or_else(|| Fault::teams_not_found("The channel was not found."))?;
    Ok(call.entity(&format!("teams('{id}')/channels"), render(call, id, channel), StatusCode::OK))
}

/// `POST /teams/{id}/channels`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = team_id(call, state)?;
    let mut properties = shape::read(Area::Teams, &CHANNEL, &call.body)?;
    properties.retain(|_, value| !value.is_null());
    let name = named(&properties)?.ok_or_else(|| Fault::bad_request("Channel name is required."))?;
    if properties.get("membershipType").is_some_and(|kind| kind == "shared" || kind == "private") {
        return Err(Fault::not_simulated("private and shared channels"));
    }
    let migrating = call.body.get("@microsoft.graph.channelCreationMode").is_some_and(|mode| mode == "migration");
    let created = properties.remove("createdDateTime").and_then(|at| time::parse(at.as_str()?)).filter(|_| migrating);
    let team = team_mut(call, state)?;
    if team.channels.len() >= MOST {
        return Err(Fault::bad_request("The team has as many channels as it may have."));
    }
    if team.channels.values().any(|channel| channel.name().eq_ignore_ascii_case(&name)) {
        return Err(Fault::bad_request("Channel name already existed, please use other name."));
    }
    let mint = hex::encode(ids::short(call.mint.make("channel", &id.to_string(), 0)));
    let migration = if migrating { Migration::InProgress } else { Migration::Never };
    let channel = new(thread_id(id, &mint), properties, created.unwrap_or(call.now), migration);
    let reply = call.entity(&format!("teams('{id}')/channels"), render(call, id, &channel), StatusCode::CREATED);
    let location = format!("{}/teams('{id}')/channels('{}')", call.base, channel.id);
    team.channels.insert(channel.id.clone(), channel.clone());
    call.did(|| audit::channel("ChannelAdded", state, id, &channel, None));
    Ok(reply.with(header::LOCATION, location))
}

/// The display name of a body, if it has one that Teams takes.
fn named(properties: &Map<String, Value>) -> Result<Option<String>, Fault> {
    let Some(name) = properties.get("displayName").and_then(Value::as_str) else { return Ok(None) };
    if name.is_empty() || name.chars().count() > 50 || name.contains(|c: char| "~#%&*{}+/\\:<>?|'\"".contains(c)) {
        return Err(Fault::bad_request(
            "The channel name is not valid: it has 1 to 50 characters, and none of ~#%&*{}+/\\:<>?|'\".",
        ));
    }
    Ok(Some(name.to_owned()))
}

/// `PATCH /teams/{id}/channels/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let changes = shape::read(Area::Teams, &CHANNEL, &call.body)?;
    named(&changes)?;
    let (_, found) = team(call, state)?;
    let key = in_team(call, found)?.id.clone();
    if let Some(channel) = team_mut(call, state)?.channels.get_mut(&key) {
        channel.properties.extend(changes);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /teams/{id}/channels/{id}`.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, found) = team(call, state)?;
    let channel = in_team(call, found)?;
    if channel.primary {
        return Err(Fault::bad_request("The general channel cannot be deleted."));
    }
    let key = channel.id.clone();
    call.did(|| audit::channel("ChannelDeleted", state, id, channel, None));
    team_mut(call, state)?.channels.remove(&key);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET /teams/{id}/channels/{id}/members`: of a standard channel, the team's.
pub(crate) fn members(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (_, found) = team(call, state)?;
    in_team(call, found)?;
    members::list(call, state)
}

/// `GET /teams/{id}/channels/{id}/filesFolder`: the folder of that name in the group's drive.
pub(crate) fn files_folder(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, found) = team(call, state)?;
    let name = in_team(call, found)?.name().to_owned();
    let (drive, key) = items::ensure_folder(call, state, id, &name);
    let drive = state.files.drives.get(&drive).ok_or_else(Fault::file_not_found)?;
    let item = drive.get(key).ok_or_else(Fault::file_not_found)?;
    Ok(call.entity("filesFolder", items::render(call, state, drive, item), StatusCode::OK))
}
