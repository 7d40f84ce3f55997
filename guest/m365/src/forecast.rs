//! What a deployment is going to do in its tenant, for whoever decides whether it may: before anything is created, from
//! what the look at the tenant found.

use std::collections::BTreeMap;

use haymaker_guest::{
    Instant, Problem,
    time::{self, Day},
};
use serde_json::{Map, Value, json};

use crate::{
    calendar::Calendar,
    config::{ActAs, Feature, License, Source, TeamsMode},
    expectation::Window,
    mail,
    office::{Office, Purpose, Tenant},
    status::{Ready, acts, foreseen},
    teams,
};

/// Over how much time the expectation is averaged: a week, because its days differ.
const AVERAGED: u64 = 7 * time::DAY;

/// Requests that an activity takes where all goes well, as counted over a week of sixty people: a draft is made, changed
/// and sent; what is said in Teams was perhaps looked for before; whatever else is found, then done. Making workers and
/// cleaning up come on top, once.
const REQUESTS: [(&str, f64); 7] = [
    (mail::SEND, 2.0),
    (mail::REPLY, 2.6),
    (mail::REPLY_ALL, 2.6),
    (mail::FORWARD, 2.6),
    (teams::CHANNEL_MESSAGE, 1.6),
    (teams::CHAT_MESSAGE, 1.6),
    ("", 2.0),
];

/// The same in mailboxes that are lent: what is answered or sent there is looked at before.
const LENT_REQUESTS: [(&str, f64); 5] =
    [(mail::SEND, 3.0), (mail::REPLY, 7.0), (mail::REPLY_ALL, 7.0), (mail::FORWARD, 7.0), ("", 2.0)];

/// How often a mail is marked as read: once by each recipient. Counted likewise.
const READ: f64 = 1.5;

/// Kinds of mails.
const MAILS: [&str; 4] = [mail::SEND, mail::REPLY, mail::REPLY_ALL, mail::FORWARD];

/// Foresees a deployment that begins at this moment and, if it was told how long to run, ends.
///
/// # Errors
/// `invalid` when the state does not fit.
pub fn forecast(office: &Office, begun: Instant, end: Option<Instant>) -> Result<Value, Problem> {
    let tenant = Tenant::known()?;
    let mut forecast = Map::new();
    let mut tell = |key: &str, value: Value| forecast.insert(key.to_owned(), value);
    if let Some(tenant) = &tenant {
        tell("domain", json!(tenant.domain));
    }
    tell("workers_from", json!(source(office)));
    if let (Some(license), Some(sku)) = (office.config.license.sku(), tenant.and_then(|tenant| tenant.sku)) {
        tell("seats", json!({"license": license, "needed": office.config.workers(), "free": sku.free}));
    }
    let window = Window { from: begun, until: end.unwrap_or(Instant::MAX).min(begun.saturating_add(AVERAGED)) };
    let days = office.calendars.iter().map(|calendar| worked(calendar, window)).fold(0.0, f64::max);
    if days > 0.0 {
        // What is shorter than a day is told as what it is.
        let days = days.max(1.0);
        let mut per_day = foreseen(office, window)?;
        per_day.values_mut().for_each(|count| *count /= days);
        tell("requests_per_day", json!(requests(office, &per_day) + visits(office, window)? / days));
        tell("per_day", json!(per_day));
    }
    if let Some(first) = office.next(begun).filter(|first| end.is_none_or(|end| *first < end)) {
        tell("first_activity", json!(time::rfc3339(first)));
    }
    tell("remains", json!(remains(office)?));
    let limits = match office.config.teams_mode {
        _ if office.config.act_as == ActAs::Delegated => {
            "people act with their own tokens: nothing is done in their names by the application"
        }
        _ if !office.adopts() && office.config.license == License::None => {
            "accounts and groups only: license=none gives nobody a mailbox"
        }
        _ if office.adopts() && !office.uses(Feature::Teams)? => {
            "an application writes mail as people; adopted people do not speak in Teams, because nobody signs them in \
             (teams_mode=device-code asks them to), and their calendars are left alone"
        }
        _ if !office.uses(Feature::Teams)? => "an application writes mail and invitations as people",
        TeamsMode::Migration => {
            "an application writes mail and invitations as people, and imports what they say in Teams: clients show \
             where it is being done, and nobody else can write there before the deployment rests"
        }
        _ => {
            "an application writes mail and invitations as people; Teams messages and reactions need people's own \
             sign-ins"
        }
    };
    tell("limits", json!(limits));
    Ok(forecast.into())
}

fn source(office: &Office) -> String {
    match &office.config.source {
        Source::Create => "created for this deployment, and taken away again".to_owned(),
        Source::Group(group) => format!("adopted from the group {group}; their accounts stay as they are"),
    }
}

/// How many working days a time is worth.
fn worked(calendar: &Calendar, window: Window) -> f64 {
    let share = |(day, from, until): (Day, Instant, Instant)| {
        let hours = calendar.hours(day).map_or(0, |(opens, closes)| closes - opens);
        if hours == 0 { 0.0 } else { (until - from) as f64 / hours as f64 }
    };
    calendar.stretches(window.from, window.until).map(share).sum()
}

fn requests(office: &Office, per_day: &BTreeMap<String, f64>) -> f64 {
    let table = if office.adopts() { &LENT_REQUESTS[..] } else { &REQUESTS };
    let figure = |kind: &str| table.iter().find(|(known, _)| *known == kind || known.is_empty());
    let of = |(kind, count): (&String, &f64)| {
        let read = office.config.actions.read && MAILS.contains(&kind.as_str());
        count * (figure(kind).map_or(0.0, |(_, figure)| *figure) + if read { READ } else { 0.0 })
    };
    per_day.iter().map(of).sum()
}

/// Visits to inboxes, by those who look into them: each lists what is new.
fn visits(office: &Office, window: Window) -> Result<f64, Problem> {
    let actions = office.config.actions;
    if !(actions.read || actions.organize || actions.threads()) {
        return Ok(0.0);
    }
    let everybody = Ready::everybody(office, window.from)?;
    Ok(acts(office, &[window], (Feature::Mail, Purpose::Inbox), &everybody)?.mean)
}

/// What a cleanup will not be able to take away.
fn remains(office: &Office) -> Result<Vec<&'static str>, Problem> {
    let mut remains = Vec::new();
    if !office.adopts() && office.uses(Feature::Documents)? {
        remains.push("the OneDrives of deleted users: 30 days, then the site recycle bin");
    }
    if office.uses(Feature::Groups)? {
        remains.push("deleted groups: recoverable for 30 days, because no application can purge them");
    }
    if office.uses(Feature::Teams)? {
        remains.push("Teams chats, empty of people: no application can delete one");
    }
    remains.push("audit, sign-in and message trace logs: as long as the tenant keeps them");
    remains.push("whatever a hold or a retention policy of the tenant keeps");
    Ok(remains)
}
