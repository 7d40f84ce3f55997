//! A workload that wants what is not its own, with a manifest that allows it everything: the host denies each attempt,
//! says so, stops the workload after the third, and nobody else in the tenant is touched.
//!
//! What needs somebody else's mail in a worker's mailbox (threads and invitations with strangers in them) is tried beside
//! the policy itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use haymaker_tests::client::Client;
use haymaker_tests::command::{Shell, TenantProcess, wait_until};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::root;
use serde_json::{Value, json};

const MANIFEST: &str = r#"
name: misbehaving
version: 1.0.0
type: microsoft-365
description: Wants what is not its own.
package:
  component: misbehaving.wasm
  contract: haymaker:workload@0.1
credentials:
  - { name: KW_TENANT_ID, description: The tenant. }
  - { name: KW_APP_ID, description: The application. }
  - { name: KW_CLIENT_SECRET, description: Its secret. }
endpoints:
  graph:
    base: "{cloud.graph}/v1.0"
    auth: { kind: entra-client-credentials, tenant: KW_TENANT_ID, client_id: KW_APP_ID, client_secret: KW_CLIENT_SECRET }
    allow: ["GET /**", "POST /**", "PATCH /**", "PUT /**", "DELETE /**"]
    fills: ["POST /users#/passwordProfile/password"]
    policy: microsoft-graph
config_schema:
  domain: { type: string, description: Where somebody is hired. }
  script: { type: string, description: What is tried. }
"#;

/// The workload's folder, its component compiled by the cargo that runs this test, in a target directory of its own.
fn misbehaving(folder: &Path) -> PathBuf {
    static COMPONENT: OnceLock<Vec<u8>> = OnceLock::new();
    let component = COMPONENT.get_or_init(|| {
        let target = root().join("target/guest");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(root()).args(["build", "--quiet", "--profile", "guest", "--target", "wasm32-wasip2"]);
        cargo.args(["--package", "haymaker-test-guest", "--target-dir"]).arg(&target);
        for (name, _) in std::env::vars() {
            // Flags for the host's linker break the guest's.
            let host_only = ["CARGO_TARGET_", "CARGO_BUILD_", "CARGO_ENCODED_", "RUSTFLAGS"];
            if host_only.iter().any(|prefix| name.starts_with(prefix)) {
                cargo.env_remove(name);
            }
        }
        assert!(cargo.status().unwrap().success(), "the test guest does not build: is wasm32-wasip2 installed?");
        std::fs::read(target.join("wasm32-wasip2/guest/haymaker_test_guest.wasm")).unwrap()
    });
    let own = folder.join("misbehaving");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(own.join("workload.yaml"), MANIFEST).unwrap();
    std::fs::write(own.join("misbehaving.wasm"), component).unwrap();
    own
}

/// Somebody who lives in the tenant: id and address, as Graph itself tells them.
fn bystander(tenant: &TenantProcess) -> (String, String) {
    let looking = async { Client::of(tenant).await.json("/users?$top=1").await };
    let found = tokio::runtime::Runtime::new().unwrap().block_on(looking);
    let text = |name: &str| found["value"][0][name].as_str().unwrap().to_owned();
    (text("id"), text("userPrincipalName"))
}

/// Everything that is tried, three to a deployment: what the third has no part in is never reached.
fn attempts(chief: &str, chief_id: &str) -> Vec<String> {
    let outside = "someone@elsewhere.example";
    let to = |address: &str| json!({"emailAddress": {"name": "Ana Ruiz", "address": address}});
    let encoded: String = chief.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let part = |method: &str, url: &str| json!({"id": "1", "method": method, "url": url});
    let batch = |part: Value| format!("ask POST /$batch {}", json!({"requests": [part]}));
    let mut all = vec![
        format!("ask GET /users/{chief_id}/messages"),
        format!("ask GET /users/{chief}/mailFolders/inbox/messages"),
        format!("ask GET /users/{encoded}/messages"),
        format!("ask GET /users/{{me}}/../{chief_id}/messages"),
        batch(part("GET", &format!("/users/{chief_id}/messages"))),
        batch(part("DELETE", &format!("/users/{chief}"))),
        format!(
            "ask POST /chats {}",
            json!({"chatType": "oneOnOne", "members": [{"user@odata.bind": format!("{{base}}/users('{chief_id}')")}]})
        ),
        format!(
            "ask PATCH /groups(uniqueName='all-staff') {}",
            json!({"members@odata.bind": [format!("{{base}}/users/{chief_id}")]})
        ),
        format!("ask POST /users/{{me}}/events/1/forward {}", json!({"toRecipients": [to(outside)]})),
        format!("ask POST /users/{{me}}/drive/items/1/createLink {}", json!({"type": "view", "scope": "anonymous"})),
        format!(
            "ask POST /users/{{me}}/mailFolders/inbox/messageRules {}",
            json!({"actions": {"forwardTo": [to(chief)]}})
        ),
        format!(
            "ask PATCH /users/{{me}}/mailboxSettings {}",
            json!({"automaticRepliesSetting": {"status": "alwaysEnabled"}})
        ),
        format!("ask POST /users/{{me}}/messages {{\"toRecipients\": [], \"ToRecipients\": [{}]}}", to(chief)),
        format!("ask DELETE /users/{chief_id}"),
        format!("ask DELETE /directory/deletedItems/{chief_id}"),
        format!("ask DELETE /groups/{chief_id}"),
        format!("claim user {chief} {chief_id}"),
        format!("claim adopted-user {chief} {chief_id}"),
        "abandon".to_owned(),
    ];
    for address in
        [chief, outside, &chief.to_uppercase(), &format!("{chief}.evil.example"), "ch\u{456}ef@contoso.example"]
    {
        for field in ["toRecipients", "CcRecipients", "bccRecipients", "replyTo"] {
            all.push(format!("ask POST /users/{{me}}/messages {}", json!({ field: [to(address)] })));
            all.push(format!("ask POST /users/{{me}}/sendMail {}", json!({"Message": { field: [to(address)] }})));
        }
        all.push(format!("ask POST /users/{{me}}/messages/1/forward {}", json!({"toRecipients": [to(address)]})));
        all.push(format!("ask POST /users/{{me}}/events {}", json!({"attendees": [to(address)]})));
        let invite = json!({"recipients": [{"email": address}], "roles": ["read"], "requireSignIn": true});
        all.push(format!("ask POST /users/{{me}}/drive/root:/a.docx:/invite {invite}"));
    }
    while !all.len().is_multiple_of(3) {
        all.push(format!("ask GET /users/{chief_id}"));
    }
    all
}

#[test]
fn whatever_a_hostile_workload_tries_is_denied_told_and_ends_it_and_nobody_is_touched() {
    let tenant = TenantProcess::start(&["--bystanders", "20"]);
    let shell = Shell::new().with(tenant.environment.clone());
    shell.run(&["workload", "install", &misbehaving(shell.folder()).to_string_lossy()]).well();
    let inspection = Inspection::of(tenant.address());
    let before = inspection.overview();
    let (chief_id, chief) = bystander(&tenant);
    let domain = chief.split_once('@').unwrap().1.to_owned();

    for three in attempts(&chief, &chief_id).chunks(3) {
        let config = shell.folder().join("config.yaml");
        std::fs::write(&config, json!({"config": {"domain": domain, "script": three.join("\n")}}).to_string()).unwrap();
        shell.run(&["deploy", "misbehaving", "-f", &config.to_string_lossy(), "--yes"]).well();
        let status = wait_until("it is frozen", || {
            let status = shell.run(&["status", "@last", "--format", "json"]).well().json();
            (status["status"] == "frozen").then_some(status)
        });
        assert!(status["condition"].as_str().unwrap().contains("3 requests were denied"), "{three:?}: {status}");
        let logs = shell.run(&["logs", "@last"]).well().out;
        assert_eq!(logs.matches("denied (").count(), 3, "{three:?}: {logs}");
    }
    let after = inspection.overview();
    assert_eq!(after.bystanders, before.bystanders);
    assert_eq!(after.mail.submitted, before.mail.submitted, "not one mail left");
}
