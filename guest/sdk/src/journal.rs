//! What became of tasks.

pub use crate::bindings::haymaker::workload::journal::{Stage, Standing};
use crate::imports;

/// A task's standing; none if no plan ever named it.
pub fn get(id: &str) -> Option<Standing> {
    imports::journal::get(id)
}

/// Whether a task is done, once and for all.
pub fn is_done(id: &str) -> bool {
    get(id).is_some_and(|standing| standing.stage == Stage::Done)
}
