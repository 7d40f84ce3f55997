//! How much is expected: the intensity, integrated over the time in which a deployment really planned.
//!
//! Never rate times hours: a deployment that ran from Friday noon until Monday noon worked nine hours, one that was
//! stopped in between fewer, and a worker who was ready late less than the others.

use haymaker_guest::{Instant, time::HOUR};
use serde::{Deserialize, Serialize};

use crate::calendar::Calendar;

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
pub fn extend(windows: &mut Vec<Window>, next: Window, calendar: &Calendar) {
    match windows.last_mut() {
        Some(last) if calendar.between(last.until, next.from) == 0 => last.until = last.until.max(next.until),
        _ => windows.push(next),
    }
}

/// The expected number of acts of workers who are ready since these moments, at a rate per hour of working time.
pub fn expected(windows: &[Window], calendar: &Calendar, per_hour: f64, ready: &[Instant]) -> f64 {
    let worked = |since: Instant| -> u64 {
        windows.iter().map(|window| calendar.between(window.from.max(since), window.until)).sum()
    };
    // Most workers are ready before the first window, so that all of them share one integral.
    let first = windows.first().map_or(0, |window| window.from);
    let (early, late): (Vec<Instant>, Vec<Instant>) = ready.iter().partition(|since| **since <= first);
    let whole = if early.is_empty() { 0 } else { worked(first) };
    let milliseconds =
        whole as f64 * early.len() as f64 + late.into_iter().map(|since| worked(since) as f64).sum::<f64>();
    milliseconds / HOUR as f64 * per_hour
}

#[cfg(test)]
mod tests {
    use haymaker_guest::time::DAY;

    use super::*;
    use crate::{pattern::Patterns, schedule::Draw};

    /// Monday, 5 January 2026, 08:00 UTC.
    const MONDAY: Instant = 1_767_600_000_000;

    fn close(left: f64, right: f64) {
        assert!((left - right).abs() < 1e-9, "{left} is not {right}");
    }

    #[test]
    fn a_week_has_its_working_hours_and_a_late_worker_fewer() {
        let calendar = Patterns::default().calendar();
        let week = [Window { from: MONDAY, until: MONDAY + 7 * DAY }];
        close(expected(&week, &calendar, 12.0, &[MONDAY]), 540.0);
        close(expected(&week, &calendar, 12.0, &[MONDAY, MONDAY + 3 * HOUR, MONDAY - DAY]), 540.0 + 504.0 + 540.0);
        close(expected(&week, &calendar, 12.0, &[]), 0.0);
        close(expected(&[week[0].before(MONDAY + HOUR)], &calendar, 12.0, &[MONDAY]), 12.0);
    }

    #[test]
    fn a_night_continues_a_window_and_a_stop_begins_another() {
        let calendar = Patterns::default().calendar();
        let mut windows = Vec::new();
        extend(&mut windows, Window { from: MONDAY, until: MONDAY + 9 * HOUR }, &calendar);
        extend(&mut windows, Window { from: MONDAY + DAY, until: MONDAY + DAY + HOUR }, &calendar);
        assert_eq!(windows, [Window { from: MONDAY, until: MONDAY + DAY + HOUR }]);
        extend(&mut windows, Window { from: MONDAY + DAY + 2 * HOUR, until: MONDAY + DAY + 3 * HOUR }, &calendar);
        close(expected(&windows, &calendar, 10.0, &[MONDAY]), 110.0);
    }

    /// Four standard errors of a sum of Poisson counts: a right pair fails with a chance below 0.01 %.
    #[test]
    fn what_is_drawn_agrees_with_what_is_expected_over_odd_windows() {
        let calendar = Patterns::default().calendar();
        let windows = [
            Window { from: MONDAY + 17_000, until: MONDAY + 5 * HOUR + 123_456 },
            Window { from: MONDAY + 8 * HOUR + 30_001, until: MONDAY + 2 * DAY + 30_000 },
        ];
        let expected = 200.0 * expected(&windows, &calendar, 12.0, &[0]);
        let drawn: usize = (0..200)
            .map(|seed| Draw { calendar: &calendar, seed, worker: "w01", purpose: "email", per_hour: 12.0 })
            .map(|draw| windows.iter().map(|window| draw.between(window.from, window.until).len()).sum::<usize>())
            .sum();
        assert!((drawn as f64 - expected).abs() < 4.0 * expected.sqrt(), "{drawn} of {expected}");
    }
}
