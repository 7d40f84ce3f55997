//! Groups.

use serde_json::{Value, json};

use crate::rows::{DIRECTORY, Row, Rows, without};

pub(super) const ROWS: Rows = &[
    ("POST /groups", post_groups_answers_201),
    ("PATCH /groups/{id}", patch_groups_id_takes_members_twenty_at_a_time_and_answers_204),
    ("DELETE /groups/{id}", delete_groups_id_answers_204_and_keeps_security_groups_too),
];

fn group(name: &str) -> Value {
    json!({ "displayName": name, "mailEnabled": false, "mailNickname": name, "securityEnabled": true })
}

fn references(ids: &[String]) -> Value {
    ids.iter().map(|id| format!("https://graph.microsoft.com/v1.0/users/{id}")).collect()
}

#[test]
fn post_groups_answers_201() {
    let row = Row::new(&["Group.Create"]);
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        let refused = row.least.post("/groups", &without(&group("x"), name)).expect(400);
        assert_eq!(refused.code(), "Request_BadRequest", "{name}");
    }
    let people: Vec<String> = (0..21).map(|number| row.setup.hire(&format!("w{number}"))).collect();
    let mut body = group("many");
    body["members@odata.bind"] = references(&people);
    row.least.post("/groups", &body).expect(400);
    body["members@odata.bind"] = references(&people[..20]);
    let made = row.ask("POST", "/groups", Some(&body), DIRECTORY).expect(201).text("id");
    assert_eq!(row.setup.get(&format!("/groups/{made}/members")).expect(200).value().len(), 20);
    Row::new(&["Group.ReadWrite.All"]).least.post("/groups", &group("y")).expect(201);
}

#[test]
fn patch_groups_id_takes_members_twenty_at_a_time_and_answers_204() {
    let row = Row::new(&["GroupMember.ReadWrite.All"]);
    let people: Vec<String> = (0..21).map(|number| row.setup.hire(&format!("w{number}"))).collect();
    let path = format!("/groups/{}", row.setup.post("/groups", &group("x")).expect(201).text("id"));
    let add = |ids: &[String]| json!({ "members@odata.bind": references(ids) });
    row.least.patch(&path, &add(&people)).expect(400);
    row.ask("PATCH", &path, Some(&add(&people[..20])), DIRECTORY).expect(204);
    assert_eq!(row.setup.get(&format!("{path}/members")).expect(200).value().len(), 20);
    // Whoever may add members may do no more to a group than that.
    let mut more = add(&people[20..]);
    more["description"] = json!("x");
    assert_eq!(row.least.patch(&path, &more).expect(403).code(), DIRECTORY);
    row.setup.patch(&path, &more).expect(204);
}

#[test]
fn delete_groups_id_answers_204_and_keeps_security_groups_too() {
    let row = Row::new(&["Group.ReadWrite.All"]);
    let id = row.setup.post("/groups", &group("x")).expect(201).text("id");
    row.ask("DELETE", &format!("/groups/{id}"), None, DIRECTORY).expect(204);
    row.setup.get(&format!("/groups/{id}")).expect(404);
    assert_eq!(row.least.get("/directory/deletedItems/graph.group").expect(200).each("id"), [id]);
}
