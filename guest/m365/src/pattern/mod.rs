//! The figures of a working day: hours, days, rates, and the table of assumptions. What an operator may change of it.
//!
//! Where the rates come from: they are the design's own table. It puts a sales worker at 108 mails in a nine-hour day and
//! an engineer at 36. Published counts of *sent* mail lie around 40 a day (Radicati Group, "Email Statistics Report
//! 2015-2019"), so the departments span the range from quiet to very busy; the single values are assumptions.

mod check;
mod figures;

use std::{collections::BTreeMap, rc::Rc};

use haymaker_guest::Problem;
use serde::Deserialize;

pub use self::figures::{Documents, Inbox, Latencies, Latency, Meetings, Rhythm, Talk, Threads, Ties};
use crate::{
    calendar::{Calendar, Clock},
    config::{Config, Department, Pattern},
    zone::Zone,
};

/// What one worker of each department does.
const RATES: [(Department, Rates); 6] = [
    (Department::Operations, Rates { email: 6.0, teams: 8.0, documents: 4.0, meetings: 4.0 }),
    (Department::Engineering, Rates { email: 4.0, teams: 15.0, documents: 6.0, meetings: 3.0 }),
    (Department::Sales, Rates { email: 12.0, teams: 10.0, documents: 3.0, meetings: 8.0 }),
    (Department::Hr, Rates { email: 10.0, teams: 8.0, documents: 5.0, meetings: 5.0 }),
    (Department::Finance, Rates { email: 6.0, teams: 5.0, documents: 8.0, meetings: 4.0 }),
    (Department::Executive, Rates { email: 8.0, teams: 5.0, documents: 2.0, meetings: 10.0 }),
];

/// The working day, in hours on the worker's clock.
const WORKING_HOURS: Hours = Hours { from: 8, to: 17 };

/// The highest rate that is taken: at 300 workers a plan of 15 minutes then holds 9,000 tasks on average, and the
/// contract allows 10,000. Exchange itself ends at 1,800 an hour and mailbox.
const HIGHEST_RATE: f64 = 120.0;

/// How much one worker does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Mails sent per hour of working time: new ones, answers and what is passed on.
    pub email: f64,
    /// Teams messages per hour of working time.
    pub teams: f64,
    /// Documents created or edited per working day.
    pub documents: f64,
    /// Meetings attended per working day.
    pub meetings: f64,
}

/// The manifest's `activity_patterns`: every part may be left out.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Patterns {
    working_hours: Hours,
    working_days: WorkingDays,
    departments: BTreeMap<Department, Given>,
    /// When much is done.
    pub rhythm: Rhythm,
    /// Whom people write to.
    pub ties: Ties,
    /// How mails are answered.
    pub threads: Threads,
    /// How long answers take.
    pub latency: Latencies,
    /// How people deal with what they receive.
    pub inbox: Inbox,
    /// Teams.
    pub talk: Talk,
    /// Meetings.
    pub meetings: Meetings,
    /// Documents.
    pub documents: Documents,
}

/// The hours of a working day: `from` is the first, `to` the first that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Hours {
    from: u32,
    to: u32,
}

impl Default for Hours {
    fn default() -> Hours {
        WORKING_HOURS
    }
}

/// The days of a week on which people work.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
struct WorkingDays(Vec<Name>);

impl Default for WorkingDays {
    fn default() -> WorkingDays {
        use Name::{Friday, Monday, Thursday, Tuesday, Wednesday};
        WorkingDays(vec![Monday, Tuesday, Wednesday, Thursday, Friday])
    }
}

impl WorkingDays {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// What an operator says of a department; the rest stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Given {
    email_per_hour: Option<f64>,
    teams_per_hour: Option<f64>,
    documents_per_day: Option<f64>,
    meetings_per_day: Option<f64>,
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
        check::check(&patterns).map(|()| patterns).map_err(|(key, why)| {
            Problem::invalid("activity_patterns", format!("activity_patterns.{key} in the manifest: {why}"))
        })
    }

    /// How much one worker of this department does.
    pub fn rates(&self, department: Department) -> Rates {
        let usual = RATES
            .iter()
            .find(|(is, _)| *is == department)
            .map_or(Rates { email: 0.0, teams: 0.0, documents: 0.0, meetings: 0.0 }, |(_, rates)| *rates);
        let given = self.departments.get(&department).copied().unwrap_or_default();
        Rates {
            email: given.email_per_hour.unwrap_or(usual.email),
            teams: given.teams_per_hour.unwrap_or(usual.teams),
            documents: given.documents_per_day.unwrap_or(usual.documents),
            meetings: given.meetings_per_day.unwrap_or(usual.meetings),
        }
    }

    /// When people work who live in this zone.
    pub fn calendar(&self, config: &Config, zone: Zone) -> Calendar {
        let works = |day: Name| self.working_days.0.contains(&day);
        let busyness = |day: Name, figure: f64| match config.pattern {
            Pattern::Flat => 1.0,
            Pattern::Office => figure,
        } * f64::from(u8::from(works(day)));
        let mut weekdays = self.rhythm.weekdays;
        for (day, figure) in Name::WEEK.into_iter().zip(&mut weekdays) {
            *figure = busyness(day, *figure);
        }
        let Hours { from: opens, to: closes } = self.working_hours;
        Calendar { zone, opens, closes, weekdays, holidays: Rc::clone(&config.holidays), clock: Clock::default() }
    }
}

impl Name {
    const WEEK: [Name; 7] =
        [Name::Monday, Name::Tuesday, Name::Wednesday, Name::Thursday, Name::Friday, Name::Saturday, Name::Sunday];
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
        let manifest: Manifest = serde_norway::from_str(include_str!("../../../../workload.yaml")).unwrap();
        let shown = manifest.activity_patterns;
        check::check(&shown).unwrap();
        for department in Department::ALL {
            let given = shown.departments[&department];
            let all = [given.email_per_hour, given.teams_per_hour, given.documents_per_day, given.meetings_per_day];
            assert!(all.iter().all(Option::is_some), "{} is shown whole", department.key());
            assert_eq!(shown.rates(department), Patterns::default().rates(department));
        }
        assert_eq!(Patterns { departments: BTreeMap::new(), ..shown }, Patterns::default());
    }

    #[test]
    fn an_operator_changes_one_rate_and_keeps_the_others() {
        let changed = patterns(r#"{"departments": {"sales": {"email_per_hour": 3}}, "rhythm": {"followers": 0}}"#);
        assert_eq!(
            changed.rates(Department::Sales),
            Rates { email: 3.0, ..Patterns::default().rates(Department::Sales) }
        );
        assert_eq!(changed.rates(Department::Hr), Patterns::default().rates(Department::Hr));
        assert_eq!(changed.rhythm, Rhythm { followers: 0.0, ..Rhythm::default() });
    }

    #[test]
    fn figures_that_make_no_sense_are_named() {
        for (json, key) in [
            (r#"{"working_hours": {"from": 17, "to": 8}}"#, "working_hours"),
            (r#"{"working_days": []}"#, "working_days"),
            (r#"{"departments": {"hr": {"email_per_hour": -1}}}"#, "departments.hr.email_per_hour"),
            (r#"{"rhythm": {"shape": []}}"#, "rhythm.shape"),
            (r#"{"threads": {"sizes": [1, 1, 0, 0]}}"#, "threads.sizes"),
            (r#"{"meetings": {"accept": 0.9, "decline": 0.2}}"#, "meetings.accept"),
            (r#"{"ties": {"department": -1}}"#, "ties"),
            (r#"{"latency": {"mail": {"median_minutes": 0, "sigma": 1, "least_minutes": 0}}}"#, "latency.mail"),
        ] {
            let (wrong, _) = check::check(&patterns(json)).unwrap_err();
            assert!(wrong.contains(key), "{wrong}");
        }
        assert!(serde_json::from_str::<Patterns>(r#"{"departments": {"sals": {"email_per_hour": 3}}}"#).is_err());
    }

    #[test]
    fn a_flat_week_is_even_and_an_office_quiet_on_friday() {
        let config = |pattern| {
            let text = format!(r#"{{"pattern": "{pattern}", "license": "E5", "usage_location": "US"}}"#);
            Config::read(&text).unwrap()
        };
        let weekdays = |pattern| Patterns::default().calendar(&config(pattern), Zone::UTC).weekdays;
        assert_eq!(weekdays("flat"), [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]);
        assert_eq!(weekdays("office"), Rhythm::default().weekdays);
    }
}
