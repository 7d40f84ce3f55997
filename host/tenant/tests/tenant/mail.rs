//! Mailboxes: drafts, sending, delivery, reading.

use std::time::Duration;

use crate::support::{Client, settings};
use haymaker_tenant::{Delays, Settings};
use serde_json::{Value, json};

const IMMUTABLE: (&str, &str) = ("prefer", "IdType=\"ImmutableId\"");

fn draft(client: &Client, from: &str, body: &Value) -> String {
    client.call("POST", &format!("/users/{from}/messages"), &[IMMUTABLE], Some(body)).expect(201).text("id")
}

fn send(client: &Client, from: &str, id: &str) {
    client.call("POST", &format!("/users/{from}/messages/{id}/send"), &[], None).expect(202);
}

fn subjects(client: &Client, user: &str, folder: &str) -> Vec<String> {
    client.get(&format!("/users/{user}/mailFolders/{folder}/messages?$top=100")).expect(200).each("subject")
}

#[test]
fn a_draft_is_sent_and_lies_in_sent_items_and_in_every_inbox() {
    let client = Client::new(settings());
    let (ada, bob, cy) = (client.employ("ada"), client.employ("bob"), client.employ("cy"));
    let mut mail = client.mail("Figures", &["bob"]);
    mail["bccRecipients"] = client.mail("", &["cy"])["toRecipients"].clone();
    mail["internetMessageId"] = "<one@haymaker.example>".into();
    mail["internetMessageHeaders"] = json!([{ "name": "x-haymaker-id", "value": "mail/1" }]);
    let id = draft(&client, &ada, &mail);
    let path = format!("/users/{ada}/messages/{id}");
    let made = client.get(&path).expect(200);
    assert_eq!(
        (&made.body["isDraft"], &made.body["internetMessageId"]),
        (&json!(true), &json!("<one@haymaker.example>"))
    );
    assert_eq!(subjects(&client, &ada, "drafts"), ["Figures"]);

    send(&client, &ada, &id);
    assert_eq!(client.get(&path).expect(200).body["isDraft"], false);
    assert!(subjects(&client, &ada, "drafts").is_empty());
    assert_eq!(subjects(&client, &ada, "sentitems"), ["Figures"]);
    let headers = client.get(&format!("{path}?$select=internetMessageHeaders,bccRecipients")).expect(200);
    assert_eq!(headers.body["internetMessageHeaders"][0]["value"], "mail/1");
    assert_eq!(headers.body["bccRecipients"].as_array().unwrap().len(), 1);
    for who in [&bob, &cy] {
        let inbox = client.get(&format!("/users/{who}/mailFolders/inbox/messages")).expect(200);
        let got = &inbox.value()[0];
        assert_eq!(got["from"]["emailAddress"]["address"], client.upn("ada"));
        assert_eq!((&got["isRead"], &got["isDraft"]), (&json!(false), &json!(false)));
        assert_eq!(got["bccRecipients"], json!([]));
        assert_eq!(got["bodyPreview"], "Hello.");
    }
    let again = client.call("POST", &format!("{path}/send"), &[], None).expect(404);
    assert_eq!(again.code(), "ErrorItemNotFound");

    let trace = client.tenant.inspect_mail("one@haymaker.example").unwrap();
    assert_eq!(trace.submissions.len(), 1);
    assert_eq!(trace.submissions[0].recipients.len(), 2);
    assert!(trace.submissions[0].recipients.iter().all(|receipt| receipt.outcome == "delivered"));
    assert_eq!(client.tenant.inspect_mail("<two@haymaker.example>"), None);
}

#[test]
fn an_id_that_is_not_immutable_leads_nowhere_once_its_draft_is_sent() {
    let client = Client::new(settings());
    let ada = client.employ("ada");
    let id = client.post(&format!("/users/{ada}/messages"), &client.mail("x", &["ada"])).expect(201).text("id");
    send(&client, &ada, &id);
    assert_eq!(client.get(&format!("/users/{ada}/messages/{id}")).expect(404).code(), "ErrorItemNotFound");
    client.call("POST", &format!("/users/{ada}/messages/{id}/send"), &[], None).expect(404);
    assert_eq!(client.get(&format!("/users/{ada}/messages/xyz")).expect(400).code(), "ErrorInvalidIdMalformed");
}

#[test]
fn send_mail_saves_to_sent_items_unless_told_not_to() {
    let client = Client::new(settings());
    let (ada, bob) = (client.employ("ada"), client.employ("bob"));
    let path = format!("/users/{ada}/sendMail");
    client.post(&path, &json!({ "message": client.mail("kept", &["bob"]) })).expect(202);
    client.post(&path, &json!({ "Message": client.mail("not kept", &["bob"]), "SaveToSentItems": false })).expect(202);
    assert_eq!(subjects(&client, &ada, "sentitems"), ["kept"]);
    assert_eq!(subjects(&client, &bob, "inbox").len(), 2);
    assert_eq!(
        client.post(&path, &json!({ "message": { "subject": "x" } })).expect(400).code(),
        "ErrorInvalidRecipients"
    );
    let outsider = json!({ "emailAddress": { "address": client.upn("bob") } });
    let mut forged = client.mail("x", &["bob"]);
    forged["from"] = outsider;
    assert_eq!(client.post(&path, &json!({ "message": forged })).expect(403).code(), "ErrorSendAsDenied");
    client.post(&path, &json!({ "subject": "x" })).expect(400);
}

#[test]
fn mail_to_nobody_comes_back_and_mail_to_the_outside_does_not() {
    let client = Client::new(settings());
    let (ada, _) = (client.employ("ada"), client.hire("unlicensed"));
    let mut mail = client.mail("Hello", &["ghost", "unlicensed", "ada"]);
    mail["ccRecipients"] = json!([{ "emailAddress": { "address": "somebody@example.com" } }]);
    client.post(&format!("/users/{ada}/sendMail"), &json!({ "message": mail })).expect(202);
    let mut inbox = subjects(&client, &ada, "inbox");
    inbox.sort();
    assert_eq!(inbox, ["Hello", "Undeliverable: Hello"]);
    let report = client.get(&format!("/users/{ada}/messages?$filter=startswith(subject,'Undeliverable')")).expect(200);
    let text = report.value()[0]["body"]["content"].as_str().unwrap();
    assert!(text.contains(&client.upn("ghost")) && text.contains(&client.upn("unlicensed")), "{text}");
    let mail = client.tenant.inspect().mail;
    assert_eq!((mail.submitted, mail.delivered, mail.undeliverable, mail.outside), (1, 1, 2, 1));
}

#[test]
fn nobody_without_a_mailbox_has_mail() {
    let delays = Delays { mailbox: Duration::from_secs(600), ..Delays::default() };
    let mut client = Client::new(Settings { delays, ..settings() });
    let ada = client.hire("ada");
    let inbox = format!("/users/{ada}/mailFolders/inbox");
    assert_eq!(client.get(&inbox).expect(404).code(), "MailboxNotEnabledForRESTAPI");
    client.license(&ada).expect(200);
    client.now += 599_999;
    assert_eq!(client.get(&inbox).expect(404).code(), "MailboxNotEnabledForRESTAPI");
    client.now += 1;
    assert_eq!(client.get(&inbox).expect(200).text("displayName"), "Inbox");
    assert_eq!(client.get("/users/nobody/messages").expect(404).code(), "ErrorInvalidUser");
    client.delete(&format!("/users/{ada}")).expect(204);
    client.get(&inbox).expect(404);
}

#[test]
fn delivery_and_sent_items_take_the_time_they_are_given() {
    let delays = Delays { delivery: Duration::from_secs(3), sent_items: Duration::from_secs(2), ..Delays::default() };
    let mut client = Client::new(Settings { delays, ..settings() });
    let (ada, bob) = (client.employ("ada"), client.employ("bob"));
    let id = draft(&client, &ada, &client.mail("x", &["bob"]));
    send(&client, &ada, &id);
    let total = |client: &Client, user: &str, folder: &str| {
        client.get(&format!("/users/{user}/mailFolders/{folder}")).expect(200).body["totalItemCount"].clone()
    };
    let seen = |client: &Client| (subjects(client, &ada, "sentitems").len(), subjects(client, &bob, "inbox").len());
    assert_eq!((seen(&client), total(&client, &ada, "sentitems")), ((0, 0), json!(0)));
    client.get(&format!("/users/{ada}/messages/{id}")).expect(404);
    client.now += 2_000;
    assert_eq!((seen(&client), total(&client, &ada, "sentitems")), ((1, 0), json!(1)));
    client.now += 1_000;
    assert_eq!((seen(&client), total(&client, &bob, "inbox")), ((1, 1), json!(1)));
    let got = client.get(&format!("/users/{bob}/messages")).expect(200);
    assert_eq!(got.value()[0]["sentDateTime"], "2026-01-05T08:00:00Z");
    assert_eq!(got.value()[0]["receivedDateTime"], "2026-01-05T08:00:03Z");
}

#[test]
fn messages_are_found_by_their_properties_in_order_and_in_pages() {
    let mut client = Client::new(settings());
    let (ada, bob) = (client.employ("ada"), client.employ("bob"));
    for number in 0..25 {
        client.now += 1_000;
        let mut mail = client.mail(&format!("Mail {number:02}"), &["bob"]);
        mail["internetMessageId"] = format!("<{number}@haymaker.example>").into();
        client.post(&format!("/users/{ada}/sendMail"), &json!({ "message": mail })).expect(202);
    }
    let list = |query: &str| client.get(&format!("/users/{bob}/messages?{query}")).expect(200).each("subject");
    assert_eq!(list("$top=2"), ["Mail 24", "Mail 23"]);
    assert_eq!(list("").len(), 10);
    assert_eq!(list("$top=2&$skip=3"), ["Mail 21", "Mail 20"]);
    assert_eq!(list("$filter=internetMessageId eq '<7@haymaker.example>'&$select=subject"), ["Mail 07"]);
    assert_eq!(list("$filter=subject eq 'mail 03'"), ["Mail 03"]);
    assert_eq!(list("$filter=receivedDateTime lt 2026-01-05T08:00:03Z"), ["Mail 01", "Mail 00"]);
    assert_eq!(list("$filter=isDraft eq true"), Vec::<String>::new());
    assert_eq!(list(&format!("$filter=from/emailAddress/address eq '{}'&$top=50", client.upn("ada"))).len(), 25);
    assert_eq!(list("$orderby=receivedDateTime asc&$top=1"), ["Mail 00"]);
    assert_eq!(list("$orderby=subject desc&$top=1"), ["Mail 24"]);
    let path = format!("/users/{bob}/messages?$filter=isRead eq false&$orderby=subject");
    assert_eq!(client.get(&path).expect(400).code(), "InefficientFilter");
    client.get(&format!("/users/{bob}/messages?$filter=body eq 'x'")).expect(400);

    for order in ["", "&$orderby=subject", "&$filter=isRead eq false"] {
        let mut seen = Vec::new();
        let mut next = format!("/users/{bob}/mailFolders/inbox/messages?$top=7&$count=true{order}");
        loop {
            let page = client.get(&next).expect(200);
            assert_eq!(page.body["@odata.count"], 25);
            seen.extend(page.each("subject"));
            let Some(link) = page.body["@odata.nextLink"].as_str() else { break };
            next = link.strip_prefix("https://graph.microsoft.com/v1.0").unwrap().to_owned();
        }
        let expected: Vec<String> = (0..25).map(|number| format!("Mail {number:02}")).collect();
        let expected = if order.contains("orderby") { expected } else { expected.into_iter().rev().collect() };
        assert_eq!(seen, expected, "{order}");
    }
}

#[test]
fn a_message_is_read_changed_and_deleted_in_two_steps() {
    let client = Client::new(settings());
    let (ada, bob) = (client.employ("ada"), client.employ("bob"));
    client.post(&format!("/users/{ada}/sendMail"), &json!({ "message": client.mail("x", &["bob"]) })).expect(202);
    let unread = || client.get(&format!("/users/{bob}/mailFolders/inbox")).body["unreadItemCount"].clone();
    let list = client.call("GET", &format!("/users/{bob}/messages"), &[IMMUTABLE], None);
    assert_eq!(list.headers["preference-applied"], "IdType=\"ImmutableId\"");
    let path = format!("/users/{bob}/messages/{}", list.each("id")[0]);
    assert_eq!(unread(), 1);
    let before = client.get(&path).text("changeKey");
    let read =
        client.patch(&path, &json!({ "isRead": true, "categories": ["Blue"], "flag": { "flagStatus": "flagged" } }));
    assert_eq!(read.expect(200).body["isRead"], true);
    assert_eq!(unread(), 0);
    assert_ne!(client.get(&path).text("changeKey"), before);
    // What one has made of one's copy is not the other's.
    let sent = client.get(&format!("/users/{ada}/mailFolders/sentitems/messages")).expect(200);
    assert_eq!(sent.value()[0]["categories"], json!([]));
    let fixed = client.patch(&path, &json!({ "subject": "y" })).expect(400);
    assert_eq!(fixed.code(), "ErrorInvalidPropertyUpdateSentMessage");

    client.delete(&path).expect(204);
    assert_eq!(subjects(&client, &bob, "deleteditems"), ["x"]);
    client.delete(&path).expect(204);
    client.get(&path).expect(404);
    assert_eq!(client.get(&format!("/users/{ada}/messages")).value().len(), 1);
}

#[test]
fn a_draft_can_be_rewritten_and_carries_extended_properties() {
    let client = Client::new(settings());
    let ada = client.employ("ada");
    let name = "String {66f5a359-4659-4830-9070-00047ec6ac6e} Name haymaker";
    let mut mail = client.mail("first", &["ada"]);
    mail["singleValueExtendedProperties"] = json!([{ "id": name, "value": "42" }]);
    mail["body"] = json!({ "contentType": "HTML", "content": "<b>Hello</b>" });
    let path = format!("/users/{ada}/messages/{}", draft(&client, &ada, &mail));
    assert_eq!(client.patch(&path, &json!({ "subject": "second" })).expect(200).text("subject"), "second");
    let expanded =
        client.get(&format!("{path}?$expand=singleValueExtendedProperties($filter=id eq '{name}')")).expect(200);
    assert_eq!(expanded.body["singleValueExtendedProperties"][0]["value"], "42");
    assert_eq!(client.get(&path).body.get("singleValueExtendedProperties"), None);
    let text = client.call("GET", &path, &[("prefer", "outlook.body-content-type=\"text\"")], None).expect(200);
    assert_eq!(text.body["body"], json!({ "contentType": "text", "content": "Hello" }));
    client.get(&format!("{path}?$expand=extensions")).expect(501);
}

#[test]
fn folders_are_found_by_well_known_name_and_by_id() {
    let client = Client::new(settings());
    let ada = client.employ("ada");
    let folders = client.get(&format!("/users/{ada}/mailFolders")).expect(200);
    assert!(folders.each("displayName").contains(&"Sent Items".to_owned()));
    for id in folders.each("id").iter().map(String::as_str).chain(["inbox", "SentItems", "msgfolderroot"]) {
        client.get(&format!("/users/{ada}/mailFolders/{id}")).expect(200);
    }
    client.get(&format!("/users/{ada}/mailFolders/attic")).expect(404);
    let body = client.mail("filed", &["ada"]);
    client.post(&format!("/users/{ada}/mailFolders/archive/messages"), &body).expect(201);
    assert_eq!(subjects(&client, &ada, "archive"), ["filed"]);
}

#[test]
fn bystanders_stay_the_same_until_somebody_touches_them() {
    let client = Client::new(settings());
    let hash = || client.tenant.inspect().bystanders.hash;
    let before = hash();
    let (ada, bob) = (client.employ("ada"), client.employ("bob"));
    client.post(&format!("/users/{ada}/sendMail"), &json!({ "message": client.mail("x", &["bob"]) })).expect(202);
    client.delete(&format!("/users/{bob}")).expect(204);
    assert_eq!(hash(), before);

    let other = client.get("/users?$filter=jobTitle eq 'Associate'").expect(200).each("userPrincipalName")[0].clone();
    let inbox = client.get(&format!("/users/{other}/mailFolders/inbox/messages")).expect(200);
    assert_eq!(inbox.value().len(), 3);
    assert_eq!(hash(), before, "looking is not touching");
    let read = inbox.value()[0]["isRead"].as_bool().unwrap();
    client.patch(&format!("/users/{other}/messages/{}", inbox.each("id")[0]), &json!({ "isRead": !read })).expect(200);
    let touched = hash();
    assert_ne!(touched, before);
    let to = json!([{ "emailAddress": { "address": other } }]);
    client
        .post(&format!("/users/{ada}/sendMail"), &json!({ "message": { "subject": "x", "toRecipients": to } }))
        .expect(202);
    assert_ne!(hash(), touched);
}

#[test]
fn mail_is_found_by_category_and_by_extended_property() {
    let client = Client::new(settings());
    let ada = client.employ("ada");
    let name = "String {00020329-0000-0000-C000-000000000046} Name haymaker";
    let mut mail = client.mail("Figures", &["ada"]);
    mail["categories"] = json!(["Blue", "Green"]);
    mail["singleValueExtendedProperties"] = json!([{ "id": name, "value": "mail/1" }]);
    draft(&client, &ada, &mail);
    draft(&client, &ada, &client.mail("Other", &["ada"]));
    let found = |filter: &str| {
        client
            .get(&format!("/users/{ada}/messages?$filter={filter}").replace('{', "%7B").replace('}', "%7D"))
            .expect(200)
    };
    assert_eq!(found("categories/any(c:c eq 'Green')").each("subject"), ["Figures"]);
    let by = |value: &str| {
        found(&format!("singleValueExtendedProperties/Any(ep: ep/id eq '{name}' and ep/value eq '{value}')"))
            .value()
            .len()
    };
    assert_eq!((by("mail/1"), by("mail/2")), (1, 0));
}
