//! The environment that goes along with a command.
//!
//! Credentials are given by environment variables, and the host is another process, perhaps started long ago from
//! another shell. So a command that acts sends along what its own environment says: over the socket, never in the
//! host's environment (which `ps e` shows) or arguments, and no more than what workloads can ask for.

use std::collections::BTreeMap;

use haymaker_platform::llm::settings;
use haymaker_platform::manifest::Manifest;
use haymaker_platform::tenants::{GRAPH_ENDPOINT, LOGIN_ENDPOINT};

/// What begins like this is a credential by convention, also of workloads that are installed later.
const PREFIXES: [&str; 2] = ["KW_", "AZURE_"];

/// The variables that a host may need: those that manifests name as credentials, those that are credentials by
/// convention, those of a language model where a workload may ask one, and where the clouds are.
pub(crate) fn gather<'a>(manifests: impl IntoIterator<Item = &'a Manifest>) -> BTreeMap<String, String> {
    let mut named: Vec<&str> = Vec::new();
    for manifest in manifests {
        named.extend(manifest.credentials.iter().map(|credential| credential.name.as_str()));
        if manifest.llm.is_some() {
            named.extend(settings::names().map(|name| -> &str { name }));
        }
    }
    choose(
        std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))),
        &named,
    )
}

fn choose(all: impl Iterator<Item = (String, String)>, named: &[&str]) -> BTreeMap<String, String> {
    all.filter(|(name, value)| {
        let asked = named.contains(&name.as_str()) || [LOGIN_ENDPOINT, GRAPH_ENDPOINT].contains(&name.as_str());
        !value.is_empty() && (asked || PREFIXES.iter().any(|prefix| name.starts_with(prefix)))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_a_workload_can_ask_for_goes_along() {
        let all = [
            ("KW_CLIENT_SECRET", "s"),
            ("KW_EMPTY", ""),
            ("OTHER_TOKEN", "t"),
            ("HOME", "/root"),
            ("AWS_SECRET_ACCESS_KEY", "no"),
            ("HAYMAKER_GRAPH_ENDPOINT", "http://127.0.0.1:1"),
        ];
        let all = all.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
        let names: Vec<String> = choose(all, &["OTHER_TOKEN"]).into_keys().collect();
        assert_eq!(names, ["HAYMAKER_GRAPH_ENDPOINT", "KW_CLIENT_SECRET", "OTHER_TOKEN"]);
    }
}
