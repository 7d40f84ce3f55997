//! Users: made under an intended name and with the deployment's tag, found by these, and deleted only if made here.
//!
//! An adopted person is read and never changed: not patched, licensed, signed out or deleted.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::anomalies;
use super::binds;
use super::body::{items, members, nothing, object, only, text, unknown};
use super::calendar;
use super::chats;
use super::denial::denial;
use super::drives::{self, Whose};
use super::looks::Ruling;
use super::mail;
use super::own::{Kind, Own, Standing};
use super::path::uncovered;

/// Rules for what follows `/users`.
pub(super) fn decide(request: &Canonical, own: &Own, rest: &[&str]) -> Result<Ruling, Denial> {
    match (request.method, rest) {
        ("GET", [] | ["$count"]) => listing(request, own)?,
        ("POST", []) => creation(request, own)?,
        (_, [user]) => account(request, own, user)?,
        (_, [user, rest @ ..]) => return part(request, own, user, rest),
        _ => return Err(uncovered(request)),
    }
    Ok(Ruling::Permitted)
}

/// The user itself.
fn account(request: &Canonical, own: &Own, user: &str) -> Result<(), Denial> {
    match request.method {
        "GET" if own.is_lent(user) => Ok(()),
        "GET" => own.subject(user).map(drop),
        "PATCH" => {
            own.created(user)?;
            properties(own, &members(request)?, false)
        }
        "DELETE" => own.created(user),
        _ => Err(uncovered(request)),
    }
}

/// What belongs to a user.
fn part(request: &Canonical, own: &Own, user: &str, rest: &[&str]) -> Result<Ruling, Denial> {
    if request.method == "GET" && matches!(rest, ["memberOf" | "transitiveMemberOf", ..]) && own.is_lent(user) {
        return Ok(Ruling::Permitted);
    }
    let standing = own.subject(user)?;
    match (request.method, rest) {
        (_, ["messages" | "mailFolders" | "sendMail", ..]) => return mail::decide(request, own, standing, rest),
        (_, ["calendar" | "calendars" | "calendarView" | "events" | "findMeetingTimes", ..]) => {
            return calendar::decide(request, own, standing, rest);
        }
        (_, ["drive", rest @ ..]) => return drives::decide(request, own, Whose::person(standing), 3, rest),
        ("GET", ["drives"]) => own.created(user)?,
        (_, ["chats", rest @ ..]) => chats::of_user(request, own, standing, rest)?,
        ("GET", ["joinedTeams" | "licenseDetails" | "memberOf" | "transitiveMemberOf"]) => {}
        ("GET", ["memberOf" | "transitiveMemberOf", "microsoft.graph.directoryRole" | "graph.directoryRole"]) => {}
        ("POST", ["assignLicense"]) => {
            own.created(user)?;
            licences(request)?;
        }
        ("POST", ["revokeSignInSessions"]) => {
            own.created(user)?;
            nothing(request)?;
        }
        ("GET", ["manager" | "directReports"]) => own.created(user)?,
        ("PUT", ["manager", "$ref"]) => {
            own.created(user)?;
            for (name, value) in members(request)? {
                match name.as_str() {
                    "@odata.id" => binds::person(request, own, value)?,
                    _ => return Err(unknown("the body", &name)),
                }
            }
        }
        ("DELETE", ["manager", "$ref"]) => own.created(user)?,
        (_, ["mailboxSettings", ..]) => anomalies::permit(request, "mailbox settings")?,
        _ => return Err(uncovered(request)),
    }
    Ok(Ruling::Permitted)
}

/// A list is a look at everybody: it must be narrowed to the deployment's own.
fn listing(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let narrowed = match equality(request) {
        Some(("employeeType", tag)) => tag == own.tag(),
        Some(("userPrincipalName" | "mail", name)) => {
            own.standing(&name)?.is_some() || (own.is_own_form(&name) && own.lists(Kind::User, &name)?)
        }
        _ => false,
    };
    if narrowed {
        return Ok(());
    }
    let why = "users are listed by `employeeType eq '<the deployment's tag>'` or by a name in the ledger only";
    Err(denial("listing", format!("{}: {why}", request.target)))
}

/// `$filter=property eq 'value'`, and nothing else in it.
pub(super) fn equality(request: &Canonical) -> Option<(&str, String)> {
    let filter = request.option("filter")?;
    let (property, value) = filter.strip_suffix('\'')?.split_once(" eq '")?;
    quoted(value).map(|value| (property, value))
}

/// `$filter=startswith(property,'value')`, and nothing else in it.
pub(super) fn beginning(request: &Canonical) -> Option<(&str, String)> {
    let filter = request.option("filter")?;
    let (property, value) = filter.strip_prefix("startswith(")?.strip_suffix("')")?.split_once(",'")?;
    quoted(value).map(|value| (property, value))
}

/// What stands between quotes, if it does not end there before.
fn quoted(value: &str) -> Option<String> {
    (!value.replace("''", "").contains('\'')).then(|| value.replace("''", "'"))
}

/// A user is created under a name that the ledger intends, in the form that is found again, with the tag by which it is.
fn creation(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let members = members(request)?;
    let get = |key: &str| members.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
    let name = get("userprincipalname").unwrap_or_default();
    if !own.lists(Kind::User, name)? {
        return Err(denial("intent", format!("{name:?} is created without an intent in the ledger")));
    }
    if !own.is_own_form(name) {
        return Err(denial("name", format!("{name:?} does not begin with {:?}", own.prefix())));
    }
    if get("employeetype") != Some(own.tag().as_str()) {
        return Err(denial("tag", format!("{name:?} is created without `employeeType` {:?}", own.tag())));
    }
    properties(own, &members, true)
}

/// What a user may be. Nothing that is another way into a mailbox (`otherMails`, `proxyAddresses`), nothing that a
/// directory synchronises, and no other tag.
fn properties(own: &Own, members: &[(String, &Value)], new: bool) -> Result<(), Denial> {
    for (name, value) in members {
        match name.as_str() {
            "accountenabled" | "displayname" | "givenname" | "surname" | "jobtitle" | "department" => {}
            "companyname" | "officelocation" | "streetaddress" | "city" | "state" | "postalcode" | "country" => {}
            "usagelocation" | "preferredlanguage" | "employeeid" | "mobilephone" => {}
            "businessphones" => drop(items(value, "businessPhones")?),
            "employeetype" if text(value, "employeeType")? == own.tag() => {}
            "employeetype" => return Err(denial("tag", format!("`employeeType` stays {:?}", own.tag()))),
            "userprincipalname" | "mailnickname" if new => {}
            "passwordprofile" if new => {
                only(value, "passwordProfile", &["password", "forcechangepasswordnextsignin"])?;
            }
            _ => return Err(unknown("a user", name)),
        }
    }
    Ok(())
}

fn licences(request: &Canonical) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "addlicenses" => {
                for licence in items(value, "addLicenses")? {
                    only(licence, "a licence", &["skuid", "disabledplans"])?;
                }
            }
            "removelicenses" => drop(items(value, "removeLicenses")?),
            _ => return Err(unknown("the body", &name)),
        }
    }
    Ok(())
}

/// What was deleted and may still be restored.
pub(super) fn deleted(request: &Canonical, own: &Own, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("GET", ["microsoft.graph.user" | "graph.user"]) => listing(request, own),
        ("GET", ["microsoft.graph.group" | "graph.group"]) => super::groups::listing(request, own),
        ("GET" | "DELETE", [id]) => match own.standing(id)? {
            Some(Standing::Created) => Ok(()),
            Some(Standing::Adopted) => Err(denial("adopted", format!("{id:?} was not created by this deployment"))),
            None => own.group(id).map_err(|_| denial("subject", format!("{id:?} was not created by this deployment"))),
        },
        _ => Err(uncovered(request)),
    }
}

/// An identity as Teams writes it: `{"user": {"id", "displayName", ...}}`; with the user's id.
pub(super) fn identity<'a>(own: &Own, value: &'a Value, what: &str) -> Result<&'a str, Denial> {
    let mut named = None;
    for (name, value) in object(value, what)? {
        match name.as_str() {
            "user" => {
                only(value, "user", &["id", "displayname", "useridentitytype", "@odata.type"])?;
                let id = object(value, "user")?.into_iter().find(|(name, _)| name == "id");
                let id = text(id.map_or(&Value::Null, |(_, id)| id), "a user's id")?;
                own.subject(id)?;
                named = Some(id);
            }
            "@odata.type" => {}
            _ if value.is_null() => {}
            _ => return Err(unknown(what, &name)),
        }
    }
    named.ok_or_else(|| denial("subject", format!("{what} names nobody")))
}
