//! Events that come again.

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc, Weekday};
use serde_json::{Value, json};

use crate::graph::fault::Fault;

/// How many instances of a series are ever looked at: two a day for three years.
const MOST: usize = 2200;

/// How often.
#[derive(Debug, Clone, PartialEq)]
enum Every {
    Days(u64),
    /// Every so many weeks, on these days.
    Weeks(u64, Vec<Weekday>),
    /// Every so many months, on this day; months that do not have it are passed over.
    Months(u32, u32),
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

impl Recurrence {
    /// Reads a `patternedRecurrence` whose words were checked.
    ///
    /// # Errors
    /// It says nothing that can be followed, or a pattern that is not simulated.
    pub(super) fn read(value: &Value) -> Result<Recurrence, Fault> {
        let invalid = |what: &str| {
            Fault::new(
                http::StatusCode::BAD_REQUEST,
                "ErrorPropertyValidationFailure",
                format!("At least one property failed validation. The recurrence's '{what}' is missing or invalid."),
            )
        };
        let part = |path: &str| value.pointer(path);
        let number = |path: &str| part(path).and_then(Value::as_u64);
        let word = |path: &str| part(path).and_then(Value::as_str).unwrap_or_default();
        let date = |path: &str| word(path).parse::<NaiveDate>().ok();
        let interval = number("/pattern/interval").unwrap_or(1);
        if !(1..=999).contains(&interval) {
            return Err(invalid("pattern.interval"));
        }
        let first = date("/range/startDate").ok_or_else(|| invalid("range.startDate"))?;
        let every = match word("/pattern/type") {
            "daily" => Every::Days(interval),
            "weekly" => {
                let named = part("/pattern/daysOfWeek").and_then(Value::as_array).into_iter().flatten();
                let days: Vec<Weekday> = named
                    .filter_map(Value::as_str)
                    .filter_map(|day| DAYS.iter().find(|(name, _)| *name == day).map(|(_, day)| *day))
                    .collect();
                if days.is_empty() {
                    return Err(invalid("pattern.daysOfWeek"));
                }
                Every::Weeks(interval, days)
            }
            kind @ ("absoluteMonthly" | "absoluteYearly") => {
                let day = number("/pattern/dayOfMonth").and_then(|day| u32::try_from(day).ok());
                let day = day.filter(|day| (1..=31).contains(day)).ok_or_else(|| invalid("pattern.dayOfMonth"))?;
                let months = u32::try_from(interval).unwrap_or(1);
                Every::Months(if kind == "absoluteYearly" { months * 12 } else { months }, day)
            }
            "" => return Err(invalid("pattern.type")),
            other => return Err(Fault::not_simulated(&format!("the recurrence pattern '{other}'"))),
        };
        let until = match word("/range/type") {
            "noEnd" => Until::Forever,
            "endDate" => Until::Date(date("/range/endDate").ok_or_else(|| invalid("range.endDate"))?),
            "numbered" => {
                let times = number("/range/numberOfOccurrences").filter(|times| (1..=999).contains(times));
                Until::Times(times.ok_or_else(|| invalid("range.numberOfOccurrences"))? as usize)
            }
            _ => return Err(invalid("range.type")),
        };
        Ok(Recurrence { every, until, first, given: value.clone() })
    }

    /// As Graph shows it, every property said.
    pub(super) fn render(&self) -> Value {
        let mut pattern = json!({
            "type": "daily", "interval": 1, "month": 0, "dayOfMonth": 0, "firstDayOfWeek": "sunday", "index": "first",
        });
        let mut range = json!({
            "type": "noEnd", "startDate": self.first.to_string(), "endDate": "0001-01-01",
            "recurrenceTimeZone": "UTC", "numberOfOccurrences": 0,
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

    /// The beginnings of the instances before `to`, in order; the series' time of day is that of `start`.
    pub(super) fn beginnings(&self, start: u64, to: u64) -> Vec<u64> {
        let Some(begins) = i64::try_from(start).ok().and_then(DateTime::<Utc>::from_timestamp_millis) else {
            return Vec::new();
        };
        let moment = |day: NaiveDate| u64::try_from(day.and_time(begins.time()).and_utc().timestamp_millis()).ok();
        let most = if let Until::Times(times) = self.until { times.min(MOST) } else { MOST };
        self.days()
            .take_while(|day| !matches!(self.until, Until::Date(last) if *day > last))
            .take(most)
            .map_while(moment)
            .take_while(|moment| *moment < to)
            .collect()
    }

    /// The days of the series, without end.
    fn days(&self) -> Box<dyn Iterator<Item = NaiveDate> + '_> {
        let first = self.first;
        match &self.every {
            Every::Days(every) => Box::new((0..).map_while(move |n: u64| first.checked_add_days(Days::new(n * every)))),
            Every::Weeks(every, on) => {
                let into = u64::from(first.weekday().num_days_from_monday());
                let monday = first.checked_sub_days(Days::new(into)).unwrap_or(first);
                let days = (0..).map_while(move |n: u64| {
                    let (week, day) = (n / 7, n % 7);
                    monday.checked_add_days(Days::new(week * every * 7 + day))
                });
                Box::new(days.filter(move |day| *day >= first && on.contains(&day.weekday())))
            }
            Every::Months(every, on) => {
                let month = first.with_day(1).unwrap_or(first);
                // A pattern that no month fits would be looked for without end.
                let months = (0..u32::try_from(MOST).unwrap_or(u32::MAX))
                    .map_while(move |n| month.checked_add_months(Months::new(n * every)));
                Box::new(months.filter_map(move |month| month.with_day(*on)).filter(move |day| *day >= first))
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
        let to = crate::time::parse("2026-03-01").unwrap();
        recurrence.beginnings(start, to).into_iter().map(|at| crate::time::seconds(at)[..16].to_owned()).collect()
    }

    #[test]
    fn a_series_comes_on_its_days_at_its_time() {
        let numbered =
            |times: u32| json!({ "type": "numbered", "startDate": "2026-01-05", "numberOfOccurrences": times });
        assert_eq!(
            days(json!({ "type": "weekly", "interval": 2, "daysOfWeek": ["monday", "wednesday"] }), numbered(3)),
            ["2026-01-05T09:30", "2026-01-07T09:30", "2026-01-19T09:30"]
        );
        let until = json!({ "type": "endDate", "startDate": "2026-01-05", "endDate": "2026-01-09" });
        assert_eq!(days(json!({ "type": "daily", "interval": 2 }), until).len(), 3);
        let forever = json!({ "type": "noEnd", "startDate": "2026-01-05" });
        assert_eq!(
            days(json!({ "type": "absoluteMonthly", "interval": 1, "dayOfMonth": 31 }), forever),
            ["2026-01-31T09:30"]
        );
    }

    #[test]
    fn what_cannot_be_followed_is_refused() {
        for (pattern, code) in [
            (json!({ "type": "weekly" }), "ErrorPropertyValidationFailure"),
            (json!({ "type": "daily", "interval": 0 }), "ErrorPropertyValidationFailure"),
            (json!({ "type": "relativeMonthly" }), "notImplemented"),
        ] {
            let given = json!({ "pattern": pattern, "range": { "type": "noEnd", "startDate": "2026-01-05" } });
            assert_eq!(Recurrence::read(&given).unwrap_err().code, code);
        }
    }
}
