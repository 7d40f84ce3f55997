//! The workload's part of the status.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use haymaker_guest::{Deployment, Instant, Problem, ledger, time};
use serde_json::{Map, Value, json};

use crate::{
    config::Pattern,
    cycle::{self, Budget},
    deploy::Run,
    expectation::{Expected, Window, Worked, expected_since, extend},
    mail,
    office::{Account, Office, Purpose, Tenant},
    people::Person,
    threads,
};

/// Tells of the workers, of what is expected of them up to now and in all, and how far they are.
///
/// # Errors
/// `invalid` when config, patterns or state do not fit.
pub fn status(deployment: &Deployment) -> Result<Value, Problem> {
    let office = Office::of(deployment)?;
    let now = time::now();
    let (tenant, accounts) = (Tenant::known()?, Account::all()?);
    let windows = cycle::windows()?;

    // Whoever is not in the ledger any more has gone home.
    let here: BTreeSet<String> = ledger::entries().into_iter().map(|entry| entry.name).collect();
    let ready = accounts.values().filter(|account| account.ready.is_some()).count();
    let past: Vec<Window> = windows.iter().map(|window| window.before(now)).collect();
    let since = |person: &Person| accounts.get(&person.worker).and_then(|account| account.ready);
    let up_to_now = mails(&office, &past, since)?;
    let answers: Answers = Budget::known()?.answers.into_iter().map(|(kind, count)| (kind, count as f64)).collect();
    let address = |person: &Person| tenant.as_ref().map(|tenant| office.address(person, tenant)).unwrap_or_default();
    let is_ready = |person: &Person| {
        let account = accounts.get(&person.worker);
        account.is_some_and(|account| account.ready.is_some()) && here.contains(&address(person))
    };
    let worker = |person: &Person| {
        let is_ready = is_ready(person);
        let department = office.place(person)?.department;
        Ok(json!({
            "name": person.name(),
            "address": address(person),
            "speaker": person.worker,
            "department": department.key(),
            "ready": if is_ready { vec!["mail"] } else { Vec::new() },
        }))
    };
    let mut status = Map::new();
    status.insert("workers".to_owned(), office.people.iter().map(worker).collect::<Result<Value, Problem>>()?);
    status.insert("expected".to_owned(), by_kind(up_to_now, &answers));
    // Bursts, busier days and conversations: counts of an office vary more than independent acts do.
    status.insert(
        "independent".to_owned(),
        json!(office.config.pattern == Pattern::Flat && !office.config.actions.threads()),
    );
    let present = office.people.iter().filter(|person| is_ready(person)).count();
    let summary = match (present, ready) {
        (0, 1..) => "the workers have been taken home".to_owned(),
        _ => format!("{present} of {} workers are ready for mail", office.people.len()),
    };
    status.insert("summary".to_owned(), json!(summary));
    // A run that does not know when it began has all its time before it.
    let begun = Run::known()?.unwrap_or(Run { begun: now });
    if let Some(end) = begun.end(&office) {
        let mut windows = windows;
        let from = windows.last().map_or(begun.begun.max(now), |window| window.until);
        if from < end {
            extend(&mut windows, Window { from, until: end }, office.calendars.iter().map(AsRef::as_ref));
        }
        // Workers who are not ready yet are expected to be, from now on.
        let total = mails(&office, &windows, |person| since(person).or(Some(now)))?;
        let answers = with_future(answers, &office, total - up_to_now);
        status.insert("expected_total".to_owned(), by_kind(total, &answers));
    }
    Ok(Value::Object(status))
}

/// Answers by their kind.
type Answers = BTreeMap<String, f64>;

/// How many mails are expected of those who are ready since a moment: new ones and answers together, as the rates have
/// it.
fn mails(office: &Office, windows: &[Window], since: impl Fn(&Person) -> Option<Instant>) -> Result<f64, Problem> {
    let worked: Vec<Worked> = office.calendars.iter().map(|calendar| Worked::of(windows, calendar)).collect();
    let mut sum = Expected::default();
    for person in &office.people {
        let Some(since) = since(person) else { continue };
        let calendar = &office.place(person)?.calendar;
        let own = office.calendars.iter().zip(&worked).find(|(known, _)| Rc::ptr_eq(known, calendar));
        let Some((_, whole)) = own else { continue };
        sum += office.draw(person, Purpose::Mail, |draw| expected_since(draw, whole, windows, since))?;
    }
    Ok(sum.mean)
}

/// The mails by their kinds: answers as they were planned, and the rest new.
fn by_kind(mails: f64, answers: &Answers) -> Value {
    let new = (mails - answers.values().sum::<f64>()).max(0.0);
    let answers = answers.iter().map(|(kind, count)| (kind.clone(), json!(count)));
    std::iter::once((mail::SEND.to_owned(), json!(new))).chain(answers).collect::<Map<String, Value>>().into()
}

/// The answers with those among so many mails to come: as many as in a run that has lasted, so that a short one has
/// fewer of them and more new mail.
fn with_future(mut answers: Answers, office: &Office, mails: f64) -> Answers {
    for (kind, share) in threads::shares(&office.patterns.threads, office.config.actions) {
        *answers.entry(kind.to_owned()).or_default() += share * mails.max(0.0);
    }
    answers
}
