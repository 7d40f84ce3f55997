//! Chats: between workers.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::body::{members, nothing, one_of, only, unknown};
use super::denial::denial;
use super::mail::body;
use super::own::{Kind, Own, Standing};
use super::path::uncovered;
use super::posts;
use super::private;
use super::teams::{member, people};

/// `/chats`, and what follows it.
pub(super) fn decide(request: &Canonical, own: &Own, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("POST", []) => creation(request, own),
        (_, [chat, rest @ ..]) => part(request, own, chat, rest),
        _ => Err(uncovered(request)),
    }
}

/// `/users/{user}/chats`: all of a created worker's, and of others only those in the ledger.
pub(super) fn of_user(request: &Canonical, own: &Own, standing: Standing, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("GET", []) if standing == Standing::Created => Ok(()),
        (_, [chat, rest @ ..]) => part(request, own, chat, rest),
        _ => Err(uncovered(request)),
    }
}

/// A new chat.
fn creation(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let mut peopled = false;
    for (name, value) in members(request)? {
        match name.as_str() {
            "chattype" => one_of(value, "chatType", &["oneOnOne", "group"])?,
            "topic" => {}
            "members" => {
                people(request, own, value)?;
                peopled = true;
            }
            _ => return Err(unknown("a chat", &name)),
        }
    }
    if peopled { Ok(()) } else { Err(denial("subject", "a chat of nobody")) }
}

/// What belongs to a chat of the deployment.
fn part(request: &Canonical, own: &Own, chat: &str, rest: &[&str]) -> Result<(), Denial> {
    own.thing(Kind::Chat, "chat", chat)?;
    if private::is_private(own, chat)? {
        private::decide(request, own, chat, rest)?;
    }
    match (request.method, rest) {
        ("GET", [] | ["members"]) | ("DELETE", []) => Ok(()),
        ("PATCH", []) => only(body(request)?, "a chat", &["topic"]),
        ("POST", ["members"]) => member(request, own, body(request)?),
        ("POST", ["startMigration"]) => {
            only(request.json.as_ref().unwrap_or(&Value::Null), "the body", &["conversationcreationdatetime"])
        }
        ("POST", ["completeMigration"]) => nothing(request),
        (_, ["messages", rest @ ..]) => posts::decide(request, own, rest),
        _ => Err(uncovered(request)),
    }
}
