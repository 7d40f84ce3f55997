//! What a deployment is going to do in its tenant, for whoever decides whether it may: before anything is created, from
//! what the look at the tenant found.

use haymaker_guest::{Instant, Problem, time};
use serde_json::{Map, Value, json};

use crate::{
    config::{Feature, Source, TeamsMode},
    expectation::Window,
    mail,
    office::{Office, Purpose, Tenant},
    status::{Ready, acts, foreseen},
};

/// Over how much time the expectation is averaged: a week, because its days differ.
const AVERAGED: u64 = 7 * time::DAY;

/// Requests that an activity takes where all goes well: a draft is made, changed and sent; whatever else is found, then
/// done. Making workers and cleaning up come on top, once.
const REQUESTS: [(&str, f64); 5] =
    [(mail::SEND, 2.0), (mail::REPLY, 3.0), (mail::REPLY_ALL, 3.0), (mail::FORWARD, 3.0), ("", 2.0)];

/// Requests of a visit to the inbox: its list, and a mail that is marked as read.
const VISIT: f64 = 2.0;

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
    let days = office.calendars.iter().map(|calendar| calendar.stretches(window.from, window.until).count()).max();
    if let Some(days) = days.filter(|days| *days > 0) {
        let days = days as f64;
        let mut per_day = foreseen(office, window)?;
        per_day.values_mut().for_each(|count| *count /= days);
        tell("requests_per_day", json!(requests(&per_day) + visits(office, window)? * VISIT / days));
        tell("per_day", json!(per_day));
    }
    if let Some(first) = office.next(begun).filter(|first| end.is_none_or(|end| *first < end)) {
        tell("first_activity", json!(time::rfc3339(first)));
    }
    tell("remains", json!(remains(office)?));
    let limits = match office.config.teams_mode {
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

fn requests(per_day: &std::collections::BTreeMap<String, f64>) -> f64 {
    let figure = |kind: &str| REQUESTS.iter().find(|(known, _)| *known == kind || known.is_empty());
    per_day.iter().map(|(kind, count)| count * figure(kind).map_or(0.0, |(_, figure)| *figure)).sum()
}

/// Visits to inboxes, by those who look into them.
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
