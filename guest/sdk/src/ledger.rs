//! Every thing that the deployment makes in the tenant, written down before it is made.
//!
//! Cleanup works from here, never from a listing: directories lag.

pub use crate::bindings::haymaker::workload::ledger::Entry;
use crate::{Problem, imports};

/// How many entries one call of the host's `entries` gives at most.
const PAGE: u32 = 1_000;

/// Says that a thing is about to be created; durable when it returns. A known entry is returned as it stands.
///
/// # Errors
/// `denied` in planning functions.
pub fn intend(kind: &str, name: &str) -> Result<Entry, Problem> {
    imports::ledger::intend(kind, name)
}

/// Says that it exists, with the tenant's id.
///
/// # Errors
/// `invalid` when it is known with another id, `denied` in planning functions.
pub fn created(kind: &str, name: &str, remote_id: &str) -> Result<(), Problem> {
    imports::ledger::created(kind, name, remote_id)
}

/// Says that it is proved gone.
///
/// # Errors
/// `denied` in planning functions.
pub fn released(kind: &str, name: &str) -> Result<(), Problem> {
    imports::ledger::released(kind, name)
}

/// Everything that is intended or exists, in (kind, name) order.
pub fn entries() -> Vec<Entry> {
    let mut found: Vec<Entry> = Vec::new();
    loop {
        let after = found.last().map(|entry| (entry.kind.clone(), entry.name.clone()));
        let page = imports::ledger::entries(after.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str())), PAGE);
        if page.is_empty() {
            return found;
        }
        found.extend(page);
    }
}
