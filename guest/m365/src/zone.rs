//! Time zones: what the clock on somebody's wall shows.
//!
//! A working day begins at eight *there*, also on the two days of a year that have 23 and 25 hours. So local times are
//! never made by adding an offset: a day and an hour are looked up in the zone, each time.

use std::{fmt, str::FromStr};

use chrono::{NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;
use haymaker_guest::{
    Instant,
    time::{Day, HOUR, MINUTE},
};

/// A zone of the IANA database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone(Tz);

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(Tz::UTC);

    /// As the database names it: `Europe/Berlin`.
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// The day that a moment lies in there.
    pub fn day_of(self, moment: Instant) -> Day {
        self.local(moment).date_naive()
    }

    /// Milliseconds that the clock on the wall shows since midnight.
    pub fn time_of(self, moment: Instant) -> u64 {
        let shown = self.local(moment).time().signed_duration_since(NaiveTime::MIN).num_milliseconds();
        u64::try_from(shown).unwrap_or(0)
    }

    /// The moment at which the clock there shows this hour of a day, 24 being the next midnight. Where it shows an hour
    /// twice, the first time; where it leaves an hour out, the end of the gap.
    pub fn at(self, day: Day, hour: u32) -> Instant {
        self.moment(day, u64::from(hour) * HOUR)
    }

    /// The same for the time of day that lies so many milliseconds after midnight, as the clock shows it.
    pub fn moment(self, day: Day, since: u64) -> Instant {
        let midnight = day.and_time(NaiveTime::MIN);
        // No zone ever left out more than a day, and all of them change by whole quarters of an hour.
        let quarters = (0..=96).map(|quarter| since + quarter * 15 * MINUTE);
        let mut shown = quarters.map(|since| midnight + chrono::Duration::milliseconds(since as i64));
        let moment = shown.find_map(|shown| self.0.from_local_datetime(&shown).earliest());
        moment.and_then(|moment| u64::try_from(moment.timestamp_millis()).ok()).unwrap_or(0)
    }

    /// What the clock there shows at a moment, to the second: `2026-01-05T09:30:00`.
    pub fn shown(self, moment: Instant) -> String {
        self.local(moment).format("%Y-%m-%dT%H:%M:%S").to_string()
    }

    fn local(self, moment: Instant) -> chrono::DateTime<Tz> {
        let utc = i64::try_from(moment).ok().and_then(|moment| Utc.timestamp_millis_opt(moment).single());
        utc.unwrap_or_default().with_timezone(&self.0)
    }
}

impl FromStr for Zone {
    type Err = String;

    fn from_str(name: &str) -> Result<Zone, String> {
        let unknown =
            || format!("`{name}` is no time zone; write an IANA name, like Europe/Berlin or America/New_York");
        name.parse().map(Zone).map_err(|_| unknown())
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::time::{DAY, rfc3339};

    use super::*;

    fn zone(name: &str) -> Zone {
        name.parse().unwrap()
    }

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn eight_in_the_morning_is_another_moment_in_winter_and_in_summer() {
        for (name, date, moment) in [
            ("Europe/Berlin", "2026-01-05", "2026-01-05T07:00:00.000Z"),
            ("Europe/Berlin", "2026-07-06", "2026-07-06T06:00:00.000Z"),
            ("America/New_York", "2026-03-06", "2026-03-06T13:00:00.000Z"),
            ("America/New_York", "2026-03-09", "2026-03-09T12:00:00.000Z"),
            ("Asia/Kolkata", "2026-01-05", "2026-01-05T02:30:00.000Z"),
            ("UTC", "2026-01-05", "2026-01-05T08:00:00.000Z"),
        ] {
            let at_eight = zone(name).at(day(date), 8);
            assert_eq!(rfc3339(at_eight), moment, "{name}");
            assert_eq!(zone(name).shown(at_eight + 30 * MINUTE), format!("{date}T08:30:00"));
            assert_eq!(zone(name).moment(day(date), 8 * HOUR + 30 * MINUTE), at_eight + 30 * MINUTE);
        }
    }

    #[test]
    fn days_of_23_and_25_hours_are_as_long_as_they_are() {
        for (date, hours) in [("2026-03-29", 23), ("2026-10-25", 25), ("2026-06-01", 24)] {
            let berlin = zone("Europe/Berlin");
            assert_eq!(berlin.at(day(date), 24) - berlin.at(day(date), 0), hours * HOUR, "{date}");
        }
    }

    #[test]
    fn an_hour_that_is_left_out_begins_at_the_end_of_the_gap() {
        assert_eq!(rfc3339(zone("Europe/Berlin").at(day("2026-03-29"), 2)), "2026-03-29T01:00:00.000Z");
    }

    #[test]
    fn an_evening_in_auckland_is_the_same_morning_in_utc_and_the_day_before_in_honolulu() {
        let moment = zone("Pacific/Auckland").at(day("2026-01-06"), 20);
        assert_eq!(zone("Pacific/Auckland").day_of(moment), day("2026-01-06"));
        assert_eq!(zone("Pacific/Auckland").time_of(moment), 20 * HOUR);
        assert_eq!(Zone::UTC.day_of(moment), day("2026-01-06"));
        assert_eq!(zone("Pacific/Honolulu").day_of(moment), day("2026-01-05"));
    }

    #[test]
    fn every_moment_of_a_year_lies_between_the_midnights_of_its_day() {
        for name in ["Europe/London", "America/Sao_Paulo", "Australia/Lord_Howe", "Asia/Tehran"] {
            let zone = zone(name);
            for moment in (0..2_000).map(|n| 1_767_225_600_000 + n * (365 * DAY / 2_000)) {
                let day = zone.day_of(moment);
                assert!((zone.at(day, 0)..zone.at(day, 24)).contains(&moment), "{name} {moment}");
            }
        }
    }

    #[test]
    fn a_name_that_is_none_says_how_one_looks() {
        assert!("Berlin".parse::<Zone>().unwrap_err().contains("Europe/Berlin"));
        assert_eq!(zone("Europe/Berlin").to_string(), "Europe/Berlin");
    }
}
