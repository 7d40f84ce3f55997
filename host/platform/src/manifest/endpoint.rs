//! Where a workload may talk to, as whom, and which requests.
//!
//! The address comes from the tenant or stands in the manifest for the operator to read; a guest never chooses one. An
//! Entra token is worth a tenant, so it goes to one place only, the tenant's own Graph: an endpoint with another base
//! cannot ask for it.

use serde::Serialize;

use super::{Credential, word};
use crate::problems::{nearest, suggest};
use crate::yaml::Field;

/// The placeholder for the Graph endpoint of the tenant's cloud, or of a simulated tenant.
pub const GRAPH: &str = "{cloud.graph}";

/// The named policies that this host has.
pub const POLICIES: [&str; 1] = ["microsoft-graph"];

const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

/// One address that a workload may talk to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Endpoint {
    /// As the guest names it.
    pub name: String,
    /// `{cloud.graph}/v1.0` or `https://...`, without a slash at the end; see [`Endpoint::address`].
    pub base: String,
    /// As whom.
    pub auth: Auth,
    /// `POST /users/*/sendMail`: everything else is denied.
    pub allow: Vec<String>,
    /// `POST /users#/passwordProfile/password`: where the host may put a secret into a body.
    pub fills: Vec<String>,
    /// A policy of the host that understands the wire.
    pub policy: Option<String>,
}

impl Endpoint {
    /// The base, with the placeholder replaced by the tenant's Graph endpoint (`https://graph.microsoft.com`).
    pub fn address(&self, graph: &str) -> String {
        self.base.replacen(GRAPH, graph.trim_end_matches('/'), 1)
    }
}

/// As whom the host speaks. The fields are names of credentials, not their values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Auth {
    /// As nobody.
    None,
    /// As an application of the tenant (OAuth 2.0 client credentials).
    EntraClientCredentials {
        /// Holds the tenant's id.
        tenant: String,
        /// Holds the application's id.
        client_id: String,
        /// Holds the application's secret.
        client_secret: String,
    },
}

pub(super) fn read(field: &Field<'_>, credentials: &[Credential]) -> Option<Endpoint> {
    word(field.name).map_err(|why| field.problem(why)).ok()?;
    let fields = field.fields(&["base", "auth", "allow", "fills", "policy"])?;
    let address = fields.need("base", "write {cloud.graph}/v1.0 or https://...").and_then(|f| f.parse(base));
    let auth = fields.need("auth", "write { kind: none } or kind: entra-client-credentials");
    let auth = auth.and_then(|f| read_auth(&f, credentials)).unwrap_or(Auth::None);
    if auth != Auth::None
        && let Some(base) = &address
        && !base.starts_with(GRAPH)
    {
        fields.problem("auth", format!("a token of the tenant goes to {GRAPH} only; use kind: none for {base}"));
    }
    let policy = fields.get("policy").and_then(|f| f.parse(policy));
    // What the tenant's token opens is the host's to guard, whatever a package allows itself.
    if auth != Auth::None && fields.get("policy").is_none() {
        fields.problem(
            "policy",
            format!("missing; a token of the tenant goes out under one only: {}", POLICIES.join(", ")),
        );
    }
    let allow = rules(fields.need("allow", "list the requests, like \"GET /users/**\""), allow_rule);
    if let Some(allow_field) = fields.get("allow")
        && allow.is_empty()
        && allow_field.list().is_empty()
    {
        allow_field.problem("allows nothing; list the requests, like \"GET /users/**\", or leave the endpoint out");
    }
    Some(Endpoint {
        name: field.name.to_owned(),
        base: address.unwrap_or_default(),
        auth,
        allow,
        fills: rules(fields.get("fills"), fill_rule),
        policy,
    })
}

fn base(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix(GRAPH);
    let path = match (rest, text.strip_prefix("https://")) {
        (Some(path), _) if path.is_empty() || path.starts_with('/') => path,
        (None, Some(rest)) if !rest.is_empty() && !rest.starts_with('/') => rest,
        (None, None) if text.starts_with("http://") => {
            return Err("not encrypted; write https://".to_owned());
        }
        (None, None) if text.starts_with('{') => {
            return Err(format!("no such placeholder; there is {GRAPH}"));
        }
        _ => return Err(format!("not an address; write {GRAPH}/v1.0 or https://...")),
    };
    if path.contains(|c: char| "{}?#@\\".contains(c) || c.is_whitespace() || c.is_control()) {
        return Err("an address has a host and a path, without ?, #, @, placeholders or spaces".to_owned());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn policy(text: &str) -> Result<String, String> {
    match POLICIES.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("this host has no such policy; {}", suggest(text, POLICIES))),
    }
}

fn read_auth(field: &Field<'_>, credentials: &[Credential]) -> Option<Auth> {
    const KINDS: [&str; 2] = ["none", "entra-client-credentials"];
    let fields = field.fields(&["kind", "tenant", "client_id", "client_secret"])?;
    let kind = fields.need("kind", "write none or entra-client-credentials")?;
    let kind = kind.parse(|text| match KINDS.contains(&text) {
        true => Ok(text.to_owned()),
        false => Err(format!("no such kind; {}", suggest(text, KINDS))),
    })?;
    if kind == "none" {
        for extra in ["tenant", "client_id", "client_secret"].into_iter().filter_map(|key| fields.get(key)) {
            extra.problem("kind: none speaks as nobody; leave it out, or write kind: entra-client-credentials");
        }
        return Some(Auth::None);
    }
    let named = |key| fields.need(key, "name one of the credentials")?.parse(|text| declared(text, credentials));
    let (tenant, client_id, client_secret) = (named("tenant"), named("client_id"), named("client_secret"));
    Some(Auth::EntraClientCredentials { tenant: tenant?, client_id: client_id?, client_secret: client_secret? })
}

fn declared(text: &str, credentials: &[Credential]) -> Result<String, String> {
    let names = || credentials.iter().map(|c| c.name.as_str());
    if names().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    Err(match nearest(text, names()) {
        Some(near) => format!("not declared under credentials; did you mean {near}?"),
        None => "not declared under credentials; add it there".to_owned(),
    })
}

fn rules(field: Option<Field<'_>>, check: impl Fn(&str) -> Result<(), String>) -> Vec<String> {
    let items = field.map(|field| field.list()).unwrap_or_default();
    items.iter().filter_map(|item| item.parse(|text| check(text).map(|()| text.to_owned()))).collect()
}

/// `METHOD /path`. What `*`, `**` and parentheses mean is the engine's to say; here, that it is such a thing at all.
fn allow_rule(text: &str) -> Result<(), String> {
    let example = "write a method and a path, like \"GET /users/**\"";
    let (method, path) = text.split_once(' ').ok_or(format!("not a rule; {example}"))?;
    if !METHODS.contains(&method) {
        return Err(format!("its method is not one of {}; {example}", METHODS.join(", ")));
    }
    if !path.starts_with('/') || path.contains(|c: char| c.is_whitespace() || c.is_control() || "?#\\".contains(c)) {
        return Err(format!("not a path; {example}, without a query"));
    }
    if path.split('/').any(|part| part == "." || part == "..") {
        return Err(format!("a path without . and .. is needed; {example}"));
    }
    Ok(())
}

/// `METHOD /path#/pointer`.
fn fill_rule(text: &str) -> Result<(), String> {
    let example = "write it like \"POST /users#/passwordProfile/password\"";
    let (rule, pointer) = text.split_once('#').ok_or(format!("no JSON pointer; {example}"))?;
    if !pointer.starts_with('/') || pointer.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Err(format!("not a JSON pointer; {example}"));
    }
    allow_rule(rule).map_err(|_| format!("not a rule; {example}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_comes_from_the_tenant() {
        let endpoint = Endpoint {
            name: "graph".into(),
            base: base("{cloud.graph}/v1.0/").unwrap(),
            auth: Auth::None,
            allow: Vec::new(),
            fills: Vec::new(),
            policy: None,
        };
        assert_eq!(endpoint.address("https://graph.microsoft.com/"), "https://graph.microsoft.com/v1.0");
        assert_eq!(endpoint.address("http://127.0.0.1:8080"), "http://127.0.0.1:8080/v1.0");
    }

    #[test]
    fn a_base_is_the_tenants_graph_or_an_encrypted_address() {
        for good in ["{cloud.graph}", "{cloud.graph}/beta", "https://api.example.com", "https://h:8443/a/b"] {
            assert_eq!(base(good), Ok(good.to_owned()));
        }
        for bad in [
            "http://h",
            "{cloud.grpah}/v1.0",
            "{cloud.graph}.evil.com",
            "{cloud.graph}@evil.com",
            "https://",
            "https:///x",
            "https://u@h",
            "https://h/{x}",
            "https://h/?q",
            "ftp://h",
            "h",
            "",
        ] {
            assert!(base(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rules_name_a_method_and_a_path() {
        for good in ["GET /users/**", "POST /users/*/sendMail", "PATCH /groups(uniqueName='*')"] {
            assert_eq!(allow_rule(good), Ok(()));
        }
        for bad in
            ["/users", "GET users", "get /users", "GET /users?x", "GET  /users", "GET /a/../b", "HEAD /x", "* /x"]
        {
            assert!(allow_rule(bad).is_err(), "{bad}");
        }
        assert_eq!(fill_rule("POST /users#/passwordProfile/password"), Ok(()));
        for bad in ["POST /users", "POST /users#", "POST /users#password", "users#/x"] {
            assert!(fill_rule(bad).is_err(), "{bad}");
        }
    }
}
