//! Meetings that are called, answered and cancelled: through days of an office, and when answers of the tenant are lost.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{
    Activity,
    time::{Day, rfc3339},
};

use super::{calendars::Event, tenant::Shared, *};
use crate::{
    invitations::{CANCEL, CREATE, RESPOND, agenda::Agenda},
    meetings::{Invitee, Response},
    naming,
    office::{Account, Office},
};

const KINDS: [&str; 3] = [CREATE, RESPOND, CANCEL];

/// Four in sales and four executives, who meet and do nothing else.
fn office(seed: u64, more: &str) -> Deployment {
    let config = format!(
        r#"{{"departments": "sales: 4, executive: 4", "pattern": "office", "features": "calendar",
            "license": "DEVELOPERPACK_E5", "usage_location": "US"{more}}}"#
    );
    Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed, config }
}

/// So many hours from Monday on, with the tenant that they left behind.
fn worked(deployment: &Deployment, hours: u64) -> (Shared, Host) {
    let tenant = tenant(8);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, deployment);
    host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cycle, MONDAY + hours * HOUR).unwrap();
    (tenant, host)
}

/// From Monday to Friday.
const WEEK: u64 = 4 * 24 + 9;

/// From Monday to the Tuesday after.
const NINE_DAYS: u64 = 8 * 24 + 9;

fn field<'a>(activity: &'a Activity, name: &str) -> &'a str {
    activity.refs.iter().find(|(is, _)| is == name).map_or("", |(_, value)| value.as_str())
}

/// What people did in their calendars: when, by which task, what.
fn told(host: &Host) -> impl Iterator<Item = &(Instant, String, Activity)> + Clone {
    host.activities().iter().filter(|(_, _, activity)| KINDS.contains(&activity.kind.as_str()))
}

fn counts(host: &Host) -> BTreeMap<&str, usize> {
    let mut counts = BTreeMap::new();
    told(host).for_each(|(_, _, activity)| *counts.entry(activity.kind.as_str()).or_default() += 1);
    counts
}

#[test]
fn every_answer_has_its_invitation_earlier_and_is_given_once_before_the_meeting() {
    let (tenant, host) = worked(&office(42, ""), WEEK);
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
    let counts = counts(&host);
    assert!(counts[CREATE] > 40 && counts[RESPOND] > 60 && counts[CANCEL] > 2, "{counts:?}");
    let mut called: BTreeMap<&str, &Activity> = BTreeMap::new();
    let (mut answered, mut words) = (BTreeSet::new(), BTreeSet::new());
    for (at, task, activity) in told(&host) {
        let uid = field(activity, "ical_uid");
        let begins = field(activity, "start");
        assert!(rfc3339(*at).as_str() < begins && begins < field(activity, "end"), "{task} at {}", rfc3339(*at));
        if activity.kind == CREATE {
            assert!(called.insert(uid, activity).is_none(), "{task}");
            continue;
        }
        let call = called[uid];
        assert_eq!(field(call, "subject"), field(activity, "subject"));
        assert_eq!(field(call, "series"), field(activity, "series"));
        if activity.kind == RESPOND {
            assert!(call.recipients.contains(&field(activity, "upn").to_owned()), "{task}");
            assert_eq!(activity.recipients, [field(call, "upn")]);
            assert!(answered.insert((uid, field(activity, "upn"))), "nobody answers twice: {task}");
            words.insert(field(activity, "response"));
        } else {
            assert_eq!(activity.recipients, call.recipients);
        }
    }
    assert_eq!(words, BTreeSet::from(["accepted", "declined", "tentative"]));
    // What the tenant has is what was told: as many events as calls, less those that were cancelled as a whole.
    let tenant = tenant.borrow();
    let own = tenant.events.values().filter(|event| event.own).count();
    let whole = told(&host).filter(|(_, _, activity)| activity.kind == CANCEL && field(activity, "series").is_empty());
    assert_eq!(own + whole.count(), counts[CREATE]);
}

/// When somebody is in meetings, by their own calendar.
fn taken(tenant: &Shared, owner: &str) -> Vec<(Instant, Instant)> {
    let tenant = tenant.borrow();
    let goes = |event: &&Event| event.owner == owner && !event.cancelled && event.response != "declined";
    let mut taken: Vec<_> = tenant.events.values().filter(goes).flat_map(|event| event.times.clone()).collect();
    taken.sort_unstable();
    taken
}

#[test]
fn nobodys_calendar_has_two_meetings_at_once_or_one_outside_working_hours() {
    let (tenant, _) = worked(&office(7, r#", "duration_hours": 240"#), WEEK);
    let owners: Vec<String> = tenant.borrow().users.keys().cloned().collect();
    for owner in owners {
        let taken = taken(&tenant, &owner);
        assert!(taken.len() > 20);
        assert!(taken.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{taken:?}");
        for (from, until) in taken {
            let (hour, day) = ((from % DAY) / HOUR, (from - MONDAY) / DAY % 7);
            assert!((8..17).contains(&hour) && (until - 1) % DAY / HOUR < 17 && day < 5, "{}", rfc3339(from));
        }
    }
}

/// Tuesday to Friday of many weeks: what begins on a run's first day had nobody to call it before. The department's own
/// figures, written down once more; 16 worker-weeks of four days have a standard error of some 4 %, and those who are
/// hard to find free leave some of their meetings to the others.
#[test]
fn people_attend_and_call_as_many_meetings_as_their_departments_table_says() {
    let mut attended: BTreeMap<&str, f64> = BTreeMap::new();
    let (mut calls, mut held) = (0.0, 0.0);
    for seed in 0..4 {
        let (tenant, _) = worked(&office(seed, r#", "duration_hours": 106"#), WEEK);
        let people: Vec<(String, String)> =
            tenant.borrow().users.iter().map(|(id, user)| (id.clone(), user.body["department"].to_string())).collect();
        for (owner, department) in people {
            let department = if department.contains("Sales") { "sales" } else { "executive" };
            let later = taken(&tenant, &owner).into_iter().filter(|(from, _)| *from > MONDAY + 16 * HOUR);
            *attended.entry(department).or_default() += later.count() as f64;
        }
        let tenant = tenant.borrow();
        for event in tenant.events.values().filter(|event| event.own) {
            let times = event.times.iter().filter(|(from, _)| *from > MONDAY + 16 * HOUR).count() as f64;
            calls += times;
            held += times * (1 + event.body["attendees"].as_array().unwrap().len()) as f64;
        }
    }
    // 1.08, 1.08, 1.04 and 0.80 of a usual day, and four people of each department for four weeks.
    let days = 16.0 * 4.0;
    for (department, per_day) in [("sales", 8.0), ("executive", 10.0)] {
        let mean = attended[department] / days;
        assert!((mean / per_day - 1.0).abs() < 0.15, "{department}: {mean} of {per_day}");
    }
    let (per_call, mean) = (held / calls, calls / (2.0 * days));
    assert!((3.0..4.2).contains(&per_call), "{per_call} people in a meeting of eight who are all");
    // Nine a day attended, with 1 + (per_call - 1) * 0.93 who come to each.
    let expected = 9.0 / (1.0 + (per_call - 1.0) * 0.93);
    assert!((mean / expected - 1.0).abs() < 0.15, "{mean} called of {expected}");
}

#[test]
fn a_series_is_one_event_that_is_called_once_answered_once_and_cancelled_day_by_day() {
    let deployment = office(3, r#", "duration_hours": 370"#);
    let (tenant, host) = worked(&deployment, NINE_DAYS);
    let series = told(&host).filter(|(_, _, activity)| !field(activity, "series").is_empty());
    let mut called: BTreeSet<&str> = BTreeSet::new();
    let mut answers: BTreeSet<(&str, &str)> = BTreeSet::new();
    let mut cancelled = 0;
    for (_, task, activity) in series {
        let name = field(activity, "series");
        match activity.kind.as_str() {
            CREATE => assert!(called.insert(name), "{task}"),
            RESPOND => assert!(answers.insert((name, field(activity, "upn"))), "{task}"),
            _ => cancelled += 1,
        }
    }
    assert!(called.len() > 20 && answers.len() > 20 && cancelled > 0, "{} {cancelled}", called.len());
    let tenant = tenant.borrow();
    let mut times = 0;
    for event in tenant.events.values().filter(|event| event.own && event.is_series()) {
        let range = &event.body["recurrence"]["range"];
        assert_eq!((&range["type"], &range["endDate"]), (&"endDate".into(), &"2026-01-20".into()));
        assert_eq!(event.body["start"]["timeZone"], range["recurrenceTimeZone"]);
        times += event.times.len();
    }
    // Two weeks and two days.
    assert!(times + cancelled > 2 * called.len(), "{times} times of {} series", called.len());
}

#[test]
fn what_a_series_has_on_a_holiday_is_cancelled_and_nothing_else_is_called_for_it() {
    let (tenant, host) = worked(&office(3, r#", "holidays": "2026-01-13", "duration_hours": 370"#), NINE_DAYS);
    let holiday = |at: Instant| (MONDAY + 8 * DAY - 8 * HOUR..MONDAY + 9 * DAY - 8 * HOUR).contains(&at);
    let off = told(&host).filter(|(_, _, activity)| field(activity, "start").starts_with("2026-01-13"));
    assert!(off.clone().count() > 0 && off.clone().all(|(_, _, activity)| activity.kind == CANCEL));
    assert!(!told(&host).any(|(at, _, _)| holiday(*at)), "nobody does anything on a holiday");
    let tenant = tenant.borrow();
    let left = tenant.events.values().filter(|event| event.times.iter().any(|(from, _)| holiday(*from)));
    assert!(left.into_iter().all(|event| event.body["attendees"].as_array().unwrap().is_empty()));
}

#[test]
fn a_host_that_was_away_plans_the_same_meetings() {
    let deployment = office(42, "");
    let named = |host: &Host| -> BTreeSet<String> { told(host).map(|(_, task, _)| task.clone()).collect() };
    let (_, steady) = worked(&deployment, 5);
    let (_tenant, mut away) = worked(&deployment, 1);
    away.advance_to(MONDAY + 2 * HOUR);
    away.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 5 * HOUR).unwrap();
    assert!(named(&away).len() > 20 && named(&away).is_subset(&named(&steady)));
    // What it planned too late (a meeting had begun, or was cancelled) was planned all the same, and skipped; and what was
    // not called is not answered.
    for id in named(&steady) {
        let called = id.split("/answer/").next().and_then(|call| away.task(call));
        let uncalled = id.contains("/answer/") && called.is_some_and(|(_, standing)| standing.stage == Stage::Skipped);
        assert!(uncalled || away.task(id.trim_end_matches("/send")).is_some(), "{id}");
    }
}

#[test]
fn who_stops_and_starts_in_the_middle_of_a_plan_calls_and_answers_nothing_twice() {
    let deployment = office(42, "");
    let tenant = tenant(8);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    let mut planned = BTreeSet::new();
    for round in 0..75 {
        host.advance_to(MONDAY + round * 7 * MINUTE);
        let plan = host.planning(|| KnowledgeWorker::cycle(&deployment)).unwrap();
        for task in plan.tasks {
            assert!(planned.insert(task.id.clone()), "{} in round {round}", task.id);
        }
        host.planning(|| KnowledgeWorker::stop(&deployment)).unwrap();
    }
    assert!(planned.iter().any(|id| id.contains("/answer/")), "{planned:?}");
}

#[test]
fn what_should_have_been_called_during_a_rest_is_never_called_and_never_answered() {
    let deployment = office(42, "");
    let (_tenant, mut host) = worked(&deployment, 1);
    host.planning(|| KnowledgeWorker::stop(&deployment)).unwrap();
    host.advance_to(MONDAY + 5 * HOUR);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 33 * HOUR).unwrap();
    let (_, steady) = worked(&deployment, 33);
    assert!(counts(&host)[CREATE] < counts(&steady)[CREATE]);
    let missed = |(at, _, _): &&(Instant, String, Activity)| *at > MONDAY + 80 * MINUTE && *at < MONDAY + 5 * HOUR;
    let missed: BTreeSet<&str> = told(&steady)
        .filter(missed)
        .filter(|(_, _, activity)| activity.kind == CREATE)
        .map(|(_, task, _)| task.as_str())
        .collect();
    assert!(missed.len() > 5);
    for (_, task, _) in told(&host) {
        assert!(!missed.iter().any(|event| task.starts_with(&format!("{event}/")) || task == event), "{task}");
    }
    assert_eq!(host.count(Stage::Failed), 0);
}

#[test]
fn as_much_is_expected_as_was_planned_and_in_all_about_as_much_as_the_figures_say() {
    let deployment = office(42, r#", "duration_hours": 106"#);
    let tenant = tenant(8);
    let mut host = host(&tenant, MONDAY - HOUR);
    deployed(&mut host, &deployment);
    let status = |host: &mut Host| host.planning(|| KnowledgeWorker::status(&deployment)).unwrap();
    let total = |status: &serde_json::Value, kind: &str| status["expected_total"][kind].as_f64().unwrap();
    let before = status(&mut host);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + 20 * HOUR).unwrap();
    let meanwhile = status(&mut host);
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, MONDAY + WEEK * HOUR).unwrap();
    let after = status(&mut host);
    assert_eq!(after["expected"], after["expected_total"], "the week is over");
    for (kind, count) in counts(&host) {
        assert_eq!(after["expected"][kind].as_f64(), Some(count as f64), "{kind}");
        // Five standard deviations, of meetings whose answers come together.
        let off = |status| (total(status, kind) - count as f64).abs() / (3.0 * count as f64).sqrt();
        assert!(off(&before) < 5.0 && off(&meanwhile) < 5.0, "{kind}: {count}, {before} {meanwhile}");
    }
    assert!(meanwhile["expected"][CREATE].as_f64().unwrap() < total(&meanwhile, CREATE));
    assert_eq!(before["expected"].get(CREATE), None, "nothing was planned yet");
}

#[test]
fn who_has_no_mailbox_calls_nothing_and_is_invited_to_nothing() {
    let deployment = office(42, "");
    let tenant = tenant(8);
    tenant.borrow_mut().broken.push("-2".to_owned());
    let mut host = host(&tenant, MONDAY - 25 * HOUR);
    assert!(deployed(&mut host, &deployment).success);
    let from = host.now();
    host.drive::<KnowledgeWorker>(&deployment, KnowledgeWorker::cycle, from + 32 * HOUR).unwrap();
    assert!(told(&host).count() > 20 && host.count(Stage::Skipped) == 0);
    let somebody = |address: &str| address.ends_with("-2@contoso.example");
    for (_, task, activity) in told(&host) {
        assert!(!somebody(field(activity, "upn")) && !activity.recipients.iter().any(|to| somebody(to)), "{task}");
    }
}

#[test]
fn meetings_are_called_and_answered_in_everybodys_own_working_hours_and_stand_in_the_organisers_zone() {
    let deployment = office(42, r#", "time_zones": "Europe/Berlin: 5, America/New_York: 3""#);
    let (tenant, host) = worked(&deployment, 58);
    let mut zones = BTreeSet::new();
    for (at, task, activity) in told(&host) {
        let hour = (*at % DAY) / HOUR;
        let zone = field(activity, "time_zone");
        let hours = if zone == "Europe/Berlin" { 7..=16 } else { 13..=22 };
        assert!(hours.contains(&hour), "{task} of {zone} at {}", rfc3339(*at));
        zones.insert(zone);
    }
    assert_eq!(zones.len(), 2);
    let tenant = tenant.borrow();
    let named: BTreeSet<&str> =
        tenant.events.values().map(|event| event.body["start"]["timeZone"].as_str().unwrap()).collect();
    assert_eq!(named, zones);
}

#[test]
fn under_the_flat_pattern_people_meet_only_if_they_are_told_to() {
    let flat = |features: &str| {
        let mut deployment = office(42, "");
        deployment.config = deployment.config.replace("office", "flat").replace(r#""calendar""#, features);
        let (_, host) = worked(&deployment, 4);
        counts(&host).into_iter().map(|(kind, count)| (kind.to_owned(), count)).collect::<BTreeMap<_, _>>()
    };
    assert!(flat(r#""auto""#).is_empty());
    assert!(flat(r#""mail, calendar""#)[RESPOND] > 5);
}

#[test]
fn mails_about_meetings_are_read_and_neither_filed_nor_answered_nor_in_the_way() {
    let mut deployment = office(42, "");
    deployment.config = deployment.config.replace(r#""calendar""#, r#""mail, calendar""#);
    let (tenant, host) = worked(&deployment, 9);
    let tenant = tenant.borrow();
    let about = |id: &str| id.ends_with("@tenant>");
    let of = |kind: &'static str| host.activities().iter().filter(move |(_, _, activity)| activity.kind == kind);
    let opened = of("email.read").filter(|(_, _, activity)| about(field(activity, "internet_message_id"))).count();
    assert!(opened > 30, "{opened}");
    for kind in ["email.organize", "email.reply", "email.reply_all", "email.forward"] {
        assert!(of(kind).count() > 0);
        assert!(!of(kind).any(|(_, _, activity)| {
            about(field(activity, "internet_message_id")) || about(field(activity, "in_reply_to"))
        }));
    }
    let received = tenant.messages.values().filter(|message| message.received);
    let (read, unread): (Vec<_>, Vec<_>) = received.partition(|message| message.read);
    assert!(unread.len() * 10 < read.len(), "{} unread, {} read", unread.len(), read.len());
}

/// Runs until a task is planned that a test looks for: its host, which has done everything before it, and the task.
fn until(deployment: &Deployment, is: impl Fn(&Task) -> bool) -> (Shared, Host, Task) {
    let (tenant, mut host) = worked(deployment, 0);
    for _ in 0..400 {
        let plan = host.planning(|| KnowledgeWorker::cycle(deployment)).unwrap();
        let mut tasks = plan.tasks;
        tasks.sort_by_key(|task| (task.due, task.id.clone()));
        for task in tasks {
            host.advance_to(task.due);
            if is(&task) {
                return (tenant, host, task);
            }
            let outcome = host.performing(&task.actor, || KnowledgeWorker::perform(deployment, &task)).unwrap();
            for next in outcome.follow_ups {
                host.performing(&next.actor, || KnowledgeWorker::perform(deployment, &next)).unwrap();
            }
        }
        let Wake::At(moment) = plan.wake else { panic!("a run without an end") };
        host.advance_to(moment);
    }
    panic!("no such task in many plans")
}

/// Performs a task whose answer is lost, and asks what became of it.
fn lost(tenant: &Shared, host: &mut Host, deployment: &Deployment, task: &Task, what: &str) -> Verdict {
    tenant.borrow_mut().lost.push(what.to_owned());
    let problem = host.performing(&task.actor, || KnowledgeWorker::perform(deployment, task)).unwrap_err();
    assert_eq!(problem.kind, ProblemKind::InDoubt);
    host.settling(&task.actor, || KnowledgeWorker::settle(deployment, task, &unanswered(task))).unwrap()
}

fn settled(host: &mut Host, deployment: &Deployment, task: &Task) -> Verdict {
    host.settling(&task.actor, || KnowledgeWorker::settle(deployment, task, &unanswered(task))).unwrap()
}

/// The step that acts, after the one that looks.
fn second(host: &mut Host, deployment: &Deployment, task: &Task) -> Task {
    let outcome = host.performing(&task.actor, || KnowledgeWorker::perform(deployment, task)).unwrap();
    assert!(outcome.activities.is_empty());
    outcome.follow_ups.into_iter().next().unwrap()
}

#[test]
fn an_event_whose_answer_was_lost_is_found_and_not_made_twice() {
    let deployment = office(42, "");
    for weekly in [true, false] {
        let wanted = |task: &Task| task.kind == CREATE && task.payload.contains(&format!("\"weekly\":{weekly}"));
        let (tenant, mut host, task) = until(&deployment, wanted);
        assert_eq!(settled(&mut host, &deployment, &task), Verdict::AskAgain(task.due + MINUTE));
        let Verdict::Happened(outcome) = lost(&tenant, &mut host, &deployment, &task, "/events") else {
            panic!("it was made")
        };
        let (kind, uid) = (&outcome.activities[0].kind, field(&outcome.activities[0], "ical_uid").to_owned());
        assert_eq!(kind, CREATE);
        // A host that does not settle makes it again: the tenant knows the transaction.
        let again = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)).unwrap();
        assert_eq!(field(&again.activities[0], "ical_uid"), uid);
        let copies = tenant.borrow().events.values().filter(|event| event.own && event.ical == uid).count();
        assert_eq!(copies, 1);
        tenant.borrow_mut().events.clear();
        host.advance_to(task.due + 2 * MINUTE);
        assert_eq!(settled(&mut host, &deployment, &task), Verdict::DidNot);
    }
}

#[test]
fn an_answer_whose_answer_was_lost_is_found_in_the_calendar_or_by_its_absence() {
    let deployment = office(42, "");
    for answer in ["accepted", "tentative", "declined"] {
        let wanted = |task: &Task| task.kind == RESPOND && task.payload.contains(&format!("\"answer\":\"{answer}\""));
        let (tenant, mut host, task) = until(&deployment, wanted);
        let send = second(&mut host, &deployment, &task);
        assert_eq!(settled(&mut host, &deployment, &send), Verdict::AskAgain(send.due + MINUTE), "not yet");
        let Verdict::Happened(outcome) = lost(&tenant, &mut host, &deployment, &send, "/events/") else {
            panic!("it was answered")
        };
        assert_eq!(field(&outcome.activities[0], "response"), answer);
        if answer != "declined" {
            let response = if answer == "accepted" { "accepted" } else { "tentativelyAccepted" };
            assert!(tenant.borrow().events.values().any(|event| event.response == response));
            // Taken back, it did not happen; gone altogether, nobody can tell.
            tenant.borrow_mut().events.values_mut().for_each(|event| event.response = "notResponded".to_owned());
            host.advance_to(send.due + 2 * MINUTE);
            assert_eq!(settled(&mut host, &deployment, &send), Verdict::DidNot);
            tenant.borrow_mut().events.clear();
            assert_eq!(settled(&mut host, &deployment, &send), Verdict::CannotTell);
        }
    }
}

#[test]
fn a_cancellation_whose_answer_was_lost_is_found_by_what_is_gone() {
    let deployment = office(42, "");
    for weekly in [true, false] {
        let wanted = |task: &Task| task.kind == CANCEL && task.payload.contains("\"series\":null") != weekly;
        let (tenant, mut host, task) = until(&deployment, wanted);
        let send = second(&mut host, &deployment, &task);
        host.advance_to(send.due + 2 * MINUTE);
        assert_eq!(settled(&mut host, &deployment, &send), Verdict::DidNot, "not yet");
        let Verdict::Happened(outcome) = lost(&tenant, &mut host, &deployment, &send, "/cancel") else {
            panic!("it was cancelled")
        };
        assert_eq!(outcome.activities[0].kind, CANCEL);
        let sent = host.requests().iter().filter(|request| request.target.ends_with("/cancel"));
        let last = sent.clone().next_back().unwrap().target.clone();
        assert_eq!(sent.filter(|request| request.target == last).count(), 1);
    }
}

#[test]
fn what_never_arrived_is_never_answered() {
    let deployment = office(42, "");
    let (tenant, mut host, task) = until(&deployment, |task| task.kind == RESPOND);
    tenant.borrow_mut().events.retain(|_, event| event.own);
    let problem = host.performing(&task.actor, || KnowledgeWorker::perform(&deployment, &task)).unwrap_err();
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::NotReady, "no-invitation"));
    assert!(task.expires.is_some_and(|end| end <= task.due + 2 * HOUR), "it is given up, and never failed");
}

/// People of three zones: an invitation that is sent while somebody sleeps, to a meeting with which their day begins,
/// leaves them no time. They would stand in two meetings, one of which they never meant to come to.
#[test]
fn whoever_declines_has_time_to_say_so() {
    let config = r#"{"departments": "operations: 10, engineering: 10, sales: 10, hr: 10, finance: 10, executive: 10",
        "time_zones": "Europe/Berlin: 20, America/New_York: 20, Asia/Kolkata: 20", "pattern": "office",
        "license": "E5", "usage_location": "US"}"#;
    let monday: Day = "2026-01-05".parse().unwrap();
    let mut declined = 0;
    for seed in 1..=6 {
        let id = "m365-knowledge-worker-1a2b3c4d".to_owned();
        let deployment = Deployment { id, seed, config: config.to_owned() };
        let mut host = Host::new(MONDAY);
        for worker in (1..=60).map(naming::worker) {
            let account = Account { user_id: worker.clone(), ready: Some(MONDAY), ..Account::default() };
            host.performing(&worker, || account.save(&worker)).unwrap();
        }
        let mut look = || {
            let office = Office::of(&deployment)?;
            let agenda = Agenda::of(&office)?;
            let meetings = monday.iter_days().take(5).flat_map(|day| agenda.meetings(day));
            for called in meetings.filter(|meeting| !meeting.cancelled).filter_map(|meeting| agenda.called(&meeting)) {
                let answers: Vec<usize> = agenda.replies(&called).iter().map(|reply| reply.by).collect();
                let asked = |invitee: &&Invitee| called.invitation.invited.contains(&invitee.index);
                for invitee in called.meeting.invitees.iter().filter(asked) {
                    if invitee.response == Response::Declined && !called.meeting.cancelled {
                        assert!(answers.contains(&invitee.index), "{:?}", called.invitation);
                        declined += 1;
                    }
                }
            }
            Ok(())
        };
        host.planning(&mut look).unwrap();
    }
    assert!(declined > 200, "{declined}");
}
