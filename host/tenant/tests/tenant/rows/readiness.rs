//! What a new user must wait for, and what its applications hear meanwhile.

use std::time::Duration;

use serde_json::json;

use super::calls::{member, new_team};
use super::{Row, Rows};
use crate::support::wide;
use haymaker_tenant::{Delays, Settings};

pub(crate) const ROWS: Rows = &[
    ("after POST /users", after_post_users_the_new_user_is_404_until_it_has_spread),
    ("licence", a_licence_needs_a_usage_location_and_a_free_seat),
    ("mailbox", a_mailbox_needs_a_licence_and_time),
    ("drive", a_drive_is_not_made_by_asking_for_it),
    ("Teams", teams_needs_a_licensed_owner),
];

fn row(delays: Delays) -> Row {
    Row::with(&["User.ReadWrite.All"], &[], Settings { delays, ..wide() })
}

#[test]
fn after_post_users_the_new_user_is_404_until_it_has_spread() {
    let (replication, listing) = (Duration::from_secs(5), Duration::from_secs(60));
    let mut row = row(Delays { replication, listing, ..Delays::default() });
    let ada = row.setup.hire("ada");
    let found = |row: &Row| row.least.get(&format!("/users/{ada}"));
    let listed = |row: &Row| {
        let filter = format!("/users?$filter=userPrincipalName eq '{}'", row.setup.upn("ada"));
        row.least.get(&filter).expect(200).value().len()
    };
    assert_eq!(found(&row).expect(404).code(), "Request_ResourceNotFound");
    let again = row.least.post("/users", &row.setup.person("ada")).expect(400);
    assert_eq!(again.body["error"]["details"][0]["code"], "ObjectConflict", "it is there, though it cannot be seen");
    row.later(5_000);
    found(&row).expect(200);
    assert_eq!(row.least.get(&format!("/users/{}", row.setup.upn("ada"))).expect(200).text("id"), ada);
    assert_eq!(listed(&row), 0);
    row.later(55_000);
    assert_eq!(listed(&row), 1);
}

#[test]
fn a_licence_needs_a_usage_location_and_a_free_seat() {
    let seats = vec![("DEVELOPERPACK_E5".to_owned(), 1)];
    let row = Row::with(&["User.ReadWrite.All"], &[], Settings { seats, ..wide() });
    let mut nowhere = row.setup.person("ada");
    nowhere["usageLocation"] = json!(null);
    let ada = row.setup.post("/users", &nowhere).expect(201).text("id");
    let refused = row.setup.license(&ada).expect(400);
    assert_eq!(refused.message(), "License assignment cannot be done for user with invalid usage location.");
    row.least.patch(&format!("/users/{ada}"), &json!({ "usageLocation": "US" })).expect(204);
    row.setup.license(&ada).expect(200);
    let bob = row.setup.hire("bob");
    let refused = row.setup.license(&bob).expect(400);
    assert!(refused.message().ends_with("does not have any available licenses."), "{refused:?}");
    row.least.delete(&format!("/users/{ada}")).expect(204);
    row.setup.license(&bob).expect(200);
}

#[test]
fn a_mailbox_needs_a_licence_and_time() {
    let mut row = row(Delays { mailbox: Duration::from_secs(1800), ..Delays::default() });
    let ada = row.setup.hire("ada");
    let inbox = format!("/users/{ada}/mailFolders/inbox");
    assert_eq!(row.setup.get(&inbox).expect(404).code(), "MailboxNotEnabledForRESTAPI");
    row.setup.license(&ada).expect(200);
    row.later(1_799_999);
    assert_eq!(row.setup.get(&inbox).expect(404).code(), "MailboxNotEnabledForRESTAPI");
    row.later(1);
    row.setup.get(&inbox).expect(200);
}

#[test]
fn a_drive_is_not_made_by_asking_for_it() {
    let mut row = row(Delays { drive: Duration::from_secs(300), ..Delays::default() });
    let ada = row.setup.hire("ada");
    let drive = format!("/users/{ada}/drive");
    let missing = |row: &Row| {
        let answer = row.setup.get(&drive).expect(404);
        assert_eq!((answer.code(), answer.message()), ("ResourceNotFound", "User's mysite not found."));
    };
    missing(&row);
    row.setup.license(&ada).expect(200);
    missing(&row);
    row.later(300_000);
    row.setup.get(&drive).expect(200);
}

#[test]
fn teams_needs_a_licensed_owner() {
    let row = row(Delays::default());
    let ada = row.setup.hire("ada");
    let sentence = "Failed to get license information for the user";
    assert!(row.setup.post("/teams", &new_team(&row.setup)).expect(403).message().starts_with(sentence));
    let owner = member(&row.setup, "ada")["user@odata.bind"].clone();
    let group = json!({
        "displayName": "Sales", "mailEnabled": true, "mailNickname": "sales", "securityEnabled": false,
        "groupTypes": ["Unified"], "owners@odata.bind": [owner],
    });
    let group = row.setup.post("/groups", &group).expect(201).text("id");
    let put = || row.setup.call("PUT", &format!("/groups/{group}/team"), &[], Some(&json!({})));
    assert!(put().expect(403).message().starts_with(sentence));
    row.setup.license(&ada).expect(200);
    put().expect(201);
    row.setup.post("/teams", &new_team(&row.setup)).expect(202);
}
