//! What the tenant writes into its logs, and that it joins to what its clients know.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use haymaker_tenant::faults::{FaultKind, FaultRule};
use haymaker_tenant::{Settings, Tenant};
use serde_json::{Value, json};

use crate::history::{self, lived, sign_in};
use crate::support::Client;

fn logged(folder: &Path) -> Settings {
    Settings { audit_log: Some(folder.join("logs")), ..history::settings() }
}

fn rows(folder: &Path, table: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join("logs").join(format!("{table}.jsonl"))).unwrap();
    assert!(text.is_empty() || text.ends_with('\n'));
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in &rows {
        assert_eq!((&row["Simulated"], &row["Type"]), (&json!(true), &json!(table)), "{row}");
    }
    rows
}

fn each(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_request_that_reached_graph_has_a_row_that_joins_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(logged(folder.path()));
    let headers = [("client-request-id", "6f0ffb95-5a1f-4b5c-9b41-1f2e63a0f2a1"), ("user-agent", "haymaker/1")];
    let named = client.call("GET", "/users?$top=1", &headers, None).expect(200);
    let unnamed = client.get("/users/nobody").expect(404);
    let batch = client
        .post(
            "/$batch",
            &json!({ "requests": [
        { "id": "a", "method": "GET", "url": "/domains" },
        { "id": "b", "method": "GET", "url": "/users?$top=2", "headers": { "client-request-id": "inner" } },
    ] }),
        )
        .expect(200);
    client.raw("GET", "/v1.0/users", &[], Vec::new()).expect(401);
    client.raw("GET", "/_haymaker/inspect", &[], Vec::new()).expect(200);

    let rows = rows(folder.path(), "MicrosoftGraphActivityLogs");
    assert_eq!(
        each(&rows, "RequestUri"),
        [
            "https://graph.microsoft.com/v1.0/users?$top=1",
            "https://graph.microsoft.com/v1.0/users/nobody",
            "https://graph.microsoft.com/v1.0/domains",
            "https://graph.microsoft.com/v1.0/users?$top=2",
            "https://graph.microsoft.com/v1.0/$batch",
        ]
    );
    let first = &rows[0];
    assert_eq!(first["RequestId"], named.headers["request-id"]);
    assert_eq!((&first["ClientRequestId"], &first["UserAgent"]), (&json!(headers[0].1), &json!("haymaker/1")));
    assert_eq!((&first["RequestMethod"], &first["ResponseStatusCode"]), (&json!("GET"), &json!(200)));
    assert_eq!(first["AadTenantId"], client.tenant.settings().tenant_id);
    assert!(first["ResponseSizeBytes"].as_u64().unwrap() > 100);
    assert!(first["Roles"].as_str().unwrap().contains("User.ReadWrite.All"));
    // Without a name of its own a request has that of its operation.
    assert_eq!((&rows[1]["ClientRequestId"], &rows[1]["ResponseStatusCode"]), (&rows[1]["RequestId"], &json!(404)));
    assert_eq!(rows[1]["RequestId"], unnamed.headers["request-id"]);
    for row in &rows[2..] {
        assert_eq!(row["OperationId"], batch.headers["request-id"]);
    }
    assert_eq!(rows[3]["ClientRequestId"], "inner");
    let ids: BTreeSet<String> = each(&rows, "RequestId").into_iter().collect();
    assert_eq!(ids.len(), rows.len());

    // The token of all of them is that of the one sign-in.
    let sign_ins = self::rows(folder.path(), "AADServicePrincipalSignInLogs");
    assert_eq!(sign_ins.len(), 1);
    for row in &rows {
        assert_eq!(row["SignInActivityId"], sign_ins[0]["UniqueTokenIdentifier"]);
        assert_eq!(row["ServicePrincipalId"], sign_ins[0]["ServicePrincipalId"]);
    }
}

#[test]
fn a_fault_of_graph_is_in_its_log_and_a_connection_that_never_got_there_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(logged(folder.path()));
    let rule = |fault| vec![FaultRule { operation: "GET /v1.0/**".to_owned(), rate: 1.0, seed: 1, fault }];
    client.tenant.set_faults(rule(FaultKind::Status { status: 503, retry_after: None }));
    client.get("/domains").expect(503);
    client.tenant.set_faults(rule(FaultKind::ResetBefore));
    client.get("/domains");
    client.tenant.set_faults(rule(FaultKind::ResetAfter));
    client.get("/domains");
    client.tenant.set_faults(rule(FaultKind::Slow { milliseconds: 40 }));
    client.get("/domains").expect(200);
    let rows = rows(folder.path(), "MicrosoftGraphActivityLogs");
    let seen: Vec<(u64, u64)> = rows
        .iter()
        .map(|row| (row["ResponseStatusCode"].as_u64().unwrap(), row["DurationMs"].as_u64().unwrap()))
        .collect();
    assert_eq!(seen, [(503, 0), (200, 0), (200, 40)]);
}

#[test]
fn sign_ins_are_logged_by_their_kind_refusals_too() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(logged(folder.path()));
    let ada = client.hire("ada");
    let signed_in = sign_in(&client, &client.upn("ada")).expect(200);
    client.sign_in(&[("grant_type", "password"), ("username", &client.upn("ada")), ("password", "x")]).expect(400);
    let refresh = signed_in.text("refresh_token");
    client.sign_in(&[("grant_type", "refresh_token"), ("refresh_token", &refresh), ("scope", "User.Read")]).expect(200);
    client.sign_in(&[("client_secret", "wrong")]).expect(401);

    let people = rows(folder.path(), "SigninLogs");
    assert_eq!(each(&people, "ResultType"), ["0", "50126"]);
    assert_eq!(each(&people, "UserPrincipalName"), [client.upn("ada"), client.upn("ada")]);
    assert_eq!((&people[0]["AuthenticationProtocol"], &people[0]["UserId"]), (&json!("ropc"), &json!(ada)));
    assert!(people[1].get("UniqueTokenIdentifier").is_none());
    let again = rows(folder.path(), "AADNonInteractiveUserSignInLogs");
    assert_eq!((again.len(), &again[0]["IncomingTokenType"]), (1, &json!("refreshToken")));
    let apps = rows(folder.path(), "AADServicePrincipalSignInLogs");
    assert_eq!(each(&apps, "ResultType"), ["0", "7000215"]);
}

#[test]
fn who_signed_in_on_another_device_joins_to_one_sign_in_and_asking_before_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(logged(folder.path()));
    let ada = client.employ("ada");
    let tenant = client.tenant.settings().tenant_id.clone();
    let form = format!("client_id={}&scope=Mail.ReadWrite", client.tenant.settings().app.id);
    let kind = ("content-type", "application/x-www-form-urlencoded");
    let begun =
        client.raw("POST", &format!("/{tenant}/oauth2/v2.0/devicecode"), &[kind], form.into_bytes()).expect(200);
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let device = begun.text("device_code");
    let ask = || client.sign_in(&[("grant_type", grant), ("device_code", &device), ("scope", "Mail.ReadWrite")]);
    ask().expect(400);
    assert!(client.tenant.approve_device(&begun.text("user_code"), &ada));
    client.with(ask().expect(200).text("access_token")).get("/me/messages").expect(200);

    let people = rows(folder.path(), "SigninLogs");
    assert_eq!(each(&people, "AuthenticationProtocol"), ["deviceCode"]);
    assert_eq!((&people[0]["UserId"], &people[0]["ResultType"]), (&json!(ada), &json!("0")));
    let asked = rows(folder.path(), "MicrosoftGraphActivityLogs").pop().unwrap();
    assert_eq!((&asked["UserId"], &asked["UniqueTokenId"]), (&json!(ada), &people[0]["UniqueTokenIdentifier"]));
}

#[test]
fn what_is_done_in_mail_calendars_files_and_teams_is_in_the_office_log() {
    let folder = tempfile::tempdir().unwrap();
    let mut client = Client::new(logged(folder.path()));
    let history = lived(&mut client);
    let rows = rows(folder.path(), "OfficeActivity");
    let mut operations: BTreeMap<(String, String), usize> = BTreeMap::new();
    for row in &rows {
        let text = |name: &str| row[name].as_str().unwrap().to_owned();
        *operations.entry((text("OfficeWorkload"), text("Operation"))).or_default() += 1;
    }
    let count = |workload: &str, operation: &str| {
        operations.get(&(workload.to_owned(), operation.to_owned())).copied().unwrap_or_default()
    };
    // The invitation and the answer to it are sent, too.
    for (workload, operation, expected) in [
        ("Exchange", "Send", 5),
        ("Exchange", "New-InboxRule", 1),
        ("Exchange", "MailItemsAccessed", 2),
        ("Exchange", "Move", 1),
        ("Exchange", "MoveToDeletedItems", 1),
        ("OneDrive", "FileUploaded", 3),
        ("OneDrive", "FileModified", 1),
        ("OneDrive", "FileDownloaded", 1),
        ("OneDrive", "FileRecycled", 1),
        ("OneDrive", "SharingLinkCreated", 1),
        ("MicrosoftTeams", "TeamCreated", 2),
        ("MicrosoftTeams", "MemberAdded", 1),
        ("MicrosoftTeams", "ChannelAdded", 1),
        ("MicrosoftTeams", "ChatCreated", 1),
        ("MicrosoftTeams", "MessageSent", 2),
        ("MicrosoftTeams", "ReactedToMessage", 1),
    ] {
        assert_eq!(count(workload, operation), expected, "{workload} {operation}: {operations:#?}");
    }
    let of = |operation: &str| rows.iter().filter(|row| row["Operation"] == operation).collect::<Vec<_>>();
    let sent: Vec<Value> =
        of("Send").iter().map(|row| serde_json::from_str(row["Item"].as_str().unwrap()).unwrap()).collect();
    assert!(sent.iter().any(|item| item["InternetMessageId"] == history.sent.as_str()), "{sent:#?}");
    let posted = of("MessageSent");
    assert_eq!(posted[0]["ChatThreadId"], history.chat);
    assert_eq!((&posted[1]["ChannelGuid"], &posted[1]["TeamGuid"]), (&json!(history.channel), &json!(history.team)));
    assert_eq!((&posted[0]["UserId"], &posted[0]["UserType"]), (&json!(client.upn("ada")), &json!("Regular")));
    let file = of("FileModified")[0];
    let name = client.upn("ada").replace(['@', '.'], "_");
    let host = client.domain().split('.').next().unwrap();
    let site = format!("https://{host}-my.sharepoint.com/personal/{name}/");
    assert_eq!(file["OfficeObjectId"], format!("{site}Documents/Reports/plan.txt"));
    assert_eq!((&file["Site_Url"], &file["SourceRelativeUrl"]), (&json!(site), &json!("Documents/Reports")));
    assert_eq!((&file["UserId"], &file["SourceFileName"]), (&json!("app@sharepoint"), &json!("plan.txt")));

    // Whoever has a token joins to a sign-in; a piece of a large file comes without one.
    let sign_ins =
        ["SigninLogs", "AADServicePrincipalSignInLogs"].map(|table| self::rows(folder.path(), table)).concat();
    let tokens: BTreeSet<String> = each(&sign_ins, "UniqueTokenIdentifier").into_iter().collect();
    for row in &rows {
        match row["AppAccessContext"]["UniqueTokenId"].as_str() {
            Some(token) => assert!(tokens.contains(token), "{row}"),
            None => assert_eq!(row["SourceFileName"], "big.bin", "{row}"),
        }
    }
}

#[test]
fn changes_to_the_directory_are_in_the_audit_log_without_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let mut client = Client::new(logged(folder.path()));
    let history = lived(&mut client);
    let rows = rows(folder.path(), "AuditLogs");
    let about = |id: &str| -> Vec<String> {
        let mine = rows.iter().filter(|row| row["TargetResources"][0]["id"] == id);
        mine.map(|row| row["OperationName"].as_str().unwrap().to_owned()).collect()
    };
    let worked = ["Add user", "Change user license", "Update user", "Add owner to group"];
    assert_eq!(about(&history.bob), worked);
    let ended = ["Add user", "Change user license", "Update user", "Delete user", "Hard Delete user"];
    assert_eq!(about(&history.cy), ended);
    assert_eq!(about(&history.group), ["Add group"]);
    assert!(about(&history.ada).contains(&"Add member to group".to_owned()));
    let batched = rows.iter().find(|row| row["CorrelationId"] == "6f0ffb95-5a1f-4b5c-9b41-1f2e63a0f2a1").unwrap();
    let change = &batched["TargetResources"][0]["modifiedProperties"][0];
    assert_eq!((&change["displayName"], &change["newValue"]), (&json!("city"), &json!("[\"Berne\"]")));
    for file in std::fs::read_dir(folder.path().join("logs")).unwrap() {
        let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
        assert!(!text.contains("Correct-Horse-7") && !text.contains(&client.token));
    }
}

#[test]
fn logs_of_two_runs_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    drop(Tenant::new(logged(folder.path())).unwrap());
    let refused = Tenant::new(logged(folder.path())).err().unwrap().to_string();
    assert!(refused.contains("MicrosoftGraphActivityLogs.jsonl is there already"), "{refused}");
}

#[test]
fn a_tenant_that_is_kept_goes_on_with_its_log_where_it_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let state = Some(folder.path().join("tenant.state"));
    let first = Settings { state: state.clone(), ..history::settings() };
    Client::new(first).employ("ada");
    let client = Client::new(Settings { state, ..logged(folder.path()) });
    client.get(&format!("/users/{}", client.upn("ada"))).expect(200);
    assert_eq!(rows(folder.path(), "MicrosoftGraphActivityLogs").len(), 1);
    assert!(rows(folder.path(), "AuditLogs").is_empty());
}
