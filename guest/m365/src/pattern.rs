//! The figures of a working day: hours, days, rates. One table, and what an operator may change of it.
//!
//! Where the rates come from: they are the design's own table (a department's mails an hour), which puts a sales worker
//! at 108 mails in a nine-hour day and an engineer at 36. Published counts of *sent* mail lie around 40 a day (Radicati
//! Group, "Email Statistics Report 2015-2019"), so the departments span the range from quiet to very busy; the single
//! values are assumptions.

use std::collections::BTreeMap;

use haymaker_guest::{
    Problem,
    time::{Datelike, Day, Weekday},
};
use serde::Deserialize;

use crate::{calendar::Calendar, config::Department};

/// Mails that one worker sends per hour of working time, by department.
const EMAIL_PER_HOUR: [(Department, f64); 6] = [
    (Department::Operations, 6.0),
    (Department::Engineering, 4.0),
    (Department::Sales, 12.0),
    (Department::Hr, 10.0),
    (Department::Finance, 6.0),
    (Department::Executive, 8.0),
];

/// The working day, in hours of UTC.
const WORKING_HOURS: Hours = Hours { from: 8, to: 17 };

/// The highest rate that is taken: at 300 workers a plan of 15 minutes then holds 9,000 tasks on average, and the
/// contract allows 10,000. Exchange itself ends at 1,800 an hour and mailbox.
const HIGHEST_RATE: f64 = 120.0;

/// The manifest's `activity_patterns`: every part may be left out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patterns {
    working_hours: Option<Hours>,
    working_days: Option<Vec<Name>>,
    departments: BTreeMap<Department, Rates>,
}

/// The hours of a working day: `from` is the first, `to` the first that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: u32,
    to: u32,
}

/// A department's rates.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Rates {
    /// Mails that one worker sends per hour of working time.
    email_per_hour: f64,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Name {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Patterns {
    /// The deployment's patterns, checked.
    ///
    /// # Errors
    /// `invalid` with the first figure that makes no sense.
    pub fn read() -> Result<Patterns, Problem> {
        let patterns: Patterns = haymaker_guest::parameters()?;
        patterns.check().map(|()| patterns)
    }

    fn check(&self) -> Result<(), Problem> {
        let wrong = |key: &str, why: String| {
            Err(Problem::invalid("activity_patterns", format!("activity_patterns.{key} in the manifest: {why}")))
        };
        if let Some(Hours { from, to }) = self.working_hours.filter(|hours| hours.from >= hours.to || hours.to > 24) {
            return wrong("working_hours", format!("{from} to {to} is no part of a day; write hours from 0 to 24"));
        }
        if self.working_days.as_ref().is_some_and(Vec::is_empty) {
            return wrong("working_days", "is empty: nobody would ever work".to_owned());
        }
        for (department, Rates { email_per_hour: rate }) in &self.departments {
            if !(0.0..=HIGHEST_RATE).contains(rate) {
                let key = format!("departments.{}.email_per_hour", department.key());
                return wrong(&key, format!("{rate} is not between 0 and {HIGHEST_RATE}"));
            }
        }
        Ok(())
    }

    /// Mails that one worker of this department sends per hour of working time.
    pub fn email_per_hour(&self, department: Department) -> f64 {
        let default = || EMAIL_PER_HOUR.iter().find(|(is, _)| *is == department).map_or(0.0, |(_, rate)| *rate);
        self.departments.get(&department).map_or_else(default, |rates| rates.email_per_hour)
    }

    /// When people work.
    pub fn calendar(&self) -> Calendar {
        let hours = self.working_hours.unwrap_or(WORKING_HOURS);
        let works = |day: Day| match &self.working_days {
            Some(days) => days.iter().any(|name| name.weekday() == day.weekday()),
            None => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        };
        Calendar::new(hours.from, hours.to, works)
    }
}

impl Name {
    fn weekday(self) -> Weekday {
        match self {
            Name::Monday => Weekday::Mon,
            Name::Tuesday => Weekday::Tue,
            Name::Wednesday => Weekday::Wed,
            Name::Thursday => Weekday::Thu,
            Name::Friday => Weekday::Fri,
            Name::Saturday => Weekday::Sat,
            Name::Sunday => Weekday::Sun,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(json: &str) -> Patterns {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn the_manifest_shows_the_figures_that_the_code_has() {
        #[derive(Deserialize)]
        struct Manifest {
            activity_patterns: Patterns,
        }
        let manifest: Manifest = serde_norway::from_str(include_str!("../../../workload.yaml")).unwrap();
        manifest.activity_patterns.check().unwrap();
        assert_eq!(manifest.activity_patterns.working_hours, Some(WORKING_HOURS));
        assert_eq!(manifest.activity_patterns.calendar(), Patterns::default().calendar());
        for department in Department::ALL {
            let shown = manifest.activity_patterns.departments.get(&department).map(|rates| rates.email_per_hour);
            assert_eq!(shown, Some(Patterns::default().email_per_hour(department)), "{}", department.key());
        }
    }

    #[test]
    fn an_operator_changes_one_rate_and_keeps_the_others() {
        let changed = patterns(r#"{"departments": {"sales": {"email_per_hour": 3}}}"#);
        assert!((changed.email_per_hour(Department::Sales) - 3.0).abs() < f64::EPSILON);
        assert!((changed.email_per_hour(Department::Hr) - 10.0).abs() < f64::EPSILON);
    }

    #[test]
    fn figures_that_make_no_sense_are_named() {
        for (json, key) in [
            (r#"{"working_hours": {"from": 17, "to": 8}}"#, "working_hours"),
            (r#"{"working_days": []}"#, "working_days"),
            (r#"{"departments": {"hr": {"email_per_hour": -1}}}"#, "departments.hr.email_per_hour"),
        ] {
            let message = patterns(json).check().unwrap_err().message;
            assert!(message.contains(key), "{message}");
        }
        assert!(serde_json::from_str::<Patterns>(r#"{"departments": {"sals": {"email_per_hour": 3}}}"#).is_err());
    }
}
