//! The plan of `cleanup`: take away everything that the ledger names, then prove that nothing is left.
//!
//! What exists is decided from the ledger, because listings lag. A *round* is one run of cleanup: when it ends, well or
//! not, a repeated cleanup begins another one, whose tasks have other names and so are done again.

mod mailboxes;
mod tasks;

use haymaker_guest::{
    Deployment, Instant, Outcome, Plan, Problem, Task,
    ledger::{self, Entry},
    log, state, time,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::{
    mailboxes::{RELEASE, WITHDRAW},
    tasks::{DELETE, LOOKUP, PROVE, PURGE, VERIFY},
};
use crate::{
    adoption::LENT,
    cycle, groups,
    office::Office,
    provision::{self, USER},
    remains, steps, teams,
};

/// Phase while things are taken away.
const CLEANUP: &str = "cleanup";
/// Phase when nothing is left.
const CLEANED_UP: &str = "cleaned_up";

/// State: the round.
const ROUND: &str = "cleanup/round";

/// A run of cleanup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    /// Its number, from 1.
    number: u32,
    /// Whether it has ended.
    over: bool,
    /// When it did.
    #[serde(default)]
    ended: Option<Instant>,
    /// Whether there was anything to take away: then its absence is to be proved.
    #[serde(default)]
    found: bool,
    /// Whether groups were among it: then they are searched for, whoever made them.
    #[serde(default)]
    groups: bool,
}

impl Round {
    /// The round under way, or a new one.
    fn current() -> Result<Round, Problem> {
        let last: Round = state::load(ROUND)?.unwrap_or(Round { over: true, ..Round::default() });
        if !last.over {
            return Ok(last);
        }
        let round = Round { number: last.number + 1, ..Round::default() };
        state::save(ROUND, &round)?;
        Ok(round)
    }

    /// Remembers that there is something to take away.
    fn finds(self, entries: &[Entry]) -> Result<Round, Problem> {
        let groups = self.groups || entries.iter().any(|entry| entry.kind == groups::GROUP);
        let round = Round { found: true, groups, ..self };
        if round != self {
            state::save(ROUND, &round)?;
        }
        Ok(round)
    }

    fn end(self) -> Result<(), Problem> {
        state::save(ROUND, &Round { over: true, ended: Some(time::now()), ..self })
    }

    /// State: how often failed steps of this round were begun again.
    fn retries(self, part: &str) -> String {
        format!("cleanup/retries/{}/{part}", self.number)
    }
}

/// What the last round cannot have taken away, as the status tells it; none before there was one.
///
/// # Errors
/// The state's.
pub fn left(office: &Office) -> Result<Option<Value>, Problem> {
    let Some(Round { number, ended, .. }) = state::load(ROUND)? else { return Ok(None) };
    let searches = [1, 2].map(|search| tasks::proof(number, search, 0).id);
    remains::remains(office, ended, searches).map(Some)
}

/// Whether the round under way takes groups away.
///
/// # Errors
/// The state's.
fn takes_groups() -> Result<bool, Problem> {
    Ok(state::load::<Round>(ROUND)?.is_some_and(|round| round.groups))
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while the directory has not caught up.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    match task.kind.as_str() {
        WITHDRAW | RELEASE => mailboxes::perform(deployment, task),
        _ => tasks::perform(deployment, task),
    }
}

/// Plans.
///
/// # Errors
/// The state's.
pub fn plan(deployment: &Deployment) -> Result<Plan, Problem> {
    let now = time::now();
    let round = Round::current()?;
    let plan = Plan::new(CLEANUP);
    cycle::rest()?;

    let entries = ledger::entries();
    let round = if entries.is_empty() { round } else { round.finds(&entries)? };
    if !round.found && provision::never_begun() {
        round.end()?;
        return Ok(Plan::new(CLEANED_UP).done("0 left in the tenant: nothing was ever created"));
    }
    let office = Office::of(deployment)?;
    let imports = teams::end(&format!("cleanup-{}", round.number), now)?;
    if imports.goes_on() {
        return Ok(plan.tasks(imports.tasks).when_idle());
    }
    let (lent, made): (Vec<&Entry>, Vec<&Entry>) = entries.iter().partition(|entry| entry.kind == LENT);
    let (mails, releases) = match office.adopts() {
        true => {
            (mailboxes::chains(&office, round.number, now)?, mailboxes::releases(&office, &lent, round.number, now)?)
        }
        false => (Vec::new(), Vec::new()),
    };
    // Groups, teams and the like before users: whoever owns them must still be there.
    let (users, others): (Vec<&Entry>, Vec<&Entry>) = made.into_iter().partition(|entry| entry.kind == USER);
    let removal = |entries: Vec<&Entry>| -> Vec<Vec<Task>> {
        entries.into_iter().map(|entry| tasks::removal(deployment, round.number, entry, now)).collect()
    };
    let mut lost = imports.lost;
    let chats = others.iter().filter(|entry| entry.kind == teams::CHAT).count();
    let chats = teams::forget_chats(round.number, chats, now).into_iter().map(|task| vec![task]);
    let others = removal(others).into_iter().chain(chats).collect();
    for (part, chains) in [("mails", mails), ("lent", releases), ("others", others), ("users", removal(users))] {
        // Nobody is given back with whom something still lies.
        if part == "lent" && !lost.is_empty() {
            continue;
        }
        let work = steps::decide(chains.into_iter().map(steps::next), &round.retries(part), now)?;
        if work.goes_on() {
            return Ok(plan.tasks(work.tasks).when_idle());
        }
        lost.extend(work.lost);
    }
    if !entries.is_empty() || !lost.is_empty() {
        round.end()?;
        let left = entries.len().max(lost.len());
        let why = if lost.is_empty() { "unknown reasons".to_owned() } else { steps::told(&lost) };
        return Ok(
            plan.failed(format!("{left} left in the tenant: {why}; `haymaker logs` has more, then clean up again"))
        );
    }

    let proof = [tasks::proof(round.number, 1, now), tasks::proof(round.number, 2, now)];
    let work = steps::decide([steps::next(proof)], &round.retries("proof"), now)?;
    if work.goes_on() {
        return Ok(plan.tasks(work.tasks).when_idle());
    }
    round.end()?;
    if work.lost.is_empty() {
        log::info(if office.adopts() {
            "0 left in the tenant: every mail that was written is gone from every mailbox; the people stay"
        } else {
            "0 left in the tenant: everything in the ledger is gone, and two searches by tag found none"
        });
        return Ok(Plan::new(CLEANED_UP).done("0 left in the tenant"));
    }
    Ok(plan.failed(format!("nothing is left in the ledger, but that could not be proved: {}", work.losses())))
}
