//! The vocabulary of the log: everything that can happen to a deployment.
//!
//! Records are facts in the past tense and carry all that their projections need; they never say "look it up". They
//! are stored as JSON with the variant's name as tag, so a log can be read with any tool, and unknown fields of an
//! older or newer minor version do not hurt.

mod acceptance;
mod bytes;
mod optional_bytes;
mod standing;
mod task;
mod told;
mod wire;

use serde::{Deserialize, Serialize};

pub use self::acceptance::{Acceptance, Component, Grant, Model, Tenant};
pub use self::standing::{Condition, Desired, PlanFunction, Status, Wake};
pub use self::task::{Problem, Stage, Task, Write};
pub use self::told::{Activity, Level, Line};
pub use self::wire::{Answer, Asking, Auth, Exchange};

/// UTC, milliseconds since 1970. A home keeps them up to `i64::MAX`; whatever lies beyond is kept as that.
pub type Instant = u64;

/// One fact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Record {
    /// The deployment was accepted: always the first record, exactly once.
    Accepted(Box<Acceptance>),
    /// Somebody wants it to run, to rest, or to be gone. Durable before it is acknowledged.
    Desired {
        /// What is wanted.
        desired: Desired,
    },
    /// Its status or phase changed.
    Moved {
        /// The status now.
        status: Status,
        /// The workload's own word.
        phase: String,
        /// One line for people; empty for none.
        reason: String,
    },
    /// Its condition changed; `None` clears it.
    Conditioned {
        /// The condition now.
        condition: Option<Condition>,
    },
    /// A host took it up (at its start, or after a restart).
    Taken {
        /// The host's id.
        host: String,
    },
    /// A planning function answered.
    Planned {
        /// `deploy`, `cycle`, `stop`, `cleanup`.
        function: PlanFunction,
        /// Tasks that were not known before, or had failed: they are open now, with a fresh count of attempts.
        tasks: Vec<Task>,
        /// Open tasks that become skipped. One whose `once` request is out stays: it is settled, not cancelled.
        cancelled: Vec<String>,
        /// When to ask again.
        wake: Wake,
        /// State written.
        writes: Vec<Write>,
    },
    /// A task ended well. Its activities, follow-ups and state are part of the same fact.
    Done {
        /// The task.
        task: String,
        /// The ground truth.
        activities: Vec<Activity>,
        /// New open tasks.
        follow_ups: Vec<Task>,
        /// State written.
        writes: Vec<Write>,
        /// Requests of this attempt.
        exchanges: Vec<Exchange>,
    },
    /// A task's attempt ended badly, and it will run again.
    Retried {
        /// The task.
        task: String,
        /// Why.
        problem: Problem,
        /// When it runs again.
        next: Instant,
        /// Whether this attempt counts against the limit of attempts.
        counts: bool,
        /// Requests of this attempt, kept for the activity's record.
        exchanges: Vec<Exchange>,
    },
    /// A task is over without success.
    Ended {
        /// The task.
        task: String,
        /// [`Stage::Failed`], [`Stage::Skipped`] or [`Stage::Unknown`].
        stage: Stage,
        /// Why.
        problem: Problem,
        /// Its line in the ground truth, where it has one.
        activities: Vec<Activity>,
        /// Requests of this attempt.
        exchanges: Vec<Exchange>,
    },
    /// A `once` request is about to leave: durable before its first byte.
    Sending {
        /// The task.
        task: String,
        /// The `client-request-id`.
        request_id: String,
        /// SHA-256 of the canonical request, in hex.
        digest: String,
        /// The canonical method and target, for people.
        line: String,
    },
    /// Its answer came.
    Answered {
        /// The task.
        task: String,
        /// The `client-request-id`.
        request_id: String,
        /// The answer as the guest sees it: a rerun receives it again.
        answer: Answer,
    },
    /// It is known that it took no effect: it may be sent again.
    Withdrawn {
        /// The task.
        task: String,
        /// The `client-request-id`.
        request_id: String,
    },
    /// A task's `once` request left and no answer came: it is to be settled at `next`.
    Doubted {
        /// The task.
        task: String,
        /// When to look.
        next: Instant,
        /// Why.
        problem: Problem,
        /// Requests of this attempt, kept for the activity's record.
        exchanges: Vec<Exchange>,
    },
    /// A thing is about to be created. An entry that stands is left as it is; a released one begins anew.
    Intended {
        /// `user`, `group`, ...
        kind: String,
        /// Its name.
        name: String,
    },
    /// It exists.
    Created {
        /// `user`, `group`, ...
        kind: String,
        /// Its name.
        name: String,
        /// The tenant's id.
        remote_id: String,
    },
    /// It is proved gone.
    Released {
        /// `user`, `group`, ...
        kind: String,
        /// Its name.
        name: String,
    },
    /// A secret, sealed with the home's key. The ciphertext it replaces is erased from the log. Always flushed: a
    /// tenant may know it soon. An empty ciphertext is one that was erased.
    Sealed {
        /// Its name.
        name: String,
        /// Ciphertext.
        #[serde(with = "bytes")]
        sealed: Vec<u8>,
    },
    /// A secret is forgotten: its ciphertext is erased from the log, too. Always flushed: no power cut brings it back.
    Forgot {
        /// Its name.
        name: String,
    },
    /// State written by `migrate` at an upgrade, and the component that goes on.
    Upgraded {
        /// The new component.
        component: Component,
        /// State written.
        writes: Vec<Write>,
    },
    /// The language model that the deployment may ask from now on; none, where there is none for it.
    Equipped {
        /// Which.
        model: Option<Model>,
    },
    /// A language model was asked, or was not because the host refused.
    Asked {
        /// The task that asked.
        task: String,
        /// How it ended.
        ending: Asking,
        /// Tokens read.
        input_tokens: u64,
        /// Tokens written.
        output_tokens: u64,
        /// Why there was no answer; none where there was one.
        problem: Option<Problem>,
    },
    /// A line for people.
    Line(Line),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_text_and_text_that_looks_like_them_come_back_as_they_were() {
        for value in [b"plain".to_vec(), vec![0xff, 0x00], b"\0AAAA".to_vec(), Vec::new()] {
            let record = Record::Sealed { name: "n".into(), sealed: value };
            let text = serde_json::to_string(&record).unwrap();
            assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record);
        }
    }

    #[test]
    fn a_request_of_a_log_from_before_people_spoke_was_the_applications() {
        let old = r#"{"request_id":null,"client_request_id":"c","batch_id":null,"token_uti":null,"method":"GET","path":"/",
            "status":null,"sent":1,"received":null}"#;
        let read: Exchange = serde_json::from_str(old).unwrap();
        assert_eq!(read.auth, Auth::App);
        assert!(!serde_json::to_string(&read).unwrap().contains("auth"));
        let delegated = Exchange { auth: Auth::Delegated, ..read };
        let text = serde_json::to_string(&delegated).unwrap();
        assert!(text.contains(r#""auth":"delegated""#), "{text}");
        assert_eq!(serde_json::from_str::<Exchange>(&text).unwrap(), delegated);
    }

    #[test]
    fn a_field_of_a_later_version_does_not_hurt() {
        let record = serde_json::from_str::<Record>(r#"{"is":"taken","host":"h","mood":"good"}"#).unwrap();
        assert_eq!(record, Record::Taken { host: "h".into() });
    }
}
