//! Groups and Teams through a morning: who speaks, what comes back, what happens when answers of the tenant are lost, when
//! the tenant lets nobody in, and at the end.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{Problem, http::Effect};

use super::{tenant::Shared, *};
use crate::teams;

/// A sales team of four and two engineers, who use Teams.
fn office(more: &str) -> Deployment {
    let config = format!(
        r#"{{"departments": "sales: 4, engineering: 2", "pattern": "office", "license": "DEVELOPERPACK_E5", "usage_location": "US"{more}}}"#
    );
    Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed: 42, config }
}

fn shared() -> Shared {
    let tenant = tenant(6);
    tenant.borrow_mut().work.allowed = true;
    tenant
}

fn morning(deployment: &Deployment, hours: u64) -> (Shared, Host) {
    let tenant = shared();
    let mut host = host(&tenant, MONDAY - HOUR);
    assert!(deployed(&mut host, deployment).success);
    host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cycle, MONDAY + hours * HOUR).unwrap();
    (tenant, host)
}

fn field<'a>(activity: &'a Activity, name: &str) -> Option<&'a str> {
    activity.refs.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
}

fn talk(host: &Host) -> Vec<(Instant, &Activity)> {
    let told = host.activities().iter().filter(|(_, _, activity)| activity.kind.starts_with("teams."));
    told.filter(|(_, _, activity)| activity.label == "benign").map(|(at, _, activity)| (*at, activity)).collect()
}

fn counts(host: &Host) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    for (_, activity) in talk(host) {
        *counts.entry(activity.kind.as_str()).or_default() += 1;
    }
    counts
}

#[test]
fn a_department_has_two_groups_and_a_team_with_everybody_in_them() {
    let (tenant, host) = morning(&office(""), 1);
    let tenant = tenant.borrow();
    let groups = &tenant.work.groups;
    let names: BTreeSet<&str> = groups.values().map(|group| group.body["uniqueName"].as_str().unwrap()).collect();
    let name = |end: &str| format!("haymaker-m365-knowledge-worker-1a2b3c4d-{end}");
    let all = ["engineering", "engineering-sec", "sales", "sales-sec"].map(name);
    assert_eq!(names, all.iter().map(String::as_str).collect());
    for group in groups.values() {
        let size = if group.body["uniqueName"].as_str().unwrap().contains("sales") { 4 } else { 2 };
        assert_eq!((group.owners.len(), group.members.len()), (1, size));
        assert!(group.members.contains(&group.owners[0]));
        if group.body["mailEnabled"] == true {
            assert_eq!(group.body["visibility"], "Private");
            assert_eq!(group.body["resourceBehaviorOptions"][0], "WelcomeEmailDisabled");
            assert_eq!(group.channels.as_ref().unwrap().len(), 4);
        } else {
            assert!(group.channels.is_none());
        }
    }
    let of = |kind: &str| host.ledger().iter().filter(|entry| entry.kind == kind && entry.remote_id.is_some()).count();
    assert_eq!((of("group"), of("team"), of("channel")), (4, 2, 8));
}

#[test]
fn only_people_speak_and_every_message_says_where_and_to_whom() {
    let (tenant, host) = morning(&office(""), 4);
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
    let counts = counts(&host);
    assert!([teams::CHANNEL_MESSAGE, teams::CHAT_MESSAGE, teams::REACTION].iter().all(|kind| counts[kind] > 5));
    for request in host.requests() {
        let spoken = request.target.contains("/messages") && !request.target.starts_with("/users/");
        assert!(!spoken || request.effect == Effect::Read || request.speaker.is_some(), "{}", request.target);
    }
    let tenant = tenant.borrow();
    assert_eq!(tenant.work.posts.len(), counts[teams::CHANNEL_MESSAGE] + counts[teams::CHAT_MESSAGE]);
    assert_eq!(tenant.work.posts.values().map(|post| post.reactions.len()).sum::<usize>(), counts[teams::REACTION]);
    for (at, activity) in talk(&host) {
        let post = &tenant.work.posts[field(activity, "object_id").unwrap()];
        let room = field(activity, "chat_id").or(field(activity, "channel_id")).unwrap();
        assert_eq!(post.room, room);
        assert_eq!(field(activity, "chat_id").is_some(), !activity.recipients.is_empty());
        assert_eq!(recipient_ids(activity).len(), activity.recipients.len());
        if activity.kind == teams::REACTION {
            let user = field(activity, "user_id").unwrap().to_owned();
            assert!(post.reactions.contains(&(user.clone(), field(activity, "reaction").unwrap().to_owned())));
            assert!(post.from != user && post.at < at);
        } else {
            assert_eq!((post.from.as_str(), post.at), (field(activity, "user_id").unwrap(), at));
            assert!(post.text.len() > 1);
        }
    }
}

#[test]
fn every_answer_has_its_message_earlier_and_in_the_same_place() {
    let (tenant, host) = morning(&office(""), 4);
    let tenant = tenant.borrow();
    let mut answers = 0;
    for (at, activity) in talk(&host).into_iter().filter(|(_, activity)| activity.kind != teams::REACTION) {
        let post = &tenant.work.posts[field(activity, "object_id").unwrap()];
        let Some(original) = field(activity, "in_reply_to") else {
            assert_eq!(post.below, None);
            continue;
        };
        let answered = &tenant.work.posts[original];
        assert!(answered.at < at && answered.room == post.room && answered.from != post.from);
        if activity.kind == teams::CHANNEL_MESSAGE {
            // Below the post that began it, which it answers or which what it answers stands below.
            assert!(post.below.is_some() && [Some(original.to_owned()), answered.below.clone()].contains(&post.below));
        }
        answers += 1;
    }
    assert!(answers > 10, "{answers}");
}

#[test]
fn two_people_have_one_chat_and_a_group_of_people_has_those_that_were_begun_in_it() {
    let (tenant, host) = morning(&office(""), 4);
    let tenant = tenant.borrow();
    let chats = host.ledger().into_iter().filter(|entry| entry.kind == "chat").collect::<Vec<_>>();
    let ids: BTreeSet<String> = chats.iter().filter_map(|entry| entry.remote_id.clone()).collect();
    assert_eq!((ids.len(), ids), (chats.len(), tenant.work.chats.keys().cloned().collect()));
    let pairs: Vec<_> = tenant.work.chats.values().filter(|members| members.len() == 2).collect();
    assert_eq!(pairs.iter().collect::<BTreeSet<_>>().len(), pairs.len());
}

/// Five standard deviations of an office's count, whose variance is some four times Poisson's.
#[test]
fn messages_are_as_many_as_expected_answers_among_them() {
    for more in ["", r#", "actions": "none""#, r#", "actions": "reply""#] {
        let deployment = office(more);
        let (_tenant, mut host) = morning(&deployment, 4);
        let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
        let expected = |kind: &str| status["expected"][kind].as_f64().unwrap_or_default();
        let counts = counts(&host);
        for kind in [teams::CHANNEL_MESSAGE, teams::CHAT_MESSAGE] {
            let (sent, expected) = (counts[kind] as f64, expected(kind));
            assert!((sent - expected).abs() < 10.0 * expected.sqrt(), "{kind}: {sent} of {expected}");
        }
        assert_eq!(counts.contains_key(teams::REACTION), more.is_empty());
        // A day has 4 * 90 and 2 * 135 messages; four hours of it have 48 %, a little less or more by their meetings.
        let sum = expected(teams::CHANNEL_MESSAGE) + expected(teams::CHAT_MESSAGE);
        assert!((260.0..360.0).contains(&sum), "{sum}");
        assert_eq!(status["workers"][0]["ready"].as_array().unwrap().last().unwrap(), "teams");
    }
}

#[test]
fn where_the_tenant_lets_nobody_in_there_is_no_teams_and_the_status_says_why() {
    let (tenant, deployment) = (shared(), office(""));
    let refuse = |_, _: &str| Err(Problem::denied("AADSTS50079", "AADSTS50079: you must enroll in multi-factor"));
    let mut host = host(&tenant, MONDAY - HOUR).admitting(refuse);
    assert!(deployed(&mut host, &deployment).success);
    assert!(host.secrets().is_empty() && host.speakers().is_empty());
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 2 * HOUR).unwrap();
    assert!(talk(&host).is_empty() && tenant.borrow().work.groups.values().all(|group| group.channels.is_none()));
    assert_eq!(host.lines().filter(|line| line.contains("no teams") && line.contains("AADSTS50079")).count(), 1);
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    let summary = status["summary"].as_str().unwrap();
    assert!(summary.contains("no teams: ") && summary.contains("AADSTS50079"), "{summary}");
    assert!(status["expected"].get(teams::CHAT_MESSAGE).is_none());
}

#[test]
fn whoever_is_refused_alone_goes_without_teams_alone() {
    let (tenant, deployment) = (shared(), office(r#", "teams_mode": "delegated""#));
    let refuse = |_, username: &str| match username.contains("-1@") {
        true => Err(Problem::denied("AADSTS50057", "the account is disabled")),
        false => Ok(()),
    };
    let mut host = host(&tenant, MONDAY - HOUR).admitting(refuse);
    assert!(deployed(&mut host, &deployment).success);
    assert!(host.secrets().is_empty());
    assert_eq!(host.speakers().len(), 5);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 2 * HOUR).unwrap();
    let speakers: BTreeSet<&str> = talk(&host).iter().map(|(_, activity)| field(activity, "upn").unwrap()).collect();
    assert!(speakers.len() == 5 && !speakers.iter().any(|upn| upn.contains("-1@")));
}

#[test]
fn without_the_permission_there_are_no_groups_and_everything_else_goes_on() {
    let (tenant, deployment) = (tenant(6), office(""));
    let mut host = host(&tenant, MONDAY - HOUR);
    assert_eq!(deployed(&mut host, &deployment).reason, "6 of 6 workers are ready");
    assert!(host.secrets().is_empty() && host.ledger().iter().all(|entry| entry.kind == "user"));
    let status = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    let summary = status["summary"].as_str().unwrap();
    assert!(summary.contains("no groups: ") && summary.contains("no teams: "), "{summary}");
    assert!(cleaned(&mut host, &deployment).success);
}

#[test]
fn a_group_whose_making_was_not_answered_is_made_once() {
    for lost in ["PATCH /groups(", "PATCH /groups/", "owners/$ref", "/team", "POST /teams/"] {
        let (tenant, deployment) = (shared(), office(""));
        tenant.borrow_mut().lost.push(lost.to_owned());
        let mut host = host(&tenant, MONDAY - HOUR);
        let ending = deployed(&mut host, &deployment);
        assert!(tenant.borrow().lost.is_empty());
        assert_eq!(ending.reason, "6 of 6 workers are ready", "{lost}");
        let tenant = tenant.borrow();
        assert_eq!(tenant.work.groups.len(), 4);
        assert!(tenant.work.groups.values().all(|group| group.owners.len() == 1));
    }
}

/// Runs until a task of this kind comes that fits, and loses the answer to its request that contains `lose`.
fn in_doubt(kind: &str, lose: &str, fits: impl Fn(&Task) -> bool) -> (Shared, Host, Deployment, Task) {
    let (tenant, deployment) = (shared(), office(""));
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    for _ in 0..40 {
        let plan = host.planning(|| KnowledgeWorker::cycle(&deployment)).unwrap();
        let (mut tasks, wake) = (plan.tasks, plan.wake);
        tasks.sort_by_key(|task| (task.due, task.id.clone()));
        for task in tasks {
            host.advance_to(task.due);
            let is_it = task.kind == kind && fits(&task);
            if is_it {
                tenant.borrow_mut().lost.push(lose.to_owned());
            }
            match host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)) {
                Err(problem) if problem.kind == ProblemKind::InDoubt => return (tenant, host, deployment, task),
                Ok(outcome) => {
                    for follow in outcome.follow_ups {
                        let _ = host.performing(&follow.actor, || KnowledgeWorker::perform(&deployment, &follow));
                    }
                }
                Err(_) => {}
            }
            tenant.borrow_mut().lost.clear();
        }
        let Wake::At(next) = wake else { panic!("a day has an evening") };
        host.advance_to(next);
    }
    panic!("no such task in ten hours")
}

fn settled(host: &mut Host, deployment: &Deployment, task: &Task) -> Verdict {
    host.settling(&task.actor, || KnowledgeWorker::settle(deployment, task, &unanswered(task))).unwrap()
}

#[test]
fn a_message_whose_answer_was_lost_is_found_and_not_said_twice() {
    for (kind, answer) in [
        (teams::CHAT_MESSAGE, "\"begin\""),
        (teams::CHAT_MESSAGE, "\"respond\""),
        (teams::CHANNEL_MESSAGE, "\"begin\""),
        (teams::CHANNEL_MESSAGE, "\"respond\""),
    ] {
        let is_it = |task: &Task| task.payload.contains(answer);
        let lose = if kind == teams::CHAT_MESSAGE { "POST /chats/" } else { "POST /teams/" };
        let (tenant, mut host, deployment, task) = in_doubt(kind, lose, is_it);
        let last = {
            let tenant = tenant.borrow();
            let last = tenant.work.posts.iter().max_by_key(|(id, _)| (*id).clone()).map(|(id, _)| id.clone());
            last.unwrap()
        };
        let Verdict::Happened(outcome) = settled(&mut host, &deployment, &task) else { panic!("it happened") };
        let activity = &outcome.activities[0];
        assert_eq!(field(activity, "object_id"), Some(last.as_str()));
        assert_eq!(field(activity, "in_reply_to").is_some(), answer.contains("respond"));

        // Had it not got there, that would be certain after a while.
        tenant.borrow_mut().work.posts.remove(&last);
        assert!(matches!(settled(&mut host, &deployment, &task), Verdict::AskAgain(_)));
        host.advance_to(task.due + 2 * MINUTE);
        assert_eq!(settled(&mut host, &deployment, &task), Verdict::DidNot);
    }
}

#[test]
fn a_group_chat_whose_making_was_not_answered_is_found_and_spoken_in() {
    let fits = |task: &Task| task.summary.contains("colleagues");
    let (tenant, mut host, deployment, task) = in_doubt(teams::CHAT_MESSAGE, "POST /chats", fits);
    let chats = tenant.borrow().work.chats.len();
    assert!(tenant.borrow().work.chats.values().any(|members| members.len() > 2));
    let Verdict::Happened(outcome) = settled(&mut host, &deployment, &task) else { panic!("it happened") };
    let say = &outcome.follow_ups[0];
    let outcome = host.performing(&say.actor, || KnowledgeWorker::perform(&deployment, say)).unwrap();
    assert_eq!(outcome.activities[0].kind, teams::CHAT_MESSAGE);
    assert_eq!(tenant.borrow().work.chats.len(), chats);
}

#[test]
fn groups_go_before_their_people_and_what_can_be_restored_is_said() {
    let deployment = office("");
    let (tenant, mut host) = morning(&deployment, 2);
    let ids: BTreeSet<String> = tenant.borrow().work.groups.keys().cloned().collect();
    let users: BTreeSet<String> = tenant.borrow().users.keys().cloned().collect();
    assert_eq!(cleaned(&mut host, &deployment), Ending { success: true, reason: "0 left in the tenant".to_owned() });
    assert!(host.ledger().is_empty() && host.speakers().is_empty() && host.secrets().is_empty());
    let left = host.planning(|| KnowledgeWorker::status(&deployment)).unwrap()["left"].clone();
    let told = |part: &str, kind: &str| -> BTreeSet<String> {
        let all = left[part].as_array().unwrap().iter().filter(|it| it["kind"] == kind);
        all.map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(told("recoverable", "group"), ids);
    let tenant = tenant.borrow();
    assert!(!tenant.work.chats.is_empty(), "no application deletes one");
    assert_eq!(told("beyond", "chat"), tenant.work.chats.keys().cloned().collect());
    assert!(tenant.users.is_empty() && tenant.work.groups.is_empty());
    assert_eq!(tenant.deleted, ids, "groups cannot be purged");
    assert_eq!(tenant.work.revoked, users);
    let first_user =
        host.requests().iter().position(|request| request.method == "DELETE" && request.target.starts_with("/users/"));
    let last_group = host
        .requests()
        .iter()
        .rposition(|request| request.method == "DELETE" && request.target.starts_with("/groups/"));
    assert!(last_group < first_user);
    assert_eq!(host.lines().filter(|line| line.contains("can be restored until")).count(), 4);
    let told = host.activities().iter().filter(|(_, _, activity)| activity.kind == "group.verify");
    assert!(told.clone().count() == 4 && told.clone().all(|(_, _, it)| field(it, "reason").is_some()));
}

#[test]
fn a_group_that_is_somebody_elses_is_left_alone() {
    let deployment = office("");
    let (tenant, mut host) = morning(&deployment, 1);
    let id = {
        let mut tenant = tenant.borrow_mut();
        let (id, group) = tenant.work.groups.iter_mut().next().unwrap();
        group.body["uniqueName"] = "theirs".into();
        id.clone()
    };
    let Ending { success, reason } = cleaned(&mut host, &deployment);
    assert!(!success && reason.contains("not-ours"), "{reason}");
    assert_eq!(tenant.borrow().work.groups.keys().collect::<Vec<_>>(), [&id]);
}

#[test]
fn people_who_type_a_code_speak_once_they_have() {
    let (tenant, deployment) = (shared(), office(r#", "teams_mode": "device-code""#));
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    assert!(host.secrets().is_empty());
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + HOUR).unwrap();
    assert!(talk(&host).is_empty());
    let mut host = host.with_speaker("w02", "haymaker-m365-knowledge-worker-1a2b3c4d-2@contoso.example");
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 3 * HOUR).unwrap();
    let speakers: BTreeSet<&str> = talk(&host).iter().map(|(_, activity)| field(activity, "worker").unwrap()).collect();
    assert_eq!(speakers.len(), 1);
}

#[test]
fn where_nobody_signs_in_messages_are_imported_until_the_deployment_rests() {
    let deployment = office(r#", "teams_mode": "migration""#);
    let (tenant, mut host) = morning(&deployment, 4);
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
    let kinds = counts(&host);
    assert!(
        kinds[teams::CHANNEL_MESSAGE] > 5 && kinds[teams::CHAT_MESSAGE] > 5 && !kinds.contains_key(teams::REACTION)
    );
    assert!(host.requests().iter().all(|request| request.speaker.is_none() && !request.target.contains("setReaction")));
    for (at, activity) in talk(&host) {
        let post = &tenant.borrow().work.posts[field(activity, "object_id").unwrap()];
        assert_eq!((post.from.as_str(), post.at), (field(activity, "user_id").unwrap(), at));
    }
    let open = tenant.borrow().work.importing.len();
    assert!(open > 5, "{open}");

    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::stop, MONDAY + 5 * HOUR).unwrap();
    assert!(tenant.borrow().work.importing.is_empty());
    // After a rest everything is opened anew, and cleaning up completes it, too.
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 7 * HOUR).unwrap();
    assert!(!tenant.borrow().work.importing.is_empty());
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cleanup, MONDAY + 9 * HOUR).unwrap();
    assert_eq!((tenant.borrow().work.importing.len(), host.ledger().len()), (0, 0));
}

#[test]
fn when_the_time_is_over_nothing_is_open_for_imports_any_more() {
    let deployment = office(r#", "teams_mode": "migration", "duration_hours": 5"#);
    let (tenant, mut host) = morning(&deployment, 2);
    assert!(!tenant.borrow().work.importing.is_empty());
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 4 * HOUR).unwrap();
    assert_eq!(tenant.borrow().work.importing.len(), 0);
    let refused = |request: &&haymaker_guest::http::Request| request.target.contains("startMigration");
    let begun: BTreeSet<&str> = host.requests().iter().filter(refused).map(|request| request.target.as_str()).collect();
    assert_eq!(begun.len(), host.requests().iter().filter(refused).count(), "each room is opened once");
}
