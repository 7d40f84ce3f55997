//! A week of an office as its export would tell it, without a tenant: the flagship plans, and everything that it plans
//! happens when it is due.

use std::sync::OnceLock;

use haymaker_guest::testing::Host;
use haymaker_guest::time::DAY;
use haymaker_guest::{Deployment, Instant, Task, Wake, Workload};
use haymaker_m365::KnowledgeWorker;
use haymaker_m365::config::Feature;
use haymaker_m365::office::{self, Account, Office};
use haymaker_realism::line::Line;
use serde::Deserialize;
use serde_json::Value;

use crate::telling;

/// Monday, 5 January 2026, 08:00 UTC.
pub(crate) const MONDAY: Instant = 1_767_600_000_000;

/// Sixty people in six departments and three time zones, one of whose days is a holiday.
pub(crate) const SIXTY: &str = r#"{"pattern": "office", "license": "E5", "usage_location": "US", "holidays": "2026-01-07",
    "departments": "operations: 10, engineering: 10, sales: 10, hr: 10, finance: 10, executive: 10",
    "time_zones": "Europe/Berlin: 20, America/New_York: 20, Asia/Kolkata: 20"}"#;

/// The same people at the same rate all day, who answer nothing and never meet.
pub(crate) const FLAT: &str = r#"{"pattern": "flat", "license": "E5", "usage_location": "US", "holidays": "2026-01-07",
    "departments": "operations: 10, engineering: 10, sales: 10, hr: 10, finance: 10, executive: 10",
    "time_zones": "Europe/Berlin: 20, America/New_York: 20, Asia/Kolkata: 20"}"#;

/// The manifest's patterns.
pub(crate) fn usual() -> Value {
    #[derive(Deserialize)]
    struct Manifest {
        activity_patterns: Value,
    }
    let manifest: Manifest = serde_norway::from_str(include_str!("../../../../workload.yaml")).unwrap();
    manifest.activity_patterns
}

/// A week from Monday 08:00 UTC on, with these patterns.
pub(crate) fn week(config: &str, patterns: &Value, seed: u64) -> Vec<Line> {
    days(config, patterns, seed, MONDAY, 7)
}

/// So many days from a moment on, with these patterns.
pub(crate) fn days(config: &str, patterns: &Value, seed: u64, from: Instant, days: u64) -> Vec<Line> {
    let until = from + days * DAY;
    let deployment = Deployment { id: telling::DEPLOYMENT.to_owned(), seed, config: config.to_owned() };
    let mut host = Host::new(from).with_parameters(patterns);
    let office = host.planning(|| Office::of(&deployment)).unwrap();
    for worker in office.people.iter().map(|person| &person.worker) {
        let account = Account { user_id: worker.clone(), ready: Some(from), ..Account::default() };
        host.performing(worker, || account.save(worker)).unwrap();
        for feature in [Feature::Documents, Feature::Teams] {
            host.performing(&feature.actor(worker), || office::open(worker, feature, from)).unwrap();
        }
    }
    telling::lines(&office, planned(&mut host, &deployment, until), from, until)
}

/// A right week, planned once for all who examine it.
pub(crate) fn right() -> &'static [Line] {
    static RIGHT: OnceLock<Vec<Line>> = OnceLock::new();
    RIGHT.get_or_init(|| week(SIXTY, &usual(), 1))
}

/// Everything that is planned until then, in order.
fn planned(host: &mut Host, deployment: &Deployment, until: Instant) -> Vec<Task> {
    let mut tasks = Vec::new();
    loop {
        let plan = host.planning(|| KnowledgeWorker::cycle(deployment)).unwrap();
        tasks.extend(plan.tasks.into_iter().filter(|task| task.due < until));
        match plan.wake {
            Wake::At(moment) if moment < until => host.advance_to(moment),
            _ => break,
        }
    }
    tasks.sort_by(|one, other| (one.due, &one.id).cmp(&(other.due, &other.id)));
    tasks
}
