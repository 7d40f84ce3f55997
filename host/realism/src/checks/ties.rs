//! Whom people write to.

use std::collections::{BTreeMap, BTreeSet};

use super::{NEW_MAIL, Scene};
use crate::{
    check::Draft,
    is_office,
    setting::{Setting, Worker},
    statistics::{mean, share},
};

/// More people than this are written to by a list (as the flagship says, an assumption).
const MOST_RECIPIENTS: usize = 8;

/// How many people one leads directly, at most (as the flagship says, an assumption): an export does not tell who leads
/// whom, but it follows from the numbers in the addresses.
const TEAM: usize = 8;

/// While the first workers are made, there are fewer to write to.
const MARGIN: f64 = 0.02;

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    let setting = scene.setting;
    let others = setting.workers.len().saturating_sub(1);
    let mut drafts = Vec::new();
    if others == 0 {
        return drafts;
    }
    for (name, kind, figure) in [
        ("recipients of a new mail", NEW_MAIL, scene.table.ties.mail_recipients),
        ("recipients of a chat message", "teams.chat_message", scene.table.ties.chat_recipients),
    ] {
        let new = scene.of(std::slice::from_ref(&kind)).filter(|line| line.in_reply_to.is_none());
        let counts: Vec<f64> = new.map(|line| line.recipients.len() as f64).filter(|count| *count > 0.0).collect();
        if !counts.is_empty() {
            drafts.push(Draft::estimate(name, mean(&counts), cut(figure, MOST_RECIPIENTS.min(others)), MARGIN));
        }
    }
    drafts.extend(classes(scene));
    drafts
}

/// The mean of a geometric number from 1 on with this mean, cut at so many.
fn cut(mean: f64, most: usize) -> f64 {
    let more = 1.0 - 1.0 / mean.max(1.0);
    (0..most).map(|n| more.powi(i32::try_from(n).unwrap_or(i32::MAX))).sum()
}

/// Whom the first recipient of a new mail belongs to: what was drawn first has the table's very shares.
fn classes(scene: &Scene) -> Vec<Draft> {
    let setting = scene.setting;
    let managers = managers(setting);
    let mut drawn: [(&str, usize, Vec<f64>); 3] =
        [("along the line", 0, Vec::new()), ("in the department", 0, Vec::new()), ("across", 0, Vec::new())];
    let mut known: BTreeMap<usize, [f64; 3]> = BTreeMap::new();
    for line in scene.of(&[NEW_MAIL]) {
        let first = line.recipients.first().and_then(|upn| setting.worker(upn));
        let Some((by, to)) = setting.who(line).zip(first).filter(|(by, to)| by != to) else { continue };
        let shares = *known.entry(by).or_insert_with(|| shares(scene, managers.as_ref(), by));
        let is = class(setting, managers.as_ref(), by, to);
        for (n, ((_, count, probabilities), probability)) in drawn.iter_mut().zip(shares).enumerate() {
            *count += usize::from(n == is);
            probabilities.push(probability);
        }
    }
    let mut drafts = Vec::new();
    for (name, count, probabilities) in drawn {
        let expected = probabilities.iter().sum::<f64>() / probabilities.len().max(1) as f64;
        // Shares of nothing and of everything leave nothing to check.
        if expected > 0.001 && expected < 0.999 {
            let name = format!("new mails {name}, share");
            drafts.push(Draft::estimate(name, share(count, &probabilities), expected, MARGIN));
        }
    }
    drafts
}

/// Which class somebody is in for somebody else: 0 the line, 1 the department, 2 across. Where nobody knows who leads
/// whom, nobody is in the line.
fn class(setting: &Setting, managers: Option<&Vec<Option<usize>>>, by: usize, to: usize) -> usize {
    let manager = |of: usize| managers.and_then(|managers| *managers.get(of)?);
    let department = |of: usize| setting.workers.get(of).map(|worker| &worker.department);
    if manager(by) == Some(to) || manager(to) == Some(by) {
        0
    } else if department(by) == department(to) {
        1
    } else {
        2
    }
}

fn shares(scene: &Scene, managers: Option<&Vec<Option<usize>>>, by: usize) -> [f64; 3] {
    let (setting, ties) = (scene.setting, &scene.table.ties);
    let mut counts = [0.0_f64; 3];
    for to in (0..setting.workers.len()).filter(|to| *to != by) {
        if let Some(count) = counts.get_mut(class(setting, managers, by, to)) {
            *count += 1.0;
        }
    }
    let weights = match (is_office(setting), managers) {
        // Everybody is as likely as everybody else.
        (false, _) => counts,
        (true, Some(_)) => [ties.line, ties.department, ties.across],
        (true, None) => [0.0, ties.line + ties.department, ties.across],
    };
    // A class that is empty leaves its share to the others.
    let mut present = [0.0; 3];
    for ((present, weight), count) in present.iter_mut().zip(weights).zip(counts) {
        *present = if count > 0.0 { weight } else { 0.0 };
    }
    let sum = present.iter().sum::<f64>().max(f64::MIN_POSITIVE);
    present.map(|weight| weight / sum)
}

/// Who leads whom, if the addresses tell: departments are filled one after the other, and within one each leads so many,
/// counted through from the first, who reports to the first of the executives.
fn managers(setting: &Setting) -> Option<Vec<Option<usize>>> {
    let mut order: Vec<(u32, usize, &Worker)> = Vec::new();
    for (index, worker) in setting.workers.iter().enumerate() {
        order.push((worker.number?, index, worker));
    }
    order.sort_unstable_by_key(|(number, ..)| *number);
    // Somebody is missing: then nobody knows how the others are counted.
    if order.iter().zip(1..).any(|((number, ..), place)| *number != place) {
        return None;
    }
    let groups: Vec<&[(u32, usize, &Worker)]> =
        order.chunk_by(|(.., one), (.., other)| one.department == other.department).collect();
    let distinct: BTreeSet<&str> = order.iter().map(|(.., worker)| worker.department.as_str()).collect();
    if distinct.len() != groups.len() {
        return None;
    }
    let head =
        |group: &&[(u32, usize, &Worker)]| group.first().map(|(_, index, worker)| (*index, worker.department.clone()));
    let chief =
        groups.iter().filter_map(head).find(|(_, department)| department == "executive").map(|(index, _)| index);
    let mut managers = vec![None; setting.workers.len()];
    for group in groups {
        for (n, (_, index, _)) in group.iter().enumerate() {
            let manager = match n {
                0 => chief.filter(|chief| chief != index),
                _ => group.get((n - 1) / TEAM).map(|(_, index, _)| *index),
            };
            if let Some(place) = managers.get_mut(*index) {
                *place = manager;
            }
        }
    }
    Some(managers)
}
