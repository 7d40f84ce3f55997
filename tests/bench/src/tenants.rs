//! Simulated tenants, apart from what is measured: on one thread of their own, whose processor time can be told.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context;
use haymaker_tenant::{Settings, Tenant};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Handle};
use tokio::sync::oneshot;

/// Tenants that serve until this is dropped.
pub(crate) struct Tenants {
    handle: Handle,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    /// In the order of their seeds.
    pub(crate) each: Vec<Reached>,
}

/// A tenant as clients find it.
#[derive(Clone)]
pub(crate) struct Reached {
    /// Itself, to be looked into.
    pub(crate) tenant: Arc<Tenant>,
    /// What makes a deployment act in it.
    pub(crate) environment: BTreeMap<String, String>,
}

impl Reached {
    /// Where it serves.
    pub(crate) fn origin(&self) -> &str {
        self.environment.get("HAYMAKER_GRAPH_ENDPOINT").map_or("", String::as_str)
    }
}

impl Tenants {
    /// Starts `count` tenants, the n-th with the seed n; records what they are asked if there is a folder for it.
    ///
    /// # Errors
    /// No thread, no port, no file.
    pub(crate) async fn start(count: u64, record: Option<&Path>) -> anyhow::Result<Tenants> {
        let runtime = Builder::new_current_thread().enable_all().build().context("no runtime for the tenants")?;
        let handle = runtime.handle().clone();
        let (end, ended) = oneshot::channel::<()>();
        let thread = std::thread::Builder::new().name("tenants".to_owned()).spawn(move || {
            // Whether it was told to end or the teller is gone is the same.
            let _ = runtime.block_on(ended);
        })?;
        let mut tenants = Tenants { handle, end: Some(end), thread: Some(thread), each: Vec::new() };
        for seed in 0..count {
            let (tenant, environment) = tenants.handle.spawn(haymaker_tests::serve(Settings::seeded(seed))).await?;
            if let Some(folder) = record {
                tenant.record_to(folder.join(format!("{seed}.jsonl")))?;
            }
            tenants.each.push(Reached { tenant, environment });
        }
        Ok(tenants)
    }

    /// Processor time: what the process used without the tenants, and what the tenants used.
    pub(crate) async fn spent(&self) -> (Duration, Duration) {
        let tenants = self.handle.spawn(async { time(ClockId::ThreadCPUTime) }).await.unwrap_or_default();
        (time(ClockId::ProcessCPUTime).saturating_sub(tenants), tenants)
    }
}

impl Drop for Tenants {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A tenant that panicked has nothing left to close.
            let _ = thread.join();
        }
    }
}

fn time(clock: ClockId) -> Duration {
    Duration::try_from(clock_gettime(clock)).unwrap_or_default()
}
