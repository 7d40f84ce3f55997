//! Components, compiled once and shared by every deployment that runs them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use haymaker_engine::limits::Limits;
use haymaker_engine::{Component, Engine, types};
use haymaker_store as store;
use haymaker_store::SqliteStore;
use serde_json::{Map, Value};

use crate::config::{Asked, DeployFile, Order};
use crate::grants::Records;
use crate::manifest::Manifest;
use crate::permissions;
use crate::problems::{Problem, Problems};
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

    /// What was asked for.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it: what flags, file and schema say, and of the rest what only the workload knows.
    pub async fn order(
        &self,
        installed: &Installed,
        asked: &Asked,
        file: Option<&DeployFile>,
    ) -> Result<Order, Problems> {
        let schema = &installed.manifest.config_schema;
        let (order, mut problems) = asked.read(schema, file);
        if problems.is_empty() {
            return Ok(order);
        }
        let told: BTreeSet<String> = problems.iter().map(|problem| problem.key.clone()).collect();
        // A workload that cannot be asked says nothing: what is known is told all the same.
        let more = self.complaints(installed, &order.config).await.unwrap_or_default();
        for (key, message) in more {
            let of = key.split(['.', '[']).next().unwrap_or_default();
            if !told.contains(of) {
                problems.push(Problem::new(key, message));
            }
        }
        problems.or(order)
    }

    /// What a workload says of a config that lacks what could not be read: each complaint with its key.
    async fn complaints(
        &self,
        installed: &Installed,
        config: &Map<String, Value>,
    ) -> anyhow::Result<Vec<(String, String)>> {
        let component = self.component(installed).await?;
        let (manifest, id) = (&installed.manifest, "asked");
        let records = Arc::new(Records { store: SqliteStore::in_memory()?, deployment: id.to_owned() });
        let defaults = manifest.config_schema.keys().iter();
        let defaults = defaults.filter_map(|key| Some((key.name.clone(), key.default.clone()?)));
        let whole: Map<String, Value> = defaults.chain(config.clone()).collect();
        // Without what cannot do without it, it complains of the config as a whole, and is asked again with defaults.
        for config in [config, &whole] {
            let config = Value::Object(config.clone());
            let program = program(&self.engine, component.clone(), manifest, id, 0, &config, &BTreeMap::new());
            let complaints = program.complaints(&records, 0).await?;
            let keyed: Option<Vec<_>> = complaints
                .into_iter()
                .map(|problem| Some((problem.code.strip_prefix("config.")?.to_owned(), problem.message)))
                .collect();
            if let Some(keyed) = keyed {
                return Ok(keyed);
            }
        }
        Ok(Vec::new())
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
