//! Looking without a host: the store is the truth, and it can be read from any process, whatever happened to the host.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::Context;
use haymaker_engine::{Engine, Instant, Settings};
use haymaker_store::{ActivityView, DeploymentView, Error, LedgerView, LineView, SqliteStore, Store};
use tokio::sync::OnceCell;

use crate::config::{Asked, DeployFile, Order};
use crate::home::Home;
use crate::programs::Programs;
use crate::refusal::Refusal;
use crate::registry::{Installed, Registry};
use crate::report::{self, Report, Summary};

/// Ledger entries are read in pages of this size.
const PAGE: usize = 1_000;

/// Memory that instances may take in a process that only reads.
const LIVE_BYTES: u64 = 512 << 20;

/// A home, to be looked at.
pub struct Reader {
    home: Home,
    store: Option<Arc<dyn Store>>,
    registry: Arc<Registry>,
    programs: OnceCell<Programs>,
}

impl Reader {
    /// Opens a home. One that nothing ever happened in is empty, and stays untouched.
    ///
    /// # Errors
    ///
    /// The store is damaged, newer, or cannot be read.
    pub fn open(home: &Home) -> anyhow::Result<Reader> {
        let database = home.database();
        let exists = database.try_exists().with_context(|| format!("cannot read {}", home.path().display()))?;
        let store: Option<Arc<dyn Store>> = if exists { Some(SqliteStore::open(&database)?) } else { None };
        let registry = Arc::new(Registry::open(home.workloads()));
        Ok(Reader { home: home.clone(), store, registry, programs: OnceCell::new() })
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    /// Whether a host lives in this home.
    pub fn is_alive(&self) -> bool {
        self.home.host().is_some()
    }

    /// The whole id of a deployment, by its id, a prefix that only it has, or `@last`.
    ///
    /// # Errors
    ///
    /// None is meant, or several.
    pub fn find(&self, wanted: &str) -> Result<String, Refusal> {
        let views = self.views()?;
        let ids: Vec<&str> = views.iter().flatten().map(|view| view.id.as_str()).collect();
        let unknown = || {
            let shown = crate::plan::line(wanted);
            Refusal::new(format!("there is no deployment {shown:?}; `haymaker list` shows those that there are"))
        };
        if wanted == "@last" {
            return ids.first().map(|id| (*id).to_owned()).ok_or_else(|| Refusal::new("there is no deployment yet"));
        }
        if wanted.is_empty() {
            return Err(unknown());
        }
        if ids.contains(&wanted) {
            return Ok(wanted.to_owned());
        }
        let meant: Vec<&str> = ids.into_iter().filter(|id| id.starts_with(wanted)).collect();
        match meant.as_slice() {
            [] => Err(unreadable(&views, wanted).unwrap_or_else(unknown)),
            [one] => Ok((*one).to_owned()),
            several => Err(Refusal::with(
                format!("{wanted:?} could be any of {} deployments; write more of the id:", several.len()),
                several.iter().map(|id| (*id).to_owned()).collect(),
            )),
        }
    }

    /// All deployments, newest first; a damaged one is named beside the others.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn list(&self) -> Result<Vec<Result<Summary, String>>, Refusal> {
        let alive = self.is_alive();
        let shown = |view: haymaker_store::Result<DeploymentView>| match view {
            Ok(view) => Ok(report::summary(&view, alive)),
            Err(error) => Err(error.to_string()),
        };
        Ok(self.views()?.into_iter().map(shown).collect())
    }

    /// One deployment, in short.
    ///
    /// # Errors
    ///
    /// Unknown, or the store's.
    pub fn summary(&self, id: &str) -> Result<Summary, Refusal> {
        let view = self.store(id)?.deployment(id)?.ok_or_else(|| not_found(id))?;
        Ok(report::summary(&view, self.is_alive()))
    }

    /// The config of a deployment, as it was accepted; none of one that is not known here.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn config(&self, id: &str) -> Result<Option<serde_json::Value>, Refusal> {
        let Some(store) = &self.store else { return Ok(None) };
        Ok(store.deployment(id)?.map(|view| view.acceptance.config))
    }

    /// One deployment, whole.
    ///
    /// # Errors
    ///
    /// Unknown, or the store's.
    pub async fn report(&self, id: &str) -> Result<Report, Refusal> {
        let store = self.store(id)?;
        let view = store.deployment(id)?.ok_or_else(|| not_found(id))?;
        let program = match self.programs().await {
            Ok(programs) => programs.program(id, &view.acceptance).await.map(|(program, _)| program),
            Err(error) => Err(error),
        };
        let program =
            program.inspect_err(|error| tracing::warn!(deployment = id, "its workload's part is missing: {error:#}"));
        Ok(report::report(store, &view, program.ok().as_ref(), self.is_alive()).await?)
    }

    /// Log lines after a number, or the last `limit`.
    ///
    /// # Errors
    ///
    /// Unknown, or the store's.
    pub fn lines(&self, id: &str, after: Option<u64>, limit: usize) -> Result<Vec<LineView>, Refusal> {
        Ok(self.store(id)?.lines(id, after, limit)?)
    }

    /// The ground truth after (due, id), at most `limit` lines.
    ///
    /// # Errors
    ///
    /// Unknown, or the store's.
    pub fn activities(
        &self,
        id: &str,
        after: Option<(Instant, &str)>,
        limit: usize,
    ) -> Result<Vec<ActivityView>, Refusal> {
        Ok(self.store(id)?.activities(id, after, limit)?)
    }

    /// The kinds of activities that there are so far, in the order of the alphabet.
    ///
    /// # Errors
    ///
    /// Unknown, or the store's.
    pub fn kinds(&self, id: &str) -> Result<BTreeSet<String>, Refusal> {
        Ok(self.store(id)?.counts(id)?.into_iter().map(|count| count.kind).collect())
    }

    /// Everything that it ever made or meant to make.
    ///
    /// # Errors
    ///
    /// Unknown, or the store's.
    pub fn ledger(&self, id: &str) -> Result<Vec<LedgerView>, Refusal> {
        let store = self.store(id)?;
        let mut all: Vec<LedgerView> = Vec::new();
        loop {
            let after = all.last().map(|entry| (entry.kind.clone(), entry.name.clone()));
            let after = after.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()));
            let page = store.ledger(id, after, true, PAGE)?;
            let full = page.len() == PAGE;
            all.extend(page);
            if !full {
                return Ok(all);
            }
        }
    }

    fn views(&self) -> Result<Vec<haymaker_store::Result<DeploymentView>>, Refusal> {
        match &self.store {
            Some(store) => Ok(store.deployments()?),
            None => Ok(Vec::new()),
        }
    }

    fn store(&self, id: &str) -> Result<&Arc<dyn Store>, Refusal> {
        self.store.as_ref().ok_or_else(|| not_found(id))
    }

    /// What was asked for, as [`Programs::order`] has it.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with it, or that no workload can be run here.
    pub async fn order(
        &self,
        installed: &Installed,
        asked: &Asked,
        file: Option<&DeployFile>,
    ) -> Result<Order, Refusal> {
        // Nothing is compiled where nothing is wrong.
        match asked.order(&installed.manifest.config_schema, file) {
            Ok(order) => Ok(order),
            Err(problems) => match self.programs().await {
                Ok(programs) => Ok(programs.order(installed, asked, file).await?),
                Err(_) => Err(problems.into()),
            },
        }
    }

    /// The engine is started only when a workload has something to say.
    async fn programs(&self) -> anyhow::Result<&Programs> {
        self.programs
            .get_or_try_init(|| async {
                let engine = Engine::new(Settings { cache: Some(self.home.cache()), max_live_bytes: LIVE_BYTES })?;
                Ok(Programs::new(engine, self.registry.clone()))
            })
            .await
    }
}

/// That the deployment is there whose record is damaged, if it is that one which is meant.
fn unreadable(views: &[haymaker_store::Result<DeploymentView>], wanted: &str) -> Option<Refusal> {
    views.iter().find_map(|view| match view {
        Err(error @ Error::Unreadable { deployment, .. }) if deployment.starts_with(wanted) => {
            Some(Refusal::new(error.to_string()))
        }
        _ => None,
    })
}

fn not_found(id: &str) -> Refusal {
    Refusal::new(format!(
        "there is no deployment {:?}; `haymaker list` shows those that there are",
        crate::plan::line(id)
    ))
}
