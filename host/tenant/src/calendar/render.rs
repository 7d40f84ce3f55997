//! Events as Graph shows them.

use serde_json::{Value, json};

use super::Event;
use super::zones::Zone;
use crate::graph::Call;
use crate::graph::fault::Fault;
use crate::mail::content::Address;
use crate::odata::collection::merged;
use crate::odata::{Catalog, Filterable, Kind, Property, TEXTS};
use crate::time;

const fn property(name: &'static str, kind: Kind, filter: Filterable) -> Property {
    Property { name, kind, filter, usual: true }
}

/// What can be asked of events.
pub(super) const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.event",
    directory: false,
    properties: &[
        property("id", Kind::Text, Filterable::Equal),
        property("createdDateTime", Kind::Time, Filterable::Full),
        property("lastModifiedDateTime", Kind::Time, Filterable::Full),
        property("changeKey", Kind::Text, Filterable::No),
        property("categories", TEXTS, Filterable::Equal),
        property("transactionId", Kind::Text, Filterable::Equal),
        property("originalStartTimeZone", Kind::Text, Filterable::No),
        property("originalEndTimeZone", Kind::Text, Filterable::No),
        property("iCalUId", Kind::Text, Filterable::Equal),
        property("reminderMinutesBeforeStart", Kind::Other, Filterable::No),
        property("isReminderOn", Kind::Bool, Filterable::Equal),
        property("hasAttachments", Kind::Bool, Filterable::Equal),
        property("subject", Kind::Text, Filterable::Full),
        property("bodyPreview", Kind::Text, Filterable::No),
        property("importance", Kind::Text, Filterable::Equal),
        property("sensitivity", Kind::Text, Filterable::Equal),
        property("isAllDay", Kind::Bool, Filterable::Equal),
        property("isCancelled", Kind::Bool, Filterable::Equal),
        property("isOrganizer", Kind::Bool, Filterable::Equal),
        property("responseRequested", Kind::Bool, Filterable::Equal),
        property("seriesMasterId", Kind::Text, Filterable::Equal),
        property("showAs", Kind::Text, Filterable::Equal),
        property("type", Kind::Text, Filterable::Equal),
        property("webLink", Kind::Text, Filterable::No),
        property("onlineMeetingUrl", Kind::Text, Filterable::No),
        property("isOnlineMeeting", Kind::Bool, Filterable::Equal),
        property("onlineMeetingProvider", Kind::Text, Filterable::No),
        property("onlineMeeting", Kind::Other, Filterable::No),
        property("allowNewTimeProposals", Kind::Bool, Filterable::No),
        property("isDraft", Kind::Bool, Filterable::No),
        property("hideAttendees", Kind::Bool, Filterable::No),
        property("responseStatus", Kind::Other, Filterable::No),
        property("body", Kind::Other, Filterable::No),
        property("start", Kind::Other, Filterable::No),
        property("end", Kind::Other, Filterable::No),
        property("start/dateTime", Kind::Text, Filterable::Full),
        property("end/dateTime", Kind::Text, Filterable::Full),
        property("organizer/emailAddress/address", Kind::Text, Filterable::Full),
        property("location", Kind::Other, Filterable::No),
        property("locations", Kind::Other, Filterable::No),
        property("recurrence", Kind::Other, Filterable::No),
        property("attendees", Kind::Other, Filterable::No),
        property("organizer", Kind::Other, Filterable::No),
    ],
};

/// How events are shown to one request.
pub(super) struct View {
    zone: Zone,
    /// Without what they say: that is not for who may read the basics only.
    basic: bool,
}

impl View {
    /// As the caller prefers it, and may have it.
    ///
    /// # Errors
    /// The caller prefers a time zone that there is not.
    pub(super) fn of(call: &Call<'_>) -> Result<View, Fault> {
        Ok(View { zone: Zone::preferred(call)?, basic: call.basic })
    }

    /// A moment as `dateTimeTimeZone`.
    pub(super) fn zoned(&self, ms: u64) -> Value {
        let local = self.zone.local(ms).format("%Y-%m-%dT%H:%M:%S");
        json!({ "dateTime": format!("{local}.0000000"), "timeZone": self.zone.name })
    }
}

pub(super) fn recipient(address: &Address) -> Value {
    json!({ "emailAddress": { "name": &*address.name, "address": &*address.address } })
}

/// When nobody has answered, Graph says the year one.
fn status(response: &str, at: Option<u64>) -> Value {
    json!({ "response": response, "time": at.map_or_else(|| "0001-01-01T00:00:00Z".to_owned(), time::seconds) })
}

/// An event, or the instance of a series that begins at `instance`.
pub(super) fn event(event: &Event, instance: Option<u64>, view: &View) -> Value {
    let length = event.end.saturating_sub(event.start);
    let change = instance.and_then(|start| event.changed.get(&start));
    let (start, end) = instance.map_or((event.start, event.end), |start| (start, start.saturating_add(length)));
    let id = instance.map_or_else(|| event.id(), |start| event.instance_id(start));
    let kind = match (instance, change, &event.recurrence) {
        (Some(_), Some(_), _) => "exception",
        (Some(_), None, _) => "occurrence",
        (None, _, Some(_)) => "seriesMaster",
        (None, _, None) => "singleInstance",
    };
    let online = event.properties.get("isOnlineMeeting") == Some(&Value::Bool(true));
    let join =
        format!("https://teams.microsoft.com/l/meetup-join/19%3ameeting_{}%40thread.v2/0", hex::encode(event.ical));
    let preview = event.properties.get("body").and_then(|body| body.get("content")).and_then(Value::as_str);
    let preview: String = preview.unwrap_or_default().chars().take(255).collect();
    let base = json!({
        "@odata.etag": event.etag(),
        "id": id,
        "createdDateTime": time::seconds(event.created),
        "lastModifiedDateTime": time::seconds(event.modified),
        "changeKey": event.etag().trim_start_matches("W/").trim_matches('"'),
        "categories": [],
        "transactionId": null,
        "originalStartTimeZone": event.zones.0.name,
        "originalEndTimeZone": event.zones.1.name,
        "iCalUId": format!("040000008200E00074C5B7101A82E008{}", hex::encode_upper(event.ical)),
        "reminderMinutesBeforeStart": 15,
        "isReminderOn": true,
        "hasAttachments": false,
        "subject": "",
        "bodyPreview": preview,
        "importance": "normal",
        "sensitivity": "normal",
        "isAllDay": false,
        "isCancelled": event.cancelled,
        "isOrganizer": event.own,
        "responseRequested": true,
        "seriesMasterId": instance.map(|_| event.id()),
        "showAs": if event.own || event.response == "accepted" { "busy" } else { "tentative" },
        "type": kind,
        "webLink": format!("https://outlook.office365.com/owa/?itemid={id}&exvsurl=1&path=/calendar/item"),
        "onlineMeetingUrl": null,
        "isOnlineMeeting": online,
        "onlineMeetingProvider": if online { "teamsForBusiness" } else { "unknown" },
        "onlineMeeting": if online { json!({ "joinUrl": join }) } else { Value::Null },
        "allowNewTimeProposals": true,
        "isDraft": false,
        "hideAttendees": false,
        "responseStatus": status(event.response, event.answered),
        "body": { "contentType": "html", "content": "" },
        "location": { "displayName": "", "locationType": "default", "uniqueIdType": "unknown" },
        "locations": [],
        "recurrence": event.recurrence.as_ref().filter(|_| instance.is_none()).map(|rule| rule.render(&event.zones.0)),
    });
    let shown = merged(base, &event.properties);
    let shown = match change {
        Some(change) => merged(shown, change),
        None => shown,
    };
    let attendees = event.attendees.iter().map(|attendee| {
        json!({
            "type": attendee.kind,
            "status": status(attendee.response, attendee.answered),
            "emailAddress": { "name": &*attendee.address.name, "address": &*attendee.address.address },
        })
    });
    let mut times = serde_json::Map::new();
    times.insert("attendees".to_owned(), attendees.collect());
    times.insert("organizer".to_owned(), recipient(&event.organizer));
    times.insert("start".to_owned(), view.zoned(start));
    times.insert("end".to_owned(), view.zoned(end));
    if event.cancelled {
        let subject = format!("Canceled: {}", event.text("subject"));
        times.insert("subject".to_owned(), subject.into());
    }
    if let Some(location) = event.properties.get("location").filter(|location| location.is_object()) {
        times.insert("locations".to_owned(), json!([location]));
    }
    let mut shown = merged(shown, &times);
    if let Some(fields) = shown.as_object_mut().filter(|_| view.basic) {
        fields.retain(|name, _| !matches!(name.as_str(), "body" | "bodyPreview"));
    }
    shown
}
