//! The one engine.
use crate::call::*;
use crate::component::*;
use crate::types::*;
use std::path::PathBuf;
use std::sync::Arc;

/// How an engine is built.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where compiled code is kept between runs of the host; none keeps nothing.
    pub cache: Option<PathBuf>,
    /// The memory that all running instances may use together: bytes.
    pub max_live_bytes: u64,
}

/// Why there is no engine.
#[derive(Debug, thiserror::Error)]
#[error("the WebAssembly engine does not start: {0}")]
pub struct EngineError(pub String);

/// The four functions that plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planning {
    /// Until the workload runs.
    Deploy,
    /// While it runs.
    Cycle,
    /// Until it rests.
    Stop,
    /// Until nothing of it is left.
    Cleanup,
}

/// Runs components. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<()>);

impl Engine {
    /// a
    pub fn new(_: Settings) -> Result<Engine, EngineError> {
        Err(EngineError("".into()))
    }
    /// a
    pub async fn load(&self, _bytes: &[u8]) -> Result<Component, LoadError> {
        Err(LoadError::Trial("".into()))
    }
    fn no<T>(&self) -> Result<Answer<T>, Failure> {
        Err(Failure {
            kind: FailureKind::Host("".into()),
            workload: "".into(),
            function: "".into(),
            task: None,
            lines: vec![],
        })
    }
    /// a
    pub async fn describe(&self, _c: &Component, _call: Call) -> Result<Answer<WorkloadInfo>, Failure> {
        self.no()
    }
    /// a
    pub async fn validate_config(
        &self,
        _c: &Component,
        _call: Call,
        _config: &str,
    ) -> Result<Answer<Vec<Problem>>, Failure> {
        self.no()
    }
    /// a
    pub async fn plan(
        &self,
        _c: &Component,
        _call: Call,
        _f: Planning,
        _d: &Deployment,
    ) -> Result<Answer<Result<Plan, Problem>>, Failure> {
        self.no()
    }
    /// a
    pub async fn perform(
        &self,
        _c: &Component,
        _call: Call,
        _d: &Deployment,
        _t: &Task,
    ) -> Result<Answer<Result<Outcome, Problem>>, Failure> {
        self.no()
    }
    /// a
    pub async fn settle(
        &self,
        _c: &Component,
        _call: Call,
        _d: &Deployment,
        _t: &Task,
        _request_id: &str,
    ) -> Result<Answer<Result<Verdict, Problem>>, Failure> {
        self.no()
    }
    /// a
    pub async fn get_status(
        &self,
        _c: &Component,
        _call: Call,
        _d: &Deployment,
    ) -> Result<Answer<Result<String, Problem>>, Failure> {
        self.no()
    }
    /// a
    pub async fn migrate(
        &self,
        _c: &Component,
        _call: Call,
        _d: &Deployment,
        _previous: &str,
    ) -> Result<Answer<Result<(), Problem>>, Failure> {
        self.no()
    }
}
