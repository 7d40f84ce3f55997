//! Drives: files put, fetched, shared, and what becomes of them.

use std::time::Duration;

use crate::support::{Answer, Client, wide};
use haymaker_tenant::{Delays, Settings};
use serde_json::json;

fn client() -> Client {
    let client = Client::checking(wide()).unwrap_or_else(|| Client::new(wide()));
    client.employ("ada");
    client
}

/// Puts text into a file.
fn put(client: &Client, path: &str, text: &str) -> Answer {
    put_with(client, path, text, &[])
}

fn put_with(client: &Client, path: &str, text: &str, more: &[(&str, &str)]) -> Answer {
    let bearer = format!("Bearer {}", client.token);
    let headers = [&[("authorization", bearer.as_str()), ("content-type", "text/plain")], more].concat();
    client.raw("PUT", &format!("/v1.0{path}"), &headers, text.as_bytes().to_vec())
}

fn drive(client: &Client) -> String {
    format!("/users/{}/drive", client.upn("ada"))
}

#[test]
fn put_content_is_201_for_a_new_file_and_200_for_one_that_was_there() {
    let client = client();
    let drive = drive(&client);
    let made = put(&client, &format!("{drive}/root:/Plans/2026/a.docx:/content"), "one").expect(201);
    assert_eq!((&made.body["name"], &made.body["size"]), (&json!("a.docx"), &json!(3)));
    let again = put(&client, &format!("{drive}/root:/Plans/2026/a.docx:/content"), "two!").expect(200);
    assert_eq!((again.text("id"), &again.body["size"]), (made.text("id"), &json!(4)));
    put(&client, &format!("{drive}/root:/Plans/2026/a.docx:/content?@microsoft.graph.conflictBehavior=fail"), "x")
        .expect(409);
    let renamed = put(
        &client,
        &format!("{drive}/root:/Plans/2026/a.docx:/content?@microsoft.graph.conflictBehavior=rename"),
        "x",
    )
    .expect(201);
    assert_eq!(renamed.text("name"), "a 1.docx");
    let id = made.text("id");
    client.get(&format!("{drive}/root")).expect(200);
    client.get(&format!("{drive}/root/children")).expect(200);
    assert_eq!(
        client.get(&format!("{drive}/root:/Plans/2026:/children?$orderby=name")).expect(200).each("name"),
        ["a 1.docx", "a.docx"]
    );
    client.get(&format!("{drive}/items/{id}")).expect(200);
    let link =
        client.call("GET", &format!("{drive}/items/{id}/content"), &[], None).expect(302).headers["location"].clone();
    let path = link.strip_prefix("https://graph.microsoft.com").unwrap();
    let request = http::Request::get(path).body(bytes::Bytes::new()).unwrap();
    assert_eq!(client.tenant.handle(request).body().as_ref(), b"two!");
    assert_eq!(client.raw("GET", &path.replace("tempauth=", "tempauth=0"), &[], Vec::new()).status, 404);
    put(&client, &format!("{drive}/items/{id}/content"), "three").expect(200);
    put(&client, &format!("{drive}/root:/bad|name.txt:/content"), "x").expect(400);
}

#[test]
fn content_is_replaced_only_where_the_tag_is_still_that_of_the_file() {
    let client = client();
    let drive = drive(&client);
    let made = put(&client, &format!("{drive}/root:/a.docx:/content"), "one").expect(201);
    let (content, tag) = (format!("{drive}/items/{}/content", made.text("id")), made.text("eTag"));
    assert!(tag.contains(','), "as SharePoint writes them: {tag}");
    put_with(&client, &content, "two", &[("if-match", &tag)]).expect(200);
    assert_eq!(put_with(&client, &content, "three", &[("if-match", &tag)]).expect(412).code(), "resourceModified");
    let list = format!("{tag}, {}", client.get(&format!("{drive}/root:/a.docx")).expect(200).text("eTag"));
    put_with(&client, &content, "four", &[("if-match", &list)]).expect(200);
}

#[test]
fn folders_are_made_and_items_are_moved_and_deleted() {
    let client = client();
    let drive = drive(&client);
    let folder =
        client.post(&format!("{drive}/root/children"), &json!({ "name": "Old", "folder": {} })).expect(201).text("id");
    client.post(&format!("{drive}/root/children"), &json!({ "name": "old", "folder": {} })).expect(409);
    let id = put(&client, &format!("{drive}/root:/b.txt:/content"), "b").expect(201).text("id");
    let moved = client
        .patch(&format!("{drive}/items/{id}"), &json!({ "name": "c.txt", "parentReference": { "id": folder } }))
        .expect(200);
    assert_eq!(moved.text("name"), "c.txt");
    client.get(&format!("{drive}/root:/Old/c.txt")).expect(200);
    let inside = json!({ "parentReference": { "id": folder } });
    client.patch(&format!("{drive}/items/{folder}"), &inside).expect(400);
    let etag = moved.text("eTag");
    client.patch(&format!("{drive}/items/{id}"), &json!({ "description": "x" })).expect(200);
    let stale = client.call("DELETE", &format!("{drive}/items/{id}"), &[("if-match", &etag)], None).expect(412);
    assert_eq!(stale.code(), "resourceModified");
    client.call("POST", &format!("{drive}/items/{id}/permanentDelete"), &[], None).expect(204);
    client.get(&format!("{drive}/items/{id}")).expect(404);
    client.delete(&format!("{drive}/items/{folder}")).expect(204);
    client.delete(&format!("{drive}/root:/nothing")).expect(404);
}

#[test]
fn create_link_is_201_once_and_invite_lists_permissions() {
    let client = client();
    client.employ("bob");
    let id = put(&client, &format!("{}/root:/a.docx:/content", drive(&client)), "x").expect(201).text("id");
    let item = format!("{}/items/{id}", drive(&client));
    let body = json!({ "type": "view", "scope": "organization" });
    let link = client.post(&format!("{item}/createLink"), &body).expect(201).text("id");
    assert_eq!(client.post(&format!("{item}/createLink"), &body).expect(200).text("id"), link);
    client.post(&format!("{item}/createLink"), &json!({ "type": "paint" })).expect(400);
    let body = json!({ "recipients": [{ "email": client.upn("bob") }], "roles": ["read"], "requireSignIn": true, "sendInvitation": false });
    let invited = client.post(&format!("{item}/invite"), &body).expect(200);
    assert_eq!(invited.value()[0]["grantedToV2"]["user"]["email"], client.upn("bob"));
    let permissions = client.get(&format!("{item}/permissions")).expect(200);
    assert_eq!(permissions.value().len(), 2);
    client.get(&format!("{item}/permissions/{link}")).expect(200);
    client.patch(&format!("{item}/permissions/{link}"), &json!({ "roles": ["write"] })).expect(200);
    client.delete(&format!("{item}/permissions/{link}")).expect(204);
    client.get(&format!("{item}/permissions/{link}")).expect(404);
}

#[test]
fn an_upload_session_takes_a_file_in_pieces() {
    let client = client();
    let path = format!("{}/root:/big.bin:/createUploadSession", drive(&client));
    let url = client
        .post(&path, &json!({ "item": { "@microsoft.graph.conflictBehavior": "rename" } }))
        .expect(200)
        .text("uploadUrl");
    let path = url.strip_prefix("https://graph.microsoft.com").unwrap();
    let piece = |range: &str, bytes: &[u8]| client.raw("PUT", path, &[("content-range", range)], bytes.to_vec());
    assert_eq!(piece("bytes 0-2/5", b"abc").expect(202).body["nextExpectedRanges"][0], "3-");
    piece("bytes 0-2/5", b"abc").expect(416);
    assert_eq!(piece("bytes 3-4/5", b"de").expect(201).body["size"], 5);
    piece("bytes 3-4/5", b"de").expect(404);
    assert_eq!(client.get(&format!("{}/root:/big.bin", drive(&client))).expect(200).body["size"], 5);
}

#[test]
fn a_drive_is_not_there_before_its_time_and_outlives_its_user() {
    let delays = Delays { drive: Duration::from_secs(300), ..Delays::default() };
    let mut client = Client::new(Settings { delays, ..wide() });
    let id = client.hire("bob");
    let drive = format!("/users/{id}/drive");
    assert_eq!(client.get(&drive).expect(404).code(), "ResourceNotFound");
    client.license(&id).expect(200);
    assert_eq!(client.get(&drive).expect(404).message(), "User's mysite not found.");
    client.now += 300_000;
    let made = client.get(&drive).expect(200).text("id");
    put(&client, &format!("{drive}/root:/a.txt:/content"), "x").expect(201);
    client.delete(&format!("/users/{id}")).expect(204);
    client.get(&drive).expect(404);
    client.delete(&format!("/directory/deletedItems/{id}")).expect(204);
    let left = format!("/drives/{made}/root/children");
    assert_eq!(client.get(&left).expect(200).each("name"), ["a.txt"]);
    client.now += 30 * 24 * 60 * 60 * 1000;
    client.token = client.sign_in(&[]).expect(200).text("access_token");
    client.get(&left).expect(404);
}

#[test]
fn a_group_has_a_site_with_a_drive() {
    let client = client();
    let body = json!({ "displayName": "Sales", "mailEnabled": true, "mailNickname": "sales", "securityEnabled": false, "groupTypes": ["Unified"] });
    let id = client.post("/groups", &body).expect(201).text("id");
    let site = client.get(&format!("/groups/{id}/sites/root")).expect(200).text("id");
    client.get(&format!("/sites/{site}")).expect(200);
    client.get("/sites/root").expect(200);
    let host = site.split(',').next().unwrap();
    assert_eq!(client.get(&format!("/sites/{host}:/sites/sales")).expect(200).text("id"), site);
    let drive = client.get(&format!("/sites/{site}/drive")).expect(200).text("id");
    assert_eq!(client.get(&format!("/groups/{id}/drive")).expect(200).text("id"), drive);
    client.get(&format!("/groups/{id}/drives")).expect(200);
    put(&client, &format!("/sites/{site}/drive/root:/team.md:/content"), "x").expect(201);
    assert_eq!(client.get(&format!("/drives/{drive}/root/children")).expect(200).each("name"), ["team.md"]);
}
