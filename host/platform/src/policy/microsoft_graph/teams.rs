//! Teams: of the deployment's groups, with workers as members, and channels that only they are in.
//!
//! Everything below a team of the deployment is its own, so channels need no entries. A new team takes its group by
//! `group@odata.bind` or `PUT /groups/{id}/team`; one that makes its own group is made under a name that the ledger
//! intends as a `team`. Shared channels are denied: other tenants are invited to them.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::binds;
use super::body::{items, members, nothing, object, one_of, only, text, unknown};
use super::denial::denial;
use super::mail::body;
use super::own::{Kind, Own};
use super::path::uncovered;
use super::posts;

/// `/teams`, and what follows it.
pub(super) fn decide(request: &Canonical, own: &Own, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("POST", []) => creation(request, own),
        (_, [team, rest @ ..]) => {
            own.group(team).map_err(|_| denial("team", format!("{team:?} is not one of this deployment's teams")))?;
            part(request, own, rest)
        }
        _ => Err(uncovered(request)),
    }
}

/// A new team.
fn creation(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let (mut grouped, mut intended) = (false, false);
    for (name, value) in members(request)? {
        match name.as_str() {
            "template@odata.bind" => binds::template(request, value)?,
            "group@odata.bind" => {
                binds::group(request, own, value)?;
                grouped = true;
            }
            "displayname" => intended = own.lists(Kind::Team, text(value, "displayName")?)?,
            "members" => people(request, own, value)?,
            "channels" => items(value, "channels")?.iter().try_for_each(|one| channel(request, own, one))?,
            "visibility" => one_of(value, "visibility", &["Private", "Public"])?,
            "description" | "firstchannelname" | "createddatetime" | "@microsoft.graph.teamcreationmode" => {}
            "membersettings" | "messagingsettings" | "funsettings" => setting(&name, value)?,
            _ => return Err(unknown("a team", &name)),
        }
    }
    if grouped || intended {
        return Ok(());
    }
    Err(denial(
        "intent",
        "a team is made of a group of this deployment, or under a displayName that the ledger intends",
    ))
}

/// How a team behaves: numbers, switches and words.
pub(super) fn settings(members: &[(String, &Value)]) -> Result<(), Denial> {
    for (name, value) in members {
        match name.as_str() {
            "displayname" | "description" => {}
            "visibility" => one_of(value, "visibility", &["Private", "Public"])?,
            "membersettings" | "messagingsettings" | "funsettings" => setting(name, value)?,
            _ => return Err(unknown("a team", name)),
        }
    }
    Ok(())
}

fn setting(name: &str, value: &Value) -> Result<(), Denial> {
    const KNOWN: [&str; 15] = [
        "@odata.type",
        "allowcreateupdatechannels",
        "allowcreateprivatechannels",
        "allowdeletechannels",
        "allowaddremoveapps",
        "allowcreateupdateremovetabs",
        "allowcreateupdateremoveconnectors",
        "allowusereditmessages",
        "allowuserdeletemessages",
        "allowownerdeletemessages",
        "allowteammentions",
        "allowchannelmentions",
        "allowgiphy",
        "allowstickersandmemes",
        "allowcustommemes",
    ];
    for (name, _) in object(value, name)? {
        if !KNOWN.contains(&name.as_str()) && name != "giphycontentrating" {
            return Err(unknown("a team's settings", &name));
        }
    }
    Ok(())
}

/// What belongs to a team of the deployment.
fn part(request: &Canonical, own: &Own, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("GET", [] | ["primaryChannel" | "channels" | "members"] | ["operations" | "members" | "channels", _]) => {
            Ok(())
        }
        ("PATCH", []) => settings(&members(request)?),
        ("POST", ["archive"]) => {
            only(request.json.as_ref().unwrap_or(&Value::Null), "the body", &["shouldsetspositereadonlyformembers"])
        }
        ("POST", ["completeMigration"]) => nothing(request),
        ("POST", ["members"]) => member(request, own, body(request)?),
        ("POST", ["members", "add"]) => {
            for (name, value) in members(request)? {
                match name.as_str() {
                    "values" => people(request, own, value)?,
                    _ => return Err(unknown("the body", &name)),
                }
            }
            Ok(())
        }
        ("PATCH", ["members", _]) => member(request, own, body(request)?),
        ("DELETE", ["members", _]) => Ok(()),
        ("POST", ["channels"]) => channel(request, own, body(request)?),
        (_, ["channels", _, rest @ ..]) => within(request, own, rest),
        _ => Err(uncovered(request)),
    }
}

/// What belongs to a channel.
fn within(request: &Canonical, own: &Own, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("GET", ["filesFolder" | "members"]) | ("DELETE", []) => Ok(()),
        ("PATCH", []) => channel(request, own, body(request)?),
        ("POST", ["startMigration" | "completeMigration"]) => {
            only(request.json.as_ref().unwrap_or(&Value::Null), "the body", &["conversationcreationdatetime"])
        }
        (_, ["messages", rest @ ..]) => posts::decide(request, own, rest),
        _ => Err(uncovered(request)),
    }
}

/// A channel, or a part of one.
fn channel(request: &Canonical, own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "a channel")? {
        match name.as_str() {
            "displayname" | "description" | "isfavoritebydefault" | "createddatetime" | "@odata.type" => {}
            "@microsoft.graph.channelcreationmode" => {}
            "membershiptype" => one_of(value, "membershipType", &["standard", "private"])?,
            "members" => people(request, own, value)?,
            _ => return Err(unknown("a channel", &name)),
        }
    }
    Ok(())
}

/// Members of a team, a channel or a chat.
pub(super) fn people(request: &Canonical, own: &Own, value: &Value) -> Result<(), Denial> {
    items(value, "members")?.iter().try_for_each(|one| member(request, own, one))
}

/// One of them: a worker, bound by a link.
pub(super) fn member(request: &Canonical, own: &Own, value: &Value) -> Result<(), Denial> {
    const PERSON: [&str; 2] =
        ["#microsoft.graph.aadUserConversationMember", "microsoft.graph.aadUserConversationMember"];
    for (name, value) in object(value, "a member")? {
        match name.as_str() {
            "@odata.type" => one_of(value, "@odata.type", &PERSON)?,
            "roles" => items(value, "roles")?.iter().try_for_each(|role| one_of(role, "a role", &["owner"]))?,
            "user@odata.bind" => binds::person(request, own, value)?,
            "userid" => drop(own.subject(text(value, "userId")?)?),
            "visiblehistorystartdatetime" => {}
            _ => return Err(unknown("a member", &name)),
        }
    }
    Ok(())
}
