//! Named policies: what an allow-list cannot say.
//!
//! A list of paths is not a blast radius: `POST /users/*/sendMail` is every mailbox, the chief executive's too. A policy
//! understands the wire of one service and holds every request against what the deployment made.

mod microsoft_graph;
mod scan;

use std::sync::Arc;

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Denial, Policy};

pub use microsoft_graph::MicrosoftGraph;
pub(crate) use scan::{PREFIX, Scan, TAG};

use crate::grants::Records;

/// The names that a manifest may use.
pub const NAMES: [&str; 1] = ["microsoft-graph"];

/// The policies of a workload's endpoints, by endpoint name.
pub(crate) struct ByEndpoint(Vec<(String, Arc<dyn Policy>)>);

impl ByEndpoint {
    /// From (endpoint, policy name) pairs; names were checked with the manifest.
    pub(crate) fn new(names: impl IntoIterator<Item = (String, String)>, records: &Arc<Records>) -> ByEndpoint {
        let policies = names.into_iter().map(|(endpoint, _)| {
            let policy: Arc<dyn Policy> = Arc::new(MicrosoftGraph::new(records.clone()));
            (endpoint, policy)
        });
        ByEndpoint(policies.collect())
    }
}

impl Policy for ByEndpoint {
    fn check<'a>(&'a self, request: &'a Canonical) -> Pending<'a, Result<(), Denial>> {
        match self.0.iter().find(|(endpoint, _)| *endpoint == request.endpoint) {
            Some((_, policy)) => policy.check(request),
            None => Box::pin(async { Ok(()) }),
        }
    }
}
