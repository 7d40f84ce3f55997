//! What the engine's tests with real guests share: the guest, built once, and calls of it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use haymaker_engine::types::{Deployment, Outcome, Problem, Task};
use haymaker_engine::{Answer, Call, Component, Engine, Failure, Grants, Limits, Settings, http, state};

/// The bytes of a test guest. Built by the same cargo that runs the test, in a target directory of its own.
pub(crate) fn guest() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("host/engine is two below the root");
        let target = root.join("target/guest");
        let mut cargo = Command::new(env!("CARGO"));
        cargo.current_dir(root).args(["build", "--quiet", "--profile", "guest", "--target", "wasm32-wasip2"]);
        cargo.args(["--package", "haymaker-test-guest", "--target-dir"]).arg(&target);
        for (name, _) in std::env::vars() {
            // Flags for the host's linker break the guest's.
            let host_only = ["CARGO_TARGET_", "CARGO_BUILD_", "CARGO_ENCODED_", "RUSTFLAGS"];
            if host_only.iter().any(|prefix| name.starts_with(prefix)) {
                cargo.env_remove(name);
            }
        }
        let status = cargo.status().expect("cargo runs");
        assert!(status.success(), "the test guest does not build: is wasm32-wasip2 installed?");
        let path: PathBuf = target.join("wasm32-wasip2/guest/haymaker_test_guest.wasm");
        std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    })
}

/// An engine that keeps compiled code where the guest is, so that each test process compiles it at most once.
pub(crate) fn engine() -> Engine {
    let cache = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/guest/compiled");
    std::fs::create_dir_all(&cache).expect("the target directory is writable");
    let cache = cache.canonicalize().expect("it was made just now");
    Engine::new(Settings { cache: Some(cache), ..Settings::default() }).expect("this machine runs WebAssembly")
}

/// An engine and the guest in it.
pub(crate) async fn loaded() -> (Engine, Component) {
    let engine = engine();
    let component = engine.load(guest()).await.expect("the test guest fits");
    (engine, component)
}

/// Monday 2026-01-05T08:00:00Z.
pub(crate) const MONDAY: u64 = 1_767_600_000_000;

/// A call with nothing granted but its own actor's state.
pub(crate) fn call() -> Call {
    let mut grants = Grants::none("this is a test");
    grants.state.scope = state::Scope::Actor("w1".to_owned());
    Call {
        workload: "misbehaving".to_owned(),
        task: Some("t/1".to_owned()),
        now: MONDAY,
        seed: [7; 32],
        limits: Limits::default(),
        grants,
    }
}

/// A call that may send.
pub(crate) fn call_with(http: impl http::Http + 'static) -> Call {
    let mut call = call();
    call.grants.http = Arc::new(http);
    call
}

pub(crate) fn deployment() -> Deployment {
    Deployment { id: "misbehaving-00000001".to_owned(), seed: 1, config: "{}".to_owned() }
}

pub(crate) fn task(kind: &str, payload: &str) -> Task {
    Task {
        id: "t/1".to_owned(),
        kind: kind.to_owned(),
        actor: "w1".to_owned(),
        payload: payload.to_owned(),
        due: MONDAY,
        expires: None,
        summary: "a test".to_owned(),
    }
}

/// What `perform` is answered with.
pub(crate) type Performed = Result<Answer<Result<Outcome, Problem>>, Failure>;

/// Lets the guest misbehave.
pub(crate) async fn perform(
    engine: &Engine,
    component: &Component,
    call: Call,
    kind: &str,
    payload: &str,
) -> Performed {
    engine.perform(component, call, &deployment(), &task(kind, payload)).await
}

/// The named reference of an outcome's only activity.
pub(crate) fn reference(performed: &Performed, name: &str) -> String {
    let outcome = performed.as_ref().expect("the call ends well").value.as_ref().expect("without a problem");
    let refs = &outcome.activities[0].refs;
    refs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).expect("the guest says so")
}
