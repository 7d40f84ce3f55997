//! Groups: made under an intended name that nobody else's has, filled with workers, deleted only if made here.
//!
//! The name is the `uniqueName` (or the `mailNickname`, where a group has no other), and begins with
//! `haymaker-<deployment>-`. `PATCH /groups(uniqueName='...')` with `Prefer: create-if-missing` changes what it finds: a
//! name of any other form could be somebody's.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::binds;
use super::body::{items, members, one_of, text, unknown};
use super::denial::denial;
use super::drives::{self, Whose};
use super::looks::Ruling;
use super::own::{Kind, Own};
use super::path::uncovered;
use super::people::{beginning, equality};
use super::teams;

/// `/groups`, and what follows it.
pub(super) fn decide(request: &Canonical, own: &Own, rest: &[&str]) -> Result<Ruling, Denial> {
    match (request.method, rest) {
        ("GET", [] | ["$count"]) => listing(request, own)?,
        ("POST", []) => creation(request, own)?,
        ("GET", [lender, "members" | "transitiveMembers"] | [lender]) if is_lender(own, lender)? => {}
        ("GET", [lender, "members" | "transitiveMembers", "microsoft.graph.user" | "graph.user"])
            if is_lender(own, lender)? => {}
        (_, [group, rest @ ..]) => {
            own.group(group)?;
            return part(request, own, rest);
        }
        _ => return Err(uncovered(request)),
    }
    Ok(Ruling::Permitted)
}

/// `/groups(uniqueName='...')`: what it names, if the segment is of that form.
pub(super) fn unique_name(segment: &str) -> Option<&str> {
    let name = segment.strip_prefix("groups(uniqueName='")?.strip_suffix("')")?;
    (!name.is_empty() && !name.contains('\'')).then_some(name)
}

/// A group by its unique name: found, changed, or made if it is missing.
pub(super) fn by_name(request: &Canonical, own: &Own, name: &str) -> Result<(), Denial> {
    intended(own, name)?;
    match request.method {
        "GET" => Ok(()),
        "PATCH" => properties(request, own, &members(request)?, true),
        _ => Err(uncovered(request)),
    }
}

/// The group whose members the operator lends is read, and nothing else.
fn is_lender(own: &Own, group: &str) -> Result<bool, Denial> {
    Ok(own.lender()?.is_some_and(|lender| lender == group.to_ascii_lowercase()))
}

/// A list must be narrowed to the deployment's own.
pub(super) fn listing(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let is_name = |property: &str| matches!(property, "uniqueName" | "mailNickname");
    let narrowed = match (equality(request), beginning(request)) {
        (Some((property, name)), _) => is_name(property) && own.is_own_form(&name),
        (_, Some((property, start))) => is_name(property) && own.is_own_form(&start),
        _ => false,
    };
    if narrowed {
        return Ok(());
    }
    let why = format!("groups are listed by a uniqueName or mailNickname that begins with {:?} only", own.prefix());
    Err(denial("listing", format!("{}: {why}", request.target)))
}

/// A name that the ledger intends, and that is nobody else's.
fn intended(own: &Own, name: &str) -> Result<(), Denial> {
    if !own.is_own_form(name) {
        return Err(denial("name", format!("the group {name:?} does not begin with {:?}", own.prefix())));
    }
    if own.lists(Kind::Group, name)? || own.lists(Kind::Team, name)? {
        return Ok(());
    }
    Err(denial("intent", format!("the group {name:?} stands in the ledger neither as made nor as intended")))
}

fn creation(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let members = members(request)?;
    let get = |key: &str| members.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
    intended(own, get("uniquename").or(get("mailnickname")).unwrap_or_default())?;
    properties(request, own, &members, true)
}

/// What a group may be: nothing that fills it by a rule, gives it roles, or opens it to the outside.
fn properties(request: &Canonical, own: &Own, members: &[(String, &Value)], new: bool) -> Result<(), Denial> {
    for (name, value) in members {
        match name.as_str() {
            "displayname" | "description" | "preferredlanguage" | "theme" => {}
            "visibility" => one_of(value, "visibility", &["Private", "Public", "HiddenMembership"])?,
            "members@odata.bind" | "owners@odata.bind" => binds::people(request, own, value)?,
            "hidefromaddresslists" | "hidefromoutlookclients" | "autosubscribenewmembers" => {}
            "mailenabled" | "securityenabled" if new => {}
            "uniquename" | "mailnickname" if new => {
                let name = text(value, name)?;
                if !own.is_own_form(name) {
                    return Err(denial("name", format!("the group {name:?} does not begin with {:?}", own.prefix())));
                }
            }
            "grouptypes" if new => {
                items(value, "groupTypes")?.iter().try_for_each(|kind| one_of(kind, "a group type", &["Unified"]))?;
            }
            "resourcebehavioroptions" | "creationoptions" if new => drop(items(value, name)?),
            _ => return Err(unknown("a group", name)),
        }
    }
    Ok(())
}

/// What belongs to a group of the deployment.
fn part(request: &Canonical, own: &Own, rest: &[&str]) -> Result<Ruling, Denial> {
    match (request.method, rest) {
        ("GET" | "DELETE", []) => {}
        ("PATCH", []) => properties(request, own, &members(request)?, false)?,
        ("GET", ["members" | "transitiveMembers" | "owners" | "drives"]) => {}
        ("GET", ["members" | "transitiveMembers" | "owners", "microsoft.graph.user" | "graph.user"]) => {}
        ("POST", ["members" | "owners", "$ref"]) => {
            for (name, value) in members(request)? {
                match name.as_str() {
                    "@odata.id" => binds::person(request, own, value)?,
                    _ => return Err(unknown("the body", &name)),
                }
            }
        }
        ("DELETE", ["members" | "owners", person, "$ref"]) => drop(own.subject(person)?),
        ("GET", ["sites", "root"]) => {}
        (_, ["drive", rest @ ..]) => return drives::decide(request, own, Whose::Own, 3, rest),
        ("GET", ["team"]) => {}
        ("PUT", ["team"]) => teams::settings(&members(request)?)?,
        _ => return Err(uncovered(request)),
    }
    Ok(Ruling::Permitted)
}
