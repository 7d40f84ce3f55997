//! What the workload says of itself before it acts and after it was taken away.

use haymaker_guest::{Workload, ledger, time::DAY};
use serde_json::json;

use super::{MONDAY, cleaned, deployed, deployment, host, tenant};
use crate::{KnowledgeWorker, cleanup::PROVE, office::TENANT};

#[test]
fn a_forecast_is_of_a_working_day_and_is_told_until_there_is_work() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY);
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    assert!(status["forecast"]["domain"].is_null(), "nobody has looked at the tenant: {status}");
    assert_eq!(status["forecast"]["workers_from"], "created for this deployment, and taken away again");

    deployed(&mut host, &deployment);
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    let forecast = &status["forecast"];
    assert_eq!(forecast["domain"], "contoso.example");
    assert_eq!(forecast["seats"], json!({"license": "DEVELOPERPACK_E5", "needed": 3, "free": 3}));
    assert_eq!(forecast["per_day"]["email.send"], 324.0, "three people, nine hours, twelve mails an hour");
    assert!(forecast["requests_per_day"].as_f64() > Some(648.0), "a draft and its sending, and all else: {forecast}");
    assert!(forecast["first_activity"].as_str().unwrap().starts_with("2026-01-05T08:00:00"), "{forecast}");
    assert!(!forecast["remains"].as_array().unwrap().is_empty());

    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + DAY).unwrap();
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    assert!(status["forecast"].is_null(), "it is at work");
}

#[test]
fn a_run_of_hours_is_foreseen_as_what_it_does_on_its_one_day() {
    let (tenant, deployment) = (tenant(3), deployment(r#", "duration_hours": 2"#));
    let mut host = host(&tenant, MONDAY);
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    assert_eq!(status["forecast"]["per_day"]["email.send"], 72.0);
}

#[test]
fn what_a_cleanup_cannot_take_away_is_told_once_it_has_begun() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    assert!(host.planning(|| KnowledgeWorker::status(&deployment)).unwrap()["left"].is_null());
    cleaned(&mut host, &deployment);
    let left = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap()["left"].clone();
    assert_eq!(left["searches"], json!(["cleanup/1/prove/1", "cleanup/1/prove/2"]));
    assert_eq!(left["recoverable"], json!([]), "users are purged");
    let beyond = left["beyond"].as_array().unwrap();
    assert!(beyond.iter().any(|it| it["what"].as_str().unwrap().starts_with("audit, sign-in")), "{left}");
    let searches = host.activities().iter().filter(|(_, task, _)| left["searches"].to_string().contains(task.as_str()));
    assert_eq!(searches.count(), 2, "those are tasks that were done");
}

#[test]
fn what_another_home_lost_is_taken_away_from_its_ledger_alone_and_proved_gone() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut lost = host(&tenant, MONDAY);
    deployed(&mut lost, &deployment);
    let mut host = host(&tenant, lost.now());
    for entry in lost.ledger() {
        let created = || {
            ledger::intend(&entry.kind, &entry.name)?;
            ledger::created(&entry.kind, &entry.name, entry.remote_id.as_deref().unwrap())
        };
        host.performing(TENANT, created).unwrap();
    }
    assert_eq!(cleaned(&mut host, &deployment).reason, "0 left in the tenant");
    assert!(tenant.borrow().users.is_empty() && tenant.borrow().deleted.is_empty());
    let searches = host.activities().iter().filter(|(_, _, activity)| activity.kind == PROVE);
    assert_eq!(searches.count(), 2, "emptiness is proved twice");
}
