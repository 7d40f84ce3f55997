//! The files of templates: enough of them, and none with a hole.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::content::{mail, meeting as meetings, teams, template::Template, vocabulary::is_known};

const INTENTS: [&str; 3] = ["question", "request", "news"];

fn all_templates() -> Vec<Template> {
    let per_department = |department| {
        [mail::templates(department), teams::templates(department), meetings::templates(department)].concat()
    };
    let mut templates: Vec<Template> = Department::ALL.into_iter().flat_map(per_department).collect();
    templates.extend([mail::notes(), mail::common(), meetings::appointments()].concat());
    templates
}

#[test]
fn every_department_has_enough_templates_and_none_was_lost_in_reading() {
    for department in Department::ALL {
        let mails = mail::templates(department);
        let subjects: BTreeSet<_> = mails.iter().map(|template| template.header("Subject")).collect();
        assert!(mails.len() >= 12 && subjects.len() == mails.len(), "{department:?} has {}", mails.len());
        let teams = teams::templates(department);
        let posts = teams.iter().filter(|template| template.header("In") == "channel").count();
        assert!(posts >= 6 && teams.len() - posts >= 6 && teams.len() >= 12, "{department:?}: {posts}");
        assert!(teams.iter().all(|template| ["channel", "chat"].contains(&template.header("In"))));
        for template in mails.iter().chain(&teams) {
            assert!(template.answers.len() >= 2 || template.header("About") == "lunch", "{template:?}");
            assert!(INTENTS.contains(&template.header("Intent")), "{template:?}");
            assert!(!template.header("About").is_empty() && !template.body.is_empty(), "{template:?}");
        }
        let meetings = meetings::templates(department);
        let weekly = meetings.iter().filter(|template| template.header("Series") == "weekly").count();
        assert!(weekly >= 2 && meetings.len() - weekly >= 4, "{department:?}: {weekly} of {}", meetings.len());
        assert!(meetings.iter().all(|template| !template.header("Subject").is_empty() && !template.body.is_empty()));
    }
    assert!(mail::notes().len() >= 12);
}

#[test]
fn there_are_lines_for_every_occasion() {
    for what in ["starter", "other", "chat-starter", "chat-other"] {
        assert!(mail::lines_for(what).len() >= 12, "{what}");
    }
    for what in ["question", "request", "news", "forward", "share", "accept", "tentative", "decline", "cancel"] {
        assert!(mail::lines_for(what).len() >= 5, "{what}");
    }
}

/// What a conversation is about may be one thing or several: no line may say that it *is* something.
#[test]
fn a_line_is_right_whether_its_subject_is_one_thing_or_several() {
    for template in mail::common().iter().filter(|template| template.header("For") != "share") {
        for line in &template.answers {
            for verb in ["is", "are", "was", "were", "has", "have", "goes", "comes", "looks"] {
                assert!(!line.to_lowercase().contains(&format!("{{about}} {verb} ")), "{line}");
            }
        }
    }
}

#[test]
fn every_slot_of_every_template_has_words_and_every_bracket_its_twin() {
    for template in all_templates() {
        let headers = ["Subject", "About"].map(|name| template.header(name));
        for text in headers.iter().chain([&template.body]).chain(&template.answers) {
            for slot in text.split('{').skip(1) {
                let slot = slot.split('}').next().unwrap();
                assert!(is_known(slot), "{{{slot}}} in {text}");
            }
            for (opens, closes) in [('{', '}'), ('[', ']')] {
                assert_eq!(text.matches(opens).count(), text.matches(closes).count(), "{text}");
            }
            let outside: String =
                text.split('[').map(|part| part.split_once(']').map_or(part, |(_, after)| after)).collect();
            assert!(!outside.contains('|'), "a choice outside brackets: {text}");
        }
        assert!(!template.body.contains("\n> ") && !template.body.contains("About:"), "{template:?}");
    }
}

/// With `n` draws from `k` equally likely templates the largest share has a mean of n/k and, of all k, stays below
/// five standard deviations above it but once in some hundred thousand times.
#[test]
fn no_template_comes_back_more_often_than_chance_lets_it() {
    for department in Department::ALL {
        let mut count: BTreeMap<&str, f64> = BTreeMap::new();
        let (draws, kinds) = (1_000.0_f64, mail::templates(department).len() as f64);
        let company = Company::new(department, 25, 1);
        let people = company.first();
        for id in (0..1_000).map(task) {
            let thread = Thread { id: &id, department, began: MOMENT, people: &people };
            *count.entry(mail::template_of(&thread, 7).header("Subject")).or_default() += 1.0;
        }
        let mean = draws / kinds;
        for (subject, times) in count {
            assert!((times - mean).abs() < 5.0 * mean.sqrt(), "{department:?}: {subject}: {times} of {draws}");
        }
    }
}

#[test]
fn nobody_writes_the_same_twice_while_there_is_something_else_to_write() {
    for department in Department::ALL {
        let kinds = mail::templates(department).len();
        let company = Company::new(department, 25, 1);
        let people = company.first();
        let subject = |n: usize| {
            let id = task(n);
            let thread = Thread { id: &id, department, began: MOMENT, people: &people[..2] };
            mail::template_of(&thread, 7).header("Subject")
        };
        for lap in 0..5 {
            let subjects: BTreeSet<_> = (lap * kinds..(lap + 1) * kinds).map(subject).collect();
            assert_eq!(subjects.len(), kinds, "{department:?}, lap {lap}");
        }
    }
}

#[test]
fn a_template_that_comes_again_is_called_something_else() {
    let kinds = mail::templates(Department::Hr).len();
    let company = Company::new(Department::Hr, 25, 1);
    let subjects = (0..3 * kinds).map(|n| company.first_writes(&task(n), write).subject);
    let survey: BTreeSet<String> = subjects.filter(|subject| subject.starts_with("Engagement survey")).collect();
    assert_eq!(survey.len(), 3, "{survey:?}");
}

#[test]
fn a_day_of_25_workers_does_not_read_as_one_template() {
    for department in Department::ALL {
        let company = Company::new(department, 25, 1);
        let mails: Vec<Mail> = (0..400).map(|n| company.first_writes(&task(n), write)).collect();
        let bodies: BTreeSet<_> = mails.iter().map(|mail| &mail.body).collect();
        let subjects: BTreeSet<_> = mails.iter().map(|mail| &mail.subject).collect();
        assert!(bodies.len() > 390, "{department:?}: {} bodies of 400", bodies.len());
        assert!(subjects.len() > 100, "{department:?}: {} subjects of 400", subjects.len());
        for write in [post, chat_line] {
            let lines: BTreeSet<String> = (0..400).map(|n| company.first_writes(&task(n), write)).collect();
            assert!(lines.len() > 100, "{department:?}: {} lines of 400", lines.len());
        }
    }
}
