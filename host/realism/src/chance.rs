//! Chance for what is reckoned by drawing it many times, always from the same start: the same export, the same verdict.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha12Rng;

/// A stream of random numbers.
pub(crate) struct Chance(ChaCha12Rng);

impl Chance {
    /// One of its own for each purpose.
    pub(crate) fn of(purpose: u64) -> Chance {
        Chance(ChaCha12Rng::seed_from_u64(purpose))
    }

    /// Uniform in 0 to 1, 1 excluded.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform below a bound; 0 where there is nothing below.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        ((self.unit() * bound as f64) as usize).min(bound.saturating_sub(1))
    }

    /// One of several, each as likely as its weight says; none where nothing has any.
    pub(crate) fn weighted<T: Copy>(&mut self, weights: &[(T, f64)]) -> Option<T> {
        let mut left = self.unit() * weights.iter().map(|(_, weight)| weight).sum::<f64>();
        let chosen = weights.iter().find(|(_, weight)| {
            left -= weight;
            left < 0.0
        });
        chosen.map(|(what, _)| *what)
    }

    /// Standard normal (Box and Muller).
    pub(crate) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * self.unit().max(f64::MIN_POSITIVE).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// Poisson, as the number of arrivals before the mean has passed.
    pub(crate) fn poisson(&mut self, mean: f64) -> usize {
        if mean <= 0.0 {
            return 0;
        }
        let (mut passed, mut count) = (0.0, 0);
        loop {
            passed -= self.unit().max(f64::MIN_POSITIVE).ln();
            if passed > mean {
                return count;
            }
            count += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 20,000 draws each; means and variances lie within five standard errors.
    #[test]
    fn draws_have_the_means_and_variances_of_their_names() {
        const DRAWS: usize = 20_000;
        let mut chance = Chance::of(1);
        let mut check = |draw: &mut dyn FnMut(&mut Chance) -> f64, mean: f64, variance: f64| {
            let drawn: Vec<f64> = (0..DRAWS).map(|_| draw(&mut chance)).collect();
            let is = drawn.iter().sum::<f64>() / DRAWS as f64;
            let spread = drawn.iter().map(|one| (one - is).powi(2)).sum::<f64>() / DRAWS as f64;
            assert!((is - mean).abs() < 5.0 * (variance / DRAWS as f64).sqrt(), "{is} of {mean}");
            assert!((spread / variance - 1.0).abs() < 0.06, "{spread} of {variance}");
        };
        check(&mut |chance| chance.unit(), 0.5, 1.0 / 12.0);
        check(&mut |chance| chance.normal(), 0.0, 1.0);
        check(&mut |chance| chance.poisson(7.0) as f64, 7.0, 7.0);
        check(&mut |chance| chance.below(5) as f64, 2.0, 2.0);
        check(&mut |chance| chance.weighted(&[(1.0, 3.0), (0.0, 1.0)]).unwrap(), 0.75, 0.1875);
        assert_eq!(chance.poisson(0.0), 0);
    }
}
