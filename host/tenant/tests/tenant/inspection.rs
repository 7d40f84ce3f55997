//! A look inside, over HTTP as the command line takes it.

use haymaker_tenant::inspect::{CalendarContent, ChatContent, DriveContent, Left, MailboxContent, TeamContent};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::history::{self, DEPLOYMENT, lived};
use crate::support::Client;

fn look<T: DeserializeOwned>(client: &Client, path: &str) -> T {
    let answer = client.raw("GET", &format!("/_haymaker/inspect/{path}"), &[], Vec::new()).expect(200);
    serde_json::from_value(answer.body).unwrap()
}

#[test]
fn mailbox_calendar_drive_chat_and_team_are_shown_whole() {
    let mut client = Client::new(history::settings());
    let history = lived(&mut client);
    let mailbox: MailboxContent = look(&client, &format!("mailbox/{}", client.upn("bob")));
    assert_eq!((mailbox.folders["Done"].total, mailbox.folders["Done"].unread), (1, 0));
    let calendar: CalendarContent = look(&client, &format!("calendar/{}", history.ada));
    assert_eq!(calendar.events[0].attendees[&client.upn("bob")], "accepted");
    let drive: DriveContent = look(&client, &format!("drive/{}", history.ada));
    let items: Vec<(&str, Option<usize>, usize)> =
        drive.items.iter().map(|item| (item.path.as_str(), item.size, item.shares)).collect();
    assert_eq!(items, [("Reports", None, 0), ("Reports/plan.txt", Some(3), 1), ("big.bin", Some(5), 0)]);
    let chat: ChatContent = look(&client, &format!("chat/{}", history.chat.replace(':', "%3A")));
    assert_eq!((chat.kind.as_str(), chat.posts[0].body.as_str()), ("oneOnOne", "Hello, Bob"));
    assert_eq!(chat.posts[0].from.as_deref(), Some(client.upn("ada").as_str()));
    let team: TeamContent = look(&client, &format!("team/{}", history.team));
    assert_eq!(team.channels["News"][0].reactions["like"], 1);
    for path in ["mailbox/nobody", "calendar/nobody", "drive/nobody", "chat/nobody", "team/nobody", "nothing"] {
        client.raw("GET", &format!("/_haymaker/inspect/{path}"), &[], Vec::new()).expect(404);
    }
    client.raw("GET", "/_haymaker/inspect/left", &[], Vec::new()).expect(400);
}

#[test]
fn what_is_left_of_a_deployment_is_found_wherever_it_lies() {
    let mut client = Client::new(history::settings());
    let history = lived(&mut client);
    let left: Left = look(&client, &format!("left?deployment={DEPLOYMENT}"));
    assert_eq!(left.users.iter().filter(|user| !user.deleted).count(), 2);
    let groups: Vec<Option<&str>> = left.groups.iter().map(|group| group.unique_name.as_deref()).collect();
    assert!(groups.contains(&Some(format!("haymaker-{DEPLOYMENT}-all").as_str())), "{groups:?}");
    // All that lies with its people: what they wrote, got, were invited to and were told of.
    for name in ["ada", "bob"] {
        let mailbox: MailboxContent = look(&client, &format!("mailbox/{}", client.upn(name)));
        let lies = left.messages.iter().filter(|mail| mail.with == client.upn(name)).count();
        assert!(lies > 1 && lies == mailbox.messages.len(), "{name}: {lies}");
    }
    assert_eq!((left.events.len(), left.files.len(), left.chats.len()), (2, 3, 1));

    for user in [&history.ada, &history.bob] {
        client.delete(&format!("/users/{user}")).expect(204);
        client.delete(&format!("/directory/deletedItems/{user}")).expect(204);
    }
    for group in [&history.team, &history.group] {
        client.delete(&format!("/groups/{group}")).expect(204);
    }
    let left: Left = look(&client, &format!("left?deployment={DEPLOYMENT}"));
    assert!(left.users.is_empty() && left.messages.is_empty() && left.events.is_empty());
    // Groups stay in the recycle bin, a OneDrive outlives its user, and so does a chat.
    assert!(left.groups.iter().all(|group| group.deleted) && left.groups.len() == 2);
    assert_eq!((left.files.len(), left.chats.len()), (3, 1));
    assert!(!left.is_empty());
    assert!(client.tenant.inspect_left("another").is_empty());
}

#[test]
fn what_a_deployment_sent_to_others_is_found_with_them_by_header_or_by_sender() {
    let client = Client::new(history::settings());
    let worker = client.employ(&format!("haymaker-{DEPLOYMENT}-7"));
    client.employ("ada");
    client.employ("eve");
    let at = |hour: u32| json!({ "dateTime": format!("2026-01-06T{hour:02}:00:00"), "timeZone": "UTC" });
    let with = json!([{ "emailAddress": { "address": client.upn("eve") }, "type": "required" }]);
    let meeting = json!({ "subject": "Review", "start": at(9), "end": at(10), "attendees": with });
    client.post(&format!("/users/{worker}/events"), &meeting).expect(201);
    let mut marked = client.mail("Plan", &["eve"]);
    marked["internetMessageHeaders"] = json!([{ "name": "x-haymaker-id", "value": format!("{DEPLOYMENT}/mail/1") }]);
    for mail in [marked, client.mail("Lunch", &["eve"])] {
        client.post(&format!("/users/{}/sendMail", client.upn("ada")), &json!({ "message": mail })).expect(202);
    }
    let left: Left = look(&client, &format!("left?deployment={DEPLOYMENT}"));
    let with_eve = left.messages.iter().filter(|mail| mail.with == client.upn("eve"));
    let mut subjects: Vec<&str> = with_eve.map(|mail| mail.what.subject.as_str()).collect();
    subjects.sort_unstable();
    assert_eq!(subjects, ["Plan", "Review"]);
}

#[test]
fn the_hash_of_bystanders_sees_every_touch_and_no_look() {
    let mut client = Client::new(history::settings());
    lived(&mut client);
    let bystander = client.get("/users?$filter=department eq 'Sales'").expect(200).each("id")[0].clone();
    let hash = |client: &Client| client.tenant.inspect().bystanders.hash;
    let before = hash(&client);
    client.get(&format!("/users/{bystander}/messages")).expect(200);
    client.get(&format!("/users/{bystander}/drive/root/children")).expect(200);
    client.get(&format!("/users/{bystander}/events")).expect(200);
    assert_eq!(hash(&client), before);
    let at = |hour: u32| json!({ "dateTime": format!("2026-01-07T{hour:02}:00:00"), "timeZone": "UTC" });
    let address = client.get(&format!("/users/{bystander}")).text("mail");
    let with = json!([{ "emailAddress": { "address": address }, "type": "required" }]);
    let mut hashes = vec![before];
    let mut touched = |client: &Client| {
        hashes.push(hash(client));
        let last = hashes.len() - 1;
        assert_ne!(hashes[last], hashes[last - 1]);
    };
    client
        .post(
            &format!("/users/{}/events", client.upn("ada")),
            &json!({ "start": at(9), "end": at(10), "attendees": with }),
        )
        .expect(201);
    touched(&client);
    client.post(&format!("/users/{bystander}/mailFolders"), &json!({ "displayName": "New" })).expect(201);
    touched(&client);
    client
        .post(&format!("/users/{bystander}/drive/root/children"), &json!({ "name": "New", "folder": {} }))
        .expect(201);
    touched(&client);
    let member = |id: &str| {
        json!({ "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
                "user@odata.bind": format!("https://graph.microsoft.com/v1.0/users('{id}')") })
    };
    let chat = json!({ "chatType": "oneOnOne", "members": [member(&bystander), member(&client.upn("ada"))] });
    client.post("/chats", &chat).expect(201);
    touched(&client);
}
