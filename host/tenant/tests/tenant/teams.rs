//! Teams, channels, chats and posts: made by an application, filled by users.

use std::time::Duration;

use crate::identity::as_user;
use crate::support::{Client, wide};
use haymaker_tenant::{Delays, Settings};
use serde_json::{Value, json};

fn settings() -> Settings {
    let mut settings = Settings { security_defaults: false, ..wide() };
    for role in [
        "Chat.ReadBasic.All",
        "Chat.Read.All",
        "Chat.Create",
        "ChannelMessage.Read.All",
        "TeamMember.ReadWrite.All",
        "Team.ReadBasic.All",
        "Channel.Delete.All",
        "Channel.ReadBasic.All",
    ] {
        settings.app.roles.push(role.to_owned());
    }
    for scope in ["ChannelMessage.Read.All", "Team.ReadBasic.All", "Channel.ReadBasic.All"] {
        settings.app.scopes.push(scope.to_owned());
    }
    settings
}

fn client() -> Client {
    let client = Client::checking(settings()).unwrap_or_else(|| Client::new(settings()));
    for name in ["ada", "bob", "cy"] {
        client.employ(name);
    }
    client
}

fn member(client: &Client, name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
        "user@odata.bind": format!("https://graph.microsoft.com/v1.0/users('{}')", client.upn(name)),
    })
}

fn new_team(client: &Client) -> Value {
    json!({
        "template@odata.bind": "https://graph.microsoft.com/v1.0/teamsTemplates('standard')",
        "displayName": "Sales", "description": "x", "members": [member(client, "ada")],
    })
}

fn team(client: &Client) -> String {
    let location = client.post("/teams", &new_team(client)).expect(202).headers["location"].clone();
    location.split('\'').nth(1).unwrap().to_owned()
}

fn say(text: &str) -> Value {
    json!({ "body": { "content": text } })
}

#[test]
fn post_teams_is_accepted_and_done_later() {
    let delays = Delays { team: Duration::from_secs(20), ..Delays::default() };
    let mut client = Client::new(Settings { delays, ..settings() });
    client.employ("ada");
    assert_eq!(client.post("/teams", &json!({ "displayName": "x" })).expect(400).code(), "BadRequest");
    let mut without = new_team(&client);
    without["members"] = json!([]);
    client.post("/teams", &without).expect(400);
    let accepted = client.post("/teams", &new_team(&client)).expect(202);
    let (operation, team) = (accepted.headers["location"].clone(), accepted.headers["content-location"].clone());
    assert_eq!(client.get(&operation).expect(200).body["status"], "inProgress");
    client.get(&team).expect(404);
    client.now += 20_000;
    assert_eq!(client.get(&operation).expect(200).body["status"], "succeeded");
    client.get(&team).expect(200);
}

#[test]
fn put_team_needs_an_owner_and_a_group_that_is_not_young() {
    let delays = Delays { team: Duration::from_secs(20), ..Delays::default() };
    let mut client = Client::new(Settings { delays, ..settings() });
    let ada = client.hire("ada");
    let mut body = json!({ "displayName": "Sales", "mailEnabled": true, "mailNickname": "sales", "securityEnabled": false, "groupTypes": ["Unified"] });
    let without = client.post("/groups", &body).expect(201).text("id");
    body["mailNickname"] = json!("sales2");
    body["owners@odata.bind"] = json!([format!("https://graph.microsoft.com/v1.0/users/{ada}")]);
    let id = client.post("/groups", &body).expect(201).text("id");
    let put = |client: &Client, id: &str| client.call("PUT", &format!("/groups/{id}/team"), &[], Some(&json!({})));
    assert_eq!(put(&client, &id).expect(404).code(), "NotFound");
    client.now += 20_000;
    put(&client, &without).expect(400);
    assert!(put(&client, &id).expect(403).message().starts_with("Failed to get license information for the user"));
    client.license(&ada).expect(200);
    put(&client, &id).expect(201);
    put(&client, &id).expect(409);
    assert_eq!(client.get(&format!("/groups/{id}")).expect(200).body["resourceProvisioningOptions"], json!(["Team"]));
}

#[test]
fn post_channels_makes_channels_and_members_come_and_go() {
    let client = client();
    let team = format!("/teams/{}", team(&client));
    client.get(&team).expect(200);
    client.patch(&team, &json!({ "description": "y", "memberSettings": { "allowDeleteChannels": false } })).expect(204);
    let channel = client.post(&format!("{team}/channels"), &json!({ "displayName": "Deals" })).expect(201).text("id");
    client.post(&format!("{team}/channels"), &json!({ "displayName": "deals" })).expect(400);
    assert_eq!(client.get(&format!("{team}/channels")).expect(200).each("displayName"), ["General", "Deals"]);
    client.get(&format!("{team}/primaryChannel")).expect(200);
    client.patch(&format!("{team}/channels/{channel}"), &json!({ "description": "x" })).expect(204);
    client.get(&format!("{team}/channels/{channel}")).expect(200);
    client.get(&format!("{team}/channels/{channel}/filesFolder")).expect(200);
    let bob = client.post(&format!("{team}/members"), &member(&client, "bob")).expect(201).text("id");
    client
        .post(&format!("{team}/members/add"), &json!({ "values": [member(&client, "cy"), member(&client, "ghost")] }))
        .expect(207);
    assert_eq!(client.get(&format!("{team}/members")).expect(200).value().len(), 3);
    let path = format!("{team}/members/{}", bob.replace('=', "%3D").replace('+', "%2B").replace('/', "%2F"));
    client.get(&path).expect(200);
    client
        .patch(&path, &json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": [] }))
        .expect(200);
    client.delete(&path).expect(204);
    client.get(&format!("/users/{}/joinedTeams", client.upn("cy"))).expect(200);
    client.delete(&format!("{team}/channels/{channel}")).expect(204);
    client.call("POST", &format!("{team}/archive"), &[], None).expect(202);
}

#[test]
fn an_application_cannot_speak_and_a_user_can() {
    let mut client = client();
    let team = team(&client);
    let general = client.get(&format!("/teams/{team}/primaryChannel")).expect(200).text("id");
    let messages = format!("/teams/{team}/channels/{general}/messages");
    let refused = client.post(&messages, &say("Hello")).expect(401);
    assert!(refused.message().contains("only for import purposes"), "{refused:?}");
    client.token = as_user(&client, "ada", "https://graph.microsoft.com/.default");
    let post = client.post(&messages, &say("Hello")).expect(201);
    assert_eq!(post.body["from"]["user"]["displayName"], "ada Example");
    let id = post.text("id");
    client.post(&format!("{messages}/{id}/replies"), &say("Yes")).expect(201);
    client.post(&format!("{messages}/{id}/setReaction"), &json!({ "reactionType": "👍" })).expect(204);
    assert_eq!(client.get(&format!("{messages}/{id}")).expect(200).body["reactions"][0]["reactionType"], "👍");
    client.post(&format!("{messages}/{id}/unsetReaction"), &json!({ "reactionType": "👍" })).expect(204);
    assert_eq!(client.get(&messages).expect(200).value().len(), 1);
    assert_eq!(client.get(&format!("{messages}/{id}/replies")).expect(200).value().len(), 1);
    client.token = as_user(&client, "cy", "https://graph.microsoft.com/.default");
    client.post(&messages, &say("Let me in")).expect(403);
    client.token = client.sign_in(&[]).expect(200).text("access_token");
    client.post(&format!("{messages}/{id}/setReaction"), &json!({ "reactionType": "👍" })).expect(403);
}

#[test]
fn post_chats_returns_the_one_chat_of_two_people() {
    let mut client = client();
    let body = json!({ "chatType": "oneOnOne", "members": [member(&client, "ada"), member(&client, "bob")] });
    let chat = client.post("/chats", &body).expect(201).text("id");
    let other = json!({ "chatType": "oneOnOne", "members": [member(&client, "bob"), member(&client, "ada")] });
    assert_eq!(client.post("/chats", &other).expect(201).text("id"), chat);
    let group = json!({ "chatType": "group", "topic": "Lunch", "members": [member(&client, "ada"), member(&client, "bob"), member(&client, "cy")] });
    let many = client.post("/chats", &group).expect(201).text("id");
    assert_ne!(many, chat);
    client.post("/chats", &json!({ "chatType": "oneOnOne", "members": [member(&client, "ada")] })).expect(400);
    assert_eq!(
        client.get(&format!("/chats/{many}?$expand=members")).expect(200).body["members"].as_array().unwrap().len(),
        3
    );
    client.get(&format!("/chats/{chat}/members")).expect(200);
    client.post(&format!("/chats/{chat}/messages"), &say("x")).expect(401);
    client.token = as_user(&client, "ada", "https://graph.microsoft.com/.default");
    let post = client.post(&format!("/chats/{chat}/messages"), &say("Coffee?")).expect(201).text("id");
    client.post(&format!("/chats/{chat}/messages/{post}/setReaction"), &json!({ "reactionType": "like" })).expect(204);
    assert_eq!(client.get(&format!("/chats/{chat}/messages")).expect(200).value().len(), 1);
    client.patch(&format!("/chats/{many}"), &json!({ "topic": "Dinner" })).expect(200);
    client.token = as_user(&client, "cy", "https://graph.microsoft.com/.default");
    client.get(&format!("/chats/{chat}")).expect(403);
}

#[test]
fn a_channel_is_filled_with_the_past_by_migration_only() {
    let client = client();
    let ada = client.get(&format!("/users/{}", client.upn("ada"))).expect(200).text("id");
    let team = team(&client);
    let channel =
        client.post(&format!("/teams/{team}/channels"), &json!({ "displayName": "Old" })).expect(201).text("id");
    let path = format!("/teams/{team}/channels/{channel}");
    let since = |moment: &str| json!({ "conversationCreationDateTime": moment });
    client.post(&format!("{path}/startMigration"), &since("2031-01-01T00:00:00Z")).expect(400);
    client.post(&format!("{path}/startMigration"), &since("2025-11-01T00:00:00Z")).expect(204);
    client.post(&format!("{path}/startMigration"), &since("2025-10-01T00:00:00Z")).expect(400);
    assert_eq!(client.get(&path).expect(200).body["createdDateTime"], "2025-11-01T00:00:00Z");
    let post = json!({ "body": { "content": "Then." }, "createdDateTime": "2025-12-01T09:00:00Z", "from": { "user": { "id": ada, "displayName": "Ada", "userIdentityType": "aadUser" } } });
    let made = client.post(&format!("{path}/messages"), &post).expect(201);
    assert_eq!(made.body["createdDateTime"], "2025-12-01T09:00:00.000Z");
    client.post(&format!("{path}/messages"), &say("without")).expect(401);
    let earlier =
        json!({ "body": { "content": "Before." }, "createdDateTime": "2025-10-31T23:59:59Z", "from": post["from"] });
    client.post(&format!("{path}/messages"), &earlier).expect(400);
    client.call("POST", &format!("{path}/completeMigration"), &[], None).expect(204);
    client.post(&format!("{path}/messages"), &post).expect(401);
}
