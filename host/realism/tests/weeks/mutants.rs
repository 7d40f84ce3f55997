//! What must not pass. Each mutant changes one thing of a week that is right otherwise, and the check that is about it
//! must be among those that are off.

use haymaker_realism::line::Line;
use serde_json::{Value, json};

use crate::office::{FLAT, MONDAY, SIXTY, right, usual, week};
use crate::seeds::{off, report};

/// The patterns with one figure changed.
fn changed(pointer: &str, value: Value) -> Value {
    let mut patterns = usual();
    *patterns.pointer_mut(pointer).unwrap() = value;
    patterns
}

#[track_caller]
fn must_fail(lines: &[Line], check: &str) {
    let report = report(lines);
    let off = off(&report);
    assert!(!report.passes() && off.iter().any(|line| line.starts_with(check)), "{check} is not among {off:#?}");
}

/// All departments' rates of mail, times so much.
fn busier(factor: f64) -> Value {
    let mut patterns = usual();
    for rates in patterns["departments"].as_object_mut().unwrap().values_mut() {
        rates["email_per_hour"] = json!(rates["email_per_hour"].as_f64().unwrap() * factor);
    }
    patterns
}

#[test]
fn fifteen_percent_more_mail_is_found() {
    must_fail(&week(SIXTY, &busier(1.15), 1), "mail, all departments");
    must_fail(&week(FLAT, &busier(1.15), 1), "mail, all departments");
}

#[test]
fn an_office_without_lunch_is_found() {
    must_fail(&week(SIXTY, &changed("/rhythm/shape/4", json!(1.1)), 2), "lunch against the hours beside it, new mail");
}

#[test]
fn answers_whose_delays_vary_half_as_much_are_found() {
    let mut patterns = changed("/latency/mail/sigma", json!(0.95));
    patterns["latency"]["chat"]["sigma"] = json!(0.6);
    let week = week(SIXTY, &patterns, 3);
    must_fail(&week, "width of that (sigma), mail");
    must_fail(&week, "width of that (sigma), Teams");
}

#[test]
fn an_office_that_works_on_saturdays_is_found() {
    let mut patterns = changed("/rhythm/weekdays/5", json!(1.0));
    patterns["working_days"] = json!(["monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]);
    must_fail(&week(SIXTY, &patterns, 4), "on weekends and days off");
    must_fail(&week(FLAT, &patterns, 4), "on weekends and days off");
}

#[test]
fn messages_without_bursts_and_threads_that_go_on_for_long_are_found() {
    let mut patterns = changed("/rhythm/followers", json!(0.0));
    patterns["threads"]["alone"] = json!(0.5);
    let week = week(SIXTY, &patterns, 5);
    must_fail(&week, "new mail within a minute of another");
    must_fail(&week, "answers, share of all mails");
}

#[test]
fn strangers_who_are_written_to_are_found() {
    let mut patterns = changed("/ties/department", json!(0.35));
    patterns["ties"]["across"] = json!(0.45);
    must_fail(&week(SIXTY, &patterns, 6), "new mails across");
}

/// One right week, in which single lines are changed afterwards.
#[test]
fn single_lines_that_cannot_be_are_found() {
    let right = right();
    let mutant = |kind: &str, change: &dyn Fn(&mut Line)| {
        let mut lines = right.to_vec();
        change(lines.iter_mut().filter(|line| line.kind == kind).nth(20).unwrap());
        lines
    };
    let to_nothing = mutant("email.reply", &|line| line.in_reply_to = Some("<nothing@contoso.example>".to_owned()));
    must_fail(&to_nothing, "answers to nothing, mail");
    must_fail(&mutant("email.reply", &|line| line.in_reply_to = None), "answers to nothing, mail");
    must_fail(&mutant("email.reply", &|line| line.due -= 40 * 86_400_000), "answers before what they answer, mail");
    let stranger = "haymaker-m365-knowledge-worker-1a2b3c4d-60@contoso.example";
    let original = right.iter().find(|line| line.kind == "email.reply").and_then(|line| line.in_reply_to.clone());
    let mut elsewhere = right.to_vec();
    let sent = elsewhere.iter_mut().find(|line| line.internet_message_id == original && line.kind != "email.read");
    sent.unwrap().recipients = vec![stranger.to_owned()];
    must_fail(&elsewhere, "mails answered by who did not receive them");
    let unread: Vec<Line> =
        right.iter().filter(|line| line.kind != "email.read" || line.due % 2 == 0).cloned().collect();
    must_fail(&unread, "mails answered unread");
    must_fail(&mutant("document.edit", &|line| line.object_id = Some("x".to_owned())), "documents edited or shared");
    must_fail(&mutant("calendar.respond", &|line| line.ical_uid = Some("x".to_owned())), "answers to invitations");
    let mut twice = right.to_vec();
    let cancelled: Vec<_> =
        right.iter().filter(|line| line.kind == "calendar.cancel").map(|line| &line.ical_uid).collect();
    let held = |line: &Line| line.kind == "calendar.create" && !cancelled.contains(&&line.ical_uid);
    let first = right.iter().find(|line| held(line)).unwrap();
    let second = twice.iter_mut().filter(|line| held(line) && line.upn == first.upn).nth(1).unwrap();
    (second.start, second.end) = (first.start, first.end);
    must_fail(&twice, "meetings at the same time");
    must_fail(&mutant("teams.chat_message", &|line| line.due += 5 * 86_400_000), "on weekends and days off");
}

/// A line of what did not happen: nobody is claimed to have done it.
fn undone(line: &mut Line) {
    let bare =
        Line { id: line.id.clone(), deployment: line.deployment.clone(), kind: line.kind.clone(), ..Line::default() };
    *line = Line { status: "failed".to_owned(), due: line.due, at: line.at, ..bare };
}

/// What was tried and never came to anything has not happened, and is missing from what people do.
#[test]
fn what_was_to_be_done_and_never_was_is_found() {
    for (kinds, check) in [
        (&["teams.channel_message", "teams.chat_message"][..], "Teams messages, all departments"),
        (&["document.create", "document.edit"], "documents, all departments"),
        (&["calendar.create"], "meetings"),
    ] {
        let mut lines = right().to_vec();
        for line in lines.iter_mut().filter(|line| kinds.contains(&line.kind.as_str())) {
            undone(line);
        }
        must_fail(&lines, check);
    }
    let mut lines = right().to_vec();
    for line in lines.iter_mut().filter(|line| line.due / 86_400_000 == MONDAY / 86_400_000 + 3) {
        undone(line);
    }
    must_fail(&lines, "mail");
}
