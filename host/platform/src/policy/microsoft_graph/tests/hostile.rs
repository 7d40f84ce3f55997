//! Every way out that somebody thought of is denied.

use super::*;

#[tokio::test]
async fn what_is_not_the_deployments_is_not_touched_whatever_it_is_called() {
    let (policy, tenant) = (policy().await, Tenant::default());
    let no = String::new;
    let table: Vec<(String, String, &str)> = vec![
        (format!("GET /users/{CHIEF_ID}"), no(), "subject"),
        (format!("GET /users/{CHIEF}/messages"), no(), "subject"),
        ("GET /users/%63hief@contoso.example/messages".into(), no(), "subject"),
        ("GET /users('chief@contoso.example')/messages".into(), no(), "path"),
        (format!("GET /users/{ANA_ID}/../{CHIEF_ID}"), no(), "request.target"),
        ("GET /users/stranger@contoso.example".into(), no(), "subject"),
        ("GET /users?$filter=userPrincipalName eq 'stranger@contoso.example'".into(), no(), "listing"),
        ("GET /users?$filter=employeeType eq 'haymaker:d' or accountEnabled eq true".into(), no(), "listing"),
        ("GET /users?$filter=employeeType eq 'haymaker:d''or''1'".into(), no(), "listing"),
        ("GET /users/delta".into(), no(), "subject"),
        (format!("GET /users/{ANA_ID}?$expand=manager"), no(), "option"),
        (format!("GET /users/{ANA_ID}/microsoft.graph.sendMail"), no(), "path"),
        ("GET /me/messages".into(), no(), "path"),
        (format!("DELETE /users/{CHIEF_ID}"), no(), "subject"),
        (format!("DELETE /users/{CLEO_ID}"), no(), "adopted"),
        (format!("PATCH /users/{CLEO_ID}"), json!({"jobTitle": "x"}).to_string(), "adopted"),
        (
            format!("POST /users/{CLEO_ID}/assignLicense"),
            json!({"addLicenses": [], "removeLicenses": []}).to_string(),
            "adopted",
        ),
        (format!("POST /users/{CLEO_ID}/revokeSignInSessions"), no(), "adopted"),
        (format!("DELETE /directory/deletedItems/{CLEO_ID}"), no(), "adopted"),
        (format!("DELETE /directory/deletedItems/{CHIEF_ID}"), no(), "subject"),
        (format!("POST /directory/deletedItems/{ANA_ID}/restore"), no(), "path"),
        (format!("PATCH /users/{ANA_ID}"), json!({"employeeType": "haymaker:other"}).to_string(), "tag"),
        (format!("PATCH /users/{ANA_ID}"), json!({"otherMails": [OUTSIDE]}).to_string(), "property"),
        (
            format!("PUT /users/{ANA_ID}/manager/$ref"),
            json!({"@odata.id": format!("{BASE}/users/{CHIEF_ID}")}).to_string(),
            "subject",
        ),
        (format!("DELETE /groups/{CHIEF_ID}"), no(), "group"),
        (format!("GET /groups/{CHIEF_ID}/members"), no(), "group"),
        (format!("DELETE /groups/{LENDER}"), no(), "group"),
        (
            format!("POST /groups/{LENDER}/members/$ref"),
            json!({"@odata.id": format!("{BASE}/users/{ANA_ID}")}).to_string(),
            "group",
        ),
        ("GET /groups".into(), no(), "listing"),
        ("GET /groups?$filter=startswith(mailNickname,'haymaker-')".into(), no(), "listing"),
        ("GET /groups?$filter=startswith(displayName,'haymaker-d-')".into(), no(), "listing"),
        ("PATCH /groups(uniqueName='all-staff')".into(), json!({"displayName": "x"}).to_string(), "name"),
        ("PATCH /groups(uniqueName='haymaker-d-unknown')".into(), json!({"displayName": "x"}).to_string(), "intent"),
        ("POST /groups".into(), json!({"displayName": "x", "mailNickname": "all-staff"}).to_string(), "name"),
        (
            "POST /groups".into(),
            json!({"uniqueName": "haymaker-d-legal", "mailNickname": "all-staff"}).to_string(),
            "name",
        ),
        (
            format!("PATCH /groups/{GROUP_ID}"),
            json!({"membershipRule": "user.accountEnabled -eq true"}).to_string(),
            "property",
        ),
        ("GET /teams/99999999-9999-9999-9999-999999999999/channels".into(), no(), "team"),
        ("POST /teams".into(), json!({"displayName": "Everybody"}).to_string(), "intent"),
        (
            format!("POST /teams/{GROUP_ID}/channels"),
            json!({"displayName": "x", "membershipType": "shared"}).to_string(),
            "value",
        ),
        ("GET /chats/19:other@thread.v2/messages".into(), no(), "chat"),
        (format!("GET /chats/{}/messages", CHAT_ID.to_uppercase()), no(), "chat"),
        ("GET /chats".into(), no(), "path"),
        (format!("GET /users/{CLEO_ID}/chats"), no(), "path"),
        ("GET /drives/b!Other/root".into(), no(), "drive"),
        ("GET /sites/root".into(), no(), "site"),
        ("GET /sites/contoso.example:/teams/hr".into(), no(), "site"),
        (format!("GET /users/{CLEO_ID}/drive/root/children"), no(), "adopted"),
        (format!("GET /users/{CLEO_ID}/drive/root:/Private/salary.xlsx:/content"), no(), "adopted"),
        (format!("PUT /users/{CLEO_ID}/drive/root:/haymaker-d/../x:/content"), no(), "request.target"),
        (format!("GET /users/{CLEO_ID}/messages"), no(), "listing"),
        (format!("GET /users/{CLEO_ID}/calendarView"), no(), "listing"),
        (format!("DELETE /users/{CLEO_ID}/mailFolders/inbox"), no(), "folder"),
        (format!("PATCH /users/{CLEO_ID}/mailFolders/projects"), json!({"displayName": "x"}).to_string(), "folder"),
        (format!("DELETE /chats/{PRIVATE}"), no(), "adopted"),
        (format!("POST /chats/{PRIVATE}/startMigration"), no(), "adopted"),
        (format!("POST /chats/{PRIVATE}/messages/1/softDelete"), no(), "adopted"),
        (format!("PATCH /chats/{PRIVATE}/messages/1"), json!({"body": {"content": "x"}}).to_string(), "adopted"),
        (format!("GET /chats/{PRIVATE}/messages?$filter=createdDateTime gt 2026-01-01T00:00:00Z"), no(), "option"),
        ("GET /users?$$filter=employeeType eq 'haymaker:d'".into(), no(), "option"),
        (format!("GET /users/{ANA_ID}/drive/sharedWithMe"), no(), "path"),
        (
            format!("PATCH /users/{ANA_ID}/drive/items/1"),
            json!({"parentReference": {"driveId": "b!Other", "id": "1"}}).to_string(),
            "drive",
        ),
        (
            format!("POST /users/{ANA_ID}/drive/items/1/copy"),
            json!({"parentReference": {"path": "/drives/b!Other/root:"}}).to_string(),
            "property",
        ),
        (format!("POST /users/{ANA_ID}/drive/items/1/createUploadSession"), "{}".into(), "path"),
        (format!("GET /users/{ANA_ID}/messages?$apply=aggregate(x)"), no(), "option"),
        ("POST /subscriptions".into(), json!({"resource": "/me/messages"}).to_string(), "anomaly"),
        ("GET /auditLogs/signIns".into(), no(), "path"),
    ];
    let table: Vec<(&str, String, &str)> =
        table.iter().map(|(line, body, code)| (line.as_str(), body.clone(), *code)).collect();
    holds(&policy, &tenant, &table).await;
    let roster = format!("/groups/{LENDER}/members/graph.user");
    assert!(tenant.asked.lock().unwrap().iter().all(|path| *path == roster), "nothing else was looked at");
}

#[tokio::test]
async fn lists_of_adopted_people_are_not_asked_about_what_they_do_not_show() {
    let (policy, tenant) = (policy().await, Tenant::default());
    let mail = format!("GET /users/{CLEO_ID}/messages?$select=id,from,internetMessageHeaders");
    let inbox = format!("GET /users/{CLEO_ID}/mailFolders/inbox/messages?$select=id,from,internetMessageHeaders");
    let events = format!("GET /users/{CLEO_ID}/events?$select=id,iCalUId");
    let view = format!("GET /users/{CLEO_ID}/calendarView?startDateTime=a&endDateTime=b&$select=id,iCalUId");
    let day = "start/dateTime ge '2026-01-05T09:00:00.0000000' and start/dateTime lt '2026-01-05T09:00:01'";
    let table: Vec<(String, &str)> = vec![
        (format!("{mail}&$search=layoff"), "option"),
        (format!("{mail}&$count=true"), "option"),
        (format!("{mail}&$orderby=subject"), "option"),
        (format!("{mail}&$filter=contains(subject,'layoff')"), "option"),
        (format!("{mail}&$filter=internetMessageId eq '1' or contains(subject,'layoff')"), "option"),
        (format!("{inbox}&$filter=isRead eq false and contains(subject,'layoff')"), "option"),
        (format!("{inbox}&$filter=isRead eq false&$skip=3"), "option"),
        (format!("{events}&$filter=contains(subject,'layoff')"), "option"),
        (format!("{events}&$filter={day} and contains(subject,'layoff')"), "option"),
        (format!("{events}&$filter=start/dateTime ge 'a' or subject eq 'b' and start/dateTime lt 'c'"), "option"),
        (format!("{view}&$count=true"), "option"),
        (format!("GET /users/{CLEO_ID}/mailFolders?$filter=displayName eq 'Divorce'"), "option"),
        // What work needs.
        (format!("{inbox}&$filter=isRead eq false&$top=12"), ""),
        (format!("{mail}&$filter=internetMessageId eq '<1@contoso.example>'"), ""),
        (format!("{events}&$filter={day}&$top=50"), ""),
        (format!("{view}&$top=50&$skip=50"), ""),
        (format!("GET /users/{CLEO_ID}/mailFolders?$select=id,displayName&$top=100"), ""),
        (format!("GET /users/{ANA_ID}/messages?$search=x&$count=true&$orderby=subject"), ""),
    ];
    let table: Vec<(&str, String, &str)> =
        table.iter().map(|(line, code)| (line.as_str(), String::new(), *code)).collect();
    holds(&policy, &tenant, &table).await;
}

#[tokio::test]
async fn nothing_of_an_adopted_drive_leaves_the_folder_to_take_the_place_of_theirs() {
    let (policy, mut tenant) = (policy().await, Tenant::default());
    let drive = format!("/users/{CLEO_ID}/drive");
    let ours = json!({"id": "1", "name": "a.docx", "parentReference": {"path": "/drive/root:/haymaker-d"}});
    tenant.things.insert(format!("{drive}/items/1"), ours);
    let root = json!({"name": "theirs.docx", "parentReference": {"id": "root"}}).to_string();
    let name = json!({"name": "theirs.docx"}).to_string();
    let replace = "?@microsoft.graph.conflictBehavior=replace";
    let table: Vec<(String, String, &str)> = vec![
        (format!("PATCH {drive}/items/1{replace}"), root.clone(), "adopted"),
        (format!("PATCH {drive}/root:/haymaker-d/a.docx{replace}"), root.clone(), "adopted"),
        (format!("PATCH {drive}/root:/haymaker-d{replace}"), name.clone(), "adopted"),
        (format!("PATCH {drive}/items/1{replace}"), name.clone(), "adopted"),
        (format!("POST {drive}/items/1/copy"), root.clone(), "adopted"),
        (format!("POST {drive}/root:/haymaker-d:/copy"), name.clone(), "adopted"),
        (format!("PATCH {drive}/root:/haymaker-d/a.docx"), name.clone(), ""),
        (format!("PATCH {drive}/items/1"), json!({"description": "x"}).to_string(), ""),
    ];
    let table: Vec<(&str, String, &str)> =
        table.iter().map(|(line, body, code)| (line.as_str(), body.clone(), *code)).collect();
    holds(&policy, &tenant, &table).await;
}

#[tokio::test]
async fn what_takes_the_time_of_adopted_people_is_not_shown() {
    let (policy, tenant) = (policy().await, Tenant::default());
    let body = |whom: &[&str]| json!({ "schedules": whom }).to_string();
    for (user, whom, expected) in [
        (CLEO_ID, vec![CLEO], "adopted"),
        (CLEO_ID, vec![ANA], "adopted"),
        (ANA_ID, vec![CLEO], "adopted"),
        (ANA_ID, vec![ANA, CLEO], "adopted"),
        (ANA_ID, vec![ANA, BEN], ""),
    ] {
        let target = format!("/users/{user}/calendar/getSchedule");
        assert_eq!(verdict(&policy, &tenant, "POST", &target, &body(&whom)).await, expected, "{user} {whom:?}");
    }
}

/// Addresses that are nobody's of this deployment, some of which look as if they were.
fn strangers() -> Vec<String> {
    let mut strangers: Vec<String> = [
        CHIEF,
        OUTSIDE,
        "",
        "stranger@contoso.example",
        "haymaker-d-2@elsewhere.example",
        "haymaker-dd-1@contoso.example",
    ]
    .map(str::to_owned)
    .to_vec();
    strangers.extend([
        format!("{ANA}.evil.example"),
        format!(" {ANA}"),
        format!("<{ANA}>"),
        format!("{ANA},{OUTSIDE}"),
        format!("{ANA};{OUTSIDE}"),
        format!("\"{ANA}\"@elsewhere.example"),
        format!("Ana <{OUTSIDE}>"),
        // The Kelvin sign and a Cyrillic letter: both fold or look like an ASCII one, and are others on the wire.
        ANA.replace('k', "\u{212a}"),
        ANA.replace('a', "\u{430}"),
        ANA.replace("contoso", "xn--contoso-3ya"),
        ANA.replace("contoso", "cont\u{f6}so"),
        ANA.replace('@', "\u{ff20}"),
        format!("{ANA}\u{0}"),
    ]);
    strangers
}

#[tokio::test]
async fn nothing_goes_to_strangers_by_any_route() {
    let (policy, tenant) = (policy().await, Tenant::default());
    for stranger in strangers() {
        let one = to(&stranger);
        let many = json!([to(ANA), one]);
        let mut bodies: Vec<(String, Value)> = Vec::new();
        for field in ["toRecipients", "ccRecipients", "bccRecipients", "replyTo", "TORECIPIENTS"] {
            bodies.push((format!("POST /users/{ANA_ID}/messages"), json!({ field: many })));
            bodies.push((format!("PATCH /users/{ANA_ID}/messages/1"), json!({ field: many })));
            bodies.push((format!("POST /users/{ANA_ID}/mailFolders/drafts/messages"), json!({ field: many })));
            bodies.push((format!("POST /users/{ANA_ID}/sendMail"), json!({"Message": { field: many }})));
            for action in ["reply", "replyAll", "forward", "createReply", "createReplyAll", "createForward"] {
                bodies.push((format!("POST /users/{ANA_ID}/messages/1/{action}"), json!({"message": { field: many }})));
            }
        }
        for field in ["from", "sender"] {
            bodies.push((format!("POST /users/{ANA_ID}/messages"), json!({ field: one })));
        }
        bodies.push((format!("POST /users/{ANA_ID}/messages/1/forward"), json!({"ToRecipients": many})));
        bodies.push((format!("POST /users/{ANA_ID}/messages/1/createForward"), json!({"toRecipients": many})));
        bodies.push((format!("POST /users/{ANA_ID}/events"), json!({"attendees": many})));
        bodies.push((format!("PATCH /users/{ANA_ID}/calendar/events/1"), json!({"attendees": many})));
        bodies.push((format!("POST /users/{ANA_ID}/calendars/1/events"), json!({"Attendees": many})));
        bodies.push((format!("POST /users/{ANA_ID}/findMeetingTimes"), json!({"attendees": many})));
        bodies.push((format!("POST /users/{ANA_ID}/calendar/getSchedule"), json!({"schedules": [stranger]})));
        let invite = json!({"recipients": [{"email": stranger}], "roles": ["read"], "requireSignIn": true});
        bodies.push((format!("POST /users/{ANA_ID}/drive/items/1/invite"), invite.clone()));
        bodies.push((format!("POST /groups/{GROUP_ID}/drive/root:/a.docx:/invite"), invite));
        for (line, body) in bodies {
            let (method, target) = line.split_once(' ').unwrap();
            let verdict = verdict(&policy, &tenant, method, target, &body.to_string()).await;
            assert_eq!(verdict, "recipient", "{line} {body}");
        }
    }
}

#[tokio::test]
async fn what_is_only_another_way_to_say_it_is_denied() {
    let (policy, tenant) = (policy().await, Tenant::default());
    let (m, e, i) = (
        format!("POST /users/{ANA_ID}/messages"),
        format!("POST /users/{ANA_ID}/events"),
        format!("POST /users/{ANA_ID}/drive/items/1"),
    );
    let post = format!("POST /chats/{CHAT_ID}/messages");
    let member = |bind: String| json!({"chatType": "group", "members": [{"user@odata.bind": bind}]}).to_string();
    let text = |value: Value| value.to_string();
    let table: Vec<(String, String, &str)> = vec![
        (m.clone(), format!(r#"{{"toRecipients": [], "ToRecipients": [{}]}}"#, to(CHIEF)), "request.body"),
        (m.clone(), format!(r#"{{"toRecipients": [], "toRecipients": [{}]}}"#, to(CHIEF)), "request.body"),
        (m.clone(), r#"{"toRecipients": [{"emailAddress": {"address": ["x"]}}]}"#.into(), "recipient"),
        (m.clone(), text(json!({"toRecipients": [{"emailAddress": {"name": CHIEF}}]})), "recipient"),
        (m.clone(), text(json!({"toRecipients": [{"name": CHIEF}]})), "property"),
        (m.clone(), text(json!({"toRecipients": {"emailAddress": {"address": ANA}}})), "body"),
        (
            m.clone(),
            text(json!({"singleValueExtendedProperties": [{"id": "String 0x0E04", "value": CHIEF}]})),
            "property",
        ),
        (m.clone(), text(json!({"internetMessageHeaders": [{"name": "Resent-To", "value": CHIEF}]})), "property"),
        (
            m.clone(),
            text(json!({"internetMessageHeaders": [{"name": "x-haymaker-id", "value": "other/1"}]})),
            "property",
        ),
        (
            m.clone(),
            text(json!({"attachments": [{"@odata.type": "#microsoft.graph.itemAttachment", "item": {}}]})),
            "value",
        ),
        (m.clone(), text(json!({"attachments": [{"name": "x"}]})), "property"),
        (
            format!("POST /users/{ANA_ID}/mailFolders"),
            text(json!({"displayName": "x", "filterQuery": "a"})),
            "property",
        ),
        (format!("POST /users/{ANA_ID}/sendMail"), text(json!({"saveToSentItems": true})), "body"),
        (
            format!("POST /users/{ANA_ID}/mailFolders/inbox/messageRules"),
            text(json!({"actions": {"forwardTo": [to(CHIEF)]}})),
            "anomaly",
        ),
        (format!("PATCH /users/{ANA_ID}/mailboxSettings"), text(json!({"automaticRepliesSetting": {}})), "anomaly"),
        (format!("POST /users/{ANA_ID}/events/1/forward"), text(json!({"toRecipients": [to(ANA)]})), "path"),
        (e.clone(), text(json!({"location": {"displayName": "x", "locationEmailAddress": CHIEF}})), "property"),
        (e.clone(), text(json!({"organizer": to(ANA)})), "property"),
        (format!("{i}/createLink"), text(json!({"type": "view", "scope": "anonymous"})), "value"),
        (format!("{i}/createLink"), text(json!({"type": "view"})), "value"),
        (format!("{i}/createLink"), text(json!({"type": "embed", "scope": "organization"})), "value"),
        (
            format!("{i}/createLink"),
            text(json!({"scope": "users", "type": "view", "recipients": [{"email": CHIEF}]})),
            "recipient",
        ),
        (format!("{i}/invite"), text(json!({"recipients": [{"email": ANA}], "roles": ["read"]})), "value"),
        (format!("{i}/invite"), text(json!({"recipients": [{"email": ANA}], "requireSignIn": false})), "value"),
        (format!("{i}/invite"), text(json!({"recipients": [{"alias": "chief"}], "requireSignIn": true})), "property"),
        (
            format!("{i}/invite"),
            text(json!({"recipients": [{"objectId": CHIEF_ID}], "requireSignIn": true})),
            "subject",
        ),
        (
            post.clone(),
            text(json!({"body": {"content": "x"}, "mentions": [{"id": 0, "mentioned": {"user": {"id": CHIEF_ID}}}]})),
            "subject",
        ),
        (
            post.clone(),
            text(json!({"body": {"content": "x"}, "mentions": [{"id": 0, "mentioned": {"application": {"id": "1"}}}]})),
            "property",
        ),
        (post.clone(), text(json!({"attachments": [{"contentType": "reference"}]})), "property"),
        // Words that somebody never said.
        (post.clone(), text(json!({"body": {"content": "x"}, "from": {"user": {"id": CHIEF_ID}}})), "subject"),
        (post.clone(), text(json!({"body": {"content": "x"}, "from": {"user": {"id": CLEO_ID}}})), "adopted"),
        (post.clone(), text(json!({"body": {"content": "x"}, "from": {"application": {"id": "1"}}})), "property"),
        ("POST /chats".into(), member(format!("{BASE}/users('{CHIEF_ID}')")), "subject"),
        ("POST /chats".into(), member(format!("https://graph.evil.example/v1.0/users('{ANA_ID}')")), "bind"),
        ("POST /chats".into(), member(format!("{BASE}/users('{ANA_ID}')/../users('{CHIEF_ID}')")), "bind"),
        ("POST /chats".into(), member(format!("{BASE}/users/%63hief@contoso.example")), "bind"),
        ("POST /chats".into(), member(format!("{BASE}/users/{ANA_ID}?x")), "bind"),
        ("POST /chats".into(), text(json!({"chatType": "group"})), "subject"),
        (format!("POST /chats/{CHAT_ID}/members"), text(json!({"userId": CHIEF_ID})), "subject"),
        (
            format!("POST /teams/{GROUP_ID}/members/add"),
            text(json!({"values": [{"user@odata.bind": format!("{BASE}/users('{CHIEF_ID}')")}]})),
            "subject",
        ),
        (
            format!("PATCH /groups/{GROUP_ID}"),
            text(json!({"members@odata.bind": [format!("{BASE}/directoryObjects/{CHIEF_ID}")]})),
            "subject",
        ),
        (
            format!("PATCH /groups/{GROUP_ID}"),
            text(json!({"Members@OData.Bind": [format!("{BASE}/directoryObjects/{CHIEF_ID}")]})),
            "subject",
        ),
        (
            "POST /users".into(),
            text(json!({"userPrincipalName": "stranger@contoso.example", "employeeType": "haymaker:d"})),
            "name",
        ),
        (
            "POST /users".into(),
            text(json!({"userPrincipalName": "haymaker-d-9@contoso.example", "employeeType": "haymaker:d"})),
            "intent",
        ),
        ("POST /users".into(), text(json!({"userPrincipalName": BEN})), "tag"),
    ];
    let table: Vec<(&str, String, &str)> =
        table.iter().map(|(line, body, code)| (line.as_str(), body.clone(), *code)).collect();
    holds(&policy, &tenant, &table).await;
}

#[tokio::test]
async fn a_body_that_is_not_json_and_a_header_that_nobody_knows_are_denied() {
    let policy = policy().await;
    let mime = Request {
        headers: vec![("content-type".into(), "text/plain".into())],
        ..request("POST", &format!("/users/{ANA_ID}/messages"), "VG86IGNoaWVm")
    };
    let routed = Request {
        headers: vec![("x-anchormailbox".into(), CHIEF.into())],
        ..request("GET", &format!("/users/{ANA_ID}/messages"), "")
    };
    for (request, code) in [(mime, "body"), (routed, "header")] {
        let request = Canonical::read(request, BASE).unwrap();
        let Err(Objection::Denied(denial)) = policy.check(&request, &Tenant::default()).await else { panic!("{code}") };
        assert_eq!(denial.code, format!("microsoft-graph.{code}"));
    }
}
