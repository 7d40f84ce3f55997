//! The plan of `deploy`: look at the tenant, then make everybody, then what they share, and say how it went.

use haymaker_guest::{Deployment, Instant, Plan, Problem, state, time};
use serde::{Deserialize, Serialize};

use crate::{
    anomalies, groups,
    office::{Office, Tenant},
    permissions, provision,
    steps::{self, Next},
    tenant,
};

/// Phase while workers are made.
const CREATING: &str = "creating_workers";
/// Phase while they work.
pub const EXECUTING: &str = "executing";

/// State: how often failed steps were begun again.
const RETRIES: &str = "deploy/retries";

/// What is remembered of the deployment as a whole.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Run {
    /// When it was planned first.
    pub begun: Instant,
}

impl Run {
    const KEY: &str = "run";

    /// When the deployment began and, if it was told how long to run, ends.
    ///
    /// # Errors
    /// The state's.
    pub fn known() -> Result<Option<Run>, Problem> {
        state::load(Run::KEY)
    }

    /// The first moment at which it is over.
    pub fn end(self, office: &Office) -> Option<Instant> {
        office.config.duration().map(|duration| self.begun.saturating_add(duration))
    }
}

/// Plans.
///
/// # Errors
/// `invalid` when config, patterns or state do not fit, and with `nothing-to-do` when the run has no working time.
pub fn plan(deployment: &Deployment) -> Result<Plan, Problem> {
    let office = Office::of(deployment)?;
    let now = time::now();
    if Run::known()?.is_none() {
        let run = Run { begun: now };
        something_to_do(&office, run)?;
        anomalies::fits(&office, run.begun, run.end(&office))?;
        state::save(Run::KEY, &run)?;
    }
    let plan = Plan::new(CREATING);
    if Tenant::known()?.is_none() {
        let look = steps::decide([steps::next([tenant::check(now)])], RETRIES, now)?;
        return Ok(if look.goes_on() {
            plan.tasks(look.tasks).when_idle()
        } else {
            plan.failed(format!("the tenant cannot be looked at, or does not fit: {}; the log says why", look.losses()))
        });
    }
    let chain = |person| provision::steps(&office, person, now).map(steps::next);
    let chains: Vec<Next> = office.people.iter().map(chain).collect::<Result<_, Problem>>()?;
    let ready = chains.iter().filter(|chain| **chain == Next::Done).count();
    let first = office.people.iter().find(|person| provision::is_made(&office, person));
    let attempt = first.map(|person| permissions::attempt(&office, person, now)).transpose()?.flatten();
    let work = steps::decide(chains.into_iter().chain(attempt.map(|task| steps::next([task]))), RETRIES, now)?;
    if work.goes_on() {
        return Ok(plan.tasks(work.tasks).when_idle());
    }
    if work.lost.iter().any(|(id, _)| id == permissions::TRIED) {
        return Ok(plan.failed(format!("a feature is not permitted: {}; the log says which", work.losses())));
    }
    if ready == 0 && !work.lost.is_empty() {
        return Ok(plan.failed(format!("no worker is ready: {}", work.losses())));
    }
    let together = groups::work(&office, now)?;
    if together.goes_on() {
        return Ok(plan.tasks(together.tasks).when_idle());
    }
    let reason = format!("{ready} of {} workers are ready", office.people.len());
    let lost: Vec<(String, String)> = work.lost.into_iter().chain(together.lost).collect();
    Ok(Plan::new(EXECUTING).done(match lost.is_empty() {
        true => reason,
        false => format!("{reason}; without: {}", steps::told(&lost)),
    }))
}

/// Whether any working time lies in the run.
fn something_to_do(office: &Office, run: Run) -> Result<(), Problem> {
    let idle = |end: &Instant| office.calendars.iter().all(|calendar| calendar.between(run.begun, *end) == 0);
    let Some(end) = run.end(office).filter(idle) else { return Ok(()) };
    let next = office.next(run.begun).map_or_else(|| "never".to_owned(), time::rfc3339);
    let message = format!(
        "this run would do nothing: it ends at {}, and work begins at {next}; give it longer (-d, or -c \
         duration_hours=...), or start it in working hours",
        time::rfc3339(end)
    );
    Err(Problem::invalid("nothing-to-do", message))
}
