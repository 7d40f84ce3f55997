//! The few figures of statistics that are needed: estimates with their errors, and how far off chance lets them be.
//!
//! Acts of one worker on one day are not independent (the day is busy or quiet, messages come in bursts, answers follow
//! one another), worker-days are. So errors are estimated from the spread *between* such blocks, and never taken to be
//! smaller than what independent acts would have.

use statrs::distribution::{ChiSquared, ContinuousCDF, Normal, StudentsT};

/// An estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its standard error.
    pub error: f64,
    /// How many independent blocks it rests on.
    pub blocks: usize,
}

/// A block's count, what is expected of it, and the least variance that it can have.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Block {
    /// What was counted.
    pub observed: f64,
    /// What was expected.
    pub expected: f64,
    /// Its variance if nothing but independent acts were in it.
    pub variance: f64,
}

/// How many times what was expected was observed.
pub fn ratio(blocks: &[Block]) -> Option<Estimate> {
    let n = blocks.len() as f64;
    let sum = |of: fn(&Block) -> f64| blocks.iter().map(of).sum::<f64>();
    let expected = sum(|block| block.expected);
    if blocks.len() < 2 || expected <= 0.0 {
        return None;
    }
    let value = sum(|block| block.observed) / expected;
    let off = |block: &Block| (block.observed - value * block.expected).powi(2);
    let between = blocks.iter().map(off).sum::<f64>() * n / (n - 1.0);
    let error = between.max(sum(|block| block.variance)).sqrt() / expected;
    Some(Estimate { value, error, blocks: blocks.len() })
}

/// The mean of independent values.
pub fn mean(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let value = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|one| (one - value).powi(2)).sum::<f64>() / (n - 1.0);
    Some(Estimate { value, error: (variance / n).sqrt(), blocks: values.len() })
}

/// The share of independent trials that came out so, each with its own expected probability: its error is theirs.
pub fn share(successes: usize, probabilities: &[f64]) -> Option<Estimate> {
    let n = probabilities.len() as f64;
    if probabilities.len() < 2 {
        return None;
    }
    // What a table gives may be more than can be: then it is as good as sure.
    let variance = probabilities.iter().map(|p| p.clamp(0.0, 1.0)).map(|p| p * (1.0 - p)).sum::<f64>();
    Some(Estimate { value: successes as f64 / n, error: variance.sqrt() / n, blocks: probabilities.len() })
}

/// How many standard errors an estimate on so many blocks is off, to either side, with a chance of `alarm`.
pub fn deviations(alarm: f64, blocks: usize) -> f64 {
    let freedom = blocks.saturating_sub(1).max(1) as f64;
    StudentsT::new(0.0, 1.0, freedom).map_or(f64::INFINITY, |t| -t.inverse_cdf(alarm / 2.0))
}

/// What chi squared with so many degrees of freedom exceeds with a chance of `alarm`.
pub fn chi_squared(alarm: f64, freedom: usize) -> f64 {
    ChiSquared::new(freedom.max(1) as f64).map_or(f64::INFINITY, |chi| chi.inverse_cdf(1.0 - alarm))
}

/// The standard normal distribution: how much of it lies below.
pub fn below(deviations: f64) -> f64 {
    Normal::standard().cdf(deviations)
}

/// Latencies: how long each took, and how long it could have taken to be seen, in minutes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waited {
    /// What it took.
    pub minutes: f64,
    /// With more it would lie after the end, unseen.
    pub limit: f64,
}

/// The median's logarithm and the width of a lognormal distribution, by maximum likelihood. What would have come after
/// the end is missing and not merely cut off (truncation); what is as short as `least` may have been drawn shorter
/// (censoring).
pub fn lognormal(waited: &[Waited], least: f64) -> Option<(Estimate, Estimate)> {
    let seen: Vec<Waited> = waited.iter().copied().filter(|one| one.limit > least && one.minutes > 0.0).collect();
    if seen.len() < 10 {
        return None;
    }
    let logs: Vec<f64> = seen.iter().map(|one| one.minutes.max(least).ln()).collect();
    let start = mean(&logs)?;
    let (mut mu, mut ln_sigma) = (start.value, (start.error * (seen.len() as f64).sqrt()).max(0.05).ln());
    let likelihood = |mu: f64, ln_sigma: f64| {
        let sigma = ln_sigma.exp();
        let of = |one: &Waited| {
            let z = (one.minutes.ln() - mu) / sigma;
            // A millisecond above the floor is still the floor.
            let drawn = if one.minutes <= least + 1e-4 {
                below((least.ln() - mu) / sigma).max(f64::MIN_POSITIVE).ln()
            } else {
                -z * z / 2.0 - ln_sigma
            };
            drawn - below((one.limit.ln() - mu) / sigma).max(f64::MIN_POSITIVE).ln()
        };
        seen.iter().map(of).sum::<f64>()
    };
    const STEP: f64 = 1e-3;
    let mut errors = None;
    for _ in 0..STEPS {
        let at = |dm: f64, ds: f64| likelihood(mu + dm * STEP, ln_sigma + ds * STEP);
        let (middle, left, right, down, up) = (at(0.0, 0.0), at(-1.0, 0.0), at(1.0, 0.0), at(0.0, -1.0), at(0.0, 1.0));
        let (slope_mu, slope_sigma) = ((right - left) / (2.0 * STEP), (up - down) / (2.0 * STEP));
        let (mm, ss) = ((right - 2.0 * middle + left) / STEP.powi(2), (up - 2.0 * middle + down) / STEP.powi(2));
        let ms = (at(1.0, 1.0) - at(1.0, -1.0) - at(-1.0, 1.0) + at(-1.0, -1.0)) / (4.0 * STEP.powi(2));
        let determinant = mm * ss - ms * ms;
        // Where the likelihood is not curved like a hill, a small step uphill leads to where it is.
        let (step_mu, step_sigma) = if mm < 0.0 && determinant > 0.0 {
            errors = Some(((-ss / determinant).max(0.0).sqrt(), (-mm / determinant).max(0.0).sqrt()));
            ((ss * slope_mu - ms * slope_sigma) / -determinant, (mm * slope_sigma - ms * slope_mu) / -determinant)
        } else {
            (slope_mu.signum() * 0.1, slope_sigma.signum() * 0.1)
        };
        mu += step_mu.clamp(-1.0, 1.0);
        ln_sigma += step_sigma.clamp(-0.5, 0.5);
        if step_mu.abs() < 1e-6 && step_sigma.abs() < 1e-6 {
            break;
        }
    }
    let (error_mu, error_sigma) = errors?;
    let (sigma, blocks) = (ln_sigma.exp(), seen.len());
    let estimates = (
        Estimate { value: mu, error: error_mu, blocks },
        Estimate { value: sigma, error: sigma * error_sigma, blocks },
    );
    (mu.is_finite() && sigma.is_finite()).then_some(estimates)
}

/// Steps of a search that needs about six.
const STEPS: usize = 60;

#[cfg(test)]
mod tests {
    use rand::{Rng, SeedableRng};
    use rand_chacha::ChaCha12Rng;
    use statrs::distribution::ContinuousCDF;

    use super::*;

    fn close(left: f64, right: f64, within: f64) {
        assert!((left - right).abs() < within, "{left} is not {right}");
    }

    /// Values of printed tables.
    #[test]
    fn quantiles_are_those_of_the_tables() {
        close(deviations(0.05, 1_000_000), 1.959_96, 1e-4);
        close(deviations(0.001, 11), 4.587, 1e-3);
        close(chi_squared(0.05, 8), 15.507, 1e-3);
        close(chi_squared(0.001, 8), 26.125, 1e-3);
        close(below(-1.0), 0.158_655, 1e-5);
    }

    #[test]
    fn blocks_that_differ_make_a_wider_error_and_none_a_smaller_one_than_independent_acts() {
        let block = |observed, expected| Block { observed, expected, variance: expected };
        let even = ratio(&vec![block(100.0, 100.0); 50]).unwrap();
        close(even.value, 1.0, 1e-12);
        close(even.error, (1.0_f64 / 5_000.0).sqrt(), 1e-9);
        let uneven: Vec<Block> = (0..50).map(|n| block(if n % 2 == 0 { 60.0 } else { 140.0 }, 100.0)).collect();
        close(ratio(&uneven).unwrap().error, 40.0 / 100.0 / 50.0_f64.sqrt(), 1e-3);
        assert_eq!(ratio(&[block(1.0, 1.0)]), None);
    }

    #[test]
    fn what_is_surer_than_sure_has_no_error_and_no_nonsense() {
        let sure = share(2, &[1.3, 1.0]).unwrap();
        assert_eq!((sure.value, sure.error), (1.0, 0.0));
    }

    fn draws(count: usize, median: f64, sigma: f64, limit: f64) -> Vec<Waited> {
        let mut chance = ChaCha12Rng::seed_from_u64(5);
        let normal = Normal::standard();
        let mut draw = || {
            let unit: f64 = (chance.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            median * (sigma * normal.inverse_cdf(unit.clamp(1e-12, 1.0 - 1e-12))).exp()
        };
        let limits = (0..count).map(|n| limit * (n + 1) as f64 / count as f64);
        let drawn: Vec<Waited> = limits.map(|limit| Waited { minutes: draw().max(1.0), limit }).collect();
        drawn.into_iter().filter(|one| one.minutes <= one.limit).collect()
    }

    #[test]
    fn a_run_that_ends_does_not_make_answers_look_quicker_than_they_are() {
        let seen = draws(20_000, 47.0, 1.9, 600.0);
        let naive = mean(&seen.iter().map(|one| one.minutes.ln()).collect::<Vec<_>>()).unwrap().value.exp();
        assert!(naive < 33.0, "{naive}: what one sees is quicker");
        let (median, sigma) = lognormal(&seen, 1.0).unwrap();
        assert!((median.value - 47.0_f64.ln()).abs() < 4.0 * median.error, "{median:?}");
        assert!((sigma.value - 1.9).abs() < 4.0 * sigma.error, "{sigma:?}");
        assert!(median.error < 0.1 && sigma.error < 0.05, "{median:?} {sigma:?}");
    }

    #[test]
    fn half_the_width_is_found() {
        let (median, sigma) = lognormal(&draws(3_000, 47.0, 0.95, 2_000.0), 1.0).unwrap();
        assert!((median.value - 47.0_f64.ln()).abs() < 4.0 * median.error, "{median:?}");
        assert!((sigma.value - 0.95).abs() < 4.0 * sigma.error, "{sigma:?}");
    }
}
