//! Named streams of chance: the same seed, the same run.
//!
//! Everything random in a workload is drawn from a stream that is named by what it is for: `(seed, worker, day,
//! purpose)`. So one draw more in one place changes nothing in another, adding a worker never changes another's day,
//! and a plan that is asked for again is the same plan.
//!
//! The generator is named (ChaCha with 12 rounds) and the distributions are written here, because the libraries that
//! have them promise no stable values: an upgrade would change every timeline.

use rand_chacha::{
    ChaCha12Rng,
    rand_core::{Rng, SeedableRng},
};
use sha2::{Digest, Sha256};

/// A stream of draws.
pub struct Stream(ChaCha12Rng);

/// The stream with this name: its key is SHA-256 over the seed and each part with its length before it, so that
/// `["ab", "c"]` and `["a", "bc"]` are different streams.
pub fn stream(seed: u64, name: &[&str]) -> Stream {
    let mut hash = Sha256::new();
    hash.update(seed.to_le_bytes());
    for part in name {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    Stream(ChaCha12Rng::from_seed(hash.finalize().into()))
}

impl Stream {
    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0..bound`, without bias (Lemire 2019); 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 {
            return 0;
        }
        let rejected = bound.wrapping_neg() % bound;
        loop {
            let product = u128::from(self.bits()) * u128::from(bound);
            if product as u64 >= rejected {
                return (product >> 64) as u64;
            }
        }
    }

    /// Uniform in `[0, 1)`, with 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    /// A count with a Poisson distribution: how many uniform draws it takes until their product falls below
    /// `exp(-mean)` (Knuth). The work grows with the mean, so a large one is drawn in parts, whose sum has the same
    /// distribution. 0 for a mean that is not positive.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        /// Far above what `exp` can no longer tell from zero (700), and quick.
        const PART: f64 = 30.0;
        let mut left = if mean.is_finite() { mean } else { 0.0 };
        let mut count = 0;
        while left > 0.0 {
            let limit = (-left.min(PART)).exp();
            let mut product = self.unit();
            while product > limit {
                count += 1;
                product *= self.unit();
            }
            left -= PART;
        }
        count
    }

    /// How many failures come before a success, at this probability of success: geometric, with the mean
    /// `(1 - p) / p`. 0 for a probability that is not between 0 and 1.
    pub fn geometric(&mut self, probability: f64) -> u64 {
        if !(0.0..1.0).contains(&probability) || probability == 0.0 {
            return 0;
        }
        // `1 - unit` is in (0, 1], so the logarithm is finite.
        ((1.0 - self.unit()).ln() / (1.0 - probability).ln()) as u64
    }

    /// The place of one of these weights, each as likely as it weighs; none where all of them are 0.
    pub fn weighted(&mut self, weights: impl Iterator<Item = f64> + Clone) -> Option<usize> {
        let sum: f64 = weights.clone().sum();
        let mut left = self.unit() * sum;
        let mut last = None;
        for (place, weight) in weights.enumerate().filter(|(_, weight)| *weight > 0.0) {
            if left < weight {
                return Some(place);
            }
            left -= weight;
            // Rounding may leave a trace of the sum when all weights are taken off.
            last = Some(place);
        }
        last
    }

    /// A number with a standard normal distribution (Box and Muller; the second of the pair is left).
    pub fn normal(&mut self) -> f64 {
        // `1 - unit` is in (0, 1], so the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A number with a lognormal distribution: half of the draws are below the median, and `sigma` is the standard
    /// deviation of the logarithm.
    pub fn lognormal(&mut self, median: f64, sigma: f64) -> f64 {
        median * (sigma * self.normal()).exp()
    }

    /// One of these, each as likely; none of nothing.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }

    /// Puts these into a random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        self.sample(items, items.len());
    }

    /// Puts a random choice of `count` of these, in random order, before the others. A larger count only adds to it.
    pub fn sample<T>(&mut self, items: &mut [T], count: usize) {
        for place in 0..count.min(items.len()) {
            items.swap(place, place + self.below((items.len() - place) as u64) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_repeats_by_its_name() {
        let draw = |seed, name: &[&str]| stream(seed, name).bits();
        assert_eq!(draw(7, &["w01", "mail"]), draw(7, &["w01", "mail"]));
        assert_ne!(draw(7, &["w01", "mail"]), draw(8, &["w01", "mail"]));
        assert_ne!(draw(7, &["ab", "c"]), draw(7, &["a", "bc"]));
    }

    /// If this fails, every timeline has changed, and no seed gives the run that it gave before.
    #[test]
    fn the_first_draws_of_a_seed_never_change() {
        let mut stream = stream(42, &["w01", "2026-01-05", "mail"]);
        let draws = (stream.bits(), stream.below(100), stream.poisson(2.5), stream.geometric(0.4));
        assert_eq!(draws, (2_736_879_264_541_650_240, 62, 1, 0));
    }

    #[test]
    fn counts_have_the_mean_and_the_variance_of_poisson() {
        for mean in [0.2, 3.0, 75.0] {
            let mut stream = stream(1, &["poisson"]);
            let n = 10_000.0;
            let draws: Vec<f64> = (0..10_000).map(|_| stream.poisson(mean) as f64).collect();
            let average = draws.iter().sum::<f64>() / n;
            let variance = draws.iter().map(|x| (x - average).powi(2)).sum::<f64>() / n;
            // Five standard errors of each, so that only a wrong distribution fails.
            assert!((average - mean).abs() < 5.0 * (mean / n).sqrt(), "mean {average} of {mean}");
            assert!((variance - mean).abs() < 5.0 * ((mean + 2.0 * mean * mean) / n).sqrt(), "variance {variance}");
        }
    }

    #[test]
    fn a_geometric_count_has_its_mean() {
        let (mut stream, n) = (stream(2, &["geometric"]), 40_000.0);
        let average = (0..40_000).map(|_| stream.geometric(1.0 / 1.7) as f64).sum::<f64>() / n;
        assert!((average - 0.7).abs() < 5.0 * (0.7 * 1.7_f64 / n).sqrt(), "{average}");
    }

    #[test]
    fn weights_are_drawn_in_their_proportions_and_nothing_of_no_weight() {
        let (mut stream, mut counts) = (stream(5, &["weighted"]), [0.0_f64; 4]);
        for _ in 0..40_000 {
            counts[stream.weighted([1.0, 0.0, 2.0, 5.0].into_iter()).unwrap()] += 1.0;
        }
        for (count, share) in counts.into_iter().zip([0.125, 0.0, 0.25, 0.625]) {
            assert!((count / 40_000.0 - share).abs() < 5.0 * (share / 40_000.0_f64).sqrt() + 1e-9, "{counts:?}");
        }
        assert_eq!(stream.weighted([0.0, 0.0].into_iter()), None);
        assert_eq!(stream.weighted(std::iter::empty()), None);
    }

    #[test]
    fn a_lognormal_number_has_its_median_and_its_width() {
        let (mut stream, n) = (stream(6, &["lognormal"]), 40_000.0);
        let mut draws: Vec<f64> = (0..40_000).map(|_| stream.lognormal(47.0, 1.9).ln()).collect();
        draws.sort_by(f64::total_cmp);
        let mean = draws.iter().sum::<f64>() / n;
        let sigma = (draws.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        // Five standard errors of each.
        assert!((mean - 47.0_f64.ln()).abs() < 5.0 * 1.9 / n.sqrt(), "{mean}");
        assert!((sigma - 1.9).abs() < 5.0 * 1.9 / (2.0 * n).sqrt(), "{sigma}");
        assert!((draws[20_000] - 47.0_f64.ln()).abs() < 5.0 * 1.2533 * 1.9 / n.sqrt());
    }

    #[test]
    fn draws_stay_within_their_bound_and_reach_all_of_it() {
        let mut stream = stream(3, &["below"]);
        let mut seen = [false; 7];
        for _ in 0..1_000 {
            seen[stream.below(7) as usize] = true;
        }
        assert!(seen.iter().all(|reached| *reached));
        assert_eq!(stream.below(0), 0);
        assert_eq!(stream.poisson(-1.0) + stream.poisson(f64::NAN) + stream.geometric(0.0), 0);
    }

    #[test]
    fn a_larger_sample_only_adds_to_a_smaller_one() {
        let sample = |count: usize| {
            let mut items: Vec<u32> = (0..100).collect();
            stream(4, &["sample"]).sample(&mut items, count);
            items.truncate(count);
            items
        };
        assert_eq!(sample(5), sample(50)[..5]);
        assert_eq!(sample(200).len(), 100);
    }

    #[test]
    fn shuffling_loses_nothing() {
        let mut items: Vec<u32> = (0..100).collect();
        stream(4, &["shuffle"]).shuffle(&mut items);
        assert_ne!(items, (0..100).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..100).collect::<Vec<_>>());
    }
}
