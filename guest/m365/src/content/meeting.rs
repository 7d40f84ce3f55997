//! Meetings: what they are called, what is on the agenda, and what people write when they answer the invitation.

use haymaker_guest::chance::stream;

use super::{
    Occasion, mail,
    template::{self, Template, fill},
    words,
};
use crate::config::Department;

/// How often a meeting has a room; the others are online only. An assumption.
const IN_A_ROOM: f64 = 0.4;

/// An invitation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// One line.
    pub subject: String,
    /// The agenda, plain text; empty for an appointment with oneself.
    pub agenda: String,
    /// A room, or that it is online; none for an appointment with oneself.
    pub place: Option<String>,
}

/// How somebody answers an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They come.
    Accept,
    /// They may come.
    Tentative,
    /// They do not come.
    Decline,
}

impl Answer {
    /// The lines to choose from, and how often people write one at all: those who decline owe a reason. Assumptions.
    fn comments(self) -> (&'static str, f64) {
        match self {
            Answer::Accept => ("accept", 0.25),
            Answer::Tentative => ("tentative", 0.6),
            Answer::Decline => ("decline", 0.8),
        }
    }
}

/// A department's meetings.
pub(super) fn templates(department: Department) -> Vec<Template> {
    template::read(match department {
        Department::Operations => include_str!("../../content/operations/meetings.txt"),
        Department::Engineering => include_str!("../../content/engineering/meetings.txt"),
        Department::Sales => include_str!("../../content/sales/meetings.txt"),
        Department::Hr => include_str!("../../content/hr/meetings.txt"),
        Department::Finance => include_str!("../../content/finance/meetings.txt"),
        Department::Executive => include_str!("../../content/executive/meetings.txt"),
    })
}

/// Appointments that people make with themselves.
pub(super) fn appointments() -> Vec<Template> {
    template::read(include_str!("../../content/common/appointments.txt"))
}

/// Invites the occasion's recipients, or keeps an appointment alone where there are none. `recurs` asks for one of the
/// meetings that come again every week.
pub fn meeting(occasion: &Occasion, recurs: bool) -> Meeting {
    let people = occasion.people();
    let thread = occasion.thread(&people);
    let mut templates = if occasion.is_note() { appointments() } else { templates(occasion.department) };
    if !occasion.is_note() {
        templates.retain(|template| (template.header("Series") == "weekly") == recurs);
    }
    let mut chance = stream(occasion.seed, &[occasion.task, "meeting"]);
    let words = words(occasion, &thread, thread.id.to_owned());
    let Some(template) = chance.pick(&templates) else {
        return Meeting { subject: "Meeting".to_owned(), agenda: String::new(), place: None };
    };
    let subject = fill(template.header("Subject"), &words, &mut chance);
    let agenda = fill(template.body, &words, &mut chance);
    let room = if chance.chance(IN_A_ROOM) { "{room}" } else { "Microsoft Teams Meeting" };
    let place = (!occasion.is_note()).then(|| fill(room, &words, &mut chance));
    Meeting { subject, agenda, place }
}

/// What somebody writes with an answer to an invitation; often nothing. The occasion's recipients are the organiser.
pub fn response(occasion: &Occasion, answer: Answer) -> String {
    let (lines, how_often) = answer.comments();
    comment(occasion, lines, how_often)
}

/// What an organiser writes when a meeting is cancelled.
pub fn cancellation(occasion: &Occasion) -> String {
    comment(occasion, "cancel", 1.0)
}

fn comment(occasion: &Occasion, what: &str, how_often: f64) -> String {
    let mut chance = stream(occasion.seed, &[occasion.task, what]);
    if !chance.chance(how_often) {
        return String::new();
    }
    let people = occasion.people();
    let thread = occasion.thread(&people);
    let line = chance.pick(&mail::lines_for(what)).copied().unwrap_or_default();
    fill(line, &words(occasion, &thread, thread.id.to_owned()), &mut chance)
}
