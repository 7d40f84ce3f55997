//! One call's view of its [`Http`].

use std::sync::Arc;

use super::{Http, Refusal, Request, Response};
use crate::abort::Abort;
use crate::bindings::haymaker::workload::http::Host;
use crate::types::{Problem, ProblemKind};

/// What turns refusals into problems that the guest sees and aborts that it does not.
pub(crate) struct Binding {
    pub(crate) http: Arc<dyn Http>,
    /// The most bytes of an answer's body.
    pub(crate) response: usize,
}

impl Host for Binding {
    async fn send(&mut self, request: Request) -> wasmtime::Result<Result<Response, Problem>> {
        match self.http.send(request).await {
            Ok(response) if response.body.len() > self.response => Ok(Err(Problem::new(
                ProblemKind::Failed,
                "response-too-large",
                format!(
                    "the answer has {} bytes; {} is the most (manifest: limits.response)",
                    response.body.len(),
                    self.response
                ),
            ))),
            Ok(response) => Ok(Ok(response)),
            Err(Refusal::Problem(problem)) => Ok(Err(problem)),
            Err(Refusal::Later { at, problem }) => Err(Abort::Later { at, problem }.into()),
            Err(Refusal::Host(why)) => Err(Abort::Host(why).into()),
        }
    }

    fn base_url(&mut self, endpoint: String) -> wasmtime::Result<Result<String, Problem>> {
        Ok(self.http.base_url(&endpoint))
    }
}
