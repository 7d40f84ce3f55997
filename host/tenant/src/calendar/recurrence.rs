//! Events that come again.
//!
//! A series is a matter of days and of a time on the wall: a meeting at nine stays at nine when the clocks change. So its
//! days are reckoned in its own time zone, and only then become moments.

use chrono::{Datelike, Days, Months, NaiveDate, Weekday};
use serde_json::{Value, json};

use super::zones::Zone;
use crate::graph::fault::Fault;

/// How many instances of a series are ever looked at: two a day for three years.
const MOST: usize = 2200;

/// How often.
#[derive(Debug, Clone, PartialEq)]
enum Every {
    Days(u64),
    /// Every so many weeks, which begin with the last one named, on these days.
    Weeks(u64, Vec<Weekday>, Weekday),
    /// Every so many months, counted from this month of the year if one is named.
    Months(u32, Option<u32>, Within),
}

/// Which day of a month.
#[derive(Debug, Clone, PartialEq)]
enum Within {
    /// This one; the last of a month that is shorter, as Outlook has it.
    Day(u32),
    /// The so-manieth of these weekdays, the first being zero.
    Nth(usize, Vec<Weekday>),
    /// The last of these weekdays.
    Last(Vec<Weekday>),
}

impl Within {
    /// The day in the month that begins with `month`.
    fn day(&self, month: NaiveDate) -> Option<NaiveDate> {
        let of = |on: &[Weekday]| {
            let days = month.iter_days().take_while(|day| day.month() == month.month());
            days.filter(|day| on.contains(&day.weekday())).collect::<Vec<_>>()
        };
        match self {
            Within::Day(on) => (1..=*on).rev().find_map(|day| month.with_day(day)),
            Within::Nth(index, on) => of(on).get(*index).copied(),
            Within::Last(on) => of(on).pop(),
        }
    }
}

/// Until when.
#[derive(Debug, Clone, PartialEq)]
enum Until {
    Forever,
    Date(NaiveDate),
    Times(usize),
}

/// The rule of a series.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Recurrence {
    every: Every,
    until: Until,
    first: NaiveDate,
    /// In which zone its days are reckoned, if not in that of the event.
    zone: Option<Zone>,
    /// As it was set.
    given: Value,
}

const DAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Mon),
    ("tuesday", Weekday::Tue),
    ("wednesday", Weekday::Wed),
    ("thursday", Weekday::Thu),
    ("friday", Weekday::Fri),
    ("saturday", Weekday::Sat),
    ("sunday", Weekday::Sun),
];

fn weekday(name: &str) -> Option<Weekday> {
    DAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day)
}

fn invalid(what: &str) -> Fault {
    Fault::new(
        http::StatusCode::BAD_REQUEST,
        "ErrorPropertyValidationFailure",
        format!("At least one property failed validation. The recurrence's '{what}' is missing or invalid."),
    )
}

/// A `patternedRecurrence`, by path.
struct Given<'v>(&'v Value);

impl<'v> Given<'v> {
    fn word(&self, path: &str) -> &'v str {
        self.0.pointer(path).and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, path: &str, of: std::ops::RangeInclusive<u64>) -> Option<u32> {
        self.0.pointer(path).and_then(Value::as_u64).filter(|n| of.contains(n)).and_then(|n| u32::try_from(n).ok())
    }

    fn date(&self, path: &str) -> Option<NaiveDate> {
        self.word(path).parse().ok()
    }

    fn weekdays(&self) -> Result<Vec<Weekday>, Fault> {
        let named = self.0.pointer("/pattern/daysOfWeek").and_then(Value::as_array).into_iter().flatten();
        let days: Vec<Weekday> = named.filter_map(Value::as_str).filter_map(weekday).collect();
        if days.is_empty() { Err(invalid("pattern.daysOfWeek")) } else { Ok(days) }
    }

    fn every(&self) -> Result<Every, Fault> {
        let interval = match self.0.pointer("/pattern/interval") {
            None | Some(Value::Null) => 1,
            Some(_) => self.number("/pattern/interval", 1..=999).ok_or_else(|| invalid("pattern.interval"))?,
        };
        let month = || self.number("/pattern/month", 1..=12).ok_or_else(|| invalid("pattern.month"));
        Ok(match self.word("/pattern/type") {
            "daily" => Every::Days(interval.into()),
            "weekly" => {
                let begins = weekday(self.word("/pattern/firstDayOfWeek")).unwrap_or(Weekday::Sun);
                Every::Weeks(interval.into(), self.weekdays()?, begins)
            }
            "absoluteMonthly" => Every::Months(interval, None, self.day()?),
            "relativeMonthly" => Every::Months(interval, None, self.weekday()?),
            "absoluteYearly" => Every::Months(interval * 12, Some(month()?), self.day()?),
            "relativeYearly" => Every::Months(interval * 12, Some(month()?), self.weekday()?),
            _ => return Err(invalid("pattern.type")),
        })
    }

    fn day(&self) -> Result<Within, Fault> {
        self.number("/pattern/dayOfMonth", 1..=31).map(Within::Day).ok_or_else(|| invalid("pattern.dayOfMonth"))
    }

    fn weekday(&self) -> Result<Within, Fault> {
        let days = self.weekdays()?;
        Ok(match self.word("/pattern/index") {
            "last" => Within::Last(days),
            index => {
                Within::Nth(["first", "second", "third", "fourth"].iter().position(|n| *n == index).unwrap_or(0), days)
            }
        })
    }
}

impl Recurrence {
    /// Reads a `patternedRecurrence` whose words were checked.
    ///
    /// # Errors
    /// It says nothing that can be followed.
    pub(super) fn read(value: &Value) -> Result<Recurrence, Fault> {
        let given = Given(value);
        let first = given.date("/range/startDate").ok_or_else(|| invalid("range.startDate"))?;
        let until = match given.word("/range/type") {
            "noEnd" => Until::Forever,
            "endDate" => Until::Date(given.date("/range/endDate").ok_or_else(|| invalid("range.endDate"))?),
            "numbered" => {
                let times = given.number("/range/numberOfOccurrences", 1..=999);
                Until::Times(times.ok_or_else(|| invalid("range.numberOfOccurrences"))? as usize)
            }
            _ => return Err(invalid("range.type")),
        };
        let zone = match given.word("/range/recurrenceTimeZone") {
            "" => None,
            name => Some(Zone::named(name)?),
        };
        Ok(Recurrence { every: given.every()?, until, first, zone, given: value.clone() })
    }

    /// As Graph shows it, every property said; `zone` is that of the event.
    pub(super) fn render(&self, zone: &Zone) -> Value {
        let mut pattern = json!({
            "type": "daily", "interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first",
        });
        let mut range = json!({
            "type": "noEnd", "startDate": self.first.to_string(), "endDate": "0001-01-01",
            "recurrenceTimeZone": zone.name, "numberOfOccurrences": 0,
        });
        for (shown, given) in [(&mut pattern, "/pattern"), (&mut range, "/range")] {
            if let (Some(shown), Some(given)) =
                (shown.as_object_mut(), self.given.pointer(given).and_then(Value::as_object))
            {
                shown.extend(given.clone().into_iter().filter(|(_, value)| !value.is_null()));
            }
        }
        json!({ "pattern": pattern, "range": range })
    }

    /// The beginnings of the instances before `to`, in order; the series' time of day is that of `start` in its own zone,
    /// or in `zone`, that of the event.
    pub(super) fn beginnings(&self, start: u64, to: u64, zone: &Zone) -> Vec<u64> {
        let zone = self.zone.as_ref().unwrap_or(zone);
        let time = zone.local(start).time();
        let most = if let Until::Times(times) = self.until { times.min(MOST) } else { MOST };
        self.days()
            .take_while(|day| !matches!(self.until, Until::Date(last) if *day > last))
            .take(most)
            .map_while(|day| zone.moment(day.and_time(time)))
            .take_while(|moment| *moment < to)
            .collect()
    }

    /// The days of the series, without end.
    fn days(&self) -> Box<dyn Iterator<Item = NaiveDate> + '_> {
        let first = self.first;
        match &self.every {
            Every::Days(every) => Box::new((0..).map_while(move |n: u64| first.checked_add_days(Days::new(n * every)))),
            Every::Weeks(every, on, begins) => {
                let into = u64::from(first.weekday().days_since(*begins));
                let begins = first.checked_sub_days(Days::new(into)).unwrap_or(first);
                let days = (0..).map_while(move |n: u64| {
                    let (week, day) = (n / 7, n % 7);
                    begins.checked_add_days(Days::new(week * every * 7 + day))
                });
                Box::new(days.filter(move |day| *day >= first && on.contains(&day.weekday())))
            }
            Every::Months(every, from, within) => {
                let month = first.with_day(1).unwrap_or(first);
                let month = from.and_then(|number| month.with_month(number)).unwrap_or(month);
                // A pattern that no month fits would be looked for without end.
                let months = (0..u32::try_from(MOST).unwrap_or(u32::MAX))
                    .map_while(move |n| month.checked_add_months(Months::new(n * every)));
                Box::new(months.filter_map(move |month| within.day(month)).filter(move |day| *day >= first))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(pattern: Value, range: Value) -> Vec<String> {
        let given = json!({ "pattern": pattern, "range": range });
        let recurrence = Recurrence::read(&given).unwrap();
        let start = crate::time::parse("2026-01-05T09:30:00Z").unwrap();
        let to = crate::time::parse("2026-06-01").unwrap();
        let beginnings = recurrence.beginnings(start, to, &Zone::utc());
        beginnings.into_iter().map(|at| crate::time::seconds(at)[..16].to_owned()).collect()
    }

    fn numbered(times: u32) -> Value {
        json!({ "type": "numbered", "startDate": "2026-01-05", "numberOfOccurrences": times })
    }

    #[test]
    fn a_series_comes_on_its_days_at_its_time() {
        assert_eq!(
            days(json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["monday", "wednesday"] }), numbered(3)),
            ["2026-01-05T09:30", "2026-01-07T09:30", "2026-01-19T09:30"]
        );
        let sundays = json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["sunday"], "firstDayOfWeek": "monday" });
        assert_eq!(days(sundays, numbered(2)), ["2026-01-11T09:30", "2026-01-25T09:30"]);
        let until = json!({ "type": "endDate", "startDate": "2026-01-05", "endDate": "2026-01-09" });
        assert_eq!(days(json!({ "type": "daily", "interval": 2 }), until).len(), 3);
        assert_eq!(
            days(json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31 }), numbered(3)),
            ["2026-01-31T09:30", "2026-02-28T09:30", "2026-03-31T09:30"]
        );
        assert_eq!(
            days(json!({ "type": "absoluteYearly", "interval": 1, "month": 3, "dayOfMonth": 2 }), numbered(2)),
            ["2026-03-02T09:30"]
        );
    }

    #[test]
    fn a_series_comes_on_the_nth_or_the_last_weekday_of_its_months() {
        let monthly = |index: &str, days: &[&str]| json!({ "type": "relativeMonthly", "interval": 1, "index": index, "daysOfWeek": days });
        assert_eq!(
            days(monthly("second", &["thursday"]), numbered(3)),
            ["2026-01-08T09:30", "2026-02-12T09:30", "2026-03-12T09:30"]
        );
        assert_eq!(days(monthly("last", &["friday"]), numbered(2)), ["2026-01-30T09:30", "2026-02-27T09:30"]);
        let workdays = ["monday", "tuesday", "wednesday", "thursday", "friday"];
        assert_eq!(days(monthly("first", &workdays), numbered(2)), ["2026-02-02T09:30", "2026-03-02T09:30"]);
        let yearly =
            json!({ "type": "relativeYearly", "interval": 1, "month": 5, "index": "first", "daysOfWeek": ["monday"] });
        assert_eq!(days(yearly, numbered(2)), ["2026-05-04T09:30"]);
    }

    #[test]
    fn a_series_stays_at_its_hour_when_the_clocks_change() {
        let range = json!({ "type": "numbered", "startDate": "2026-03-28", "numberOfOccurrences": 2 });
        let given = json!({ "pattern": { "type": "daily", "interval": 1 }, "range": range });
        let recurrence = Recurrence::read(&given).unwrap();
        let start = crate::time::parse("2026-03-28T08:00:00Z").unwrap();
        let berlin = Zone::named("W. Europe Standard Time").unwrap();
        let shown: Vec<String> =
            recurrence.beginnings(start, u64::MAX, &berlin).into_iter().map(crate::time::seconds).collect();
        assert_eq!(shown, ["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"]);
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for pattern in [
            json!({ "type": "weekly" }),
            json!({ "type": "daily", "interval": 0 }),
            json!({ "type": "relativeMonthly" }),
            json!({ "type": "absoluteYearly", "dayOfMonth": 1 }),
            json!({}),
        ] {
            let given = json!({ "pattern": pattern, "range": { "type": "noEnd", "startDate": "2026-01-05" } });
            assert_eq!(Recurrence::read(&given).unwrap_err().code, "ErrorPropertyValidationFailure", "{given}");
        }
        let range = json!({ "type": "noEnd", "startDate": "2026-01-05", "recurrenceTimeZone": "Middle-earth" });
        let given = json!({ "pattern": { "type": "daily" }, "range": range });
        assert_eq!(Recurrence::read(&given).unwrap_err().code, "TimeZoneNotSupportedException");
    }
}
