//! Whom something goes to: every `emailAddress`, whatever it is called and however it is shown.
//!
//! Only the address counts. A display name may say anything; an address that is missing, that is not a text, or that is
//! only *nearly* a worker's (in angle brackets, in letters that look alike, with the worker's as a prefix) is nobody's.
//! Exchange resolves a name without an address by itself, so there must be one.

use haymaker_engine::http::Denial;
use serde_json::Value;

use super::body::{items, object, text, unknown};
use super::denial::denial;
use super::own::Own;

/// A list of recipients or attendees.
pub(super) fn recipients(own: &Own, value: &Value) -> Result<(), Denial> {
    items(value, "a list of recipients")?.iter().try_for_each(|item| recipient(own, item))
}

/// One of them; `null` is nobody.
pub(super) fn recipient(own: &Own, value: &Value) -> Result<(), Denial> {
    if value.is_null() {
        return Ok(());
    }
    let mut addressed = false;
    for (name, value) in object(value, "a recipient")? {
        match name.as_str() {
            "emailaddress" => {
                address(own, value)?;
                addressed = true;
            }
            "type" | "status" | "proposednewtime" | "@odata.type" => {}
            _ => return Err(unknown("a recipient", &name)),
        }
    }
    if addressed { Ok(()) } else { Err(denial("recipient", "a recipient has no address")) }
}

fn address(own: &Own, value: &Value) -> Result<(), Denial> {
    let mut addressed = false;
    for (name, value) in object(value, "an emailAddress")? {
        match name.as_str() {
            "address" => {
                let address = value.as_str().ok_or_else(|| denial("recipient", "an address is not a text"))?;
                own.recipient(address)?;
                addressed = true;
            }
            "name" if value.is_null() => {}
            "name" => drop(text(value, "name")?),
            "@odata.type" => {}
            _ => return Err(unknown("an emailAddress", &name)),
        }
    }
    if addressed { Ok(()) } else { Err(denial("recipient", "a recipient has a name, but no address")) }
}

/// A list of plain addresses.
pub(super) fn addresses(own: &Own, value: &Value) -> Result<(), Denial> {
    items(value, "a list of addresses")?.iter().try_for_each(|address| own.recipient(text(address, "an address")?))
}
