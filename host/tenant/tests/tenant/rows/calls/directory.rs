//! Domains, licences, users, the recycle bin.

use serde_json::json;

use crate::rows::{DIRECTORY, Row, Rows, without};
use crate::support::wide;
use haymaker_tenant::Settings;

pub(super) const ROWS: Rows = &[
    ("GET /domains", get_domains_answers_200_with_is_default),
    ("GET /organization", get_organization_answers_200_with_verified_domains),
    ("GET /subscribedSkus", get_subscribed_skus_answers_200_with_seats),
    ("POST /users", post_users_answers_201),
    ("GET /users", get_users_answers_200_and_a_next_link),
    ("PATCH /users/{id}", patch_users_id_answers_204),
    ("POST /users/{id}/assignLicense", post_users_id_assign_license_answers_200_with_the_user),
    ("DELETE /users/{id}", delete_users_id_answers_204_and_keeps_the_user_for_thirty_days),
    ("DELETE /directory/deletedItems/{id}", delete_deleted_items_id_answers_204_for_users_and_refuses_groups),
];

#[test]
fn get_domains_answers_200_with_is_default() {
    let row = Row::new(&["Domain.Read.All"]);
    let answer = row.ask("GET", "/domains", None, DIRECTORY).expect(200);
    assert_eq!(answer.value()[0]["isDefault"], true);
    assert_eq!(answer.each("id"), [row.setup.domain()]);
}

#[test]
fn get_organization_answers_200_with_verified_domains() {
    let row = Row::new(&["Organization.Read.All"]);
    let answer = row.ask("GET", "/organization", None, DIRECTORY).expect(200);
    assert_eq!(answer.value()[0]["verifiedDomains"][0]["name"], row.setup.domain());
}

#[test]
fn get_subscribed_skus_answers_200_with_seats() {
    let row = Row::new(&["LicenseAssignment.Read.All"]);
    let answer = row.ask("GET", "/subscribedSkus", None, DIRECTORY).expect(200);
    assert_eq!(answer.value()[0]["prepaidUnits"]["enabled"], 300);
    row.setup.employ("ada");
    assert_eq!(row.least.get("/subscribedSkus").expect(200).value()[0]["consumedUnits"], 1);
}

#[test]
fn post_users_answers_201() {
    let row = Row::new(&["User.ReadWrite.All"]);
    let body = without(&without(&row.setup.person("ada"), "employeeType"), "usageLocation");
    for name in ["accountEnabled", "displayName", "mailNickname", "userPrincipalName", "passwordProfile"] {
        let refused = row.least.post("/users", &without(&body, name)).expect(400);
        assert_eq!(refused.code(), "Request_BadRequest", "{name}");
    }
    let mut open = body.clone();
    open["passwordProfile"] = json!({});
    assert_eq!(row.least.post("/users", &open).expect(400).code(), "Request_BadRequest");
    let made = row.ask("POST", "/users", Some(&body), DIRECTORY).expect(201);
    assert_eq!(made.text("userPrincipalName"), row.setup.upn("ada"));
    let again = row.least.post("/users", &body).expect(400);
    assert_eq!(again.body["error"]["details"][0]["code"], "ObjectConflict");
}

#[test]
fn get_users_answers_200_and_a_next_link() {
    let row = Row::new(&["User.Read.All"]);
    let page = row.ask("GET", "/users?$top=2", None, DIRECTORY).expect(200);
    assert_eq!(page.value().len(), 2);
    let next = page.text("@odata.nextLink");
    let next = row.least.get(next.split_once("/v1.0").unwrap().1).expect(200);
    assert!(next.each("id").iter().all(|id| !page.each("id").contains(id)));
    row.least.get("/users?$top=999").expect(200);
    row.least.get("/users?$top=1000").expect(400);
}

#[test]
fn patch_users_id_answers_204() {
    let row = Row::new(&["User.ReadWrite.All"]);
    let path = format!("/users/{}", row.setup.hire("ada"));
    row.ask("PATCH", &path, Some(&json!({ "jobTitle": "Analyst" })), DIRECTORY).expect(204);
    assert_eq!(row.setup.get(&path).expect(200).text("jobTitle"), "Analyst");
    assert_eq!(row.least.patch(&path, &json!({ "shoeSize": 9 })).expect(400).code(), "Request_BadRequest");
}

#[test]
fn post_users_id_assign_license_answers_200_with_the_user() {
    let row = Row::new(&["LicenseAssignment.ReadWrite.All"]);
    let ada = row.setup.hire("ada");
    let sku = row.setup.get("/subscribedSkus").expect(200).value()[0]["skuId"].clone();
    let body = json!({ "addLicenses": [{ "skuId": sku }], "removeLicenses": [] });
    let path = format!("/users/{ada}/assignLicense");
    for name in ["addLicenses", "removeLicenses"] {
        let refused = row.least.post(&path, &without(&body, name)).expect(400);
        assert!(refused.message().ends_with(&format!("The missing parameters are: {name}.")), "{refused:?}");
    }
    let answer = row.ask("POST", &path, Some(&body), DIRECTORY).expect(200);
    assert_eq!(answer.text("id"), ada);
    assert_eq!(row.setup.get(&format!("/users/{ada}/licenseDetails")).expect(200).value().len(), 1);
}

#[test]
fn delete_users_id_answers_204_and_keeps_the_user_for_thirty_days() {
    let mut row = Row::new(&["User.DeleteRestore.All"]);
    let ada = row.setup.hire("ada");
    let path = format!("/users/{ada}");
    row.ask("DELETE", &path, None, DIRECTORY).expect(204);
    row.setup.get(&path).expect(404);
    let deleted = format!("/directory/deletedItems/{ada}");
    row.setup.get(&deleted).expect(200);
    let upn = row.setup.get(&format!("{deleted}?$select=userPrincipalName")).expect(200).text("userPrincipalName");
    assert!(upn.ends_with(&row.setup.upn("ada")) && upn.len() > row.setup.upn("ada").len(), "{upn}");
    row.later(30 * 24 * 60 * 60 * 1000);
    row.setup.token = row.setup.sign_in(&[]).expect(200).text("access_token");
    row.setup.get(&deleted).expect(404);
}

#[test]
fn delete_deleted_items_id_answers_204_for_users_and_refuses_groups() {
    let mut settings: Settings = wide();
    settings.app.scopes.push("Group.ReadWrite.All".to_owned());
    let row = Row::with(&["User.DeleteRestore.All"], &[], settings);
    let ada = row.setup.employ("ada");
    row.setup.delete(&format!("/users/{ada}")).expect(204);
    let path = format!("/directory/deletedItems/{ada}");
    row.ask("DELETE", &path, None, DIRECTORY).expect(204);
    row.setup.get(&path).expect(404);
    let body = json!({ "displayName": "x", "mailEnabled": false, "mailNickname": "x", "securityEnabled": true });
    let group = row.setup.post("/groups", &body).expect(201).text("id");
    row.setup.delete(&format!("/groups/{group}")).expect(204);
    let path = format!("/directory/deletedItems/{group}");
    assert_eq!(row.setup.delete(&path).expect(403).code(), DIRECTORY);
    row.setup.employ("bob");
    row.anyone("bob").delete(&path).expect(204);
    row.setup.get(&path).expect(404);
}
