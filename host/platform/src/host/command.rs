//! The commands that change a deployment. Each is durable before it is acknowledged, and says what is already so.

use std::collections::BTreeMap;
use std::time::Duration;

use haymaker_engine::clock::Clock;
use haymaker_store::{Condition, DeploymentView, Desired, Level, Record, Status};

use super::{Host, proposal};
use crate::credentials::Credentials;
use crate::journal::note;
use crate::refusal::Refusal;
use crate::supervisor::cleanup_records;

/// How long a stop may take: the grace for tasks in flight, and a little for the workload's own `stop`.
const STOP: Duration = Duration::from_secs(45);

impl Host {
    /// Stops a deployment: no new tasks, what is in flight ends. Returns when it rests.
    ///
    /// # Errors
    ///
    /// Unknown, stopped already, or over.
    pub async fn stop(&self, id: &str) -> Result<(), Refusal> {
        let turn = self.0.commands.lock().await;
        let view = self.known(id)?;
        match view.status {
            Status::Stopped => return Err(Refusal::new(format!("{id} is already stopped"))),
            Status::Completed | Status::Failed => return Err(over(&view)),
            Status::CleaningUp => {
                return Err(Refusal::new(format!(
                    "{id} is being cleaned up; `haymaker watch {id}` shows how far it is"
                )));
            }
            Status::Pending | Status::Running => {}
        }
        let facts = vec![Record::Desired { desired: Desired::Stopped }, note(Level::Info, None, "stop requested")];
        let journal = self.journal(id, Host::standing_clock(&view)).await?;
        journal.commit_durably(facts).await?;
        let mut changes = journal.watch();
        if !self.call(id) {
            // Nothing runs for it (it is blocked, frozen, ...), so there is nothing to wait for.
            let moved = Record::Moved { status: Status::Stopped, phase: view.phase.clone(), reason: String::new() };
            journal.commit_durably(vec![Record::Conditioned { condition: None }, moved]).await?;
        }
        drop(turn);
        let rested = async {
            loop {
                let status = self.known(id)?.status;
                if !matches!(status, Status::Pending | Status::Running) {
                    return Ok(());
                }
                if changes.changed().await.is_err() {
                    return Ok(());
                }
            }
        };
        match tokio::time::timeout(STOP, rested).await {
            Ok(result) => result,
            Err(_) => Err(Refusal::new(format!(
                "{id} will stop, but did not within {} s; `haymaker status {id}` tells when it has",
                STOP.as_secs()
            ))),
        }
    }

    /// Goes on with a stopped deployment, or with one that waits for credentials.
    ///
    /// # Errors
    ///
    /// Unknown, running already, over, or credentials are missing (by name).
    pub async fn start(&self, id: &str, environment: &BTreeMap<String, String>) -> Result<(), Refusal> {
        let _turn = self.0.commands.lock().await;
        let view = self.known(id)?;
        match view.status {
            Status::Completed | Status::Failed => return Err(over(&view)),
            Status::CleaningUp => {
                let is_at_work = view.condition.is_none() && self.is_at_work(id);
                let (command, what) =
                    if is_at_work { ("watch", "shows how far") } else { ("cleanup", "goes on with that") };
                return Err(Refusal::new(format!("{id} is being cleaned up; `haymaker {command} {id}` {what}")));
            }
            Status::Pending | Status::Running if view.condition.is_none() && self.is_at_work(id) => {
                return Err(Refusal::new(format!("{id} is already running")));
            }
            Status::Stopped | Status::Pending | Status::Running => {}
        }
        self.require(&view, environment).await?;
        let mut facts = vec![
            Record::Desired { desired: Desired::Running },
            Record::Conditioned { condition: None },
            note(Level::Info, None, "start requested"),
        ];
        if view.status == Status::Stopped || !self.is_at_work(id) {
            facts.push(Record::Moved { status: Status::Pending, phase: view.phase.clone(), reason: String::new() });
        }
        self.change(&view, facts, environment).await
    }

    /// Begins to take away everything that a deployment made. Returns when that is accepted.
    ///
    /// # Errors
    ///
    /// Unknown, being cleaned up already, or credentials are missing (by name).
    pub async fn cleanup(&self, id: &str, environment: &BTreeMap<String, String>) -> Result<(), Refusal> {
        let _turn = self.0.commands.lock().await;
        let view = self.known(id)?;
        if view.status == Status::CleaningUp && view.condition.is_none() && self.is_at_work(id) {
            return Err(Refusal::new(format!("{id} is already being cleaned up; `haymaker watch {id}` shows how far")));
        }
        self.require(&view, environment).await?;
        let mut facts = match (view.status, &view.condition) {
            // One that lost its host or its credentials goes on: to call its own tasks off would end it in vain.
            (Status::CleaningUp, None | Some(Condition::Blocked { .. })) => {
                vec![Record::Conditioned { condition: None }]
            }
            _ => cleanup_records(),
        };
        facts.push(note(Level::Info, None, "cleanup requested"));
        self.change(&view, facts, environment).await
    }

    async fn change(
        &self,
        view: &DeploymentView,
        facts: Vec<Record>,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), Refusal> {
        let journal = self.journal(&view.id, Host::standing_clock(view)).await?;
        journal.commit_durably(facts).await?;
        if !self.call(&view.id) {
            self.take_up(&self.known(&view.id)?, environment).await?;
        }
        match self.known(&view.id)?.condition {
            Some(Condition::Blocked { names }) => {
                Err(Refusal::new(format!("{} is accepted, and blocked: {}", view.id, names.join(", "))))
            }
            _ => Ok(()),
        }
    }

    /// Credentials must be there before anything is promised.
    pub(super) async fn require(
        &self,
        view: &DeploymentView,
        environment: &BTreeMap<String, String>,
    ) -> Result<(), Refusal> {
        if self.is_at_work(&view.id) {
            return Ok(());
        }
        let (_, manifest) = self.0.programs.program(&view.id, &view.acceptance).await?;
        let tenant = &view.acceptance.tenant;
        let given = Credentials::new(environment.clone());
        if let Some((tenant_id, app_id)) = proposal::identity(&manifest, &given)
            && (&tenant_id, &app_id) != (&tenant.tenant_id, &tenant.app_id)
        {
            return Err(Refusal::new(format!(
                "{} acts in tenant {} as application {}; the credentials in the environment are for tenant {tenant_id}, application {app_id}",
                view.id, tenant.tenant_id, tenant.app_id
            )));
        }
        let kept = self.0.keyring.get(&tenant.tenant_id, &tenant.app_id);
        let names = manifest.required_credentials().map(|credential| credential.name.as_str());
        let missing: Vec<_> = given.missing(names).into_iter().filter(|name| kept.get(name).is_none()).collect();
        if missing.is_empty() { Ok(()) } else { Err(proposal::missing_credentials(&manifest, &missing)) }
    }

    pub(super) fn known(&self, id: &str) -> Result<DeploymentView, Refusal> {
        let view = self.0.store.deployment(id)?;
        view.ok_or_else(|| Refusal::new(format!("there is no deployment {id:?}; `haymaker list` shows them")))
    }

    /// The moment at which a tenant's clock stands, for a deployment that is at work.
    pub fn now(&self, id: &str) -> Option<u64> {
        self.active().get(id).map(|active| active.journal.clock().now())
    }
}

fn over(view: &DeploymentView) -> Refusal {
    Refusal::new(format!("{} is over ({}); deploy anew, or clean it up", view.id, view.status))
}
