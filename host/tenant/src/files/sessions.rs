//! Large files, in pieces: a session hands out an address that takes them without a token.

use http::{HeaderMap, Method, StatusCode};
use serde_json::{Value, json};

use super::tree::{By, Conflict, Content};
use super::{Item, ItemKey, content, drive, drives, items, key};
use crate::audit::{self, Doing};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::settings::Settings;
use crate::state_file::Kept;
use crate::tenant::{Arrival, State};
use crate::time;

/// How long a session stays open, in milliseconds.
const LIFETIME: u64 = time::DAY;

/// The largest file that is taken in pieces: the simulation keeps it in memory.
const LARGEST: u64 = 256 * 1024 * 1024;

/// A file on its way.
pub(crate) struct Session {
    drive: String,
    folder: ItemKey,
    name: String,
    key: ItemKey,
    conflict: Conflict,
    by: By,
    received: Vec<u8>,
    expires: u64,
}

impl Session {
    fn status(&self) -> Value {
        json!({
            "expirationDateTime": time::seconds(self.expires),
            "nextExpectedRanges": [format!("{}-", self.received.len())],
        })
    }
}

/// What is answered at a session's address.
pub(crate) struct Progress {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    /// The file, once its last piece has come: its drive, its item, and in whose name it was put.
    pub(crate) done: Option<(String, ItemKey, By)>,
}

impl Progress {
    fn so_far(status: StatusCode, body: Value) -> Progress {
        Progress { status, body, done: None }
    }
}

/// `POST .../createUploadSession`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let given = call.body.get("item").and_then(|item| item.get("@microsoft.graph.conflictBehavior"));
    let conflict = Conflict::read(given.and_then(Value::as_str), Conflict::Replace)?;
    let drive = drive(call, state)?;
    let existing = call.operation.place("item-path").is_none() && call.operation.place("item-name").is_none();
    let (folder, name) = if existing {
        let item = drive.get(key(call, drive)?).ok_or_else(Fault::file_not_found)?;
        (item.parent.ok_or_else(|| Fault::invalid_file_request("The root takes no content."))?, item.name.clone())
    } else {
        content::place(call, drive)?
    };
    if conflict == Conflict::Fail && drive.named(folder, &name).is_some() {
        return Err(Fault::name_taken());
    }
    let token = hex::encode(call.mint.make("upload session", &drive.id, 0));
    let session = Session {
        drive: drive.id.clone(),
        folder,
        name,
        key: items::fresh_key(call, drive),
        conflict,
        by: items::by(call),
        received: Vec::new(),
        expires: call.now.saturating_add(LIFETIME),
    };
    let mut body = session.status();
    let origin = call.base.trim_end_matches("/v1.0");
    if let Some(fields) = body.as_object_mut() {
        fields.insert("@odata.context".to_owned(), json!(call.context("microsoft.graph.uploadSession")));
        fields.insert("uploadUrl".to_owned(), json!(format!("{origin}{}upload/{token}", content::LINKS)));
    }
    state.files.sessions.insert(token, session);
    Ok(Reply::json(StatusCode::OK, body))
}

/// Answers at a session's address, and says for the logs what file came to be.
///
/// # Errors
/// The piece is refused, or cannot be kept.
pub(crate) fn put(
    arrival: &Arrival<'_>,
    token: &str,
    settings: &Settings,
    state: &mut State,
) -> Result<(StatusCode, Value), Fault> {
    let request = arrival.request;
    let writes = request.method() != Method::GET;
    if let Some(file) = state.file.as_ref().filter(|_| writes) {
        file.check()?;
    }
    let answer = piece(request.method(), token, request.headers(), request.body(), arrival.now, state);
    if let Some(file) = state.file.as_mut().filter(|_| writes) {
        let status = answer.as_ref().map_or_else(|fault| fault.status, |progress| progress.status);
        file.keep(Kept::piece(arrival.now, request, arrival.request_id, status))?;
    }
    let progress = answer?;
    if let (Some((drive, key, by)), true) = (&progress.done, state.audit.is_some()) {
        tell(arrival, (drive, *key, by), progress.status, settings, state);
    }
    Ok((progress.status, progress.body))
}

/// A session's address carries no token, so the log says in whose name the session was opened.
fn tell(
    arrival: &Arrival<'_>,
    (drive, key, by): (&str, ItemKey, &By),
    status: StatusCode,
    settings: &Settings,
    state: &mut State,
) {
    let Some(drive) = state.files.drives.get(drive) else { return };
    let Some(item) = drive.get(key) else { return };
    let web = drives::web(settings, state, drive.owner);
    let operation = if status == StatusCode::CREATED { "FileUploaded" } else { "FileModified" };
    let deed = audit::file(operation, &web, drive, item, None);
    let user = match by {
        By::App(_) => None,
        By::User(id) => state.directory.live.get(*id).map(|user| (id.to_string(), user.principal_name().to_owned())),
    };
    let doing = Doing {
        now: arrival.now,
        origin: arrival.origin,
        request_id: arrival.request_id,
        client_request_id: arrival.request_id,
        app: match by {
            By::App(app) => app,
            By::User(_) => &settings.app.id,
        },
        user: user.as_ref().map(|(id, name)| (id.as_str(), name.as_str())),
        claims: None,
    };
    if let Some(log) = &mut state.audit {
        log.tell(&doing, vec![deed]);
    }
}

/// Answers at a session's address: a piece is put, its progress asked for, or it is given up.
pub(crate) fn piece(
    method: &Method,
    token: &str,
    headers: &HeaderMap,
    body: &[u8],
    now: u64,
    state: &mut State,
) -> Result<Progress, Fault> {
    let gone = || Fault::new(StatusCode::NOT_FOUND, "itemNotFound", "The upload session was not found");
    let session = state.files.sessions.get_mut(token).filter(|session| now < session.expires).ok_or_else(gone)?;
    match *method {
        Method::GET => return Ok(Progress::so_far(StatusCode::OK, session.status())),
        Method::DELETE => {
            state.files.sessions.remove(token);
            return Ok(Progress::so_far(StatusCode::NO_CONTENT, Value::Null));
        }
        Method::PUT => {}
        _ => return Err(Fault::method_not_allowed()),
    }
    let range = headers.get("content-range").and_then(|value| value.to_str().ok()).and_then(range);
    let (from, to, total) =
        range.ok_or_else(|| Fault::invalid_file_request("The Content-Range header is missing or malformed."))?;
    let expected = session.received.len() as u64;
    if from != expected || to + 1 - from != body.len() as u64 || to >= total || total > LARGEST {
        return Err(Fault::new(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "invalidRange",
            "The uploaded fragment does not follow the last one, or is not as long as it says.",
        ));
    }
    session.received.extend_from_slice(body);
    if to + 1 < total {
        return Ok(Progress::so_far(StatusCode::ACCEPTED, session.status()));
    }
    let session = state.files.sessions.remove(token).ok_or_else(gone)?;
    finish(session, now, state)
}

fn finish(session: Session, now: u64, state: &mut State) -> Result<Progress, Fault> {
    let by = session.by.clone();
    let drive = state.files.drives.get_mut(&session.drive).ok_or_else(Fault::file_not_found)?;
    let bytes = Content::File(session.received.into());
    let there = drive.named(session.folder, &session.name);
    let (key, status) = match (there, session.conflict) {
        (Some(_), Conflict::Fail) => return Err(Fault::name_taken()),
        (Some(key), Conflict::Replace) => {
            let item = drive.get_mut(key).ok_or_else(Fault::file_not_found)?;
            (item.content, item.modified, item.modified_by) = (bytes, now, session.by);
            item.version += 1;
            (key, StatusCode::OK)
        }
        (there, _) => {
            let name = if there.is_some() { drive.free_name(session.folder, &session.name) } else { session.name };
            drive.put(Item {
                key: session.key,
                parent: Some(session.folder),
                name,
                content: bytes,
                description: None,
                permissions: Vec::new(),
                created: now,
                modified: now,
                created_by: session.by.clone(),
                modified_by: session.by,
                version: 1,
            });
            (session.key, StatusCode::CREATED)
        }
    };
    let item = drive.get(key).ok_or_else(Fault::file_not_found)?;
    let body = json!({ "id": item.id(), "name": item.name, "size": drive.size(item), "file": {}, "eTag": item.etag() });
    Ok(Progress { status, body, done: Some((session.drive, key, by)) })
}

/// First and last byte and the total, of `bytes 0-99/1000`.
fn range(text: &str) -> Option<(u64, u64, u64)> {
    let (range, total) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (from, to) = range.split_once('-')?;
    let (from, to): (u64, u64) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    (from <= to && to < LARGEST).then_some((from, to, total.trim().parse().ok()?))
}
