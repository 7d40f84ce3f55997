//! How long to wait before trying again.

use super::identity;
use crate::Instant;

/// The longest wait inside a call, in milliseconds: beyond it the instance is worth more than the wait, and the task is
/// run again later.
pub(super) const LONGEST_WAIT: u64 = 1_000;

/// Attempts of one request in one call: a server that keeps asking for short waits must not hold a call for long.
pub(super) const TRIES: u32 = 4;

/// The longest `Retry-After` that is believed, in milliseconds: a day. A longer one is a mistake of the server.
const LONGEST_ASKED: u64 = 86_400_000;

/// The first backoff, in milliseconds, before jitter; it doubles with each attempt, so the third is beyond
/// [`LONGEST_WAIT`].
const FIRST_BACKOFF: u64 = 500;

/// What a `Retry-After` asks for, in milliseconds from `now`: seconds, which Graph sometimes writes with a decimal
/// point, or an HTTP date. None where there is none, or none that can be read.
pub fn asked(headers: &[(String, String)], now: Instant) -> Option<u64> {
    let (_, value) = headers.iter().find(|(name, _)| name == "retry-after")?;
    let value = value.trim();
    let wait = seconds(value).or_else(|| date(value).map(|at| at.saturating_sub(now)))?;
    Some(wait.min(LONGEST_ASKED))
}

/// `30` or `1.5`, in milliseconds, rounded up: a wait that ends too early is asked for again.
fn seconds(value: &str) -> Option<u64> {
    let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit() || c == '.');
    let seconds: f64 = plain.then(|| value.parse().ok())??;
    let wait = (seconds * 1_000.0).ceil();
    if wait >= LONGEST_ASKED as f64 {
        return Some(LONGEST_ASKED);
    }
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and LONGEST_ASKED")]
    Some(wait as u64)
}

/// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).
fn date(value: &str) -> Option<Instant> {
    let date = chrono::DateTime::parse_from_rfc2822(value).ok()?;
    u64::try_from(date.timestamp_millis()).ok()
}

/// Exponential backoff in milliseconds after the `attempt`-th attempt (from 1): between half and all of
/// 500 ms x 2^(attempt - 1). The jitter is drawn from the request's name, so that a run repeats and neighbours spread.
pub(super) fn backoff(who: &str, n: u64, attempt: u32) -> u64 {
    let whole = FIRST_BACKOFF.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let half = whole / 2;
    #[allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "< 2^26")]
    let jitter = (half as f64 * identity::chance(who, n, attempt)) as u64;
    half + jitter
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = 784_111_777_000; // Sun, 06 Nov 1994 08:49:37 GMT

    fn header(value: &str) -> Option<u64> {
        asked(&[("retry-after".into(), value.into())], NOW)
    }

    #[test]
    fn seconds_whole_and_decimal_and_dates_are_understood() {
        assert_eq!(header("3"), Some(3_000));
        assert_eq!(header("0.25"), Some(250));
        assert_eq!(header("0.0001"), Some(1));
        assert_eq!(header("Sun, 06 Nov 1994 08:49:39 GMT"), Some(2_000));
        assert_eq!(header("Sun, 06 Nov 1994 08:49:30 GMT"), Some(0), "a date that is past asks for nothing");
    }

    #[test]
    fn nonsense_asks_for_nothing_and_excess_is_capped_at_a_day() {
        for nonsense in ["", "soon", "-1", "nan", "inf", "1.2.3", "."] {
            assert_eq!(header(nonsense), None, "{nonsense}");
        }
        assert_eq!(header("99999999999999999999999"), Some(LONGEST_ASKED));
        assert_eq!(asked(&[], NOW), None);
    }

    #[test]
    fn backoff_doubles_repeats_and_leaves_the_call_at_the_third_attempt() {
        for n in 0..50 {
            let waits: Vec<u64> = (1..4).map(|attempt| backoff("d/t", n, attempt)).collect();
            assert!((250..=500).contains(&waits[0]), "{waits:?}");
            assert!((500..=1_000).contains(&waits[1]), "{waits:?}");
            assert!(waits[2] >= LONGEST_WAIT, "{waits:?}");
            assert_eq!(waits[0], backoff("d/t", n, 1));
        }
    }
}
