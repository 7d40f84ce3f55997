//! What the agenda makes due in a window, and how much of it is expected.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use haymaker_guest::{
    Instant, Problem, Task,
    journal::{self, Stage},
    state,
    time::{self, Datelike, MINUTE},
};
use serde::{Deserialize, Serialize};

use super::{
    CANCEL, CREATE, RESPOND, Step,
    agenda::{Agenda, Called, Cancellation, Invitation, Reply},
    answering::answer,
};
use crate::{
    calendar::Calendar,
    config::Feature,
    cycle::{at, expiry},
    expectation::{Window, extend},
    meetings,
    office::{Office, index},
    people::Person,
};

/// What was planned so far, and what a status tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The time whose acts were planned.
    windows: Vec<Window>,
    /// How many acts were planned in all windows but the last, by kind.
    before: BTreeMap<String, u64>,
    /// The acts of the last window.
    last: Vec<(String, Instant)>,
    /// What the last plan saw ahead.
    ahead: Ahead,
}

/// What lies ahead of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Ahead {
    /// Meetings, no series, that were called and are still to begin.
    called: u64,
    /// Series that are still to be called.
    series: u64,
    /// Answers that are still to be given to what was called.
    answers: u64,
}

impl Record {
    const KEY: &str = "calendar/planned";

    fn known() -> Result<Option<Record>, Problem> {
        state::load(Record::KEY)
    }

    /// Whether a moment was planned.
    fn has(&self, moment: Instant) -> bool {
        self.windows.iter().any(|window| (window.from..window.until).contains(&moment))
    }

    fn until(&self) -> Instant {
        self.windows.last().map_or(0, |window| window.until)
    }
}

/// All that is due in a window.
///
/// # Errors
/// The state's.
pub fn tasks(office: &Office, window: Window) -> Result<Vec<Task>, Problem> {
    if !office.uses(Feature::Calendar)? {
        return Ok(Vec::new());
    }
    let mut record = Record::known()?.unwrap_or_default();
    extend(&mut record.windows, window, office.calendars.iter().map(AsRef::as_ref));
    let agenda = Agenda::of(office)?;
    let mut round =
        Round { office, agenda: &agenda, window, record: &record, tasks: Vec::new(), ahead: Ahead::default() };
    for day in agenda.days(window) {
        round.day(agenda.meetings(day))?;
    }
    let Round { tasks, ahead, .. } = round;
    for (kind, _) in std::mem::take(&mut record.last) {
        *record.before.entry(kind).or_default() += 1;
    }
    record.last = tasks.iter().map(|task| (task.kind.clone(), task.due)).collect();
    record.ahead = ahead;
    state::save(Record::KEY, &record)?;
    Ok(tasks)
}

/// One plan.
struct Round<'a> {
    office: &'a Office,
    agenda: &'a Agenda<'a>,
    window: Window,
    record: &'a Record,
    tasks: Vec<Task>,
    ahead: Ahead,
}

impl Round<'_> {
    fn is_due(&self, moment: Instant) -> bool {
        (self.window.from..self.window.until).contains(&moment)
    }

    /// Whether nothing is known that kept an invitation from being sent: what was never called is neither answered nor
    /// cancelled.
    fn is_called(&self, invitation: &Invitation) -> bool {
        let standing = journal::get(&invitation.event);
        !standing.is_some_and(|standing| matches!(standing.stage, Stage::Failed | Stage::Skipped))
    }

    fn day(&mut self, meetings: Vec<meetings::Meeting>) -> Result<(), Problem> {
        for meeting in meetings {
            let Some(called) = self.agenda.called(&meeting) else {
                continue;
            };
            let (invitation, until) = (&called.invitation, self.window.until);
            // What follows from a series follows from its first time; the others may be cancelled.
            let leads = invitation.from == meeting.time.0;
            if invitation.sent >= until {
                self.ahead.series += u64::from(leads && invitation.weekly);
                continue;
            }
            if !self.record.has(invitation.sent) {
                continue;
            }
            if leads {
                self.ahead.called += u64::from(!invitation.weekly && invitation.from >= until);
                if self.is_due(invitation.sent) {
                    self.tasks.push(call(self.office, &called)?);
                }
                for reply in self.agenda.replies(&called) {
                    if self.is_due(reply.due) && self.is_called(invitation) {
                        self.tasks.push(respond(self.office, &called, &reply)?);
                    }
                    self.ahead.answers += u64::from(reply.due >= until && reply.due < self.agenda.end());
                }
            }
            let cancelled = self.agenda.cancellation(invitation, &meeting);
            let is_due = |cancellation: &Cancellation| self.is_due(cancellation.due) && self.is_called(invitation);
            if let Some(cancellation) = cancelled.filter(is_due) {
                self.tasks.push(cancel(self.office, &called, &cancellation)?);
            }
        }
        Ok(())
    }
}

fn calendar<'a>(office: &'a Office, person: &Person) -> Result<&'a Calendar, Problem> {
    Ok(&office.place(person)?.calendar)
}

fn call(office: &Office, called: &Called) -> Result<Task, Problem> {
    let invitation = &called.invitation;
    let person = at(office, invitation.organiser)?;
    let does = match invitation.invited.len() {
        0 => "keeps time for something".to_owned(),
        1 => "invites a colleague".to_owned(),
        several => format!("invites {several} colleagues"),
    };
    // Later than that there would be nothing left to invite to.
    let last = invitation.from.saturating_sub(MINUTE);
    Task::new(&*invitation.event, CREATE, Feature::Calendar.actor(&person.worker), invitation.sent)
        .expires(expiry(calendar(office, person)?, invitation.sent).min(last))
        .summary(format!("{} {does}", person.name()))
        .with_payload(&Step::Call { invitation: invitation.clone(), agenda: None })
}

fn respond(office: &Office, called: &Called, reply: &Reply) -> Result<Task, Problem> {
    let invitation = &called.invitation;
    let (person, organiser) = (at(office, reply.by)?, at(office, invitation.organiser)?);
    let Some(answer) = answer(reply.response) else {
        return Err(Problem::invalid("no-answer", format!("{} answers nothing", person.worker)));
    };
    let id = format!("{}/answer/{}", invitation.event, person.worker);
    let step = Step::Open {
        organiser: organiser.worker.clone(),
        from: invitation.from,
        until: invitation.until,
        series: invitation.weekly.then(|| invitation.event.clone()),
        answer,
    };
    Task::new(id, RESPOND, Feature::Calendar.actor(&person.worker), reply.due)
        .expires(expiry(calendar(office, person)?, reply.due).min(reply.before))
        .summary(format!("{} answers an invitation", person.name()))
        .with_payload(&step)
}

fn cancel(office: &Office, called: &Called, cancellation: &Cancellation) -> Result<Task, Problem> {
    let invitation = &called.invitation;
    let person = at(office, invitation.organiser)?;
    let step = Step::Find {
        from: cancellation.from,
        until: cancellation.until,
        series: invitation.weekly.then(|| invitation.event.clone()),
    };
    Task::new(
        format!("{}/cancel", cancellation.meeting),
        CANCEL,
        Feature::Calendar.actor(&person.worker),
        cancellation.due,
    )
    .expires(expiry(calendar(office, person)?, cancellation.due).min(cancellation.from))
    .summary(format!("{} cancels a meeting", person.name()))
    .with_payload(&step)
}

/// How many acts are expected before a moment, by kind: those that were planned, and where that lies further ahead than
/// any plan yet, as many more as the figures say.
///
/// # Errors
/// The state's.
pub fn expected(office: &Office, before: Instant) -> Result<BTreeMap<String, f64>, Problem> {
    let mut counts: BTreeMap<String, f64> = BTreeMap::new();
    if !office.uses(Feature::Calendar)? {
        return Ok(counts);
    }
    let known = Record::known()?;
    let from = known.as_ref().map_or_else(time::now, Record::until);
    let Record { before: planned, last, ahead, .. } = known.unwrap_or_default();
    counts.extend(planned.iter().map(|(kind, count)| (kind.clone(), *count as f64)));
    let due = last.iter().filter(|(_, due)| *due < before).map(|(kind, _)| (kind.as_str(), 1.0));
    let mut more: Vec<(&str, f64)> = due.collect();
    if from < before {
        more.extend(future(office, &ahead, Window { from, until: before })?);
    }
    for (kind, count) in more.into_iter().filter(|(_, count)| *count > 0.0) {
        *counts.entry(kind.to_owned()).or_default() += count;
    }
    Ok(counts)
}

/// How many acts are expected in a time before which nothing was planned, by kind.
///
/// # Errors
/// The state's.
pub fn foreseen(office: &Office, window: Window) -> Result<BTreeMap<String, f64>, Problem> {
    if !office.uses(Feature::Calendar)? {
        return Ok(BTreeMap::new());
    }
    let acts = future(office, &Ahead::default(), window)?.into_iter();
    Ok(acts.filter(|(_, count)| *count > 0.0).map(|(kind, count)| (kind.to_owned(), count)).collect())
}

/// How many acts are expected in a time that no plan has reached.
fn future(office: &Office, ahead: &Ahead, window: Window) -> Result<[(&'static str, f64); 3], Problem> {
    let ready: BTreeSet<usize> =
        office.ready(Feature::Calendar)?.into_iter().map(|(person, _)| index(person)).collect();
    let (figures, headcount) = (&office.patterns.meetings, office.people.len());
    let mut single = 0.0;
    let mut series = ahead.series as f64;
    let mut held = 0.0;
    for calendar in &office.calendars {
        let (days, week) = days(calendar, window);
        let own = office.places.iter().enumerate().filter(|(_, place)| Rc::ptr_eq(&place.calendar, calendar));
        for (index, place) in own {
            let attended = office.patterns.rates(place.department).meetings;
            let called = meetings::called(figures, headcount, attended);
            held += called * days;
            single += called * days * (1.0 - figures.recurring);
            // The plans know which series those will call who are ready.
            series += if ready.contains(&index) { 0.0 } else { called * week * figures.recurring };
        }
    }
    let alone = headcount < 2;
    // Nobody is told of appointments that are dropped again.
    let kept = if alone { 1.0 - figures.cancelled } else { 1.0 };
    let calls = (single * kept - ahead.called as f64).max(0.0) + series;
    let cancelled = if alone { 0.0 } else { held * figures.cancelled };
    let answers = ahead.answers as f64 + calls * meetings::answers(figures, headcount);
    Ok([(CREATE, calls), (RESPOND, answers), (CANCEL, cancelled)])
}

/// How many days of usual work lie in a window, and how many if each day of the week counts once.
fn days(calendar: &Calendar, window: Window) -> (f64, f64) {
    let mut days = 0.0;
    let mut week: BTreeMap<u32, f64> = BTreeMap::new();
    for (day, from, until) in calendar.stretches(window.from, window.until) {
        let Some((opens, closes)) = calendar.hours(day) else { continue };
        let worked = (until - from) as f64 / (closes - opens) as f64 * calendar.busyness(day);
        days += worked;
        let weekday = week.entry(day.weekday().num_days_from_monday()).or_default();
        *weekday = weekday.max(worked);
    }
    (days, week.values().sum())
}
