//! Anomaly packs, end to end: only with the operator's word, in the tenant's own logs as in the ground truth, and gone at
//! the end. And the caps, which are the operator's word too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;
use std::sync::OnceLock;

use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::truth::{lines, text};
use serde_json::Value;

/// All packs, on the first day of an office that works from eight until five; the run ends at midnight.
const PACKS: &str = "anomalies=[{pack: mass-download, worker: w01, at: 2026-01-05T15:30, count: 8}, \
                     {pack: forwarding-rule, worker: w02, at: 2026-01-05T10:00}, \
                     {pack: off-hours-burst, worker: w03, at: 2026-01-05T21:00, count: 5}, \
                     {pack: internal-phish, worker: w04, at: 2026-01-05T11:00, count: 3}]";

const OFFICE: [&str; 8] = [
    "deploy",
    "m365-knowledge-worker",
    "--seed",
    "23",
    "-c",
    "departments=finance: 3, hr: 2",
    "-c",
    "duration_hours=16",
];

/// Whoever acts for themselves.
const DELEGATED: [&str; 2] = ["-c", "act_as=delegated"];

/// A shell in a simulated tenant, and the file of its operator.
fn office(tenant: &TenantProcess) -> (Shell, PathBuf) {
    let shell = Shell::new().with(tenant.environment.clone());
    let folder = shell.home().path().join("tenants");
    let file = folder.join(format!("{}.yaml", tenant.environment["KW_TENANT_ID"]));
    fs::create_dir_all(&folder).unwrap();
    (shell, file)
}

/// A day with all packs, told twice: the ground truth, and the tables of the tenant.
struct Day {
    accepted: String,
    truth: Vec<Value>,
    tables: BTreeMap<String, Vec<Value>>,
    status: String,
}

fn day() -> &'static Day {
    static DAY: OnceLock<Day> = OnceLock::new();
    DAY.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("logs");
        let flags = ["--seed", "23", "--security-defaults", "off", "--audit-log", &log.to_string_lossy()];
        let tenant = TenantProcess::start(&flags);
        let (shell, file) = office(&tenant);
        fs::write(file, "allow_anomalies: true\n").unwrap();
        let accepted = shell.run(&[OFFICE.as_slice(), &DELEGATED, &["-c", PACKS]].concat()).well().err;
        shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
        shell.run(&["cleanup", "@last", "--yes"]).well();
        shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
        let truth = lines(&shell.run(&["export", "@last"]).well().out);
        let status = shell.run(&["status", "@last"]).well().out;
        drop(shell);
        tenant.end();
        let files = fs::read_dir(&log).unwrap().map(|file| file.unwrap().path());
        let table = |path: &std::path::Path| path.file_stem().unwrap().to_string_lossy().into_owned();
        let tables = files.map(|path| (table(&path), lines(&fs::read_to_string(&path).unwrap()))).collect();
        Day { accepted, truth, tables, status }
    })
}

/// The steps of packs with this label.
fn steps(label: &'static str) -> impl Iterator<Item = &'static Value> {
    day().truth.iter().filter(move |line| text(line, "label") == label)
}

#[test]
fn every_step_is_told_with_its_technique_and_beside_it_one_that_only_looks_like_it() {
    assert!(day().accepted.contains("what attackers do (mass-download, forwarding-rule"), "{}", day().accepted);
    let told = |label: &'static str| {
        let mut told: BTreeMap<(String, String, String), BTreeSet<String>> = BTreeMap::new();
        for line in steps(label) {
            assert_eq!((text(line, "status"), text(line, "auth")), ("done", "delegated"), "{line}");
            let key = ["scenario", "kind", "technique"].map(|name| text(line, name).to_owned());
            let [scenario, kind, technique] = key;
            assert!(told.entry((scenario, kind, technique)).or_default().insert(text(line, "step").to_owned()));
        }
        let count = |((scenario, kind, technique), steps): ((String, String, String), BTreeSet<String>)| {
            format!("{scenario} {kind} {technique} {}", steps.len())
        };
        told.into_iter().map(count).collect::<Vec<_>>()
    };
    assert_eq!(
        told("malicious"),
        [
            "forwarding-rule/2 email.rule_create T1114.003 1",
            "internal-phish/4 email.send T1534 1",
            "mass-download/1 document.download T1530 8",
            "off-hours-burst/3 email.send T1078.004 5",
        ]
    );
    assert_eq!(
        told("benign-lookalike"),
        [
            "forwarding-rule/2 email.rule_create  1",
            "internal-phish/4 email.send  1",
            "mass-download/1 document.download  8",
            "off-hours-burst/3 email.send  5",
        ]
    );
    let who = |label| steps(label).map(|line| text(line, "upn")).collect::<Vec<_>>();
    let (attackers, others) = (who("malicious"), who("benign-lookalike"));
    assert!(attackers.iter().zip(&others).all(|(one, other)| one != other), "{attackers:?} {others:?}");
}

#[test]
fn every_request_of_a_step_is_in_the_tenants_log_under_the_workers_own_sign_in() {
    let rows = |table: &str| &day().tables[table];
    let by_id: BTreeMap<&str, &Value> =
        rows("MicrosoftGraphActivityLogs").iter().map(|row| (text(row, "RequestId"), row)).collect();
    let sign_ins =
        |table: &str| rows(table).iter().map(|row| (text(row, "UniqueTokenIdentifier"), text(row, "UserId")));
    let people: BTreeMap<&str, &str> =
        sign_ins("SigninLogs").chain(sign_ins("AADNonInteractiveUserSignInLogs")).collect();
    let mut joined = 0;
    for line in steps("malicious").chain(steps("benign-lookalike")) {
        // What a file's link leads to is not Graph's, and in no log of Graph's.
        let of_graph = |request: &&Value| text(request, "path").starts_with('/');
        for request in line["requests"].as_array().unwrap().iter().filter(of_graph) {
            let row = by_id.get(text(request, "request_id")).unwrap_or_else(|| panic!("no row for {request}"));
            assert_eq!(text(row, "SignInActivityId"), text(request, "token_uti"));
            assert_eq!(people[text(request, "token_uti")], text(line, "user_id"), "{line}");
            joined += 1;
        }
    }
    assert!(joined > 40, "{joined}");
}

#[test]
fn the_office_log_has_each_rule_each_download_and_each_mail_of_them() {
    let rows = |operation: &'static str| {
        day().tables["OfficeActivity"].iter().filter(move |row| text(row, "Operation") == operation)
    };
    let all = || steps("malicious").chain(steps("benign-lookalike"));
    let of = |kind: &'static str| all().filter(move |line| text(line, "kind") == kind);
    assert_eq!((rows("New-InboxRule").count(), of("email.rule_create").count()), (2, 2));
    assert_eq!((rows("FileDownloaded").count(), of("document.download").count()), (16, 16));
    let sent: BTreeSet<String> = rows("Send")
        .map(|row| {
            let item: Value = serde_json::from_str(text(row, "Item")).unwrap();
            text(&item, "InternetMessageId").to_owned()
        })
        .collect();
    assert!(of("email.send").all(|line| sent.contains(text(line, "internet_message_id"))));
    let workers: BTreeSet<&str> =
        day().truth.iter().map(|line| text(line, "upn")).filter(|upn| !upn.is_empty()).collect();
    for to in all().flat_map(|line| line["recipients"].as_array().unwrap()) {
        assert!(workers.contains(to.as_str().unwrap()), "{to}");
    }
}

#[test]
fn cleanup_leaves_nothing_of_them() {
    assert!(day().status.contains("0 left in the tenant"), "{}", day().status);
}

#[test]
fn without_the_operators_word_nothing_is_deployed_and_the_refusal_says_whose_word_it_takes() {
    let tenant = TenantProcess::start(&["--seed", "24", "--security-defaults", "off"]);
    let (shell, file) = office(&tenant);
    let deploy = |more: &[&str]| shell.run(&[OFFICE.as_slice(), more].concat());
    let refused = deploy(&["-c", "act_as=delegated", "-c", PACKS]);
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    let path = file.to_string_lossy().into_owned();
    for says in ["are not permitted in tenant", "allow_anomalies: true", &path] {
        assert!(refused.err.contains(says), "{}", refused.err);
    }
    fs::write(&file, "allow_anomalies: yes\ncaps: { mails: 3 }\n").unwrap();
    let damaged = deploy(&[]);
    assert_eq!(damaged.code, Some(1), "{}", damaged.err);
    for says in ["2 problems", "allow_anomalies=yes: write true or false", "caps.mails: unknown key"] {
        assert!(damaged.err.contains(says), "{}", damaged.err);
    }
    fs::write(&file, "allow_anomalies: true\n").unwrap();
    let app = deploy(&["-c", PACKS]);
    assert!(app.code == Some(1) && app.err.contains("mass-download needs act_as=delegated"), "{}", app.err);
    assert!(shell.run(&["list", "--format", "json"]).well().out.trim().trim_matches(['[', ']']).is_empty());
}

#[test]
fn over_a_cap_of_the_day_work_waits_for_the_next_and_nothing_freezes() {
    let tenant = TenantProcess::start(&["--seed", "25"]);
    let (shell, file) = office(&tenant);
    fs::write(file, "caps: { mails_per_day: 10 }\n").unwrap();
    let deploy =
        ["deploy", "m365-knowledge-worker", "--seed", "25", "-c", "workers=2", "-c", "features=mail", "-d", "3h"];
    shell.run(&deploy).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
    let truth = lines(&shell.run(&["export", "@last", "--kind", "email.send"]).well().out);
    let count = |status: &str| truth.iter().filter(|line| text(line, "status") == status).count();
    assert_eq!((count("done"), count("failed"), count("denied"), count("unknown")), (10, 0, 0, 0));
    assert!(count("skipped") > 20, "{} skipped", count("skipped"));
    let logs = shell.run(&["logs", "@last", "-n", "1000"]).well().out;
    let said = "the tenant's cap of 10 mails a day is reached; work goes on at 00:00 UTC";
    assert_eq!(logs.lines().filter(|line| line.contains(said)).count(), 1, "{logs}");
    assert!(shell.run(&["status", "@last"]).well().out.contains("completed"));
}
