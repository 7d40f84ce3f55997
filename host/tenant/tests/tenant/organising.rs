//! What people do with the mail they have: answer it, pass it on, file it, let rules file it.

use crate::support::{Answer, Client, wide};
use serde_json::{Value, json};

const IMMUTABLE: (&str, &str) = ("prefer", "IdType=\"ImmutableId\"");

fn client() -> Client {
    Client::checking(wide()).unwrap_or_else(|| Client::new(wide()))
}

fn send(client: &Client, from: &str, body: &Value) {
    client.post(&format!("/users/{}/sendMail", client.upn(from)), &json!({ "message": body })).expect(202);
}

fn inbox(client: &Client, user: &str) -> Answer {
    client.get(&format!("/users/{}/mailFolders/inbox/messages", client.upn(user))).expect(200)
}

fn first(client: &Client, user: &str) -> String {
    let id = inbox(client, user).value()[0]["id"].as_str().unwrap().to_owned();
    format!("/users/{}/messages/{id}", client.upn(user))
}

#[test]
fn post_reply_answers_whoever_sent_it_and_keeps_the_thread() {
    let client = client();
    for name in ["ada", "bob", "cy"] {
        client.employ(name);
    }
    send(&client, "ada", &client.mail("Figures", &["bob", "cy"]));
    let path = first(&client, "bob");
    let original = client.get(&path).expect(200);
    client.post(&format!("{path}/reply"), &json!({ "Comment": "Thanks." })).expect(202);
    let answer = inbox(&client, "ada").value()[0].clone();
    assert_eq!(answer["subject"], "RE: Figures");
    assert_eq!(answer["conversationId"], original.body["conversationId"]);
    send(&client, "cy", &client.mail("Figures", &["ada"]));
    let mails = inbox(&client, "ada").value().to_vec();
    let other = mails.iter().find(|mail| mail["subject"] == "Figures").unwrap();
    assert_ne!(
        other["conversationId"], original.body["conversationId"],
        "the same subject is not the same conversation"
    );
    assert!(answer["body"]["content"].as_str().unwrap().starts_with("Thanks."));
    let path_of_answer = format!("/users/{}/messages/{}", client.upn("ada"), answer["id"].as_str().unwrap());
    let headers = client.get(&format!("{path_of_answer}?$select=internetMessageHeaders")).expect(200);
    assert_eq!(headers.body["internetMessageHeaders"][0]["value"], original.body["internetMessageId"]);
    assert_eq!(inbox(&client, "cy").value().len(), 1);

    client.post(&format!("{path}/replyAll"), &json!({ "comment": "All." })).expect(202);
    assert_eq!(inbox(&client, "cy").value()[0]["subject"], "RE: Figures");
    client
        .post(
            &format!("{path}/forward"),
            &json!({ "comment": "See.", "toRecipients": client.mail("", &["cy"])["toRecipients"] }),
        )
        .expect(202);
    assert_eq!(inbox(&client, "cy").value()[0]["subject"], "FW: Figures");
    assert_eq!(
        client.post(&format!("{path}/forward"), &json!({ "comment": "x" })).expect(400).code(),
        "ErrorInvalidRecipients"
    );
    let both = json!({ "comment": "x", "message": { "body": { "contentType": "text", "content": "y" } } });
    client.post(&format!("{path}/reply"), &both).expect(400);
}

#[test]
fn a_reply_made_as_a_draft_is_sent_by_its_immutable_id() {
    let client = client();
    client.employ("ada");
    client.employ("bob");
    send(&client, "ada", &client.mail("Figures", &["bob"]));
    let path = first(&client, "bob");
    for (action, subject) in
        [("createReply", "RE: Figures"), ("createReplyAll", "RE: Figures"), ("createForward", "FW: Figures")]
    {
        let body = json!({ "message": { "body": { "contentType": "text", "content": "My own words." }, "toRecipients": client.mail("", &["ada"])["toRecipients"] } });
        let draft = client.call("POST", &format!("{path}/{action}"), &[IMMUTABLE], Some(&body)).expect(201);
        assert_eq!((draft.text("subject").as_str(), &draft.body["isDraft"]), (subject, &json!(true)));
        assert_eq!(draft.headers["preference-applied"], "IdType=\"ImmutableId\"");
        let id = draft.text("id");
        client.call("POST", &format!("/users/{}/messages/{id}/send", client.upn("bob")), &[], None).expect(202);
        let sent = client.get(&format!("/users/{}/messages/{id}", client.upn("bob"))).expect(200);
        assert_eq!(sent.body["isDraft"], false);
    }
    assert_eq!(inbox(&client, "ada").value().len(), 3);
}

#[test]
fn post_move_gives_a_new_id_and_copy_another_message() {
    let client = client();
    client.employ("ada");
    let owner = client.upn("ada");
    send(&client, "ada", &client.mail("Figures", &["ada"]));
    let path = first(&client, "ada");
    let lasting = client.call("GET", &path, &[IMMUTABLE], None).expect(200).text("id");
    let folder = client.post(&format!("/users/{owner}/mailFolders"), &json!({ "displayName": "Projects" })).expect(201);
    let id = folder.text("id");
    let moved = client.post(&format!("{path}/move"), &json!({ "DestinationId": id })).expect(201);
    assert_eq!(moved.text("parentFolderId"), id);
    client.get(&path).expect(404);
    client.get(&format!("/users/{owner}/messages/{lasting}")).expect(200);
    let path = format!("/users/{owner}/messages/{}", moved.text("id"));
    let copy = client.post(&format!("{path}/copy"), &json!({ "destinationId": "archive" })).expect(201);
    assert_ne!(copy.text("id"), moved.text("id"));
    client.get(&path).expect(200);
    client.post(&format!("{path}/move"), &json!({ "destinationId": "nowhere" })).expect(404);
    client.call("POST", &format!("{path}/permanentDelete"), &[], None).expect(204);
    client.get(&path).expect(404);
}

#[test]
fn post_mail_folders_makes_folders_in_folders() {
    let client = client();
    client.employ("ada");
    let folders = format!("/users/{}/mailFolders", client.upn("ada"));
    let parent = client.post(&folders, &json!({ "displayName": "Projects" })).expect(201).text("id");
    assert_eq!(client.post(&folders, &json!({ "displayName": "projects" })).expect(409).code(), "ErrorFolderExists");
    let children = format!("{folders}/{parent}/childFolders");
    let child = client.post(&children, &json!({ "displayName": "One" })).expect(201).text("id");
    assert_eq!(client.get(&children).expect(200).each("displayName"), ["One"]);
    assert_eq!(client.get(&format!("{folders}/{parent}")).expect(200).body["childFolderCount"], 1);
    client.patch(&format!("{folders}/{child}"), &json!({ "displayName": "Two" })).expect(200);
    client.delete(&format!("{folders}/{parent}")).expect(204);
    assert_eq!(
        client.get(&format!("{folders}/deleteditems/childFolders")).expect(200).each("id"),
        std::slice::from_ref(&parent)
    );
    client.delete(&format!("{folders}/{parent}")).expect(204);
    client.get(&format!("{folders}/{child}")).expect(404);
    client.delete(&format!("{folders}/inbox")).expect(400);
}

#[test]
fn a_stale_if_match_is_412() {
    let client = client();
    client.employ("ada");
    send(&client, "ada", &client.mail("Figures", &["ada"]));
    let path = first(&client, "ada");
    let etag = client.get(&path).expect(200).text("@odata.etag");
    let change = json!({ "isRead": true });
    client.call("PATCH", &path, &[("if-match", &etag)], Some(&change)).expect(200);
    let stale = client.call("PATCH", &path, &[("if-match", &etag)], Some(&change)).expect(412);
    assert_eq!(stale.code(), "ErrorIrresolvableConflict");
    client.call("DELETE", &path, &[("if-match", "*")], None).expect(204);
}

#[test]
fn attachments_travel_with_the_mail() {
    let client = client();
    client.employ("ada");
    client.employ("bob");
    let file = json!({ "@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentType": "text/plain", "contentBytes": "SGVsbG8=" });
    let mut mail = client.mail("With a file", &["bob"]);
    mail["attachments"] = json!([file]);
    send(&client, "ada", &mail);
    let path = first(&client, "bob");
    assert_eq!(client.get(&path).expect(200).body["hasAttachments"], true);
    let list = client.get(&format!("{path}/attachments")).expect(200);
    assert_eq!(list.value()[0]["contentBytes"], "SGVsbG8=");
    let id = list.value()[0]["id"].as_str().unwrap();
    client.get(&format!("{path}/attachments/{id}")).expect(200);
    assert_eq!(client.get(&format!("{path}?$expand=attachments")).expect(200).body["attachments"][0]["name"], "a.txt");
    let messages = format!("/users/{}/messages", client.upn("ada"));
    let draft = client.post(&messages, &client.mail("Draft", &["bob"])).expect(201).text("id");
    client.post(&format!("{messages}/{draft}/attachments"), &file).expect(201);
    client.get(&format!("{path}/attachments/x")).expect(404);
}

#[test]
fn inbox_rules_forward_and_file_what_arrives() {
    let client = client();
    for name in ["ada", "bob", "eve"] {
        client.employ(name);
    }
    let rules = format!("/users/{}/mailFolders/inbox/messageRules", client.upn("bob"));
    let rule = json!({
        "displayName": "Hide", "sequence": 1, "isEnabled": true,
        "conditions": { "subjectContains": ["invoice"] },
        "actions": { "forwardTo": client.mail("", &["eve"])["toRecipients"], "moveToFolder": "archive", "markAsRead": true, "stopProcessingRules": true },
    });
    let id = client.post(&rules, &rule).expect(201).text("id");
    send(&client, "ada", &client.mail("Your invoice", &["bob"]));
    send(&client, "ada", &client.mail("Lunch", &["bob"]));
    assert_eq!(inbox(&client, "bob").each("subject"), ["Lunch"]);
    assert_eq!(inbox(&client, "eve").each("subject"), ["FW: Your invoice"]);
    client.patch(&format!("{rules}/{id}"), &json!({ "isEnabled": false })).expect(200);
    assert_eq!(client.get(&rules).expect(200).value().len(), 1);
    client.get(&format!("{rules}/{id}")).expect(200);
    client.delete(&format!("{rules}/{id}")).expect(204);
    client.get(&format!("{rules}/{id}")).expect(404);
    let settings = format!("/users/{}/mailboxSettings", client.upn("bob"));
    client.patch(&settings, &json!({ "timeZone": "Pacific Standard Time" })).expect(200);
    assert_eq!(client.get(&settings).expect(200).body["timeZone"], "Pacific Standard Time");
}

#[test]
fn a_mailbox_scope_opens_its_mailboxes_and_no_other() {
    let mut settings = wide();
    settings.app.roles.retain(|role| !role.starts_with("Mail."));
    settings.mailbox_grants = vec![haymaker_tenant::MailboxGrant {
        app: settings.app.id.clone(),
        permission: "Mail.ReadWrite".to_owned(),
        scope: haymaker_tenant::MailboxScope::EmployeeType("haymaker:test".to_owned()),
    }];
    let client = Client::new(settings);
    client.employ("ada");
    inbox(&client, "ada");
    let other = client.get("/users?$top=20&$select=id,employeeType").expect(200);
    let outside = other.value().iter().find(|user| user["employeeType"].is_null()).unwrap()["id"].as_str().unwrap();
    assert_eq!(client.get(&format!("/users/{outside}/messages")).expect(403).code(), "ErrorAccessDenied");
    client
        .post(&format!("/users/{}/sendMail", client.upn("ada")), &json!({ "message": client.mail("x", &["ada"]) }))
        .expect(403);
}

#[test]
fn mailbox_settings_take_only_what_is_a_setting() {
    let client = Client::new(wide());
    let path = format!("/users/{}/mailboxSettings", client.employ("ada"));
    for wrong in [
        json!({ "timeZone": "Middle-earth" }),
        json!({ "workingHours": { "daysOfWeek": ["someday"] } }),
        json!({ "workingHours": { "daysOfWeek": [null] } }),
        json!({ "workingHours": { "startTime": "early" } }),
    ] {
        client.patch(&path, &wrong).expect(400);
    }
    let hours = json!({ "daysOfWeek": ["monday"], "startTime": "09:00:00.0000000", "timeZone": { "name": "GMT Standard Time" } });
    let kept = client.patch(&path, &json!({ "timeZone": "Asia/Tokyo", "workingHours": hours })).expect(200);
    assert_eq!(
        (&kept.body["timeZone"], &kept.body["workingHours"]["daysOfWeek"]),
        (&json!("Asia/Tokyo"), &json!(["monday"]))
    );
}
