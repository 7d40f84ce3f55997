//! Who is whose manager; and how objects refer to each other.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::users::found;
use super::{User, properties};
use crate::audit::{self, Target};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::odata::collection;
use crate::tenant::State;

/// The last key of a reference, as `@odata.id` and `@odata.bind` have it: `.../users/x`, `.../users('x')`.
pub(crate) fn referred(reference: &str) -> Option<String> {
    let last = reference.trim_end_matches('/').rsplit('/').next()?;
    let key = last.strip_suffix("')").and_then(|head| head.split_once("('")).map_or(last, |(_, key)| key);
    let key = percent_encoding::percent_decode_str(key).decode_utf8().ok()?;
    (!key.is_empty()).then(|| key.into_owned())
}

/// The reference in a body: `{"@odata.id": ".."}`.
pub(crate) fn reference(call: &Call<'_>) -> Result<String, Fault> {
    call.body
        .get("@odata.id")
        .and_then(Value::as_str)
        .and_then(referred)
        .ok_or_else(|| Fault::directory("The request body must contain '@odata.id' with a reference to an object."))
}

/// `value` with its type said, as where objects of several types stand together.
pub(crate) fn typed(value: Value, kind: &str) -> Value {
    let mut typed = serde_json::Map::new();
    typed.insert("@odata.type".to_owned(), Value::String(format!("#microsoft.graph.{kind}")));
    typed.extend(value.as_object().cloned().unwrap_or_default());
    Value::Object(typed)
}

/// A user among objects of several types.
pub(crate) fn object(user: &User) -> Value {
    typed(Value::Object(properties::render_all(user)), "user")
}

/// `GET /users/{id}/manager`.
pub(crate) fn manager(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let user = found(call, state)?;
    let manager = state.directory.managers.get(&user.id).and_then(|id| state.directory.live.get(*id));
    let manager = manager.ok_or_else(|| Fault::no_such_object("manager"))?;
    Ok(call.entity("directoryObjects", object(manager), StatusCode::OK))
}

/// `PUT /users/{id}/manager/$ref`.
pub(crate) fn set_manager(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    let key = reference(call)?;
    let manager = state.directory.find(&key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(&key))?.id;
    if manager == id {
        return Err(Fault::directory("Invalid reference update: a user cannot be his own manager."));
    }
    state.directory.managers.insert(id, manager);
    if let Some(user) = state.directory.live.get(id) {
        let change = ("Manager".to_owned(), Value::Null, json!(manager));
        call.did(|| audit::directory("Set user manager", Target::user(user), vec![change]));
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /users/{id}/manager/$ref`.
pub(crate) fn remove_manager(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id: Uuid = found(call, state)?.id;
    match state.directory.managers.remove(&id) {
        Some(_) => Ok(Reply::empty(StatusCode::NO_CONTENT)),
        None => Err(Fault::no_such_object("manager")),
    }
}

/// `GET /users/{id}/directReports`.
pub(crate) fn reports(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = found(call, state)?.id;
    let reports = state.directory.managers.iter().filter(|(_, manager)| **manager == id);
    let reports = reports.filter_map(|(user, _)| state.directory.live.get(*user)).map(object).collect();
    collection::page(call, "directoryObjects", &properties::USER, reports, (100, 999))
}
