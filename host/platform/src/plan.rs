//! What a plan may say. A guest's answer is input like any other: checked whole, refused with every problem named.

use std::collections::BTreeSet;

use haymaker_engine::Instant;
use haymaker_engine::types;
use haymaker_store::{Stage, Store, Task, Wake};

/// How far ahead a plan reaches: far enough to be asked rarely, near enough that an upgrade or a change of readiness
/// counts soon.
pub const HORIZON_MS: u64 = 15 * 60 * 1000;

/// A task's payload at the most, bytes.
pub const PAYLOAD_LIMIT: usize = 64 * 1024;

const ID_LIMIT: usize = 200;
const NAME_LIMIT: usize = 64;
const SUMMARY_LIMIT: usize = 200;

/// A plan that was checked, in the store's words.
#[derive(Debug)]
pub struct Checked {
    /// The workload's own word.
    pub phase: String,
    /// Tasks that are to be opened: new ones, and those that failed.
    pub tasks: Vec<Task>,
    /// Ids of all tasks that it named, for people.
    pub named: Vec<String>,
    /// Open tasks that are called off.
    pub cancelled: Vec<String>,
    /// When to ask again.
    pub wake: Wake,
}

/// Checks a plan made at `now`, and leaves out what is open or over.
///
/// # Errors
///
/// Every rule that the plan breaks, one line each; or the store's own failure.
pub fn check(plan: types::Plan, now: Instant, store: &dyn Store, deployment: &str) -> anyhow::Result<Checked> {
    let mut problems = Vec::new();
    if plan.phase.is_empty() || !within(&plan.phase, NAME_LIMIT, "_") || plan.phase.contains(char::is_uppercase) {
        problems.push(format!("its phase {:?} is not 1 to {NAME_LIMIT} of [a-z0-9_]", plan.phase));
    }
    let mut seen = BTreeSet::new();
    for task in &plan.tasks {
        task_problems(task, now, &mut problems);
        if !seen.insert(task.id.as_str()) {
            problems.push(format!("it names task {:?} twice", task.id));
        }
    }
    refuse("plan", problems)?;

    let mut tasks = Vec::new();
    let named = plan.tasks.iter().map(|task| task.id.clone()).collect();
    for task in plan.tasks {
        match store.task(deployment, &task.id)?.map(|known| known.stage) {
            None | Some(Stage::Failed) => tasks.push(stored(task)),
            Some(Stage::Open | Stage::Done | Stage::Skipped | Stage::Unknown) => {}
        }
    }
    let mut cancelled = Vec::new();
    for id in plan.cancel {
        if store.task(deployment, &id)?.is_some_and(|known| known.stage == Stage::Open) {
            cancelled.push(id);
        }
    }
    let wake = match plan.wake {
        types::Wake::At(at) => Wake::At { at },
        types::Wake::WhenIdle => Wake::WhenIdle,
        types::Wake::Done(ending) => Wake::Done { success: ending.success, reason: line(&ending.reason) },
    };
    Ok(Checked { phase: plan.phase, tasks, named, cancelled, wake })
}

/// Checks the work that follows from a task, and leaves out what is known already.
///
/// # Errors
///
/// Every rule that is broken, one line each; or the store's own failure.
pub fn check_follow_ups(
    tasks: Vec<types::Task>,
    actor: &str,
    now: Instant,
    store: &dyn Store,
    deployment: &str,
) -> anyhow::Result<Vec<Task>> {
    let mut problems = Vec::new();
    for task in &tasks {
        task_problems(task, now, &mut problems);
        if task.actor != actor {
            problems.push(format!("follow-up {:?} is of actor {:?}, not of {actor:?}", task.id, task.actor));
        }
    }
    refuse("outcome", problems)?;
    let mut fresh = Vec::new();
    for task in tasks {
        if store.task(deployment, &task.id)?.is_none() {
            fresh.push(stored(task));
        }
    }
    Ok(fresh)
}

fn refuse(what: &str, problems: Vec<String>) -> anyhow::Result<()> {
    if problems.is_empty() {
        return Ok(());
    }
    let more = problems.len().saturating_sub(5);
    let shown = problems.into_iter().take(5).collect::<Vec<_>>().join("; ");
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    anyhow::bail!("the workload's {what} breaks the contract: {shown}{rest}")
}

fn task_problems(task: &types::Task, now: Instant, problems: &mut Vec<String>) {
    let id = &task.id;
    if id.is_empty() || !within(id, ID_LIMIT, "._/@+-") {
        problems.push(format!("task id {id:?} is not 1 to {ID_LIMIT} of [A-Za-z0-9._/@+-]"));
    }
    if task.kind.is_empty() || !within(&task.kind, NAME_LIMIT, "._-") || task.kind.contains(char::is_uppercase) {
        problems.push(format!("task {id:?} has the kind {:?}, not 1 to {NAME_LIMIT} of [a-z0-9._-]", task.kind));
    }
    if task.actor.is_empty() || !within(&task.actor, NAME_LIMIT, "._@+-") {
        problems.push(format!("task {id:?} has the actor {:?}, not 1 to {NAME_LIMIT} of [A-Za-z0-9._@+-]", task.actor));
    }
    if task.payload.len() > PAYLOAD_LIMIT {
        problems.push(format!("task {id:?} has a payload of more than {PAYLOAD_LIMIT} bytes"));
    } else if serde_json::from_str::<serde::de::IgnoredAny>(&task.payload).is_err() {
        problems.push(format!("task {id:?} has a payload that is not JSON"));
    }
    if task.due > now.saturating_add(HORIZON_MS) {
        problems.push(format!("task {id:?} is due more than 15 minutes ahead"));
    }
}

fn within(text: &str, limit: usize, signs: &str) -> bool {
    text.len() <= limit && text.chars().all(|c| c.is_ascii_alphanumeric() || signs.contains(c))
}

fn stored(task: types::Task) -> Task {
    Task {
        id: task.id,
        kind: task.kind,
        actor: task.actor,
        payload: task.payload,
        due: task.due,
        expires: task.expires,
        summary: line(&task.summary),
        inherited: Vec::new(),
    }
}

/// A guest's text as one line for people: control characters become spaces, and it ends somewhere.
pub fn line(text: &str) -> String {
    text.chars().take(SUMMARY_LIMIT).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
