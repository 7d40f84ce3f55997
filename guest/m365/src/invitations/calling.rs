//! Calling a meeting, a series, or keeping time for something of one's own.

use haymaker_guest::{LostRequest, Outcome, Problem, Verdict, http::Request, time::Datelike};
use serde_json::{Value, json};

use super::{
    Desk, Step,
    agenda::Invitation,
    event::{self, Seen},
    verdict,
};
use crate::{
    content::{
        self, Meeting, Occasion,
        prompt::Kind,
        writer::{self, Source, Words},
    },
    cycle::at,
    graph::{self, ENDPOINT},
    naming,
    people::Person,
};

/// Days of the week as Graph names them, from Monday on.
const WEEK: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// Makes the event; where a model writes, only has the agenda written.
pub(super) fn perform(desk: &Desk, invitation: Invitation, agenda: Option<Words>) -> Result<Outcome, Problem> {
    let content = content(desk, &invitation, |_, meeting| meeting)?;
    // An appointment with oneself has no agenda.
    if let (None, Some(generation), false) = (&agenda, &desk.office.config.generation, content.agenda.is_empty()) {
        let written = self::content(desk, &invitation, |occasion, meeting| {
            writer::text(generation, Kind::Meeting, occasion, &meeting.agenda, None)
        })?;
        return desk.then("call", &Step::Call { invitation, agenda: Some(written) });
    }
    let request =
        Request::post_json(ENDPOINT, event::events(desk), &body(desk, &invitation, content, agenda.as_ref())?);
    let made: Seen = graph::accept(request.send()?, "cannot make an event")?.json()?;
    called(desk, &invitation, made, agenda.as_ref())
}

/// Looks whether it was made.
pub(super) fn settle(
    desk: &Desk,
    invitation: &Invitation,
    agenda: Option<&Words>,
    lost: &LostRequest,
) -> Result<Verdict, Problem> {
    let made = event::made(desk, &invitation.event, invitation.from)?;
    match made {
        Some(made) => verdict(lost, true, || called(desk, invitation, made, agenda)),
        // Should it appear after all, a second request would only find it: Exchange knows the transaction.
        None => verdict(lost, false, || Ok(Outcome::nothing())),
    }
}

fn called(desk: &Desk, invitation: &Invitation, made: Seen, agenda: Option<&Words>) -> Result<Outcome, Problem> {
    let series = invitation.weekly.then(|| invitation.event.clone());
    let event = made.event((invitation.from, invitation.until), series);
    let activity = desk.told(&event, &event.invited)?;
    let source = agenda.map_or(Source::Template, |agenda| agenda.source);
    Ok(Outcome::activity(activity.with("content_source", source.name())))
}

/// Who is invited.
fn invited<'a>(desk: &Desk<'a>, invitation: &Invitation) -> Result<Vec<&'a Person>, Problem> {
    invitation.invited.iter().map(|index| at(desk.office, *index)).collect()
}

/// Does something with the template's meeting and its occasion.
fn content<T>(desk: &Desk, invitation: &Invitation, act: impl FnOnce(&Occasion, Meeting) -> T) -> Result<T, Problem> {
    let invited = invited(desk, invitation)?;
    // Somebody without colleagues keeps an appointment with themselves.
    let with: &[&Person] = if invited.is_empty() { &[desk.person] } else { &invited };
    let occasion = desk.occasion(&invitation.event, with)?;
    Ok(act(&occasion, content::meeting(&occasion, invitation.weekly)))
}

/// The event as it is made.
fn body(desk: &Desk, invitation: &Invitation, content: Meeting, agenda: Option<&Words>) -> Result<Value, Problem> {
    let invited = invited(desk, invitation)?;
    let agenda = agenda.map_or(&content.agenda, |agenda| &agenda.text);
    let zone = desk.office.place(desk.person)?.calendar.zone;
    let moment = |moment| json!({"dateTime": zone.shown(moment), "timeZone": zone.name()});
    let attendee = |person: &&Person| {
        let address = json!({"name": person.name(), "address": desk.address(person)});
        json!({"emailAddress": address, "type": "required"})
    };
    let mut body = json!({
        "subject": content.subject,
        "body": {"contentType": "text", "content": agenda.replace('\n', "\r\n")},
        "start": moment(invitation.from),
        "end": moment(invitation.until),
        "attendees": invited.iter().map(attendee).collect::<Vec<_>>(),
        "transactionId": naming::transaction(&desk.office.deployment, &invitation.event),
    });
    if let Some(body) = body.as_object_mut() {
        if let Some(place) = &content.place {
            body.insert("location".to_owned(), json!({"displayName": place}));
        }
        if invitation.weekly {
            body.insert("recurrence".to_owned(), recurrence(desk, invitation)?);
        }
    }
    Ok(body)
}

/// Every week on the day of the first time, until the run ends.
fn recurrence(desk: &Desk, invitation: &Invitation) -> Result<Value, Problem> {
    let zone = desk.office.place(desk.person)?.calendar.zone;
    let first = zone.day_of(invitation.from);
    let weekday = WEEK.get(first.weekday().num_days_from_monday() as usize).copied().unwrap_or_default();
    let (start, name) = (first.to_string(), zone.name());
    let last = invitation.last.and_then(|last| {
        // A run that ends at noon has no afternoon on its last day.
        let day = zone.day_of(last);
        let over = zone.moment(day, zone.time_of(invitation.from)) > last;
        if over { day.pred_opt() } else { Some(day) }
    });
    let range = match last.map(|last| last.to_string()) {
        Some(last) => json!({"type": "endDate", "startDate": start, "endDate": last, "recurrenceTimeZone": name}),
        None => json!({"type": "noEnd", "startDate": start, "recurrenceTimeZone": name}),
    };
    let pattern = json!({"type": "weekly", "interval": 1, "daysOfWeek": [weekday], "firstDayOfWeek": "monday"});
    Ok(json!({"pattern": pattern, "range": range}))
}
