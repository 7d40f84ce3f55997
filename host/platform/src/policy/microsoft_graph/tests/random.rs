//! Requests that nobody thought of: whatever the path is made of, a thing outside of the ledger is never reached.

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::*;

/// Things of others, by id or name, in several spellings.
fn foreign() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(CHIEF.to_owned()),
        Just(CHIEF_ID.to_owned()),
        Just(OUTSIDE.to_owned()),
        Just("stranger@contoso.example".to_owned()),
        Just("19:other@thread.v2".to_owned()),
        Just("b!Other".to_owned()),
        Just(format!("{ANA_ID}x")),
        Just(ANA_ID.replace('1', "%38")),
        "[a-z0-9]{8}-[a-z0-9]{4}",
    ]
}

/// What may follow: parts of real paths, things of the deployment, and noise.
fn segment() -> impl Strategy<Value = String> {
    let known = [
        "users",
        "groups",
        "teams",
        "chats",
        "drives",
        "sites",
        "directory",
        "deletedItems",
        "messages",
        "mailFolders",
        "inbox",
        "events",
        "calendar",
        "calendarView",
        "drive",
        "root",
        "root:",
        "items",
        "children",
        "content",
        "members",
        "owners",
        "$ref",
        "channels",
        "team",
        "send",
        "reply",
        "createLink",
        "invite",
        "$value",
        "delta",
        "microsoft.graph.user",
        "$count",
        "sendMail",
        ANA_ID,
        GROUP_ID,
        CHAT_ID,
        "b!Own",
    ];
    prop_oneof![4 => proptest::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => "[a-zA-Z0-9:()'=]{1,12}"]
}

const CASES: u32 = 4_000;

/// Runs a case in each of many draws, all against one deployment.
fn always<S: Strategy>(cases: &S, holds: impl Fn(&MicrosoftGraph, &tokio::runtime::Runtime, S::Value)) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let policy = runtime.block_on(policy());
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let run = runner.run(cases, |case| {
        holds(&policy, &runtime, case);
        Ok(())
    });
    run.unwrap_or_else(|error| panic!("{error}"));
}

fn method() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec!["GET", "POST", "PATCH", "PUT", "DELETE"])
}

fn body(method: &str) -> &'static str {
    if matches!(method, "GET" | "DELETE") { "" } else { "{}" }
}

#[test]
fn no_path_through_somebody_elses_thing_is_ever_permitted() {
    let collections = ["users", "groups", "teams", "chats", "drives", "sites", "directory/deletedItems"];
    let rest = proptest::collection::vec(segment(), 0..6);
    let cases = (method(), proptest::sample::select(collections.to_vec()), foreign(), rest);
    always(&cases, |policy, runtime, (method, collection, id, rest)| {
        let path = std::iter::once(format!("/{collection}/{id}")).chain(rest).collect::<Vec<_>>().join("/");
        let tenant = Tenant::default();
        let verdict = runtime.block_on(verdict(policy, &tenant, method, &path, body(method)));
        assert!(!verdict.is_empty() && verdict != "undecided", "{method} {path}");
        let roster = format!("/groups/{LENDER}/members/graph.user");
        assert!(tenant.asked.lock().unwrap().iter().all(|asked| *asked == roster), "{method} {path}");
    });
}

#[test]
fn no_path_outside_of_the_known_collections_is_ever_permitted() {
    let cases = (method(), proptest::collection::vec(segment(), 1..6));
    always(&cases, |policy, runtime, (method, segments)| {
        let known = ["users", "groups", "teams", "chats", "drives", "sites", "directory"];
        if segments.first().is_some_and(|first| known.contains(&first.as_str())) {
            return;
        }
        let path = format!("/{}", segments.join("/"));
        let verdict = runtime.block_on(verdict(policy, &Tenant::default(), method, &path, body(method)));
        assert!(!verdict.is_empty(), "{method} {path}");
    });
}
