//! Mails that somebody is opening: between the look that found them new and the mark that they were read, other acts of
//! theirs may come in between, where the tenant makes one of them wait. Whoever opens a mail first has read it; it is told
//! once.

use std::collections::BTreeMap;

use haymaker_guest::{Instant, Problem, Task, state, time};

use super::Found;

/// By `internetMessageId`, until when that counts: what opened them is not worth doing any more then.
pub(super) type Opening = BTreeMap<String, Instant>;

fn key(worker: &str) -> String {
    state::actor_key(worker, "opening")
}

/// Those that somebody is opening now.
///
/// # Errors
/// The state's.
pub(super) fn now_of(worker: &str) -> Result<Opening, Problem> {
    let mut opening: Opening = state::load(&key(worker))?.unwrap_or_default();
    let now = time::now();
    opening.retain(|_, until| *until > now);
    Ok(opening)
}

/// These are, by what this task begins.
///
/// # Errors
/// The state's.
pub(super) fn begin<'a>(task: &Task, mails: impl IntoIterator<Item = &'a Found>) -> Result<(), Problem> {
    let mut opening = now_of(&task.actor)?;
    let until = task.expires.unwrap_or(Instant::MAX);
    opening.extend(mails.into_iter().map(|mail| (mail.internet_message_id.clone(), until)));
    state::save(&key(&task.actor), &opening)
}

/// These were read.
///
/// # Errors
/// The state's.
pub(super) fn end<'a>(task: &Task, mails: impl IntoIterator<Item = &'a Found>) -> Result<(), Problem> {
    let mut opening = now_of(&task.actor)?;
    for mail in mails {
        opening.remove(&mail.internet_message_id);
    }
    if opening.is_empty() { state::remove(&key(&task.actor)) } else { state::save(&key(&task.actor), &opening) }
}
