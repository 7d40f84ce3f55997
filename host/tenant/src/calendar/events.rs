//! The operations on events.

use chrono::NaiveDateTime;
use http::{StatusCode, header};
use serde_json::{Map, Value};

use super::recurrence::Recurrence;
use super::zones::Zone;
use super::{Attendee, Event, found, found_mut, invitations, render};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, EMAIL_ADDRESS, Fields, ITEM_BODY, Shape, TEXTS, ZONED};
use crate::graph::{Call, Reply};
use crate::ids;
use crate::mail::content::{Address, IMPORTANCES};
use crate::odata::collection;
use crate::tenant::State;

/// How many people one meeting may have, as Exchange limits it.
const MOST_ATTENDEES: usize = 500;

static ATTENDEE: Fields = Fields {
    name: "attendee",
    fields: &[
        ("emailAddress", Shape::Object(&EMAIL_ADDRESS)),
        ("type", Shape::Word(&["required", "optional", "resource"])),
        ("status", Shape::Ignored),
        ("proposedNewTime", Shape::Ignored),
    ],
};
static LOCATION: Fields = Fields {
    name: "location",
    fields: &[
        ("displayName", Shape::Text),
        ("locationEmailAddress", Shape::Text),
        ("locationUri", Shape::Text),
        ("uniqueId", Shape::Text),
        ("locationType", Shape::Ignored),
        ("uniqueIdType", Shape::Ignored),
        ("address", Shape::Ignored),
        ("coordinates", Shape::Ignored),
    ],
};
const DAY_NAMES: Shape = Shape::Word(&["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]);
static PATTERN: Fields = Fields {
    name: "recurrencePattern",
    fields: &[
        (
            "type",
            Shape::Word(&["daily", "weekly", "absoluteMonthly", "relativeMonthly", "absoluteYearly", "relativeYearly"]),
        ),
        ("interval", Shape::Int),
        ("month", Shape::Int),
        ("dayOfMonth", Shape::Int),
        ("daysOfWeek", Shape::Many(&DAY_NAMES)),
        ("firstDayOfWeek", DAY_NAMES),
        ("index", Shape::Word(&["first", "second", "third", "fourth", "last"])),
    ],
};
static RANGE: Fields = Fields {
    name: "recurrenceRange",
    fields: &[
        ("type", Shape::Word(&["endDate", "noEnd", "numbered"])),
        ("startDate", Shape::Text),
        ("endDate", Shape::Text),
        ("recurrenceTimeZone", Shape::Text),
        ("numberOfOccurrences", Shape::Int),
    ],
};
static RECURRENCE: Fields = Fields {
    name: "patternedRecurrence",
    fields: &[("pattern", Shape::Object(&PATTERN)), ("range", Shape::Object(&RANGE))],
};
static EVENT: Fields = Fields {
    name: "event",
    fields: &[
        ("subject", Shape::Text),
        ("body", Shape::Object(&ITEM_BODY)),
        ("start", Shape::Object(&ZONED)),
        ("end", Shape::Object(&ZONED)),
        ("location", Shape::Object(&LOCATION)),
        ("locations", Shape::Ignored),
        ("attendees", Shape::Many(&Shape::Object(&ATTENDEE))),
        ("isAllDay", Shape::Bool),
        ("isOnlineMeeting", Shape::Bool),
        (
            "onlineMeetingProvider",
            Shape::Word(&["unknown", "skypeForBusiness", "skypeForConsumer", "teamsForBusiness"]),
        ),
        ("recurrence", Shape::Object(&RECURRENCE)),
        ("showAs", Shape::Word(&["free", "tentative", "busy", "oof", "workingElsewhere", "unknown"])),
        ("sensitivity", Shape::Word(&["normal", "personal", "private", "confidential"])),
        ("importance", Shape::Word(&IMPORTANCES)),
        ("categories", TEXTS),
        ("reminderMinutesBeforeStart", Shape::Int),
        ("isReminderOn", Shape::Bool),
        ("responseRequested", Shape::Bool),
        ("allowNewTimeProposals", Shape::Bool),
        ("hideAttendees", Shape::Bool),
        ("transactionId", Shape::Text),
        ("originalStartTimeZone", Shape::Ignored),
        ("originalEndTimeZone", Shape::Ignored),
        ("organizer", Shape::Ignored),
        ("id", Shape::Ignored),
    ],
};

/// What only the organiser may change.
const ORGANIZERS: [&str; 6] = ["start", "end", "location", "attendees", "recurrence", "subject"];

/// What a body says of an event, taken apart.
struct Parts {
    properties: Map<String, Value>,
    start: Option<(u64, Zone)>,
    end: Option<(u64, Zone)>,
    attendees: Option<Vec<Attendee>>,
    /// `Some(None)`: the series becomes a single event.
    recurrence: Option<Option<Recurrence>>,
}

impl Parts {
    fn read(body: &Map<String, Value>) -> Result<Parts, Fault> {
        let mut properties = shape::read(Area::Outlook, &EVENT, body)?;
        let mut moment = |name: &str| match properties.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => self::moment(&value).map(Some),
        };
        let (start, end) = (moment("start")?, moment("end")?);
        let attendees = match properties.remove("attendees") {
            None | Some(Value::Null) => None,
            Some(list) => Some(attendees(&list)?),
        };
        let recurrence = match properties.remove("recurrence") {
            None => None,
            Some(Value::Null) => Some(None),
            Some(value) => Some(Some(Recurrence::read(&value)?)),
        };
        properties.retain(|_, value| !value.is_null());
        Ok(Parts { properties, start, end, attendees, recurrence })
    }
}

/// UTC milliseconds of a `dateTimeTimeZone`, and its zone.
pub(super) fn moment(value: &Value) -> Result<(u64, Zone), Fault> {
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    let zone = Zone::named(text("timeZone"))?;
    let bare = text("dateTime").trim_end_matches('Z');
    let bare = bare.split_once('.').map_or(bare, |(seconds, _)| seconds);
    let mut forms = ["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M"].iter();
    let local = forms.find_map(|form| NaiveDateTime::parse_from_str(bare, form).ok());
    local.and_then(|local| Some((zone.moment(local)?, zone))).ok_or_else(|| {
        Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorPropertyValidationFailure",
            "At least one property failed validation. 'dateTime' is not a date and time.",
        )
    })
}

fn attendees(list: &Value) -> Result<Vec<Attendee>, Fault> {
    let mut attendees: Vec<Attendee> = Vec::new();
    for value in list.as_array().into_iter().flatten() {
        let text = |path: &str| value.pointer(path).and_then(Value::as_str).unwrap_or_default();
        let address = text("/emailAddress/address").to_owned();
        if !address.contains('@') {
            return Err(Fault::new(
                StatusCode::BAD_REQUEST,
                "ErrorInvalidRecipients",
                format!("At least one recipient isn't valid., Recipient '{address}' isn't resolved."),
            ));
        }
        if attendees.iter().any(|other| other.address.address.eq_ignore_ascii_case(&address)) {
            continue;
        }
        let name = Some(text("/emailAddress/name")).filter(|name| !name.is_empty()).unwrap_or(&address).to_owned();
        let kind = Some(text("/type")).filter(|kind| !kind.is_empty()).unwrap_or("required").to_owned();
        attendees.push(Attendee {
            address: Address { name: name.into(), address: address.into() },
            kind,
            response: "none",
            answered: None,
        });
    }
    if attendees.len() > MOST_ATTENDEES {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorTooManyRecipients",
            "The meeting has too many attendees.",
        ));
    }
    Ok(attendees)
}

fn ends_before_it_starts() -> Fault {
    Fault::new(
        StatusCode::BAD_REQUEST,
        "ErrorPropertyValidationFailure",
        "At least one property failed validation. The end of the event is before its start.",
    )
}

fn answer(call: &Call<'_>, event: &Event, instance: Option<u64>, status: StatusCode) -> Result<Reply, Fault> {
    render::CATALOG.selection(&call.options)?;
    let shown = render::event(event, instance, &render::View::of(call)?);
    Ok(call.entity(&format!("users('{}')/events", call.key(0)), shown, status))
}

/// `GET .../events`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owner = super::calendars::owner(call, state)?;
    let mut events: Vec<&Event> = state.calendars.of(owner).into_iter().flat_map(|own| own.seen(call.now)).collect();
    events.sort_by_key(|event| (std::cmp::Reverse(event.created), event.key));
    let view = render::View::of(call)?;
    let events = events.into_iter().map(|event| render::event(event, None, &view)).collect();
    collection::page(call, &format!("users('{}')/events", call.key(0)), &render::CATALOG, events, (10, 1000))
}

/// `GET .../events/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (_, event, instance) = found(call, state)?;
    answer(call, event, instance, StatusCode::OK)
}

/// `POST .../events`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owner = super::calendars::owner(call, state)?;
    let parts = Parts::read(&call.body)?;
    let missing = |name: &str| {
        Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorPropertyValidationFailure",
            format!("At least one property failed validation. '{name}' is missing."),
        )
    };
    let (start, start_zone) = parts.start.ok_or_else(|| missing("start"))?;
    let (end, end_zone) = parts.end.ok_or_else(|| missing("end"))?;
    if end < start {
        return Err(ends_before_it_starts());
    }
    let organizer = state.mail.get(owner).map(|mailbox| mailbox.owner.clone()).ok_or_else(Fault::no_mailbox)?;
    let calendar = state.calendars.of_mut(owner);
    // A client that did not hear the answer asks again with the same transaction: it gets what it made.
    let transaction = parts.properties.get("transactionId").and_then(Value::as_str).unwrap_or_default();
    if !transaction.is_empty()
        && let Some(event) =
            calendar.events.values().find(|event| event.own && event.text("transactionId") == transaction)
    {
        return answer(call, event, None, StatusCode::CREATED);
    }
    let name = owner.to_string();
    let event = Event {
        key: calendar.free_key(|ordinal| call.mint.make("event", &name, ordinal)),
        ical: ids::short(call.mint.make("meeting", &name, 0)),
        properties: parts.properties,
        organizer,
        own: true,
        attendees: parts.attendees.unwrap_or_default(),
        response: "organizer",
        answered: None,
        start,
        end,
        zones: (start_zone, end_zone),
        recurrence: parts.recurrence.flatten(),
        removed: std::collections::BTreeSet::new(),
        changed: std::collections::BTreeMap::new(),
        cancelled: false,
        created: call.now,
        modified: call.now,
        version: 0,
        arrives: call.now,
    };
    calendar.events.insert(event.key, event.clone());
    call.did(|| audit::event("Create", &event.organizer.address, &event));
    let invited = event.attendees.clone();
    invitations::invite(call, state, owner, &event, &invited);
    let location = format!("{}/users('{}')/events('{}')", call.base, call.key(0), event.id());
    Ok(answer(call, &event, None, StatusCode::CREATED)?.with(header::LOCATION, location))
}

/// `PATCH .../events/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let parts = Parts::read(&call.body)?;
    let (owner, event, instance) = found(call, state)?;
    call.unchanged(&event.etag())?;
    if !event.own && ORGANIZERS.iter().any(|name| call.body.keys().any(|key| key.eq_ignore_ascii_case(name))) {
        return Err(Fault::new(
            StatusCode::FORBIDDEN,
            "ErrorAccessDenied",
            "Access is denied. Only the organizer can change this property of the meeting.",
        ));
    }
    let before = event.clone();
    let event = found_mut(call, state)?;
    if let Some(start) = instance {
        // One instance of a series: what is said of it, but not where and when the series is.
        if parts.start.is_some() || parts.end.is_some() || parts.recurrence.is_some() {
            return Err(Fault::not_simulated("moving one instance of a series; cancel it and make an event"));
        }
        event.changed.entry(start).or_default().extend(parts.properties);
        event.touch(call.now);
        let event = event.clone();
        call.did(|| audit::event("Update", super::address(state, owner), &event));
        return answer(call, &event, instance, StatusCode::OK);
    }
    let zones = event.zones.clone();
    let (start, end) = (parts.start.unwrap_or((event.start, zones.0)), parts.end.unwrap_or((event.end, zones.1)));
    if end.0 < start.0 {
        return Err(ends_before_it_starts());
    }
    (event.start, event.end, event.zones) = (start.0, end.0, (start.1, end.1));
    event.properties.extend(parts.properties);
    if let Some(recurrence) = parts.recurrence {
        event.recurrence = recurrence;
    }
    if let Some(mut attendees) = parts.attendees {
        for attendee in &mut attendees {
            let old =
                before.attendees.iter().find(|old| old.address.address.eq_ignore_ascii_case(&attendee.address.address));
            if let Some(old) = old {
                (attendee.response, attendee.answered) = (old.response, old.answered);
            }
        }
        event.attendees = attendees;
    }
    event.touch(call.now);
    let event = event.clone();
    call.did(|| audit::event("Update", super::address(state, owner), &event));
    if event.own {
        invitations::update(call, state, owner, &before, &event);
    }
    let (_, event, _) = found(call, state)?;
    answer(call, event, None, StatusCode::OK)
}

/// `DELETE .../events/{id}`: the organiser's goes with a cancellation, anybody else's copy goes quietly.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (owner, event, instance) = found(call, state)?;
    call.unchanged(&event.etag())?;
    let event = event.clone();
    call.did(|| audit::event("MoveToDeletedItems", super::address(state, owner), &event));
    if event.own && !event.cancelled {
        invitations::cancel(call, state, owner, &event, instance, "");
    }
    match instance {
        Some(start) => drop(found_mut(call, state)?.removed.insert(start)),
        None => drop(state.calendars.of_mut(owner).events.remove(&event.key)),
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
