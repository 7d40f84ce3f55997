//! Faults on demand: what goes wrong between a client and a cloud, as often as a rule says.
//!
//! Whether a request meets a fault is drawn from the rule's seed, the request's name and its moment, so the same run meets
//! the same faults, and a retry is another draw. A rule may be set when the tenant is made, and changed while it runs.

use std::time::Duration;

use bytes::Bytes;
use http::{Response, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{self, Mint};
use crate::wire;

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum FaultKind {
    /// The request has no effect and is answered with this status; one for a token in OAuth's words.
    Status {
        /// The status, such as 500, 503 or 429.
        status: u16,
        /// The value of `Retry-After`, if there is to be one.
        #[serde(default)]
        retry_after: Option<String>,
    },
    /// The answer comes, but late.
    Slow {
        /// By how many milliseconds of the wall clock.
        milliseconds: u64,
    },
    /// The connection is closed before anything happens.
    ResetBefore,
    /// Everything happens, and then the connection is closed without an answer.
    ResetAfter,
    /// Everything happens, and half of the answer is sent.
    Half,
    /// Everything happens, and the answer's body is not what it should be.
    WrongBody,
}

/// When something goes wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Which requests: a method (or `*`) and a path, in which `*` stands for one segment and `**` for all that follow:
    /// `POST /v1.0/users/*/sendMail`, `* /v1.0/**`, `POST /*/oauth2/v2.0/token`.
    pub operation: String,
    /// How often, from 0 to 1.
    pub rate: f64,
    /// Other seeds meet other requests.
    #[serde(default)]
    pub seed: u64,
    /// What happens.
    pub fault: FaultKind,
}

impl FaultRule {
    fn concerns(&self, method: &str, path: &str) -> bool {
        let (wanted, pattern) = self.operation.split_once(' ').unwrap_or(("*", &self.operation));
        if wanted != "*" && !wanted.eq_ignore_ascii_case(method) {
            return false;
        }
        let mut segments = path.split('/');
        for part in pattern.split('/') {
            match (part, segments.next()) {
                ("**", _) => return true,
                ("*", Some(segment)) if !segment.is_empty() => {}
                (part, Some(segment)) if part.eq_ignore_ascii_case(segment) => {}
                _ => return false,
            }
        }
        segments.next().is_none()
    }
}

/// The first rule that a request meets, if it meets one.
pub(crate) fn met(rules: &[FaultRule], method: &str, path: &str, mint: &Mint, now: u64) -> Option<FaultKind> {
    let met = |(index, rule): &(usize, &FaultRule)| {
        let draw = ids::number(mint.make("fault", &format!("{} {index} {now}", rule.seed), 0));
        // The upper 53 bits as a fraction: what a double holds exactly.
        rule.concerns(method, path) && ((draw >> 11) as f64) < rule.rate * (1u64 << 53) as f64
    };
    rules.iter().enumerate().find(met).map(|(_, rule)| rule.fault.clone())
}

/// What the server is to do with an answer, besides sending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    Late(Duration),
    Reset,
    Half,
}

/// What keeps a request from having any effect.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Stop {
    /// It is refused with this status and this `Retry-After`.
    Refused(StatusCode, Option<String>),
    /// Its connection is closed.
    Reset,
}

/// What a fault stops a request with, if it does.
pub(crate) fn before(fault: &FaultKind) -> Option<Stop> {
    match fault {
        FaultKind::Status { status, retry_after } => {
            Some(Stop::Refused(StatusCode::from_u16(*status).ok()?, retry_after.clone()))
        }
        FaultKind::ResetBefore => Some(Stop::Reset),
        _ => None,
    }
}

/// The answer that nobody gets.
pub(crate) fn reset() -> Response<Bytes> {
    let mut response = wire::plain(StatusCode::BAD_GATEWAY, &Value::Null);
    response.extensions_mut().insert(Mishap::Reset);
    response
}

/// What a fault makes of an answer.
pub(crate) fn after(fault: &FaultKind, response: &mut Response<Bytes>) {
    let mishap = match fault {
        FaultKind::Slow { milliseconds } => Mishap::Late(Duration::from_millis(*milliseconds)),
        FaultKind::ResetAfter => Mishap::Reset,
        FaultKind::Half => Mishap::Half,
        FaultKind::WrongBody => {
            *response.body_mut() = Bytes::from_static(b"<html><body>Service unavailable</body></html>");
            return;
        }
        FaultKind::Status { .. } | FaultKind::ResetBefore => return,
    };
    response.extensions_mut().insert(mishap);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Seed;

    fn rule(operation: &str, rate: f64) -> FaultRule {
        FaultRule { operation: operation.to_owned(), rate, seed: 1, fault: FaultKind::ResetAfter }
    }

    #[test]
    fn a_rule_concerns_the_requests_that_its_pattern_names() {
        for (pattern, path, expected) in [
            ("POST /v1.0/users/*/sendMail", "/v1.0/users/x/sendmail", true),
            ("POST /v1.0/users/*/sendMail", "/v1.0/users/x/messages", false),
            ("GET /v1.0/users/*/sendMail", "/v1.0/users/x/sendMail", false),
            ("* /v1.0/**", "/v1.0/users/x/sendMail", true),
            ("POST /*/oauth2/v2.0/token", "/t/oauth2/v2.0/token", true),
            ("POST /v1.0/users", "/v1.0/users/x", false),
        ] {
            assert_eq!(rule(pattern, 1.0).concerns("POST", path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn faults_come_at_their_rate_and_come_again_in_the_same_places() {
        let rules = [rule("* /v1.0/**", 0.05)];
        let draw = |number: u64| {
            let mint = Mint::new(&Seed::new(1), "GET", "/v1.0/users", Some(&number.to_string()), 0);
            met(&rules, "GET", "/v1.0/users", &mint, 7).is_some()
        };
        let met: Vec<bool> = (0..2000).map(draw).collect();
        let count = met.iter().filter(|met| **met).count();
        assert!((60..140).contains(&count), "{count}");
        assert_eq!(met, (0..2000).map(draw).collect::<Vec<_>>());
    }
}
