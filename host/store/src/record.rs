//! The vocabulary of the log: everything that can happen to a deployment.
//!
//! Records are facts in the past tense and carry all that their projections need; they never say "look it up". They
//! are stored as JSON with the variant's name as tag, so a log can be read with any tool, and unknown fields of an
//! older or newer minor version do not hurt.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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

/// A language model. No secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// `anthropic`, `azure_openai`, ...
    pub provider: String,
    /// The model's or deployment's name, as the provider knows it.
    pub name: String,
}

/// How asking a language model ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Asking {
    /// With an answer.
    Answered,
    /// Without one.
    Failed,
    /// Before anything was sent: no model, or no budget left.
    Refused,
}

/// The deployment as it was accepted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acceptance {
    /// What runs.
    pub component: Component,
    /// The number that all chance comes from.
    pub seed: u64,
    /// The full config, defaults filled in.
    pub config: serde_json::Value,
    /// Tags, in the order given.
    pub tags: Vec<(String, String)>,
    /// The tenant.
    pub tenant: Tenant,
    /// When it ends by itself; none: when it is stopped.
    pub until: Option<Instant>,
    /// Clean up as soon as it is over.
    pub then_cleanup: bool,
    /// What the tenant permitted of each of the workload's features when the deployment was accepted. It stays as it was
    /// then: a plan is the same whenever it is asked for.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub features: BTreeMap<String, Grant>,
}

/// What a tenant permits of a feature.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Whether nothing that the feature needs is surely missing.
    pub granted: bool,
    /// Permissions that it needs and the application surely lacks.
    #[serde(default)]
    pub missing: Vec<String>,
    /// Permissions that the token does not show, and that may be there all the same: only trying tells.
    #[serde(default)]
    pub untold: Vec<String>,
}

/// A component, as installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Component {
    /// The workload's name.
    pub workload: String,
    /// Its version.
    pub version: String,
    /// SHA-256 of the component's bytes, in hex.
    pub digest: String,
    /// Where the registry keeps it, relative to the registry's folder.
    pub path: String,
}

/// Where a deployment acts. No secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// The name of its clock and budget: the tenant's id, or `simulated:<id>`.
    pub name: String,
    /// The Entra tenant id.
    pub tenant_id: String,
    /// The application's id.
    pub app_id: String,
    /// `https://login.microsoftonline.com`, or where a simulated tenant listens.
    pub login: String,
    /// `https://graph.microsoft.com`, or where a simulated tenant listens.
    pub graph: String,
    /// Whether it announced itself as simulated: its time is virtual.
    pub simulated: bool,
}

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

/// As whom a request was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Auth {
    /// As the application, or as nobody.
    #[default]
    App,
    /// As a person.
    Delegated,
}

/// One HTTP exchange with an endpoint, as the ground truth shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The server's `request-id`, where it gave one.
    pub request_id: Option<String>,
    /// Ours.
    pub client_request_id: String,
    /// The batch it was part of.
    pub batch_id: Option<String>,
    /// As whom. Not in logs that are older than people's tokens, and not where it says nothing new.
    #[serde(default, skip_serializing_if = "is_default")]
    pub auth: Auth,
    /// The token's `uti` claim: joins to sign-in logs.
    pub token_uti: Option<String>,
    /// `GET`, ...
    pub method: String,
    /// Canonical path and query, without the base.
    pub path: String,
    /// The answer's status; none where no answer came.
    pub status: Option<u16>,
    /// When it left.
    pub sent: Instant,
    /// When its answer came.
    pub received: Option<Instant>,
}

/// The answer to a `once` request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    #[serde(with = "bytes")]
    pub body: Vec<u8>,
    /// How it went over the wire: for the activity's record, also after a rerun.
    pub exchange: Exchange,
}

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

/// Whether a value goes without saying.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Bytes in JSON: as text where they are UTF-8, else as base64 behind a NUL, which no text of ours begins with.
mod bytes {
    use base64::Engine;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        match std::str::from_utf8(bytes) {
            Ok(text) if !text.starts_with('\0') => serializer.serialize_str(text),
            _ => serializer.serialize_str(&format!("\0{}", base64::engine::general_purpose::STANDARD.encode(bytes))),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.strip_prefix('\0') {
            Some(encoded) => {
                base64::engine::general_purpose::STANDARD.decode(encoded).map_err(serde::de::Error::custom)
            }
            None => Ok(text.into_bytes()),
        }
    }
}

/// The same, where there may be none.
mod optional_bytes {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    struct Wrapped(#[serde(with = "super::bytes")] Vec<u8>);

    pub(super) fn serialize<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
        bytes.clone().map(Wrapped).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
        Ok(Option::<Wrapped>::deserialize(deserializer)?.map(|wrapped| wrapped.0))
    }
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
