//! Teams and their channels.

use std::time::Duration;

use serde_json::{Value, json};

use crate::rows::{Row, Rows, TEAMS, without};
use crate::support::{Client, wide};
use haymaker_tenant::{Delays, Settings};

pub(super) const ROWS: Rows = &[
    ("POST /teams", post_teams_answers_202_empty_with_the_location_of_an_operation),
    ("PUT /groups/{id}/team", put_groups_id_team_answers_201_and_404_while_the_group_is_young),
    ("POST /teams/{id}/channels", post_teams_id_channels_answers_201),
];

/// Somebody, as a member of a team or a chat.
pub(crate) fn member(client: &Client, name: &str) -> Value {
    json!({
        "@odata.type": "#microsoft.graph.aadUserConversationMember", "roles": ["owner"],
        "user@odata.bind": format!("https://graph.microsoft.com/v1.0/users('{}')", client.upn(name)),
    })
}

/// The body that makes a team of hers.
pub(crate) fn body(client: &Client) -> Value {
    json!({
        "template@odata.bind": "https://graph.microsoft.com/v1.0/teamsTemplates('standard')",
        "displayName": "Sales", "members": [member(client, "ada")],
    })
}

/// The path of a new team of hers.
pub(crate) fn team(client: &Client) -> String {
    let location = client.post("/teams", &body(client)).expect(202).headers["location"].clone();
    format!("/teams/{}", location.split('\'').nth(1).unwrap())
}

#[test]
fn post_teams_answers_202_empty_with_the_location_of_an_operation() {
    let row = Row::new(&["Team.Create"]);
    row.setup.employ("ada");
    for name in ["template@odata.bind", "displayName", "members"] {
        assert_eq!(row.least.post("/teams", &without(&body(&row.setup), name)).expect(400).code(), "BadRequest");
    }
    let accepted = row.ask("POST", "/teams", Some(&body(&row.setup)), TEAMS).expect(202);
    assert!(accepted.body.is_null());
    let location: Vec<&str> = accepted.headers["location"].split('\'').collect();
    assert_eq!((location[0], location[2], location[4]), ("/teams(", ")/operations(", ")"));
}

#[test]
fn put_groups_id_team_answers_201_and_404_while_the_group_is_young() {
    let delays = Delays { team: Duration::from_secs(20), ..Delays::default() };
    let mut row = Row::with(&["Group.ReadWrite.All"], &[], Settings { delays, ..wide() });
    let ada = row.setup.employ("ada");
    let group = |name: &str| json!({ "displayName": name, "mailEnabled": true, "mailNickname": name, "securityEnabled": false, "groupTypes": ["Unified"] });
    let orphan = row.setup.post("/groups", &group("orphan")).expect(201).text("id");
    let mut owned = group("owned");
    owned["owners@odata.bind"] = json!([format!("https://graph.microsoft.com/v1.0/users/{ada}")]);
    let owned = row.setup.post("/groups", &owned).expect(201).text("id");
    let path = |id: &str| format!("/groups/{id}/team");
    // Three tries, ten seconds apart, are enough.
    let mut tried = 1;
    while row.least.call("PUT", &path(&owned), &[], Some(&json!({}))).status == 404 {
        tried += 1;
        row.later(10_000);
    }
    assert_eq!(tried, 3);
    row.bare.call("PUT", &path(&owned), &[], Some(&json!({}))).expect(403);
    row.least.get(&format!("/teams/{owned}")).expect(200);
    row.least.call("PUT", &path(&orphan), &[], Some(&json!({}))).expect(400);
}

#[test]
fn post_teams_id_channels_answers_201() {
    let row = Row::new(&["Channel.Create"]);
    row.setup.employ("ada");
    let path = format!("{}/channels", team(&row.setup));
    assert_eq!(row.least.post(&path, &json!({ "description": "x" })).expect(400).code(), "BadRequest");
    let made = row.ask("POST", &path, Some(&json!({ "displayName": "Deals" })), TEAMS).expect(201);
    assert_eq!(made.text("displayName"), "Deals");
}
