//! Exchange: mailboxes, and the transport between them.
//!
//! A mail's content is stored once and shared by the sender's copy and all recipients', so ten recipients cost ten small
//! records and one text. What each mailbox makes of it (folder, read or not) is its own.

pub(crate) mod attachments;
pub(crate) mod content;
pub(crate) mod filing;
pub(crate) mod folders;
pub(crate) mod mailbox;
pub(crate) mod messages;
mod render;
pub(crate) mod replies;
pub(crate) mod rules;
pub(crate) mod settings;
pub(crate) mod transport;

use std::collections::HashMap;

use uuid::Uuid;

use crate::graph::fault::Fault;
use crate::graph::{Actor, Call};
use crate::tenant::State;
use crate::time;
use mailbox::Mailbox;
use transport::Trace;

/// All mailboxes, and what passed between them.
#[derive(Default)]
pub(crate) struct Mail {
    boxes: HashMap<Uuid, Mailbox>,
    pub(crate) trace: Trace,
}

impl Mail {
    pub(crate) fn insert(&mut self, owner: Uuid, mailbox: Mailbox) {
        self.boxes.insert(owner, mailbox);
    }

    pub(crate) fn remove(&mut self, owner: Uuid) {
        self.boxes.remove(&owner);
    }

    pub(crate) fn get(&self, owner: Uuid) -> Option<&Mailbox> {
        self.boxes.get(&owner)
    }

    pub(crate) fn get_mut(&mut self, owner: Uuid) -> Option<&mut Mailbox> {
        self.boxes.get_mut(&owner)
    }

    /// Every owner with their mailbox, in no order that means anything.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Uuid, &Mailbox)> {
        self.boxes.iter().map(|(owner, mailbox)| (*owner, mailbox))
    }

    /// How many messages lie in all mailboxes.
    pub(crate) fn messages(&self) -> usize {
        self.boxes.values().map(Mailbox::len).sum()
    }

    /// How many mailboxes there are.
    pub(crate) fn mailboxes(&self) -> usize {
        self.boxes.len()
    }
}

/// The owner of the mailbox that the path names.
///
/// # Errors
/// The user is not known, or has no mailbox (yet).
pub(crate) fn owner(call: &Call<'_>, state: &State) -> Result<Uuid, Fault> {
    let key = call.key(0);
    let user = state.directory.find(key, call.settings, call.now).ok_or_else(|| Fault::invalid_user(key))?;
    if let Actor::User(own) = call.actor
        && own != user.id
    {
        return Err(Fault::access_denied());
    }
    let delay = time::ms(call.settings.delays.mailbox);
    match user.mailbox_since {
        Some(since) if delay == 0 || user.bystander || call.now >= since.saturating_add(delay) => Ok(user.id),
        _ => Err(Fault::no_mailbox()),
    }
}

/// The mailbox that the path names, to read in.
fn opened<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Mailbox, Fault> {
    let owner = owner(call, state)?;
    state.mail.get(owner).ok_or_else(Fault::no_mailbox)
}

/// The mailbox that the path names, to write in.
fn opened_mut<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Mailbox, Fault> {
    let owner = owner(call, state)?;
    state.mail.get_mut(owner).ok_or_else(Fault::no_mailbox)
}
