//! How much of the machine a workload may use.
//!
//! An author asks and the host has the last word: every limit has a floor below which nothing runs and a ceiling above
//! which one workload would crowd out its neighbours.

use std::time::Duration;

use serde::{Serialize, Serializer};

use crate::yaml::{Field, Fields};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// The limits of each call, and of a deployment's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Linear memory of an instance, bytes.
    pub memory: u64,
    /// Time on the processor in one call; waiting does not count. Serialised in milliseconds.
    #[serde(serialize_with = "milliseconds")]
    pub compute: Duration,
    /// Time that one call may wait for the network. Serialised in milliseconds.
    #[serde(serialize_with = "milliseconds")]
    pub wait: Duration,
    /// State that a deployment holds, keys and values, bytes.
    pub state: u64,
}

fn milliseconds<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u128(duration.as_millis())
}

impl Default for Limits {
    /// Enough for a Rust guest; Python and JavaScript guests ask for more compute.
    fn default() -> Limits {
        Limits { memory: 64 * MIB, compute: Duration::from_millis(500), wait: Duration::from_secs(30), state: 16 * MIB }
    }
}

pub(super) fn read(field: &Field<'_>) -> Limits {
    let Some(fields) = field.fields(&["memory", "compute", "wait", "state"]) else { return Limits::default() };
    let standard = Limits::default();
    let bytes = |key, least, most, or| size(&fields, key, least, most).unwrap_or(or);
    let span = |key, least, most, or| time(&fields, key, least, most).unwrap_or(or);
    Limits {
        // The smallest guest of any language needs some pages; a gibibyte is a sixteenth of a common server.
        memory: bytes("memory", MIB, GIB, standard.memory),
        // Epochs tick in milliseconds. Planning is short by contract: ten seconds is a loop that never ends.
        compute: span("compute", Duration::from_millis(10), Duration::from_secs(10), standard.compute),
        // A slow model answers within ten minutes or not at all.
        wait: span("wait", Duration::from_secs(1), Duration::from_secs(600), standard.wait),
        // Every write of it goes through the log; a gibibyte belongs elsewhere.
        state: bytes("state", 64 * KIB, GIB, standard.state),
    }
}

fn size(fields: &Fields<'_>, key: &str, least: u64, most: u64) -> Option<u64> {
    fields.get(key)?.parse(|text| {
        let bytes = parse_size(text).ok_or("not a size; write it like 64MiB (KiB, MiB, GiB)")?;
        within(bytes, least, most, |bytes| match bytes {
            b if b % GIB == 0 => format!("{}GiB", b / GIB),
            b if b % MIB == 0 => format!("{}MiB", b / MIB),
            b => format!("{}KiB", b / KIB),
        })
    })
}

fn time(fields: &Fields<'_>, key: &str, least: Duration, most: Duration) -> Option<Duration> {
    fields.get(key)?.parse(|text| {
        let duration = parse_time(text).ok_or("not a time; write it like 500ms, 30s or 2m")?;
        within(duration, least, most, |d| format!("{d:?}"))
    })
}

fn within<T: PartialOrd>(value: T, least: T, most: T, shown: impl Fn(T) -> String) -> Result<T, String> {
    if value < least {
        Err(format!("at least {}", shown(least)))
    } else if value > most {
        Err(format!("at most {}", shown(most)))
    } else {
        Ok(value)
    }
}

/// A whole number and a unit, nothing between them but spaces.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let at = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(at)?;
    Some((number.parse().ok()?, unit.trim_start()))
}

fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = number_and_unit(text)?;
    let unit = match unit {
        "KiB" => KIB,
        "MiB" => MIB,
        "GiB" => GIB,
        _ => return None,
    };
    number.checked_mul(unit)
}

fn parse_time(text: &str) -> Option<Duration> {
    let (number, unit) = number_and_unit(text)?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => Some(Duration::from_secs(number.checked_mul(60)?)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_need_their_units() {
        assert_eq!(parse_size("64MiB"), Some(64 * MIB));
        assert_eq!(parse_size("1 GiB"), Some(GIB));
        assert_eq!(parse_time("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(parse_time("2m"), Some(Duration::from_secs(120)));
        for text in ["64", "64MB", "MiB", "-1MiB", "1.5MiB", "", "99999999999999999999GiB"] {
            assert_eq!(parse_size(text), None, "{text}");
        }
        for text in ["500", "1h", "s", "99999999999999999999s"] {
            assert_eq!(parse_time(text), None, "{text}");
        }
        assert_eq!(parse_size(&format!("{}GiB", u64::MAX)), None);
    }
}
