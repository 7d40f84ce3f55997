//! A message as Graph shows it.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value, json};

use super::content::{Address, Content};
use super::mailbox::{Item, Mailbox};
use crate::graph::Prefer;
use crate::odata::{Catalog, Filterable, Kind, Property, Scalar, TEXTS};
use crate::time;

const fn property(name: &'static str, kind: Kind, filter: Filterable, usual: bool) -> Property {
    Property { name, kind, filter, usual }
}

/// An extended property: what it is called and what it says.
const EXTENDED: Kind = Kind::Many(&[
    property("id", Kind::Text, Filterable::Equal, true),
    property("value", Kind::Text, Filterable::Full, true),
]);

/// The properties of a message that are kept.
pub(super) const MESSAGE: Catalog = Catalog {
    type_name: "microsoft.graph.message",
    directory: false,
    properties: &[
        property("id", Kind::Text, Filterable::Equal, true),
        property("createdDateTime", Kind::Time, Filterable::Full, true),
        property("lastModifiedDateTime", Kind::Time, Filterable::Full, true),
        property("changeKey", Kind::Text, Filterable::No, true),
        property("categories", TEXTS, Filterable::Equal, true),
        property("receivedDateTime", Kind::Time, Filterable::Full, true),
        property("sentDateTime", Kind::Time, Filterable::Full, true),
        property("hasAttachments", Kind::Bool, Filterable::Equal, true),
        property("internetMessageId", Kind::Text, Filterable::Equal, true),
        property("subject", Kind::Text, Filterable::Full, true),
        property("bodyPreview", Kind::Text, Filterable::No, true),
        property("importance", Kind::Text, Filterable::Equal, true),
        property("parentFolderId", Kind::Text, Filterable::Equal, true),
        property("conversationId", Kind::Text, Filterable::Equal, true),
        property("conversationIndex", Kind::Text, Filterable::No, true),
        property("isDeliveryReceiptRequested", Kind::Bool, Filterable::No, true),
        property("isReadReceiptRequested", Kind::Bool, Filterable::No, true),
        property("isRead", Kind::Bool, Filterable::Equal, true),
        property("isDraft", Kind::Bool, Filterable::Equal, true),
        property("webLink", Kind::Text, Filterable::No, true),
        property("inferenceClassification", Kind::Text, Filterable::Equal, true),
        property("body", Kind::Other, Filterable::No, true),
        property("sender", Kind::Other, Filterable::No, true),
        property("from", Kind::Other, Filterable::No, true),
        property("toRecipients", Kind::Other, Filterable::No, true),
        property("ccRecipients", Kind::Other, Filterable::No, true),
        property("bccRecipients", Kind::Other, Filterable::No, true),
        property("replyTo", Kind::Other, Filterable::No, true),
        property("flag", Kind::Other, Filterable::No, true),
        property("internetMessageHeaders", Kind::Other, Filterable::No, false),
        property("uniqueBody", Kind::Other, Filterable::No, false),
        property("singleValueExtendedProperties", EXTENDED, Filterable::Equal, false),
        property("from/emailAddress/address", Kind::Text, Filterable::Full, false),
        property("from/emailAddress/name", Kind::Text, Filterable::Full, false),
        property("sender/emailAddress/address", Kind::Text, Filterable::Full, false),
    ],
};

/// How much of a body is its preview, in characters, as documented.
const PREVIEW: usize = 255;

/// How messages are shown to one request.
pub(super) struct View<'a> {
    pub(super) mailbox: &'a Mailbox,
    pub(super) prefer: Prefer,
    pub(super) selection: Vec<&'static str>,
    /// Ids of the extended properties that were asked for.
    pub(super) extended: Vec<String>,
    /// Whether attachments were asked for with the message.
    pub(super) attachments: bool,
}

impl View<'_> {
    pub(super) fn render(&self, item: &Item) -> Map<String, Value> {
        let mut shown = Map::new();
        if let Some(meeting) = item.content.meeting {
            let kind = match meeting {
                "meetingRequest" => "#microsoft.graph.eventMessageRequest",
                "meetingCancelled" => "#microsoft.graph.eventMessage",
                _ => "#microsoft.graph.eventMessageResponse",
            };
            shown.insert("@odata.type".to_owned(), kind.into());
        }
        shown.insert("@odata.etag".to_owned(), Value::String(etag(item)));
        // The id comes with everything, selected or not.
        shown.insert("id".to_owned(), Value::String(item.id(self.prefer.immutable_ids)));
        for name in self.selection.iter().filter(|name| **name != "id") {
            if let Some(value) = self.shown(item, name) {
                shown.insert((*name).to_owned(), value);
            }
        }
        if let Some(meeting) = item.content.meeting {
            shown.insert("meetingMessageType".to_owned(), meeting.into());
        }
        if self.attachments {
            let attachments = item.content.attachments.iter().map(|attachment| attachment.render(item, true));
            shown.insert("attachments".to_owned(), attachments.collect());
        }
        let extended: Vec<Value> = item
            .content
            .extended
            .iter()
            .filter(|(id, _)| self.extended.iter().any(|wanted| wanted.eq_ignore_ascii_case(id)))
            .map(|(id, value)| json!({ "id": id, "value": value }))
            .collect();
        if !extended.is_empty() {
            shown.insert("singleValueExtendedProperties".to_owned(), Value::Array(extended));
        }
        shown
    }

    fn shown(&self, item: &Item, name: &str) -> Option<Value> {
        let content = &item.content;
        Some(match name {
            "createdDateTime" => time::seconds(item.created).into(),
            "lastModifiedDateTime" => time::seconds(item.modified).into(),
            "changeKey" => change_key(item).into(),
            "categories" => json!(content.categories),
            "receivedDateTime" => time::seconds(item.received).into(),
            "sentDateTime" => time::seconds(item.sent.unwrap_or(item.created)).into(),
            "hasAttachments" => content.has_attachments().into(),
            "isReadReceiptRequested" => false.into(),
            // Graph does not know it of a draft.
            "isDeliveryReceiptRequested" => {
                if item.draft {
                    Value::Null
                } else {
                    false.into()
                }
            }
            "internetMessageId" => (*content.internet_message_id).into(),
            "subject" => (*content.subject).into(),
            "bodyPreview" => preview(content).into(),
            "importance" => content.importance.into(),
            "parentFolderId" => self.mailbox.folder(item.folder)?.id().into(),
            "conversationId" => conversation_id(content).into(),
            "conversationIndex" => conversation_index(item).into(),
            "isRead" => item.read.into(),
            "isDraft" => item.draft.into(),
            "webLink" => format!(
                "https://outlook.office365.com/owa/?ItemID={}&exvsurl=1&viewmodel=ReadMessageItem",
                item.id(false)
            )
            .into(),
            "inferenceClassification" => content.classification.into(),
            "body" | "uniqueBody" => body(content, self.prefer.html_body),
            // A draft has no sender until it is sent.
            "sender" | "from" if item.draft => return None,
            "sender" | "from" => recipient(&content.from),
            "toRecipients" => recipients(&content.to),
            "ccRecipients" => recipients(&content.cc),
            "bccRecipients" => recipients(&content.bcc),
            "replyTo" => recipients(&content.reply_to),
            "flag" => json!({ "flagStatus": content.flag }),
            "internetMessageHeaders" if content.headers.is_empty() && content.references.is_empty() => return None,
            "internetMessageHeaders" => {
                let answered = content.references.last().map(|id| ("In-Reply-To", id.to_string()));
                let thread = answered.is_some().then(|| ("References", content.references.join(" ")));
                let own = content.headers.iter().map(|(name, value)| (name.as_str(), value.clone()));
                let all = answered.into_iter().chain(thread).chain(own);
                all.map(|(name, value)| json!({ "name": name, "value": value })).collect()
            }
            _ => return None,
        })
    }

    /// One property, for comparing.
    pub(super) fn scalar<'i>(&self, item: &'i Item, name: &str) -> Scalar<'i> {
        let content = &item.content;
        let Some(property) = MESSAGE.find(name) else { return Scalar::Null };
        match property.name {
            "id" => Scalar::Text(item.id(self.prefer.immutable_ids).into()),
            "createdDateTime" => Scalar::Time(item.created),
            "lastModifiedDateTime" => Scalar::Time(item.modified),
            "receivedDateTime" => Scalar::Time(item.received),
            "sentDateTime" => Scalar::Time(item.sent.unwrap_or(item.created)),
            "hasAttachments" => Scalar::Bool(content.has_attachments()),
            "internetMessageId" => Scalar::text(&content.internet_message_id),
            "subject" => Scalar::text(&content.subject),
            "importance" => Scalar::text(content.importance),
            "inferenceClassification" => Scalar::text(content.classification),
            "parentFolderId" => {
                self.mailbox.folder(item.folder).map_or(Scalar::Null, |folder| Scalar::Text(folder.id().into()))
            }
            "conversationId" => Scalar::Text(conversation_id(content).into()),
            "categories" => Scalar::Many(content.categories.iter().map(|name| name.as_str().into()).collect()),
            "singleValueExtendedProperties" => {
                Scalar::Many(content.extended.iter().map(|(id, value)| json!({ "id": id, "value": value })).collect())
            }
            "isRead" => Scalar::Bool(item.read),
            "isDraft" => Scalar::Bool(item.draft),
            "from/emailAddress/address" | "sender/emailAddress/address" if !item.draft => {
                Scalar::text(&content.from.address)
            }
            "from/emailAddress/name" if !item.draft => Scalar::text(&content.from.name),
            _ => Scalar::Null,
        }
    }
}

/// The entity tag of a message as it stands.
pub(super) fn etag(item: &Item) -> String {
    format!("W/\"{}\"", change_key(item))
}

fn change_key(item: &Item) -> String {
    let bytes: Vec<u8> = item.key.iter().take(8).copied().chain(item.version.to_be_bytes()).collect();
    STANDARD.encode(bytes)
}

fn conversation_id(content: &Content) -> String {
    format!("AAQkAD{}", URL_SAFE_NO_PAD.encode(content.conversation))
}

/// The 22 bytes of [MS-OXOMSG] 2.2.1.3: a one, five bytes of time, the conversation.
fn conversation_index(item: &Item) -> String {
    let time = item.created.to_be_bytes();
    let bytes: Vec<u8> = [1].into_iter().chain(time.into_iter().skip(3)).chain(item.content.conversation).collect();
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The first characters of the body as text, on one line.
pub(crate) fn preview(content: &Content) -> String {
    content.plain().split_whitespace().collect::<Vec<_>>().join(" ").chars().take(PREVIEW).collect()
}

fn body(content: &Content, html: Option<bool>) -> Value {
    match html {
        Some(true) if !content.html => {
            let escaped = content.body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            let lines = escaped.replace("\r\n", "\n").replace('\n', "<br>\r\n");
            json!({ "contentType": "html", "content": format!("<html><head></head><body>{lines}</body></html>") })
        }
        Some(false) if content.html => json!({ "contentType": "text", "content": content.plain() }),
        _ => json!({ "contentType": if content.html { "html" } else { "text" }, "content": content.body }),
    }
}

fn recipient(address: &Address) -> Value {
    json!({ "emailAddress": { "name": &*address.name, "address": &*address.address } })
}

fn recipients(addresses: &[Address]) -> Value {
    addresses.iter().map(recipient).collect()
}
