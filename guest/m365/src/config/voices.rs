//! How workers come to speak for themselves in Teams, which takes ordinary messages from people only.

use serde::Deserialize;

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
    /// Nobody speaks: no Teams.
    Off,
}

impl TeamsMode {
    /// Whether passwords are redeemed, and so must be kept until they are.
    pub fn has_passwords(self) -> bool {
        matches!(self, TeamsMode::Auto | TeamsMode::Delegated)
    }
}
