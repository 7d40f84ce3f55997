//! Batches: taken apart, checked part by part, and written anew.

use serde_json::{Value, json};

use super::kit::*;
use super::server::*;
use crate::http::*;
use crate::types::ProblemKind;

fn batch(requests: &Value) -> Request {
    once("/$batch", &json!({ "requests": requests }).to_string())
}

fn part(id: &str, method: &str, url: &str) -> Value {
    json!({ "id": id, "method": method, "url": url })
}

#[tokio::test]
async fn a_batch_is_checked_part_by_part_and_sent_as_it_was_understood() {
    let answers = json!({ "responses": [
        { "id": "2", "status": 201, "headers": { "request-id": "r2", "Set-Cookie": "s=1" }, "body": { "id": "m" } },
        { "id": "1", "status": 202, "headers": { "Location": "https://elsewhere.example/?sig=1" } },
        { "id": "never asked", "status": 200 },
    ]});
    let server = Server::start([say(200, &[("request-id", "r0")], &answers.to_string())]).await;
    let bench = Bench::new(&server.origin);
    let body = json!({ "toRecipients": [] });
    let requests = json!([
        { "id": "1", "method": "GET", "url": "/users/%61?$top=1", "headers": { "Prefer": "x" } },
        { "id": "2", "method": "POST", "url": "/users/a/messages", "body": body, "dependsOn": ["1"],
          "headers": { "Content-Type": "application/json" } },
    ]);
    let (result, closed) = bench.send(batch(&requests)).await;
    let shown: Value = serde_json::from_slice(&result.unwrap().body).unwrap();
    assert_eq!(shown["responses"][0]["headers"], json!({ "request-id": "r2" }), "credentials are taken out");
    assert_eq!(shown["responses"][1]["headers"], json!({}), "and links that lead elsewhere");
    assert_eq!(shown["responses"].as_array().unwrap().len(), 2);

    let checked: Vec<String> = bench.platform.checked.lock().unwrap().iter().map(Canonical::line).collect();
    assert_eq!(checked, ["GET /users/a?$top=1", "POST /users/a/messages"]);
    let told = bench.platform.shown.lock().unwrap().clone();
    assert_eq!(told, ["201 POST /users/a/messages", "202 GET /users/a?$top=1"]);

    let sent: Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    let [first, second] = &sent["requests"].as_array().unwrap()[..] else { panic!("{sent}") };
    assert_eq!(first["url"], "/users/a?$top=1");
    assert_eq!((&second["body"], &second["dependsOn"]), (&body, &json!(["1"])));
    let [whole, later, earlier] = &closed.exchanges[..] else { panic!("{closed:?}") };
    assert_eq!((whole.path.as_str(), whole.batch_id.as_deref()), ("/$batch", None));
    assert_eq!(
        (later.status, later.request_id.as_deref(), later.batch_id.as_deref()),
        (Some(201), Some("r2"), Some("r0"))
    );
    assert_eq!(second["headers"]["client-request-id"], later.client_request_id.as_str());
    assert_eq!(first["headers"]["client-request-id"], earlier.client_request_id.as_str());
}

#[tokio::test]
async fn what_is_denied_alone_is_denied_in_a_batch_and_nothing_of_it_is_sent() {
    let server = Server::start([]).await;
    let mut bench = Bench::new(&server.origin);
    bench.endpoint.allow =
        ["POST /$batch", "GET /users/*", "POST /users/*"].map(|rule| allow::Rule::parse(rule).unwrap()).to_vec();
    let good = part("1", "GET", "/users/a");
    let many: Vec<Value> = (0..21).map(|n| part(&n.to_string(), "GET", "/users/a")).collect();
    let mut hidden = part("2", "POST", "/users/a");
    hidden["body"] = json!("VG86IGNoaWVm");
    let mut credential = part("2", "GET", "/users/a");
    credential["headers"] = json!({ "Authorization": "x" });
    let mut odd = part("2", "GET", "/users/a");
    odd["uri"] = json!("/users/b");
    for (requests, kind, code) in [
        (json!([good, part("2", "GET", "/groups")]), ProblemKind::Denied, "not-allowed"),
        (json!([good, part("2", "GET", "/users/../groups")]), ProblemKind::Denied, "batch"),
        (json!([good, part("2", "GET", "https://elsewhere.example/users/a")]), ProblemKind::Denied, "batch"),
        (json!([good, part("2", "POST", "/$batch")]), ProblemKind::Denied, "batch"),
        (json!([good, part("2", "POST", "/%24BATCH")]), ProblemKind::Denied, "batch"),
        (json!([good, part("1", "GET", "/users/b")]), ProblemKind::Denied, "batch"),
        (json!([good, hidden]), ProblemKind::Denied, "batch"),
        (json!([good, credential]), ProblemKind::Denied, "batch"),
        (json!([good, odd]), ProblemKind::Denied, "batch"),
        (json!([good, part("2", "GET", "/users/a/content")]), ProblemKind::Invalid, "batch"),
        (json!(many), ProblemKind::Invalid, "batch"),
        (json!([]), ProblemKind::Invalid, "batch"),
        (json!([good, part("2", "get", "/users/a")]), ProblemKind::Invalid, "batch"),
    ] {
        let (result, closed) = bench.send(batch(&requests)).await;
        let problem = problem(result);
        assert_eq!((problem.kind, problem.code.as_str()), (kind, code), "{requests} {}", problem.message);
        assert_eq!(closed.denied.len(), usize::from(kind == ProblemKind::Denied), "{requests}");
    }
    let twins = once("/$batch", r#"{"requests": [], "requests": []}"#);
    assert_eq!(problem(bench.send(twins).await.0).code, "request.body");
    *bench.platform.denial.lock().unwrap() = Some(Denial { code: "bystander".into(), why: "not ours".into() });
    assert_eq!(problem(bench.send(batch(&json!([good]))).await.0).code, "bystander");
    bench.endpoint.allow = vec![allow::Rule::parse("GET /users/*").unwrap()];
    assert_eq!(problem(bench.send(batch(&json!([good]))).await.0).code, "not-allowed", "the batch itself");
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_batch_of_effect_read_only_reads() {
    let server = Server::start([say(200, &[], r#"{"responses":[]}"#)]).await;
    let mut bench = Bench::new(&server.origin);
    bench.mode = Mode::ReadOnly;
    let read = |requests: Value| Request { effect: Effect::Read, ..batch(&requests) };
    assert!(bench.send(read(json!([part("1", "GET", "/users/a")]))).await.0.is_ok());
    for method in ["POST", "PATCH", "PUT", "DELETE"] {
        let (result, _) = bench.send(read(json!([part("1", "GET", "/users/a"), part("2", method, "/users/a")]))).await;
        assert_eq!(problem(result).code, "batch", "{method}");
    }
    assert_eq!(problem(bench.send(batch(&json!([part("1", "GET", "/users/a")]))).await.0).code, "read-only");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_policys_own_look_is_among_the_exchanges_and_changes_no_other_requests_id() {
    let server = Server::start([say(200, &[], "{}")]).await;
    let (_, plain) = Bench::new(&server.origin).send(get("/users/a")).await;
    let server = Server::start([say(200, &[], r#"{"seen":1}"#), say(200, &[], "{}")]).await;
    let bench = Bench::new(&server.origin);
    *bench.platform.look.lock().unwrap() = Some("/users/b?$select=id".into());
    let (result, closed) = bench.send(get("/users/a")).await;
    assert!(result.is_ok());
    assert!(bench.platform.events().contains(&r#"saw {"seen":1}"#.to_owned()));
    let [look, request] = &closed.exchanges[..] else { panic!("{closed:?}") };
    assert_eq!(look.path, "/users/b?$select=id");
    assert_eq!(request.client_request_id, plain.exchanges[0].client_request_id);
    assert_ne!(look.client_request_id, request.client_request_id);
    assert_eq!(bench.platform.shown.lock().unwrap().len(), 1, "a look is not the guest's");
}

#[tokio::test]
async fn a_once_batch_is_the_same_however_often_was_looked_before_it() {
    let server = Server::start(vec![say(200, &[], r#"{"responses":[]}"#); 3]).await;
    let requests = json!([part("1", "POST", "/users/a"), part("2", "POST", "/users/b")]);
    Bench::new(&server.origin).send(batch(&requests)).await.0.unwrap();
    let session = Bench::new(&server.origin).session();
    session.send(get("/users/a")).await.unwrap();
    session.send(batch(&requests)).await.unwrap();
    session.close().await;
    let [first, _, second] = &server.seen()[..] else { panic!("three were sent") };
    assert_eq!(first.body, second.body);
}
