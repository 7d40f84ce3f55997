//! The operations on chats.

use http::{StatusCode, header};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Chat, Migration, Thread, bound, chat, members, posts};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Actor, Call, Reply};
use crate::ids;
use crate::odata::collection;
use crate::odata::{Catalog, Filterable, Kind, Property};
use crate::tenant::State;
use crate::time;

static CHAT: Fields = Fields {
    name: "chat",
    fields: &[
        ("chatType", Shape::Word(&["oneOnOne", "group"])),
        ("topic", Shape::Text),
        ("members", Shape::Ignored),
        ("createdDateTime", Shape::Ignored),
        ("installedApps", Shape::Ignored),
    ],
};

const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.chat",
    directory: false,
    properties: &[
        Property { name: "id", kind: Kind::Text, filter: Filterable::Equal, usual: true },
        Property { name: "topic", kind: Kind::Text, filter: Filterable::Full, usual: true },
        Property { name: "chatType", kind: Kind::Text, filter: Filterable::Equal, usual: true },
        Property { name: "createdDateTime", kind: Kind::Time, filter: Filterable::Full, usual: true },
        Property { name: "lastUpdatedDateTime", kind: Kind::Time, filter: Filterable::Full, usual: true },
        Property { name: "webUrl", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "tenantId", kind: Kind::Text, filter: Filterable::No, usual: true },
        Property { name: "members", kind: Kind::Other, filter: Filterable::No, usual: true },
    ],
};

fn render(call: &Call<'_>, state: &State, chat: &Chat) -> Result<Value, Fault> {
    let mut shown = json!({
        "id": chat.id,
        "topic": chat.topic,
        "createdDateTime": time::seconds(chat.created),
        "lastUpdatedDateTime": time::seconds(chat.updated),
        "chatType": chat.kind,
        "webUrl": format!("https://teams.microsoft.com/l/chat/{}/0?tenantId={}", chat.id, call.settings.tenant_id),
        "tenantId": call.settings.tenant_id,
        "onlineMeetingInfo": null,
    });
    let mut more = Vec::new();
    if let Some(mode) = chat.thread.migration.word() {
        more.push(("migrationMode", json!(mode)));
    }
    for part in call.options.expand.iter().flat_map(|expand| expand.split(',')).map(str::trim) {
        match part {
            "members" => more.push(("members", people(call, state, chat))),
            "lastMessagePreview" => {
                let last = chat.thread.posts.values().next_back();
                more.push(("lastMessagePreview", last.map_or(Value::Null, |post| posts::preview(state, post))));
            }
            other => return Err(Fault::not_simulated(&format!("$expand={other} of chats"))),
        }
    }
    if let Some(fields) = shown.as_object_mut() {
        fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(shown)
}

fn people(call: &Call<'_>, state: &State, chat: &Chat) -> Value {
    chat.members.iter().map(|user| members::render(call, state, &chat.id, *user, true)).collect()
}

/// `GET /chats` and `GET /users/{id}/chats`: those of the user, or all for an application.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let of = match (call.operation.place("user-id"), call.actor) {
        (Some(_), actor) => {
            let key = call.of("user-id");
            let user = state.directory.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))?.id;
            if matches!(actor, Actor::User(own) if own != user) {
                return Err(Fault::teams_forbidden("You do not have access to the requested resource."));
            }
            Some(user)
        }
        (None, Actor::User(user)) => Some(user),
        (None, Actor::App) => None,
    };
    let chats = state.teams.chats.values().filter(|chat| of.is_none_or(|user| chat.members.contains(&user)));
    let mut chats: Vec<&Chat> = chats.collect();
    chats.sort_by_key(|chat| (std::cmp::Reverse(chat.updated), chat.id.clone()));
    let shown = chats.into_iter().map(|chat| render(call, state, chat)).collect::<Result<Vec<_>, _>>()?;
    collection::page(call, "chats", &CATALOG, shown, (20, 50))
}

/// `GET /chats/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let shown = render(call, state, chat(call, state)?)?;
    Ok(call.entity("chats", shown, StatusCode::OK))
}

/// `POST /chats`: two people have one chat, however often it is made.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let properties = shape::read(Area::Teams, &CHAT, &call.body)?;
    let text = |name: &str| properties.get(name).and_then(Value::as_str);
    let kind = text("chatType").ok_or_else(|| Fault::bad_request("Chat type is required."))?.to_owned();
    let mut people: Vec<Uuid> = Vec::new();
    for member in call.body.get("members").and_then(Value::as_array).into_iter().flatten() {
        if member.get("@odata.type").and_then(Value::as_str) != Some("#microsoft.graph.aadUserConversationMember") {
            return Err(Fault::bad_request("Members must be of type '#microsoft.graph.aadUserConversationMember'."));
        }
        if super::roles(member).iter().all(|role| role != "owner" && role != "guest") {
            return Err(Fault::bad_request("Members must have the role 'owner' or 'guest'."));
        }
        let user = bound(call, state, member)?;
        if people.contains(&user) {
            return Err(Fault::bad_request("Duplicate chat members is specified in the request body."));
        }
        people.push(user);
    }
    if let Actor::User(own) = call.actor
        && !people.contains(&own)
    {
        return Err(Fault::bad_request("The caller must be one of the members specified in request body."));
    }
    let single = kind == "oneOnOne";
    if single && people.len() != 2 {
        return Err(Fault::bad_request("Invalid number of members for oneOnOne chat. It has two."));
    }
    if people.len() < 2 {
        return Err(Fault::bad_request("A group chat has at least two members."));
    }
    if single && text("topic").is_some() {
        return Err(Fault::bad_request("Topic is only supported for group chats."));
    }
    let id = if single {
        people.sort_unstable();
        let both: Vec<String> = people.iter().map(ToString::to_string).collect();
        format!("19:{}@unq.gbl.spaces", both.join("_"))
    } else {
        format!("19:{}@thread.v2", hex::encode(ids::short(call.mint.make("chat", "", 0))))
    };
    let topic = text("topic").map(str::to_owned);
    let fresh = !state.teams.chats.contains_key(&id);
    let made = state.teams.chats.entry(id.clone()).or_insert_with(|| Chat {
        id: id.clone(),
        kind,
        members: people,
        topic,
        created: call.now,
        updated: call.now,
        thread: Thread { migration: Migration::Never, ..Thread::default() },
    });
    let made = made.clone();
    if fresh {
        call.did(|| audit::chat("ChatCreated", state, &made, None));
    }
    let shown = render(call, state, &made)?;
    let location = format!("{}/chats('{id}')", call.base);
    Ok(call.entity("chats", shown, StatusCode::CREATED).with(header::LOCATION, location))
}

/// `PATCH /chats/{id}`: another topic.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let changes = shape::read(Area::Teams, &CHAT, &call.body)?;
    let found = chat(call, state)?;
    if found.kind != "group" {
        return Err(Fault::bad_request("Topic is only supported for group chats."));
    }
    let key = found.id.clone();
    if let (Some(chat), Some(topic)) = (state.teams.chats.get_mut(&key), changes.get("topic")) {
        chat.topic = topic.as_str().map(str::to_owned);
        chat.updated = call.now;
    }
    if let Some(chat) = state.teams.chats.get(&key) {
        call.did(|| audit::chat("ChatUpdated", state, chat, None));
    }
    get(call, state)
}

/// `DELETE /chats/{id}`.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = chat(call, state)?.id.clone();
    state.teams.chats.remove(&key);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET /chats/{id}/members`.
pub(crate) fn members(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let chat = chat(call, state)?;
    let shown = people(call, state, chat).as_array().cloned().unwrap_or_default();
    Ok(call.page(call.context(&format!("chats('{}')/members", chat.id)), None, shown, None))
}

/// `POST /chats/{id}/members`: 201, empty.
pub(crate) fn add_member(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let found = chat(call, state)?;
    if found.kind != "group" {
        return Err(Fault::bad_request("Members cannot be added to a oneOnOne chat."));
    }
    let key = found.id.clone();
    let user = bound(call, state, &Value::Object(call.body.clone()))?;
    let Some(chat) = state.teams.chats.get_mut(&key) else {
        return Err(Fault::teams_not_found("The chat was not found."));
    };
    if chat.members.contains(&user) {
        return Err(Fault::bad_request("The member is already in the chat."));
    }
    chat.members.push(user);
    if let Some(chat) = state.teams.chats.get(&key) {
        call.did(|| audit::chat("MemberAdded", state, chat, None));
    }
    let location = format!("{}/chats('{key}')/members('{}')", call.base, members::id_of(&key, user));
    Ok(Reply::empty(StatusCode::CREATED).with(header::LOCATION, location))
}
