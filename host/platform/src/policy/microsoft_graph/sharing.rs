//! Sharing: with workers, or with everybody in the organisation by a link; never with anonymous ones.
//!
//! A link's scope must be said: without it the tenant's default counts, which may be `anonymous`. An invitation must ask
//! for a sign-in: without it, whoever gets the mail gets in.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::body::{items, members, object, one_of, text, unknown};
use super::denial::denial;
use super::own::Own;

/// `createLink`.
pub(super) fn link(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let mut scoped = false;
    for (name, value) in members(request)? {
        match name.as_str() {
            "scope" => {
                one_of(value, "scope", &["organization", "users"])?;
                scoped = true;
            }
            "type" => one_of(value, "type", &["view", "edit", "review", "blocksDownload"])?,
            "recipients" => invited(own, value)?,
            "retaininheritedpermissions" | "expirationdatetime" => {}
            _ => return Err(unknown("a link", &name)),
        }
    }
    if scoped { Ok(()) } else { Err(denial("value", "a link without a scope, which the tenant would choose")) }
}

/// `invite`.
pub(super) fn invite(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let mut signed_in = false;
    for (name, value) in members(request)? {
        match name.as_str() {
            "recipients" => invited(own, value)?,
            "roles" => items(value, "roles")?.iter().try_for_each(|role| one_of(role, "a role", &["read", "write"]))?,
            "requiresignin" => signed_in = *value == Value::Bool(true),
            "sendinvitation" | "message" | "expirationdatetime" | "retaininheritedpermissions" => {}
            _ => return Err(unknown("an invitation", &name)),
        }
    }
    if signed_in { Ok(()) } else { Err(denial("value", "an invitation that does not ask for a sign-in")) }
}

/// Whom a file is shared with.
fn invited(own: &Own, value: &Value) -> Result<(), Denial> {
    for recipient in items(value, "recipients")? {
        let mut named = false;
        for (name, value) in object(recipient, "a recipient")? {
            match name.as_str() {
                "email" => own.recipient(text(value, "email")?)?,
                "objectid" => drop(own.subject(text(value, "objectId")?)?),
                "@odata.type" => continue,
                _ => return Err(unknown("a recipient", &name)),
            }
            named = true;
        }
        if !named {
            return Err(denial("recipient", "a file is shared with nobody in particular"));
        }
    }
    Ok(())
}
