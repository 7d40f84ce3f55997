//! The demo's private world: a home, a tenant, a host.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use haymaker_platform::Refusal;
use haymaker_platform::home::Home;
use haymaker_platform::host::{Host, HostSettings};
use haymaker_platform::journal::Durability;
use haymaker_tenant::{Delays, Settings, Tenant, serve};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::args::Demo;
use crate::commands::tenant;
use crate::embedded;

/// Everything that a demo sets up.
pub(super) struct Stage {
    folder: TempDir,
    pub(super) home: Home,
    pub(super) host: Host,
    pub(super) tenant: Arc<Tenant>,
    /// What makes deployments act in the tenant.
    pub(super) environment: BTreeMap<String, String>,
    end: oneshot::Sender<()>,
    server: JoinHandle<std::io::Result<()>>,
}

impl Stage {
    /// Sets it up.
    ///
    /// # Errors
    /// No folder, no port, no file to record to.
    pub(super) async fn set_up(args: &Demo) -> anyhow::Result<Stage> {
        let folder =
            tempfile::Builder::new().prefix("haymaker-demo-").tempdir().context("cannot make a home for the demo")?;
        let home = Home::at(folder.path());
        // In a lab tenant workers sign in with their passwords, and so talk in Teams; unless a flag says otherwise.
        let settings = tenant::settings(&args.behaviour, args.seed, false).map_err(Refusal::from)?;
        let delays = if args.delays { Delays::realistic() } else { Delays::default() };
        let tenant = Tenant::new(Settings { delays, ..settings })?;
        if let Some(path) = &args.behaviour.record {
            tenant.record_to(path).with_context(|| format!("cannot write {}", path.display()))?;
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.context("cannot listen on this machine's loopback")?;
        let address = format!("http://{}", listener.local_addr()?);
        // The tenant dies with this process, so nothing has to survive the power.
        let settings =
            HostSettings { durability: Durability::Process, permits: args.permits, ..HostSettings::new(home.clone()) };
        let host = Host::open(settings).await?;
        embedded::install(host.registry())?;
        let environment = tenant::environment(tenant.settings(), &address);
        let (end, ended) = oneshot::channel();
        let server = tokio::spawn(serve(tenant.clone(), listener, async move {
            // A stage that is dropped has ended, too.
            let _ = ended.await;
        }));
        let environment = environment.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Ok(Stage { folder, home, host, tenant, environment, end, server })
    }

    /// Takes it down; the home stays if it is to be kept, and is then named.
    ///
    /// # Errors
    /// The recording or the home's removal.
    pub(super) async fn strike(self, keep: bool) -> anyhow::Result<Option<PathBuf>> {
        self.host.shutdown().await;
        // Nobody listens if the server has ended, which the next line tells.
        let _ = self.end.send(());
        self.server.await?.context("the recording cannot be written")?;
        drop(self.host);
        if keep {
            return Ok(Some(self.folder.keep()));
        }
        let path = self.folder.path().to_owned();
        self.folder.close().with_context(|| format!("cannot remove {}", path.display()))?;
        Ok(None)
    }
}
