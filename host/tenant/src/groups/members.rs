//! Who is in a group, and who owns it.

use http::StatusCode;
use serde_json::Value;
use uuid::Uuid;

use super::groups::found;
use super::{Group, groups};
use crate::audit;
use crate::directory::properties::{USER, render_all};
use crate::directory::relations::{object, reference};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::odata::collection;
use crate::tenant::State;

/// The live users among these.
fn people(state: &State, ids: &[Uuid]) -> Vec<Value> {
    ids.iter().filter_map(|id| state.directory.live.get(*id)).map(object).collect()
}

/// `GET /groups/{id}/members` and `.../transitiveMembers`: groups do not nest here.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let members = people(state, &found(call, state)?.members);
    collection::page(call, "directoryObjects", &USER, members, (100, 999))
}

/// `GET /groups/{id}/members/graph.user`.
pub(crate) fn list_users(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let ids = &found(call, state)?.members;
    let users = ids.iter().filter_map(|id| state.directory.live.get(*id));
    let users = users.map(|user| Value::Object(render_all(user))).collect();
    collection::page(call, "users", &USER, users, (100, 999))
}

/// `GET /groups/{id}/owners`.
pub(crate) fn owners(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owners = people(state, &found(call, state)?.owners);
    collection::page(call, "directoryObjects", &USER, owners, (100, 999))
}

/// Which of a group's two lists.
#[derive(Clone, Copy)]
enum Role {
    Member,
    Owner,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Role::Member => "members",
            Role::Owner => "owners",
        }
    }

    fn of(self, group: &mut Group) -> &mut Vec<Uuid> {
        match self {
            Role::Member => &mut group.members,
            Role::Owner => &mut group.owners,
        }
    }
}

/// `POST /groups/{id}/members/$ref`.
pub(crate) fn add(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    added(call, state, Role::Member)
}

/// `POST /groups/{id}/owners/$ref`.
pub(crate) fn add_owner(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    added(call, state, Role::Owner)
}

/// `DELETE /groups/{id}/members/{id}/$ref`.
pub(crate) fn remove(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    removed(call, state, Role::Member)
}

/// `DELETE /groups/{id}/owners/{id}/$ref`.
pub(crate) fn remove_owner(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    removed(call, state, Role::Owner)
}

fn added(call: &Call<'_>, state: &mut State, role: Role) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    let key = reference(call)?;
    let user = state.directory.find(&key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(&key))?.id;
    let group = state.groups.get_mut(id).ok_or_else(|| Fault::no_such_object(call.key(0)))?;
    let list = role.of(group);
    if list.contains(&user) {
        return Err(Fault::already_there(role.name()));
    }
    list.push(user);
    let operation = match role {
        Role::Member => "Add member to group",
        Role::Owner => "Add owner to group",
    };
    tell(call, state, operation, user, id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn removed(call: &Call<'_>, state: &mut State, role: Role) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    let key = call.of("directoryObject-id");
    let gone = Uuid::try_parse(key).map_err(|_| Fault::no_such_object(key))?;
    let group = state.groups.get_mut(id).ok_or_else(|| Fault::no_such_object(call.key(0)))?;
    let unified = group.unified();
    let list = role.of(group);
    if !list.contains(&gone) {
        return Err(Fault::no_such_object(key));
    }
    // A Microsoft 365 group always has an owner, once it has one.
    if matches!(role, Role::Owner) && unified && list.len() == 1 {
        return Err(Fault::directory("The group must have at least one owner, hence this owner cannot be removed."));
    }
    list.retain(|other| *other != gone);
    let operation = match role {
        Role::Member => "Remove member from group",
        Role::Owner => "Remove owner from group",
    };
    tell(call, state, operation, gone, id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

fn tell(call: &Call<'_>, state: &State, operation: &'static str, user: Uuid, group: Uuid) {
    if let (Some(user), Some(group)) = (state.directory.live.get(user), state.groups.get(group)) {
        call.did(|| audit::membership(operation, user, group));
    }
}

/// `GET /users/{id}/memberOf` and `.../transitiveMemberOf`.
pub(crate) fn of_user(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.key(0);
    let user = state.directory.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))?.id;
    let held = state.groups.iter().filter(|group| group.members.contains(&user)).map(Group::object).collect();
    collection::page(call, "directoryObjects", &groups::CATALOG, held, (100, 999))
}
