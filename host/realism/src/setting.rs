//! Who works there, and from when to when they were seen.
//!
//! An export tells most of it itself: every line of a worker names department and time zone. What it does not tell (the
//! pattern, the holidays) is said by whoever knows the deployment's config, or found in the lines; then the report says
//! that it was.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Weekday};
use chrono_tz::Tz;
use serde::Serialize;

use crate::{
    Problem,
    calendar::Calendar,
    checks::{MAIL, NEW_MAIL},
    line::{Instant, Line},
    table::Table,
};

/// With so many acts expected on a day and none seen, nobody worked: by chance that would not happen in the age of the
/// universe.
const SILENCE: f64 = 60.0;

/// Under the flat pattern the variance of a day's count is its mean; an office's is three or more times that.
const DISPERSED: f64 = 2.2;

/// How people behave over a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// The same intensity all working day.
    Flat,
    /// The texture of an office.
    Office,
}

/// What is known of the deployment's config.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Its pattern; without one it is found in the lines.
    pub pattern: Option<Pattern>,
    /// Its holidays; without them, days on which nobody did anything are taken for some.
    pub holidays: Option<BTreeSet<NaiveDate>>,
    /// How much busier or quieter a day may be, as a share.
    pub variance: Option<f64>,
}

/// A worker.
#[derive(Clone, Debug)]
pub struct Worker {
    /// In lower case.
    pub upn: String,
    /// The key of the department.
    pub department: String,
    /// When they work.
    pub calendar: Calendar,
    /// Since when they could be seen at work.
    pub since: Instant,
    /// The number in an address that the workload made.
    pub number: Option<u32>,
}

/// A worker's day, as far as it was seen.
#[derive(Clone, Debug)]
pub struct WorkerDay {
    /// The worker's index.
    pub worker: usize,
    /// The day on their calendar.
    pub day: NaiveDate,
    /// The hours that its work is worth: of a usual day, times how busy this one is.
    pub hours: f64,
    /// How that is spread over its parts.
    pub shares: Vec<f64>,
    /// Whether all of it was seen.
    pub whole: bool,
}

/// Who works there, and when.
#[derive(Clone, Debug)]
pub struct Setting {
    /// How they behave.
    pub pattern: Pattern,
    /// Whether that was found in the lines.
    pub pattern_found: bool,
    /// Days on which nobody works.
    pub off: BTreeSet<NaiveDate>,
    /// Whether those were found in the lines.
    pub off_found: bool,
    /// How much busier or quieter a day may be, as a share.
    pub variance: f64,
    /// Everybody, in the order of their addresses.
    pub workers: Vec<Worker>,
    /// When the last thing was due that people did.
    pub end: Instant,
    days: Vec<WorkerDay>,
    index: BTreeMap<String, usize>,
    day_index: BTreeMap<(usize, NaiveDate), usize>,
}

/// How much busier or quieter a day is, if nobody says (BEHAVIOUR's 30 %).
const USUAL_VARIANCE: f64 = 0.30;

impl Setting {
    /// The setting of an export.
    ///
    /// # Errors
    /// There is nobody, or several deployments are mixed.
    pub fn of(lines: &[Line], table: &Table, terms: &Terms) -> Result<Setting, Problem> {
        let benign: Vec<&Line> = lines.iter().filter(|line| line.is_benign()).collect();
        let deployments: BTreeSet<&str> = benign.iter().map(|line| line.deployment.as_str()).collect();
        if deployments.len() > 1 {
            return Err(Problem::Several(deployments.len()));
        }
        let end = benign.iter().map(|line| line.due).max().ok_or(Problem::Nobody)?;
        let mut setting = Setting {
            pattern: terms.pattern.unwrap_or(Pattern::Flat),
            pattern_found: terms.pattern.is_none(),
            off: terms.holidays.clone().unwrap_or_default(),
            off_found: terms.holidays.is_none(),
            variance: terms.variance.unwrap_or(USUAL_VARIANCE),
            workers: workers(lines, table, end)?,
            end,
            days: Vec::new(),
            index: BTreeMap::new(),
            day_index: BTreeMap::new(),
        };
        setting.index = setting.workers.iter().enumerate().map(|(n, worker)| (worker.upn.clone(), n)).collect();
        setting.furnish(table)?;
        if setting.pattern_found {
            setting.pattern = setting.pattern_of(&benign, table);
        }
        if setting.off_found {
            setting.off = setting.silent(lines, table);
        }
        setting.furnish(table)?;
        Ok(setting)
    }

    /// Everybody's days, as far as they were seen.
    pub fn days(&self) -> &[WorkerDay] {
        &self.days
    }

    /// Who has an address.
    pub fn worker(&self, upn: &str) -> Option<usize> {
        self.index.get(&upn.to_lowercase()).copied()
    }

    /// Who did what a line tells.
    pub fn who(&self, line: &Line) -> Option<usize> {
        self.worker(line.upn.as_deref()?)
    }

    /// The worker-day, by its index, that something falls into which somebody did at a moment.
    pub fn day_at(&self, worker: usize, moment: Instant) -> Option<usize> {
        let day = self.workers.get(worker)?.calendar.day_of(moment);
        self.day_index.get(&(worker, day)).copied()
    }

    /// Gives everybody the calendar that the table, the pattern and the days off make.
    fn furnish(&mut self, table: &Table) -> Result<(), Problem> {
        let office = self.pattern == Pattern::Office;
        let parts = table.rhythm.shape.len().max(1);
        let shape = if office { table.rhythm.shape.clone() } else { vec![1.0; parts] };
        let week = [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];
        let mut weekdays = table.rhythm.weekdays;
        for (day, busyness) in week.iter().zip(&mut weekdays) {
            let works = f64::from(u8::from(table.working_days.contains(day)));
            *busyness = if office { *busyness * works } else { works };
        }
        let hours = (table.working_hours.from, table.working_hours.to);
        for worker in &mut self.workers {
            let zone = worker.calendar.zone();
            worker.calendar = Calendar::new(zone, hours, weekdays, self.off.clone(), shape.clone());
        }
        self.days.clear();
        for (index, worker) in self.workers.iter().enumerate() {
            for (day, opens, closes) in worker.calendar.days(worker.since, self.end) {
                let shares = worker.calendar.shares(day, worker.since, self.end);
                let seen: f64 = shares.iter().sum();
                if seen > 0.0 {
                    let working = (closes - opens) as f64 / 3_600_000.0;
                    let hours = working * worker.calendar.busyness(day) * seen;
                    self.days.push(WorkerDay { worker: index, day, hours, shares, whole: seen > 1.0 - 1e-9 });
                }
            }
        }
        self.day_index = self.days.iter().enumerate().map(|(n, day)| ((day.worker, day.day), n)).collect();
        Ok(())
    }

    /// The pattern: an office has the hours of one, or days that differ more than chance alone makes them.
    fn pattern_of(&self, benign: &[&Line], table: &Table) -> Pattern {
        let shape = &table.rhythm.shape;
        let mean = shape.iter().sum::<f64>() / shape.len().max(1) as f64;
        let part = |line: &&Line| self.workers.get(self.who(line)?)?.calendar.part(line.due);
        let likelihood = |line| part(line).and_then(|part| Some((shape.get(part)? / mean).max(1e-3).ln()));
        let office: f64 = benign.iter().filter(|line| line.kind == NEW_MAIL).filter_map(likelihood).sum();
        if office > 0.0 || self.dispersion(benign, table) > DISPERSED { Pattern::Office } else { Pattern::Flat }
    }

    /// How much wider than Poisson's the counts of mails a day are.
    fn dispersion(&self, benign: &[&Line], table: &Table) -> f64 {
        let mut counts = vec![0.0; self.days.len()];
        for line in benign.iter().filter(|line| MAIL.contains(&line.kind.as_str())) {
            let day = self.who(line).and_then(|who| self.day_at(who, line.due));
            if let Some(count) = day.and_then(|day| counts.get_mut(day)) {
                *count += 1.0;
            }
        }
        let rate = |day: &WorkerDay| self.workers.get(day.worker).map(|worker| table.rates(&worker.department));
        let expected: Vec<f64> =
            self.days.iter().map(|day| rate(day).unwrap_or_default().email_per_hour * day.hours).collect();
        // A day on which somebody did nothing may be a day off, which is not known yet.
        let worked: Vec<(f64, f64)> =
            counts.into_iter().zip(expected).filter(|(count, expected)| *count > 0.0 && *expected > 0.0).collect();
        let sum = |of: fn(&(f64, f64)) -> f64| worked.iter().map(of).sum::<f64>();
        let mean = sum(|(count, _)| *count) / sum(|(_, expected)| *expected).max(f64::MIN_POSITIVE);
        let off = |(count, expected): &(f64, f64)| (count - mean * expected).powi(2) / (mean * expected);
        worked.iter().map(off).sum::<f64>() / (worked.len().max(2) - 1) as f64
    }

    /// Days on which much was expected, and nobody did anything, or was to.
    fn silent(&self, lines: &[Line], table: &Table) -> BTreeSet<NaiveDate> {
        let mut expected: BTreeMap<NaiveDate, f64> = BTreeMap::new();
        for day in &self.days {
            let rates = self.workers.get(day.worker).map(|worker| table.rates(&worker.department)).unwrap_or_default();
            *expected.entry(day.day).or_default() += day.hours * rates.email_per_hour;
        }
        for line in lines.iter().filter(|line| line.is_meant()) {
            // Who was to do what did not happen is not told: then it was a day's work somewhere.
            let who = self.who(line).and_then(|worker| self.workers.get(worker));
            for worker in who.into_iter().chain(self.workers.iter().filter(|_| who.is_none())) {
                expected.remove(&worker.calendar.day_of(line.due));
            }
        }
        expected.into_iter().filter(|(_, expected)| *expected > SILENCE).map(|(day, _)| day).collect()
    }
}

fn workers(lines: &[Line], table: &Table, end: Instant) -> Result<Vec<Worker>, Problem> {
    let mut first: BTreeMap<String, Instant> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.is_benign()) {
        if let Some(upn) = &line.upn {
            let due = first.entry(upn.to_lowercase()).or_insert(line.due);
            *due = line.due.min(*due);
        }
    }
    let mut workers: BTreeMap<String, Worker> = BTreeMap::new();
    for line in lines.iter().filter(|line| line.status == "done") {
        let (Some(upn), Some(department), Some(zone)) = (&line.upn, &line.department, &line.time_zone) else {
            continue;
        };
        let upn = upn.to_lowercase();
        // What made them comes before what they do; its last is when they were ready.
        let seen = first.get(&upn).copied().unwrap_or(end);
        let makes = line.label.as_deref() == Some("infrastructure") && line.at <= seen;
        let ready = if makes { line.at } else { 0 };
        if let Some(worker) = workers.get_mut(&upn) {
            worker.since = worker.since.max(ready);
            continue;
        }
        let tz: Tz = zone.parse().map_err(|_| Problem::Zone(zone.clone()))?;
        let hours = (table.working_hours.from, table.working_hours.to);
        let calendar = Calendar::new(tz, hours, [0.0; 7], BTreeSet::new(), Vec::new());
        let number = upn.split_once('@').and_then(|(name, _)| name.rsplit_once('-')).and_then(|(_, n)| n.parse().ok());
        let worker = Worker { upn: upn.clone(), department: department.clone(), calendar, since: ready, number };
        workers.insert(upn, worker);
    }
    if !workers.keys().any(|upn| first.contains_key(upn)) {
        return Err(Problem::Nobody);
    }
    // Somebody of whom only the work is told was there when the first of all began.
    let begin = first.values().copied().min().unwrap_or(end);
    let mut workers: Vec<Worker> = workers.into_values().collect();
    for worker in &mut workers {
        if worker.since == 0 {
            worker.since = begin;
        }
    }
    Ok(workers)
}
