//! Asks, performs, advances the clock, and asks again, as the host does.

use super::{Host, Known};
use crate::{
    Deployment, Instant, Outcome, Plan, Problem, ProblemKind, Task, Wake, Workload,
    journal::{Stage, Standing},
    plan::HORIZON,
    time::MINUTE,
};

/// Attempts before a task counts as failed.
const ATTEMPTS: u32 = 3;
/// A plan that is asked for so often without an end has none: the test fails instead of running for ever.
const ROUNDS: u32 = 100_000;

impl Host {
    /// Asks a planning function, and does what it says, until it says that it is done, or until the next question would
    /// be asked at `until` or later. Answers with the last plan.
    ///
    /// Tasks run one at a time in (`due`, `id`) order, each at the moment it is due; one that is not ready runs again
    /// when it says, one that fails is tried three times, a minute apart.
    ///
    /// # Errors
    /// The planning function's own, and `invalid` with the code `contract` where a plan breaks the contract's rules.
    pub fn drive<W: Workload>(
        &mut self,
        deployment: &Deployment,
        ask: fn(&Deployment) -> Result<Plan, Problem>,
        until: Instant,
    ) -> Result<Plan, Problem> {
        for _ in 0..ROUNDS {
            let plan = self.planning(|| ask(deployment))?;
            self.adopt(&plan)?;
            let wake = match plan.wake {
                Wake::At(moment) => Some(moment.min(until)),
                Wake::WhenIdle => None,
                Wake::Done(_) => return Ok(plan),
            };
            while let Some(id) = self.next_task(wake) {
                self.run::<W>(deployment, &id)?;
            }
            self.advance_to(wake.unwrap_or_default());
            if self.now() >= until {
                return Ok(plan);
            }
        }
        Err(Problem::invalid("contract", format!("{ROUNDS} plans and no end")))
    }

    /// Takes over a plan's tasks: those that are open or done are ignored.
    fn adopt(&mut self, plan: &Plan) -> Result<(), Problem> {
        for id in &plan.cancel {
            if let Some(known) = self.world.tasks.get_mut(id).filter(|known| known.standing.stage == Stage::Open) {
                known.standing.stage = Stage::Skipped;
            }
        }
        plan.tasks.iter().try_for_each(|task| self.open(task))
    }

    fn open(&mut self, task: &Task) -> Result<(), Problem> {
        let refuse = |why: &str| Err(Problem::invalid("contract", format!("task {}: {why}", task.id)));
        let fits = |text: &str, signs: &str, limit| {
            (1..=limit).contains(&text.len())
                && text.chars().all(|sign| sign.is_ascii_alphanumeric() || signs.contains(sign))
        };
        if !fits(&task.id, "._/@+-", 200) || !fits(&task.actor, "._@+-", 64) || !fits(&task.kind, "._-", 64) {
            return refuse("its id, actor or kind is empty, too long or not of the contract's alphabet");
        }
        if task.due > self.now() + HORIZON {
            return refuse("it is due more than 15 minutes ahead");
        }
        let again = Standing { stage: Stage::Open, code: String::new(), attempts: 0 };
        match self.world.tasks.get(&task.id).map(|known| known.standing.stage) {
            Some(Stage::Open | Stage::Done | Stage::Skipped | Stage::Unknown) => {}
            Some(Stage::Failed) | None => {
                self.world.tasks.insert(task.id.clone(), Known { task: task.clone(), next: task.due, standing: again });
            }
        }
        Ok(())
    }

    /// The open task that is next, if it is due before `wake`.
    fn next_task(&self, wake: Option<Instant>) -> Option<String> {
        let open = self.world.tasks.values().filter(|known| known.standing.stage == Stage::Open);
        let first = open.min_by_key(|known| (known.next, known.task.due, &known.task.id))?;
        wake.is_none_or(|wake| first.next < wake).then(|| first.task.id.clone())
    }

    fn run<W: Workload>(&mut self, deployment: &Deployment, id: &str) -> Result<(), Problem> {
        let known = self.world.tasks.get(id).map(|known| (known.task.clone(), known.next));
        let Some((task, next)) = known else { return Ok(()) };
        self.advance_to(next);
        let result = if task.expires.is_some_and(|end| end < self.now()) {
            Err((Stage::Skipped, "expired".to_owned()))
        } else {
            match self.performing(&task.actor, || W::perform(deployment, &task)) {
                Ok(outcome) => Ok(outcome),
                Err(problem) => match self.postpone(&task, &problem) {
                    true => return Ok(()),
                    false => Err((Stage::Failed, problem.code)),
                },
            }
        };
        match result {
            Ok(outcome) => {
                self.stand(id, Stage::Done, "");
                self.take(&task, outcome)
            }
            Err((stage, code)) => {
                self.stand(id, stage, &code);
                Ok(())
            }
        }
    }

    /// Has a task run again later, unless its problem ends it.
    fn postpone(&mut self, task: &Task, problem: &Problem) -> bool {
        let now = self.now();
        let Some(known) = self.world.tasks.get_mut(&task.id) else { return false };
        let counts = problem.kind != ProblemKind::NotReady;
        known.standing.attempts += u32::from(counts);
        known.standing.code.clone_from(&problem.code);
        known.next = problem.retry_at.unwrap_or(now + MINUTE).max(now + 1);
        !matches!(problem.kind, ProblemKind::Invalid | ProblemKind::Denied) && known.standing.attempts < ATTEMPTS
    }

    fn stand(&mut self, id: &str, stage: Stage, code: &str) {
        if let Some(known) = self.world.tasks.get_mut(id) {
            known.standing.stage = stage;
            known.standing.code = code.to_owned();
        }
    }

    fn take(&mut self, task: &Task, outcome: Outcome) -> Result<(), Problem> {
        let now = self.now();
        let told = outcome.activities.into_iter().map(|activity| (now, task.id.clone(), activity));
        self.world.activities.extend(told);
        for follow_up in outcome.follow_ups {
            if follow_up.actor != task.actor {
                let why = format!("{} follows from {}, and is another actor's", follow_up.id, task.id);
                return Err(Problem::invalid("contract", why));
            }
            self.open(&follow_up)?;
        }
        Ok(())
    }
}
