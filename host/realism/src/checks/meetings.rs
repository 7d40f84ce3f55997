//! Meetings, as the calendar lines tell of them: a `calendar.create` by the organiser for each, with `start`, `end` and its
//! recipients; answers and cancellations by `ical_uid`.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;

use super::Scene;
use crate::{
    check::Draft,
    is_office,
    line::{Instant, Line},
    statistics::{Block, ratio, share},
};

/// What calls a meeting.
const CALLS: [&str; 1] = ["calendar.create"];

/// Those who are hard to find free leave some of their meetings to the others.
const ATTENDED_MARGIN: f64 = 0.12;

/// A large meeting may find nobody more who is free, a long one no time.
const SHAPE_MARGIN: f64 = 0.15;

/// Who has not answered when the export ends may still do.
const RESPONSE_MARGIN: f64 = 0.06;

/// Sizes that the table tells apart.
const SIZES: [(&str, usize, usize); 4] =
    [("2", 2, 2), ("3 to 5", 3, 5), ("6 to 9", 6, 9), ("10 and more", 10, usize::MAX)];

struct Meeting<'a> {
    line: &'a Line,
    organiser: usize,
    time: (Instant, Instant),
    invited: Vec<usize>,
    declined: BTreeSet<usize>,
    cancelled: bool,
}

impl Meeting<'_> {
    /// Who is in it, by the calendar.
    fn people(&self) -> impl Iterator<Item = usize> {
        let come = self.invited.iter().copied().filter(|who| !self.declined.contains(who));
        std::iter::once(self.organiser).chain(come).filter(|_| !self.cancelled)
    }
}

/// The meetings that each worker-day has.
pub(super) fn times(scene: &Scene) -> BTreeMap<usize, Vec<(Instant, Instant)>> {
    let mut times: BTreeMap<usize, Vec<(Instant, Instant)>> = BTreeMap::new();
    for meeting in meetings(scene) {
        for day in meeting.people().filter_map(|who| scene.setting.day_at(who, meeting.time.0)) {
            times.entry(day).or_default().push(meeting.time);
        }
    }
    times
}

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    let meetings = meetings(scene);
    if meetings.is_empty() && !scene.meant(&CALLS) {
        return Vec::new();
    }
    let mut drafts = Vec::new();
    if is_office(scene.setting) {
        drafts.extend(attended(scene, &meetings));
        drafts.extend(shapes(scene, &meetings));
        drafts.extend(responses(scene));
    }
    drafts.extend(order(scene, &meetings));
    drafts
}

/// From when until when somebody is in a meeting, and of a series on whose clock.
type Taken = (Instant, Instant, Option<&'static str>);

fn meetings<'a>(scene: &Scene<'a>) -> Vec<Meeting<'a>> {
    let mut declined: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for line in scene.of(&["calendar.respond"]).filter(|line| line.response.as_deref() == Some("declined")) {
        if let Some((uid, who)) = line.ical_uid.as_deref().zip(scene.setting.who(line)) {
            declined.entry(uid).or_default().insert(who);
        }
    }
    let cancelled: BTreeSet<(&str, Option<Instant>)> =
        scene.of(&["calendar.cancel"]).filter_map(|line| Some((line.ical_uid.as_deref()?, line.start))).collect();
    let mut lines_of: BTreeMap<&str, usize> = BTreeMap::new();
    for series in scene.of(&CALLS).filter_map(|line| line.series.as_deref()) {
        *lines_of.entry(series).or_default() += 1;
    }
    let mut meetings = Vec::new();
    for line in scene.of(&CALLS) {
        let Some((organiser, (start, end))) = scene.setting.who(line).zip(line.start.zip(line.end)) else { continue };
        let uid = line.ical_uid.as_deref().unwrap_or_default();
        // A series that is told once takes place every week until the end, on its organiser's clock, but for days off.
        let told_once = line.series.as_deref().is_some_and(|series| lines_of.get(series) == Some(&1));
        let calendar = scene.setting.workers.get(organiser).map(|worker| &worker.calendar).filter(|_| told_once);
        let later = |week: u64| calendar.and_then(|calendar| calendar.later(start, 7 * week));
        let weekly = (1..).map_while(later).take_while(|begins| *begins <= scene.setting.end);
        let is_worked =
            |begins: &Instant| calendar.is_some_and(|calendar| calendar.hours(calendar.day_of(*begins)).is_some());
        for begins in std::iter::once(start).chain(weekly.filter(is_worked)) {
            let time = (begins, begins + end.saturating_sub(start));
            meetings.push(Meeting {
                line,
                organiser,
                time,
                invited: line.recipients.iter().filter_map(|upn| scene.setting.worker(upn)).collect(),
                declined: declined.get(uid).cloned().unwrap_or_default(),
                cancelled: cancelled.contains(&(uid, None)) || cancelled.contains(&(uid, Some(time.0))),
            });
        }
    }
    meetings
}

/// Meetings that people are in, by department and together.
fn attended(scene: &Scene, meetings: &[Meeting]) -> Vec<Draft> {
    let setting = scene.setting;
    let mut counts: BTreeMap<(usize, NaiveDate), f64> = BTreeMap::new();
    // Everybody in a meeting counts, so counts vary as the squares of sizes do.
    let (mut people, mut squares) = (0.0, 0.0);
    for meeting in meetings {
        let size = meeting.people().count() as f64;
        people += size;
        squares += size * size;
        for who in meeting.people() {
            if let Some(worker) = setting.workers.get(who) {
                *counts.entry((who, worker.calendar.day_of(meeting.time.0))).or_default() += 1.0;
            }
        }
    }
    let together = if people > 0.0 { squares / people } else { 1.0 };
    let whole: Vec<_> = setting.days().iter().filter(|day| day.whole).collect();
    let blocks = |department: Option<&str>| -> Vec<Block> {
        let wanted = whole.iter().filter(|day| department.is_none_or(|wanted| scene.department(day) == wanted));
        wanted
            .map(|day| {
                let observed = counts.get(&(day.worker, day.day)).copied().unwrap_or(0.0);
                let expected = scene.table.rates(scene.department(day)).meetings_per_day * day.hours / scene.hours();
                Block { observed, expected, variance: together * expected }
            })
            .collect()
    };
    let departments: BTreeSet<&str> = whole.iter().map(|day| scene.department(day)).collect();
    let mut drafts = Vec::new();
    for department in &departments {
        let expected = scene.table.rates(department).meetings_per_day;
        let estimate = ratio(&blocks(Some(department))).map(|estimate| estimate.times(expected));
        drafts.push(Draft::estimate(format!("meetings a day, {department}"), estimate, expected, ATTENDED_MARGIN));
    }
    if departments.len() > 1 {
        let name = "meetings, all departments, of what is expected";
        drafts.push(Draft::estimate(name, ratio(&blocks(None)), 1.0, ATTENDED_MARGIN));
    }
    drafts
}

/// How long meetings are, and how large.
fn shapes(scene: &Scene, meetings: &[Meeting]) -> Vec<Draft> {
    let figures = &scene.table.meetings;
    let mut drafts = Vec::new();
    let mut check = |name: String, is: &dyn Fn(&Meeting) -> bool, expected: f64| {
        let count = meetings.iter().filter(|meeting| is(meeting)).count();
        let estimate = share(count, &vec![expected; meetings.len()]);
        drafts.push(Draft::estimate(name, estimate, expected, SHAPE_MARGIN));
    };
    let lengths: f64 = figures.lengths.iter().sum();
    for (minutes, expected) in figures.minutes.iter().zip(&figures.lengths) {
        let is = |meeting: &Meeting| meeting.time.1.saturating_sub(meeting.time.0) == minutes * 60_000;
        check(format!("meetings of {minutes} minutes, share"), &is, expected / lengths);
    }
    let headcount = scene.setting.workers.len();
    let sizes: f64 = figures.sizes.iter().sum();
    for ((name, least, most), expected) in SIZES.into_iter().zip(figures.sizes) {
        // A class that everybody together does not fill is cut to the headcount, and so no class of its own.
        if most.min(15) <= headcount {
            let is = |meeting: &Meeting| (least..=most).contains(&(meeting.invited.len() + 1));
            check(format!("meetings of {name} people, share"), &is, expected / sizes);
        }
    }
    drafts
}

/// What is answered to invitations, of those that are answered.
fn responses(scene: &Scene) -> Vec<Draft> {
    let figures = &scene.table.meetings;
    let answered = figures.accept + figures.tentative + figures.decline;
    let all: Vec<&Line> = scene.of(&["calendar.respond"]).collect();
    let mut drafts = Vec::new();
    for (response, figure) in
        [("accepted", figures.accept), ("tentative", figures.tentative), ("declined", figures.decline)]
    {
        let count = all.iter().filter(|line| line.response.as_deref() == Some(response)).count();
        let expected = figure / answered;
        let name = format!("invitations {response}, share of answers");
        drafts.push(Draft::estimate(name, share(count, &vec![expected; all.len()]), expected, RESPONSE_MARGIN));
    }
    drafts
}

/// Nobody is in two meetings at once; every answer has its invitation, and who answers is invited; all lie in working
/// hours.
fn order(scene: &Scene, meetings: &[Meeting]) -> Vec<Draft> {
    let setting = scene.setting;
    // Series keep to their organisers' clocks: in the weeks in which one zone's clock has changed and another's has not,
    // two of them may meet at one time.
    let clock = |meeting: &Meeting| {
        let organiser = setting.workers.get(meeting.organiser)?;
        meeting.line.series.as_ref().map(|_| organiser.calendar.zone().name())
    };
    let mut taken: BTreeMap<usize, Vec<Taken>> = BTreeMap::new();
    let mut outside = 0;
    for meeting in meetings {
        // Until it begins, somebody may still decline, and that is not told here if the export ends before.
        for who in meeting.people().filter(|_| meeting.time.0 <= setting.end) {
            taken.entry(who).or_default().push((meeting.time.0, meeting.time.1, clock(meeting)));
        }
        let hours = |worker: &crate::setting::Worker| worker.calendar.hours(worker.calendar.day_of(meeting.time.0));
        let hours = setting.workers.get(meeting.organiser).and_then(hours);
        let within = hours.is_some_and(|(opens, closes)| opens <= meeting.time.0 && meeting.time.1 <= closes);
        outside += usize::from(!within);
    }
    let mut twice = 0;
    for times in taken.values_mut() {
        times.sort_unstable();
        let (mut until, mut last) = (0, None);
        for (from, end, clock) in times.iter() {
            let apart = matches!((last, clock), (Some(one), Some(other)) if one != *other);
            twice += usize::from(*from < until && !apart);
            if *end > until {
                (until, last) = (*end, *clock);
            }
        }
    }
    let invitations: BTreeMap<&str, &Meeting> =
        meetings.iter().filter_map(|meeting| Some((meeting.line.ical_uid.as_deref()?, meeting))).collect();
    let answers: Vec<&Line> = scene.of(&["calendar.respond"]).collect();
    let astray = |line: &&&Line| {
        let invitation = line.ical_uid.as_deref().and_then(|uid| invitations.get(uid));
        let invited = invitation.zip(setting.who(line)).is_some_and(|(meeting, who)| meeting.invited.contains(&who));
        !invited || invitation.is_some_and(|meeting| meeting.line.at > line.at)
    };
    let astray = answers.iter().filter(astray).count();
    let attendances = taken.values().map(Vec::len).sum();
    let mut drafts = vec![
        Draft::never("meetings at the same time as another of somebody's", twice, attendances),
        Draft::never("meetings outside of the organiser's working hours", outside, meetings.len()),
    ];
    if !answers.is_empty() {
        drafts.push(Draft::never("answers to invitations that nobody sent them before", astray, answers.len()));
    }
    drafts
}
