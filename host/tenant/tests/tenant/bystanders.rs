//! The people whom no run may touch, and the hash that tells.

use crate::identity::as_user;
use crate::support::{Client, wide};
use haymaker_tenant::Settings;
use serde_json::{Value, json};

/// A tenant with somebody of ours in it, and the address of a bystander.
fn client() -> (Client, String) {
    let mut settings = Settings { security_defaults: false, ..wide() };
    settings.app.roles.push("Chat.Create".to_owned());
    let client = Client::new(settings);
    client.employ("ada");
    let everybody = client.get("/users").expect(200).each("userPrincipalName");
    let upn = everybody.into_iter().find(|upn| !upn.starts_with("ada@")).unwrap();
    (client, upn)
}

#[test]
fn looking_at_a_bystander_changes_nothing() {
    let (client, upn) = client();
    let before = client.tenant.inspect().bystanders;
    let window = "startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-02-01T00:00:00Z";
    for path in ["", "/messages", "/mailFolders/inbox/messageRules", "/drive/root/children", "/events", "/memberOf"] {
        client.get(&format!("/users/{upn}{path}")).expect(200);
    }
    client.get(&format!("/users/{upn}/calendarView?{window}")).expect(200);
    client
        .post(&format!("/users/{}/sendMail", client.upn("ada")), &json!({ "message": client.mail("x", &["ada"]) }))
        .expect(202);
    assert_eq!(client.tenant.inspect().bystanders, before);
}

#[test]
fn whatever_touches_a_bystander_changes_the_hash() {
    let (client, upn) = client();
    let bind = |name: &str| format!("https://graph.microsoft.com/v1.0/users('{name}')");
    let member = |name: &str| json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"], "user@odata.bind": bind(name) });
    let at = |hour: u32| json!({ "dateTime": format!("2026-01-06T{hour:02}:00:00"), "timeZone": "UTC" });
    let address = json!([{ "emailAddress": { "address": upn } }]);
    let ada = client.upn("ada");
    let people = [member(&ada), member(&upn)];
    let rule = json!({ "displayName": "on", "sequence": 1, "isEnabled": true, "actions": { "forwardTo": address } });
    let touches: Vec<(&str, String, Value)> = vec![
        ("POST", format!("/users/{ada}/sendMail"), json!({ "message": { "subject": "x", "toRecipients": address } })),
        ("POST", format!("/users/{ada}/events"), json!({ "start": at(9), "end": at(10), "attendees": address })),
        ("POST", format!("/users/{upn}/events"), json!({ "start": at(9), "end": at(10) })),
        ("POST", format!("/users/{upn}/drive/root/children"), json!({ "name": "x", "folder": {} })),
        ("POST", format!("/users/{upn}/drive/root:/x:/createLink"), json!({ "type": "view", "scope": "organization" })),
        ("POST", format!("/users/{upn}/mailFolders/inbox/messageRules"), rule),
        ("PATCH", format!("/users/{upn}/mailboxSettings"), json!({ "language": { "locale": "de-DE" } })),
        ("PATCH", format!("/users/{upn}"), json!({ "jobTitle": "x" })),
        ("POST", "/chats".to_owned(), json!({ "chatType": "oneOnOne", "members": people })),
        (
            "POST",
            "/groups".to_owned(),
            json!({ "displayName": "x", "mailEnabled": false, "mailNickname": "x", "securityEnabled": true, "members@odata.bind": [bind(&upn)] }),
        ),
    ];
    let mut hash = client.tenant.inspect().bystanders.hash;
    let mut touched = |what: &str| {
        let now = client.tenant.inspect().bystanders.hash;
        assert_ne!(now, hash, "{what}");
        hash = now;
    };
    for (method, path, body) in touches {
        let answer = client.call(method, &path, &[], Some(&body));
        assert!(answer.status < 300, "{path}: {answer:?}");
        touched(&path);
    }
    let user = client.with(as_user(&client, "ada", "https://graph.microsoft.com/.default"));
    let chat = user.get("/chats").expect(200).each("id")[0].clone();
    user.post(&format!("/chats/{chat}/messages"), &json!({ "body": { "content": "x" } })).expect(201);
    touched("a post in a chat with them");
}
