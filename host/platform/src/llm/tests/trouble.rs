//! What goes wrong: with every provider, the same becomes of it.

use std::time::Duration;

use haymaker_engine::types::ProblemKind;

use super::server::{Play, Server, cut_off, say};
use super::{KEY, PROVIDERS, ask, good, model, prompt};

/// An error as each provider words it, with the key in it: some do repeat it.
fn error(provider: &str, kind: &str) -> String {
    match provider {
        "anthropic" => format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"no, {KEY}"}}}}"#),
        _ => format!(r#"{{"error":{{"message":"no, {KEY}","type":"{kind}","param":null,"code":"{kind}"}}}}"#),
    }
}

#[tokio::test]
async fn what_cannot_be_helped_is_not_tried_again_and_no_key_is_said() {
    for provider in PROVIDERS {
        for (status, kind, expected, code) in [
            (401, "authentication_error", ProblemKind::Denied, "credentials"),
            (403, "permission_error", ProblemKind::Denied, "credentials"),
            (400, "invalid_request_error", ProblemKind::Invalid, "prompt"),
            (404, "not_found_error", ProblemKind::Invalid, "no-such-model"),
            (402, "billing_error", ProblemKind::Exhausted, "quota"),
            (307, "moved", ProblemKind::Failed, "redirected"),
        ] {
            let headers = [("location", "https://elsewhere.test/")];
            let server = Server::start([say(status, &headers, &error(provider, kind))]).await;
            let (result, naps) = ask(&model(provider, &server), &prompt()).await;
            let problem = result.unwrap_err();
            assert_eq!((problem.kind, problem.code.as_str()), (expected, code), "{provider} {status}: {problem:?}");
            assert!(!problem.message.contains("4f9aQ2") && problem.message.contains(provider), "{}", problem.message);
            assert_eq!((server.seen().len(), naps.len()), (1, 0), "{provider} {status}");
        }
    }
}

#[tokio::test]
async fn what_passes_is_tried_again_after_a_growing_pause() {
    for provider in PROVIDERS {
        for status in [429, 500, 502, 503, 529] {
            let trouble = say(status, &[], &error(provider, "overloaded_error"));
            let server = Server::start([trouble.clone(), trouble, say(200, &[], &good(provider))]).await;
            let (result, naps) = ask(&model(provider, &server), &prompt()).await;
            result.unwrap();
            assert_eq!(server.seen().len(), 3, "{provider} {status}");
            assert!((500..=1_000).contains(&naps[0]) && (1_000..=2_000).contains(&naps[1]), "{naps:?}");
        }
    }
}

#[tokio::test]
async fn a_provider_that_asks_for_patience_gets_it() {
    for (header, value, nap) in [
        ("retry-after", "7", 7_000),
        ("retry-after-ms", "250", 250),
        ("retry-after", "Thu, 01 Jan 1970 00:00:05 GMT", 5_000),
    ] {
        let script = [say(429, &[(header, value)], &error("openai", "rate_limit")), say(200, &[], &good("openai"))];
        let server = Server::start(script).await;
        let (result, naps) = ask(&model("openai", &server), &prompt()).await;
        result.unwrap();
        assert_eq!(naps, [nap], "{header}");
    }
}

#[tokio::test]
async fn who_asks_for_more_patience_than_there_is_time_is_asked_later() {
    let server = Server::start([say(429, &[("retry-after", "600")], &error("anthropic", "rate_limit_error"))]).await;
    let (result, naps) = ask(&model("anthropic", &server), &prompt()).await;
    let problem = result.unwrap_err();
    assert_eq!(
        (problem.kind, problem.code.as_str(), problem.retry_at),
        (ProblemKind::Exhausted, "throttled", Some(600_000))
    );
    assert!(naps.is_empty());
}

#[tokio::test]
async fn an_account_without_money_is_not_asked_again() {
    let server = Server::start([say(429, &[], &error("openai", "insufficient_quota"))]).await;
    let problem = ask(&model("openai", &server), &prompt()).await.0.unwrap_err();
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Exhausted, "quota"));
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn trouble_without_end_ends_as_what_it_is() {
    for (status, kind) in
        [(429, ProblemKind::Exhausted), (529, ProblemKind::Unreachable), (500, ProblemKind::Unreachable)]
    {
        let server = Server::start(vec![say(status, &[], &error("anthropic", "overloaded_error")); 9]).await;
        let (result, naps) = ask(&model("anthropic", &server), &prompt()).await;
        assert_eq!(result.unwrap_err().kind, kind, "{status}");
        assert_eq!((server.seen().len(), naps.len()), (4, 3));
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_not_paid_for_twice() {
    for provider in PROVIDERS {
        let good = good(provider);
        let half = good.get(..good.len() / 2).unwrap();
        for body in [half, "<html>Bad gateway</html>", "{}", "[1]", r#"{"content":"x","choices":[]}"#, ""] {
            let server = Server::start([say(200, &[], body)]).await;
            let problem = ask(&model(provider, &server), &prompt()).await.0.unwrap_err();
            assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Failed, "garbled"), "{provider}: {body}");
            assert_eq!(server.seen().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_broken_connection_is_tried_again() {
    for provider in PROVIDERS {
        let good = good(provider);
        let broken = [Play::SayAndClose(String::new()), cut_off(&good), cut_off("{")];
        let server = Server::start(broken.into_iter().chain([say(200, &[], &good)])).await;
        let (result, _) = ask(&model(provider, &server), &prompt()).await;
        assert_eq!(result.unwrap().model, "m-1-20260101", "{provider}");
        assert_eq!(server.seen().len(), 4);
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_and_one_that_says_nothing_are_unreachable() {
    for provider in PROVIDERS {
        let server = Server::start([Play::Silence]).await;
        let mut model = model(provider, &server);
        model.timeout = Duration::from_millis(40);
        let problem = ask(&model, &prompt()).await.0.unwrap_err();
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Unreachable, "no-answer"), "{provider}");

        // A port that was free a moment ago.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        model.url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        drop(listener);
        model.timeout = Duration::from_secs(60);
        let problem = ask(&model, &prompt()).await.0.unwrap_err();
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Unreachable, "unreachable"), "{provider}");
    }
}

#[tokio::test]
async fn an_answer_with_the_key_in_it_is_not_shown() {
    for provider in PROVIDERS {
        let told = good(provider).replace("Dear all,", &format!("Your key is {KEY}."));
        let server = Server::start([say(200, &[], &told)]).await;
        let problem = ask(&model(provider, &server), &prompt()).await.0.unwrap_err();
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Failed, "secret"));
        assert!(!problem.message.contains(KEY));
    }
}
