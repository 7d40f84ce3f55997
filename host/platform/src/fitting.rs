//! Whether a workload fits this host: its manifest, its component, and that the two speak of the same thing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use haymaker_engine::types::WorkloadInfo;
use haymaker_engine::{Component, Engine};
use haymaker_store::SqliteStore;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::grants::Records;
use crate::programs::{self, Programs};
use crate::refusal::Refusal;
use crate::registry::{Described, Installation, Registry, RegistryError, Source};

/// A workload that fits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Verified {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// One line for people.
    pub description: String,
    /// SHA-256 of its component.
    pub digest: String,
    /// Bytes of its component.
    pub size: u64,
    /// What it asks for.
    pub imports: Vec<String>,
    /// What it offers.
    pub exports: Vec<String>,
}

/// Looks at a workload without installing it.
///
/// # Errors
///
/// Everything that is wrong with its manifest or its component.
pub async fn verify(engine: &Engine, path: &Path) -> Result<Verified, Refusal> {
    let source = Source::read(path)?;
    let (component, described) = fits(engine, &source).await?;
    Registry::agrees(&source, &described)?;
    Ok(Verified {
        name: source.manifest.name.clone(),
        version: source.manifest.version.to_string(),
        description: source.manifest.description.clone(),
        digest: component.digest().to_owned(),
        size: component.size(),
        imports: component.imports(),
        exports: component.exports(),
    })
}

/// Installs a workload that fits.
pub(crate) async fn install(programs: &Programs, path: &Path) -> Result<Installation, Refusal> {
    let source = Source::read(path)?;
    let (_, described) = fits(programs.engine(), &source).await?;
    Ok(programs.registry().place(&source, &described)?)
}

/// Loads the component, and asks it what it is.
async fn fits(engine: &Engine, source: &Source) -> Result<(Component, Described), Refusal> {
    let unfit = |why: String| RegistryError::Unfit { component: source.path.clone(), why };
    let component = engine.load(&source.component).await.map_err(|error| unfit(error.to_string()))?;
    let program = programs::program(engine, component.clone(), &source.manifest, "", 0, &json!({}), &BTreeMap::new());
    let records = Arc::new(Records { store: SqliteStore::in_memory()?, deployment: String::new() });
    let answer = engine.describe(&component, program.call(&records, "describe", 0)).await;
    let WorkloadInfo { name, version, .. } = answer.map_err(|failure| unfit(failure.to_string()))?.value;
    Ok((component, Described { name, version }))
}
