//! A deployment that speaks as its workers: signed in with passwords that nobody knows, over real HTTP, kept over a
//! restart, refused, revoked, forgotten; and seen by nobody who looks for what crossed the wire.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use haymaker_engine::clock::Clock;
use haymaker_engine::http::{
    Auth, Boundary, Closed, Effect, Endpoint, Fill, Gateway, GatewaySettings, Http, Mode, Refusal, Request, Response,
    Secret, Session, SessionSettings, Tap, Vault, allow, fills,
};
use haymaker_engine::secrets::Secrets as SecretsOfCall;
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{Pending, http};
use haymaker_platform::clock::Timeline;
use haymaker_platform::grants::{Once, Records};
use haymaker_platform::journal::{Durability, Journal};
use haymaker_platform::seal::Sealer;
use haymaker_platform::secrets::{Lent, Secrets};
use haymaker_store::{Record, SqliteStore, Store, conformance::sample};
use haymaker_tenant::{Settings, Tenant};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What the policy would say is another test's business.
struct Everything;

impl http::Policy for Everything {
    fn check<'a>(&'a self, _: &'a http::Canonical, _: &'a dyn http::Peek) -> Pending<'a, Result<(), http::Objection>> {
        Box::pin(async { Ok(()) })
    }
}

impl Tap for Everything {
    fn at<'a>(&'a self, _: Boundary, _: &'a str) -> Pending<'a, ()> {
        Box::pin(async {})
    }
}

/// A tenant whose people need a second factor, or not, and its address.
async fn tenant(security_defaults: bool) -> (Arc<Tenant>, String) {
    let mut settings = Settings { security_defaults, ..Settings::seeded(11) };
    settings.app.roles.push("Chat.Create".to_owned());
    let tenant = Tenant::new(settings).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(haymaker_tenant::serve(tenant.clone(), listener, std::future::pending()));
    (tenant, address)
}

/// The wire to a tenant, and all that crossed it.
struct Wire {
    address: String,
    kept: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Wire {
    async fn to(tenant: &str) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, kept) = (format!("http://{}", listener.local_addr().unwrap()), Arc::<Mutex<_>>::default());
        let (tenant, keep) = (tenant.trim_start_matches("http://").to_owned(), kept.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (ask, answer) = near.into_split();
                let (said, heard) = TcpStream::connect(&tenant).await.unwrap().into_split();
                tokio::spawn(carry(ask, heard, keep.clone()));
                tokio::spawn(carry(said, answer, keep.clone()));
            }
        });
        Wire { address, kept }
    }

    fn text(&self) -> String {
        self.kept.lock().unwrap().iter().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).collect()
    }

    /// The tokens of all kinds that crossed.
    fn tokens(&self) -> BTreeSet<String> {
        let text = self.text();
        let after = |mark: &'static str| {
            let ends = |c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c));
            text.split(mark).skip(1).map(move |rest| rest.split(ends).next().unwrap().to_owned())
        };
        after("\"access_token\":\"").chain(after("\"refresh_token\":\"")).collect()
    }
}

/// Carries one direction of a connection, and keeps it whole.
async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    keep: Arc<Mutex<Vec<Vec<u8>>>>,
) {
    let at = {
        let mut all = keep.lock().unwrap();
        all.push(Vec::new());
        all.len() - 1
    };
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        keep.lock().unwrap()[at].extend_from_slice(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// Whether bytes hold a secret, as it is or in base64 from its beginning; a store may spread what is long over pages, so
/// a part of it counts.
fn holds(bytes: &[u8], secret: &str) -> bool {
    let part = &secret.as_bytes()[..secret.len().min(24)];
    let end = &secret.as_bytes()[secret.len() - part.len()..];
    let forms = [part.to_vec(), end.to_vec(), STANDARD_NO_PAD.encode(part).into(), URL_SAFE_NO_PAD.encode(part).into()];
    forms.iter().any(|form| bytes.windows(form.len()).any(|window| window == form.as_slice()))
}

/// A deployment in a home of its own, at work in a tenant.
struct Office {
    journal: Arc<Journal>,
    secrets: Arc<Secrets>,
    records: Arc<Records>,
    gateway: Arc<Gateway>,
    endpoint: Endpoint,
    domain: String,
}

impl Office {
    /// As a host makes it that has just been started in this folder: what it knows, it reads there.
    async fn open(folder: &Path, tenant: &Tenant, origin: &str) -> Office {
        let store: Arc<dyn Store> = SqliteStore::open(folder.join("haymaker.db")).unwrap();
        let sealer = Arc::new(Sealer::open(&folder.join("key")).unwrap());
        let clock = Timeline::simulated(tenant.settings().start, None);
        let journal = Journal::open(store.clone(), "d", "h", clock, Durability::Process).await.unwrap();
        let journal = Arc::new(journal);
        if store.deployment("d").unwrap().is_none() {
            journal.commit(vec![sample::accepted()]).await.unwrap();
        }
        let app = &tenant.settings().app;
        let rule = |method: &str| allow::Rule::parse(&format!("{method} /**")).unwrap();
        let endpoint = Endpoint {
            name: "graph".to_owned(),
            base: format!("{origin}/v1.0"),
            auth: Auth::ClientCredentials {
                authority: origin.to_owned(),
                tenant: tenant.settings().tenant_id.clone(),
                client_id: app.id.clone(),
                client_secret: Arc::new(Secret::new(app.secret.clone())),
                scope: "https://graph.microsoft.com/.default".to_owned(),
            },
            allow: ["GET", "POST"].map(rule).into(),
            fills: vec![fills::Rule::parse("POST /users#/passwordProfile/password").unwrap()],
        };
        Office {
            secrets: Secrets::new(journal.clone(), sealer),
            journal,
            records: Arc::new(Records { store, deployment: "d".to_owned() }),
            gateway: Gateway::new(GatewaySettings::default()).unwrap(),
            endpoint,
            domain: tenant.settings().domain.clone(),
        }
    }

    fn session(&self, task: &str) -> Arc<Session> {
        let clock = self.journal.clock().clone();
        self.gateway.session(SessionSettings {
            endpoints: Arc::new(vec![self.endpoint.clone()]),
            now: Clock::now(&clock),
            clock: Arc::new(clock),
            clock_header: true,
            mode: Mode::All,
            identity: format!("d/{task}"),
            effects: Arc::new(Once { journal: self.journal.clone(), task: task.to_owned() }),
            policy: Arc::new(Everything),
            vault: self.secrets.clone(),
            tap: Arc::new(Everything),
            response_limit: 1 << 20,
        })
    }

    fn lent(&self, task: &str) -> (Lent, Arc<Session>) {
        let session = self.session(task);
        (Lent { secrets: self.secrets.clone(), session: session.clone(), records: self.records.clone() }, session)
    }

    fn address(&self, worker: &str) -> String {
        format!("haymaker-d-{worker}@{}", self.domain)
    }

    async fn send(&self, method: &str, target: &str, speaker: Option<&str>, body: Value) -> Result<Response, Problem> {
        let json = ("content-type".to_owned(), "application/json".to_owned());
        let filled = body.pointer("/passwordProfile/password").is_some();
        let fill = Fill { pointer: "/passwordProfile/password".to_owned(), secret: "password-w01".to_owned() };
        let request = Request {
            endpoint: "graph".to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: if body.is_null() { vec![] } else { vec![json] },
            body: if body.is_null() { vec![] } else { body.to_string().into_bytes() },
            speaker: speaker.map(str::to_owned),
            effect: if method == "GET" { Effect::Read } else { Effect::Repeatable },
            fills: if filled { vec![fill] } else { vec![] },
        };
        self.session(target).send(request).await.map_err(problem)
    }

    /// Makes a worker, as a workload does: the ledger, the password, the user, a licence. Returns the user's id.
    async fn hire(&self, worker: &str) -> String {
        let address = self.address(worker);
        let intended = Record::Intended { kind: "user".to_owned(), name: address.clone() };
        self.journal.commit(vec![intended]).await.unwrap();
        self.lent(worker).0.generate("password-w01", 24).await.unwrap();
        let user = json!({
            "accountEnabled": true, "displayName": worker, "mailNickname": format!("haymaker-d-{worker}"),
            "userPrincipalName": address, "usageLocation": "CH", "employeeType": "haymaker:d",
            "passwordProfile": {"password": "", "forceChangePasswordNextSignIn": false},
        });
        let id = made(self.send("POST", "/users", None, user).await)["id"].as_str().unwrap().to_owned();
        let skus = made(self.send("GET", "/subscribedSkus", None, Value::Null).await);
        let licence = json!({"addLicenses": [{"skuId": skus["value"][0]["skuId"], "disabledPlans": []}],
            "removeLicenses": []});
        made(self.send("POST", &format!("/users/{id}/assignLicense"), None, licence).await);
        id
    }

    /// Signs a worker in with the password that it was made with.
    async fn sign_in(&self, worker: &str) -> (Result<(), Problem>, Closed) {
        let (lent, session) = self.lent("sign-in");
        let result = SecretsOfCall::sign_in(&lent, worker, &self.address(worker), "password-w01").await;
        let result = result.map_err(problem);
        (result, session.close().await)
    }

    fn names(&self) -> Vec<String> {
        self.records.store.secrets("d").unwrap()
    }

    fn lines(&self) -> Vec<String> {
        let log = self.records.store.log("d", 0, 10_000).unwrap();
        let line = |record: &Record| match record {
            Record::Line(line) => Some(line.message.clone()),
            _ => None,
        };
        log.iter().filter_map(|(_, _, record)| line(record)).collect()
    }
}

fn problem(refusal: Refusal) -> Problem {
    match refusal {
        Refusal::Problem(problem) | Refusal::Later { problem, .. } => problem,
        Refusal::Host(why) => panic!("the host's own fault: {why}"),
    }
}

fn made(answer: Result<Response, Problem>) -> Value {
    let answer = answer.unwrap();
    assert!((200..300).contains(&answer.status), "{} {}", answer.status, String::from_utf8_lossy(&answer.body));
    serde_json::from_slice(&answer.body).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_posts_as_itself_also_after_a_restart_and_nobody_sees_what_it_signed_in_with() {
    let (tenant, origin) = tenant(false).await;
    let wire = Wire::to(&origin).await;
    let home = tempfile::tempdir().unwrap();
    let office = Office::open(home.path(), &tenant, &wire.address).await;
    let (ana, ben) = (office.hire("w01").await, office.hire("w02").await);
    assert_eq!(office.names(), ["password-w01"]);
    let password = office.secrets.secret("password-w01").unwrap().unwrap().expose().to_owned();
    office.sign_in("w01").await.0.unwrap();
    assert_eq!(office.names(), ["speaker/w01"], "the password is forgotten, and the sign-in is kept");

    let member = |id: &str| {
        json!({"@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
            "user@odata.bind": format!("{}/v1.0/users('{id}')", wire.address)})
    };
    let chat = json!({"chatType": "oneOnOne", "members": [member(&ana), member(&ben)]});
    let chat = made(office.send("POST", "/chats", None, chat).await)["id"].as_str().unwrap().to_owned();
    let (posts, words) = (format!("/chats/{chat}/messages"), json!({"body": {"content": "Good morning"}}));
    let mute = office.send("POST", &posts, None, words.clone()).await.unwrap();
    assert!(mute.status >= 400, "an application posts nothing");
    let post = made(office.send("POST", &posts, Some("w01"), words.clone()).await);
    assert_eq!(post["from"]["user"]["id"], json!(ana));
    let silent = office.send("POST", &posts, Some("w02"), words.clone()).await.unwrap_err();
    assert_eq!((silent.kind, silent.code.as_str()), (ProblemKind::Unavailable, "speaker"));
    let echo = office.secrets.secret("speaker/w01");
    assert!(echo.unwrap().is_none(), "a sign-in is nothing to put into a body");

    // The host dies: what is in memory is gone.
    drop(office);
    let office = Office::open(home.path(), &tenant, &wire.address).await;
    let post = made(office.send("POST", &posts, Some("w01"), words).await);
    assert_eq!(post["from"]["user"]["id"], json!(ana));
    office.sign_in("w01").await.0.unwrap();

    let mut secrets = wire.tokens();
    // The application's, and the person's before and after the restart; what renews them changes with the time only.
    assert_eq!(secrets.len(), 4);
    assert!(wire.text().contains("&password="), "the password crossed, too");
    assert!(secrets.iter().all(|secret| holds(wire.text().as_bytes(), secret)), "whoever searches finds");
    secrets.insert(password);
    assert!(secrets.iter().all(|secret| !holds(office.lines().join("\n").as_bytes(), secret)));
    drop(office);
    let mut size = 0;
    for file in std::fs::read_dir(home.path()).unwrap() {
        // SQLite takes some away as it closes.
        let Ok(bytes) = std::fs::read(file.unwrap().path()) else { continue };
        size += bytes.len();
        assert!(secrets.iter().all(|secret| !holds(&bytes, secret)));
    }
    assert!(size > 10_000, "{size} bytes are no store");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_needs_a_second_factor_is_not_signed_in_and_keeps_the_password() {
    let (tenant, origin) = tenant(true).await;
    let home = tempfile::tempdir().unwrap();
    let office = Office::open(home.path(), &tenant, &origin).await;
    office.hire("w01").await;
    let (result, closed) = office.sign_in("w01").await;
    let problem = result.unwrap_err();
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Denied, "AADSTS50079"));
    assert!(problem.message.contains("second factor"), "{}", problem.message);
    assert!(closed.denied.is_empty(), "the tenant refused it, not the host");
    assert_eq!(office.names(), ["password-w01"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_but_the_deployments_own_is_ever_tried() {
    let (tenant, origin) = tenant(false).await;
    let wire = Wire::to(&origin).await;
    let home = tempfile::tempdir().unwrap();
    let office = Office::open(home.path(), &tenant, &wire.address).await;
    let (lent, session) = office.lent("sign-in");
    lent.generate("password-w01", 24).await.unwrap();
    let chief = format!("chief@{}", office.domain);
    let refused = SecretsOfCall::sign_in(&lent, "w01", &chief, "password-w01").await;
    let refused = problem(refused.unwrap_err());
    assert_eq!((refused.kind, refused.code.as_str()), (ProblemKind::Denied, "username"));
    assert_eq!(session.close().await.denied.len(), 1);
    assert!(wire.text().is_empty(), "nothing was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_sign_in_is_told_once_and_a_forgotten_one_is_nowhere() {
    let (tenant, origin) = tenant(false).await;
    let home = tempfile::tempdir().unwrap();
    let office = Office::open(home.path(), &tenant, &origin).await;
    let ana = office.hire("w01").await;
    office.sign_in("w01").await.0.unwrap();
    Clock::sleep_until(office.journal.clock(), tenant.settings().start + 60_000).await;
    made(office.send("POST", &format!("/users/{ana}/revokeSignInSessions"), None, Value::Null).await);
    drop(office);

    let office = Office::open(home.path(), &tenant, &origin).await;
    for _ in 0..2 {
        let refused = office.send("GET", "/me", Some("w01"), Value::Null).await.unwrap_err();
        assert_eq!((refused.kind, refused.code.as_str()), (ProblemKind::Unavailable, "speaker-refused"));
        assert!(refused.message.contains("AADSTS50173"), "{}", refused.message);
    }
    let told = office.lines().iter().filter(|line| line.contains("w01") && line.contains("AADSTS50173")).count();
    assert_eq!(told, 1, "{:?}", office.lines());

    let forgotten = office.secrets.forget_all().unwrap();
    assert_eq!(forgotten, [Record::Forgot { name: "speaker/w01".to_owned() }]);
    office.journal.commit(forgotten).await.unwrap();
    let mute = office.send("GET", "/me", Some("w01"), Value::Null).await.unwrap_err();
    assert_eq!(mute.code, "speaker");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_searched_for_what_is_secret_now_and_the_search_is_prepared_when_that_changes() {
    let (tenant, origin) = tenant(false).await;
    let wire = Wire::to(&origin).await;
    let home = tempfile::tempdir().unwrap();
    let office = Office::open(home.path(), &tenant, &wire.address).await;
    let live = || Vault::live(&*office.secrets);
    let finds = |secret: &str| live().finds(format!("<{secret}>").as_bytes());
    let nothing = live();
    office.hire("w01").await;
    let password = office.secrets.secret("password-w01").unwrap().unwrap().expose().to_owned();
    assert!(finds(&password) && !nothing.finds(password.as_bytes()));
    assert!(Arc::ptr_eq(&live(), &live()));

    let before = wire.tokens();
    office.sign_in("w01").await.0.unwrap();
    let person: Vec<String> = wire.tokens().difference(&before).cloned().collect();
    assert_eq!(person.len(), 2, "what it speaks with, and what renews that");
    assert!(person.iter().all(|token| finds(token)) && !finds(&password), "the password is none any more");
    assert!(Arc::ptr_eq(&live(), &live()));

    let records = office.secrets.forget_all().unwrap();
    office.journal.commit(records).await.unwrap();
    office.secrets.forgotten("speaker/w01");
    assert!(!person.iter().any(|token| finds(token)));
}
