//! As whom requests go out: as the application, or as the workers themselves; and how these come to speak for themselves
//! in Teams, which takes ordinary messages from people only.

use serde::Deserialize;

/// As whom mail, meetings and documents are made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActAs {
    /// As the application, on the workers' behalf: one application and one address in the logs.
    #[default]
    App,
    /// As each worker, with a token of its own: detections on users see who it was.
    Delegated,
}

/// How workers sign in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TeamsMode {
    /// The host redeems each worker's generated password, if the tenant lets the first of them in so. Otherwise there is
    /// no Teams, and the status says why.
    #[default]
    Auto,
    /// The same, each worker for itself.
    Delegated,
    /// People sign in with a code, once.
    DeviceCode,
    /// Nobody signs in: the application imports what they say, under their names.
    Migration,
    /// Nobody speaks: no Teams.
    Off,
}

impl TeamsMode {
    /// Whether passwords are redeemed, and so must be kept until they are.
    pub fn has_passwords(self) -> bool {
        matches!(self, TeamsMode::Auto | TeamsMode::Delegated)
    }
}
