//! Tokens: fetched once, renewed in time, and never shown.

use std::sync::Arc;

use base64::Engine as _;

use super::kit::*;
use super::server::*;
use crate::http::*;
use crate::types::ProblemKind;

/// What a token endpoint says.
pub(super) fn token(access: &str, expires_in: u64) -> Play {
    let body = format!(r#"{{"token_type":"Bearer","expires_in":{expires_in},"access_token":"{access}"}}"#);
    say(200, &[], &body)
}

pub(super) fn auth(authority: &str, secret: &str) -> Auth {
    Auth::ClientCredentials {
        authority: authority.into(),
        tenant: "contoso.example".into(),
        client_id: "app-1".into(),
        client_secret: Arc::new(Secret::new(secret.into())),
        scope: "https://graph.microsoft.com/.default".into(),
    }
}

async fn bench(login: &Server, graph: &Server) -> Bench {
    let mut bench = Bench::new(&graph.origin);
    bench.endpoint.auth = auth(&login.origin, "s3cret & =+ä");
    bench
}

#[tokio::test]
async fn a_token_is_asked_for_as_entra_wants_it_and_its_uti_is_recorded() {
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(r#"{"uti":"u-7"}"#);
    let login = Server::start([token(&format!("h.{payload}.s"), 3600)]).await;
    let graph = Server::start([say(200, &[], "")]).await;
    let mut bench = bench(&login, &graph).await;
    bench.clock_header = true;
    let (_, closed) = bench.send(get("/x")).await;
    let asked = &login.seen()[0];
    assert_eq!(asked.line, "POST /contoso.example/oauth2/v2.0/token HTTP/1.1");
    assert_eq!(
        asked.body,
        "client_id=app-1&client_secret=s3cret%20%26%20%3D%2B%C3%A4&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&grant_type=client_credentials"
    );
    assert_eq!(asked.header("content-type"), Some("application/x-www-form-urlencoded"));
    assert_eq!(asked.header("x-haymaker-clock"), Some("1767600000000"));
    assert_eq!(asked.header("client-request-id"), Some(identity::request_id("app-1", 1).as_str()));
    assert_eq!(closed.exchanges.len(), 1, "the token's request is not the task's");
    assert_eq!(closed.exchanges[0].token_uti.as_deref(), Some("u-7"));
}

#[tokio::test]
async fn many_requests_at_once_fetch_one_token() {
    let login = Server::start([token("t", 3600)]).await;
    let graph = Server::start(vec![say(200, &[], ""); 16]).await;
    let bench = bench(&login, &graph).await;
    futures::future::join_all((0..16).map(|_| bench.send(get("/x")))).await;
    assert_eq!(login.seen().len(), 1);
    assert_eq!(graph.seen().len(), 16);
}

#[tokio::test]
async fn a_token_is_renewed_five_minutes_before_its_end_by_the_given_clock() {
    let login = Server::start([token("t1", 3600), token("t2", 3600)]).await;
    let graph = Server::start(vec![say(200, &[], ""); 3]).await;
    let bench = bench(&login, &graph).await;
    for minute in [0, 54, 55] {
        bench.clock.set(MONDAY + minute * 60_000);
        bench.send(get("/x")).await.0.unwrap();
    }
    let bearers: Vec<_> = graph.seen().iter().map(|seen| seen.header("authorization").unwrap().to_owned()).collect();
    assert_eq!(bearers, ["Bearer t1", "Bearer t1", "Bearer t2"]);
    assert_ne!(login.seen()[0].header("client-request-id"), login.seen()[1].header("client-request-id"));
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_a_once_request_is_withdrawn_meanwhile() {
    let login = Server::start([token("t1", 3600), token("t2", 3600)]).await;
    let graph = Server::start([say(401, &[], ""), say(202, &[], ""), say(401, &[], ""), say(401, &[], "")]).await;
    let bench = bench(&login, &graph).await;
    assert_eq!(bench.send(once("/x", "{}")).await.0.unwrap().status, 202);
    assert_eq!(
        bench.platform.events(),
        ["begin", "sends", "hears", "withdrawn", "begin", "sends", "hears", "answered"]
    );
    login.then(token("t3", 3600));
    assert_eq!(bench.send(get("/x")).await.0.unwrap().status, 401, "the second refusal is the answer");
    assert_eq!(login.seen().len(), 3);
}

#[tokio::test]
async fn a_wrong_secret_is_asked_for_once_by_all_who_wait_and_explained_without_it() {
    let body = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided. You sent s3cret & =+ä","error_codes":[7000215]}"#;
    let login = Server::start([Play::Hold(answer(401, &[], body))]).await;
    let graph = Server::start([]).await;
    let bench = bench(&login, &graph).await;
    let release = async {
        login.arrival().await;
        // Let those that are to wait begin to wait; they need no time, only their turn.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        login.release();
    };
    let sends = futures::future::join_all((0..8).map(|_| bench.send(once("/x", "{}"))));
    let (results, ()) = futures::future::join(sends, release).await;
    for (result, closed) in results {
        let problem = problem(result);
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Denied, "credentials"));
        assert!(problem.message.contains("AADSTS7000215"), "{}", problem.message);
        assert!(!problem.message.contains("s3cret"), "{}", problem.message);
        assert!(closed.denied.is_empty(), "it is not the guest's doing");
    }
    assert_eq!(login.seen().len(), 1);
    assert!(graph.seen().is_empty());
    assert!(bench.platform.events().is_empty(), "nothing was begun");
}

#[tokio::test]
async fn a_wrong_secret_is_not_hidden_by_a_token_that_the_right_one_was_given() {
    let refusal = say(401, &[], r#"{"error":"invalid_client"}"#);
    let login = Server::start([token("t", 3600), refusal]).await;
    let bench = Bench::new("http://127.0.0.1:9");
    let check = |secret: &'static str| {
        let (gateway, clock, auth) = (bench.gateway.clone(), bench.clock.clone(), auth(&login.origin, secret));
        async move { gateway.token(&auth, clock.as_ref(), None).await }
    };
    check("right").await.unwrap();
    check("right").await.unwrap();
    let problem = check("wrong").await.unwrap_err();
    assert!(problem.message.contains("invalid_client"), "{}", problem.message);
    assert_eq!(login.seen().len(), 2);
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_is_asked_again_and_then_the_task_runs_later() {
    let login = Server::start([Play::ResetRead, say(503, &[], ""), token("t", 3600)]).await;
    let graph = Server::start([say(200, &[], "")]).await;
    let bench1 = bench(&login, &graph).await;
    assert_eq!(bench1.send(get("/x")).await.0.unwrap().status, 200);

    let login = Server::start([say(429, &[("retry-after", "60")], "")]).await;
    let bench2 = bench(&login, &graph).await;
    let (result, _) = bench2.send(once("/x", "{}")).await;
    let Err(Refusal::Later { at, problem }) = result else { panic!("{result:?}") };
    assert_eq!((at, problem.code.as_str()), (MONDAY + 60_000, "token-throttled"));
}

#[tokio::test]
async fn an_answer_that_is_not_a_token_and_settings_that_are_not_a_tenant_are_told_apart() {
    let good = r#"{"token_type":"Bearer","expires_in":1,"access_token":"t"}"#;
    for body in
        ["", "{}", &good.replace("Bearer", "mac"), &good.replace("\"t\"", "\"a b\""), &good.replace("expires_in", "x")]
    {
        let login = Server::start([say(200, &[], body)]).await;
        let bench = Bench::new("http://127.0.0.1:9");
        let problem = bench.gateway.token(&auth(&login.origin, "s"), bench.clock.as_ref(), None).await.unwrap_err();
        assert_eq!(problem.code, "token-answer", "{body}");
    }
    let bench = Bench::new("http://127.0.0.1:9");
    for tenant in ["", "..", "a/b", "a?b", "a b"] {
        let Auth::ClientCredentials { authority, client_id, client_secret, scope, .. } = auth("http://l.example", "s")
        else {
            unreachable!()
        };
        let auth = Auth::ClientCredentials { authority, tenant: tenant.into(), client_id, client_secret, scope };
        let problem = bench.gateway.token(&auth, bench.clock.as_ref(), None).await.unwrap_err();
        assert_eq!(problem.code, "token-settings", "{tenant}");
    }
}

#[tokio::test]
async fn a_server_that_echoes_the_token_does_not_give_it_to_the_guest() {
    let login = Server::start([token("tok-tok-tok", 3600)]).await;
    let graph = Server::start([say(200, &[], "authorization: Bearer tok-tok-tok")]).await;
    let bench = bench(&login, &graph).await;
    assert_eq!(problem(bench.send(get("/x")).await.0).code, "secret-in-answer");
}

#[test]
fn secrets_are_not_printed() {
    let auth = auth("http://l.example", "s3cret");
    assert!(!format!("{auth:?}").contains("s3cret"));
}
