//! Groups, their members and owners, and the recycle bin.

use crate::support::{Client, wide};
use serde_json::{Value, json};

fn client() -> Client {
    Client::checking(wide()).unwrap_or_else(|| Client::new(wide()))
}

fn group(nickname: &str) -> Value {
    json!({
        "displayName": nickname, "mailEnabled": true, "mailNickname": nickname, "securityEnabled": false,
        "groupTypes": ["Unified"],
    })
}

fn bound(client: &Client, ids: &[String]) -> Value {
    let base = "https://graph.microsoft.com/v1.0/users/";
    assert!(!client.token.is_empty());
    ids.iter().map(|id| Value::from(format!("{base}{id}"))).collect()
}

#[test]
fn post_groups_makes_a_group_with_its_owners_and_members() {
    let client = client();
    let (ada, bob) = (client.hire("ada"), client.hire("bob"));
    let mut body = group("sales");
    body["owners@odata.bind"] = bound(&client, std::slice::from_ref(&ada));
    body["members@odata.bind"] = bound(&client, &[ada.clone(), bob.clone()]);
    let made = client.post("/groups", &body).expect(201);
    assert_eq!(made.body["mail"], client.upn("sales"));
    let id = made.text("id");
    assert_eq!(client.get(&format!("/groups/{id}/members")).expect(200).each("id").len(), 2);
    assert_eq!(
        client.get(&format!("/groups/{id}/owners?$select=id")).expect(200).each("id"),
        std::slice::from_ref(&ada)
    );
    assert_eq!(client.get(&format!("/users/{bob}/memberOf")).expect(200).each("id"), std::slice::from_ref(&id));
    assert_eq!(
        client.post("/groups", &group("sales")).expect(400).body["error"]["details"][0]["code"],
        "ObjectConflict"
    );
    for missing in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        let mut body = group("x");
        body.as_object_mut().unwrap().remove(missing);
        assert_eq!(client.post("/groups", &body).expect(400).code(), "Request_BadRequest");
    }
    let found = client.get("/groups?$filter=displayName eq 'sales'&$select=id,displayName").expect(200);
    assert_eq!(found.each("id"), std::slice::from_ref(&id));
    assert_eq!(client.get("/groups/$count").expect(400).code(), "Request_BadRequest");
    client.call("GET", "/groups/$count", &[("consistencylevel", "eventual")], None).expect(200);
}

#[test]
fn patch_groups_adds_members_twenty_at_a_time() {
    let client = client();
    let people: Vec<String> = (0..21).map(|number| client.hire(&format!("w{number}"))).collect();
    let id = client.post("/groups", &group("all")).expect(201).text("id");
    let path = format!("/groups/{id}");
    client.patch(&path, &json!({ "members@odata.bind": bound(&client, &people) })).expect(400);
    client.patch(&path, &json!({ "members@odata.bind": bound(&client, &people[..20]) })).expect(204);
    assert_eq!(client.get(&format!("{path}/members?$top=999")).expect(200).value().len(), 20);
    let again = client.patch(&path, &json!({ "members@odata.bind": bound(&client, &people[..1]) })).expect(400);
    assert!(again.message().contains("already exist"), "{again:?}");
    let reference = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/directoryObjects/{}", people[20]) });
    client.post(&format!("{path}/members/$ref"), &reference).expect(204);
    client.post(&format!("{path}/members/$ref"), &reference).expect(400);
    client.delete(&format!("{path}/members/{}/$ref", people[20])).expect(204);
    client.delete(&format!("{path}/members/{}/$ref", people[20])).expect(404);
    let page = client.get(&format!("{path}/members?$top=5")).expect(200);
    assert_eq!(page.value().len(), 5);
    assert!(page.body["@odata.nextLink"].is_string());
}

#[test]
fn a_group_by_unique_name_is_made_once_and_found_ever_after() {
    let client = client();
    let path = "/groups(uniqueName='haymaker-7f3a')";
    client.patch(path, &group("team")).expect(404);
    let made = client.call("PATCH", path, &[("prefer", "create-if-missing")], Some(&group("team"))).expect(201);
    assert_eq!(made.body["uniqueName"], "haymaker-7f3a");
    let change = json!({ "description": "x" });
    client.call("PATCH", path, &[("prefer", "create-if-missing")], Some(&change)).expect(204);
    assert_eq!(client.get(path).expect(200).body["description"], "x");
    let other = json!({ "uniqueName": "other" });
    client.patch(path, &other).expect(400);
}

#[test]
fn a_deleted_group_waits_thirty_days_and_no_application_may_purge_it() {
    let mut client = client();
    let id = client.post("/groups", &group("sales")).expect(201).text("id");
    client.delete(&format!("/groups/{id}")).expect(204);
    client.get(&format!("/groups/{id}")).expect(404);
    assert_eq!(client.get("/directory/deletedItems/graph.group").expect(200).each("id"), std::slice::from_ref(&id));
    let refused = client.delete(&format!("/directory/deletedItems/{id}")).expect(403);
    assert_eq!(refused.code(), "Authorization_RequestDenied");
    client.call("POST", &format!("/directory/deletedItems/{id}/restore"), &[], None).expect(200);
    client.get(&format!("/groups/{id}")).expect(200);
    client.delete(&format!("/groups/{id}")).expect(204);
    client.now += 30 * 24 * 60 * 60 * 1000;
    client.token = client.sign_in(&[]).expect(200).text("access_token");
    client.get(&format!("/directory/deletedItems/{id}")).expect(404);
}

#[test]
fn managers_and_administrative_units_are_kept() {
    let mut settings = wide();
    settings.app.roles.push("AdministrativeUnit.ReadWrite.All".to_owned());
    let client = Client::checking(settings.clone()).unwrap_or_else(|| Client::new(settings));
    let (ada, bob) = (client.hire("ada"), client.hire("bob"));
    client.get(&format!("/users/{ada}/manager")).expect(404);
    let reference = json!({ "@odata.id": format!("https://graph.microsoft.com/v1.0/users/{bob}") });
    client.call("PUT", &format!("/users/{ada}/manager/$ref"), &[], Some(&reference)).expect(204);
    assert_eq!(client.get(&format!("/users/{ada}/manager")).expect(200).text("id"), bob);
    assert_eq!(client.get(&format!("/users/{bob}/directReports")).expect(200).each("id"), std::slice::from_ref(&ada));
    client.delete(&format!("/users/{ada}/manager/$ref")).expect(204);
    let unit = client.post("/directory/administrativeUnits", &json!({ "displayName": "West" })).expect(201).text("id");
    let path = format!("/directory/administrativeUnits/{unit}");
    client.patch(&path, &json!({ "description": "x" })).expect(204);
    assert_eq!(client.get(&path).expect(200).body["description"], "x");
    client.post(&format!("{path}/members/$ref"), &reference).expect(204);
    assert_eq!(client.get(&format!("{path}/members")).expect(200).each("id"), [bob]);
    assert_eq!(client.get("/directory/administrativeUnits").expect(200).each("id"), [unit]);
    client.delete(&path).expect(204);
    client.get(&path).expect(404);
}

#[test]
fn filters_look_into_lists_with_any_and_all() {
    let client = client();
    let (ada, bob) = (client.employ("ada"), client.hire("bob"));
    let unified = client.post("/groups", &group("sales")).expect(201).text("id");
    let mut plain = group("plain");
    (plain["mailEnabled"], plain["securityEnabled"], plain["groupTypes"]) = (json!(false), json!(true), json!([]));
    let plain = client.post("/groups", &plain).expect(201).text("id");
    let eventual = [("consistencylevel", "eventual")];
    let ids = |path: &str| client.call("GET", path, &eventual, None).expect(200).each("id");
    assert_eq!(ids("/groups?$filter=groupTypes/any(c:c eq 'Unified')"), [unified.as_str()]);
    assert_eq!(ids("/groups?$count=true&$filter=not groupTypes/any(c:c eq 'Unified')"), [plain]);
    assert_eq!(ids("/groups?$filter=proxyAddresses/any(p:startswith(p,'smtp:sales@'))"), [unified]);
    let sku = client.get("/subscribedSkus").expect(200).value()[0]["skuId"].as_str().unwrap().to_owned();
    let licensed = ids(&format!("/users?$filter=assignedLicenses/any(l:l/skuId eq {sku})"));
    assert!(licensed.contains(&ada) && !licensed.contains(&bob));
    client.get("/groups?$filter=displayName/any(c:c eq 'x')").expect(400);
    client.get("/groups?$filter=groupTypes/all(c:c eq 'Unified')").expect(400);
    assert_eq!(ids("/groups?$count=true&$filter=groupTypes/all(c:c eq 'Unified')").len(), 2, "of nothing all is true");
}
