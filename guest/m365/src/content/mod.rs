//! What people write: templates of their department, filled from the vocabulary of one company.
//!
//! A template is a subject and a body in `content/<department>.txt`. In it, `{slot}` is a word of the vocabulary (a
//! digit at its end asks for another one of the same kind: `{city}`, `{city2}`), and `[this|that]` is a choice. A slot
//! keeps its word throughout a mail, so that subject and body agree. The frame (greeting, closing, signature) is put
//! around it here, because it depends on who writes to whom.
//!
//! Everything is drawn from (seed, task): the same task writes the same mail, whenever and how often it runs.

mod vocabulary;

use haymaker_guest::{
    Instant,
    chance::{Stream, stream},
};

use self::vocabulary::Words;
use crate::{config::Department, people::Person};

/// The line that ends a template.
const SEPARATOR: &str = "\n---\n";

/// More recipients than this are greeted together.
const GREETED_BY_NAME: usize = 2;

/// A mail as it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mail {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// Who writes to whom, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Occasion<'a> {
    /// The deployment's seed.
    pub seed: u64,
    /// The task: its name draws the words.
    pub task: &'a str,
    /// The moment of writing.
    pub moment: Instant,
    /// The department.
    pub department: Department,
    /// Who writes.
    pub sender: &'a Person,
    /// To whom; only the sender, for a note to oneself.
    pub recipients: &'a [&'a Person],
    /// Everybody in the deployment.
    pub everybody: &'a [Person],
}

/// Writes a mail.
pub fn write(occasion: &Occasion) -> Mail {
    let mut chance = stream(occasion.seed, &[occasion.task, "content"]);
    let templates = templates(occasion.department);
    let (subject, body) = chance.pick(&templates).copied().unwrap_or_default();
    let mut words = Words::new(occasion);
    let subject = fill(subject, &mut words, &mut chance);
    let body = fill(body, &mut words, &mut chance);
    let body = format!("{}\n\n{body}\n\n{}\n", greeting(occasion, &mut chance), closing(occasion, &mut chance));
    Mail { subject, body }
}

/// A department's templates: subject and body.
fn templates(department: Department) -> Vec<(&'static str, &'static str)> {
    let text = match department {
        Department::Operations => include_str!("../../content/operations.txt"),
        Department::Engineering => include_str!("../../content/engineering.txt"),
        Department::Sales => include_str!("../../content/sales.txt"),
        Department::Hr => include_str!("../../content/hr.txt"),
        Department::Finance => include_str!("../../content/finance.txt"),
        Department::Executive => include_str!("../../content/executive.txt"),
    };
    let template = |text: &'static str| text.trim().strip_prefix("Subject: ")?.split_once("\n\n");
    text.split(SEPARATOR).filter_map(template).collect()
}

/// Replaces slots and choices. The text between them stays as it is.
fn fill(template: &str, words: &mut Words, chance: &mut Stream) -> String {
    let mut filled = String::new();
    fill_into(&mut filled, template, words, chance);
    filled
}

fn fill_into(filled: &mut String, template: &str, words: &mut Words, chance: &mut Stream) {
    let mut rest = template;
    while let Some(start) = rest.find(['{', '[']) {
        let (before, opened) = rest.split_at(start);
        let closing = if opened.starts_with('{') { '}' } else { ']' };
        let Some((inner, after)) = opened.get(1..).and_then(|opened| opened.split_once(closing)) else { break };
        filled.push_str(before);
        if closing == '}' {
            push_word(filled, &words.word(inner, chance));
        } else {
            let choices: Vec<&str> = inner.split('|').collect();
            fill_into(filled, chance.pick(&choices).copied().unwrap_or_default(), words, chance);
        }
        rest = after;
    }
    filled.push_str(rest);
}

/// Adds a word, with a capital where it begins a sentence ("the team").
fn push_word(filled: &mut String, word: &str) {
    let begins = filled.trim_end().is_empty() || filled.trim_end().ends_with(['.', '!', '?']);
    let mut letters = word.chars();
    match letters.next().filter(|_| begins) {
        Some(first) => {
            filled.extend(first.to_uppercase());
            filled.push_str(letters.as_str());
        }
        None => filled.push_str(word),
    }
}

fn greeting(occasion: &Occasion, chance: &mut Stream) -> String {
    if is_note(occasion) {
        return "Note to self:".to_owned();
    }
    let names: Vec<&str> = occasion.recipients.iter().map(|person| person.given).collect();
    let to = if names.len() > GREETED_BY_NAME { "all".to_owned() } else { names.join(" and ") };
    let hello = chance.pick(&["Hi", "Hi", "Hello"]).copied().unwrap_or_default();
    format!("{hello} {to},")
}

fn closing(occasion: &Occasion, chance: &mut Stream) -> String {
    let sender = occasion.sender;
    if is_note(occasion) {
        return sender.given.to_owned();
    }
    let closings = ["Thanks,", "Best,", "Thanks!", "Best regards,", "Many thanks,", "Cheers,"];
    let closing = chance.pick(&closings).copied().unwrap_or_default();
    // A full signature under one mail in three: people drop it among colleagues.
    if chance.chance(1.0 / 3.0) {
        format!(
            "{closing}\n{}\n{}, {}",
            sender.name(),
            sender.title(occasion.seed, occasion.department),
            occasion.department.name()
        )
    } else {
        format!("{closing}\n{}", sender.given)
    }
}

/// Whether somebody without colleagues writes to themselves.
fn is_note(occasion: &Occasion) -> bool {
    occasion.recipients.iter().all(|person| person.number == occasion.sender.number)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::people::people;

    /// Monday, 5 January 2026, 09:30 UTC.
    const MOMENT: Instant = 1_767_605_400_000;

    fn mails(department: Department, workers: u32, count: usize) -> Vec<Mail> {
        let everybody = people(7, workers);
        let sender = &everybody[0];
        let recipients: Vec<&Person> = if workers == 1 { vec![sender] } else { everybody[1..2].iter().collect() };
        let mail = |task: usize| {
            let task = format!("mail/w01/2026-01-05/{task}");
            write(&Occasion {
                seed: 7,
                task: &task,
                moment: MOMENT,
                department,
                sender,
                recipients: &recipients,
                everybody: &everybody,
            })
        };
        (0..count).map(mail).collect()
    }

    #[test]
    fn every_department_has_enough_templates_and_none_was_lost_in_reading() {
        for department in Department::ALL {
            let templates = templates(department);
            let subjects: BTreeSet<_> = templates.iter().map(|(subject, _)| subject).collect();
            assert!(subjects.len() >= 12, "{department:?} has {}", subjects.len());
            assert_eq!(subjects.len(), templates.len(), "{department:?}");
        }
    }

    #[test]
    fn every_slot_of_every_template_has_words() {
        for department in Department::ALL {
            for (subject, body) in templates(department) {
                let text = format!("{subject} {body}");
                let slots = text.split('{').skip(1).map(|rest| rest.split('}').next().unwrap());
                for slot in slots {
                    assert!(vocabulary::is_known(slot), "{department:?}: {{{slot}}} in {subject}");
                }
            }
        }
    }

    #[test]
    fn nothing_of_a_template_is_left_in_a_mail() {
        for department in Department::ALL {
            for workers in [1, 2, 25] {
                for mail in mails(department, workers, 300) {
                    let text = format!("{}{}", mail.subject, mail.body);
                    assert!(!text.contains(['{', '}', '[', ']', '|']), "{text}");
                    assert!(!mail.subject.contains('\n') && !mail.subject.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_task_writes_the_same_mail_again_and_another_task_another() {
        let mails = mails(Department::Sales, 25, 400);
        assert_eq!(mails, self::mails(Department::Sales, 25, 400));
        let different: BTreeSet<_> = mails.iter().map(|mail| &mail.body).collect();
        assert!(different.len() > 395, "{} of 400", different.len());
        for department in Department::ALL {
            let subjects: BTreeSet<_> = self::mails(department, 25, 400).into_iter().map(|mail| mail.subject).collect();
            assert!(subjects.len() > 100, "{department:?}: {} subjects", subjects.len());
        }
    }

    #[test]
    fn links_lead_to_names_that_are_reserved_for_examples() {
        for department in Department::ALL {
            for mail in mails(department, 25, 200) {
                for link in mail.body.split("https://").skip(1) {
                    assert!(link.split('/').next().unwrap().ends_with(".example.com"), "{link}");
                }
            }
        }
    }

    #[test]
    fn colleagues_who_are_mentioned_exist_and_are_not_in_the_conversation() {
        let everybody = people(7, 3);
        let bodies: String = mails(Department::Sales, 3, 300).into_iter().map(|mail| mail.body).collect();
        assert!(bodies.contains(everybody[2].given), "the third is mentioned by the first to the second");
    }

    #[test]
    fn somebody_without_colleagues_writes_notes() {
        let mails = mails(Department::Hr, 1, 20);
        assert!(mails.iter().all(|mail| mail.body.starts_with("Note to self:")));
    }

    #[test]
    fn a_sentence_begins_with_a_capital_whatever_word_begins_it() {
        for mail in mails(Department::Sales, 2, 300) {
            let lower = mail.body.split(". ").any(|sentence| sentence.starts_with("the team"));
            assert!(!lower, "{}", mail.body);
        }
    }

    #[test]
    fn a_slot_keeps_its_word_and_its_twin_has_another() {
        let everybody = people(7, 5);
        let occasion = Occasion {
            seed: 7,
            task: "t",
            moment: MOMENT,
            department: Department::Sales,
            sender: &everybody[0],
            recipients: &[&everybody[1]],
            everybody: &everybody,
        };
        for n in 0..50 {
            let mut chance = stream(n, &["test"]);
            let filled = fill("{city},{city},{city2}", &mut Words::new(&occasion), &mut chance);
            let words: Vec<_> = filled.split(',').collect();
            assert!(words[0] == words[1] && words[0] != words[2], "{filled}");
        }
    }
}
