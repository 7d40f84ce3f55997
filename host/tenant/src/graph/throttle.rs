//! Throttling as Microsoft documents it, on the tenant's clock.
//!
//! A limit is so much in a window of time, for an app, a mailbox, a channel and so on. What a request costs is known from
//! its operation alone, so that one that is refused has no effect, and one that is batched is judged by itself; only how
//! many people a mail is for is known no sooner than when it is sent. One limit is not about the tenant's clock: four
//! requests at a time to one mailbox. The server counts those, from a request's head to the end of its answer.

use std::collections::HashMap;

use uuid::Uuid;

use super::operations::{Area, Operation};
use super::road::Incoming;
use super::{Actor, Call, fault::Fault};
use crate::entra::Claims;
use crate::ids;
use crate::settings::Settings;
use crate::tenant::State;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

/// How many requests of one app a mailbox takes at a time.
pub(crate) const AT_A_TIME: u64 = 4;

/// How many people one mailbox may write to in a day.
const RECIPIENTS: u64 = 10_000;

/// So much, for so long, for whom.
struct Charge {
    of: String,
    cost: u64,
    limit: u64,
    window: u64,
}

fn charge(of: impl Into<String>, cost: u64, limit: u64, window: u64) -> Charge {
    Charge { of: of.into(), cost, limit, window }
}

#[derive(Clone, Copy)]
struct Window {
    begins: u64,
    used: u64,
}

/// What was used of every limit.
#[derive(Default)]
pub(crate) struct Throttles {
    windows: HashMap<String, Window>,
}

impl Throttles {
    /// Takes what a request costs; or says for how many milliseconds it must wait, and takes nothing.
    fn take(&mut self, charges: &[Charge], now: u64, divisor: u64) -> Result<(), u64> {
        let open = |window: Option<&Window>, charge: &Charge| {
            window.copied().filter(|window| now < window.begins.saturating_add(charge.window) && now >= window.begins)
        };
        for charge in charges {
            let limit = (charge.limit / divisor).max(1);
            if let Some(window) = open(self.windows.get(&charge.of), charge)
                && window.used + charge.cost > limit
            {
                return Err(window.begins.saturating_add(charge.window) - now);
            }
        }
        for charge in charges {
            let window = open(self.windows.get(&charge.of), charge).unwrap_or(Window { begins: now, used: 0 });
            self.windows.insert(charge.of.clone(), Window { used: window.used + charge.cost, ..window });
        }
        Ok(())
    }
}

/// Refuses a request that would go over a limit.
///
/// # Errors
/// 429, or what SharePoint answers instead, with a `Retry-After` in whole seconds, in decimal, or not at all: clients meet
/// all three.
pub(super) fn check(
    incoming: &Incoming<'_>,
    operation: &Operation,
    keys: &[String],
    claims: &Claims,
    settings: &Settings,
    state: &mut State,
) -> Result<(), Fault> {
    let Some(divisor) = settings.throttle.divisor() else { return Ok(()) };
    if incoming.crowded {
        state.throttled += 1;
        let (_, retry_after) = retry_after(incoming.request_id, SECOND);
        return Err(Fault::mailbox_crowded(retry_after));
    }
    let charges = charges(incoming, operation, keys, claims, state);
    let Err(wait) = state.throttles.take(&charges, incoming.now, divisor) else { return Ok(()) };
    state.throttled += 1;
    let (draw, retry_after) = retry_after(incoming.request_id, wait);
    let sharepoint = operation.area == Area::Files && draw.is_multiple_of(3);
    let mut fault = Fault::too_many_requests(retry_after);
    if sharepoint {
        fault.status = http::StatusCode::SERVICE_UNAVAILABLE;
        fault.code = "serviceNotAvailable".into();
        // Without it a 503 would be an outage.
        fault.retry_after = Some(wait.div_ceil(SECOND).max(1).to_string());
    }
    Err(fault)
}

/// Takes what it costs a mailbox to write to so many people.
///
/// # Errors
/// 429: it has written to too many in a day.
pub(crate) fn recipients(call: &Call<'_>, state: &mut State, sender: Uuid, people: usize) -> Result<(), Fault> {
    let Some(divisor) = call.settings.throttle.divisor() else { return Ok(()) };
    let charge = charge(format!("recipients {sender}"), people as u64, RECIPIENTS, crate::time::DAY);
    let Err(wait) = state.throttles.take(&[charge], call.now, divisor) else { return Ok(()) };
    state.throttled += 1;
    Err(Fault::too_many_recipients(retry_after(call.request_id, wait).1))
}

/// The draw that belongs to a request, and by it what `Retry-After` says of a wait of so many milliseconds.
fn retry_after(request_id: &str, wait: u64) -> (u64, Option<String>) {
    let draw = ids::number(ids::digest(&[b"throttled", request_id.as_bytes()]));
    let text = match draw % 4 {
        0 => None,
        1 => {
            let tenths = wait.div_ceil(100).max(1);
            Some(format!("{}.{}", tenths / 10, tenths % 10))
        }
        _ => Some(wait.div_ceil(SECOND).max(1).to_string()),
    };
    (draw, text)
}

/// One name for what a key in a path means, however it is spelled: a mailbox named by its address is that named by its id.
fn one_name(key: &str, state: &State) -> String {
    state.directory.live.find(key).map_or_else(|| key.to_ascii_lowercase(), |user| user.id.to_string())
}

/// What a request costs, by the documented table ("Microsoft Graph service-specific throttling limits").
fn charges(
    incoming: &Incoming<'_>,
    operation: &Operation,
    keys: &[String],
    claims: &Claims,
    state: &State,
) -> Vec<Charge> {
    let app = claims.appid.as_str();
    let first = keys.first().map(|key| one_name(key, state)).unwrap_or_default();
    let second = keys.get(1).map_or("", String::as_str);
    let template = operation.template;
    let write = operation.method != "GET";
    let ends = |end: &str| template.ends_with(end);
    let user = match claims.actor() {
        Actor::User(id) => id.to_string(),
        Actor::App => format!("app {app}"),
    };
    let mut charges = vec![charge(format!("global {app}"), 1, 130_000, 10 * SECOND)];
    match operation.area {
        Area::Directory => {
            let units = match state.directory.live.len() {
                0..50 => 3_500,
                50..=500 => 5_000,
                _ => 8_000,
            };
            let base: u64 = match template {
                "/users" if !write => 2,
                _ if template.contains("/members") && !write => 3,
                _ => 1,
            };
            let selected = u64::from(incoming.query.contains("select="));
            charges.push(charge(format!("identity {app}"), base.saturating_sub(selected).max(1), units, 10 * SECOND));
            if write {
                charges.push(charge(format!("identity writes {app}"), 1, 3_000, 150 * SECOND));
            }
        }
        Area::Outlook => {
            charges.push(charge(format!("outlook {app} {first}"), 1, 10_000, 10 * MINUTE));
            let bytes = incoming.body.len() as u64;
            charges.push(charge(format!("outlook bytes {app} {first}"), bytes, 150 * 1024 * 1024, 5 * MINUTE));
            if ["/sendMail", "/send", "/reply", "/replyAll", "/forward"].iter().any(|end| ends(end)) {
                charges.push(charge(format!("messages {first}"), 1, 30, MINUTE));
            }
        }
        Area::Files => {
            let cost = if template.contains("/permissions") || ends("/createLink") || ends("/invite") {
                5
            } else {
                1 + u64::from(write)
            };
            charges.push(charge(format!("files {app}"), cost, 1_200, MINUTE));
        }
        Area::Teams => {
            let posts = write && (ends("/messages") || ends("/replies"));
            if posts && template.starts_with("/teams") {
                charges.push(charge("channel posts", 1, 50, SECOND));
                charges.push(charge(format!("channel {second}"), 1, 1, SECOND));
                charges.push(charge(format!("channel posts of {user}"), 1, 1, SECOND));
                charges.push(charge(format!("channel day {second}"), 1, 3_000, crate::time::DAY));
            } else if posts {
                charges.push(charge("chat posts", 1, 20, SECOND));
                charges.push(charge(format!("chat {first}"), 1, 1, SECOND));
                charges.push(charge(format!("chat posts of {user}"), 1, 1, SECOND));
            } else if (operation.method, template) == ("POST", "/teams") || (operation.method == "PUT" && ends("/team"))
            {
                charges.push(charge("teams made", 1, 10, SECOND));
            } else if operation.method == "POST" && ends("/channels") {
                charges.push(charge("channels made", 1, 10, SECOND));
            } else if operation.method == "POST" && template == "/teams/{team-id}/members" {
                charges.push(charge(format!("team members {first}"), 1, 4, MINUTE));
            }
        }
    }
    charges
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_opens_again_when_its_window_ends() {
        let mut throttles = Throttles::default();
        let one = || [charge("x", 2, 4, 1000)];
        assert_eq!(throttles.take(&one(), 500, 1), Ok(()));
        assert_eq!(throttles.take(&one(), 900, 1), Ok(()));
        assert_eq!(throttles.take(&one(), 1000, 1), Err(500));
        assert_eq!(throttles.take(&one(), 1500, 1), Ok(()));
    }

    #[test]
    fn a_refused_request_costs_nothing() {
        let mut throttles = Throttles::default();
        let both = [charge("wide", 1, 100, 1000), charge("narrow", 1, 1, 1000)];
        assert_eq!(throttles.take(&both, 0, 1), Ok(()));
        assert!(throttles.take(&both, 0, 1).is_err());
        assert_eq!(throttles.windows["wide"].used, 1);
    }
}
