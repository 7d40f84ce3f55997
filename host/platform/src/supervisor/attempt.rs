//! One attempt at one task: perform it, or find out what became of it, and say so in one batch of facts.
//!
//! Everything that an attempt changes (activities, state, ledger, follow-ups) is decided here from three things: what
//! the guest answered or how it fell, what its requests met, and what stands in the journal. It commits once, at the
//! end; only the `once` request and the ledger's intents are written while it runs.

use std::sync::Arc;

use haymaker_engine::Instant;
use haymaker_engine::call::{Answer, Effects, Failure, FailureKind};
use haymaker_engine::clock::Clock;
use haymaker_engine::http::{Closed, Denial, Mode};
use haymaker_engine::ledger::Change;
use haymaker_engine::types::{self, LostRequest, Outcome, ProblemKind, Verdict};
use haymaker_store::{Exchange, Level, Problem, Record, Stage, TaskView, Write};

use super::deployment::Deployment;
use super::guest_task;
use super::slot::Slot;
use crate::journal::note;
use crate::program::Program;
use crate::{grants, plan, truth};

/// Attempts that fail before a task is given up: with the backoff below, about a minute of trouble.
const ATTEMPTS: u32 = 5;

/// The first pause after a failed attempt; each further one is twice as long.
const BACKOFF_MS: u64 = 2_000;

/// The longest pause after a failed attempt.
const BACKOFF_LIMIT_MS: u64 = 5 * 60 * 1000;

/// When to look what became of a lost request: Exchange shows a sent message within seconds, the directory within a
/// minute; looking early only costs a read.
const SETTLE_AFTER_MS: u64 = 10_000;

/// How long is looked before a task is given up as unknown: longer than an outage that people would sit out. A host that
/// was away has not looked meanwhile.
const SETTLE_FOR_MS: u64 = 4 * 60 * 60 * 1000;

/// When a guest says "not ready" and not until when.
const NOT_READY_MS: u64 = 30_000;

/// What the supervisor must know of an attempt, beyond what is in the journal.
#[derive(Clone, Debug, Default)]
pub(super) struct Report {
    /// The tasks that stand elsewhere now: its own, and those that follow from it.
    pub(super) touched: Vec<String>,
    /// What was denied.
    pub(super) denied: Vec<Denial>,
    /// Whether the workload itself fell: a trap or a limit.
    pub(super) fell: bool,
    /// Whether it answered.
    pub(super) answered: bool,
    /// Whether the tenant was not reached at all.
    pub(super) unreached: bool,
}

/// How an attempt ends.
enum End {
    Done { at: Instant, outcome: Outcome, effects: Effects },
    Again { problem: Problem, next: Instant, counts: bool },
    Doubt { problem: Problem, next: Instant },
    Over { stage: Stage, problem: Problem },
}

/// Performs or settles `task`, and commits what came of it.
///
/// # Errors
///
/// Only the store's: whatever a guest or a tenant does is an ordinary end.
pub(super) async fn run(deployment: &Deployment, task: TaskView, slot: Arc<Slot>) -> anyhow::Result<Report> {
    let now = deployment.journal.clock().now();
    let once = deployment.journal.store().once(deployment.id(), &task.task.id)?;
    // A crash between the request and its answer leaves no other trace than this.
    let in_doubt = once.as_ref().is_some_and(|once| once.answer.is_none());
    // What was done is told, however late it is, and as of when it was done.
    let is_done = once.as_ref().is_some_and(|once| once.took_effect());
    let done_at = once.map(|once| once.answer.and_then(|answer| answer.exchange.received).unwrap_or(once.sent));
    if in_doubt {
        settle(deployment, &task, slot).await
    } else if !is_done && task.task.expires.is_some_and(|expires| expires < now) {
        let problem = problem("expired", "expired", "it was not worth doing any more when its turn came");
        let end = End::Over { stage: Stage::Skipped, problem };
        let touched = commit(deployment, &task, now, end, Vec::new(), Vec::new()).await?;
        Ok(Report { touched, ..Report::default() })
    } else {
        perform(deployment, &task, slot, done_at).await
    }
}

/// Performs; `done_at` is when an earlier attempt did what is only told now.
async fn perform(
    deployment: &Deployment,
    task: &TaskView,
    slot: Arc<Slot>,
    done_at: Option<Instant>,
) -> anyhow::Result<Report> {
    let now = slot.now();
    let session = deployment.session(&task.task.id, &task.task.id, slot.clone(), Mode::All);
    let mut call = deployment.task_call(&task.task, now, session.clone());
    call.grants.llm = deployment.llm.to(&deployment.journal, &deployment.tenant, &task.task.id, &slot);
    let guest_task = guest_task(&task.task);
    let Program { engine, component, identity, .. } = &deployment.program;
    let result = engine.perform(component, call, identity, &guest_task).await;
    let closed = session.close().await;
    let now = deployment.journal.clock().now();
    let mut report = Report { denied: closed.denied.clone(), ..Report::default() };
    report.unreached = unreached(&closed);
    let (end, lines) = match result {
        Ok(Answer { value, mut effects }) => {
            report.answered = true;
            let lines = std::mem::take(&mut effects.lines);
            let end = match value {
                Ok(outcome) => End::Done { at: done_at.unwrap_or(now), outcome, effects },
                Err(problem) => again(deployment, task, now, problem),
            };
            (end, lines)
        }
        Err(failure) => {
            report.fell = fell(&failure.kind);
            let lines = failure.lines.clone();
            (fallen(deployment, task, now, failure)?, lines)
        }
    };
    // What the wire knows outweighs what the guest made of it.
    let end = match (&closed.doubt, end) {
        (Some(doubt), _) => End::Doubt { problem: stored(&doubt.problem), next: now + SETTLE_AFTER_MS },
        (None, end) => end,
    };
    let mut records = denials(task, &closed);
    records.extend(capped(deployment, &closed));
    records.extend(lines.into_iter().map(|line| super::deployment::guest_line(line, Some(&task.task.id))));
    report.touched = commit(deployment, task, now, end, wire(closed), records).await?;
    Ok(report)
}

async fn settle(deployment: &Deployment, task: &TaskView, slot: Arc<Slot>) -> anyhow::Result<Report> {
    let Some(once) = deployment.journal.store().once(deployment.id(), &task.task.id)? else {
        return Ok(Report::default());
    };
    // Its own identity: looking must not share ids with doing, nor one look with the next.
    let identity = format!("{}?settle={}", task.task.id, task.exchanges.len());
    let now = slot.now();
    let session = deployment.session(&task.task.id, &identity, slot, Mode::ReadOnly);
    let call = deployment.task_call(&task.task, now, session.clone());
    let lost = LostRequest { id: once.request_id.clone(), sent: once.sent };
    let Program { engine, component, identity, .. } = &deployment.program;
    let result = engine.settle(component, call, identity, &guest_task(&task.task), &lost).await;
    let closed = session.close().await;
    let now = deployment.journal.clock().now();
    let mut report = Report { denied: closed.denied.clone(), ..Report::default() };
    report.unreached = unreached(&closed);
    let mut records = denials(task, &closed);
    let later = |next: Option<Instant>, problem: Problem| {
        let since = now.saturating_sub(once.sent.max(deployment.since));
        if since >= SETTLE_FOR_MS {
            let message = format!("nobody could tell for too long; at last: {}", problem.message);
            End::Over { stage: Stage::Unknown, problem: Problem { message, ..problem } }
        } else {
            let pause = (since / 2).clamp(SETTLE_AFTER_MS, BACKOFF_LIMIT_MS);
            End::Doubt { problem, next: next.unwrap_or(now + pause).max(now + 1) }
        }
    };
    let waiting = || problem("in-doubt", "in-doubt", "a request left, and its answer was lost");
    let (end, lines) = match result {
        Ok(Answer { value, mut effects }) => {
            report.answered = true;
            let lines = std::mem::take(&mut effects.lines);
            let end = match value {
                Ok(Verdict::Happened(outcome)) => End::Done { at: once.sent, outcome, effects },
                Ok(Verdict::DidNot) => {
                    records.push(Record::Withdrawn { task: task.task.id.clone(), request_id: once.request_id.clone() });
                    End::Again { problem: waiting(), next: now, counts: false }
                }
                Ok(Verdict::AskAgain(at)) => later(Some(at), waiting()),
                Ok(Verdict::CannotTell) => End::Over { stage: Stage::Unknown, problem: waiting() },
                Err(problem) => later(problem.retry_at, stored(&problem)),
            };
            (end, lines)
        }
        Err(Failure { kind: FailureKind::Later { at, problem }, lines, .. }) => {
            (later(Some(at), stored(&problem)), lines)
        }
        Err(failure) => {
            report.fell = fell(&failure.kind);
            let lines = failure.lines.clone();
            (later(None, fallen_problem(&failure)), lines)
        }
    };
    records.extend(lines.into_iter().map(|line| super::deployment::guest_line(line, Some(&task.task.id))));
    report.touched = commit(deployment, task, now, end, wire(closed), records).await?;
    Ok(report)
}

/// A guest's problem: whether the task runs again, and when.
fn again(deployment: &Deployment, task: &TaskView, now: Instant, problem: types::Problem) -> End {
    let kept = stored(&problem);
    match problem.kind {
        ProblemKind::Invalid | ProblemKind::Denied => End::Over { stage: Stage::Failed, problem: kept },
        ProblemKind::NotReady => {
            let next = problem.retry_at.unwrap_or(now + NOT_READY_MS).max(now + 1);
            End::Again { problem: kept, next, counts: false }
        }
        ProblemKind::Exhausted if problem.retry_at.is_some() => {
            let next = problem.retry_at.unwrap_or(now).max(now + 1);
            End::Again { problem: kept, next, counts: false }
        }
        _ => failed_once(deployment, task, now, problem.retry_at, kept),
    }
}

fn failed_once(deployment: &Deployment, task: &TaskView, now: Instant, at: Option<Instant>, problem: Problem) -> End {
    if task.attempts + 1 >= ATTEMPTS {
        return End::Over { stage: Stage::Failed, problem };
    }
    let jitter = deployment.program.chance(&format!("{}?backoff={}", task.task.id, task.attempts)) % 1_000;
    let next = at.unwrap_or(now + backoff(task.attempts) + jitter).max(now + 1);
    End::Again { problem, next, counts: true }
}

/// A call that fell: it may have done its `once` before.
fn fallen(deployment: &Deployment, task: &TaskView, now: Instant, failure: Failure) -> anyhow::Result<End> {
    if let FailureKind::Later { at, problem } = &failure.kind {
        return Ok(End::Again { problem: stored(problem), next: (*at).max(now + 1), counts: false });
    }
    let problem = fallen_problem(&failure);
    let end = failed_once(deployment, task, now, None, problem);
    let once = deployment.journal.store().once(deployment.id(), &task.task.id)?;
    let happened = once.is_some_and(|once| once.took_effect());
    Ok(match end {
        // The recorded answer says that it happened; that the guest cannot tell the story does not undo it.
        End::Over { .. } if happened => {
            let activity = types::Activity {
                kind: task.task.kind.clone(),
                label: truth::INFRASTRUCTURE.to_owned(),
                recipients: Vec::new(),
                refs: vec![("reason".to_owned(), "done, but the workload failed before it could say more".to_owned())],
            };
            let outcome = Outcome { activities: vec![activity], follow_ups: Vec::new() };
            End::Done { at: now, outcome, effects: Effects::default() }
        }
        end => end,
    })
}

/// Everything that came of an attempt, in one batch. Returns the tasks that it touched.
async fn commit(
    deployment: &Deployment,
    task: &TaskView,
    now: Instant,
    end: End,
    exchanges: Vec<Exchange>,
    mut records: Vec<Record>,
) -> anyhow::Result<Vec<String>> {
    let id = task.task.id.clone();
    // A rerun is given the recorded exchange again; it was made once.
    let exchanges: Vec<_> = exchanges.into_iter().filter(|exchange| !task.exchanges.contains(exchange)).collect();
    let mut requests = task.task.inherited.clone();
    let once = deployment.journal.store().once(deployment.id(), &id)?;
    let recorded = once.and_then(|once| once.answer).map(|answer| answer.exchange);
    for exchange in task.exchanges.iter().chain(&recorded).chain(&exchanges) {
        if !requests.contains(exchange) {
            requests.push(exchange.clone());
        }
    }
    match end {
        End::Done { at, outcome, effects } => {
            match done(deployment, task, (now, at), outcome, effects, requests, exchanges) {
                Ok(facts) => records.extend(facts),
                Err(error) => {
                    let problem = problem("invalid", "contract", &format!("{error:#}"));
                    let view = deployment.view()?;
                    let activities = truth::ended(&view, task, now, Stage::Failed, &problem, &[]);
                    records.push(note(Level::Error, Some(&id), problem.message.clone()));
                    records.push(Record::Ended {
                        task: id,
                        stage: Stage::Failed,
                        problem,
                        activities,
                        exchanges: Vec::new(),
                    });
                }
            }
        }
        End::Again { problem, next, counts } => {
            records.extend(refused_once(deployment, &id)?);
            if counts {
                records.push(note(Level::Warn, Some(&id), format!("{}; trying again", problem.message)));
            }
            records.push(Record::Retried { task: id, problem, next, counts, exchanges });
        }
        End::Doubt { problem, next } => {
            records.push(note(Level::Warn, Some(&id), format!("in doubt: {}", problem.message)));
            records.push(Record::Doubted { task: id, next, problem, exchanges });
        }
        End::Over { stage, problem } => {
            let view = deployment.view()?;
            let activities = truth::ended(&view, task, now, stage, &problem, &requests);
            if stage != Stage::Skipped {
                let summary = &task.task.summary;
                records.push(note(Level::Error, Some(&id), format!("{summary}: {}", problem.message)));
            }
            records.push(Record::Ended { task: id, stage, problem, activities, exchanges });
        }
    }
    let touched = touched(&task.task.id, &records);
    deployment.journal.commit(records).await?;
    Ok(touched)
}

/// This task, and those that follow from it.
fn touched(task: &str, records: &[Record]) -> Vec<String> {
    let opened = records.iter().flat_map(|record| match record {
        Record::Done { follow_ups, .. } => follow_ups.as_slice(),
        _ => &[],
    });
    std::iter::once(task.to_owned()).chain(opened.map(|task| task.id.clone())).collect()
}

fn done(
    deployment: &Deployment,
    task: &TaskView,
    (now, at): (Instant, Instant),
    outcome: Outcome,
    effects: Effects,
    requests: Vec<Exchange>,
    exchanges: Vec<Exchange>,
) -> anyhow::Result<Vec<Record>> {
    let store = deployment.journal.store();
    let mut follow_ups =
        plan::check_follow_ups(outcome.follow_ups, &task.task.actor, now, store.as_ref(), deployment.id())?;
    let continued = outcome.activities.is_empty() && follow_ups.iter().any(|next| next.kind == task.task.kind);
    if continued && let Some(next) = follow_ups.iter_mut().find(|next| next.kind == task.task.kind) {
        next.inherited.clone_from(&requests);
    }
    let view = deployment.view()?;
    let told = outcome.activities.iter().any(|activity| activity.label != truth::INFRASTRUCTURE);
    let (activities, unknown) = truth::done(&view, task, at, outcome.activities, &requests, continued);
    let mut records = Vec::new();
    if told {
        records.push(note(Level::Info, Some(&task.task.id), task.task.summary.clone()));
    }
    for name in unknown {
        let text = format!("the workload gave its activity a {name:?}, which the export does not know: left out");
        records.push(note(Level::Warn, Some(&task.task.id), text));
    }
    for change in effects.ledger {
        records.push(match change {
            Change::Created { kind, name, remote_id } => Record::Created { kind, name, remote_id },
            Change::Released { kind, name } => Record::Released { kind, name },
        });
    }
    for name in effects.forgotten {
        deployment.secrets.forgotten(&name);
        records.push(Record::Forgot { name });
    }
    let writes = effects.writes.into_iter().map(|(key, value)| Write { key, value }).collect();
    records.push(Record::Done { task: task.task.id.clone(), activities, follow_ups, writes, exchanges });
    Ok(records)
}

/// A `once` request that was answered with a refusal (4xx) had no effect: a rerun may send it again.
fn refused_once(deployment: &Deployment, task: &str) -> anyhow::Result<Option<Record>> {
    let once = deployment.journal.store().once(deployment.id(), task)?;
    Ok(once.and_then(|once| {
        let refused = once.answer.is_some_and(|answer| (400..500).contains(&answer.status));
        refused.then(|| Record::Withdrawn { task: task.to_owned(), request_id: once.request_id })
    }))
}

fn denials(task: &TaskView, closed: &Closed) -> Vec<Record> {
    let line =
        |denial: &Denial| note(Level::Error, Some(&task.task.id), format!("denied ({}): {}", denial.code, denial.why));
    closed.denied.iter().map(line).collect()
}

/// A cap of the tenant's stopped a request: said once a day.
fn capped(deployment: &Deployment, closed: &Closed) -> Option<Record> {
    let (_, problem) = closed.later.as_ref()?;
    let news = deployment.allowance.as_ref().is_some_and(|allowance| allowance.is_news(problem));
    news.then(|| note(Level::Warn, None, problem.message.clone()))
}

/// Requests were made, and not one was answered.
fn unreached(closed: &Closed) -> bool {
    !closed.exchanges.is_empty() && closed.exchanges.iter().all(|exchange| exchange.status.is_none())
}

fn wire(closed: Closed) -> Vec<Exchange> {
    closed.exchanges.into_iter().map(grants::stored).collect()
}

fn backoff(attempts: u32) -> u64 {
    BACKOFF_MS.saturating_mul(1 << attempts.min(20)).min(BACKOFF_LIMIT_MS)
}

fn fell(kind: &FailureKind) -> bool {
    !matches!(kind, FailureKind::Later { .. } | FailureKind::Host(_))
}

pub(super) fn fallen_problem(failure: &Failure) -> Problem {
    let code = match failure.kind {
        FailureKind::Trap { .. } => "trap",
        FailureKind::Memory { .. } => "memory",
        FailureKind::Compute { .. } => "compute",
        FailureKind::Wait { .. } => "wait",
        FailureKind::StackOverflow => "stack-overflow",
        FailureKind::TooMuch { .. } => "too-much",
        FailureKind::Later { .. } => "later",
        FailureKind::Host(_) => "host",
    };
    problem("failed", code, &failure.to_string())
}

pub(crate) fn stored(problem: &types::Problem) -> Problem {
    let kind = match problem.kind {
        ProblemKind::Invalid => "invalid",
        ProblemKind::Denied => "denied",
        ProblemKind::Unavailable => "unavailable",
        ProblemKind::NotReady => "not-ready",
        ProblemKind::Exhausted => "exhausted",
        ProblemKind::Unreachable => "unreachable",
        ProblemKind::InDoubt => "in-doubt",
        ProblemKind::Failed => "failed",
    };
    self::problem(kind, &problem.code, &problem.message)
}

fn problem(kind: &str, code: &str, message: &str) -> Problem {
    // A guest's message is shown to people and kept: one line, and it ends somewhere.
    let message = message.chars().take(2_000).map(|c| if c.is_control() { ' ' } else { c }).collect();
    Problem { kind: kind.to_owned(), code: code.to_owned(), message }
}
