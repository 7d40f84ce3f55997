//! What became of tasks.

use std::sync::Arc;

use crate::abort::Abort;
use crate::bindings::haymaker::workload::journal::Host;

pub use crate::bindings::haymaker::workload::journal::{Stage, Standing};

/// Where standings are read. Implemented by the platform on one snapshot of the deployment.
pub trait Journal: Send + Sync {
    /// A task's standing; none if no plan ever named it. An error is the host's own and ends the call.
    fn get(&self, id: &str) -> Result<Option<Standing>, String>;
}

/// A journal without tasks, for calls that are about no deployment. The string says why.
pub struct Denied(pub &'static str);

impl Journal for Denied {
    fn get(&self, _: &str) -> Result<Option<Standing>, String> {
        Ok(None)
    }
}

/// One call's view of it.
pub(crate) struct Binding(pub(crate) Arc<dyn Journal>);

impl Host for Binding {
    fn get(&mut self, id: String) -> wasmtime::Result<Option<Standing>> {
        Ok(self.0.get(&id).map_err(Abort::Host)?)
    }
}
