//! The settings of a mailbox: its owner's time zone, working hours and automatic replies.

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::mailbox::Mailbox;
use super::{opened, opened_mut};
use crate::calendar::zones::Zone;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, DAYS_OF_WEEK, Fields, Shape, ZONED};
use crate::graph::{Call, Reply};
use crate::tenant::State;

static REPLIES: Fields = Fields {
    name: "automaticRepliesSetting",
    fields: &[
        ("externalAudience", Shape::Word(&["none", "contactsOnly", "all"])),
        ("externalReplyMessage", Shape::Text),
        ("internalReplyMessage", Shape::Text),
        ("scheduledEndDateTime", Shape::Object(&ZONED)),
        ("scheduledStartDateTime", Shape::Object(&ZONED)),
        ("status", Shape::Word(&["disabled", "alwaysEnabled", "scheduled"])),
    ],
};
static LOCALE: Fields = Fields { name: "localeInfo", fields: &[("displayName", Shape::Text), ("locale", Shape::Text)] };
static ZONE: Fields = Fields { name: "timeZoneBase", fields: &[("name", Shape::Text)] };
static HOURS: Fields = Fields {
    name: "workingHours",
    fields: &[
        ("daysOfWeek", DAYS_OF_WEEK),
        ("startTime", Shape::Text),
        ("endTime", Shape::Text),
        ("timeZone", Shape::Object(&ZONE)),
    ],
};
static SETTINGS: Fields = Fields {
    name: "mailboxSettings",
    fields: &[
        ("automaticRepliesSetting", Shape::Object(&REPLIES)),
        ("dateFormat", Shape::Text),
        ("timeFormat", Shape::Text),
        ("timeZone", Shape::Text),
        ("language", Shape::Object(&LOCALE)),
        ("workingHours", Shape::Object(&HOURS)),
        ("archiveFolder", Shape::Ignored),
        ("userPurpose", Shape::Ignored),
    ],
};

fn shown(mailbox: &Mailbox) -> Value {
    let mut shown = json!({
        "archiveFolder": null,
        "timeZone": "UTC",
        "dateFormat": "M/d/yyyy",
        "timeFormat": "h:mm tt",
        "userPurpose": "user",
        "language": { "locale": "en-US", "displayName": "English (United States)" },
        "automaticRepliesSetting": {
            "status": "disabled", "externalAudience": "all", "internalReplyMessage": "", "externalReplyMessage": "",
        },
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000",
            "endTime": "17:00:00.0000000",
            "timeZone": { "name": "UTC" },
        },
    });
    if let Some(fields) = shown.as_object_mut() {
        for (name, value) in &mailbox.settings {
            merge(fields, name, value);
        }
    }
    shown
}

/// Parts of a part that was not named stay as they are.
fn merge(fields: &mut Map<String, Value>, name: &str, value: &Value) {
    match (fields.get_mut(name).and_then(Value::as_object_mut), value) {
        (Some(old), Value::Object(new)) => old.extend(new.clone()),
        _ => drop(fields.insert(name.to_owned(), value.clone())),
    }
}

/// `GET /users/{id}/mailboxSettings`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    Ok(call.entity("mailboxSettings", shown(mailbox), StatusCode::OK))
}

/// `PATCH /users/{id}/mailboxSettings`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let changes = shape::read(Area::Outlook, &SETTINGS, &call.body)?;
    let text = |path: &[&str]| {
        let (first, rest) = path.split_first()?;
        rest.iter().try_fold(changes.get(*first)?, |value, name| value.get(name))?.as_str()
    };
    for zone in [text(&["timeZone"]), text(&["workingHours", "timeZone", "name"])].into_iter().flatten() {
        Zone::named(zone)?;
    }
    for name in ["startTime", "endTime"] {
        if text(&["workingHours", name]).is_some_and(|time| time.parse::<chrono::NaiveTime>().is_err()) {
            return Err(Fault::unreadable_message(format!("The value of the property '{name}' is not a time of day.")));
        }
    }
    let mailbox = opened_mut(call, state)?;
    for (name, value) in &changes {
        merge(&mut mailbox.settings, name, value);
    }
    Ok(call.entity("mailboxSettings", shown(mailbox), StatusCode::OK))
}
