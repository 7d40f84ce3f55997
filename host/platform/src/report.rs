//! Where a deployment stands, as told to people and programs. Made from the store alone (and the workload's own
//! `get-status`), so that it is true from any process, after any crash, whether or not a host is running.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use haymaker_engine::Instant;
use haymaker_store::{Condition, DeploymentView, Grant, LedgerCounts, Status, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::forecast::Forecast;
use crate::grants::Records;
use crate::host::orphans::Found;
use crate::program::Program;
use crate::proof::Left;
use crate::truth::timestamp;

/// What is shown in place of a status of work that nobody does: nothing that is not at work is ever shown as running.
pub const HALTS: [&str; 5] = ["interrupted", "blocked", "frozen", "quarantined", "stuck"];

/// Why nobody works for a deployment that is not over: one of [`HALTS`].
fn halt(view: &DeploymentView, alive: bool) -> Option<&'static str> {
    match &view.condition {
        _ if !is_active(view) => None,
        Some(Condition::Blocked { .. }) => Some("blocked"),
        Some(Condition::Frozen { .. }) => Some("frozen"),
        Some(Condition::Quarantined { .. }) => Some("quarantined"),
        _ if !alive => Some("interrupted"),
        Some(Condition::Stuck { .. }) => Some("stuck"),
        None => None,
    }
}

/// Whether a host is to do something for it.
pub fn is_active(view: &DeploymentView) -> bool {
    match view.status {
        Status::Pending | Status::Running | Status::CleaningUp => true,
        Status::Stopped | Status::Completed | Status::Failed => false,
    }
}

/// A deployment, in short: a row of `list`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Its id.
    pub deployment_id: String,
    /// The workload's name.
    pub workload: String,
    /// Its version.
    pub version: String,
    /// `pending`, `running`, ...; one of [`HALTS`] while nobody works for it.
    pub status: String,
    /// The workload's own word.
    pub phase: String,
    /// What stands beside the status, in words; none where there is nothing.
    pub condition: Option<String>,
    /// The tenant.
    pub tenant: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// When it was accepted, on the tenant's clock (RFC 3339).
    pub created: String,
}

/// A deployment, whole.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    /// What a list shows of it.
    #[serde(flatten)]
    pub summary: Summary,
    /// SHA-256 of the component that runs.
    pub workload_digest: String,
    /// What is wanted: `running`, `stopped`, `removed`.
    pub desired: String,
    /// Why it is where it is; empty for nothing to say.
    pub reason: String,
    /// The whole config.
    pub config: Value,
    /// What the tenant permits of each of the workload's features.
    #[serde(default)]
    pub features: BTreeMap<String, Grant>,
    /// The seed.
    pub seed: u64,
    /// Where it acts.
    pub graph: String,
    /// Whether that is a simulated tenant.
    pub simulated: bool,
    /// What its clock shows (RFC 3339).
    pub clock: String,
    /// When it ends by itself (RFC 3339); none: when it is stopped.
    pub until: Option<String>,
    /// Its workers, as the workload tells of them.
    pub workers: Vec<Worker>,
    /// Activities by kind.
    pub activities: BTreeMap<String, Tally>,
    /// Whether the workload's activities come independently of one another, so that their counts are Poisson distributed
    /// about what is expected; a workload that does not say is taken to mean so.
    pub independent: bool,
    /// Tasks by where they stand.
    pub tasks: Tasks,
    /// Requests to the tenant.
    pub requests: Requests,
    /// What it asked of a language model, and who wrote its texts.
    pub llm: Llm,
    /// Things in the tenant.
    pub ledger: Ledger,
    /// What is deleted and not gone, and what no cleanup takes away.
    #[serde(default)]
    pub left: Left,
    /// The last thing that went wrong.
    pub last_error: Option<String>,
    /// What the workload says of itself.
    pub said: Option<String>,
    /// The host that holds it, and whether it lives.
    pub host: Option<String>,
}

/// One simulated person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Worker {
    /// Display name.
    pub name: String,
    /// Address.
    pub address: String,
    /// The name under which requests are made as this person; none: its address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speaker: Option<String>,
    /// Department.
    pub department: String,
    /// What it is ready for.
    pub ready: Vec<String>,
}

/// Activities of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Expected up to now; none where the workload expects nothing.
    pub expected: Option<f64>,
    /// Expected until the deployment ends.
    pub expected_total: Option<f64>,
    /// Done.
    pub done: u64,
    /// Failed, or denied.
    pub failed: u64,
    /// Nobody can tell.
    pub unknown: u64,
    /// Not done in time, or called off.
    pub skipped: u64,
    /// Whether these are the simulated people's doings, or serve the workload.
    pub infrastructure: bool,
}

/// Tasks, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the stages of a task, by name")]
pub struct Tasks {
    pub open: u64,
    pub done: u64,
    pub failed: u64,
    pub skipped: u64,
    pub unknown: u64,
}

/// Requests, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requests {
    /// All.
    pub sent: u64,
    /// Answered "not now".
    pub throttled: u64,
    /// Sent again after that, or after no answer.
    pub retried: u64,
}

/// What a deployment asked of a language model, and who wrote its texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Llm {
    /// `anthropic`, `azure_openai`, ...; none where it has no model.
    pub provider: Option<String>,
    /// The model's name.
    pub model: Option<String>,
    /// Calls that were sent.
    pub calls: u64,
    /// Of these, calls without an answer.
    pub failed: u64,
    /// Calls that the host refused: no model, or no budget left.
    pub refused: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Calls expected on a usual day, as the workload says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calls_per_day: Option<f64>,
    /// Texts of activities that are done, by kind.
    pub texts: BTreeMap<String, Texts>,
}

/// Texts, by who wrote them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Texts {
    /// A language model.
    pub llm: u64,
    /// A template.
    pub template: u64,
}

/// The ledger, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Ever created.
    pub created: u64,
    /// There now, or possibly there.
    pub live: u64,
    /// Proved gone.
    pub deleted: u64,
    /// Let go of, and still there: nothing can take it away.
    #[serde(default)]
    pub kept: u64,
}

impl Ledger {
    fn of(counts: LedgerCounts, left: &Left) -> Ledger {
        let kept = left.kept().min(counts.released);
        Ledger { created: counts.created, live: counts.live, deleted: counts.released - kept, kept }
    }
}

/// The workload's own part, as `get-status` gives it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Said {
    workers: Vec<Worker>,
    expected: BTreeMap<String, f64>,
    pub(crate) expected_total: BTreeMap<String, f64>,
    /// Whether its activities come independently of one another, so that their counts are Poisson distributed.
    independent: Option<bool>,
    /// Calls of a language model on a usual day.
    pub(crate) model_calls_per_day: Option<f64>,
    summary: Option<String>,
    pub(crate) forecast: Forecast,
    left: Left,
    pub(crate) orphans: Found,
}

/// A deployment in short. `alive` says whether its host lives.
pub fn summary(view: &DeploymentView, alive: bool) -> Summary {
    let acceptance = &view.acceptance;
    Summary {
        deployment_id: view.id.clone(),
        workload: acceptance.component.workload.clone(),
        version: acceptance.component.version.clone(),
        status: halt(view, alive).unwrap_or(view.status.as_str()).to_owned(),
        phase: view.phase.clone(),
        condition: condition(view, alive),
        tenant: acceptance.tenant.name.clone(),
        tags: acceptance.tags.iter().cloned().collect(),
        created: timestamp(view.created),
    }
}

fn condition(view: &DeploymentView, alive: bool) -> Option<String> {
    match &view.condition {
        Some(Condition::Blocked { names }) => Some(format!("waits for {}", names.join(", "))),
        Some(Condition::Stuck { ids }) => Some(format!("stuck: {}", ids.join(", "))),
        Some(Condition::Frozen { why } | Condition::Quarantined { why }) => Some(why.clone()),
        None if is_active(view) && !alive => Some("its host is gone".to_owned()),
        None => None,
    }
}

/// A deployment whole. `program` is what answers `get-status`; without one (its component is gone), the workload's part
/// is missing and the rest is true.
///
/// # Errors
///
/// The store's.
pub async fn report(
    store: &Arc<dyn Store>,
    view: &DeploymentView,
    program: Option<&Program>,
    alive: bool,
) -> anyhow::Result<Report> {
    let said = match program {
        Some(program) => ask(store, view, program).await,
        None => Said::default(),
    };
    let mut activities: BTreeMap<String, Tally> = BTreeMap::new();
    for (kind, expected) in said.expected {
        activities.entry(kind).or_default().expected = Some(expected);
    }
    for (kind, total) in said.expected_total {
        activities.entry(kind).or_default().expected_total = Some(total);
    }
    let counts = store.counts(&view.id)?;
    let serves = |label: &str| label == crate::truth::INFRASTRUCTURE;
    let of_people: BTreeSet<String> =
        counts.iter().filter(|count| !serves(&count.label)).map(|count| count.kind.clone()).collect();
    for count in counts {
        // A look into an empty inbox serves the workload; a mail that was read is somebody's act. The acts are counted.
        let is_act = of_people.contains(&count.kind);
        if is_act && serves(&count.label) && count.status == "done" {
            continue;
        }
        let tally = activities.entry(count.kind).or_default();
        tally.infrastructure = !is_act;
        match count.status.as_str() {
            "done" => tally.done += count.count,
            "unknown" => tally.unknown += count.count,
            "skipped" => tally.skipped += count.count,
            _ => tally.failed += count.count,
        }
    }
    let acceptance = &view.acceptance;
    let (tasks, requests) = (&view.tasks, &view.requests);
    Ok(Report {
        summary: summary(view, alive),
        workload_digest: acceptance.component.digest.clone(),
        desired: view.desired.as_str().to_owned(),
        reason: view.reason.clone(),
        config: acceptance.config.clone(),
        features: acceptance.features.clone(),
        seed: acceptance.seed,
        graph: acceptance.tenant.graph.clone(),
        simulated: acceptance.tenant.simulated,
        clock: timestamp(view.updated),
        until: acceptance.until.map(timestamp),
        workers: said.workers,
        activities,
        independent: said.independent.unwrap_or(true),
        tasks: Tasks {
            open: tasks.open,
            done: tasks.done,
            failed: tasks.failed,
            skipped: tasks.skipped,
            unknown: tasks.unknown,
        },
        requests: Requests { sent: requests.sent, throttled: requests.throttled, retried: requests.retried },
        llm: llm(store, &view.id, said.model_calls_per_day)?,
        ledger: Ledger::of(store.ledger_counts(&view.id)?, &said.left),
        left: said.left,
        last_error: view.last_error.as_ref().map(|problem| format!("{}: {}", problem.code, problem.message)),
        said: said.summary,
        host: (alive && is_active(view)).then(|| view.holder.clone()),
    })
}

fn llm(store: &Arc<dyn Store>, id: &str, calls_per_day: Option<f64>) -> haymaker_store::Result<Llm> {
    let asked = store.model_use(id)?;
    let mut texts: BTreeMap<String, Texts> = BTreeMap::new();
    for count in store.texts(id)? {
        let texts = texts.entry(count.kind).or_default();
        match count.source.as_str() {
            "llm" => texts.llm += count.count,
            _ => texts.template += count.count,
        }
    }
    let (provider, model) = asked.model.map(|model| (model.provider, model.name)).unzip();
    Ok(Llm {
        provider,
        model,
        calls: asked.calls,
        failed: asked.failed,
        refused: asked.refused,
        input_tokens: asked.input_tokens,
        output_tokens: asked.output_tokens,
        calls_per_day,
        texts,
    })
}

/// What the workload says of a deployment; nothing, if it cannot.
pub(crate) async fn ask(store: &Arc<dyn Store>, view: &DeploymentView, program: &Program) -> Said {
    let records = Arc::new(Records { store: store.clone(), deployment: view.id.clone() });
    // A run that is over expects no more than it did when it ended.
    let now: Instant = view.acceptance.until.map_or(view.updated, |until| view.updated.min(until));
    let call = program.call(&records, "get-status", now);
    match program.engine.get_status(&program.component, call, &program.identity).await {
        Ok(answer) => match answer.value.map(|text| serde_json::from_str(&text)) {
            Ok(Ok(said)) => said,
            Ok(Err(error)) => {
                tracing::warn!(deployment = view.id, %error, "the workload's status is not what the contract says");
                Said::default()
            }
            Err(problem) => {
                tracing::warn!(deployment = view.id, message = problem.message, "the workload gives no status");
                Said::default()
            }
        },
        Err(failure) => {
            tracing::warn!(deployment = view.id, %failure, "the workload gives no status");
            Said::default()
        }
    }
}
