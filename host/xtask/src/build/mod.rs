//! `build`: workloads to WebAssembly, staged as a user would install them, then the host.
//!
//! Staged workloads are complete (`workload.yaml` beside its component), because that is what the host installs: it
//! never looks into a target directory.

mod guests;
mod stage;
mod target;

use anyhow::{Context, Result, bail, ensure};

use crate::{
    terminal::say,
    workspace::{cargo, root},
};

/// A workload of this repository.
pub(crate) struct Workload {
    /// Its name, as in its manifest; the staged folder and component are called so.
    pub(crate) name: &'static str,
    /// The crate it is built from.
    pub(crate) package: &'static str,
    /// Its manifest, from the workspace's root.
    pub(crate) manifest: &'static str,
}

/// All workloads of this repository.
pub(crate) const WORKLOADS: [Workload; 2] = [
    Workload { name: "m365-knowledge-worker", package: "haymaker-m365", manifest: "workload.yaml" },
    Workload { name: "heartbeat", package: "haymaker-heartbeat", manifest: "guest/heartbeat/workload.yaml" },
];

/// Builds and stages the workloads, then builds the host.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (mut guests_only, mut release) = (false, false);
    for argument in arguments {
        match argument.as_str() {
            "--guests" => guests_only = true,
            "--release" => release = true,
            other => bail!("unknown option `{other}` of build; it takes --guests and --release"),
        }
    }
    workloads()?;
    if !guests_only {
        host(release)?;
    }
    Ok(())
}

/// Builds and stages the workloads.
pub(crate) fn workloads() -> Result<()> {
    let root = root()?;
    target::ensure(&root)?;
    say("Building", "the workloads (wasm32-wasip2, target/guest)");
    let built = guests::build(&root, &WORKLOADS)?;
    for (workload, component) in WORKLOADS.iter().zip(&built) {
        let staged = stage::stage(&root, workload, component)?;
        say("Staged", &staged.display().to_string());
    }
    Ok(())
}

/// Builds the `haymaker` binary.
pub(crate) fn host(release: bool) -> Result<()> {
    say("Building", "the host (haymaker)");
    let mut command = cargo();
    command.args(["build", "--package", "haymaker"]).current_dir(root()?);
    if release {
        command.arg("--release");
    }
    let status = command.status().context("cannot start cargo")?;
    ensure!(status.success(), "the host does not build; the compiler's errors are above");
    Ok(())
}
