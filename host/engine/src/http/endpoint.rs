//! Where requests go, and as whom.

use std::sync::Arc;

use super::secret::Secret;
use super::{allow, fills};

/// An endpoint of a manifest, with the tenant's values filled in.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// The name that guests use.
    pub name: String,
    /// `https://graph.microsoft.com/v1.0`: scheme, host, path; no `/` at the end is needed.
    pub base: String,
    /// As whom.
    pub auth: Auth,
    /// What is permitted; everything else is denied.
    pub allow: Vec<allow::Rule>,
    /// Where secrets may be put.
    pub fills: Vec<fills::Rule>,
}

/// How the host says who it is.
#[derive(Clone, Debug)]
pub enum Auth {
    /// Not at all.
    None,
    /// OAuth 2.0 client credentials at Microsoft Entra ID (RFC 6749, 4.4).
    ClientCredentials {
        /// `https://login.microsoftonline.com`.
        authority: String,
        /// The tenant: a GUID or a domain.
        tenant: String,
        /// The application.
        client_id: String,
        /// Its secret.
        client_secret: Arc<Secret>,
        /// `https://graph.microsoft.com/.default`.
        scope: String,
    },
}
