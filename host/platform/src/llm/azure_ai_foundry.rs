//! The inference endpoint for models of Azure AI Foundry: one address for all models of a resource, which the body names.

use super::settings::{MODEL, Reading, Target, below, ends_with};

const API_KEY: &str = "AZURE_AI_FOUNDRY_API_KEY";
const ENDPOINT: &str = "AZURE_AI_FOUNDRY_ENDPOINT";
const OTHER_ENDPOINT: &str = "AZURE_AI_ENDPOINT";
const OWN_MODEL: &str = "AZURE_AI_FOUNDRY_MODEL";
const DEPLOYMENT: &str = "AZURE_AI_FOUNDRY_DEPLOYMENT";
const API_VERSION: &str = "AZURE_AI_FOUNDRY_API_VERSION";

pub(super) const NAMES: &[&str] = &[API_KEY, ENDPOINT, OTHER_ENDPOINT, OWN_MODEL, DEPLOYMENT, API_VERSION];

/// Any of these means this provider, where none is named.
pub(super) const MARKS: &[&str] = &[API_KEY, ENDPOINT, OTHER_ENDPOINT];

/// The version of the inference API that all models have.
const USUAL_VERSION: &str = "2024-05-01-preview";

/// Where a model has an endpoint of its own, and no `/models` in its address.
const OWN_ENDPOINTS: &str = ".models.ai.azure.com";

pub(super) fn target(reading: &Reading) -> Option<Target> {
    let key = reading.azure_key(&[API_KEY]);
    let endpoint = reading.need(&[ENDPOINT, OTHER_ENDPOINT], "write it like https://RESOURCE.services.ai.azure.com");
    let name = reading.need(&[OWN_MODEL, DEPLOYMENT, MODEL], "name the model or deployment that is to be asked");
    let endpoint = endpoint.and_then(|(name, value)| reading.address(name, value, true))?;
    let own = endpoint.host_str().is_some_and(|host| host.ends_with(OWN_ENDPOINTS));
    let base = if own || ends_with(&endpoint, "models") { endpoint } else { below(&endpoint, &["models"]) };
    let mut url = below(&base, &["chat", "completions"]);
    url.query_pairs_mut().append_pair("api-version", reading.get(API_VERSION).unwrap_or(USUAL_VERSION));
    Some(Target { url, key: key?, name: name?.1.to_owned() })
}
