//! `host`: the process that runs deployments.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use haymaker_platform::home::{Home, HostInfo};
use haymaker_platform::host::{self, HostSettings};
use serde_json::json;
use tokio::sync::Notify;

use super::follow::Signals;
use crate::api::client::Client;
use crate::api::server::{self, Api};
use crate::api::{HostStatus, VERSION, socket};
use crate::args::{Host, Run};
use crate::exit::Exit;
use crate::render::figures::moment;
use crate::render::terminal::{print, print_json};
use crate::{embedded, environment};

/// How often a host looks whether its home is still there.
const HOME_CHECK: Duration = Duration::from_secs(2);

/// How long a host may take to end: tasks in flight have half a minute, and then a little.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(20);

/// Runs a command on the host.
pub(crate) async fn run(home: &Home, command: Host) -> anyhow::Result<Exit> {
    match command {
        Host::Run(args) => serve(home, &args).await,
        Host::Status(output) => status(home, output.is_json()).await,
        Host::Stop => stop(home).await,
    }
}

/// Is the host of this home until somebody ends it, or the home is gone.
pub(crate) async fn serve(home: &Home, args: &Run) -> anyhow::Result<Exit> {
    if args.background {
        // Fails only for the leader of a group, which has no terminal's session to leave.
        let _ = rustix::process::setsid();
    }
    let host = host::Host::open(HostSettings { permits: args.permits, ..HostSettings::new(home.clone()) }).await?;
    embedded::install(host.registry())?;
    let installed: Vec<_> = host.registry().list()?.into_iter().flatten().collect();
    host.resume(&environment::gather(installed.iter().map(|one| &one.manifest))).await;
    let listener = socket::listen(home)?;
    let stop = Arc::new(Notify::new());
    let api = Api { host: host.clone(), status: Arc::new(own_status(home, args.permits)), stop: stop.clone() };
    tracing::info!(home = %home.path().display(), process = std::process::id(), "the host is ready");
    let mut signals = Signals::new()?;
    let watched = home.clone();
    let ended = async move {
        tokio::select! {
            () = stop.notified() => tracing::info!("the host ends: `host stop`"),
            () = signals.any() => tracing::info!("the host ends: a signal"),
            () = lost(&watched) => tracing::error!(home = %watched.path().display(), "the host ends: its home is gone"),
        }
    };
    server::serve(listener, api, ended).await?;
    host.shutdown().await;
    // The home may be gone, and the next host replaces it anyway.
    let _ = std::fs::remove_file(socket::path(home));
    Ok(Exit::Done)
}

fn own_status(home: &Home, permits: usize) -> HostStatus {
    // The claim has just been made, so the host of this home is this process.
    let started = home.host().map(|info| info.started).unwrap_or_default();
    let info = HostInfo { pid: std::process::id(), version: VERSION.to_owned(), started };
    HostStatus { info, home: home.path().to_owned(), permits }
}

/// Returns when the home is not the folder any more that it was.
async fn lost(home: &Home) {
    let identity = |path: &Path| path.metadata().ok().map(|found| (found.dev(), found.ino()));
    let was = identity(home.path());
    let mut interval = tokio::time::interval(HOME_CHECK);
    loop {
        interval.tick().await;
        if identity(home.path()) != was {
            return;
        }
    }
}

async fn status(home: &Home, as_json: bool) -> anyhow::Result<Exit> {
    let Some(info) = home.host() else {
        if as_json {
            print_json(&json!({"running": false, "home": home.path()}))?;
        } else {
            print(&format!("No host runs in {}; commands that need one start it.", home.path().display()))?;
        }
        return Ok(Exit::Done);
    };
    let answers = match Client::new(home)?.status().await {
        Ok(_) => None,
        Err(error) => Some(format!("{error:#}")),
    };
    if as_json {
        print_json(&json!({"running": true, "home": home.path(), "pid": info.pid, "version": info.version,
            "started": info.started, "answers": answers.is_none()}))?;
        return Ok(Exit::Done);
    }
    print(&format!(
        "A host runs in {}: process {}, haymaker {}, since {} UTC.",
        home.path().display(),
        info.pid,
        info.version,
        moment(&info.started)
    ))?;
    match answers {
        None => Ok(Exit::Done),
        Some(why) => bail!("but it does not answer: {why}"),
    }
}

async fn stop(home: &Home) -> anyhow::Result<Exit> {
    let Some(info) = home.host() else { bail!("no host runs in {}", home.path().display()) };
    Client::new(home)?.stop_host().await?;
    let ended = async {
        while home.host().is_some_and(|other| other.pid == info.pid) {
            tokio::time::sleep(PAUSE).await;
        }
    };
    if tokio::time::timeout(PATIENCE, ended).await.is_err() {
        bail!(
            "the host (process {}) was told to end and has not within {} s; `kill -9 {0}` loses nothing",
            info.pid,
            PATIENCE.as_secs()
        );
    }
    print(&format!(
        "The host (process {}) has ended; deployments are as they were, and the next host takes them up.",
        info.pid
    ))?;
    Ok(Exit::Done)
}
