//! From bytes to something that can be called, or every reason why not.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::bindings::WorkloadPre;

/// A component that fits, compiled and linked. Cheap to clone.
#[derive(Clone)]
pub struct Component(pub(crate) Arc<Loaded>);

pub(crate) struct Loaded {
    /// Ready to instantiate.
    pub(crate) pre: WorkloadPre<()>,
    pub(crate) digest: String,
    pub(crate) imports: Vec<String>,
    pub(crate) exports: Vec<String>,
    pub(crate) size: u64,
    /// The most memory that an instance of it was seen to use: bytes.
    pub(crate) footprint: AtomicU64,
}

impl Component {
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

    /// Its bytes.
    pub fn size(&self) -> u64 {
        self.0.size
    }
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
