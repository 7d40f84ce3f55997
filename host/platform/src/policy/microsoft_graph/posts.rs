//! What people say in channels and chats. Only workers are mentioned, and nothing is attached.
//!
//! Attachments and hosted contents are denied: cards run code of others, and a reference to a file shares it.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::body::{items, members, object, one_of, unknown, words};
use super::mail::body;
use super::own::Own;
use super::path::uncovered;
use super::people::identity;

/// Rules for what follows `messages` of a channel or a chat of the deployment.
pub(super) fn decide(request: &Canonical, own: &Own, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("GET", [] | [_] | [_, "replies"] | [_, "replies", _]) => Ok(()),
        ("POST", [] | [_, "replies"]) | ("PATCH", [_] | [_, "replies", _]) => post(own, body(request)?),
        (
            "POST",
            [_, act @ ("setReaction" | "unsetReaction")] | [_, "replies", _, act @ ("setReaction" | "unsetReaction")],
        ) => reaction(request, act),
        ("POST", [_, "softDelete" | "undoSoftDelete"] | [_, "replies", _, "softDelete" | "undoSoftDelete"]) => {
            super::body::nothing(request)
        }
        _ => Err(uncovered(request)),
    }
}

fn reaction(request: &Canonical, act: &str) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "reactiontype" => drop(super::body::text(value, "reactionType")?),
            _ => return Err(unknown(act, &name)),
        }
    }
    Ok(())
}

/// A post, or a part of one.
fn post(own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "a post")? {
        match name.as_str() {
            "body" => words(value)?,
            "subject" | "createddatetime" | "locale" | "@odata.type" => {}
            "importance" => one_of(value, "importance", &["normal", "high", "urgent"])?,
            // What is imported is said to be somebody's: nobody's words are made up who is lent.
            "from" => own.created(identity(own, value, "from")?)?,
            "mentions" => items(value, "mentions")?.iter().try_for_each(|one| mention(own, one))?,
            _ => return Err(unknown("a post", &name)),
        }
    }
    Ok(())
}

fn mention(own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "a mention")? {
        match name.as_str() {
            "id" | "mentiontext" | "@odata.type" => {}
            "mentioned" => drop(identity(own, value, "mentioned")?),
            _ => return Err(unknown("a mention", &name)),
        }
    }
    Ok(())
}
