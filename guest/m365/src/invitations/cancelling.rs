//! Calling off a meeting, or one time of a series.

use haymaker_guest::{LostRequest, Outcome, Problem, Verdict, http::Request, time};
use serde_json::json;

use super::{
    Desk, IN_TRANSIT, Step,
    event::{self, Event},
    verdict,
};
use crate::{
    content,
    graph::{self, ENDPOINT},
    people::Person,
    schedule::Stretch,
};

/// Looks for what is to be cancelled: nobody organises two meetings at once, so the time is enough to know it by.
pub(super) fn find(desk: &Desk, time: Stretch, series: Option<String>) -> Result<Outcome, Problem> {
    let meeting = event::at(desk, time)?.into_iter().find(|event| event.is_organizer && !event.is_cancelled);
    let meeting = meeting.ok_or_else(|| {
        let message = format!("{} has no meeting that is to be cancelled", desk.person.name());
        Problem::not_ready("no-meeting", message).at(time::now() + IN_TRANSIT)
    })?;
    desk.then("send", &Step::Cancel { event: meeting.event(time, series) })
}

/// Cancels it.
pub(super) fn perform(desk: &Desk, event: &Event) -> Result<Outcome, Problem> {
    let worker = |address: &String| desk.office.worker_at(address);
    let invited: Vec<&Person> =
        event.invited.iter().filter_map(worker).map(|id| desk.office.person(&id)).collect::<Result<_, Problem>>()?;
    let comment = content::cancellation(&desk.occasion(&desk.task.id, &invited)?);
    let target = format!("{}/cancel", event::path(desk, &event.id));
    graph::accept(
        Request::post_json(ENDPOINT, target, &json!({"comment": comment})).send()?,
        "cannot cancel a meeting",
    )?;
    cancelled(desk, event)
}

fn cancelled(desk: &Desk, event: &Event) -> Result<Outcome, Problem> {
    let activity = desk.told(event, &event.invited)?;
    Ok(Outcome::activity(activity.with("content_source", "template")))
}

/// Looks whether it was cancelled: then it has left the organiser's calendar, or says so.
pub(super) fn settle(desk: &Desk, event: &Event, lost: &LostRequest) -> Result<Verdict, Problem> {
    let gone = event::by_id(desk, &event.id)?.is_none_or(|seen| seen.is_cancelled);
    verdict(lost, gone, || cancelled(desk, event))
}
