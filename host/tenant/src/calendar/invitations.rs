//! How a meeting reaches those who are invited, and how they hear of changes.

use uuid::Uuid;

use super::{Attendee, Event};
use crate::graph::Call;
use crate::ids;
use crate::mail::content::{Address, Content};
use crate::mail::transport;
use crate::tenant::State;
use crate::time;

/// The person with a mailbox who has this address.
pub(super) fn person(state: &State, address: &str) -> Option<Uuid> {
    state.directory.live.addressed(address).filter(|user| user.mailbox_since.is_some()).map(|user| user.id)
}

/// A mail about a meeting.
pub(super) struct Notice<'a> {
    /// As Graph's `meetingMessageType`.
    pub(super) kind: &'static str,
    pub(super) prefix: &'static str,
    pub(super) comment: &'a str,
}

/// Sends a mail about a meeting from `sender` to these people.
pub(super) fn send(
    call: &Call<'_>,
    state: &mut State,
    sender: Uuid,
    event: &Event,
    to: &[Address],
    notice: &Notice<'_>,
) {
    let Some(from) = state.mail.get(sender).map(|mailbox| mailbox.owner.clone()) else { return };
    if to.is_empty() {
        return;
    }
    let id = hex::encode_upper(ids::short(call.mint.make("meeting message", notice.kind, to.len() as u64)));
    let host = call.settings.domain.split('.').next().unwrap_or_default();
    let mut content = Content::new(format!("<{id}@{host}.prod.outlook.com>"), from);
    content.subject = format!("{}{}", notice.prefix, event.text("subject")).into();
    content.body = match notice.comment {
        "" => event
            .properties
            .get("body")
            .and_then(|body| body.get("content"))
            .and_then(|text| text.as_str())
            .unwrap_or_default()
            .into(),
        comment => comment.into(),
    };
    content.html = notice.comment.is_empty()
        && event.properties.get("body").and_then(|body| body.get("contentType")).is_some_and(|kind| kind == "html");
    content.to = to.to_vec();
    content.meeting = Some(notice.kind);
    // Whatever is said about a meeting is one conversation.
    content.converse(call.seed, &hex::encode(event.ical));
    transport::notify(call, state, sender, content);
}

/// Invites these people: each gets a copy of the event, and a mail.
pub(super) fn invite(call: &Call<'_>, state: &mut State, owner: Uuid, event: &Event, invited: &[Attendee]) {
    for attendee in invited {
        if let Some(person) = person(state, &attendee.address.address).filter(|person| *person != owner) {
            lay_down(call, state, person, event);
        }
    }
    let to: Vec<Address> = invited
        .iter()
        .map(|attendee| attendee.address.clone())
        .filter(|address| !address.address.eq_ignore_ascii_case(&event.organizer.address))
        .collect();
    send(call, state, owner, event, &to, &Notice { kind: "meetingRequest", prefix: "", comment: "" });
}

/// Lays a copy of the event into somebody's calendar.
fn lay_down(call: &Call<'_>, state: &mut State, person: Uuid, event: &Event) {
    let name = person.to_string();
    let calendar = state.calendars.of_mut(person);
    let key = calendar.free_key(|ordinal| call.mint.make("invitation", &name, ordinal));
    let mut properties = event.properties.clone();
    // Reminders, categories and the like are each one's own.
    for own in ["categories", "showAs", "transactionId", "isReminderOn", "reminderMinutesBeforeStart"] {
        properties.remove(own);
    }
    let copy = Event {
        key,
        properties,
        own: false,
        response: "notResponded",
        answered: None,
        created: call.now,
        modified: call.now,
        version: 0,
        arrives: call.now.saturating_add(time::ms(call.settings.delays.delivery)),
        ..event.clone()
    };
    calendar.events.insert(key, copy);
}

/// Tells the invited what the organiser changed: the new ones are invited, the former ones are let go, and a meeting at
/// another time must be answered again.
pub(super) fn update(call: &Call<'_>, state: &mut State, owner: Uuid, before: &Event, after: &Event) {
    let among = |list: &[Attendee], one: &Attendee| {
        list.iter().any(|other| other.address.address.eq_ignore_ascii_case(&one.address.address))
    };
    let fresh: Vec<Attendee> = after.attendees.iter().filter(|one| !among(&before.attendees, one)).cloned().collect();
    let gone: Vec<Attendee> = before.attendees.iter().filter(|one| !among(&after.attendees, one)).cloned().collect();
    let kept: Vec<Attendee> = after.attendees.iter().filter(|one| among(&before.attendees, one)).cloned().collect();
    let moved = (before.start, before.end, &before.recurrence) != (after.start, after.end, &after.recurrence);
    for attendee in &kept {
        let Some(person) = person(state, &attendee.address.address).filter(|person| *person != owner) else { continue };
        if let Some(copy) = state.calendars.of_mut(person).copy_of(after.ical) {
            let own: Vec<_> = ["categories", "showAs", "isReminderOn", "reminderMinutesBeforeStart"]
                .into_iter()
                .filter_map(|name| Some((name.to_owned(), copy.properties.get(name)?.clone())))
                .collect();
            copy.properties = after.properties.clone();
            copy.properties.remove("transactionId");
            copy.properties.extend(own);
            (copy.start, copy.end, copy.zones) = (after.start, after.end, after.zones.clone());
            copy.recurrence.clone_from(&after.recurrence);
            copy.attendees.clone_from(&after.attendees);
            if moved {
                (copy.response, copy.answered) = ("notResponded", None);
            }
            copy.touch(call.now);
        }
    }
    if moved && let Some(own) = state.calendars.of_mut(owner).copy_of(after.ical) {
        for attendee in &mut own.attendees {
            (attendee.response, attendee.answered) = ("none", None);
        }
    }
    let to: Vec<Address> = kept.into_iter().map(|attendee| attendee.address).collect();
    if moved || before.properties.get("location") != after.properties.get("location") {
        send(call, state, owner, after, &to, &Notice { kind: "meetingRequest", prefix: "", comment: "" });
    }
    invite(call, state, owner, after, &fresh);
    let gone = Event { attendees: gone, ..after.clone() };
    cancel(call, state, owner, &gone, None, "");
}

/// Tells the invited that a meeting, or one instance of it, will not be.
pub(super) fn cancel(
    call: &Call<'_>,
    state: &mut State,
    owner: Uuid,
    event: &Event,
    instance: Option<u64>,
    comment: &str,
) {
    for attendee in &event.attendees {
        let Some(person) = person(state, &attendee.address.address).filter(|person| *person != owner) else { continue };
        if let Some(copy) = state.calendars.of_mut(person).copy_of(event.ical) {
            match instance {
                Some(start) => drop(copy.removed.insert(start)),
                None => copy.cancelled = true,
            }
            copy.touch(call.now);
        }
    }
    let to: Vec<Address> = event.attendees.iter().map(|attendee| attendee.address.clone()).collect();
    send(call, state, owner, event, &to, &Notice { kind: "meetingCancelled", prefix: "Canceled: ", comment });
}
