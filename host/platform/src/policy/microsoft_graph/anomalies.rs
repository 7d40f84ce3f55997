//! What ordinary work never needs, and an attacker always wants: inbox rules, mailbox settings, subscriptions.
//!
//! They are denied here, in one place: where a tenant allows anomaly packs, and a deployment runs one that needs such a
//! request, this is where its permission is asked for, and where the target is held against the workers.

use haymaker_engine::http::{Canonical, Denial};

use super::denial::denial;

/// Whether the deployment may.
pub(super) fn permit(request: &Canonical, what: &str) -> Result<(), Denial> {
    Err(denial("anomaly", format!("{}: {what} are not permitted to this deployment", request.line())))
}
