//! When people are free.

use serde_json::{Value, json};

use super::invitations::person;
use super::{calendars, events, render};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply, parameter};
use crate::tenant::State;

/// The longest window and the most people, as documented.
const LONGEST: u64 = 62 * crate::time::DAY;
const MOST: usize = 100;

/// `POST /users/{id}/calendar/getSchedule`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    calendars::owner(call, state)?;
    let missing = |name: &str| {
        Fault::new(
            http::StatusCode::BAD_REQUEST,
            "ErrorInvalidParameter",
            format!("The parameter '{name}' is missing or invalid."),
        )
    };
    let moment =
        |name: &str| parameter(&call.body, name).map(events::moment).ok_or_else(|| missing(name))?.map(|(at, _)| at);
    let (from, to) = (moment("startTime")?, moment("endTime")?);
    if to <= from || to - from > LONGEST {
        return Err(missing("endTime"));
    }
    let step = match parameter(&call.body, "availabilityViewInterval") {
        None | Some(Value::Null) => 30,
        Some(value) => value
            .as_u64()
            .filter(|minutes| (5..=1440).contains(minutes))
            .ok_or_else(|| missing("availabilityViewInterval"))?,
    } * 60_000;
    let wanted = parameter(&call.body, "schedules").and_then(Value::as_array).ok_or_else(|| missing("schedules"))?;
    if wanted.len() > MOST {
        return Err(missing("schedules"));
    }
    let view = render::View::of(call)?;
    let people = wanted.iter().filter_map(Value::as_str);
    let answers = people.map(|address| one(call, state, &view, address, (from, to, step))).collect();
    Ok(call.page(call.context("Collection(microsoft.graph.scheduleInformation)"), None, answers, None))
}

fn one(call: &Call<'_>, state: &State, view: &render::View, address: &str, (from, to, step): (u64, u64, u64)) -> Value {
    let Some(person) = person(state, address) else {
        return json!({
            "scheduleId": address,
            "scheduleItems": [],
            "availabilityView": "",
            "error": { "message": "Unable to resolve e-mail address to an Active Directory object.", "responseCode": "ErrorMailRecipientNotFound" },
        });
    };
    let mut slots = vec![0u8; usize::try_from((to - from).div_ceil(step)).unwrap_or(0)];
    let mut items = Vec::new();
    for event in
        state.calendars.of(person).into_iter().flat_map(|own| own.seen(call.now)).filter(|event| !event.cancelled)
    {
        let shown = render::event(event, None, view);
        let word = shown.get("showAs").and_then(Value::as_str).unwrap_or("busy");
        let level =
            ["free", "tentative", "busy", "oof", "workingElsewhere"].iter().position(|one| *one == word).unwrap_or(2);
        for (start, end) in event.between(from, to) {
            let within = |at: u64| usize::try_from(at.saturating_sub(from) / step).unwrap_or(usize::MAX);
            let (first, last) = (within(start), within(end.saturating_sub(1)));
            for slot in slots.iter_mut().take(last.saturating_add(1)).skip(first) {
                *slot = (*slot).max(u8::try_from(level).unwrap_or(2));
            }
            items.push(json!({
                "isPrivate": false,
                "status": word,
                "subject": event.text("subject"),
                "location": "",
                "start": view.zoned(start),
                "end": view.zoned(end),
            }));
        }
    }
    json!({
        "scheduleId": address,
        "availabilityView": slots.iter().map(|slot| char::from(b'0' + slot)).collect::<String>(),
        "scheduleItems": items,
        "workingHours": {
            "daysOfWeek": ["monday", "tuesday", "wednesday", "thursday", "friday"],
            "startTime": "08:00:00.0000000", "endTime": "17:00:00.0000000", "timeZone": { "name": "UTC" },
        },
    })
}
