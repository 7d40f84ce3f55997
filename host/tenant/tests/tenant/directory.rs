//! Users, licences and the recycle bin.

use std::time::Duration;

use crate::support::{Client, settings};
use haymaker_tenant::{Delays, Settings};
use serde_json::{Value, json};

const DAY: u64 = 24 * 60 * 60 * 1000;

#[test]
fn a_user_is_made_found_changed_and_counted() {
    let client = Client::new(settings());
    let made = client.post("/users", &client.person("ada")).expect(201);
    let id = made.text("id");
    assert!(made.headers["location"].contains(&id));
    assert_eq!(made.body["passwordProfile"], Value::Null);
    for path in [format!("/users/{id}"), format!("/users/{}", client.upn("ADA")), format!("/users('{id}')")] {
        assert_eq!(client.get(&path).expect(200).text("displayName"), "ada Example");
    }
    client.patch(&format!("/users/{id}"), &json!({ "jobTitle": "Analyst", "usageLocation": null })).expect(204);
    let answer = client.get(&format!("/users/{id}?$select=jobTitle,usageLocation,createdDateTime")).expect(200);
    assert_eq!(answer.body["jobTitle"], "Analyst");
    assert_eq!(answer.body["usageLocation"], Value::Null);
    assert_eq!(answer.body["createdDateTime"], "2026-01-05T08:00:00Z");
    assert_eq!(answer.body.get("displayName"), None);
    assert_eq!(client.tenant.inspect().tags["haymaker:test"].live, 1);
}

#[test]
fn a_password_is_never_answered_nor_kept() {
    let client = Client::new(settings());
    let id = client.hire("ada");
    let shown = client.get(&format!("/users/{id}?$select=passwordProfile,id")).expect(200);
    assert_eq!(shown.body["passwordProfile"], Value::Null);
    assert!(!format!("{:?}", client.tenant.inspect_users("haymaker:test")).contains("Correct-Horse"));
}

#[test]
fn what_makes_no_user_is_refused_in_graphs_words() {
    let client = Client::new(settings());
    client.hire("ada");
    let with = |name: &str, value: Value| {
        let mut body = client.person("bob");
        body[name] = value;
        body
    };
    let cases = [
        (
            with("userPrincipalName", client.upn("Ada").into()),
            "Another object with the same value for property userPrincipalName already exists.",
        ),
        (
            with("userPrincipalName", "bob@example.com".into()),
            "The domain portion of the userPrincipalName property is invalid.",
        ),
        (
            with("userPrincipalName", "bob".into()),
            "Invalid value specified for property 'userPrincipalName' of resource 'User'.",
        ),
        (with("displayName", Value::Null), "A value is required for property 'displayName' of resource 'User'."),
        (
            with("accountEnabled", "yes".into()),
            "Invalid value specified for property 'accountEnabled' of resource 'User'.",
        ),
        (
            with("usageLocation", "usa".into()),
            "Invalid value specified for property 'usageLocation' of resource 'User'.",
        ),
        (
            with("mailNickname", "b o b".into()),
            "Invalid value specified for property 'mailNickname' of resource 'User'.",
        ),
        (with("passwordProfile", json!({})), "A password must be specified to create a new user."),
        (
            with("passwordProfile", json!({ "password": "short" })),
            "The specified password does not comply with password complexity requirements.",
        ),
        (with("shoeSize", 43.into()), "Invalid property 'shoeSize'."),
        (with("id", "x".into()), "Property 'id' is read-only and cannot be set."),
    ];
    for (body, text) in cases {
        let answer = client.post("/users", &body).expect(400);
        assert_eq!(answer.code(), "Request_BadRequest");
        assert!(answer.message().starts_with(text), "{}", answer.message());
    }
    let json = [("content-type", "application/json")];
    let bearer = format!("Bearer {}", client.token);
    let headers = [json[0], ("authorization", bearer.as_str())];
    for body in ["", "{", "[]", "nonsense"] {
        let answer = client.raw("POST", "/v1.0/users", &headers, body.into()).expect(400);
        assert_eq!(answer.code(), "BadRequest", "{body}");
    }
    assert_eq!(client.tenant.inspect().tags["haymaker:test"].live, 1);
}

#[test]
fn a_deleted_user_is_recoverable_until_it_is_purged_and_its_name_is_free() {
    let client = Client::new(settings());
    let id = client.employ("ada");
    client.delete(&format!("/users/{id}")).expect(204);
    assert_eq!(client.get(&format!("/users/{id}")).expect(404).code(), "Request_ResourceNotFound");
    client.delete(&format!("/users/{id}")).expect(404);

    let bin = client.get(&format!("/directory/deletedItems/{id}")).expect(200);
    assert_eq!(bin.body["@odata.type"], "#microsoft.graph.user");
    assert_eq!(bin.text("userPrincipalName"), format!("{}{}", id.replace('-', ""), client.upn("ada")));
    assert_eq!(bin.text("deletedDateTime"), "2026-01-05T08:00:00Z");
    let list = client.get("/directory/deletedItems/graph.user?$filter=employeeType eq 'haymaker:test'").expect(200);
    assert_eq!(list.each("id"), std::slice::from_ref(&id));
    client.hire("ada");

    client.delete(&format!("/directory/deletedItems/{id}")).expect(204);
    client.get(&format!("/directory/deletedItems/{id}")).expect(404);
    client.delete(&format!("/directory/deletedItems/{id}")).expect(404);
    assert_eq!(client.tenant.inspect_mailbox(&id), None);
}

#[test]
fn the_recycle_bin_forgets_after_thirty_days() {
    let mut client = Client::new(Settings { token_lifetime: Duration::from_secs(40 * 86_400), ..settings() });
    let id = client.hire("ada");
    client.delete(&format!("/users/{id}")).expect(204);
    client.now += 30 * DAY - 1;
    client.get(&format!("/directory/deletedItems/{id}")).expect(200);
    client.now += 1;
    client.get(&format!("/directory/deletedItems/{id}")).expect(404);
    assert_eq!(client.get("/directory/deletedItems/graph.user").expect(200).value().len(), 0);
    assert_eq!(client.tenant.inspect().users_deleted, 0);
}

#[test]
fn users_are_filtered_selected_ordered_and_counted() {
    let client = Client::new(settings());
    for name in ["ada", "bob", "cy"] {
        client.hire(name);
    }
    client.patch(&format!("/users/{}", client.upn("cy")), &json!({ "employeeType": "haymaker:other" })).expect(204);
    let names = |query: &str| {
        let mut names = client.get(&format!("/users?$select=mailNickname&{query}")).expect(200).each("mailNickname");
        names.sort();
        names.join(" ")
    };
    assert_eq!(names("$filter=employeeType eq 'haymaker:test'"), "ada bob");
    assert_eq!(names(&format!("$filter=userPrincipalName eq '{}'", client.upn("BOB"))), "bob");
    assert_eq!(names("$filter=startswith(employeeType,'haymaker:')"), "ada bob cy");
    assert_eq!(names("$filter=employeeType eq 'haymaker:test' and startswith(displayName,'b')"), "bob");
    assert_eq!(names("$filter=mailNickname eq 'ada' or mailNickname eq 'cy'"), "ada cy");
    assert_eq!(
        names("$filter=employeeType in ('haymaker:test', 'haymaker:other') and accountEnabled eq true"),
        "ada bob cy"
    );
    assert_eq!(names("$filter=employeeType eq 'nobody'"), "");

    let eventual = [("consistencylevel", "eventual")];
    let advanced =
        client.call("GET", "/users?$count=true&$filter=endswith(mailNickname,'b')&$select=id", &eventual, None);
    assert_eq!(advanced.expect(200).body["@odata.count"], 1);
    let refused = client.get("/users?$filter=endswith(mailNickname,'b')").expect(400);
    assert_eq!(refused.code(), "Request_UnsupportedQuery");
    assert_eq!(client.call("GET", "/users/$count", &eventual, None).expect(200).body, 8);
    client.get("/users/$count").expect(400);

    let ordered = client.get("/users?$orderby=displayName desc&$top=8").expect(200).each("displayName");
    assert_eq!(ordered.len(), 8);
    assert!(ordered.windows(2).all(|pair| pair[0].to_lowercase() >= pair[1].to_lowercase()), "{ordered:?}");
    for query in ["$top=0", "$top=1000", "$skip=1", "$filter=shoe eq 1", "$select=shoe", "$filter=(", "$skiptoken=x"] {
        client.get(&format!("/users?{query}")).expect(400);
    }
}

#[test]
fn pages_hold_everybody_once_and_their_links_are_opaque_and_absolute() {
    let client = Client::new(settings());
    (0..23).for_each(|number| drop(client.hire(&format!("p{number}"))));
    for query in ["$filter=employeeType eq 'haymaker:test'&$select=id", "$orderby=displayName&$select=id"] {
        let mut seen = Vec::new();
        let mut next = format!("/users?$top=5&{query}");
        loop {
            let page = client.get(&next).expect(200);
            assert!(page.value().len() <= 5);
            seen.extend(page.each("id"));
            let Some(link) = page.body["@odata.nextLink"].as_str() else { break };
            next = link.strip_prefix("https://graph.microsoft.com/v1.0").unwrap().to_owned();
            assert!(next.contains("$skiptoken="), "{next}");
        }
        let distinct: std::collections::HashSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len());
        assert_eq!(seen.len(), if query.contains("filter") { 23 } else { 28 });
    }
}

#[test]
fn a_licence_needs_a_usage_location_and_a_free_seat() {
    let client = Client::new(Settings { seats: vec![("DEVELOPERPACK_E5".into(), 1)], ..settings() });
    let mut body = client.person("nowhere");
    body.as_object_mut().unwrap().remove("usageLocation");
    let nowhere = client.post("/users", &body).expect(201).text("id");
    let (ada, bob) = (client.hire("ada"), client.hire("bob"));
    assert_eq!(
        client.license(&nowhere).expect(400).message(),
        "License assignment cannot be done for user with invalid usage location."
    );
    assert_eq!(client.license(&ada).expect(200).text("id"), ada);
    client.license(&ada).expect(200);
    assert!(client.license(&bob).expect(400).message().ends_with("does not have any available licenses."));
    let consumed = || client.get("/subscribedSkus").value()[0]["consumedUnits"].clone();
    assert_eq!(consumed(), 1);
    client.delete(&format!("/users/{ada}")).expect(204);
    assert_eq!(consumed(), 0);
    client.license(&bob).expect(200);
    assert_eq!(client.get(&format!("/users/{bob}")).text("mail"), client.upn("bob"));

    let assign = |body: Value| client.post(&format!("/users/{bob}/assignLicense"), &body).expect(400);
    let unknown = "00000000-0000-0000-0000-000000000001";
    assert!(assign(json!({ "addLicenses": [{ "skuId": unknown }], "removeLicenses": [] })).message().contains(unknown));
    assert_eq!(
        assign(json!({ "addLicenses": [], "removeLicenses": [unknown] })).message(),
        "User does not have a corresponding license."
    );
    assign(json!({ "addLicenses": [] }));
    assign(json!({ "addLicenses": [{ "skuId": "x" }], "removeLicenses": [] }));
}

#[test]
fn a_new_user_is_found_after_a_while_and_listed_later() {
    let delays = Delays { replication: Duration::from_secs(5), listing: Duration::from_secs(60), ..Delays::default() };
    let mut client = Client::new(Settings { delays, ..settings() });
    let id = client.hire("ada");
    let listed = |client: &Client| client.get("/users?$filter=employeeType eq 'haymaker:test'").value().len();
    client.get(&format!("/users/{id}")).expect(404);
    assert!(client.post("/users", &client.person("ada")).expect(400).message().starts_with("Another object"));
    client.now += 5_000;
    client.get(&format!("/users/{id}")).expect(200);
    assert_eq!(listed(&client), 0);
    client.now += 55_000;
    assert_eq!(listed(&client), 1);
}

#[test]
fn the_organisation_and_its_default_domain_are_told() {
    let client = Client::new(settings());
    let domains = client.get("/domains").expect(200);
    assert_eq!(domains.value()[0]["id"], client.domain());
    assert_eq!(domains.value()[0]["isDefault"], true);
    let organization = client.get("/organization").expect(200);
    assert_eq!(organization.value()[0]["verifiedDomains"][0]["name"], client.domain());
    client.get(&format!("/domains/{}", client.domain())).expect(200);
    client.get("/domains/example.com").expect(404);
}

#[test]
fn a_request_is_throttled_when_told_to_and_has_no_effect() {
    let client = Client::new(settings());
    client.tenant.throttle_next(2, Some("1.5"));
    for _ in 0..2 {
        let answer = client.post("/users", &client.person("ada")).expect(429);
        assert_eq!((answer.code(), answer.headers["retry-after"].as_str()), ("TooManyRequests", "1.5"));
    }
    client.hire("ada");
    let told = client.raw("POST", "/_haymaker/throttle", &[], br#"{"requests":1}"#.to_vec());
    assert_eq!(told.status, 200);
    assert_eq!(client.get("/domains").expect(429).headers.get("retry-after"), None);
    client.get("/domains").expect(200);
    assert_eq!(client.tenant.inspect().throttled, 3);
}
