//! What the operator gave to the workload: read-only data.

use crate::bindings::haymaker::workload::context::Host;

/// One call's view of it.
pub(crate) struct Context {
    /// The manifest's `activity_patterns`: a JSON object.
    pub(crate) parameters: String,
}

impl Host for Context {
    fn parameters(&mut self) -> wasmtime::Result<String> {
        Ok(self.parameters.clone())
    }
}
