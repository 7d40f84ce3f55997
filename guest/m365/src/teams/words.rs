//! What a model wrote for a message, for as long as somebody may look for it.
//!
//! A message in Teams is known by its words: whoever answers it finds it by them. A template says the same whoever asks;
//! a model does not. So its text is kept, with the author, in one value for each day, of which the oldest gives way to
//! the newest: what nobody answered for days is not answered any more.

use std::collections::BTreeMap;

use haymaker_guest::{Instant, Problem, state, time::DAY};
use serde::{Deserialize, Serialize};

use crate::{
    config::Feature,
    content::writer::{Source, Words},
};

/// How many days are kept. Answers take working time, with a median of minutes: this is a long weekend and more.
const DAYS: u64 = 6;

/// What a worker was given to say on one day, by the name of the message.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Said {
    day: u64,
    words: BTreeMap<String, Words>,
}

fn key(worker: &str, day: u64) -> String {
    state::actor_key(&Feature::Teams.actor(worker), &format!("words/{}", day % DAYS))
}

fn on(worker: &str, day: u64) -> Result<Said, Problem> {
    let said: Option<Said> = state::load(&key(worker, day))?;
    Ok(said.filter(|said| said.day == day).unwrap_or(Said { day, ..Said::default() }))
}

/// What a worker's message that is due then says, if a model was asked for it.
///
/// # Errors
/// The state's.
pub(super) fn of(worker: &str, message: &str, due: Instant) -> Result<Option<Words>, Problem> {
    Ok(on(worker, due / DAY)?.words.remove(message))
}

/// Keeps what a worker's message is to say; of a template's text, only that it is a template's.
///
/// # Errors
/// The state's.
pub(super) fn keep(worker: &str, message: &str, due: Instant, mut words: Words) -> Result<(), Problem> {
    if words.source == Source::Template {
        words.text.clear();
    }
    let mut said = on(worker, due / DAY)?;
    said.words.insert(message.to_owned(), words);
    state::save(&key(worker, due / DAY), &said)
}
