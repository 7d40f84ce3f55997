//! A deployment in Azure OpenAI: chat completions at an address of its own.

use super::settings::{MODEL, Reading, Target, below};

const API_KEY: &str = "AZURE_OPENAI_API_KEY";
const ENDPOINT: &str = "AZURE_OPENAI_ENDPOINT";
const DEPLOYMENT: &str = "AZURE_OPENAI_DEPLOYMENT";
const API_VERSION: &str = "AZURE_OPENAI_API_VERSION";

pub(super) const NAMES: &[&str] = &[API_KEY, ENDPOINT, DEPLOYMENT, API_VERSION];

/// Any of these means this provider, where none is named.
pub(super) const MARKS: &[&str] = &[API_KEY, ENDPOINT];

/// The stable version of the inference API.
const USUAL_VERSION: &str = "2024-10-21";

pub(super) fn target(reading: &Reading) -> Option<Target> {
    let key = reading.azure_key(&[API_KEY]);
    let endpoint = reading.need(&[ENDPOINT], "write it like https://RESOURCE.openai.azure.com");
    let name = reading.need(&[DEPLOYMENT, MODEL], "name the deployment that is to be asked");
    let endpoint = endpoint.and_then(|(name, value)| reading.address(name, value, true));
    let (name, version) = (name?.1, reading.get(API_VERSION).unwrap_or(USUAL_VERSION));
    let mut url = below(&endpoint?, &["openai", "deployments", name, "chat", "completions"]);
    url.query_pairs_mut().append_pair("api-version", version);
    Some(Target { url, key: key?, name: name.to_owned() })
}
