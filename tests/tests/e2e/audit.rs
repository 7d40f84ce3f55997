//! What the tenant's own logs would show of a run, and the ground truth, are two accounts of the same thing.
//!
//! Whoever evaluates a detection joins the one to the other, so every row must find its partner: by the request's id,
//! the token's, the mail's.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::OnceLock;

use haymaker_tests::demo::Demo;
use haymaker_tests::truth::{lines, text};
use serde_json::Value;

/// A demo's ground truth, and the tables of its tenant.
struct Evidence {
    truth: Vec<Value>,
    tables: BTreeMap<String, Vec<Value>>,
}

fn evidence() -> &'static Evidence {
    static EVIDENCE: OnceLock<Evidence> = OnceLock::new();
    EVIDENCE.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("logs");
        let demo = Demo::run(&["--seed", "17", "--audit-log", &log.to_string_lossy()]);
        let files = fs::read_dir(&log).unwrap().map(|file| file.unwrap().path());
        let table = |path: &std::path::Path| path.file_stem().unwrap().to_string_lossy().into_owned();
        let tables = files.map(|path| (table(&path), lines(&fs::read_to_string(&path).unwrap()))).collect();
        Evidence { truth: lines(&demo.export), tables }
    })
}

fn rows(table: &str) -> &'static [Value] {
    &evidence().tables[table]
}

/// Every request of the ground truth.
fn requests() -> impl Iterator<Item = &'static Value> {
    evidence().truth.iter().flat_map(|line| line["requests"].as_array().unwrap())
}

#[test]
fn every_request_of_the_ground_truth_is_a_row_of_the_graph_activity_log() {
    let by_id: BTreeMap<&str, &Value> =
        rows("MicrosoftGraphActivityLogs").iter().map(|row| (text(row, "RequestId"), row)).collect();
    let mut joined = 0;
    for request in requests() {
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
    assert!(joined > 100, "{joined} requests");
}

#[test]
fn whatever_else_the_graph_activity_log_shows_is_the_look_around_before_anything_was_promised() {
    let told: BTreeSet<&str> = requests().map(|request| text(request, "request_id")).collect();
    let first = requests().map(|request| text(request, "sent")).min().unwrap();
    for row in rows("MicrosoftGraphActivityLogs").iter().filter(|row| !told.contains(text(row, "RequestId"))) {
        assert_eq!(text(row, "RequestMethod"), "GET", "{row}");
        assert!(text(row, "TimeGenerated") <= first, "{row}");
        let uri = text(row, "RequestUri");
        assert!(["/organization", "/subscribedSkus"].iter().any(|path| uri.contains(path)), "{row}");
    }
}

#[test]
fn every_token_of_the_ground_truth_is_a_sign_in_of_the_application_or_of_whoever_spoke() {
    let ids = |table: &'static str| rows(table).iter().map(|row| text(row, "UniqueTokenIdentifier"));
    let of_application: BTreeSet<&str> = ids("AADServicePrincipalSignInLogs").collect();
    let of_people: BTreeSet<&str> = ids("SigninLogs").chain(ids("AADNonInteractiveUserSignInLogs")).collect();
    let mut spoken = 0;
    for request in requests() {
        let token = text(request, "token_uti");
        if text(request, "auth") == "delegated" {
            assert!(of_people.contains(token), "{request}");
            spoken += 1;
        } else {
            assert!(of_application.contains(token), "{request}");
        }
    }
    assert!(spoken > 20, "{spoken} requests of people");
}

#[test]
fn every_mail_of_the_ground_truth_is_sent_once_in_the_office_log_and_no_other_is() {
    let sent = rows("OfficeActivity").iter().filter(|row| text(row, "Operation") == "Send");
    let mut logged: Vec<String> = sent
        .map(|row| {
            let item: Value = serde_json::from_str(text(row, "Item")).unwrap();
            text(&item, "InternetMessageId").to_owned()
        })
        .collect();
    let mails = evidence().truth.iter().filter(|line| text(line, "kind") == "email.send");
    let mut told: Vec<String> = mails.map(|line| text(line, "internet_message_id").to_owned()).collect();
    logged.sort_unstable();
    told.sort_unstable();
    assert!(told.len() > 40, "{} mails", told.len());
    assert_eq!(logged, told);
}

#[test]
fn every_account_that_was_made_is_made_and_taken_away_in_the_directory_log() {
    let users: BTreeSet<&str> =
        evidence().truth.iter().map(|line| text(line, "user_id")).filter(|id| !id.is_empty()).collect();
    for operation in ["Add user", "Delete user", "Hard Delete user"] {
        let rows = rows("AuditLogs").iter().filter(|row| text(row, "OperationName") == operation);
        let of: BTreeSet<&str> = rows.map(|row| text(&row["TargetResources"][0], "id")).collect();
        assert_eq!(of, users, "{operation}");
    }
}
