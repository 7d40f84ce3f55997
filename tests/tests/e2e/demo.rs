//! The demo, as a newcomer runs it: the real program, a small office, everything in one command.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;

use haymaker_tests::command::{Shell, signal};
use haymaker_tests::truth::{self, text};
use haymaker_tests::workload;

/// Two hours of three salespeople: some seventy mails.
const OFFICE: [&str; 5] = ["demo", "-c", "workers=3", "-c", "duration_hours=2"];

#[test]
fn a_demo_shows_what_happened_and_leaves_nothing() {
    let shell = Shell::new();
    let ran = shell.run(&OFFICE).well();
    for said in [
        "3 workers of m365-knowledge-worker: 2 h simulated in ",
        ", seed 1",
        "EXPECTED",
        "WITHIN CHANCE",
        "email.send",
        "0 failed, 0 unknown",
        "mails into inboxes",
        "to Graph, 0 throttled, 0 retried",
        "Two mails, as they read in the tenant",
        "Subject",
        "teams.channel_message",
        "document.edit",
        " removed, 0 left in the tenant",
        "bystanders touched: 0 (of 500",
        "Try next:",
        "demo --seed 2 --export truth.jsonl",
    ] {
        assert!(ran.out.contains(said), "{said:?} is missing in:\n{}", ran.out);
    }
    assert!(ran.out.lines().all(|line| line.chars().count() <= 100), "too wide:\n{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'), "colours without a terminal");
    assert!(ran.err.contains("Mon 09:"), "no progress by the hour: {}", ran.err);
    assert_eq!(fs::read_dir(shell.tmp()).unwrap().count(), 0, "the home is left");
    assert!(!shell.home().path().exists(), "a demo has a home of its own");
}

#[test]
fn programs_get_one_object_on_the_last_line() {
    let ran = Shell::new().run(&[&OFFICE[..], &["--seed", "9", "--format", "json"]].concat()).well();
    let summary = ran.json();
    assert!(text(&summary, "deployment_id").starts_with("m365-knowledge-worker-"));
    assert_eq!((&summary["workers"], &summary["seed"]), (&3.into(), &9.into()));
    assert_eq!(summary["expected"]["email.send"].as_f64(), Some(72.0));
    assert!(summary["activities"]["email.send"].as_u64().is_some_and(|mails| (40..=110).contains(&mails)), "{summary}");
    for nothing in ["failed", "unknown", "tenant_left", "bystanders_touched"] {
        assert_eq!(summary[nothing], 0, "{nothing} in {summary}");
    }
    assert_eq!(summary["simulated_seconds"].as_f64().map(f64::floor), Some(7_200.0));
    assert!(summary["wall_seconds"].as_f64().is_some_and(|seconds| seconds > 0.0));
    assert_eq!(text(&summary, "workload_digest").len(), 64);
}

#[test]
fn a_home_that_is_kept_can_be_looked_around_in() {
    let shell = Shell::new();
    let ran = shell.run(&["demo", "--workload", "heartbeat", "-c", "beats=3", "--keep"]).well();
    let home =
        ran.err.lines().find_map(|line| line.trim().strip_prefix("export HAYMAKER_HOME=")).expect("it says where");
    assert!(Path::new(home).starts_with(shell.tmp()), "{home}");
    let looked = shell.command(&["export", "@last", "--kind", "heartbeat.beat"]).env("HAYMAKER_HOME", home).output();
    assert_eq!(String::from_utf8(looked.unwrap().stdout).unwrap().lines().count(), 3);
}

#[test]
fn the_ground_truth_and_the_exchanges_are_written_where_they_are_wanted() {
    let shell = Shell::new();
    let (truth, record) = (shell.folder().join("truth.jsonl"), shell.folder().join("record.jsonl"));
    let (truth_path, record_path) = (truth.display().to_string(), record.display().to_string());
    let flags = ["--export", &truth_path, "--record", &record_path, "--format", "json"];
    let summary = shell.run(&[&OFFICE[..], &flags].concat()).well().json();
    let truth = truth::lines(&fs::read_to_string(truth).unwrap());
    let mails = truth.iter().filter(|line| truth::text(line, "kind") == "email.send").count();
    assert_eq!(summary["activities"]["email.send"], mails);
    let record = truth::lines(&fs::read_to_string(record).unwrap());
    assert!(record.len() > 2 * mails, "a draft and its sending make two exchanges for each mail");
    for key in
        ["at", "auth", "method", "path", "query", "request_headers", "request_body", "status", "response_headers"]
    {
        assert!(record.iter().all(|exchange| exchange.get(key).is_some()), "an exchange has no {key}");
    }
}

#[test]
fn a_workload_from_a_folder_runs_in_the_demo() {
    let folder = workload("heartbeat").display().to_string();
    let ran = Shell::new().run(&["demo", "--workload", &folder, "-c", "beats=10", "--format", "json"]).well();
    assert_eq!(ran.json()["activities"], serde_json::json!({"heartbeat.beat": 10}));
}

#[test]
fn a_demo_that_is_interrupted_takes_its_home_away() {
    let shell = Shell::new();
    let mut demo =
        shell.command(&["demo", "--days", "30"]).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(demo.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(said.by_ref().any(|line| line.contains("executing")), "it never got to work");
    signal("-INT", demo.id());
    assert!(said.any(|line| line.contains("Interrupted")), "it said nothing of the interruption");
    assert_eq!(demo.wait().unwrap().code(), Some(130));
    assert_eq!(fs::read_dir(shell.tmp()).unwrap().count(), 0, "the home is left");
}
