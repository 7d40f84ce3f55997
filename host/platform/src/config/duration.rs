//! How long a deployment runs: `8`, `8h`, `90m`, `3d`. A bare number is hours, as in `duration_hours`.

use std::time::Duration;

const HOUR: f64 = 3600.0;

/// Shorter is a slip of the pen: nothing that a workload does fits into it.
const LEAST: f64 = 1.0;

/// Ten years. Longer is a slip of the pen, too; who wants no end leaves the duration out.
const MOST: f64 = 10.0 * 365.0 * 24.0 * HOUR;

/// Reads a duration; fractions are allowed (`0.5`, `1.5h`). Exact to the millisecond.
///
/// # Errors
/// Why not, in words that follow `duration_hours=8: `.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (digits, unit) = match text.char_indices().next_back() {
        Some((at, 'm')) => (text.get(..at), HOUR / 60.0),
        Some((at, 'h')) => (text.get(..at), HOUR),
        Some((at, 'd')) => (text.get(..at), 24.0 * HOUR),
        _ => (Some(text), HOUR),
    };
    // `f64` would also read `inf`, `nan`, `+8` and `1e9`, which nobody means.
    let number = digits
        .filter(|d| d.strip_prefix('-').unwrap_or(d).bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        .and_then(|d| d.parse::<f64>().ok())
        .ok_or("not a duration; write hours (8), 90m, 8h or 3d")?;
    let seconds = number * unit;
    if seconds <= 0.0 {
        return Err("more than 0; leave it out to run until stopped".to_owned());
    }
    if seconds < LEAST {
        return Err("too short; at least a second".to_owned());
    }
    if seconds > MOST {
        return Err("too long; at most ten years, or leave it out to run until stopped".to_owned());
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between LEAST and MOST")]
    Ok(Duration::from_millis((seconds * 1000.0).round() as u64))
}

/// The same duration as a number of hours.
pub(super) fn hours(duration: Duration) -> f64 {
    duration.as_secs_f64() / HOUR
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_minutes_and_days_are_read() {
        for (text, minutes) in
            [("8", 480), ("8h", 480), ("90m", 90), ("3d", 4320), ("0.5", 30), ("1.5h", 90), (" 2 ", 120)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_secs(minutes * 60)), "{text}");
        }
    }

    #[test]
    fn what_is_not_a_duration_is_refused_with_examples() {
        for text in ["soon", "", "h", "8x", "8 h", "inf", "nan", "1e3", "+8", "--8", "8h8", "1.2.3", "Ω", "8µ"] {
            assert_eq!(parse_duration(text).unwrap_err(), "not a duration; write hours (8), 90m, 8h or 3d", "{text}");
        }
    }

    #[test]
    fn nothing_and_less_are_refused_with_what_to_do_instead() {
        for text in ["0", "-5", "0h", "-0.5d"] {
            assert_eq!(parse_duration(text).unwrap_err(), "more than 0; leave it out to run until stopped", "{text}");
        }
        assert!(parse_duration("0.0001").unwrap_err().contains("too short"));
        assert!(parse_duration("99999999999999999999d").unwrap_err().contains("too long"));
    }
}
