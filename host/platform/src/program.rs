//! A component with everything a call of it needs that does not act: the deployment as it sees it, its limits, its
//! parameters. Plans, reports and checks need no more.

use std::sync::Arc;

use haymaker_engine::call::{Call, Failure, Grants};
use haymaker_engine::limits::Limits;
use haymaker_engine::{Component, Engine, Instant, http, llm, secrets, state, types, workspace};
use sha2::{Digest, Sha256};

use crate::grants::{Ledger, Records};

/// A workload's component, ready to be called for one deployment.
#[derive(Clone)]
pub struct Program {
    /// The engine.
    pub engine: Engine,
    /// The component.
    pub component: Component,
    /// The workload's name.
    pub workload: String,
    /// The deployment as the guest sees it.
    pub identity: types::Deployment,
    /// The manifest's `activity_patterns` and what is permitted of its features, as JSON.
    pub parameters: String,
    /// The manifest's limits.
    pub limits: Limits,
}

impl Program {
    /// A call that reads what is in the store and touches nothing. Its stream of chance belongs to (seed, purpose): the
    /// same for every attempt.
    pub fn call(&self, records: &Arc<Records>, purpose: &str, now: Instant) -> Call {
        let why = "only `perform` and `settle` act; plans and reports are made from what is known";
        let unavailable = "this host has no such capability";
        Call {
            workload: self.workload.clone(),
            task: None,
            now,
            seed: self.seed(purpose),
            limits: self.limits.clone(),
            grants: Grants {
                http: Arc::new(http::Denied(why)),
                state: state::Access { source: records.clone(), scope: state::Scope::ReadOnly },
                ledger: Arc::new(Ledger { records: records.clone(), journal: None, allowance: None, witness: None }),
                journal: records.clone(),
                secrets: Arc::new(secrets::Denied(why)),
                llm: Arc::new(llm::Denied(why)),
                workspace: Arc::new(workspace::Denied(unavailable)),
                parameters: self.parameters.clone(),
            },
        }
    }

    /// What only the workload can say of its config: everything that is wrong with it.
    ///
    /// # Errors
    ///
    /// The call did not end well.
    pub async fn complaints(&self, records: &Arc<Records>, now: Instant) -> Result<Vec<types::Problem>, Failure> {
        let call = self.call(records, "validate-config", now);
        let answer = self.engine.validate_config(&self.component, call, &self.identity.config).await?;
        Ok(answer.value)
    }

    fn seed(&self, purpose: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(b"haymaker/chance\0");
        hash.update(self.identity.seed.to_be_bytes());
        hash.update(purpose.as_bytes());
        hash.finalize().into()
    }

    /// A number that belongs to (seed, purpose).
    pub(crate) fn chance(&self, purpose: &str) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.seed(purpose);
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}
