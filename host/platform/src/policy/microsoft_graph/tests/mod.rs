//! The rules from a guest's side: tables of requests, each with what the policy says of it.
//!
//! The deployment `d` has created Ana, intends Ben, and was lent Cleo; it has a group with a team, a site and a drive, and
//! a chat. The chief is a bystander, and nobody that a guest could have dealings with lives outside of the tenant.

mod anomalies;
mod claims;
mod hostile;
mod mixed;
mod ordinary;
mod random;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Effect, Objection, Peek, Policy, Refusal, Request, Response};
use haymaker_store::{Batch, Record, SqliteStore, Store, conformance::sample};
use serde_json::{Value, json};

use super::MicrosoftGraph;
use crate::grants::Records;

const BASE: &str = "https://graph.example/v1.0";
const ANA: &str = "haymaker-d-1@contoso.example";
const ANA_ID: &str = "11111111-1111-1111-1111-111111111111";
const BEN: &str = "haymaker-d-2@contoso.example";
const CLEO: &str = "cleo@contoso.example";
const CLEO_ID: &str = "33333333-3333-3333-3333-333333333333";
const GROUP: &str = "haymaker-d-sales";
const GROUP_ID: &str = "22222222-2222-2222-2222-222222222222";
const CHAT_ID: &str = "19:ab_cd@thread.v2";
const LENDER: &str = "44444444-4444-4444-4444-444444444444";
const CHIEF: &str = "chief@contoso.example";
const CHIEF_ID: &str = "99999999-9999-9999-9999-999999999999";
/// The chat of Cleo and the chief's secretary, who is lent, too; known since 2027-01-15 08:00.
const PRIVATE: &str = "19:33333333-3333-3333-3333-333333333333_88888888-8888-8888-8888-888888888888@unq.gbl.spaces";
const NOW: u64 = 1_800_000_000_000;
const OUTSIDE: &str = "someone@elsewhere.example";

/// What the tenant answers to looks, and which it was asked.
#[derive(Default)]
struct Tenant {
    things: BTreeMap<String, Value>,
    asked: Mutex<Vec<String>>,
}

impl Tenant {
    /// A tenant in which this lies at this path.
    fn with(path: &str, thing: Value) -> Tenant {
        Tenant { things: BTreeMap::from([(path.to_owned(), thing)]), asked: Mutex::default() }
    }

    /// How often it was asked for something else than whom the operator lends.
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().iter().filter(|path| !path.ends_with("/members/graph.user")).count()
    }
}

impl Peek for Tenant {
    fn read<'a>(&'a self, target: &'a str, _: &'a [(String, String)]) -> Pending<'a, Result<Response, Refusal>> {
        let path = target.split('?').next().unwrap_or_default();
        self.asked.lock().unwrap().push(path.to_owned());
        let (status, body) = match self.things.get(path) {
            Some(thing) => (200, thing.clone()),
            None => (404, json!({"error": {"code": "ErrorItemNotFound"}})),
        };
        Box::pin(async move { Ok(Response { status, headers: Vec::new(), body: body.to_string().into_bytes() }) })
    }

    fn survey<'a>(&'a self, target: &'a str) -> Pending<'a, Result<Response, Refusal>> {
        self.read(target, &[])
    }
}

/// A policy over a ledger in memory.
async fn policy() -> MicrosoftGraph {
    policy_of(json!({"workers_from": format!("group:{LENDER}")})).await
}

/// The same, for a deployment with this config.
async fn policy_of(config: Value) -> MicrosoftGraph {
    policy_and_store(config).await.0
}

/// The same, with what its ledger lies in.
async fn policy_and_store(config: Value) -> (MicrosoftGraph, Arc<dyn Store>) {
    let store: Arc<dyn Store> = SqliteStore::in_memory().unwrap();
    let (lease, end) = store.lease("d", "h").await.unwrap();
    let entry = |kind: &str, name: &str, id: Option<&str>| {
        let intended = Record::Intended { kind: kind.into(), name: name.into() };
        let created = id.map(|id| Record::Created { kind: kind.into(), name: name.into(), remote_id: id.into() });
        [Some(intended), created].into_iter().flatten().collect::<Vec<_>>()
    };
    let Record::Accepted(mut acceptance) = sample::accepted() else { panic!("the first record is the acceptance") };
    acceptance.config = config;
    let mut records = vec![Record::Accepted(acceptance)];
    for (kind, name, id) in [
        ("user", ANA, Some(ANA_ID)),
        ("user", BEN, None),
        ("adopted-user", CLEO, Some(CLEO_ID)),
        ("group", GROUP, Some(GROUP_ID)),
        ("group", "haymaker-d-legal", None),
        ("group", "all-staff", None),
        ("team", GROUP, Some(GROUP_ID)),
        ("chat", "ana-ben", Some(CHAT_ID)),
        ("site", GROUP, Some("contoso.example,1,2")),
        ("drive", GROUP, Some("b!Own")),
        ("user", "stranger@contoso.example", None),
    ] {
        records.extend(entry(kind, name, id));
    }
    let end = store.commit(&lease, end, Batch { at: 0, records, flush: false }).await.unwrap();
    let private = entry("chat", "private", Some(PRIVATE));
    store.commit(&lease, end, Batch { at: NOW, records: private, flush: false }).await.unwrap();
    let records = Records { store: store.clone(), deployment: "d".to_owned() };
    (MicrosoftGraph::new(Arc::new(records)), store)
}

fn request(method: &str, target: &str, body: &str) -> Request {
    let json = ("content-type".to_owned(), "application/json".to_owned());
    Request {
        endpoint: "graph".to_owned(),
        method: method.to_owned(),
        target: target.to_owned(),
        headers: if body.is_empty() { Vec::new() } else { vec![json] },
        body: body.as_bytes().to_vec(),
        speaker: None,
        effect: if method == "GET" { Effect::Read } else { Effect::Once },
        fills: Vec::new(),
    }
}

fn canonical(method: &str, target: &str, body: &str) -> Canonical {
    Canonical::read(request(method, target, body), BASE).unwrap()
}

/// What the policy says: nothing, the code of the denial, or `undecided`.
async fn verdict(policy: &MicrosoftGraph, tenant: &Tenant, method: &str, target: &str, body: &str) -> String {
    let request = match Canonical::read(request(method, target, body), BASE) {
        Ok(request) => request,
        Err(problem) => return problem.code,
    };
    match policy.check(&request, tenant).await {
        Ok(()) => String::new(),
        Err(Objection::Denied(denial)) => denial.code.trim_start_matches("microsoft-graph.").to_owned(),
        Err(Objection::Undecided(_)) => "undecided".to_owned(),
    }
}

/// A table: method and target, body, and the verdict.
async fn holds(policy: &MicrosoftGraph, tenant: &Tenant, table: &[(&str, String, &str)]) {
    for (line, body, expected) in table {
        let (method, target) = line.split_once(' ').unwrap();
        assert_eq!(verdict(policy, tenant, method, target, body).await, *expected, "{line} {body}");
    }
}

/// The policy hears the tenant answer.
fn answered(policy: &MicrosoftGraph, method: &str, target: &str, body: &str, status: u16, answer: &Value) -> Value {
    let response = Response { status, headers: Vec::new(), body: answer.to_string().into_bytes() };
    let shown = policy.shown(&canonical(method, target, body), response);
    serde_json::from_slice(&shown.body).unwrap_or_default()
}

fn to(address: &str) -> Value {
    json!({"emailAddress": {"name": "Ana Ruiz", "address": address}})
}
