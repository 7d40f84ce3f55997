//! A deployment as it was accepted: what runs where, with which config.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Instant;

/// A language model. No secrets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Model {
    /// `anthropic`, `azure_openai`, ...
    pub provider: String,
    /// The model's or deployment's name, as the provider knows it.
    pub name: String,
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
