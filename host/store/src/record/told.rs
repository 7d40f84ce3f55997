//! What is told: to programs, and to people.

use serde::{Deserialize, Serialize};

use super::Instant;

/// A line of the ground truth: its keys for order and counting, and the whole of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Unique in the deployment: the task's id, with `#n` from the second one on. A failed task that is planned again
    /// and comes to another end replaces its lines.
    pub id: String,
    /// What kind.
    pub kind: String,
    /// `benign`, `infrastructure`, ...
    pub label: String,
    /// `done`, `failed`, `denied`, `unknown`, `skipped`.
    pub status: String,
    /// When it was due.
    pub due: Instant,
    /// The exported object.
    pub line: serde_json::Value,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// For developers of workloads.
    Debug,
    /// Ordinary.
    Info,
    /// Worth a look.
    Warn,
    /// Wrong.
    Error,
}

/// A line for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// How much it matters.
    pub level: Level,
    /// `host` or `guest`.
    pub source: String,
    /// The task it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// Text, one line.
    pub message: String,
}
