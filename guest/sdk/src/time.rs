//! The host's clock, and days.
//!
//! Moments are UTC milliseconds since 1970 ([`Instant`]), as everywhere in the contract. Days are the Gregorian
//! calendar's, from a library that is kept by people, not from arithmetic of our own.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
pub use chrono::{Datelike, Days, Weekday};

use crate::Instant;

/// A day of the calendar, in UTC.
pub type Day = NaiveDate;

/// A second, in milliseconds.
pub const SECOND: u64 = 1_000;
/// A minute, in milliseconds.
pub const MINUTE: u64 = 60 * SECOND;
/// An hour, in milliseconds.
pub const HOUR: u64 = 60 * MINUTE;
/// A day, in milliseconds: UTC days have no other length here.
pub const DAY: u64 = 24 * HOUR;

/// The moment of this call, as the host's clock shows it: simulated where the tenant is.
#[cfg(target_arch = "wasm32")]
pub fn now() -> Instant {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

/// The moment of this call, as the test's host shows it.
#[cfg(not(target_arch = "wasm32"))]
pub fn now() -> Instant {
    crate::testing::now()
}

/// The day of a moment.
pub fn day_of(moment: Instant) -> Day {
    utc(moment).date_naive()
}

/// When a day begins. A day before 1970 begins at 0.
pub fn midnight(day: Day) -> Instant {
    u64::try_from(day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()).unwrap_or(0)
}

/// RFC 3339 in UTC with milliseconds: `2026-01-05T08:00:00.000Z`.
pub fn rfc3339(moment: Instant) -> String {
    utc(moment).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A moment later than the calendar reaches (the year 262,000) is the calendar's last.
fn utc(moment: Instant) -> DateTime<Utc> {
    i64::try_from(moment).ok().and_then(DateTime::from_timestamp_millis).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Monday, 5 January 2026, 08:00 UTC.
    const MONDAY: Instant = 1_767_600_000_000;

    #[test]
    fn a_moment_has_the_day_that_a_calendar_shows() {
        assert_eq!(day_of(MONDAY).to_string(), "2026-01-05");
        assert_eq!(day_of(MONDAY).weekday(), Weekday::Mon);
        assert_eq!(midnight(day_of(MONDAY)), MONDAY - 8 * HOUR);
        assert_eq!(rfc3339(MONDAY + 7), "2026-01-05T08:00:00.007Z");
    }

    #[test]
    fn a_leap_day_is_a_day() {
        assert_eq!(day_of(1_835_395_200_000).to_string(), "2028-02-29");
    }

    #[test]
    fn the_last_moment_of_the_contract_is_a_moment() {
        assert!(midnight(day_of(u64::MAX)) > MONDAY);
    }
}
