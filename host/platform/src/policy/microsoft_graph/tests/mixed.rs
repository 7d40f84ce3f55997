//! Threads, invitations and mailboxes in which others than workers have a part.

use super::*;

#[tokio::test]
async fn a_thread_with_somebody_else_in_it_is_not_answered() {
    let policy = policy().await;
    let path = format!("/users/{ANA_ID}/messages/1");
    let clean = json!({"from": to(BEN), "sender": to(BEN), "replyTo": [], "toRecipients": [to(ANA)]});
    for (field, value) in [
        ("from", to(OUTSIDE)),
        ("sender", to(CHIEF)),
        ("replyTo", json!([to(OUTSIDE)])),
        ("toRecipients", json!([to(ANA), to(CHIEF)])),
        ("ccRecipients", json!([to(CHIEF)])),
        ("bccRecipients", json!([to(OUTSIDE)])),
    ] {
        let mut mixed = clean.clone();
        mixed[field] = value;
        let tenant = Tenant::with(&path, mixed);
        for action in ["reply", "replyAll", "forward", "createReply", "createReplyAll", "createForward", "send"] {
            let body = if action == "send" { "" } else { r#"{"comment": "x"}"# };
            let verdict = verdict(&policy, &tenant, "POST", &format!("{path}/{action}"), body).await;
            assert_eq!(verdict, "original", "{action} where {field} is mixed");
        }
    }
    let tenant = Tenant::with(&path, clean);
    for _ in 0..2 {
        assert_eq!(verdict(&policy, &tenant, "POST", &format!("{path}/replyAll"), "{}").await, "");
    }
    assert_eq!(tenant.asked(), 1);
    let gone = verdict(&policy, &Tenant::default(), "POST", &format!("/users/{ANA_ID}/messages/2/reply"), "{}").await;
    assert_eq!(gone, "undecided", "what is not seen is not answered");
}

#[tokio::test]
async fn an_invitation_from_somebody_else_is_not_answered() {
    let policy = policy().await;
    let path = format!("/users/{ANA_ID}/events/1");
    for (event, expected) in [
        (json!({"organizer": to(BEN), "attendees": [to(ANA)]}), ""),
        (json!({"organizer": to(CHIEF), "attendees": [to(ANA)]}), "original"),
        (json!({"organizer": to(BEN), "attendees": [to(ANA), to(OUTSIDE)]}), "original"),
    ] {
        for answer in ["accept", "decline", "tentativelyAccept"] {
            let policy = super::policy().await;
            let tenant = Tenant::with(&path, event.clone());
            let verdict = verdict(&policy, &tenant, "POST", &format!("{path}/{answer}"), "{}").await;
            assert_eq!(verdict, expected, "{answer} {event}");
        }
    }
    let list = format!("/users/{ANA_ID}/calendarView?startDateTime=a&endDateTime=b");
    let seen = json!({"value": [{"id": "2", "organizer": to(BEN), "attendees": [to(ANA)]}]});
    answered(&policy, "GET", &list, "", 200, &seen);
    let none = Tenant::default();
    assert_eq!(verdict(&policy, &none, "POST", &format!("/users/{ANA_ID}/events/2/accept"), "{}").await, "");
    assert_eq!(none.asked(), 0, "it was read with all who have a part in it");
}

#[tokio::test]
async fn of_an_adopted_mailbox_only_what_this_deployment_sent_is_seen_and_touched() {
    let policy = policy().await;
    let mark = |of: &str| json!([{"name": "X-Haymaker-Id", "value": format!("{of}/mail/1")}]);
    let message =
        |id: &str, from: &str, of: &str| json!({"id": id, "from": to(from), "internetMessageHeaders": mark(of)});
    let all = json!({"value": [
        message("ours", ANA, "d"), message("forged", OUTSIDE, "d"), message("other", ANA, "other"),
        {"id": "private", "from": to(CHIEF), "internetMessageHeaders": []},
    ]});
    let list = format!("/users/{CLEO_ID}/messages?$select=id,from,internetMessageHeaders,subject");
    assert_eq!(verdict(&policy, &Tenant::default(), "GET", &list, "").await, "");
    let shown = answered(&policy, "GET", &list, "", 200, &all);
    assert_eq!(shown["value"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["value"][0]["id"], "ours");

    for (id, thing, expected) in [
        ("a", message("a", ANA, "d"), ""),
        ("b", message("b", OUTSIDE, "d"), "adopted"),
        ("c", message("c", ANA, "other"), "adopted"),
        ("e", json!({"id": "e", "from": to(ANA)}), "adopted"),
    ] {
        let path = format!("/users/{CLEO_ID}/messages/{id}");
        let tenant = Tenant::with(&path, thing);
        for (method, rest, body) in [
            ("GET", "", ""),
            ("DELETE", "", ""),
            ("PATCH", "", r#"{"isRead": true}"#),
            ("POST", "/move", r#"{"destinationId": "x"}"#),
        ] {
            let verdict = verdict(&policy, &tenant, method, &format!("{path}{rest}"), body).await;
            assert_eq!(verdict, expected, "{method} {path}{rest}");
        }
    }
    let none = Tenant::default();
    assert_eq!(verdict(&policy, &none, "DELETE", &format!("/users/{CLEO_ID}/messages/ours"), "").await, "");
    let asked = none.asked.lock().unwrap().clone();
    assert!(asked.iter().all(|path| path.ends_with("/members/graph.user")), "it was seen in the list: {asked:?}");
}

#[tokio::test]
async fn of_an_adopted_mailbox_a_message_is_found_by_its_name_only_if_this_deployment_sent_it() {
    let policy = policy().await;
    let list = format!("/users/{CLEO_ID}/messages");
    let find = format!("{list}?$filter=internetMessageId eq '<1@contoso.example>'&$select=id,subject");
    let mark = json!([{"name": "x-haymaker-id", "value": "d/mail/1"}]);
    for (thing, shown) in [
        (json!({"id": "1", "from": to(ANA), "internetMessageHeaders": mark}), 1),
        (json!({"id": "2", "from": to(CHIEF), "internetMessageHeaders": []}), 0),
        (json!({"id": "3", "isDraft": true, "internetMessageHeaders": mark}), 1),
    ] {
        let tenant = Tenant::with(&list, json!({"value": [thing]}));
        assert_eq!(verdict(&policy, &tenant, "GET", &find, "").await, "");
        let answer = json!({"value": [{"id": thing["id"], "subject": "x"}]});
        let seen = answered(&policy, "GET", &find, "", 200, &answer);
        assert_eq!(seen["value"].as_array().unwrap().len(), shown, "{thing}");
    }
}

#[tokio::test]
async fn adopted_people_are_known_by_their_addresses_too() {
    let policy = policy().await;
    let address = "c.diaz@contoso.example";
    let path = format!("/users/{ANA_ID}/messages/1");
    let list = format!("/users/{CLEO_ID}/messages?$select=id,from,internetMessageHeaders");
    let roster = json!({"value": [{"id": CLEO_ID, "userPrincipalName": CLEO, "mail": address}]});
    let mark = json!([{"name": "x-haymaker-id", "value": "d/mail/1"}]);
    let mut tenant = Tenant::with(&format!("/groups/{LENDER}/members/graph.user"), roster);
    tenant.things.insert(path.clone(), json!({"from": to(address), "toRecipients": [to(ANA)]}));
    assert_eq!(verdict(&policy, &tenant, "POST", &format!("{path}/reply"), "{}").await, "");

    let policy = super::policy().await;
    assert_eq!(verdict(&policy, &tenant, "GET", &list, "").await, "");
    let seen = json!({"value": [{"id": "1", "from": to(address), "internetMessageHeaders": mark}]});
    assert_eq!(answered(&policy, "GET", &list, "", 200, &seen), seen);
}

#[tokio::test]
async fn of_an_adopted_calendar_and_drive_only_the_deployments_own_part_is_seen_and_touched() {
    let policy = policy().await;
    let body = json!({"attendees": [to(CLEO)]}).to_string();
    answered(
        &policy,
        "POST",
        &format!("/users/{ANA_ID}/events"),
        &body,
        201,
        &json!({"id": "1", "iCalUId": "040-our"}),
    );
    let list = format!("/users/{CLEO_ID}/calendarView?startDateTime=a&endDateTime=b&$select=id,iCalUId,subject");
    let all = json!({"value": [{"id": "7", "iCalUId": "040-our"}, {"id": "8", "iCalUId": "040-private"}]});
    let shown = answered(&policy, "GET", &list, "", 200, &all);
    assert_eq!(shown["value"], json!([{"id": "7", "iCalUId": "040-our"}]));
    for (id, thing, expected) in [
        ("1", json!({"iCalUId": "040-our", "organizer": to(ANA)}), ""),
        ("2", json!({"iCalUId": "040-private", "organizer": to(ANA)}), "adopted"),
    ] {
        let path = format!("/users/{CLEO_ID}/events/{id}");
        let tenant = Tenant::with(&path, thing);
        assert_eq!(
            verdict(&super::policy().await, &tenant, "DELETE", &path, "").await,
            "adopted",
            "another host's memory"
        );
        assert_eq!(verdict(&policy, &tenant, "POST", &format!("{path}/accept"), "{}").await, expected, "{path}");
    }

    let drive = format!("/users/{CLEO_ID}/drive");
    for (id, folder, expected) in [
        ("1", "/drive/root:/haymaker-d", ""),
        ("2", "/drive/root:", "adopted"),
        ("3", "/drive/root:/haymaker-dd", "adopted"),
    ] {
        let path = format!("{drive}/items/{id}");
        let tenant = Tenant::with(&path, json!({"id": id, "name": "a.docx", "parentReference": {"path": folder}}));
        assert_eq!(verdict(&policy, &tenant, "DELETE", &path, "").await, expected, "{folder}");
        assert_eq!(
            verdict(&policy, &tenant, "GET", &format!("{path}:/b.docx:/content"), "").await,
            expected,
            "{folder}"
        );
    }
    let none = Tenant::default();
    let own = format!("{drive}/root:/haymaker-d/a.docx:/content");
    assert_eq!(verdict(&policy, &none, "PUT", &own, "{}").await, "");
    let folder = json!({"name": "haymaker-d", "folder": {}}).to_string();
    assert_eq!(verdict(&policy, &none, "POST", &format!("{drive}/root/children"), &folder).await, "");
}

#[tokio::test]
async fn lists_of_an_adopted_mailbox_and_calendar_do_not_tell_how_many_others_there_are() {
    let policy = policy().await;
    let next = "https://graph.example/v1.0/users/x/calendarView?$skip=50";
    let answer =
        json!({"@odata.context": "x", "@odata.count": 7, "@odata.nextLink": next, "value": [{"id": "theirs"}]});
    let mail = format!("/users/{CLEO_ID}/messages?$select=id,from,internetMessageHeaders");
    let events = format!("/users/{CLEO_ID}/events?$select=id,iCalUId");
    let view = format!("/users/{CLEO_ID}/calendarView?startDateTime=a&endDateTime=b&$select=iCalUId");
    for (target, expected) in [
        (format!("{mail}&$filter=isRead eq false"), json!({"value": []})),
        (format!("{events}&$filter=start/dateTime ge '2026' and start/dateTime lt '2027'"), json!({"value": []})),
        (view, json!({"value": [], "@odata.nextLink": next})),
    ] {
        assert_eq!(answered(&policy, "GET", &target, "", 200, &answer), expected, "{target}");
    }
}

#[tokio::test]
async fn a_draft_in_an_adopted_mailbox_is_sent_as_it_stands_when_it_is_sent() {
    let policy = policy().await;
    let drafts = format!("/users/{CLEO_ID}/messages");
    let body = json!({"toRecipients": [to(BEN)]}).to_string();
    answered(&policy, "POST", &drafts, &body, 201, &json!({"id": "new"}));
    let send = format!("{drafts}/new/send");
    for (recipient, expected) in [(BEN, ""), (CHIEF, "original"), (OUTSIDE, "original"), (BEN, "")] {
        let draft = json!({"id": "new", "isDraft": true, "from": to(CLEO), "toRecipients": [to(recipient)]});
        let tenant = Tenant::with(&format!("{drafts}/new"), draft);
        assert_eq!(verdict(&policy, &tenant, "POST", &send, "").await, expected, "{recipient}");
    }
    let theirs = json!({"id": "theirs", "isDraft": true, "toRecipients": [to(BEN)]});
    let tenant = Tenant::with(&format!("{drafts}/theirs"), theirs);
    assert_eq!(verdict(&policy, &tenant, "POST", &format!("{drafts}/theirs/send"), "").await, "adopted");
    assert_eq!(verdict(&policy, &Tenant::default(), "POST", &send, "").await, "", "one that is not there");
}

#[tokio::test]
async fn of_a_private_chat_only_what_this_deployment_said_is_seen() {
    let policy = policy().await;
    let path = format!("/chats/{PRIVATE}/messages");
    let none = Tenant::default();
    let says = |words: &str| json!({"body": {"content": words}}).to_string();
    assert_eq!(verdict(&policy, &none, "GET", &format!("{path}?$top=50"), "").await, "");
    answered(&policy, "POST", &path, &says("<b>answered</b>"), 201, &json!({"id": "answered"}));
    assert_eq!(verdict(&policy, &none, "POST", &path, &says("the answer was lost")).await, "");
    let message = |id: &str, from: &str, at: &str, words: &str| {
        let at = format!("2027-01-15T{at}Z");
        json!({"id": id, "createdDateTime": at, "from": {"user": {"id": from}}, "body": {"content": words}})
    };
    let messages = [
        (message("old", CLEO_ID, "07:00:00", "we are bought"), false),
        (message("restart", CLEO_ID, "08:00:30.5", "said by an earlier process"), true),
        (message("answered", CLEO_ID, "09:00:00", "answered"), true),
        (message("lost", CLEO_ID, "09:01:00", "the answer was lost\n"), true),
        (message("said-before", CLEO_ID, "07:01:00", "the answer was lost"), false),
        (message("new", CLEO_ID, "09:02:00", "do not tell anybody"), false),
        (message("created", ANA_ID, "07:02:00", "whatever"), true),
        (json!({"id": "undated", "from": {"user": {"id": CLEO_ID}}}), false),
    ];
    for (thing, shown) in &messages {
        let list = json!({"value": [thing], "@odata.nextLink": "next", "@odata.count": 9});
        let seen = answered(&policy, "GET", &path, "", 200, &list);
        let whole = json!({"value": [thing], "@odata.nextLink": "next"});
        assert_eq!(seen, if *shown { whole } else { json!({"value": []}) }, "{thing}");
        let seen = answered(&policy, "GET", &format!("{path}/1"), "", 200, thing);
        assert_eq!(seen == *thing, *shown, "{thing}");
    }
    let patch = format!("{path}/answered");
    assert_eq!(verdict(&policy, &none, "PATCH", &patch, &says("better so")).await, "", "what it said itself");
    // In a chat of two people whom it created, everything is its own.
    let own = format!("19:{ANA_ID}_{ANA_ID}@unq.gbl.spaces");
    let list = json!({"value": [{"id": "1"}]});
    assert_eq!(answered(&policy, "GET", &format!("/chats/{own}/messages"), "", 200, &list), list);
}

#[tokio::test]
async fn a_chat_of_two_people_is_heard_of_only_if_its_id_says_whose_it_is() {
    let policy = policy().await;
    let begin = json!({"ChatType": "OneOnOne"}).to_string();
    answered(&policy, "POST", "/chats", &begin, 201, &json!({"id": "19:unnamed@thread.v2"}));
    assert!(policy.vouches("chat", "any", "19:unnamed@thread.v2").is_err());
    let id = format!("19:{CLEO_ID}_{ANA_ID}@unq.gbl.spaces");
    answered(&policy, "POST", "/chats", &begin, 201, &json!({ "id": id }));
    assert!(policy.vouches("chat", "any", &id).is_ok(), "it can be written in");
    let old = json!({"id": "1", "createdDateTime": "2027-01-15T09:00:00Z", "from": {"user": {"id": CLEO_ID}}});
    let shown = answered(&policy, "GET", &format!("/chats/{id}/messages"), "", 200, &json!({"value": [old]}));
    assert_eq!(shown, json!({"value": []}), "the ledger does not list it yet");
}
