//! Events as they are found in a calendar.

use haymaker_guest::{
    Instant, Problem,
    http::{Request, segment},
    time::{SECOND, rfc3339},
};
use serde::{Deserialize, Serialize};

use super::Desk;
use crate::{
    graph::{self, ENDPOINT},
    naming,
    schedule::Stretch,
    zone::Zone,
};

/// The properties that an event is read from.
const SELECT: &str = "id,iCalUId,subject,start,organizer,attendees,isOrganizer,isCancelled,seriesMasterId,\
    responseStatus,transactionId";

/// More than lie in anybody's calendar at one time.
const AT_ONCE: &str = "50";

/// An event: what is answered or cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// The id in this calendar.
    pub id: String,
    /// The id that it has in all calendars.
    pub ical_uid: String,
    /// The subject.
    pub subject: String,
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub until: Instant,
    /// The name of the series that it belongs to.
    pub series: Option<String>,
    /// Addresses of those who are invited.
    pub invited: Vec<String>,
}

/// An event as Graph shows it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Seen {
    pub(super) id: String,
    #[serde(rename = "iCalUId", default)]
    ical_uid: String,
    #[serde(default)]
    subject: String,
    start: Moment,
    #[serde(default)]
    organizer: Option<Somebody>,
    #[serde(default)]
    attendees: Vec<Somebody>,
    #[serde(default)]
    pub(super) is_organizer: bool,
    #[serde(default)]
    pub(super) is_cancelled: bool,
    #[serde(default)]
    series_master_id: Option<String>,
    #[serde(default)]
    response_status: Option<Status>,
    #[serde(default)]
    transaction_id: Option<String>,
}

/// A time on the clock of a zone; without a preference, of UTC.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Moment {
    date_time: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Somebody {
    email_address: Address,
}

#[derive(Debug, Deserialize)]
struct Address {
    #[serde(default)]
    address: String,
}

#[derive(Debug, Deserialize)]
struct Status {
    response: String,
}

impl Seen {
    /// Whether this person's address is the organiser's.
    pub(super) fn is_organised_by(&self, address: &str) -> bool {
        self.organizer.as_ref().is_some_and(|organizer| organizer.email_address.address.eq_ignore_ascii_case(address))
    }

    /// What the calendar's owner has answered, in Graph's words.
    pub(super) fn response(&self) -> &str {
        self.response_status.as_ref().map_or("none", |status| &status.response)
    }

    /// It as what is answered or cancelled.
    pub(super) fn event(self, (from, until): Stretch, series: Option<String>) -> Event {
        let Seen { id, ical_uid, subject, attendees, .. } = self;
        let invited = attendees.into_iter().map(|attendee| attendee.email_address.address).collect();
        Event { id, ical_uid, subject, from, until, series, invited }
    }

    /// The same for the whole series of which this is one time.
    pub(super) fn whole(mut self) -> Seen {
        self.id = self.series_master_id.take().unwrap_or(self.id);
        self
    }

    fn begins(&self, from: Instant) -> bool {
        self.start.date_time.starts_with(&Zone::UTC.shown(from))
    }
}

/// What takes place in the worker's calendar at exactly this time: single events, and times of series.
///
/// # Errors
/// Graph's.
pub(super) fn at(desk: &Desk, (from, until): Stretch) -> Result<Vec<Seen>, Problem> {
    let request = Request::get(ENDPOINT, format!("{}/calendarView", desk.user()))
        .query("startDateTime", &rfc3339(from))
        .query("endDateTime", &rfc3339(until))
        .query("$select", SELECT)
        .query("$top", AT_ONCE);
    let mut seen: Vec<Seen> = graph::collect(request, "cannot look into the calendar")?;
    seen.retain(|event| event.begins(from));
    Ok(seen)
}

/// The event that the worker made under this name and that begins, or whose series begins, at this moment.
///
/// # Errors
/// Graph's.
pub(super) fn made(desk: &Desk, name: &str, from: Instant) -> Result<Option<Seen>, Problem> {
    let (first, next) = (Zone::UTC.shown(from), Zone::UTC.shown(from + SECOND));
    let request = Request::get(ENDPOINT, events(desk))
        .query("$filter", &format!("start/dateTime ge '{first}' and start/dateTime lt '{next}'"))
        .query("$select", SELECT)
        .query("$top", AT_ONCE);
    let seen: Vec<Seen> = graph::collect(request, "cannot search the calendar")?;
    let transaction = naming::transaction(&desk.office.deployment, name);
    Ok(seen.into_iter().find(|event| event.transaction_id.as_deref() == Some(&*transaction)))
}

/// The event with this id; none if it is there no more.
///
/// # Errors
/// Graph's.
pub(super) fn by_id(desk: &Desk, id: &str) -> Result<Option<Seen>, Problem> {
    let response = Request::get(ENDPOINT, path(desk, id)).query("$select", SELECT).send()?;
    match response.status {
        404 => Ok(None),
        _ => graph::accept(response, "cannot read an event")?.json().map(Some),
    }
}

/// The worker's events.
pub(super) fn events(desk: &Desk) -> String {
    format!("{}/events", desk.user())
}

/// One of them.
pub(super) fn path(desk: &Desk, id: &str) -> String {
    format!("{}/{}", events(desk), segment(id))
}
