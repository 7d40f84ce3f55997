//! The host: a home with its store, its engine and its deployments, and the commands that change them.
//!
//! | module | thought |
//! |---|---|
//! | [`proposal`] | from what somebody asks for to a deployment that may be accepted, or every reason why not |
//! | `rehearsal` | the first plan, tried out with reading requests only, before anything is written |
//! | [`orphans`] | what earlier runs left behind where nobody remembers them |
//! | `command` | deploy, stop, start, cleanup |
//! | [`sign_in`] | somebody signs in elsewhere, and is spoken for here |

mod command;
pub mod orphans;
pub mod proposal;
mod rehearsal;
pub mod sign_in;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use haymaker_engine::clock::Clock;
use haymaker_engine::http::{Gateway, GatewaySettings, Tap};
use haymaker_engine::{Engine, Settings};
use haymaker_store::{Condition, DeploymentView, Level, Record, SqliteStore, Status, Store};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

pub use orphans::{Orphan, Recovery, Scanned};
pub use proposal::{DeployRequest, Deployed, DryRun, PlannedModel};

use crate::clock::Timeline;
use crate::credentials::{Credentials, Keyring};
use crate::grants::Records;
use crate::home::{Claim, Home};
use crate::journal::{Durability, Journal, note};
use crate::llm::lent::{self, Lent};
use crate::llm::wish::{Need, Wish};
use crate::llm::{self, Models};
use crate::manifest::Manifest;
use crate::policy::ByEndpoint;
use crate::problems::Problems;
use crate::programs::Programs;
use crate::refusal::Refusal;
use crate::registry::{Installation, Installed, Registry};
use crate::report;
use crate::seal::Sealer;
use crate::secrets::Secrets;
use crate::supervisor::Supervisor;
use crate::supervisor::bell::Bell;
use crate::supervisor::deployment::Deployment;
use crate::tenant_policy::{Allowance, Spending, TenantPolicy, anomalies};
use crate::tenants::{self, Address, Clocks};

/// Tasks that run at once, over all deployments: enough to keep two cores and a slow network busy.
pub const PERMITS: usize = 16;

/// Memory that live instances may take, over all deployments.
const LIVE_BYTES: u64 = 2 << 30;

/// Time to let deployments come to rest when the host ends.
const SHUTDOWN: Duration = Duration::from_secs(40);

/// What is put around a host's store.
pub type AroundStore = Box<dyn FnOnce(Arc<dyn Store>) -> Arc<dyn Store> + Send>;

/// How a host is set up.
pub struct HostSettings {
    /// Its folder.
    pub home: Home,
    /// What it flushes.
    pub durability: Durability,
    /// Tasks that run at once.
    pub permits: usize,
    /// Looks on at every request.
    pub tap: Arc<dyn Tap>,
    /// Wraps the store; for tests that crash it.
    pub around_store: AroundStore,
}

impl HostSettings {
    /// As an operator would have it.
    pub fn new(home: Home) -> HostSettings {
        HostSettings {
            home,
            durability: Durability::Power,
            permits: PERMITS,
            tap: Arc::new(Unwatched),
            around_store: Box::new(|store| store),
        }
    }
}

/// Nobody looks on.
struct Unwatched;

impl Tap for Unwatched {
    fn at<'a>(&'a self, _: haymaker_engine::http::Boundary, _: &'a str) -> haymaker_engine::Pending<'a, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// A running host.
#[derive(Clone)]
pub struct Host(Arc<Inner>);

struct Inner {
    _claim: Claim,
    home: Home,
    id: String,
    store: Arc<dyn Store>,
    durability: Durability,
    programs: Programs,
    gateway: Arc<Gateway>,
    clocks: Clocks,
    keyring: Keyring,
    sealer: Arc<Sealer>,
    models: Arc<Models>,
    spending: Arc<Spending>,
    permits: Arc<Semaphore>,
    tap: Arc<dyn Tap>,
    active: Mutex<BTreeMap<String, Active>>,
    /// One command at a time on a deployment, and one deployment accepted at a time: ids are ordinals.
    commands: tokio::sync::Mutex<()>,
    /// The host ends: supervisors let go.
    closing: Arc<AtomicBool>,
}

/// A deployment that this host holds the lease of.
struct Active {
    journal: Arc<Journal>,
    secrets: Arc<Secrets>,
    bell: Arc<Bell>,
    task: Option<JoinHandle<()>>,
}

impl Active {
    /// Whether a supervisor is up; one that panicked is not, whatever the bell says.
    fn is_at_work(&self) -> bool {
        self.bell.is_up() && self.task.as_ref().is_some_and(|task| !task.is_finished())
    }
}

impl Host {
    /// Becomes the host of a home.
    ///
    /// # Errors
    ///
    /// Another host lives there; the home, the store or the key cannot be used.
    pub async fn open(settings: HostSettings) -> anyhow::Result<Host> {
        let claim = settings.home.claim()?;
        let store: Arc<dyn Store> = SqliteStore::open(settings.home.database())?;
        let engine = Engine::new(Settings { cache: Some(settings.home.cache()), max_live_bytes: LIVE_BYTES })?;
        let registry = Arc::new(Registry::open(settings.home.workloads()));
        registry.sweep()?;
        let gateway = Gateway::new(GatewaySettings::default()).map_err(anyhow::Error::msg)?;
        let models = Models::new(gateway.clone()).map_err(anyhow::Error::msg)?;
        let id = format!("host-{}", std::process::id());
        let sealer = Arc::new(Sealer::open(&settings.home.key())?);
        let store = (settings.around_store)(store);
        Ok(Host(Arc::new(Inner {
            _claim: claim,
            home: settings.home,
            id,
            spending: Spending::new(store.clone()),
            store,
            durability: settings.durability,
            programs: Programs::new(engine, registry),
            gateway,
            clocks: Clocks::default(),
            keyring: Keyring::default(),
            sealer,
            models,
            permits: Arc::new(Semaphore::new(settings.permits.max(1))),
            tap: settings.tap,
            active: Mutex::default(),
            commands: tokio::sync::Mutex::default(),
            closing: Arc::default(),
        })))
    }

    /// The store.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.0.store
    }

    /// The registry.
    pub fn registry(&self) -> &Registry {
        self.0.programs.registry()
    }

    /// Takes up every deployment that an earlier host left, with credentials from this environment.
    pub async fn resume(&self, environment: &BTreeMap<String, String>) {
        let views = match self.0.store.deployments() {
            Ok(views) => views,
            Err(error) => return tracing::error!(%error, "cannot read the deployments"),
        };
        for view in views {
            match view {
                Ok(view) if report::is_active(&view) => {
                    if let Err(error) = self.take_up(&view, environment).await {
                        tracing::error!(deployment = view.id, "cannot take it up: {error:#}");
                    }
                }
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "a deployment cannot be read; the others go on"),
            }
        }
    }

    /// Credentials that came with a command: deployments that were blocked for want of them go on.
    pub async fn lend(&self, environment: &BTreeMap<String, String>) {
        let Ok(views) = self.0.store.deployments() else { return };
        for view in views.into_iter().flatten() {
            let blocked = matches!(view.condition, Some(Condition::Blocked { .. }));
            if blocked
                && report::is_active(&view)
                && let Err(error) = self.take_up(&view, environment).await
            {
                tracing::warn!(deployment = view.id, "still blocked: {error:#}");
            }
        }
    }

    /// Ticks at every commit of a deployment that this host holds.
    pub fn watch(&self, id: &str) -> Option<watch::Receiver<u64>> {
        self.active().get(id).map(|active| active.journal.watch())
    }

    /// Installs a workload from a folder or a `.wasm` file, if it fits this host.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with its manifest or its component.
    pub async fn install(&self, path: &Path) -> Result<Installation, Refusal> {
        crate::fitting::install(&self.0.programs, path).await
    }

    /// Forgets a workload, unless a deployment that is not over runs it. Returns what is gone.
    ///
    /// # Errors
    ///
    /// Unknown, or in use.
    pub fn remove(&self, name: &str) -> Result<Vec<String>, Refusal> {
        let views = self.0.store.deployments()?;
        let needed = |installed: &Installed| {
            views.iter().flatten().any(|view| {
                // Whoever made something needs its component to take it away again.
                let live = self.0.store.ledger_counts(&view.id).map_or(1, |counts| counts.live);
                let over = matches!(view.status, Status::Completed | Status::Failed) && live == 0;
                view.acceptance.component.path == installed.path && !over
            })
        };
        Ok(self.registry().remove(name, needed)?)
    }

    /// Ends the host: tasks in flight end, deployments stay as they are, and the next host takes them up.
    pub async fn shutdown(&self) {
        self.0.closing.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        for active in self.active().values_mut() {
            active.bell.ring();
            all.extend(active.task.take());
        }
        if tokio::time::timeout(SHUTDOWN, futures::future::join_all(all)).await.is_err() {
            tracing::warn!("some deployments did not come to rest; their logs know where they are");
        }
    }

    fn active(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Active>> {
        self.0.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The latest moment that the store knows of a tenant.
    fn floor(&self, tenant: &str) -> u64 {
        let views = self.0.store.deployments().unwrap_or_default();
        let updates = views.into_iter().flatten().filter(|view| view.acceptance.tenant.name == tenant);
        updates.map(|view| view.updated).max().unwrap_or(0)
    }

    /// The writer of a deployment: the one that is at work, or a new lease.
    async fn journal(&self, id: &str, clock: Timeline) -> Result<Arc<Journal>, Refusal> {
        if let Some(active) = self.active().get(id) {
            return Ok(active.journal.clone());
        }
        let (store, durability) = (self.0.store.clone(), self.0.durability);
        let journal = Arc::new(Journal::open(store, id, &self.0.id, clock, durability).await?);
        let secrets = Secrets::new(journal.clone(), self.0.sealer.clone());
        let active = Active { journal: journal.clone(), secrets, bell: Arc::default(), task: None };
        self.active().insert(id.to_owned(), active);
        Ok(journal)
    }

    /// A deployment's secrets: those that go with its writer, so that whoever signs in is heard by who is at work.
    fn secrets(&self, id: &str, journal: &Arc<Journal>) -> Arc<Secrets> {
        let active = self.active().get(id).map(|active| active.secrets.clone());
        active.unwrap_or_else(|| Secrets::new(journal.clone(), self.0.sealer.clone()))
    }

    /// The credentials for a deployment: those that came with a command, if they are for its tenant and application, and
    /// then they are remembered; else those that are.
    fn credentials(
        &self,
        view: &DeploymentView,
        manifest: &Manifest,
        environment: &BTreeMap<String, String>,
    ) -> Credentials {
        let tenant = &view.acceptance.tenant;
        let given = Credentials::new(environment.clone());
        match proposal::identity(manifest, &given) {
            Some((tenant_id, app_id)) if tenant_id == tenant.tenant_id && app_id == tenant.app_id => {
                self.0.keyring.put(&tenant.tenant_id, &tenant.app_id, given.clone());
                given
            }
            _ => self.0.keyring.get(&tenant.tenant_id, &tenant.app_id),
        }
    }

    /// What the operator permits in a tenant.
    fn tenant_policy(&self, tenant_id: &str) -> Result<TenantPolicy, Problems> {
        self.0.home.tenant_policy(tenant_id).map_or(Ok(TenantPolicy::default()), |path| TenantPolicy::read(&path))
    }

    /// Why anomalies are refused, and who may change that.
    fn no_anomalies(&self, tenant_id: &str, packs: &[&str]) -> Refusal {
        let file = self.0.home.tenant_policy(tenant_id).map(|path| format!(" in {}", path.display()));
        Refusal::new(format!(
            "anomalies: {} not permitted in tenant {tenant_id}; its operator permits them with `allow_anomalies: true`{}",
            if packs.len() == 1 { format!("{} is", packs.concat()) } else { format!("{} are", packs.join(", ")) },
            file.unwrap_or_default()
        ))
    }

    /// A deployment's clock, if its tenant answers; where it does not, the machine's or a standing one serves to write.
    fn standing_clock(view: &DeploymentView) -> Timeline {
        if view.acceptance.tenant.simulated { Timeline::simulated(view.updated, None) } else { Timeline::Real }
    }

    /// Puts a deployment to work: finds its credentials, its tenant and its component, or says what it is blocked on.
    async fn take_up(&self, view: &DeploymentView, environment: &BTreeMap<String, String>) -> anyhow::Result<()> {
        if self.is_at_work(&view.id) {
            return Ok(());
        }
        let tenant = &view.acceptance.tenant;
        let (program, manifest) = self.0.programs.program(&view.id, &view.acceptance).await?;
        let credentials = self.credentials(view, &manifest, environment);
        let missing = credentials.missing(manifest.required_credentials().map(|credential| credential.name.as_str()));
        if !missing.is_empty() {
            return self.block(view, missing).await;
        }
        let wish = Wish::of(&manifest, &view.acceptance.config);
        lent::remember(&self.0.models, wish, &view.id, environment);
        let llm = Lent::new(&self.0.models, wish, &view.id);
        // Taking away what was made needs no model.
        let needs_model = wish == Wish::Wanted(Need::Required) && view.status != Status::CleaningUp;
        if needs_model && llm.model().is_none() {
            return self.block(view, vec![llm::settings::PROVIDER.to_owned()]).await;
        }
        let permitted = match self.tenant_policy(&tenant.tenant_id) {
            Ok(permitted) => permitted,
            Err(problems) => return self.block(view, problems.iter().map(ToString::to_string).collect()).await,
        };
        let packs = anomalies::packs(&view.acceptance.config);
        // Taking away what was made needs no permission.
        if !packs.is_empty() && !permitted.allow_anomalies && view.status != Status::CleaningUp {
            let why = self.no_anomalies(&tenant.tenant_id, &packs).message;
            return self.block(view, vec![why]).await;
        }
        let address = Address { login: tenant.login.clone(), graph: tenant.graph.clone() };
        let who = (!tenant.tenant_id.is_empty()).then(|| (tenant.tenant_id.clone(), tenant.app_id.clone()));
        let gateway = &self.0.gateway;
        let reached = tenants::connect(gateway, &self.0.clocks, &address, who, |name| self.floor(name)).await;
        let clock = match reached {
            Ok((found, clock)) if found.simulated == tenant.simulated => clock,
            Ok(_) if tenant.simulated => {
                let why = format!("{} (it was a simulated tenant, and does not say so any more)", tenant.graph);
                return self.block(view, vec![why]).await;
            }
            Ok(_) => {
                let why = format!("{} (it says now that it is a simulated tenant)", tenant.graph);
                return self.block(view, vec![why]).await;
            }
            Err(why) => return self.block(view, vec![why]).await,
        };
        let endpoints = proposal::endpoints(&manifest, &credentials, &address)?;
        // A standing writer may have been made for a command: the deployment's own clock takes its place.
        self.active().remove(&view.id);
        let journal = self.journal(&view.id, clock.clone()).await?;
        let hold = clock.hold();
        let since = clock.now();
        let mut facts = vec![Record::Taken { host: self.0.id.clone() }];
        if matches!(view.condition, Some(Condition::Blocked { .. })) {
            facts.push(Record::Conditioned { condition: None });
        }
        facts.extend(llm.facts());
        journal.commit(facts).await?;
        let records = Arc::new(Records { store: self.0.store.clone(), deployment: view.id.clone() });
        let policies = manifest.endpoints.iter().filter_map(|e| Some((e.name.clone(), e.policy.clone()?)));
        let allowance = (!tenant.tenant_id.is_empty())
            .then(|| Allowance::new(&self.0.spending, &view.id, &tenant.name, permitted.caps, clock));
        let deployment = Arc::new(Deployment {
            program,
            policy: Arc::new(ByEndpoint::new(policies, &records, permitted.allow_anomalies).within(allowance.clone())),
            allowance,
            records,
            secrets: self.secrets(&view.id, &journal),
            journal,
            gateway: gateway.clone(),
            endpoints: Arc::new(endpoints),
            tap: self.0.tap.clone(),
            tenant: tenant.name.clone(),
            llm,
            since,
            permits: self.0.permits.clone(),
        });
        self.set_to_work(deployment, hold);
        Ok(())
    }

    fn is_at_work(&self, id: &str) -> bool {
        self.active().get(id).is_some_and(Active::is_at_work)
    }

    /// Has the supervisor of a deployment look again. False: there is none.
    fn call(&self, id: &str) -> bool {
        self.active().get(id).is_some_and(|active| active.bell.ring() && active.is_at_work())
    }

    fn set_to_work(&self, deployment: Arc<Deployment>, hold: crate::clock::Hold) {
        let id = deployment.id().to_owned();
        let mut all = self.active();
        let Some(active) = all.get_mut(&id) else { return };
        active.bell.get_up();
        let supervisor = Supervisor::new(deployment, active.bell.clone(), self.0.closing.clone());
        active.task = Some(tokio::spawn(async move {
            let _hold = hold;
            supervisor.run().await;
        }));
    }

    async fn block(&self, view: &DeploymentView, names: Vec<String>) -> anyhow::Result<()> {
        let condition = Condition::Blocked { names: names.clone() };
        if view.condition.as_ref() == Some(&condition) {
            return Ok(());
        }
        let journal = self.journal(&view.id, Host::standing_clock(view)).await?;
        let text = format!("blocked: {}", names.join(", "));
        let records = vec![Record::Conditioned { condition: Some(condition) }, note(Level::Warn, None, text)];
        Ok(journal.commit(records).await?)
    }
}
