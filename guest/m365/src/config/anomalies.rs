//! Anomaly packs: what an operator has workers do that defenders are to find.

use haymaker_guest::{
    Problem,
    time::{Day, HOUR, MINUTE},
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::naming;

/// The keys of an item.
const KEYS: [&str; 4] = ["pack", "worker", "at", "count"];

/// Steps of a pack at most: more is no pattern that a person would make, and a detection has long seen it.
const MOST_STEPS: u64 = 100;

/// A pattern that a detection looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pack {
    /// Somebody downloads one document after the other.
    MassDownload,
    /// Somebody's inbox sends on what is about money.
    ForwardingRule,
    /// Somebody's account writes many mails at night.
    OffHoursBurst,
    /// Somebody's account sends colleagues a link to a page that asks for their password.
    InternalPhish,
}

impl Pack {
    /// All of them.
    pub const ALL: [Pack; 4] = [Pack::MassDownload, Pack::ForwardingRule, Pack::OffHoursBurst, Pack::InternalPhish];

    /// Its name in the config and in the ground truth.
    pub fn key(self) -> &'static str {
        match self {
            Pack::MassDownload => "mass-download",
            Pack::ForwardingRule => "forwarding-rule",
            Pack::OffHoursBurst => "off-hours-burst",
            Pack::InternalPhish => "internal-phish",
        }
    }

    /// Its technique in MITRE ATT&CK.
    pub fn technique(self) -> &'static str {
        match self {
            // Data from Cloud Storage.
            Pack::MassDownload => "T1530",
            // Email Collection: Email Forwarding Rule.
            Pack::ForwardingRule => "T1114.003",
            // Valid Accounts: Cloud Accounts.
            Pack::OffHoursBurst => "T1078.004",
            // Internal Spearphishing.
            Pack::InternalPhish => "T1534",
        }
    }

    /// How many documents, mails or people, where nobody says; none where there is nothing to count.
    fn usual(self) -> Option<u32> {
        match self {
            Pack::MassDownload => Some(30),
            Pack::ForwardingRule => None,
            Pack::OffHoursBurst => Some(15),
            Pack::InternalPhish => Some(5),
        }
    }
}

/// One of them, as planned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Anomaly {
    /// What.
    pub pack: Pack,
    /// The number of the worker who does it.
    pub worker: u32,
    /// On which day, and how many milliseconds after midnight, on the worker's own clock.
    pub at: (Day, u64),
    /// How many documents, mails or people.
    pub count: u32,
}

impl Anomaly {
    /// The number of the worker who does something like it, and means no harm.
    pub fn double(&self, workers: u32) -> u32 {
        self.worker % workers.max(1) + 1
    }
}

/// Reads the list: what can be read of it, each with its place. What is wrong is added to the problems.
pub(super) fn read(items: &[Value], workers: u32, problems: &mut Vec<Problem>) -> Vec<(usize, Anomaly)> {
    if !items.is_empty() && workers < 2 {
        let why = "each has a look-alike by another worker; there must be two workers at least";
        problems.push(Problem::config("anomalies", why));
    }
    let read = |(n, item): (usize, &Value)| {
        let mut wrong = |key: &str, why: String| problems.push(Problem::config(&place(n, key), why));
        match item {
            Value::Object(fields) => one(fields, workers, &mut wrong).map(|anomaly| (n, anomaly)),
            _ => {
                wrong("", format!("write a map of {}", KEYS.join(", ")));
                None
            }
        }
    };
    items.iter().enumerate().filter_map(read).collect()
}

/// Where a problem is: the n-th item, from 0, and the key in it.
pub(super) fn place(n: usize, key: &str) -> String {
    if key.is_empty() { format!("anomalies[{n}]") } else { format!("anomalies[{n}].{key}") }
}

fn one(fields: &Map<String, Value>, workers: u32, wrong: &mut impl FnMut(&str, String)) -> Option<Anomaly> {
    for key in fields.keys().filter(|key| !KEYS.contains(&key.as_str())) {
        wrong(key, format!("there is no such key; they are {}", KEYS.join(", ")));
    }
    let text = |key: &str| fields.get(key).and_then(Value::as_str).map(str::trim);
    let pack = Pack::ALL.into_iter().find(|pack| text("pack") == Some(pack.key()));
    if pack.is_none() {
        wrong("pack", format!("write one of {}", Pack::ALL.map(Pack::key).join(", ")));
    }
    let worker = text("worker").and_then(naming::number).filter(|number| (1..=workers).contains(number));
    if worker.is_none() {
        let last = naming::worker(workers);
        wrong("worker", format!("write a worker's id, {} to {last}", naming::worker(1)));
    }
    let at = text("at").and_then(moment);
    if at.is_none() {
        wrong("at", "write when, on the worker's own clock, like 2026-01-06T22:30".to_owned());
    }
    let usual = pack.and_then(Pack::usual);
    let count = match (fields.get("count").filter(|count| !count.is_null()), usual) {
        (None, usual) => Some(usual.unwrap_or(1)),
        (Some(_), None) if pack.is_some() => {
            wrong("count", "a forwarding rule is one; leave it out".to_owned());
            None
        }
        (Some(count), _) => {
            let count = count.as_u64().filter(|count| (1..=MOST_STEPS).contains(count));
            if count.is_none() {
                wrong("count", format!("write a whole number from 1 to {MOST_STEPS}"));
            }
            count.and_then(|count| u32::try_from(count).ok())
        }
    };
    Some(Anomaly { pack: pack?, worker: worker?, at: at?, count: count? })
}

/// Reads `2026-01-06T22:30`.
fn moment(text: &str) -> Option<(Day, u64)> {
    let (day, time) = text.split_once('T')?;
    let (hours, minutes) = time.split_once(':')?;
    let number = |text: &str, below: u64| -> Option<u64> {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        digits.then(|| text.parse().ok()).flatten().filter(|number| *number < below)
    };
    Some((day.parse().ok()?, number(hours, 24)? * HOUR + number(minutes, 60)? * MINUTE))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_says_what_who_and_when() {
        let mut problems = Vec::new();
        let items = [
            json!({"pack": "off-hours-burst", "worker": "w02", "at": "2026-01-06T22:30", "count": 7}),
            json!({"pack": "forwarding-rule", "worker": "w03", "at": "2026-01-06T09:05"}),
        ];
        let read = read(&items, 3, &mut problems);
        assert!(problems.is_empty(), "{problems:?}");
        let day = "2026-01-06".parse().unwrap();
        let at = (day, 22 * HOUR + 30 * MINUTE);
        assert_eq!(read[0].1, Anomaly { pack: Pack::OffHoursBurst, worker: 2, at, count: 7 });
        assert_eq!((read[1].1.count, read[0].1.double(3), read[1].1.double(3)), (1, 3, 1));
    }

    #[test]
    fn everything_that_is_wrong_is_named_with_its_place() {
        let mut problems = Vec::new();
        let items = [
            json!({"pack": "mass-downlod", "worker": "w04", "at": "tomorrow", "count": 0, "when": 1}),
            json!({"pack": "forwarding-rule", "worker": 2, "at": "2026-01-06T24:00", "count": 2}),
            json!("mass-download"),
        ];
        assert!(read(&items, 3, &mut problems).is_empty());
        let codes: Vec<&str> = problems.iter().map(|problem| problem.code.as_str()).collect();
        let expected = [
            "config.anomalies[0].when",
            "config.anomalies[0].pack",
            "config.anomalies[0].worker",
            "config.anomalies[0].at",
            "config.anomalies[0].count",
            "config.anomalies[1].worker",
            "config.anomalies[1].at",
            "config.anomalies[1].count",
            "config.anomalies[2]",
        ];
        assert_eq!(codes, expected);
        let mut alone = Vec::new();
        read(&[json!({"pack": "internal-phish", "worker": "w01", "at": "2026-01-06T09:00"})], 1, &mut alone);
        assert_eq!(alone.len(), 1);
    }

    #[test]
    fn the_name_in_the_config_is_the_name_in_the_ground_truth() {
        for pack in Pack::ALL {
            assert_eq!(serde_json::to_value(pack).unwrap(), pack.key());
        }
    }
}
