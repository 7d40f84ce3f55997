//! Mailboxes: whatever leaves them goes to workers, whatever way it takes.
//!
//! A created worker's mailbox is the deployment's own, with everything in it. In an adopted person's mailbox only those
//! messages are its own that it sent: lists are shown without the others (so they must be asked for with what tells them
//! apart, `from` and `internetMessageHeaders`), and a single message is looked at before anything is done with it.
//!
//! Rules, settings and subscriptions are denied but where an anomaly pack needs them (see [`super::anomalies`]); so is what writes recipients by
//! another name: extended properties, messages in MIME, attached items.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::addresses::{recipient, recipients};
use super::anomalies;
use super::body::{items, members, nothing, object, one_of, only, text, unknown, words};
use super::denial::denial;
use super::lent;
use super::looks::{About, Look, Ruling};
use super::own::{Kind, Own, Standing};
use super::path::{below, option, uncovered};
use super::people::equality;

/// Rules for what follows `/users/{user}`.
pub(super) fn decide(request: &Canonical, own: &Own, standing: Standing, rest: &[&str]) -> Result<Ruling, Denial> {
    match (request.method, rest) {
        ("POST", ["sendMail"]) => send_mail(request, own)?,
        ("GET", ["messages"] | ["mailFolders", _, "messages"]) => return list(request, standing),
        ("POST", ["messages"] | ["mailFolders", _, "messages"]) => message(own, body(request)?)?,
        ("GET", ["mailFolders"] | ["mailFolders", _, "childFolders"]) => lent::plain(request, standing, |_| false)?,
        ("GET", ["mailFolders", _]) => {}
        ("POST", ["mailFolders"] | ["mailFolders", _, "childFolders"]) => folder(request)?,
        ("PATCH", ["mailFolders", id]) => {
            folder_of(own, standing, id)?;
            folder(request)?;
        }
        ("DELETE", ["mailFolders", folder]) => folder_of(own, standing, folder)?,
        (_, ["mailFolders", folder, "messageRules", rest @ ..]) => {
            anomalies::rules(request, own, standing, folder, rest)?;
        }
        (_, ["mailFolders", _, "messages", id, rest @ ..]) => return item(request, own, standing, id, 6, rest),
        (_, ["messages", id, rest @ ..]) => return item(request, own, standing, id, 4, rest),
        _ => return Err(uncovered(request)),
    }
    Ok(Ruling::Permitted)
}

/// A list of messages. In an adopted person's mailbox it must show what tells ours from theirs, or be of one name, so that
/// it can be looked at first.
fn list(request: &Canonical, standing: Standing) -> Result<Ruling, Denial> {
    let named = matches!(equality(request), Some(("internetMessageId", _)));
    lent::plain(request, standing, |filter| named || matches!(filter, "isRead eq false" | "isRead eq true"))?;
    let select = request.option("select").unwrap_or_default().to_ascii_lowercase();
    let shows = |name: &str| select.split(',').any(|selected| selected.trim() == name);
    if standing == Standing::Created || ["id", "from", "internetmessageheaders"].iter().all(|name| shows(name)) {
        return Ok(Ruling::Permitted);
    }
    match equality(request) {
        Some(("internetMessageId", _)) if shows("id") => {
            let (path, id) = (below(request, request.segments.len()), option(request, "filter").unwrap_or_default());
            Ok(Ruling::Look(Look { path, id, about: About::Named }))
        }
        _ => {
            let why = "messages of adopted people are listed with id, from and internetMessageHeaders in $select, or \
                       by one internetMessageId";
            Err(denial("listing", format!("{}: {why}", request.target)))
        }
    }
}

/// What a folder is called.
fn folder(request: &Canonical) -> Result<(), Denial> {
    only(body(request)?, "a folder", &["displayname", "ishidden"])
}

/// A folder is deleted with all that is in it, and somebody who is lent finds theirs by its name.
fn folder_of(own: &Own, standing: Standing, folder: &str) -> Result<(), Denial> {
    match standing {
        Standing::Created => Ok(()),
        Standing::Adopted => own.thing(Kind::Folder, "folder", folder),
    }
}

/// One message: the path has `length` segments up to its id.
fn item(
    request: &Canonical,
    own: &Own,
    standing: Standing,
    id: &str,
    length: usize,
    rest: &[&str],
) -> Result<Ruling, Denial> {
    let mut about = None;
    match (request.method, rest) {
        ("GET" | "DELETE", []) | ("GET", ["attachments"] | ["attachments", _]) => {}
        ("DELETE", ["attachments", _]) => {}
        ("PATCH", []) => message(own, body(request)?)?,
        ("POST", ["move" | "copy"]) => only(body(request)?, "the body", &["destinationid"])?,
        ("POST", ["permanentDelete"]) => nothing(request)?,
        ("POST", ["attachments"]) => attachment(body(request)?)?,
        ("POST", ["send"]) => {
            nothing(request)?;
            about = Some(About::Draft);
        }
        ("POST", ["reply" | "replyAll" | "forward" | "createReply" | "createReplyAll" | "createForward"]) => {
            answer(request, own)?;
            about = Some(About::Original);
        }
        _ => return Err(uncovered(request)),
    }
    let about = match (standing, about) {
        (Standing::Created, None) => return Ok(Ruling::Permitted),
        (Standing::Created, Some(about)) => about,
        (Standing::Adopted, None) => About::Sent,
        (Standing::Adopted, Some(About::Draft)) => About::SentDraft,
        (Standing::Adopted, Some(_)) => About::SentOriginal,
    };
    Ok(Ruling::Look(Look { path: below(request, length), id: id.to_owned(), about }))
}

/// `POST /users/{id}/sendMail`.
fn send_mail(request: &Canonical, own: &Own) -> Result<(), Denial> {
    let mut found = false;
    for (name, value) in members(request)? {
        match name.as_str() {
            "message" => {
                message(own, value)?;
                found = true;
            }
            "savetosentitems" => {}
            _ => return Err(unknown("the body", &name)),
        }
    }
    if found { Ok(()) } else { Err(denial("body", "sendMail without a message")) }
}

/// What is written above the original, and to whom else it goes.
fn answer(request: &Canonical, own: &Own) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "message" if value.is_null() => {}
            "message" => message(own, value)?,
            "torecipients" => recipients(own, value)?,
            "comment" => {}
            _ => return Err(unknown("the body", &name)),
        }
    }
    Ok(())
}

/// A message, or a part of one.
fn message(own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "a message")? {
        match name.as_str() {
            "torecipients" | "ccrecipients" | "bccrecipients" | "replyto" => recipients(own, value)?,
            "from" | "sender" => recipient(own, value)?,
            "body" => words(value)?,
            "internetmessageheaders" => items(value, "headers")?.iter().try_for_each(|header| mark(own, header))?,
            "attachments" => items(value, "attachments")?.iter().try_for_each(attachment)?,
            "flag" => only(value, "flag", &["flagstatus", "@odata.type"])?,
            "categories" => drop(items(value, "categories")?),
            "@odata.type" => one_of(value, "@odata.type", &["#microsoft.graph.message", "microsoft.graph.message"])?,
            "subject" | "importance" | "isread" | "internetmessageid" | "inferenceclassification" => {}
            "isreadreceiptrequested" | "isdeliveryreceiptrequested" => {}
            _ => return Err(unknown("a message", &name)),
        }
    }
    Ok(())
}

/// A header of a message: only the host's own word for whose it is, and only this deployment's.
fn mark(own: &Own, header: &Value) -> Result<(), Denial> {
    let (mut named, mut ours) = (false, false);
    for (name, value) in object(header, "a header")? {
        match name.as_str() {
            "name" => named = text(value, "a header's name")?.to_ascii_lowercase().starts_with("x-haymaker-"),
            "value" => ours = text(value, "a header's value")?.split('/').next() == Some(own.deployment()),
            "@odata.type" => {}
            _ => return Err(unknown("a header", &name)),
        }
    }
    if named && ours {
        return Ok(());
    }
    let why = format!("a message has no headers but x-haymaker-...: {}/...", own.deployment());
    Err(denial("property", why))
}

/// Bytes, and nothing that is a message or a link of its own.
fn attachment(value: &Value) -> Result<(), Denial> {
    let mut typed = false;
    for (name, value) in object(value, "an attachment")? {
        match name.as_str() {
            "@odata.type" => {
                one_of(value, "@odata.type", &["#microsoft.graph.fileAttachment", "microsoft.graph.fileAttachment"])?;
                typed = true;
            }
            "name" | "contenttype" | "contentbytes" | "isinline" | "contentid" => {}
            _ => return Err(unknown("an attachment", &name)),
        }
    }
    if typed { Ok(()) } else { Err(denial("property", "an attachment that is not a #microsoft.graph.fileAttachment")) }
}

/// The body, which must be there.
pub(super) fn body(request: &Canonical) -> Result<&Value, Denial> {
    request.json.as_ref().ok_or_else(|| denial("body", format!("{} has a body that is not JSON", request.target)))
}
