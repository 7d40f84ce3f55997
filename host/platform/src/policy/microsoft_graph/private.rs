//! Private chats: the one that two people have, of whom one is lent.
//!
//! Two people have one chat, and whoever begins it again is given the same one. Between people who were there before, it
//! may be years old, and nothing but its age tells it from a new one. To turn an old one away would stop ordinary work:
//! whoever talked once, in an earlier deployment or in earnest, could never talk again. So it is this deployment's to write
//! in, and what others wrote there is not its own to read, change or remove. Such chats are known by their id, which names
//! both people, so nothing has to be remembered of them.
//!
//! Shown is what was written since the ledger lists the chat, and of that only what this deployment said: by the id of its
//! making, or by its words, because an answer may have been lost. What was said before the host began to listen cannot be
//! told apart after a restart, and is shown.

use haymaker_engine::http::{Canonical, Denial, Response};
use haymaker_store::Instant;
use serde_json::{Value, json};

use super::denial::denial;
use super::hearing::{self, text};
use super::own::{Kind, Own, Standing};

/// How far the clocks of host and tenant may differ: in milliseconds, two minutes. An assumption.
const SKEW: Instant = 120_000;

/// Options that do not choose among what is not shown.
const PLAIN: [&str; 3] = ["top", "skiptoken", "select"];

/// Whether a chat is of two people, not both of whom this deployment created.
pub(super) fn is_private(own: &Own, chat: &str) -> Result<bool, Denial> {
    let Some(pair) = chat.strip_suffix("@unq.gbl.spaces") else { return Ok(false) };
    for person in pair.strip_prefix("19:").unwrap_or(pair).split('_') {
        if own.standing(person)? != Some(Standing::Created) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is not done in a private chat, beside what is done in none.
pub(super) fn decide(request: &Canonical, own: &Own, chat: &str, rest: &[&str]) -> Result<(), Denial> {
    match (request.method, rest) {
        ("GET", ["messages", ..]) => {
            listen(own)?;
            let name = |name: &str| name.trim_start_matches('$').to_ascii_lowercase();
            match request.query.iter().find(|(option, _)| !PLAIN.contains(&name(option).as_str())) {
                Some((option, _)) => Err(denial("option", format!("{}: {option} in a private chat", request.target))),
                None => Ok(()),
            }
        }
        ("POST", ["messages"]) => {
            listen(own)?;
            if let Some(words) = request.json.as_ref().and_then(words) {
                own.witness().says(chat, words);
            }
            Ok(())
        }
        ("POST", ["messages", _, "setReaction" | "unsetReaction"]) => Ok(()),
        (_, ["messages", message, ..]) if !own.witness().knows_ours(message) => {
            Err(denial("adopted", format!("{}: it was not said by this deployment", request.line())))
        }
        ("DELETE", []) => Err(denial("adopted", format!("{}: it may be older than this deployment", request.line()))),
        // Meanwhile nobody could write in it; and nobody's words are imported who is lent.
        (_, ["startMigration" | "completeMigration"]) => {
            Err(denial("adopted", format!("{}: nothing is imported into a private chat", request.line())))
        }
        _ => Ok(()),
    }
}

/// Since when what is said is remembered.
fn listen(own: &Own) -> Result<Instant, Denial> {
    let now = own.updated()?;
    Ok(own.witness().listens(now))
}

/// The words of a message, whatever their members' spelling.
fn words(message: &Value) -> Option<&str> {
    member(member(message, "body")?, "content")?.as_str()
}

fn member<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    value.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// A chat was begun, or found. One of two people whose id does not name them could not be known again as private.
pub(super) fn begun(own: &Own, request: &Canonical, chat: &Value) {
    let asked = request.json.as_ref().and_then(Value::as_object).into_iter().flatten();
    let mut kinds = asked.filter(|(name, _)| name.eq_ignore_ascii_case("chatType"));
    let single = kinds.any(|(_, kind)| kind.as_str().is_some_and(|kind| kind.eq_ignore_ascii_case("oneOnOne")));
    if !single || text(chat, "id").ends_with("@unq.gbl.spaces") {
        hearing::hear_id(own, Kind::Chat, chat.get("id"));
    }
}

/// Messages of a chat: what was written here is this deployment's, and of a private chat nothing else is shown.
pub(super) fn messages(own: &Own, request: &Canonical, chat: &str, rest: &[&str], response: &mut Response) {
    if !is_private(own, chat).unwrap_or(true) {
        return;
    }
    let mut body = hearing::json(response);
    if request.method == "POST" && rest.is_empty() {
        own.witness().is_ours(text(&body, "id"));
    }
    if request.method != "GET" {
        return;
    }
    let since = own.chat_since(chat).ok().flatten();
    let listening = listen(own).unwrap_or_default();
    let is_shown = |message: &Value| is_shown(own, chat, since, listening, message);
    match body.get_mut("value").map(Value::take) {
        Some(Value::Array(mut messages)) => {
            messages.retain(is_shown);
            let next = body.get("@odata.nextLink").filter(|next| next.is_string() && !messages.is_empty());
            let shown = match next {
                Some(next) => json!({ "value": messages, "@odata.nextLink": next }),
                None => json!({ "value": messages }),
            };
            hearing::show(response, &shown);
        }
        _ if is_shown(&body) => {}
        _ => {
            response.status = 404;
            hearing::show(response, &json!({"error": {"code": "NotFound", "message": "The message was not found."}}));
        }
    }
}

/// Whether a message is this deployment's.
fn is_shown(own: &Own, chat: &str, since: Option<Instant>, listening: Instant, message: &Value) -> bool {
    // Whom this deployment created says nothing but its words.
    let author = message.pointer("/from/user/id").and_then(Value::as_str);
    if author.is_some_and(|author| own.standing(author).is_ok_and(|standing| standing == Some(Standing::Created))) {
        return true;
    }
    let written = chrono::DateTime::parse_from_rfc3339(text(message, "createdDateTime")).ok();
    let written = written.and_then(|at| Instant::try_from(at.timestamp_millis()).ok());
    let (Some(since), Some(written)) = (since, written) else { return false };
    let words = message.pointer("/body/content").and_then(Value::as_str).unwrap_or_default();
    let witness = own.witness();
    let said = written <= listening.saturating_add(SKEW)
        || witness.knows_ours(text(message, "id"))
        || witness.knows_said(chat, words);
    said && written.saturating_add(SKEW) >= since
}
