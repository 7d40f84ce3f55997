//! What a workload remembers.
//!
//! A call reads one snapshot and sees its own writes; nothing is written before it ends well. The snapshot is a
//! [`Source`], the writes are an overlay on it, and who may write what is a [`Scope`].

mod overlay;

use std::sync::Arc;

use crate::abort::Abort;
use crate::bindings::haymaker::workload::state::Host;
use crate::types::Problem;

pub(crate) use overlay::Overlay;

/// One snapshot of a deployment's state. Implemented by the platform. Errors are the host's own and end the call.
pub trait Source: Send + Sync {
    /// The value, or none.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String>;

    /// Up to `limit` entries whose key begins with `prefix`, in the order of their keys (by bytes), after `after`.
    fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Vec<u8>)>, String>;

    /// Bytes held: keys and values.
    fn size(&self) -> Result<u64, String>;
}

/// What a call sees of the state.
#[derive(Clone)]
pub struct Access {
    /// The snapshot.
    pub source: Arc<dyn Source>,
    /// What may be written.
    pub scope: Scope,
}

/// What a call may write: calls that run at the same time never write the same keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Nothing.
    ReadOnly,
    /// `actor/<this actor>/...`: for `perform` and `settle`.
    Actor(String),
    /// Everything but `actor/...`: for planning functions.
    Planning,
    /// Everything: for `migrate`, which runs while nothing else does.
    All,
}

impl Scope {
    /// Whether `key` may be written, or why not.
    fn allows(&self, key: &str) -> Result<(), String> {
        match self {
            Scope::All => Ok(()),
            Scope::ReadOnly => Err("this function writes no state".to_owned()),
            Scope::Planning if key.starts_with("actor/") => {
                Err("planning functions write everything but actor/...".to_owned())
            }
            Scope::Planning => Ok(()),
            Scope::Actor(actor) => {
                let own = key.strip_prefix("actor/").and_then(|rest| rest.strip_prefix(actor.as_str()));
                match own.and_then(|rest| rest.strip_prefix('/')) {
                    Some(rest) if !rest.is_empty() => Ok(()),
                    _ => Err(format!("a task of this actor writes only actor/{actor}/...")),
                }
            }
        }
    }
}

/// No state: it reads as empty. The string says why.
pub struct Denied(pub &'static str);

impl Source for Denied {
    fn get(&self, _: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(None)
    }

    fn list(&self, _: &str, _: Option<&str>, _: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
        Ok(Vec::new())
    }

    fn size(&self) -> Result<u64, String> {
        Ok(0)
    }
}

impl Host for Overlay {
    fn get(&mut self, key: String) -> wasmtime::Result<Option<Vec<u8>>> {
        Ok(self.read(&key).map_err(Abort::Host)?)
    }

    fn set(&mut self, key: String, value: Option<Vec<u8>>) -> wasmtime::Result<Result<(), Problem>> {
        Ok(self.write(key, value).map_err(Abort::Host)?)
    }

    fn list(&mut self, prefix: String, after: Option<String>, limit: u32) -> wasmtime::Result<Vec<(String, Vec<u8>)>> {
        Ok(self.page(&prefix, after.as_deref(), limit).map_err(Abort::Host)?)
    }
}
