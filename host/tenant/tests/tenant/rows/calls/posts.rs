//! Chats, and what people say in chats and channels.

use serde_json::{Value, json};

use super::teams::{member, team};
use crate::rows::{Row, Rows, TEAMS, without};
use crate::support::{Client, wide};

pub(super) const ROWS: Rows = &[
    ("POST /chats", post_chats_answers_201_and_returns_an_existing_chat_of_two),
    ("POST chat or channel message", post_message_answers_201_to_users_and_refuses_applications),
    ("POST setReaction", post_set_reaction_answers_204_to_users_and_refuses_applications),
    (
        "startMigration, then POST message with `from` and `createdDateTime`, completeMigration",
        start_migration_post_and_complete_migration_answer_204_201_204,
    ),
];

pub(crate) fn chat(client: &Client) -> Value {
    json!({ "chatType": "oneOnOne", "members": [member(client, "ada"), member(client, "bob")] })
}

pub(crate) fn say(text: &str) -> Value {
    json!({ "body": { "content": text } })
}

/// The paths at which one posts in a chat and in a channel of hers.
fn threads(client: &Client) -> [String; 2] {
    let chat = client.post("/chats", &chat(client)).expect(201).text("id");
    let team = team(client);
    let channel = client.get(&format!("{team}/primaryChannel")).expect(200).text("id");
    [format!("/chats/{chat}/messages"), format!("{team}/channels/{channel}/messages")]
}

#[test]
fn post_chats_answers_201_and_returns_an_existing_chat_of_two() {
    let row = Row::new(&["Chat.Create"]);
    row.setup.employ("ada");
    row.setup.employ("bob");
    for name in ["chatType", "members"] {
        assert_eq!(row.least.post("/chats", &without(&chat(&row.setup), name)).expect(400).code(), "BadRequest");
    }
    for name in ["@odata.type", "roles", "user@odata.bind"] {
        let mut body = chat(&row.setup);
        body["members"][1] = without(&body["members"][1], name);
        assert_eq!(row.least.post("/chats", &body).expect(400).code(), "BadRequest", "{name}");
    }
    let made = row.ask("POST", "/chats", Some(&chat(&row.setup)), TEAMS).expect(201).text("id");
    let again = json!({ "chatType": "oneOnOne", "members": [member(&row.setup, "bob"), member(&row.setup, "ada")] });
    assert_eq!(row.least.post("/chats", &again).expect(201).text("id"), made);
}

#[test]
fn post_message_answers_201_to_users_and_refuses_applications() {
    let row = Row::with(&["Teamwork.Migrate.All"], &["ChatMessage.Send", "ChannelMessage.Send"], wide());
    row.setup.employ("ada");
    row.setup.employ("bob");
    let ada = row.user("ada");
    for path in threads(&row.setup) {
        assert_eq!(row.bare.post(&path, &say("x")).expect(403).code(), TEAMS);
        // The one permission that an application can have here is for importing.
        let refused = row.least.post(&path, &say("x")).expect(401);
        assert!(refused.message().contains("only for import purposes"), "{refused:?}");
        assert_eq!(ada.post(&path, &json!({ "body": {} })).expect(400).code(), "BadRequest");
        assert_eq!(ada.post(&path, &say("Hello")).expect(201).body["from"]["user"]["displayName"], "ada Example");
    }
}

#[test]
fn post_set_reaction_answers_204_to_users_and_refuses_applications() {
    let row = Row::with(&["Teamwork.Migrate.All"], &["ChatMessage.Send", "ChannelMessage.Send"], wide());
    row.setup.employ("ada");
    row.setup.employ("bob");
    let ada = row.user("ada");
    for path in threads(&row.setup) {
        let path = format!("{path}/{}/setReaction", ada.post(&path, &say("Hello")).expect(201).text("id"));
        let like = json!({ "reactionType": "👍" });
        assert_eq!(row.least.post(&path, &like).expect(403).code(), TEAMS);
        ada.post(&path, &json!({})).expect(400);
        ada.post(&path, &like).expect(204);
    }
}

#[test]
fn start_migration_post_and_complete_migration_answer_204_201_204() {
    let row = Row::with(&["Teamwork.Migrate.All"], &["ChannelMessage.Send"], wide());
    let ada = row.setup.employ("ada");
    let team = team(&row.setup);
    let channel = row.least.post(&format!("{team}/channels"), &json!({ "displayName": "Old" })).expect(201).text("id");
    let path = format!("{team}/channels/{channel}");
    row.ask(
        "POST",
        &format!("{path}/startMigration"),
        Some(&json!({ "conversationCreationDateTime": "2025-11-01T00:00:00Z" })),
        TEAMS,
    )
    .expect(204);
    let mut post = say("Then.");
    post["createdDateTime"] = json!("2025-12-01T09:00:00Z");
    post["from"] = json!({ "user": { "id": ada, "displayName": "Ada", "userIdentityType": "aadUser" } });
    let messages = format!("{path}/messages");
    for name in ["createdDateTime", "from"] {
        row.least.post(&messages, &without(&post, name)).expect(401);
    }
    let made = row.ask("POST", &messages, Some(&post), TEAMS).expect(201);
    assert_eq!(made.body["createdDateTime"], "2025-12-01T09:00:00.000Z");
    let user = row.user("ada");
    user.post(&messages, &say("Me too.")).expect(403);
    user.call("POST", &format!("{path}/completeMigration"), &[], None).expect(403);
    row.ask("POST", &format!("{path}/completeMigration"), None, TEAMS).expect(204);
    row.least.post(&messages, &post).expect(401);
}
