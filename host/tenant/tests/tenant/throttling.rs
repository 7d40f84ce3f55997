//! Throttling by the documented table.

use crate::identity::as_user;
use crate::support::{Answer, Client, wide};
use haymaker_tenant::{Settings, Throttle};
use serde_json::json;

fn client() -> Client {
    let client = Client::new(Settings { throttle: Throttle::Documented, security_defaults: false, ..wide() });
    client.employ("ada");
    client.employ("bob");
    client
}

/// How many of `requests` are answered before one is refused.
fn until_refused(requests: usize, mut request: impl FnMut() -> Answer) -> usize {
    (0..requests).take_while(|_| !matches!(request().status, 429 | 503)).count()
}

#[test]
fn identity_app_and_tenant_have_resource_units_and_writes() {
    let mut client = client();
    let reads = until_refused(4_000, || client.get("/users?$top=1"));
    assert!((1_700..=1_750).contains(&reads), "two units each of 3,500: {reads}");
    client.now += 10_000;
    let selected = until_refused(4_000, || client.get("/users?$top=1&$select=id"));
    assert_eq!(selected, 3_500);
}

#[test]
fn exchange_takes_thirty_messages_a_minute_from_a_mailbox() {
    let mut client = client();
    let path = format!("/users/{}/sendMail", client.upn("ada"));
    let body = json!({ "message": client.mail("x", &["bob"]) });
    assert_eq!(until_refused(40, || client.post(&path, &body)), 30);
    client.post(&format!("/users/{}/sendMail", client.upn("bob")), &body).expect(202);
    client.now += 60_000;
    client.post(&path, &body).expect(202);
    assert_eq!(client.tenant.inspect().mail.submitted, 32);
}

#[test]
fn sharepoint_counts_resource_units_by_the_minute() {
    let client = client();
    let drive = format!("/users/{}/drive/root", client.upn("ada"));
    assert_eq!(until_refused(1_300, || client.get(&drive)), 1_200);
    let refused = client.get(&drive);
    assert!(refused.status == 429 || (refused.status == 503 && refused.headers.contains_key("retry-after")));
}

#[test]
fn a_chat_takes_one_message_a_second() {
    let mut client = client();
    let member = |name: &str| {
        let bind = format!("https://graph.microsoft.com/v1.0/users('{}')", client.upn(name));
        json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"], "user@odata.bind": bind })
    };
    let body = json!({ "chatType": "oneOnOne", "members": [member("ada"), member("bob")] });
    client.token = as_user(&client, "ada", "https://graph.microsoft.com/.default");
    let chat = client.post("/chats", &body).expect(201).text("id");
    let say = json!({ "body": { "content": "x" } });
    assert_eq!(until_refused(3, || client.post(&format!("/chats/{chat}/messages"), &say)), 1);
    client.now += 1000;
    client.post(&format!("/chats/{chat}/messages"), &say).expect(201);
}

#[test]
fn retry_after_is_whole_decimal_or_absent() {
    let client = client();
    let path = format!("/users/{}/sendMail", client.upn("ada"));
    let body = json!({ "message": client.mail("x", &["bob"]) });
    let refused: Vec<Option<String>> = (0..80)
        .map(|_| client.post(&path, &body))
        .filter(|answer| answer.status == 429)
        .map(|answer| answer.headers.get("retry-after").cloned())
        .collect();
    assert!(refused.iter().any(Option::is_none));
    assert!(refused.iter().flatten().any(|value| value.contains('.')));
    assert!(refused.iter().flatten().any(|value| value.parse::<u64>() == Ok(60)));
}
