//! Calendars. An event is reached by three ways.

use super::options::{ENTITY, EVENT_LIST, EXPANDED, VIEW};
use super::permissions as may;
use super::{Access, Area, Operation, Run};
use crate::calendar::{calendars, events, responses, schedule, view};

const fn delete(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("DELETE", template, Area::Outlook, access, options, run)
}

const fn get(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("GET", template, Area::Outlook, access, options, run)
}

const fn patch(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("PATCH", template, Area::Outlook, access, options, run)
}

const fn post(template: &'static str, access: Access, options: &'static [&'static str], run: Run) -> Operation {
    Operation::new("POST", template, Area::Outlook, access, options, run)
}

/// The operations that have one way only.
pub(super) static TABLE: &[Operation] = &[
    get("/users/{user-id}/calendar", may::CALENDAR_READ, ENTITY, Run::Does(calendars::get)),
    get("/users/{user-id}/calendars", may::CALENDAR_READ, ENTITY, Run::Does(calendars::list)),
    post("/users/{user-id}/calendar/getSchedule", may::SCHEDULE, &[], Run::Does(schedule::get)).json(),
    post(
        "/users/{user-id}/findMeetingTimes",
        may::MEETING_TIMES,
        &[],
        Run::Not(
            "suggestions of meeting times: delegated only, and meetings are drawn from the plan, not from a search",
        ),
    )
    .json(),
];

/// The operations on events, by the way that leads there.
macro_rules! event_operations {
    ($prefix:literal) => {
        &[
            get(concat!($prefix, "/calendarView"), may::CALENDAR_VIEW, VIEW, Run::Does(view::list)),
            get(concat!($prefix, "/events"), may::CALENDAR_READ, EVENT_LIST, Run::Does(events::list)),
            post(concat!($prefix, "/events"), may::CALENDAR_WRITE, &[], Run::Does(events::create)).json(),
            get(concat!($prefix, "/events/{event-id}"), may::EVENT_READ, EXPANDED, Run::Does(events::get)),
            patch(concat!($prefix, "/events/{event-id}"), may::CALENDAR_WRITE, &[], Run::Does(events::update)).json(),
            delete(concat!($prefix, "/events/{event-id}"), may::CALENDAR_WRITE, &[], Run::Does(events::delete)),
            post(
                concat!($prefix, "/events/{event-id}/permanentDelete"),
                may::CALENDAR_WRITE,
                &[],
                Run::Does(events::delete),
            ),
            post(concat!($prefix, "/events/{event-id}/accept"), may::CALENDAR_WRITE, &[], Run::Does(responses::accept))
                .json_or_nothing(),
            post(
                concat!($prefix, "/events/{event-id}/decline"),
                may::CALENDAR_WRITE,
                &[],
                Run::Does(responses::decline),
            )
            .json_or_nothing(),
            post(
                concat!($prefix, "/events/{event-id}/tentativelyAccept"),
                may::CALENDAR_WRITE,
                &[],
                Run::Does(responses::tentatively_accept),
            )
            .json_or_nothing(),
            post(concat!($prefix, "/events/{event-id}/cancel"), may::CALENDAR_WRITE, &[], Run::Does(responses::cancel))
                .json_or_nothing(),
            post(
                concat!($prefix, "/events/{event-id}/forward"),
                may::EVENT_FORWARD,
                &[],
                Run::Does(responses::forward),
            )
            .json(),
            get(concat!($prefix, "/events/{event-id}/instances"), may::EVENT_READ, VIEW, Run::Does(view::instances)),
        ]
    };
}

pub(super) static BY_USER: &[Operation] = event_operations!("/users/{user-id}");
pub(super) static BY_DEFAULT_CALENDAR: &[Operation] = event_operations!("/users/{user-id}/calendar");
pub(super) static BY_CALENDAR: &[Operation] = event_operations!("/users/{user-id}/calendars/{calendar-id}");
