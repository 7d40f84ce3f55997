//! A tenant with a little of everything in it, and the names of all that.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::identity::as_user;
use crate::rows::calls::{chat, meeting, member, say, team};
use crate::support::{Client, contract, wide};
use haymaker_tenant::Settings;

/// What there is by the name of the key in a path that leads to it.
pub(super) type Known = BTreeMap<&'static str, Vec<String>>;

pub(super) struct World {
    /// An application that may do all that any operation wants.
    pub(super) app: Client,
    /// A user with all delegated permissions.
    pub(super) user: Client,
    pub(super) known: Known,
    /// Where pieces of a file are put, and where a file is fetched, without a token.
    pub(super) links: Vec<String>,
}

/// Every permission of the description, of one kind.
fn permissions(kind: &str) -> Vec<String> {
    let Some(contract) = contract() else { return Vec::new() };
    let mut all = BTreeSet::new();
    for (method, template) in contract.operations() {
        for part in ["least", "higher"] {
            let pointer = format!("/x-permissions/{kind}/{part}");
            let listed = contract.operation(&method, &template).and_then(|operation| operation.pointer(&pointer));
            let listed = listed.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
            all.extend(listed.map(|name| name.split(' ').next().unwrap().to_owned()));
        }
    }
    all.into_iter().collect()
}

/// Makes the world that belongs to a seed.
pub(super) fn made(seed: u64) -> World {
    let mut settings = Settings { seed, security_defaults: false, ..wide() };
    settings.app.roles = permissions("application");
    settings.app.scopes = permissions("delegated");
    let app = Client::new(settings);
    let (ada, bob) = (app.employ("ada"), app.employ("bob"));
    let mut known = Known::new();
    let mut know = |kind: &'static str, id: String| known.entry(kind).or_default().push(id);
    for id in [ada.clone(), app.upn("ada"), bob.clone(), app.upn("bob")] {
        know("user-id", id);
    }
    let at = format!("/users/{ada}");

    let mut mail = app.mail("Figures", &["ada", "bob"]);
    mail["attachments"] =
        json!([{ "@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "YQ==" }]);
    let draft = app.post(&format!("{at}/messages"), &mail).expect(201).text("id");
    app.post(&format!("{at}/sendMail"), &json!({ "message": mail })).expect(202);
    for id in app.get(&format!("{at}/messages")).expect(200).each("id") {
        know("message-id", id);
    }
    know("attachment-id", app.get(&format!("{at}/messages/{draft}/attachments")).expect(200).each("id")[0].clone());
    know(
        "mailFolder-id",
        app.post(&format!("{at}/mailFolders"), &json!({ "displayName": "Old" })).expect(201).text("id"),
    );
    know("mailFolder-id", "inbox".to_owned());
    let rule = json!({ "displayName": "on", "sequence": 1, "isEnabled": true, "actions": { "markAsRead": true } });
    know("messageRule-id", app.post(&format!("{at}/mailFolders/inbox/messageRules"), &rule).expect(201).text("id"));

    let mut series = meeting(&app);
    series["recurrence"] = json!({
        "pattern": { "type": "daily", "interval": 1 },
        "range": { "type": "numbered", "startDate": "2026-01-06", "numberOfOccurrences": 3 },
    });
    know("event-id", app.post(&format!("{at}/events"), &meeting(&app)).expect(201).text("id"));
    know("event-id", app.post(&format!("{at}/events"), &series).expect(201).text("id"));
    let window = "startDateTime=2026-01-06T00:00:00Z&endDateTime=2026-01-09T00:00:00Z";
    for id in app.get(&format!("{at}/calendarView?{window}")).expect(200).each("id") {
        know("event-id", id);
    }
    know("calendar-id", app.get(&format!("{at}/calendars")).expect(200).each("id")[0].clone());

    let drive = app.get(&format!("{at}/drive")).expect(200).text("id");
    let folder = json!({ "name": "Plans", "folder": {} });
    let folder = app.post(&format!("/drives/{drive}/root/children"), &folder).expect(201).text("id");
    let bearer = format!("Bearer {}", app.token);
    let file = app.raw(
        "PUT",
        &format!("/v1.0/drives/{drive}/root:/a.txt:/content"),
        &[("authorization", &bearer)],
        b"abc".to_vec(),
    );
    let file = file.expect(201);
    let mut links = vec![file.text("@microsoft.graph.downloadUrl")];
    links.push(
        app.post(&format!("/drives/{drive}/root:/b.bin:/createUploadSession"), &json!({}))
            .expect(200)
            .text("uploadUrl"),
    );
    let link = json!({ "type": "view", "scope": "organization" });
    let shared = app.post(&format!("/drives/{drive}/items/{}/createLink", file.text("id")), &link).expect(201);
    know("permission-id", shared.text("id"));
    know("drive-id", drive);
    know("driveItem-id", folder);
    know("driveItem-id", file.text("id"));
    for path in ["a.txt", "Plans", "Plans/new/c.docx"] {
        know("item-path", path.to_owned());
    }
    know("item-name", "d.txt".to_owned());

    let path = team(&app);
    let group = path.trim_start_matches("/teams/").to_owned();
    let channel = app.get(&format!("{path}/primaryChannel")).expect(200).text("id");
    let old = app.post(&format!("{path}/channels"), &json!({ "displayName": "Old" })).expect(201).text("id");
    app.post(&format!("{path}/channels/{old}/startMigration"), &json!({})).expect(204);
    app.post(&format!("{path}/members"), &member(&app, "bob")).expect(201);
    know("conversationMember-id", app.get(&format!("{path}/members")).expect(200).each("id")[0].clone());
    know("site-id", app.get(&format!("/groups/{group}/sites/root")).expect(200).text("id"));
    let chat = app.post("/chats", &chat(&app)).expect(201).text("id");
    let user = app.with(as_user(&app, "ada", "https://graph.microsoft.com/.default"));
    for thread in [format!("{path}/channels/{channel}"), format!("/chats/{chat}")] {
        know("chatMessage-id", user.post(&format!("{thread}/messages"), &say("Hello")).expect(201).text("id"));
    }
    let plain = json!({ "displayName": "x", "mailEnabled": false, "mailNickname": "x", "securityEnabled": true });
    know("group-id", app.post("/groups", &plain).expect(201).text("id"));
    know("group-id", "uniqueName='haymaker-1'".to_owned());
    for (kind, id) in [
        ("group-id", group.clone()),
        ("team-id", group),
        ("channel-id", channel),
        ("channel-id", old),
        ("chat-id", chat),
    ] {
        know(kind, id);
    }
    let gone = app.hire("gone");
    app.delete(&format!("/users/{gone}")).expect(204);
    know("directoryObject-id", gone);
    know("directoryObject-id", bob);
    let unit = app.post("/directory/administrativeUnits", &json!({ "displayName": "West" })).expect(201).text("id");
    know("administrativeUnit-id", unit);
    know("domain-id", app.domain().to_owned());
    know("organization-id", app.tenant.settings().tenant_id.clone());
    know("subscribedSku-id", app.get("/subscribedSkus").expect(200).each("id")[0].clone());
    World { app, user, known, links }
}
