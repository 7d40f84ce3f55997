//! Calendars: attendees are workers, and answers go to workers.
//!
//! Online meetings are allowed: the link lies in the event, and only its attendees receive it. Recurrence is free.
//! Forwarding is denied: whoever is to come is invited. Rooms and other places are names; a place with an address of its
//! own would be invited, too.
//!
//! A created worker's calendar is the deployment's own. In an adopted person's, events are its own whose `iCalUId` stands
//! in the ledger (kind `event`): it is the same in the organiser's and every attendee's copy. Lists are shown without the
//! others, so they must be asked for with `iCalUId`.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::addresses::{addresses, recipients};
use super::body::{items, members, nothing, object, only, text, unknown, words};
use super::denial::denial;
use super::lent;
use super::looks::{About, Look, Ruling};
use super::mail::body;
use super::own::{Own, Standing};
use super::path::{below, uncovered};

/// Rules for what follows `/users/{user}`: a calendar, by any of its three names.
pub(super) fn decide(request: &Canonical, own: &Own, standing: Standing, rest: &[&str]) -> Result<Ruling, Denial> {
    let (length, rest) = match rest {
        ["calendar", rest @ ..] => (3, rest),
        ["calendars", _, rest @ ..] => (4, rest),
        ["calendars"] if request.method == "GET" => {
            lent::plain(request, standing, |_| false)?;
            return Ok(Ruling::Permitted);
        }
        rest => (2, rest),
    };
    match (request.method, rest) {
        ("GET", []) if length > 2 => {}
        ("GET", ["calendarView" | "events"]) => list(request, standing)?,
        ("POST", ["events"]) => event(own, body(request)?)?,
        // It shows what somebody's time is taken by, whoever made it.
        ("POST", ["getSchedule"]) if standing == Standing::Adopted => {
            return Err(denial("adopted", format!("{}: schedules of adopted people are not shown", request.target)));
        }
        ("POST", ["getSchedule"]) => schedule(request, own)?,
        ("POST", ["findMeetingTimes"]) if length == 2 => times(request, own)?,
        (_, ["events", id, rest @ ..]) => return item(request, own, standing, id, length + 2, rest),
        _ => return Err(uncovered(request)),
    }
    Ok(Ruling::Permitted)
}

/// In an adopted person's calendar, a list must show what tells ours from theirs.
fn list(request: &Canonical, standing: Standing) -> Result<(), Denial> {
    let select = request.option("select").unwrap_or_default().to_ascii_lowercase();
    if standing == Standing::Adopted && !select.split(',').any(|name| name.trim() == "icaluid") {
        let why = "events of adopted people are listed with iCalUId in $select";
        return Err(denial("listing", format!("{}: {why}", request.target)));
    }
    lent::plain(request, standing, is_stretch)
}

/// `start/dateTime ge '<moment>' and start/dateTime lt '<moment>'`: what begins within a stretch of time.
fn is_stretch(filter: &str) -> bool {
    let moments = filter.strip_prefix("start/dateTime ge '").and_then(|rest| rest.strip_suffix('\''));
    let moments = moments.and_then(|rest| rest.split_once("' and start/dateTime lt '"));
    let is_moment =
        |text: &str| text.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | '.' | '+' | 'T' | 'Z'));
    moments.is_some_and(|(from, until)| is_moment(from) && is_moment(until))
}

/// One event: the path has `length` segments up to its id.
fn item(
    request: &Canonical,
    own: &Own,
    standing: Standing,
    id: &str,
    length: usize,
    rest: &[&str],
) -> Result<Ruling, Denial> {
    let mut answered = false;
    match (request.method, rest) {
        ("GET" | "DELETE", []) => {}
        ("GET", ["instances"]) => list(request, standing)?,
        ("PATCH", []) => event(own, body(request)?)?,
        ("POST", ["permanentDelete"]) => nothing(request)?,
        ("POST", ["cancel"]) => only(request.json.as_ref().unwrap_or(&Value::Null), "the body", &["comment"])?,
        ("POST", ["accept" | "decline" | "tentativelyAccept"]) => {
            response(request)?;
            answered = true;
        }
        _ => return Err(uncovered(request)),
    }
    let about = match standing {
        Standing::Adopted => About::Made,
        Standing::Created if answered => About::Invitation,
        Standing::Created => return Ok(Ruling::Permitted),
    };
    Ok(Ruling::Look(Look { path: below(request, length), id: id.to_owned(), about }))
}

/// An event, or a part of one.
fn event(own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "an event")? {
        match name.as_str() {
            "attendees" => recipients(own, value)?,
            "body" => words(value)?,
            "start" | "end" => moment(value, &name)?,
            "location" => location(value)?,
            "locations" => items(value, "locations")?.iter().try_for_each(location)?,
            "recurrence" => recurrence(value)?,
            "categories" => drop(items(value, "categories")?),
            "subject" | "isallday" | "showas" | "sensitivity" | "importance" | "isreminderon" => {}
            "reminderminutesbeforestart" | "responserequested" | "allownewtimeproposals" | "hideattendees" => {}
            "isonlinemeeting" | "onlinemeetingprovider" | "transactionid" => {}
            "originalstarttimezone" | "originalendtimezone" => {}
            _ => return Err(unknown("an event", &name)),
        }
    }
    Ok(())
}

fn moment(value: &Value, what: &str) -> Result<(), Denial> {
    only(value, what, &["datetime", "timezone", "@odata.type"])
}

/// A place by its name.
fn location(value: &Value) -> Result<(), Denial> {
    only(value, "location", &["displayname", "locationtype", "uniqueid", "uniqueidtype", "@odata.type"])
}

fn recurrence(value: &Value) -> Result<(), Denial> {
    if value.is_null() {
        return Ok(());
    }
    const PATTERN: [&str; 8] =
        ["type", "interval", "month", "dayofmonth", "daysofweek", "firstdayofweek", "index", "@odata.type"];
    const RANGE: [&str; 6] =
        ["type", "startdate", "enddate", "recurrencetimezone", "numberofoccurrences", "@odata.type"];
    for (name, value) in object(value, "recurrence")? {
        match name.as_str() {
            "pattern" => only(value, "pattern", &PATTERN)?,
            "range" => only(value, "range", &RANGE)?,
            "@odata.type" => {}
            _ => return Err(unknown("recurrence", &name)),
        }
    }
    Ok(())
}

/// What is answered to an invitation.
fn response(request: &Canonical) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "comment" | "sendresponse" => {}
            "proposednewtime" if value.is_null() => {}
            "proposednewtime" => {
                for (name, value) in object(value, "proposedNewTime")? {
                    match name.as_str() {
                        "start" | "end" => moment(value, &name)?,
                        _ => return Err(unknown("proposedNewTime", &name)),
                    }
                }
            }
            _ => return Err(unknown("the body", &name)),
        }
    }
    Ok(())
}

/// Whose time is looked at.
fn schedule(request: &Canonical, own: &Own) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "schedules" => schedules(own, value)?,
            "starttime" | "endtime" => moment(value, &name)?,
            "availabilityviewinterval" => {}
            _ => return Err(unknown("the body", &name)),
        }
    }
    Ok(())
}

/// Only of people whose calendar is the deployment's own: a schedule names the subjects of all that is in it.
fn schedules(own: &Own, value: &Value) -> Result<(), Denial> {
    addresses(own, value)?;
    for address in items(value, "schedules")? {
        let address = text(address, "an address")?;
        if own.standing(address)? == Some(Standing::Adopted) {
            return Err(denial("adopted", format!("the schedule of {address:?}, who is adopted, is not shown")));
        }
    }
    Ok(())
}

/// Whose time is looked for.
fn times(request: &Canonical, own: &Own) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "attendees" => recipients(own, value)?,
            "meetingduration" | "maxcandidates" | "isorganizeroptional" => {}
            "minimumattendeepercentage" | "returnsuggestionreasons" => {}
            _ => return Err(unknown("the body", &name)),
        }
    }
    Ok(())
}
