//! One exchange with an endpoint, as the ground truth shows it.

use crate::Instant;

/// As whom a request was sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Speaking {
    /// As the application, or as nobody.
    #[default]
    App,
    /// As a person, with a delegated token.
    Delegated,
}

/// One attempt of one request: enough to find it again in the tenant's own logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The server's `request-id`, where it gave one.
    pub request_id: Option<String>,
    /// Ours: `client-request-id`, the same for every attempt of a request.
    pub client_request_id: String,
    /// The batch it was part of.
    pub batch_id: Option<String>,
    /// As whom it was sent.
    pub auth: Speaking,
    /// The token's `uti` claim: joins to sign-in logs.
    pub token_uti: Option<String>,
    /// `GET`, ...
    pub method: String,
    /// Canonical path and query, without the base; for a pre-authenticated link its origin and `/*`, because the rest
    /// of such a link is a credential.
    pub path: String,
    /// The answer's status; none where no answer came.
    pub status: Option<u16>,
    /// When it left: UTC, milliseconds, on the session's clock.
    pub sent: Instant,
    /// When its answer had come; none where none came.
    pub received: Option<Instant>,
}
