//! The same requests at the same moments make the same tenant, in whatever order they arrive.

use crate::support::{Client, settings};
use serde_json::json;

/// Hires five people with mailboxes, each of whom then mails the next; people come in the given order.
fn run(order: &[usize]) -> Vec<String> {
    let client = Client::new(settings());
    let named = |name: String| uuid::Uuid::from_u128(name.bytes().fold(7, |sum, byte| sum * 131 + u128::from(byte)));
    let mut ids = vec![String::new(); order.len()];
    for &number in order {
        let name = format!("w{number}");
        let id = named(name.clone()).to_string();
        let headers = [("client-request-id", id.as_str())];
        let made = client.call("POST", "/users", &headers, Some(&client.person(&name))).expect(201);
        ids[number] = made.text("id");
        client.license(&ids[number]).expect(200);
    }
    for &number in order {
        let next = format!("w{}", (number + 1) % order.len());
        let request = named(format!("mail {number}")).to_string();
        let headers = [("client-request-id", request.as_str())];
        let body = json!({ "message": client.mail("Hello", &[&next, "nobody"]) });
        client.call("POST", &format!("/users/{}/sendMail", ids[number]), &headers, Some(&body)).expect(202);
    }
    ids.iter()
        .map(|id| format!("{id} {:?}", client.tenant.inspect_mailbox(id).unwrap()))
        .chain([client.tenant.inspect().bystanders.hash])
        .collect()
}

#[test]
fn the_order_of_arrival_changes_no_id_and_no_mailbox() {
    let one = run(&[0, 1, 2, 3, 4]);
    assert_eq!(one, run(&[4, 2, 0, 3, 1]));
    assert!(one[0].contains("Undeliverable"));
}

#[test]
fn one_client_request_id_sent_twice_makes_two_things_with_two_ids() {
    let client = Client::new(settings());
    let ada = client.employ("ada");
    let headers = [("client-request-id", "6f0ffb95-5a1f-4b5c-9b41-1f2e63a0f2a1")];
    let draft = || {
        let body = client.mail("x", &["ada"]);
        client.call("POST", &format!("/users/{ada}/messages"), &headers, Some(&body)).expect(201).text("id")
    };
    assert_ne!(draft(), draft());
}

#[test]
fn the_tenant_remembers_the_latest_moment_and_needs_no_clock_of_its_own() {
    let mut client = Client::new(settings());
    let start = client.now;
    client.now += 5_000;
    client.get("/domains").expect(200);
    client.now -= 4_000;
    assert_eq!(client.get("/domains").headers["date"], "Mon, 05 Jan 2026 08:00:01 GMT");
    assert_eq!(client.tenant.now(), start + 5_000);
    let bearer = format!("Bearer {}", client.token);
    let request =
        http::Request::get("/v1.0/domains").header("authorization", bearer).body(bytes::Bytes::new()).unwrap();
    assert_eq!(client.tenant.handle(request).headers()["date"], "Mon, 05 Jan 2026 08:00:05 GMT");
    let request = http::Request::get("/v1.0/domains").header("x-haymaker-clock", "soon").body(bytes::Bytes::new());
    assert_eq!(client.tenant.handle(request.unwrap()).status(), 400);
}
