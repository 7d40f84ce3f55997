//! Whom somebody writes to: most to a few in the same department, some along the line, the rest across the company.
//!
//! Within each of the three classes the strength of a tie falls with its rank as Zipf's law says: the second gets half of
//! what the first gets, the third a third. The order is the worker's own, drawn once for the whole run, so that the same
//! people keep writing to each other.

use haymaker_guest::chance::{Stream, stream};

use crate::{naming, organization::Place, pattern::Ties};

/// More people than this are written to by a list, which nobody here does; an assumption.
const MOST_RECIPIENTS: usize = 8;

/// How strongly a worker is tied to others.
#[derive(Clone, Debug)]
pub struct Circle {
    ties: Vec<Tie>,
    /// The share of each class.
    shares: [f64; 3],
}

#[derive(Clone, Copy, Debug)]
struct Tie {
    /// The other's index.
    to: usize,
    /// 0 the line, 1 the department, 2 across.
    class: usize,
    strength: f64,
}

impl Circle {
    /// The circle of the worker at `index`, among those at `others`.
    pub fn of(seed: u64, index: usize, places: &[Place], others: &[usize], figures: &Ties) -> Circle {
        let Some(own) = places.get(index) else { return Circle { ties: Vec::new(), shares: [0.0; 3] } };
        // One draw for each place in the company, present or not: whoever comes later takes a rank and changes no other draw.
        let mut chance = stream(seed, &[&naming::worker(index as u32 + 1), "ties"]);
        let draws: Vec<u64> = places.iter().map(|_| chance.bits()).collect();
        let class = |to: usize, place: &Place| {
            if own.manager == Some(to) || place.manager == Some(index) {
                0
            } else if place.department == own.department {
                1
            } else {
                2
            }
        };
        let known = |to: &usize| Some((*to, places.get(*to)?, *draws.get(*to)?));
        let mut ranked: Vec<(u64, usize, usize)> = others
            .iter()
            .filter(|to| **to != index)
            .filter_map(known)
            .map(|(to, place, draw)| (draw, to, class(to, place)))
            .collect();
        ranked.sort_unstable();
        let mut ranks = [0.0; 3];
        let tie = |(_, to, class): (u64, usize, usize)| {
            let rank: &mut f64 = ranks.get_mut(class)?;
            *rank += 1.0;
            Some(Tie { to, class, strength: 1.0 / *rank })
        };
        let ties = ranked.into_iter().filter_map(tie).collect();
        Circle { ties, shares: [figures.line, figures.department, figures.across] }
    }

    /// Draws so many others, each once, the first drawn first: fewer where there are not enough.
    pub fn draw(&self, count: usize, chance: &mut Stream) -> Vec<usize> {
        self.draw_weighted(count, chance, |_| 1.0)
    }

    /// The same, where somebody's weight may be changed; with 0 they are left out.
    pub fn draw_weighted(&self, count: usize, chance: &mut Stream, weight: impl Fn(usize) -> f64) -> Vec<usize> {
        let mut left: Vec<(Tie, f64)> = self
            .ties
            .iter()
            .map(|tie| (*tie, tie.strength * weight(tie.to)))
            .filter(|(_, weight)| *weight > 0.0)
            .collect();
        let mut drawn = Vec::new();
        while drawn.len() < count && !left.is_empty() {
            let mut sums = [0.0; 3];
            for (tie, weight) in &left {
                if let Some(sum) = sums.get_mut(tie.class) {
                    *sum += weight;
                }
            }
            // A class that is empty leaves its share to the others.
            let chances = left.iter().map(|(tie, weight)| match (self.shares.get(tie.class), sums.get(tie.class)) {
                (Some(share), Some(sum)) if *sum > 0.0 => share * weight / sum,
                _ => 0.0,
            });
            let Some(place) = chance.weighted(chances) else { break };
            drawn.push(left.swap_remove(place).0.to);
        }
        drawn
    }

    /// Draws to how many something goes: geometric with this mean.
    pub fn count(mean: f64, chance: &mut Stream) -> usize {
        MOST_RECIPIENTS.min(1 + chance.geometric(1.0 / mean) as usize)
    }

    /// Draws recipients: their number is geometric with this mean.
    pub fn recipients(&self, mean: f64, chance: &mut Stream) -> Vec<usize> {
        let count = Circle::count(mean, chance);
        self.draw(count, chance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::tests::organization;

    fn circle(index: usize, places: &[Place]) -> Circle {
        let everybody: Vec<usize> = (0..places.len()).collect();
        Circle::of(7, index, places, &everybody, &Ties::default())
    }

    /// How often each other is drawn first of `draws`.
    fn counts(circle: &Circle, others: usize, draws: u64) -> Vec<f64> {
        let mut counts = vec![0.0; others];
        let mut chance = stream(1, &["test"]);
        for _ in 0..draws {
            counts[circle.draw(1, &mut chance)[0]] += 1.0;
        }
        counts
    }

    /// Four standard errors of a share: each of the three fails by chance less than once in 15,000 seeds.
    #[test]
    fn two_thirds_go_to_the_department_and_a_fifth_along_the_line() {
        let office = organization(r#", "departments": "sales: 20, executive: 3, hr: 20""#);
        let draws = 20_000.0;
        let counts = counts(&circle(5, &office.places), 43, draws as u64);
        let line = counts[0];
        let department = counts[..20].iter().sum::<f64>() - line;
        let across = counts[20..].iter().sum::<f64>();
        for (count, share) in [(department, 0.65), (line, 0.20), (across, 0.15)] {
            assert!((count / draws - share).abs() < 4.0 * (share * (1.0 - share) / draws).sqrt(), "{count} of {share}");
        }
    }

    /// The shares of the three strongest of 23 ties, within four standard errors.
    #[test]
    fn ties_weaken_as_zipf_says() {
        let office = organization(r#", "departments": "sales: 26""#);
        let circle = circle(12, &office.places);
        let draws = 20_000.0;
        let mut counts = counts(&circle, 26, draws as u64);
        counts[office.places[12].manager.unwrap()] = 0.0;
        counts.sort_by(|one, other| other.total_cmp(one));
        let harmonic: f64 = (1..=24).map(|rank| 1.0 / f64::from(rank)).sum();
        for (rank, count) in (1..=3).zip(counts) {
            let share = 0.65 / 0.85 / harmonic / f64::from(rank);
            assert!((count / draws - share).abs() < 4.0 * (share / draws).sqrt(), "rank {rank}: {count} of {share}");
        }
    }

    #[test]
    fn a_class_that_is_empty_leaves_its_share_to_the_others() {
        let office = organization(r#", "departments": "sales: 2, hr: 1""#);
        let counts = counts(&circle(0, &office.places), 3, 4_000);
        let share = counts[1] / 4_000.0;
        assert!(counts[0] == 0.0 && (share - 0.20 / 0.35).abs() < 0.04, "{counts:?}");
    }

    /// Mean 1.7, cut at eight (0.1 % less), within four standard errors.
    #[test]
    fn a_mail_goes_to_nearly_two_people_each_once_and_never_to_its_writer() {
        let office = organization(r#", "departments": "sales: 30""#);
        let circle = circle(3, &office.places);
        let draws: Vec<Vec<usize>> =
            (0..10_000).map(|n| circle.recipients(1.7, &mut stream(n, &["recipients"]))).collect();
        for drawn in &draws {
            let distinct: std::collections::BTreeSet<_> = drawn.iter().collect();
            assert!(!drawn.contains(&3) && distinct.len() == drawn.len() && !drawn.is_empty());
        }
        let mean = draws.iter().map(Vec::len).sum::<usize>() as f64 / 10_000.0;
        assert!((mean - 1.7).abs() < 4.0 * (0.7 * 1.7_f64 / 10_000.0).sqrt() + 0.01, "{mean}");
    }

    #[test]
    fn somebody_alone_has_nobody_to_write_to() {
        let office = organization(r#", "departments": "sales: 1""#);
        assert!(circle(0, &office.places).draw(3, &mut stream(1, &["t"])).is_empty());
    }

    #[test]
    fn who_joins_later_changes_nobody_elses_order() {
        let (few, more) = (organization(r#", "workers": 20"#), organization(r#", "workers": 21"#));
        let order = |places: &[Place]| -> Vec<usize> { circle(4, places).ties.iter().map(|tie| tie.to).collect() };
        let without: Vec<usize> = order(&more.places).into_iter().filter(|to| *to != 20).collect();
        assert_eq!(order(&few.places), without);
    }
}
