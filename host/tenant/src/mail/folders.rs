//! The operations on mail folders.

use http::StatusCode;
use serde_json::{Value, json};

use super::mailbox::{Folder, Mailbox, ROOT};
use super::opened;
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::odata::project;
use crate::tenant::State;
use crate::time;

/// The size of a page that was not asked for, as documented for Outlook's lists.
const USUAL_PAGE: usize = 10;

fn render(call: &Call<'_>, mailbox: &Mailbox, folder: &Folder) -> Value {
    let delays = &call.settings.delays;
    let lag = time::ms(delays.delivery.max(delays.sent_items));
    let root = mailbox.folder(ROOT);
    let is_root = root.is_some_and(|root| root.key == folder.key);
    let (total, unread) = mailbox.counts(folder, call.now, lag);
    let value = json!({
        "id": folder.id(),
        "displayName": folder.display_name,
        "parentFolderId": root.map(Folder::id),
        "childFolderCount": if is_root { mailbox.folders().len() - 1 } else { 0 },
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

/// `GET /users/{id}/mailFolders`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    let size = call.options.top.unwrap_or(USUAL_PAGE);
    let token = call.options.skiptoken.as_deref().and_then(|token| token.parse().ok());
    let skip: usize = token.or(call.options.skip).unwrap_or(0);
    let root = mailbox.folder(ROOT).map(|root| root.key);
    let mut folders: Vec<&Folder> = mailbox.folders().iter().filter(|folder| Some(folder.key) != root).collect();
    folders.sort_by_key(|folder| folder.display_name);
    let count = folders.len();
    let next = (count > skip.saturating_add(size)).then(|| (skip + size).to_string());
    let page = folders.into_iter().skip(skip).take(size).map(|folder| render(call, mailbox, folder)).collect();
    let context = call.collection_context(&format!("users('{}')/mailFolders", call.key(0)));
    Ok(call.page(context, call.options.count.then_some(count), page, next))
}

/// `GET /users/{id}/mailFolders/{id}`, by id or well-known name.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened(call, state)?;
    let folder =
        mailbox.find_folder(call.key(1)).and_then(|index| mailbox.folder(index)).ok_or_else(Fault::item_not_found)?;
    let mut body = json!({ "@odata.context": call.context(&format!("users('{}')/mailFolders/$entity", call.key(0))) });
    if let (Some(fields), Value::Object(folder)) = (body.as_object_mut(), render(call, mailbox, folder)) {
        fields.extend(folder);
    }
    Ok(Reply::json(StatusCode::OK, body))
}
