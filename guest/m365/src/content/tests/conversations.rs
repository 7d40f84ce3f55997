//! Conversations: what is said follows from who says it where, and stays with its subject.

use std::collections::BTreeSet;

use super::*;

fn reply_of(company: &Company, task: &str, nth: u32, subject: &str) -> Mail {
    company.answers(task, nth, |occasion, thread| {
        reply(occasion, &Original { thread: *thread, nth, subject, quote: None })
    })
}

#[test]
fn a_task_writes_the_same_mail_again_and_another_task_another() {
    let company = Company::new(Department::Sales, 25, 1);
    let again = Company::new(Department::Sales, 25, 1);
    assert_eq!(company.first_writes(&task(1), write), again.first_writes(&task(1), write));
    assert_ne!(company.first_writes(&task(1), write), company.first_writes(&task(2), write));
    for nth in 1..6 {
        assert_eq!(reply_of(&company, &task(1), nth, "S"), reply_of(&again, &task(1), nth, "S"));
    }
}

#[test]
fn replies_are_mostly_of_5_to_43_words_and_their_subject_has_one_prefix() {
    let (mut within, mut all) = (0.0, 0.0);
    for department in Department::ALL {
        let company = Company::new(department, 25, 2);
        for n in 0..60 {
            let subject = company.first_writes(&task(n), write).subject;
            let mut last = subject.clone();
            for nth in 1..5 {
                let reply = reply_of(&company, &task(n), nth, &last);
                assert_eq!(reply.subject, format!("Re: {subject}"));
                last = reply.subject;
                let words = reply.body.split_whitespace().count();
                within += if (5..=43).contains(&words) { 1.0 } else { 0.0 };
                all += 1.0;
            }
            let forward = company.answers(&task(n), 5, |occasion, thread| {
                forward(occasion, &Original { thread: *thread, nth: 5, subject: &last, quote: None })
            });
            assert_eq!(forward.subject, format!("Fw: {subject}"));
        }
    }
    assert!(within / all > 0.95, "{within} of {all}");
}

#[test]
fn a_conversation_of_thirty_messages_says_nothing_twice_on_end() {
    for department in Department::ALL {
        let company = Company::new(department, 25, 1);
        let texts: Vec<String> = (2..32).map(|nth| reply_of(&company, &task(3), nth, "S").body).collect();
        let different: BTreeSet<_> = texts.iter().collect();
        assert!(different.len() == texts.len(), "{department:?}: {} of {}", different.len(), texts.len());
    }
}

/// Slots whose word a whole conversation shares.
const SLOTS: [&str; 9] = ["client", "client2", "amount", "day", "date", "time", "ticket", "peer", "link"];

#[test]
fn an_answer_speaks_of_the_same_client_date_and_colleague_and_of_new_days_of_its_own() {
    for department in Department::ALL {
        let company = Company::new(department, 25, 3);
        let mut moved = 0;
        for id in (0..20).map(task) {
            let first = company.first_writes(&id, |occasion| {
                let people = company.first();
                let thread = Thread { id: &id, department, began: MOMENT, people: &people };
                let words = words(occasion, &thread, id.clone());
                SLOTS.map(|slot| words.word(slot))
            });
            for nth in 1..4 {
                let answer = company.answers(&id, nth, |occasion, thread| {
                    let words = words(occasion, thread, message(thread, nth, occasion.sender));
                    moved += usize::from(words.word("+date") != words.word("date"));
                    SLOTS.map(|slot| words.word(slot))
                });
                assert_eq!(answer, first);
            }
        }
        assert!(moved > 40, "{moved} of 60");
    }
}

#[test]
fn dates_are_in_their_order_and_amounts_of_one_size() {
    let company = Company::new(Department::Finance, 5, 1);
    for id in (0..50).map(task) {
        company.first_writes(&id, |occasion| {
            let people = company.first();
            let words = words(occasion, &occasion.thread(&people), id.clone());
            // From 5 January on, so that days of February are after those of January.
            let day = |slot: &str| {
                let date = words.word(slot);
                let number: u32 = date.split(' ').next().unwrap().parse().unwrap();
                if date.ends_with("January") { number } else { number + 31 }
            };
            assert!(day("date") < day("date2") && day("date2") < day("date3"));
            let amount = |slot: &str| words.word(slot).replace(['$', ','], "").parse::<f64>().unwrap();
            assert!((0.2..=5.0).contains(&(amount("amount") / amount("amount2"))));
        });
    }
}

#[test]
fn the_original_is_quoted_below_the_answer() {
    let company = Company::new(Department::Finance, 5, 1);
    let mail = company.first_writes(&task(0), write);
    let (from, to) = (company.everybody[0].name(), [company.everybody[1].name()]);
    let quote = Quote { from: &from, sent: MOMENT, to: &to, body: &mail.body };
    let [plain, quoted] = [None, Some(quote)].map(|quote| {
        company.answers(&task(0), 1, |occasion, thread| {
            reply(occasion, &Original { thread: *thread, nth: 1, subject: &mail.subject, quote })
        })
    });
    let below = quoted.body.strip_prefix(&plain.body).expect("the same words, and more below them");
    assert!(
        below.contains(&format!("From: {from}\nSent: Monday, January 5, 2026 9:30 AM\nTo: {}\n", to[0])),
        "{below}"
    );
    assert!(below.ends_with(&format!("Subject: {}\n\n{}\n", mail.subject, mail.body.trim_end())), "{below}");
}

#[test]
fn colleagues_who_are_mentioned_exist_and_are_not_in_the_conversation() {
    let company = Company::new(Department::Sales, 3, 1);
    let (third, others) = (&*company.everybody[2].given, "the team");
    let bodies: String = (0..300).map(|n| company.first_writes(&task(n), write).body).collect();
    assert!(bodies.contains(third), "the third is mentioned by the first to the second");
    let company = Company::new(Department::Sales, 2, 1);
    let bodies: String = (0..300).map(|n| company.first_writes(&task(n), write).body).collect();
    assert!(bodies.to_lowercase().contains(others), "without a third there is the team");
}

#[test]
fn one_is_asked_by_name_and_several_are_asked_together() {
    let texts = |to: usize| -> String {
        let company = Company::new(Department::Operations, 25, to);
        (0..300).map(|n| company.first_writes(&task(n), write).body).collect()
    };
    let (one, several) = (texts(1), texts(3));
    assert!(!one.contains("one of you") && one.contains("ould you"));
    assert!(several.contains("one of you") && several.contains("Hi all,"));
}

#[test]
fn somebody_without_colleagues_writes_notes_that_nobody_answers() {
    let company = Company::new(Department::Hr, 1, 0);
    for n in 0..30 {
        let note = company.first_writes(&task(n), write);
        assert!(note.body.starts_with("Note to self:"), "{}", note.body);
        assert_eq!(company.first_writes(&task(n), |occasion| meeting(occasion, true)).place, None);
    }
    let person = &company.everybody[0];
    let people = [person, person];
    let thread = Thread { id: "t", department: Department::Hr, began: MOMENT, people: &people };
    assert!(!is_answerable(&thread));
}

#[test]
fn who_comes_rarely_says_why_and_who_does_not_mostly_does() {
    let company = Company::new(Department::Hr, 25, 1);
    let silent = |answer| {
        let said = (0..1_000).map(|n| company.first_writes(&task(n), |occasion| response(occasion, answer)));
        said.filter(String::is_empty).count()
    };
    let [accepted, tentative, declined] = [Answer::Accept, Answer::Tentative, Answer::Decline].map(silent);
    assert!((680..820).contains(&accepted), "{accepted}");
    assert!((320..480).contains(&tentative), "{tentative}");
    assert!((130..270).contains(&declined), "{declined}");
}
