//! What a workload says of a deployment that has not begun: what it is going to do, and what of it will stay. The host
//! shows it before it acts in a real tenant; where the figures come from is the workload's knowledge, not the host's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A deployment to come. What the workload does not say is missing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Forecast {
    /// The tenant's default domain.
    pub domain: Option<String>,
    /// Where its workers come from, in words.
    pub workers_from: Option<String>,
    /// Seats of a licence.
    pub seats: Option<Seats>,
    /// Activities on a working day, by kind.
    pub per_day: BTreeMap<String, f64>,
    /// Requests to the tenant on a working day.
    pub requests_per_day: Option<f64>,
    /// When somebody first does something (RFC 3339).
    pub first_activity: Option<String>,
    /// What a cleanup cannot take away, and until when that stays: one line each.
    pub remains: Vec<String>,
    /// What the application cannot do as people would, in one line.
    pub limits: Option<String>,
}

/// Seats of a licence.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seats {
    /// The licence's name.
    pub license: String,
    /// How many the deployment takes.
    pub needed: u32,
    /// How many were free when it was looked.
    pub free: u32,
}
