//! The operations on teams.

use std::collections::BTreeMap;

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Migration, Operation, Team, bound, channels, roles, team, team_id, team_mut};
use crate::audit::{self, Target};
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Actor, Call, Reply};
use crate::groups::Group;
use crate::ids;
use crate::odata::collection::merged;
use crate::tenant::State;
use crate::time;

static FUN: Fields = Fields {
    name: "teamFunSettings",
    fields: &[
        ("allowGiphy", Shape::Bool),
        ("giphyContentRating", Shape::Word(&["strict", "moderate"])),
        ("allowStickersAndMemes", Shape::Bool),
        ("allowCustomMemes", Shape::Bool),
    ],
};
static GUEST: Fields = Fields {
    name: "teamGuestSettings",
    fields: &[("allowCreateUpdateChannels", Shape::Bool), ("allowDeleteChannels", Shape::Bool)],
};
static MEMBER: Fields = Fields {
    name: "teamMemberSettings",
    fields: &[
        ("allowAddRemoveApps", Shape::Bool),
        ("allowCreatePrivateChannels", Shape::Bool),
        ("allowCreateUpdateChannels", Shape::Bool),
        ("allowCreateUpdateRemoveConnectors", Shape::Bool),
        ("allowCreateUpdateRemoveTabs", Shape::Bool),
        ("allowDeleteChannels", Shape::Bool),
    ],
};
static MESSAGING: Fields = Fields {
    name: "teamMessagingSettings",
    fields: &[
        ("allowUserEditMessages", Shape::Bool),
        ("allowUserDeleteMessages", Shape::Bool),
        ("allowOwnerDeleteMessages", Shape::Bool),
        ("allowTeamMentions", Shape::Bool),
        ("allowChannelMentions", Shape::Bool),
    ],
};
static TEAM: Fields = Fields {
    name: "team",
    fields: &[
        ("displayName", Shape::Text),
        ("description", Shape::Text),
        ("visibility", Shape::Word(&["private", "public", "hiddenMembership"])),
        ("firstChannelName", Shape::Text),
        ("classification", Shape::Text),
        ("funSettings", Shape::Object(&FUN)),
        ("guestSettings", Shape::Object(&GUEST)),
        ("memberSettings", Shape::Object(&MEMBER)),
        ("messagingSettings", Shape::Object(&MESSAGING)),
        ("createdDateTime", Shape::Time),
        ("members", Shape::Ignored),
        ("channels", Shape::Ignored),
    ],
};

fn render(call: &Call<'_>, state: &State, id: Uuid, team: &Team) -> Value {
    let group = state.groups.get(id);
    let base = json!({
        "id": id,
        "createdDateTime": time::seconds(team.created),
        "displayName": group.map(|group| group.text("displayName")),
        "description": group.map(|group| group.text("description")),
        "internalId": channels::thread_id(id, "general"),
        "classification": null,
        "specialization": "none",
        "visibility": "public",
        "webUrl": format!("https://teams.microsoft.com/l/team/{}/conversations?groupId={id}&tenantId={}", channels::thread_id(id, "general"), call.settings.tenant_id),
        "isArchived": team.archived,
        "tenantId": call.settings.tenant_id,
        "memberSettings": { "allowCreateUpdateChannels": true, "allowDeleteChannels": true, "allowAddRemoveApps": true },
        "guestSettings": { "allowCreateUpdateChannels": false, "allowDeleteChannels": false },
        "messagingSettings": { "allowUserEditMessages": true, "allowUserDeleteMessages": true },
        "funSettings": { "allowGiphy": true, "giphyContentRating": "moderate" },
    });
    let mut own = team.properties.clone();
    own.remove("firstChannelName");
    merged(base, &own)
}

/// A team that begins with its general channel.
fn begun(call: &Call<'_>, id: Uuid, properties: Map<String, Value>, ready: u64, migrating: bool) -> Team {
    let migration = if migrating { Migration::InProgress } else { Migration::Never };
    let first = properties.get("firstChannelName").and_then(Value::as_str).unwrap_or("General").to_owned();
    let general = channels::first(call, id, first, migration);
    Team {
        created: call.now,
        ready,
        archived: false,
        channels: BTreeMap::from([(general.id.clone(), general)]),
        migration,
        properties,
    }
}

/// `POST /teams`: accepted, and there after a while.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    if call.body.get("template@odata.bind").and_then(Value::as_str).is_none() {
        return Err(Fault::bad_request("Invalid bind property name template in request."));
    }
    if call.body.contains_key("group@odata.bind") {
        return Err(Fault::not_simulated("POST /teams from a group; PUT /groups/{id}/team does it"));
    }
    let properties = shape::read(Area::Teams, &TEAM, &call.body)?;
    let text = |name: &str| properties.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let name = text("displayName").ok_or_else(|| Fault::bad_request("Team display name is required."))?.to_owned();
    let mut owners = Vec::new();
    for member in call.body.get("members").and_then(Value::as_array).into_iter().flatten() {
        let user = bound(call, state, member)?;
        if !roles(member).iter().any(|role| role == "owner") {
            return Err(Fault::bad_request("Invalid role specified for member. A team is made with owners only."));
        }
        owners.push(user);
    }
    // A team that is to be filled with the past gets its people when that is done.
    let migrating = call.body.get("@microsoft.graph.teamCreationMode").is_some_and(|mode| mode == "migration");
    match call.actor {
        Actor::App if owners.len() != 1 && !migrating => {
            return Err(Fault::bad_request(
                "A team owner must be provided when creating a team in application context.",
            ));
        }
        Actor::User(user) if owners.is_empty() => owners.push(user),
        _ => {}
    }
    licensed(state, &owners)?;
    let mut ids = (0..).map(|ordinal| ids::uuid(call.mint.make("team", "", ordinal)));
    let id = ids.find(|id| state.groups.get(*id).is_none()).unwrap_or_default();
    let bare: String = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    let nickname = format!("{bare}{}", id.simple().to_string().chars().take(6).collect::<String>());
    let group = json!({
        "displayName": name, "description": text("description"), "groupTypes": ["Unified"], "mailEnabled": true,
        "securityEnabled": false, "mailNickname": nickname, "mail": format!("{nickname}@{}", call.settings.domain),
        "visibility": if text("visibility") == Some("private") { "Private" } else { "Public" },
    });
    let group = Group {
        id,
        properties: group.as_object().cloned().unwrap_or_default(),
        members: owners.clone(),
        owners,
        created: call.now,
        deleted: None,
        team: true,
    };
    call.did(|| audit::directory("Add group", Target::group(&group), audit::changes(&group.properties, None)));
    state.groups.insert(group);
    let ready = call.now.saturating_add(time::ms(call.settings.delays.team));
    state.teams.teams.insert(id, begun(call, id, properties, ready, migrating));
    call.did(|| audit::team("TeamCreated", state, id, &[]));
    Ok(accepted(call, state, id, "createTeam", ready))
}

/// Notes a long operation, and answers where to ask for it.
fn accepted(call: &Call<'_>, state: &mut State, team: Uuid, kind: &'static str, done: u64) -> Reply {
    let id = ids::uuid(call.mint.make("operation", kind, 0)).to_string();
    state.teams.operations.insert(id.clone(), Operation { kind, team, begun: call.now, done });
    Reply::empty(StatusCode::ACCEPTED)
        .with(header::LOCATION, format!("/teams('{team}')/operations('{id}')"))
        .with(header::CONTENT_LOCATION, format!("/teams('{team}')"))
}

/// Teams wants owners who are licensed for it.
fn licensed(state: &State, owners: &[Uuid]) -> Result<(), Fault> {
    let has = |id: &Uuid| state.directory.live.get(*id).is_some_and(|user| user.mailbox_since.is_some());
    match owners.iter().find(|owner| !has(owner)) {
        Some(owner) => Err(Fault::teams_forbidden(format!(
            "Failed to get license information for the user. Ensure user has a valid Office365 license assigned to them. User: {owner}"
        ))),
        None => Ok(()),
    }
}

/// `PUT /groups/{id}/team`.
pub(crate) fn of_group_create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.of("group-id");
    let young = || Fault::teams_not_found("Failed to find the group: it may have been created a short while ago.");
    let group = state.groups.find(key, call.settings, call.now).ok_or_else(young)?;
    if call.now < group.created.saturating_add(time::ms(call.settings.delays.team)) {
        return Err(young());
    }
    if !group.unified() {
        return Err(Fault::bad_request("The group cannot become a team: it is no Microsoft 365 group."));
    }
    if group.owners.is_empty() {
        return Err(Fault::bad_request("The group needs at least one owner to become a team."));
    }
    let (id, owners) = (group.id, group.owners.clone());
    licensed(state, &owners)?;
    if state.teams.teams.contains_key(&id) {
        return Err(Fault::new(StatusCode::CONFLICT, "Conflict", "Team already exists"));
    }
    let properties = shape::read(Area::Teams, &TEAM, &call.body)?;
    state.teams.teams.insert(id, begun(call, id, properties, call.now, false));
    if let Some(group) = state.groups.get_mut(id) {
        group.team = true;
    }
    call.did(|| audit::team("TeamCreated", state, id, &[]));
    let (_, team) = team(call, state)?;
    Ok(call.entity("teams", render(call, state, id, team), StatusCode::CREATED))
}

/// `GET /teams/{id}` and `GET /groups/{id}/team`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, team) = team(call, state)?;
    Ok(call.entity("teams", render(call, state, id, team), StatusCode::OK))
}

/// `PATCH /teams/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let changes = shape::read(Area::Teams, &TEAM, &call.body)?;
    let id = team_id(call, state)?;
    if let Some(group) = state.groups.get_mut(id) {
        for name in ["displayName", "description"] {
            if let Some(value) = changes.get(name).filter(|value| value.is_string()) {
                group.properties.insert(name.to_owned(), value.clone());
            }
        }
    }
    team_mut(call, state)?.properties.extend(changes.into_iter().filter(|(_, value)| !value.is_null()));
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST /teams/{id}/archive`.
pub(crate) fn archive(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = team_id(call, state)?;
    team_mut(call, state)?.archived = true;
    Ok(accepted(call, state, id, "archiveTeam", call.now))
}

/// `GET /teams/{id}/operations/{id}`: also while the team is not there yet.
pub(crate) fn operation(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.of("teamsAsyncOperation-id");
    let found = state.teams.operations.get(key).filter(|operation| operation.team.to_string() == call.of("team-id"));
    let operation = found.ok_or_else(|| Fault::teams_not_found("The operation was not found."))?;
    let done = call.now >= operation.done;
    let shown = json!({
        "id": key,
        "operationType": operation.kind,
        "createdDateTime": time::seconds(operation.begun),
        "status": if done { "succeeded" } else { "inProgress" },
        "lastActionDateTime": time::seconds(if done { operation.done } else { operation.begun }),
        "attemptsCount": 1,
        "targetResourceId": operation.team,
        "targetResourceLocation": format!("/teams('{}')", operation.team),
        "error": null,
    });
    Ok(call.entity("teams/operations", shown, StatusCode::OK))
}

/// `GET /users/{id}/joinedTeams`.
pub(crate) fn joined(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.of("user-id");
    let user = state.directory.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))?.id;
    let mine = |id: &Uuid| {
        state.groups.get(*id).is_some_and(|group| group.members.contains(&user) || group.owners.contains(&user))
    };
    let teams = state.teams.teams.iter().filter(|(id, team)| mine(id) && call.now >= team.ready);
    let shown = teams.map(|(id, team)| render(call, state, *id, team)).collect();
    Ok(call.page(call.context("teams"), None, shown, None))
}
