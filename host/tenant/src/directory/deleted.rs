//! The recycle bin of the directory: users are kept for thirty days, or until somebody purges them.

use http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use super::{listing, properties, recoverable};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::tenant::State;

/// `GET /directory/deletedItems/graph.user`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    listing::page(call, &state.directory.deleted, &|user| recoverable(user, call.now))
}

/// `GET /directory/deletedItems/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = call.key(0);
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
    let id: Uuid = state.directory.find_deleted(key, call.now).ok_or_else(|| Fault::no_such_object(key))?.id;
    state.directory.deleted.remove(id);
    state.mail.remove(id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
