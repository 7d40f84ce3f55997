//! An office that is looked at from inside the tenant: what lies in its mailboxes reads as one day of people who work
//! together, whatever the ground truth says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use haymaker_tenant::inspect::MailView;
use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::inspection::Inspection;
use haymaker_tests::truth::{self, text};
use serde_json::Value;

/// The mailboxes after a working day, and the ground truth of it.
struct Day {
    mailboxes: BTreeMap<String, Vec<MailView>>,
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
        Day { mailboxes: mailboxes.collect(), truth }
    })
}

/// What somebody sent, once: the copy that is no draft and that they wrote.
fn sent() -> BTreeMap<&'static str, &'static MailView> {
    let own = day()
        .mailboxes
        .iter()
        .flat_map(|(upn, mails)| mails.iter().filter(move |mail| !mail.is_draft && mail.from.contains(upn.as_str())));
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
