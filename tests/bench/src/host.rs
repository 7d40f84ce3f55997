//! The flagship in a host, in this process, from its deployment to its end.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use haymaker_engine::http::Tap;
use haymaker_platform::config::Asked;
use haymaker_platform::home::Home;
use haymaker_platform::journal::Durability;
use haymaker_platform::{DeployRequest, Host, HostSettings};
use haymaker_store::Status;

use crate::mails::Load;
use crate::tenants::Tenants;

/// Between two looks at whether a deployment has ended; the stopwatch does not wait for them.
const LOOK: Duration = Duration::from_millis(100);

/// The flagship's name.
const WORKLOAD: &str = "m365-knowledge-worker";

/// Runs one deployment in each tenant to its end, in a home of its own where only the code `compiled` by earlier runs is
/// known. Returns how many activities the ground truth has.
///
/// # Errors
/// A deployment that does not end well.
pub(crate) async fn run(
    load: &Load,
    tenants: &Tenants,
    durability: Durability,
    tap: Option<Arc<dyn Tap>>,
    compiled: &Path,
) -> anyhow::Result<u64> {
    let folder = crate::folder()?;
    let home = Home::at(folder.path());
    std::os::unix::fs::symlink(compiled, home.cache()).context("cannot share compiled code")?;
    let mut settings = HostSettings { durability, ..HostSettings::new(home) };
    if let Some(tap) = tap {
        settings.tap = tap;
    }
    let host = Host::open(settings).await?;
    host.install(&haymaker_tests::workload(WORKLOAD)).await?;
    let mut ids = Vec::new();
    for reached in &tenants.each {
        let asked = Asked {
            workload: Some(WORKLOAD.to_owned()),
            config: vec![format!("workers={}", load.workers), format!("duration_hours={}", load.hours)],
            seed: Some(1),
            ..Asked::default()
        };
        let request = DeployRequest { asked, environment: reached.environment.clone(), ..DeployRequest::default() };
        ids.push(host.deploy(request).await?.deployment_id);
    }
    let mut activities = 0;
    for id in &ids {
        end(&host, id).await?;
        activities += host.store().counts(id)?.iter().map(|count| count.count).sum::<u64>();
    }
    host.shutdown().await;
    Ok(activities)
}

/// Waits for a deployment's end, looking seldom: every look is a read of the store.
async fn end(host: &Host, id: &str) -> anyhow::Result<()> {
    loop {
        let view = host.store().deployment(id)?.context("the store lost a deployment")?;
        ensure!(view.condition.is_none(), "{id} does not go on: {:?}", view.condition);
        match view.status {
            Status::Completed => return Ok(()),
            Status::Pending | Status::Running => {}
            other => anyhow::bail!("{id} is {other}: {}", view.reason),
        }
        tokio::time::sleep(LOOK).await;
    }
}
