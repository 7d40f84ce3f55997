//! Moving and copying messages between the folders of a mailbox.

use http::{StatusCode, header};
use serde_json::Value;

use super::mailbox::{FolderIndex, Item, Mailbox};
use super::messages::{entity, view};
use super::{opened_mut, owner};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply, parameter};
use crate::tenant::State;

/// The folder that `destinationId` names, by id or well-known name.
fn destination(call: &Call<'_>, mailbox: &Mailbox) -> Result<FolderIndex, Fault> {
    let id = parameter(&call.body, "destinationId").and_then(Value::as_str).ok_or_else(|| {
        Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRequest",
            "The value of the parameter 'DestinationId' is empty.",
        )
    })?;
    mailbox.find_folder(id).ok_or_else(Fault::item_not_found)
}

/// `POST .../messages/{id}/move`: the message gets another id, unless the caller asked for immutable ones.
pub(crate) fn move_message(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let key = mailbox.find(call.of("message-id"), call.now)?.key;
    let folder = destination(call, mailbox)?;
    let item = mailbox.take(key).ok_or_else(Fault::item_not_found)?;
    let moved = Item { folder, moves: item.moves + 1, version: item.version + 1, modified: call.now, ..item };
    mailbox.put(moved.clone());
    call.did(|| audit::mail("Move", mailbox, &moved));
    answer(call, mailbox, &moved)
}

/// `POST .../messages/{id}/copy`.
pub(crate) fn copy_message(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let name = owner(call, state)?.to_string();
    let mailbox = opened_mut(call, state)?;
    let original = mailbox.find(call.of("message-id"), call.now)?.clone();
    let folder = destination(call, mailbox)?;
    let key = mailbox.free_key(|ordinal| call.mint.make("copy", &name, ordinal));
    let copy = Item { key, folder, created: call.now, modified: call.now, version: 0, moves: 0, ..original };
    mailbox.put(copy.clone());
    call.did(|| audit::mail("Copy", mailbox, &copy));
    answer(call, mailbox, &copy)
}

fn answer(call: &Call<'_>, mailbox: &Mailbox, item: &Item) -> Result<Reply, Fault> {
    let location = format!("{}/users('{}')/messages('{}')", call.base, call.key(0), item.id(call.prefer.immutable_ids));
    Ok(entity(call, &view(call, mailbox)?, item, StatusCode::CREATED).with(header::LOCATION, location))
}
