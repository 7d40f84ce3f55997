//! What is held against what, and the verdict.

use serde::Serialize;

use crate::statistics::{self, Estimate};

/// The chance that any check says `off` although everything is as the table says.
pub const FAMILY: f64 = 0.001;

/// Fewer independent blocks than this say nothing about chance.
const LEAST_BLOCKS: usize = 10;

/// A check whose allowance is wider than this share of what is expected could not find anything that matters.
const TOO_WIDE: f64 = 0.6;

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Verdict {
    /// As the table says, as far as chance allows to tell.
    #[serde(rename = "ok")]
    Ok,
    /// Not as the table says.
    #[serde(rename = "off")]
    Off,
    /// There is too little to tell.
    #[serde(rename = "too few")]
    TooFew,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Ok => "ok",
            Verdict::Off => "off",
            Verdict::TooFew => "too few",
        }
    }
}

/// A check and how it came out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// What is checked.
    pub check: String,
    /// What the table says.
    pub expected: f64,
    /// The least that is let pass.
    pub from: f64,
    /// The most that is let pass.
    pub to: f64,
    /// What the export says.
    pub observed: f64,
    /// How many independent blocks (worker-days, mails, threads, meetings) it rests on.
    pub n: usize,
    /// How it came out.
    pub verdict: Verdict,
}

/// A check before it is known how many there are.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    name: String,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    /// An estimate against its expectation; `margin` is let pass beyond chance, as a share of what is expected.
    Estimate { estimate: Estimate, expected: f64, margin: f64, logarithmic: bool },
    /// A sum of squares that is chi squared if all is well.
    Squares { sum: f64, freedom: usize, blocks: usize },
    /// Cases of what must never be, among so many.
    Never { cases: usize, allowed: usize, among: usize },
    /// There is nothing to estimate from.
    Nothing { expected: f64, blocks: usize },
}

impl Draft {
    /// An estimate against its expectation, with a margin as a share of what is expected.
    pub(crate) fn estimate(name: impl Into<String>, estimate: Option<Estimate>, expected: f64, margin: f64) -> Draft {
        Draft::of(name.into(), estimate, expected, margin, false)
    }

    /// The same for an estimate of a logarithm; it is shown as what it is the logarithm of.
    pub(crate) fn logarithm(name: impl Into<String>, estimate: Option<Estimate>, expected: f64, margin: f64) -> Draft {
        Draft::of(name.into(), estimate, expected, margin, true)
    }

    fn of(name: String, estimate: Option<Estimate>, expected: f64, margin: f64, logarithmic: bool) -> Draft {
        let kind = match estimate {
            Some(estimate) => Kind::Estimate { estimate, expected, margin, logarithmic },
            None => Kind::Nothing { expected, blocks: 0 },
        };
        Draft { name, kind }
    }

    /// A sum of squares with so many degrees of freedom.
    pub(crate) fn squares(name: impl Into<String>, sum: f64, freedom: usize, blocks: usize) -> Draft {
        Draft { name: name.into(), kind: Kind::Squares { sum, freedom, blocks } }
    }

    /// Cases of what must never be.
    pub(crate) fn never(name: impl Into<String>, cases: usize, among: usize) -> Draft {
        Draft::rarely(name, cases, 0, among)
    }

    /// Cases of what must never be, but for so many that are explained otherwise.
    pub(crate) fn rarely(name: impl Into<String>, cases: usize, allowed: usize, among: usize) -> Draft {
        Draft { name: name.into(), kind: Kind::Never { cases, allowed, among } }
    }

    fn leaves_to_chance(&self) -> bool {
        match &self.kind {
            Kind::Estimate { estimate, .. } => estimate.blocks >= LEAST_BLOCKS,
            Kind::Squares { blocks, .. } => *blocks >= LEAST_BLOCKS,
            Kind::Never { .. } | Kind::Nothing { .. } => false,
        }
    }

    fn judge(self, alarm: f64) -> Check {
        let Draft { name: check, kind } = self;
        match kind {
            Kind::Estimate { estimate: Estimate { value, error, blocks }, expected, margin, logarithmic } => {
                let chance = statistics::deviations(alarm, blocks) * error;
                let (chance, margin) = match logarithmic {
                    true => (chance, (1.0 + margin).ln()),
                    false => (chance, margin * expected.abs()),
                };
                let (from, to) = (expected - chance - margin, expected + chance + margin);
                let show = |value: f64| if logarithmic { value.exp() } else { value };
                let width =
                    if logarithmic { chance.exp() - 1.0 } else { chance / expected.abs().max(f64::MIN_POSITIVE) };
                let verdict = match (from..=to).contains(&value) {
                    _ if blocks < LEAST_BLOCKS => Verdict::TooFew,
                    false => Verdict::Off,
                    true if width > TOO_WIDE => Verdict::TooFew,
                    true => Verdict::Ok,
                };
                let [expected, from, to, observed] = [expected, from.max(lowest(logarithmic)), to, value].map(show);
                Check { check, expected, from, to, observed, n: blocks, verdict }
            }
            Kind::Squares { sum, freedom, blocks } => {
                let to = statistics::chi_squared(alarm, freedom);
                let verdict = match sum <= to {
                    _ if blocks < LEAST_BLOCKS * freedom => Verdict::TooFew,
                    true => Verdict::Ok,
                    false => Verdict::Off,
                };
                Check { check, expected: freedom as f64, from: 0.0, to, observed: sum, n: blocks, verdict }
            }
            Kind::Never { cases, allowed, among } => {
                let verdict = match (cases <= allowed, among) {
                    (false, _) => Verdict::Off,
                    (true, 0) => Verdict::TooFew,
                    (true, _) => Verdict::Ok,
                };
                Check { check, expected: 0.0, from: 0.0, to: allowed as f64, observed: cases as f64, n: among, verdict }
            }
            Kind::Nothing { expected, blocks } => Check {
                check,
                expected,
                from: expected,
                to: expected,
                observed: 0.0,
                n: blocks,
                verdict: Verdict::TooFew,
            },
        }
    }
}

/// What is counted is never less than nothing.
fn lowest(logarithmic: bool) -> f64 {
    if logarithmic { f64::NEG_INFINITY } else { 0.0 }
}

/// Judges a family of checks.
pub(crate) fn judge(drafts: Vec<Draft>) -> Vec<Check> {
    let family = drafts.iter().filter(|draft| draft.leaves_to_chance()).count().max(1);
    let alarm = FAMILY / family as f64;
    drafts.into_iter().map(|draft| draft.judge(alarm)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(value: f64, error: f64, blocks: usize) -> Option<Estimate> {
        Some(Estimate { value, error, blocks })
    }

    fn verdict(draft: Draft) -> Verdict {
        judge(vec![draft])[0].verdict
    }

    #[test]
    fn what_chance_and_margin_allow_is_ok_and_what_they_do_not_is_off() {
        let of = |value, margin| verdict(Draft::estimate("x", estimate(value, 0.1, 10_000), 10.0, margin));
        assert_eq!([of(10.3, 0.0), of(9.7, 0.0), of(10.4, 0.0)], [Verdict::Ok, Verdict::Ok, Verdict::Off]);
        assert_eq!([of(10.4, 0.01), of(10.5, 0.01)], [Verdict::Ok, Verdict::Off]);
    }

    #[test]
    fn a_larger_family_allows_each_of_its_checks_more() {
        let draft = || Draft::estimate("x", estimate(10.37, 0.1, 10_000), 10.0, 0.0);
        assert_eq!(verdict(draft()), Verdict::Off);
        assert!(judge(vec![draft(); 50]).iter().all(|check| check.verdict == Verdict::Ok));
    }

    #[test]
    fn too_little_is_no_verdict_and_never_ok() {
        assert_eq!(verdict(Draft::estimate("x", estimate(10.0, 0.1, 9), 10.0, 0.0)), Verdict::TooFew);
        assert_eq!(verdict(Draft::estimate("x", estimate(10.0, 5.0, 100), 10.0, 0.0)), Verdict::TooFew);
        assert_eq!(verdict(Draft::estimate("x", None, 10.0, 0.0)), Verdict::TooFew);
        assert_eq!(verdict(Draft::squares("x", 3.0, 8, 79)), Verdict::TooFew);
        assert_eq!(verdict(Draft::never("x", 0, 0)), Verdict::TooFew);
    }

    #[test]
    fn what_must_never_be_is_off_from_the_first_case() {
        assert_eq!(verdict(Draft::never("x", 1, 5_000)), Verdict::Off);
        assert_eq!(verdict(Draft::rarely("x", 1, 1, 5_000)), Verdict::Ok);
    }

    #[test]
    fn a_logarithm_is_shown_as_what_it_is_of() {
        let checks = judge(vec![Draft::logarithm("x", estimate(47.0_f64.ln(), 0.01, 1_000), 47.0_f64.ln(), 0.0)]);
        assert!((checks[0].expected - 47.0).abs() < 1e-9 && checks[0].from < 47.0 && checks[0].to > 47.0);
        assert_eq!(checks[0].verdict, Verdict::Ok);
    }
}
