//! A language model, if the operator has configured one.

use std::sync::Arc;

use crate::Pending;
use crate::bindings::haymaker::workload::llm::Host;
use crate::types::{Problem, ProblemKind};

pub use crate::bindings::haymaker::workload::llm::{
    Block, Message, Prompt, Reply, Role, Stop, Tool, ToolCall, ToolResult,
};

/// A model. Implemented by the platform, for one call.
pub trait Llm: Send + Sync {
    /// Asks the model.
    fn complete(&self, prompt: Prompt) -> Pending<'_, Result<Reply, Problem>>;
}

/// No model. The string says why.
pub struct Denied(pub &'static str);

impl Llm for Denied {
    fn complete(&self, _: Prompt) -> Pending<'_, Result<Reply, Problem>> {
        Box::pin(async {
            Err(Problem::new(
                ProblemKind::Unavailable,
                "llm-unavailable",
                format!("no language model is available here: {}", self.0),
            ))
        })
    }
}

/// One call's view of it.
pub(crate) struct Binding(pub(crate) Arc<dyn Llm>);

impl Host for Binding {
    async fn complete(&mut self, prompt: Prompt) -> wasmtime::Result<Result<Reply, Problem>> {
        Ok(self.0.complete(prompt).await)
    }
}
