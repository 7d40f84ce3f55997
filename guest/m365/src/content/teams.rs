//! Messages in Teams: posts in a channel, lines in a chat, and the answers to both.
//!
//! They are shorter than mails and have neither greeting nor signature. A department's own file has both kinds, because
//! people speak of the same things in both.

use haymaker_guest::chance::stream;

use super::{
    Occasion, Thread, mail,
    template::{self, Template, fill},
    words,
};
use crate::config::Department;

/// A department's messages in Teams.
pub(super) fn templates(department: Department) -> Vec<Template> {
    template::read(match department {
        Department::Operations => include_str!("../../content/operations/teams.txt"),
        Department::Engineering => include_str!("../../content/engineering/teams.txt"),
        Department::Sales => include_str!("../../content/sales/teams.txt"),
        Department::Hr => include_str!("../../content/hr/teams.txt"),
        Department::Finance => include_str!("../../content/finance/teams.txt"),
        Department::Executive => include_str!("../../content/executive/teams.txt"),
    })
}

/// The channels of a department's team; the first is the one that every team begins with. Teams wants names of at most
/// 50 characters, without most signs.
pub fn channels(department: Department) -> [&'static str; 4] {
    match department {
        Department::Operations => ["General", "Shifts and cover", "Suppliers", "Sites"],
        Department::Engineering => ["General", "Releases", "Incidents", "Reviews"],
        Department::Sales => ["General", "Pipeline", "Wins", "Competitors"],
        Department::Hr => ["General", "Hiring", "Onboarding", "Policies"],
        Department::Finance => ["General", "Month end", "Invoices", "Budget"],
        Department::Executive => ["General", "Board", "Plans", "Announcements"],
    }
}

/// Posts in a channel of the department. `recipients` are not named in it: a channel is everybody's.
pub fn post(occasion: &Occasion) -> String {
    opened(occasion, "channel")
}

/// Answers below a post in a channel: the *n*-th answer to it, from 1.
pub fn post_answer(occasion: &Occasion, thread: &Thread, nth: u32) -> String {
    answered(occasion, thread, nth, "channel")
}

/// Writes into a chat with one or several people.
pub fn chat_line(occasion: &Occasion) -> String {
    opened(occasion, "chat")
}

/// Answers in a chat: the *n*-th message after the line that opened the subject, from 1.
pub fn chat_answer(occasion: &Occasion, thread: &Thread, nth: u32) -> String {
    answered(occasion, thread, nth, "chat")
}

/// Says to somebody that a document was shared with them.
pub fn share(occasion: &Occasion, document: &str) -> String {
    let mut chance = stream(occasion.seed, &[occasion.task, "share"]);
    let line = chance.pick(&mail::lines_for("share")).copied().unwrap_or_default();
    let people = occasion.people();
    let thread = occasion.thread(&people);
    let mut words = words(occasion, &thread, occasion.task.to_owned());
    words.about = format!("\"{document}\"");
    fill(line, &words, &mut chance)
}

fn opened(occasion: &Occasion, place: &str) -> String {
    let people = occasion.people();
    let thread = occasion.thread(&people);
    let template = template_of(&thread, occasion.seed, place);
    let mut chance = stream(occasion.seed, &[thread.id, "content"]);
    fill(template.body, &words(occasion, &thread, thread.id.to_owned()), &mut chance)
}

fn answered(occasion: &Occasion, thread: &Thread, nth: u32, place: &str) -> String {
    let template = template_of(thread, occasion.seed, place);
    mail::answer(occasion, thread, nth, &template, ["chat-starter", "chat-other"])
}

/// The template that a conversation began with.
fn template_of(thread: &Thread, seed: u64, place: &str) -> Template {
    let mut templates = templates(thread.department);
    templates.retain(|template| template.header("In") == place);
    template::choose(templates, seed, thread.id, |_| true)
}
