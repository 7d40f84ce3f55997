//! A day with every pack: each step and its look-alike, who they reach, and what is left.

use haymaker_guest::Activity;

use super::*;

const PACKS: &str = r#"[
    {"pack": "mass-download", "worker": "w01", "at": "2026-01-05T14:00", "count": 6},
    {"pack": "forwarding-rule", "worker": "w02", "at": "2026-01-05T10:00"},
    {"pack": "off-hours-burst", "worker": "w03", "at": "2026-01-05T22:30", "count": 4},
    {"pack": "internal-phish", "worker": "w04", "at": "2026-01-05T11:00", "count": 2}
]"#;

fn office(packs: &str) -> Deployment {
    let more = format!(r#", "features": "mail, documents", "act_as": "delegated", "anomalies": {packs}"#);
    let mut office = deployment(&more);
    office.config = office.config.replace(r#""workers": 3"#, r#""workers": 4"#);
    office
}

fn field<'a>(activity: &'a Activity, name: &str) -> &'a str {
    activity.refs.iter().find(|(is, _)| is == name).map_or("", |(_, value)| value)
}

/// Worker, scenario, step, label, kind, technique.
fn told(host: &Host) -> Vec<[String; 6]> {
    let of_packs = host.activities().iter().filter(|(_, _, activity)| !field(activity, "scenario").is_empty());
    let mut told: Vec<[String; 6]> = of_packs
        .map(|(_, _, activity)| {
            let upn = field(activity, "upn");
            let number = upn.split('@').next().unwrap().rsplit('-').next().unwrap();
            let [scenario, step, technique] = ["scenario", "step", "technique"].map(|name| field(activity, name));
            [number, scenario, step, &activity.label, &activity.kind, technique].map(str::to_owned)
        })
        .collect();
    told.sort();
    told
}

#[test]
fn every_pack_has_its_steps_and_their_like_by_somebody_else_and_reaches_workers_alone() {
    let (tenant, deployment) = (tenant(4), office(PACKS));
    let mut host = host(&tenant, MONDAY);
    assert!(deployed(&mut host, &deployment).success);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + DAY).unwrap();
    assert_eq!(host.count(Stage::Failed), 0);
    let mut expected = Vec::new();
    let mut pack = |by: [u32; 2], scenario: &str, steps: u32, kind: &str, technique: &str| {
        for step in 1..=steps {
            let line = |by: u32, label: &str, technique: &str| {
                [&by.to_string(), scenario, &step.to_string(), label, kind, technique].map(str::to_owned)
            };
            expected.push(line(by[0], "malicious", technique));
            expected.push(line(by[1], "benign-lookalike", ""));
        }
    };
    pack([1, 2], "mass-download/1", 6, "document.download", "T1530");
    pack([2, 3], "forwarding-rule/2", 1, "email.rule_create", "T1114.003");
    pack([3, 4], "off-hours-burst/3", 4, "email.send", "T1078.004");
    pack([4, 1], "internal-phish/4", 1, "email.send", "T1534");
    expected.sort();
    assert_eq!(told(&host), expected);

    let tenant = tenant.borrow();
    let workers: BTreeSet<&str> =
        tenant.users.values().map(|user| user.body["userPrincipalName"].as_str().unwrap()).collect();
    assert_eq!(tenant.rules.len(), 2);
    for rule in &tenant.rules {
        let to = rule["actions"]["forwardTo"][0]["emailAddress"]["address"].as_str().unwrap();
        assert!(workers.contains(to), "{rule}");
    }
    let phish = host.activities().iter().find(|(_, _, activity)| field(activity, "technique") == "T1534").unwrap();
    assert_eq!(phish.2.recipients.len(), 2);
    assert!(phish.2.recipients.iter().all(|to| workers.contains(to.as_str())));
}

#[test]
fn a_pack_changes_nothing_of_what_people_do_otherwise() {
    let day = |packs: &str| {
        let (tenant, deployment) = (tenant(4), office(packs));
        let mut host = host(&tenant, MONDAY);
        deployed(&mut host, &deployment);
        host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 4 * HOUR).unwrap();
        let mails = host.activities().iter().filter(|(_, _, activity)| activity.label == "benign");
        mails.map(|(_, task, _)| task.clone()).collect::<BTreeSet<_>>()
    };
    assert_eq!(day(PACKS), day("[]"));
}

#[test]
fn a_pack_outside_of_the_run_or_a_burst_in_working_hours_is_refused() {
    let refused = |packs: &str, more: &str| {
        let tenant = tenant(4);
        let mut deployment = office(packs);
        deployment.config = deployment.config.replacen('{', &format!("{{{more}"), 1);
        let problem = host(&tenant, MONDAY).planning(|| KnowledgeWorker::deploy(&deployment)).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::Invalid);
        problem.message
    };
    let one = |pack: &str, at: &str| format!(r#"[{{"pack": "{pack}", "worker": "w01", "at": "{at}"}}]"#);
    let early = refused(&one("internal-phish", "2026-01-05T07:59"), "");
    assert!(early.contains("anomalies[0].at: the run begins at 2026-01-05T08:00:00.000Z"), "{early}");
    let late = refused(&one("internal-phish", "2026-01-05T15:50"), r#""duration_hours": 8, "#);
    assert!(late.contains("the run ends before it and its look-alike are over"), "{late}");
    let day = refused(&one("off-hours-burst", "2026-01-05T16:59"), "");
    assert!(day.contains("that is in working hours"), "{day}");
}

#[test]
fn a_rule_whose_answer_was_lost_is_found_and_not_made_twice() {
    let (tenant, deployment) = (tenant(4), office(PACKS));
    let mut host = host(&tenant, MONDAY);
    deployed(&mut host, &deployment);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + HOUR + 55 * MINUTE).unwrap();
    let (task, _) = host.task("anomaly/2/1").unwrap();
    let task = task.clone();
    host.advance_to(task.due);
    tenant.borrow_mut().lost.push("POST /users/".to_owned());
    let lost = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)).unwrap_err();
    assert_eq!(lost.kind, ProblemKind::InDoubt);
    let verdict =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    let Verdict::Happened(outcome) = verdict else { panic!("it happened") };
    assert_eq!((outcome.activities.len(), outcome.activities[0].label.as_str()), (1, "malicious"));
    // Had it not, it would be made now: there is none of its name.
    tenant.borrow_mut().rules.clear();
    host.advance_to(task.due + 2 * MINUTE);
    let verdict =
        host.settling(&task.actor, || KnowledgeWorker::settle(&deployment, &task, &unanswered(&task))).unwrap();
    assert_eq!(verdict, Verdict::DidNot);
}
