//! Effects: what is durable when, what is sent again, and what is not.

use super::kit::*;
use super::server::*;
use crate::clock::Clock as _;
use crate::http::*;
use crate::types::ProblemKind;

#[tokio::test]
async fn a_once_request_is_durable_before_it_leaves_and_answered_before_the_guest_knows() {
    let server = Server::start([say(202, &[("request-id", "r1")], "")]).await;
    let bench = Bench::new(&server.origin);
    let (result, closed) = bench.send(once("/users/a/sendMail", "{}")).await;
    assert_eq!(result.unwrap().status, 202);
    assert_eq!(bench.platform.events(), ["begin", "sends", "hears", "answered"]);
    assert_eq!(server.seen()[0].line, "POST /v1.0/users/a/sendMail HTTP/1.1");
    let [exchange] = &closed.exchanges[..] else { panic!("{closed:?}") };
    assert_eq!((exchange.status, exchange.request_id.as_deref()), (Some(202), Some("r1")));
    assert_eq!((exchange.method.as_str(), exchange.path.as_str()), ("POST", "/users/a/sendMail"));
    assert_eq!((exchange.sent, exchange.received), (MONDAY, Some(MONDAY)));
    assert_eq!(server.seen()[0].header("client-request-id"), Some(exchange.client_request_id.as_str()));
}

#[tokio::test]
async fn a_rerun_receives_the_recorded_answer_and_sends_nothing() {
    let server = Server::start([say(201, &[], r#"{"id":"m1"}"#)]).await;
    let bench = Bench::new(&server.origin);
    let (first, earlier) = bench.send(once("/users/a/messages", "{}")).await;
    let (second, later) = bench.send(once("/users/a/messages", "{}")).await;
    assert_eq!(first, second);
    assert_eq!(earlier.exchanges, later.exchanges, "the record shows how it went the first time");
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_once_request_that_met_429_is_withdrawn_waits_on_the_clock_and_keeps_its_id() {
    let server = Server::start([say(429, &[("retry-after", "0.5")], ""), say(202, &[], "")]).await;
    let bench = Bench::new(&server.origin);
    let (result, closed) = bench.send(once("/x", "{}")).await;
    assert_eq!(result.unwrap().status, 202);
    assert_eq!(
        bench.platform.events(),
        ["begin", "sends", "hears", "withdrawn", "begin", "sends", "hears", "answered"]
    );
    assert_eq!(bench.clock.now(), MONDAY + 500);
    let statuses: Vec<_> = closed.exchanges.iter().map(|exchange| exchange.status).collect();
    assert_eq!(statuses, [Some(429), Some(202)]);
    assert_eq!(closed.exchanges[0].client_request_id, closed.exchanges[1].client_request_id);
}

#[tokio::test]
async fn a_wait_of_more_than_a_second_ends_the_call_with_nothing_under_way() {
    for (status, code) in [(429, "throttled"), (503, "busy")] {
        let server = Server::start([say(status, &[("retry-after", "30")], "")]).await;
        let bench = Bench::new(&server.origin);
        let (result, closed) = bench.send(once("/x", "{}")).await;
        let Err(Refusal::Later { at, problem }) = result else { panic!("{result:?}") };
        assert_eq!((at, problem.retry_at, problem.code.as_str()), (MONDAY + 30_000, Some(at), code));
        assert_eq!(closed.later, Some((at, problem)));
        assert_eq!(bench.platform.events().last().map(String::as_str), Some("withdrawn"));
        assert_eq!(bench.clock.now(), MONDAY, "nobody waited");
    }
}

#[tokio::test]
async fn throttling_without_a_retry_after_backs_off_the_same_way_in_every_run() {
    let mut ends = Vec::new();
    for _ in 0..2 {
        let server = Server::start(vec![say(429, &[], ""); 9]).await;
        let bench = Bench::new(&server.origin);
        let (result, closed) = bench.send(get("/x")).await;
        let Err(Refusal::Later { at, .. }) = result else { panic!("{result:?}") };
        assert_eq!(closed.exchanges.len(), 3, "two short waits, and a third that is too long");
        ends.push((at, bench.clock.now()));
    }
    assert_eq!(ends[0], ends[1]);
}

#[tokio::test]
async fn a_server_that_keeps_asking_for_short_waits_is_left_after_a_few_tries() {
    let server = Server::start(vec![say(429, &[("retry-after", "0")], ""); 20]).await;
    let (result, closed) = Bench::new(&server.origin).send(get("/x")).await;
    assert!(matches!(result, Err(Refusal::Later { .. })));
    assert_eq!(closed.exchanges.len(), 4);
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent_so_nothing_is_in_doubt() {
    // A port that was free a moment ago, and that nobody listens on.
    let origin = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let bench = Bench::new(&origin);
    let (result, closed) = bench.send(once("/x", "{}")).await;
    let Err(Refusal::Later { problem, .. }) = result else { panic!("{result:?}") };
    assert_eq!(problem.kind, ProblemKind::Unreachable);
    assert_eq!(closed.doubt, None);
    assert_eq!(closed.exchanges.len(), 3);
    assert!(closed.exchanges.iter().all(|exchange| exchange.status.is_none()));
    let events = bench.platform.events();
    assert_eq!(events[events.len() - 3..], ["begin", "sends", "withdrawn"]);
}

#[tokio::test]
async fn a_failing_server_is_asked_again_for_a_read_and_its_last_word_is_the_answer() {
    let server = Server::start(vec![say(500, &[], r#"{"error":{}}"#); 9]).await;
    let bench = Bench::new(&server.origin);
    let (result, closed) = bench.send(get("/x")).await;
    assert_eq!(result.unwrap().status, 500);
    assert_eq!(closed.exchanges.len(), 3);
}

#[tokio::test]
async fn a_request_outlives_the_call_that_asked_for_it() {
    let server = Server::start([Play::Hold(answer(202, &[], ""))]).await;
    let bench = Bench::new(&server.origin);
    let session = bench.session();
    tokio::select! {
        result = session.send(once("/x", "{}")) => panic!("{result:?}"),
        () = server.arrival() => {}
    }
    assert_eq!(bench.platform.events(), ["begin", "sends"]);
    server.release();
    let closed = session.close().await;
    assert_eq!(closed.exchanges[0].status, Some(202));
    assert_eq!(bench.platform.events(), ["begin", "sends", "hears", "answered"]);
}

#[tokio::test]
async fn nothing_new_is_sent_for_a_call_that_is_gone() {
    let server = Server::start([Play::Hold(answer(429, &[("retry-after", "0")], "")), say(202, &[], "")]).await;
    let bench = Bench::new(&server.origin);
    let session = bench.session();
    tokio::select! {
        result = session.send(once("/x", "{}")) => panic!("{result:?}"),
        () = server.arrival() => {}
    }
    server.release();
    let closed = session.close().await;
    assert_eq!(closed.exchanges.len(), 1);
    assert_eq!(closed.doubt, None);
    assert_eq!(bench.platform.events(), ["begin", "sends", "hears", "withdrawn"]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_recorded_is_doubt_and_the_hosts_own_fault() {
    let server = Server::start([say(202, &[], "")]).await;
    let bench = Bench::new(&server.origin);
    *bench.platform.broken.lock().unwrap() = true;
    let (result, closed) = bench.send(once("/x", "{}")).await;
    assert!(matches!(result, Err(Refusal::Host(why)) if why.contains("the disk is full")));
    assert_eq!(closed.doubt.unwrap().problem.kind, ProblemKind::InDoubt);
}

#[tokio::test]
async fn requests_of_a_call_share_a_connection_and_have_ids_that_repeat() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let server = Server::start(vec![say(200, &[], "{}"); 2]).await;
        let session = Bench::new(&server.origin).session();
        session.send(get("/a")).await.unwrap();
        session.send(get("/b")).await.unwrap();
        assert_eq!(server.connections(), 1);
        let ids = session.close().await.exchanges.into_iter().map(|exchange| exchange.client_request_id);
        runs.push(ids.collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0][0], runs[0][1]);
}

#[tokio::test]
async fn a_simulated_tenant_is_told_the_time_and_a_real_one_is_not() {
    let server = Server::start(vec![say(200, &[], ""); 2]).await;
    let mut bench = Bench::new(&server.origin);
    bench.send(get("/a")).await.0.unwrap();
    bench.clock_header = true;
    bench.clock.set(MONDAY + 7);
    bench.send(get("/a")).await.0.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].header("x-haymaker-clock"), None);
    assert_eq!(seen[1].header("x-haymaker-clock"), Some("1767600000007"));
    assert_eq!(seen[0].header("return-client-request-id"), Some("true"));
    assert!(seen[0].header("user-agent").unwrap().starts_with("haymaker/"));
    assert_eq!(seen[0].header("accept-encoding"), None);
}

#[tokio::test]
async fn the_handshake_is_believed_only_when_it_is_exactly_one() {
    let good = r#"{"haymaker_simulated_tenant":1,"clock_header":"x-haymaker-clock","tenant_id":"t","domain":"d.example","now":2,"start":1,"speed":null}"#;
    let others = [
        good.replace("tenant\":1", "tenant\":2"),
        good.replace("x-haymaker-clock", "date"),
        good.replace("\"now\":2", "\"now\":\"2\""),
        good.replace("null", "\"fast\""),
        "{}".to_owned(),
        "<html>".to_owned(),
    ];
    let plays = others.iter().map(|body| say(200, &[], body)).chain([say(404, &[], good), say(302, &[], good)]);
    let server = Server::start([say(200, &[], good)].into_iter().chain(plays)).await;
    let gateway = Bench::new(&server.origin).gateway;
    let base = reqwest::Url::parse(&format!("{}/v1.0", server.origin)).unwrap();
    let found = gateway.probe(&base).await.unwrap().unwrap();
    assert_eq!((found.now, found.start, found.speed, found.domain.as_str()), (2, 1, None, "d.example"));
    for _ in 0..others.len() + 2 {
        assert_eq!(gateway.probe(&base).await, Ok(None));
    }
    assert_eq!(server.seen()[0].line, "GET /.well-known/haymaker-simulated-tenant HTTP/1.1");
    let silent = Server::start([Play::SayAndClose(String::new())]).await;
    let base = reqwest::Url::parse(&silent.origin).unwrap();
    assert!(gateway.probe(&base).await.unwrap_err().contains("does not answer"));
}
