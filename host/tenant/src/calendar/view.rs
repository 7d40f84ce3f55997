//! What lies between two moments, series taken apart into their instances.

use super::{Event, calendars, events, found, render};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::odata::collection;
use crate::tenant::State;
use crate::time;

/// Both ends of the view, which the caller must name.
fn ends(call: &Call<'_>) -> Result<(u64, u64), Fault> {
    let moment = |name: &str, text: &Option<String>| {
        let text = text.as_deref().ok_or_else(|| {
            Fault::new(
                http::StatusCode::BAD_REQUEST,
                "ErrorInvalidParameter",
                "This request requires a time window specified by the query string parameters StartDateTime and EndDateTime.",
            )
        })?;
        // A `+` in a query is a space; offsets come like that from careless clients.
        let text = text.trim().replace(' ', "+");
        time::parse(&text)
            .map_or_else(|| events::moment(&serde_json::json!({ "dateTime": text })).map(|(at, _)| at), Ok)
            .map_err(|_| {
                Fault::new(
                    http::StatusCode::BAD_REQUEST,
                    "ErrorInvalidParameter",
                    format!("The value of '{name}' is not a moment."),
                )
            })
    };
    let (from, to) = (moment("startDateTime", &call.options.start)?, moment("endDateTime", &call.options.end)?);
    if to < from {
        return Err(Fault::new(
            http::StatusCode::BAD_REQUEST,
            "ErrorInvalidParameter",
            "The end of the time window is before its start.",
        ));
    }
    Ok((from, to))
}

/// `GET .../calendarView`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owner = calendars::owner(call, state)?;
    let (from, to) = ends(call)?;
    let mut found: Vec<(u64, &Event)> = Vec::new();
    for event in state.calendars.of(owner).into_iter().flat_map(|own| own.seen(call.now)) {
        found.extend(event.between(from, to).into_iter().map(|(start, _)| (start, event)));
    }
    found.sort_by_key(|(start, event)| (*start, event.key));
    let view = render::View::of(call)?;
    let shown =
        found.into_iter().map(|(start, event)| render::event(event, event.recurrence.as_ref().map(|_| start), &view));
    collection::page(
        call,
        &format!("users('{}')/calendarView", call.key(0)),
        &render::CATALOG,
        shown.collect(),
        (10, 1000),
    )
}

/// `GET .../events/{id}/instances`.
pub(crate) fn instances(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (_, event, _) = found(call, state)?;
    let (from, to) = ends(call)?;
    if event.recurrence.is_none() {
        return Err(Fault::new(
            http::StatusCode::BAD_REQUEST,
            "ErrorInvalidRequest",
            "The requested event is not the master of a series.",
        ));
    }
    let view = render::View::of(call)?;
    let shown =
        event.between(from, to).into_iter().map(|(start, _)| render::event(event, Some(start), &view)).collect();
    collection::page(call, &format!("users('{}')/events", call.key(0)), &render::CATALOG, shown, (10, 1000))
}
