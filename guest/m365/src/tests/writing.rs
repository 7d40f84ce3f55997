//! What a language model writes: in whose words it is, and that nothing else depends on the model.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{
    Activity, Problem,
    http::Effect,
    llm::{Block, Prompt, Reply, Stop},
};

use super::{tenant::Shared, *};
use crate::{invitations, mail, teams};

const ON: &str = r#", "enable_ai_generation": true, "email_directive": "Mention the weather.""#;

/// An office that writes mails.
fn office(more: &str) -> Deployment {
    whole_office(&format!(r#", "features": "mail"{more}"#))
}

fn whole_office(more: &str) -> Deployment {
    let config = format!(
        r#"{{"departments": "sales: 4, engineering: 2", "pattern": "office", "license": "DEVELOPERPACK_E5", "usage_location": "US"{more}}}"#
    );
    Deployment { id: "m365-knowledge-worker-1a2b3c4d".to_owned(), seed: 42, config }
}

fn reply(text: &str, stop: Stop) -> Result<Reply, Problem> {
    let content = vec![Block::Text(text.to_owned())];
    Ok(Reply { content, stop, model: "m".to_owned(), input_tokens: 1, output_tokens: 1 })
}

/// What a model says that does as it is told.
fn obedient(prompt: &Prompt) -> Result<Reply, Problem> {
    let is_new = prompt.system.contains("Write an email");
    reply(if is_new { "Subject: In my words\n\nHi,\n\nit rains.\n\nAna" } else { "It rains here, too." }, Stop::End)
}

/// A morning with a model, in which people speak in Teams, too.
fn morning(
    deployment: &Deployment,
    hours: u64,
    model: impl FnMut(&Prompt) -> Result<Reply, Problem> + 'static,
) -> (Shared, Host) {
    let tenant = tenant(6);
    tenant.borrow_mut().work.allowed = true;
    let mut host = host(&tenant, MONDAY - HOUR).modelling(model);
    deployed(&mut host, deployment);
    host.drive::<KnowledgeWorker>(deployment, KnowledgeWorker::cycle, MONDAY + hours * HOUR).unwrap();
    (tenant, host)
}

fn field<'a>(activity: &'a Activity, name: &str) -> Option<&'a str> {
    activity.refs.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
}

/// Every mail that was sent: when, by which task, what.
fn mails(host: &Host) -> impl Iterator<Item = &(Instant, String, Activity)> {
    let kinds = [mail::SEND, mail::REPLY, mail::REPLY_ALL, mail::FORWARD];
    host.activities().iter().filter(move |(_, _, activity)| kinds.contains(&activity.kind.as_str()))
}

fn named(host: &Host) -> BTreeSet<(&str, &str)> {
    mails(host).map(|(_, task, activity)| (task.as_str(), activity.kind.as_str())).collect()
}

fn sources(host: &Host) -> BTreeMap<&str, usize> {
    let mut sources = BTreeMap::new();
    for (_, _, activity) in mails(host) {
        *sources.entry(field(activity, "content_source").unwrap()).or_default() += 1;
    }
    sources
}

#[test]
fn a_model_writes_every_mail_in_its_own_words_and_is_told_no_more_than_it_needs() {
    let deployment = office(ON);
    let told = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let kept = told.clone();
    let (tenant, host) = morning(&deployment, 4, move |prompt| {
        kept.borrow_mut().push(prompt.clone());
        obedient(prompt)
    });
    let sent = mails(&host).count();
    assert!(sent > 100, "{sent}");
    assert_eq!(sources(&host), BTreeMap::from([("llm", sent)]));
    let tenant = tenant.borrow();
    for message in tenant.messages.values().filter(|message| !message.draft && !message.received) {
        let (subject, text) =
            (message.body["subject"].as_str().unwrap(), message.body["body"]["content"].as_str().unwrap());
        assert!(subject.ends_with("In my words"), "{subject}: a thread keeps its subject");
        let own = text.split("____").next().unwrap();
        assert!(own.contains("it rains.") != own.contains("It rains here, too."), "{text}");
    }
    let told = told.borrow();
    assert!(told.iter().all(|prompt| prompt.system.contains("The operator adds: Mention the weather.")));
    let answers: Vec<&Prompt> = told.iter().filter(|prompt| prompt.system.contains("Write a reply")).collect();
    let sees = |prompt: &&&Prompt| matches!(&prompt.messages[0].content[0], Block::Text(text) if text.contains("ains"));
    assert_eq!(answers.iter().filter(sees).count(), answers.len(), "an answer is to what was said");
    assert!(answers.len() > 10);
}

/// A text of Teams and of calendars.
fn speaks(activity: &Activity) -> bool {
    [teams::CHANNEL_MESSAGE, teams::CHAT_MESSAGE, invitations::CREATE].contains(&activity.kind.as_str())
}

/// Whoever answers finds a message by its words, which are the model's and each time others.
#[test]
fn what_is_said_in_teams_and_on_an_agenda_is_the_model_s_and_is_found_by_those_who_answer() {
    let mut calls = 0;
    let (tenant, host) = morning(&whole_office(ON), 4, move |prompt| {
        calls += 1;
        if prompt.system.contains("Write an email") {
            return obedient(prompt);
        }
        reply(&format!("My words, for the time {calls}."), Stop::End)
    });
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
    let written: Vec<&Activity> =
        host.activities().iter().map(|(_, _, activity)| activity).filter(|activity| speaks(activity)).collect();
    let alone = |activity: &Activity| activity.kind == invitations::CREATE && activity.recipients.is_empty();
    let answers = written.iter().filter(|activity| field(activity, "in_reply_to").is_some()).count();
    assert!(written.len() > 150 && answers > 30, "{} texts, {answers} answers", written.len());
    for activity in written {
        let expected = if alone(activity) { "template" } else { "llm" };
        assert_eq!(field(activity, "content_source"), Some(expected), "{activity:?}");
    }
    let tenant = tenant.borrow();
    let posts = tenant.work.posts.values();
    assert!(posts.clone().all(|post| post.text.starts_with("My words")), "{:?}", posts.map(|post| &post.text));
    let agendas = host.requests().iter().filter(|request| request.target.ends_with("/events"));
    let calls: Vec<_> = agendas.filter(|request| request.effect == Effect::Once).collect();
    assert!(calls.len() > 3);
    assert!(calls.iter().all(|request| String::from_utf8_lossy(&request.body).contains("My words")));
}

#[test]
fn whether_a_model_writes_changes_nothing_of_what_is_said_when_and_to_whom() {
    let said = |host: &Host| -> BTreeSet<(Instant, String, String, Vec<String>)> {
        let all = host.activities().iter().filter(|(_, _, activity)| speaks(activity));
        all.map(|(at, _, activity)| {
            let who = field(activity, "user_id").unwrap_or_default().to_owned();
            (*at, who, activity.kind.clone(), activity.recipients.clone())
        })
        .collect()
    };
    let (_, plain) = morning(&whole_office(""), 4, |_| panic!("nobody asks where it is not turned on"));
    let mut calls = 0;
    let (_, host) = morning(&whole_office(ON), 4, move |prompt| {
        calls += 1;
        if calls % 2 == 0 { Err(Problem::unreachable("overloaded", "it answered 529")) } else { obedient(prompt) }
    });
    assert_eq!(said(&host), said(&plain));
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
}

/// The fault is in the model alone: the same mails are sent by the same people at the same times.
#[test]
fn with_a_model_that_fails_half_the_time_the_same_mails_are_sent() {
    let (_, plain) = morning(&office(""), 4, |_| panic!("nobody asks where it is not turned on"));
    let mut calls = 0;
    let (_, host) = morning(&office(ON), 4, move |prompt| {
        calls += 1;
        if calls % 2 == 0 { Err(Problem::unreachable("overloaded", "it answered 529")) } else { obedient(prompt) }
    });
    assert_eq!(named(&host), named(&plain));
    let times = |host: &Host| -> Vec<(Instant, Vec<String>)> {
        mails(host).map(|(at, _, activity)| (*at, activity.recipients.clone())).collect()
    };
    assert_eq!(times(&host), times(&plain));
    let sources = sources(&host);
    assert!(sources["llm"].abs_diff(sources["template"]) <= 1, "{sources:?}");
    assert_eq!(host.count(Stage::Failed) + host.count(Stage::Skipped), 0);
}

#[test]
fn a_text_that_cannot_be_used_is_a_template_s() {
    let bad: [fn() -> Result<Reply, Problem>; 7] = [
        || Err(Problem::unavailable("llm-unavailable", "none is configured")),
        || Err(Problem::exhausted("llm-budget", "used up").at(u64::MAX)),
        || reply("", Stop::End),
        || reply("Subject: Half a\n\nHi, I wanted to", Stop::Length),
        || reply("Subject: No\n\nI will not.", Stop::Refused),
        || reply("Subject: Look\n\nHi, see https://evil.com/login please.", Stop::End),
        || Ok(Reply { content: Vec::new(), ..obedient(&Prompt::new("", "", 1)).unwrap() }),
    ];
    let long = || reply(&format!("Subject: Long\n\n{}", "word ".repeat(400)), Stop::End);
    for bad in bad.into_iter().chain([long as fn() -> _]) {
        let (_, host) = morning(&office(ON), 2, move |_| bad());
        assert!(host.asked() > 20 && mails(&host).count() > 20);
        assert_eq!(sources(&host).into_keys().collect::<Vec<_>>(), ["template"]);
        assert_eq!(host.count(Stage::Failed), 0);
    }
}

/// The first mail of the day, as it is planned.
fn first_mail(host: &mut Host, deployment: &Deployment) -> Task {
    let plan = host.planning(|| KnowledgeWorker::cycle(deployment)).unwrap();
    let first = plan.tasks.into_iter().filter(|task| task.kind == mail::SEND).min_by_key(|task| task.due).unwrap();
    host.advance_to(first.due);
    first
}

fn follow_up(host: &mut Host, deployment: &Deployment, task: &Task) -> Task {
    let outcome = host.performing(&task.actor, || KnowledgeWorker::perform(deployment, task)).unwrap();
    assert!(outcome.activities.is_empty());
    outcome.follow_ups.into_iter().next().unwrap()
}

/// A task that is run again may get another text. So asking sends nothing, and what is sent is in the payload.
#[test]
fn a_rerun_never_sends_another_text_under_the_same_task() {
    let deployment = office(ON);
    let tenant = tenant(6);
    let mut calls = 0;
    let mut host = host(&tenant, MONDAY - HOUR).modelling(move |_| {
        calls += 1;
        reply(&format!("Subject: Version {calls}\n\nText {calls}"), Stop::End)
    });
    deployed(&mut host, &deployment);
    host.advance_to(MONDAY);
    let write = first_mail(&mut host, &deployment);
    let before = host.requests().len();
    let drafts = [follow_up(&mut host, &deployment, &write), follow_up(&mut host, &deployment, &write)];
    assert!(host.requests()[before..].iter().all(|request| request.effect != Effect::Once), "asking sends nothing");
    assert_ne!(drafts[0].payload, drafts[1].payload, "the host keeps one of the two");
    assert_eq!(drafts[0].id, drafts[1].id);

    let (asked, before) = (host.asked(), host.requests().len());
    let sends = [follow_up(&mut host, &deployment, &drafts[1]), follow_up(&mut host, &deployment, &drafts[1])];
    assert_eq!((host.asked(), &sends[0].id), (asked, &format!("{}/send", write.id)));
    let sent = &host.requests()[before..];
    assert_eq!((sent.len(), &sent[0].body), (2, &sent[1].body), "drafting it again says the same");
    assert!(String::from_utf8_lossy(&sent[0].body).contains("Version 2"));
}

#[test]
fn a_draft_whose_answer_was_lost_keeps_the_model_s_subject() {
    let deployment = office(ON);
    let tenant = tenant(6);
    let mut host = host(&tenant, MONDAY - HOUR).modelling(obedient);
    deployed(&mut host, &deployment);
    host.advance_to(MONDAY);
    let write = first_mail(&mut host, &deployment);
    let draft = follow_up(&mut host, &deployment, &write);
    tenant.borrow_mut().lost.push("/messages".to_owned());
    host.performing(&draft.actor, || KnowledgeWorker::perform(&deployment, &draft)).unwrap_err();
    let verdict =
        host.settling(&draft.actor, || KnowledgeWorker::settle(&deployment, &draft, &unanswered(&draft))).unwrap();
    let Verdict::Happened(outcome) = verdict else { panic!("it was drafted: {verdict:?}") };
    let send = outcome.follow_ups.into_iter().next().unwrap();
    let outcome = host.performing(&send.actor, || KnowledgeWorker::perform(&deployment, &send)).unwrap();
    let activity = outcome.activities.last().unwrap();
    assert_eq!((field(activity, "subject"), field(activity, "content_source")), (Some("In my words"), Some("llm")));
}

#[test]
fn the_status_says_how_often_a_model_is_asked_on_a_usual_day() {
    let tenant = tenant(6);
    let mut host = host(&tenant, MONDAY);
    let mut calls = |office: Deployment| {
        host.planning(|| KnowledgeWorker::status(&office)).unwrap()["model_calls_per_day"].as_f64()
    };
    // Four of twelve mails an hour and two of four, for nine hours.
    assert_eq!(calls(office(ON)), Some(504.0));
    assert_eq!(calls(office("")), None);
    // Four of ten messages in Teams an hour and two of fifteen, and the meetings that they call.
    let all = calls(whole_office(ON)).unwrap();
    assert!((504.0 + 630.0..504.0 + 630.0 + 38.0).contains(&all), "{all}");
}
