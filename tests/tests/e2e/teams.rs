//! People who talk in Teams: in their own names, in a tenant that lets them; and in one that does not, not at all, which
//! is said.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::truth::{self, text};
use serde_json::Value;

const OFFICE: [&str; 6] = ["-c", "pattern=office", "-c", "departments=sales: 3, hr: 2", "-c", "duration_hours=4"];

/// Half a day of five people: the ground truth, and every exchange as the tenant saw it.
fn day() -> &'static (Vec<Value>, Vec<Value>) {
    static DAY: OnceLock<(Vec<Value>, Vec<Value>)> = OnceLock::new();
    DAY.get_or_init(|| {
        let shell = Shell::new();
        let path = |name: &str| shell.folder().join(name).to_string_lossy().into_owned();
        let (export, record) = (path("truth.jsonl"), path("exchanges.jsonl"));
        let flags = ["demo", "--seed", "11", "--export", &export, "--record", &record];
        shell.run(&[flags.as_slice(), OFFICE.as_slice()].concat()).well();
        let read = |path: &str| truth::lines(&fs::read_to_string(path).expect("a demo writes what it is told to"));
        (read(&export), read(&record))
    })
}

/// What was said and reacted to.
fn told() -> impl Iterator<Item = &'static Value> {
    let kinds = ["teams.channel_message", "teams.chat_message", "teams.reaction"];
    day().0.iter().filter(move |line| kinds.contains(&text(line, "kind")))
}

#[test]
fn people_talk_in_channels_and_chats_and_nothing_of_it_fails() {
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    for line in told() {
        assert_eq!((text(line, "status"), text(line, "auth")), ("done", "delegated"), "{line}");
        *kinds.entry(text(line, "kind")).or_default() += 1;
    }
    assert!(kinds.len() == 3 && kinds.values().all(|count| *count > 3), "{kinds:?}");
}

#[test]
fn not_one_ordinary_post_or_reaction_goes_out_with_an_application_token() {
    let is_spoken = |exchange: &&Value| {
        let path = text(exchange, "path");
        let speaks = path.ends_with("/setReaction") || path.ends_with("/messages") || path.ends_with("/replies");
        text(exchange, "method") == "POST" && speaks && !path.contains("/users/") || path.ends_with("/chats")
    };
    let spoken: Vec<&Value> = day().1.iter().filter(is_spoken).collect();
    assert!(spoken.len() >= told().count());
    for exchange in spoken {
        assert_eq!(text(exchange, "auth"), "delegated", "{exchange}");
    }
}

#[test]
fn every_answer_and_reaction_has_its_message_before_it() {
    let mut said: BTreeMap<&str, &str> = BTreeMap::new();
    let mut answers = 0;
    let mut lines: Vec<&Value> = told().collect();
    lines.sort_by_key(|line| text(line, "at"));
    for line in lines {
        let original = text(line, "in_reply_to");
        if !original.is_empty() {
            assert!(said.get(original).is_some_and(|at| *at < text(line, "at")), "{line}");
            answers += 1;
        }
        said.entry(text(line, "object_id")).or_insert(text(line, "at"));
    }
    assert!(answers > 5, "{answers} answers");
}

#[test]
fn groups_are_gone_before_their_people_are() {
    let deleted = |collection: &str| -> Vec<usize> {
        let gone = |exchange: &Value| {
            let path = text(exchange, "path");
            text(exchange, "method") == "DELETE" && path.contains(collection) && path.matches('/').count() == 3
        };
        day().1.iter().enumerate().filter(|(_, exchange)| gone(exchange)).map(|(n, _)| n).collect()
    };
    let (groups, users) = (deleted("/v1.0/groups/"), deleted("/v1.0/users/"));
    assert_eq!((groups.len(), users.len()), (4, 5));
    assert!(groups.iter().max() < users.iter().min());
}

#[test]
fn where_a_password_is_not_enough_nobody_talks_and_the_status_says_why() {
    let tenant = TenantProcess::start(&["--seed", "12"]);
    let shell = Shell::new().with(tenant.environment.clone());
    let deploy = ["deploy", "m365-knowledge-worker", "--seed", "12"];
    shell.run(&[deploy.as_slice(), OFFICE.as_slice()].concat()).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
    let kinds: BTreeSet<String> = truth::lines(&shell.run(&["export", "@last"]).well().out)
        .iter()
        .map(|line| text(line, "kind").to_owned())
        .collect();
    assert!(kinds.contains("group.create") && !kinds.iter().any(|kind| kind.starts_with("teams.ch")), "{kinds:?}");
    let status = shell.run(&["status", "@last"]).well().out;
    assert!(status.contains("no teams: ") && status.contains("AADSTS50079"), "{status}");
}

#[test]
fn where_nobody_signs_in_the_application_imports_what_they_say_and_lets_go_of_the_rooms() {
    let shell = Shell::new();
    let path = |name: &str| shell.folder().join(name).to_string_lossy().into_owned();
    let (export, record) = (path("truth.jsonl"), path("exchanges.jsonl"));
    let flags = ["demo", "--seed", "13", "-c", "teams_mode=migration", "--export", &export, "--record", &record];
    shell.run(&[flags.as_slice(), OFFICE.as_slice()].concat()).well();
    let read = |path: &str| truth::lines(&fs::read_to_string(path).expect("a demo writes what it is told to"));
    let (lines, exchanges) = (read(&export), read(&record));
    let said: Vec<&Value> = lines.iter().filter(|line| text(line, "kind").ends_with("_message")).collect();
    assert!(said.len() > 10 && said.iter().all(|line| (text(line, "auth"), text(line, "status")) == ("app", "done")));
    assert!(lines.iter().all(|line| text(line, "kind") != "teams.reaction"));

    // Between its opening and its completion a room takes nothing but imports, and at the end none is open.
    let mut open: BTreeSet<String> = BTreeSet::new();
    let mut imported = 0;
    for exchange in exchanges
        .iter()
        .filter(|exchange| text(exchange, "method") == "POST" && exchange["status"].as_u64() < Some(300))
    {
        let path = text(exchange, "path");
        if let Some(room) = path.strip_suffix("/startMigration") {
            open.insert(room.to_owned());
        } else if let Some(room) = path.strip_suffix("/completeMigration") {
            assert!(open.remove(room), "{path}");
        } else if let Some((room, _)) = path.split_once("/messages").filter(|_| !path.contains("/users/")) {
            let body = exchange["request_body"].to_string();
            assert!(
                open.contains(room) && body.contains("createdDateTime") && text(exchange, "auth") == "app",
                "{exchange}"
            );
            imported += 1;
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert_eq!(imported, said.len());
}
