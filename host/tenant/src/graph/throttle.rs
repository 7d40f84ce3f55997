//! Throttling as Microsoft documents it, on the tenant's clock.
//!
//! A limit is so much in a window of time, for an app, a mailbox, a channel and so on. What a request costs is known from
//! its operation alone, so that one that is refused has no effect, and one that is batched is judged by itself. Limits
//! that are about the wall clock (four requests at a time to one mailbox) have no meaning here, where a request takes no
//! time.

use std::collections::HashMap;

use super::operations::{Area, Operation};
use super::road::Incoming;
use super::{Actor, fault::Fault};
use crate::entra::Claims;
use crate::ids;
use crate::settings::{Settings, Throttle};
use crate::tenant::State;

const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;

/// By what the strict limits are smaller than the documented ones: a client that lives with these lives with a tenant
/// that others use too.
const STRICT: u64 = 4;

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
    let divisor = match settings.throttle {
        Throttle::Off => return Ok(()),
        Throttle::Documented => 1,
        Throttle::Strict => STRICT,
    };
    let people = state.directory.live.len();
    let charges = charges(incoming, operation, keys, claims, people);
    let Err(wait) = state.throttles.take(&charges, incoming.now, divisor) else { return Ok(()) };
    state.throttled += 1;
    let draw = ids::number(ids::digest(&[b"throttled", incoming.request_id.as_bytes()]));
    let retry_after = match draw % 4 {
        0 => None,
        1 => Some(format!("{:.1}", (wait as f64 / 1000.0).max(0.1))),
        _ => Some(wait.div_ceil(SECOND).max(1).to_string()),
    };
    let sharepoint = operation.area == Area::Files && draw.is_multiple_of(3);
    let mut fault = Fault::too_many_requests(retry_after);
    if sharepoint {
        fault.status = http::StatusCode::SERVICE_UNAVAILABLE;
        fault.code = "serviceNotAvailable";
        // Without it a 503 would be an outage.
        fault.retry_after = Some(wait.div_ceil(SECOND).max(1).to_string());
    }
    Err(fault)
}

/// What a request costs, by the documented table ("Microsoft Graph service-specific throttling limits").
fn charges(
    incoming: &Incoming<'_>,
    operation: &Operation,
    keys: &[String],
    claims: &Claims,
    people: usize,
) -> Vec<Charge> {
    let app = claims.appid.as_str();
    let first = keys.first().map_or("", String::as_str);
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
            let units = match people {
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
            } else if operation.method == "POST" && (template == "/teams" || ends("/channels")) {
                charges.push(charge("teams made", 1, 10, SECOND));
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
