//! Whether a ground truth reads as the office that its table of assumptions describes.
//!
//! What people are said to have done (lines labelled `benign`) is held against a manifest's `activity_patterns`: how much
//! they did and when, whom they wrote to, how conversations went on, what they met about. The reckoning is written down
//! here once more, from the table and nothing of the workload's code: what is examined must not vouch for itself.
//!
//! | module | thought |
//! |---|---|
//! | [`mod@line`] | the lines of an export |
//! | [`table`] | the table of assumptions |
//! | [`calendar`] | working time |
//! | [`setting`] | who works there, and from when to when they were seen |
//! | [`statistics`] | estimates with their errors |
//! | [`check`] | what is held against what, and the verdict |
//! | `checks` | the checks themselves, a file for each kind of them |
//!
//! # How sure a verdict is
//!
//! All checks of one export are a family. If everything is as the table says, the chance that *any* of them says `off` is
//! at most [`check::FAMILY`] (0.1 %): each of the `m` checks that leave something to chance gets an m-th of it
//! (Bonferroni). Errors are estimated between worker-days, threads or meetings, whichever belong together. On top of what
//! chance allows, a check has a *margin* where the table is only nearly what the workload does (a thread that finds nobody
//! to answer, a meeting for which nobody is free); each check says why. Checks that leave nothing to chance (nobody works
//! on a holiday, every reply has its original) must find nothing at all.

pub mod calendar;
mod chance;
pub mod check;
mod checks;
pub mod line;
pub mod setting;
pub mod statistics;
pub mod table;

use thiserror::Error;

use self::{
    check::{Check, Verdict},
    line::Line,
    setting::{Pattern, Setting, Terms},
    table::Table,
};

/// Why something cannot be examined.
#[derive(Debug, Error)]
pub enum Problem {
    /// The file.
    #[error("cannot read the export")]
    Unreadable(#[source] std::io::Error),
    /// A line.
    #[error("line {number} is no line of an export: {why}")]
    NoLine {
        /// From 1.
        number: usize,
        /// What is wrong with it.
        why: serde_json::Error,
    },
    /// A line.
    #[error("line {number} is no activity: it has no kind, status or due (export with --what activities)")]
    NoActivity {
        /// From 1.
        number: usize,
    },
    /// The table.
    #[error("activity_patterns: {0}")]
    NoTable(serde_json::Error),
    /// Nothing to examine.
    #[error(
        "nothing here is of people at work: no line is labelled `benign`, done, and has upn, department and time_zone"
    )]
    Nobody,
    /// Lines that do not belong together.
    #[error("the lines are of {0} deployments; examine one at a time")]
    Several(usize),
    /// A time zone.
    #[error("`{0}` is no time zone of the IANA database")]
    Zone(String),
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whose.
    pub deployment: String,
    /// What was taken for granted.
    pub setting: Setting,
    /// Lines that were examined.
    pub examined: usize,
    /// Lines of the same kinds that tell of something that did not happen, or that nobody knows of.
    pub not_done: usize,
    /// Every check, in the order in which to read them.
    pub checks: Vec<Check>,
}

impl Report {
    /// How many checks came out so.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.checks.iter().filter(|check| check.verdict == verdict).count()
    }

    /// Whether the export is what the table describes: something could be judged, and nothing is off.
    pub fn passes(&self) -> bool {
        self.count(Verdict::Off) == 0 && self.count(Verdict::Ok) > 0
    }
}

/// Examines an export.
///
/// # Errors
/// It is none of people at work, or of several deployments.
pub fn examine(lines: &[Line], table: &Table, terms: &Terms) -> Result<Report, Problem> {
    let setting = Setting::of(lines, table, terms)?;
    let benign: Vec<&Line> = lines.iter().filter(|line| line.is_benign()).collect();
    let kinds: std::collections::BTreeSet<&str> = benign.iter().map(|line| line.kind.as_str()).collect();
    let not_done = lines.iter().filter(|line| line.status != "done" && kinds.contains(line.kind.as_str())).count();
    let drafts = checks::all(lines, &setting, table);
    Ok(Report {
        deployment: benign.first().map(|line| line.deployment.clone()).unwrap_or_default(),
        examined: benign.len(),
        not_done,
        checks: check::judge(drafts),
        setting,
    })
}

/// Whether the office pattern.
fn is_office(setting: &Setting) -> bool {
    setting.pattern == Pattern::Office
}
