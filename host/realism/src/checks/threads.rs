//! How conversations by mail go on.
//!
//! In a run that ends, most long threads are cut off, and how many depends on when each began, on whose clock its people
//! live and on how long their answers take. There is no formula for that; so threads are grown here from the very first
//! mails of the export, by the table's rules, many times, and cut off where the export ends. What they come to is what is
//! expected.

use std::collections::{BTreeMap, BTreeSet};

use super::{FORWARD, MAIL, NEW_MAIL, REPLY, REPLY_ALL, Scene};
use crate::{
    chance::Chance,
    check::Draft,
    line::{Instant, Line},
    statistics::{Block, Estimate, ratio},
    table::{Latency, Threads},
};

/// How often each thread is grown: enough that the expectation's own error is small beside the observation's.
const TIMES: usize = 20;

/// No thread grows longer (as the flagship says, an assumption).
const LONGEST: u64 = 60;

/// A thread may end early because nobody of it is left to answer.
const MARGIN: f64 = 0.06;

/// Sizes that are told apart: the least of each class.
const CLASSES: [(&str, usize, usize); 4] =
    [("1 mail", 1, 1), ("2 mails", 2, 2), ("3 to 5 mails", 3, 5), ("6 and more", 6, usize::MAX)];

pub(super) fn checks(scene: &Scene) -> Vec<Draft> {
    let does = Does { reply: scene.has(&[REPLY]), all: scene.has(&[REPLY_ALL]), forward: scene.has(&[FORWARD]) };
    if !(does.reply || does.all || does.forward) {
        return Vec::new();
    }
    let observed = observed(scene);
    let expected = grown(scene, &observed, does);
    let n = observed.len().max(1) as f64;
    let mut drafts = Vec::new();
    for (name, least, most) in CLASSES {
        let is = |thread: &Grown| (least..=most).contains(&thread.mails);
        let share =
            |threads: &[Grown]| threads.iter().filter(|thread| is(thread)).count() as f64 / threads.len().max(1) as f64;
        let (value, expected) = (share(&observed), share(&expected));
        let error = (expected * (1.0 - expected) / n).sqrt() * own_error();
        let estimate = (observed.len() > 1).then_some(Estimate { value, error, blocks: observed.len() });
        drafts.push(Draft::estimate(format!("threads of {name}, share"), estimate, expected, MARGIN));
    }
    let mut share = |name: &str, of: fn(&Grown) -> usize, among: fn(&Grown) -> usize| {
        let blocks = |threads: &[Grown]| -> Vec<Block> {
            let block =
                |thread: &Grown| Block { observed: of(thread) as f64, expected: among(thread) as f64, variance: 0.0 };
            threads.iter().map(block).filter(|block| block.expected > 0.0).collect()
        };
        let (seen, grown) = (blocks(&observed), blocks(&expected));
        let sum = |blocks: &[Block]| blocks.iter().map(|block| block.expected).sum::<f64>();
        // As far as so many mails of the table's threads would be off: what few of them show says little about that.
        let fewer = (sum(&grown) / sum(&seen).max(1.0)).sqrt();
        let expected = ratio(&grown);
        let error = expected.map_or(0.0, |expected| expected.error * fewer * own_error());
        let estimate = ratio(&seen).map(|ratio| Estimate { error: ratio.error.max(error), ..ratio });
        drafts.push(Draft::estimate(name, estimate, expected.map_or(0.0, |expected| expected.value), MARGIN));
    };
    share("answers, share of all mails", |thread| thread.mails - 1, |thread| thread.mails);
    if does.forward {
        share("forwards, share of answers", |thread| thread.forwards, |thread| thread.mails - 1);
    }
    if does.all {
        share("answers to all, share of answers", |thread| thread.to_all, |thread| thread.mails - 1);
    }
    drafts
}

/// What the error of the expectation adds to the observation's.
fn own_error() -> f64 {
    (1.0 + 1.0 / TIMES as f64).sqrt()
}

/// What people do with mails.
#[derive(Clone, Copy)]
struct Does {
    reply: bool,
    all: bool,
    forward: bool,
}

/// A thread, as far as it came.
#[derive(Clone, Debug, Default)]
struct Grown {
    first: Option<(usize, Vec<usize>, Instant)>,
    mails: usize,
    forwards: usize,
    to_all: usize,
}

fn people(scene: &Scene, line: &Line) -> Option<(usize, Vec<usize>)> {
    let setting = scene.setting;
    Some((setting.who(line)?, line.recipients.iter().filter_map(|upn| setting.worker(upn)).collect()))
}

/// The threads of the export, in the order of their first mails' names.
fn observed(scene: &Scene) -> Vec<Grown> {
    let parents: BTreeMap<&str, &str> = scene
        .of(&MAIL)
        .filter_map(|line| Some((line.internet_message_id.as_deref()?, line.in_reply_to.as_deref()?)))
        .collect();
    let mut threads: BTreeMap<&str, Grown> = BTreeMap::new();
    for line in scene.of(&MAIL) {
        let Some(id) = line.internet_message_id.as_deref() else { continue };
        let mut root = id;
        let mut seen = BTreeSet::new();
        while let Some(parent) = parents.get(root).filter(|_| seen.insert(root)) {
            root = parent;
        }
        let thread = threads.entry(root).or_default();
        thread.mails += 1;
        thread.forwards += usize::from(line.kind == FORWARD);
        thread.to_all += usize::from(line.kind == REPLY_ALL);
        if line.kind == NEW_MAIL {
            thread.first = people(scene, line).map(|(by, to)| (by, to, line.due));
        }
    }
    threads.into_values().filter(|thread| thread.first.as_ref().is_some_and(|(_, to, _)| !to.is_empty())).collect()
}

/// The same first mails' threads, grown many times.
fn grown(scene: &Scene, observed: &[Grown], does: Does) -> Vec<Grown> {
    let mut chance = Chance::of(TIMES as u64);
    let firsts = observed.iter().filter_map(|thread| thread.first.as_ref());
    firsts
        .flat_map(|first| std::iter::repeat_n(first, TIMES))
        .map(|first| grow(scene, first, does, &mut chance))
        .collect()
}

struct Mail {
    by: usize,
    to: Vec<usize>,
    at: Option<Instant>,
    answered: Vec<usize>,
}

fn grow(scene: &Scene, (by, to, at): &(usize, Vec<usize>, Instant), does: Does, chance: &mut Chance) -> Grown {
    let figures = &scene.table.threads;
    let mut mails = vec![Mail { by: *by, to: to.clone(), at: Some(*at), answered: Vec::new() }];
    let mut thread = Grown { first: None, mails: 1, forwards: 0, to_all: 0 };
    for _ in 1..size(figures, chance) {
        let mut candidates = Vec::new();
        for (place, mail) in mails.iter().enumerate() {
            let weight = weight(&figures.answer_by_recipients, mail.to.len());
            for by in mail.to.iter().filter(|by| **by != mail.by && !mail.answered.contains(by)) {
                let department = scene.setting.workers.get(*by).map_or("", |worker| worker.department.as_str());
                candidates.push(((place, *by), weight * scene.table.rates(department).email_per_hour));
            }
        }
        let Some((place, by)) = chance.weighted(&candidates) else { break };
        let Some(mail) = mails.get_mut(place) else { break };
        mail.answered.push(by);
        let others: Vec<usize> = mail.to.iter().copied().filter(|other| *other != by).collect();
        let (passes_on, to_all) = (chance.unit() < figures.forward, chance.unit() < figures.reply_all);
        let working = latency(&scene.table.latency.mail, chance);
        let calendar = scene.setting.workers.get(by).map(|worker| &worker.calendar);
        let due = mail.at.zip(calendar).and_then(|(at, calendar)| calendar.after(at, working, scene.setting.end));
        let stranger = chance.below(scene.setting.workers.len());
        let (to, forwards, all) = if passes_on && does.forward && scene.setting.workers.len() > others.len() + 2 {
            (vec![stranger], 1, 0)
        } else if does.all && !others.is_empty() && (to_all || !does.reply) {
            (std::iter::once(mail.by).chain(others).collect(), 0, 1)
        } else if does.reply {
            (vec![mail.by], 0, 0)
        } else {
            break;
        };
        // What would come after the end is not seen, and nothing that follows it.
        if due.is_some() {
            thread.mails += 1;
            thread.forwards += forwards;
            thread.to_all += all;
        }
        mails.push(Mail { by, to, at: due, answered: Vec::new() });
    }
    thread
}

fn weight(figures: &[f64; 4], recipients: usize) -> f64 {
    let [one, few, several, many] = *figures;
    match recipients {
        0 | 1 => one,
        2..=3 => few,
        4..=9 => several,
        _ => many,
    }
}

/// How long an answer takes, in milliseconds of working time.
fn latency(figures: &Latency, chance: &mut Chance) -> u64 {
    let minutes = (figures.median_minutes.ln() + figures.sigma * chance.normal()).exp();
    (minutes.max(figures.least_minutes) * 60_000.0) as u64
}

/// How many mails a thread has.
fn size(figures: &Threads, chance: &mut Chance) -> u64 {
    if chance.unit() < figures.alone {
        return 1;
    }
    let mut left = chance.unit();
    for (size, share) in (2..).zip(figures.sizes) {
        left -= share;
        if left < 0.0 {
            return size;
        }
    }
    // Geometric from the first size that the table does not tell, with the tail's mean.
    let first = figures.sizes.len() as u64 + 2;
    let more = figures.longer - first as f64;
    if more <= 0.0 {
        return first;
    }
    let tail = (chance.unit().max(f64::MIN_POSITIVE).ln() / (more / (1.0 + more)).ln()).floor() as u64;
    LONGEST.min(first.saturating_add(tail))
}
