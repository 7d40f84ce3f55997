//! Has a language model write what a template would say.
//!
//! A model is asked for words and for nothing else: who writes to whom, when and about what was decided before. Whatever
//! keeps it from writing (no model, no budget, a provider in trouble, a text that cannot be used) only means that the
//! template's own text is taken.
//!
//! A task that is run again may get another text. So whoever writes what a request of effect `once` is made from asks in
//! a task of its own, which sends nothing, and hands the text to the next one in its payload.

use haymaker_guest::{
    llm::{self, Stop},
    log,
};
use serde::{Deserialize, Serialize};

use super::{
    Mail, Occasion, clean,
    prompt::{Kind, Prompt, prompt},
};
use crate::config::Generation;

/// Who wrote a text: the ground truth's `content_source`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A template.
    #[default]
    Template,
    /// A language model.
    Llm,
}

impl Source {
    /// As the ground truth names it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Template => "template",
            Source::Llm => "llm",
        }
    }
}

/// A mail, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    /// One line; that of an answer is the tenant's to make.
    pub subject: String,
    /// Plain text.
    pub body: String,
    /// Who wrote it.
    pub source: Source,
}

/// Any other text, and who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// Plain text.
    pub text: String,
    /// Who wrote it.
    pub source: Source,
}

impl From<Mail> for Written {
    /// A template's.
    fn from(Mail { subject, body }: Mail) -> Written {
        Written { subject, body, source: Source::Template }
    }
}

/// Has a mail written that begins a conversation.
pub fn mail(generation: &Generation, occasion: &Occasion, draft: Mail) -> Written {
    let answer = ask(generation, Kind::Mail, occasion, &draft, None);
    match answer.and_then(|answer| usable(clean::mail(Kind::Mail, &answer))) {
        Some(Mail { subject, body }) => Written { subject, body: format!("{body}\n"), source: Source::Llm },
        None => draft.into(),
    }
}

/// Has any other text written. `draft` is the template's, `earlier` the message that is answered or handed on.
pub fn text(generation: &Generation, kind: Kind, occasion: &Occasion, draft: &str, earlier: Option<&str>) -> Words {
    let mail = Mail { subject: String::new(), body: draft.to_owned() };
    let answer = ask(generation, kind, occasion, &mail, earlier);
    match answer.and_then(|answer| usable(clean::text(kind, &answer))) {
        Some(text) => Words { text, source: Source::Llm },
        None => Words { text: mail.body, source: Source::Template },
    }
}

fn ask(
    generation: &Generation,
    kind: Kind,
    occasion: &Occasion,
    draft: &Mail,
    earlier: Option<&str>,
) -> Option<String> {
    let directive = generation.directive.as_deref();
    let Prompt { system, user, max_tokens } = prompt(kind, occasion, draft, earlier, directive);
    match llm::Prompt::new(system, user, max_tokens).complete() {
        Ok(reply) if reply.stop == Stop::End => Some(reply.text()),
        Ok(reply) => {
            log::debug(format!("a template stands in: the model ended with {:?}", reply.stop));
            None
        }
        Err(problem) => {
            log::debug(format!("a template stands in: {}", problem.message));
            None
        }
    }
}

fn usable<T>(text: Option<T>) -> Option<T> {
    if text.is_none() {
        log::debug("a template stands in: the model's text cannot be used");
    }
    text
}
