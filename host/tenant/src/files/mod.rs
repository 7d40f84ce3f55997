//! Files: drives of people and of groups, and what lies in them.
//!
//! A drive comes into being when somebody who may have one is first asked for it, and outlives its owner by thirty days,
//! as OneDrive does. What is in a file is kept once; a folder is known by its children only.

pub(crate) mod content;
pub(crate) mod drives;
pub(crate) mod items;
pub(crate) mod sessions;
pub(crate) mod sharing;
pub(crate) mod sites;
mod tree;

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::directory::RETENTION;
use crate::graph::fault::Fault;
use crate::graph::{Actor, Call};
use crate::tenant::State;
use crate::time;
use sessions::Session;
pub(crate) use tree::{By, Drive, Item, ItemKey};

/// Whose a drive is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    User(Uuid),
    Group(Uuid),
}

impl Owner {
    pub(crate) fn id(self) -> Uuid {
        match self {
            Owner::User(id) | Owner::Group(id) => id,
        }
    }
}

/// All drives.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) drives: BTreeMap<String, Drive>,
    pub(crate) sessions: BTreeMap<String, Session>,
}

impl Files {
    /// The owner's drive, made if there was none.
    pub(crate) fn ensure(&mut self, owner: Owner, now: u64) -> &mut Drive {
        let id = tree::drive_id(owner.id());
        self.drives.entry(id).or_insert_with_key(|id| Drive::new(id.clone(), owner, now))
    }

    /// Notes that the drive's owner is gone (or, with `None`, back): it lives on for a while.
    pub(crate) fn orphan(&mut self, owner: Uuid, since: Option<u64>) {
        if let Some(drive) = self.drives.get_mut(&tree::drive_id(owner)) {
            drive.orphaned = since;
        }
    }

    /// The owner's drive, if anybody asked for it yet.
    pub(crate) fn of(&self, owner: Owner) -> Option<&Drive> {
        self.drives.get(&tree::drive_id(owner.id()))
    }

    /// How many files lie in all drives.
    pub(crate) fn files(&self) -> usize {
        self.drives.values().map(Drive::files).sum()
    }
}

/// The drive that the path leads to, by whichever way.
///
/// # Errors
/// There is none (yet), or it is somebody else's.
fn drive<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Drive, Fault> {
    let owner = owner(call, state)?;
    if let (Actor::User(own), Owner::User(other)) = (call.actor, owner)
        && own != other
    {
        return Err(Fault::files_denied());
    }
    Ok(state.files.ensure(owner, call.now))
}

fn owner(call: &Call<'_>, state: &State) -> Result<Owner, Fault> {
    let key = call.key(0);
    if call.operation.place("drive-id").is_some() {
        let alive = |drive: &&Drive| drive.orphaned.is_none_or(|since| call.now < since.saturating_add(RETENTION));
        return state.files.drives.get(key).filter(alive).map(|drive| drive.owner).ok_or_else(Fault::file_not_found);
    }
    if call.operation.place("site-id").is_some() {
        return sites::group(call, state, key).map(Owner::Group).ok_or_else(Fault::file_not_found);
    }
    let delay = time::ms(call.settings.delays.drive);
    if call.operation.place("group-id").is_some() {
        let group = state.groups.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))?;
        let ready = delay == 0 || call.now >= group.created.saturating_add(delay);
        return if group.unified() && ready { Ok(Owner::Group(group.id)) } else { Err(Fault::no_group_site()) };
    }
    let user = state.directory.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))?;
    // Every licence with a mailbox here has SharePoint too.
    match user.mailbox_since {
        Some(since) if delay == 0 || user.bystander || call.now >= since.saturating_add(delay) => {
            Ok(Owner::User(user.id))
        }
        _ => Err(Fault::no_drive()),
    }
}

/// The key of the item that the path names: by id, by path, or the root.
fn key(call: &Call<'_>, drive: &Drive) -> Result<ItemKey, Fault> {
    if call.operation.place("driveItem-id").is_some() {
        let key = tree::parse_id(call.of("driveItem-id")).ok_or_else(Fault::file_not_found)?;
        return drive.get(key).map(|item| item.key).ok_or_else(Fault::file_not_found);
    }
    if call.operation.place("item-path").is_some() {
        return drive.by_path(call.of("item-path")).ok_or_else(Fault::file_not_found);
    }
    Ok(drive.root)
}
