//! A deployment at work: all that its calls are made of.

use std::sync::Arc;

use haymaker_engine::Instant;
use haymaker_engine::call::Call;
use haymaker_engine::clock::Clock;
use haymaker_engine::http::{Endpoint, Gateway, Mode, Policy, Session, SessionSettings, Tap};
use haymaker_engine::state;
use haymaker_store::{DeploymentView, Level, Line, Record, Task};
use tokio::sync::Semaphore;

use crate::grants::{self, Records};
use crate::journal::Journal;
use crate::llm::lent::Lent;
use crate::policy::ByEndpoint;
use crate::program::Program;
use crate::secrets::{self, Secrets};
use crate::tenant_policy::Allowance;

/// What is shared by everything that acts for one deployment.
pub(crate) struct Deployment {
    /// What runs, and how it is called.
    pub(crate) program: Program,
    /// What stands in the store.
    pub(crate) records: Arc<Records>,
    /// Its one writer.
    pub(crate) journal: Arc<Journal>,
    /// The wire.
    pub(crate) gateway: Arc<Gateway>,
    /// The manifest's endpoints, with credentials.
    pub(crate) endpoints: Arc<Vec<Endpoint>>,
    /// The named policy of its endpoints.
    pub(crate) policy: Arc<ByEndpoint>,
    /// What it may spend of the tenant's caps; none for what acts in no tenant.
    pub(crate) allowance: Option<Allowance>,
    /// Where a crash enumerator looks on.
    pub(crate) tap: Arc<dyn Tap>,
    /// The tenant's name.
    pub(crate) tenant: String,
    /// The language model that it may ask.
    pub(crate) llm: Lent,
    /// Its secrets.
    pub(crate) secrets: Arc<Secrets>,
    /// Since when this host works for it, on the tenant's clock.
    pub(crate) since: Instant,
    /// How many tasks may run at once, over all deployments of the host.
    pub(crate) permits: Arc<Semaphore>,
}

impl Deployment {
    /// The deployment's id.
    pub(crate) fn id(&self) -> &str {
        &self.program.identity.id
    }

    /// The deployment as it stands.
    pub(crate) fn view(&self) -> anyhow::Result<DeploymentView> {
        let view = self.records.store.deployment(self.id())?;
        view.ok_or_else(|| anyhow::anyhow!("the store does not know {} any more", self.id()))
    }

    /// A session on the wire for one call. Requests take their ids from `identity`, which names the call.
    pub(crate) fn session(&self, task: &str, identity: &str, clock: Arc<dyn Clock>, mode: Mode) -> Arc<Session> {
        self.session_under(self.policy.clone(), task, identity, clock, mode)
    }

    /// The same under another policy.
    pub(crate) fn session_under(
        &self,
        policy: Arc<dyn Policy>,
        task: &str,
        identity: &str,
        clock: Arc<dyn Clock>,
        mode: Mode,
    ) -> Arc<Session> {
        self.gateway.session(SessionSettings {
            endpoints: self.endpoints.clone(),
            now: clock.now(),
            clock,
            clock_header: self.journal.clock().is_virtual(),
            mode,
            identity: format!("{}/{identity}", self.id()),
            effects: Arc::new(grants::Once { journal: self.journal.clone(), task: task.to_owned() }),
            policy,
            vault: self.secrets.clone(),
            tap: self.tap.clone(),
            response_limit: self.program.limits.response,
        })
    }

    /// A call of `perform` or `settle`.
    pub(crate) fn task_call(&self, task: &Task, now: Instant, session: Arc<Session>) -> Call {
        let mut call = self.program.call(&self.records, &format!("task/{}", task.id), now);
        call.task = Some(task.id.clone());
        call.grants.http = session.clone();
        call.grants.state.scope = state::Scope::Actor(task.actor.clone());
        call.grants.ledger = Arc::new(grants::Ledger {
            records: self.records.clone(),
            journal: Some(self.journal.clone()),
            allowance: self.allowance.clone(),
            witness: Some((self.policy.clone(), session.clone())),
        });
        let (secrets, records) = (self.secrets.clone(), self.records.clone());
        call.grants.secrets = Arc::new(secrets::Lent { secrets, session, records });
        call
    }

    /// A call of a planning function: it may read all and write the plan's part of the state, and reaches nothing.
    pub(crate) fn planning_call(&self, function: &str, now: Instant) -> Call {
        let mut call = self.program.call(&self.records, &format!("{function}/{now}"), now);
        call.grants.state.scope = state::Scope::Planning;
        call
    }
}

/// A line that the guest logged.
pub(super) fn guest_line((level, message): (haymaker_engine::events::Level, String), task: Option<&str>) -> Record {
    use haymaker_engine::events::Level as Guest;
    let level = match level {
        Guest::Debug => Level::Debug,
        Guest::Info => Level::Info,
        Guest::Warn => Level::Warn,
        Guest::Error => Level::Error,
    };
    Record::Line(Line { level, source: "guest".to_owned(), task: task.map(str::to_owned), message })
}
