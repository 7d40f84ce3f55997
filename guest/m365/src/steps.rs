//! Chains of tasks: what comes next in each, and what has gone wrong for good.
//!
//! A worker is made in three steps and taken away in three; each step names the next as its follow-up, so that workers
//! do not wait for one another. The planning functions look at the same chains from outside: they begin them, mend them
//! where a step failed, and say when nothing more can be done.

use haymaker_guest::{
    Instant, Problem, Task,
    journal::{self, Stage},
    state,
    time::MINUTE,
};

/// How often steps that failed are begun again, and after which pause: trouble in the cloud lasts minutes, and what
/// lasts longer is better told than waited for.
const PAUSES: [u64; 3] = [MINUTE, 5 * MINUTE, 15 * MINUTE];

/// Problems that another attempt does not change.
pub const FINAL: [&str; 9] = [
    "no-license",
    "no-permission",
    "no-seats",
    "no-group",
    "no-members",
    "not-ours",
    "privileged",
    "mailbox-late",
    "team-late",
];

/// Where a chain stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// All its steps are done.
    Done,
    /// A step waits or runs.
    Open,
    /// This step is to be begun.
    Begin(Task),
    /// This step failed.
    Failed {
        /// The step.
        task: Task,
        /// The `code` of its problem.
        code: String,
    },
    /// This step was skipped, or nobody knows what became of it: it never runs again.
    Lost {
        /// The step's id.
        id: String,
    },
}

/// Where a chain of steps stands: the first that is not done decides.
pub fn next(steps: impl IntoIterator<Item = Task>) -> Next {
    for task in steps {
        let Some(standing) = journal::get(&task.id) else { return Next::Begin(task) };
        match standing.stage {
            Stage::Done => {}
            Stage::Open => return Next::Open,
            Stage::Failed => return Next::Failed { task, code: standing.code },
            Stage::Skipped | Stage::Unknown => return Next::Lost { id: task.id },
        }
    }
    Next::Done
}

/// What is to be done for many chains at once.
#[derive(Debug, Default)]
pub struct Work {
    /// Steps to begin, now or after a pause.
    pub tasks: Vec<Task>,
    /// Whether steps wait or run.
    pub open: bool,
    /// Chains that cannot go on: the step's id and why.
    pub lost: Vec<(String, String)>,
}

impl Work {
    /// Whether there is anything to wait for.
    pub fn goes_on(&self) -> bool {
        self.open || !self.tasks.is_empty()
    }

    /// What could not be done, for people.
    pub fn losses(&self) -> String {
        told(&self.lost)
    }
}

/// Chains that cannot go on, for people: the first few of them.
pub fn told(lost: &[(String, String)]) -> String {
    const SHOWN: usize = 5;
    let mut told: Vec<String> = lost.iter().take(SHOWN).map(|(id, why)| format!("{id} ({why})")).collect();
    if lost.len() > SHOWN {
        told.push(format!("and {} more", lost.len() - SHOWN));
    }
    told.join(", ")
}

/// Decides for all chains. How often failed steps were begun again is kept in the state under `counter`.
///
/// # Errors
/// The state's.
pub fn decide(chains: impl IntoIterator<Item = Next>, counter: &str, now: Instant) -> Result<Work, Problem> {
    let mut work = Work::default();
    let mut failed = Vec::new();
    for chain in chains {
        match chain {
            Next::Done => {}
            Next::Open => work.open = true,
            Next::Begin(task) => work.tasks.push(task),
            Next::Failed { task, code } if !FINAL.contains(&code.as_str()) => failed.push((task, code)),
            Next::Failed { task, code } => work.lost.push((task.id, code)),
            Next::Lost { id } => work.lost.push((id, "cut short".to_owned())),
        }
    }
    if failed.is_empty() {
        return Ok(work);
    }
    let times: usize = state::load(counter)?.unwrap_or_default();
    match PAUSES.get(times) {
        // One pause for all: a failed step waits until nothing else is open.
        _ if work.goes_on() => {}
        Some(pause) => {
            state::save(counter, &(times + 1))?;
            work.tasks.extend(failed.into_iter().map(|(task, _)| Task { due: now + pause, ..task }));
        }
        None => work.lost.extend(failed.into_iter().map(|(task, code)| (task.id, code))),
    }
    Ok(work)
}
