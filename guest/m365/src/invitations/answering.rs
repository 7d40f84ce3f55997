//! Answering an invitation that lies in one's calendar.

use haymaker_guest::{
    LostRequest, Outcome, Problem, Verdict,
    http::Request,
    time::{self, MINUTE},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Desk, IN_TRANSIT, Step,
    event::{self, Event},
    verdict,
};
use crate::{
    content,
    graph::{self, ENDPOINT},
    meetings::Response,
    people::Person,
    schedule::Stretch,
};

/// The pause before an invitation is looked for again that has not arrived.
const DELIVERY_PAUSE: u64 = MINUTE;

/// An answer that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// They come.
    Accepted,
    /// They may come.
    Tentative,
    /// They do not come.
    Declined,
}

/// The answer that somebody gives, if they do.
pub(super) fn answer(response: Response) -> Option<Answer> {
    match response {
        Response::Accepted => Some(Answer::Accepted),
        Response::Tentative => Some(Answer::Tentative),
        Response::Declined => Some(Answer::Declined),
        Response::None => None,
    }
}

impl Answer {
    /// As the ground truth names it.
    fn key(self) -> &'static str {
        match self {
            Answer::Accepted => "accepted",
            Answer::Tentative => "tentative",
            Answer::Declined => "declined",
        }
    }

    /// Graph's action.
    fn action(self) -> &'static str {
        match self {
            Answer::Accepted => "accept",
            Answer::Tentative => "tentativelyAccept",
            Answer::Declined => "decline",
        }
    }

    /// How Graph names it in the calendar.
    fn shown(self) -> &'static str {
        match self {
            Answer::Accepted => "accepted",
            Answer::Tentative => "tentativelyAccepted",
            Answer::Declined => "declined",
        }
    }

    fn content(self) -> content::Answer {
        match self {
            Answer::Accepted => content::Answer::Accept,
            Answer::Tentative => content::Answer::Tentative,
            Answer::Declined => content::Answer::Decline,
        }
    }
}

/// Looks for the invitation in one's own calendar.
pub(super) fn open(
    desk: &Desk,
    organiser: &Person,
    time: Stretch,
    series: Option<String>,
    answer: Answer,
) -> Result<Outcome, Problem> {
    let organised_by = desk.address(organiser);
    let invitation = event::at(desk, time)?
        .into_iter()
        .find(|event| !event.is_organizer && !event.is_cancelled && event.is_organised_by(&organised_by));
    let invitation = invitation.ok_or_else(|| {
        let message = format!("{} has not received the invitation that is to be answered", desk.person.name());
        Problem::not_ready("no-invitation", message).at(time::now() + DELIVERY_PAUSE)
    })?;
    // A series is answered as a whole.
    let event = invitation.whole().event(time, series);
    desk.then("send", &Step::Answer { organiser: organiser.worker.clone(), event, answer })
}

/// Answers it.
pub(super) fn perform(desk: &Desk, organiser: &Person, event: &Event, answer: Answer) -> Result<Outcome, Problem> {
    let recipients = [organiser];
    let comment = content::response(&desk.occasion(&desk.task.id, &recipients)?, answer.content());
    let target = format!("{}/{}", event::path(desk, &event.id), answer.action());
    let request = Request::post_json(ENDPOINT, target, &json!({"comment": comment, "sendResponse": true}));
    graph::accept(request.send()?, "cannot answer an invitation")?;
    answered(desk, organiser, event, answer)
}

fn answered(desk: &Desk, organiser: &Person, event: &Event, answer: Answer) -> Result<Outcome, Problem> {
    let activity = desk.told(event, &[desk.address(organiser)])?;
    Ok(Outcome::activity(activity.with("response", answer.key()).with("content_source", "template")))
}

/// Looks whether it was answered.
pub(super) fn settle(
    desk: &Desk,
    organiser: &Person,
    event: &Event,
    answer: Answer,
    lost: &LostRequest,
) -> Result<Verdict, Problem> {
    let answered = || answered(desk, organiser, event, answer);
    match event::by_id(desk, &event.id)? {
        Some(seen) => verdict(lost, seen.response() == answer.shown(), answered),
        // What is declined leaves the calendar.
        None if answer == Answer::Declined => verdict(lost, true, answered),
        // Once it had time to show, it was taken away since, and its answer with it.
        None => Ok(match lost.unseen(IN_TRANSIT) {
            Verdict::DidNot => Verdict::CannotTell,
            early => early,
        }),
    }
}
