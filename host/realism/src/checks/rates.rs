//! How much people do, and how much that differs from day to day.

use std::collections::BTreeSet;

use super::{Group, Scene};
use crate::{
    check::Draft,
    is_office,
    statistics::{Block, ratio},
};

/// Where answers outnumber what somebody would write, they write more than their rate: the head of a department answers
/// what all its people ask. Measured over weeks of the flagship's own plans.
const MARGIN: f64 = 0.04;

/// The same for a single department, where one such head weighs more.
const DEPARTMENT_MARGIN: f64 = 0.06;

/// The widths of a day's counts depend a little on meetings and answers, which only displace.
const SPREAD_MARGIN: f64 = 0.30;

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    Group::ALL.into_iter().filter(|group| scene.meant(group.kinds())).flat_map(|group| of(scene, group)).collect()
}

fn of(scene: &Scene, group: Group) -> Vec<Draft> {
    let counts = scene.counts(group.kinds());
    let days = scene.setting.days();
    let block = |department: Option<&str>| -> Vec<Block> {
        let wanted = |day| department.is_none_or(|wanted| scene.department(day) == wanted);
        let both = days.iter().zip(&counts).filter(|(day, _)| wanted(day));
        both.map(|(day, observed)| {
            let expected = scene.rate(group, day) * day.hours;
            Block { observed: *observed, expected, variance: expected }
        })
        .collect()
    };
    let mut drafts = Vec::new();
    let departments: BTreeSet<&str> = days.iter().map(|day| scene.department(day)).collect();
    let unit = if group == Group::Documents { "a day" } else { "an hour" };
    for department in &departments {
        let rates = scene.table.rates(department);
        let expected = match group {
            Group::Mail => rates.email_per_hour,
            Group::Teams => rates.teams_per_hour,
            Group::Documents => rates.documents_per_day,
        };
        let name = format!("{} {unit}, {department}", group.name());
        let estimate = ratio(&block(Some(department))).map(|estimate| estimate.times(expected));
        drafts.push(Draft::estimate(name, estimate, expected, margin(scene, DEPARTMENT_MARGIN)));
    }
    let all = block(None);
    if departments.len() > 1 {
        let name = format!("{}, all departments, of what is expected", group.name());
        drafts.push(Draft::estimate(name, ratio(&all), 1.0, margin(scene, MARGIN)));
    }
    let name = format!("variance of a worker's day, {}, of what is expected", group.name());
    let spread = spread(scene, group, &all);
    drafts.push(Draft::estimate(name, ratio(&spread), 1.0, margin(scene, SPREAD_MARGIN)));
    drafts
}

/// The flat pattern is exactly what the table says.
fn margin(scene: &Scene, margin: f64) -> f64 {
    if is_office(scene.setting) { margin } else { 0.0 }
}

/// How far each day is from its mean, squared, against what bursts and the day's own factor make of it.
fn spread(scene: &Scene, group: Group, days: &[Block]) -> Vec<Block> {
    let (dispersion, factor) = match (is_office(scene.setting), group) {
        (false, _) => (1.0, 0.0),
        (true, Group::Documents) => (1.0, scene.setting.variance.powi(2) / 3.0),
        (true, _) => {
            let m = scene.table.rhythm.followers;
            ((1.0 + 3.0 * m + m * m) / (1.0 + m), scene.setting.variance.powi(2) / 3.0)
        }
    };
    let mean = ratio(days).map_or(1.0, |ratio| ratio.value);
    let of = |day: &Block| {
        let expected = dispersion * day.expected + day.expected.powi(2) * factor;
        // A squared normal quantity has twice its square as variance.
        let observed = (day.observed - mean * day.expected).powi(2);
        Block { observed, expected, variance: 2.0 * expected.powi(2) }
    };
    days.iter().filter(|day| day.expected > 0.0).map(of).collect()
}
