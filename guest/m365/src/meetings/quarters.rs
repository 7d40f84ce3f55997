//! Quarters of an hour around a day, as bits: whether somebody is free is asked a million times while the meetings of
//! three hundred people are set.
//!
//! Meetings begin on quarters of an hour, and zones differ by whole ones. What does not end on one takes the quarter
//! whole: nothing else could begin in it.

use haymaker_guest::{
    Instant,
    time::{Day, HOUR, MINUTE, midnight},
};

use crate::schedule::Stretch;

const QUARTER: u64 = 15 * MINUTE;

/// A day begins nowhere earlier than so long before it begins in UTC.
const AHEAD: u64 = 14 * HOUR;

/// Quarters that are told apart: 64 hours, and a day lasts from 14 hours before that of UTC until 12 hours after it.
const COUNT: u64 = 256;

/// Some quarters of an hour of a day, wherever on Earth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Quarters([u64; 4]);

impl Quarters {
    /// Those that a stretch of time touches.
    pub(super) fn of(day: Day, (from, until): Stretch) -> Quarters {
        let begin = midnight(day).saturating_sub(AHEAD);
        let since = |moment: Instant| moment.saturating_sub(begin);
        Quarters::below(since(until).div_ceil(QUARTER)).without(Quarters::below(since(from) / QUARTER))
    }

    /// The first so many.
    fn below(count: u64) -> Quarters {
        let count = count.min(COUNT);
        let word = |n: u64| match count.saturating_sub(64 * n) {
            bits @ 0..64 => (1 << bits) - 1,
            _ => u64::MAX,
        };
        Quarters([word(0), word(1), word(2), word(3)])
    }

    fn without(self, other: Quarters) -> Quarters {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Quarters([a & !e, b & !f, c & !g, d & !h])
    }

    /// All but these.
    pub(super) fn others(self) -> Quarters {
        Quarters::below(COUNT).without(self)
    }

    /// These too.
    pub(super) fn add(&mut self, other: Quarters) {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
    }

    /// Whether some are the same.
    pub(super) fn meets(&self, other: &Quarters) -> bool {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        (a & e) | (b & f) | (c & g) | (d & h) != 0
    }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::chance::stream;

    use super::*;

    #[test]
    fn two_stretches_meet_as_their_quarters_do() {
        let day: Day = "2026-01-05".parse().unwrap();
        let mut chance = stream(1, &["quarters"]);
        let mut stretch = || {
            let from = midnight(day) - 14 * HOUR + chance.below(200) * QUARTER;
            (from, from + [15, 20, 30, 45, 60, 90][chance.below(6) as usize] * MINUTE)
        };
        let mut met = 0;
        for _ in 0..2_000 {
            let (one, other) = (stretch(), stretch());
            let meet = one.0 < other.1 && other.0 < one.1;
            assert_eq!(Quarters::of(day, one).meets(&Quarters::of(day, other)), meet, "{one:?} {other:?}");
            met += usize::from(meet);
        }
        assert!(met > 20, "{met}");
    }

    #[test]
    fn whoever_is_only_there_from_eight_to_five_is_there_no_longer() {
        let day: Day = "2026-01-05".parse().unwrap();
        let hour = |hour: u64| midnight(day) + hour * HOUR;
        let away = Quarters::of(day, (hour(8), hour(17))).others();
        let busy = |from, until| away.meets(&Quarters::of(day, (from, until)));
        assert!(!busy(hour(8), hour(17)) && busy(hour(7), hour(9)) && busy(hour(16), hour(17) + 1));
        assert!(busy(hour(20), hour(21)) && busy(hour(0), hour(1)));
    }
}
