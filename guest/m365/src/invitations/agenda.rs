//! When meetings are called, answered and called off.
//!
//! [`crate::meetings`] draws who meets when. What leads up to it follows from a meeting's name as well: how
//! long before it its organiser invites, after what time each of the invited answers, when it is cancelled, all in the
//! working time of whoever acts. So a host that was away plans the same, whatever it finds.
//!
//! Only two facts come from outside, and both never change once they are known. *Who is ready since when*: an organiser
//! invites from a quarter of an hour after that, and those who are ready as long. A plan reaches no further ahead than
//! this, so whichever plan looks at a moment knows all who count by then. *Which time was planned*: a meeting that
//! should have been called in a time in which the deployment rested is never called, and so never answered.

use std::{cell::RefCell, collections::BTreeMap, rc::Rc};

use haymaker_guest::{
    Instant, Problem,
    chance::{Stream, stream},
    plan::HORIZON,
    time::{Datelike, Day, Days, HOUR, MINUTE},
};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    config::Feature,
    deploy::Run,
    expectation::Window,
    meetings::{self, Meeting, Response, Series},
    naming,
    office::{Office, index},
    organization::Place,
    pattern::Latency,
    threads::latency,
};

/// No meeting is called, and none cancelled, further ahead, in working time: three nine-hour days. Every plan draws the
/// meetings of all this time, which is what it costs most. An assumption.
const FURTHEST: u64 = 27 * HOUR;

/// How often a time that is longer than [`FURTHEST`] is drawn anew; with the usual figures, all of these fail once in a
/// hundred million draws.
const DRAWS: usize = 6;

/// How many weeks a series waits for its first day that is no holiday.
const WEEKS: u64 = 53;

/// A meeting as it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// The name of its event.
    pub event: String,
    /// Whether it is the first of a weekly series.
    pub weekly: bool,
    /// Who invites, as an index into the people.
    pub organiser: usize,
    /// Who is invited; nobody to an appointment with oneself.
    pub invited: Vec<usize>,
    /// When.
    pub sent: Instant,
    /// Its first moment; of a series, of the first time.
    pub from: Instant,
    /// The first moment after it.
    pub until: Instant,
    /// The last moment at which a series may begin once more; none where no end is known.
    pub last: Option<Instant>,
}

/// A meeting that is called, or the first time of a series that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// How it is called.
    pub invitation: Invitation,
    /// The meeting.
    pub meeting: Meeting,
}

/// An answer that somebody gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply {
    /// Who, as an index into the people.
    pub by: usize,
    /// What they answer.
    pub response: Response,
    /// When.
    pub due: Instant,
    /// From when on it is too late.
    pub before: Instant,
}

/// A cancellation of a meeting, or of one time of a series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// What is cancelled: a meeting's name.
    pub meeting: String,
    /// When.
    pub due: Instant,
    /// When it would have begun.
    pub from: Instant,
    /// When it would have ended.
    pub until: Instant,
}

/// What is known of an office's meetings.
pub struct Agenda<'a> {
    office: &'a Office,
    /// Who is ready, by their index, and since when.
    ready: BTreeMap<usize, Instant>,
    /// When the run ends: nobody calls a meeting that would begin then.
    end: Instant,
    /// The first time of each series that was asked for.
    firsts: RefCell<BTreeMap<String, Option<Rc<Called>>>>,
}

/// A moment so far through the working time between two others; none where nobody works in between.
fn within(calendar: &Calendar, from: Instant, until: Instant, share: f64) -> Option<Instant> {
    let working = calendar.between(from, until);
    if working == 0 { None } else { calendar.after(from, (working as f64 * share) as u64) }
}

/// How long before a meeting somebody acts.
fn ahead(figures: &Latency, chance: &mut Stream) -> u64 {
    (0..DRAWS).map(|_| latency(figures, chance)).find(|drawn| *drawn <= FURTHEST).unwrap_or(FURTHEST)
}

impl<'a> Agenda<'a> {
    /// The agenda of an office.
    ///
    /// # Errors
    /// The state's.
    pub fn of(office: &'a Office) -> Result<Agenda<'a>, Problem> {
        let ready = office.ready(Feature::Calendar)?;
        let ready = ready.into_iter().map(|(person, since)| (index(person), since)).collect();
        let end = Run::known()?.and_then(|run| run.end(office)).unwrap_or(Instant::MAX);
        Ok(Agenda { office, ready, end, firsts: RefCell::default() })
    }

    /// When the run ends.
    pub fn end(&self) -> Instant {
        self.end
    }

    /// The days whose meetings may have to do with a window.
    pub fn days(&self, window: Window) -> Vec<Day> {
        let calendars = &self.office.calendars;
        let first = calendars.iter().map(|calendar| calendar.day_of(window.from)).min();
        let last = calendars.iter().filter_map(|calendar| {
            // A day more, for zones that are ahead of their organisers'.
            calendar.day_of(calendar.after(window.until, FURTHEST)?).checked_add_days(Days::new(1))
        });
        let (Some(first), Some(last)) = (first, last.max()) else { return Vec::new() };
        first.iter_days().take_while(|day| *day <= last).collect()
    }

    fn place(&self, index: usize) -> Option<&'a Place> {
        self.office.places.get(index)
    }

    /// From when on somebody can call meetings.
    fn begins(&self, organiser: usize) -> Option<Instant> {
        Some(self.ready.get(&organiser)?.saturating_add(HORIZON))
    }

    /// What is called so that a meeting takes place: itself, or the series that it belongs to; none if it never is.
    pub fn called(&self, meeting: &Meeting) -> Option<Rc<Called>> {
        let Some(series) = Series::of(meeting) else {
            // Nobody is told of an appointment that somebody makes and drops.
            let dropped = meeting.cancelled && meeting.invitees.is_empty();
            return if dropped { None } else { self.call(meeting.clone()).map(Rc::new) };
        };
        if let Some(known) = self.firsts.borrow().get(series.name()) {
            return known.clone();
        }
        let first = self.first(&series).map(Rc::new);
        self.firsts.borrow_mut().insert(series.name().to_owned(), first.clone());
        first
    }

    /// The first time of a series: the first for which there is time left to call it.
    fn first(&self, series: &Series) -> Option<Called> {
        let calendar = &self.place(series.organiser())?.calendar;
        let today = calendar.day_of(self.begins(series.organiser())?);
        let day = today.iter_days().take(7).find(|day| series.is_on(*day))?;
        let days = (0..WEEKS).map_while(|week| day.checked_add_days(Days::new(7 * week)));
        days.take_while(|day| calendar.zone.at(*day, 0) < self.end)
            .filter(|day| calendar.hours(*day).is_some())
            .find_map(|day| self.call(series.instance(self.office.seed, &self.office.patterns, calendar, day)))
    }

    /// A meeting as it is called for this time; none if there is no time left to call it.
    fn call(&self, meeting: Meeting) -> Option<Called> {
        let (from, until) = meeting.time;
        if from >= self.end {
            return None;
        }
        let sent = self.sent(meeting.event(), meeting.organiser, from)?;
        let joins = |index: &usize| self.ready.get(index).is_some_and(|since| since.saturating_add(HORIZON) <= sent);
        // Whoever declines is free for others, so they are only asked if their work leaves them time to say so.
        let can_say = |invitee: &&meetings::Invitee| {
            let calendar = self.place(invitee.index).map(|place| &place.calendar);
            invitee.response != Response::Declined
                || calendar.is_some_and(|calendar| calendar.between(sent + MINUTE, from) > 0)
        };
        let invited: Vec<usize> =
            meeting.invitees.iter().filter(can_say).map(|invitee| invitee.index).filter(joins).collect();
        if invited.is_empty() && !meeting.invitees.is_empty() {
            return None;
        }
        let (organiser, weekly) = (meeting.organiser, meeting.series.is_some());
        let last = (weekly && self.end != Instant::MAX).then(|| self.end.saturating_sub(1));
        let event = meeting.event().to_owned();
        let invitation = Invitation { event, weekly, organiser, invited, sent, from, until, last };
        Some(Called { invitation, meeting })
    }

    /// When an invitation is sent: so long before as the draw says, or later if its organiser could not do so then.
    fn sent(&self, event: &str, organiser: usize, from: Instant) -> Option<Instant> {
        let (calendar, begins) = (&self.place(organiser)?.calendar, self.begins(organiser)?);
        let figures = &self.office.patterns.meetings.lead;
        let latest = calendar.before(from, (figures.least_minutes * MINUTE as f64) as u64)?;
        if latest <= begins {
            return None;
        }
        let mut chance = stream(self.office.seed, &[event, "lead"]);
        let lead = ahead(figures, &mut chance);
        match calendar.before(from, lead) {
            Some(sent) if sent >= begins => Some(sent),
            _ => within(calendar, begins, latest, chance.unit()),
        }
    }

    /// The answers to an invitation.
    pub fn replies(&self, called: &Called) -> Vec<Reply> {
        let Called { invitation, meeting } = called;
        // Who answers after the first time was cancelled would not find it any more.
        let before = self.cancellation(invitation, meeting).map_or(invitation.from, |cancelled| cancelled.due);
        let reply = |invitee: &meetings::Invitee| {
            let asked = invitation.invited.contains(&invitee.index) && invitee.response != Response::None;
            let place = self.place(invitee.index).filter(|_| asked)?;
            let worker = naming::worker(invitee.index as u32 + 1);
            let mut chance = stream(self.office.seed, &[&invitation.event, &worker, "answer"]);
            let took = latency(&self.office.patterns.meetings.answer, &mut chance);
            let due = match place.calendar.after(invitation.sent, took) {
                Some(due) if due < before => due,
                _ => within(&place.calendar, invitation.sent + MINUTE, before, chance.unit())?,
            };
            Some(Reply { by: invitee.index, response: invitee.response, due, before })
        };
        meeting.invitees.iter().filter_map(reply).collect()
    }

    /// When a meeting is cancelled that was called; none if it takes place.
    pub fn cancellation(&self, invitation: &Invitation, meeting: &Meeting) -> Option<Cancellation> {
        let (from, until) = meeting.time;
        if !meeting.cancelled || invitation.invited.is_empty() || from < invitation.from || from >= self.end {
            return None;
        }
        let calendar = &self.place(meeting.organiser)?.calendar;
        let mut chance = stream(self.office.seed, &[&meeting.id, "notice"]);
        let notice = ahead(&self.office.patterns.meetings.notice, &mut chance);
        let due = match calendar.before(from, notice) {
            Some(due) if due > invitation.sent + MINUTE => due,
            _ => within(calendar, invitation.sent + MINUTE, from, chance.unit())?,
        };
        Some(Cancellation { meeting: meeting.id.clone(), due, from, until })
    }

    /// The meetings of a day, with those that a series would have on a holiday: these are cancelled.
    pub fn meetings(&self, day: Day) -> Vec<Meeting> {
        let Office { seed, patterns, config, places, .. } = self.office;
        if !config.holidays.contains(&day) {
            return self.office.meetings(day).to_vec();
        }
        let on_holiday = |series: Series| {
            let organiser = &self.place(series.organiser())?.calendar;
            Some(Meeting { cancelled: true, ..series.instance(*seed, patterns, organiser, day) })
        };
        meetings::series(*seed, places, patterns, day.weekday()).into_iter().filter_map(on_holiday).collect()
    }
}
