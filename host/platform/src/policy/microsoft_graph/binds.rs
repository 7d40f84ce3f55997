//! Links inside bodies (`@odata.bind`, `@odata.id`): a second way to name things.
//!
//! A link is sent as it was written and read by the tenant, so it is not decoded here but compared: it must be spelled in
//! one of Graph's own forms, under the endpoint's own base. Every other spelling of the same link is denied.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::body::text;
use super::denial::denial;
use super::own::Own;

/// A list of links to people.
pub(super) fn people(request: &Canonical, own: &Own, value: &Value) -> Result<(), Denial> {
    super::body::items(value, "a list of links")?.iter().try_for_each(|link| person(request, own, link))
}

/// A link to a person.
pub(super) fn person(request: &Canonical, own: &Own, value: &Value) -> Result<(), Denial> {
    let link = text(value, "a link")?;
    match key(request, link, &["users", "directoryObjects"]) {
        Some(id) => own.subject(id).map(drop),
        None => Err(foreign(request, link, "users('<id>')")),
    }
}

/// A link to a group.
pub(super) fn group(request: &Canonical, own: &Own, value: &Value) -> Result<(), Denial> {
    let link = text(value, "a link")?;
    match key(request, link, &["groups"]) {
        Some(id) => own.group(id),
        None => Err(foreign(request, link, "groups('<id>')")),
    }
}

/// A link to a template of teams: Microsoft's own, which are nobody's.
pub(super) fn template(request: &Canonical, value: &Value) -> Result<(), Denial> {
    let link = text(value, "a link")?;
    match key(request, link, &["teamsTemplates"]) {
        Some(_) => Ok(()),
        None => Err(foreign(request, link, "teamsTemplates('standard')")),
    }
}

/// The key of `<base>/<collection>('<key>')` or `<base>/<collection>/<key>`.
fn key<'a>(request: &Canonical, link: &'a str, collections: &[&str]) -> Option<&'a str> {
    let below = link.strip_prefix(request.base.as_str())?.strip_prefix('/')?;
    let key = collections.iter().find_map(|collection| {
        let rest = below.strip_prefix(collection)?;
        rest.strip_prefix('/').or_else(|| rest.strip_prefix("('")?.strip_suffix("')"))
    })?;
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    (key.chars().all(plain) && !key.chars().all(|c| c == '.')).then_some(key)
}

fn foreign(request: &Canonical, link: &str, form: &str) -> Denial {
    denial("bind", format!("{link:?} is not spelled {}/{form}", request.base))
}
