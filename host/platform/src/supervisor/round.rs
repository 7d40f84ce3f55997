//! One planning call: when it is due, what came of it, and when asking leads nowhere.

use std::sync::Arc;

use haymaker_engine::call::{Answer, Failure};
use haymaker_engine::{Instant, Planning, types};
use haymaker_store::{Condition, DeploymentView, Level, PlanFunction, Problem, Record, Status, Wake, Write};

use super::attempt::{fallen_problem, stored};
use super::{Supervisor, VAIN_PAUSE_MS, VAIN_ROUNDS, end_records};
use crate::clock::NEVER;
use crate::journal::note;
use crate::plan::{self, Checked};
use crate::program::Program;

/// Planning calls that may fail in a row.
const FAILURES: u32 = 5;

/// Pause after a planning call that failed; twice as long after each further one.
const FAILURE_PAUSE_MS: u64 = 2_000;

/// How often was asked in vain.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    /// Whether the function was asked since the deployment headed for it.
    asked: bool,
    /// Not before this moment, whatever the plan said.
    not_before: Instant,
    failures: u32,
    vain: u32,
    /// What had been achieved at the last round.
    achieved: u64,
}

/// When a planning function is to be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Due {
    Now,
    At(Instant),
    WhenIdle,
}

impl Rounds {
    /// When `function` is to be asked, by what it said last.
    pub(super) fn due(&self, function: PlanFunction, view: &DeploymentView, idle: bool, now: Instant) -> Due {
        if matches!(view.condition, Some(Condition::Stuck { .. })) {
            return Due::At(NEVER);
        }
        let due = match &view.planned {
            // A stop that was interrupted is asked again: which of the open tasks its plan named only the guest knows.
            Some((last, wake)) if *last == function && (self.asked || function != PlanFunction::Stop) => match wake {
                Wake::At { at } if *at > now => Due::At(*at),
                Wake::WhenIdle if !idle => Due::WhenIdle,
                _ => Due::Now,
            },
            _ => Due::Now,
        };
        match due {
            Due::Now if self.not_before > now => Due::At(self.not_before),
            due => due,
        }
    }
}

impl Supervisor {
    /// Asks `function` and takes down what it says.
    pub(super) async fn plan(
        &mut self,
        function: PlanFunction,
        view: &DeploymentView,
        now: Instant,
    ) -> anyhow::Result<()> {
        let deployment = self.deployment.clone();
        let (planning, name) = match function {
            PlanFunction::Deploy => (Planning::Deploy, "deploy"),
            PlanFunction::Cycle => (Planning::Cycle, "cycle"),
            PlanFunction::Stop => (Planning::Stop, "stop"),
            PlanFunction::Cleanup => (Planning::Cleanup, "cleanup"),
        };
        let call = deployment.planning_call(name, now);
        let Program { engine, component, identity, .. } = &deployment.program;
        let answer = engine.plan(component, call, planning, identity).await;
        self.rounds.asked = true;
        self.board = None;
        match answer {
            Ok(Answer { value: Ok(plan), effects }) => {
                let mut records: Vec<_> =
                    effects.lines.into_iter().map(|line| super::deployment::guest_line(line, None)).collect();
                let writes: Vec<_> = effects.writes.into_iter().map(|(key, value)| Write { key, value }).collect();
                match plan::check(plan, now, deployment.journal.store().as_ref(), deployment.id()) {
                    Ok(checked) => {
                        self.rounds.failures = 0;
                        self.take_down(function, view, now, checked, writes, &mut records).await
                    }
                    Err(error) => {
                        let message = format!("{error:#}");
                        let problem = Problem { kind: "invalid".into(), code: "contract".into(), message };
                        deployment.journal.commit(records).await?;
                        self.in_vain(name, now, &problem, true).await
                    }
                }
            }
            Ok(Answer { value: Err(problem), effects }) => {
                let lines = effects.lines.into_iter().map(|line| super::deployment::guest_line(line, None)).collect();
                deployment.journal.commit(lines).await?;
                self.refused(name, now, &problem).await
            }
            Err(failure) => {
                let lines = failure.lines.iter().cloned();
                let lines = lines.map(|line| super::deployment::guest_line(line, None)).collect();
                deployment.journal.commit(lines).await?;
                self.fallen(name, now, &failure).await
            }
        }
    }

    async fn take_down(
        &mut self,
        function: PlanFunction,
        view: &DeploymentView,
        now: Instant,
        checked: Checked,
        writes: Vec<Write>,
        records: &mut Vec<Record>,
    ) -> anyhow::Result<()> {
        for id in &checked.named {
            Arc::make_mut(&mut self.left_alone).remove(id);
        }
        let ended = match &checked.wake {
            Wake::Done { success, reason } => Some((*success, reason.clone())),
            _ => None,
        };
        let vain = self.count_vain(view, now, &checked, !writes.is_empty());
        let stuck_on = if checked.named.is_empty() { vec![checked.phase.clone()] } else { checked.named.clone() };
        // A plan that changes nothing and says nothing new is not worth a line in the log.
        let news = !(checked.tasks.is_empty() && checked.cancelled.is_empty() && writes.is_empty())
            || view.planned.as_ref() != Some(&(function, checked.wake.clone()));
        if news {
            records.push(Record::Planned {
                function,
                tasks: checked.tasks,
                cancelled: checked.cancelled,
                wake: checked.wake,
                writes,
            });
        }
        let status = match function {
            PlanFunction::Deploy | PlanFunction::Cycle => Status::Running,
            PlanFunction::Stop => view.status,
            PlanFunction::Cleanup => Status::CleaningUp,
        };
        if (status, &checked.phase) != (view.status, &view.phase) {
            records.push(Record::Moved { status, phase: checked.phase.clone(), reason: view.reason.clone() });
        }
        if vain >= VAIN_ROUNDS {
            records.push(note(Level::Error, None, format!("stuck on {}", stuck_on.join(", "))));
            records.push(Record::Conditioned { condition: Some(Condition::Stuck { ids: stuck_on }) });
        }
        if let Some((success, reason)) = ended {
            records.extend(self.ended(function, view, &checked.phase, success, &reason)?);
        }
        Ok(self.deployment.journal.commit(std::mem::take(records)).await?)
    }

    /// What follows when a planning function says that it is done.
    fn ended(
        &self,
        function: PlanFunction,
        view: &DeploymentView,
        phase: &str,
        success: bool,
        reason: &str,
    ) -> anyhow::Result<Vec<Record>> {
        match function {
            PlanFunction::Deploy if success => Ok(Vec::new()),
            PlanFunction::Deploy | PlanFunction::Cycle => Ok(end_records(view, phase, success, reason)),
            PlanFunction::Stop => {
                let moved =
                    Record::Moved { status: Status::Stopped, phase: phase.to_owned(), reason: reason.to_owned() };
                Ok(vec![moved, note(Level::Info, None, "stopped")])
            }
            PlanFunction::Cleanup => {
                let left = self.deployment.records.store.ledger_counts(self.deployment.id())?.live;
                if success && left > 0 {
                    let why = format!("the workload says it is done, but its ledger still lists {left} things");
                    return Ok(end_records(view, phase, false, &why));
                }
                let mut records = end_records(view, phase, success, reason);
                if success {
                    records.extend(self.deployment.secrets.forget_all()?);
                }
                Ok(records)
            }
        }
    }

    /// Counts rounds after which nothing was any different.
    fn count_vain(&mut self, view: &DeploymentView, now: Instant, checked: &Checked, wrote: bool) -> u32 {
        let achieved = view.tasks.done + view.tasks.skipped;
        let waiting = view.tasks.open > 0 || checked.wake != Wake::WhenIdle;
        let progress = waiting || achieved != self.rounds.achieved || wrote;
        self.rounds.achieved = achieved;
        self.rounds.vain = if progress { 0 } else { self.rounds.vain + 1 };
        self.rounds.not_before = if self.rounds.vain > 0 { now + VAIN_PAUSE_MS } else { 0 };
        self.rounds.vain
    }

    async fn refused(&mut self, name: &str, now: Instant, problem: &types::Problem) -> anyhow::Result<()> {
        self.in_vain(name, now, &stored(problem), false).await
    }

    async fn fallen(&mut self, name: &str, now: Instant, failure: &Failure) -> anyhow::Result<()> {
        self.in_vain(name, now, &fallen_problem(failure), true).await
    }

    /// A planning call brought no plan: asks again after a pause, a few times.
    async fn in_vain(&mut self, name: &str, now: Instant, problem: &Problem, fell: bool) -> anyhow::Result<()> {
        self.rounds.failures += 1;
        let failures = self.rounds.failures;
        self.rounds.not_before = now + (FAILURE_PAUSE_MS << failures.min(10));
        let text = format!("`{name}` brought no plan: {}", problem.message);
        self.deployment.journal.commit(vec![note(Level::Error, None, text)]).await?;
        if failures < FAILURES {
            return Ok(());
        }
        self.rounds.failures = 0;
        let why =
            format!("`{name}` of {} failed {failures} times: {}", self.deployment.program.workload, problem.message);
        let condition =
            if fell { Condition::Quarantined { why } } else { Condition::Stuck { ids: vec![name.to_owned()] } };
        self.halt(condition).await
    }
}
