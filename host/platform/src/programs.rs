//! Components, compiled once and shared by every deployment that runs them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use haymaker_engine::limits::Limits;
use haymaker_engine::{Component, Engine, types};
use haymaker_store as store;

use crate::manifest::Manifest;
use crate::permissions;
use crate::program::Program;
use crate::registry::{Installed, Registry};

/// The registry's components, loaded.
pub struct Programs {
    engine: Engine,
    registry: Arc<Registry>,
    loaded: Mutex<BTreeMap<String, Component>>,
}

impl Programs {
    /// None loaded yet.
    pub fn new(engine: Engine, registry: Arc<Registry>) -> Programs {
        Programs { engine, registry, loaded: Mutex::default() }
    }

    /// The engine.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The registry.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// The component of an installed workload.
    ///
    /// # Errors
    ///
    /// It cannot be read, is not what was installed, or does not fit this host.
    pub async fn component(&self, installed: &Installed) -> anyhow::Result<Component> {
        let known = self.loaded.lock().unwrap_or_else(PoisonError::into_inner).get(&installed.digest).cloned();
        if let Some(component) = known {
            return Ok(component);
        }
        let bytes = self.registry.load(installed)?;
        let component =
            self.engine.load(&bytes).await.with_context(|| format!("{} does not run here", installed.name()))?;
        let mut loaded = self.loaded.lock().unwrap_or_else(PoisonError::into_inner);
        loaded.insert(installed.digest.clone(), component.clone());
        Ok(component)
    }

    /// What runs a deployment, with the manifest it was installed with.
    ///
    /// # Errors
    ///
    /// Its component is not in the registry any more, or does not load.
    pub async fn program(&self, id: &str, acceptance: &store::Acceptance) -> anyhow::Result<(Program, Manifest)> {
        let installed = self.registry.at(&acceptance.component.path)?;
        let component = self.component(&installed).await?;
        let store::Acceptance { seed, config, features, .. } = acceptance;
        let program = program(&self.engine, component, &installed.manifest, id, *seed, config, features);
        Ok((program, installed.manifest))
    }
}

/// A component as one deployment calls it.
pub fn program(
    engine: &Engine,
    component: Component,
    manifest: &Manifest,
    id: &str,
    seed: u64,
    config: &serde_json::Value,
    features: &BTreeMap<String, store::Grant>,
) -> Program {
    let limits = &manifest.limits;
    Program {
        engine: engine.clone(),
        component,
        workload: manifest.name.clone(),
        identity: types::Deployment { id: id.to_owned(), seed, config: config.to_string() },
        parameters: permissions::told(&manifest.activity_patterns, features).to_string(),
        limits: Limits {
            memory: limits.memory,
            compute: limits.compute,
            wait: limits.wait,
            state: limits.state,
            ..Limits::default()
        },
    }
}
