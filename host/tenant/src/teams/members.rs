//! Who is in a team. A team's members are its group's.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{bound, roles, team_id};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::tenant::State;

/// How many people one request may add, as documented.
const MOST: usize = 200;

/// The id of somebody's membership.
pub(super) fn id_of(thread: &str, user: Uuid) -> String {
    STANDARD.encode(format!("MCMjMiMj##{thread}##{user}"))
}

/// Somebody in a team or a chat.
pub(super) fn render(call: &Call<'_>, state: &State, thread: &str, user: Uuid, owner: bool) -> Value {
    let person = state.directory.live.get(user);
    let text = |name: &str| person.map(|person| person.text(name)).unwrap_or_default();
    json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember",
        "id": id_of(thread, user),
        "roles": if owner { json!(["owner"]) } else { json!([]) },
        "displayName": text("displayName"),
        "visibleHistoryStartDateTime": "0001-01-01T00:00:00Z",
        "userId": user,
        "email": text("mail"),
        "tenantId": call.settings.tenant_id,
    })
}

/// Members of a team: everybody in the group, owners first.
fn people(state: &State, team: Uuid) -> Vec<(Uuid, bool)> {
    let Some(group) = state.groups.get(team) else { return Vec::new() };
    let others = group.members.iter().filter(|member| !group.owners.contains(member));
    let all = group.owners.iter().map(|owner| (*owner, true)).chain(others.map(|member| (*member, false)));
    all.filter(|(user, _)| state.directory.live.get(*user).is_some()).collect()
}

/// `GET /teams/{id}/members`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let team = team_id(call, state)?;
    let shown =
        people(state, team).into_iter().map(|(user, owner)| render(call, state, &team.to_string(), user, owner));
    Ok(call.page(call.context(&format!("teams('{team}')/members")), None, shown.collect(), None))
}

fn found(call: &Call<'_>, state: &State) -> Result<(Uuid, Uuid, bool), Fault> {
    let team = team_id(call, state)?;
    let key = call.of("conversationMember-id");
    let found = people(state, team).into_iter().find(|(user, _)| id_of(&team.to_string(), *user) == key);
    found.map(|(user, owner)| (team, user, owner)).ok_or_else(|| Fault::teams_not_found("The member was not found."))
}

fn answer(call: &Call<'_>, state: &State, team: Uuid, user: Uuid, owner: bool, status: StatusCode) -> Reply {
    call.entity(&format!("teams('{team}')/members"), render(call, state, &team.to_string(), user, owner), status)
}

/// `GET /teams/{id}/members/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (team, user, owner) = found(call, state)?;
    Ok(answer(call, state, team, user, owner, StatusCode::OK))
}

/// Puts somebody into the group; whoever is there already stays, perhaps with another role.
fn join(state: &mut State, team: Uuid, user: Uuid, owner: bool) {
    let Some(group) = state.groups.get_mut(team) else { return };
    if !group.members.contains(&user) {
        group.members.push(user);
    }
    group.owners.retain(|other| *other != user);
    if owner {
        group.owners.push(user);
    }
}

/// `POST /teams/{id}/members`.
pub(crate) fn add(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let team = team_id(call, state)?;
    let member = Value::Object(call.body.clone());
    let user = bound(call, state, &member)?;
    let owner = roles(&member).iter().any(|role| role == "owner");
    join(state, team, user, owner);
    call.did(|| audit::team("MemberAdded", state, team, &[user]));
    let location = format!("{}/teams('{team}')/members('{}')", call.base, id_of(&team.to_string(), user));
    Ok(answer(call, state, team, user, owner, StatusCode::CREATED).with(header::LOCATION, location))
}

/// `POST /teams/{id}/members/add`: 200, or 207 where some could not be added.
pub(crate) fn add_many(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let team = team_id(call, state)?;
    let values = call.body.get("values").and_then(Value::as_array).cloned();
    let values = values.filter(|values| (1..=MOST).contains(&values.len()));
    let values = values.ok_or_else(|| Fault::bad_request(format!("'values' must name 1 to {MOST} members.")))?;
    let mut results = Vec::new();
    let mut status = StatusCode::OK;
    for member in &values {
        let error = match bound(call, state, member) {
            Ok(user) => {
                join(state, team, user, roles(member).iter().any(|role| role == "owner"));
                call.did(|| audit::team("MemberAdded", state, team, &[user]));
                Value::Null
            }
            Err(fault) => {
                status = StatusCode::MULTI_STATUS;
                json!({ "code": fault.code, "message": fault.message })
            }
        };
        let key = member.get("user@odata.bind").and_then(Value::as_str).and_then(crate::directory::relations::referred);
        results.push(
            json!({ "@odata.type": "#microsoft.graph.aadUserConversationMemberResult", "userId": key, "error": error }),
        );
    }
    Ok(Reply::json(
        status,
        json!({ "@odata.context": call.context("Collection(microsoft.graph.actionResultPart)"), "value": results }),
    ))
}

/// `PATCH /teams/{id}/members/{id}`: another role.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (team, user, was) = found(call, state)?;
    let owner = roles(&Value::Object(call.body.clone())).iter().any(|role| role == "owner");
    if was && !owner {
        last_owner(state, team)?;
    }
    join(state, team, user, owner);
    Ok(answer(call, state, team, user, owner, StatusCode::OK))
}

/// `DELETE /teams/{id}/members/{id}`.
pub(crate) fn remove(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (team, user, owner) = found(call, state)?;
    if owner {
        last_owner(state, team)?;
    }
    if let Some(group) = state.groups.get_mut(team) {
        group.members.retain(|other| *other != user);
        group.owners.retain(|other| *other != user);
    }
    call.did(|| audit::team("MemberRemoved", state, team, &[user]));
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn last_owner(state: &State, team: Uuid) -> Result<(), Fault> {
    match state.groups.get(team) {
        Some(group) if group.owners.len() == 1 => Err(Fault::bad_request("The last owner of a team cannot leave it.")),
        _ => Ok(()),
    }
}
