//! Where a simulated tenant is looked into.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use haymaker_engine::http::authorities;
use reqwest::{StatusCode, Url};
use serde::de::DeserializeOwned;

use crate::render::figures::one_line;

/// A look takes a loop over everything in memory at most.
const PATIENCE: Duration = Duration::from_secs(30);

/// A tenant's address, and a connection to it.
pub(super) struct Endpoint {
    base: Url,
    http: reqwest::Client,
}

impl Endpoint {
    /// The tenant at this address; it is not asked yet.
    pub(super) fn new(address: &str) -> anyhow::Result<Endpoint> {
        let base = Url::parse(address).with_context(|| format!("{} is not an address", one_line(address, 100)))?;
        if base.cannot_be_a_base() {
            bail!("{address} is not an address; write it like http://127.0.0.1:8080");
        }
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let http = http.tls_certs_merge(authorities().map_err(|why| anyhow!(why))?).timeout(PATIENCE).build()?;
        Ok(Endpoint { base, http })
    }

    /// What the tenant shows under a path; `None` where it knows no such thing.
    pub(super) async fn find<T: DeserializeOwned>(
        &self,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> anyhow::Result<Option<T>> {
        let mut url = self.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.clear().extend(["_haymaker", "inspect"]).extend(path);
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let answer = self.http.get(url).send().await.with_context(|| format!("no tenant answers at {}", self.base))?;
        let status = answer.status();
        if status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        if !status.is_success() {
            bail!("{} answers {status}: it is not a simulated tenant", self.base);
        }
        let found = answer.json().await;
        found.map(Some).with_context(|| format!("{} does not answer like a simulated tenant", self.base))
    }

    /// The same, of a thing that is to be there; `what` names it.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        what: &str,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> anyhow::Result<T> {
        let found = self.find(path, query).await?;
        found.with_context(|| {
            format!("there is no {what} in the tenant at {} (or it is not a simulated one)", self.base)
        })
    }
}
