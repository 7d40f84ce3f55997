//! What a policy reads for itself, on behalf of one request.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use super::canonical::Canonical;
use super::delivery::Delivery;
use super::endpoint::Endpoint;
use super::seams::Peek;
use super::session::Inner;
use super::target::Base;
use super::{Effect, Refusal, Request, Response, identity};
use crate::Pending;
use crate::types::Problem;

/// Looks that belong to the n-th request of a call. They take their ids from it, so that whether a policy had to look
/// changes no other request's id.
pub(super) struct Look<'a> {
    session: &'a Inner,
    endpoint: &'a Endpoint,
    pub(super) base: &'a Base,
    n: u64,
    speaker: Option<String>,
    gone: &'a AtomicBool,
    looks: AtomicU64,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        session: &'a Inner,
        endpoint: &'a Endpoint,
        base: &'a Base,
        n: u64,
        speaker: Option<String>,
        gone: &'a AtomicBool,
    ) -> Look<'a> {
        Look { session, endpoint, base, n, speaker, gone, looks: AtomicU64::new(0) }
    }

    async fn take(
        &self,
        speaker: Option<String>,
        target: &str,
        headers: &[(String, String)],
    ) -> Result<Response, Refusal> {
        let request = Request {
            endpoint: self.endpoint.name.clone(),
            method: "GET".to_owned(),
            target: target.to_owned(),
            headers: headers.to_vec(),
            body: Vec::new(),
            speaker,
            effect: Effect::Read,
            fills: Vec::new(),
        };
        let request = Canonical::new(request, self.base).map_err(|error| Refusal::Problem(Problem::from(error)))?;
        let look = self.looks.fetch_add(1, Ordering::SeqCst) + 1;
        let id = identity::request_id(&format!("{}?look={}", self.session.settings.identity, self.n), look);
        let &Look { session, endpoint, base, n, gone, .. } = self;
        Delivery { session, endpoint, base, request: &request, n, id, secrets: Vec::new(), gone }.run().await
    }
}

impl Peek for Look<'_> {
    fn read<'a>(&'a self, target: &'a str, headers: &'a [(String, String)]) -> Pending<'a, Result<Response, Refusal>> {
        Box::pin(self.take(self.speaker.clone(), target, headers))
    }

    fn survey<'a>(&'a self, target: &'a str) -> Pending<'a, Result<Response, Refusal>> {
        Box::pin(self.take(None, target, &[]))
    }
}
