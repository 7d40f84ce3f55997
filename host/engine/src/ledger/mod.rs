//! Every thing that the deployment makes in the tenant, written down before it is made.
//!
//! `intend` is durable on return, because what follows is a request that creates; `created` and `released` are buffered
//! and commit with the call's result, because they only say what is true already and can be found out again.

mod overlay;

use crate::bindings::haymaker::workload::ledger::Host;
use crate::types::Problem;
use crate::{Pending, abort::Abort};

pub use crate::bindings::haymaker::workload::ledger::Entry;

pub(crate) use overlay::Overlay;

/// A change that commits with the call's result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// The thing exists.
    Created {
        /// Its kind.
        kind: String,
        /// Its name, unique within the kind.
        name: String,
        /// The tenant's id for it.
        remote_id: String,
    },
    /// The thing is proved gone.
    Released {
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
}

/// The ledger of a deployment. Implemented by the platform, for one call. `String` errors are the host's own and end
/// the call.
pub trait Ledger: Send + Sync {
    /// Says that a thing is about to be created; durable on return. A known entry is returned as it stands; a released
    /// one is intended anew.
    fn intend<'a>(&'a self, kind: &'a str, name: &'a str) -> Pending<'a, Result<Entry, Problem>>;

    /// An entry that is not released.
    fn entry(&self, kind: &str, name: &str) -> Result<Option<Entry>, String>;

    /// Up to `limit` entries that are not released, in (`kind`, `name`) order, after `after`.
    fn entries(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<Entry>, String>;

    /// Whether this call may change the ledger: `perform` and `settle` may, planning functions may not.
    fn may_write(&self) -> bool;

    /// Whether the ledger takes the guest's word that a thing exists under this id. Where the ledger decides what may be
    /// touched, it does not: then the tenant itself must have said so.
    ///
    /// # Errors
    /// The problem, for the guest.
    fn believes(&self, kind: &str, name: &str, remote_id: &str) -> Result<(), Problem> {
        let _ = (kind, name, remote_id);
        Ok(())
    }

    /// Whether the ledger takes the guest's word that a thing is gone. Where a cleanup is proved by the ledger, it does
    /// not: then the tenant itself must have said so.
    ///
    /// # Errors
    /// The problem, for the guest.
    fn lets_go(&self, kind: &str, name: &str, remote_id: Option<&str>) -> Result<(), Problem> {
        let _ = (kind, name, remote_id);
        Ok(())
    }
}

/// No ledger: it reads as empty. The string says why.
pub struct Denied(pub &'static str);

impl Ledger for Denied {
    fn intend<'a>(&'a self, _: &'a str, _: &'a str) -> Pending<'a, Result<Entry, Problem>> {
        Box::pin(async {
            Err(Problem::denied("ledger-denied", format!("the ledger is not writable here: {}", self.0)))
        })
    }

    fn entry(&self, _: &str, _: &str) -> Result<Option<Entry>, String> {
        Ok(None)
    }

    fn entries(&self, _: Option<(&str, &str)>, _: usize) -> Result<Vec<Entry>, String> {
        Ok(Vec::new())
    }

    fn may_write(&self) -> bool {
        false
    }
}

impl Host for Overlay {
    async fn intend(&mut self, kind: String, name: String) -> wasmtime::Result<Result<Entry, Problem>> {
        Ok(self.add(kind, name).await)
    }

    fn created(&mut self, kind: String, name: String, remote_id: String) -> wasmtime::Result<Result<(), Problem>> {
        Ok(self.create(kind, name, remote_id).map_err(Abort::Host)?)
    }

    fn released(&mut self, kind: String, name: String) -> wasmtime::Result<Result<(), Problem>> {
        Ok(self.release(kind, name).map_err(Abort::Host)?)
    }

    fn entries(&mut self, after: Option<(String, String)>, limit: u32) -> wasmtime::Result<Vec<Entry>> {
        Ok(self.page(after, limit).map_err(Abort::Host)?)
    }
}
