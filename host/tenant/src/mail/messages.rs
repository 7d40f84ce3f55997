//! The operations on messages.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{StatusCode, header};
use serde_json::{Map, Value, json};

use super::content::Content;
use super::mailbox::{DELETED_ITEMS, DRAFTS, FolderIndex, Item, Key, Mailbox, Missing};
use super::render::{MESSAGE, View, etag};
use super::transport::{self, Keep};
use super::{opened, opened_mut, owner};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::throttle;
use crate::graph::{Call, Reply, parameter};
use crate::ids;
use crate::odata::filter::Filter;
use crate::odata::{Catalog, Filterable, Kind, Property};
use crate::tenant::State;

/// The size of a page that was not asked for, and the largest, as documented for messages.
const USUAL_PAGE: usize = 10;
const LARGEST_PAGE: usize = 1000;

/// What `Mail.ReadBasic.All` keeps back, as the permission reference lists it; attachments and extended properties too.
const BEYOND_BASIC: [&str; 3] = ["body", "bodyPreview", "uniqueBody"];

impl From<Missing> for Fault {
    fn from(missing: Missing) -> Fault {
        match missing {
            Missing::Malformed => Fault::malformed_id(),
            Missing::NotHere => Fault::item_not_found(),
        }
    }
}

pub(super) fn view<'a>(call: &Call<'_>, mailbox: &'a Mailbox) -> Result<View<'a>, Fault> {
    let (extended, attachments) = expanded(call.options.expand.as_deref())?;
    let selection = MESSAGE.selection(&call.options)?;
    if call.basic {
        // What a mail says is not for who may read the basics only.
        let selection = selection.into_iter().filter(|name| !BEYOND_BASIC.contains(name)).collect();
        return Ok(View { mailbox, prefer: call.prefer, selection, extended: Vec::new(), attachments: false });
    }
    Ok(View { mailbox, prefer: call.prefer, selection, extended, attachments })
}

/// What `$expand` asks for: the ids in `singleValueExtendedProperties($filter=id eq '..')`, and whether `attachments`.
fn expanded(expand: Option<&str>) -> Result<(Vec<String>, bool), Fault> {
    const EXTENDED: Catalog = Catalog {
        type_name: "microsoft.graph.singleValueLegacyExtendedProperty",
        directory: false,
        properties: &[Property { name: "id", kind: Kind::Text, filter: Filterable::Equal, usual: true }],
    };
    let (mut ids, mut attachments) = (Vec::new(), false);
    let mut rest = expand.unwrap_or_default().trim();
    while !rest.is_empty() {
        let end = rest.find(['(', ',']).unwrap_or(rest.len());
        let (name, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
        let (inner, behind) = match behind.strip_prefix('(').and_then(|inner| inner.split_once(')')) {
            Some((inner, behind)) => (inner, behind),
            None => ("", behind),
        };
        match (name.trim(), inner.strip_prefix("$filter=")) {
            ("attachments", None) => attachments = true,
            ("singleValueExtendedProperties", Some(filter)) => {
                for part in filter.split(" or ") {
                    let filter = Filter::read(part, &EXTENDED, false)?;
                    ids.extend(filter.required("id").unwrap_or_default().into_iter().map(str::to_owned));
                }
            }
            _ => return Err(Fault::not_simulated(&format!("$expand={rest} of messages"))),
        }
        let next = behind.trim().trim_start_matches(',').trim();
        if next.len() >= rest.len() {
            break;
        }
        rest = next;
    }
    Ok((ids, attachments))
}

pub(super) fn entity(call: &Call<'_>, view: &View<'_>, item: &Item, status: StatusCode) -> Reply {
    let mut body = json!({ "@odata.context": call.context(&format!("users('{}')/messages/$entity", call.key(0))) });
    if let Some(fields) = body.as_object_mut() {
        fields.extend(view.render(item));
    }
    Reply::json(status, body)
}

/// `GET /users/{id}/messages/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    let item = mailbox.find(call.of("message-id"), call.now)?;
    call.did(|| audit::accessed(mailbox, &[item]));
    Ok(entity(call, &view(call, mailbox)?, item, StatusCode::OK))
}

/// `GET /users/{id}/messages`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    page(call, opened(call, state)?, None)
}

/// `GET /users/{id}/mailFolders/{id}/messages`.
pub(crate) fn list_folder(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    let folder = mailbox.find_folder(call.key(1)).ok_or_else(Fault::item_not_found)?;
    page(call, mailbox, Some(folder))
}

/// Where a page begins: behind a message, or at a position in another order.
enum Cursor {
    Behind((u64, Key)),
    Position(usize),
}

impl Cursor {
    fn token(&self) -> String {
        match self {
            Cursor::Behind((received, key)) => {
                let bytes: Vec<u8> = received.to_be_bytes().into_iter().chain(*key).collect();
                URL_SAFE_NO_PAD.encode(bytes)
            }
            Cursor::Position(position) => URL_SAFE_NO_PAD.encode((*position as u64).to_be_bytes()),
        }
    }

    fn read(token: &str) -> Option<Cursor> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (number, key) = bytes.split_at_checked(8)?;
        let number = u64::from_be_bytes(number.try_into().ok()?);
        match key {
            [] => Some(Cursor::Position(usize::try_from(number).ok()?)),
            key => Some(Cursor::Behind((number, key.try_into().ok()?))),
        }
    }
}

fn page(call: &Call<'_>, mailbox: &Mailbox, folder: Option<FolderIndex>) -> Result<Reply, Fault> {
    let options = &call.options;
    let view = view(call, mailbox)?;
    let filter = options.filter.as_deref().map(|text| Filter::read(text, &MESSAGE, true)).transpose()?;
    let order = order(options.orderby.as_deref(), filter.as_ref())?;
    let size = options.top.unwrap_or(USUAL_PAGE).clamp(1, LARGEST_PAGE);
    let (behind, position) = match options.skiptoken.as_deref().map(Cursor::read) {
        None => (None, options.skip.unwrap_or(0)),
        Some(Some(Cursor::Behind(key))) => (Some(key), 0),
        Some(Some(Cursor::Position(position))) => (None, position),
        Some(None) => return Err(Fault::bad_request("Invalid $skiptoken value.")),
    };
    let wanted = |item: &&Item| {
        folder.is_none_or(|folder| item.folder == folder)
            && filter.as_ref().is_none_or(|filter| filter.holds(&|name: &str| view.scalar(item, name)))
    };
    // A mail looked up by the id it travelled under is found without a walk through the mailbox.
    let message_ids = filter.as_ref().and_then(|filter| filter.required("internetMessageId"));
    let candidates = || -> Box<dyn Iterator<Item = &Item>> {
        match &message_ids {
            Some(ids) => Box::new(ids.iter().flat_map(|id| mailbox.travelled_as(id, call.now))),
            None => Box::new(mailbox.newest(folder, behind, call.now)),
        }
    };
    let count = options.count.then(|| match &message_ids {
        Some(_) => candidates().filter(wanted).count(),
        None => mailbox.newest(folder, None, call.now).filter(wanted).count(),
    });

    let newest_first = order.is_empty() && message_ids.is_none();
    let (found, next) = if newest_first {
        let mut found: Vec<&Item> = candidates().filter(wanted).skip(position).take(size + 1).collect();
        let more = found.len() > size;
        found.truncate(size);
        let last = found.last().filter(|_| more);
        (found.clone(), last.map(|last| Cursor::Behind((last.received, last.key))))
    } else {
        let mut all: Vec<&Item> = candidates().filter(wanted).collect();
        all.sort_by(|one, two| {
            let by = order.iter().map(|(name, descending)| {
                let order = view.scalar(one, name).order(&view.scalar(two, name));
                if *descending { order.reverse() } else { order }
            });
            by.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
                .then_with(|| (two.received, two.key).cmp(&(one.received, one.key)))
        });
        let more = all.len() > position.saturating_add(size);
        let next = more.then(|| Cursor::Position(position + size));
        (all.into_iter().skip(position).take(size).collect(), next)
    };
    if !found.is_empty() {
        call.did(|| audit::accessed(mailbox, &found));
    }
    let value = found.iter().map(|item| Value::Object(view.render(item))).collect();
    let path = match folder.and_then(|folder| mailbox.folder(folder)) {
        Some(folder) => format!("users('{}')/mailFolders('{}')/messages", call.key(0), folder.id()),
        None => format!("users('{}')/messages", call.key(0)),
    };
    Ok(call.page(call.collection_context(&path), count, value, next.map(|cursor| cursor.token())))
}

/// The properties to sort by, each with whether it is descending; empty for the natural order, newest first.
fn order(orderby: Option<&str>, filter: Option<&Filter>) -> Result<Vec<(&'static str, bool)>, Fault> {
    let mut order = Vec::new();
    for part in orderby.unwrap_or_default().split(',').map(str::trim).filter(|part| !part.is_empty()) {
        let (name, direction) = part.split_once(' ').unwrap_or((part, "asc"));
        let property = MESSAGE.find(name).ok_or_else(|| {
            Fault::bad_request(format!("Could not find a property named '{name}' on type '{}'.", MESSAGE.type_name))
        })?;
        // Documented with `GET messages`: what is sorted by must stand in the filter too.
        if property.filter == Filterable::No || filter.is_some_and(|filter| !filter.mentions(property.name)) {
            return Err(Fault::too_complex());
        }
        match direction.trim() {
            "asc" => order.push((property.name, false)),
            "desc" => order.push((property.name, true)),
            _ => return Err(Fault::bad_request(format!("Syntax error in '{part}'."))),
        }
    }
    if order == [("receivedDateTime", true)] {
        order.clear();
    }
    Ok(order)
}

/// `POST /users/{id}/messages`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    draft(call, state, DRAFTS)
}

/// `POST /users/{id}/mailFolders/{id}/messages`.
pub(crate) fn create_in(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let folder = opened(call, state)?.find_folder(call.key(1)).ok_or_else(Fault::item_not_found)?;
    draft(call, state, folder)
}

fn draft(call: &Call<'_>, state: &mut State, folder: FolderIndex) -> Result<Reply, Fault> {
    let (content, read) = composed(call, opened(call, state)?, &call.body)?;
    lay_down(call, state, folder, content, read)
}

/// Lays a mail that is not sent yet into a folder, and answers with it.
pub(super) fn lay_down(
    call: &Call<'_>,
    state: &mut State,
    folder: FolderIndex,
    mut content: Content,
    read: Option<bool>,
) -> Result<Reply, Fault> {
    content.trim();
    let owner = owner(call, state)?.to_string();
    let mailbox = opened_mut(call, state)?;
    let key = mailbox.free_key(|ordinal| call.mint.make("draft", &owner, ordinal));
    let item = Item {
        folder,
        sent: None,
        read: read.unwrap_or(true),
        draft: true,
        ..transport::new_item(key, Arc::new(content), call.now)
    };
    mailbox.put(item.clone());
    call.did(|| audit::mail("Create", mailbox, &item));
    let id = item.id(call.prefer.immutable_ids);
    let location = format!("{}/users('{}')/messages('{id}')", call.base, call.key(0));
    Ok(entity(call, &view(call, mailbox)?, &item, StatusCode::CREATED).with(header::LOCATION, location))
}

/// A new mail of the mailbox's owner, as `body` says, with whether it counts as read.
pub(super) fn composed(
    call: &Call<'_>,
    mailbox: &Mailbox,
    body: &Map<String, Value>,
) -> Result<(Content, Option<bool>), Fault> {
    let id = hex::encode_upper(ids::short(call.mint.make("internet message id", "", 0)));
    let host = call.settings.domain.split('.').next().unwrap_or_default();
    let mut content = Content::new(format!("<{id}@{host}.prod.outlook.com>"), mailbox.owner.clone());
    let read = content.set(body, true)?;
    let name = content.internet_message_id.clone();
    content.converse(call.seed, &name);
    Ok((content, read))
}

/// `PATCH /users/{id}/messages/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let item = mailbox.find(call.of("message-id"), call.now)?;
    call.unchanged(&etag(item))?;
    let (key, draft) = (item.key, item.draft);
    let mut content = (*item.content).clone();
    let read = content.set(&call.body, draft)?;
    let mut item = mailbox.take(key).ok_or_else(Fault::item_not_found)?;
    if content != *item.content {
        item.content = Arc::new(content);
    }
    item.read = read.unwrap_or(item.read);
    item.modified = call.now;
    item.version += 1;
    mailbox.put(item.clone());
    call.did(|| audit::mail("Update", mailbox, &item));
    Ok(entity(call, &view(call, mailbox)?, &item, StatusCode::OK))
}

/// `DELETE /users/{id}/messages/{id}`: to Deleted Items, and from there for good.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let found = mailbox.find(call.of("message-id"), call.now)?;
    call.unchanged(&etag(found))?;
    let key = found.key;
    let gone = found.folder == DELETED_ITEMS;
    call.did(|| audit::mail(if gone { "SoftDelete" } else { "MoveToDeletedItems" }, mailbox, found));
    if let Some(mut item) = mailbox.take(key)
        && !gone
    {
        item.folder = DELETED_ITEMS;
        item.moves += 1;
        item.modified = call.now;
        mailbox.put(item);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST /users/{id}/messages/{id}/permanentDelete`: for good, from wherever it lies.
pub(crate) fn purge(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let found = mailbox.find(call.of("message-id"), call.now)?;
    let key = found.key;
    call.did(|| audit::mail("HardDelete", mailbox, found));
    mailbox.take(key);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `POST /users/{id}/messages/{id}/send`.
pub(crate) fn send(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let sender = owner(call, state)?;
    let mailbox = opened_mut(call, state)?;
    let item = mailbox.find(call.of("message-id"), call.now)?;
    if !item.draft {
        return Err(Fault::item_not_found());
    }
    transport::check(&item.content, &mailbox.owner)?;
    let (key, people) = (item.key, item.content.recipients().len());
    throttle::recipients(call, state, sender, people)?;
    let mailbox = opened_mut(call, state)?;
    let item = mailbox.take(key).ok_or_else(Fault::item_not_found)?;
    let content = (*item.content).clone();
    transport::submit(call, state, sender, content, Keep::Draft(Box::new(item)));
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

/// `POST /users/{id}/sendMail`.
pub(crate) fn send_mail(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let sender = owner(call, state)?;
    let mailbox = opened_mut(call, state)?;
    let message = parameter(&call.body, "message").and_then(Value::as_object).ok_or_else(|| {
        Fault::new(StatusCode::BAD_REQUEST, "ErrorInvalidRequest", "The value of the parameter 'Message' is empty.")
    })?;
    let keep = match parameter(&call.body, "saveToSentItems") {
        None | Some(Value::Null | Value::Bool(true)) => Keep::Copy,
        Some(Value::Bool(false)) => Keep::Nothing,
        Some(_) => return Err(Fault::unreadable_body()),
    };
    let (content, _) = composed(call, mailbox, message)?;
    transport::check(&content, &mailbox.owner)?;
    throttle::recipients(call, state, sender, content.recipients().len())?;
    transport::submit(call, state, sender, content, keep);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}
