//! What is begun, beside what is answered: drawn from the table.
//!
//! An answer takes the place of something new, so that people do as much as their rate says. Answers come when they are
//! due: those to a colleague on another continent in the first hours of the morning. So what is new follows the course
//! of the day only together with the answers, and there is no formula for what is left of it. Here the table's acts are
//! drawn for every worker-day, many times, the answers of the export take their place, and what is left is what is
//! expected. Meetings that the export tells of move what falls into them, as the table says.

use std::collections::BTreeMap;

use super::{Group, Scene, meetings};
use crate::{chance::Chance, is_office, line::Instant, setting::WorkerDay};

/// How often each day is drawn.
pub(super) const TIMES: usize = 20;

/// How near two messages are that follow one another at once, in milliseconds.
pub(super) const NEAR: Instant = 60_000;

/// Draws of a moment outside of meetings, before one within is taken after all.
const DRAWS: usize = 100;

/// What is left of a worker-day: per part of the day, and how many pairs are near one another.
#[derive(Clone, Debug, Default)]
pub(super) struct Left {
    pub(super) parts: Vec<f64>,
    pub(super) pairs: f64,
}

impl Left {
    /// What a day has at these moments, which are in order.
    pub(super) fn of(parts: usize, moments: &[Instant], part: impl Fn(Instant) -> Option<usize>) -> Left {
        let mut left = Left { parts: vec![0.0; parts], pairs: 0.0 };
        for (n, moment) in moments.iter().enumerate() {
            if let Some(count) = part(*moment).and_then(|part| left.parts.get_mut(part)) {
                *count += 1.0;
            }
            let later = moments.iter().skip(n + 1);
            left.pairs += later.take_while(|other| **other < moment + NEAR).count() as f64;
        }
        left
    }
}

/// What the table makes of every worker-day, on average.
pub(super) fn left(scene: &Scene, group: Group) -> Vec<Left> {
    let days = scene.setting.days();
    let answers = answers(scene, group);
    let meetings = meetings::times(scene);
    let mut chance = Chance::of(group as u64);
    let mut all: Vec<Left> = days.iter().map(|day| Left { parts: vec![0.0; day.shares.len()], pairs: 0.0 }).collect();
    for _ in 0..TIMES {
        // What somebody owes to answers, they owe on the next day too.
        let (mut worker, mut owed) = (usize::MAX, 0_usize);
        for (index, day) in days.iter().enumerate() {
            if day.worker != worker {
                (worker, owed) = (day.worker, 0);
            }
            let busy = meetings.get(&index).map_or(&[][..], Vec::as_slice);
            let acts = acts(scene, group, day, busy, &mut chance);
            let answers = answers.get(&index).map_or(&[][..], Vec::as_slice);
            let kept = keep(&acts, answers, &mut owed);
            let calendar = scene.setting.workers.get(day.worker).map(|worker| &worker.calendar);
            let drawn = Left::of(day.shares.len(), &kept, |moment| calendar?.part(moment));
            if let Some(left) = all.get_mut(index) {
                left.pairs += drawn.pairs / TIMES as f64;
                for (sum, count) in left.parts.iter_mut().zip(drawn.parts) {
                    *sum += count / TIMES as f64;
                }
            }
        }
    }
    all
}

/// When each worker-day has answers, in order.
fn answers(scene: &Scene, group: Group) -> BTreeMap<usize, Vec<Instant>> {
    let mut answers: BTreeMap<usize, Vec<Instant>> = BTreeMap::new();
    for line in scene.of(group.kinds()).filter(|line| group.is_answer(line)) {
        if let Some(day) = scene.day_of(line) {
            answers.entry(day).or_default().push(line.due);
        }
    }
    answers.values_mut().for_each(|moments| moments.sort_unstable());
    answers
}

/// What is left of acts when each answer takes the place of the next of them.
fn keep(acts: &[Instant], answers: &[Instant], owed: &mut usize) -> Vec<Instant> {
    let mut answers = answers.iter().peekable();
    let mut kept = Vec::new();
    for act in acts {
        while answers.next_if(|answer| *answer <= act).is_some() {
            *owed += 1;
        }
        match owed.checked_sub(1) {
            Some(less) => *owed = less,
            None => kept.push(*act),
        }
    }
    *owed += answers.count();
    kept
}

/// The acts of a day, in order, as far as the day was seen.
fn acts(
    scene: &Scene,
    group: Group,
    day: &WorkerDay,
    busy: &[(Instant, Instant)],
    chance: &mut Chance,
) -> Vec<Instant> {
    let Some(worker) = scene.setting.workers.get(day.worker) else { return Vec::new() };
    let calendar = &worker.calendar;
    let Some((opens, closes)) = calendar.hours(day.day) else { return Vec::new() };
    let (rhythm, office) = (&scene.table.rhythm, is_office(scene.setting));
    let in_bursts = office && group != Group::Documents;
    let (followers, variance) =
        (if in_bursts { rhythm.followers } else { 0.0 }, if office { scene.setting.variance } else { 0.0 });
    let mood = 1.0 + variance * (2.0 * chance.unit() - 1.0);
    let working = (closes - opens) as f64 / 3_600_000.0;
    let mean = scene.rate(group, day) * working * calendar.busyness(day.day) * mood;
    let shares: Vec<(usize, f64)> = calendar.shares(day.day, opens, closes).into_iter().enumerate().collect();
    let length = (closes - opens) as f64 / shares.len().max(1) as f64;
    let draw = |chance: &mut Chance| {
        let part = chance.weighted(&shares).unwrap_or(0) as f64;
        opens + ((part + chance.unit()) * length) as Instant
    };
    let mut moments = Vec::new();
    for _ in 0..chance.poisson(mean / (1.0 + followers)) {
        let first = draw(chance);
        moments.push(first);
        for _ in 0..chance.poisson(followers) {
            let after = (chance.unit() * rhythm.follow_minutes * 60_000.0) as Instant;
            moments.push(if first + after < closes { first + after } else { first.saturating_sub(after).max(opens) });
        }
    }
    if office {
        let meets = |moment: Instant| busy.iter().any(|(from, until)| (*from..*until).contains(&moment));
        let met: f64 =
            busy.iter().map(|(from, until)| calendar.shares(day.day, *from, *until).iter().sum::<f64>()).sum();
        let quiet = scene.table.meetings.quiet / (1.0 - (1.0 - scene.table.meetings.quiet) * met.min(1.0));
        for moment in &mut moments {
            if meets(*moment) && chance.unit() >= quiet {
                *moment = (0..DRAWS).map(|_| draw(chance)).find(|drawn| !meets(*drawn)).unwrap_or(*moment);
            }
        }
    }
    moments.retain(|moment| (worker.since..=scene.setting.end).contains(moment));
    moments.sort_unstable();
    moments
}
