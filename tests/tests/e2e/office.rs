//! An office that is looked at from inside the tenant: what lies in its mailboxes and calendars reads as one day of people
//! who work together, whatever the ground truth says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use haymaker_tenant::inspect::{EventView, MailView};
use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::truth::{self, text};
use serde_json::Value;

/// The mailboxes and calendars after a working day, and the ground truth of it.
struct Day {
    mailboxes: BTreeMap<String, Vec<MailView>>,
    calendars: BTreeMap<String, Vec<EventView>>,
    truth: Vec<Value>,
}

fn day() -> &'static Day {
    static DAY: OnceLock<Day> = OnceLock::new();
    DAY.get_or_init(|| {
        let tenant = TenantProcess::start(&["--seed", "31"]);
        let shell = Shell::new().with(tenant.environment.clone());
        let config = ["-c", "pattern=office", "-c", "departments=sales: 4, hr: 4", "-d", "9h", "--seed", "31"];
        shell.run(&[&["deploy", "m365-knowledge-worker"], config.as_slice()].concat()).well();
        shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
        let truth = truth::lines(&shell.run(&["export", "@last"]).well().out);
        let id = text(&truth[0], "deployment").to_owned();
        let inspection = Inspection::of(tenant.address());
        let people = inspection.people(&id);
        let mailbox = |upn: &str| inspection.mailbox(upn).expect("everybody has a mailbox").messages;
        let mailboxes =
            people.iter().map(|person| (person.user_principal_name.clone(), mailbox(&person.user_principal_name)));
        let calendar = |upn: &str| inspection.calendar(upn).expect("everybody has a calendar").events;
        let calendars =
            people.iter().map(|person| (person.user_principal_name.clone(), calendar(&person.user_principal_name)));
        Day { mailboxes: mailboxes.collect(), calendars: calendars.collect(), truth }
    })
}

/// What somebody sent, once: the copy that is no draft and that they wrote. What Exchange sends about meetings has no mark.
fn sent() -> BTreeMap<&'static str, &'static MailView> {
    let own = day()
        .mailboxes
        .iter()
        .flat_map(|(upn, mails)| mails.iter().filter(move |mail| !mail.is_draft && mail.from.contains(upn.as_str())))
        .filter(|mail| mail.headers.contains_key("x-haymaker-id"));
    own.map(|mail| (mail.internet_message_id.as_str(), mail)).collect()
}

/// The activities of these kinds, done.
fn told(kinds: &'static [&str]) -> impl Iterator<Item = &'static Value> {
    day().truth.iter().filter(move |line| kinds.contains(&text(line, "kind")) && text(line, "status") == "done")
}

const ANSWERS: &[&str] = &["email.reply", "email.reply_all", "email.forward"];

#[test]
fn what_lies_in_the_mailboxes_is_what_the_ground_truth_says_was_sent() {
    let lies: BTreeSet<&str> = sent().into_keys().collect();
    let kinds = &["email.send", "email.reply", "email.reply_all", "email.forward"];
    let told: BTreeSet<&str> = told(kinds).map(|line| text(line, "internet_message_id")).collect();
    assert!(told.len() > 300, "{} mails in a day of eight", told.len());
    assert_eq!(lies, told);
}

#[test]
fn every_answer_has_its_original_at_an_earlier_time_in_the_mailbox_of_whoever_answers() {
    let mut answers = 0;
    for line in told(ANSWERS) {
        let mailbox = &day().mailboxes[text(line, "upn")];
        let original = mailbox.iter().find(|mail| mail.internet_message_id == text(line, "in_reply_to"));
        let original = original.unwrap_or_else(|| panic!("answers what nobody sent them: {line}"));
        let answer = sent()[text(line, "internet_message_id")];
        assert!(original.received < answer.received, "{} is not before {}", original.received, answer.received);
        let topic = |subject: &str| subject.trim_start_matches("RE: ").trim_start_matches("FW: ").to_owned();
        assert_eq!(topic(&original.subject), topic(&answer.subject));
        answers += 1;
    }
    assert!(answers > 50, "{answers} answers");
}

#[test]
fn nobody_writes_outside_working_hours_or_to_somebody_outside() {
    let people: BTreeSet<&str> = day().mailboxes.keys().map(String::as_str).collect();
    for line in told(&["email.send", "email.reply", "email.reply_all", "email.forward"]) {
        let hour: u32 = text(line, "due")[11..13].parse().unwrap();
        assert!((8..17).contains(&hour), "{line}");
        for recipient in line["recipients"].as_array().unwrap() {
            assert!(people.contains(recipient.as_str().unwrap()), "{line}");
        }
    }
}

#[test]
fn what_lies_in_the_calendars_is_what_the_ground_truth_says_was_called() {
    let ids = |kind: &'static [&str]| told(kind).map(|line| text(line, "object_id")).collect::<BTreeSet<&str>>();
    let (called, cancelled) = (ids(&["calendar.create"]), ids(&["calendar.cancel"]));
    assert!(called.len() > 10, "{} meetings in a day of eight", called.len());
    let own = day()
        .calendars
        .iter()
        .flat_map(|(upn, events)| events.iter().filter(move |event| event.organizer.contains(upn.as_str())));
    let lies: BTreeSet<&str> = own.map(|event| event.id.as_str()).collect();
    assert_eq!(lies, called.difference(&cancelled).copied().collect::<BTreeSet<&str>>());
    let trouble = |line: &&Value| text(line, "kind").starts_with("calendar.") && text(line, "status") != "done";
    assert_eq!(day().truth.iter().find(trouble), None);
}

#[test]
fn every_answer_to_an_invitation_stands_in_both_calendars_and_came_after_it() {
    let called: BTreeMap<&str, &Value> =
        told(&["calendar.create"]).map(|line| (text(line, "ical_uid"), line)).collect();
    let mut answers = 0;
    for line in told(&["calendar.respond"]) {
        let (upn, call) = (text(line, "upn"), called[text(line, "ical_uid")]);
        assert!(text(call, "at") < text(line, "at"), "{line}");
        assert!(call["recipients"].as_array().unwrap().iter().any(|to| to == upn), "{line}");
        let theirs = day().calendars[upn].iter().find(|event| event.id == text(line, "object_id"));
        let organisers = day().calendars[text(call, "upn")].iter().find(|event| event.id == text(call, "object_id"));
        // What was cancelled since left the organiser's calendar.
        let Some(organisers) = organisers else { continue };
        let answer = &organisers.attendees[upn];
        match theirs {
            Some(theirs) => assert_eq!(&theirs.response, answer),
            None => assert_eq!(answer, "declined", "what is declined leaves the calendar"),
        }
        assert!(["accepted", "tentativelyAccepted", "declined"].contains(&answer.as_str()), "{line}: {answer}");
        answers += 1;
    }
    assert!(answers > 15, "{answers} answers");
}

#[test]
fn nobody_is_in_two_meetings_at_once() {
    for (upn, events) in &day().calendars {
        let mut times: Vec<(&str, &str)> =
            events.iter().filter(|event| !event.cancelled).map(|event| (&*event.start, &*event.end)).collect();
        times.sort_unstable();
        assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{upn}: {times:?}");
    }
}
