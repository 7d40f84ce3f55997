//! What is in files: put, fetched, and fetched by links that need no token.

use std::sync::Arc;

use bytes::Bytes;
use http::{StatusCode, header};

use super::items::{answer, by, new_item, tell};
use super::tree::{Conflict, Content, check_name};
use super::{Drive, Item, ItemKey, drive, key};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::ids::Seed;
use crate::tenant::State;

/// Under which path links that carry their own permission lead.
pub(crate) const LINKS: &str = "/_sharepoint/";

/// The media type that goes with the end of a name.
pub(super) fn mime(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default().to_lowercase().as_str() {
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "md" => "text/markdown",
        "csv" => "text/csv",
        "json" => "application/json",
        "html" => "text/html",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

fn signature(seed: &Seed, drive: &str, item: &str) -> String {
    hex::encode(seed.derive("download", &format!("{drive}/{item}"))).chars().take(32).collect()
}

/// Where a file can be fetched without a token.
pub(super) fn download_url(call: &Call<'_>, drive: &Drive, item: &Item) -> String {
    let origin = call.base.trim_end_matches("/v1.0");
    let id = item.id();
    format!("{origin}{LINKS}download/{}/{id}?tempauth={}", drive.id, signature(call.seed, &drive.id, &id))
}

/// What such a link leads to. `None`: it was not made here, or the file is gone.
pub(crate) fn fetched(path: &str, query: &str, seed: &Seed, state: &State) -> Option<(&'static str, Bytes)> {
    let (drive, id) = path.strip_prefix("download/")?.split_once('/')?;
    if query.strip_prefix("tempauth=")? != signature(seed, drive, id) {
        return None;
    }
    let item = state.files.drives.get(drive)?.get(super::tree::parse_id(id)?)?;
    match &item.content {
        Content::File(bytes) => Some((mime(&item.name), Bytes::copy_from_slice(bytes))),
        Content::Folder => None,
    }
}

/// `GET .../content`: a link to where it can be fetched without a token, as Graph answers.
pub(crate) fn download(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let drive = drive(call, state)?;
    let item = drive.get(key(call, drive)?).ok_or_else(Fault::file_not_found)?;
    if matches!(item.content, Content::Folder) {
        return Err(Fault::invalid_file_request("You cannot get content for a folder"));
    }
    let (id, key, url) = (drive.id.clone(), item.key, download_url(call, drive, item));
    tell(call, state, "FileDownloaded", &id, key);
    Ok(Reply::empty(StatusCode::FOUND).with(header::LOCATION, url))
}

/// `PUT .../items/{id}/content`: into the file that is there.
pub(crate) fn replace(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let drive = drive(call, state)?;
    let key = key(call, drive)?;
    let item = drive.get(key).ok_or_else(Fault::file_not_found)?;
    call.unchanged(&item.etag())?;
    overwrite(call, drive, key, call.bytes.into())?;
    let id = drive.id.clone();
    tell(call, state, "FileModified", &id, key);
    answer(call, state, &id, key, StatusCode::OK)
}

/// `PUT .../root:/{path}:/content` and `PUT .../items/{id}:/{name}:/content`: folders on the way are made.
pub(crate) fn upload(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let conflict = Conflict::read(call.options.conflict.as_deref(), Conflict::Replace)?;
    let drive = drive(call, state)?;
    let (folder, name) = place(call, drive)?;
    let (key, status) = store(call, drive, folder, &name, conflict, call.bytes.into())?;
    let id = drive.id.clone();
    tell(call, state, if status == StatusCode::CREATED { "FileUploaded" } else { "FileModified" }, &id, key);
    answer(call, state, &id, key, status)
}

/// The folder and the name that a path of a file means; folders on the way are made.
pub(super) fn place(call: &Call<'_>, drive: &mut Drive) -> Result<(ItemKey, String), Fault> {
    let by_id = call.operation.place("item-name").is_some();
    let start = if by_id { key(call, drive)? } else { drive.root };
    let path = if by_id { call.of("item-name") } else { call.of("item-path") };
    let mut names: Vec<&str> = path.split('/').filter(|name| !name.is_empty()).collect();
    let name = names.pop().unwrap_or_default().to_owned();
    names.iter().copied().chain([name.as_str()]).try_for_each(check_name)?;
    let mut folder = start;
    for part in names {
        folder = match drive.named(folder, part) {
            Some(key) => key,
            None => {
                let item = new_item(call, drive, folder, part.to_owned(), Content::Folder);
                let key = item.key;
                drive.put(item);
                key
            }
        };
    }
    match drive.get(folder).map(|item| &item.content) {
        Some(Content::Folder) => Ok((folder, name)),
        _ => Err(Fault::invalid_file_request("The parent of a file must be a folder.")),
    }
}

/// Puts a file into a folder: what it is called there, and 201 or 200.
pub(super) fn store(
    call: &Call<'_>,
    drive: &mut Drive,
    folder: ItemKey,
    name: &str,
    conflict: Conflict,
    bytes: Arc<[u8]>,
) -> Result<(ItemKey, StatusCode), Fault> {
    let name = match (drive.named(folder, name), conflict) {
        (Some(_), Conflict::Fail) => return Err(Fault::name_taken()),
        (Some(key), Conflict::Replace) => {
            let etag = drive.get(key).map(Item::etag).unwrap_or_default();
            call.unchanged(&etag)?;
            overwrite(call, drive, key, bytes)?;
            return Ok((key, StatusCode::OK));
        }
        (Some(_), Conflict::Rename) => drive.free_name(folder, name),
        (None, _) => name.to_owned(),
    };
    let item = new_item(call, drive, folder, name, Content::File(bytes));
    let key = item.key;
    drive.put(item);
    Ok((key, StatusCode::CREATED))
}

fn overwrite(call: &Call<'_>, drive: &mut Drive, key: ItemKey, bytes: Arc<[u8]>) -> Result<(), Fault> {
    let by = by(call);
    let item = drive.get_mut(key).ok_or_else(Fault::file_not_found)?;
    if matches!(item.content, Content::Folder) {
        return Err(Fault::invalid_file_request("You cannot put content into a folder"));
    }
    item.content = Content::File(bytes);
    item.modified = call.now;
    item.modified_by = by;
    item.version += 1;
    Ok(())
}
