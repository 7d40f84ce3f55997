//! What ordinary work never needs, and an attacker always wants: inbox rules, mailbox settings, subscriptions.
//!
//! They are denied here, in one place, but for what an anomaly pack needs: where the tenant's operator permits anomalies
//! *and* the deployment's config names the pack `forwarding-rule`, it may make, read and remove rules in the inboxes of
//! people whom it created itself. What such a rule sends on, it sends to its own workers; what it moves or marks stays in
//! the mailbox. Adopted people's inboxes have no rules of ours: one that could not be found again would go on forwarding
//! a real person's mail. No pack needs settings or subscriptions.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::addresses::recipients;
use super::body::{members, object, only, unknown};
use super::denial::denial;
use super::own::{Own, Standing};
use super::path::uncovered;

/// The pack that needs inbox rules.
const FORWARDING: &str = "forwarding-rule";

/// What no pack needs.
pub(super) fn permit(request: &Canonical, what: &str) -> Result<(), Denial> {
    Err(denial("anomaly", format!("{}: {what} are not permitted to this deployment", request.line())))
}

/// Rules for what follows `/users/{user}/mailFolders/{folder}/messageRules`.
pub(super) fn rules(
    request: &Canonical,
    own: &Own,
    standing: Standing,
    folder: &str,
    rest: &[&str],
) -> Result<(), Denial> {
    if standing != Standing::Created || !folder.eq_ignore_ascii_case("inbox") || !own.may(FORWARDING)? {
        return permit(request, "inbox rules");
    }
    match (request.method, rest) {
        ("GET", [] | [_]) | ("DELETE", [_]) => Ok(()),
        ("POST", []) => creation(request, own),
        _ => Err(uncovered(request)),
    }
}

/// A rule, which says what it does and nothing that is not known here.
fn creation(request: &Canonical, own: &Own) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "displayname" | "sequence" | "isenabled" => {}
            "conditions" => only(
                value,
                "the conditions of a rule",
                &["subjectcontains", "bodycontains", "bodyorsubjectcontains", "sendercontains"],
            )?,
            "actions" => actions(own, value)?,
            _ => return Err(unknown("a rule", &name)),
        }
    }
    Ok(())
}

fn actions(own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "the actions of a rule")? {
        match name.as_str() {
            "forwardto" | "redirectto" => recipients(own, value)?,
            "markasread" | "stopprocessingrules" => {
                value.as_bool().ok_or_else(|| denial("body", format!("{name} is not true or false")))?;
            }
            _ => return Err(unknown("the actions of a rule", &name)),
        }
    }
    Ok(())
}
