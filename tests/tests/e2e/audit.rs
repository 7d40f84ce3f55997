//! What the tenant's own logs would show of a run, and the ground truth, are two accounts of the same thing.
//!
//! Whoever evaluates a detection joins the one to the other, so every row must find its partner: by the request's id,
//! the token's, the mail's. Of an office as of those who do nothing but write.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use haymaker_tests::demo::Demo;
use haymaker_tests::truth::{lines, text};
use serde_json::Value;

/// A demo's ground truth, and the tables of its tenant.
struct Evidence {
    pattern: &'static str,
    truth: Vec<Value>,
    tables: BTreeMap<String, Vec<Value>>,
}

/// Of each pattern.
fn evidence() -> &'static [Evidence; 2] {
    static EVIDENCE: OnceLock<[Evidence; 2]> = OnceLock::new();
    EVIDENCE.get_or_init(|| [gather("flat", &["--seed", "17"]), gather("office", &["--seed", "18"])])
}

fn gather(pattern: &'static str, flags: &[&str]) -> Evidence {
    let folder = tempfile::tempdir().unwrap();
    let (log, config) = (folder.path().join("logs"), format!("pattern={pattern}"));
    let demo = Demo::run(&[flags, &["-c", &config, "--audit-log", &log.to_string_lossy()]].concat());
    let files = fs::read_dir(&log).unwrap().map(|file| file.unwrap().path());
    let table = |path: &std::path::Path| path.file_stem().unwrap().to_string_lossy().into_owned();
    let tables = files.map(|path| (table(&path), lines(&fs::read_to_string(&path).unwrap()))).collect();
    Evidence { pattern, truth: lines(&demo.export), tables }
}

impl Evidence {
    fn rows(&self, table: &str) -> &[Value] {
        &self.tables[table]
    }

    /// Every request of the ground truth.
    fn requests(&self) -> impl Iterator<Item = &Value> {
        self.truth.iter().flat_map(|line| line["requests"].as_array().unwrap())
    }
}

#[test]
fn every_request_of_the_ground_truth_is_a_row_of_the_graph_activity_log() {
    for run in evidence() {
        let rows = run.rows("MicrosoftGraphActivityLogs");
        let by_id: BTreeMap<&str, &Value> = rows.iter().map(|row| (text(row, "RequestId"), row)).collect();
        let mut joined = 0;
        for request in run.requests() {
            let row = by_id.get(text(request, "request_id")).unwrap_or_else(|| panic!("no row for {request}"));
            assert_eq!(text(row, "ClientRequestId"), text(request, "client_request_id"));
            assert_eq!(text(row, "RequestMethod"), text(request, "method"));
            assert_eq!(row["ResponseStatusCode"], request["status"]);
            assert_eq!(text(row, "SignInActivityId"), text(request, "token_uti"));
            assert_eq!(text(row, "TimeGenerated"), text(request, "sent"));
            assert!(text(row, "RequestUri").ends_with(text(request, "path")), "{row}\n{request}");
            assert_eq!(row["Simulated"], true);
            joined += 1;
        }
        assert!(joined > 100, "{}: {joined} requests", run.pattern);
    }
}

#[test]
fn whatever_else_the_graph_activity_log_shows_is_the_look_around_before_anything_was_promised() {
    for run in evidence() {
        let told: BTreeSet<&str> = run.requests().map(|request| text(request, "request_id")).collect();
        let first = run.requests().map(|request| text(request, "sent")).min().unwrap();
        let rows = run.rows("MicrosoftGraphActivityLogs").iter();
        for row in rows.filter(|row| !told.contains(text(row, "RequestId"))) {
            assert_eq!(text(row, "RequestMethod"), "GET", "{row}");
            assert!(text(row, "TimeGenerated") <= first, "{row}");
            let uri = text(row, "RequestUri");
            assert!(["/organization", "/subscribedSkus"].iter().any(|path| uri.contains(path)), "{row}");
        }
    }
}

#[test]
fn every_token_of_the_ground_truth_is_a_sign_in_of_the_application_or_of_whoever_spoke() {
    for run in evidence() {
        let ids = |table| run.rows(table).iter().map(|row| text(row, "UniqueTokenIdentifier"));
        let of_application: BTreeSet<&str> = ids("AADServicePrincipalSignInLogs").collect();
        let of_people: BTreeSet<&str> = ids("SigninLogs").chain(ids("AADNonInteractiveUserSignInLogs")).collect();
        let mut spoken = 0;
        for request in run.requests() {
            let token = text(request, "token_uti");
            if text(request, "auth") == "delegated" {
                assert!(of_people.contains(token), "{request}");
                spoken += 1;
            } else {
                assert!(of_application.contains(token), "{request}");
            }
        }
        assert!(spoken > 20, "{}: {spoken} requests of people", run.pattern);
    }
}

#[test]
fn every_mail_of_the_ground_truth_is_sent_once_in_the_office_log_and_no_other_is() {
    for run in evidence() {
        let item = |row: &Value| -> Value { serde_json::from_str(text(row, "Item")).unwrap() };
        let sent = run.rows("OfficeActivity").iter().filter(|row| text(row, "Operation") == "Send");
        let mut logged: Vec<String> = sent.map(|row| text(&item(row), "InternetMessageId").to_owned()).collect();
        let sends = ["email.send", "email.reply", "email.reply_all", "email.forward"];
        let mails = run.truth.iter().filter(|line| sends.contains(&text(line, "kind")));
        let mut told: Vec<String> = mails.map(|line| text(line, "internet_message_id").to_owned()).collect();
        logged.sort_unstable();
        told.sort_unstable();
        assert!(told.len() > 40, "{}: {} mails", run.pattern, told.len());
        assert_eq!(logged, told, "{}", run.pattern);
    }
}

#[test]
fn whatever_people_did_is_in_the_office_log_and_the_log_has_nothing_that_nobody_did() {
    for run in evidence() {
        let mut by_request: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for row in run.rows("OfficeActivity") {
            let request = text(&row["AppAccessContext"], "CorrelationId");
            by_request.entry(request).or_default().push(text(row, "Operation"));
        }
        let (mut found, mut joined) = (0, BTreeSet::new());
        for line in &run.truth {
            // A request that several acts have in common (an inbox that was listed) is told with each of them.
            let ids = line["requests"].as_array().into_iter().flatten().map(|request| text(request, "request_id"));
            let logged: Vec<&str> = ids.filter(|id| by_request.contains_key(id)).collect();
            let leaves = text(line, "label") == "benign" && text(line, "status") == "done";
            assert!(!leaves || !logged.is_empty(), "{}: {line}", run.pattern);
            found += usize::from(leaves);
            joined.extend(logged);
        }
        by_request.retain(|id, _| !joined.contains(id));
        assert!(found > 50, "{}: {found}", run.pattern);
        assert!(by_request.is_empty(), "{}: {by_request:?}", run.pattern);
    }
}

#[test]
fn every_account_that_was_made_is_made_and_taken_away_in_the_directory_log() {
    for run in evidence() {
        let users: BTreeSet<&str> =
            run.truth.iter().map(|line| text(line, "user_id")).filter(|id| !id.is_empty()).collect();
        for operation in ["Add user", "Delete user", "Hard Delete user"] {
            let rows = run.rows("AuditLogs").iter().filter(|row| text(row, "OperationName") == operation);
            let of: BTreeSet<&str> = rows.map(|row| text(&row["TargetResources"][0], "id")).collect();
            assert_eq!(of, users, "{operation}");
        }
    }
}
