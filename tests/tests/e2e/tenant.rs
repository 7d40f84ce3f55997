//! The simulated tenant as a server of its own: what its flags promise, over real HTTP.

use std::fs;

use haymaker_tenant::CLOCK_HEADER;
use haymaker_tests::client::Client;
use haymaker_tests::command::{PATIENCE, Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::truth::text;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

async fn status(tenant: &Client, path: &str) -> StatusCode {
    tenant.request(Method::GET, path).send().await.unwrap().status()
}

/// Makes a user, and answers with its path.
async fn make_user(tenant: &Client) -> String {
    let domains: Value = tenant.json("/domains").await;
    let user = json!({
        "accountEnabled": true,
        "displayName": "Anna",
        "mailNickname": "anna",
        "userPrincipalName": format!("anna@{}", domains["value"][0]["id"].as_str().unwrap()),
        "passwordProfile": { "password": "Twenty-nine signs, and a Digit" },
    });
    let answer = tenant.request(Method::POST, "/v1.0/users").json(&user).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::CREATED);
    let made: Value = answer.json().await.unwrap();
    format!("/v1.0/users/{}", made["id"].as_str().unwrap())
}

#[tokio::test]
async fn a_new_user_is_there_at_once_or_takes_its_time_which_passes_for_clients_that_name_none() {
    let tenant = TenantProcess::start(&[]);
    let instant = Client::of(&tenant).await;
    let user = make_user(&instant).await;
    assert_eq!(status(&instant, &user).await, StatusCode::OK);

    let tenant = TenantProcess::with_delays(&[]);
    let slow = Client::of(&tenant).await;
    let user = make_user(&slow).await;
    assert_eq!(status(&slow, &user).await, StatusCode::NOT_FOUND);

    // Replication takes five seconds, which is nothing at this speed.
    let tenant = TenantProcess::with_delays(&["--speed", "1000"]);
    let fast = Client::of(&tenant).await;
    let user = make_user(&fast).await;
    let there = async { while status(&fast, &user).await != StatusCode::OK {} };
    tokio::time::timeout(PATIENCE, there).await.expect("the user is found in the end");
}

#[tokio::test]
async fn faults_come_from_a_file_and_are_changed_while_the_tenant_runs() {
    let shell = Shell::new();
    let file = shell.folder().join("faults.json");
    let fault = json!({ "kind": "status", "status": 503, "retry_after": "2" });
    let rules = json!([{ "operation": "GET /v1.0/domains", "rate": 1, "fault": fault }]).to_string();
    fs::write(&file, &rules).unwrap();
    let tenant = TenantProcess::start(&["--faults", &file.to_string_lossy()]);
    let client = Client::of(&tenant).await;
    let failed = client.request(Method::GET, "/v1.0/domains").send().await.unwrap();
    assert_eq!(failed.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(failed.headers()["retry-after"], "2");
    for (rules, expected) in [("[]".to_owned(), StatusCode::OK), (rules, StatusCode::SERVICE_UNAVAILABLE)] {
        let changed = client.request(Method::POST, "/_haymaker/faults").body(rules).send().await.unwrap();
        assert_eq!(changed.status(), StatusCode::OK);
        assert_eq!(status(&client, "/v1.0/domains").await, expected);
    }
}

#[tokio::test]
async fn a_tenant_that_throttles_takes_what_the_documented_limits_let_through_and_the_rest_a_minute_later() {
    let tenant = TenantProcess::start(&["--throttle", "documented"]);
    let client = Client::of(&tenant).await;
    let people = client.json("/users?$top=1").await;
    let address = people["value"][0]["mail"].as_str().unwrap();
    let mail = json!({ "message": { "subject": "x", "toRecipients": [{ "emailAddress": { "address": address } }] } });
    let send = || client.request(Method::POST, &format!("/v1.0/users/{address}/sendMail")).json(&mail);
    // What Exchange takes from a mailbox in a minute.
    for _ in 0..30 {
        assert_eq!(send().send().await.unwrap().status(), StatusCode::ACCEPTED);
    }
    assert_eq!(send().send().await.unwrap().status(), StatusCode::TOO_MANY_REQUESTS);
    let overview: Value = client.request(Method::GET, "/_haymaker/inspect").send().await.unwrap().json().await.unwrap();
    assert_eq!(overview["throttled"], 1);
    let later = overview["now"].as_u64().unwrap() + 61_000;
    let accepted = send().header(CLOCK_HEADER, later).send().await.unwrap();
    assert_eq!(accepted.status(), StatusCode::ACCEPTED);
}

#[test]
fn a_deployment_acts_in_a_tenant_that_serves_https_if_its_host_was_told_whom_to_trust() {
    let tenant = TenantProcess::start(&["--https"]);
    let mut environment = tenant.environment.clone();
    let certificate = environment.remove("SSL_CERT_FILE").unwrap();
    let trusting = ("SSL_CERT_FILE".to_owned(), certificate.clone());

    let stranger = Shell::new().with(environment.clone());
    let refused = stranger.run(&["deploy", "m365-knowledge-worker", "-c", "workers=2", "-d", "1h"]);
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.contains("UnknownIssuer") && refused.err.contains("SSL_CERT_FILE names"), "{}", refused.err);

    let shell = Shell::new().with(environment).with([trusting]);
    shell.run(&["deploy", "m365-knowledge-worker", "-c", "workers=2", "-d", "1h"]).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "100"]).well();
    let left = shell.run(&["tenant", "inspect", "--deployment", "@last", "--format", "json"]).well().json();
    assert_eq!(left["users"].as_array().unwrap().len(), 2);

    assert!(fs::exists(&certificate).unwrap());
    tenant.end();
    assert!(!fs::exists(&certificate).unwrap(), "the authority's certificate outlives its tenant");
}

#[test]
fn a_look_inside_shows_what_a_deployment_left_and_what_one_of_its_people_has() {
    let tenant = TenantProcess::start(&[]);
    let shell = Shell::new().with(tenant.environment.clone());
    let look = |part: &[&str]| shell.run(&[&["tenant", "inspect"], part].concat()).well();
    let before = look(&[]).out;
    assert!(before.contains("people      500 live") && before.contains("bystanders  500 ("), "{before}");

    shell.run(&["deploy", "m365-knowledge-worker", "-c", "workers=2", "-c", "features=mail", "-d", "1h"]).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "100"]).well();
    let left = look(&["--deployment", "@last", "--format", "json"]).json();
    let (users, mails) = (left["users"].as_array().unwrap(), left["messages"].as_array().unwrap());
    assert_eq!(users.len(), 2);
    assert!(!mails.is_empty());
    let words = look(&["--deployment", "@last"]).out;
    assert!(words.contains("users   2 live, 0 in the recycle bin"), "{words}");
    assert!(words.contains(&format!("mails   {} in 2 mailboxes", mails.len())), "{words}");
    assert!(!words.contains("with others"), "{words}");

    let address = users[0]["user_principal_name"].as_str().unwrap();
    let has = look(&["--user", address]).out;
    assert!(has.starts_with(address) && has.contains("  Inbox ") && has.contains("  subject  "), "{has}");
    let has = look(&["--user", address, "--format", "json"]).json();
    assert_eq!(has["mailbox"]["owner"], address);
    assert_eq!((&has["calendar"]["events"], &has["chats"], &has["drive"]), (&json!([]), &json!([]), &Value::Null));

    shell.run(&["cleanup", "@last", "--yes"]).well();
    let words = look(&["--deployment", "@last"]).out;
    assert!(words.contains("no user, group, mail, event, file or chat"), "{words}");
    let bystanders = |text: &str| text.lines().find(|line| line.starts_with("bystanders")).map(str::to_owned);
    assert_eq!(bystanders(&look(&[]).out), bystanders(&before));

    for (part, said) in
        [("--user", "there is no user nobody"), ("--chat", "there is no chat nobody"), ("--team", "team")]
    {
        let refused = shell.run(&["tenant", "inspect", part, "nobody"]);
        assert_eq!(refused.code, Some(1));
        assert!(refused.err.contains(said), "{}", refused.err);
    }
}

#[tokio::test]
async fn adopted_people_work_and_everything_in_the_tenant_is_as_it_was_before() {
    let tenant = TenantProcess::start(&["--bystanders", "20"]);
    let client = Client::of(&tenant).await;
    let found = client.json("/users?$top=4&$select=id").await;
    let people = found["value"].as_array().unwrap().iter();
    let members: Vec<String> =
        people.map(|person| format!("{}/v1.0/users/{}", tenant.address(), person["id"].as_str().unwrap())).collect();
    let group = json!({
        "displayName": "Lent",
        "mailEnabled": false,
        "mailNickname": "lent",
        "securityEnabled": true,
        "members@odata.bind": members,
    });
    let group: Value =
        client.request(Method::POST, "/v1.0/groups").json(&group).send().await.unwrap().json().await.unwrap();
    let from = format!("workers_from=group:{}", group["id"].as_str().unwrap());

    let shell = Shell::new().with(tenant.environment.clone());
    let inspection = Inspection::of(tenant.address());
    let before = inspection.overview();
    let config = ["-c", &from, "-c", "features=mail", "-c", "actions=reply, forward", "-d", "2h"];
    shell.run(&[&["deploy", "m365-knowledge-worker"], config.as_slice()].concat()).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "100"]).well();
    let status = shell.run(&["status", "@last", "--format", "json"]).well().json();
    assert!(status["activities"]["email.send"]["done"].as_u64().is_some_and(|mails| mails > 40), "{status}");
    assert_eq!((&status["ledger"]["created"], &status["activities"]["email.send"]["failed"]), (&json!(0), &json!(0)));
    assert_ne!(inspection.overview().bystanders, before.bystanders, "their mailboxes hold what they wrote");

    let would = shell.run(&["cleanup", "@last", "--dry-run"]).well().out;
    assert!(
        would.contains("4 people are lent") && would.contains("takes what it wrote out of their mailboxes"),
        "{would}"
    );
    let file = shell.folder().join("proof.json").display().to_string();
    let cleaned = shell.run(&["cleanup", "@last", "--yes", "--proof", &file]).well();
    assert!(cleaned.out.contains("0 created, 0 deleted, 4 people given back, 0 left in the tenant"), "{}", cleaned.out);
    let proof: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let all = |of: &str| proof[of].as_array().unwrap().clone();
    assert!(all("entries").len() == 4 && all("entries").iter().all(|lent| lent["stays"].is_string()), "{proof}");
    let removals = all("withdrawn").into_iter().flat_map(|step| step["requests"].as_array().unwrap().clone());
    let removals = removals.filter(|request| text(request, "path").ends_with("/permanentDelete")).count() as u64;
    assert!(removals >= 2 * status["activities"]["email.send"]["done"].as_u64().unwrap(), "each mail, and its copies");
    assert_eq!(inspection.overview().bystanders, before.bystanders, "as if nobody had ever written");
}
