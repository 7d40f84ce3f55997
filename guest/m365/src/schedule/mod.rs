//! When a worker acts.
//!
//! The flat pattern: inside working hours each minute draws how often the worker acts in it from a Poisson distribution
//! with the mean `rate / 60`, and places each act at a uniform offset in the minute. (One yes-or-no draw a minute would
//! never give two in a minute, and all workers would share its tick.) The office pattern has a [`Texture`] beyond that.
//!
//! A day is drawn from (seed, worker, day, purpose) and nothing else. So any part of it can be drawn again, whatever
//! window is being planned; an act keeps its number for ever; and one worker more changes nothing for the others. What
//! is not ready yet is left out of a plan, never out of the draw.

mod course;
mod office;

use haymaker_guest::{
    Instant,
    chance::stream,
    time::{Day, MINUTE},
};

pub use self::course::{Course, Stretch};
use crate::{calendar::Calendar, pattern::Rhythm};

/// Minutes in an hour, as rates are per hour and draws per minute.
const MINUTES_PER_HOUR: f64 = 60.0;

/// One act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Act {
    /// Its day.
    pub day: Day,
    /// Its number within the day, from 1: with the worker and the day its name.
    pub number: u32,
    /// When it is due.
    pub due: Instant,
}

/// What is drawn for whom.
#[derive(Clone, Copy)]
pub struct Draw<'a> {
    /// When they work.
    pub calendar: &'a Calendar,
    /// The deployment's seed.
    pub seed: u64,
    /// Who acts.
    pub worker: &'a str,
    /// What is done: draws for mail and for documents are not the same.
    pub purpose: &'a str,
    /// Acts per hour of working time.
    pub per_hour: f64,
    /// The texture of an office; none for the flat pattern.
    pub texture: Option<Texture<'a>>,
}

/// What the office pattern adds.
#[derive(Clone, Copy)]
pub struct Texture<'a> {
    /// When in a day much is done.
    pub rhythm: &'a Rhythm,
    /// How many acts follow another one at once, on average.
    pub followers: f64,
    /// How much busier or quieter a worker's day may be.
    pub variance: f64,
    /// How much is done in meetings, as a share of the usual.
    pub quiet: f64,
    /// The worker's meetings on a day.
    pub meetings: &'a dyn Fn(Day) -> Vec<Stretch>,
}

impl Draw<'_> {
    /// The acts due from one moment until another (exclusive), in their order.
    pub fn between(&self, from: Instant, until: Instant) -> Vec<Act> {
        let mut acts = Vec::new();
        for (day, opens, closes) in self.calendar.stretches(from, until) {
            let drawn = match &self.texture {
                Some(texture) => office::day(self, texture, day),
                None => self.flat(day, closes),
            };
            acts.extend(drawn.into_iter().filter(|act| (opens..closes).contains(&act.due)));
        }
        acts
    }

    /// How a day's work is spread over it; none on a day off.
    pub fn course(&self, day: Day) -> Option<Course<'_>> {
        let hours = self.calendar.hours(day)?;
        Some(match &self.texture {
            Some(texture) => Course::new(hours, &texture.rhythm.shape, &(texture.meetings)(day), texture.quiet),
            None => Course::new(hours, &[1.0], &[], 1.0),
        })
    }

    /// How much wider than Poisson's the count of a day is: the factor that bursts make, and the variance of the day's
    /// own factor.
    pub fn spread(&self) -> (f64, f64) {
        let Some(Texture { followers, variance, .. }) = self.texture else { return (1.0, 0.0) };
        // A burst has 1 + K acts, K being Poisson: the mean of its square over its mean.
        ((1.0 + 3.0 * followers + followers * followers) / (1.0 + followers), variance * variance / 3.0)
    }

    /// The acts of a working day, drawn no further than `until`.
    fn flat(&self, day: Day, until: Instant) -> Vec<Act> {
        let (opens, closes) = self.calendar.hours(day).unwrap_or_default();
        let mut chance = stream(self.seed, &[self.worker, &day.to_string(), self.purpose]);
        let mean = self.per_hour / MINUTES_PER_HOUR;
        let minutes = (opens..closes.min(until)).step_by(MINUTE as usize);
        let moments = minutes.flat_map(|minute| {
            let mut moments: Vec<Instant> = (0..chance.poisson(mean)).map(|_| minute + chance.below(MINUTE)).collect();
            moments.sort_unstable();
            moments
        });
        (1..).zip(moments).map(|(number, due)| Act { day, number, due }).collect()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use haymaker_guest::time::{DAY, HOUR};

    use super::*;
    use crate::{calendar::tests::calendar, config::Department, pattern::Patterns};

    /// Monday, 5 January 2026, 08:00 UTC.
    pub(crate) const MONDAY: Instant = 1_767_600_000_000;

    fn draw<'a>(calendar: &'a Calendar, seed: u64, worker: &'a str, per_hour: f64) -> Draw<'a> {
        Draw { calendar, seed, worker, purpose: "email", per_hour, texture: None }
    }

    #[test]
    fn plans_over_windows_add_up_to_the_whole_draw() {
        let calendar = calendar("UTC");
        let draw = draw(&calendar, 7, "w01", 12.0);
        let whole = draw.between(MONDAY, MONDAY + 7 * DAY);
        for window in [HOUR / 4, 7 * MINUTE + 13, 3 * HOUR, 30 * HOUR] {
            let mut parts = Vec::new();
            let mut from = MONDAY;
            while from < MONDAY + 7 * DAY {
                let until = (from + window).min(MONDAY + 7 * DAY);
                parts.extend(draw.between(from, until));
                from = until;
            }
            assert_eq!(parts, whole, "window {window}");
        }
    }

    #[test]
    fn acts_of_a_day_are_numbered_in_their_order() {
        let calendar = calendar("UTC");
        let acts = draw(&calendar, 7, "w01", 12.0).between(MONDAY, MONDAY + DAY);
        assert!(acts.len() > 50);
        assert!(acts.windows(2).all(|pair| pair[0].due <= pair[1].due && pair[0].number + 1 == pair[1].number));
    }

    #[test]
    fn nobody_acts_outside_working_hours() {
        let calendar = calendar("UTC");
        for act in draw(&calendar, 3, "w02", 60.0).between(MONDAY - 2 * DAY, MONDAY + 12 * DAY) {
            let (opens, closes) = calendar.hours(act.day).unwrap();
            assert!((opens..closes).contains(&act.due));
        }
    }

    #[test]
    fn workers_seeds_and_purposes_have_draws_of_their_own() {
        let calendar = calendar("UTC");
        let due = |draw: Draw| draw.between(MONDAY, MONDAY + DAY).iter().map(|act| act.due).collect::<Vec<_>>();
        let one = draw(&calendar, 7, "w01", 12.0);
        assert_eq!(due(one), due(one));
        assert_ne!(due(one), due(draw(&calendar, 7, "w02", 12.0)));
        assert_ne!(due(one), due(draw(&calendar, 8, "w01", 12.0)));
        assert_ne!(due(one), due(Draw { purpose: "document", ..one }));
    }

    /// Means and variances over 200 worker-days. Bounds are four standard errors of a Poisson count (for its variance
    /// `sqrt((mean + 2 mean^2) / n)`), so a right draw fails one of the twelve with a chance below 0.1 %; a rate that is
    /// 15 % off is more than 12 standard errors away.
    #[test]
    fn counts_of_a_day_are_those_of_the_rates() {
        const DAYS: u64 = 200;
        let calendar = calendar("UTC");
        for department in Department::ALL {
            let per_hour = Patterns::default().rates(department).email;
            let mean = per_hour * 9.0;
            let count =
                |seed| draw(&calendar, seed, department.key(), per_hour).between(MONDAY, MONDAY + DAY).len() as f64;
            let counts: Vec<f64> = (0..DAYS).map(count).collect();
            let n = DAYS as f64;
            let average = counts.iter().sum::<f64>() / n;
            let variance = counts.iter().map(|count| (count - average).powi(2)).sum::<f64>() / n;
            assert!((average - mean).abs() < 4.0 * (mean / n).sqrt(), "{department:?}: mean {average} of {mean}");
            let error = ((mean + 2.0 * mean * mean) / n).sqrt();
            assert!((variance - mean).abs() < 4.0 * error, "{department:?}: variance {variance} of {mean}");
        }
    }

    #[test]
    fn offsets_in_the_minute_are_uniform() {
        let calendar = calendar("UTC");
        let acts = draw(&calendar, 11, "w01", 60.0).between(MONDAY, MONDAY + 5 * DAY);
        let mut seconds = [0.0_f64; 60];
        for act in &acts {
            seconds[((act.due % MINUTE) / 1_000) as usize] += 1.0;
        }
        let expected = acts.len() as f64 / 60.0;
        let chi_squared: f64 = seconds.iter().map(|count| (count - expected).powi(2) / expected).sum();
        // The 99.9 % quantile of chi squared with 59 degrees of freedom.
        assert!(chi_squared < 98.3, "{chi_squared}");
    }
}
