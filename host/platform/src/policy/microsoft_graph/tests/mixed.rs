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
