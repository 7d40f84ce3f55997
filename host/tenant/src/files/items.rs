//! The operations on files and folders, but for what is in them.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::tree::{By, Conflict, Content, check_name, parse_id};
use super::{Drive, Item, ItemKey, content, drive, drives, key};
use crate::audit;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Actor, Call, Reply};
use crate::ids;
use crate::odata::{Catalog, Filterable, Kind, Property, collection};
use crate::tenant::State;
use crate::time;

static REFERENCE: Fields = Fields {
    name: "itemReference",
    fields: &[
        ("id", Shape::Text),
        ("driveId", Shape::Text),
        ("path", Shape::Text),
        ("driveType", Shape::Ignored),
        ("name", Shape::Ignored),
        ("siteId", Shape::Ignored),
    ],
};
static EMPTY: Fields = Fields { name: "folder", fields: &[("childCount", Shape::Ignored)] };
static ITEM: Fields = Fields {
    name: "driveItem",
    fields: &[
        ("name", Shape::Text),
        ("description", Shape::Text),
        ("folder", Shape::Object(&EMPTY)),
        ("parentReference", Shape::Object(&REFERENCE)),
        ("file", Shape::Ignored),
        ("fileSystemInfo", Shape::Ignored),
        ("id", Shape::Ignored),
    ],
};

const fn property(name: &'static str, kind: Kind, filter: Filterable) -> Property {
    Property { name, kind, filter, usual: true }
}

/// What can be asked of items.
const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.driveItem",
    directory: false,
    properties: &[
        property("id", Kind::Text, Filterable::Equal),
        property("name", Kind::Text, Filterable::Full),
        property("createdDateTime", Kind::Time, Filterable::Full),
        property("lastModifiedDateTime", Kind::Time, Filterable::Full),
        property("size", Kind::Other, Filterable::No),
        property("webUrl", Kind::Text, Filterable::No),
        property("eTag", Kind::Text, Filterable::No),
        property("cTag", Kind::Text, Filterable::No),
        property("file", Kind::Other, Filterable::No),
        property("folder", Kind::Other, Filterable::No),
        property("root", Kind::Other, Filterable::No),
        property("shared", Kind::Other, Filterable::No),
        property("description", Kind::Text, Filterable::No),
        property("parentReference", Kind::Other, Filterable::No),
        property("createdBy", Kind::Other, Filterable::No),
        property("lastModifiedBy", Kind::Other, Filterable::No),
        property("fileSystemInfo", Kind::Other, Filterable::No),
        property("@microsoft.graph.downloadUrl", Kind::Text, Filterable::No),
    ],
};

/// In whose name the call is made.
pub(super) fn by(call: &Call<'_>) -> By {
    match call.actor {
        Actor::App => By::App(call.app.to_owned()),
        Actor::User(id) => By::User(id),
    }
}

/// As an `identitySet`.
pub(super) fn identity(state: &State, by: &By) -> Value {
    match by {
        By::App(id) => json!({ "application": { "id": id, "displayName": "haymaker" } }),
        By::User(id) => {
            let user = state.directory.live.get(*id);
            let text = |name: &str| user.map(|user| user.text(name)).unwrap_or_default();
            json!({ "user": { "id": id, "displayName": text("displayName"), "email": text("mail") } })
        }
    }
}

/// An item as Graph shows it.
pub(crate) fn render(call: &Call<'_>, state: &State, drive: &Drive, item: &Item) -> Value {
    let web = drives::web(call.settings, state, drive.owner);
    let path = drive.path(item);
    let mut shown = json!({
        "@odata.etag": item.etag(),
        "id": item.id(),
        "name": item.name,
        "createdDateTime": time::seconds(item.created),
        "lastModifiedDateTime": time::seconds(item.modified),
        "eTag": item.etag(),
        "cTag": format!("\"c:{},{}\"", item.id(), item.version),
        "size": drive.size(item),
        "webUrl": if item.parent.is_some() { format!("{web}/{}", path.replace(' ', "%20")) } else { web },
        "createdBy": identity(state, &item.created_by),
        "lastModifiedBy": identity(state, &item.modified_by),
        "fileSystemInfo": { "createdDateTime": time::seconds(item.created), "lastModifiedDateTime": time::seconds(item.modified) },
    });
    let mut more: Vec<(&str, Value)> = Vec::new();
    match &item.content {
        Content::Folder => more.push(("folder", json!({ "childCount": drive.children(item.key).count() }))),
        Content::File(bytes) => {
            let hash = hex::encode_upper(ids::digest(&[bytes]));
            more.push(("file", json!({ "mimeType": content::mime(&item.name), "hashes": { "sha256Hash": hash } })));
            more.push(("@microsoft.graph.downloadUrl", json!(content::download_url(call, drive, item))));
        }
    }
    match item.parent.and_then(|parent| drive.get(parent)) {
        None => more.push(("root", json!({}))),
        Some(parent) => {
            let folder = if parent.parent.is_some() { format!("/{}", drive.path(parent)) } else { String::new() };
            more.push((
                "parentReference",
                json!({ "driveId": drive.id, "driveType": "business", "id": parent.id(), "path": format!("/drives/{}/root:{folder}", drive.id) }),
            ));
        }
    }
    if let Some(description) = &item.description {
        more.push(("description", json!(description)));
    }
    if !item.permissions.is_empty() {
        more.push(("shared", json!({ "scope": "users" })));
    }
    if let Some(fields) = shown.as_object_mut() {
        fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
    shown
}

/// Says for the logs what was done to an item.
pub(super) fn tell(call: &Call<'_>, state: &State, operation: &'static str, drive: &str, key: ItemKey) {
    tell_with(call, state, operation, (drive, key), None);
}

/// The same of an item that was shared `with` somebody.
pub(super) fn tell_with(
    call: &Call<'_>,
    state: &State,
    operation: &'static str,
    (drive, key): (&str, ItemKey),
    with: Option<&str>,
) {
    let Some(drive) = state.files.drives.get(drive) else { return };
    if let Some(item) = drive.get(key) {
        let web = || drives::web(call.settings, state, drive.owner);
        call.did(|| audit::file(operation, &web(), drive, item, with));
    }
}

/// One item as an answer.
pub(super) fn answer(
    call: &Call<'_>,
    state: &State,
    drive: &str,
    key: ItemKey,
    status: StatusCode,
) -> Result<Reply, Fault> {
    let drive = state.files.drives.get(drive).ok_or_else(Fault::file_not_found)?;
    let item = drive.get(key).ok_or_else(Fault::file_not_found)?;
    let mut shown = render(call, state, drive, item);
    match call.options.expand.as_deref().map(str::trim) {
        None => {}
        Some("children") => {
            let children: Vec<Value> = drive.children(key).map(|child| render(call, state, drive, child)).collect();
            if let Some(fields) = shown.as_object_mut() {
                fields.insert("children".to_owned(), Value::Array(children));
            }
        }
        Some(other) => return Err(Fault::not_simulated(&format!("$expand={other} of items"))),
    }
    Ok(call.entity(&format!("drives('{}')/items", drive.id), shown, status))
}

/// `GET .../root`, `GET .../items/{id}`, `GET .../root:/{path}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let drive = drive(call, state)?;
    let (id, key) = (drive.id.clone(), key(call, drive)?);
    answer(call, state, &id, key, StatusCode::OK)
}

/// `GET .../children`.
pub(crate) fn children(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let drive = drive(call, state)?;
    let (id, key) = (drive.id.clone(), key(call, drive)?);
    let drive = state.files.drives.get(&id).ok_or_else(Fault::file_not_found)?;
    let children = drive.children(key).map(|child| render(call, state, drive, child)).collect();
    collection::page(call, &format!("drives('{id}')/items"), &CATALOG, children, (200, 1000))
}

/// A key for a new item, free in the drive.
pub(super) fn fresh_key(call: &Call<'_>, drive: &Drive) -> ItemKey {
    let mut keys = (0..).map(|ordinal| ids::short(call.mint.make("item", &drive.id, ordinal)));
    keys.find(|key| drive.get(*key).is_none()).unwrap_or_default()
}

/// A new item in a folder.
pub(super) fn new_item(call: &Call<'_>, drive: &Drive, folder: ItemKey, name: String, content: Content) -> Item {
    Item {
        key: fresh_key(call, drive),
        parent: Some(folder),
        name,
        content,
        description: None,
        permissions: Vec::new(),
        created: call.now,
        modified: call.now,
        created_by: by(call),
        modified_by: by(call),
        version: 1,
    }
}

/// `POST .../children`: a folder.
pub(crate) fn create_folder(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let body = shape::read(Area::Files, &ITEM, &call.body)?;
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
    check_name(&name)?;
    if body.get("folder").is_none_or(Value::is_null) {
        return Err(Fault::not_simulated("POST .../children of anything but folders; PUT the content of a file"));
    }
    let given = call.body.get("@microsoft.graph.conflictBehavior").and_then(Value::as_str);
    let conflict = Conflict::read(given, Conflict::Fail)?;
    let drive = drive(call, state)?;
    let folder = key(call, drive)?;
    let name = match (drive.named(folder, &name), conflict) {
        (None, _) => name,
        (Some(_), Conflict::Rename) => drive.free_name(folder, &name),
        (Some(_), Conflict::Fail | Conflict::Replace) => return Err(Fault::name_taken()),
    };
    let item = new_item(call, drive, folder, name, Content::Folder);
    let (id, key) = (drive.id.clone(), item.key);
    drive.put(item);
    tell(call, state, "FolderCreated", &id, key);
    answer(call, state, &id, key, StatusCode::CREATED)
}

/// `PATCH .../items/{id}`: another name, another folder, another description.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let body = shape::read(Area::Files, &ITEM, &call.body)?;
    let text = |path: &str| Value::Object(body.clone()).pointer(path).and_then(Value::as_str).map(str::to_owned);
    let drive = drive(call, state)?;
    let key = key(call, drive)?;
    let item = drive.get(key).ok_or_else(Fault::file_not_found)?;
    call.unchanged(&item.etag())?;
    let parent = item.parent.ok_or_else(|| Fault::invalid_file_request("The root cannot be changed."))?;
    let name = text("/name").unwrap_or_else(|| item.name.clone());
    check_name(&name)?;
    let folder = match text("/parentReference/id") {
        Some(id) => parse_id(&id).filter(|key| drive.get(*key).is_some()).ok_or_else(Fault::file_not_found)?,
        None => parent,
    };
    drive.relocate(key, folder, &name)?;
    let by = by(call);
    if let Some(item) = drive.get_mut(key) {
        if let Some(description) = text("/description") {
            item.description = Some(description);
        }
        item.modified = call.now;
        item.modified_by = by;
        item.version += 1;
    }
    let id = drive.id.clone();
    tell(call, state, if folder == parent { "FileRenamed" } else { "FileMoved" }, &id, key);
    answer(call, state, &id, key, StatusCode::OK)
}

/// `DELETE .../items/{id}` and `permanentDelete`: no recycle bin can be seen through these operations.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let drive = drive(call, state)?;
    let key = key(call, drive)?;
    let item = drive.get(key).filter(|item| item.parent.is_some());
    let item = item.ok_or_else(|| Fault::invalid_file_request("The root cannot be deleted."))?;
    call.unchanged(&item.etag())?;
    let operation = match (call.action() == "permanentDelete", item.is_folder()) {
        (true, false) => "FileDeleted",
        (true, true) => "FolderDeleted",
        (false, false) => "FileRecycled",
        (false, true) => "FolderRecycled",
    };
    let id = drive.id.clone();
    tell(call, state, operation, &id, key);
    if let Some(drive) = state.files.drives.get_mut(&id) {
        drive.remove(key);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// The folder of this name at the root of a group's drive, made if there was none.
pub(crate) fn ensure_folder(call: &Call<'_>, state: &mut State, group: Uuid, name: &str) -> (String, ItemKey) {
    let drive = state.files.ensure(super::Owner::Group(group), call.now);
    let root = drive.root;
    let key = drive.named(root, name).unwrap_or_else(|| {
        let item = new_item(call, drive, root, name.to_owned(), Content::Folder);
        let key = item.key;
        drive.put(item);
        key
    });
    (drive.id.clone(), key)
}
