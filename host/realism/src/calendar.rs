//! Working time on somebody's clock, reckoned anew from the table: what is examined must not vouch for itself.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use crate::line::Instant;

const HOUR: u64 = 3_600_000;
const QUARTER: u64 = HOUR / 4;

/// When people of one time zone work.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    zone: Tz,
    opens: u32,
    closes: u32,
    weekdays: [f64; 7],
    off: BTreeSet<NaiveDate>,
    shape: Vec<f64>,
}

impl Calendar {
    /// A calendar: hours of the day, how busy the days of the week are (0 is a day off), days off, and how busy the equal
    /// parts of a day are.
    pub fn new(
        zone: Tz,
        (opens, closes): (u32, u32),
        weekdays: [f64; 7],
        off: BTreeSet<NaiveDate>,
        shape: Vec<f64>,
    ) -> Calendar {
        Calendar { zone, opens, closes, weekdays, off, shape }
    }

    /// Where it is.
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The day that a moment lies in.
    pub fn day_of(&self, moment: Instant) -> NaiveDate {
        let utc = i64::try_from(moment).ok().and_then(|moment| Utc.timestamp_millis_opt(moment).single());
        utc.unwrap_or_default().with_timezone(&self.zone).date_naive()
    }

    /// The moment so many days later at which the clock shows the same; none where it leaves that out.
    pub fn later(&self, moment: Instant, days: u64) -> Option<Instant> {
        let there = Utc.timestamp_millis_opt(i64::try_from(moment).ok()?).single()?.with_timezone(&self.zone);
        let later = there.naive_local().checked_add_days(Days::new(days))?;
        u64::try_from(self.zone.from_local_datetime(&later).earliest()?.timestamp_millis()).ok()
    }

    /// How busy a day is.
    pub fn busyness(&self, day: NaiveDate) -> f64 {
        let weekday = self.weekdays.get(day.weekday().num_days_from_monday() as usize);
        if self.off.contains(&day) { 0.0 } else { weekday.copied().unwrap_or(0.0) }
    }

    /// The working hours of a day; none on a day off.
    pub fn hours(&self, day: NaiveDate) -> Option<(Instant, Instant)> {
        (self.busyness(day) > 0.0).then(|| (self.moment(day, self.opens), self.moment(day, self.closes)))
    }

    /// The moment at which the clock shows an hour; where it leaves that out, the end of the gap.
    fn moment(&self, day: NaiveDate, hour: u32) -> Instant {
        let shown = (0..=8).filter_map(|quarter| {
            let since = i64::try_from(u64::from(hour) * HOUR + quarter * QUARTER).ok()?;
            self.zone
                .from_local_datetime(&(day.and_time(NaiveTime::MIN) + chrono::Duration::milliseconds(since)))
                .earliest()
        });
        shown.into_iter().next().and_then(|moment| Instant::try_from(moment.timestamp_millis()).ok()).unwrap_or(0)
    }

    /// The working days that have to do with a stretch of time.
    pub fn days(&self, from: Instant, until: Instant) -> impl Iterator<Item = (NaiveDate, Instant, Instant)> {
        let (first, last) = (self.day_of(from), self.day_of(until));
        let days = (0..).map_while(move |ahead| first.checked_add_days(Days::new(ahead)).filter(|day| *day <= last));
        days.filter_map(|day| self.hours(day).map(|(opens, closes)| (day, opens, closes)))
    }

    /// Working time from one moment until another, in milliseconds.
    pub fn between(&self, from: Instant, until: Instant) -> u64 {
        self.days(from, until).map(|(_, opens, closes)| closes.min(until).saturating_sub(opens.max(from))).sum()
    }

    /// The moment that lies so much working time after another, if that is at `until` or before.
    pub fn after(&self, moment: Instant, working: u64, until: Instant) -> Option<Instant> {
        let mut left = working;
        for (_, opens, closes) in self.days(moment, until) {
            let from = opens.max(moment);
            if from >= closes {
                continue;
            }
            if left < closes - from {
                return Some(from + left).filter(|due| *due <= until);
            }
            left -= closes - from;
        }
        None
    }

    /// How many parts a day has.
    pub fn parts(&self) -> usize {
        self.shape.len()
    }

    /// Which part of its day's work a moment lies in; none outside of working hours.
    pub fn part(&self, moment: Instant) -> Option<usize> {
        let (opens, closes) = self.hours(self.day_of(moment))?;
        let since = moment.checked_sub(opens).filter(|_| moment < closes)?;
        usize::try_from(u128::from(since) * self.shape.len() as u128 / u128::from((closes - opens).max(1))).ok()
    }

    /// The share of a day's work that each of its parts has, counting only what lies between two moments.
    pub fn shares(&self, day: NaiveDate, from: Instant, until: Instant) -> Vec<f64> {
        let Some((opens, closes)) = self.hours(day) else { return vec![0.0; self.shape.len()] };
        let (total, parts) = (self.shape.iter().sum::<f64>(), self.shape.len() as f64);
        let place = |moment: Instant| {
            moment.clamp(opens, closes).saturating_sub(opens) as f64 / (closes - opens).max(1) as f64 * parts
        };
        let (from, until) = (place(from), place(until));
        let share = |(part, weight): (usize, &f64)| {
            let part = part as f64;
            weight / total * (until.clamp(part, part + 1.0) - from.clamp(part, part + 1.0)).max(0.0)
        };
        self.shape.iter().enumerate().map(share).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MONDAY: Instant = 1_767_600_000_000;
    const DAY: u64 = 24 * HOUR;

    fn calendar(zone: &str) -> Calendar {
        let weekdays = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        let off = BTreeSet::from(["2026-01-07".parse().unwrap()]);
        Calendar::new(zone.parse().unwrap(), (8, 17), weekdays, off, vec![1.0, 2.0, 1.0])
    }

    #[test]
    fn working_time_leaves_out_nights_weekends_and_days_off() {
        let calendar = calendar("UTC");
        assert_eq!(calendar.between(MONDAY, MONDAY + 7 * DAY), 36 * HOUR);
        assert_eq!(calendar.between(MONDAY + 8 * HOUR, MONDAY + DAY + HOUR), 2 * HOUR);
        assert_eq!(calendar.between(MONDAY + 10 * HOUR, MONDAY + 12 * HOUR), 0);
        assert_eq!(calendar.after(MONDAY + 8 * HOUR, 2 * HOUR, MONDAY + 9 * DAY), Some(MONDAY + DAY + HOUR));
        assert_eq!(calendar.after(MONDAY + 8 * HOUR, 2 * HOUR, MONDAY + DAY), None);
    }

    #[test]
    fn a_week_in_which_clocks_change_has_as_many_hours_as_others() {
        for (zone, monday) in [("Europe/Berlin", 1_774_224_000_000), ("America/New_York", 1_772_496_000_000)] {
            assert_eq!(calendar(zone).between(monday, monday + 14 * DAY), 90 * HOUR, "{zone}");
        }
    }

    #[test]
    fn a_day_has_its_parts_and_part_of_a_day_fewer() {
        let calendar = calendar("UTC");
        assert_eq!([0, 3, 8].map(|hour| calendar.part(MONDAY + hour * HOUR)), [Some(0), Some(1), Some(2)]);
        assert_eq!((calendar.part(MONDAY - 1), calendar.part(MONDAY + 9 * HOUR)), (None, None));
        let day = calendar.day_of(MONDAY);
        assert_eq!(calendar.shares(day, 0, MONDAY + DAY), [0.25, 0.5, 0.25]);
        assert_eq!(calendar.shares(day, MONDAY + 3 * HOUR, MONDAY + 6 * HOUR), [0.0, 0.5, 0.0]);
    }
}
