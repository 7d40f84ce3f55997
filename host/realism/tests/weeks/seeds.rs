//! Right weeks pass, whatever their seed.

use std::collections::BTreeSet;

use haymaker_realism::check::Verdict;
use haymaker_realism::line::Line;
use haymaker_realism::setting::{Pattern, Terms};
use haymaker_realism::table::Table;
use haymaker_realism::{Report, examine};
use serde_json::json;

use crate::office::{FLAT, MONDAY, SIXTY, days, right, usual, week};

pub(crate) fn report(lines: &[Line]) -> Report {
    examine(lines, &Table::read(&usual(), &json!({})).unwrap(), &Terms::default()).unwrap()
}

/// What is off, in words.
pub(crate) fn off(report: &Report) -> Vec<String> {
    let off = report.checks.iter().filter(|check| check.verdict == Verdict::Off);
    off.map(|c| {
        format!("{}: {:.3} of {:.3} ({:.3} to {:.3}, n {})", c.check, c.observed, c.expected, c.from, c.to, c.n)
    })
    .collect()
}

/// How many seeds are tried: a week takes its time to plan. `REALISM_SEEDS=10` tries ten.
fn seeds() -> std::ops::RangeInclusive<u64> {
    1..=std::env::var("REALISM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(2)
}

#[test]
fn an_office_passes_whatever_its_seed() {
    for seed in seeds() {
        let report = if seed == 1 { report(right()) } else { report(&week(SIXTY, &usual(), seed)) };
        assert_eq!(report.setting.pattern, Pattern::Office);
        assert_eq!(report.setting.off, BTreeSet::from(["2026-01-07".parse().unwrap()]), "the holiday is found");
        assert!(report.passes(), "seed {seed}: {:#?}", off(&report));
        assert!(report.count(Verdict::Ok) > 60, "{} checks", report.count(Verdict::Ok));
    }
}

#[test]
fn a_flat_week_passes_and_is_found_to_be_flat() {
    for seed in seeds() {
        let report = report(&week(FLAT, &usual(), seed));
        assert_eq!(report.setting.pattern, Pattern::Flat);
        assert_eq!(report.setting.off, BTreeSet::from(["2026-01-07".parse().unwrap()]), "the holiday is found");
        assert!(report.passes(), "seed {seed}: {:#?}", off(&report));
    }
}

/// New York's clock goes forward on 8 March 2026, Berlin's three weeks later and Kolkata's never; the second Wednesday is
/// a holiday. A series is called once, and held on its organiser's clock.
#[test]
fn two_weeks_with_a_holiday_and_a_change_of_the_clock_pass() {
    const SECOND_OF_MARCH: u64 = 1_772_438_400_000;
    let config = SIXTY.replace("2026-01-07", "2026-03-11");
    let report = report(&days(&config, &usual(), 1, SECOND_OF_MARCH, 14));
    assert_eq!(report.setting.off, BTreeSet::from(["2026-03-11".parse().unwrap()]), "the holiday is found");
    assert!(report.passes(), "{:#?}", off(&report));
}

/// Few people on one day show little, and nothing follows from that.
#[test]
fn a_day_of_five_people_raises_no_alarm_whatever_its_seed() {
    const FIVE: &str = r#"{"pattern": "office", "license": "E5", "usage_location": "US",
        "departments": "sales: 3, engineering: 2"}"#;
    let terms = Terms { pattern: Some(Pattern::Office), holidays: Some(BTreeSet::new()), ..Terms::default() };
    let table = Table::read(&usual(), &json!({})).unwrap();
    for seed in 1..=20 {
        let report = examine(&days(FIVE, &usual(), seed, MONDAY, 1), &table, &terms).unwrap();
        assert!(report.passes(), "seed {seed}: {:#?}", off(&report));
    }
}
