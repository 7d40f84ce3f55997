//! The same seed gives the same run, byte for byte, and the ground truth agrees with what the tenant saw.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use haymaker_tests::demo::Demo;
use haymaker_tests::truth::{lines, text};
use serde_json::Value;

/// The demo that the others are compared with.
fn first() -> &'static Demo {
    static FIRST: OnceLock<Demo> = OnceLock::new();
    FIRST.get_or_init(|| Demo::run(&["--seed", "5"]))
}

/// Says where two exports part, which a page of JSON does not.
fn assert_same(one: &str, other: &str) {
    for (number, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {}", number + 1);
    }
    assert_eq!(one.len(), other.len(), "bytes in all");
}

#[test]
fn the_same_seed_twice_gives_the_same_bytes() {
    assert!(first().export.lines().count() > 50, "an hour of five people is more than this: {}", first().export);
    assert_same(&first().export, &Demo::run(&["--seed", "5"]).export);
}

#[test]
fn how_much_runs_at_once_changes_no_byte() {
    for permits in ["1", "16"] {
        assert_same(&first().export, &Demo::run(&["--seed", "5", "--permits", permits]).export);
    }
}

#[test]
fn a_conversation_across_mailboxes_repeats_byte_for_byte_too() {
    let office = |permits| Demo::run(&["--seed", "5", "-c", "pattern=office", "--permits", permits]).export;
    let one = office("1");
    assert!(one.contains("email.reply"), "somebody answers");
    assert_same(&one, &office("16"));
}

#[test]
fn another_seed_gives_another_day_and_other_people() {
    let other = Demo::run(&["--seed", "6"]);
    let dues =
        |export: &str| -> Vec<String> { lines(export).iter().map(|line| text(line, "due").to_owned()).collect() };
    let people =
        |export: &str| -> Vec<String> { lines(export).iter().map(|line| text(line, "worker").to_owned()).collect() };
    assert_ne!(dues(&first().export), dues(&other.export));
    assert_ne!(people(&first().export), people(&other.export));
}

/// The tenant's record of exchanges with Graph, by the id that the tenant gave each.
fn recorded() -> BTreeMap<&'static str, &'static Value> {
    let graph = first().record.iter().filter(|exchange| text(exchange, "path").starts_with("/v1.0/"));
    let named: Vec<_> = graph.map(|exchange| (text(&exchange["response_headers"], "request-id"), exchange)).collect();
    let count = named.len();
    let by_id: BTreeMap<_, _> = named.into_iter().collect();
    assert_eq!(by_id.len(), count, "no two exchanges have the same request-id");
    by_id
}

/// Every request of the ground truth, with its line.
fn requests(lines: &[Value]) -> impl Iterator<Item = (&Value, &Value)> {
    lines.iter().flat_map(|line| line["requests"].as_array().unwrap().iter().map(move |request| (line, request)))
}

/// The address of a recorded exchange, as a line tells it: below the version, with its query.
fn target(exchange: &Value) -> String {
    let path = text(exchange, "path").trim_start_matches("/v1.0");
    let query = text(exchange, "query");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[test]
fn every_request_of_the_ground_truth_is_the_tenants_own_record_of_it() {
    let (recorded, lines) = (recorded(), lines(&first().export));
    let mut joined = 0;
    for (line, request) in requests(&lines) {
        let exchange = recorded.get(text(request, "request_id")).unwrap_or_else(|| panic!("not recorded: {line}"));
        assert_eq!(text(request, "client_request_id"), text(&exchange["request_headers"], "client-request-id"));
        assert_eq!(text(request, "method"), text(exchange, "method"));
        assert_eq!(text(request, "path"), target(exchange));
        assert_eq!(request["status"], exchange["status"]);
        assert_eq!(text(request, "sent"), text(exchange, "at"));
        joined += 1;
    }
    assert!(joined > 100, "{joined} requests");
}

#[test]
fn whatever_changed_the_tenant_is_in_the_ground_truth_once() {
    let lines = lines(&first().export);
    let mut told: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, request) in requests(&lines) {
        *told.entry(text(request, "request_id")).or_default() += 1;
    }
    let changes = recorded().into_iter().filter(|(_, exchange)| text(exchange, "method") != "GET");
    for (id, exchange) in changes {
        assert_eq!(told.get(id), Some(&1), "{} {}", text(exchange, "method"), text(exchange, "path"));
    }
}

#[test]
fn every_mail_of_the_ground_truth_is_exactly_one_send() {
    let (recorded, lines) = (recorded(), lines(&first().export));
    let is_send = |path: &str| path.ends_with("/send");
    let mut sends = 0;
    for line in lines.iter().filter(|line| text(line, "kind") == "email.send") {
        let own = line["requests"].as_array().unwrap();
        let sent: Vec<&Value> = own.iter().filter(|request| is_send(text(request, "path"))).collect();
        let [send] = sent.as_slice() else { panic!("{} sends: {line}", sent.len()) };
        let exchange = recorded[text(send, "request_id")];
        assert_eq!(exchange["status"], 202);
        assert_eq!(
            text(exchange, "path"),
            format!("/v1.0/users/{}/messages/{}/send", text(line, "user_id"), text(line, "object_id"))
        );
        let draft = recorded.values().find(|draft| draft["response_body"]["id"] == line["object_id"]).unwrap();
        assert_eq!(draft["request_body"]["internetMessageId"], line["internet_message_id"]);
        sends += 1;
    }
    let all = recorded.values().filter(|exchange| is_send(text(exchange, "path"))).count();
    assert_eq!(sends, all, "and no send is without its mail");
}
