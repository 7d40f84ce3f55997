//! What people write in channels and chats.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Migration, Post, begun, tell, thread, thread_mut};
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, ITEM_BODY, Shape};
use crate::graph::{Actor, Call, Reply};
use crate::odata::collection::{self, merged};
use crate::odata::{Catalog, Filterable, Kind, Property};
use crate::tenant::State;
use crate::time;

/// The largest post, in bytes, as documented (about 28 KB).
const LARGEST: usize = 28 * 1024;

static POST: Fields = Fields {
    name: "chatMessage",
    fields: &[
        ("body", Shape::Object(&ITEM_BODY)),
        ("subject", Shape::Text),
        ("summary", Shape::Text),
        ("importance", Shape::Word(&["normal", "high", "urgent"])),
        ("locale", Shape::Text),
        ("createdDateTime", Shape::Time),
        ("messageType", Shape::Ignored),
        ("from", Shape::Ignored),
        ("attachments", Shape::Ignored),
        ("mentions", Shape::Ignored),
        ("hostedContents", Shape::Ignored),
    ],
};

const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.chatMessage",
    directory: false,
    properties: &[
        Property { name: "id", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "createdDateTime", kind: Kind::Time, filter: Filterable::Full, usual: true },
        Property { name: "lastModifiedDateTime", kind: Kind::Time, filter: Filterable::Full, usual: true },
        Property { name: "subject", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "body", kind: Kind::Other, filter: Filterable::No, usual: true },
        Property { name: "from", kind: Kind::Other, filter: Filterable::No, usual: true },
        Property { name: "replyToId", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "reactions", kind: Kind::Other, filter: Filterable::No, usual: true },
        Property { name: "messageType", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "importance", kind: Kind::Text, filter: Filterable::No, usual: true },
    ],
};

fn user(state: &State, id: Uuid) -> Value {
    let name = state.directory.live.get(id).map(|user| user.text("displayName").to_owned());
    json!({ "id": id, "displayName": name, "userIdentityType": "aadUser" })
}

fn from(state: &State, post: &Post) -> Value {
    match post.from {
        Some(id) => json!({ "application": null, "device": null, "user": user(state, id) }),
        None => Value::Null,
    }
}

fn render(call: &Call<'_>, state: &State, post: &Post) -> Value {
    let channel = call.operation.place("channel-id").is_some();
    let base = json!({
        "id": post.id.to_string(),
        "replyToId": post.answers.map(|id| id.to_string()),
        "etag": post.modified.to_string(),
        "messageType": "message",
        "createdDateTime": time::millis(post.created),
        "lastModifiedDateTime": time::millis(post.modified),
        "lastEditedDateTime": post.edited.map(time::millis),
        "deletedDateTime": null,
        "subject": null,
        "summary": null,
        "chatId": if channel { Value::Null } else { json!(call.of("chat-id")) },
        "importance": "normal",
        "locale": "en-us",
        "webUrl": null,
        "from": from(state, post),
        "channelIdentity": if channel { json!({ "teamId": call.of("team-id"), "channelId": call.of("channel-id") }) } else { Value::Null },
        "attachments": [],
        "mentions": [],
        "reactions": post.reactions.iter().map(|reaction| json!({
            "reactionType": reaction.kind,
            "createdDateTime": time::millis(reaction.at),
            "user": { "application": null, "device": null, "user": user(state, reaction.user) },
        })).collect::<Vec<_>>(),
    });
    merged(base, &post.properties)
}

/// The last post of a chat, in short.
pub(super) fn preview(state: &State, post: &Post) -> Value {
    json!({
        "id": post.id.to_string(),
        "createdDateTime": time::millis(post.created),
        "isDeleted": false,
        "messageType": "message",
        "body": post.properties.get("body"),
        "from": from(state, post),
    })
}

/// The post that the path means by a key of this name.
fn numbered(call: &Call<'_>, name: &str) -> Result<u64, Fault> {
    call.of(name).parse().map_err(|_| Fault::bad_request("The message id is not valid."))
}

/// The post that the path names, the answer if it names one.
pub(super) fn id(call: &Call<'_>) -> Result<u64, Fault> {
    let deep = call.operation.place("chatMessage-id1").is_some();
    numbered(call, if deep { "chatMessage-id1" } else { "chatMessage-id" })
}

pub(super) fn missing() -> Fault {
    Fault::teams_not_found("NotFound: the message was not found.")
}

/// `GET .../messages` and `GET .../messages/{id}/replies`: the newest first.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let replies = call.action() == "replies";
    let to = if replies { Some(numbered(call, "chatMessage-id")?) } else { None };
    let chat = call.operation.place("chat-id").is_some();
    let thread = thread(call, state)?;
    if to.is_some_and(|to| !thread.posts.contains_key(&to)) {
        return Err(missing());
    }
    let wanted = thread.posts.values().rev().filter(|post| chat || post.answers == to);
    let mut shown: Vec<Value> = wanted.map(|post| render(call, state, post)).collect();
    match call.options.expand.as_deref().map(str::trim) {
        None => {}
        Some("replies") if !chat && !replies => {
            for item in &mut shown {
                let id = item.get("id").and_then(Value::as_str).and_then(|id| id.parse::<u64>().ok());
                let answers = thread.posts.values().rev().filter(|post| post.answers == id && id.is_some());
                let answers: Vec<Value> = answers.map(|post| render(call, state, post)).collect();
                if let Some(fields) = item.as_object_mut() {
                    fields.insert("replies".to_owned(), Value::Array(answers));
                }
            }
        }
        Some(other) => return Err(Fault::not_simulated(&format!("$expand={other} of messages"))),
    }
    collection::page(call, "messages", &CATALOG, shown, (20, 50))
}

/// `GET .../messages/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let post = thread(call, state)?.posts.get(&id(call)?).ok_or_else(missing)?;
    Ok(call.entity("messages", render(call, state, post), StatusCode::OK))
}

/// `POST .../messages` and `POST .../messages/{id}/replies`: by a user; or by an application that imports.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let answers = if call.action() == "replies" { Some(numbered(call, "chatMessage-id")?) } else { None };
    let there = thread(call, state)?;
    let importing = there.migration == Migration::InProgress;
    if answers.is_some_and(|id| !there.posts.contains_key(&id)) {
        return Err(missing());
    }
    let mut properties = shape::read(Area::Teams, &POST, &call.body)?;
    properties.retain(|_, value| !value.is_null());
    check(&properties)?;
    let stated = properties.remove("createdDateTime").and_then(|at| time::parse(at.as_str()?));
    let (from, created) = match call.actor {
        Actor::App => {
            let only_import = || {
                Fault::new(
                    StatusCode::UNAUTHORIZED,
                    "Unauthorized",
                    "Message POST is allowed in application-only context only for import purposes. Refer to https://docs.microsoft.com/microsoftteams/platform/graph-api/import-messages/import-external-messages-to-teams for more details.",
                )
            };
            if !importing {
                return Err(only_import());
            }
            let author = call.body.get("from").and_then(|from| from.get("user")).and_then(|user| user.get("id"));
            let author = author.and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
            let stated = stated.filter(|at| *at <= call.now).ok_or_else(only_import)?;
            if stated < begun(call, state)? {
                return Err(Fault::bad_request(
                    "createdDateTime must not be before the createdDateTime of the thread.",
                ));
            }
            (Some(author.ok_or_else(only_import)?), stated)
        }
        Actor::User(_) if importing => {
            return Err(Fault::teams_forbidden("The thread is in migration mode: nobody can post in it."));
        }
        Actor::User(user) => (Some(user), call.now),
    };
    let thread = thread_mut(call, state)?;
    let number = (created..).find(|id| !thread.posts.contains_key(id)).unwrap_or(created);
    let post = Post {
        id: number,
        answers,
        from,
        properties,
        created,
        modified: created,
        edited: None,
        reactions: Vec::new(),
        imported: importing,
    };
    thread.posts.insert(number, post.clone());
    tell(call, state, "MessageSent", number);
    let location = format!("{}{}/{number}", call.base, call.path);
    Ok(call.entity("messages", render(call, state, &post), StatusCode::CREATED).with(header::LOCATION, location))
}

fn check(properties: &Map<String, Value>) -> Result<(), Fault> {
    let content = properties.get("body").and_then(|body| body.get("content")).and_then(Value::as_str);
    let content = content.ok_or_else(|| Fault::bad_request("Missing body content"))?;
    if content.len() > LARGEST {
        return Err(Fault::new(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", "The message is too large."));
    }
    Ok(())
}

/// `PATCH .../messages/{id}`: by its author.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let Actor::User(own) = call.actor else {
        return Err(Fault::not_simulated("policy violations: the one thing an application may change in a message"));
    };
    let mut changes = shape::read(Area::Teams, &POST, &call.body)?;
    changes.remove("createdDateTime");
    let number = id(call)?;
    let post = thread_mut(call, state)?.posts.get_mut(&number).ok_or_else(missing)?;
    if post.from != Some(own) || post.imported {
        return Err(Fault::teams_forbidden("Only the author of a message can change it."));
    }
    post.properties.extend(changes);
    (post.modified, post.edited) = (call.now, Some(call.now));
    tell(call, state, "MessageUpdated", number);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
