//! Tasks: what is planned, and what became of it.

use serde::{Deserialize, Serialize};

use super::{Exchange, Instant, optional_bytes};

/// A task, as planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Unique in the deployment.
    pub id: String,
    /// What kind of work.
    pub kind: String,
    /// Who does it.
    pub actor: String,
    /// JSON text for the guest.
    pub payload: String,
    /// Not before.
    pub due: Instant,
    /// Not after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Instant>,
    /// One line for people.
    pub summary: String,
    /// Requests of the tasks it follows from: they belong to its activity.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inherited: Vec<Exchange>,
}

/// Where a task stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waiting, running, or in doubt.
    Open,
    /// Done.
    Done,
    /// Failed for good.
    Failed,
    /// Expired or cancelled.
    Skipped,
    /// Nobody can tell.
    Unknown,
}

/// A state key and its new value; none removes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// The key.
    pub key: String,
    /// The value.
    #[serde(with = "optional_bytes")]
    pub value: Option<Vec<u8>>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The contract's `problem-kind`, or `trap`, `timeout`, ... for the host's own.
    pub kind: String,
    /// Stable, for programs.
    pub code: String,
    /// For people.
    pub message: String,
}
