//! From bytes to something that can be called, or every reason why not.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::bindings::WorkloadPre;
use crate::call::{Call, Grants};
use crate::engine::Engine;
use crate::guest::Guest;
use crate::limits::Limits;

/// What a trial instance may use. Nobody's manifest is known yet, so it is generous: even Python's components begin in
/// less than a millisecond, since their interpreter was started when they were built.
const TRIAL: Limits = Limits {
    memory: 512 << 20,
    compute: Duration::from_secs(1),
    wait: Duration::from_secs(10),
    state: 0,
    log: 64 << 10,
    response: 0,
    tables: 200_000,
    tasks: 0,
};

/// A component that fits, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Component(pub(crate) Arc<Loaded>);

pub(crate) struct Loaded {
    /// Ready to instantiate.
    pub(crate) pre: WorkloadPre<Guest>,
    digest: String,
    imports: Vec<String>,
    exports: Vec<String>,
    size: u64,
    /// The most memory that an instance of it was seen to use: bytes.
    pub(crate) footprint: AtomicU64,
}

impl fmt::Debug for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Component").field("digest", &self.0.digest).field("size", &self.0.size).finish_non_exhaustive()
    }
}

impl Component {
    /// Compiles, checks, links and tries.
    pub(crate) async fn load(engine: &Engine, bytes: &[u8]) -> Result<Self, LoadError> {
        check_header(bytes)?;
        let compiled = compile(engine, bytes.to_vec()).await?;
        let inner = &*engine.0;
        let misfits = inner.contract.misfits(&inner.wasmtime, &compiled);
        if !misfits.is_empty() {
            return Err(LoadError::Unfit(misfits));
        }
        // What the walk cannot see (the inside of WASI's interfaces) the linker does.
        let linked = inner.linker.instantiate_pre(&compiled).and_then(WorkloadPre::new).map_err(unfit)?;
        let ty = compiled.component_type();
        let names = |names: &mut dyn Iterator<Item = &str>| names.map(str::to_owned).collect::<Vec<_>>();
        let component = Component(Arc::new(Loaded {
            pre: linked,
            digest: hex::encode(Sha256::digest(bytes)),
            imports: names(&mut ty.imports(&inner.wasmtime).map(|(name, _)| name)),
            exports: names(&mut ty.exports(&inner.wasmtime).map(|(name, _)| name)),
            size: u64::try_from(bytes.len()).unwrap_or(u64::MAX),
            footprint: AtomicU64::new(0),
        }));
        component.try_once(engine).await?;
        Ok(component)
    }

    /// Makes an instance and throws it away: a start function that traps or never ends shows here, and so does how much
    /// memory an instance takes.
    async fn try_once(&self, engine: &Engine) -> Result<(), LoadError> {
        let call = Call {
            workload: "the component".to_owned(),
            task: None,
            now: 0,
            seed: [0; 32],
            limits: TRIAL,
            grants: Grants::none("a trial instance"),
        };
        let nothing = engine.run(self, call, "its start", |_, _| Box::pin(async { Ok(()) })).await;
        nothing.map(drop).map_err(|failure| LoadError::Trial(failure.kind.to_string()))
    }

    /// SHA-256 of its bytes, in lower-case hexadecimal.
    pub fn digest(&self) -> &str {
        &self.0.digest
    }

    /// The interfaces that it imports, with their versions, in its own order.
    pub fn imports(&self) -> Vec<String> {
        self.0.imports.clone()
    }

    /// The interfaces that it exports, with their versions, in its own order.
    pub fn exports(&self) -> Vec<String> {
        self.0.exports.clone()
    }

    /// How many bytes it has.
    pub fn size(&self) -> u64 {
        self.0.size
    }
}

/// Tells the two binary formats apart, and both from everything else. A text format is not accepted: what is installed
/// is what was built.
fn check_header(bytes: &[u8]) -> Result<(), LoadError> {
    const MAGIC: &[u8] = b"\0asm";
    const MODULE: &[u8] = &[1, 0, 0, 0];
    match bytes.strip_prefix(MAGIC) {
        None => Err(LoadError::NotAComponent("it does not begin like WebAssembly".to_owned())),
        Some(rest) if rest.starts_with(MODULE) => Err(LoadError::NotAComponent(
            "it is a core module: build it for wasm32-wasip2, or make a component of it with `wasm-tools component new`"
                .to_owned(),
        )),
        Some(_) => Ok(()),
    }
}

/// Compiling takes seconds of the processor for a large component: not on a thread that serves others.
async fn compile(engine: &Engine, bytes: Vec<u8>) -> Result<wasmtime::component::Component, LoadError> {
    let wasmtime = engine.0.wasmtime.clone();
    let compiled = tokio::task::spawn_blocking(move || wasmtime::component::Component::from_binary(&wasmtime, &bytes));
    match compiled.await {
        Ok(compiled) => compiled.map_err(|error| LoadError::NotAComponent(format!("{error:#}"))),
        Err(error) => Err(LoadError::Trial(format!("compiling it failed: {error}"))),
    }
}

/// The linker's one complaint, as a misfit.
fn unfit(error: wasmtime::Error) -> LoadError {
    let misfit = Misfit { interface: "linking".to_owned(), item: String::new(), why: format!("{error:#}") };
    LoadError::Unfit(vec![misfit])
}

/// Why bytes cannot be called.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    /// Not a WebAssembly component at all.
    #[error("this is not a WebAssembly component: {0}")]
    NotAComponent(String),
    /// A component of another world, or of another version of this one.
    #[error("this component does not fit this host:\n{}", lines(.0))]
    Unfit(Vec<Misfit>),
    /// It fits, and cannot even begin.
    #[error("this component fits, but a trial instance of it failed: {0}")]
    Trial(String),
}

fn lines(misfits: &[Misfit]) -> String {
    misfits.iter().map(|misfit| format!("  - {misfit}")).collect::<Vec<_>>().join("\n")
}

/// One reason why a component does not fit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{interface}{}{item}: {why}", if item.is_empty() { "" } else { "#" })]
pub struct Misfit {
    /// The interface, with its version.
    pub interface: String,
    /// The function or type in it; empty for the interface as a whole.
    pub item: String,
    /// What is wrong, with both shapes where there are two.
    pub why: String,
}
