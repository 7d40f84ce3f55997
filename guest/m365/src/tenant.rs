//! The look at the tenant, before anything is created: under which domain, and are there seats?
//!
//! It only reads, so that a host can try it out before it accepts a deployment, and refuse one that would not fit.

use std::collections::BTreeMap;

use haymaker_guest::{Activity, Deployment, Instant, Outcome, Problem, Task, http::Request, log};
use serde::Deserialize;

use crate::{
    adoption,
    config::Source,
    graph::{self, ENDPOINT},
    office::{Office, Sku, TENANT, Tenant},
    permissions,
};

/// The kind of the task.
pub const CHECK: &str = "tenant.check";

/// The task.
pub fn check(now: Instant) -> Task {
    Task::new("tenant/check", CHECK, TENANT, now).summary("looks at the tenant's domain and licences")
}

/// Looks at the tenant.
///
/// # Errors
/// Graph's; `invalid` with `no-license`, `no-seats` or `no-permission` when the deployment does not fit.
pub fn perform(deployment: &Deployment) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let off = permissions::ruled_out(&office)?;
    let sku = match (&office.config.source, office.config.license.sku()) {
        (Source::Group(group), _) => {
            adoption::look(&office, group)?;
            None
        }
        (Source::Create, license) => license.map(|license| seats(&office, license)).transpose()?,
    };
    let tenant = Tenant { domain: domain()?, sku, off };
    for (feature, why) in &tenant.off {
        log::warn(format!("no {}: {why}", feature.key()));
    }
    tenant.save()?;
    log::info(format!("the tenant's domain is {}", tenant.domain));
    Ok(Outcome::activity(Activity::infrastructure(CHECK)))
}

/// The tenant's default domain. `/organization` tells it like `/domains` does, and needs no permission beyond the one
/// that seats need.
fn domain() -> Result<String, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Organization {
        verified_domains: Vec<Domain>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Domain {
        name: String,
        is_default: bool,
    }

    let request = Request::get(ENDPOINT, "/organization").query("$select", "id,verifiedDomains");
    let organizations: Vec<Organization> = graph::collect(request, "cannot read the organization")?;
    let mut domains = organizations.into_iter().flat_map(|organization| organization.verified_domains);
    let default = domains.find(|domain| domain.is_default).map(|domain| domain.name.to_lowercase());
    default.ok_or_else(|| Problem::failed("no-domain", "the tenant names no default domain"))
}

/// The licence, if every worker gets a seat.
fn seats(office: &Office, license: &str) -> Result<Sku, Problem> {
    let (workers, skus) = (office.config.workers(), skus()?);
    let Some(sku) = skus.get(license) else {
        let has: Vec<String> = skus.iter().map(|(name, sku)| format!("{name} ({} free)", sku.free)).collect();
        let has = if has.is_empty() { "none at all".to_owned() } else { has.join(", ") };
        let message = format!("the tenant has no licence {license}; it has {has}. Use -c license=...");
        return Err(Problem::invalid("no-license", message));
    };
    if sku.free >= workers {
        return Ok(sku.clone());
    }
    let fewer = match sku.free {
        0 => "Free some seats, or use".to_owned(),
        _ if office.config.departments.len() > 1 => "Use fewer people in -c departments=...,".to_owned(),
        free => format!("Use -c workers={free},"),
    };
    let message = format!(
        "{workers} workers need {workers} seats of {license}; {} are free. {fewer} another licence with -c license=..., \
         people who have accounts with -c workers_from=group:..., or -c license=none (no mailbox: accounts and groups \
         only)",
        sku.free
    );
    Err(Problem::invalid("no-seats", message))
}

fn skus() -> Result<BTreeMap<String, Sku>, Problem> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Subscribed {
        sku_id: String,
        sku_part_number: String,
        consumed_units: u32,
        prepaid_units: Units,
    }
    #[derive(Deserialize)]
    struct Units {
        enabled: u32,
    }

    let request = Request::get(ENDPOINT, "/subscribedSkus");
    let subscribed: Vec<Subscribed> = graph::collect(request, "cannot read the licences")?;
    let sku = |sku: Subscribed| {
        let free = sku.prepaid_units.enabled.saturating_sub(sku.consumed_units);
        (sku.sku_part_number, Sku { id: sku.sku_id, free })
    };
    Ok(subscribed.into_iter().map(sku).collect())
}
