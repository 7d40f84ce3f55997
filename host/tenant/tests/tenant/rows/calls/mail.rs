//! Mail: sent, read, answered, filed.

use serde_json::json;

use crate::rows::{OUTLOOK, Row, Rows};
use crate::support::Client;

pub(super) const ROWS: Rows = &[
    ("POST /users/{id}/sendMail", post_users_id_send_mail_answers_202_with_an_empty_body),
    ("GET messages, mailFolders", get_messages_and_mail_folders_answer_200),
    ("PATCH message", patch_message_answers_200),
    ("POST reply, replyAll, forward", post_reply_reply_all_and_forward_answer_202_with_an_empty_body),
    ("POST move, copy", post_move_and_copy_answer_201_with_a_new_id),
    ("POST mailFolders", post_mail_folders_answers_201),
];

/// Two people, the second of whom got a mail from the first; the path of that mail.
pub(crate) fn received(client: &Client) -> String {
    client.employ("ada");
    client.employ("bob");
    let send = format!("/users/{}/sendMail", client.upn("ada"));
    client.post(&send, &json!({ "message": client.mail("Figures", &["bob"]) })).expect(202);
    let inbox = format!("/users/{}/mailFolders/inbox/messages", client.upn("bob"));
    format!("/users/{}/messages/{}", client.upn("bob"), client.get(&inbox).expect(200).each("id")[0])
}

#[test]
fn post_users_id_send_mail_answers_202_with_an_empty_body() {
    let row = Row::new(&["Mail.Send"]);
    row.setup.employ("ada");
    let path = format!("/users/{}/sendMail", row.setup.upn("ada"));
    let to = row.setup.mail("", &["ada"])["toRecipients"].clone();
    row.least.post(&path, &json!({})).expect(400);
    let refused = row.least.post(&path, &json!({ "message": { "subject": "x" } })).expect(400);
    assert_eq!(refused.code(), "ErrorInvalidRecipients");
    let sent = row.ask("POST", &path, Some(&json!({ "message": { "toRecipients": to } })), OUTLOOK).expect(202);
    assert!(sent.body.is_null());
    let seen = row.setup.get(&format!("/users/{}/messages", row.setup.upn("ada"))).expect(200);
    assert_eq!(seen.value().len(), 2, "in Sent Items and in the inbox");
}

#[test]
fn get_messages_and_mail_folders_answer_200() {
    let row = Row::new(&["Mail.ReadBasic.All"]);
    let message = received(&row.setup);
    let bob = format!("/users/{}", row.setup.upn("bob"));
    let page = row.ask("GET", &format!("{bob}/messages"), None, OUTLOOK).expect(200);
    let shown = &page.value()[0];
    assert_eq!(shown["subject"], "Figures");
    assert!(shown.get("body").is_none() && shown.get("bodyPreview").is_none(), "the basics only: {shown}");
    assert!(row.least.get(&message).expect(200).body.get("body").is_none());
    assert_eq!(row.setup.get(&message).expect(200).body["body"]["content"], "Hello.");
    let folders = row.ask("GET", &format!("{bob}/mailFolders"), None, OUTLOOK).expect(200);
    assert!(folders.each("displayName").contains(&"Inbox".to_owned()));
    assert_eq!(row.least.patch(&message, &json!({ "isRead": true })).expect(403).code(), OUTLOOK);
}

#[test]
fn patch_message_answers_200() {
    let row = Row::new(&["Mail.ReadWrite"]);
    let message = received(&row.setup);
    let read = row.ask("PATCH", &message, Some(&json!({ "isRead": true })), OUTLOOK).expect(200);
    assert_eq!(read.body["isRead"], true);
    row.least.patch(&message, &json!({ "isRead": "yes" })).expect(400);
    let stale = row.least.call("PATCH", &message, &[("if-match", "W/\"x\"")], Some(&json!({ "isRead": false })));
    stale.expect(412);
}

#[test]
fn post_reply_reply_all_and_forward_answer_202_with_an_empty_body() {
    let row = Row::new(&["Mail.Send"]);
    let message = received(&row.setup);
    let to = row.setup.mail("", &["ada"])["toRecipients"].clone();
    for (action, body) in [
        ("reply", json!({ "comment": "Yes." })),
        ("replyAll", json!({ "Message": { "body": { "contentType": "text", "content": "Yes." } } })),
        ("forward", json!({ "ToRecipients": to })),
    ] {
        let path = format!("{message}/{action}");
        let sent = row.ask("POST", &path, Some(&body), OUTLOOK).expect(202);
        assert!(sent.body.is_null(), "{action}");
        let both = json!({ "comment": "x", "message": { "body": { "contentType": "text", "content": "y" } }, "toRecipients": to });
        assert_eq!(row.least.post(&path, &both).expect(400).code(), "ErrorInvalidRequest", "{action}");
        // A message that has no body is no second text: Graph documents the refusal for a comment beside a body.
        let message = json!({ "importance": "high", "toRecipients": to });
        row.least.post(&path, &json!({ "comment": "x", "message": message })).expect(202);
    }
    let nobody = row.least.post(&format!("{message}/forward"), &json!({ "comment": "x" })).expect(400);
    assert_eq!(nobody.code(), "ErrorInvalidRecipients");
    let inbox = row.setup.get(&format!("/users/{}/mailFolders/inbox/messages", row.setup.upn("ada"))).expect(200);
    let mut subjects = inbox.each("subject");
    subjects.sort();
    assert_eq!(subjects, ["FW: Figures", "FW: Figures", "RE: Figures", "RE: Figures", "RE: Figures", "RE: Figures"]);
}

#[test]
fn post_move_and_copy_answer_201_with_a_new_id() {
    let row = Row::new(&["Mail.ReadWrite"]);
    let message = received(&row.setup);
    let archive = json!({ "destinationId": "archive" });
    let copied = row.ask("POST", &format!("{message}/copy"), Some(&archive), OUTLOOK).expect(201).text("id");
    let moved = row.ask("POST", &format!("{message}/move"), Some(&archive), OUTLOOK).expect(201).text("id");
    assert!(copied != moved && !message.ends_with(&moved) && !message.ends_with(&copied));
    assert_eq!(row.least.get(&message).expect(404).code(), "ErrorItemNotFound");
    let path = format!("/users/{}/messages/{moved}", row.setup.upn("bob"));
    for action in ["move", "copy"] {
        assert_eq!(row.least.post(&format!("{path}/{action}"), &json!({})).expect(400).code(), "ErrorInvalidRequest");
    }
}

#[test]
fn post_mail_folders_answers_201() {
    let row = Row::new(&["Mail.ReadWrite"]);
    row.setup.employ("ada");
    let path = format!("/users/{}/mailFolders", row.setup.upn("ada"));
    row.least.post(&path, &json!({})).expect(400);
    let made = row.ask("POST", &path, Some(&json!({ "displayName": "Projects" })), OUTLOOK).expect(201);
    assert_eq!(made.text("displayName"), "Projects");
    row.least.post(&path, &json!({ "displayName": "Projects" })).expect(409);
}
