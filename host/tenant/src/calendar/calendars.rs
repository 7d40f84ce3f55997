//! The calendars a person has: one, as everybody begins with.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::ids;
use crate::mail;
use crate::tenant::State;

fn id_of(owner: Uuid) -> String {
    format!("AQMkADcal{}", hex::encode(ids::short(ids::digest(&[b"calendar", owner.as_bytes()]))))
}

/// The owner of the calendar that the path names. Calendars lie in mailboxes: without one there is none.
pub(super) fn owner(call: &Call<'_>, state: &State) -> Result<Uuid, Fault> {
    let owner = mail::owner(call, state)?;
    if call.operation.place("calendar-id").is_some() && call.of("calendar-id") != id_of(owner) {
        return Err(Fault::item_not_found());
    }
    Ok(owner)
}

fn render(call: &Call<'_>, state: &State, owner: Uuid) -> Value {
    let address = state.mail.get(owner).map(|mailbox| mailbox.owner.clone()).unwrap_or_default();
    json!({
        "id": id_of(owner),
        "name": "Calendar",
        "color": "auto",
        "hexColor": "",
        "isDefaultCalendar": true,
        "changeKey": ids::number(ids::digest(&[owner.as_bytes(), call.settings.domain.as_bytes()])).to_string(),
        "canShare": true,
        "canViewPrivateItems": true,
        "canEdit": true,
        "allowedOnlineMeetingProviders": ["teamsForBusiness"],
        "defaultOnlineMeetingProvider": "teamsForBusiness",
        "isTallyingResponses": true,
        "isRemovable": false,
        "owner": { "name": &*address.name, "address": &*address.address },
    })
}

/// `GET /users/{id}/calendar`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owner = owner(call, state)?;
    Ok(call.entity("calendar", render(call, state, owner), StatusCode::OK))
}

/// `GET /users/{id}/calendars`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owner = owner(call, state)?;
    Ok(call.page(call.context("calendars"), None, vec![render(call, state, owner)], None))
}
