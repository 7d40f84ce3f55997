//! How much is expected: the intensity, integrated over the time in which a deployment really planned.
//!
//! Never rate times hours: a deployment that ran from Friday noon until Monday noon worked nine hours, one that was
//! stopped in between fewer, a morning has another share of the day than an afternoon, and a worker who was ready late
//! did less than the others.

use std::{collections::BTreeMap, ops::AddAssign};

use haymaker_guest::{
    Instant,
    time::{Day, HOUR},
};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    schedule::{Draw, Stretch},
};

/// A stretch of time that was planned without a gap; nights and days off may lie in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub until: Instant,
}

impl Window {
    /// The part of it before a moment.
    pub fn before(self, moment: Instant) -> Window {
        Window { until: self.until.min(moment), ..self }
    }
}

/// Adds what was planned next: it continues the last window where only nights and days off lie between the two.
pub fn extend<'a>(windows: &mut Vec<Window>, next: Window, calendars: impl IntoIterator<Item = &'a Calendar>) {
    let mut calendars = calendars.into_iter();
    match windows.last_mut() {
        Some(last) if calendars.all(|calendar| calendar.between(last.until, next.from) == 0) => {
            last.until = last.until.max(next.until);
        }
        _ => windows.push(next),
    }
}

/// The working time of some windows on one calendar: whole days together, parts of days one by one. A run of years is
/// looked through once for all who share the calendar, not once for each of them.
#[derive(Clone, Debug, Default)]
pub struct Worked {
    /// Hours of the whole days, each times how busy the day is.
    hours: f64,
    /// The sum of the squares of these.
    squares: f64,
    parts: Vec<(Day, Stretch)>,
}

impl Worked {
    /// What was worked in these windows.
    pub fn of(windows: &[Window], calendar: &Calendar) -> Worked {
        let mut worked = Worked::default();
        for window in windows {
            for (day, from, until) in calendar.stretches(window.from, window.until) {
                match calendar.hours(day) {
                    Some((opens, closes)) if (opens, closes) == (from, until) => {
                        let hours = (closes - opens) as f64 / HOUR as f64 * calendar.busyness(day);
                        worked.hours += hours;
                        worked.squares += hours * hours;
                    }
                    _ => worked.parts.push((day, (from, until))),
                }
            }
        }
        worked
    }
}

/// What chance makes of a sum of acts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// Its expectation.
    pub mean: f64,
    /// Its variance: Poisson's, widened by bursts and by the days' own factors.
    pub variance: f64,
}

impl AddAssign for Expected {
    fn add_assign(&mut self, other: Expected) {
        self.mean += other.mean;
        self.variance += other.variance;
    }
}

/// What is expected of a draw over the time worked.
pub fn expected(draw: &Draw, worked: &Worked) -> Expected {
    let mut days: BTreeMap<Day, f64> = BTreeMap::new();
    for (day, (from, until)) in &worked.parts {
        let hours = |from: Instant, until: Instant| (until - from) as f64 / HOUR as f64 * draw.calendar.busyness(*day);
        *days.entry(*day).or_default() += match (&draw.texture, draw.course(*day), draw.calendar.hours(*day)) {
            (Some(_), Some(course), Some((opens, closes))) => hours(opens, closes) * course.share(*from, *until),
            // Every hour is like the others: so its figures stay as round as the clock's.
            _ => hours(*from, *until),
        };
    }
    let hours = worked.hours + days.values().sum::<f64>();
    let squares = worked.squares + days.values().map(|hours| hours * hours).sum::<f64>();
    let mean = draw.per_hour * hours;
    let (dispersion, variance) = draw.spread();
    Expected { mean, variance: dispersion * mean + draw.per_hour.powi(2) * squares * variance }
}

/// The same for somebody who is ready since a moment.
pub fn expected_since(draw: &Draw, whole: &Worked, windows: &[Window], since: Instant) -> Expected {
    let all = expected(draw, whole);
    let missed: Vec<Window> =
        windows.iter().map(|window| window.before(since)).filter(|window| window.from < window.until).collect();
    if missed.is_empty() {
        return all;
    }
    let missed = expected(draw, &Worked::of(&missed, draw.calendar));
    Expected { mean: all.mean - missed.mean, variance: all.variance - missed.variance }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::time::DAY;

    use super::*;
    use crate::{
        calendar::tests::calendar,
        pattern::Rhythm,
        schedule::{Texture, tests::MONDAY},
    };

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    fn flat(calendar: &Calendar, seed: u64, per_hour: f64) -> Draw<'_> {
        Draw { calendar, seed, worker: "w01", purpose: "email", per_hour, texture: None }
    }

    fn since(windows: &[Window], calendar: &Calendar, per_hour: f64, ready: Instant) -> f64 {
        expected_since(&flat(calendar, 1, per_hour), &Worked::of(windows, calendar), windows, ready).mean
    }

    #[test]
    fn a_week_has_its_working_hours_and_a_late_worker_fewer() {
        let calendar = calendar("UTC");
        let week = [Window { from: MONDAY, until: MONDAY + 7 * DAY }];
        close(since(&week, &calendar, 12.0, MONDAY), 540.0);
        close(since(&week, &calendar, 12.0, MONDAY + 3 * HOUR), 504.0);
        close(since(&week, &calendar, 12.0, MONDAY + 30 * DAY), 0.0);
        close(since(&[week[0].before(MONDAY + HOUR)], &calendar, 12.0, MONDAY), 12.0);
    }

    #[test]
    fn a_flat_expectation_is_as_round_as_its_hours() {
        let calendar = calendar("UTC");
        for hours in 1..9_u32 {
            let window = [Window { from: MONDAY, until: MONDAY + u64::from(hours) * HOUR }];
            let mean = since(&window, &calendar, 12.0, MONDAY);
            assert!(mean == 12.0 * f64::from(hours), "{mean} is exact");
        }
    }

    #[test]
    fn a_night_continues_a_window_and_a_stop_begins_another() {
        let calendar = calendar("UTC");
        let mut windows = Vec::new();
        extend(&mut windows, Window { from: MONDAY, until: MONDAY + 9 * HOUR }, [&calendar]);
        extend(&mut windows, Window { from: MONDAY + DAY, until: MONDAY + DAY + HOUR }, [&calendar]);
        assert_eq!(windows, [Window { from: MONDAY, until: MONDAY + DAY + HOUR }]);
        extend(&mut windows, Window { from: MONDAY + DAY + 2 * HOUR, until: MONDAY + DAY + 3 * HOUR }, [&calendar]);
        close(since(&windows, &calendar, 10.0, MONDAY), 110.0);
    }

    #[test]
    fn what_is_a_night_here_may_be_work_elsewhere() {
        let both = [calendar("UTC"), calendar("America/New_York")];
        let mut windows = vec![Window { from: MONDAY, until: MONDAY + 9 * HOUR }];
        extend(&mut windows, Window { from: MONDAY + DAY, until: MONDAY + DAY + HOUR }, &both);
        assert_eq!(windows.len(), 2);
    }

    fn odd() -> [Window; 2] {
        [
            Window { from: MONDAY + 17_000, until: MONDAY + 5 * HOUR + 123_456 },
            Window { from: MONDAY + 8 * HOUR + 30_001, until: MONDAY + 2 * DAY + 30_000 },
        ]
    }

    fn drawn(draw: &Draw) -> f64 {
        odd().iter().map(|window| draw.between(window.from, window.until).len()).sum::<usize>() as f64
    }

    /// Four standard errors of a sum of Poisson counts: a right pair fails with a chance below 0.01 %.
    #[test]
    fn what_is_drawn_agrees_with_what_is_expected_over_odd_windows() {
        let calendar = calendar("UTC");
        let expected = 200.0 * since(&odd(), &calendar, 12.0, 0);
        let drawn: f64 = (0..200).map(|seed| drawn(&flat(&calendar, seed, 12.0))).sum();
        assert!((drawn - expected).abs() < 4.0 * expected.sqrt(), "{drawn} of {expected}");
    }

    /// The same for an office with a shape, meetings, bursts and days of their own, with the variance that goes with it;
    /// and the variance itself, whose own standard error is about 10 % over 200 draws.
    #[test]
    fn an_offices_expectation_and_variance_are_those_of_its_draws() {
        let rhythm = Rhythm::default();
        let mut calendar = calendar("Europe/Berlin");
        calendar.weekdays = rhythm.weekdays;
        let meetings = |day| {
            let midnight = haymaker_guest::time::midnight(day);
            vec![(midnight + 8 * HOUR, midnight + 9 * HOUR), (midnight + 12 * HOUR, midnight + 14 * HOUR)]
        };
        let texture = Texture { rhythm: &rhythm, followers: 0.5, variance: 0.3, quiet: 0.3, meetings: &meetings };
        let draw = |seed| Draw { texture: Some(texture), ..flat(&calendar, seed, 12.0) };
        let expected = expected(&draw(0), &Worked::of(&odd(), &calendar));
        let counts: Vec<f64> = (0..200).map(|seed| drawn(&draw(seed))).collect();
        let mean = counts.iter().sum::<f64>() / 200.0;
        let variance = counts.iter().map(|count| (count - mean).powi(2)).sum::<f64>() / 200.0;
        assert!((mean - expected.mean).abs() < 4.0 * (expected.variance / 200.0).sqrt(), "{mean} of {expected:?}");
        assert!((variance / expected.variance - 1.0).abs() < 0.4, "{variance} of {expected:?}");
    }
}
