//! The plan of `cycle`: what the workers who are ready do in the next minutes.
//!
//! What is planned is a window of at most a quarter of an hour; where it ends, the next one begins, also when the host
//! was away in between: then the windows that were missed are planned late, their tasks run if they are still worth it,
//! and the ground truth shows the rest as skipped. After a stop nothing is made up for.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{
    Deployment, Instant, Plan, Problem, Task,
    chance::stream,
    plan::HORIZON,
    state,
    time::{self, HOUR, MINUTE},
};
use serde::{Deserialize, Serialize};

use crate::{
    anomalies,
    calendar::Calendar,
    config::{Feature, Pattern},
    deploy::{EXECUTING, Run},
    expectation::{Window, extend},
    files, invitations,
    mail::{self, Step, trail},
    office::{Office, Purpose, index},
    openings,
    people::Person,
    schedule::Act,
    teams,
    threads::{Answer, Company, Waiting, grow},
    ties::Circle,
};

/// State: what was planned, as a list of [`Window`]s.
const WINDOWS: &str = "cycle/windows";

/// State: until when tasks were planned: after a stop that is later than where the last window ends.
const PLANNED: &str = "cycle/planned";

/// State: whether the deployment was stopped since the last window.
const RESTED: &str = "cycle/rested";

/// State: the [`Budget`] of mail.
pub const MAIL_BUDGET: &str = "cycle/budget";

/// How late a mail may be sent: later it would be one of a crowd.
const PATIENCE: u64 = 2 * HOUR;

/// How long after the end of a working day its last mails may still be sent.
const OVERTIME: u64 = 10 * MINUTE;

/// How many people a mail goes to at most, under the flat pattern (an assumption: above it, people use a list).
const MOST_RECIPIENTS: usize = 8;

/// Answers are messages too: each takes the place of a new one, so that people send as many as their rate says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// How many new messages each worker still gives up for answers that came before them.
    owed: BTreeMap<String, u32>,
    /// How many answers were planned, by their kind.
    pub answers: BTreeMap<String, u64>,
}

impl Budget {
    /// What became of it so far.
    ///
    /// # Errors
    /// The state's.
    pub fn known(key: &str) -> Result<Budget, Problem> {
        Ok(state::load(key)?.unwrap_or_default())
    }

    /// Counts an answer, and the new message that it takes the place of.
    pub fn spend(&mut self, worker: &str, kind: &str) {
        *self.owed.entry(worker.to_owned()).or_default() += 1;
        self.count(kind);
    }

    /// Counts what comes back and takes nothing's place.
    pub fn count(&mut self, kind: &str) {
        *self.answers.entry(kind.to_owned()).or_default() += 1;
    }

    /// Whether a new message is given up for an answer.
    pub fn gives_up(&mut self, worker: &str) -> bool {
        match self.owed.get_mut(worker) {
            Some(owed) if *owed > 0 => {
                *owed -= 1;
                true
            }
            _ => false,
        }
    }
}

/// What was planned so far.
///
/// # Errors
/// The state's.
pub fn windows() -> Result<Vec<Window>, Problem> {
    Ok(state::load(WINDOWS)?.unwrap_or_default())
}

/// Plans.
///
/// # Errors
/// `invalid` when config, patterns or state do not fit.
pub fn plan(deployment: &Deployment) -> Result<Plan, Problem> {
    let office = Office::of(deployment)?;
    let now = time::now();
    let end = Run::known()?.and_then(|run| run.end(&office)).unwrap_or(Instant::MAX);
    let mut windows = windows()?;
    let packs = anomalies::upcoming(&office, now)?;
    trail::remember(&office, &packs.tasks)?;
    let plan = Plan::new(EXECUTING).tasks(openings::tasks(&office, now)?).tasks(packs.tasks.iter().cloned());

    let from = begin(&windows, now)?;
    let Some(opens) = office.next(from) else { return Ok(plan.done("nobody ever works")) };
    if opens >= end {
        // The host ends the deployment when its time is over.
        return Ok(plan.tasks(farewell(end)?).wake_at(packs.wake(end)));
    }
    teams::begin(&office)?;
    let horizon = now + HORIZON;
    if opens >= horizon {
        return Ok(plan.wake_at(packs.wake(opens)));
    }
    let window = Window { from: opens, until: (opens + HORIZON).min(horizon).min(end) };
    if rested()? {
        Waiting::<Answer>::forget(window.from)?;
        teams::forget(window.from)?;
        state::remove(RESTED)?;
    }
    // What was planned before a stop is known to the host, done or not: none of it is drawn again, nor what follows it.
    let planned: Instant = state::load(PLANNED)?.unwrap_or_default();
    let fresh = Window { from: window.from.max(planned), ..window };
    let tasks = if fresh.from < fresh.until { tasks(&office, fresh)? } else { Vec::new() };
    state::save(PLANNED, &planned.max(window.until))?;
    extend(&mut windows, window, office.calendars.iter().map(AsRef::as_ref));
    state::save(WINDOWS, &windows)?;
    trail::remember(&office, &tasks)?;
    let next = office.next(window.until).unwrap_or(end).min(end);
    let last = if next >= end { farewell(end)? } else { Vec::new() };
    Ok(plan.tasks(tasks).tasks(last).wake_at(packs.wake(next)))
}

/// What is done at the last moment of a run that has one: nobody is asked any more when it is over.
fn farewell(end: Instant) -> Result<Vec<Task>, Problem> {
    if end == Instant::MAX {
        return Ok(Vec::new());
    }
    Ok(teams::end("end", end.saturating_sub(1))?.tasks)
}

/// Remembers that the deployment rests: what it misses is not made up for, and nothing is expected of it from now on.
///
/// # Errors
/// The state's.
pub fn rest() -> Result<(), Problem> {
    if rested()? {
        return Ok(());
    }
    let now = time::now();
    let windows: Vec<Window> = windows()?.into_iter().map(|window| window.before(now)).collect();
    state::save(WINDOWS, &windows)?;
    state::save(RESTED, &true)
}

fn rested() -> Result<bool, Problem> {
    Ok(state::load(RESTED)?.unwrap_or(false))
}

/// Where the next window begins.
fn begin(windows: &[Window], now: Instant) -> Result<Instant, Problem> {
    let rested = rested()?;
    Ok(match windows.last() {
        Some(last) if rested => last.until.max(now),
        Some(last) => last.until,
        None => now,
    })
}

/// All that is due in a window.
fn tasks(office: &Office, window: Window) -> Result<Vec<Task>, Problem> {
    let ready = office.ready(Feature::Mail)?;
    let mut tasks = mails(office, &ready, window)?;
    tasks.extend(teams::tasks(office, window)?);
    tasks.extend(invitations::tasks(office, window)?);
    if office.config.actions.read {
        for (person, since) in ready {
            let acts =
                office.draw(person, Purpose::Inbox, |draw| draw.between(window.from.max(since), window.until))?;
            let calendar = &office.place(person)?.calendar;
            tasks.extend(acts.into_iter().map(|act| visit(calendar, person, act)));
        }
    }
    tasks.extend(files::tasks(office, window)?);
    Ok(tasks)
}

/// A mail's turn: in the order of time, whatever it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// A new mail of the person at this index.
    New(usize, Act),
    /// The answer at this place among those that are due.
    Answer(usize),
}

/// The mails of a window: answers that are due, and new mails, whose threads may have answers in the same window.
fn mails(office: &Office, ready: &[(&Person, Instant)], window: Window) -> Result<Vec<Task>, Problem> {
    let reachable: Vec<usize> = ready.iter().map(|(person, _)| index(person)).collect();
    let company = Company {
        seed: office.seed,
        places: &office.places,
        reachable: &reachable,
        patterns: &office.patterns,
        actions: office.config.actions,
    };
    let mut turns: BTreeSet<(Instant, String, Turn)> = BTreeSet::new();
    for (person, since) in ready {
        let acts = office.draw(person, Purpose::Mail, |draw| draw.between(window.from.max(*since), window.until))?;
        turns.extend(acts.into_iter().map(|act| (act.due, new_mail(person, act), Turn::New(index(person), act))));
    }
    let mut answers: Vec<Answer> = Vec::new();
    let mut waiting: Vec<Answer> = Vec::new();
    let mut due: Vec<Answer> = Waiting::take(window.from, window.until)?;
    let mut budget = Budget::known(MAIL_BUDGET)?;
    let mut circles: BTreeMap<usize, Circle> = BTreeMap::new();
    let mut tasks = Vec::new();
    loop {
        for answer in due.drain(..) {
            turns.insert((answer.due, answer.task(), Turn::Answer(answers.len())));
            answers.push(answer);
        }
        let Some((_, id, turn)) = turns.pop_first() else { break };
        match turn {
            Turn::Answer(place) => {
                let Some(answer) = answers.get(place) else { continue };
                let person = at(office, answer.by)?;
                let kind = mail::kind(answer.manner);
                budget.spend(&person.worker, kind);
                tasks.push(reply(office, person, kind, answer)?);
            }
            Turn::New(sender, act) => {
                let person = at(office, sender)?;
                if budget.gives_up(&person.worker) {
                    continue;
                }
                let to = recipients(&company, office.config.pattern, &id, sender, &mut circles);
                tasks.push(new(office, person, &id, act, &to)?);
                if company.actions.threads() && !to.is_empty() {
                    let thread = grow(&company, &id, sender, &to, act.due);
                    let (soon, later) = thread.into_iter().partition(|answer| answer.due < window.until);
                    due = soon;
                    waiting.extend(later);
                }
            }
        }
    }
    Waiting::put(waiting)?;
    if company.actions.threads() {
        state::save(MAIL_BUDGET, &budget)?;
    }
    Ok(tasks)
}

/// The person at this index.
///
/// # Errors
/// `invalid` when nobody is there.
pub fn at(office: &Office, index: usize) -> Result<&Person, Problem> {
    let nobody = || Problem::invalid("no-such-worker", format!("nobody is at {index} of {}", office.people.len()));
    office.people.get(index).ok_or_else(nobody)
}

/// Until when something is worth doing that is due at this moment.
pub fn expiry(calendar: &Calendar, due: Instant) -> Instant {
    let closes = calendar.hours(calendar.day_of(due)).map_or(due, |(_, closes)| closes);
    (due + PATIENCE).min(closes + OVERTIME)
}

/// The name of a new mail's task.
fn new_mail(person: &Person, act: Act) -> String {
    format!("mail/{}/{}/{}", person.worker, act.day, act.number)
}

/// A new mail.
fn new(office: &Office, person: &Person, id: &str, act: Act, to: &[usize]) -> Result<Task, Problem> {
    let summary = match to {
        [] => format!("{} writes a note", person.name()),
        [_] => format!("{} mails a colleague", person.name()),
        several => format!("{} mails {} colleagues", person.name(), several.len()),
    };
    // Somebody without colleagues writes to themselves.
    let to = if to.is_empty() { &[index(person)] } else { to };
    let to = to.iter().map(|to| Ok(at(office, *to)?.worker.clone())).collect::<Result<Vec<String>, Problem>>()?;
    Task::new(id, mail::SEND, &person.worker, act.due)
        .expires(expiry(&office.place(person)?.calendar, act.due))
        .summary(summary)
        .with_payload(&Step::Draft { to, written: None, mark: None })
}

/// A mail that continues a thread.
fn reply(office: &Office, person: &Person, kind: &str, answer: &Answer) -> Result<Task, Problem> {
    let does = match kind {
        mail::FORWARD => "passes a mail on",
        mail::REPLY_ALL => "answers to all",
        _ => "answers a mail",
    };
    Task::new(answer.task(), kind, &person.worker, answer.due)
        .expires(expiry(&office.place(person)?.calendar, answer.due))
        .summary(format!("{} {does}", person.name()))
        .with_payload(&Step::Answer { answer: answer.clone(), written: None })
}

/// A look into the inbox.
fn visit(calendar: &Calendar, person: &Person, act: Act) -> Task {
    let id = format!("inbox/{}/{}/{}", person.worker, act.day, act.number);
    Task::new(id, mail::READ, &person.worker, act.due)
        .expires(expiry(calendar, act.due))
        .summary(format!("{} reads mail", person.name()))
}

/// To whom a mail goes: to some colleagues, or to nobody where there are none.
fn recipients(
    company: &Company,
    pattern: Pattern,
    task: &str,
    sender: usize,
    circles: &mut BTreeMap<usize, Circle>,
) -> Vec<usize> {
    let mut chance = stream(company.seed, &[task, "recipients"]);
    let ties = &company.patterns.ties;
    match pattern {
        Pattern::Flat => {
            let mut others: Vec<usize> = company.reachable.iter().copied().filter(|to| *to != sender).collect();
            let count = MOST_RECIPIENTS.min(1 + chance.geometric(1.0 / ties.mail_recipients) as usize);
            chance.sample(&mut others, count);
            others.truncate(count);
            others
        }
        Pattern::Office => {
            let circle = || Circle::of(company.seed, sender, company.places, company.reachable, ties);
            circles.entry(sender).or_insert_with(circle).recipients(ties.mail_recipients, &mut chance)
        }
    }
}
