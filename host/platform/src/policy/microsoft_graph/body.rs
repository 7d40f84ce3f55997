//! Bodies, read by the names that a rule knows.
//!
//! Graph has hundreds of properties, some of which are a second way to say what another says (extended properties write
//! MAPI's own recipients, `additionalData` adds owners). So every rule lists the names that it understands, and a body
//! with any other is denied. Names are compared without regard to case, as Graph does for action parameters; a body in
//! which two would then be equal never comes here, because its canonical form is refused.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::denial::denial;

/// The members of the request's body, names in lower case; none where there is no body.
pub(super) fn members(request: &Canonical) -> Result<Vec<(String, &Value)>, Denial> {
    match &request.json {
        Some(body) => object(body, "the body"),
        None if request.body.is_empty() => Ok(Vec::new()),
        None => Err(denial("body", format!("{} has a body that is not JSON", request.target))),
    }
}

/// The members of an object, names in lower case.
pub(super) fn object<'a>(value: &'a Value, what: &str) -> Result<Vec<(String, &'a Value)>, Denial> {
    let members = value.as_object().ok_or_else(|| denial("body", format!("{what} is not an object")))?;
    Ok(members.iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect())
}

/// The items of a list; none of `null`.
pub(super) fn items<'a>(value: &'a Value, what: &str) -> Result<&'a [Value], Denial> {
    match value {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        _ => Err(denial("body", format!("{what} is not a list"))),
    }
}

/// A text.
pub(super) fn text<'a>(value: &'a Value, what: &str) -> Result<&'a str, Denial> {
    value.as_str().ok_or_else(|| denial("body", format!("{what} is not a text")))
}

/// A text that is one of these, without regard to case.
pub(super) fn one_of(value: &Value, what: &str, known: &[&str]) -> Result<(), Denial> {
    let given = text(value, what)?;
    if known.iter().any(|known| known.eq_ignore_ascii_case(given)) {
        return Ok(());
    }
    Err(denial(
        "value",
        format!("{what} is {given:?}, which the policy does not permit; it may be {}", known.join(", ")),
    ))
}

/// No members but these.
pub(super) fn only(value: &Value, what: &str, known: &[&str]) -> Result<(), Denial> {
    if value.is_null() {
        return Ok(());
    }
    for (name, value) in object(value, what)? {
        if !known.contains(&name.as_str()) {
            return Err(unknown(what, &name));
        }
        simple(value, &name)?;
    }
    Ok(())
}

/// A value without objects in it.
fn simple(value: &Value, what: &str) -> Result<(), Denial> {
    match value {
        Value::Object(_) => Err(denial("body", format!("{what} is an object, which is not covered by the policy"))),
        Value::Array(items) => items.iter().try_for_each(|item| simple(item, what)),
        _ => Ok(()),
    }
}

/// A body that must not be there, or say nothing.
pub(super) fn nothing(request: &Canonical) -> Result<(), Denial> {
    match members(request)?.first() {
        None => Ok(()),
        Some((name, _)) => Err(unknown("the body", name)),
    }
}

/// A name that no rule knows.
pub(super) fn unknown(what: &str, name: &str) -> Denial {
    denial("property", format!("{name:?} of {what} is not covered by the policy"))
}

/// What a text for people looks like: `body` of messages, events and posts.
pub(super) fn words(value: &Value) -> Result<(), Denial> {
    only(value, "body", &["contenttype", "content", "@odata.type"])
}
