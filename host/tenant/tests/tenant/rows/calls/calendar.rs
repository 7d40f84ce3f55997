//! Meetings.

use serde_json::{Value, json};

use crate::rows::{OUTLOOK, Row, Rows, without};
use crate::support::Client;

pub(super) const ROWS: Rows = &[
    ("POST /users/{id}/events", post_users_id_events_answers_201),
    (
        "POST accept, decline, tentativelyAccept; cancel",
        post_accept_decline_tentatively_accept_and_cancel_answer_202_with_an_empty_body,
    ),
    ("GET calendarView", get_calendar_view_answers_200_and_needs_both_ends),
];

pub(crate) fn meeting(client: &Client) -> Value {
    let at = |hour: u32| json!({ "dateTime": format!("2026-01-06T{hour:02}:00:00"), "timeZone": "UTC" });
    let bob = json!({ "emailAddress": { "address": client.upn("bob") }, "type": "required" });
    json!({ "subject": "Review", "start": at(9), "end": at(10), "attendees": [bob] })
}

fn view(client: &Client, who: &str) -> String {
    let window = "startDateTime=2026-01-06T00:00:00Z&endDateTime=2026-01-07T00:00:00Z";
    format!("/users/{}/calendarView?{window}", client.upn(who))
}

#[test]
fn post_users_id_events_answers_201() {
    let row = Row::new(&["Calendars.ReadWrite"]);
    row.setup.employ("ada");
    row.setup.employ("bob");
    let path = format!("/users/{}/events", row.setup.upn("ada"));
    for name in ["start", "end"] {
        let refused = row.least.post(&path, &without(&meeting(&row.setup), name)).expect(400);
        assert_eq!(refused.code(), "ErrorPropertyValidationFailure", "{name}");
    }
    let made = row.ask("POST", &path, Some(&meeting(&row.setup)), OUTLOOK).expect(201);
    assert_eq!(made.body["responseStatus"]["response"], "organizer");
    assert_eq!(row.least.get(&view(&row.setup, "bob")).expect(200).each("subject"), ["Review"]);
    let invitation = row.setup.get(&format!("/users/{}/messages", row.setup.upn("bob"))).expect(200);
    let invitation = &invitation.value()[0];
    assert_eq!(
        (&invitation["@odata.type"], &invitation["meetingMessageType"]),
        (&json!("#microsoft.graph.eventMessageRequest"), &json!("meetingRequest"))
    );
}

#[test]
fn post_accept_decline_tentatively_accept_and_cancel_answer_202_with_an_empty_body() {
    let row = Row::new(&["Calendars.ReadWrite"]);
    row.setup.employ("ada");
    row.setup.employ("bob");
    let events = format!("/users/{}/events", row.setup.upn("ada"));
    let mut own = String::new();
    for (action, kind) in [
        ("accept", "meetingAccepted"),
        ("tentativelyAccept", "meetingTenativelyAccepted"),
        ("decline", "meetingDeclined"),
    ] {
        own = format!("{events}/{}", row.setup.post(&events, &meeting(&row.setup)).expect(201).text("id"));
        let copy = row.setup.get(&view(&row.setup, "bob")).expect(200).each("id").pop().unwrap();
        let copy = format!("/users/{}/events/{copy}", row.setup.upn("bob"));
        assert_eq!(row.least.post(&format!("{own}/{action}"), &json!({})).expect(400).code(), "ErrorInvalidRequest");
        assert_eq!(row.least.post(&format!("{copy}/cancel"), &json!({})).expect(400).code(), "ErrorInvalidRequest");
        let body = json!({ "comment": "x", "sendResponse": true });
        let answer = row.ask("POST", &format!("{copy}/{action}"), Some(&body), OUTLOOK).expect(202);
        assert!(answer.body.is_null());
        let told = row.setup.get(&format!("/users/{}/messages?$top=1", row.setup.upn("ada"))).expect(200);
        assert!(
            row.setup
                .get(&format!("/users/{}/messages?$top=50", row.setup.upn("ada")))
                .expect(200)
                .each("meetingMessageType")
                .contains(&kind.to_owned()),
            "{told:?}"
        );
    }
    let called_off = row.ask("POST", &format!("{own}/cancel"), Some(&json!({ "comment": "x" })), OUTLOOK).expect(202);
    assert!(called_off.body.is_null());
    row.least.get(&own).expect(404);
}

#[test]
fn get_calendar_view_answers_200_and_needs_both_ends() {
    let row = Row::new(&["Calendars.ReadBasic"]);
    row.setup.employ("ada");
    row.setup.employ("bob");
    let mut body = meeting(&row.setup);
    body["body"] = json!({ "contentType": "text", "content": "The budget." });
    row.setup.post(&format!("/users/{}/events", row.setup.upn("ada")), &body).expect(201);
    let bare = format!("/users/{}/calendarView", row.setup.upn("ada"));
    for query in ["", "?startDateTime=2026-01-06T00:00:00Z", "?endDateTime=2026-01-06T00:00:00Z"] {
        assert_eq!(row.least.get(&format!("{bare}{query}")).expect(400).code(), "ErrorInvalidParameter");
    }
    let seen = row.ask("GET", &view(&row.setup, "ada"), None, OUTLOOK).expect(200);
    assert_eq!(seen.each("subject"), ["Review"]);
    assert!(seen.value()[0].get("body").is_none(), "the basics only");
    assert_eq!(row.setup.get(&view(&row.setup, "ada")).value()[0]["body"]["content"], "The budget.");
}
