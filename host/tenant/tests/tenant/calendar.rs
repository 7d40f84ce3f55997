//! Meetings: invited to, answered, moved, called off; and series.

use crate::support::{Client, wide};
use serde_json::{Value, json};

fn client() -> Client {
    let client = Client::checking(wide()).unwrap_or_else(|| Client::new(wide()));
    for name in ["ada", "bob", "cy"] {
        client.employ(name);
    }
    client
}

fn at(day: u32, hour: u32) -> Value {
    json!({ "dateTime": format!("2026-01-{day:02}T{hour:02}:00:00"), "timeZone": "UTC" })
}

fn meeting(client: &Client, subject: &str, with: &[&str]) -> Value {
    let attendees: Vec<Value> = with
        .iter()
        .map(|name| json!({ "emailAddress": { "address": client.upn(name), "name": name }, "type": "required" }))
        .collect();
    json!({ "subject": subject, "start": at(6, 9), "end": at(6, 10), "attendees": attendees, "location": { "displayName": "Room 1" } })
}

fn events(client: &Client, who: &str) -> String {
    format!("/users/{}/events", client.upn(who))
}

fn view(client: &Client, who: &str) -> Vec<Value> {
    let path = format!(
        "/users/{}/calendarView?startDateTime=2026-01-05T00:00:00Z&endDateTime=2026-02-05T00:00:00Z&$top=100",
        client.upn(who)
    );
    client.get(&path).expect(200).value().clone()
}

fn theirs(client: &Client, who: &str) -> String {
    format!("{}/{}", events(client, who), view(client, who)[0]["id"].as_str().unwrap())
}

#[test]
fn post_events_invites_and_answers_come_back() {
    let client = client();
    let made = client.post(&events(&client, "ada"), &meeting(&client, "Review", &["bob", "cy"])).expect(201);
    let own = format!("{}/{}", events(&client, "ada"), made.text("id"));
    assert_eq!(made.body["responseStatus"]["response"], "organizer");
    let invited = &view(&client, "bob")[0];
    assert_eq!((&invited["isOrganizer"], &invited["showAs"]), (&json!(false), &json!("tentative")));
    assert_eq!(invited["iCalUId"], made.body["iCalUId"]);
    let inbox = client.get(&format!("/users/{}/mailFolders/inbox/messages", client.upn("bob"))).expect(200);
    assert_eq!(inbox.value()[0]["@odata.type"], "#microsoft.graph.eventMessageRequest");

    client
        .post(&format!("{}/accept", theirs(&client, "bob")), &json!({ "Comment": "Yes.", "SendResponse": true }))
        .expect(202);
    client.post(&format!("{}/tentativelyAccept", theirs(&client, "cy")), &json!({ "sendResponse": false })).expect(202);
    let now = client.get(&own).expect(200);
    let answers: Vec<&Value> =
        now.body["attendees"].as_array().unwrap().iter().map(|one| &one["status"]["response"]).collect();
    assert_eq!(answers, [&json!("accepted"), &json!("none")]);
    assert_eq!(view(&client, "cy")[0]["responseStatus"]["response"], "tentativelyAccepted");
    client.post(&format!("{}/decline", theirs(&client, "cy")), &json!({})).expect(202);
    assert!(view(&client, "cy").is_empty());
    assert_eq!(client.post(&format!("{own}/accept"), &json!({})).expect(400).code(), "ErrorInvalidRequest");
    let mail = client.get(&format!("/users/{}/mailFolders/inbox/messages", client.upn("ada"))).expect(200);
    assert_eq!(mail.value().len(), 2);
    assert!(mail.each("subject").contains(&"Accepted: Review".to_owned()));
}

#[test]
fn cancel_is_the_organisers_alone() {
    let client = client();
    let made = client.post(&events(&client, "ada"), &meeting(&client, "Review", &["bob"])).expect(201);
    let own = format!("{}/{}", events(&client, "ada"), made.text("id"));
    let copy = theirs(&client, "bob");
    assert_eq!(
        client.post(&format!("{copy}/cancel"), &json!({ "comment": "no" })).expect(400).code(),
        "ErrorInvalidRequest"
    );
    client.post(&format!("{own}/cancel"), &json!({ "comment": "Sorry." })).expect(202);
    client.get(&own).expect(404);
    let called_off = client.get(&copy).expect(200);
    assert_eq!(
        (&called_off.body["isCancelled"], &called_off.body["subject"]),
        (&json!(true), &json!("Canceled: Review"))
    );
    client.delete(&copy).expect(204);
}

#[test]
fn what_the_organiser_changes_reaches_the_invited() {
    let client = client();
    let made = client.post(&events(&client, "ada"), &meeting(&client, "Review", &["bob"])).expect(201);
    let own = format!("{}/{}", events(&client, "ada"), made.text("id"));
    client.post(&format!("{}/accept", theirs(&client, "bob")), &json!({})).expect(202);
    let change =
        json!({ "start": at(7, 9), "end": at(7, 10), "attendees": meeting(&client, "", &["bob", "cy"])["attendees"] });
    client.patch(&own, &change).expect(200);
    let copy = &view(&client, "bob")[0];
    assert_eq!(
        (&copy["start"]["dateTime"], &copy["responseStatus"]["response"]),
        (&json!("2026-01-07T09:00:00.0000000"), &json!("notResponded"))
    );
    assert_eq!(view(&client, "cy").len(), 1);
    client.patch(&own, &json!({ "attendees": meeting(&client, "", &["cy"])["attendees"] })).expect(200);
    assert_eq!(view(&client, "bob")[0]["isCancelled"], true);
    client.patch(&theirs(&client, "cy"), &json!({ "subject": "Mine" })).expect(403);
    client.patch(&theirs(&client, "cy"), &json!({ "showAs": "free", "categories": ["blue"] })).expect(200);
    client.patch(&own, &json!({ "end": at(1, 1) })).expect(400);
    client
        .post(&format!("{own}/forward"), &json!({ "ToRecipients": client.mail("", &["bob"])["toRecipients"] }))
        .expect(202);
}

#[test]
fn get_calendar_view_needs_both_ends_and_takes_series_apart() {
    let client = client();
    let user = client.upn("ada");
    client.get(&format!("/users/{user}/calendarView")).expect(400);
    client.get(&format!("/users/{user}/calendarView?startDateTime=2026-01-05T00:00:00Z")).expect(400);
    let mut series = meeting(&client, "Stand-up", &["bob"]);
    series["recurrence"] = json!({
        "pattern": { "type": "weekly", "interval": 1, "daysOfWeek": ["tuesday"] },
        "range": { "type": "numbered", "startDate": "2026-01-06", "numberOfOccurrences": 3 },
    });
    let master = client.post(&events(&client, "ada"), &series).expect(201);
    assert_eq!(master.body["type"], "seriesMaster");
    let instances = view(&client, "ada");
    assert_eq!(instances.len(), 3);
    assert_eq!((&instances[1]["type"], &instances[1]["seriesMasterId"]), (&json!("occurrence"), &master.body["id"]));
    assert_eq!(view(&client, "bob").len(), 3);
    let second = format!("{}/{}", events(&client, "ada"), instances[1]["id"].as_str().unwrap());
    client.get(&second).expect(200);
    assert_eq!(client.patch(&second, &json!({ "subject": "Longer" })).expect(200).body["type"], "exception");
    client.post(&format!("{second}/cancel"), &json!({})).expect(202);
    assert_eq!((view(&client, "ada").len(), view(&client, "bob").len()), (2, 2));
    let path = format!(
        "{}/{}/instances?startDateTime=2026-01-01T00:00:00Z&endDateTime=2026-03-01T00:00:00Z",
        events(&client, "ada"),
        master.text("id")
    );
    assert_eq!(client.get(&path).expect(200).value().len(), 2);
    let calendar =
        client.get(&format!("/users/{user}/calendars")).expect(200).value()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(client.get(&format!("/users/{user}/calendars/{calendar}/events")).expect(200).value().len(), 1);
    assert_eq!(
        client
            .get(&format!(
                "/users/{user}/calendar/events?$filter=start/dateTime ge '2026-01-06T00:00:00'&$orderby=start/dateTime"
            ))
            .expect(200)
            .value()
            .len(),
        1
    );
    client.get(&format!("/users/{user}/calendar")).expect(200);
}

#[test]
fn get_schedule_tells_when_people_are_busy() {
    let client = client();
    client.post(&events(&client, "ada"), &meeting(&client, "Review", &[])).expect(201);
    let body = json!({ "Schedules": [client.upn("ada"), "ghost@example.com"], "StartTime": at(6, 8), "EndTime": at(6, 11), "availabilityViewInterval": 60 });
    let answer = client.post(&format!("/users/{}/calendar/getSchedule", client.upn("bob")), &body).expect(200);
    assert_eq!(answer.value()[0]["availabilityView"], "020");
    assert!(answer.value()[1]["error"]["message"].is_string());
}

#[test]
fn one_transaction_makes_one_event() {
    let client = client();
    let mut body = meeting(&client, "Review", &["bob"]);
    body["transactionId"] = json!("t-1");
    let (one, two) = (
        client.post(&events(&client, "ada"), &body).expect(201),
        client.post(&events(&client, "ada"), &body).expect(201),
    );
    assert_eq!(one.text("id"), two.text("id"));
    assert_eq!(view(&client, "bob").len(), 1);
}

#[test]
fn events_keep_their_time_zone_and_are_shown_in_the_one_preferred() {
    let client = client();
    let mut body = meeting(&client, "Review", &["bob"]);
    let at =
        |hour: u32| json!({ "dateTime": format!("2026-01-06T{hour:02}:00:00"), "timeZone": "Pacific Standard Time" });
    (body["start"], body["end"]) = (at(9), at(10));
    let made = client.post(&events(&client, "ada"), &body).expect(201);
    assert_eq!(made.body["start"], json!({ "dateTime": "2026-01-06T17:00:00.0000000", "timeZone": "UTC" }));
    assert_eq!(made.body["originalStartTimeZone"], "Pacific Standard Time");
    let path = format!("{}/{}", events(&client, "ada"), made.text("id"));
    for (zone, shown) in [
        ("W. Europe Standard Time", "2026-01-06T18:00:00.0000000"),
        ("Asia/Kolkata", "2026-01-06T22:30:00.0000000"),
        ("Pacific Standard Time", "2026-01-06T09:00:00.0000000"),
    ] {
        let prefer = format!("outlook.timezone=\"{zone}\"");
        let seen = client.call("GET", &path, &[("prefer", &prefer)], None).expect(200);
        assert_eq!(seen.body["start"], json!({ "dateTime": shown, "timeZone": zone }));
        assert_eq!(seen.headers["preference-applied"], prefer);
    }
    let nowhere = client.call("GET", &path, &[("prefer", "outlook.timezone=\"Middle-earth\"")], None).expect(400);
    assert_eq!(nowhere.code(), "TimeZoneNotSupportedException");
    body["start"]["timeZone"] = json!("Middle-earth");
    assert_eq!(client.post(&events(&client, "ada"), &body).expect(400).code(), "TimeZoneNotSupportedException");
    assert_eq!(view(&client, "bob")[0]["originalStartTimeZone"], "Pacific Standard Time");
}

#[test]
fn a_series_is_at_its_hour_before_and_after_the_clocks_change() {
    let client = client();
    let at = |hour: u32| json!({ "dateTime": format!("2026-03-05T{hour:02}:00:00"), "timeZone": "America/New_York" });
    let mut body = json!({ "subject": "Board", "start": at(9), "end": at(10) });
    body["recurrence"] = json!({
        "pattern": { "type": "relativeMonthly", "interval": 1, "index": "first", "daysOfWeek": ["thursday"] },
        "range": { "type": "endDate", "startDate": "2026-03-05", "endDate": "2026-04-30" },
    });
    let made = client.post(&events(&client, "ada"), &body).expect(201);
    assert_eq!(made.body["recurrence"]["range"]["recurrenceTimeZone"], "America/New_York");
    let window = "startDateTime=2026-03-01T00:00:00Z&endDateTime=2026-06-01T00:00:00Z";
    let path = format!("{}/{}/instances?{window}", events(&client, "ada"), made.text("id"));
    let starts: Vec<Value> =
        client.get(&path).expect(200).value().iter().map(|event| event["start"]["dateTime"].clone()).collect();
    assert_eq!(starts, ["2026-03-05T14:00:00.0000000", "2026-04-02T13:00:00.0000000"]);
}

#[test]
fn every_turn_of_a_meeting_comes_as_a_mail_that_says_so() {
    let client = client();
    let own = client.post(&events(&client, "ada"), &meeting(&client, "Review", &["bob"])).expect(201).text("id");
    let own = format!("{}/{own}", events(&client, "ada"));
    client.post(&format!("{}/tentativelyAccept", theirs(&client, "bob")), &json!({ "sendResponse": true })).expect(202);
    client.patch(&own, &json!({ "start": at(7, 9), "end": at(7, 10) })).expect(200);
    client.post(&format!("{}/accept", theirs(&client, "bob")), &json!({})).expect(202);
    client.post(&format!("{own}/cancel"), &json!({})).expect(202);
    let inbox = |who: &str| {
        let path = format!("/users/{}/mailFolders/inbox/messages", client.upn(who));
        let mut kinds: Vec<(String, String)> = client
            .get(&path)
            .expect(200)
            .value()
            .iter()
            .map(|mail| {
                ["@odata.type", "meetingMessageType"].map(|name| mail[name].as_str().unwrap().to_owned()).into()
            })
            .collect();
        kinds.sort();
        kinds
    };
    let kind = |of: &str, what: &str| (format!("#microsoft.graph.{of}"), what.to_owned());
    assert_eq!(
        inbox("ada"),
        [kind("eventMessageResponse", "meetingAccepted"), kind("eventMessageResponse", "meetingTenativelyAccepted")]
    );
    assert_eq!(
        inbox("bob"),
        [
            kind("eventMessage", "meetingCancelled"),
            kind("eventMessageRequest", "meetingRequest"),
            kind("eventMessageRequest", "meetingRequest")
        ]
    );
}
