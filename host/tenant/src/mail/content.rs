//! What a mail says: read from Graph's JSON, checked, and kept small.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::attachments::Attachment;
use crate::graph::fault::Fault;
use crate::ids::{self, Seed};

/// A mail address with the name that goes with it. Both are shared: the same few people stand in all mail of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Address {
    pub(crate) name: Arc<str>,
    pub(crate) address: Arc<str>,
}

/// The words Graph has for these, in the order of its enumerations.
pub(crate) const IMPORTANCES: [&str; 3] = ["low", "normal", "high"];
pub(crate) const FLAGS: [&str; 3] = ["notFlagged", "complete", "flagged"];
pub(crate) const CLASSIFICATIONS: [&str; 2] = ["focused", "other"];

/// What a mail says, shared by all who have it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Content {
    pub(crate) internet_message_id: Arc<str>,
    pub(crate) conversation: [u8; 16],
    pub(crate) subject: Arc<str>,
    pub(crate) body: Box<str>,
    pub(crate) html: bool,
    pub(crate) from: Address,
    pub(crate) to: Vec<Address>,
    pub(crate) cc: Vec<Address>,
    pub(crate) bcc: Vec<Address>,
    pub(crate) reply_to: Vec<Address>,
    pub(crate) importance: &'static str,
    pub(crate) flag: &'static str,
    pub(crate) classification: &'static str,
    pub(crate) categories: Vec<String>,
    /// The sender's own `x-` headers.
    pub(crate) headers: Vec<(String, String)>,
    /// Single-value extended properties: id and value.
    pub(crate) extended: Vec<(String, String)>,
    pub(crate) attachments: Vec<Attachment>,
    /// The internet message ids of the mails that this one answers or forwards, the first of the thread first.
    pub(crate) references: Vec<Arc<str>>,
    /// What a mail about a meeting says of it, as Graph's `meetingMessageType`.
    pub(crate) meeting: Option<&'static str>,
}

/// What Graph sets and a client cannot; in a new message it is passed over, as Graph does.
const READ_ONLY: [&str; 14] = [
    "id",
    "createdDateTime",
    "lastModifiedDateTime",
    "changeKey",
    "receivedDateTime",
    "sentDateTime",
    "hasAttachments",
    "bodyPreview",
    "parentFolderId",
    "conversationId",
    "conversationIndex",
    "isDraft",
    "webLink",
    "uniqueBody",
];

/// What can still be changed in a mail that is not a draft any more, as the message resource documents it.
const LASTING: [&str; 6] =
    ["isRead", "categories", "importance", "flag", "inferenceClassification", "singleValueExtendedProperties"];

/// Graph's limit on the sender's own headers of one message.
const MOST_HEADERS: usize = 5;

impl Content {
    /// An empty mail from somebody.
    pub(crate) fn new(internet_message_id: String, from: Address) -> Content {
        Content {
            internet_message_id: internet_message_id.into(),
            conversation: [0; 16],
            subject: Arc::default(),
            body: Box::default(),
            html: false,
            from,
            to: Vec::new(),
            cc: Vec::new(),
            bcc: Vec::new(),
            reply_to: Vec::new(),
            importance: "normal",
            flag: "notFlagged",
            classification: "focused",
            categories: Vec::new(),
            headers: Vec::new(),
            extended: Vec::new(),
            attachments: Vec::new(),
            references: Vec::new(),
            meeting: None,
        }
    }

    /// Sets what `body` sets, and answers whether it says that the message is read.
    ///
    /// # Errors
    /// Graph's refusal of a property that is unknown, of a wrong type, or fixed because the mail was sent (`draft` is
    /// false).
    pub(crate) fn set(&mut self, body: &Map<String, Value>, draft: bool) -> Result<Option<bool>, Fault> {
        let mut read = None;
        for (name, value) in body {
            if name.starts_with("@odata.") || READ_ONLY.contains(&name.as_str()) {
                continue;
            }
            if !draft && !LASTING.contains(&name.as_str()) {
                return Err(Fault::new(
                    http::StatusCode::BAD_REQUEST,
                    "ErrorInvalidPropertyUpdateSentMessage",
                    "Update operation is invalid for property of a sent message.",
                ));
            }
            match name.as_str() {
                "subject" => self.subject = text(name, value)?.into(),
                "body" => self.set_body(object(name, value)?)?,
                "toRecipients" => self.to = recipients(name, value)?,
                "ccRecipients" => self.cc = recipients(name, value)?,
                "bccRecipients" => self.bcc = recipients(name, value)?,
                "replyTo" => self.reply_to = recipients(name, value)?,
                "from" => self.from = recipient(name, value)?,
                // Whoever submits is the sender; Graph puts it right when it sends.
                "sender" => drop(recipient(name, value)?),
                "importance" => self.importance = word(name, value, &IMPORTANCES)?,
                "inferenceClassification" => self.classification = word(name, value, &CLASSIFICATIONS)?,
                "flag" => self.flag = flag(object(name, value)?)?,
                "categories" => self.categories = texts(name, value)?,
                "internetMessageId" => self.internet_message_id = message_id(name, value)?.into(),
                "internetMessageHeaders" => self.headers = headers(value)?,
                "singleValueExtendedProperties" => self.extended = pairs(name, value, "id")?,
                "isRead" => read = Some(value.as_bool().ok_or_else(|| wrong_type(name, "Edm.Boolean"))?),
                "isDeliveryReceiptRequested" | "isReadReceiptRequested" => match value {
                    Value::Bool(false) | Value::Null => {}
                    _ => return Err(Fault::not_simulated("delivery and read receipts")),
                },
                "attachments" => {
                    let attachments = array(name, value)?.iter().enumerate();
                    self.attachments =
                        attachments.map(|(at, value)| Attachment::read(value, at)).collect::<Result<_, _>>()?;
                }
                "multiValueExtendedProperties" | "extensions" => {
                    return Err(Fault::not_simulated(&format!("'{name}' of messages")));
                }
                _ => {
                    return Err(Fault::unreadable_message(format!(
                        "The property '{name}' does not exist on type 'microsoft.graph.message'. Make sure to only use property names that are defined by the type."
                    )));
                }
            }
        }
        Ok(read)
    }

    fn set_body(&mut self, body: &Map<String, Value>) -> Result<(), Fault> {
        for (name, value) in body {
            match name.as_str() {
                "content" => self.body = text(name, value)?.into(),
                "contentType" => self.html = word(name, value, &["text", "html"])? == "html",
                name if name.starts_with("@odata.") => {}
                name => return Err(unknown(name, "itemBody")),
            }
        }
        Ok(())
    }

    /// Begins a conversation, or goes on with the one of this name. A new mail has one of its own, whatever its subject
    /// ([MS-OXOMSG] 2.2.1.3: its GUID is drawn anew); what is answered or passed on keeps its original's.
    pub(crate) fn converse(&mut self, seed: &Seed, name: &str) {
        self.conversation = ids::short(seed.derive("conversation", name));
    }

    /// Gives back the room that its lists were given while they grew: it is kept for long, and there are many.
    pub(crate) fn trim(&mut self) {
        for list in [&mut self.to, &mut self.cc, &mut self.bcc, &mut self.reply_to] {
            list.shrink_to_fit();
        }
        self.headers.shrink_to_fit();
        self.extended.shrink_to_fit();
        self.references.shrink_to_fit();
        self.attachments.shrink_to_fit();
    }

    /// Everybody whom it names.
    pub(crate) fn addresses_mut(&mut self) -> impl Iterator<Item = &mut Address> {
        let lists = [&mut self.to, &mut self.cc, &mut self.bcc, &mut self.reply_to];
        lists.into_iter().flatten()
    }

    /// All who get it, without repetition, in order.
    pub(crate) fn recipients(&self) -> Vec<Address> {
        let mut all: Vec<Address> = Vec::new();
        for address in self.to.iter().chain(&self.cc).chain(&self.bcc) {
            if !all.iter().any(|other| other.address.eq_ignore_ascii_case(&address.address)) {
                all.push(address.clone());
            }
        }
        all
    }

    /// The body as plain text.
    pub(crate) fn plain(&self) -> String {
        if self.html { stripped(&self.body) } else { self.body.to_string() }
    }
}

/// The text of an HTML body: tags become nothing, the common entities what they stand for.
fn stripped(html: &str) -> String {
    let mut plain = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' => inside = false,
            c if !inside => plain.push(c),
            _ => {}
        }
    }
    let entities = [("&nbsp;", " "), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    entities.iter().fold(plain, |text, (entity, stands_for)| text.replace(entity, stands_for))
}

fn unknown(name: &str, kind: &str) -> Fault {
    Fault::unreadable_message(format!(
        "The property '{name}' does not exist on type 'microsoft.graph.{kind}'. Make sure to only use property names that are defined by the type."
    ))
}

fn wrong_type(name: &str, expected: &str) -> Fault {
    Fault::unreadable_message(format!(
        "When trying to read the value of the property '{name}', a value of another type was found. Ensure that the value is of type '{expected}'."
    ))
}

fn text(name: &str, value: &Value) -> Result<String, Fault> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Null => Ok(String::new()),
        _ => Err(wrong_type(name, "Edm.String")),
    }
}

fn object<'v>(name: &str, value: &'v Value) -> Result<&'v Map<String, Value>, Fault> {
    value.as_object().ok_or_else(|| wrong_type(name, "a structured type"))
}

fn array<'v>(name: &str, value: &'v Value) -> Result<&'v Vec<Value>, Fault> {
    value.as_array().ok_or_else(|| wrong_type(name, "a collection"))
}

fn texts(name: &str, value: &Value) -> Result<Vec<String>, Fault> {
    array(name, value)?.iter().map(|value| text(name, value)).collect()
}

/// One of the words of an enumeration; Graph takes them without regard to case.
fn word(name: &str, value: &Value, words: &[&'static str]) -> Result<&'static str, Fault> {
    let given = value.as_str().unwrap_or_default();
    words.iter().copied().find(|word| word.eq_ignore_ascii_case(given)).ok_or_else(|| {
        Fault::unreadable_message(format!("Requested value '{given}' was not found for the property '{name}'."))
    })
}

fn flag(flag: &Map<String, Value>) -> Result<&'static str, Fault> {
    match flag.keys().find(|name| *name != "flagStatus" && !name.starts_with("@odata.")) {
        Some(name) if name.ends_with("DateTime") => Err(Fault::not_simulated("due dates of flags")),
        Some(name) => Err(unknown(name, "followupFlag")),
        None => word("flagStatus", flag.get("flagStatus").unwrap_or(&Value::Null), &FLAGS),
    }
}

fn message_id(name: &str, value: &Value) -> Result<String, Fault> {
    let id = text(name, value)?;
    let inner = id.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or_default();
    if !inner.contains('@') || !inner.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>') {
        return Err(Fault::new(
            http::StatusCode::BAD_REQUEST,
            "ErrorInvalidInternetMessageId",
            "The internet message id is not of the form <left@right>.",
        ));
    }
    Ok(id)
}

pub(crate) fn recipients(name: &str, value: &Value) -> Result<Vec<Address>, Fault> {
    array(name, value)?.iter().map(|value| recipient(name, value)).collect()
}

fn recipient(name: &str, value: &Value) -> Result<Address, Fault> {
    let email = value.get("emailAddress").ok_or_else(|| wrong_type(name, "microsoft.graph.recipient"))?;
    let address: Arc<str> = text("address", email.get("address").unwrap_or(&Value::Null))?.into();
    let shown = text("name", email.get("name").unwrap_or(&Value::Null))?;
    let name = if shown.is_empty() { Arc::clone(&address) } else { shown.into() };
    Ok(Address { name, address })
}

fn headers(value: &Value) -> Result<Vec<(String, String)>, Fault> {
    let headers = pairs("internetMessageHeaders", value, "name")?;
    let invalid = |message: String| Fault::new(http::StatusCode::BAD_REQUEST, "InvalidInternetMessageHeader", message);
    if headers.len() > MOST_HEADERS {
        return Err(Fault::new(
            http::StatusCode::BAD_REQUEST,
            "InvalidInternetMessageHeaderCollection",
            "Maximum number of headers in one message should be less than or equal to 5.",
        ));
    }
    for (name, _) in &headers {
        if !name.to_ascii_lowercase().starts_with("x-") {
            return Err(invalid(format!("The internet message header name '{name}' should start with 'x-' or 'X-'.")));
        }
    }
    Ok(headers)
}

/// `[{<key>: .., "value": ..}]` as pairs.
fn pairs(name: &str, value: &Value, key: &str) -> Result<Vec<(String, String)>, Fault> {
    array(name, value)?
        .iter()
        .map(|pair| {
            let part = |part: &str| text(part, pair.get(part).unwrap_or(&Value::Null));
            Ok((part(key)?, part("value")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(value: Value, draft: bool) -> Result<Content, Fault> {
        let mut content = Content::new("<a@b>".into(), Address::default());
        content.set(value.as_object().unwrap(), draft).map(|_| content)
    }

    #[test]
    fn what_graph_refuses_in_a_message_is_refused() {
        for (body, code) in [
            (json!({ "subjekt": "x" }), "RequestBodyRead"),
            (json!({ "subject": 5 }), "RequestBodyRead"),
            (json!({ "toRecipients": [{ "address": "x" }] }), "RequestBodyRead"),
            (json!({ "importance": "very" }), "RequestBodyRead"),
            (
                json!({ "internetMessageHeaders": [{ "name": "Subject", "value": "x" }] }),
                "InvalidInternetMessageHeader",
            ),
            (json!({ "internetMessageId": "abc" }), "ErrorInvalidInternetMessageId"),
            (json!({ "attachments": [{}] }), "notImplemented"),
        ] {
            assert_eq!(set(body.clone(), true).unwrap_err().code, code, "{body}");
        }
        assert_eq!(set(json!({ "subject": "x" }), false).unwrap_err().code, "ErrorInvalidPropertyUpdateSentMessage");
        assert!(set(json!({ "isRead": true, "categories": ["blue"] }), false).is_ok());
    }

    #[test]
    fn nobody_gets_a_mail_twice() {
        let who = |address: &str| json!([{ "emailAddress": { "address": address } }]);
        let content = set(
            json!({ "toRecipients": who("a@b.example"), "ccRecipients": who("A@B.example"), "bccRecipients": who("c@b.example") }),
            true,
        );
        assert_eq!(content.unwrap().recipients().len(), 2);
    }

    #[test]
    fn html_reads_as_plain_text() {
        let content = set(json!({ "body": { "contentType": "HTML", "content": "<p>a &amp; b</p>" } }), true).unwrap();
        assert_eq!(content.plain(), "a & b");
    }
}
