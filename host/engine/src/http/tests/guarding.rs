//! What is denied, what is counted, and what the guest never sees.

use super::kit::*;
use super::server::*;
use crate::http::*;
use crate::types::ProblemKind;

const PASSWORD: &str = "Zx9\"k/+long-enough";

#[tokio::test]
async fn what_is_not_granted_is_denied_counted_and_not_sent() {
    let server = Server::start([]).await;
    let mut bench = Bench::new(&server.origin);
    bench.endpoint.allow = vec![allow::Rule::parse("GET /users/*").unwrap()];
    let session = bench.session();
    let header = Request { headers: vec![("Authorization".into(), "x".into())], ..get("/users/a") };
    let fill = Fill { pointer: "/displayName".into(), secret: "s".into() };
    for (request, code) in [
        (get("/groups"), "not-allowed"),
        (once("/users/a", "{}"), "not-allowed"),
        (get("/users/../groups"), "request.target"),
        (get("https://evil.example/v1.0/users/a"), "request.target"),
        (header, "request.header"),
        (Request { endpoint: "other".into(), ..get("/users/a") }, "endpoint"),
        (Request { fills: vec![fill], ..get("/users/a") }, "fill"),
    ] {
        let problem = problem(session.send(request).await);
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Denied, code));
    }
    *bench.platform.denial.lock().unwrap() = Some(Denial { code: "bystander".into(), why: "not ours".into() });
    assert_eq!(problem(session.send(get("/users/a")).await).code, "bystander");
    assert_eq!(session.close().await.denied.len(), 8);
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn mistakes_and_missing_abilities_are_not_counted_as_denied() {
    let bench = Bench::new("http://127.0.0.1:9");
    let session = bench.session();
    for (request, kind, code) in [
        (Request { method: "get".into(), ..get("/x") }, ProblemKind::Invalid, "request.method"),
        (Request { speaker: Some("w01".into()), ..get("/x") }, ProblemKind::Unavailable, "speaker"),
        (once("/$batch", r#"{"requests":[]}"#), ProblemKind::Invalid, "batch"),
        (once("/x", "{"), ProblemKind::Invalid, "request.body"),
    ] {
        let problem = problem(session.send(request).await);
        assert_eq!((problem.kind, problem.code.as_str()), (kind, code));
    }
    assert!(session.close().await.denied.is_empty());
}

#[tokio::test]
async fn settling_only_reads() {
    let server = Server::start([say(200, &[], "{}")]).await;
    let mut bench = Bench::new(&server.origin);
    bench.mode = Mode::ReadOnly;
    assert_eq!(problem(bench.send(once("/x", "{}")).await.0).code, "read-only");
    assert!(bench.send(get("/x")).await.0.is_ok());
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_filled_secret_reaches_the_server_and_nobody_else() {
    let server = Server::start([say(201, &[], r#"{"id":"1"}"#)]).await;
    let bench = Bench::new(&server.origin);
    bench.platform.secrets.lock().unwrap().insert("w01".into(), PASSWORD.into());
    let fill = Fill { pointer: "/password".into(), secret: "w01".into() };
    let request = Request { fills: vec![fill], ..once("/users", r#"{"password":""}"#) };
    let (result, closed) = bench.send(request.clone()).await;
    assert_eq!(result.unwrap().status, 201);
    let sent: serde_json::Value = serde_json::from_str(&server.seen()[0].body).unwrap();
    assert_eq!(sent["password"], PASSWORD);
    let checked = format!("{:?} {closed:?} {:?}", bench.platform.checked.lock().unwrap(), bench.platform.events());
    assert!(!checked.contains("Zx9"), "{checked}");

    bench.platform.secrets.lock().unwrap().clear();
    assert_eq!(problem(bench.send(request).await.0).code, "no-secret");
}

#[tokio::test]
async fn an_answer_with_a_live_secret_never_reaches_the_guest() {
    let echo = serde_json::json!({ "you sent": PASSWORD }).to_string();
    let server = Server::start(vec![say(200, &[], &echo); 2]).await;
    let bench = Bench::new(&server.origin);
    bench.platform.secrets.lock().unwrap().insert("w01".into(), PASSWORD.into());
    let (result, closed) = bench.send(get("/x")).await;
    assert_eq!(problem(result).code, "secret-in-answer");
    assert_eq!(closed.denied.len(), 1);
    let (result, closed) = bench.send(once("/x", "{}")).await;
    assert_eq!(problem(result).kind, ProblemKind::InDoubt, "it was done, perhaps");
    assert!(closed.doubt.is_some());
    assert!(bench.platform.answers.lock().unwrap().is_empty(), "nor is it recorded");
}

#[tokio::test]
async fn content_is_fetched_from_its_link_without_credentials_and_the_link_is_shown_to_nobody() {
    let store = Server::start([say(200, &[("set-cookie", "s=1")], "bytes")]).await;
    let link = format!("{}/blob?tempauth=abc", store.origin);
    let graph = Server::start([say(302, &[("location", &link)], "")]).await;
    let login = Server::start([super::tokens::token("tok-1", 3600)]).await;
    let mut bench = Bench::new(&graph.origin);
    bench.endpoint.auth = super::tokens::auth(&login.origin, "shh-secret");
    let (result, closed) = bench.send(get("/users/a/drive/items/1/content")).await;
    let response = result.unwrap();
    assert_eq!((response.status, &response.body[..]), (200, &b"bytes"[..]));
    assert!(response.headers.iter().all(|(name, _)| name != "set-cookie"));
    assert_eq!(store.seen()[0].line, "GET /blob?tempauth=abc HTTP/1.1");
    assert_eq!(store.seen()[0].header("authorization"), None);
    assert_eq!(graph.seen()[0].header("authorization"), Some("Bearer tok-1"));
    assert_eq!(closed.exchanges.len(), 2);
    assert!(!format!("{closed:?} {response:?}").contains("tempauth"));
}

#[tokio::test]
async fn other_redirects_are_answers_and_lead_nowhere() {
    let elsewhere = Server::start([]).await;
    let link = format!("{}/x", elsewhere.origin);
    let graph = Server::start(vec![say(302, &[("location", &link)], ""); 2]).await;
    let bench = Bench::new(&graph.origin);
    for request in [get("/users/a"), once("/users/a/content", "{}")] {
        let response = bench.send(request).await.0.unwrap();
        assert_eq!(response.status, 302);
        assert!(response.headers.iter().all(|(name, _)| name != "location"));
    }
    assert!(elsewhere.seen().is_empty());
}

#[tokio::test]
async fn a_base_is_told_for_known_endpoints_only() {
    let session = Bench::new("http://graph.example").session();
    assert_eq!(session.base_url("graph").unwrap(), "http://graph.example/v1.0");
    assert_eq!(session.base_url("other").unwrap_err().kind, ProblemKind::Denied);
}
