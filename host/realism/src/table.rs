//! The table of assumptions: a manifest's `activity_patterns`, as far as an export can be held against it.

use std::collections::BTreeMap;

use chrono::Weekday;
use serde::Deserialize;
use serde_json::Value;

use crate::Problem;

/// The table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "the manifest's own names, which it and the flagship explain")]
pub struct Table {
    pub working_hours: Hours,
    pub working_days: Vec<Weekday>,
    pub departments: BTreeMap<String, Rates>,
    pub rhythm: Rhythm,
    pub ties: Ties,
    pub threads: Threads,
    pub latency: Latencies,
    pub meetings: Meetings,
    pub documents: Documents,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Hours {
    pub from: u32,
    pub to: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Rates {
    pub email_per_hour: f64,
    pub teams_per_hour: f64,
    pub documents_per_day: f64,
    pub meetings_per_day: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Rhythm {
    pub shape: Vec<f64>,
    pub weekdays: [f64; 7],
    pub followers: f64,
    pub follow_minutes: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Ties {
    pub department: f64,
    pub line: f64,
    pub across: f64,
    pub mail_recipients: f64,
    pub chat_recipients: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Threads {
    pub alone: f64,
    pub sizes: [f64; 4],
    pub longer: f64,
    pub answer_by_recipients: [f64; 4],
    pub forward: f64,
    pub reply_all: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Latency {
    pub median_minutes: f64,
    pub sigma: f64,
    pub least_minutes: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Latencies {
    pub mail: Latency,
    pub chat: Latency,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Meetings {
    pub minutes: Vec<u64>,
    pub lengths: Vec<f64>,
    pub sizes: [f64; 4],
    pub accept: f64,
    pub tentative: f64,
    pub decline: f64,
    pub cancelled: f64,
    pub quiet: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[expect(missing_docs, reason = "see the table")]
pub struct Documents {
    pub create: f64,
    pub edit: f64,
    pub share: f64,
}

impl Table {
    /// The table of some patterns; what they leave out is as in `usual`, which leaves nothing out.
    ///
    /// # Errors
    /// Together they are no table.
    pub fn read(usual: &Value, patterns: &Value) -> Result<Table, Problem> {
        let mut whole = usual.clone();
        merge(&mut whole, patterns);
        serde_json::from_value(whole).map_err(Problem::NoTable)
    }

    /// What one worker of a department does; nothing in one that the table does not know.
    pub fn rates(&self, department: &str) -> Rates {
        self.departments.get(department).copied().unwrap_or_default()
    }
}

fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (key, value) in from {
                merge(into.entry(key).or_insert(Value::Null), value);
            }
        }
        (into, from) => *into = from.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Deserialize)]
    struct Manifest {
        activity_patterns: Value,
    }

    fn usual() -> Value {
        let manifest: Manifest = serde_norway::from_str(include_str!("../../../workload.yaml")).unwrap();
        manifest.activity_patterns
    }

    #[test]
    fn what_a_manifest_leaves_out_stays_as_it_is() {
        let changed = json!({"departments": {"sales": {"email_per_hour": 3}}, "rhythm": {"shape": [1, 2]}});
        let table = Table::read(&usual(), &changed).unwrap();
        assert_eq!((table.rates("sales").email_per_hour, table.rates("sales").teams_per_hour), (3.0, 10.0));
        assert_eq!(table.rhythm.shape, [1.0, 2.0]);
        assert_eq!(table.working_days.len(), 5);
        assert_eq!(table.rates("pirates"), Rates::default());
    }

    #[test]
    fn a_table_that_is_none_is_refused() {
        let wrong = Table::read(&usual(), &json!({"threads": {"alone": "often"}})).unwrap_err().to_string();
        assert!(wrong.starts_with("activity_patterns:"), "{wrong}");
    }
}
