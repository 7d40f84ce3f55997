//! Calendars: events, the people invited to them, and what they answered.
//!
//! As in Exchange, a meeting is not one thing that many look at: every invited person has a copy of their own, made when
//! the invitation arrives, and the copies know each other by `iCalUId` only. What the organiser changes travels to the
//! copies as mail does, and what a person answers travels back.

pub(crate) mod calendars;
pub(crate) mod events;
mod invitations;
mod recurrence;
mod render;
pub(crate) mod responses;
pub(crate) mod schedule;
pub(crate) mod view;
pub(crate) mod zones;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::graph::Call;
use crate::graph::fault::Fault;
use crate::mail::content::Address;
use crate::mail::mailbox::Key;
use crate::tenant::State;
use recurrence::Recurrence;
use zones::Zone;

/// How ids of events begin.
const PREFIX: &str = "AAMkAGev";

/// Somebody who is invited.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Attendee {
    pub(crate) address: Address,
    /// `required`, `optional` or `resource`.
    kind: String,
    /// As Graph's `responseType`.
    pub(crate) response: &'static str,
    /// When they answered, UTC milliseconds.
    answered: Option<u64>,
}

/// An event as one calendar has it.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    key: Key,
    /// The same in all copies of a meeting.
    ical: Key,
    /// What was set of it, but for what stands in the fields below.
    properties: Map<String, Value>,
    pub(crate) organizer: Address,
    /// Whether this is the organiser's own copy.
    own: bool,
    pub(crate) attendees: Vec<Attendee>,
    /// What the owner of this copy answered, as Graph's `responseType`, and when.
    pub(crate) response: &'static str,
    answered: Option<u64>,
    /// UTC milliseconds.
    pub(crate) start: u64,
    pub(crate) end: u64,
    /// In which time zones its beginning and its end were set.
    zones: (Zone, Zone),
    recurrence: Option<Recurrence>,
    /// Beginnings of instances that were taken out of the series.
    removed: BTreeSet<u64>,
    /// What is different in single instances, by their beginning in the series.
    changed: BTreeMap<u64, Map<String, Value>>,
    pub(crate) cancelled: bool,
    created: u64,
    modified: u64,
    version: u32,
    /// From when on it is to be seen.
    arrives: u64,
}

impl Event {
    pub(crate) fn id(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.key))
    }

    /// The id of one instance of a series.
    fn instance_id(&self, start: u64) -> String {
        let bytes: Vec<u8> = self.key.iter().copied().chain(start.to_be_bytes()).collect();
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What was set of it.
    pub(crate) fn properties(&self) -> &Map<String, Value> {
        &self.properties
    }

    /// Whether it comes again and again.
    pub(crate) fn recurs(&self) -> bool {
        self.recurrence.is_some()
    }

    pub(crate) fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn etag(&self) -> String {
        let bytes: Vec<u8> = self.key.iter().take(8).copied().chain(self.version.to_be_bytes()).collect();
        format!("W/\"{}\"", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Notes that it was changed.
    fn touch(&mut self, now: u64) {
        self.modified = now;
        self.version += 1;
    }

    /// Beginnings and ends of its instances that lie between these moments, at least partly.
    pub(crate) fn between(&self, from: u64, to: u64) -> Vec<(u64, u64)> {
        let length = self.end.saturating_sub(self.start);
        let overlaps = |start: &u64| *start < to && (start.saturating_add(length) > from || *start == from);
        match &self.recurrence {
            None => Some(self.start).into_iter().filter(overlaps).map(|start| (start, self.end)).collect(),
            Some(recurrence) => recurrence
                .beginnings(self.start, to, &self.zones.0)
                .into_iter()
                .filter(|start| overlaps(start) && !self.removed.contains(start))
                .map(|start| (start, start.saturating_add(length)))
                .collect(),
        }
    }
}

/// The events of one person.
#[derive(Default)]
pub(crate) struct Calendar {
    events: BTreeMap<Key, Event>,
}

impl Calendar {
    /// All of them, arrived or not.
    pub(crate) fn events(&self) -> impl Iterator<Item = &Event> {
        self.events.values()
    }

    /// Those that have arrived, in no order that means anything.
    pub(crate) fn seen(&self, now: u64) -> impl Iterator<Item = &Event> {
        self.events.values().filter(move |event| event.arrives <= now)
    }

    /// The copy of a meeting, arrived or not.
    fn copy_of(&mut self, ical: Key) -> Option<&mut Event> {
        self.events.values_mut().find(|event| event.ical == ical)
    }

    fn free_key(&self, make: impl Fn(u64) -> [u8; 32]) -> Key {
        let mut keys = (0..).map(|ordinal| crate::ids::short(make(ordinal)));
        keys.find(|key| !self.events.contains_key(key)).unwrap_or_default()
    }
}

/// Everybody's calendars.
#[derive(Default)]
pub(crate) struct Calendars {
    by_owner: HashMap<Uuid, Calendar>,
}

impl Calendars {
    pub(crate) fn of(&self, owner: Uuid) -> Option<&Calendar> {
        self.by_owner.get(&owner)
    }

    fn of_mut(&mut self, owner: Uuid) -> &mut Calendar {
        self.by_owner.entry(owner).or_default()
    }

    pub(crate) fn remove(&mut self, owner: Uuid) {
        self.by_owner.remove(&owner);
    }

    /// Every owner with their calendar, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Uuid, &Calendar)> {
        self.by_owner.iter().map(|(owner, calendar)| (*owner, calendar))
    }

    /// How many events lie in all calendars, each copy of a meeting counted.
    pub(crate) fn events(&self) -> usize {
        self.by_owner.values().map(|calendar| calendar.events.len()).sum()
    }
}

/// The address of somebody with a calendar.
fn address(state: &State, owner: Uuid) -> &str {
    state.mail.get(owner).map_or("", |mailbox| &mailbox.owner.address)
}

/// What an id in a path says: the event, and the beginning of the instance if it is one of a series.
fn parsed(id: &str) -> Result<(Key, Option<u64>), Fault> {
    let bytes = id.strip_prefix(PREFIX).and_then(|rest| URL_SAFE_NO_PAD.decode(rest).ok());
    let bytes = bytes.ok_or_else(Fault::malformed_id)?;
    let (key, rest) = bytes.split_at_checked(16).ok_or_else(Fault::malformed_id)?;
    let key = key.try_into().map_err(|_| Fault::malformed_id())?;
    match rest {
        [] => Ok((key, None)),
        rest => Ok((key, Some(u64::from_be_bytes(rest.try_into().map_err(|_| Fault::malformed_id())?)))),
    }
}

/// The owner of the calendar that the path names, the event in it, and the instance if the path names one.
fn found<'s>(call: &Call<'_>, state: &'s State) -> Result<(Uuid, &'s Event, Option<u64>), Fault> {
    let owner = calendars::owner(call, state)?;
    let (key, instance) = parsed(call.of("event-id"))?;
    let event = state.calendars.of(owner).and_then(|calendar| calendar.events.get(&key));
    let event = event.filter(|event| event.arrives <= call.now).ok_or_else(Fault::item_not_found)?;
    if let Some(start) = instance {
        let there = event.recurrence.is_some()
            && event.between(start, start.saturating_add(1)).iter().any(|(other, _)| *other == start);
        if !there {
            return Err(Fault::item_not_found());
        }
    }
    Ok((owner, event, instance))
}

/// The same event, to be changed.
fn found_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Event, Fault> {
    let (owner, event, _) = found(call, state)?;
    let key = event.key;
    state.calendars.of_mut(owner).events.get_mut(&key).ok_or_else(Fault::item_not_found)
}
