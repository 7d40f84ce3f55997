//! What somebody wants of a deployment, where it is, and when it is asked again.

use serde::{Deserialize, Serialize};

use super::Instant;

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Desired {
    /// To run.
    Running,
    /// To rest, with everything it made left in place.
    Stopped,
    /// To be gone.
    Removed,
}

/// Where it is: `pending -> running <-> stopped -> cleaning_up -> completed | failed`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Accepted, not begun.
    Pending,
    /// At work.
    Running,
    /// At rest; `start` goes on.
    Stopped,
    /// Taking away what it made.
    CleaningUp,
    /// Over, well.
    Completed,
    /// Over, not well.
    Failed,
}

/// What stands beside the status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Condition {
    /// Credentials are missing, by name.
    Blocked {
        /// `KW_CLIENT_SECRET`, ...
        names: Vec<String>,
    },
    /// No progress: waiting on these tasks.
    Stuck {
        /// Task ids.
        ids: Vec<String>,
    },
    /// Stopped by the host for what it tried.
    Frozen {
        /// In words.
        why: String,
    },
    /// Its workload keeps failing.
    Quarantined {
        /// In words.
        why: String,
    },
}

/// Planning functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PlanFunction {
    /// Until it runs.
    Deploy,
    /// While it runs.
    Cycle,
    /// Until it rests.
    Stop,
    /// Until it is gone.
    Cleanup,
}

/// When to plan again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Wake {
    /// At this moment.
    At {
        /// UTC, milliseconds.
        at: Instant,
    },
    /// When no task is open.
    WhenIdle,
    /// Never: this function is done.
    Done {
        /// Whether well.
        success: bool,
        /// One line for people.
        reason: String,
    },
}
