//! What went over the wire.

use serde::{Deserialize, Serialize};

use super::{Instant, bytes};

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

/// Whether a value goes without saying.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
