//! The recycle bin of the directory: users and groups are kept for thirty days, or until somebody purges them.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{listing, properties, recoverable, relations};
use crate::audit::{self, Target};
use crate::graph::fault::Fault;
use crate::graph::{Actor, Call, Reply};
use crate::groups::groups;
use crate::tenant::State;

/// `GET /directory/deletedItems/graph.user`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    listing::page(call, &state.directory.deleted, &|user| recoverable(user, call.now))
}

/// `GET /directory/deletedItems/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = call.key(0);
    if let Some(group) = state.groups.find_deleted(id, call.now) {
        return Ok(call.entity("directoryObjects", group.object(), StatusCode::OK));
    }
    let user = state.directory.find_deleted(id, call.now).ok_or_else(|| Fault::no_such_object(id))?;
    let mut selection = properties::USER.selection(&call.options)?;
    if call.options.select.is_none() {
        selection.push("deletedDateTime");
    }
    let mut body = json!({
        "@odata.context": call.context("directoryObjects/$entity"),
        "@odata.type": "#microsoft.graph.user",
    });
    if let Some(fields) = body.as_object_mut() {
        fields.extend(properties::render(user, &selection));
    }
    Ok(Reply::json(StatusCode::OK, body))
}

/// `DELETE /directory/deletedItems/{id}`: for good, with the mailbox.
pub(crate) fn purge(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.key(0);
    if let Some(group) = state.groups.find_deleted(key, call.now).map(|group| group.id) {
        // Documented for this operation: deleting groups for good is not supported with application permissions.
        if call.actor == Actor::App {
            return Err(Fault::insufficient_privileges());
        }
        if let Some(group) = state.groups.find_deleted(key, call.now) {
            call.did(|| audit::directory("Hard Delete group", Target::group(group), Vec::new()));
        }
        state.groups.purge(group);
        return Ok(Reply::empty(StatusCode::NO_CONTENT));
    }
    let user = state.directory.find_deleted(key, call.now).ok_or_else(|| Fault::no_such_object(key))?;
    let id: Uuid = user.id;
    call.did(|| audit::directory("Hard Delete user", Target::user(user), Vec::new()));
    if let Some(user) = state.directory.deleted.remove(id) {
        state.directory.purged.insert(id, user.text("employeeType").to_owned());
    }
    state.mail.remove(id);
    state.calendars.remove(id);
    state.credentials.remove(id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET /directory/deletedItems/graph.group`.
pub(crate) fn list_groups(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    groups::page(call, state.groups.deleted(call.now))
}

/// `POST /directory/deletedItems/{id}/restore`.
pub(crate) fn restore(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.key(0);
    if let Some(group) = state.groups.find_deleted(key, call.now).map(|group| group.id) {
        state.groups.restore(group);
        let group = state.groups.get(group).ok_or_else(|| Fault::no_such_object(key))?;
        call.did(|| audit::directory("Restore Group", Target::group(group), Vec::new()));
        return Ok(call.entity("directoryObjects", group.object(), StatusCode::OK));
    }
    let id: Uuid = state.directory.find_deleted(key, call.now).ok_or_else(|| Fault::no_such_object(key))?.id;
    let mut user = state.directory.deleted.remove(id).ok_or_else(|| Fault::no_such_object(key))?;
    let name = user.principal_name().trim_start_matches(&id.simple().to_string()).to_owned();
    if state.directory.live.find(&name).is_some() {
        state.directory.deleted.insert(user);
        return Err(Fault::conflict("userPrincipalName"));
    }
    user.properties.insert("userPrincipalName".to_owned(), json!(name));
    user.deleted = None;
    // Its licences come back as far as there are seats.
    let skus = &mut state.directory.skus;
    user.licences.retain(|held| {
        let free = skus.iter_mut().find(|sku| sku.id == *held && sku.taken < sku.seats);
        free.map(|sku| sku.taken += 1).is_some()
    });
    call.did(|| audit::directory("Restore user", Target::user(&user), Vec::new()));
    let body = Value::Object(properties::render_all(&user));
    state.directory.live.insert(user);
    state.files.orphan(id, None);
    Ok(call.entity("directoryObjects", relations::typed(body, "user"), StatusCode::OK))
}
