//! Several requests in one.

use crate::support::{Answer, Client, settings};
use serde_json::{Value, json};

fn batch(client: &Client, requests: &[Value]) -> Answer {
    client.post("/$batch", &json!({ "requests": requests }))
}

fn statuses(answer: &Answer) -> Vec<u64> {
    answer.body["responses"].as_array().unwrap().iter().map(|one| one["status"].as_u64().unwrap()).collect()
}

#[test]
fn each_request_of_a_batch_has_its_own_answer_and_permission() {
    let client = Client::new(settings());
    let json = json!({ "Content-Type": "application/json" });
    let answer = batch(
        &client,
        &[
            json!({ "id": "1", "method": "POST", "url": "/users", "headers": json, "body": client.person("ada") }),
            json!({ "id": "2", "method": "GET", "url": "/users/nobody" }),
            json!({ "id": "3", "method": "GET", "url": "/groups" }),
            json!({ "id": "4", "method": "GET", "url": "/domains", "dependsOn": ["2"] }),
            json!({ "id": "5", "method": "GET", "url": "/domains", "dependsOn": ["1"] }),
        ],
    )
    .expect(200);
    assert_eq!(statuses(&answer), [201, 404, 403, 424, 200]);
    assert_eq!(answer.body["responses"][1]["body"]["error"]["code"], "Request_ResourceNotFound");
    client.get(&format!("/users/{}", client.upn("ada"))).expect(200);
}

#[test]
fn a_batch_that_makes_no_sense_is_refused_whole() {
    let client = Client::new(settings());
    let one = |id: &str| json!({ "id": id, "method": "GET", "url": "/domains" });
    let many: Vec<Value> = (0..21).map(|number| one(&number.to_string())).collect();
    batch(&client, &many).expect(400);
    batch(&client, &many[..20]).expect(200);
    batch(&client, &[one("1"), one("1")]).expect(400);
    batch(&client, &[]).expect(400);
    batch(&client, &[json!({ "id": "1", "method": "GET", "url": "https://x/domains" })]).expect(400);
    batch(&client, &[json!({ "id": "1", "method": "POST", "url": "/users", "body": {} })]).expect(400);
    batch(&client, &[json!({ "id": "1", "method": "GET", "url": "/domains", "dependsOn": ["9"] })]).expect(400);
}

#[test]
fn a_throttled_request_in_a_batch_stands_alone() {
    let client = Client::new(settings());
    client.tenant.throttle_next(1, Some("1.5"));
    let one = |id: &str| json!({ "id": id, "method": "GET", "url": "/domains" });
    let answer = batch(&client, &[one("1"), one("2")]).expect(200);
    assert_eq!(statuses(&answer), [429, 200]);
    assert_eq!(answer.body["responses"][0]["headers"]["Retry-After"], "1.5");
}
