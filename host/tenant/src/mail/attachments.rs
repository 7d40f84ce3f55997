//! Files that travel with a mail.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{StatusCode, header};
use serde_json::{Value, json};

use super::content::Content;
use super::mailbox::Item;
use super::{opened, opened_mut};
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Call, Reply};
use crate::ids;
use crate::tenant::State;
use crate::time;

/// The largest file that may be attached without an upload session, as documented.
const LARGEST: usize = 3 * 1024 * 1024;

static FILE: Fields = Fields {
    name: "fileAttachment",
    fields: &[
        ("name", Shape::Text),
        ("contentType", Shape::Text),
        ("contentBytes", Shape::Text),
        ("contentId", Shape::Text),
        ("isInline", Shape::Bool),
        ("id", Shape::Ignored),
        ("size", Shape::Ignored),
        ("contentLocation", Shape::Ignored),
        ("lastModifiedDateTime", Shape::Ignored),
    ],
};

/// A file with a mail.
#[derive(Clone, PartialEq)]
pub(crate) struct Attachment {
    key: [u8; 16],
    name: String,
    kind: String,
    content_id: Option<String>,
    inline: bool,
    bytes: Arc<[u8]>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({} bytes, {})", self.name, self.bytes.len(), hex::encode(self.key))
    }
}

impl Attachment {
    /// Reads an attachment, the `at`-th of its mail.
    ///
    /// # Errors
    /// It is not a file, or not as Graph wants files.
    pub(super) fn read(value: &Value, at: usize) -> Result<Attachment, Fault> {
        let fields = value.as_object().ok_or_else(|| Fault::unreadable_message("An attachment is an object."))?;
        if fields.get("@odata.type").and_then(Value::as_str) != Some("#microsoft.graph.fileAttachment") {
            return Err(Fault::not_simulated("attachments that are not files ('#microsoft.graph.fileAttachment')"));
        }
        let fields = shape::read(Area::Outlook, &FILE, fields)?;
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let name = text("name").ok_or_else(|| {
            Fault::new(
                StatusCode::BAD_REQUEST,
                "ErrorInvalidRequest",
                "Your request can't be completed. The name of the attachment is missing.",
            )
        })?;
        let bytes: Arc<[u8]> = STANDARD
            .decode(text("contentBytes").unwrap_or_default())
            .map_err(|_| {
                Fault::unreadable_message(
                    "Cannot convert the literal of 'contentBytes' to the expected type 'Edm.Binary'.",
                )
            })?
            .into();
        if bytes.len() > LARGEST {
            return Err(Fault::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "ErrorMessageSizeExceeded",
                "The message exceeds the maximum supported size.",
            ));
        }
        Ok(Attachment {
            key: ids::short(ids::digest(&[b"attachment", &at.to_be_bytes(), name.as_bytes(), &bytes])),
            name: name.to_owned(),
            kind: text("contentType").unwrap_or("application/octet-stream").to_owned(),
            content_id: text("contentId").map(str::to_owned),
            inline: fields.get("isInline").and_then(Value::as_bool).unwrap_or(false),
            bytes,
        })
    }

    fn id(&self) -> String {
        format!("AAMkAGatt{}", URL_SAFE_NO_PAD.encode(self.key))
    }

    /// As Graph shows it, with or without what is in it.
    pub(super) fn render(&self, item: &Item, whole: bool) -> Value {
        let mut shown = json!({
            "@odata.type": "#microsoft.graph.fileAttachment",
            "@odata.mediaContentType": self.kind,
            "id": self.id(),
            "lastModifiedDateTime": time::seconds(item.created),
            "name": self.name,
            "contentType": self.kind,
            "size": self.bytes.len(),
            "isInline": self.inline,
            "contentId": self.content_id,
            "contentLocation": null,
        });
        if let (true, Some(fields)) = (whole, shown.as_object_mut()) {
            fields.insert("contentBytes".to_owned(), Value::String(STANDARD.encode(&self.bytes)));
        }
        shown
    }
}

impl Content {
    /// Whether it shows a paper clip: files inside the text do not count.
    pub(super) fn has_attachments(&self) -> bool {
        self.attachments.iter().any(|attachment| !attachment.inline)
    }
}

/// `GET .../messages/{id}/attachments`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let item = opened(call, state)?.find(call.of("message-id"), call.now)?;
    let shown = item.content.attachments.iter().map(|attachment| attachment.render(item, true)).collect();
    Ok(call.page(call.context("attachments"), None, shown, None))
}

/// `GET .../messages/{id}/attachments/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let item = opened(call, state)?.find(call.of("message-id"), call.now)?;
    let wanted = call.of("attachment-id");
    let found = item.content.attachments.iter().find(|attachment| attachment.id() == wanted);
    let found = found.ok_or_else(Fault::item_not_found)?;
    Ok(call.entity("attachments", found.render(item, true), StatusCode::OK))
}

/// `POST .../messages/{id}/attachments`, to a draft.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let mailbox = opened_mut(call, state)?;
    let found = mailbox.find(call.of("message-id"), call.now)?;
    let key = found.key;
    if !found.draft {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidPropertyUpdateSentMessage",
            "Update operation is invalid for property of a sent message.",
        ));
    }
    let attachment = Attachment::read(&Value::Object(call.body.clone()), found.content.attachments.len())?;
    let mut item = mailbox.take(key).ok_or_else(Fault::item_not_found)?;
    let mut content = (*item.content).clone();
    content.attachments.push(attachment.clone());
    item.content = Arc::new(content);
    item.modified = call.now;
    item.version += 1;
    let shown = attachment.render(&item, true);
    mailbox.put(item);
    let location = format!("{}{}/{}", call.base, call.path, attachment.id());
    Ok(call.entity("attachments", shown, StatusCode::CREATED).with(header::LOCATION, location))
}
