//! The workloads that this program brings along, so that it is useful from the first minute.
//!
//! They are installed into a home like any other workload, by whoever needs them first. One that is there already is left
//! alone, also where a newer build of the same name is the default: the author of that build wants to run it.

use std::fs;

use anyhow::Context;
use haymaker_platform::manifest::Manifest;
use haymaker_platform::registry::{Described, Registry, Source};
use sha2::{Digest, Sha256};

/// A workload inside this program.
struct Embedded {
    /// The component's file name.
    file: &'static str,
    /// `workload.yaml`.
    manifest: &'static str,
    /// The component.
    component: &'static [u8],
}

/// What `cargo xtask build` staged before it built this program.
const ALL: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/embedded.rs"));

/// Installs those that are not installed.
///
/// # Errors
/// The registry cannot be read or written.
pub(crate) fn install(registry: &Registry) -> anyhow::Result<()> {
    let installed: Vec<String> = registry.list()?.into_iter().flatten().map(|one| one.digest).collect();
    for workload in ALL {
        let digest = hex::encode(Sha256::digest(workload.component));
        if !installed.contains(&digest) {
            place(registry, workload).with_context(|| format!("cannot install {}", workload.file))?;
        }
    }
    Ok(())
}

fn place(registry: &Registry, workload: &Embedded) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("workload.yaml"), workload.manifest)?;
    fs::write(folder.path().join(workload.file), workload.component)?;
    let source = Source::read(folder.path())?;
    // It was built with this program, and this program's tests have run it: what its manifest says is what it is.
    let Manifest { name, version, .. } = &source.manifest;
    let described = Described { name: name.clone(), version: version.to_string() };
    registry.place(&source, &described)?;
    Ok(())
}

/// What to do where a workload is missing that a complete build brings along; nothing if this build is complete.
pub(crate) fn hint() -> Option<&'static str> {
    ALL.is_empty().then_some("this haymaker was built without its workloads; `cargo xtask build` builds it with them")
}
