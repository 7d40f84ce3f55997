//! The plan of `deploy`: look at the tenant, then make everybody, and say how it went.

use haymaker_guest::{Deployment, Instant, Plan, Problem, state, time};
use serde::{Deserialize, Serialize};

use crate::{
    calendar::Calendar,
    office::{Account, Office, Tenant},
    pattern::Patterns,
    provision, steps,
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
/// `invalid` when config, patterns or state do not fit.
pub fn plan(deployment: &Deployment) -> Result<Plan, Problem> {
    let office = Office::of(deployment)?;
    let calendar = Patterns::read()?.calendar();
    let now = time::now();
    if Run::known()?.is_none() {
        let run = Run { begun: now };
        if let Some(reason) = nothing_to_do(&office, run, &calendar) {
            return Ok(Plan::new(CREATING).failed(reason));
        }
        state::save(Run::KEY, &run)?;
    }
    let plan = Plan::new(CREATING);
    let Some(tenant) = Tenant::known()? else {
        let look = steps::decide([steps::next([provision::check(now)])], RETRIES, now)?;
        return Ok(if look.goes_on() {
            plan.tasks(look.tasks).when_idle()
        } else {
            plan.failed(format!("the tenant could not be looked at: {}", look.losses()))
        });
    };
    let accounts = Account::all()?;
    if let Some(reason) = seats_missing(&office, &tenant, accounts.len()) {
        return Ok(plan.failed(reason));
    }
    let chains = office.people.iter().map(|person| steps::next(provision::steps(person, now)));
    let work = steps::decide(chains, RETRIES, now)?;
    if work.goes_on() {
        return Ok(plan.tasks(work.tasks).when_idle());
    }
    let ready = accounts.values().filter(|account| account.ready.is_some()).count();
    let reason = format!("{ready} of {} workers are ready", office.config.workers);
    Ok(match (ready, work.lost.is_empty()) {
        (_, true) => Plan::new(EXECUTING).done(reason),
        (0, false) => plan.failed(format!("no worker is ready: {}", work.losses())),
        (_, false) => Plan::new(EXECUTING).done(format!("{reason}; without: {}", work.losses())),
    })
}

/// Why the run would do nothing at all; none if it would.
fn nothing_to_do(office: &Office, run: Run, calendar: &Calendar) -> Option<String> {
    let end = run.end(office).filter(|end| calendar.between(run.begun, *end) == 0)?;
    let next = calendar.next(run.begun).map_or_else(|| "never".to_owned(), time::rfc3339);
    Some(format!(
        "this run would do nothing: it ends at {}, and work begins at {next}; give it longer (-d, or -c \
         duration_hours=...), or start it in working hours",
        time::rfc3339(end)
    ))
}

/// Why the tenant's seats do not suffice; none if they do. `seated` workers have theirs already.
fn seats_missing(office: &Office, tenant: &Tenant, seated: usize) -> Option<String> {
    let (workers, license) = (office.config.workers, &office.config.license);
    let Some(sku) = tenant.skus.get(license) else {
        let has: Vec<String> = tenant.skus.iter().map(|(name, sku)| format!("{name} ({} free)", sku.free)).collect();
        let has = if has.is_empty() { "none at all".to_owned() } else { has.join(", ") };
        return Some(format!("the tenant has no licence {license}; it has {has}. Use -c license=..."));
    };
    let hint = match sku.free {
        0 => "Free some seats, or choose another licence with -c license=...".to_owned(),
        free => format!("Use -c workers={free}, or choose another licence with -c license=..."),
    };
    // Only before the first of them: a seat that was free when it was counted may be one of ours by now.
    (seated == 0 && sku.free < workers)
        .then(|| format!("{workers} workers need {workers} seats of {license}; {} are free. {hint}", sku.free))
}
