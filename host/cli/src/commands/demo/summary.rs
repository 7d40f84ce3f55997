//! What happened in a demo, and whether all of it is well.

use std::collections::BTreeMap;
use std::time::Duration;

use haymaker_platform::host::Deployed;
use haymaker_platform::report::{Report, Requests, Tally};
use haymaker_store::{DeploymentView, Status};
use haymaker_tenant::inspect::{MailView, Overview};
use serde::Serialize;

use super::chance;
use crate::render::figures::{count, expectation, plural};

/// Everything that a summary is made of.
pub(super) struct Facts {
    pub(super) deployed: Deployed,
    /// The deployment when its time was over.
    pub(super) day: DeploymentView,
    /// The same, whole.
    pub(super) report: Report,
    /// After the cleanup.
    pub(super) last: Report,
    /// Why the cleanup was refused.
    pub(super) refused: Option<String>,
    /// Why there is no export where one was asked for.
    pub(super) not_exported: Option<String>,
    /// Copies laid into inboxes.
    pub(super) delivered: u64,
    pub(super) mails: Vec<MailView>,
    /// The tenant before anybody came.
    pub(super) before: Overview,
    /// The tenant after everybody left.
    pub(super) after: Overview,
    pub(super) wall: Duration,
}

/// A demo, summed up. Serialized, it is the object that `--format json` ends with.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    pub(super) deployment_id: String,
    pub(super) workers: u64,
    /// Done, by kind.
    pub(super) activities: BTreeMap<String, u64>,
    /// Expected, by kind, where the workload expects something.
    pub(super) expected: BTreeMap<String, f64>,
    pub(super) failed: u64,
    pub(super) unknown: u64,
    pub(super) tenant_left: u64,
    pub(super) bystanders_touched: u64,
    pub(super) simulated_seconds: f64,
    pub(super) wall_seconds: f64,
    pub(super) seed: u64,
    pub(super) workload_digest: String,
    /// What is not well, in words; empty if all is.
    pub(super) problems: Vec<String>,
    #[serde(skip)]
    pub(super) shown: Shown,
}

/// What only people are shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) workload: String,
    pub(super) version: String,
    pub(super) said: Option<String>,
    pub(super) kinds: Vec<Kind>,
    pub(super) delivered: u64,
    pub(super) requests: Requests,
    pub(super) mails: Vec<MailView>,
    pub(super) created: u64,
    pub(super) removed: u64,
    /// What no application can take away.
    pub(super) kept: u64,
    pub(super) bystanders: usize,
}

/// One kind of activity.
#[derive(Debug, PartialEq)]
pub(super) struct Kind {
    pub(super) name: String,
    pub(super) tally: Tally,
    /// What is expected of it.
    pub(super) expected: Option<f64>,
    /// The counts that chance allows; none where it is not known how they vary.
    pub(super) chance: Option<(u64, u64)>,
}

impl Kind {
    /// Whether its count is what chance allows; none where that is not known.
    pub(super) fn is_within(&self) -> Option<bool> {
        self.chance.map(|(low, high)| (low..=high).contains(&self.tally.done))
    }
}

impl Summary {
    /// Sums a demo up.
    pub(super) fn of(facts: Facts) -> Summary {
        let problems = problems(&facts);
        let kinds = kinds(&facts.report.activities, facts.report.independent);
        let Facts { deployed, day, report, last, delivered, mails, before, after, wall, .. } = facts;
        let begins = report.summary.created.parse::<chrono::DateTime<chrono::Utc>>();
        let begun = begins.ok().and_then(|at| u64::try_from(at.timestamp_millis()).ok()).unwrap_or(day.created);
        let (failed, unknown) = not_done(&last);
        Summary {
            deployment_id: deployed.deployment_id,
            workers: report.workers.len() as u64,
            activities: kinds.iter().map(|kind| (kind.name.clone(), kind.tally.done)).collect(),
            expected: kinds.iter().filter_map(|kind| Some((kind.name.clone(), kind.expected?))).collect(),
            failed,
            unknown,
            tenant_left: left(&last, &before, &after),
            bystanders_touched: touched(&before, &after),
            simulated_seconds: Duration::from_millis(day.updated.saturating_sub(begun)).as_secs_f64(),
            wall_seconds: wall.as_secs_f64(),
            seed: deployed.seed,
            workload_digest: deployed.digest,
            problems,
            shown: Shown {
                workload: deployed.workload,
                version: deployed.version,
                said: report.said,
                kinds,
                delivered,
                requests: last.requests,
                mails,
                created: last.ledger.created,
                removed: last.ledger.deleted,
                kept: last.ledger.kept,
                bystanders: before.bystanders.count,
            },
        }
    }
}

/// What people did, by kind, with what chance allows. What serves the workload itself has no expectation.
fn kinds(tallies: &BTreeMap<String, Tally>, independent: bool) -> Vec<Kind> {
    let doings = tallies.iter().filter(|(_, tally)| !tally.infrastructure);
    let expecting = tallies.values().filter(|tally| expected(tally).is_some()).count().max(1);
    #[expect(clippy::cast_precision_loss, reason = "a handful of kinds")]
    let alpha = chance::FALSE_ALARM / expecting as f64;
    doings
        .map(|(name, tally)| Kind {
            name: name.clone(),
            tally: *tally,
            expected: expected(tally),
            chance: expected(tally).filter(|_| independent).map(|expected| chance::interval(expected, alpha)),
        })
        .collect()
}

fn expected(tally: &Tally) -> Option<f64> {
    tally.expected.or(tally.expected_total)
}

/// Activities that failed, and those of which nobody can tell; infrastructure, too.
fn not_done(report: &Report) -> (u64, u64) {
    report.activities.values().fold((0, 0), |(failed, unknown), tally| (failed + tally.failed, unknown + tally.unknown))
}

/// Things of the deployment that are still there: by its ledger, and by counting people, whichever finds more.
fn left(last: &Report, before: &Overview, after: &Overview) -> u64 {
    let people = |overview: &Overview| overview.users_live + overview.users_deleted;
    let counted = people(after).saturating_sub(people(before)) as u64;
    last.ledger.live.max(counted)
}

/// Bystanders that are gone; one, at least, if anything of anybody's is not as it was.
fn touched(before: &Overview, after: &Overview) -> u64 {
    let gone = before.bystanders.count.saturating_sub(after.bystanders.count) as u64;
    gone.max(u64::from(before.bystanders.hash != after.bystanders.hash))
}

/// Everything that is not as it should be.
fn problems(facts: &Facts) -> Vec<String> {
    let mut problems = Vec::new();
    let Facts { day, report, last, before, after, .. } = facts;
    if day.status != Status::Completed {
        problems.push(format!("the run is {}{}", report.summary.status, because(report)));
    }
    let (failed, unknown) = not_done(last);
    for (number, what) in [(failed, "failed"), (unknown, "of unknown fate")] {
        if number > 0 {
            let error =
                last.last_error.as_deref().map(|error| format!(" (the last error: {error})")).unwrap_or_default();
            problems.push(format!("{} {what}{error}", plural(number, "activity", "activities")));
        }
    }
    for kind in kinds(&report.activities, report.independent).iter().filter(|kind| kind.is_within() == Some(false)) {
        if let (Some(expected), Some((low, high))) = (kind.expected, kind.chance) {
            problems.push(format!(
                "{}: {} is not within chance of {} ({} to {})",
                kind.name,
                count(kind.tally.done),
                expectation(expected),
                count(low),
                count(high)
            ));
        }
    }
    if after.mail.repeated > 0 {
        problems.push(format!("{} mails were sent more than once", after.mail.repeated));
    }
    if let Some(refused) = &facts.refused {
        problems.push(format!("the cleanup was refused: {refused}"));
    } else if last.summary.status != Status::Completed.as_str() {
        problems.push(format!("the cleanup is {}{}", last.summary.status, because(last)));
    }
    match left(last, before, after) {
        0 => {}
        left => problems.push(format!("{left} left in the tenant")),
    }
    if touched(before, after) > 0 {
        problems.push("bystanders were touched".to_owned());
    }
    problems.extend(facts.not_exported.clone());
    problems
}

fn because(report: &Report) -> String {
    let why = [report.summary.condition.as_deref(), Some(report.reason.as_str()), report.last_error.as_deref()];
    let why: Vec<&str> = why.into_iter().flatten().filter(|why| !why.is_empty()).collect();
    if why.is_empty() { String::new() } else { format!(": {}", why.join("; ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_false_alarm_is_shared_between_the_kinds_that_expect_something() {
        let tally = |expected| Tally { expected, done: 100, ..Tally::default() };
        let alone = kinds(&BTreeMap::from([("mail".to_owned(), tally(Some(100.0)))]), true);
        let many = BTreeMap::from([
            ("chat".to_owned(), tally(Some(100.0))),
            ("mail".to_owned(), tally(Some(100.0))),
            ("note".to_owned(), tally(None)),
        ]);
        let many = kinds(&many, true);
        let width = |kind: &Kind| kind.chance.map(|(low, high)| high - low);
        assert!(width(&many[1]) > width(&alone[0]), "each of two gets the wider interval of half the probability");
        assert_eq!((many[1].is_within(), many[2].is_within()), (Some(true), None));
    }

    #[test]
    fn there_is_no_verdict_on_acts_that_lead_to_one_another() {
        let tally = Tally { expected: Some(100.0), done: 190, ..Tally::default() };
        let office = kinds(&BTreeMap::from([("mail".to_owned(), tally)]), false);
        assert_eq!((office[0].expected, office[0].is_within()), (Some(100.0), None));
    }

    #[test]
    fn infrastructure_is_no_doing_of_people() {
        let tally = Tally { done: 25, infrastructure: true, ..Tally::default() };
        assert_eq!(kinds(&BTreeMap::from([("user.create".to_owned(), tally)]), true), []);
    }
}
