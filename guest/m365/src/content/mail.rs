//! Mails: new ones, replies, forwards.
//!
//! The first reply is one that was written for exactly this template, or one that fits its intent: a question gets an
//! answer, a request a date, news get thanks. What follows is shorter and speaks of the subject by its name, from the
//! point of view of whoever began the conversation, or of somebody else.

use haymaker_guest::chance::{Stream, stream};

use super::{
    Mail, Occasion, Original, Thread, frame, message,
    template::{self, Template, fill, fill_in_turn},
    words,
};
use crate::config::Department;

/// How often the first reply is one that only fits the intent: more variety, a little less to the point.
const GENERAL: f64 = 0.2;

/// A department's mails.
pub(super) fn templates(department: Department) -> Vec<Template> {
    template::read(match department {
        Department::Operations => include_str!("../../content/operations/mail.txt"),
        Department::Engineering => include_str!("../../content/engineering/mail.txt"),
        Department::Sales => include_str!("../../content/sales/mail.txt"),
        Department::Hr => include_str!("../../content/hr/mail.txt"),
        Department::Finance => include_str!("../../content/finance/mail.txt"),
        Department::Executive => include_str!("../../content/executive/mail.txt"),
    })
}

/// Notes to oneself.
pub(super) fn notes() -> Vec<Template> {
    template::read(include_str!("../../content/common/notes.txt"))
}

/// Answers and comments that fit anywhere, by what they are for.
pub(super) fn common() -> Vec<Template> {
    template::read(include_str!("../../content/common/answers.txt"))
}

/// The lines that are for this.
pub(super) fn lines_for(what: &str) -> Vec<&'static str> {
    let fits = |template: &Template| template.header("For") == what;
    common().into_iter().filter(fits).flat_map(|template| template.answers).collect()
}

/// Writes a mail that begins a conversation.
pub fn write(occasion: &Occasion) -> Mail {
    let people = occasion.people();
    let thread = occasion.thread(&people);
    let template = template_of(&thread, occasion.seed);
    let mut chance = stream(occasion.seed, &[thread.id, "content"]);
    let words = words(occasion, &thread, thread.id.to_owned());
    let subject = fill_in_turn(&template, "Subject", &words);
    let body = fill(template.body, &words, &mut chance);
    Mail { subject, body: frame::framed(&body, occasion, &mut chance) }
}

/// Whether there is anything to answer: nobody answers a note to oneself.
pub fn is_answerable(thread: &Thread) -> bool {
    thread.people.iter().any(|person| !thread.is_begun_by(person))
}

/// The template that a conversation began with.
pub(super) fn template_of(thread: &Thread, seed: u64) -> Template {
    let templates = if is_answerable(thread) { templates(thread.department) } else { notes() };
    // Some mails can only be written to one person: "your commission statement".
    let fits = |template: &Template| thread.people.len() <= 2 || template.header("To") != "one";
    template::choose(templates, seed, thread.id, fits)
}

/// Continues a conversation.
pub fn reply(occasion: &Occasion, original: &Original) -> Mail {
    let template = template_of(&original.thread, occasion.seed);
    let text = answer(occasion, &original.thread, original.nth, &template, ["starter", "other"]);
    finished("Re", &text, occasion, original)
}

/// Hands a message on to somebody who was not in the conversation.
pub fn forward(occasion: &Occasion, original: &Original) -> Mail {
    let Original { thread, nth, .. } = original;
    let own = message(thread, *nth, occasion.sender);
    let mut chance = stream(occasion.seed, &[&own, "forward"]);
    let template = template_of(thread, occasion.seed);
    let mut words = words(occasion, thread, own);
    words.about = fill_inside(template.header("About"), &words, &mut chance);
    let text = chance.pick(&lines_for("forward")).copied().unwrap_or_default();
    finished("Fw", &fill(text, &words, &mut chance), occasion, original)
}

/// The text of the *n*-th message of a conversation that began with this template. `later` names the lines for what
/// comes after the first answer: those of whoever began it, and those of everybody else.
pub(super) fn answer(
    occasion: &Occasion,
    thread: &Thread,
    nth: u32,
    template: &Template,
    later: [&'static str; 2],
) -> String {
    let own = message(thread, nth, occasion.sender);
    let mut chance = stream(occasion.seed, &[&own, "answer"]);
    let [starter, other] = later;
    let text = if nth > 1 || thread.is_begun_by(occasion.sender) {
        let what = if thread.is_begun_by(occasion.sender) { starter } else { other };
        // In one order for the whole conversation, so that nobody says twice what was said.
        let mut lines = lines_for(what);
        stream(occasion.seed, &[thread.id, "later", what]).shuffle(&mut lines);
        lines.get((nth as usize).saturating_sub(2) % lines.len().max(1)).copied()
    } else if template.answers.is_empty() || (other == "other" && chance.chance(GENERAL)) {
        chance.pick(&lines_for(template.header("Intent"))).copied()
    } else {
        chance.pick(&template.answers).copied()
    };
    let mut words = words(occasion, thread, own);
    words.about = fill_inside(template.header("About"), &words, &mut chance);
    fill(text.unwrap_or_default(), &words, &mut chance)
}

/// Filled for the middle of a sentence: it begins as it is written.
fn fill_inside(template: &str, words: &super::vocabulary::Words, chance: &mut Stream) -> String {
    let filled = fill(&format!("x{template}"), words, chance);
    filled.get(1..).unwrap_or_default().to_owned()
}

fn finished(prefix: &str, text: &str, occasion: &Occasion, original: &Original) -> Mail {
    let mut chance = stream(occasion.seed, &[&message(&original.thread, original.nth, occasion.sender), "frame"]);
    let mut body = frame::answered(text, occasion, &mut chance);
    if let Some(quote) = &original.quote {
        body.push_str(&frame::quoted(quote, original.subject));
    }
    Mail { subject: frame::prefixed(prefix, original.subject), body }
}
