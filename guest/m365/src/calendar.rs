//! Working time: which moments people work at, how much of it lies between two moments, and when it comes next.

use haymaker_guest::{
    Instant,
    time::{DAY, Datelike, Day, Days, HOUR, day_of, midnight},
};

/// Days that a search for the next working day looks through: a week has every weekday.
const WEEK: u64 = 7;

/// Working hours on some days of the week, in UTC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    /// Milliseconds from midnight.
    opens: u64,
    /// Milliseconds from midnight.
    closes: u64,
    /// From Monday on.
    days: [bool; 7],
}

impl Calendar {
    /// People work from the hour `from` until the hour `to`, on days of the week that `works` says yes to.
    pub fn new(from: u32, to: u32, works: impl Fn(Day) -> bool) -> Calendar {
        // The first Monday of the epoch: any Monday would do.
        let monday = day_of(4 * DAY);
        let days = std::array::from_fn(|ahead| monday.checked_add_days(Days::new(ahead as u64)).is_some_and(&works));
        Calendar { opens: u64::from(from) * HOUR, closes: u64::from(to) * HOUR, days }
    }

    /// The working hours of a day; none on a day off.
    pub fn hours(&self, day: Day) -> Option<(Instant, Instant)> {
        let works = self.days.get(day.weekday().num_days_from_monday() as usize).copied().unwrap_or(false);
        works.then(|| (midnight(day) + self.opens, midnight(day) + self.closes))
    }

    /// The first moment from this one on at which people work; none if they never do.
    pub fn next(&self, moment: Instant) -> Option<Instant> {
        let today = day_of(moment);
        (0..=WEEK).find_map(|ahead| {
            let (opens, closes) = self.hours(today.checked_add_days(Days::new(ahead))?)?;
            (moment < closes).then(|| moment.max(opens))
        })
    }

    /// Working time from one moment until another, in milliseconds.
    pub fn between(&self, from: Instant, until: Instant) -> u64 {
        let mut sum = 0;
        let mut at = from;
        while let Some(opens) = self.next(at).filter(|opens| *opens < until) {
            let Some((_, closes)) = self.hours(day_of(opens)) else { break };
            sum += closes.min(until) - opens;
            at = closes;
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::time::{MINUTE, Weekday};

    use super::*;

    /// Monday, 5 January 2026, 08:00 UTC.
    const MONDAY: Instant = 1_767_600_000_000;

    fn calendar() -> Calendar {
        Calendar::new(8, 17, |day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun))
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
            assert_eq!(calendar().next(moment), Some(next), "{moment}");
        }
        assert_eq!(Calendar::new(8, 17, |_| false).next(MONDAY), None);
    }

    #[test]
    fn working_time_leaves_out_nights_and_weekends() {
        assert_eq!(calendar().between(MONDAY, MONDAY + 7 * DAY), 5 * 9 * HOUR);
        assert_eq!(calendar().between(MONDAY + 8 * HOUR + 30 * MINUTE, MONDAY + DAY + HOUR), 90 * MINUTE);
        assert_eq!(calendar().between(MONDAY + 9 * HOUR, MONDAY + 20 * HOUR), 0);
        assert_eq!(calendar().between(MONDAY + HOUR, MONDAY), 0);
    }

    #[test]
    fn working_time_of_two_windows_is_that_of_their_sum() {
        for cut in (0..200).map(|n| MONDAY + n * 47 * MINUTE) {
            let (from, until) = (MONDAY, MONDAY + 10 * DAY);
            let cut = cut.min(until);
            assert_eq!(calendar().between(from, cut) + calendar().between(cut, until), calendar().between(from, until));
        }
    }
}
