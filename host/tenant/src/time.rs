//! Instants as Graph writes them.
//!
//! Inside the crate an instant is UTC milliseconds in a `u64`. Graph writes whole seconds in most resources, so that is
//! what is shown; comparisons and order keep the milliseconds.

use chrono::{DateTime, SecondsFormat, Utc};

/// Milliseconds in a day.
pub(crate) const DAY: u64 = 24 * 60 * 60 * 1000;

/// A duration in whole milliseconds.
pub(crate) fn ms(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn utc(ms: u64) -> DateTime<Utc> {
    i64::try_from(ms).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// `2026-01-05T08:00:00Z`, as in Graph's resources.
pub(crate) fn seconds(ms: u64) -> String {
    utc(ms).to_rfc3339_opts(SecondsFormat::Secs, true)
}

/// `2026-01-05T08:00:00.000Z`, as in recordings.
pub(crate) fn millis(ms: u64) -> String {
    utc(ms).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// `2026-01-05T08:00:00`, as in the `innerError` of Graph's errors.
pub(crate) fn plain(ms: u64) -> String {
    utc(ms).format("%Y-%m-%dT%H:%M:%S").to_string()
}

/// `2026-01-05 08:00:00Z`, as in Entra's errors.
pub(crate) fn spaced(ms: u64) -> String {
    utc(ms).format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// `Mon, 05 Jan 2026 08:00:00 GMT`, for the `Date` header.
pub(crate) fn http(ms: u64) -> String {
    utc(ms).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// An `OData` date-time literal, or a bare date, as UTC milliseconds. `None` where it is neither.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let moment = match DateTime::parse_from_rfc3339(text) {
        Ok(moment) => moment.timestamp_millis(),
        Err(_) => text.parse::<chrono::NaiveDate>().ok()?.and_hms_opt(0, 0, 0)?.and_utc().timestamp_millis(),
    };
    u64::try_from(moment).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_each_reader_expects() {
        let monday = 1_767_600_000_250;
        assert_eq!(seconds(monday), "2026-01-05T08:00:00Z");
        assert_eq!(millis(monday), "2026-01-05T08:00:00.250Z");
        assert_eq!(spaced(monday), "2026-01-05 08:00:00Z");
        assert_eq!(http(monday), "Mon, 05 Jan 2026 08:00:00 GMT");
    }

    #[test]
    fn literals_with_and_without_a_time_are_read() {
        assert_eq!(parse("2026-01-05T08:00:00Z"), Some(1_767_600_000_000));
        assert_eq!(parse("2026-01-05T09:00:00+01:00"), Some(1_767_600_000_000));
        assert_eq!(parse("2026-01-05"), Some(1_767_571_200_000));
        assert_eq!(parse("soon"), None);
    }

    #[test]
    fn a_moment_beyond_the_calendar_does_not_panic() {
        assert!(!seconds(u64::MAX).is_empty());
    }
}
