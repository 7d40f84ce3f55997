//! A language model, if the operator has configured one.
//!
//! What every model wants alike is checked here, once and before anybody pays for it (`check`); how a provider is
//! spoken to is the platform's. The time that a model takes does not count against the call's `wait`: models are slow,
//! and the platform bounds how long one may take.

mod check;

use std::sync::Arc;

use crate::Pending;
use crate::bindings::haymaker::workload::llm::Host;
use crate::patience::Patience;
use crate::types::{Problem, ProblemKind};

pub use crate::bindings::haymaker::workload::llm::{
    Block, Message, Prompt, Reply, Role, Stop, Tool, ToolCall, ToolResult,
};
pub use check::{OPTIONS, PROMPT_LIMIT, size};

/// A model. Implemented by the platform, for one call.
pub trait Llm: Send + Sync {
    /// Asks the model. The prompt was checked: whatever in it should be JSON is, and its options are among [`OPTIONS`].
    fn complete(&self, prompt: Prompt) -> Pending<'_, Result<Reply, Problem>>;
}

/// No model for this kind of call, or for this workload. The string says why.
pub struct Denied(pub &'static str);

impl Llm for Denied {
    fn complete(&self, _: Prompt) -> Pending<'_, Result<Reply, Problem>> {
        Box::pin(async {
            Err(Problem::new(
                ProblemKind::Denied,
                "llm-denied",
                format!("a language model cannot be asked here: {}", self.0),
            ))
        })
    }
}

/// One call's view of it.
pub(crate) struct Binding {
    pub(crate) llm: Arc<dyn Llm>,
    pub(crate) patience: Arc<Patience>,
}

impl Host for Binding {
    async fn complete(&mut self, prompt: Prompt) -> wasmtime::Result<Result<Reply, Problem>> {
        if let Err(problem) = check::check(&prompt) {
            return Ok(Err(problem));
        }
        let _excuse = self.patience.excuse();
        Ok(self.llm.complete(prompt).await)
    }
}
