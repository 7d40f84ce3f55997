//! What each feature of a workload needs: with the row's permissions it does its work, and nothing beyond.

use serde_json::{Value, json};

use super::calls::{chat, meeting, new_team, received, say, team};
use super::{DIRECTORY, FILES, OUTLOOK, Row, Rows, TEAMS};
use crate::support::{Client, wide};

pub(crate) const ROWS: Rows = &[
    ("always", organization_read_all_shows_domains_and_seats),
    ("adopt workers", user_read_basic_all_and_group_member_read_all_find_people),
    ("create workers", user_read_write_all_creates_tags_licenses_deletes_and_purges_users),
    ("mail, send only", mail_send_sends_and_reads_nothing),
    ("mail, with replies", mail_read_basic_all_finds_what_to_answer_and_not_what_it_says),
    ("mail, whole (read state, folders, exact ids, removal of single messages)", mail_read_write_keeps_a_mailbox),
    ("calendar", calendars_read_write_meets),
    ("documents", files_read_write_all_writes_and_shares),
    ("groups and teams", group_read_write_all_team_create_and_channel_create_make_them),
    ("Teams posts", delegated_chat_create_and_the_two_sends_speak),
    ("back-fill", teamwork_migrate_all_fills_a_channel_with_the_past),
    ("anomaly `forwarding-rule`", mailbox_settings_read_write_sets_rules),
];

#[test]
fn organization_read_all_shows_domains_and_seats() {
    let row = Row::new(&["Organization.Read.All"]);
    assert_eq!(row.least.get("/organization").expect(200).value()[0]["verifiedDomains"][0]["name"], row.setup.domain());
    assert_eq!(row.least.get("/subscribedSkus").expect(200).value()[0]["prepaidUnits"]["enabled"], 300);
    assert_eq!(row.least.get("/users").expect(403).code(), DIRECTORY);
}

#[test]
fn user_read_basic_all_and_group_member_read_all_find_people() {
    let row = Row::new(&["User.ReadBasic.All", "GroupMember.Read.All"]);
    let ada = row.setup.hire("ada");
    let body = json!({
        "displayName": "x", "mailEnabled": false, "mailNickname": "x", "securityEnabled": true,
        "members@odata.bind": [format!("https://graph.microsoft.com/v1.0/users/{ada}")],
    });
    let group = row.setup.post("/groups", &body).expect(201).text("id");
    assert_eq!(row.least.get(&format!("/groups/{group}/members")).expect(200).each("id"), [ada.as_str()]);
    assert_eq!(row.least.get(&format!("/users/{ada}")).expect(200).text("displayName"), "ada Example");
    assert_eq!(row.least.patch(&format!("/users/{ada}"), &json!({ "jobTitle": "x" })).expect(403).code(), DIRECTORY);
    assert_eq!(row.least.delete(&format!("/groups/{group}")).expect(403).code(), DIRECTORY);
}

#[test]
fn user_read_write_all_creates_tags_licenses_deletes_and_purges_users() {
    let row = Row::new(&["User.ReadWrite.All"]);
    let ada = row.least.hire("ada");
    let path = format!("/users/{ada}");
    row.least.patch(&path, &json!({ "employeeType": "haymaker:x" })).expect(204);
    let tagged = row.least.get("/users?$filter=employeeType eq 'haymaker:x'").expect(200);
    assert_eq!(tagged.each("id"), [ada.as_str()]);
    let sku = row.setup.get("/subscribedSkus").expect(200).value()[0]["skuId"].clone();
    let body = json!({ "addLicenses": [{ "skuId": sku }], "removeLicenses": [] });
    row.least.post(&format!("{path}/assignLicense"), &body).expect(200);
    row.least.delete(&path).expect(204);
    let deleted = row.least.get("/directory/deletedItems/graph.user").expect(200);
    assert_eq!(deleted.each("id"), [ada.as_str()]);
    row.least.delete(&format!("/directory/deletedItems/{ada}")).expect(204);
    assert_eq!(row.least.get("/groups").expect(403).code(), DIRECTORY);
    assert_eq!(row.least.get(&format!("{path}/messages")).expect(403).code(), OUTLOOK);
}

fn send(client: &Client, from: &str, to: &str) -> u16 {
    let path = format!("/users/{}/sendMail", client.upn(from));
    client.post(&path, &json!({ "message": client.mail("x", &[to]) })).status
}

#[test]
fn mail_send_sends_and_reads_nothing() {
    let row = Row::new(&["Mail.Send"]);
    let message = received(&row.setup);
    assert_eq!(send(&row.least, "bob", "ada"), 202);
    assert_eq!(row.least.get(&message).expect(403).code(), OUTLOOK);
    let drafts = format!("/users/{}/messages", row.setup.upn("bob"));
    assert_eq!(row.least.post(&drafts, &row.setup.mail("x", &["ada"])).expect(403).code(), OUTLOOK);
}

#[test]
fn mail_read_basic_all_finds_what_to_answer_and_not_what_it_says() {
    let row = Row::new(&["Mail.Send", "Mail.ReadBasic.All"]);
    let message = received(&row.setup);
    let seen = row.least.get(&format!("{message}?$expand=attachments")).expect(200);
    assert_eq!(seen.text("subject"), "Figures");
    for hidden in ["body", "bodyPreview", "uniqueBody", "attachments"] {
        assert!(seen.body.get(hidden).is_none(), "{hidden}");
    }
    row.least.post(&format!("{message}/reply"), &json!({ "comment": "Yes." })).expect(202);
    assert_eq!(row.least.patch(&message, &json!({ "isRead": true })).expect(403).code(), OUTLOOK);
}

#[test]
fn mail_read_write_keeps_a_mailbox() {
    let row = Row::new(&["Mail.Send", "Mail.ReadWrite"]);
    let message = received(&row.setup);
    let bob = format!("/users/{}", row.setup.upn("bob"));
    assert_eq!(row.least.patch(&message, &json!({ "isRead": true })).expect(200).body["body"]["content"], "Hello.");
    let immutable = [("prefer", "IdType=\"ImmutableId\"")];
    let folder = row.least.post(&format!("{bob}/mailFolders"), &json!({ "displayName": "Old" })).expect(201).text("id");
    let exact = row.least.call("GET", &message, &immutable, None).expect(200).text("id");
    let path = format!("{bob}/messages/{exact}");
    let to = json!({ "destinationId": folder });
    let moved = row.least.call("POST", &format!("{path}/move"), &immutable, Some(&to)).expect(201).text("id");
    assert_eq!(moved, exact);
    row.least.call("POST", &format!("{path}/permanentDelete"), &[], None).expect(204);
    row.least.get(&path).expect(404);
    assert_eq!(row.least.get(&format!("{bob}/events")).expect(403).code(), OUTLOOK);
}

#[test]
fn calendars_read_write_meets() {
    let row = Row::new(&["Calendars.ReadWrite"]);
    row.setup.employ("ada");
    row.setup.employ("bob");
    let events = format!("/users/{}/events", row.setup.upn("ada"));
    let made = row.least.post(&events, &meeting(&row.setup)).expect(201).text("id");
    let copies = format!("/users/{}/events", row.setup.upn("bob"));
    let copy = row.least.get(&copies).expect(200).each("id")[0].clone();
    row.least.post(&format!("{copies}/{copy}/accept"), &json!({})).expect(202);
    row.least.post(&format!("{events}/{made}/cancel"), &json!({})).expect(202);
    assert_eq!(row.least.get(&format!("/users/{}/messages", row.setup.upn("bob"))).expect(403).code(), OUTLOOK);
}

#[test]
fn files_read_write_all_writes_and_shares() {
    let row = Row::new(&["Files.ReadWrite.All"]);
    row.setup.employ("ada");
    row.setup.employ("bob");
    let drive = format!("/users/{}/drive", row.setup.upn("ada"));
    let folder = json!({ "name": "Plans", "folder": {} });
    let item = row.least.post(&format!("{drive}/root/children"), &folder).expect(201).text("id");
    let item = format!("{drive}/items/{item}");
    row.least.post(&format!("{item}/createLink"), &json!({ "type": "view", "scope": "organization" })).expect(201);
    let invite = json!({ "recipients": [{ "email": row.setup.upn("bob") }], "roles": ["read"] });
    row.least.post(&format!("{item}/invite"), &invite).expect(200);
    row.least.delete(&item).expect(204);
    assert_eq!(row.least.get(&format!("/users/{}", row.setup.upn("ada"))).expect(403).code(), DIRECTORY);
}

#[test]
fn group_read_write_all_team_create_and_channel_create_make_them() {
    let row = Row::new(&["Group.ReadWrite.All", "Team.Create", "Channel.Create"]);
    row.setup.employ("ada");
    let team = team(&row.least);
    row.least.post(&format!("{team}/channels"), &json!({ "displayName": "Deals" })).expect(201);
    let group = json!({ "displayName": "x", "mailEnabled": false, "mailNickname": "x", "securityEnabled": true });
    let unique = [("prefer", "create-if-missing")];
    let made = row.least.call("PATCH", "/groups(uniqueName='haymaker-1')", &unique, Some(&group)).expect(201);
    row.least.delete(&format!("/groups/{}", made.text("id"))).expect(204);
    row.least.delete(&team.replace("/teams/", "/groups/")).expect(204);
    assert_eq!(row.least.post("/users", &row.setup.person("bob")).expect(403).code(), DIRECTORY);
}

#[test]
fn delegated_chat_create_and_the_two_sends_speak() {
    let row = Row::with(&[], &["Chat.Create", "ChatMessage.Send", "ChannelMessage.Send"], wide());
    row.setup.employ("ada");
    row.setup.employ("bob");
    let team = team(&row.setup);
    let channel = row.setup.get(&format!("{team}/primaryChannel")).expect(200).text("id");
    let ada = row.user("ada");
    let chat = ada.post("/chats", &chat(&row.setup)).expect(201).text("id");
    for path in [format!("/chats/{chat}/messages"), format!("{team}/channels/{channel}/messages")] {
        let post = ada.post(&path, &say("Hello")).expect(201).text("id");
        ada.post(&format!("{path}/{post}/setReaction"), &json!({ "reactionType": "like" })).expect(204);
        assert_eq!(ada.get(&path).expect(403).code(), TEAMS, "who may speak may not listen");
        assert_eq!(row.least.post(&path, &say("Hello")).expect(403).code(), TEAMS);
    }
}

#[test]
fn teamwork_migrate_all_fills_a_channel_with_the_past() {
    let row = Row::new(&["Teamwork.Migrate.All"]);
    let ada = row.setup.employ("ada");
    let mut body: Value = new_team(&row.setup);
    body["@microsoft.graph.teamCreationMode"] = json!("migration");
    body["createdDateTime"] = json!("2025-11-01T09:00:00Z");
    body.as_object_mut().unwrap().shift_remove("members");
    let location = row.least.post("/teams", &body).expect(202).headers["location"].clone();
    let team = format!("/teams/{}", location.split('\'').nth(1).unwrap());
    let old = json!({
        "displayName": "Old", "@microsoft.graph.channelCreationMode": "migration",
        "createdDateTime": "2025-11-02T09:00:00Z",
    });
    let channel = row.least.post(&format!("{team}/channels"), &old).expect(201).text("id");
    let path = format!("{team}/channels/{channel}");
    let mut post = say("Then.");
    post["createdDateTime"] = json!("2025-12-01T09:00:00Z");
    post["from"] = json!({ "user": { "id": ada, "displayName": "Ada", "userIdentityType": "aadUser" } });
    row.least.post(&format!("{path}/messages"), &post).expect(201);
    row.least.call("POST", &format!("{path}/completeMigration"), &[], None).expect(204);
    let general = row.setup.get(&format!("{team}/channels")).expect(200).each("id");
    let general = general.iter().find(|id| **id != channel).unwrap();
    row.least.call("POST", &format!("{team}/completeMigration"), &[], None).expect(400);
    row.least.call("POST", &format!("{team}/channels/{general}/completeMigration"), &[], None).expect(204);
    row.least.call("POST", &format!("{team}/completeMigration"), &[], None).expect(204);
    assert_eq!(row.least.post(&format!("{path}/messages"), &say("Now.")).expect(401).code(), "Unauthorized");
    assert_eq!(row.least.get(&format!("{path}/messages")).expect(403).code(), TEAMS);
}

#[test]
fn mailbox_settings_read_write_sets_rules() {
    let row = Row::new(&["MailboxSettings.ReadWrite"]);
    let message = received(&row.setup);
    let rules = format!("/users/{}/mailFolders/inbox/messageRules", row.setup.upn("bob"));
    let rule = json!({
        "displayName": "on", "sequence": 1, "isEnabled": true,
        "actions": { "forwardTo": row.setup.mail("", &["ada"])["toRecipients"] },
    });
    let made = row.least.post(&rules, &rule).expect(201).text("id");
    row.least.delete(&format!("{rules}/{made}")).expect(204);
    row.least.get(&format!("/users/{}/mailboxSettings", row.setup.upn("bob"))).expect(200);
    assert_eq!(row.least.get(&message).expect(403).code(), OUTLOOK);
    let denied = row.least.get(&format!("/users/{}/drive", row.setup.upn("bob"))).expect(403);
    assert_eq!(denied.code(), FILES);
}
