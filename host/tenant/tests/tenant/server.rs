//! The tenant over real HTTP.

use std::net::SocketAddr;
use std::sync::Arc;

use crate::support::{Client, settings};
use haymaker_tenant::{CLOCK_HEADER, HANDSHAKE_PATH, Tenant, serve};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

struct Server {
    tenant: Arc<Tenant>,
    address: SocketAddr,
    end: oneshot::Sender<()>,
    task: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn started() -> Server {
    let tenant = Tenant::new(settings()).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel();
    let task = tokio::spawn(serve(Arc::clone(&tenant), listener, async { drop(ended.await) }));
    Server { tenant, address, end, task }
}

impl Server {
    async fn stopped(self) {
        drop(self.end);
        self.task.await.unwrap().unwrap();
    }
}

fn client() -> reqwest::Client {
    // The client is built with TLS, and wants to know whose, though it talks plain HTTP here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

#[tokio::test]
async fn a_client_shakes_hands_signs_in_and_follows_links_under_the_address_it_uses() {
    let server = started().await;
    let (client, base) = (client(), format!("http://{}", server.address));
    let hello: Value = serde_json::from_str(
        &client.get(format!("{base}{HANDSHAKE_PATH}")).send().await.unwrap().text().await.unwrap(),
    )
    .unwrap();
    let settings = server.tenant.settings();
    assert_eq!(
        hello,
        json!({
            "haymaker_simulated_tenant": 1, "clock_header": CLOCK_HEADER, "tenant_id": settings.tenant_id,
            "domain": settings.domain, "now": settings.start, "start": settings.start, "speed": null,
        })
    );
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={base}/.default",
        settings.app.id, settings.app.secret
    );
    let response = client
        .post(format!("{base}/{}/oauth2/v2.0/token", settings.tenant_id))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .unwrap();
    let token: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let mut link = Some(format!("{base}/v1.0/users?$top=2&$select=id"));
    let mut people = 0;
    while let Some(next) = link {
        assert!(next.starts_with(&base), "{next}");
        let request = client.get(&next).bearer_auth(token["access_token"].as_str().unwrap());
        let response = request.header(CLOCK_HEADER, settings.start + 1000).send().await.unwrap();
        assert_eq!(response.headers()["date"], "Mon, 05 Jan 2026 08:00:01 GMT");
        let page: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        people += page["value"].as_array().unwrap().len();
        link = page["@odata.nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(people, 5);
    server.stopped().await;
}

#[tokio::test]
async fn faults_break_answers_off_and_leave_the_effect_they_say() {
    let server = started().await;
    let (client, base) = (client(), format!("http://{}", server.address));
    let hire = |name: &'static str| {
        let local = Client::new(server.tenant.settings().clone());
        let request = client.post(format!("{base}/v1.0/users")).bearer_auth(&local.token);
        request.header("content-type", "application/json").body(local.person(name).to_string())
    };
    for (name, kind, live) in [("a", "reset_before", 5), ("b", "reset_after", 6), ("c", "half", 7)] {
        let rules = json!([{ "operation": "POST /v1.0/users", "rate": 1.0, "fault": { "kind": kind } }]);
        let set = client.post(format!("{base}/_haymaker/faults")).body(rules.to_string()).send().await.unwrap();
        assert_eq!(set.status(), 200);
        let outcome = match hire(name).send().await {
            Ok(response) => response.text().await.map(|_| ()),
            Err(error) => Err(error),
        };
        assert!(outcome.is_err(), "{kind}");
        assert_eq!(server.tenant.inspect().users_live, live, "{kind}");
    }
    let rules = json!([{ "operation": "* /v1.0/**", "rate": 1.0, "fault": { "kind": "status", "status": 503, "retry_after": "2" } }]);
    client.post(format!("{base}/_haymaker/faults")).body(rules.to_string()).send().await.unwrap();
    let refused = hire("d").send().await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.headers()["retry-after"].to_str().unwrap()), (503, "2"));
    let id = refused.headers()["request-id"].to_str().unwrap().to_owned();
    let refused: Value = serde_json::from_str(&refused.text().await.unwrap()).unwrap();
    assert_eq!(refused["error"]["code"], "ServiceUnavailable");
    assert_eq!(refused["error"]["innerError"]["request-id"], id);
    server.tenant.set_faults(Vec::new());
    assert_eq!(hire("d").send().await.unwrap().status(), 201);
    server.stopped().await;
}

#[tokio::test]
async fn https_is_served_with_a_certificate_of_its_own_authority() {
    let tenant = Tenant::new(settings()).unwrap();
    let authority = haymaker_tenant::Authority::new().unwrap();
    let pem = authority.pem().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let task = tokio::spawn(async move {
        haymaker_tenant::serve_tls(tenant, listener, &authority, async { drop(ended.await) }).await
    });
    let _ = rustls::crypto::ring::default_provider().install_default();
    let trusting = reqwest::Client::builder()
        .no_proxy()
        .tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()])
        .build()
        .unwrap();
    let path = "/common/v2.0/.well-known/openid-configuration";
    let answer = trusting.get(format!("https://localhost:{}{path}", address.port())).send().await.unwrap();
    let configuration: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    let token = configuration["token_endpoint"].as_str().unwrap();
    assert!(token.starts_with(&format!("https://localhost:{}/", address.port())), "{token}");
    assert!(
        reqwest::Client::builder()
            .no_proxy()
            .tls_certs_only([])
            .build()
            .unwrap()
            .get(format!("https://{address}{path}"))
            .send()
            .await
            .is_err()
    );
    drop(end);
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_inspection_is_served_and_what_is_not_there_is_said() {
    let server = started().await;
    let (client, base) = (client(), format!("http://{}/_haymaker", server.address));
    let get = |path: &str| client.get(format!("{base}/{path}")).send();
    let overview: haymaker_tenant::inspect::Overview =
        serde_json::from_str(&get("inspect").await.unwrap().text().await.unwrap()).unwrap();
    assert_eq!((overview.users_live, overview.bystanders.count), (5, 5));
    assert_eq!(get("inspect/users?tag=haymaker:x").await.unwrap().text().await.unwrap(), r#"{"value":[]}"#);
    for (path, status) in [
        ("inspect/users", 400),
        ("inspect/mailbox/nobody", 404),
        ("inspect/mail/%3Cx@y%3E", 404),
        ("inspect/other", 404),
        ("throttle", 404),
    ] {
        assert_eq!(get(path).await.unwrap().status(), status, "{path}");
    }
    server.stopped().await;
}

#[tokio::test]
async fn what_is_recorded_names_each_exchange_and_no_secret() {
    let server = started().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("record.jsonl");
    server.tenant.record_to(&file).unwrap();
    let settings = server.tenant.settings().clone();
    let (client, base) = (client(), format!("http://{}", server.address));
    let form = format!(
        "grant_type=client_credentials&client_id={}&client_secret={}&scope={base}/.default",
        settings.app.id, settings.app.secret
    );
    let post = |path: &str, kind: &str| client.post(format!("{base}{path}")).header("content-type", kind);
    let token = post(&format!("/{}/oauth2/v2.0/token", settings.tenant_id), "application/x-www-form-urlencoded");
    let token: Value = serde_json::from_str(&token.body(form).send().await.unwrap().text().await.unwrap()).unwrap();
    let token = token["access_token"].as_str().unwrap();
    let person = Client::new(settings.clone()).person("ada").to_string();
    let made = post("/v1.0/users", "application/json").bearer_auth(token).body(person).send().await.unwrap();
    assert_eq!(made.status(), 201);
    client.get(format!("{base}/v1.0/users?$top=1")).bearer_auth(token).send().await.unwrap();
    client.get(format!("{base}/v1.0/users")).send().await.unwrap();
    client.get(format!("{base}/_haymaker/inspect")).send().await.unwrap();
    server.stopped().await;

    let text = std::fs::read_to_string(&file).unwrap();
    for secret in [settings.app.secret.as_str(), token, "Correct-Horse-7"] {
        assert!(!text.contains(secret), "{secret} was recorded");
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let column = |name: &str| lines.iter().map(|line| line[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("status"), [200, 201, 200, 401].map(Value::from));
    assert_eq!(column("auth"), [Value::Null, "app".into(), "app".into(), Value::Null]);
    assert_eq!(lines[1]["at"], "2026-01-05T08:00:00.000Z");
    assert_eq!(lines[1]["request_body"]["passwordProfile"]["password"], "***");
    assert_eq!(lines[1]["request_headers"]["authorization"], "***");
    assert_eq!(lines[1]["response_headers"]["request-id"].as_str().unwrap().len(), 36);
    assert_eq!((&lines[2]["path"], &lines[2]["query"]), (&json!("/v1.0/users"), &json!("$top=1")));
    assert_eq!(lines[3]["response_body"]["error"]["code"], "InvalidAuthenticationToken");
}

/// Sends bytes, and answers all that comes back until the server hangs up.
async fn exchanged(server: &Server, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// The status and the body of an answer.
fn taken_apart(answer: &str) -> (&str, Value) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap(), serde_json::from_str(body).unwrap_or_else(|_| panic!("{answer}")))
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_in_the_shape_of_whoever_it_was_for() {
    let server = started().await;
    let tenant = &server.tenant.settings().tenant_id;
    for (framing, status, code) in [
        (format!("content-length: {}\r\n\r\n", 5 * 1024 * 1024), "413", "PayloadTooLarge"),
        ("transfer-encoding: chunked\r\n\r\nzz\r\n".to_owned(), "400", "BadRequest"),
    ] {
        let head = |path: &str| format!("POST {path} HTTP/1.1\r\nhost: x\r\nclient-request-id: mine\r\n{framing}");
        let answer = exchanged(&server, head("/v1.0/users").as_bytes()).await;
        let (found, body) = taken_apart(&answer);
        assert_eq!((found, &body["error"]["code"]), (status, &json!(code)), "{answer}");
        let inner = &body["error"]["innerError"];
        assert_eq!((&inner["client-request-id"], &inner["date"]), (&json!("mine"), &json!("2026-01-05T08:00:00")));
        let id = inner["request-id"].as_str().unwrap();
        assert!(answer.contains(&format!("\r\nrequest-id: {id}\r\n")), "{answer}");

        let answer = exchanged(&server, head(&format!("/{tenant}/oauth2/v2.0/token")).as_bytes()).await;
        let (found, body) = taken_apart(&answer);
        assert_eq!((found, &body["error"]), (status, &json!("invalid_request")), "{answer}");

        let answer = exchanged(&server, head("/_haymaker/faults").as_bytes()).await;
        let (found, body) = taken_apart(&answer);
        assert!(found == status && body["error"].is_string(), "{answer}");
    }
    assert_eq!(server.tenant.inspect().users_live, 5);
    server.stopped().await;
}

#[tokio::test]
async fn nonsense_on_the_wire_is_refused_and_hurts_nobody() {
    let server = started().await;
    let huge = format!("POST /v1.0/users HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", 5 * 1024 * 1024);
    for (bytes, status) in [
        (b"GET /v1.0/users HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".to_vec(), "401"),
        (b"\x16\x03\x01 nonsense\r\n\r\n".to_vec(), "400"),
        (huge.into_bytes(), "413"),
        (format!("GET /v1.0/{} HTTP/1.1\r\nhost: x\r\n\r\n", "x".repeat(70_000)).into_bytes(), "414"),
        (format!("GET /v1.0/users HTTP/1.1\r\n{}\r\n", "x: y\r\n".repeat(200)).into_bytes(), "431"),
    ] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&answer).split(' ').nth(1), Some(status));
    }
    assert_eq!(server.tenant.inspect().users_live, 5);
    server.stopped().await;
}
