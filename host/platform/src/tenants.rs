//! Tenants as this host reaches them: where they are, whether they are simulated, and whose clock runs there.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use haymaker_engine::Instant;
use haymaker_engine::http::Gateway;
use haymaker_store::Tenant;

use crate::clock::Timeline;

/// The environment's names for where to sign in and where Graph is; without them, Microsoft's global cloud.
pub const LOGIN_ENDPOINT: &str = "HAYMAKER_LOGIN_ENDPOINT";
/// See [`LOGIN_ENDPOINT`].
pub const GRAPH_ENDPOINT: &str = "HAYMAKER_GRAPH_ENDPOINT";

const GLOBAL_LOGIN: &str = "https://login.microsoftonline.com";
const GLOBAL_GRAPH: &str = "https://graph.microsoft.com";

/// Where a tenant is reached, before anybody knocked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Where to sign in.
    pub login: String,
    /// Where Graph is.
    pub graph: String,
}

impl Address {
    /// From the environment that came with a command.
    ///
    /// # Errors
    ///
    /// If only one of the two is given, or one is not an address.
    pub fn from_environment(environment: &BTreeMap<String, String>) -> Result<Address, String> {
        let get = |name: &str| environment.get(name).filter(|value| !value.is_empty());
        let (login, graph) = match (get(LOGIN_ENDPOINT), get(GRAPH_ENDPOINT)) {
            (None, None) => (GLOBAL_LOGIN.to_owned(), GLOBAL_GRAPH.to_owned()),
            (Some(login), Some(graph)) => (login.clone(), graph.clone()),
            (Some(_), None) => return Err(format!("{LOGIN_ENDPOINT} is set and {GRAPH_ENDPOINT} is not; set both")),
            (None, Some(_)) => return Err(format!("{GRAPH_ENDPOINT} is set and {LOGIN_ENDPOINT} is not; set both")),
        };
        for (name, value) in [(LOGIN_ENDPOINT, &login), (GRAPH_ENDPOINT, &graph)] {
            let url = reqwest::Url::parse(value).map_err(|error| format!("{name} is not an address: {error}"))?;
            let loopback = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
            if url.scheme() != "https" && !(url.scheme() == "http" && loopback) {
                return Err(format!("{name} must begin with https:// (http:// is for this machine only)"));
            }
            if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.path() != "/" {
                return Err(format!("{name} must be scheme, host and port only, like {GLOBAL_GRAPH}"));
            }
        }
        let trim = |text: String| text.trim_end_matches('/').to_owned();
        Ok(Address { login: trim(login), graph: trim(graph) })
    }

    /// The scope of a token for Graph here. Microsoft's clouds want their own name; a simulated tenant takes the global.
    pub fn scope(&self) -> String {
        let host = if self.graph.starts_with("https://") { &self.graph } else { GLOBAL_GRAPH };
        format!("{host}/.default")
    }
}

/// The clocks of all tenants of this host, by tenant name.
#[derive(Default)]
pub struct Clocks(Mutex<BTreeMap<String, Timeline>>);

impl Clocks {
    /// The clock of a simulated tenant: at least `now`, at `speed`.
    fn simulated(&self, name: &str, now: Instant, speed: Option<f64>) -> Timeline {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let clock = all.entry(name.to_owned()).or_insert_with(|| Timeline::simulated(now, speed)).clone();
        drop(all);
        clock.at_least(now);
        clock
    }
}

/// The name of the tenant of workloads that act in none: the machine's own clock, and nowhere to go.
pub const NOWHERE: &str = "none";

/// Knocks at an address: is a simulated tenant there, and what is its clock? `who` is the tenant's id and the
/// application's; a workload that acts as nobody goes nowhere, but keeps a simulated tenant's time where one is named.
///
/// `floor` tells the latest moment that the store knows of a tenant of that name: a clock never goes back.
///
/// # Errors
///
/// In words, if nobody answers.
pub async fn connect(
    gateway: &Arc<Gateway>,
    clocks: &Clocks,
    address: &Address,
    who: Option<(String, String)>,
    floor: impl FnOnce(&str) -> Instant,
) -> Result<(Tenant, Timeline), String> {
    let acts = who.is_some();
    let (tenant_id, app_id) = who.unwrap_or_default();
    let named = address.graph != GLOBAL_GRAPH;
    let announced = if acts || named {
        let url = reqwest::Url::parse(&address.graph).map_err(|error| format!("{}: {error}", address.graph))?;
        gateway.probe(&url).await?
    } else {
        None
    };
    let (name, clock, simulated) = match announced {
        Some(tenant) => {
            let name = format!("simulated:{}", tenant.tenant_id);
            let clock = clocks.simulated(&name, tenant.now.max(floor(&name)), tenant.speed);
            (name, clock, true)
        }
        None if acts => (tenant_id.clone(), Timeline::Real, false),
        None => (NOWHERE.to_owned(), Timeline::Real, false),
    };
    let Address { login, graph } = address.clone();
    Ok((Tenant { name, tenant_id, app_id, login, graph, simulated }, clock))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn without_endpoints_the_global_cloud_is_meant() {
        let address = Address::from_environment(&environment(&[])).unwrap();
        assert_eq!(address.scope(), "https://graph.microsoft.com/.default");
    }

    #[test]
    fn endpoints_are_given_together_and_are_safe_addresses() {
        let one = Address::from_environment(&environment(&[(GRAPH_ENDPOINT, "http://127.0.0.1:1")])).unwrap_err();
        assert!(one.contains("HAYMAKER_LOGIN_ENDPOINT is not; set both"), "{one}");
        for bad in ["http://graph.example.com", "nonsense", "https://a:b@example.com", "https://example.com/v1.0"] {
            let pairs = environment(&[(GRAPH_ENDPOINT, bad), (LOGIN_ENDPOINT, "http://127.0.0.1:1")]);
            assert!(Address::from_environment(&pairs).is_err(), "{bad}");
        }
        let local = environment(&[(GRAPH_ENDPOINT, "http://127.0.0.1:1/"), (LOGIN_ENDPOINT, "http://127.0.0.1:1/")]);
        assert_eq!(Address::from_environment(&local).unwrap().graph, "http://127.0.0.1:1");
    }
}
