//! The blast radius in Microsoft Graph: a deployment touches what it made, and writes to its own workers only.
//!
//! Everything is decided from the request as it will be sent and from the ledger, never from what a guest says of
//! itself. What the policy does not know, it denies: a new path needs a rule here before a manifest can use it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Denial, Policy};
use haymaker_store::Error;
use serde_json::Value;

use crate::grants::Records;

/// Ledger entries are read in pages of this size.
const PAGE: usize = 1_000;

/// The policy for one deployment.
pub struct MicrosoftGraph {
    records: Arc<Records>,
    /// Names and ids of every user that the ledger ever listed, in lower case: a directory compares them so. It only
    /// grows, so a hit is always right, and a miss is looked up again.
    people: Mutex<BTreeSet<String>>,
}

impl MicrosoftGraph {
    /// The policy for the deployment of these records.
    pub fn new(records: Arc<Records>) -> MicrosoftGraph {
        MicrosoftGraph { records, people: Mutex::default() }
    }

    fn decide(&self, request: &Canonical) -> Result<(), Denial> {
        let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
        match (request.method, segments.as_slice()) {
            ("GET", ["domains" | "organization" | "subscribedSkus"] | ["organization" | "domains", _]) => Ok(()),
            ("GET", ["users"] | ["directory", "deletedItems", "microsoft.graph.user" | "graph.user"]) => {
                self.listing(request)
            }
            ("POST", ["users"]) => self.creation(request),
            (_, ["users", user]) | ("GET" | "DELETE", ["directory", "deletedItems", user]) => self.subject(user),
            (_, ["users", user, rest @ ..]) => {
                self.subject(user)?;
                match rest {
                    ["assignLicense" | "revokeSignInSessions" | "licenseDetails"]
                    | ["messages" | "mailFolders" | "sendMail", ..] => self.recipients(request),
                    _ => Err(denial("path", format!("{} is not covered by the policy", request.target))),
                }
            }
            _ => Err(denial("path", format!("{} is not covered by the policy", request.target))),
        }
    }

    /// A list is a look at everybody: it must be narrowed to the deployment's own.
    fn listing(&self, request: &Canonical) -> Result<(), Denial> {
        let filter = request.option("filter").unwrap_or_default();
        let quoted = filter.strip_suffix('\'').and_then(|rest| rest.split_once(" eq '"));
        let own = match quoted {
            Some(("employeeType", tag)) => tag == self.tag(),
            Some(("userPrincipalName" | "mail", name)) => self.knows(name).map_err(|error| broken(&error))?,
            _ => false,
        };
        if own {
            return Ok(());
        }
        let why = "users are listed by `employeeType eq '<the deployment's tag>'` or by a name in the ledger only";
        Err(denial("listing", format!("{}: {why}", request.target)))
    }

    /// A user is created under a name that the ledger intends, with the tag by which it is found again.
    fn creation(&self, request: &Canonical) -> Result<(), Denial> {
        let text = |key: &str| request.json.as_ref().and_then(|body| body.get(key)).and_then(Value::as_str);
        let name = text("userPrincipalName").unwrap_or_default();
        if !self.knows(name).map_err(|error| broken(&error))? {
            return Err(denial("intent", format!("{name:?} is created without an intent in the ledger")));
        }
        if text("employeeType") != Some(self.tag().as_str()) {
            return Err(denial("tag", format!("{name:?} is created without `employeeType` {:?}", self.tag())));
        }
        Ok(())
    }

    fn subject(&self, user: &str) -> Result<(), Denial> {
        if self.knows(user).map_err(|error| broken(&error))? {
            return Ok(());
        }
        Err(denial("subject", format!("{user:?} is not one of this deployment's users")))
    }

    /// Every address anywhere in the body is one of the deployment's workers.
    fn recipients(&self, request: &Canonical) -> Result<(), Denial> {
        if request.method != "GET" && !request.body.is_empty() && request.json.is_none() {
            return Err(denial("body", format!("{} has a body that is not JSON", request.target)));
        }
        let mut addresses = Vec::new();
        if let Some(body) = &request.json {
            collect_addresses(body, false, &mut addresses);
        }
        for address in addresses {
            if !self.knows(address).map_err(|error| broken(&error))? {
                return Err(denial("recipient", format!("{address:?} is not one of this deployment's workers")));
            }
        }
        Ok(())
    }

    fn tag(&self) -> String {
        format!("haymaker:{}", self.records.deployment)
    }

    fn knows(&self, user: &str) -> Result<bool, Error> {
        let wanted = user.to_lowercase();
        let mut people = self.people.lock().unwrap_or_else(PoisonError::into_inner);
        if people.contains(&wanted) {
            return Ok(true);
        }
        let mut after: Option<(String, String)> = None;
        loop {
            let from = after.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()));
            let page = self.records.store.ledger(&self.records.deployment, from, true, PAGE)?;
            after = page.last().map(|entry| (entry.kind.clone(), entry.name.clone()));
            let full = page.len() == PAGE;
            for entry in page.into_iter().filter(|entry| entry.kind == "user") {
                people.insert(entry.name.to_lowercase());
                people.extend(entry.remote_id.map(|id| id.to_lowercase()));
            }
            if !full {
                return Ok(people.contains(&wanted));
            }
        }
    }
}

impl Policy for MicrosoftGraph {
    fn check<'a>(&'a self, request: &'a Canonical) -> Pending<'a, Result<(), Denial>> {
        Box::pin(async move { self.decide(request) })
    }
}

/// Addresses in a body: under `emailAddress`, whatever the case and the depth; Graph reads keys without regard to case.
fn collect_addresses<'a>(value: &'a Value, in_address: bool, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                if in_address && key.eq_ignore_ascii_case("address") {
                    // Not a text: no address that anybody could know.
                    found.push(value.as_str().unwrap_or("\0"));
                }
                collect_addresses(value, key.eq_ignore_ascii_case("emailAddress"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect_addresses(item, in_address, found)),
        _ => {}
    }
}

fn denial(code: &str, why: String) -> Denial {
    Denial { code: format!("microsoft-graph.{code}"), why }
}

fn broken(error: &Error) -> Denial {
    denial("store", format!("the host cannot read its ledger, so nothing is permitted: {error}"))
}
