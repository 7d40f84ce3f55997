//! A little of everything that a workload does, for tests that look at it from behind: in the logs, in the state that is
//! kept, in the inspection.

use haymaker_tenant::Settings;
use serde_json::{Value, json};

use crate::support::{Answer, Client, wide};

/// The deployment that does it.
pub(crate) const DEPLOYMENT: &str = "kw-1a2b";

/// A tenant in which people may sign in with their passwords.
pub(crate) fn settings() -> Settings {
    let mut settings = Settings { security_defaults: false, ..wide() };
    settings.app.roles.extend(["TeamMember.ReadWrite.All", "Chat.Create"].map(str::to_owned));
    settings
}

/// What was made, by name.
pub(crate) struct History {
    pub(crate) ada: String,
    pub(crate) bob: String,
    pub(crate) cy: String,
    pub(crate) chat: String,
    pub(crate) team: String,
    pub(crate) channel: String,
    pub(crate) group: String,
    /// The draft that was sent: its internet message id.
    pub(crate) sent: String,
    /// A refresh token of Ada's.
    pub(crate) refresh: String,
}

/// Signs somebody in with the password that [`Client::person`] gives them.
pub(crate) fn sign_in(client: &Client, upn: &str) -> Answer {
    client.sign_in(&[
        ("grant_type", "password"),
        ("username", upn),
        ("password", "Correct-Horse-7"),
        ("scope", "https://graph.microsoft.com/.default offline_access"),
    ])
}

/// Lives through a day of a small deployment.
pub(crate) fn lived(client: &mut Client) -> History {
    let worker = |client: &Client, name: &str| {
        let mut person = client.person(name);
        person["employeeType"] = format!("haymaker:{DEPLOYMENT}").into();
        let id = client.post("/users", &person).expect(201).text("id");
        client.license(&id).expect(200);
        id
    };
    let (ada, bob, cy) = (worker(client, "ada"), worker(client, "bob"), worker(client, "cy"));
    client.patch(&format!("/users/{bob}"), &json!({ "jobTitle": "Clerk" })).expect(204);
    client.now += 60_000;

    // Mail: a rule, a folder, a draft that is sent, an answer to it, something moved, something removed.
    let rule = json!({
        "displayName": "Projects", "conditions": { "subjectContains": ["Plan"] }, "actions": { "markImportance": "high" },
    });
    client.post(&format!("/users/{bob}/mailFolders/inbox/messageRules"), &rule).expect(201);
    let folder = client.post(&format!("/users/{bob}/mailFolders"), &json!({ "displayName": "Done" })).expect(201);
    let mut mail = client.mail("Plan", &["bob", "nobody"]);
    mail["internetMessageHeaders"] = json!([{ "name": "x-haymaker-id", "value": format!("{DEPLOYMENT}/mail/1") }]);
    let draft = client.post(&format!("/users/{ada}/messages"), &mail).expect(201);
    client.call("POST", &format!("/users/{ada}/messages/{}/send", draft.text("id")), &[], None).expect(202);
    client.now += 60_000;
    let inbox = client.get(&format!("/users/{bob}/mailFolders/inbox/messages")).expect(200);
    let got = inbox.each("id")[0].clone();
    client.post(&format!("/users/{bob}/messages/{got}/reply"), &json!({ "comment": "Good." })).expect(202);
    let moved = json!({ "destinationId": folder.text("id") });
    let got = client.post(&format!("/users/{bob}/messages/{got}/move"), &moved).expect(201).text("id");
    client.patch(&format!("/users/{bob}/messages/{got}"), &json!({ "isRead": true })).expect(200);
    client.post(&format!("/users/{cy}/sendMail"), &json!({ "message": client.mail("Note", &["ada"]) })).expect(202);
    let gone = client.get(&format!("/users/{cy}/mailFolders/sentitems/messages")).expect(200).each("id")[0].clone();
    client.delete(&format!("/users/{cy}/messages/{gone}")).expect(204);

    // A meeting, answered.
    let at = |hour: u32| json!({ "dateTime": format!("2026-01-06T{hour:02}:00:00"), "timeZone": "UTC" });
    let with = json!([{ "emailAddress": { "address": client.upn("bob") }, "type": "required" }]);
    let meeting = json!({ "subject": "Review", "start": at(9), "end": at(10), "attendees": with });
    client.post(&format!("/users/{ada}/events"), &meeting).expect(201);
    let invited = client.get(&format!("/users/{bob}/events")).expect(200).each("id")[0].clone();
    client.post(&format!("/users/{bob}/events/{invited}/accept"), &json!({ "comment": "Yes" })).expect(202);

    // Files: one at once, one in pieces, one shared, one removed.
    let put = |path: &str, bytes: &[u8]| {
        let bearer = format!("Bearer {}", client.token);
        let headers = [("authorization", bearer.as_str()), ("content-type", "text/plain")];
        client.raw("PUT", &format!("/v1.0/users/{ada}/drive/root:/{path}:/content"), &headers, bytes.to_vec())
    };
    let item = put("Reports/plan.txt", b"one").expect(201).text("id");
    put("Reports/plan.txt", b"two").expect(200);
    let link = json!({ "type": "view", "scope": "organization" });
    client.post(&format!("/users/{ada}/drive/items/{item}/createLink"), &link).expect(201);
    client.get(&format!("/users/{ada}/drive/items/{item}/content")).expect(302);
    let old = put("old.txt", b"old").expect(201).text("id");
    client.delete(&format!("/users/{ada}/drive/items/{old}")).expect(204);
    let session =
        client.post(&format!("/users/{ada}/drive/root:/big.bin:/createUploadSession"), &json!({})).expect(200);
    let url = session.text("uploadUrl");
    let path = url.strip_prefix("https://graph.microsoft.com").unwrap();
    client.raw("PUT", path, &[("content-range", "bytes 0-2/5")], b"abc".to_vec()).expect(202);
    client.raw("PUT", path, &[("content-range", "bytes 3-4/5")], b"de".to_vec()).expect(201);

    // A group, a team with a channel, a chat, and people who speak for themselves.
    let prefer = [("prefer", "create-if-missing")];
    let group = json!({
        "displayName": "Kept", "mailEnabled": false, "mailNickname": "kept", "securityEnabled": true,
        "members@odata.bind": [format!("https://graph.microsoft.com/v1.0/users/{ada}")],
    });
    let unique = format!("/groups(uniqueName='haymaker-{DEPLOYMENT}-all')");
    let group = client.call("PATCH", &unique, &prefer, Some(&group)).expect(201).text("id");
    let member = |id: &str, role: &str| {
        json!({
            "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": [role],
            "user@odata.bind": format!("https://graph.microsoft.com/v1.0/users('{id}')"),
        })
    };
    let unified = json!({
        "displayName": "Later a team", "mailEnabled": true, "mailNickname": "later", "securityEnabled": false,
        "groupTypes": ["Unified"], "owners@odata.bind": [format!("https://graph.microsoft.com/v1.0/users/{bob}")],
    });
    let unified = client.post("/groups", &unified).expect(201).text("id");
    client.call("PUT", &format!("/groups/{unified}/team"), &[], Some(&json!({}))).expect(201);
    let team = json!({
        "template@odata.bind": "https://graph.microsoft.com/v1.0/teamsTemplates('standard')",
        "displayName": format!("haymaker-{DEPLOYMENT} team"), "members": [member(&ada, "owner")],
    });
    let made = client.post("/teams", &team).expect(202);
    let team = made.headers["location"].split('\'').nth(1).unwrap().to_owned();
    client.post(&format!("/teams/{team}/members"), &member(&bob, "guest")).expect(201);
    let channel =
        client.post(&format!("/teams/{team}/channels"), &json!({ "displayName": "News" })).expect(201).text("id");
    let signed_in = sign_in(client, &client.upn("ada")).expect(200);
    let app = std::mem::replace(&mut client.token, signed_in.text("access_token"));
    let people = json!({ "chatType": "oneOnOne", "members": [member(&ada, "owner"), member(&bob, "owner")] });
    let chat = client.post("/chats", &people).expect(201).text("id");
    let say = |text: &str| json!({ "body": { "content": text } });
    client.post(&format!("/chats/{chat}/messages"), &say("Hello, Bob")).expect(201);
    let post = client.post(&format!("/teams/{team}/channels/{channel}/messages"), &say("News")).expect(201).text("id");
    let like = json!({ "reactionType": "like" });
    client.post(&format!("/teams/{team}/channels/{channel}/messages/{post}/setReaction"), &like).expect(204);
    client.token = app;

    // A batch, a refusal, and the end of somebody.
    let requests: Value = json!({ "requests": [
        { "id": "1", "method": "PATCH", "url": format!("/users/{cy}"), "body": { "city": "Berne" },
          "headers": { "content-type": "application/json", "client-request-id": "6f0ffb95-5a1f-4b5c-9b41-1f2e63a0f2a1" } },
        { "id": "2", "method": "GET", "url": "/users/nobody@nowhere.example" },
    ] });
    client.post("/$batch", &requests).expect(200);
    let mut weak = client.person("dee");
    weak["passwordProfile"]["password"] = "weak".into();
    client.post("/users", &weak).expect(400);
    client.delete(&format!("/users/{cy}")).expect(204);
    client.now += 60_000;
    client.delete(&format!("/directory/deletedItems/{cy}")).expect(204);
    let sent = draft.text("internetMessageId");
    History { ada, bob, cy, chat, team, channel, group, sent, refresh: signed_in.text("refresh_token") }
}
