//! Working time: which moments somebody works at, how much of it lies between two moments, and when it comes next.
//!
//! A calendar is its worker's own: hours on the clock of their zone, days of their week, the deployment's holidays. It
//! is a value that nobody changes; every question goes back to the day it is about, so that nothing can drift.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use haymaker_guest::{
    Instant,
    time::{Datelike, Day, Days},
};

use crate::zone::Zone;

/// Days that a search for the next working day looks through: a year of holidays is a mistake.
const SEARCHED: u64 = 366;

/// Working hours on some days of the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Calendar {
    /// Where it is.
    pub zone: Zone,
    /// The first hour of work.
    pub opens: u32,
    /// The first hour after it, at most 24.
    pub closes: u32,
    /// How busy the days of a week are, from Monday on: 1 is usual, 0 is a day off.
    pub weekdays: [f64; 7],
    /// Days off.
    pub holidays: Rc<BTreeSet<Day>>,
    /// What its clock said when it was asked.
    pub(crate) clock: Clock,
}

/// When days open and close that were asked for. A zone's rules take a while to read, and a plan asks for the same few
/// days thousands of times.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock(RefCell<BTreeMap<Day, (Instant, Instant)>>);

/// What was asked of two calendars does not make them differ.
impl PartialEq for Clock {
    fn eq(&self, _: &Clock) -> bool {
        true
    }
}

impl Calendar {
    /// The day that a moment lies in, on this calendar.
    pub fn day_of(&self, moment: Instant) -> Day {
        self.zone.day_of(moment)
    }

    /// How busy a day is: 0 on a day off.
    pub fn busyness(&self, day: Day) -> f64 {
        if self.holidays.contains(&day) {
            return 0.0;
        }
        self.weekdays.get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or(0.0)
    }

    /// The working hours of a day; none on a day off.
    pub fn hours(&self, day: Day) -> Option<(Instant, Instant)> {
        let read = || (self.zone.at(day, self.opens), self.zone.at(day, self.closes));
        (self.busyness(day) > 0.0).then(|| *self.clock.0.borrow_mut().entry(day).or_insert_with(read))
    }

    /// The first day whose working hours end after this moment, with them.
    fn next_hours(&self, moment: Instant) -> Option<(Day, Instant, Instant)> {
        let today = self.day_of(moment);
        let mut days = (0..SEARCHED).filter_map(|ahead| {
            let day = today.checked_add_days(Days::new(ahead))?;
            self.hours(day).map(|(opens, closes)| (day, opens, closes))
        });
        days.find(|(.., closes)| moment < *closes)
    }

    /// The first moment from this one on at which people work; none if they never do.
    pub fn next(&self, moment: Instant) -> Option<Instant> {
        self.next_hours(moment).map(|(_, opens, _)| moment.max(opens))
    }

    /// The working stretches between two moments, each as long as a day's hours allow, in order.
    pub fn stretches(&self, from: Instant, until: Instant) -> impl Iterator<Item = (Day, Instant, Instant)> {
        let mut at = from;
        std::iter::from_fn(move || {
            let (day, opens, closes) = self.next_hours(at).filter(|(_, opens, _)| at.max(*opens) < until)?;
            let stretch = (day, at.max(opens), closes.min(until));
            at = closes;
            Some(stretch)
        })
    }

    /// Working time from one moment until another, in milliseconds.
    pub fn between(&self, from: Instant, until: Instant) -> u64 {
        self.stretches(from, until).map(|(_, opens, closes)| closes - opens).sum()
    }

    /// The moment that lies so much working time (in milliseconds) after another; none if it never comes.
    pub fn after(&self, moment: Instant, working: u64) -> Option<Instant> {
        let mut left = working;
        for (_, opens, closes) in self.stretches(moment, Instant::MAX) {
            if left < closes - opens {
                return Some(opens + left);
            }
            left -= closes - opens;
        }
        None
    }

    /// The moment that lies so much working time (in milliseconds) before another; none if there never was as much.
    pub fn before(&self, moment: Instant, working: u64) -> Option<Instant> {
        let mut left = working;
        let today = self.day_of(moment);
        let days = (0..SEARCHED).filter_map(|back| self.hours(today.checked_sub_days(Days::new(back))?));
        for (opens, closes) in days.filter(|(opens, _)| *opens < moment) {
            let closes = closes.min(moment);
            if left <= closes - opens {
                return Some(closes - left);
            }
            left -= closes - opens;
        }
        None
    }
}

/// The first moment from this one on at which anybody works.
pub fn next<'a>(calendars: impl IntoIterator<Item = &'a Calendar>, moment: Instant) -> Option<Instant> {
    calendars.into_iter().filter_map(|calendar| calendar.next(moment)).min()
}

#[cfg(test)]
pub(crate) mod tests {
    use haymaker_guest::time::{DAY, HOUR, MINUTE, rfc3339};

    use super::*;

    /// Monday, 5 January 2026, 08:00 UTC.
    const MONDAY: Instant = 1_767_600_000_000;

    /// Weekdays from eight to five.
    pub(crate) fn calendar(zone: &str) -> Calendar {
        let weekdays = [1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0];
        Calendar {
            zone: zone.parse().unwrap(),
            opens: 8,
            closes: 17,
            weekdays,
            holidays: Rc::default(),
            clock: Clock::default(),
        }
    }

    fn utc() -> Calendar {
        calendar("UTC")
    }

    #[test]
    fn work_comes_next_in_the_same_moment_the_same_day_or_after_the_weekend() {
        let friday = MONDAY + 4 * DAY;
        for (moment, next) in [
            (MONDAY, MONDAY),
            (MONDAY - 1, MONDAY),
            (MONDAY + HOUR, MONDAY + HOUR),
            (MONDAY + 9 * HOUR - 1, MONDAY + 9 * HOUR - 1),
            (MONDAY + 9 * HOUR, MONDAY + DAY),
            (friday + 9 * HOUR, MONDAY + 7 * DAY),
            (friday + 2 * DAY, MONDAY + 7 * DAY),
        ] {
            assert_eq!(utc().next(moment), Some(next), "{moment}");
        }
        assert_eq!(Calendar { weekdays: [0.0; 7], ..utc() }.next(MONDAY), None);
    }

    #[test]
    fn working_time_leaves_out_nights_weekends_and_holidays() {
        assert_eq!(utc().between(MONDAY, MONDAY + 7 * DAY), 5 * 9 * HOUR);
        assert_eq!(utc().between(MONDAY + 8 * HOUR + 30 * MINUTE, MONDAY + DAY + HOUR), 90 * MINUTE);
        assert_eq!(utc().between(MONDAY + 9 * HOUR, MONDAY + 20 * HOUR), 0);
        assert_eq!(utc().between(MONDAY + HOUR, MONDAY), 0);
        let holidays = Rc::new(BTreeSet::from(["2026-01-06".parse().unwrap()]));
        let off = Calendar { holidays, ..utc() };
        assert_eq!(off.between(MONDAY, MONDAY + 7 * DAY), 4 * 9 * HOUR);
        assert_eq!(off.next(MONDAY + 9 * HOUR), Some(MONDAY + 2 * DAY));
    }

    #[test]
    fn working_time_of_two_windows_is_that_of_their_sum() {
        let calendar = calendar("America/New_York");
        for cut in (0..200).map(|n| MONDAY + n * 47 * MINUTE) {
            let (from, until) = (MONDAY, MONDAY + 10 * DAY);
            let cut = cut.min(until);
            assert_eq!(calendar.between(from, cut) + calendar.between(cut, until), calendar.between(from, until));
        }
    }

    #[test]
    fn a_week_in_which_clocks_change_has_45_working_hours_too() {
        for (zone, monday) in [("Europe/Berlin", "2026-03-23"), ("America/New_York", "2026-10-26")] {
            let calendar = calendar(zone);
            let monday = calendar.zone.at(monday.parse().unwrap(), 0);
            for week in 0..3 {
                let from = monday + week * 7 * DAY;
                assert_eq!(calendar.between(from - 6 * HOUR, from + 7 * DAY - 6 * HOUR), 45 * HOUR, "{zone} {week}");
            }
        }
    }

    #[test]
    fn what_lies_so_much_working_time_ahead_has_that_much_between() {
        let calendar = calendar("Europe/Berlin");
        for (n, working) in (0..300_u64).map(|n| (n, n * 11 * MINUTE + n)) {
            let from = MONDAY + n * 3 * HOUR;
            let after = calendar.after(from, working).unwrap();
            assert_eq!(calendar.between(from, after), working);
            assert_eq!(calendar.next(after), Some(after), "it is a working moment");
        }
        assert_eq!(rfc3339(utc().after(MONDAY, 9 * HOUR).unwrap()), "2026-01-06T08:00:00.000Z");
    }

    #[test]
    fn what_lies_so_much_working_time_back_has_that_much_between() {
        let calendar = calendar("Europe/Berlin");
        for (n, working) in (1..300_u64).map(|n| (n, n * 11 * MINUTE + n)) {
            let until = MONDAY + n * 3 * HOUR;
            let before = calendar.before(until, working).unwrap();
            assert_eq!(calendar.between(before, until), working);
            assert_eq!(calendar.next(before), Some(before), "it is a working moment");
        }
        let never = Calendar { weekdays: [0.0; 7], ..utc() };
        assert_eq!(never.before(MONDAY, HOUR), None);
    }

    #[test]
    fn an_office_in_two_zones_begins_with_the_first_and_ends_with_the_last() {
        let both = [calendar("America/New_York"), calendar("Europe/Berlin")];
        assert_eq!(next(&both, MONDAY - 2 * HOUR), Some(MONDAY - HOUR));
        assert_eq!(next(&both, MONDAY + 10 * HOUR), Some(MONDAY + 10 * HOUR), "half past one in New York");
        assert_eq!(next(&both, MONDAY + 15 * HOUR), Some(MONDAY + 23 * HOUR), "the next morning in Berlin");
    }
}
