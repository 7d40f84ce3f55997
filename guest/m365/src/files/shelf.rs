//! Which documents there are, as far as is known without looking: what somebody created, and what they changed of others'.

use std::collections::BTreeMap;

use haymaker_guest::{Instant, Problem, state};
use serde::{Deserialize, Serialize};

use super::{Clerk, drive::Drive, team};
use crate::config::Feature;

/// So many of their newest documents somebody still works on; older ones stay in the drive and are left alone. An
/// assumption, which also bounds what is remembered.
const WORKED_ON: usize = 40;

/// A document that lies in a drive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Filed {
    /// The task that created it: its identity.
    pub(super) task: String,
    /// When it was created.
    pub(super) created: Instant,
    /// Its id in the drive.
    pub(super) item: String,
    /// Its name.
    pub(super) name: String,
    /// The newest revision that its author made.
    pub(super) revision: u32,
    /// The drive of the author's team, where it lies there and not in the author's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) team: Option<Drive>,
}

/// What a worker knows of documents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Shelf {
    /// Those that it created, oldest first.
    pub(super) own: Vec<Filed>,
    /// The newest revisions that it made of colleagues', by the tasks that created them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    edited: BTreeMap<String, u32>,
}

/// A document that a worker may change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) document: Filed,
    /// The worker who created it.
    pub(super) author: String,
    /// Its newest revision, whoever made it.
    pub(super) revision: u32,
}

impl Shelf {
    fn key(worker: &str) -> String {
        state::actor_key(&Feature::Documents.actor(worker), "shelf")
    }

    /// A worker's; empty before it created anything.
    ///
    /// # Errors
    /// `invalid` when the state is of another version.
    pub(super) fn of(worker: &str) -> Result<Shelf, Problem> {
        Ok(state::load(&Shelf::key(worker))?.unwrap_or_default())
    }

    /// Remembers it; from a task of the worker's for documents.
    ///
    /// # Errors
    /// The host's.
    pub(super) fn save(&self, worker: &str) -> Result<(), Problem> {
        state::save(&Shelf::key(worker), self)
    }

    /// Whether one of the worker's own documents is this item.
    pub(super) fn has(&self, item: &str) -> bool {
        self.own.iter().any(|document| document.item == item)
    }

    /// Adds a document of the worker's own.
    pub(super) fn add(&mut self, document: Filed) {
        self.own.push(document);
        let old = self.own.len().saturating_sub(WORKED_ON);
        self.own.drain(..old);
    }

    /// Notes that somebody made this revision.
    pub(super) fn changed(&mut self, open: &Open, revision: u32) {
        match self.own.iter_mut().find(|own| own.task == open.document.task) {
            Some(own) => own.revision = revision,
            None => drop(self.edited.insert(open.document.task.clone(), revision)),
        }
    }

    /// Forgets a document that is gone.
    pub(super) fn forget(&mut self, task: &str) {
        self.own.retain(|own| own.task != task);
        self.edited.remove(task);
    }
}

impl Clerk<'_> {
    /// The documents that this worker may change: the own ones, then what colleagues keep in the team's drive.
    pub(super) fn open(&mut self) -> Result<Vec<Open>, Problem> {
        let colleagues = team::colleagues(self)?;
        let mut open: Vec<Open> = own(&self.person.worker, &self.shelf, |_| true);
        for (worker, shelf) in &colleagues {
            open.extend(own(worker, shelf, |document| document.team.is_some()));
        }
        let shelves = || colleagues.iter().map(|(_, shelf)| shelf).chain([&self.shelf]);
        for known in &mut open {
            let edited = shelves().filter_map(|shelf| shelf.edited.get(&known.document.task));
            known.revision = edited.copied().max().unwrap_or_default().max(known.revision);
        }
        self.shelf.edited.retain(|task, _| open.iter().any(|known| known.document.task == *task));
        Ok(open)
    }
}

fn own(worker: &str, shelf: &Shelf, is_meant: impl Fn(&Filed) -> bool) -> Vec<Open> {
    let meant = shelf.own.iter().filter(|document| is_meant(document));
    meant
        .map(|document| Open { document: document.clone(), author: worker.to_owned(), revision: document.revision })
        .collect()
}
