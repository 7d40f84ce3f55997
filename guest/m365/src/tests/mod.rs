//! The workload's whole life, natively: made, at work, stopped, lost answers found again, taken away with proof.

mod adoption;
mod anomalies;
mod calendars;
mod chance;
mod conversations;
mod delegated;
mod documents;
mod drives;
mod invitations;
mod mailbox;
mod permitted;
mod teams;
mod teamwork;
mod telling;
mod tenant;
mod writing;

use std::collections::BTreeSet;

use haymaker_guest::{
    Activity, Deployment, Ending, Instant, LostRequest, Plan, ProblemKind, Task, Verdict, Wake, Workload,
    journal::Stage,
    testing::Host,
    time::{DAY, HOUR, MINUTE},
};

use self::tenant::{Shared, answering, tenant};
use crate::KnowledgeWorker;

/// Monday, 5 January 2026, 08:00 UTC.
const MONDAY: Instant = 1_767_600_000_000;

fn deployment(more: &str) -> Deployment {
    let config = format!(
        r#"{{"workers": 3, "department": "sales", "pattern": "flat", "license": "DEVELOPERPACK_E5", "usage_location": "US"{more}}}"#
    );
    Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed: 42, config }
}

fn host(tenant: &Shared, now: Instant) -> Host {
    Host::new(now).answering(answering(tenant))
}

/// The answer to the task's request was lost, which left when the task was due.
fn unanswered(task: &Task) -> LostRequest {
    LostRequest { id: "id".to_owned(), sent: task.due }
}

fn ending(plan: &Plan) -> Option<&Ending> {
    match &plan.wake {
        Wake::Done(ending) => Some(ending),
        Wake::At(_) | Wake::WhenIdle => None,
    }
}

fn deployed(host: &mut Host, deployment: &Deployment) -> Ending {
    let plan = host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::deploy, Instant::MAX).unwrap();
    ending(&plan).cloned().unwrap()
}

fn cleaned(host: &mut Host, deployment: &Deployment) -> Ending {
    let plan = host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cleanup, Instant::MAX).unwrap();
    ending(&plan).cloned().unwrap()
}

fn sent(host: &Host) -> Vec<String> {
    host.activities()
        .iter()
        .filter(|(_, _, activity)| activity.kind == "email.send")
        .map(|(_, task, _)| task.clone())
        .collect()
}

/// By which ids the ground truth names who received something.
fn recipient_ids(activity: &Activity) -> Vec<&str> {
    let ids = activity.refs.iter().filter(|(name, _)| name == "recipient_ids");
    ids.map(|(_, id)| id.as_str()).collect()
}

#[test]
fn three_workers_are_made_work_a_day_and_are_taken_home() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY);
    assert_eq!(
        deployed(&mut host, &deployment),
        Ending { success: true, reason: "3 of 3 workers are ready".to_owned() }
    );
    assert!(host.secrets().is_empty(), "passwords are forgotten");
    assert!(
        tenant
            .borrow()
            .users
            .values()
            .all(|user| user.body["employeeType"] == "haymaker:m365-knowledge-worker-1a2b3c4d")
    );

    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + DAY).unwrap();
    let sent = sent(&host);
    // From about a quarter past eight until five: some 315 of the day's 324.
    assert!((240..390).contains(&sent.len()), "{}", sent.len());
    assert_eq!(sent.iter().collect::<BTreeSet<_>>().len(), sent.len(), "none twice");
    assert_eq!(
        tenant.borrow().messages.values().filter(|message| !message.draft && !message.received).count(),
        sent.len()
    );
    for (_, _, activity) in host.activities().iter().filter(|(_, _, activity)| activity.kind == "email.send") {
        let upn = &activity.refs.iter().find(|(name, _)| name == "upn").unwrap().1;
        assert!(!activity.recipients.is_empty() && !activity.recipients.contains(upn));
        assert!(activity.recipients.iter().all(|address| address.ends_with("@contoso.example")));
        let users = &tenant.borrow().users;
        let addresses: Vec<&str> = recipient_ids(activity)
            .into_iter()
            .map(|id| users[id].body["userPrincipalName"].as_str().unwrap())
            .collect();
        assert_eq!(addresses, activity.recipients);
    }

    assert_eq!(cleaned(&mut host, &deployment), Ending { success: true, reason: "0 left in the tenant".to_owned() });
    assert!(host.ledger().is_empty() && tenant.borrow().users.is_empty() && tenant.borrow().deleted.is_empty());
}

#[test]
fn what_is_sent_agrees_with_what_was_expected() {
    let (tenant, deployment) = (tenant(3), deployment(r#", "duration_hours": 24"#));
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + DAY).unwrap();
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    let expected = status["expected"]["email.send"].as_f64().unwrap();
    assert!((300.0..324.0).contains(&expected), "{expected}");
    assert_eq!(status["expected"], status["expected_total"], "the day is over");
    // Five standard deviations.
    assert!((sent(&host).len() as f64 - expected).abs() < 5.0 * expected.sqrt());
    assert_eq!(status["workers"][0]["ready"][0], "mail");
    assert_eq!(status["workers"][0]["address"], "haymaker-m365-knowledge-worker-1a2b3c4d-1@contoso.example");
}

#[test]
fn a_host_that_was_away_plans_the_same_work_and_a_stop_makes_up_for_nothing() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let named =
        |host: &Host| -> BTreeSet<String> { host.activities().iter().map(|(_, task, _)| task.clone()).collect() };
    let mut steady = host(&tenant, MONDAY);
    deployed(&mut steady, &deployment);
    steady.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 4 * HOUR).unwrap();

    let away = |stopped: bool| {
        let tenant = tenant::tenant(3);
        let mut host = host(&tenant, MONDAY);
        deployed(&mut host, &deployment);
        host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 2 * HOUR).unwrap();
        if stopped {
            host.planning(|| KnowledgeWorker::stop(&deployment)).unwrap();
        }
        host.advance_to(MONDAY + 3 * HOUR);
        host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 4 * HOUR).unwrap();
        named(&host)
    };
    assert_eq!(away(false), named(&steady));
    let stopped = away(true);
    assert!(stopped.is_subset(&named(&steady)) && stopped.len() < named(&steady).len());
}

#[test]
fn nights_and_weekends_are_slept_through() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY + 4 * DAY + 6 * HOUR);
    deployed(&mut host, &deployment);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 4 * DAY + 9 * HOUR).unwrap();
    let plan = host.planning(|| KnowledgeWorker::cycle(&deployment)).unwrap();
    assert_eq!((plan.tasks.len(), plan.wake), (0, Wake::At(MONDAY + 7 * DAY)));
}

#[test]
fn too_few_seats_are_told_before_anything_is_created() {
    let (tenant, deployment) = (tenant(2), deployment(""));
    let mut host = host(&tenant, MONDAY);
    let problem = host.performing("tenant", || crate::tenant::perform(&deployment)).unwrap_err();
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Invalid, "no-seats"));
    let says = "3 workers need 3 seats of DEVELOPERPACK_E5; 2 are free. Use -c workers=2";
    assert!(problem.message.starts_with(says), "{}", problem.message);

    let Ending { success, reason } = deployed(&mut host, &deployment);
    assert!(!success && reason.contains("no-seats"), "{reason}");
    assert!(tenant.borrow().users.is_empty());
    let asked = host.requests().len();
    assert!(cleaned(&mut host, &deployment).success);
    assert_eq!(host.requests().len(), asked, "where nothing was ever begun, there is nothing to look for");
}

#[test]
fn a_run_without_working_time_is_refused_with_the_time_that_work_begins() {
    let (tenant, deployment) = (tenant(3), deployment(r#", "duration_hours": 1"#));
    let mut host = host(&tenant, MONDAY + 10 * HOUR);
    let problem = host.planning(|| KnowledgeWorker::deploy(&deployment)).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::Invalid);
    assert!(problem.message.contains("work begins at 2026-01-06T08:00:00.000Z"), "{}", problem.message);
}

#[test]
fn a_mailbox_that_never_comes_keeps_nobody_else_from_work() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    tenant.borrow_mut().broken.push("-2".to_owned());
    let mut host = host(&tenant, MONDAY);
    let Ending { success, reason } = deployed(&mut host, &deployment);
    assert!(success && reason == "2 of 3 workers are ready; without: worker/w02/mailbox (mailbox-late)", "{reason}");
    assert!(host.now() > MONDAY + DAY);
}

#[test]
fn an_account_whose_answer_was_lost_is_found_and_not_made_twice() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    tenant.borrow_mut().lost.push("POST /users".to_owned());
    let mut host = host(&tenant, MONDAY);
    // This host does not settle: it tries again, and Graph refuses the duplicate.
    assert!(deployed(&mut host, &deployment).success);
    assert_eq!(tenant.borrow().users.len(), 3);

    let task = host.task("worker/w01/create").map(|(task, _)| task.clone()).unwrap();
    let verdict = host.settling("w01", || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    assert!(matches!(verdict, Verdict::Happened(outcome) if outcome.follow_ups[0].id == "worker/w01/license"));
}

#[test]
fn an_account_that_is_somebody_elses_is_left_alone() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    let id = {
        let mut tenant = tenant.borrow_mut();
        let (id, user) = tenant.users.iter_mut().next().unwrap();
        user.body["employeeType"] = "Employee".into();
        id.clone()
    };
    let Ending { success, reason } = cleaned(&mut host, &deployment);
    assert!(!success && reason.contains("1 left in the tenant: cleanup/1/w01/delete (not-ours)"), "{reason}");
    assert_eq!(tenant.borrow().users.keys().collect::<Vec<_>>(), [&id]);

    // Cleanup is repeatable: a new round does its work again, once the reason is gone.
    tenant.borrow_mut().users.get_mut(&id).unwrap().body["employeeType"] =
        "haymaker:m365-knowledge-worker-1a2b3c4d".into();
    assert!(cleaned(&mut host, &deployment).success);
    assert!(tenant.borrow().users.is_empty());
}

#[test]
fn a_thing_that_was_only_intended_is_looked_for_twice_before_it_is_released() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    let upn = "haymaker-m365-knowledge-worker-1a2b3c4d-4@contoso.example";
    host.performing("w04", || haymaker_guest::ledger::intend("user", upn)).unwrap();
    let intended = host.now();
    assert!(cleaned(&mut host, &deployment).success);
    let looks = host.requests().iter().filter(|request| request.target.contains("userPrincipalName%20eq"));
    assert_eq!(looks.count(), 2);
    assert!(host.now() >= intended + 10 * MINUTE, "a replication delay between the looks, and one between the proofs");
}

#[test]
fn a_user_that_the_ledger_only_intended_is_found_and_deleted() {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut first = host(&tenant, MONDAY);
    deployed(&mut first, &deployment);
    let mut host = host(&tenant, first.now());
    for entry in first.ledger() {
        host.performing("w01", || haymaker_guest::ledger::intend("user", &entry.name)).unwrap();
    }
    assert!(cleaned(&mut host, &deployment).success);
    assert!(tenant.borrow().users.is_empty() && tenant.borrow().deleted.is_empty());
}

/// Runs until the first mail is in the tenant and its draft or its sending is in doubt.
fn in_doubt(lose: &str) -> (Shared, Host, Deployment, Task) {
    let (tenant, deployment) = (tenant(3), deployment(""));
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    let plan = host.planning(|| KnowledgeWorker::cycle(&deployment)).unwrap();
    let mails = plan.tasks.into_iter().filter(|task| task.kind == "email.send");
    let mut task = mails.min_by_key(|task| task.due).unwrap();
    host.advance_to(task.due);
    if lose == "send" {
        let outcome = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)).unwrap();
        task = outcome.follow_ups[0].clone();
    }
    tenant.borrow_mut().lost.push("POST /users/".to_owned());
    let problem = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::InDoubt);
    (tenant, host, deployment, task)
}

#[test]
fn a_draft_whose_answer_was_lost_is_found_and_sent() {
    let (_tenant, mut host, deployment, task) = in_doubt("draft");
    let Verdict::Happened(outcome) =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap()
    else {
        panic!("it happened")
    };
    let send = &outcome.follow_ups[0];
    let outcome = host.performing(&send.actor, || KnowledgeWorker::perform(&deployment, send)).unwrap();
    assert_eq!(outcome.activities[0].kind, "email.send");
}

#[test]
fn a_sending_whose_answer_was_lost_is_found_and_not_repeated() {
    let (tenant, mut host, deployment, task) = in_doubt("send");
    let verdict =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    assert!(matches!(verdict, Verdict::Happened(outcome) if outcome.activities.len() == 1));

    // Had it not left, the draft would still be one: after a while that is certain.
    tenant.borrow_mut().messages.values_mut().for_each(|message| message.draft = true);
    let verdict =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    assert!(matches!(verdict, Verdict::AskAgain(_)));
    host.advance_to(task.due + 2 * MINUTE);
    let verdict =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    assert_eq!(verdict, Verdict::DidNot);

    // And gone altogether, nobody can tell: it is never sent again.
    tenant.borrow_mut().messages.clear();
    host.advance_to(task.due + 2 * HOUR);
    let verdict =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    assert_eq!(verdict, Verdict::CannotTell);
}

#[test]
fn one_worker_alone_writes_notes() {
    let tenant = tenant(1);
    let mut deployment = deployment("");
    deployment.config = deployment.config.replace(r#""workers": 3"#, r#""workers": 1"#);
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 2 * HOUR).unwrap();
    assert!(!sent(&host).is_empty());
    assert_eq!(host.count(Stage::Failed), 0);
    for (_, _, activity) in host.activities().iter().filter(|(_, _, activity)| activity.kind == "email.send") {
        assert_eq!(activity.recipients, ["haymaker-m365-knowledge-worker-1a2b3c4d-1@contoso.example"]);
    }
}

#[test]
fn one_worker_more_changes_nothing_for_the_others() {
    let day = |workers: u32| {
        let tenant = tenant(10);
        let mut deployment = deployment("");
        deployment.config = deployment.config.replace(r#""workers": 3"#, &format!(r#""workers": {workers}"#));
        let mut host = host(&tenant, MONDAY - HOUR);
        deployed(&mut host, &deployment);
        host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 2 * HOUR).unwrap();
        let due = |(_, task, _): &(Instant, String, _)| Some((task.clone(), host.task(task)?.0.due));
        let due: BTreeSet<_> = host.activities().iter().filter_map(due).collect();
        due.into_iter()
            .filter(|(task, _)| task.starts_with("mail/w0") && !task.starts_with("mail/w04"))
            .collect::<Vec<_>>()
    };
    assert_eq!(day(3), day(4));
}
