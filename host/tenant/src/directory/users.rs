//! The operations on live users.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{User, listing, properties};
use crate::audit::{self, Target};
use crate::entra::credentials::Sealed;
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::ids;
use crate::tenant::State;
use crate::time;

/// What a new user must have, in the order in which Entra asks for it.
const REQUIRED: [&str; 5] = ["accountEnabled", "displayName", "mailNickname", "passwordProfile", "userPrincipalName"];

/// `POST /users`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    for name in REQUIRED {
        if call.body.get(name).is_none_or(Value::is_null) {
            return Err(match name {
                "passwordProfile" => Fault::directory("A password must be specified to create a new user."),
                name => Fault::value_required(name, "User"),
            });
        }
    }
    if call.body.get("passwordProfile").and_then(|profile| profile.get("password")).is_none() {
        return Err(Fault::directory("A password must be specified to create a new user."));
    }
    let mut properties = properties::settable(&call.body, &call.settings.domain)?;
    let name = properties.get("userPrincipalName").and_then(Value::as_str).unwrap_or_default();
    if state.directory.live.find(name).is_some() {
        return Err(Fault::conflict("userPrincipalName"));
    }
    properties.entry("userType").or_insert_with(|| json!("Member"));
    let directory = &mut state.directory;
    let taken = |id: Uuid| directory.live.get(id).is_some() || directory.deleted.get(id).is_some();
    let id =
        (0..).map(|ordinal| ids::uuid(call.mint.make("user", "", ordinal))).find(|id| !taken(*id)).unwrap_or_default();
    let user = User {
        id,
        properties,
        licences: Vec::new(),
        created: call.now,
        deleted: None,
        mailbox_since: None,
        bystander: false,
    };
    let reply = entity(call, &user, StatusCode::CREATED)?;
    call.did(|| audit::directory("Add user", Target::user(&user), audit::changes(&user.properties, None)));
    directory.live.insert(user);
    set_password(call, state, id);
    let location = format!("{}/directoryObjects/{id}/Microsoft.DirectoryServices.User", call.base);
    Ok(reply.with(header::LOCATION, location))
}

/// `GET /users/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    entity(call, found(call, state)?, StatusCode::OK)
}

/// `GET /users`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    listing::page(call, &state.directory.live, &listed(call))
}

/// `GET /users/$count`.
pub(crate) fn count(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    listing::count(call, &state.directory.live, &listed(call))
}

/// `PATCH /users/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    let changes: Map<String, Value> = properties::settable(&call.body, &call.settings.domain)?;
    if let Some(name) = changes.get("userPrincipalName").and_then(Value::as_str)
        && state.directory.live.find(name).is_some_and(|other| other.id != id)
    {
        return Err(Fault::conflict("userPrincipalName"));
    }
    set_password(call, state, id);
    if let Some(user) = state.directory.live.get(id) {
        let changes = || audit::changes(&changes, Some(&user.properties));
        if call.body.contains_key("passwordProfile") {
            call.did(|| audit::directory("Reset user password", Target::user(user), Vec::new()));
        }
        call.did(|| audit::directory("Update user", Target::user(user), changes()));
    }
    state.directory.live.change(id, |user| {
        for (name, value) in changes {
            match value {
                Value::Null => user.properties.remove(&name),
                value => user.properties.insert(name, value),
            };
        }
    });
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /users/{id}`: into the recycle bin, under another name, so that the old one is free at once.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    if let Some(mut user) = state.directory.live.remove(id) {
        call.did(|| audit::directory("Delete user", Target::user(&user), Vec::new()));
        let name = format!("{}{}", id.simple(), user.principal_name());
        user.properties.insert("userPrincipalName".to_owned(), Value::String(name));
        user.deleted = Some(call.now);
        state.directory.free_seats(&user.licences);
        state.directory.deleted.insert(user);
        state.files.orphan(id, Some(call.now));
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// Keeps the password of the body, if there is one, as that of the user.
fn set_password(call: &Call<'_>, state: &mut State, id: Uuid) {
    let Some(profile) = call.body.get("passwordProfile") else { return };
    if let Some(password) = profile.get("password").and_then(Value::as_str) {
        // Who sets a password for another makes him choose his own, unless he says otherwise.
        let change = profile.get("forceChangePasswordNextSignIn") != Some(&Value::Bool(false));
        let salt = ids::short(call.mint.make("password", "", 0));
        state.credentials.set(id, call.password.unwrap_or_else(|| Sealed::new(password, salt)), change);
    }
}

/// `POST /users/{id}/revokeSignInSessions`.
pub(crate) fn revoke(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    state.credentials.revoke(id, call.now);
    if let Some(user) = state.directory.live.get(id) {
        let operation = "Update StsRefreshTokenValidFrom Timestamp";
        call.did(|| audit::directory(operation, Target::user(user), Vec::new()));
    }
    Ok(Reply::json(StatusCode::OK, json!({ "@odata.context": call.context("Edm.Boolean"), "value": true })))
}

/// The user that the path names.
pub(super) fn found<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s User, Fault> {
    let key = call.key(0);
    state.directory.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))
}

/// One user as an answer.
pub(super) fn entity(call: &Call<'_>, user: &User, status: StatusCode) -> Result<Reply, Fault> {
    let selection = properties::USER.selection(&call.options)?;
    let mut body = json!({ "@odata.context": format!("{}/$entity", call.collection_context("users")) });
    if let Some(fields) = body.as_object_mut() {
        fields.extend(properties::render(user, &selection));
    }
    Ok(Reply::json(status, body))
}

/// Lists lag behind what is found by id.
fn listed(call: &Call<'_>) -> impl Fn(&User) -> bool + use<> {
    let (delay, now) = (time::ms(call.settings.delays.listing), call.now);
    move |user| delay == 0 || user.bystander || now >= user.created.saturating_add(delay)
}
