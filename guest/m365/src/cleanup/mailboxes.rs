//! Taking our mails out of mailboxes that stay: the sender's copy and each recipient's, for good.
//!
//! A mail is found by the name that its task gave it, so nothing else in the mailbox is ever looked at. It is removed
//! with `permanentDelete`, because a mail in the recoverable items would be found by the very searches that a tenant's
//! owner runs; then it is looked for once more. Documents go first ([`crate::files`]).

use haymaker_guest::{
    Activity, Deployment, Instant, Outcome, Problem, Task,
    http::{Effect, Request, segment},
    ledger::{self, Entry},
    time,
};
use serde::{Deserialize, Serialize};

use crate::{
    adoption::{Adopted, LENT},
    files,
    graph::{self, ENDPOINT},
    mail::trail::{self, Left},
    naming,
    office::{Account, Office, Tenant},
    people::Person,
};

/// Kinds of tasks. Removes mails.
pub const WITHDRAW: &str = "email.withdraw";
/// Lets go of somebody who was lent.
pub const RELEASE: &str = "user.release";

/// Mails that one task removes: with every recipient's copy some dozens of requests, well within a task's time.
const AT_ONCE: usize = 4;

/// A part of what a worker wrote.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Part {
    round: u32,
    first: usize,
}

impl Part {
    fn task(self, person: &Person, written: usize, now: Instant) -> Result<Task, Problem> {
        let Part { round, first } = self;
        let worker = &person.worker;
        Task::new(format!("cleanup/{round}/{worker}/mails/{first}"), WITHDRAW, worker.as_str(), now)
            .summary(format!("removes mails of {} ({} of {written})", person.name(), (first + AT_ONCE).min(written)))
            .with_payload(&self)
    }

    fn next(self) -> Part {
        Part { first: self.first + AT_ONCE, ..self }
    }
}

/// For each person who is lent the steps that take away what it wrote, wherever that lies.
///
/// # Errors
/// The state's.
pub(super) fn chains(office: &Office, round: u32, now: Instant) -> Result<Vec<Vec<Task>>, Problem> {
    let mut chains = Vec::new();
    for person in &office.people {
        let written = trail::of(&person.worker)?.len();
        let parts = (0..written).step_by(AT_ONCE).map(|first| Part { round, first }.task(person, written, now));
        let mut chain: Vec<Task> = files::withdrawal(office, person, round, now)?.into_iter().collect();
        chain.extend(parts.collect::<Result<Vec<Task>, Problem>>()?);
        chains.push(chain);
    }
    Ok(chains)
}

/// For each person who is lent the step that lets go of it: once nothing of anybody's lies with it any more.
///
/// # Errors
/// The task's.
pub(super) fn releases(office: &Office, lent: &[&Entry], round: u32, now: Instant) -> Result<Vec<Vec<Task>>, Problem> {
    let adopted = |person: &Person| {
        let adopted = Adopted::of(person).ok()?;
        lent.iter().any(|entry| entry.name == adopted.upn).then_some(adopted.upn)
    };
    let lent = office.people.iter().filter_map(|person| Some((person, adopted(person)?)));
    lent.map(|(person, upn)| Ok(vec![release(person, &upn, round, now)?])).collect()
}

fn release(person: &Person, upn: &str, round: u32, now: Instant) -> Result<Task, Problem> {
    Task::new(format!("cleanup/{round}/{}/release", person.worker), RELEASE, person.worker.as_str(), now)
        .summary(format!("lets go of {}", person.name()))
        .with_payload(&upn)
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `failed` with `not-gone` while a mail is still found.
pub(super) fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    if task.kind == RELEASE {
        ledger::released(LENT, &task.read_payload::<String>()?)?;
        return Ok(Outcome::activity(Activity::infrastructure(RELEASE)));
    }
    let office = Office::of(deployment)?;
    let person = office.person(&task.actor)?;
    let domain = Tenant::required()?.domain;
    let part: Part = task.read_payload()?;
    let all = trail::of(&person.worker)?;
    for Left { task, to } in all.iter().skip(part.first).take(AT_ONCE) {
        let name = naming::message_id(&office.deployment, task, &domain);
        for worker in to.iter().chain([&person.worker]) {
            if let Some(Account { user_id, .. }) = Account::of(worker)? {
                withdraw(&user_id, &name)?;
            }
        }
    }
    let account = Account::required(task)?;
    let upn = person.address.clone().unwrap_or_default();
    let told = office.told(Activity::infrastructure(WITHDRAW), person, &upn, &account.user_id)?;
    let (outcome, next) = (Outcome::activity(told), part.next());
    Ok(if next.first < all.len() { outcome.then(next.task(person, all.len(), time::now())?) } else { outcome })
}

/// Removes a mail from a mailbox, wherever it lies in it.
fn withdraw(user_id: &str, name: &str) -> Result<(), Problem> {
    for id in find(user_id, name)? {
        let target = format!("{}/messages/{}/permanentDelete", graph::user(user_id), segment(&id));
        let response = Request::post(ENDPOINT, target).effect(Effect::Repeatable).send()?;
        if response.status != 404 {
            graph::accept(response, "cannot remove a mail")?;
        }
    }
    match find(user_id, name)?.len() {
        0 => Ok(()),
        left => Err(Problem::failed("not-gone", format!("{left} copies of {name} are still there"))),
    }
}

fn find(user_id: &str, name: &str) -> Result<Vec<String>, Problem> {
    #[derive(Deserialize)]
    struct Found {
        id: String,
    }
    let request = Request::get(ENDPOINT, format!("{}/messages", graph::user(user_id)))
        .query("$filter", &format!("internetMessageId eq {}", graph::text(name)))
        .query("$select", "id");
    let found: Vec<Found> = graph::collect(request, "cannot search a mailbox")?;
    Ok(found.into_iter().map(|found| found.id).collect())
}
