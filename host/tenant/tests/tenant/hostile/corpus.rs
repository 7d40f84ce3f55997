//! Bodies that the tenant takes: what is spoiled only a little gets furthest.

use serde_json::{Value, json};

/// What a body says of people and things that are there.
pub(super) struct There {
    pub(super) user: String,
    pub(super) other: String,
    pub(super) folder: String,
    pub(super) sku: String,
    /// Different in every request.
    pub(super) name: String,
    pub(super) zone: &'static str,
    pub(super) moment: &'static str,
}

/// A good body for an operation, if it takes one.
pub(super) fn body(method: &str, template: &str, there: &There) -> Option<Value> {
    let There { user, other, folder, sku, name, zone, moment } = there;
    let people = json!([{ "emailAddress": { "address": user } }]);
    let bind = format!("https://graph.microsoft.com/v1.0/users('{user}')");
    let member = json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"], "user@odata.bind": bind });
    let mut fellow = member.clone();
    fellow["user@odata.bind"] = json!(format!("https://graph.microsoft.com/v1.0/users('{other}')"));
    let mail = json!({
        "subject": name, "toRecipients": people, "body": { "contentType": "html", "content": "<p>x</p>" }, "categories": ["a"],
        "internetMessageHeaders": [{ "name": "x-y", "value": "z" }], "flag": { "flagStatus": "flagged" },
        "attachments": [{ "@odata.type": "#microsoft.graph.fileAttachment", "name": "a", "contentBytes": "YQ==" }],
    });
    let at = |moment: &str| json!({ "dateTime": moment, "timeZone": zone });
    let pattern = json!({ "type": "relativeMonthly", "interval": 2, "index": "last", "daysOfWeek": ["friday"], "dayOfMonth": 31, "month": 2 });
    let range =
        json!({ "type": "endDate", "startDate": "2026-01-06", "endDate": "9999-12-31", "recurrenceTimeZone": zone });
    let post = json!({ "body": { "contentType": "html", "content": name }, "createdDateTime": "2025-12-01T09:00:00Z", "from": { "user": { "id": user } } });
    let group = json!({ "displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true, "members@odata.bind": [bind] });
    let said = template.starts_with("/teams") || template.starts_with("/chats");
    let last = template.rsplit('/').next()?;
    Some(match (method, last) {
        ("POST", "users") => json!({
            "accountEnabled": true, "displayName": name, "mailNickname": name, "usageLocation": "US",
            "userPrincipalName": format!("{name}@{}", user.split('@').nth(1).unwrap_or("x")), "passwordProfile": { "password": "Correct-Horse-7" },
        }),
        ("POST", "assignLicense") => json!({ "addLicenses": [{ "skuId": sku }], "removeLicenses": [] }),
        ("POST", "groups") | ("PATCH", "{group-id}") => group,
        ("POST", "teams") => {
            json!({ "template@odata.bind": "https://x/teamsTemplates('standard')", "displayName": name, "members": [member] })
        }
        ("POST", "channels") => json!({ "displayName": name, "description": "x" }),
        ("POST", "chats") => json!({ "chatType": "group", "topic": name, "members": [member, fellow] }),
        ("POST", "members") => member,
        ("POST", "add") => json!({ "values": [member] }),
        ("POST", "messages" | "replies") if said => post,
        ("POST", "messages") => mail,
        ("PATCH", "{message-id}") => {
            json!({ "isRead": true, "categories": [name], "flag": { "flagStatus": "complete" } })
        }
        ("POST", "sendMail") => json!({ "message": mail, "saveToSentItems": false }),
        ("POST", "reply" | "replyAll" | "createReply" | "createReplyAll" | "cancel") => json!({ "comment": name }),
        ("POST", "forward" | "createForward") => json!({ "toRecipients": people, "comment": name }),
        ("POST", "accept" | "decline" | "tentativelyAccept") => json!({ "comment": name, "sendResponse": true }),
        ("POST", "move" | "copy") => json!({ "destinationId": folder }),
        ("POST", "mailFolders" | "childFolders" | "administrativeUnits") => json!({ "displayName": name }),
        ("POST", "messageRules") => {
            json!({ "displayName": name, "sequence": 1, "isEnabled": true, "conditions": { "subjectContains": ["x"] }, "actions": { "forwardTo": people } })
        }
        ("POST", "attachments") => mail["attachments"][0].clone(),
        ("POST", "events") | ("PATCH", "{event-id}") => json!({
            "subject": name, "start": at("2026-01-06T09:00:00"), "end": at(moment), "attendees": people, "recurrence": { "pattern": pattern, "range": range },
        }),
        ("POST", "getSchedule") => {
            json!({ "schedules": [user], "startTime": at("2026-01-06T09:00:00"), "endTime": at(moment), "availabilityViewInterval": 5 })
        }
        ("POST", "children") => json!({ "name": name, "folder": {}, "@microsoft.graph.conflictBehavior": "rename" }),
        ("PATCH", "{driveItem-id}" | "{item-path}") => json!({ "name": name, "description": "x" }),
        ("POST", "createUploadSession") => json!({ "item": { "@microsoft.graph.conflictBehavior": "replace" } }),
        ("POST", "createLink") => json!({ "type": "edit", "scope": "organization" }),
        ("POST", "invite") => json!({ "recipients": [{ "email": user }], "roles": ["write"] }),
        ("POST", "setReaction" | "unsetReaction") => json!({ "reactionType": name }),
        ("POST" | "PUT", "$ref") => json!({ "@odata.id": bind }),
        ("PUT", "team") | ("POST", "startMigration" | "restore" | "archive") => json!({}),
        ("PATCH", _) => json!({ "displayName": name, "description": "x" }),
        _ => return None,
    })
}
