//! Answers to invitations, cancellations, and passing a meeting on.

use http::StatusCode;
use serde_json::Value;

use super::invitations::{self, Notice, person, send};
use super::{Attendee, found, found_mut};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply, parameter};
use crate::mail::content::recipients;
use crate::tenant::State;

/// `POST .../accept`.
pub(crate) fn accept(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    respond(call, state, "accepted", "meetingAccepted", "Accepted: ")
}

/// `POST .../tentativelyAccept`.
pub(crate) fn tentatively_accept(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    // The misspelling is Graph's.
    respond(call, state, "tentativelyAccepted", "meetingTenativelyAccepted", "Tentative: ")
}

/// `POST .../decline`.
pub(crate) fn decline(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    respond(call, state, "declined", "meetingDeclined", "Declined: ")
}

fn comment<'c>(call: &'c Call<'_>) -> Result<&'c str, Fault> {
    match parameter(&call.body, "comment") {
        None | Some(Value::Null) => Ok(""),
        Some(Value::String(text)) => Ok(text),
        Some(_) => Err(Fault::unreadable_body()),
    }
}

fn invalid(message: &str) -> Fault {
    Fault::new(StatusCode::BAD_REQUEST, "ErrorInvalidRequest", message)
}

fn respond(
    call: &Call<'_>,
    state: &mut State,
    response: &'static str,
    kind: &'static str,
    prefix: &'static str,
) -> Result<Reply, Fault> {
    let comment = comment(call)?;
    let tell = match parameter(&call.body, "sendResponse") {
        None | Some(Value::Null | Value::Bool(true)) => true,
        Some(Value::Bool(false)) => false,
        Some(_) => return Err(Fault::unreadable_body()),
    };
    let (owner, event, instance) = found(call, state)?;
    if event.own {
        return Err(invalid(
            "Your request can't be completed. You can't respond to this meeting because you're the meeting organizer.",
        ));
    }
    if event.cancelled {
        return Err(invalid(
            "Your request can't be completed. You can't respond to this meeting because it's been canceled.",
        ));
    }
    if instance.is_some() {
        return Err(Fault::not_simulated("an answer to one instance of a series; answer the series"));
    }
    let copy = event.clone();
    let mine = state.mail.get(owner).map(|mailbox| mailbox.owner.clone()).unwrap_or_default();
    let event = found_mut(call, state)?;
    (event.response, event.answered) = (response, Some(call.now));
    event.touch(call.now);
    call.did(|| audit::event("Update", &mine.address, event));
    if response == "declined" {
        state.calendars.of_mut(owner).events.remove(&copy.key);
    }
    if !tell {
        return Ok(Reply::empty(StatusCode::ACCEPTED));
    }
    // The organiser's list shows the answer, once it has arrived.
    if let Some(organizer) = person(state, &copy.organizer.address)
        && let Some(meeting) = state.calendars.of_mut(organizer).copy_of(copy.ical)
    {
        let one = meeting.attendees.iter_mut().find(|one| one.address.address.eq_ignore_ascii_case(&mine.address));
        if let Some(one) = one {
            (one.response, one.answered) = (response, Some(call.now));
        }
    }
    let notice = Notice { kind, prefix, comment: if comment.is_empty() { " " } else { comment } };
    send(call, state, owner, &copy, std::slice::from_ref(&copy.organizer), &notice);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// `POST .../cancel`, by the organiser.
pub(crate) fn cancel(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let comment = comment(call)?;
    let (owner, event, instance) = found(call, state)?;
    if !event.own {
        return Err(invalid("Your request can't be completed. You need to be an organizer to cancel a meeting."));
    }
    let event = event.clone();
    call.did(|| audit::event("MoveToDeletedItems", super::address(state, owner), &event));
    invitations::cancel(call, state, owner, &event, instance, comment);
    match instance {
        Some(start) => drop(found_mut(call, state)?.removed.insert(start)),
        None => drop(state.calendars.of_mut(owner).events.remove(&event.key)),
    }
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// `POST .../forward`: others are invited as well, and the organiser's list grows.
pub(crate) fn forward(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let list = parameter(&call.body, "toRecipients").ok_or_else(|| {
        Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRecipients",
            "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
        )
    })?;
    let to = recipients("toRecipients", list)?;
    let (owner, event, _) = found(call, state)?;
    let event = event.clone();
    let known = |address: &str| event.attendees.iter().any(|one| one.address.address.eq_ignore_ascii_case(address));
    let fresh: Vec<Attendee> = to
        .into_iter()
        .filter(|address| !known(&address.address))
        .map(|address| Attendee { address, kind: "required".to_owned(), response: "none", answered: None })
        .collect();
    let organizer = person(state, &event.organizer.address).unwrap_or(owner);
    if let Some(meeting) = state.calendars.of_mut(organizer).copy_of(event.ical) {
        meeting.attendees.extend(fresh.iter().cloned());
        meeting.touch(call.now);
    }
    invitations::invite(call, state, owner, &event, &fresh);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
