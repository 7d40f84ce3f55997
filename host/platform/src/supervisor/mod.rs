//! One deployment over time: asks what is to be done, has it done in order, and stops when it should.
//!
//! The supervisor is level-triggered like the plans it asks for. Every turn it reads where the deployment stands,
//! decides what it is heading for, and does the next thing; it keeps nothing that a crash could lose. In memory are
//! only conveniences: which actors are busy, and how often it asked in vain. It rests (and is dropped) when there is
//! nothing to head for: an idle deployment is rows in a store.
//!
//! | module | thought |
//! |---|---|
//! | `deployment` | what calls are made of |
//! | `attempt` | one task, once |
//! | `bell` | how it is called, and lies down |
//! | `board` | the open tasks, by who does them |
//! | `round` | one planning call |
//! | `slot` | a task's place among those that run at once |

mod attempt;
pub(crate) mod bell;
mod board;
pub(crate) mod deployment;
mod round;
mod slot;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use haymaker_engine::clock::Clock;
use haymaker_engine::{Instant, types};
use haymaker_store::{
    Condition, DeploymentView, Desired, Level, PlanFunction, Problem, Record, Stage, Status, Task, TaskView, Wake,
};
use tokio::task::JoinSet;

use self::attempt::Report;
use self::bell::Bell;
use self::board::Board;
use self::deployment::Deployment;
use crate::clock::{Hold, NEVER};
use crate::journal::note;
use crate::truth;

pub(crate) use self::attempt::stored as stored_problem;
pub(crate) use self::slot::Slot;

/// The host's own phase while a cleanup waits for what is under way, calls off what is not, and settles doubt.
pub const DRAINING: &str = "draining";

/// Denied requests after which a deployment is frozen.
const DENIALS: usize = 3;

/// Calls that fell in a row after which a workload is quarantined.
const FALLS: u32 = 10;

/// Attempts in a row that reach nobody, after which a deployment in a simulated tenant is blocked.
const UNREACHED: u32 = 10;

/// Pause on the machine's clock between such attempts.
const KNOCK: Duration = Duration::from_millis(100);

/// Planning rounds without progress after which a deployment is stuck.
const VAIN_ROUNDS: u32 = 3;

/// Pause between planning rounds that bring nothing.
const VAIN_PAUSE_MS: u64 = 60_000;

/// How long to leave a failing store alone.
const RECOVERY: Duration = Duration::from_secs(5);

/// How long tasks in flight may take to end when a deployment is stopped; what is then still on the wire becomes doubt.
const GRACE: Duration = Duration::from_secs(30);

/// What a deployment is heading for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Goal {
    /// Ask this function, and do what it says.
    Ask(PlanFunction),
    /// Its time is over: let it end.
    Finish,
    /// Nothing.
    Rest,
}

impl Goal {
    fn of(view: &DeploymentView, now: Instant) -> Goal {
        let working = matches!(view.status, Status::Pending | Status::Running);
        let halted = !matches!(view.condition, None | Some(Condition::Stuck { .. }));
        match (view.status, view.desired) {
            _ if halted => Goal::Rest,
            (Status::CleaningUp, _) => Goal::Ask(PlanFunction::Cleanup),
            (_, Desired::Stopped) if working => Goal::Ask(PlanFunction::Stop),
            (_, Desired::Running) if working && view.acceptance.until.is_some_and(|until| until <= now) => Goal::Finish,
            (Status::Pending, Desired::Running) => Goal::Ask(PlanFunction::Deploy),
            (Status::Running, Desired::Running) => match &view.planned {
                Some((PlanFunction::Cycle, _) | (PlanFunction::Deploy, Wake::Done { success: true, .. })) => {
                    Goal::Ask(PlanFunction::Cycle)
                }
                _ => Goal::Ask(PlanFunction::Deploy),
            },
            _ => Goal::Rest,
        }
    }
}

/// Brings one deployment forward until it rests.
pub(crate) struct Supervisor {
    deployment: Arc<Deployment>,
    bell: Arc<Bell>,
    closing: Arc<AtomicBool>,
    flights: JoinSet<(String, anyhow::Result<Report>, Hold)>,
    busy: BTreeSet<String>,
    /// The open tasks; none while they are not sure to be as in the store.
    board: Option<Board>,
    denials: usize,
    falls: u32,
    unreached: u32,
    rounds: round::Rounds,
    /// Tasks of a cleanup that did something and have not told it yet, each with its attempts before.
    untold: BTreeMap<String, u32>,
    /// Open tasks that a stop leaves alone.
    left_alone: Arc<BTreeSet<String>>,
    goal: Goal,
}

impl Supervisor {
    /// A supervisor that looks again whenever the bell is rung, and lets go when the host is `closing`.
    pub(crate) fn new(deployment: Arc<Deployment>, bell: Arc<Bell>, closing: Arc<AtomicBool>) -> Supervisor {
        Supervisor {
            deployment,
            bell,
            closing,
            flights: JoinSet::new(),
            busy: BTreeSet::new(),
            board: None,
            denials: 0,
            falls: 0,
            unreached: 0,
            rounds: round::Rounds::default(),
            untold: BTreeMap::new(),
            left_alone: Arc::default(),
            goal: Goal::Rest,
        }
    }

    /// Works until the deployment rests and nobody calls. The caller keeps a hold, so that virtual time stands still
    /// while it does not sleep.
    ///
    /// The store may fail (a full disk, most likely) and recover: then it goes on from what the log says. It gives up
    /// only if another host has taken the deployment over, or when this one ends.
    pub(crate) async fn run(mut self) {
        loop {
            self.work().await;
            if self.bell.lie_down() {
                return;
            }
        }
    }

    async fn work(&mut self) {
        loop {
            let Err(error) = self.turns().await else { return };
            self.flights.shutdown().await;
            self.busy.clear();
            self.board = None;
            self.goal = Goal::Rest;
            let id = self.deployment.id();
            if let Some(haymaker_store::Error::Fenced(_)) = error.downcast_ref() {
                return tracing::warn!(deployment = id, "another host has it now");
            }
            tracing::error!(deployment = id, "cannot go on: {error:#}; trying again in {} s", RECOVERY.as_secs());
            tokio::select! {
                () = tokio::time::sleep(RECOVERY) => {}
                () = self.bell.heard() => {}
            }
            if self.closing.load(Ordering::SeqCst) {
                return;
            }
            if let Err(error) = self.deployment.journal.renew().await {
                tracing::error!(deployment = id, %error, "the store does not answer yet");
            }
        }
    }

    async fn turns(&mut self) -> anyhow::Result<()> {
        loop {
            if self.closing.load(Ordering::SeqCst) {
                return self.drain().await;
            }
            let view = self.deployment.view()?;
            let now = self.deployment.journal.clock().now();
            let goal = Goal::of(&view, now);
            if goal != self.goal {
                self.turn_to(goal, &view).await?;
                continue;
            }
            let next = match goal {
                Goal::Rest => return Ok(()),
                Goal::Finish => self.finish(&view).await?,
                Goal::Ask(function) => self.ask(function, &view, now).await?,
            };
            if let Some(at) = next {
                self.wait(at).await?;
            }
        }
    }

    /// The deployment heads elsewhere now: lets what is in flight end first.
    async fn turn_to(&mut self, goal: Goal, view: &DeploymentView) -> anyhow::Result<()> {
        let halts = !matches!(goal, Goal::Ask(PlanFunction::Deploy | PlanFunction::Cycle));
        if halts {
            self.drain().await?;
        }
        self.left_alone = match goal {
            Goal::Ask(PlanFunction::Stop) => Arc::new(self.board()?.tasks().map(|task| task.task.id.clone()).collect()),
            _ => Arc::default(),
        };
        self.rounds = round::Rounds::default();
        tracing::debug!(deployment = view.id, ?goal, "heading");
        self.goal = goal;
        Ok(())
    }

    /// One turn of asking and doing. Returns when to look again; none: at once.
    async fn ask(
        &mut self,
        function: PlanFunction,
        view: &DeploymentView,
        now: Instant,
    ) -> anyhow::Result<Option<Instant>> {
        if view.status == Status::CleaningUp && view.phase == DRAINING {
            return self.settle_and_cancel(now).await;
        }
        let left_alone = self.left_alone.clone();
        let mine = |task: &TaskView| !left_alone.contains(&task.task.id);
        let idle = self.board()?.first(mine).next().is_none() && self.flights.is_empty();
        match self.rounds.due(function, view, idle, now) {
            round::Due::Now => {
                self.plan(function, view, now).await?;
                Ok(None)
            }
            round::Due::At(at) => Ok(Some(self.launch(mine, now)?.min(at))),
            round::Due::WhenIdle => Ok(Some(self.launch(mine, now)?)),
        }
        .map(|next| next.map(|at| at.min(self.until(view))))
    }

    fn until(&self, view: &DeploymentView) -> Instant {
        match (view.status, view.acceptance.until) {
            (Status::Pending | Status::Running, Some(until)) => until,
            _ => NEVER,
        }
    }

    /// Starts every task whose turn it is, of those that `count`; returns when the next one's comes.
    fn launch(&mut self, count: impl Fn(&TaskView) -> bool, now: Instant) -> anyhow::Result<Instant> {
        self.board()?;
        let (mut ready, mut next) = (Vec::new(), NEVER);
        // Tasks of one actor go one at a time: the first stands for the rest.
        for task in self.board.iter().flat_map(|board| board.first(&count)) {
            if self.busy.contains(&task.task.actor) {
                continue;
            }
            if task.next > now {
                next = next.min(task.next);
            } else {
                ready.push(task.clone());
            }
        }
        ready.sort_by(|one, other| (one.task.due, &one.task.id).cmp(&(other.task.due, &other.task.id)));
        for task in ready {
            self.busy.insert(task.task.actor.clone());
            self.fly(task);
        }
        Ok(next)
    }

    fn fly(&mut self, task: TaskView) {
        let deployment = self.deployment.clone();
        // The hold travels with the result, so that time stands still until the supervisor has seen it.
        let hold = deployment.journal.clock().hold();
        self.flights.spawn(async move {
            let actor = task.task.actor.clone();
            let clock = deployment.journal.clock().clone();
            let slot = Slot::take(clock, deployment.permits.clone()).await;
            let result = attempt::run(&deployment, task, slot).await;
            (actor, result, hold)
        });
    }

    /// Waits for a task to end, for a moment, or for somebody to want something.
    async fn wait(&mut self, at: Instant) -> anyhow::Result<()> {
        let landed = tokio::select! {
            biased;
            landed = self.flights.join_next(), if !self.flights.is_empty() => landed,
            () = self.bell.heard() => None,
            () = self.deployment.journal.clock().sleep_until(at) => None,
        };
        match landed {
            Some(landed) => self.land(landed).await,
            None => Ok(()),
        }
    }

    async fn land(
        &mut self,
        landed: Result<(String, anyhow::Result<Report>, Hold), tokio::task::JoinError>,
    ) -> anyhow::Result<()> {
        let (actor, result, _hold) = landed?;
        self.busy.remove(&actor);
        let report = result?;
        if let Some(board) = &mut self.board {
            for id in &report.touched {
                board.refresh(self.deployment.journal.store().as_ref(), self.deployment.id(), id)?;
            }
        }
        self.denials += report.denied.len();
        self.unreached = if report.unreached { self.unreached + 1 } else { 0 };
        if report.unreached && self.deployment.journal.clock().is_virtual() {
            // Backoff takes no time on a virtual clock: a simulated tenant that is gone must not be knocked at for ever.
            if self.unreached >= UNREACHED {
                let names = vec![format!("{} (it does not answer)", self.deployment.view()?.acceptance.tenant.graph)];
                return self.halt(Condition::Blocked { names }).await;
            }
            tokio::time::sleep(KNOCK).await;
        }
        self.falls = if report.answered { 0 } else { self.falls + u32::from(report.fell) };
        if self.denials >= DENIALS {
            let last =
                report.denied.last().map(|denial| format!("{} ({})", denial.why, denial.code)).unwrap_or_default();
            let (denials, id) = (self.denials, self.deployment.id());
            let why =
                format!("{denials} requests were denied, the last because {last}; `haymaker logs {id}` shows them");
            self.denials = 0;
            self.halt(Condition::Frozen { why }).await?;
        } else if self.falls >= FALLS {
            let why = format!("{} calls of {} failed in a row", self.falls, self.deployment.program.workload);
            self.falls = 0;
            self.halt(Condition::Quarantined { why }).await?;
        }
        Ok(())
    }

    async fn halt(&self, condition: Condition) -> anyhow::Result<()> {
        let text = match &condition {
            Condition::Frozen { why } => format!("frozen: {why}"),
            Condition::Quarantined { why } => format!("quarantined: {why}"),
            Condition::Stuck { ids } => format!("stuck on {}", ids.join(", ")),
            Condition::Blocked { names } => format!("blocked: {}", names.join(", ")),
        };
        let records = vec![Record::Conditioned { condition: Some(condition) }, note(Level::Error, None, text)];
        Ok(self.deployment.journal.commit(records).await?)
    }

    /// Lets tasks in flight end, for a while; what is still on the wire then is in doubt, and its log says so.
    async fn drain(&mut self) -> anyhow::Result<()> {
        let patience = tokio::time::sleep(GRACE);
        tokio::pin!(patience);
        while !self.flights.is_empty() {
            tokio::select! {
                biased;
                landed = self.flights.join_next() => if let Some(landed) = landed { self.land(landed).await? },
                () = &mut patience => {
                    self.flights.shutdown().await;
                    self.busy.clear();
                    self.board = None;
                }
            }
        }
        Ok(())
    }

    /// The first part of a cleanup: nothing new is begun, everything that may have happened is found out, and what did
    /// happen is told, if one more attempt can tell it.
    async fn settle_and_cancel(&mut self, now: Instant) -> anyhow::Result<Option<Instant>> {
        let deployment = self.deployment.clone();
        let mut doubted = BTreeSet::new();
        let mut cancelled = Vec::new();
        let mut untold = std::mem::take(&mut self.untold);
        self.board()?;
        for task in self.board.iter().flat_map(Board::tasks) {
            let once = deployment.journal.store().once(deployment.id(), &task.task.id)?;
            match once {
                Some(once) if once.answer.is_none() => {
                    doubted.insert(task.task.id.clone());
                }
                Some(once)
                    if once.took_effect()
                        && *untold.entry(task.task.id.clone()).or_insert(task.tries) == task.tries =>
                {
                    doubted.insert(task.task.id.clone());
                }
                _ if self.busy.contains(&task.task.actor) => {}
                _ => cancelled.push(task.clone()),
            }
        }
        self.untold = untold;
        if !cancelled.is_empty() {
            self.skip(&cancelled, "cancelled", "called off by the cleanup").await?;
            return Ok(None);
        }
        if doubted.is_empty() && self.flights.is_empty() {
            let moved =
                Record::Moved { status: Status::CleaningUp, phase: "cleanup".to_owned(), reason: String::new() };
            self.deployment.journal.commit(vec![moved]).await?;
            return Ok(None);
        }
        Ok(Some(self.launch(|task| doubted.contains(&task.task.id), now)?))
    }

    /// The deployment's time is over: what was due before still runs, the rest is skipped.
    async fn finish(&mut self, view: &DeploymentView) -> anyhow::Result<Option<Instant>> {
        let now = self.deployment.journal.clock().now();
        let until = view.acceptance.until.unwrap_or(now);
        let late: Vec<_> = self.board()?.tasks().filter(|task| task.task.due >= until).cloned().collect();
        if !late.is_empty() {
            self.skip(&late, "over", "the deployment's time was over").await?;
            return Ok(None);
        }
        if self.board()?.tasks().next().is_some() || !self.flights.is_empty() {
            return Ok(Some(self.launch(|_| true, now)?));
        }
        let records = end_records(view, &view.phase, true, "its time is over");
        self.deployment.journal.commit(records).await?;
        Ok(None)
    }

    async fn skip(&mut self, tasks: &[TaskView], code: &str, message: &str) -> anyhow::Result<()> {
        let view = self.deployment.view()?;
        let now = self.deployment.journal.clock().now();
        let problem = Problem { kind: "skipped".to_owned(), code: code.to_owned(), message: message.to_owned() };
        let ended = tasks.iter().map(|task| Record::Ended {
            task: task.task.id.clone(),
            stage: Stage::Skipped,
            problem: problem.clone(),
            activities: truth::ended(&view, task, now, Stage::Skipped, &problem, &task.exchanges),
            exchanges: Vec::new(),
        });
        self.board = None;
        Ok(self.deployment.journal.commit(ended.collect()).await?)
    }

    /// The open tasks.
    fn board(&mut self) -> anyhow::Result<&Board> {
        let board = match self.board.take() {
            Some(board) => board,
            None => Board::read(self.deployment.journal.store().as_ref(), self.deployment.id())?,
        };
        Ok(self.board.insert(board))
    }
}

/// The deployment is over; a cleanup follows where that was asked for.
fn end_records(view: &DeploymentView, phase: &str, success: bool, reason: &str) -> Vec<Record> {
    let status = if success { Status::Completed } else { Status::Failed };
    let level = if success { Level::Info } else { Level::Error };
    let moved = Record::Moved { status, phase: phase.to_owned(), reason: reason.to_owned() };
    let mut records = vec![moved, note(level, None, reason)];
    if view.acceptance.then_cleanup && view.status != Status::CleaningUp {
        records.extend(cleanup_records());
    }
    records
}

/// What a cleanup begins with, whoever asks for it.
pub(crate) fn cleanup_records() -> Vec<Record> {
    let moved = Record::Moved { status: Status::CleaningUp, phase: DRAINING.to_owned(), reason: String::new() };
    vec![Record::Desired { desired: Desired::Removed }, Record::Conditioned { condition: None }, moved]
}

/// A task as a guest sees it.
pub(crate) fn guest_task(task: &Task) -> types::Task {
    types::Task {
        id: task.id.clone(),
        kind: task.kind.clone(),
        actor: task.actor.clone(),
        payload: task.payload.clone(),
        due: task.due,
        expires: task.expires,
        summary: task.summary.clone(),
    }
}
