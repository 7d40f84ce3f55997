//! Mail that is answered, passed on, read and filed: through a morning, and when answers of the tenant are lost.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{Activity, time::rfc3339};

use super::{tenant::Shared, *};
use crate::mail;

/// A sales team of four and two engineers, who have mail and nothing else.
fn office(more: &str) -> Deployment {
    let config = format!(
        r#"{{"departments": "sales: 4, engineering: 2", "pattern": "office", "features": "mail", "license": "DEVELOPERPACK_E5", "usage_location": "US"{more}}}"#
    );
    Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed: 42, config }
}

/// A morning, with the tenant it left behind.
fn morning(deployment: &Deployment, hours: u64) -> (Shared, Host) {
    let tenant = tenant(6);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, deployment);
    host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cycle, MONDAY + hours * HOUR).unwrap();
    (tenant, host)
}

fn field<'a>(activity: &'a Activity, name: &str) -> Option<&'a str> {
    activity.refs.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
}

fn is_sent(activity: &Activity) -> bool {
    [mail::SEND, mail::REPLY, mail::REPLY_ALL, mail::FORWARD].contains(&activity.kind.as_str())
}

fn counts(host: &Host) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for (_, _, activity) in host.activities().iter().filter(|(_, _, activity)| activity.label == "benign") {
        *counts.entry(activity.kind.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn every_answer_has_an_original_that_its_writer_received_before() {
    let (tenant, host) = morning(&office(""), 5);
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
    let counts = counts(&host);
    for kind in [mail::SEND, mail::REPLY, mail::READ, mail::ORGANIZE] {
        assert!(counts.get(kind).is_some_and(|count| *count > 3), "{counts:?}");
    }
    let mut received: BTreeMap<&str, (&Activity, Instant)> = BTreeMap::new();
    for (at, _, activity) in host.activities().iter().filter(|(_, _, activity)| is_sent(activity)) {
        if let Some(original) = field(activity, "in_reply_to") {
            let (original, sent) = received[original];
            let upn = field(activity, "upn").unwrap();
            assert!(sent < *at && original.recipients.iter().any(|to| to == upn));
            assert_eq!(field(activity, "conversation_id"), field(original, "conversation_id"));
            let prefix = if activity.kind == mail::FORWARD { "FW: " } else { "RE: " };
            assert!(field(activity, "subject").unwrap().starts_with(prefix));
            if activity.kind != mail::FORWARD {
                assert!(activity.recipients.iter().any(|to| Some(to.as_str()) == field(original, "upn")));
            }
        } else {
            assert_eq!(activity.kind, mail::SEND);
        }
        assert!(received.insert(field(activity, "internet_message_id").unwrap(), (activity, *at)).is_none());
    }
    let tenant = tenant.borrow();
    let answers = tenant
        .messages
        .values()
        .filter(|message| !message.received && message.body["subject"].as_str().unwrap().starts_with("RE: "));
    for answer in answers {
        let text = answer.body["body"]["content"].as_str().unwrap();
        let (own, quoted) = text.split_once("____").unwrap();
        assert!(own.split_whitespace().count() > 3 && quoted.len() > 20, "{text}");
    }
}

#[test]
fn what_is_read_was_received_and_what_is_filed_was_read_each_once() {
    let (tenant, host) = morning(&office(""), 5);
    let (mut got, mut read, mut filed) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for (_, task, activity) in host.activities().iter().filter(|(_, _, activity)| activity.label == "benign") {
        let id = field(activity, "internet_message_id").unwrap();
        let upn = field(activity, "upn").unwrap();
        match activity.kind.as_str() {
            mail::READ => assert!(got.contains(&(upn, id)) && read.insert((upn, id)), "{task}"),
            mail::ORGANIZE => assert!(read.contains(&(upn, id)) && filed.insert((upn, id)), "{task}"),
            _ => {
                got.extend(activity.recipients.iter().map(|to| (to.as_str(), id)));
                let answered = field(activity, "in_reply_to");
                assert!(answered.is_none_or(|original| read.contains(&(upn, original))), "nobody answers unread mail");
            }
        }
    }
    let tenant = tenant.borrow();
    assert_eq!(tenant.messages.values().filter(|message| message.received && message.read).count(), read.len());
    let away = tenant.messages.values().filter(|message| message.received && message.folder != "inbox");
    assert_eq!(away.filter(|message| tenant.folders.contains_key(&message.folder)).count(), filed.len());
}

/// Five standard deviations of an office's count, whose variance is some four times Poisson's.
#[test]
fn answers_take_the_place_of_new_mail_and_the_sum_is_what_was_expected() {
    for more in ["", r#", "actions": "none""#] {
        let deployment = office(more);
        let (_, mut host) = morning(&deployment, 5);
        let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
        let expected: f64 = status["expected"].as_object().unwrap().values().map(|count| count.as_f64().unwrap()).sum();
        let sent = host.activities().iter().filter(|(_, _, activity)| is_sent(activity)).count() as f64;
        assert!((sent - expected).abs() < 10.0 * expected.sqrt(), "{sent} of {expected}");
        // A day has 4 * 108 and 2 * 36 mails; its first five hours have 53 % of it, a little less or more by their meetings.
        assert!((235.0..300.0).contains(&expected), "{expected}");
    }
}

#[test]
fn the_same_seed_gives_the_same_morning() {
    let told = |(tenant, host): (Shared, Host)| -> Vec<String> {
        drop(tenant);
        host.activities().iter().map(|(at, task, activity)| format!("{} {task} {activity:?}", rfc3339(*at))).collect()
    };
    let first = told(morning(&office(""), 3));
    assert!(first.len() > 100);
    assert_eq!(first, told(morning(&office(""), 3)));
}

#[test]
fn a_host_that_was_away_plans_the_same_conversations() {
    let deployment = office("");
    let named = |host: &Host| -> BTreeSet<String> {
        let sent = host.activities().iter().filter(|(_, _, activity)| is_sent(activity));
        sent.map(|(_, task, _)| task.clone()).collect()
    };
    let (_, steady) = morning(&deployment, 3);
    let (_tenant, mut away) = morning(&deployment, 1);
    away.advance_to(MONDAY + 2 * HOUR);
    away.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 3 * HOUR).unwrap();
    assert_eq!(named(&away), named(&steady));
}

#[test]
fn who_stops_and_starts_in_the_middle_of_a_plan_is_asked_for_nothing_twice() {
    let deployment = office("");
    let tenant = tenant(6);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    let mut planned = BTreeSet::new();
    for round in 0..40 {
        host.advance_to(MONDAY + round * 7 * MINUTE);
        let plan = host.planning(|| KnowledgeWorker::cycle(&deployment)).unwrap();
        for task in plan.tasks {
            assert!(planned.insert(task.id.clone()), "{} in round {round}", task.id);
        }
        host.planning(|| KnowledgeWorker::stop(&deployment)).unwrap();
    }
    assert!(planned.iter().any(|id| id.split('/').count() > 4), "some of it are answers");
}

#[test]
fn under_the_flat_pattern_people_only_write_unless_they_are_told_to_do_more() {
    let flat = |more: &str| {
        let mut deployment = office(more);
        deployment.config = deployment.config.replace("office", "flat");
        let (_, host) = morning(&deployment, 2);
        counts(&host).into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect::<BTreeMap<String, usize>>()
    };
    let (alone, all) = (flat(""), flat(r#", "actions": "all""#));
    assert_eq!(alone.keys().collect::<Vec<_>>(), [mail::SEND]);
    assert!(all[mail::REPLY] > 3 && all[mail::READ] > 10);
    let sent: usize =
        all.iter().filter(|(kind, _)| *kind != mail::READ && *kind != mail::ORGANIZE).map(|(_, n)| n).sum();
    let owed = sent.abs_diff(alone[mail::SEND]);
    assert!(
        owed <= 6,
        "as many mails as without answers, but for those that a new mail is still to be given up for: {owed}"
    );
}

#[test]
fn everybody_works_by_their_own_clock() {
    let deployment = office(r#", "time_zones": "Europe/Berlin: 5, America/New_York: 1""#);
    let (_, host) = morning(&deployment, 9);
    let mut zones = BTreeSet::new();
    for (at, task, activity) in host.activities().iter().filter(|(_, _, activity)| activity.label == "benign") {
        let hour = (*at - (MONDAY - 8 * HOUR)) / HOUR;
        let zone = field(activity, "time_zone").unwrap();
        let hours = if zone == "Europe/Berlin" { 7..=16 } else { 13..=22 };
        assert!(hours.contains(&hour), "{task} of {zone} at {}", rfc3339(*at));
        zones.insert(zone);
    }
    assert_eq!(zones.len(), 2);
}

/// Runs until the first answer is to be written: its host, which has planned it, and its task.
fn first_answer() -> (Shared, Host, Deployment, Task) {
    let deployment = office("");
    let (tenant, mut host) = morning(&deployment, 1);
    while host.now() < MONDAY + 9 * HOUR {
        let plan = host.planning(|| KnowledgeWorker::cycle(&deployment)).unwrap();
        if let Some(answer) = plan.tasks.iter().filter(|task| task.kind == mail::REPLY).min_by_key(|task| task.due) {
            // What comes before it is done; it is left to the test.
            let mut before: Vec<&Task> = plan.tasks.iter().filter(|task| task.due < answer.due).collect();
            before.sort_by_key(|task| (task.due, task.id.clone()));
            for task in before {
                host.advance_to(task.due);
                let outcome = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, task)).unwrap();
                for next in outcome.follow_ups.iter().filter(|next| next.due == task.due) {
                    host.performing(&next.actor, || KnowledgeWorker::perform(&deployment, next)).unwrap();
                }
            }
            host.advance_to(answer.due);
            return (tenant, host, deployment, answer.clone());
        }
        let until = host.now() + 15 * MINUTE;
        host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, until).unwrap();
    }
    panic!("nobody answered anything")
}

/// Performs a task whose answer is lost, and settles it a while later.
fn lost(tenant: &Shared, host: &mut Host, deployment: &Deployment, task: &Task, what: &str) -> Verdict {
    tenant.borrow_mut().lost.push(what.to_owned());
    let problem = host.performing(&task.actor, || KnowledgeWorker::perform(deployment, task)).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::InDoubt);
    host.settling(&task.actor, || KnowledgeWorker::settle(deployment, task, &unanswered(task))).unwrap()
}

fn next(verdict: Verdict) -> Task {
    match verdict {
        Verdict::Happened(outcome) => outcome.follow_ups.into_iter().next().unwrap(),
        other => panic!("it happened, and not {other:?}"),
    }
}

#[test]
fn an_answer_whose_requests_are_all_lost_is_written_once_and_sent_once() {
    let (tenant, mut host, deployment, task) = first_answer();
    let write = next(lost(&tenant, &mut host, &deployment, &task, "/createReply"));
    // Writing may happen twice: the text stands there once.
    let mut send = None;
    for _ in 0..2 {
        let outcome = host.performing(&write.actor, || KnowledgeWorker::perform(&deployment, &write)).unwrap();
        send = outcome.follow_ups.into_iter().next();
    }
    let send = send.unwrap();
    let Verdict::Happened(outcome) = lost(&tenant, &mut host, &deployment, &send, "/send") else {
        panic!("it was sent")
    };
    let answer = outcome.activities.last().unwrap();
    assert_eq!(answer.kind, mail::REPLY);
    let id = field(answer, "internet_message_id").unwrap();
    let tenant = tenant.borrow();
    let copies: Vec<_> = tenant.messages.values().filter(|message| message.body["internetMessageId"] == id).collect();
    assert_eq!((copies.len(), copies.iter().filter(|copy| copy.received).count()), (2, 1));
    let text = copies[0].body["body"]["content"].as_str().unwrap();
    let greeting = text.lines().next().unwrap();
    assert_eq!(text.split("____").next().unwrap().matches(greeting).count(), 1, "{text}");
}

#[test]
fn what_never_arrived_is_never_answered() {
    let (tenant, mut host, deployment, task) = first_answer();
    tenant.borrow_mut().messages.retain(|_, message| !message.received);
    let problem = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)).unwrap_err();
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::NotReady, "no-original"));
    assert!(task.expires.is_some_and(|end| end <= task.due + 2 * HOUR), "it is given up, and never failed");
    assert!(
        !host
            .requests()
            .iter()
            .any(|request| request.target.ends_with("/createReply") && request.target.contains(&task.actor))
    );
}

#[test]
fn a_mail_whose_filing_was_lost_is_found_in_its_folder() {
    let deployment = office("");
    let (tenant, mut host) = morning(&deployment, 1);
    let (id, message) = {
        let tenant = tenant.borrow();
        let received = tenant.messages.iter().find(|(_, message)| message.received).unwrap();
        (received.0.clone(), received.1.clone())
    };
    let owner = tenant.borrow().users[&message.owner].body["userPrincipalName"].as_str().unwrap().to_owned();
    let worker = crate::naming::worker_of(&deployment.id, &owner).unwrap();
    let payload = serde_json::json!({"step": "folder", "folder": "Elsewhere", "mail": {
        "id": id, "subject": "s", "internetMessageId": message.body["internetMessageId"],
    }});
    let file = Task::new("file/test", mail::ORGANIZE, &*worker, host.now()).with_payload(&payload).unwrap();
    let step = next(lost(&tenant, &mut host, &deployment, &file, "/mailFolders"));
    let Verdict::Happened(outcome) = lost(&tenant, &mut host, &deployment, &step, "/move") else { panic!("it moved") };
    assert_eq!(outcome.activities[0].kind, mail::ORGANIZE);
    let tenant = tenant.borrow();
    assert_eq!(tenant.folders.values().filter(|(_, name)| name == "Elsewhere").count(), 1);
    assert_eq!(tenant.folders[&tenant.messages[&id].folder].1, "Elsewhere");
}
