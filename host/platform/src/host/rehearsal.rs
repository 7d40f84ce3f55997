//! The first plan, tried out before anything is written: what a config's schema cannot know, the tenant does (seats,
//! domains, permissions), and the workload knows what to ask. So its first tasks are performed against the real tenant
//! with reading requests only, on a store in memory. A task that wants to write has come as far as a rehearsal goes; one
//! that finds the input wrong refuses the whole deployment, and nothing was created. What the others found out stands in
//! that memory when the workload is asked what it is going to do.

use std::collections::BTreeMap;
use std::sync::Arc;

use haymaker_engine::Planning;
use haymaker_engine::call::Effects;
use haymaker_engine::clock::Clock;
use haymaker_engine::http::Mode;
use haymaker_engine::types::ProblemKind;
use haymaker_store::{PlanFunction, Record, SqliteStore, Store, Task, Write};

use super::Host;
use super::proposal::Proposal;
use crate::forecast::Forecast;
use crate::grants::Records;
use crate::journal::{Durability, Journal};
use crate::llm::lent::Lent;
use crate::llm::wish::Wish;
use crate::plan::{self, Checked};
use crate::policy::ByEndpoint;
use crate::refusal::Refusal;
use crate::report;
use crate::secrets::Secrets;
use crate::supervisor::deployment::Deployment;

/// Tasks that are tried out at the most.
const TRIED: usize = 8;

/// What a rehearsal showed.
pub(super) struct Rehearsed {
    /// The workload's first phase.
    pub(super) phase: String,
    /// Its first tasks, in words.
    pub(super) tasks: Vec<String>,
    /// Activities expected in all, by kind.
    pub(super) expected_total: BTreeMap<String, f64>,
    /// Calls of a language model on a usual day, if the workload says.
    pub(super) model_calls_per_day: Option<f64>,
    /// What the workload says of it.
    pub(super) forecast: Forecast,
}

/// Validates and rehearses a proposal.
pub(super) async fn rehearse(host: &Host, proposal: &Proposal) -> Result<Rehearsed, Refusal> {
    let store: Arc<dyn Store> = SqliteStore::in_memory()?;
    let id = &proposal.id;
    let journal = Journal::open(store.clone(), id, "rehearsal", proposal.clock.clone(), Durability::Process).await?;
    let journal = Arc::new(journal);
    journal.commit(vec![Record::Accepted(Box::new(proposal.acceptance.clone()))]).await?;
    let records = Arc::new(Records { store: store.clone(), deployment: id.clone() });
    let now = proposal.clock.now();
    validate(proposal, &records, now).await?;

    let policies = proposal.manifest.endpoints.iter().filter_map(|e| Some((e.name.clone(), e.policy.clone()?)));
    let deployment = Deployment {
        program: proposal.program.clone(),
        policy: Arc::new(ByEndpoint::new(policies, &records, false)),
        records: records.clone(),
        secrets: Secrets::new(journal.clone(), host.0.sealer.clone()),
        journal,
        gateway: host.0.gateway.clone(),
        endpoints: proposal.endpoints.clone(),
        // It only reads, and little.
        allowance: None,
        tap: host.0.tap.clone(),
        tenant: proposal.acceptance.tenant.name.clone(),
        // A rehearsal asks nobody who is paid.
        llm: Lent::new(&host.0.models, Wish::Never, id),
        since: now,
        permits: host.0.permits.clone(),
    };
    let (engine, component) = (&proposal.program.engine, &proposal.program.component);
    let call = deployment.planning_call("deploy", now);
    let planned = engine.plan(component, call, Planning::Deploy, &proposal.program.identity).await;
    let answer = planned.map_err(|failure| Refusal::new(failure.to_string()))?;
    let planned = answer.value.map_err(|problem| Refusal::new(problem.message))?;
    let Checked { phase, tasks, wake, .. } = plan::check(planned, now, store.as_ref(), id)?;
    let writes = stored(answer.effects);
    let function = PlanFunction::Deploy;
    let opened = Record::Planned { function, tasks: tasks.clone(), cancelled: Vec::new(), wake, writes };
    deployment.journal.commit(vec![opened]).await?;
    for task in tasks.iter().take(TRIED) {
        try_out(&deployment, task, now).await?;
    }
    let said = report::ask(&store, &deployment.view()?, &proposal.program).await;
    Ok(Rehearsed {
        phase,
        tasks: tasks.into_iter().map(|task| task.summary).collect(),
        expected_total: said.expected_total,
        model_calls_per_day: said.model_calls_per_day,
        forecast: said.forecast,
    })
}

/// What a schema cannot say.
async fn validate(proposal: &Proposal, records: &Arc<Records>, now: u64) -> Result<(), Refusal> {
    let problems = proposal.program.complaints(records, now).await;
    let problems = problems.map_err(|failure| Refusal::new(failure.to_string()))?;
    let said: Vec<_> = problems
        .into_iter()
        .map(|problem| {
            let key = problem.code.strip_prefix("config.").unwrap_or(&problem.code).to_owned();
            format!("{key}: {}", problem.message)
        })
        .collect();
    match said.as_slice() {
        [] => Ok(()),
        [one] => Err(Refusal::new(one.clone())),
        all => Err(Refusal::with(format!("{} problems; nothing was done:", all.len()), said.clone())),
    }
}

async fn try_out(deployment: &Deployment, task: &Task, now: u64) -> Result<(), Refusal> {
    let identity = format!("rehearsal/{}", task.id);
    let clock = Arc::new(deployment.journal.clock().clone());
    let session = deployment.session(&task.id, &identity, clock, Mode::ReadOnly);
    let mut call = deployment.task_call(task, now, session.clone());
    call.grants.ledger = Arc::new(crate::grants::Ledger {
        records: deployment.records.clone(),
        journal: None,
        allowance: None,
        witness: None,
    });
    let guest_task = crate::supervisor::guest_task(task);
    let program = &deployment.program;
    let result = program.engine.perform(&program.component, call, &program.identity, &guest_task).await;
    let _ = session.close().await;
    let Ok(answer) = result else { return Ok(()) };
    match answer.value {
        // The tenant says that the input is wrong. Anything else (it wants to write, it has to wait, it fell) is for
        // the run itself, which can wait and try again.
        Err(problem) if problem.kind == ProblemKind::Invalid => Err(Refusal::new(problem.message)),
        Err(_) => Ok(()),
        Ok(_) => done(deployment, task, answer.effects).await,
    }
}

/// Keeps what a task found out, in the store in memory.
pub(super) async fn done(deployment: &Deployment, task: &Task, effects: Effects) -> Result<(), Refusal> {
    let (task, writes) = (task.id.clone(), stored(effects));
    let (activities, follow_ups, exchanges) = (Vec::new(), Vec::new(), Vec::new());
    let done = Record::Done { task, activities, follow_ups, writes, exchanges };
    Ok(deployment.journal.commit(vec![done]).await?)
}

fn stored(effects: Effects) -> Vec<Write> {
    effects.writes.into_iter().map(|(key, value)| Write { key, value }).collect()
}
