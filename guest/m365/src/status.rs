//! The workload's part of the status.

use std::{
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use haymaker_guest::{Deployment, Instant, Problem, ledger, time};
use serde_json::{Map, Value, json};

use crate::{
    cleanup,
    config::{Feature, License, Pattern},
    cycle::{self, Budget},
    deploy::Run,
    expectation::{Expected, Window, Worked, expected_since, extend},
    files,
    forecast::forecast,
    invitations, mail, meetings,
    office::{Office, Purpose, Tenant},
    orphans::Found,
    people::Person,
    provision::USER,
    teams, threads,
};

/// Tells of the workers, of what is expected of them up to now and in all, and how far they are.
///
/// # Errors
/// `invalid` when config, patterns or state do not fit.
pub fn status(deployment: &Deployment) -> Result<Value, Problem> {
    let office = Office::of(deployment)?;
    let now = time::now();
    let tenant = Tenant::known()?;
    let windows = cycle::windows()?;
    let ready = Ready::of(&office)?;

    let past: Vec<Window> = windows.iter().map(|window| window.before(now)).collect();
    let up_to_now = mails(&office, &past, &ready)?;
    let answers: Answers =
        Budget::known(cycle::MAIL_BUDGET)?.answers.into_iter().map(|(kind, count)| (kind, count as f64)).collect();
    let mut status = Map::new();
    status.insert("workers".to_owned(), workers(&office, tenant.as_ref(), &ready)?);
    status.insert("expected".to_owned(), all_kinds(by_kind(up_to_now, &answers), others(&office, &past, &ready, now)?));
    // Bursts, busier days and conversations: counts of an office vary more than independent acts do.
    status.insert(
        "independent".to_owned(),
        json!(office.config.pattern == Pattern::Flat && !office.config.actions.threads()),
    );
    if office.config.generation.is_some() {
        status.insert("model_calls_per_day".to_owned(), json!(model_calls(&office)?));
    }
    status.insert("summary".to_owned(), json!(summary(&office, tenant.as_ref(), &ready)));
    if let Some(found) = Found::known()? {
        status.insert("orphans".to_owned(), json!(found));
    }
    if let Some(left) = cleanup::left(&office)? {
        status.insert("left".to_owned(), left);
    }
    // A run that does not know when it began has all its time before it.
    let begun = Run::known()?.unwrap_or(Run { begun: now });
    if windows.is_empty() {
        status.insert("forecast".to_owned(), forecast(&office, begun.begun, begun.end(&office))?);
    }
    if let Some(end) = begun.end(&office) {
        let mut windows = windows;
        let from = windows.last().map_or(begun.begun.max(now), |window| window.until);
        if from < end {
            extend(&mut windows, Window { from, until: end }, office.calendars.iter().map(AsRef::as_ref));
        }
        // Workers who are not ready yet are expected to be, from now on.
        let ready = Ready { otherwise: Some(now), ..ready };
        let total = mails(&office, &windows, &ready)?;
        let answers = with_future(answers, &office, total - up_to_now);
        let total = all_kinds(by_kind(total, &answers), others(&office, &windows, &ready, now)?);
        status.insert("expected_total".to_owned(), total);
    }
    Ok(Value::Object(status))
}

/// How many texts are written on a usual day: mails, messages in Teams, agendas.
fn model_calls(office: &Office) -> Result<f64, Problem> {
    let counts = |feature: Feature, count: f64| if office.config.features.has(feature) { count } else { 0.0 };
    let headcount = office.people.len();
    let of = |person: &Person| -> Result<f64, Problem> {
        let place = office.place(person)?;
        let (rates, hours) = (office.patterns.rates(place.department), place.calendar.closes - place.calendar.opens);
        let talk = counts(Feature::Mail, rates.email) + counts(Feature::Teams, rates.teams);
        let meetings = meetings::called(&office.patterns.meetings, headcount, rates.meetings);
        Ok(talk * f64::from(hours) + counts(Feature::Calendar, meetings))
    };
    office.people.iter().map(of).sum()
}

/// Who is ready for what.
pub struct Ready {
    /// By feature, those who are, and since when.
    known: BTreeMap<Feature, BTreeMap<String, Instant>>,
    /// Since when everybody else counts as ready.
    otherwise: Option<Instant>,
}

impl Ready {
    fn of(office: &Office) -> Result<Ready, Problem> {
        let mut known = BTreeMap::new();
        for feature in office.config.features.iter().filter(|feature| *feature != Feature::Groups) {
            if office.uses(feature)? {
                let ready = office.ready(feature)?.into_iter();
                known.insert(feature, ready.map(|(person, since)| (person.worker.clone(), since)).collect());
            }
        }
        Ok(Ready { known, otherwise: None })
    }

    /// Everybody, for everything that is used, from a moment on.
    ///
    /// # Errors
    /// The state's.
    pub fn everybody(office: &Office, from: Instant) -> Result<Ready, Problem> {
        let used = Ready::of(office)?.known.into_keys();
        Ok(Ready { known: used.map(|feature| (feature, BTreeMap::new())).collect(), otherwise: Some(from) })
    }

    /// Since when somebody is ready for a feature.
    pub fn since(&self, feature: Feature, person: &Person) -> Option<Instant> {
        let known = self.known.get(&feature)?;
        known.get(&person.worker).copied().or(self.otherwise)
    }

    /// For what somebody is ready.
    fn features(&self, person: &Person) -> Vec<&'static str> {
        let ready = self.known.iter().filter(|(_, known)| known.contains_key(&person.worker));
        ready.map(|(feature, _)| feature.key()).collect()
    }
}

/// Who has gone home: whoever is not in the ledger any more. Adopted people were never in it, and stay.
fn at_home(office: &Office) -> impl Fn(&str) -> bool {
    let adopts = office.adopts();
    let here: BTreeSet<String> =
        ledger::entries().into_iter().filter(|entry| entry.kind == USER).map(|entry| entry.name).collect();
    move |address| !adopts && !here.contains(address)
}

fn workers(office: &Office, tenant: Option<&Tenant>, ready: &Ready) -> Result<Value, Problem> {
    let at_home = at_home(office);
    let worker = |person: &Person| {
        let address = tenant.map(|tenant| office.address(person, tenant)).unwrap_or_default();
        let features = if at_home(&address) { Vec::new() } else { ready.features(person) };
        Ok(json!({
            "name": person.name(),
            "address": address,
            "speaker": person.worker,
            "department": office.place(person)?.department.key(),
            "ready": features,
        }))
    };
    office.people.iter().map(worker).collect()
}

/// How many are ready for what, and what cannot be had: `3 of 3 workers are ready for mail, 2 for documents`.
fn summary(office: &Office, tenant: Option<&Tenant>, ready: &Ready) -> String {
    let at_home = at_home(office);
    let here = |person: &&Person| tenant.is_some_and(|tenant| !at_home(&office.address(person, tenant)));
    let count = |known: &BTreeMap<String, Instant>| {
        office.people.iter().filter(here).filter(|person| known.contains_key(&person.worker)).count()
    };
    let anybody = ready.known.values().any(|known| !known.is_empty());
    if anybody && office.people.iter().filter(here).count() == 0 {
        return "the workers have been taken home".to_owned();
    }
    let mut told = ready.known.iter().map(|(feature, known)| (count(known), feature.key()));
    let first = told
        .next()
        .map(|(count, feature)| format!("{count} of {} workers are ready for {feature}", office.people.len()));
    let rest = told.map(|(count, feature)| format!("{count} for {feature}"));
    let ready = first.into_iter().chain(rest).collect::<Vec<_>>().join(", ");
    if ready.is_empty() && office.config.license == License::None && !office.adopts() {
        return "accounts and groups only: license=none gives nobody a mailbox".to_owned();
    }
    let ready = match office.adopts() && !office.config.features.named && !office.config.features.has(Feature::Teams) {
        true => format!("{ready}; no teams: nobody signs adopted people in (teams_mode=device-code asks them to)"),
        false => ready,
    };
    let off = tenant.into_iter().flat_map(|tenant| &tenant.off);
    let off = off.filter(|(feature, _)| office.config.features.has(**feature));
    off.fold(ready, |told, (feature, why)| format!("{told}; no {}: {why}", feature.key()))
}

/// What is expected of everybody over a time to come, by kind.
///
/// # Errors
/// The state's.
pub fn foreseen(office: &Office, window: Window) -> Result<BTreeMap<String, f64>, Problem> {
    let (windows, ready) = ([window], Ready::everybody(office, window.from)?);
    let mails = mails(office, &windows, &ready)?;
    let answers = with_future(Answers::new(), office, mails);
    let others = beside_meetings(office, &windows, &ready, window.from)?.chain(invitations::foreseen(office, window)?);
    let all = all_kinds(by_kind(mails, &answers), others.collect());
    serde_json::from_value(all).map_err(|error| Problem::failed("status", error.to_string()))
}

/// What is expected beside mail, by kind.
fn others(office: &Office, windows: &[Window], ready: &Ready, now: Instant) -> Result<BTreeMap<String, f64>, Problem> {
    let meetings = invitations::expected(office, windows.last().map_or(0, |window| window.until))?;
    Ok(beside_meetings(office, windows, ready, now)?.chain(meetings).collect())
}

/// What is expected beside mail and meetings, by kind.
fn beside_meetings(
    office: &Office,
    windows: &[Window],
    ready: &Ready,
    now: Instant,
) -> Result<impl Iterator<Item = (String, f64)>, Problem> {
    let documents = files::expected(office, windows, ready)?;
    Ok(documents.into_iter().chain(teams::expected(office, windows, ready, now)?))
}

fn all_kinds(mails: Map<String, Value>, others: BTreeMap<String, f64>) -> Value {
    mails.into_iter().chain(others.into_iter().map(|(kind, count)| (kind, json!(count)))).collect::<Map<_, _>>().into()
}

/// Answers by their kind.
type Answers = BTreeMap<String, f64>;

/// How many mails are expected of those who are ready: new ones and answers together, as the rates have it.
fn mails(office: &Office, windows: &[Window], ready: &Ready) -> Result<f64, Problem> {
    Ok(acts(office, windows, (Feature::Mail, Purpose::Mail), ready)?.mean)
}

/// How many acts of a purpose are expected of those who are ready for its feature.
///
/// # Errors
/// `invalid` when somebody is no person of this office.
pub fn acts(
    office: &Office,
    windows: &[Window],
    (feature, purpose): (Feature, Purpose),
    ready: &Ready,
) -> Result<Expected, Problem> {
    let worked: Vec<Worked> = office.calendars.iter().map(|calendar| Worked::of(windows, calendar)).collect();
    let mut sum = Expected::default();
    for person in &office.people {
        let Some(since) = ready.since(feature, person) else { continue };
        let calendar = &office.place(person)?.calendar;
        let own = office.calendars.iter().zip(&worked).find(|(known, _)| Rc::ptr_eq(known, calendar));
        let Some((_, whole)) = own else { continue };
        sum += office.draw(person, purpose, |draw| expected_since(draw, whole, windows, since))?;
    }
    Ok(sum)
}

/// The mails by their kinds: answers as they were planned, and the rest new.
fn by_kind(mails: f64, answers: &Answers) -> Map<String, Value> {
    if mails == 0.0 && answers.values().all(|count| *count == 0.0) {
        return Map::new();
    }
    let new = (mails - answers.values().sum::<f64>()).max(0.0);
    let answers = answers.iter().map(|(kind, count)| (kind.clone(), json!(count)));
    std::iter::once((mail::SEND.to_owned(), json!(new))).chain(answers).collect()
}

/// The answers with those among so many mails to come: as many as in a run that has lasted, so that a short one has
/// fewer of them and more new mail.
fn with_future(mut answers: Answers, office: &Office, mails: f64) -> Answers {
    for (kind, share) in threads::shares(&office.patterns.threads, office.config.actions) {
        *answers.entry(kind.to_owned()).or_default() += share * mails.max(0.0);
    }
    answers
}
