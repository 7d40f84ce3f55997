//! Time zones, by the names that calendars call them: Windows' and IANA's.
//!
//! Exchange speaks Windows' names and takes IANA's too. The rules come from IANA's database; which of its zones a Windows
//! name means is CLDR's table (`windowsZones`, the territory `001`).

use chrono::{DateTime, Duration, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use http::StatusCode;

use crate::graph::Call;
use crate::graph::fault::Fault;

/// A time zone under the name by which somebody asked for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone {
    pub(super) name: String,
    rules: Tz,
}

impl Zone {
    /// Coordinated Universal Time: what Graph reckons in where nothing else is said.
    pub(crate) fn utc() -> Zone {
        Zone { name: "UTC".to_owned(), rules: Tz::UTC }
    }

    /// The zone of this name; an empty one means UTC.
    ///
    /// # Errors
    /// There is none, in the words of Outlook.
    pub(crate) fn named(name: &str) -> Result<Zone, Fault> {
        if name.is_empty() {
            return Ok(Zone::utc());
        }
        let bare = name.strip_prefix("tzone://Microsoft/").unwrap_or(name);
        let windows = WINDOWS.iter().find(|(known, _)| known.eq_ignore_ascii_case(bare));
        let rules = windows.map_or(bare, |(_, iana)| iana).parse::<Tz>().map_err(|_| {
            Fault::new(
                StatusCode::BAD_REQUEST,
                "TimeZoneNotSupportedException",
                format!(
                    "A valid TimeZone value must be specified. The following TimeZone value is not supported: '{name}'."
                ),
            )
        })?;
        Ok(Zone { name: name.to_owned(), rules })
    }

    /// The zone in which the caller wants to read times (`Prefer: outlook.timezone="..."`).
    ///
    /// # Errors
    /// There is none of that name.
    pub(crate) fn preferred(call: &Call<'_>) -> Result<Zone, Fault> {
        Zone::named(&call.preference("outlook.timezone").unwrap_or_default())
    }

    /// What a clock on the wall shows at this moment, UTC milliseconds.
    pub(super) fn local(&self, ms: u64) -> NaiveDateTime {
        let utc = i64::try_from(ms).ok().and_then(DateTime::<Utc>::from_timestamp_millis);
        // A moment that no calendar reaches has no offset either.
        utc.map_or(NaiveDateTime::MAX, |utc| {
            utc.naive_utc().checked_add_signed(self.offset(utc)).unwrap_or(NaiveDateTime::MAX)
        })
    }

    fn offset(&self, utc: DateTime<Utc>) -> Duration {
        use chrono::Offset as _;
        Duration::seconds(i64::from(self.rules.offset_from_utc_datetime(&utc.naive_utc()).fix().local_minus_utc()))
    }

    /// The moment at which a clock on the wall shows this, UTC milliseconds: the earlier one where it shows it twice, and
    /// an hour on where the clocks jump over it. `None`: before 1970.
    pub(super) fn moment(&self, local: NaiveDateTime) -> Option<u64> {
        let utc = match self.rules.from_local_datetime(&local).earliest() {
            Some(moment) => moment.timestamp_millis(),
            None => {
                let later = local.checked_add_signed(Duration::hours(1))?;
                self.rules.from_local_datetime(&later).earliest()?.timestamp_millis()
            }
        };
        u64::try_from(utc).ok()
    }
}

/// Windows' names with the zones they mean.
const WINDOWS: &[(&str, &str)] = &[
    ("Dateline Standard Time", "Etc/GMT+12"),
    ("UTC-11", "Etc/GMT+11"),
    ("Aleutian Standard Time", "America/Adak"),
    ("Hawaiian Standard Time", "Pacific/Honolulu"),
    ("Marquesas Standard Time", "Pacific/Marquesas"),
    ("Alaskan Standard Time", "America/Anchorage"),
    ("UTC-09", "Etc/GMT+9"),
    ("Pacific Standard Time (Mexico)", "America/Tijuana"),
    ("UTC-08", "Etc/GMT+8"),
    ("Pacific Standard Time", "America/Los_Angeles"),
    ("US Mountain Standard Time", "America/Phoenix"),
    ("Mountain Standard Time (Mexico)", "America/Mazatlan"),
    ("Mountain Standard Time", "America/Denver"),
    ("Yukon Standard Time", "America/Whitehorse"),
    ("Central America Standard Time", "America/Guatemala"),
    ("Central Standard Time", "America/Chicago"),
    ("Easter Island Standard Time", "Pacific/Easter"),
    ("Central Standard Time (Mexico)", "America/Mexico_City"),
    ("Canada Central Standard Time", "America/Regina"),
    ("SA Pacific Standard Time", "America/Bogota"),
    ("Eastern Standard Time (Mexico)", "America/Cancun"),
    ("Eastern Standard Time", "America/New_York"),
    ("Haiti Standard Time", "America/Port-au-Prince"),
    ("Cuba Standard Time", "America/Havana"),
    ("US Eastern Standard Time", "America/Indiana/Indianapolis"),
    ("Turks And Caicos Standard Time", "America/Grand_Turk"),
    ("Paraguay Standard Time", "America/Asuncion"),
    ("Atlantic Standard Time", "America/Halifax"),
    ("Venezuela Standard Time", "America/Caracas"),
    ("Central Brazilian Standard Time", "America/Cuiaba"),
    ("SA Western Standard Time", "America/La_Paz"),
    ("Pacific SA Standard Time", "America/Santiago"),
    ("Newfoundland Standard Time", "America/St_Johns"),
    ("Tocantins Standard Time", "America/Araguaina"),
    ("E. South America Standard Time", "America/Sao_Paulo"),
    ("SA Eastern Standard Time", "America/Cayenne"),
    ("Argentina Standard Time", "America/Argentina/Buenos_Aires"),
    ("Greenland Standard Time", "America/Nuuk"),
    ("Montevideo Standard Time", "America/Montevideo"),
    ("Magallanes Standard Time", "America/Punta_Arenas"),
    ("Saint Pierre Standard Time", "America/Miquelon"),
    ("Bahia Standard Time", "America/Bahia"),
    ("UTC-02", "Etc/GMT+2"),
    ("Azores Standard Time", "Atlantic/Azores"),
    ("Cape Verde Standard Time", "Atlantic/Cape_Verde"),
    ("UTC", "Etc/UTC"),
    ("GMT Standard Time", "Europe/London"),
    ("Greenwich Standard Time", "Atlantic/Reykjavik"),
    ("Sao Tome Standard Time", "Africa/Sao_Tome"),
    ("Morocco Standard Time", "Africa/Casablanca"),
    ("W. Europe Standard Time", "Europe/Berlin"),
    ("Central Europe Standard Time", "Europe/Budapest"),
    ("Romance Standard Time", "Europe/Paris"),
    ("Central European Standard Time", "Europe/Warsaw"),
    ("W. Central Africa Standard Time", "Africa/Lagos"),
    ("GTB Standard Time", "Europe/Bucharest"),
    ("Middle East Standard Time", "Asia/Beirut"),
    ("Egypt Standard Time", "Africa/Cairo"),
    ("E. Europe Standard Time", "Europe/Chisinau"),
    ("West Bank Standard Time", "Asia/Hebron"),
    ("South Africa Standard Time", "Africa/Johannesburg"),
    ("FLE Standard Time", "Europe/Kiev"),
    ("Israel Standard Time", "Asia/Jerusalem"),
    ("South Sudan Standard Time", "Africa/Juba"),
    ("Kaliningrad Standard Time", "Europe/Kaliningrad"),
    ("Sudan Standard Time", "Africa/Khartoum"),
    ("Libya Standard Time", "Africa/Tripoli"),
    ("Namibia Standard Time", "Africa/Windhoek"),
    ("Jordan Standard Time", "Asia/Amman"),
    ("Arabic Standard Time", "Asia/Baghdad"),
    ("Syria Standard Time", "Asia/Damascus"),
    ("Turkey Standard Time", "Europe/Istanbul"),
    ("Arab Standard Time", "Asia/Riyadh"),
    ("Belarus Standard Time", "Europe/Minsk"),
    ("Russian Standard Time", "Europe/Moscow"),
    ("E. Africa Standard Time", "Africa/Nairobi"),
    ("Volgograd Standard Time", "Europe/Volgograd"),
    ("Iran Standard Time", "Asia/Tehran"),
    ("Arabian Standard Time", "Asia/Dubai"),
    ("Astrakhan Standard Time", "Europe/Astrakhan"),
    ("Azerbaijan Standard Time", "Asia/Baku"),
    ("Russia Time Zone 3", "Europe/Samara"),
    ("Mauritius Standard Time", "Indian/Mauritius"),
    ("Saratov Standard Time", "Europe/Saratov"),
    ("Georgian Standard Time", "Asia/Tbilisi"),
    ("Caucasus Standard Time", "Asia/Yerevan"),
    ("Afghanistan Standard Time", "Asia/Kabul"),
    ("West Asia Standard Time", "Asia/Tashkent"),
    ("Qyzylorda Standard Time", "Asia/Qyzylorda"),
    ("Ekaterinburg Standard Time", "Asia/Yekaterinburg"),
    ("Pakistan Standard Time", "Asia/Karachi"),
    ("India Standard Time", "Asia/Kolkata"),
    ("Sri Lanka Standard Time", "Asia/Colombo"),
    ("Nepal Standard Time", "Asia/Kathmandu"),
    ("Central Asia Standard Time", "Asia/Bishkek"),
    ("Bangladesh Standard Time", "Asia/Dhaka"),
    ("Omsk Standard Time", "Asia/Omsk"),
    ("Myanmar Standard Time", "Asia/Yangon"),
    ("SE Asia Standard Time", "Asia/Bangkok"),
    ("Altai Standard Time", "Asia/Barnaul"),
    ("W. Mongolia Standard Time", "Asia/Hovd"),
    ("North Asia Standard Time", "Asia/Krasnoyarsk"),
    ("N. Central Asia Standard Time", "Asia/Novosibirsk"),
    ("Tomsk Standard Time", "Asia/Tomsk"),
    ("China Standard Time", "Asia/Shanghai"),
    ("North Asia East Standard Time", "Asia/Irkutsk"),
    ("Singapore Standard Time", "Asia/Singapore"),
    ("W. Australia Standard Time", "Australia/Perth"),
    ("Taipei Standard Time", "Asia/Taipei"),
    ("Ulaanbaatar Standard Time", "Asia/Ulaanbaatar"),
    ("Aus Central W. Standard Time", "Australia/Eucla"),
    ("Transbaikal Standard Time", "Asia/Chita"),
    ("Tokyo Standard Time", "Asia/Tokyo"),
    ("North Korea Standard Time", "Asia/Pyongyang"),
    ("Korea Standard Time", "Asia/Seoul"),
    ("Yakutsk Standard Time", "Asia/Yakutsk"),
    ("Cen. Australia Standard Time", "Australia/Adelaide"),
    ("AUS Central Standard Time", "Australia/Darwin"),
    ("E. Australia Standard Time", "Australia/Brisbane"),
    ("AUS Eastern Standard Time", "Australia/Sydney"),
    ("West Pacific Standard Time", "Pacific/Port_Moresby"),
    ("Tasmania Standard Time", "Australia/Hobart"),
    ("Vladivostok Standard Time", "Asia/Vladivostok"),
    ("Lord Howe Standard Time", "Australia/Lord_Howe"),
    ("Bougainville Standard Time", "Pacific/Bougainville"),
    ("Russia Time Zone 10", "Asia/Srednekolymsk"),
    ("Magadan Standard Time", "Asia/Magadan"),
    ("Norfolk Standard Time", "Pacific/Norfolk"),
    ("Sakhalin Standard Time", "Asia/Sakhalin"),
    ("Central Pacific Standard Time", "Pacific/Guadalcanal"),
    ("Russia Time Zone 11", "Asia/Kamchatka"),
    ("New Zealand Standard Time", "Pacific/Auckland"),
    ("UTC+12", "Etc/GMT-12"),
    ("Fiji Standard Time", "Pacific/Fiji"),
    ("Chatham Islands Standard Time", "Pacific/Chatham"),
    ("UTC+13", "Etc/GMT-13"),
    ("Tonga Standard Time", "Pacific/Tongatapu"),
    ("Samoa Standard Time", "Pacific/Apia"),
    ("Line Islands Standard Time", "Pacific/Kiritimati"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn at(zone: &str, local: &str) -> String {
        let local = local.parse().unwrap();
        crate::time::seconds(Zone::named(zone).unwrap().moment(local).unwrap())
    }

    #[test]
    fn every_windows_name_means_a_zone_there_is() {
        for (windows, iana) in WINDOWS {
            assert!(Zone::named(windows).is_ok(), "{windows}: {iana}");
        }
    }

    #[test]
    fn both_names_of_a_zone_mean_the_same_moments() {
        assert_eq!(at("Pacific Standard Time", "2026-01-05T09:00:00"), "2026-01-05T17:00:00Z");
        assert_eq!(at("America/Los_Angeles", "2026-07-05T09:00:00"), "2026-07-05T16:00:00Z");
        assert_eq!(at("tzone://Microsoft/Utc", "2026-07-05T09:00:00"), "2026-07-05T09:00:00Z");
        assert_eq!(at("", "2026-07-05T09:00:00"), "2026-07-05T09:00:00Z");
        assert_eq!(Zone::named("Middle-earth").unwrap_err().code, "TimeZoneNotSupportedException");
    }

    #[test]
    fn hours_that_the_clocks_skip_or_repeat_are_moments_too() {
        assert_eq!(at("Europe/Berlin", "2026-03-29T02:30:00"), "2026-03-29T01:30:00Z");
        assert_eq!(at("Europe/Berlin", "2026-10-25T02:30:00"), "2026-10-25T00:30:00Z");
    }

    #[test]
    fn a_moment_beyond_the_calendar_does_not_panic() {
        let zone = Zone::named("Line Islands Standard Time").unwrap();
        assert_eq!(zone.local(u64::MAX), NaiveDateTime::MAX);
        zone.moment(NaiveDateTime::MAX);
        zone.moment(NaiveDateTime::MIN);
        zone.local(i64::MAX as u64);
    }
}
