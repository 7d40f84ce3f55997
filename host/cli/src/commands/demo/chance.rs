//! Whether a count is what chance allows: the two-sided interval of a Poisson distribution.
//!
//! Independent rare events in a known total intensity are Poisson distributed, whatever the intensity's shape over the
//! day. So a fair run's count lies outside this interval with a probability that is chosen beforehand.

/// The probability that a fair run fails the check: once in a thousand, all kinds of activity together.
pub(super) const FALSE_ALARM: f64 = 0.001;

/// The counts that chance allows for an expectation: each tail outside has at most half of `alpha`.
pub(super) fn interval(expected: f64, alpha: f64) -> (u64, u64) {
    if !expected.is_finite() || expected <= 0.0 {
        return (0, 0);
    }
    let half = alpha / 2.0;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive, and a count of things")]
    let mode = expected.floor() as u64;
    let mut low = mode;
    while low > 0 && at_most(low - 1, expected) > half {
        low -= 1;
    }
    let mut high = mode;
    while at_least(high + 1, expected) > half {
        high += 1;
    }
    (low, high)
}

/// The probability of at most `count`, for a count not above the mode: terms shrink downwards.
fn at_most(count: u64, expected: f64) -> f64 {
    let mut term = probability(count, expected);
    let mut sum = term;
    let mut k = count;
    while k > 0 && term > sum * f64::EPSILON {
        term *= k as f64 / expected;
        k -= 1;
        sum += term;
    }
    sum
}

/// The probability of at least `count`, for a count above the mode: terms shrink upwards.
fn at_least(count: u64, expected: f64) -> f64 {
    let mut term = probability(count, expected);
    let mut sum = term;
    let mut k = count;
    while term > sum * f64::EPSILON {
        k += 1;
        term *= expected / k as f64;
        sum += term;
    }
    sum
}

/// The probability of exactly `count`. In logarithms: factorials do not fit.
fn probability(count: u64, expected: f64) -> f64 {
    let log_factorial: f64 = (2..=count).map(|k| (k as f64).ln()).sum();
    (count as f64 * expected.ln() - expected - log_factorial).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_expectations_agree_with_the_tables() {
        // P(X <= 0) = e^-3 = 0.0498; P(X >= 7) = 0.0335, P(X >= 8) = 0.0119.
        assert!((at_most(0, 3.0) - 0.0498).abs() < 1e-4);
        assert!((at_least(8, 3.0) - 0.0119).abs() < 1e-4);
        // P(X <= 3) = 0.0103, P(X <= 4) = 0.0293; P(X >= 17) = 0.0270, P(X >= 18) = 0.0143.
        assert_eq!((interval(3.0, 0.05), interval(10.0, 0.05)), ((0, 7), (4, 17)));
    }

    #[test]
    fn large_expectations_agree_with_the_normal_curve() {
        // 3.29 standard deviations hold 99.9 %.
        let (low, high) = interval(2_700.0, 0.001);
        let reach = 3.29 * 2_700_f64.sqrt();
        assert!((2_700.0 - low as f64 - reach).abs() < 4.0, "{low}");
        assert!((high as f64 - 2_700.0 - reach).abs() < 4.0, "{high}");
    }

    #[test]
    fn what_lies_outside_is_as_rare_as_promised() {
        for expected in [0.2, 1.0, 7.5, 40.0, 900.0] {
            let (low, high) = interval(expected, FALSE_ALARM);
            let below = if low == 0 { 0.0 } else { at_most(low - 1, expected) };
            assert!(below + at_least(high + 1, expected) <= FALSE_ALARM, "{expected}");
        }
    }

    #[test]
    fn a_rate_that_is_fifteen_percent_too_high_is_found_out_in_a_day() {
        // 25 people, twelve mails an hour, nine hours.
        let (low, high) = interval(2_700.0, FALSE_ALARM);
        assert!(!(low..=high).contains(&(2_700 * 115 / 100)));
    }

    #[test]
    fn nothing_expected_allows_nothing() {
        assert_eq!(interval(0.0, FALSE_ALARM), (0, 0));
        assert_eq!(interval(f64::NAN, FALSE_ALARM), (0, 0));
    }
}
