//! The plan of `cycle`: what the workers who are ready do in the next minutes.
//!
//! What is planned is a window of at most a quarter of an hour; where it ends, the next one begins, also when the host
//! was away in between: then the windows that were missed are planned late, their tasks run if they are still worth it,
//! and the ground truth shows the rest as skipped. After a stop nothing is made up for.

use haymaker_guest::{
    Deployment, Instant, Plan, Problem, Task,
    chance::stream,
    plan::HORIZON,
    state,
    time::{self, HOUR, MINUTE},
};

use crate::{
    calendar::Calendar,
    deploy::{EXECUTING, Run},
    expectation::{Window, extend},
    mail::{self, Step},
    office::{Account, Office},
    pattern::Patterns,
    people::Person,
    schedule::{Act, Draw},
};

/// State: what was planned, as a list of [`Window`]s.
const WINDOWS: &str = "cycle/windows";

/// State: whether the deployment was stopped since the last window.
const RESTED: &str = "cycle/rested";

/// The name of mail's draw.
const PURPOSE: &str = "email";

/// How late a mail may be sent: later it would be one of a crowd.
const PATIENCE: u64 = 2 * HOUR;

/// How long after the end of a working day its last mails may still be sent.
const OVERTIME: u64 = 10 * MINUTE;

/// How many people a mail goes to, on average (BEHAVIOUR: geometric), and at most (an assumption: above it, people use
/// a list).
const RECIPIENTS: f64 = 1.7;
const MOST_RECIPIENTS: usize = 8;

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
    let patterns = Patterns::read()?;
    let calendar = patterns.calendar();
    let now = time::now();
    let end = Run::known()?.and_then(|run| run.end(&office)).unwrap_or(Instant::MAX);
    let mut windows = windows()?;
    let plan = Plan::new(EXECUTING);

    let from = begin(&windows, now)?;
    let Some(opens) = calendar.next(from) else { return Ok(plan.done("nobody ever works")) };
    if opens >= end {
        // The host ends the deployment when its time is over.
        return Ok(plan.wake_at(end));
    }
    let horizon = now + HORIZON;
    if opens >= horizon {
        return Ok(plan.wake_at(opens));
    }
    let closes = calendar.hours(time::day_of(opens)).map_or(horizon, |(_, closes)| closes);
    let window = Window { from: opens, until: (opens + HORIZON).min(horizon).min(closes).min(end) };
    let tasks = tasks(&office, &patterns, &calendar, window)?;
    extend(&mut windows, window, &calendar);
    state::save(WINDOWS, &windows)?;
    state::remove(RESTED)?;
    let next = calendar.next(window.until).unwrap_or(end).min(end);
    Ok(plan.tasks(tasks).wake_at(next))
}

/// Remembers that the deployment rests: what it misses is not made up for, and nothing is expected of it from now on.
///
/// # Errors
/// The state's.
pub fn rest() -> Result<(), Problem> {
    if state::load(RESTED)?.unwrap_or(false) {
        return Ok(());
    }
    let now = time::now();
    let windows: Vec<Window> = windows()?.into_iter().map(|window| window.before(now)).collect();
    state::save(WINDOWS, &windows)?;
    state::save(RESTED, &true)
}

/// Where the next window begins.
fn begin(windows: &[Window], now: Instant) -> Result<Instant, Problem> {
    let rested = state::load(RESTED)?.unwrap_or(false);
    Ok(match windows.last() {
        Some(last) if rested => last.until.max(now),
        Some(last) => last.until,
        None => now,
    })
}

/// The mails of a window.
fn tasks(office: &Office, patterns: &Patterns, calendar: &Calendar, window: Window) -> Result<Vec<Task>, Problem> {
    let accounts = Account::all()?;
    let since = |person: &Person| accounts.get(&person.worker).and_then(|account| account.ready);
    let ready: Vec<(&Person, Instant)> =
        office.people.iter().filter_map(|person| Some((person, since(person)?))).collect();
    let colleagues: Vec<&Person> = ready.iter().map(|(person, _)| *person).collect();
    let per_hour = patterns.email_per_hour(office.config.department);
    let mut tasks = Vec::new();
    for (person, since) in ready {
        let draw = Draw { calendar, seed: office.seed, worker: &person.worker, purpose: PURPOSE, per_hour };
        for act in draw.between(window.from.max(since), window.until) {
            tasks.push(task(office, calendar, person, &colleagues, act)?);
        }
    }
    Ok(tasks)
}

fn task(
    office: &Office,
    calendar: &Calendar,
    person: &Person,
    colleagues: &[&Person],
    act: Act,
) -> Result<Task, Problem> {
    let id = format!("mail/{}/{}/{}", person.worker, act.day, act.number);
    let to = recipients(office.seed, &id, person, colleagues);
    let summary = match to.as_slice() {
        [only] if *only == person.worker => format!("{} writes a note", person.name()),
        [_] => format!("{} mails a colleague", person.name()),
        several => format!("{} mails {} colleagues", person.name(), several.len()),
    };
    let (_, closes) = calendar.hours(act.day).unwrap_or((act.due, act.due));
    Task::new(id, mail::SEND, &person.worker, act.due)
        .expires((act.due + PATIENCE).min(closes + OVERTIME))
        .summary(summary)
        .with_payload(&Step::Draft { to })
}

/// To whom a mail goes: to some colleagues, or to its writer, who has none.
fn recipients(seed: u64, task: &str, sender: &Person, colleagues: &[&Person]) -> Vec<String> {
    let mut others: Vec<&str> = colleagues
        .iter()
        .filter(|person| person.number != sender.number)
        .map(|person| person.worker.as_str())
        .collect();
    if others.is_empty() {
        return vec![sender.worker.clone()];
    }
    let mut chance = stream(seed, &[task, "recipients"]);
    let count = MOST_RECIPIENTS.min(1 + chance.geometric(1.0 / RECIPIENTS) as usize);
    chance.sample(&mut others, count);
    others.into_iter().take(count).map(str::to_owned).collect()
}
