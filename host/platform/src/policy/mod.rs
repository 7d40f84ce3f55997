//! Named policies: what an allow-list cannot say.
//!
//! A list of paths is not a blast radius: `POST /users/*/sendMail` is every mailbox, the chief executive's too. A policy
//! understands the wire of one service and holds every request against what the deployment made.

mod microsoft_graph;
mod scan;

use std::sync::Arc;

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Denial, Objection, Peek, Policy, Response};

pub use microsoft_graph::MicrosoftGraph;
pub(crate) use scan::{Listed, PREFIX, Scan, TAG};

use crate::grants::Records;
use crate::tenant_policy::Allowance;

/// The names that a manifest may use.
pub const NAMES: [&str; 1] = ["microsoft-graph"];

/// The policies of a workload's endpoints, by endpoint name; and what is left of the tenant's caps.
pub(crate) struct ByEndpoint {
    policies: Vec<(String, MicrosoftGraph)>,
    /// None for what acts in no tenant, and for looks that are no deployment's yet.
    allowance: Option<Allowance>,
}

impl ByEndpoint {
    /// From (endpoint, policy name) pairs; names were checked with the manifest.
    /// Anomalies are permitted by the tenant, or not.
    pub(crate) fn new(
        names: impl IntoIterator<Item = (String, String)>,
        records: &Arc<Records>,
        anomalies: bool,
    ) -> ByEndpoint {
        let policy = |(endpoint, _)| (endpoint, MicrosoftGraph::new(records.clone()).permitting(anomalies));
        ByEndpoint { policies: names.into_iter().map(policy).collect(), allowance: None }
    }

    /// The same, within the tenant's caps.
    pub(crate) fn within(self, allowance: Option<Allowance>) -> ByEndpoint {
        ByEndpoint { allowance, ..self }
    }

    /// Whether the ledger may list a thing under this name with this id; without a policy, the guest's word is enough,
    /// because nothing is decided by it.
    pub(crate) fn vouches(&self, kind: &str, name: &str, remote_id: &str) -> Result<(), Denial> {
        self.any(|policy| policy.vouches(kind, name, remote_id))
    }

    /// Whether the ledger may let go of a thing; without a policy, the guest's word is enough.
    pub(crate) fn lets_go(&self, kind: &str, name: &str, remote_id: Option<&str>) -> Result<(), Denial> {
        self.any(|policy| policy.lets_go(kind, name, remote_id))
    }

    /// Whether one of the policies says yes, or there is none.
    fn any(&self, says: impl Fn(&MicrosoftGraph) -> Result<(), Denial>) -> Result<(), Denial> {
        let mut denied = None;
        for (_, policy) in &self.policies {
            match says(policy) {
                Ok(()) => return Ok(()),
                Err(denial) => denied = Some(denial),
            }
        }
        denied.map_or(Ok(()), Err)
    }

    fn of(&self, request: &Canonical) -> Option<&MicrosoftGraph> {
        self.policies.iter().find(|(endpoint, _)| *endpoint == request.endpoint).map(|(_, policy)| policy)
    }
}

impl Policy for ByEndpoint {
    fn check<'a>(&'a self, request: &'a Canonical, peek: &'a dyn Peek) -> Pending<'a, Result<(), Objection>> {
        Box::pin(async move {
            if let Some(policy) = self.of(request) {
                policy.check(request, peek).await?;
            }
            // After the policy: what is denied costs nothing.
            let spent = self.allowance.as_ref().map_or(Ok(()), |allowance| allowance.spend(request));
            spent.map_err(Objection::Undecided)
        })
    }

    fn shown(&self, request: &Canonical, response: Response) -> Response {
        match self.of(request) {
            Some(policy) => policy.shown(request, response),
            None => response,
        }
    }
}
