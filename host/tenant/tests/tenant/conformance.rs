//! Every implemented operation, held against the published description of Graph.

use std::collections::BTreeSet;

use crate::support::{Client, contract, settings};
use haymaker_tenant::contract::Contract;
use serde_json::{Value, json};

/// A short life in the tenant, in which every operation is called, and many are refused.
#[test]
fn all_exchanges_are_as_the_description_says() {
    let Some(client) = Client::checking(settings()) else { return };
    for path in ["/domains", "/organization", "/subscribedSkus", "/users", "/directory/deletedItems/graph.user"] {
        client.get(path).expect(200);
    }
    client.get(&format!("/domains/{}", client.domain())).expect(200);
    client.get(&format!("/organization/{}", client.tenant.settings().tenant_id)).expect(200);
    let sku = client.get("/subscribedSkus?$select=id,skuPartNumber").value()[0]["id"].as_str().unwrap().to_owned();
    client.get(&format!("/subscribedSkus/{sku}")).expect(200);
    client.call("GET", "/users/$count", &[("consistencylevel", "eventual")], None).expect(200);

    let (ada, bob) = (client.employ("ada"), client.employ("bob"));
    client.post("/users", &client.person("ada")).expect(400);
    client.get(&format!("/users/{ada}")).expect(200);
    let every = "accountEnabled,assignedLicenses,proxyAddresses,passwordProfile,createdDateTime,deletedDateTime,otherMails,userType,id";
    client.get(&format!("/users/{ada}?$select={every}")).expect(200);
    client.get("/users/nobody").expect(404);
    client.patch(&format!("/users/{ada}"), &json!({ "jobTitle": "Analyst" })).expect(204);
    client.get(&format!("/users/{ada}/licenseDetails")).expect(200);

    let messages = format!("/users/{ada}/messages");
    let draft = client.post(&messages, &client.mail("One", &["bob"])).expect(201);
    let path = format!("{messages}/{}", draft.text("id"));
    client.get(&path).expect(200);
    client.get(&format!("{path}?$select=subject,internetMessageHeaders,uniqueBody,conversationIndex")).expect(200);
    client.patch(&path, &json!({ "subject": "Two", "isRead": false, "importance": "high" })).expect(200);
    client.call("POST", &format!("{path}/send"), &[], None).expect(202);
    client.get(&path).expect(404);
    client.post(&format!("/users/{ada}/sendMail"), &json!({ "message": client.mail("Three", &["ghost"]) })).expect(202);
    client.get(&messages).expect(200);
    client.get(&format!("{messages}?$top=1&$count=true")).expect(200);
    client.get(&format!("{messages}?$filter=nonsense")).expect(400);
    let folders = client.get(&format!("/users/{bob}/mailFolders?$count=true&$top=3")).expect(200);
    assert!(folders.body["@odata.nextLink"].is_string());
    client.get(&format!("/users/{bob}/mailFolders/inbox")).expect(200);
    let inbox = format!("/users/{bob}/mailFolders/inbox/messages");
    let got = client.get(&inbox).expect(200).each("id")[0].clone();
    client.delete(&format!("/users/{bob}/messages/{got}")).expect(204);
    client.post(&inbox, &client.mail("Four", &["ada"])).expect(201);

    client.delete(&format!("/users/{ada}")).expect(204);
    client.get(&format!("/directory/deletedItems/{ada}")).expect(200);
    client.get("/directory/deletedItems/graph.user?$filter=employeeType eq 'haymaker:test'").expect(200);
    client.delete(&format!("/directory/deletedItems/{ada}")).expect(204);
    client.get(&format!("/directory/deletedItems/{ada}")).expect(404);

    client.tenant.throttle_next(1, Some("3"));
    client.get("/users").expect(429);
    client.get("/nowhere").expect(400);
    client.call("PUT", "/users", &[], None).expect(405);
}

#[test]
fn what_is_not_simulated_says_so_whatever_the_permissions() {
    let client = Client::new(settings());
    let path = "/users/x/teamwork/sendActivityNotification";
    let refused = client.post(path, &json!({ "topic": {} })).expect(501);
    assert_eq!(refused.code(), "notImplemented");
    assert!(refused.message().contains("POST /users/{user-id}/teamwork/sendActivityNotification: "), "{refused:?}");
    client.with("nonsense".to_owned()).post(path, &json!({})).expect(401);
}

#[test]
fn the_check_finds_what_is_wrong() {
    let Some(contract) = contract() else { return };
    let wrong =
        |method: &str, path: &str, body: Value| contract.check_request(method, path, "", Some(&body)).join("; ");
    assert_eq!(wrong("POST", "/v1.0/users/a/messages", json!({ "subject": "x" })), "");
    assert!(wrong("POST", "/users/a/messages", json!({ "toRecipient": [] })).contains("toRecipient is not described"));
    assert!(wrong("POST", "/users/a/messages", json!({ "subject": 5 })).contains("is not of type string"));
    assert!(wrong("POST", "/users/a/messages", json!({ "importance": "very" })).contains("is none of"));
    assert!(
        wrong("POST", "/users/a/messages", json!({ "toRecipients": [{ "emailAddress": { "adress": "x" } }] }))
            .contains("adress")
    );
    assert!(wrong("POST", "/users", json!({ "displayName": "x" })).contains("passwordProfile.password is required"));
    assert!(wrong("POST", "/users/a/sendMail", json!({ "message": { "subject": "x" } })).contains("toRecipients"));
    assert!(
        wrong("POST", "/users/a/assignLicense", json!({ "addLicenses": [] })).contains("removeLicenses is required")
    );
    assert!(wrong("POST", "/users/a/messages/b/send", json!({})).contains("is not taken"));
    assert!(contract.check_request("GET", "/userz", "", None)[0].contains("not described"));
    assert!(wrong("PATCH", "/groups/g", json!({ "displaName": "x" })).contains("displaName is not described"));
    assert_eq!(wrong("PATCH", "/groups/g", json!({ "extension_1f2e_ward": "x" })), "");
    assert!(wrong("PUT", "/groups/g/team", json!({ "subjct": "x" })).contains("subjct is not described"));
    assert!(wrong("POST", "/users/a/events", json!({ "subjct": "x" })).contains("subjct is not described"));
    assert_eq!(wrong("PATCH", "/groups(uniqueName='x')", json!({ "displayName": "x" })), "");
    for path in ["/groups(displayName='x')", "/users(uniqueName='x')", "/groups(nonsense')", "/groups(uniqueName='')"] {
        assert!(wrong("PATCH", path, json!({ "displayName": "x" })).contains("is not described"), "{path}");
    }
    assert!(contract.check_request("GET", "/users", "$top=1000", None)[0].contains("more than 999"));

    let headers = ["request-id", "client-request-id", "date"].map(|name| (name.to_owned(), "x".to_owned())).into();
    let answer = |status: u16, body: Option<Value>| {
        contract.check_response("GET", "/users/a", status, &headers, body.as_ref()).join("; ")
    };
    assert_eq!(answer(200, Some(json!({ "id": "x", "mail": null }))), "");
    assert!(answer(200, Some(json!({ "id": null }))).contains("must not be null"));
    assert!(answer(200, Some(json!({ "createdDateTime": "yesterday" }))).contains("is not a date-time"));
    assert!(answer(200, Some(json!({ "assignedLicenses": [{ "skuId": "x" }] }))).contains("is not a uuid"));
    assert!(answer(200, None).contains("is missing"));
    assert!(answer(201, None).contains("201 is not described"));
    assert!(answer(404, Some(json!({ "error": "no" }))).contains("is not of type object"));
}

/// Permissions of the description that the table of operations leaves out on purpose: they grant far more than Haymaker
/// ever asks for, belong to other products, or are given to an app by one team or chat.
fn left_out(role: &str) -> bool {
    [
        "AgentId",
        "DeviceManagement",
        "User.ReadWrite.CrossCloud",
        "User-",
        "User.EnableDisable",
        "User.ManageIdentities",
        "Group-",
    ]
    .iter()
    .any(|start| role.starts_with(start))
        || [".Group", ".Chat", ".WhereInstalled", ".User"].iter().any(|end| role.ends_with(end))
}

/// Roles that the description does not list for an operation, but that contain those that it lists.
fn contains_a_listed_one(role: &str) -> bool {
    [
        "User.ReadWrite.All",
        "User.Read.All",
        "Mail.Read",
        "Mail.ReadWrite",
        "Directory.Read.All",
        "Directory.ReadWrite.All",
        "LicenseAssignment.ReadWrite.All",
        "Group.Read.All",
        "Group.ReadWrite.All",
        "Calendars.ReadWrite",
        "Files.ReadWrite.All",
        "Chat.Read.All",
        "Chat.ReadWrite.All",
    ]
    .contains(&role)
}

/// The operations of the description that are Graph's and ask for a permission of their own.
fn operations(contract: &Contract) -> Vec<(String, String)> {
    let own = |template: &str| template != "/$batch" && !template.ends_with("/token");
    contract.operations().into_iter().filter(|(_, template)| own(template)).collect()
}

#[test]
fn an_operation_is_allowed_to_the_roles_of_the_description_and_to_no_others() {
    let Some(contract) = contract() else { return };
    let operations = operations(&contract);
    let mut all: BTreeSet<String> = operations
        .iter()
        .flat_map(|(method, template)| roles(contract.operation(method, template).unwrap()))
        .filter(|role| !left_out(role))
        .collect();
    all.insert("Nothing.At.All".to_owned());
    let mut wrong = Vec::new();
    for role in &all {
        let mut settings = settings();
        settings.bystanders = 0;
        settings.app.roles = vec![role.clone()];
        let client = Client::new(settings);
        for (method, template) in &operations {
            let answer = client.call(method, &template.replace(['{', '}'], ""), &[], None);
            // What is not simulated says so to everybody.
            if answer.status == 501 {
                continue;
            }
            // A message that imports is refused otherwise than for the role; so is what only users may do.
            let allowed = answer.status != 403;
            let listed = roles(contract.operation(method, template).unwrap()).contains(role);
            if listed && !allowed {
                wrong.push(format!("{method} {template} is refused to {role}"));
            } else if !listed && allowed && !contains_a_listed_one(role) {
                wrong.push(format!("{method} {template} is allowed to {role}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What workloads need must be simulated, and what is not must say so itself.
#[test]
fn every_path_and_method_of_the_description_is_there() {
    let Some(contract) = contract() else { return };
    let all: BTreeSet<String> = contract
        .operations()
        .iter()
        .flat_map(|(method, template)| roles(contract.operation(method, template).unwrap()))
        .collect();
    let mut settings = settings();
    settings.app.roles = all.into_iter().collect();
    let client = Client::new(settings);
    let (mut missing, mut delegated) = (Vec::new(), 0);
    let operations = operations(&contract);
    for (method, template) in &operations {
        let answer = client.call(method, &template.replace(['{', '}'], ""), &[], None);
        let name = format!("{method} {template}");
        assert!(!answer.message().starts_with("Resource not found for the segment"), "{name}: {answer:?}");
        assert!(answer.status != 405 && answer.status < 500 || answer.status == 501, "{name}: {answer:?}");
        match answer.status {
            501 => {
                assert_eq!(answer.code(), "notImplemented");
                assert!(answer.message().contains(&format!("{method} {template}: ")), "{answer:?}");
                missing.push(name);
            }
            // Whoever has all application permissions is refused only what no application may do.
            403 => delegated += 1,
            _ => {}
        }
    }
    let there = operations.len() - missing.len();
    println!("{there} of {} operations are simulated, {delegated} of them for users only", operations.len());
    println!("not simulated:\n  {}", missing.join("\n  "));
    let allowed = ["/delta", "/copy", "/assignLicense", "/sendActivityNotification", "/findMeetingTimes"];
    let needed: Vec<&String> = missing.iter().filter(|name| !allowed.iter().any(|end| name.ends_with(end))).collect();
    assert!(needed.is_empty(), "{needed:#?}");
}

fn roles(operation: &Value) -> Vec<String> {
    ["least", "higher"]
        .iter()
        .filter_map(|kind| operation.pointer(&format!("/x-permissions/application/{kind}"))?.as_array())
        .flatten()
        .filter_map(Value::as_str)
        .map(|role| role.split(' ').next().unwrap().to_owned())
        .collect()
}
