//! The calendars of the tests' tenant: events whose copies reach those who are invited at once, weekly series, answers
//! and cancellations, and the mails about them.

use std::collections::BTreeSet;

use haymaker_guest::{
    Instant,
    http::Request,
    time::{Day, Days},
};
use serde_json::{Value, json};

use super::{
    mailbox::Message,
    tenant::{Tenant, error, not_found},
};
use crate::zone::Zone;

/// One person's copy of an event.
#[derive(Clone)]
pub(super) struct Event {
    /// The user's id.
    pub(super) owner: String,
    /// As it was posted.
    pub(super) body: Value,
    /// The same in all copies.
    pub(super) ical: String,
    /// The organiser's address.
    pub(super) organizer: String,
    /// Whether this is the organiser's copy.
    pub(super) own: bool,
    /// What its owner has answered.
    pub(super) response: String,
    /// When it begins and ends; of a series, every time that was not cancelled.
    pub(super) times: BTreeSet<(Instant, Instant)>,
    pub(super) cancelled: bool,
}

impl Event {
    pub(super) fn is_series(&self) -> bool {
        !self.body["recurrence"].is_null()
    }

    /// It as Graph would show it, or the time of it that begins at `from`.
    fn shown(&self, id: &str, (from, until): (Instant, Instant), occurrence: bool) -> Value {
        let mut shown = self.body.clone();
        let moment = |at| json!({"dateTime": format!("{}.0000000", Zone::UTC.shown(at)), "timeZone": "UTC"});
        let (own, master) = (occurrence && self.is_series(), json!(id));
        for (name, value) in [
            ("id", if own { json!(format!("{id}@{from}")) } else { master.clone() }),
            ("seriesMasterId", if own { master } else { Value::Null }),
            ("iCalUId", json!(self.ical)),
            ("organizer", json!({"emailAddress": {"address": self.organizer}})),
            ("isOrganizer", json!(self.own)),
            ("isCancelled", json!(self.cancelled)),
            ("responseStatus", json!({"response": self.response})),
            ("start", moment(from)),
            ("end", moment(until)),
        ] {
            shown[name] = value;
        }
        if !self.own {
            shown["transactionId"] = Value::Null;
        }
        shown
    }
}

/// When an event takes place, by what was posted.
fn times(body: &Value) -> BTreeSet<(Instant, Instant)> {
    let moment = |at: &Value, day: Option<Day>| {
        let zone: Zone = at["timeZone"].as_str().unwrap().parse().unwrap();
        let (date, time) = at["dateTime"].as_str().unwrap().split_once('T').unwrap();
        let parts: Vec<u64> = time.split(':').map(|part| part.parse().unwrap()).collect();
        let since = ((parts[0] * 60 + parts[1]) * 60 + parts[2]) * 1_000;
        zone.moment(day.unwrap_or_else(|| date.parse().unwrap()), since)
    };
    let once = (moment(&body["start"], None), moment(&body["end"], None));
    let Some(range) = body["recurrence"]["range"].as_object() else { return BTreeSet::from([once]) };
    assert_eq!(body["recurrence"]["pattern"]["type"], "weekly");
    let day = |name: &str| range[name].as_str().unwrap().parse::<Day>().unwrap();
    let first = day("startDate");
    // A year stands for a series without an end.
    let last = if range["type"] == "noEnd" { first + Days::new(365) } else { day("endDate") };
    let days = (0..).map(|week| first + Days::new(7 * week)).take_while(|day| *day <= last);
    days.map(|day| (moment(&body["start"], Some(day)), moment(&body["end"], Some(day)))).collect()
}

fn decoded(query: &str) -> String {
    let signs = [("%20", " "), ("%27", "'"), ("%3A", ":"), ("%2C", ","), ("%2F", "/")];
    signs.into_iter().fold(query.to_owned(), |text, (code, sign)| text.replace(code, sign))
}

impl Tenant {
    pub(super) fn calendar(&mut self, request: &Request, parts: &[&str], query: &str, body: Value) -> (u16, Value) {
        let owner = parts[1].to_owned();
        let query = decoded(query);
        let mine = |event: &&Event| event.owner == owner;
        match (request.method.as_str(), &parts[2..]) {
            ("POST", ["events"]) => self.call(&owner, body),
            ("GET", ["events"]) => {
                let first = query.split('\'').nth(1).unwrap();
                let begins = |event: &Event| event.shown("", *event.times.first().unwrap(), false)["start"].clone();
                let is = |event: &Event| begins(event)["dateTime"].as_str().unwrap().starts_with(first);
                let found = self.events.iter().filter(|(_, event)| mine(event) && !event.times.is_empty() && is(event));
                let shown = found.map(|(id, event)| event.shown(id, *event.times.first().unwrap(), false));
                (200, json!({"value": shown.collect::<Vec<_>>()}))
            }
            ("GET", ["calendarView"]) => {
                let end = |name: &str| query.split('&').find_map(|part| part.strip_prefix(&format!("{name}=")));
                let at = |text: &str| text.trim_end_matches('Z').to_owned();
                let (from, until) = (at(end("startDateTime").unwrap()), at(end("endDateTime").unwrap()));
                let shows = |at: Instant| format!("{}.000", Zone::UTC.shown(at));
                let mut shown = Vec::new();
                for (id, event) in self.events.iter().filter(|(_, event)| mine(event)) {
                    let here =
                        event.times.iter().filter(|(begins, ends)| shows(*begins) < until && shows(*ends) > from);
                    shown.extend(here.map(|time| event.shown(id, *time, true)));
                }
                (200, json!({ "value": shown }))
            }
            ("GET", ["events", id]) => match self.events.get(*id).filter(mine) {
                Some(event) => (200, event.shown(id, *event.times.first().unwrap(), false)),
                None => self
                    .occurrence(id)
                    .map_or_else(not_found, |time| (200, self.events[time.0].shown(time.0, time.1, true))),
            },
            ("POST", ["events", id, "cancel"]) => self.cancel(&decode_id(id)),
            ("POST", ["events", id, action]) => self.answer_event(id, action, &body),
            _ => not_found(),
        }
    }

    /// The event and the time that the id of one time of a series names, if that was not cancelled.
    fn occurrence<'i>(&self, id: &'i str) -> Option<(&'i str, (Instant, Instant))> {
        let (id, from) = id.split_once('@').or_else(|| id.split_once("%40"))?;
        let from: Instant = from.parse().unwrap();
        let time = self.events.get(id)?.times.iter().find(|(begins, _)| *begins == from)?;
        Some((id, *time))
    }

    fn address_of(&self, user: &str) -> String {
        self.users[user].body["userPrincipalName"].as_str().unwrap().to_owned()
    }

    fn owner_of(&self, address: &str) -> String {
        let user = self.users.iter().find(|(_, user)| user.body["userPrincipalName"] == address);
        user.map(|(id, _)| id.clone()).expect("only workers are invited")
    }

    /// Addresses of those who are invited.
    fn invited(body: &Value) -> Vec<String> {
        let attendees = body["attendees"].as_array().unwrap().iter();
        attendees.map(|attendee| attendee["emailAddress"]["address"].as_str().unwrap().to_owned()).collect()
    }

    fn notify(&mut self, kind: &str, subject: &str, from: &str, to: &str) {
        let (id, owner) = (self.id(), self.owner_of(to));
        let body = json!({
            "@odata.type": format!("#microsoft.graph.{kind}"), "subject": subject, "conversationId": id,
            "from": {"emailAddress": {"address": from}}, "internetMessageId": format!("<{id}@tenant>"),
            "body": {"contentType": "text", "content": ""},
        });
        let message = Message { owner, body, draft: false, read: false, received: true, folder: "inbox".to_owned() };
        self.messages.insert(id, message);
    }

    fn call(&mut self, owner: &str, body: Value) -> (u16, Value) {
        let known = |event: &&Event| event.own && event.body["transactionId"] == body["transactionId"];
        if let Some((id, event)) = self.events.iter().find(|(_, event)| known(event)) {
            return (201, event.shown(id, *event.times.first().unwrap(), false));
        }
        assert!(body["subject"].as_str().is_some_and(|subject| !subject.is_empty()));
        let (id, organizer) = (self.id(), self.address_of(owner));
        let event = Event {
            owner: owner.to_owned(),
            times: times(&body),
            ical: format!("ical-{id}"),
            organizer: organizer.clone(),
            own: true,
            response: "organizer".to_owned(),
            cancelled: false,
            body,
        };
        for address in Tenant::invited(&event.body) {
            assert_ne!(address, organizer);
            let copy = Event {
                owner: self.owner_of(&address),
                own: false,
                response: "notResponded".to_owned(),
                ..event.clone()
            };
            let copy_id = self.id();
            self.events.insert(copy_id, copy);
            self.notify("eventMessageRequest", event.body["subject"].as_str().unwrap(), &organizer, &address);
        }
        let shown = event.shown(&id, *event.times.first().unwrap(), false);
        self.events.insert(id, event);
        (201, shown)
    }

    fn answer_event(&mut self, id: &str, action: &str, body: &Value) -> (u16, Value) {
        assert!(body["sendResponse"] == true && body["comment"].is_string());
        let Some(event) = self.events.get_mut(id).filter(|event| !event.own && !event.cancelled) else {
            return error(400, "ErrorInvalidRequest", "Your request can't be completed.");
        };
        event.response = match action {
            "accept" => "accepted",
            "tentativelyAccept" => "tentativelyAccepted",
            "decline" => "declined",
            other => panic!("{other}"),
        }
        .to_owned();
        let event = event.clone();
        if action == "decline" {
            self.events.remove(id);
        }
        let from = self.address_of(&event.owner);
        self.notify("eventMessageResponse", event.body["subject"].as_str().unwrap(), &from, &event.organizer);
        (202, Value::Null)
    }

    fn cancel(&mut self, id: &str) -> (u16, Value) {
        let occurrence = self.occurrence(id);
        let (master, time) = occurrence.map_or((id, None), |(id, time)| (id, Some(time)));
        let Some(event) = self.events.get(master).filter(|event| event.own).cloned() else { return not_found() };
        assert!(!event.is_series() || time.is_some(), "no series is cancelled as a whole");
        for copy in self.events.values_mut().filter(|copy| copy.ical == event.ical) {
            match time {
                Some(time) => drop(copy.times.remove(&time)),
                None => copy.cancelled = true,
            }
        }
        if time.is_none() {
            self.events.remove(master);
        }
        for address in Tenant::invited(&event.body) {
            self.notify("eventMessage", event.body["subject"].as_str().unwrap(), &event.organizer, &address);
        }
        (202, Value::Null)
    }
}

fn decode_id(id: &str) -> String {
    id.replace("%40", "@")
}
