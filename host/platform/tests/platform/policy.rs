//! The blast radius in Microsoft Graph, tried from a guest's side: through a session, over every check that a request
//! passes, against an address where nobody listens. What the policy permits is *unreachable*; what it denies, is denied.

use std::sync::Arc;

use haymaker_engine::http::{
    Auth, Begin, Boundary, Effect, EffectLog, Endpoint, Exchange, Gateway, GatewaySettings, Http, Mode, Refusal,
    Request, Response, Scan, Secret, SessionSettings, Tap, Vault, allow,
};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{Pending, http};
use haymaker_platform::clock::Timeline;
use haymaker_platform::grants::Records;
use haymaker_platform::journal::{Durability, Journal};
use haymaker_platform::policy::MicrosoftGraph;
use haymaker_store::{Record, SqliteStore, Store, conformance::sample};

const ANA: &str = "haymaker-d-1@contoso.example";
const BEN: &str = "haymaker-d-2@contoso.example";
const ANA_ID: &str = "11111111-1111-1111-1111-111111111111";
const GROUP: &str = "haymaker-d-sales";
const GROUP_ID: &str = "22222222-2222-2222-2222-222222222222";
const CHIEF: &str = "chief@contoso.example";
const CHIEF_ID: &str = "99999999-9999-9999-9999-999999999999";

/// Nothing is recorded, nothing is secret, nobody looks on.
struct Nothing;

impl EffectLog for Nothing {
    fn begin<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Pending<'a, Result<Begin, Problem>> {
        Box::pin(async { Ok(Begin::Send) })
    }
    fn answered<'a>(&'a self, _: &'a str, _: &'a Response, _: &'a Exchange) -> Pending<'a, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }
    fn withdrawn<'a>(&'a self, _: &'a str) -> Pending<'a, Result<(), Problem>> {
        Box::pin(async { Ok(()) })
    }
}

impl Vault for Nothing {
    fn secret(&self, _: &str) -> Result<Option<Secret>, String> {
        Ok(None)
    }
    fn live(&self) -> Arc<Scan> {
        Arc::default()
    }
}

impl Tap for Nothing {
    fn at<'a>(&'a self, _: Boundary, _: &'a str) -> Pending<'a, ()> {
        Box::pin(async {})
    }
}

/// A deployment `d` whose ledger lists Ana (created) and Ben (intended), and an allow-list that allows everything.
struct Deployment {
    records: Arc<Records>,
    gateway: Arc<Gateway>,
}

impl Deployment {
    async fn new() -> Deployment {
        let store: Arc<dyn Store> = SqliteStore::in_memory().unwrap();
        let journal = Journal::open(store.clone(), "d", "h", Timeline::Real, Durability::Process).await.unwrap();
        let user = |name: &str| ("user".to_owned(), name.to_owned());
        let ((kind, name), (other_kind, other)) = (user(ANA), user(BEN));
        let facts = vec![
            sample::accepted(),
            Record::Intended { kind: kind.clone(), name: name.clone() },
            Record::Created { kind, name, remote_id: ANA_ID.to_owned() },
            Record::Intended { kind: other_kind, name: other },
            Record::Intended { kind: "group".to_owned(), name: GROUP.to_owned() },
            Record::Created { kind: "group".to_owned(), name: GROUP.to_owned(), remote_id: GROUP_ID.to_owned() },
        ];
        journal.commit(facts).await.unwrap();
        let records = Arc::new(Records { store, deployment: "d".to_owned() });
        Deployment { records, gateway: Gateway::new(GatewaySettings::default()).unwrap() }
    }

    /// The code of the denial; none if the request would have been sent.
    async fn denies(&self, method: &str, target: &str, body: &str) -> Option<String> {
        let endpoint = Endpoint {
            name: "graph".to_owned(),
            base: "http://127.0.0.1:1/v1.0".to_owned(),
            auth: Auth::None,
            allow: ["GET", "POST", "PATCH", "PUT", "DELETE"]
                .map(|method| allow::Rule::parse(&format!("{method} /**")).unwrap())
                .to_vec(),
            fills: Vec::new(),
        };
        let session = self.gateway.session(SessionSettings {
            endpoints: Arc::new(vec![endpoint]),
            // Waits between attempts take no time.
            clock: Arc::new(Timeline::simulated(0, None)),
            now: 0,
            clock_header: false,
            mode: Mode::All,
            identity: "d/t".to_owned(),
            effects: Arc::new(Nothing),
            policy: Arc::new(MicrosoftGraph::new(self.records.clone())),
            vault: Arc::new(Nothing),
            tap: Arc::new(Nothing),
            response_limit: 1_000,
        });
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let request = Request {
            endpoint: "graph".to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: if body.is_empty() { Vec::new() } else { vec![json] },
            body: body.as_bytes().to_vec(),
            speaker: None,
            effect: if method == "GET" { Effect::Read } else { Effect::Once },
            fills: Vec::new(),
        };
        match session.send(request).await {
            Err(Refusal::Problem(problem)) if problem.kind == ProblemKind::Denied => {
                assert_eq!(session.close().await.denied.len(), 1, "every denial is counted");
                Some(problem.code)
            }
            Err(http::Refusal::Later { .. } | Refusal::Problem(_)) => None,
            other => panic!("nobody listens there: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_deployment_touches_what_it_made_and_nothing_else() {
    let deployment = Deployment::new().await;
    let permitted = [
        ("GET", "/organization".to_owned()),
        ("GET", "/subscribedSkus".to_owned()),
        ("GET", format!("/users/{ANA_ID}?$select=id")),
        ("GET", format!("/users/{ANA}/mailFolders/inbox")),
        ("GET", format!("/users/{}/messages", ANA.to_uppercase())),
        ("DELETE", format!("/users/{ANA_ID}")),
        ("DELETE", format!("/directory/deletedItems/{ANA_ID}")),
        ("GET", "/users?$filter=employeeType eq 'haymaker:d'".to_owned()),
        ("GET", format!("/users?$filter=userPrincipalName eq '{BEN}'")),
    ];
    for (method, target) in permitted {
        assert_eq!(deployment.denies(method, &target, "").await, None, "{method} {target}");
    }
    let denied = [
        ("GET", format!("/users/{CHIEF_ID}"), "subject"),
        ("GET", format!("/users/{CHIEF}/messages"), "subject"),
        ("DELETE", format!("/users/{CHIEF_ID}"), "subject"),
        ("DELETE", format!("/directory/deletedItems/{CHIEF_ID}"), "subject"),
        ("GET", "/users/%63hief@contoso.example/messages".to_owned(), "subject"),
        ("GET", "/users".to_owned(), "listing"),
        ("GET", "/users?$filter=employeeType eq 'haymaker:other'".to_owned(), "listing"),
        ("GET", "/users?$filter=employeeType eq 'haymaker:d' or accountEnabled eq true".to_owned(), "listing"),
        ("GET", format!("/users?$filter=userPrincipalName eq '{CHIEF}'"), "listing"),
        ("GET", "/groups".to_owned(), "listing"),
        ("GET", format!("/users/{ANA_ID}?$expand=manager"), "option"),
        ("GET", format!("/users/{ANA_ID}/onenote"), "path"),
    ];
    for (method, target, code) in denied {
        let expected = Some(format!("microsoft-graph.{code}"));
        assert_eq!(deployment.denies(method, &target, "").await, expected, "{method} {target}");
    }
}

#[tokio::test]
async fn mail_goes_to_the_deployments_own_workers_whatever_the_route() {
    let deployment = Deployment::new().await;
    let to = |field: &str, address: &str| {
        format!(r#"{{"subject": "Hi", "{field}": [{{"emailAddress": {{"name": "{ANA}", "address": "{address}"}}}}]}}"#)
    };
    let draft = format!("/users/{ANA_ID}/messages");
    let send = format!("/users/{ANA_ID}/sendMail");
    for body in [to("toRecipients", BEN), to("toRecipients", &BEN.to_uppercase()), to("ccRecipients", ANA)] {
        assert_eq!(deployment.denies("POST", &draft, &body).await, None, "{body}");
        let wrapped = format!(r#"{{"message": {body}}}"#);
        assert_eq!(deployment.denies("POST", &send, &wrapped).await, None, "{wrapped}");
    }
    for field in ["toRecipients", "ccRecipients", "bccRecipients", "replyTo", "TORECIPIENTS"] {
        for address in [CHIEF, "someone@elsewhere.example", "", "haymaker-d-1@contoso.example.evil.example"] {
            let body = to(field, address);
            let denied = deployment.denies("POST", &draft, &body).await;
            assert_eq!(denied.as_deref(), Some("microsoft-graph.recipient"), "{body}");
            let wrapped = format!(r#"{{"Message": {body}}}"#);
            let denied = deployment.denies("POST", &send, &wrapped).await;
            assert_eq!(denied.as_deref(), Some("microsoft-graph.recipient"), "{wrapped}");
        }
    }
    let other_case = format!(r#"{{"toRecipients": [{{"EmailAddress": {{"Address": "{CHIEF}"}}}}]}}"#);
    assert_eq!(deployment.denies("POST", &draft, &other_case).await.as_deref(), Some("microsoft-graph.recipient"));
    let no_text = r#"{"toRecipients": [{"emailAddress": {"address": ["x"]}}]}"#;
    assert_eq!(deployment.denies("POST", &draft, no_text).await.as_deref(), Some("microsoft-graph.recipient"));
}

#[tokio::test]
async fn a_user_is_created_under_an_intended_name_and_with_the_deployments_tag() {
    let deployment = Deployment::new().await;
    let body = |name: &str, tag: &str| format!(r#"{{"userPrincipalName": "{name}", "employeeType": "{tag}"}}"#);
    for (body, code) in [
        (body(BEN, "haymaker:d"), None),
        (body("stranger@contoso.example", "haymaker:d"), Some("microsoft-graph.intent")),
        (body(BEN, "haymaker:other"), Some("microsoft-graph.tag")),
        (format!(r#"{{"userPrincipalName": "{BEN}"}}"#), Some("microsoft-graph.tag")),
        ("{}".to_owned(), Some("microsoft-graph.intent")),
    ] {
        assert_eq!(deployment.denies("POST", "/users", &body).await.as_deref(), code, "{body}");
    }
}

#[tokio::test]
async fn a_batch_is_no_way_around_the_policy() {
    let deployment = Deployment::new().await;
    let part = |method: &str, url: &str| format!(r#"{{"id": "2", "method": "{method}", "url": "{url}"}}"#);
    let batch =
        |other: &str| format!(r#"{{"requests": [{{"id": "1", "method": "GET", "url": "/users/{ANA_ID}"}}, {other}]}}"#);
    let mine = batch(&part("GET", &format!("/users/{ANA_ID}/messages")));
    assert_eq!(deployment.denies("POST", "/$batch", &mine).await, None);
    let mail = format!(
        r#"{{"id": "2", "method": "POST", "url": "/users/{ANA_ID}/sendMail", "headers": {{"Content-Type": "application/json"}},
            "body": {{"message": {{"toRecipients": [{{"emailAddress": {{"address": "{CHIEF}"}}}}]}}}}}}"#
    );
    for (other, code) in [
        (part("GET", &format!("/users/{CHIEF_ID}/messages")), "microsoft-graph.subject"),
        (part("GET", "/users/%63hief@contoso.example"), "microsoft-graph.subject"),
        (part("DELETE", &format!("/users/{CHIEF_ID}")), "microsoft-graph.subject"),
        (part("POST", "/$batch"), "batch"),
        (mail, "microsoft-graph.recipient"),
    ] {
        let denied = deployment.denies("POST", "/$batch", &batch(&other)).await;
        assert_eq!(denied.as_deref(), Some(code), "{other}");
    }
}
