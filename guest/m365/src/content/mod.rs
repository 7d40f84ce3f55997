//! What people write: templates of their department, filled from the vocabulary of one company.
//!
//! | file | thought |
//! |---|---|
//! | `template` | how templates are written down and filled |
//! | `company`, `vocabulary` | the names of a company, and the word that a slot gets |
//! | `frame` | greeting, closing, signature, the quoted original |
//! | `mail`, `teams`, `meeting` | what is written on which occasion |
//! | [`prompt`], [`clean`] | the same asked of a language model, and what is let through of its answer |
//!
//! Everything follows from names. The first message of a conversation is drawn from (seed, its task); the *n*-th from
//! (seed, the conversation, *n*, author). So any worker's instance writes the *n*-th message, whenever and how often it
//! runs, without having seen the earlier ones, and it is about the same client, the same amount and the same day.
//!
//! ```
//! use haymaker_m365::{config::Department, content::{self, Occasion, Original, Thread}, people::{Person, people}};
//!
//! let everybody = people(7, 5);
//! let [first, second] = [&everybody[0], &everybody[1]];
//! let moment = 1_767_605_400_000;
//! let (task, department) = ("mail/w01/2026-01-05/1", Department::Sales);
//! let write = Occasion { seed: 7, task, moment, department, sender: first, recipients: &[second], everybody: &everybody };
//! let mail = content::write(&write);
//!
//! let thread = Thread { id: task, department, began: moment, people: &[first, second] };
//! let answer = Occasion { task: "reply/1", moment: moment + 2_820_000, sender: second, recipients: &[first], ..write };
//! let reply = content::reply(&answer, &Original { thread, nth: 1, subject: &mail.subject, quote: None });
//! assert_eq!(reply.subject, format!("Re: {}", mail.subject));
//! ```

pub mod clean;
mod company;
mod frame;
mod mail;
mod meeting;
pub mod prompt;
mod teams;
pub(crate) mod template;
#[cfg(test)]
mod tests;
pub(crate) mod vocabulary;

use haymaker_guest::Instant;

use self::vocabulary::{Source, Words};
pub use self::{
    mail::{forward, is_answerable, reply, write},
    meeting::{Answer, Meeting, cancellation, meeting, response},
    teams::{channels, chat_answer, chat_line, post, post_answer, share},
};
use crate::{config::Department, people::Person};

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
    /// The task: its name draws the words of a message that begins a conversation.
    pub task: &'a str,
    /// The moment of writing.
    pub moment: Instant,
    /// The sender's department.
    pub department: Department,
    /// Who writes.
    pub sender: &'a Person,
    /// To whom; only the sender, for a note to oneself.
    pub recipients: &'a [&'a Person],
    /// Everybody in the deployment.
    pub everybody: &'a [Person],
}

impl<'a> Occasion<'a> {
    /// Who writes, and then to whom: the people of a conversation that begins here.
    fn people(&self) -> Vec<&'a Person> {
        [self.sender].iter().chain(self.recipients).copied().collect()
    }

    /// The conversation that begins here.
    fn thread(&self, people: &'a [&'a Person]) -> Thread<'a> {
        Thread { id: self.task, department: self.department, began: self.moment, people }
    }

    /// Whether somebody without colleagues writes to themselves.
    fn is_note(&self) -> bool {
        self.recipients.iter().all(|person| person.number == self.sender.number)
    }
}

/// A conversation, as anybody in it knows it: by mail, in a channel, in a chat.
#[derive(Clone, Copy, Debug)]
pub struct Thread<'a> {
    /// The task that wrote its first message: its name draws the template and the words.
    pub id: &'a str,
    /// The department of whoever began it: its templates.
    pub department: Department,
    /// When the first message was written.
    pub began: Instant,
    /// Who began it, and then to whom; a channel post has nobody else.
    pub people: &'a [&'a Person],
}

impl Thread<'_> {
    fn is_begun_by(&self, person: &Person) -> bool {
        self.people.first().is_some_and(|first| first.number == person.number)
    }
}

/// What a reply or a forward continues.
#[derive(Clone, Copy, Debug)]
pub struct Original<'a> {
    /// The conversation.
    pub thread: Thread<'a>,
    /// The place of the new message in it: 1 for the first answer. The same place and author give the same message.
    pub nth: u32,
    /// The subject of the message that is answered, with or without `Re:`.
    pub subject: &'a str,
    /// What is to be quoted below the new text; none where Graph quotes (`createReply`) or nobody does.
    pub quote: Option<Quote<'a>>,
}

/// The message that is quoted.
#[derive(Clone, Copy, Debug)]
pub struct Quote<'a> {
    /// The sender as it is shown: `Ana Ruiz <ana@contoso.example>`.
    pub from: &'a str,
    /// When it was sent, on the reader's clock: a moment that the caller has shifted by the reader's time zone.
    pub sent: Instant,
    /// The recipients as they are shown.
    pub to: &'a [String],
    /// Plain text, with what it quotes itself.
    pub body: &'a str,
}

/// The words of a message in a conversation: `own` names what is new in this one.
fn words<'a>(occasion: &Occasion<'a>, thread: &Thread<'a>, own: String) -> Words<'a> {
    Words {
        seed: occasion.seed,
        department: thread.department,
        everybody: occasion.everybody,
        author: occasion.sender,
        // Only who was there from the beginning: a peer who is spoken about stays the same one throughout.
        present: thread.people.to_vec(),
        addressed: occasion.recipients.to_vec(),
        shared: Source { name: thread.id.to_owned(), moment: thread.began },
        own: Source { name: own, moment: occasion.moment },
        about: String::new(),
        changed: Default::default(),
    }
}

/// The name of a message of a conversation: what is new in it is drawn from this.
fn message(thread: &Thread, nth: u32, author: &Person) -> String {
    format!("{}#{nth}/{}", thread.id, author.worker)
}
