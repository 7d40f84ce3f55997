//! The ground truth, as tests read it.

use std::collections::BTreeSet;

use serde_json::Value;

/// What a plan decides of an activity: id, kind, actor, due.
pub type Planned = (String, String, String, String);

/// JSON Lines.
///
/// # Panics
///
/// If a line is not JSON.
pub fn lines(text: &str) -> Vec<Value> {
    let parsed = text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}")));
    parsed.collect()
}

/// A text of a line; empty if it is not there.
pub fn text<'a>(line: &'a Value, key: &str) -> &'a str {
    line.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// What simulated people did: lines labelled benign.
pub fn benign(lines: &[Value]) -> BTreeSet<Planned> {
    let of_people = lines.iter().filter(|line| text(line, "label") == "benign");
    of_people
        .map(|line| {
            let part = |key: &str| text(line, key).to_owned();
            (part("id"), part("kind"), part("actor"), part("due"))
        })
        .collect()
}

/// The mails of the ground truth, by their internet message id, in its order.
pub fn mails(lines: &[Value]) -> Vec<&str> {
    lines.iter().map(|line| text(line, "internet_message_id")).filter(|id| !id.is_empty()).collect()
}
