//! What a workload does on an ordinary day is permitted, without a look at the tenant where none is needed.

use super::*;

#[tokio::test]
async fn an_ordinary_day_is_permitted() {
    let (policy, tenant) = (policy().await, Tenant::default());
    let bind = |id: &str| format!("{BASE}/users('{id}')");
    let member = json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"], "user@odata.bind": bind(ANA_ID),
    });
    let (u, g) = (format!("/users/{ANA_ID}"), format!("/groups/{GROUP_ID}"));
    let channel = format!("/teams/{GROUP_ID}/channels/19:x@thread.tacv2");
    let no = String::new;
    let table: Vec<(String, String)> = vec![
        ("GET /organization".into(), no()),
        ("GET /users?$filter=employeeType eq 'haymaker:d'".into(), no()),
        (format!("GET /users?$filter=userPrincipalName eq '{BEN}'"), no()),
        (format!("GET {u}?$select=id,employeeType"), no()),
        (format!("PATCH {u}"), json!({"jobTitle": "Analyst"}).to_string()),
        (format!("POST {u}/assignLicense"), json!({"addLicenses": [{"skuId": "1", "disabledPlans": []}], "removeLicenses": []}).to_string()),
        (format!("DELETE {u}"), no()),
        (format!("DELETE /directory/deletedItems/{ANA_ID}"), no()),
        (format!("GET /directory/deletedItems/{GROUP_ID}"), no()),
        (format!("GET /users/{}/messages", ANA.to_uppercase()), no()),
        (format!("POST {u}/messages"), json!({"subject": "x", "toRecipients": [to(ANA)], "body": {"contentType": "text", "content": "y"}, "internetMessageId": "<1@contoso.example>", "internetMessageHeaders": [{"name": "x-haymaker-id", "value": "d/mail/1"}]}).to_string()),
        (format!("POST {u}/sendMail"), json!({"Message": {"toRecipients": [to(BEN)], "ccRecipients": [to(CLEO)]}}).to_string()),
        (format!("PATCH {u}/messages/1"), json!({"isRead": true}).to_string()),
        (format!("POST {u}/messages/1/move"), json!({"destinationId": "archive"}).to_string()),
        (format!("POST {u}/mailFolders"), json!({"displayName": "sales"}).to_string()),
        (format!("GET {u}/mailFolders/inbox/messages?$filter=isRead eq false"), no()),
        (format!("POST {u}/events"), json!({"subject": "x", "start": {"dateTime": "2026-01-05T09:00:00", "timeZone": "UTC"}, "attendees": [{"emailAddress": {"address": BEN}, "type": "required"}], "location": {"displayName": "Room 1"}, "isOnlineMeeting": true, "recurrence": {"pattern": {"type": "weekly", "interval": 1, "daysOfWeek": ["monday"]}, "range": {"type": "endDate", "startDate": "2026-01-05", "endDate": "2026-02-05"}}}).to_string()),
        (format!("GET {u}/calendarView?startDateTime=2026-01-05T00:00:00Z&endDateTime=2026-01-06T00:00:00Z"), no()),
        (format!("POST {u}/events/1/cancel"), json!({"comment": "sorry"}).to_string()),
        (format!("POST {u}/calendar/getSchedule"), json!({"schedules": [ANA], "startTime": {"dateTime": "x", "timeZone": "UTC"}, "endTime": {"dateTime": "y", "timeZone": "UTC"}}).to_string()),
        (format!("PUT {u}/drive/root:/Reports/a b.docx:/content"), "{}".into()),
        (format!("GET {u}/drive/root/children?$expand=children"), no()),
        (format!("POST {u}/drive/items/1/createLink"), json!({"type": "view", "scope": "organization"}).to_string()),
        (format!("POST {u}/drive/items/1/invite"), json!({"recipients": [{"email": ANA}, {"objectId": CLEO_ID}], "roles": ["read"], "requireSignIn": true, "sendInvitation": false}).to_string()),
        (format!("PATCH {g}/drive/items/1"), json!({"name": "b.docx", "parentReference": {"id": "2"}}).to_string()),
        ("GET /drives/b!Own/root/children".into(), no()),
        ("GET /sites/contoso.example,1,2/drive/items/1/content".into(), no()),
        ("PATCH /groups(uniqueName='haymaker-d-legal')".into(), json!({"displayName": "Legal", "mailEnabled": true, "mailNickname": "haymaker-d-legal", "securityEnabled": false, "groupTypes": ["Unified"], "members@odata.bind": [bind(ANA_ID)], "owners@odata.bind": [bind(ANA)]}).to_string()),
        ("GET /groups?$filter=uniqueName eq 'haymaker-d-legal'".into(), no()),
        ("GET /groups?$filter=startswith(mailNickname,'haymaker-d-')".into(), no()),
        (format!("POST {g}/members/$ref"), json!({"@odata.id": format!("{BASE}/directoryObjects/{ANA_ID}")}).to_string()),
        (format!("GET /groups/{LENDER}/members?$top=999"), no()),
        (format!("PUT {g}/team"), "{}".into()),
        ("POST /teams".into(), json!({"template@odata.bind": format!("{BASE}/teamsTemplates('standard')"), "group@odata.bind": format!("{BASE}/groups('{GROUP_ID}')"), "members": [member]}).to_string()),
        ("POST /teams".into(), json!({"displayName": GROUP, "members": [member]}).to_string()),
        (format!("POST /teams/{GROUP_ID}/channels"), json!({"displayName": "News"}).to_string()),
        (format!("POST {channel}/messages"), json!({"body": {"content": "hi <at id=\"0\">Ana</at>"}, "mentions": [{"id": 0, "mentionText": "Ana", "mentioned": {"user": {"id": ANA_ID, "displayName": "Ana", "userIdentityType": "aadUser"}}}]}).to_string()),
        (format!("POST {channel}/messages/1/replies"), json!({"body": {"content": "yes"}}).to_string()),
        (format!("POST {channel}/messages/1/replies/2/setReaction"), json!({"reactionType": "like"}).to_string()),
        (format!("POST {channel}/startMigration"), json!({"conversationCreationDateTime": "2026-01-05T08:00:00Z"}).to_string()),
        (format!("POST {channel}/messages"), json!({"body": {"content": "hi"}, "createdDateTime": "2026-01-05T09:00:00Z", "from": {"user": {"id": ANA_ID, "displayName": "Ana", "userIdentityType": "aadUser"}}}).to_string()),
        (format!("POST {channel}/completeMigration"), no()),
        (format!("POST /chats/{CHAT_ID}/startMigration"), json!({"conversationCreationDateTime": "2026-01-05T08:00:00Z"}).to_string()),
        (format!("POST /chats/{CHAT_ID}/completeMigration"), no()),
        (format!("GET /chats/{CHAT_ID}"), no()),
        (format!("GET {channel}"), no()),
        ("POST /chats".into(), json!({"chatType": "group", "topic": "x", "members": [member]}).to_string()),
        (format!("POST /chats/{CHAT_ID}/messages"), json!({"body": {"content": "hi"}}).to_string()),
        (format!("DELETE {g}"), no()),
    ];
    let table: Vec<(&str, String, &str)> = table.iter().map(|(line, body)| (line.as_str(), body.clone(), "")).collect();
    holds(&policy, &tenant, &table).await;
    assert_eq!(tenant.asked(), 0);
}

#[tokio::test]
async fn a_draft_that_was_written_here_is_sent_without_a_look_and_another_with_one() {
    let policy = policy().await;
    let drafts = format!("/users/{ANA_ID}/messages");
    let body = json!({"toRecipients": [to(BEN)]}).to_string();
    answered(&policy, "POST", &drafts, &body, 201, &json!({"id": "new"}));
    let old = Tenant::with(&format!("{drafts}/old"), json!({"toRecipients": [to(BEN)], "from": to(ANA)}));
    for (id, looks) in [("new", 0), ("old", 1), ("old", 1), ("gone", 2)] {
        assert_eq!(verdict(&policy, &old, "POST", &format!("{drafts}/{id}/send"), "").await, "", "{id}");
        assert_eq!(old.asked(), looks, "{id}");
    }
    answered(&policy, "POST", &format!("{drafts}/new/send"), "", 202, &Value::Null);
    verdict(&policy, &old, "POST", &format!("{drafts}/new/send"), "").await;
    assert_eq!(old.asked(), 3, "once it was sent, it is another message");
}

#[tokio::test]
async fn an_original_whose_participants_were_read_needs_no_look() {
    let policy = policy().await;
    let list =
        format!("/users/{ANA_ID}/messages?$select=id,from,sender,replyTo,toRecipients,ccRecipients,bccRecipients");
    let message = |id: &str, from: &str| {
        json!({"id": id, "from": to(from), "sender": to(from), "replyTo": [], "toRecipients": [to(ANA)],
               "ccRecipients": [], "bccRecipients": []})
    };
    let seen = json!({"value": [message("1", BEN), message("2", CHIEF), {"id": "3", "from": to(BEN)}]});
    answered(&policy, "GET", &list, "", 200, &seen);
    let tenant = Tenant::with(&format!("/users/{ANA_ID}/messages/2"), message("2", CHIEF));
    for (id, expected, looks) in [("1", "", 0), ("2", "original", 1), ("3", "undecided", 2)] {
        let reply = format!("/users/{ANA_ID}/messages/{id}/createReply");
        assert_eq!(verdict(&policy, &tenant, "POST", &reply, "").await, expected, "{id}");
        assert_eq!(tenant.asked(), looks, "{id}");
    }
}
