//! What an arrival means for a request of a certain effect.
//!
//! The rules are small and everything depends on them, so they are one pure function with a table for a test. For
//! `once` the question is never "did it fail?" but "is it *proved* that it took no effect?".

use super::Effect;
use super::retry;
use super::wire::{Answer, Arrival};
use crate::Instant;
use crate::types::{Problem, ProblemKind};

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is the answer.
    Accept(Answer),
    /// The token was refused: renew it and send again, once.
    Renew,
    /// It took no effect, or none that matters: send again after the wait.
    Again {
        /// What the server asks for, in milliseconds; none: our own backoff.
        wait: Option<u64>,
        /// If there is no trying again in this call.
        otherwise: Otherwise,
    },
    /// A `once` request may have taken effect.
    Doubt(Problem),
    /// It failed, and trying again would not help.
    Refuse(Problem),
}

/// What becomes of a request that is not tried again in this call.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Otherwise {
    /// The task runs again later: the server said when, or nothing was sent.
    Later(Problem),
    /// The guest gets the server's answer.
    Answer(Answer),
    /// The guest is told.
    Problem(Problem),
}

/// Judges an arrival.
pub(super) fn judge(effect: Effect, arrival: Arrival, now: Instant, may_renew: bool) -> Verdict {
    match arrival {
        Arrival::NotSent(why) => {
            let problem = Problem::new(ProblemKind::Unreachable, "unreachable", format!("no connection: {why}"));
            Verdict::Again { wait: None, otherwise: Otherwise::Later(problem) }
        }
        Arrival::Answer(answer) => of_answer(effect, answer, now, may_renew),
        Arrival::Lost(why) if effect == Effect::Once => Verdict::Doubt(doubt("no-answer", &why)),
        Arrival::Lost(why) => {
            let problem = Problem::new(ProblemKind::Unreachable, "no-answer", format!("no whole answer came: {why}"));
            Verdict::Again { wait: None, otherwise: Otherwise::Problem(problem) }
        }
        Arrival::TooLarge { limit } => {
            let why = format!("the answer is larger than {limit} bytes; ask for less ($select, $top)");
            match effect {
                Effect::Once => Verdict::Doubt(doubt("response-too-large", &why)),
                Effect::Read | Effect::Repeatable => {
                    Verdict::Refuse(Problem::new(ProblemKind::Failed, "response-too-large", why))
                }
            }
        }
    }
}

fn of_answer(effect: Effect, answer: Answer, now: Instant, may_renew: bool) -> Verdict {
    let asked = retry::asked(&answer.headers, now);
    match answer.status {
        401 if may_renew => Verdict::Renew,
        429 => Verdict::Again { wait: asked, otherwise: Otherwise::Later(throttled(&answer)) },
        503 if asked.is_some() => Verdict::Again { wait: asked, otherwise: Otherwise::Later(throttled(&answer)) },
        status if proves_nothing(status) && effect == Effect::Once => {
            Verdict::Doubt(doubt(&format!("http-{status}"), &format!("the server answered {status}")))
        }
        status if passes(status) && effect != Effect::Once => {
            Verdict::Again { wait: asked, otherwise: Otherwise::Answer(answer) }
        }
        _ => Verdict::Accept(answer),
    }
}

/// Statuses after which the request may or may not have taken effect: 408 (a proxy's, too, on a connection it gives
/// up), and every failure of the server's own, 502 among them, because the gateway may have lost the answer only. Not
/// among them are refusals to try: 501, 505 and 507.
fn proves_nothing(status: u16) -> bool {
    status == 408 || (status >= 500 && !matches!(status, 501 | 505 | 507))
}

/// Statuses that trying again may change.
fn passes(status: u16) -> bool {
    matches!(status, 408 | 500 | 502 | 503 | 504 | 509)
}

fn throttled(answer: &Answer) -> Problem {
    let (kind, code) = match answer.status {
        429 => (ProblemKind::Exhausted, "throttled"),
        _ => (ProblemKind::Unreachable, "busy"),
    };
    Problem::new(kind, code, format!("the server answered {} and asks for patience", answer.status))
}

/// Doubt about a `once` request.
pub(super) fn doubt(code: &str, why: &str) -> Problem {
    Problem::new(ProblemKind::InDoubt, code, format!("it was sent, and it is not known whether it took effect: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(effect: Effect, arrival: Arrival, may_renew: bool) -> &'static str {
        match judge(effect, arrival, 0, may_renew) {
            Verdict::Accept(_) => "accept",
            Verdict::Renew => "renew",
            Verdict::Again { otherwise: Otherwise::Later(_), .. } => "again, later",
            Verdict::Again { otherwise: Otherwise::Answer(_), .. } => "again, answer",
            Verdict::Again { otherwise: Otherwise::Problem(_), .. } => "again, problem",
            Verdict::Doubt(problem) => {
                assert_eq!(problem.kind, ProblemKind::InDoubt);
                "doubt"
            }
            Verdict::Refuse(_) => "refuse",
        }
    }

    fn status(status: u16) -> Arrival {
        Arrival::Answer(Answer { status, headers: vec![], body: vec![] })
    }

    fn patient(status: u16) -> Arrival {
        Arrival::Answer(Answer { status, headers: vec![("retry-after".into(), "1".into())], body: vec![] })
    }

    #[test]
    fn a_once_request_is_sent_again_only_when_it_is_proved_to_have_had_no_effect() {
        for (arrival, expected) in [
            (Arrival::NotSent(String::new()), "again, later"),
            (status(429), "again, later"),
            (patient(429), "again, later"),
            (patient(503), "again, later"),
            (Arrival::Lost(String::new()), "doubt"),
            (Arrival::TooLarge { limit: 1 }, "doubt"),
            (status(408), "doubt"),
            (status(500), "doubt"),
            (patient(500), "doubt"),
            (status(502), "doubt"),
            (status(503), "doubt"),
            (status(504), "doubt"),
            (patient(504), "doubt"),
            (status(599), "doubt"),
            (status(202), "accept"),
            (status(302), "accept"),
            (status(400), "accept"),
            (status(404), "accept"),
            (status(409), "accept"),
            (status(412), "accept"),
            (status(423), "accept"),
            (status(501), "accept"),
            (status(507), "accept"),
        ] {
            assert_eq!(word(Effect::Once, arrival.clone(), false), expected, "{arrival:?}");
        }
    }

    #[test]
    fn other_requests_are_sent_again_after_whatever_passes() {
        for effect in [Effect::Read, Effect::Repeatable] {
            for (arrival, expected) in [
                (Arrival::NotSent(String::new()), "again, later"),
                (Arrival::Lost(String::new()), "again, problem"),
                (Arrival::TooLarge { limit: 1 }, "refuse"),
                (status(429), "again, later"),
                (patient(503), "again, later"),
                (status(503), "again, answer"),
                (status(500), "again, answer"),
                (status(502), "again, answer"),
                (status(504), "again, answer"),
                (status(501), "accept"),
                (status(404), "accept"),
                (status(200), "accept"),
            ] {
                assert_eq!(word(effect, arrival.clone(), false), expected, "{arrival:?}");
            }
        }
    }

    #[test]
    fn a_refused_token_is_renewed_where_that_can_help() {
        for effect in [Effect::Read, Effect::Repeatable, Effect::Once] {
            assert_eq!(word(effect, status(401), true), "renew");
            assert_eq!(word(effect, status(401), false), "accept");
            assert_eq!(word(effect, status(403), true), "accept");
        }
    }
}
