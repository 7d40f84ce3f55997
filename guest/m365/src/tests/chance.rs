//! Whether what workers do is what chance allows of the rates: a family of seven tests over many seeds, and the mutants
//! that it must find.
//!
//! The false-alarm rate of the whole family is 0.1 %: each of its seven tests (a count for each department, and the shape
//! of the day) has a seventh of that. That nobody works on a weekend is no matter of chance.

use haymaker_guest::{
    Instant,
    time::{DAY, HOUR},
};
use serde_json::json;

use crate::{
    config::{Config, Department},
    pattern::Patterns,
    schedule::Draw,
    zone::Zone,
};

/// Monday, 5 January 2026, 00:00 UTC.
const MONDAY: Instant = 1_767_571_200_000;

/// Worker-weeks that are looked at, for each department.
const WEEKS: u64 = 40;

/// Standard deviations that a normal quantity exceeds, to either side, with a chance of 0.001 / 7.
const DEVIATIONS: f64 = 3.803;

/// What chi squared with 8 degrees of freedom exceeds with a chance of 0.001 / 7.
const CHI_SQUARED: f64 = 30.96;

/// The table of the design, written down once more: a test that read the code's own would agree with any change to it.
const MAILS_PER_HOUR: [(Department, f64); 6] = [
    (Department::Operations, 6.0),
    (Department::Engineering, 4.0),
    (Department::Sales, 12.0),
    (Department::Hr, 10.0),
    (Department::Finance, 6.0),
    (Department::Executive, 8.0),
];

/// Every test of the family that fails, in words.
fn alarms(patterns: &Patterns, first_seed: u64) -> Vec<String> {
    let calendar = calendar(patterns);
    let mut alarms = Vec::new();
    let mut hours = [0.0_f64; 9];
    for (department, per_hour) in MAILS_PER_HOUR {
        let mut count = 0.0_f64;
        for seed in first_seed..first_seed + WEEKS {
            let per_hour = patterns.rates(department).email;
            let draw =
                Draw { calendar: &calendar, seed, worker: department.key(), purpose: "email", per_hour, texture: None };
            for act in draw.between(MONDAY, MONDAY + 7 * DAY) {
                let since = act.due - MONDAY;
                match ((since / DAY) < 5).then(|| (since % DAY / HOUR).checked_sub(8)).flatten() {
                    Some(hour @ 0..9) => hours[hour as usize] += 1.0,
                    _ => alarms.push(format!("{department:?} at {}, outside working hours", act.due)),
                }
                count += 1.0;
            }
        }
        let expected = per_hour * 9.0 * 5.0 * WEEKS as f64;
        let off = (count - expected) / expected.sqrt();
        if off.abs() > DEVIATIONS {
            alarms.push(format!("{department:?}: {count} mails of {expected}, {off:.1} standard deviations away"));
        }
    }
    if unevenness(&hours) > CHI_SQUARED {
        alarms.push(format!("the hours of the day differ: chi squared {:.1}, {hours:?}", unevenness(&hours)));
    }
    alarms
}

/// Chi squared of counts that should be equal.
fn unevenness(hours: &[f64; 9]) -> f64 {
    let even = hours.iter().sum::<f64>() / 9.0;
    hours.iter().map(|hour| (hour - even).powi(2) / even).sum()
}

/// What the flat pattern makes of the figures.
fn calendar(patterns: &Patterns) -> crate::calendar::Calendar {
    let config = Config::read(r#"{"pattern": "flat", "license": "E5", "usage_location": "US"}"#).unwrap();
    patterns.calendar(&config, Zone::UTC)
}

fn patterns(figures: serde_json::Value) -> Patterns {
    serde_json::from_value(figures).unwrap()
}

#[test]
fn counts_are_what_chance_allows_of_the_rates() {
    assert_eq!(alarms(&Patterns::default(), 1), Vec::<String>::new());
}

#[test]
fn rates_that_are_15_percent_too_high_are_found() {
    let rates = MAILS_PER_HOUR.map(|(department, rate)| (department.key(), json!({ "email_per_hour": rate * 1.15 })));
    let mutant = patterns(json!({ "departments": std::collections::BTreeMap::from(rates) }));
    for first_seed in [1, 1_001] {
        assert_eq!(alarms(&mutant, first_seed).len(), 6, "each of the six counts sounds the alarm");
    }
}

#[test]
fn weekends_that_are_worked_are_found() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let mutant = patterns(json!({ "working_days": days }));
    assert!(alarms(&mutant, 1).iter().any(|alarm| alarm.contains("outside working hours")));
}

#[test]
fn a_lunch_hour_that_nobody_works_is_found() {
    let calendar = calendar(&Patterns::default());
    let mut hours = [0.0_f64; 9];
    for seed in 0..WEEKS {
        let draw = Draw { calendar: &calendar, seed, worker: "w", purpose: "email", per_hour: 12.0, texture: None };
        for act in draw.between(MONDAY, MONDAY + DAY).iter().filter(|act| act.due % DAY / HOUR != 12) {
            hours[(act.due % DAY / HOUR - 8) as usize] += 1.0;
        }
    }
    assert!(unevenness(&hours) > CHI_SQUARED);
}
