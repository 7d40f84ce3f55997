//! A line of the ground truth, as far as it is examined.

use std::io::BufRead;

use chrono::DateTime;
use serde::{Deserialize, Deserializer};

use crate::Problem;

/// Milliseconds since 1970, UTC.
pub type Instant = u64;

/// A line of `haymaker export`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
#[expect(missing_docs, reason = "the export's own names, which `haymaker_platform::truth` explains")]
pub struct Line {
    pub id: String,
    pub deployment: String,
    pub kind: String,
    pub label: Option<String>,
    pub status: String,
    #[serde(deserialize_with = "moment")]
    pub due: Instant,
    #[serde(deserialize_with = "moment")]
    pub at: Instant,
    pub upn: Option<String>,
    pub department: Option<String>,
    pub time_zone: Option<String>,
    pub recipients: Vec<String>,
    pub object_id: Option<String>,
    pub internet_message_id: Option<String>,
    pub in_reply_to: Option<String>,
    pub chat_id: Option<String>,
    pub channel_id: Option<String>,
    pub ical_uid: Option<String>,
    pub series: Option<String>,
    pub response: Option<String>,
    #[serde(deserialize_with = "maybe")]
    pub start: Option<Instant>,
    #[serde(deserialize_with = "maybe")]
    pub end: Option<Instant>,
}

impl Line {
    /// The chat or channel that it happened in, within which ids of messages are unique.
    pub fn room(&self) -> Option<&str> {
        self.chat_id.as_deref().or(self.channel_id.as_deref())
    }

    /// Whether simulated people did this, and it happened.
    pub fn is_benign(&self) -> bool {
        self.label.as_deref() == Some("benign") && self.status == "done"
    }

    /// Whether simulated people did this or were to, whatever became of it. What did not happen has no label.
    pub fn is_meant(&self) -> bool {
        let of_people = ["email.", "teams.", "calendar.", "document."].iter().any(|area| self.kind.starts_with(area));
        of_people && self.label.as_deref().is_none_or(|label| label == "benign")
    }
}

/// Reads JSON Lines.
///
/// # Errors
/// The first line that is none of an export, by its number.
pub fn read(lines: impl BufRead) -> Result<Vec<Line>, Problem> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(lines.lines()) {
        let line = line.map_err(Problem::Unreadable)?;
        if line.trim().is_empty() {
            continue;
        }
        let line: Line = serde_json::from_str(&line).map_err(|why| Problem::NoLine { number, why })?;
        if line.kind.is_empty() || line.status.is_empty() || line.due == 0 {
            return Err(Problem::NoActivity { number });
        }
        all.push(line);
    }
    Ok(all)
}

fn parse(text: &str) -> Result<Instant, String> {
    let moment = DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.timestamp_millis());
    moment.and_then(|moment| Instant::try_from(moment).ok()).ok_or_else(|| format!("`{text}` is no moment"))
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
}

fn maybe<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Instant>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    text.map(|text| parse(&text)).transpose().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_what_is_null_or_absent() {
        let text = r#"{"kind":"email.send","status":"done","label":"benign","due":"2026-01-05T08:00:00.001Z",
            "at":"2026-01-05T08:00:01.000Z","recipients":["a@b"],"upn":null,"requests":[{"path":"/x"}]}"#;
        let read = read(text.replace('\n', "").as_bytes()).unwrap();
        assert_eq!((read[0].due, read[0].at), (1_767_600_000_001, 1_767_600_001_000));
        assert!(read[0].is_benign() && read[0].upn.is_none() && read[0].start.is_none());
    }

    #[test]
    fn what_is_no_export_is_told_by_its_line() {
        let good = r#"{"kind":"k","status":"done","due":"2026-01-05T08:00:00Z","at":"2026-01-05T08:00:00Z"}"#;
        let wrong = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(wrong(&format!("{good}\n\nnonsense")).starts_with("line 3 is no line of an export"));
        assert!(wrong(&format!("{good}\n{{}}")).starts_with("line 2 is no activity"));
        assert!(wrong(&good.replace("08:00:00Z", "soon")).contains("is no moment"));
    }
}
