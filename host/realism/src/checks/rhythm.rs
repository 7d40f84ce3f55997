//! When in a day and in a week things are done, and whether messages come in bursts.

use std::cmp::Ordering;

use chrono::Datelike;

use super::{
    Group, Scene,
    drawn::{self, Left},
};
use crate::{
    check::Draft,
    is_office,
    line::Instant,
    setting::{Setting, WorkerDay},
    statistics::{Block, Estimate, ratio},
};

/// Meetings move what falls into them, also those that the export does not tell of: an hour may be so far off.
const HOUR_MARGIN: f64 = 0.05;

/// The same for the dip.
const DIP_MARGIN: f64 = 0.10;

/// As for the rates, and Monday's answers to Friday's mail.
const WEEKDAY_MARGIN: f64 = 0.06;

/// As for the hours, squared: pairs are as dense as both of their parts.
const BURST_MARGIN: f64 = 0.10;

const WEEK: [&str; 7] = ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for group in Group::ALL.into_iter().filter(|group| scene.has(group.kinds())) {
        let (is, should) = (begun(scene, group), drawn::left(scene, group));
        drafts.push(hours(scene, group, &is, &should));
        drafts.extend(dip(scene, group, &is, &should));
        if group != Group::Documents {
            drafts.push(bursts(scene, group, &is, &should));
        }
        drafts.extend(weekdays(scene, group));
    }
    drafts
}

fn margin(setting: &Setting, margin: f64) -> f64 {
    if is_office(setting) { margin } else { 0.0 }
}

/// What each worker-day has that is no answer.
fn begun(scene: &Scene, group: Group) -> Vec<Left> {
    let days = scene.setting.days();
    let mut moments: Vec<Vec<Instant>> = vec![Vec::new(); days.len()];
    for line in scene.of(group.kinds()).filter(|line| !group.is_answer(line)) {
        if let Some(moments) = scene.day_of(line).and_then(|day| moments.get_mut(day)) {
            moments.push(line.due);
        }
    }
    let left = |(day, moments): (&WorkerDay, &mut Vec<Instant>)| {
        moments.sort_unstable();
        let calendar = scene.setting.workers.get(day.worker).map(|worker| &worker.calendar);
        Left::of(day.shares.len(), moments, |moment| calendar?.part(moment))
    };
    days.iter().zip(&mut moments).map(left).collect()
}

/// How far the parts of the day are from their shares, together: a sum of squares, each in units of the variance that
/// worker-days show.
fn hours(scene: &Scene, group: Group, is: &[Left], should: &[Left]) -> Draft {
    let count = should.iter().map(|day| day.parts.len()).max().unwrap_or(0);
    let (mut off, mut expected, mut variance) = (vec![0.0; count], vec![0.0; count], vec![0.0; count]);
    let mut blocks = 0;
    for (is, should) in is.iter().zip(should) {
        let (total, seen) = (is.parts.iter().sum::<f64>(), should.parts.iter().sum::<f64>());
        if total == 0.0 || seen == 0.0 {
            continue;
        }
        blocks += 1;
        let each = off.iter_mut().zip(&mut expected).zip(&mut variance).zip(is.parts.iter().zip(&should.parts));
        for (((off, expected), variance), (is, should)) in each {
            let (share, should) = (should / seen, total * should / seen);
            *off += is - should;
            *expected += should;
            // Not less than what independent acts would have, and the error of what was drawn.
            *variance += (is - should).powi(2).max(should * (1.0 - share)) * (1.0 + 1.0 / drawn::TIMES as f64);
        }
    }
    let (margin, total) = (margin(scene.setting, HOUR_MARGIN), expected.iter().sum::<f64>().max(1.0));
    let square = |((off, expected), variance): ((&f64, &f64), &f64)| {
        let beyond = (off.abs() - margin * expected).max(0.0);
        if *variance > 0.0 { beyond.powi(2) / variance * (1.0 - expected / total) } else { 0.0 }
    };
    let sum = off.iter().zip(&expected).zip(&variance).map(square).sum();
    let freedom = expected.iter().filter(|expected| **expected > 0.0).count().saturating_sub(1);
    Draft::squares(format!("hours of the day, {} (chi squared)", group.begun()), sum, freedom, blocks)
}

/// How much is begun in the quietest part of the middle of the day, against the parts before and after it.
fn dip(scene: &Scene, group: Group, is: &[Left], should: &[Left]) -> Option<Draft> {
    let shape = &scene.table.rhythm.shape;
    let order = |one: &usize, other: &usize| match (shape.get(*one), shape.get(*other)) {
        (Some(one), Some(other)) => one.total_cmp(other),
        _ => Ordering::Equal,
    };
    let dip = (1..shape.len().checked_sub(1)?).min_by(order)?;
    let neighbours = |of: &[f64]| Some((*of.get(dip)?, (of.get(dip - 1)? + of.get(dip + 1)?) / 2.0));
    let whole = || scene.setting.days().iter().zip(is.iter().zip(should)).filter(|(day, _)| day.whole);
    let drawn: Vec<(f64, f64)> = whole().filter_map(|(_, (_, should))| neighbours(&should.parts)).collect();
    let beside: f64 = drawn.iter().map(|(_, beside)| beside).sum();
    let expected = drawn.iter().map(|(dip, _)| dip).sum::<f64>() / beside.max(f64::MIN_POSITIVE);
    let block = |counts: &Left| {
        let (observed, beside) = neighbours(&counts.parts)?;
        let variance = observed + expected.powi(2) * beside / 2.0;
        Some(Block { observed, expected: beside, variance })
    };
    let blocks: Vec<Block> = whole().filter_map(|(_, (is, _))| block(is)).collect();
    let name = format!("lunch against the hours beside it, {}", group.begun());
    Some(Draft::estimate(name, ratio(&blocks).map(widened), expected, margin(scene.setting, DIP_MARGIN)))
}

/// Pairs of somebody's messages that are at most a minute apart, against as many as bursts and chance make.
fn bursts(scene: &Scene, group: Group, is: &[Left], should: &[Left]) -> Draft {
    let block =
        |(is, should): (&Left, &Left)| Block { observed: is.pairs, expected: should.pairs, variance: should.pairs };
    let blocks: Vec<Block> = is.iter().zip(should).map(block).collect();
    let name = format!("{} within a minute of another (bursts), of what is expected", group.begun());
    Draft::estimate(name, ratio(&blocks).map(widened), 1.0, margin(scene.setting, BURST_MARGIN))
}

/// With the error of what was drawn.
fn widened(estimate: Estimate) -> Estimate {
    Estimate { error: estimate.error * (1.0 + 1.0 / drawn::TIMES as f64).sqrt(), ..estimate }
}

/// How much is done on each day of the week.
fn weekdays(scene: &Scene, group: Group) -> Vec<Draft> {
    let counts = scene.counts(group.kinds());
    let mut drafts = Vec::new();
    for (number, name) in (0..).zip(WEEK) {
        let of_week = scene.setting.days().iter().zip(&counts);
        let of_day: Vec<_> = of_week.filter(|(day, _)| day.day.weekday().num_days_from_monday() == number).collect();
        let busyness = |day: &WorkerDay| Some(scene.setting.workers.get(day.worker)?.calendar.busyness(day.day));
        let Some(busyness) = of_day.first().and_then(|(day, _)| busyness(day)) else { continue };
        let block = |(day, count): &(&WorkerDay, &f64)| {
            let expected = scene.rate(group, day) * day.hours;
            Block { observed: **count, expected, variance: expected }
        };
        let blocks: Vec<Block> = of_day.iter().map(block).collect();
        let estimate = ratio(&blocks).map(|estimate| estimate.times(busyness));
        let name = format!("{name}, {}, of a usual day", group.name());
        drafts.push(Draft::estimate(name, estimate, busyness, margin(scene.setting, WEEKDAY_MARGIN)));
    }
    drafts
}

impl Estimate {
    /// So many times as much.
    pub(super) fn times(self, factor: f64) -> Estimate {
        Estimate { value: self.value * factor, error: self.error * factor, ..self }
    }
}
