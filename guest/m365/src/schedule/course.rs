//! The course of somebody's working day: how much of it happens when.
//!
//! A day is cut into equal parts, each as busy as the shape says; while its worker sits in a meeting, only a share of
//! the usual is done. Both only *spread* the day's work: whatever shape and meetings are, the day as a whole has its
//! department's expectation, because what meetings keep people from is done in the rest of the day.

use haymaker_guest::{Instant, chance::Stream};

/// Draws of a moment outside of meetings; with nine tenths of a day in meetings, all of them fail once in ten thousand.
const DRAWS: usize = 100;

/// A stretch of time: its first moment, and the first after it.
pub type Stretch = (Instant, Instant);

/// The course of one day.
#[derive(Clone, Debug)]
pub struct Course<'a> {
    opens: Instant,
    closes: Instant,
    shape: &'a [f64],
    /// Meetings, without overlap, in order.
    busy: Vec<Stretch>,
    /// How much is done in meetings, as a share of the usual.
    quiet: f64,
}

impl<'a> Course<'a> {
    /// A working day with these hours, this shape, and these meetings, in which only the share `quiet` is done.
    pub fn new((opens, closes): Stretch, shape: &'a [f64], meetings: &[Stretch], quiet: f64) -> Course<'a> {
        let mut all: Vec<Stretch> =
            meetings.iter().map(|(from, until)| (*from.max(&opens), *until.min(&closes))).collect();
        all.retain(|(from, until)| from < until);
        all.sort_unstable();
        let mut busy: Vec<Stretch> = Vec::new();
        for (from, until) in all {
            match busy.last_mut() {
                Some((_, end)) if *end >= from => *end = until.max(*end),
                _ => busy.push((from, until)),
            }
        }
        Course { opens, closes, shape, busy, quiet }
    }

    /// The share of a whole day's work that falls into a stretch of time.
    pub fn share(&self, from: Instant, until: Instant) -> f64 {
        let met: f64 = self.busy.iter().map(|(begins, ends)| self.shaped(from.max(*begins), until.min(*ends))).sum();
        (self.shaped(from, until) - (1.0 - self.quiet) * met) / self.mean()
    }

    /// The share that would fall into it without meetings.
    fn shaped(&self, from: Instant, until: Instant) -> f64 {
        if from >= until { 0.0 } else { self.until(until) - self.until(from) }
    }

    /// The share that would be done before a moment without meetings.
    fn until(&self, moment: Instant) -> f64 {
        let parts = self.shape.len() as f64;
        let since = moment.clamp(self.opens, self.closes) - self.opens;
        let passed = since as f64 / (self.closes - self.opens) as f64 * parts;
        let done = |(part, weight): (usize, &f64)| weight * (passed - part as f64).clamp(0.0, 1.0);
        self.shape.iter().enumerate().map(done).sum::<f64>() / self.shape.iter().sum::<f64>()
    }

    /// The mean factor of the day's meetings: what divides, so that the day keeps its expectation.
    fn mean(&self) -> f64 {
        let met: f64 = self.busy.iter().map(|(from, until)| self.shaped(*from, *until)).sum();
        1.0 - (1.0 - self.quiet) * met
    }

    /// Draws a moment of the day as it would be without meetings.
    pub fn draw(&self, chance: &mut Stream) -> Instant {
        let part = chance.weighted(self.shape.iter().copied()).unwrap_or(0) as u64;
        let length = (self.closes - self.opens) / (self.shape.len() as u64).max(1);
        self.opens + part * length + chance.below(length)
    }

    /// Whether a moment lies in a meeting.
    pub fn meets(&self, moment: Instant) -> bool {
        self.busy.iter().any(|(from, until)| (*from..*until).contains(&moment))
    }

    /// Moves a moment that was drawn without meetings, and lies in one, out of it as often as it must: what is left in
    /// meetings is the share that belongs there.
    pub fn displace(&self, moment: Instant, chance: &mut Stream) -> Instant {
        if !self.meets(moment) || chance.chance(self.quiet / self.mean()) {
            return moment;
        }
        (0..DRAWS).map(|_| self.draw(chance)).find(|drawn| !self.meets(*drawn)).unwrap_or(moment)
    }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::{
        chance::stream,
        time::{HOUR, MINUTE},
    };

    use super::*;
    use crate::pattern::Rhythm;

    const DAY: Stretch = (8 * HOUR, 17 * HOUR);

    #[test]
    fn the_whole_day_is_one_whatever_its_meetings_are() {
        let shape = Rhythm::default().shape;
        for n in 0..50 {
            let mut chance = stream(n, &["meetings"]);
            let mut meeting = || {
                let from = (8 + chance.below(9)) * HOUR;
                (from, from + (15 + chance.below(90)) * MINUTE)
            };
            let meetings: Vec<Stretch> = (0..n % 9).map(|_| meeting()).collect();
            let course = Course::new(DAY, &shape, &meetings, 0.3);
            assert!((course.share(0, 24 * HOUR) - 1.0).abs() < 1e-9);
            let parts: f64 =
                (0..100).map(|part| course.share(DAY.0 + part * 324_000, DAY.0 + (part + 1) * 324_000)).sum();
            assert!((parts - 1.0).abs() < 1e-9, "{parts}");
        }
    }

    #[test]
    fn a_meeting_has_three_tenths_of_what_the_hour_would_have() {
        let course = Course::new(DAY, &[1.0], &[(10 * HOUR, 11 * HOUR)], 0.3);
        let (inside, outside) = (course.share(10 * HOUR, 11 * HOUR), course.share(11 * HOUR, 12 * HOUR));
        assert!((inside / outside - 0.3).abs() < 1e-9);
        assert!((outside - 1.0 / 8.3).abs() < 1e-9);
    }

    /// Chi squared over the 18 half hours of a day with two overlapping meetings; its 99.99 % quantile is 48.
    #[test]
    fn moments_that_were_displaced_lie_where_the_shares_say() {
        let shape = Rhythm::default().shape;
        let meetings = [(9 * HOUR, 10 * HOUR + 30 * MINUTE), (10 * HOUR, 11 * HOUR), (14 * HOUR, 15 * HOUR)];
        let course = Course::new(DAY, &shape, &meetings, 0.3);
        let (mut chance, mut counts) = (stream(9, &["displace"]), [0.0_f64; 18]);
        for _ in 0..20_000 {
            let drawn = course.draw(&mut chance);
            counts[((course.displace(drawn, &mut chance) - DAY.0) / (30 * MINUTE)) as usize] += 1.0;
        }
        let share = |half: u64| course.share(DAY.0 + half * 30 * MINUTE, DAY.0 + (half + 1) * 30 * MINUTE) * 20_000.0;
        let expected: Vec<f64> = (0..18).map(share).collect();
        let chi_squared: f64 = counts.iter().zip(&expected).map(|(is, should)| (is - should).powi(2) / should).sum();
        assert!(chi_squared < 48.0, "{chi_squared}: {counts:?} of {expected:?}");
    }

    #[test]
    fn who_sits_in_meetings_all_day_acts_in_them() {
        let course = Course::new(DAY, &[1.0, 1.0], &[DAY], 0.3);
        let moment = course.displace(9 * HOUR, &mut stream(1, &["t"]));
        assert!((DAY.0..DAY.1).contains(&moment));
        assert!((course.share(DAY.0, DAY.1) - 1.0).abs() < 1e-9);
    }
}
