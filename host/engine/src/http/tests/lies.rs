//! Servers that lie, break off, or take for ever: a `once` request is in doubt, anything else is asked again.

use super::kit::*;
use super::server::*;
use crate::http::*;
use crate::types::ProblemKind;

/// Everything after which it cannot be known what the server did.
fn lies() -> Vec<(&'static str, Play)> {
    vec![
        ("reset after reading", Play::ResetRead),
        ("closed without a word", Play::SayAndClose(String::new())),
        ("half a status line", Play::SayAndClose("HTTP/1.1 20".into())),
        ("half a head", Play::SayAndClose("HTTP/1.1 200 OK\r\ncontent-le".into())),
        ("less than its content-length", Play::SayAndClose("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{}".into())),
        (
            "two content-lengths",
            Play::SayAndClose("HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}".into()),
        ),
        ("a broken chunk", Play::SayAndClose("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}".into())),
        (
            "a chunk too few",
            Play::SayAndClose("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n".into()),
        ),
        (
            "a page where JSON was announced",
            say(201, &[("content-type", "application/json")], "<html>Bad gateway</html>"),
        ),
        ("half of its JSON", say(201, &[("content-type", "application/json; charset=utf-8")], r#"{"id": "AA"#)),
        ("not HTTP", Play::SayAndClose("220 smtp.example ESMTP\r\n".into())),
        (
            "another protocol",
            Play::SayAndClose("HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n".into()),
        ),
    ]
}

#[tokio::test]
async fn a_once_request_that_meets_a_lie_is_in_doubt_and_never_sent_again() {
    for (name, lie) in lies() {
        let server = Server::start([lie, say(202, &[], "")]).await;
        let bench = Bench::new(&server.origin);
        let (result, closed) = bench.send(once("/x", "{}")).await;
        assert_eq!(problem(result).kind, ProblemKind::InDoubt, "{name}");
        assert_eq!(server.seen().len(), 1, "{name}");
        assert_eq!(bench.platform.events(), ["begin", "sends"], "{name}");
        let doubt = closed.doubt.unwrap();
        assert_eq!(doubt.request_id, closed.exchanges[0].client_request_id, "{name}");
        assert_eq!(closed.exchanges[0].status, None, "{name}");
    }
}

#[tokio::test]
async fn a_reset_before_the_request_was_read_is_doubt_too_because_we_cannot_know() {
    let server = Server::start([Play::ResetUnread, say(202, &[], "")]).await;
    let bench = Bench::new(&server.origin);
    let (result, closed) = bench.send(once("/x", "{}")).await;
    assert_eq!(problem(result).kind, ProblemKind::InDoubt);
    assert!(closed.doubt.is_some());
    assert!(server.seen().is_empty());
}

#[tokio::test]
async fn a_read_that_meets_a_lie_is_asked_again() {
    for (name, lie) in lies().into_iter().chain([("reset before reading", Play::ResetUnread)]) {
        let server = Server::start([lie.clone(), lie, say(200, &[], "{}")]).await;
        let (result, closed) = Bench::new(&server.origin).send(get("/x")).await;
        assert_eq!(result.unwrap().body, b"{}", "{name}");
        assert_eq!(closed.exchanges.len(), 3, "{name}");
        assert_eq!(closed.doubt, None, "{name}");
    }
}

#[tokio::test]
async fn a_server_that_only_lies_is_unreachable_for_a_read() {
    let server = Server::start(vec![Play::ResetRead; 9]).await;
    let (result, _) = Bench::new(&server.origin).send(get("/x")).await;
    assert_eq!(problem(result).kind, ProblemKind::Unreachable);
}

#[tokio::test]
async fn silence_and_trickles_end_with_the_request_timeout() {
    let slow = "HTTP/1.1 200 OK\r\ncontent-length: 9000000\r\n\r\n".replace("9000000", "60000");
    for play in [Play::Silence, Play::Trickle(slow), Play::Trickle("HTTP/1.1 200 OK\r\nx: ".into())] {
        let server = Server::start([play]).await;
        let (result, closed) = Bench::impatient(&server.origin, 60).send(once("/x", "{}")).await;
        let problem = problem(result);
        assert_eq!(problem.kind, ProblemKind::InDoubt);
        assert!(problem.message.contains("60 ms"), "{}", problem.message);
        assert!(closed.doubt.is_some());
    }
}

#[tokio::test]
async fn an_answer_beyond_the_limit_is_not_read_to_its_end() {
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n";
    let endless = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    for play in [Play::Say(announced.into()), Play::Flood(endless.into())] {
        let server = Server::start([play.clone(), play]).await;
        let bench = Bench::new(&server.origin);
        let read = problem(bench.send(get("/x")).await.0);
        assert_eq!((read.kind, read.code.as_str()), (ProblemKind::Failed, "response-too-large"));
        let (sent, closed) = bench.send(once("/x", "{}")).await;
        assert_eq!(problem(sent).kind, ProblemKind::InDoubt, "it was done, perhaps");
        assert!(closed.doubt.is_some());
    }
}

#[tokio::test]
async fn an_idle_connection_that_the_server_closed_does_not_disturb_a_read() {
    let server = Server::start([Play::SayAndClose(answer(200, &[], "1")), say(200, &[], "2")]).await;
    let session = Bench::new(&server.origin).session();
    session.send(get("/x")).await.unwrap();
    assert_eq!(session.send(get("/x")).await.unwrap().body, b"2");
    assert_eq!(server.connections(), 2);
}

#[tokio::test]
async fn more_than_the_content_length_is_not_part_of_any_answer() {
    let smuggled = format!("{}{}", answer(200, &[], "ok"), answer(200, &[], "smuggled"));
    let server = Server::start([Play::Say(smuggled), say(200, &[], "next")]).await;
    let session = Bench::new(&server.origin).session();
    assert_eq!(session.send(get("/x")).await.unwrap().body, b"ok");
    assert_eq!(session.send(get("/x")).await.unwrap().body, b"next");
}
