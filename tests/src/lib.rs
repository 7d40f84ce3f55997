//! What end-to-end tests share: a simulated tenant over real HTTP, the staged workloads, and a power cut.

#![allow(clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]
pub mod command;
pub mod demo;
pub mod inspection;
pub mod leak;
pub mod look;
pub mod provider;
pub mod relay;
pub mod truth;
pub mod wire;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use haymaker_store::{SqliteStore, Store};
use haymaker_tenant::{Settings, Tenant};

/// The repository's root.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().expect("this crate lies in the repository")
}

/// The folder of a staged workload: its manifest and its component.
///
/// # Panics
///
/// If it is not staged; `cargo xtask build` does that.
pub fn workload(name: &str) -> PathBuf {
    let folder = root().join("target/workloads").join(name);
    assert!(folder.join("workload.yaml").exists(), "{} is not there: run `cargo xtask build`", folder.display());
    folder
}

/// The flagship with a manifest in which work begins at nine, an hour after the simulated clock: whatever provisioning
/// meets, everybody is ready for the same day. Laid into this folder.
///
/// # Panics
///
/// If it cannot be laid there.
pub fn late_riser(folder: &Path) -> PathBuf {
    let (from, to) = (workload("m365-knowledge-worker"), folder.join("late-riser"));
    std::fs::create_dir(&to).expect("a folder of its own");
    let component = "m365-knowledge-worker.wasm";
    std::fs::copy(from.join(component), to.join(component)).expect("the component is staged");
    let manifest = std::fs::read_to_string(from.join("workload.yaml")).expect("the manifest is staged");
    let late = manifest.replace("working_hours: { from: 8,", "working_hours: { from: 9,");
    assert_ne!(late, manifest, "the manifest says when work begins");
    std::fs::write(to.join("workload.yaml"), late).expect("the folder takes it");
    to
}

/// Starts a tenant on a free port of this machine, for as long as the runtime lives; with the environment by which a
/// host finds it.
///
/// # Panics
///
/// If this machine gives no port.
pub async fn serve(settings: Settings) -> (Arc<Tenant>, BTreeMap<String, String>) {
    let tenant = Tenant::new(settings).expect("settings from a seed are good");
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}", listener.local_addr().expect("a bound socket"));
    tokio::spawn(haymaker_tenant::serve(tenant.clone(), listener, std::future::pending()));
    let app = &tenant.settings().app;
    let environment = [
        ("HAYMAKER_LOGIN_ENDPOINT", address.clone()),
        ("HAYMAKER_GRAPH_ENDPOINT", address),
        ("KW_TENANT_ID", tenant.settings().tenant_id.clone()),
        ("KW_APP_ID", app.id.clone()),
        ("KW_CLIENT_SECRET", app.secret.clone()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
    (tenant, environment)
}

/// What a power cut does to a store that nobody has open: everything since the last flush is gone.
///
/// # Panics
///
/// If the store cannot be read.
pub fn cut_power(database: &Path) {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let store = SqliteStore::open(database).expect("the store opens");
    for view in store.deployments().expect("the store can be read").into_iter().flatten() {
        let flushed = store.flushed_seq(&view.id).expect("the store knows what it flushed");
        runtime.block_on(store.truncate(&view.id, flushed)).expect("a log can be cut");
    }
}
