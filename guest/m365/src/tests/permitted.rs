//! What the application may not do is left out and said, or refused.

use haymaker_guest::{
    Workload,
    time::{DAY, HOUR},
};
use serde_json::{Value, json};

use super::{MONDAY, cleaned, deployed, deployment, host, tenant};
use crate::{KnowledgeWorker, office::TENANT};

/// What a host tells whose token lacks this permission of these features.
fn lacking(features: &[&str], permission: &str) -> Value {
    let grant = json!({"granted": false, "missing": [permission], "untold": []});
    let grants = features.iter().map(|feature| ((*feature).to_owned(), grant.clone()));
    json!({"features": grants.collect::<serde_json::Map<_, _>>()})
}

#[test]
fn a_feature_without_its_permission_is_never_tried_and_said_to_be_off() {
    let (tenant, deployment) = (tenant(3), deployment(r#", "duration_hours": 9"#));
    let told = lacking(&["documents", "groups"], "Files.ReadWrite.All");
    let mut host = host(&tenant, MONDAY).with_parameters(&told);
    assert!(deployed(&mut host, &deployment).success);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 4 * HOUR).unwrap();
    let reached = |part: &str| host.requests().iter().any(|request| request.target.contains(part));
    assert!(reached("/messages") && !reached("/drive") && !reached("/groups") && !reached("/teams"));
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    let summary = status["summary"].as_str().unwrap();
    for feature in ["documents", "groups", "teams"] {
        let said = format!("no {feature}: the application lacks Files.ReadWrite.All");
        assert!(summary.contains(&said), "{summary}");
    }
    assert!(status["expected_total"]["document.create"].is_null() && status["expected"]["email.send"].is_number());
    host.advance_to(MONDAY + DAY);
    assert!(cleaned(&mut host, &deployment).success);
}

#[test]
fn nothing_begins_where_nobody_could_be_made_or_nothing_done() {
    let refused = |features: &[&str]| {
        let mut host = host(&tenant(3), MONDAY).with_parameters(&lacking(features, "X.Read"));
        let problem = host.performing(TENANT, || crate::tenant::perform(&deployment(""))).unwrap_err();
        (problem.code, problem.message)
    };
    let (code, message) = refused(&["create_workers"]);
    assert!(code == "no-permission" && message.contains("the application lacks X.Read; grant it"), "{message}");
    let (code, message) = refused(&["mail", "documents", "groups"]);
    assert!(code == "no-permission" && message.starts_with("there would be nothing to do: no mail: "), "{message}");
}

#[test]
fn importing_is_refused_before_anything_is_made_where_it_is_not_permitted() {
    let deployment = deployment(r#", "teams_mode": "migration""#);
    let told = lacking(&["teams.import"], "Teamwork.Migrate.All");
    let mut host = host(&tenant(3), MONDAY).with_parameters(&told);
    let problem = host.performing(TENANT, || crate::tenant::perform(&deployment)).unwrap_err();
    assert_eq!(problem.code, "no-permission");
    let why = "teams_mode=migration was asked for: the application lacks Teamwork.Migrate.All; grant it, or write another \
               teams_mode";
    assert_eq!(problem.message, why);
}

#[test]
fn what_only_exchange_knows_is_tried_once_before_mailboxes_are_waited_for() {
    let untold = json!({"granted": true, "missing": [], "untold": ["Mail.ReadWrite"]});
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY).with_parameters(&json!({"features": {"mail": untold}}));
    assert_eq!(deployed(&mut host, &deployment).reason, "3 of 3 workers are ready");
    let tried = host.activities().iter().filter(|(_, _, activity)| activity.kind == crate::permissions::TRY).count();
    assert_eq!(tried, 1);
}
