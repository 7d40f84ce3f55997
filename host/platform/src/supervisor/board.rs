//! The open tasks of a deployment, by who does them.
//!
//! Only the supervisor and its attempts open and end a deployment's tasks. So all of them are read from the store once,
//! and after an attempt only those that it touched: read anew every turn, a plan of a thousand tasks would cost a million
//! reads. What is not sure to be as in the store (after a plan, a failure) is read anew as a whole.

use std::collections::BTreeMap;

use haymaker_engine::Instant;
use haymaker_store::{Stage, Store, TaskView};

/// A task's place in its actor's order.
type Place = (Instant, String);

/// The open tasks: each actor's own in (due, id) order, in which they are done one at a time.
#[derive(Debug, Default)]
pub(super) struct Board {
    actors: BTreeMap<String, BTreeMap<Place, TaskView>>,
}

impl Board {
    /// The open tasks as they stand in the store.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(super) fn read(store: &dyn Store, deployment: &str) -> haymaker_store::Result<Board> {
        let mut board = Board::default();
        for task in store.open_tasks(deployment)? {
            board.put(task);
        }
        Ok(board)
    }

    /// Reads one task again.
    ///
    /// # Errors
    ///
    /// The store's.
    pub(super) fn refresh(&mut self, store: &dyn Store, deployment: &str, id: &str) -> haymaker_store::Result<()> {
        let Some(task) = store.task(deployment, id)? else { return Ok(()) };
        if task.stage == Stage::Open {
            self.put(task);
        } else if let Some(own) = self.actors.get_mut(&task.task.actor) {
            own.remove(&place(&task));
            if own.is_empty() {
                self.actors.remove(&task.task.actor);
            }
        }
        Ok(())
    }

    fn put(&mut self, task: TaskView) {
        self.actors.entry(task.task.actor.clone()).or_default().insert(place(&task), task);
    }

    /// All of them.
    pub(super) fn tasks(&self) -> impl Iterator<Item = &TaskView> {
        self.actors.values().flat_map(BTreeMap::values)
    }

    /// Each actor's first task among those that `counts`.
    pub(super) fn first(&self, counts: impl Fn(&TaskView) -> bool) -> impl Iterator<Item = &TaskView> {
        self.actors.values().filter_map(move |own| own.values().find(|task| counts(task)))
    }
}

fn place(task: &TaskView) -> Place {
    (task.task.due, task.task.id.clone())
}
