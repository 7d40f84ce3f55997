//! Documents.

use serde_json::json;

use crate::rows::{FILES, Row, Rows, without};
use crate::support::{Answer, Client};

pub(super) const ROWS: Rows = &[
    (
        "PUT /users/{id}/drive/root:/p/f.docx:/content",
        put_content_answers_201_for_a_new_file_and_200_for_a_replaced_one,
    ),
    ("POST createLink", post_create_link_answers_201_for_a_new_link_and_200_for_an_existing_one),
    ("POST invite", post_invite_answers_200_with_the_permissions),
];

fn row() -> Row {
    let row = Row::new(&["Files.ReadWrite.All"]);
    row.setup.employ("ada");
    row
}

fn put(client: &Client, text: &str) -> Answer {
    let bearer = format!("Bearer {}", client.token);
    let path = format!("/v1.0/users/{}/drive/root:/p/f.docx:/content", client.upn("ada"));
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/octet-stream")];
    client.raw("PUT", &path, &headers, text.as_bytes().to_vec())
}

#[test]
fn put_content_answers_201_for_a_new_file_and_200_for_a_replaced_one() {
    let row = row();
    assert_eq!(put(&row.bare, "x").expect(403).code(), FILES);
    let made = put(&row.least, "one").expect(201);
    assert_eq!((&made.body["name"], &made.body["size"]), (&json!("f.docx"), &json!(3)));
    assert_eq!(put(&row.least, "four").expect(200).text("id"), made.text("id"));
}

#[test]
fn post_create_link_answers_201_for_a_new_link_and_200_for_an_existing_one() {
    let row = row();
    let item = format!("/users/{}/drive/items/{}", row.setup.upn("ada"), put(&row.setup, "x").expect(201).text("id"));
    let path = format!("{item}/createLink");
    let body = json!({ "type": "view", "scope": "organization" });
    assert_eq!(row.least.post(&path, &without(&body, "type")).expect(400).code(), "invalidRequest");
    let made = row.ask("POST", &path, Some(&body), FILES).expect(201);
    assert_eq!(made.body["link"]["scope"], "organization");
    assert_eq!(row.least.post(&path, &body).expect(200).text("id"), made.text("id"));
}

#[test]
fn post_invite_answers_200_with_the_permissions() {
    let row = row();
    row.setup.employ("bob");
    let item = format!("/users/{}/drive/items/{}", row.setup.upn("ada"), put(&row.setup, "x").expect(201).text("id"));
    let path = format!("{item}/invite");
    let body = json!({ "recipients": [{ "email": row.setup.upn("bob") }], "roles": ["read"] });
    for name in ["recipients", "roles"] {
        assert_eq!(row.least.post(&path, &without(&body, name)).expect(400).code(), "invalidRequest", "{name}");
    }
    let shared = row.ask("POST", &path, Some(&body), FILES).expect(200);
    assert_eq!(shared.value()[0]["grantedToV2"]["user"]["email"], row.setup.upn("bob"));
}
