//! A language model, if the operator has configured one.
//!
//! Only `perform` may ask. An answer is not repeated to a rerun of the task: what a request of effect `once` is made from
//! is asked for in a task of its own, and handed to the next one in its payload.

pub use crate::bindings::haymaker::workload::llm::{
    Block, Message, Prompt, Reply, Role, Stop, Tool, ToolCall, ToolResult,
};
use crate::{Problem, imports};

impl Prompt {
    /// A question of one text, to be answered in at most so many tokens.
    pub fn new(system: impl Into<String>, user: impl Into<String>, max_tokens: u32) -> Prompt {
        Prompt {
            system: system.into(),
            messages: vec![Message { role: Role::User, content: vec![Block::Text(user.into())] }],
            tools: Vec::new(),
            max_tokens,
            options: Vec::new(),
        }
    }

    /// Asks the model.
    ///
    /// # Errors
    /// `unavailable` where none is configured, `exhausted` when the budget is used up or the provider limits its calls,
    /// and whatever else kept it from answering.
    pub fn complete(&self) -> Result<Reply, Problem> {
        imports::llm::complete(self)
    }
}

impl Reply {
    /// All that it says, without calls of tools and the provider's own parts.
    pub fn text(&self) -> String {
        let texts = self.content.iter().filter_map(|block| match block {
            Block::Text(text) => Some(text.as_str()),
            Block::ToolCall(_) | Block::ToolResult(_) | Block::Opaque(_) => None,
        });
        texts.collect::<Vec<_>>().join("\n")
    }
}
