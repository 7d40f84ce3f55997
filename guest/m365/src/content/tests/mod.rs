//! What people write, looked at from outside: over all departments, many tasks, one and several recipients.

mod conversations;
mod templates;

use haymaker_guest::Instant;

use super::*;
use crate::people::people;

/// Monday, 5 January 2026, 09:30 UTC.
const MOMENT: Instant = 1_767_605_400_000;

/// A company in which the first writes to the next so many.
struct Company {
    department: Department,
    everybody: Vec<Person>,
    to: usize,
}

impl Company {
    fn new(department: Department, workers: u32, to: usize) -> Company {
        Company { department, everybody: people(7, workers), to }
    }

    fn first(&self) -> Vec<&Person> {
        self.everybody.iter().take(1 + self.to).collect()
    }

    /// What `act` makes of the first writing the task to the others; to itself where there are none.
    fn first_writes<T>(&self, task: &str, act: impl FnOnce(&Occasion) -> T) -> T {
        let people = self.first();
        let recipients = if self.to == 0 { &people[..] } else { &people[1..] };
        act(&Occasion {
            seed: 7,
            task,
            moment: MOMENT,
            department: self.department,
            sender: people[0],
            recipients,
            everybody: &self.everybody,
        })
    }

    /// What `act` makes of the `nth` message in the conversation that `task` began: the second and the first take turns.
    fn answers<T>(&self, task: &str, nth: u32, act: impl FnOnce(&Occasion, &Thread) -> T) -> T {
        let people = self.first();
        let thread = Thread { id: task, department: self.department, began: MOMENT, people: &people };
        let (sender, recipients) =
            if nth % 2 == 1 { (people[1], vec![people[0]]) } else { (people[0], people[1..].to_vec()) };
        act(
            &Occasion {
                seed: 7,
                task: "reply",
                moment: MOMENT + u64::from(nth) * 2_820_000,
                department: self.department,
                sender,
                recipients: &recipients,
                everybody: &self.everybody,
            },
            &thread,
        )
    }
}

fn task(n: usize) -> String {
    format!("mail/w01/2026-01-05/{n}")
}

/// Everything that is ever sent, in all departments: new mails, replies, forwards, posts, chats, meetings, comments.
fn everything(count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for department in Department::ALL {
        for (workers, to) in [(1, 0), (2, 1), (25, 1), (25, 2), (25, 5)] {
            let company = Company::new(department, workers, to);
            for task in (0..count).map(task) {
                texts.push(company.first_writes(&task, |occasion| {
                    let mail = write(occasion);
                    format!("{}\n{}", mail.subject, mail.body)
                }));
                for recurs in [false, true] {
                    let meeting = company.first_writes(&task, |occasion| meeting(occasion, recurs));
                    texts.push(format!("{}\n{}\n{:?}", meeting.subject, meeting.agenda, meeting.place));
                }
                if to == 0 {
                    continue;
                }
                for write in [post, chat_line, cancellation] {
                    texts.push(company.first_writes(&task, write));
                }
                texts.push(company.first_writes(&task, |occasion| share(occasion, "Cedar plan.docx")));
                for answer in [Answer::Accept, Answer::Tentative, Answer::Decline] {
                    texts.push(company.first_writes(&task, |occasion| response(occasion, answer)));
                }
                for nth in 1..4 {
                    texts.push(company.answers(&task, nth, |occasion, thread| post_answer(occasion, thread, nth)));
                    texts.push(company.answers(&task, nth, |occasion, thread| chat_answer(occasion, thread, nth)));
                    for write in [reply, forward] {
                        texts.push(company.answers(&task, nth, |occasion, thread| {
                            write(occasion, &Original { thread: *thread, nth, subject: "S", quote: None }).body
                        }));
                    }
                }
            }
        }
    }
    texts
}

#[test]
fn nothing_of_a_template_is_left_in_a_text() {
    for text in everything(12) {
        assert!(!text.contains(['{', '}', '[', ']', '|', '>']), "{text}");
        assert!(!text.contains("  ") && !text.contains(" .") && !text.contains(" ,"), "{text}");
        assert!(!text.contains("..") && !text.contains(",,") && !text.contains("the the"), "{text}");
    }
}

#[test]
fn texts_hold_letters_and_no_signs_of_control() {
    for text in everything(6) {
        assert!(text.chars().all(|sign| sign == '\n' || !sign.is_control()), "{text}");
        assert!(
            text.chars().all(|sign| sign.is_ascii() || sign.is_alphabetic()),
            "only names have other letters: {text}"
        );
    }
}

#[test]
fn links_lead_to_names_that_are_reserved_for_examples() {
    let texts = everything(12);
    let links: Vec<&str> = texts.iter().flat_map(|text| text.split("https://").skip(1)).collect();
    assert!(links.len() > 100, "there are some: {}", links.len());
    for link in links {
        assert!(link.split('/').next().unwrap().ends_with(".example.com"), "{link}");
    }
    assert!(texts.iter().all(|text| !text.contains("http://") && !text.contains('@') && !text.contains("www.")));
}

#[test]
fn a_model_that_repeats_a_template_is_let_through() {
    for text in everything(4).into_iter().filter(|text| !text.trim().is_empty()) {
        assert!(clean::text(prompt::Kind::Mail, &text).is_some(), "{text}");
    }
}

#[test]
fn nobody_is_offended() {
    let words = ["damn", "hell", "crap", "shit", "fuck", "bastard", "bitch", "ass", "idiot", "stupid", "moron", "kill"];
    for text in everything(6) {
        let lower = text.to_lowercase();
        let found = lower.split(|sign: char| !sign.is_alphabetic()).find(|word| words.contains(word));
        assert_eq!(found, None, "{text}");
    }
}
