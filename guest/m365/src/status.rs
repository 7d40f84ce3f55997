//! The workload's part of the status.

use std::collections::BTreeSet;

use haymaker_guest::{Deployment, Problem, ledger, time};
use serde_json::{Map, Value, json};

use crate::{
    cycle,
    deploy::Run,
    expectation::{Window, expected, extend},
    mail,
    office::{Account, Office, Tenant},
    pattern::Patterns,
    people::Person,
};

/// Tells of the workers, of what is expected of them up to now and in all, and how far they are.
///
/// # Errors
/// `invalid` when config, patterns or state do not fit.
pub fn status(deployment: &Deployment) -> Result<Value, Problem> {
    let office = Office::of(deployment)?;
    let patterns = Patterns::read()?;
    let (calendar, now) = (patterns.calendar(), time::now());
    let (tenant, accounts) = (Tenant::known()?, Account::all()?);
    let per_hour = patterns.email_per_hour(office.config.department);
    let windows = cycle::windows()?;

    // Whoever is not in the ledger any more has gone home.
    let here: BTreeSet<String> = ledger::entries().into_iter().map(|entry| entry.name).collect();
    let ready: Vec<u64> = accounts.values().filter_map(|account| account.ready).collect();
    let past: Vec<Window> = windows.iter().map(|window| window.before(now)).collect();
    let up_to_now = expected(&past, &calendar, per_hour, &ready);
    let address = |person: &Person| tenant.as_ref().map(|tenant| office.address(person, tenant)).unwrap_or_default();
    let is_ready = |person: &Person| {
        let account = accounts.get(&person.worker);
        account.is_some_and(|account| account.ready.is_some()) && here.contains(&address(person))
    };
    let worker = |person: &Person| {
        let is_ready = is_ready(person);
        json!({
            "name": person.name(),
            "address": address(person),
            "department": office.config.department.key(),
            "ready": if is_ready { vec!["mail"] } else { Vec::new() },
        })
    };
    let mut status = Map::new();
    status.insert("workers".to_owned(), office.people.iter().map(worker).collect());
    status.insert("expected".to_owned(), json!({mail::SEND: up_to_now}));
    let present = office.people.iter().filter(|person| is_ready(person)).count();
    let summary = match (present, ready.len()) {
        (0, 1..) => "the workers have been taken home".to_owned(),
        _ => format!("{present} of {} workers are ready for mail", office.config.workers),
    };
    status.insert("summary".to_owned(), json!(summary));
    // A run that does not know when it began has all its time before it.
    let begun = Run::known()?.unwrap_or(Run { begun: now });
    if let Some(end) = begun.end(&office) {
        let mut windows = windows;
        let from = windows.last().map_or(begun.begun.max(now), |window| window.until);
        if from < end {
            extend(&mut windows, Window { from, until: end }, &calendar);
        }
        // Workers who are not ready yet are expected to be, from now on.
        let waiting = (office.config.workers as usize).saturating_sub(ready.len());
        let all: Vec<u64> = ready.into_iter().chain(std::iter::repeat_n(now, waiting)).collect();
        let total = expected(&windows, &calendar, per_hour, &all);
        status.insert("expected_total".to_owned(), json!({mail::SEND: total}));
    }
    Ok(Value::Object(status))
}
