//! The operations on mail folders.

use http::{StatusCode, header};
use serde_json::{Value, json};

use super::mailbox::{DELETED_ITEMS, Folder, FolderIndex, Mailbox, ROOT};
use super::{opened, opened_mut, owner};
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Call, Reply};
use crate::ids;
use crate::odata::project;
use crate::tenant::State;
use crate::time;

/// The size of a page that was not asked for, as documented for Outlook's lists.
const USUAL_PAGE: usize = 10;

static FOLDER: Fields = Fields {
    name: "mailFolder",
    fields: &[
        ("displayName", Shape::Text),
        ("isHidden", Shape::Bool),
        ("id", Shape::Ignored),
        ("childFolderCount", Shape::Ignored),
        ("parentFolderId", Shape::Ignored),
        ("totalItemCount", Shape::Ignored),
        ("unreadItemCount", Shape::Ignored),
    ],
};

fn render(call: &Call<'_>, mailbox: &Mailbox, index: FolderIndex, folder: &Folder) -> Value {
    let delays = &call.settings.delays;
    let lag = time::ms(delays.delivery.max(delays.sent_items));
    let (total, unread) = mailbox.counts(folder, call.now, lag);
    let value = json!({
        "id": folder.id(),
        "displayName": folder.display_name,
        "parentFolderId": mailbox.folder(folder.parent.unwrap_or(ROOT)).map(Folder::id),
        "childFolderCount": mailbox.children(index).count(),
        "unreadItemCount": unread,
        "totalItemCount": total,
        "isHidden": false,
    });
    match &call.options.select {
        Some(select) => {
            let names: Vec<&str> = select.split(',').map(str::trim).chain(["id"]).collect();
            project(value, &names)
        }
        None => value,
    }
}

/// The folder that the path names, by id or well-known name.
fn found(call: &Call<'_>, mailbox: &Mailbox) -> Result<FolderIndex, Fault> {
    mailbox.find_folder(call.of("mailFolder-id")).ok_or_else(Fault::item_not_found)
}

/// The folder whose children the path means: the one it names, or the root.
fn parent(call: &Call<'_>, mailbox: &Mailbox) -> Result<FolderIndex, Fault> {
    if call.operation.place("mailFolder-id").is_some() { found(call, mailbox) } else { Ok(ROOT) }
}

fn entity(call: &Call<'_>, mailbox: &Mailbox, index: FolderIndex, status: StatusCode) -> Result<Reply, Fault> {
    let folder = mailbox.folder(index).ok_or_else(Fault::item_not_found)?;
    let mut body = json!({ "@odata.context": call.context(&format!("users('{}')/mailFolders/$entity", call.key(0))) });
    if let (Some(fields), Value::Object(folder)) = (body.as_object_mut(), render(call, mailbox, index, folder)) {
        fields.extend(folder);
    }
    Ok(Reply::json(status, body))
}

/// `GET /users/{id}/mailFolders` and `GET .../{id}/childFolders`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    let size = call.options.top.unwrap_or(USUAL_PAGE);
    let token = call.options.skiptoken.as_deref().and_then(|token| token.parse().ok());
    let skip: usize = token.or(call.options.skip).unwrap_or(0);
    let mut folders: Vec<(FolderIndex, &Folder)> = mailbox.children(parent(call, mailbox)?).collect();
    folders.sort_by(|(_, one), (_, two)| one.display_name.cmp(&two.display_name));
    let count = folders.len();
    let next = (count > skip.saturating_add(size)).then(|| (skip + size).to_string());
    let page = folders.into_iter().skip(skip).take(size);
    let page = page.map(|(index, folder)| render(call, mailbox, index, folder)).collect();
    let context = call.collection_context(&format!("users('{}')/mailFolders", call.key(0)));
    Ok(call.page(context, call.options.count.then_some(count), page, next))
}

/// `GET /users/{id}/mailFolders/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    entity(call, mailbox, found(call, mailbox)?, StatusCode::OK)
}

/// `POST /users/{id}/mailFolders` and `POST .../{id}/childFolders`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let owner = owner(call, state)?.to_string();
    let name = named(call)?.ok_or_else(|| {
        Fault::new(StatusCode::BAD_REQUEST, "ErrorInvalidRequest", "The display name of the folder is missing.")
    })?;
    let mailbox = opened_mut(call, state)?;
    let parent = parent(call, mailbox)?;
    let mut keys = (0..).map(|ordinal| ids::short(call.mint.make("mail folder", &owner, ordinal)));
    let key = keys.find(|key| mailbox.folders().iter().all(|folder| folder.key != *key)).unwrap_or_default();
    let index = mailbox.add_folder(key, name, parent).ok_or_else(name_taken)?;
    let id = mailbox.folder(index).map(Folder::id).unwrap_or_default();
    let location = format!("{}/users('{}')/mailFolders('{id}')", call.base, call.key(0));
    Ok(entity(call, mailbox, index, StatusCode::CREATED)?.with(header::LOCATION, location))
}

/// `PATCH /users/{id}/mailFolders/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let name = named(call)?;
    let mailbox = opened_mut(call, state)?;
    let index = found(call, mailbox)?;
    if let Some(name) = name {
        let parent = mailbox.folder(index).and_then(|folder| folder.parent).unwrap_or(ROOT);
        let taken =
            |(other, folder): (FolderIndex, &Folder)| other != index && folder.display_name.eq_ignore_ascii_case(&name);
        if mailbox.children(parent).any(taken) {
            return Err(name_taken());
        }
        let folder = mailbox.folder_mut(index).filter(|folder| folder.name.is_none()).ok_or_else(distinguished)?;
        folder.display_name = name;
    }
    entity(call, mailbox, index, StatusCode::OK)
}

/// `DELETE /users/{id}/mailFolders/{id}`: into Deleted Items, and from there for good.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let index = found(call, mailbox)?;
    let folder = mailbox.folder_mut(index).filter(|folder| folder.name.is_none()).ok_or_else(distinguished)?;
    if folder.parent == Some(DELETED_ITEMS) {
        mailbox.remove_folder(index);
    } else {
        folder.parent = Some(DELETED_ITEMS);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The display name in the body.
fn named(call: &Call<'_>) -> Result<Option<String>, Fault> {
    let body = shape::read(Area::Outlook, &FOLDER, &call.body)?;
    Ok(body.get("displayName").and_then(Value::as_str).filter(|name| !name.is_empty()).map(str::to_owned))
}

fn name_taken() -> Fault {
    Fault::new(StatusCode::CONFLICT, "ErrorFolderExists", "A folder with the specified name already exists.")
}

fn distinguished() -> Fault {
    Fault::new(
        StatusCode::BAD_REQUEST,
        "ErrorDeleteDistinguishedFolder",
        "Distinguished folders cannot be deleted or renamed.",
    )
}
