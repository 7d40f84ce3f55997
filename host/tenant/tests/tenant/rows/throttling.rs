//! The documented limits: what is within them is answered, what is over them is refused.
//!
//! Where a limit takes thousands of requests to reach, a quarter of it ([`Throttle::Strict`]) is reached instead.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::calls::{chat, member, say, team};
use super::{PREPARING, Rows};
use crate::identity::as_user;
use crate::support::{Answer, Client, wide};
use haymaker_tenant::{Settings, Tenant, Throttle, serve};

pub(crate) const ROWS: Rows = &[
    ("app, global", an_app_has_130_000_requests_in_ten_seconds),
    ("identity, app+tenant", identity_has_resource_units_by_the_size_of_the_tenant_and_3_000_writes),
    ("Outlook, app+mailbox", outlook_takes_10_000_requests_four_at_a_time_and_150_megabytes),
    ("Exchange, per mailbox", exchange_takes_30_messages_a_minute_and_10_000_recipients_a_day),
    ("Teams channel message", a_channel_and_a_user_take_a_message_a_second_and_a_channel_3_000_a_day),
    ("Teams chat message", a_chat_and_a_user_take_a_message_a_second),
    ("create team / channel", ten_teams_and_ten_channels_are_made_a_second_and_four_members_added_a_minute),
    ("SharePoint, OneDrive", sharepoint_has_1_200_units_a_minute_and_permissions_cost_five),
];

const EVERYTHING: &str = "https://graph.microsoft.com/.default";

fn limited(throttle: Throttle) -> Settings {
    let mut settings = Settings { throttle, security_defaults: false, ..wide() };
    settings.app.roles.extend(PREPARING.map(str::to_owned));
    settings
}

fn client(throttle: Throttle) -> Client {
    let client = Client::new(limited(throttle));
    client.employ("ada");
    client.employ("bob");
    client
}

/// How many of `requests` are answered before one is refused.
fn until_refused(requests: usize, mut request: impl FnMut() -> Answer) -> usize {
    (0..requests).take_while(|_| !matches!(request().status, 429 | 503)).count()
}

#[test]
fn an_app_has_130_000_requests_in_ten_seconds() {
    let mut client = Client::new(limited(Throttle::Strict));
    let requests: Vec<Value> =
        (0..20).map(|id| json!({ "id": id.to_string(), "method": "GET", "url": "/teams/x" })).collect();
    let batch = json!({ "requests": requests });
    let refused = |client: &Client| {
        let answer = client.post("/$batch", &batch).expect(200);
        answer.body["responses"].as_array().unwrap().iter().filter(|one| one["status"] == 429).count()
    };
    assert_eq!((0..32_500 / 20).map(|_| refused(&client)).sum::<usize>(), 0);
    assert_eq!(refused(&client), 20);
    client.now += 10_000;
    assert_eq!(refused(&client), 0);
}

#[test]
fn identity_has_resource_units_by_the_size_of_the_tenant_and_3_000_writes() {
    for (bystanders, units) in [(5, 3_500 / 4), (60, 5_000 / 4), (501, 8_000 / 4)] {
        let client = Client::new(Settings { bystanders, ..limited(Throttle::Strict) });
        // A list of users costs two units, one less with `$select`; one user costs one.
        assert_eq!(until_refused(units, || client.get("/users?$top=1")), units / 2);
    }
    let mut client = client(Throttle::Strict);
    let used = 6;
    assert_eq!(until_refused(900, || client.get("/users/nobody")), 875 - used, "to employ two people");
    client.now += 10_000;
    assert_eq!(until_refused(900, || client.get("/users?$top=1&$select=id")), 875);
    client.now += 10_000;
    assert_eq!(until_refused(900, || client.get("/groups/x/members")), 875 / 3);
    client.now += 150_000;
    let path = format!("/users/{}", client.upn("ada"));
    assert_eq!(until_refused(900, || client.patch(&path, &json!({ "city": "Ulm" }))), 3_000 / 4);
    client.now += 10_000;
    client.get(&path).expect(200);
    client.patch(&path, &json!({ "city": "Ulm" })).expect(429);
}

#[test]
fn outlook_takes_10_000_requests_four_at_a_time_and_150_megabytes() {
    let mut client = client(Throttle::Strict);
    let path = |client: &Client| format!("/users/{}/messages/x", client.upn("ada"));
    assert_eq!(until_refused(3_000, || client.get(&path(&client))), 10_000 / 4);
    let by_id = client.get(&format!("/users/{}?$select=id", client.upn("ada"))).expect(200).text("id");
    client.get(&format!("/users/{by_id}/messages/x")).expect(429);
    client.get(&format!("/users/{}/messages/x", client.upn("bob"))).expect(400);
    client.now += 600_000;
    let bearer = format!("Bearer {}", client.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    let megabyte = vec![b' '; 1024 * 1024];
    let write = || client.raw("PATCH", &format!("/v1.0{}", path(&client)), &headers, megabyte.clone());
    assert_eq!(until_refused(50, write), 150 / 4);
    client.now += 300_000;
    client.get(&path(&client)).expect(400);
    four_at_a_time();
}

/// Five requests that have begun and not ended: the fifth finds no place, until one of the others is done.
#[tokio::main(flavor = "current_thread")]
async fn four_at_a_time() {
    let local = client(Throttle::Documented);
    let tenant: Arc<Tenant> = Arc::clone(&local.tenant);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (end, ended) = oneshot::channel::<()>();
    let server = tokio::spawn(serve(tenant, listener, async { drop(ended.await) }));
    let body = json!({ "message": local.mail("x", &["ada"]) }).to_string();
    let begin = async |who: &str| {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let head = format!(
            "POST /v1.0/users/{}/sendMail HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\nconnection: close\r\n\r\n",
            local.upn(who),
            local.token,
            body.len()
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        // The server asks for the body: it has seen the head.
        let mut asked = [0; 25];
        stream.read_exact(&mut asked).await.unwrap();
        assert_eq!(&asked, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream
    };
    let finish = async |mut stream: TcpStream| {
        stream.write_all(body.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let mut under_way = Vec::new();
    for _ in 0..4 {
        under_way.push(begin("ada").await);
    }
    let refused = finish(begin("ada").await).await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    assert!(refused.contains("ApplicationThrottled") && refused.contains("MailboxConcurrency limit"), "{refused}");
    assert!(finish(begin("bob").await).await.starts_with("HTTP/1.1 202 "), "another mailbox is not busy");
    assert!(finish(under_way.pop().unwrap()).await.starts_with("HTTP/1.1 202 "));
    assert!(finish(begin("ada").await).await.starts_with("HTTP/1.1 202 "));
    drop((under_way, end));
    server.await.unwrap().unwrap();
}

#[test]
fn exchange_takes_30_messages_a_minute_and_10_000_recipients_a_day() {
    let mut client = client(Throttle::Documented);
    let send = format!("/users/{}/sendMail", client.upn("ada"));
    let small = json!({ "message": client.mail("x", &["bob"]) });
    assert_eq!(until_refused(40, || client.post(&send, &small)), 30);
    client.now += 60_000;
    let people: Vec<String> = (0..500).map(|number| format!("p{number}")).collect();
    let people: Vec<&str> = people.iter().map(String::as_str).collect();
    let large = json!({ "message": client.mail("x", &people) });
    assert_eq!(until_refused(40, || client.post(&send, &large)), 19, "30 and 19 times 500 of 10,000");
    let refused = client.post(&send, &large).expect(429);
    assert_eq!(refused.code(), "ErrorExceededMessageLimit");
    client.post(&send, &small).expect(202);
    let draft =
        client.post(&format!("/users/{}/messages", client.upn("ada")), &large["message"]).expect(201).text("id");
    let draft = format!("/users/{}/messages/{draft}/send", client.upn("ada"));
    client.call("POST", &draft, &[], None).expect(429);
    client.now += 24 * 60 * 60 * 1000;
    client.token = client.sign_in(&[]).expect(200).text("access_token");
    client.call("POST", &draft, &[], None).expect(202);
}

#[test]
fn a_channel_and_a_user_take_a_message_a_second_and_a_channel_3_000_a_day() {
    let mut client = client(Throttle::Documented);
    let team = team(&client);
    let general = client.get(&format!("{team}/primaryChannel")).expect(200).text("id");
    let other = client.post(&format!("{team}/channels"), &json!({ "displayName": "Deals" })).expect(201).text("id");
    client.post(&format!("{team}/members"), &member(&client, "bob")).expect(201);
    let path = |channel: &str| format!("{team}/channels/{channel}/messages");
    let app = client.token.clone();
    let bob = as_user(&client, "bob", EVERYTHING);
    client.token = as_user(&client, "ada", EVERYTHING);
    client.post(&path(&general), &say("one")).expect(201);
    client.post(&path(&general), &say("two")).expect(429);
    client.post(&path(&other), &say("two")).expect(429);
    client.with(bob.clone()).post(&path(&general), &say("two")).expect(429);
    client.with(bob).post(&path(&other), &say("two")).expect(201);
    let (mut posted, start) = (1, client.now);
    client.now += 1_000;
    while posted < 3_100 && client.post(&path(&general), &say("x")).status == 201 {
        posted += 1;
        client.now += 1_000;
    }
    assert_eq!(posted, 3_000);
    client.now = start + 24 * 60 * 60 * 1000;
    client.token = app;
    client.token = client.sign_in(&[]).expect(200).text("access_token");
    client.token = as_user(&client, "ada", EVERYTHING);
    client.post(&path(&general), &say("the next day")).expect(201);
    tenant_wide(50, |client, people| {
        let team = super::calls::team(client);
        let members: Vec<Value> = people.iter().map(|name| member(client, name)).collect();
        client.post(&format!("{team}/members/add"), &json!({ "values": members })).expect(200);
        let mut channel = |name: &String| {
            client.now += 1_000;
            let made = client.post(&format!("{team}/channels"), &json!({ "displayName": name })).expect(201);
            format!("{team}/channels/{}/messages", made.text("id"))
        };
        people.iter().map(&mut channel).collect()
    });
}

/// Lets more people than the limit post in the same second, each where nobody else does; a quarter of the limit do.
fn tenant_wide(limit: usize, threads: impl Fn(&mut Client, &[String]) -> Vec<String>) {
    let mut client = client(Throttle::Strict);
    let people: Vec<String> = (0..=limit / 4).map(|number| format!("p{number}")).collect();
    people.iter().for_each(|name| drop(client.employ(name)));
    let threads = threads(&mut client, &people);
    let posted = people
        .iter()
        .zip(threads)
        .map(|(name, path)| client.with(as_user(&client, name, EVERYTHING)).post(&path, &say("Hello")).status);
    let posted: Vec<u16> = posted.collect();
    let (within, over) = posted.split_at(limit / 4);
    assert!(within.iter().all(|status| *status == 201) && over == [429], "{posted:?}");
}

#[test]
fn a_chat_and_a_user_take_a_message_a_second() {
    let mut client = client(Throttle::Documented);
    client.employ("cy");
    let first = client.post("/chats", &chat(&client)).expect(201).text("id");
    let body = json!({ "chatType": "oneOnOne", "members": [member(&client, "ada"), member(&client, "cy")] });
    let second = client.post("/chats", &body).expect(201).text("id");
    let path = |chat: &str| format!("/chats/{chat}/messages");
    let bob = as_user(&client, "bob", EVERYTHING);
    client.token = as_user(&client, "ada", EVERYTHING);
    client.post(&path(&first), &say("one")).expect(201);
    client.post(&path(&second), &say("two")).expect(429);
    client.with(bob.clone()).post(&path(&first), &say("two")).expect(429);
    client.now += 1_000;
    client.post(&path(&second), &say("two")).expect(201);
    client.with(bob).post(&path(&first), &say("two")).expect(201);
    tenant_wide(20, |client, people| {
        let chat = |name: &String| {
            let body = json!({ "chatType": "oneOnOne", "members": [member(client, "ada"), member(client, name)] });
            format!("/chats/{}/messages", client.post("/chats", &body).expect(201).text("id"))
        };
        people.iter().map(chat).collect()
    });
}

#[test]
fn ten_teams_and_ten_channels_are_made_a_second_and_four_members_added_a_minute() {
    let mut client = client(Throttle::Documented);
    let paths: Vec<String> = (0..10).map(|_| team(&client)).collect();
    client.post("/teams", &json!({})).expect(429);
    let name = |number: usize| json!({ "displayName": format!("Channel {number}") });
    let mut number = 0;
    let made = until_refused(20, || {
        number += 1;
        client.post(&format!("{}/channels", paths[0]), &name(number))
    });
    assert_eq!(made, 10);
    let add = |client: &Client, team: &str| client.post(&format!("{team}/members"), &member(client, "bob"));
    assert_eq!(until_refused(6, || add(&client, &paths[0])), 4);
    add(&client, &paths[1]).expect(201);
    client.now += 1_000;
    client.post(&format!("{}/channels", paths[0]), &name(0)).expect(201);
    add(&client, &paths[0]).expect(429);
    client.now += 59_000;
    add(&client, &paths[0]).expect(201);
}

#[test]
fn sharepoint_has_1_200_units_a_minute_and_permissions_cost_five() {
    let mut client = client(Throttle::Documented);
    let drive = format!("/users/{}/drive", client.upn("ada"));
    assert_eq!(until_refused(1_300, || client.get(&format!("{drive}/root"))), 1_200);
    let refused: Vec<Answer> = (0..60).map(|_| client.get(&format!("{drive}/root"))).collect();
    assert!(refused.iter().all(|answer| matches!(answer.status, 429 | 503)));
    assert!(refused.iter().any(|answer| answer.status == 503) && refused.iter().any(|answer| answer.status == 429));
    let waits =
        |answer: &&Answer| answer.status == 503 && answer.headers.get("retry-after").is_some_and(|it| it == "60");
    assert!(refused.iter().filter(|answer| answer.status == 503).all(|answer| waits(&answer)));
    client.now += 60_000;
    assert_eq!(until_refused(1_300, || client.delete(&format!("{drive}/root:/nothing"))), 600);
    client.now += 60_000;
    assert_eq!(until_refused(1_300, || client.get(&format!("{drive}/root:/nothing:/permissions"))), 240);
}

#[test]
fn a_limit_in_a_batch_refuses_the_request_over_it_and_no_other() {
    let client = client(Throttle::Documented);
    let send = |id: usize, who: &str| {
        json!({
            "id": id.to_string(), "method": "POST", "url": format!("/users/{}/sendMail", client.upn(who)),
            "headers": { "Content-Type": "application/json" }, "body": { "message": client.mail("x", &["bob"]) },
        })
    };
    let statuses = |requests: Vec<Value>| -> Vec<Value> {
        let answer = client.post("/$batch", &json!({ "requests": requests })).expect(200);
        answer.body["responses"].as_array().unwrap().iter().map(|one| one["status"].clone()).collect()
    };
    assert!(statuses((0..20).map(|id| send(id, "ada")).collect()).iter().all(|status| status == 202));
    let mut mixed: Vec<Value> = (0..11).map(|id| send(id, "ada")).collect();
    mixed.push(send(11, "bob"));
    let mut expected = vec![json!(202); 12];
    expected[10] = json!(429);
    assert_eq!(statuses(mixed), expected);
}

#[test]
fn retry_after_repeats_with_the_seed_and_the_request() {
    let answers = || {
        let client = client(Throttle::Documented);
        let send = format!("/users/{}/sendMail", client.upn("ada"));
        let body = json!({ "message": client.mail("x", &["bob"]) });
        let ask = |number: usize| {
            let id = format!("00000000-0000-4000-8000-{number:012}");
            client.call("POST", &send, &[("client-request-id", &id)], Some(&body)).headers.get("retry-after").cloned()
        };
        (0..80).map(ask).skip(30).collect::<Vec<_>>()
    };
    let first = answers();
    assert_eq!(first, answers());
    assert!(first.iter().any(Option::is_none));
    assert!(first.iter().flatten().any(|value| value == "60.0"));
    assert!(first.iter().flatten().any(|value| value == "60"));
}
