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
pub(crate) use scan::{PREFIX, Scan, TAG};

use crate::grants::Records;

/// The names that a manifest may use.
pub const NAMES: [&str; 1] = ["microsoft-graph"];

/// The policies of a workload's endpoints, by endpoint name.
pub(crate) struct ByEndpoint(Vec<(String, MicrosoftGraph)>);

impl ByEndpoint {
    /// From (endpoint, policy name) pairs; names were checked with the manifest.
    pub(crate) fn new(names: impl IntoIterator<Item = (String, String)>, records: &Arc<Records>) -> ByEndpoint {
        ByEndpoint(names.into_iter().map(|(endpoint, _)| (endpoint, MicrosoftGraph::new(records.clone()))).collect())
    }

    /// Whether the ledger may list a thing under this name with this id; without a policy, the guest's word is enough,
    /// because nothing is decided by it.
    pub(crate) fn vouches(&self, kind: &str, name: &str, remote_id: &str) -> Result<(), Denial> {
        let mut denied = None;
        for (_, policy) in &self.0 {
            match policy.vouches(kind, name, remote_id) {
                Ok(()) => return Ok(()),
                Err(denial) => denied = Some(denial),
            }
        }
        denied.map_or(Ok(()), Err)
    }

    fn of(&self, request: &Canonical) -> Option<&MicrosoftGraph> {
        self.0.iter().find(|(endpoint, _)| *endpoint == request.endpoint).map(|(_, policy)| policy)
    }
}

impl Policy for ByEndpoint {
    fn check<'a>(&'a self, request: &'a Canonical, peek: &'a dyn Peek) -> Pending<'a, Result<(), Objection>> {
        match self.of(request) {
            Some(policy) => policy.check(request, peek),
            None => Box::pin(async { Ok(()) }),
        }
    }

    fn shown(&self, request: &Canonical, response: Response) -> Response {
        match self.of(request) {
            Some(policy) => policy.shown(request, response),
            None => response,
        }
    }
}
