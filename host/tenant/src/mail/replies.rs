//! Answering mails and passing them on, at once or as drafts.

use http::StatusCode;
use serde_json::{Map, Value};

use super::content::{Address, Content, recipients};
use super::mailbox::{DRAFTS, Item, Mailbox};
use super::messages::{composed, lay_down};
use super::transport::{self, Keep};
use super::{opened, owner};
use crate::graph::fault::Fault;
use crate::graph::throttle;
use crate::graph::{Call, Reply, parameter};
use crate::tenant::State;
use crate::time;

/// Whom an answer is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum To {
    Sender,
    All,
    Others,
}

/// `POST .../reply`.
pub(crate) fn reply(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    send(call, state, To::Sender)
}

/// `POST .../replyAll`.
pub(crate) fn reply_all(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    send(call, state, To::All)
}

/// `POST .../forward`.
pub(crate) fn forward(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    send(call, state, To::Others)
}

/// `POST .../createReply`.
pub(crate) fn create_reply(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    draft(call, state, To::Sender)
}

/// `POST .../createReplyAll`.
pub(crate) fn create_reply_all(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    draft(call, state, To::All)
}

/// `POST .../createForward`.
pub(crate) fn create_forward(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    draft(call, state, To::Others)
}

fn send(call: &Call<'_>, state: &mut State, to: To) -> Result<Reply, Fault> {
    let sender = owner(call, state)?;
    let mailbox = opened(call, state)?;
    let content = answered(call, mailbox, to)?;
    transport::check(&content, &mailbox.owner)?;
    throttle::recipients(call, state, sender, content.recipients().len())?;
    transport::submit(call, state, sender, content, Keep::Copy);
    Ok(Reply::empty(StatusCode::ACCEPTED))
}

fn draft(call: &Call<'_>, state: &mut State, to: To) -> Result<Reply, Fault> {
    let content = answered(call, opened(call, state)?, to)?;
    lay_down(call, state, DRAFTS, content, None)
}

/// The mail that answers or passes on the one in the path.
///
/// Its text is the comment or the message's body, and both are refused with 400. A message that has no body may stand
/// beside a comment: so Microsoft documents it for all six actions, and its own examples add recipients in this way.
fn answered(call: &Call<'_>, mailbox: &Mailbox, to: To) -> Result<Content, Fault> {
    let item = mailbox.find(call.of("message-id"), call.now)?;
    let original = &item.content;
    let comment = match parameter(&call.body, "comment") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text.as_str()),
        Some(_) => return Err(Fault::unreadable_body()),
    };
    let message = match parameter(&call.body, "message") {
        None | Some(Value::Null) => None,
        Some(Value::Object(message)) => Some(message),
        Some(_) => return Err(Fault::unreadable_body()),
    };
    if comment.is_some() && message.is_some_and(|message| message.contains_key("body")) {
        return Err(Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRequest",
            "Comment and Message.Body cannot be specified at the same time.",
        ));
    }
    let (mut content, _) = composed(call, mailbox, &Map::new())?;
    let prefix = if to == To::Others { "FW" } else { "RE" };
    content.subject = format!("{prefix}: {}", bare(&original.subject)).into();
    content.html = original.html;
    content.body = quoted(comment.unwrap_or_default(), item).into();
    (content.to, content.cc) = addressed(mailbox, original, to);
    if to == To::Others {
        content.attachments.clone_from(&original.attachments);
        if let Some(list) = parameter(&call.body, "toRecipients") {
            content.to = recipients("toRecipients", list)?;
        }
    }
    content.references = original.references.iter().chain([&original.internet_message_id]).cloned().collect();
    if let Some(message) = message {
        content.set(message, true)?;
    }
    content.conversation = original.conversation;
    Ok(content)
}

/// To and Cc of an answer. Nobody answers himself, unless he wrote to himself.
fn addressed(mailbox: &Mailbox, original: &Content, to: To) -> (Vec<Address>, Vec<Address>) {
    let mine = |address: &Address| address.address.eq_ignore_ascii_case(&mailbox.owner.address);
    let sender = if mine(&original.from) {
        original.to.clone()
    } else if original.reply_to.is_empty() {
        vec![original.from.clone()]
    } else {
        original.reply_to.clone()
    };
    match to {
        To::Others => (Vec::new(), Vec::new()),
        To::Sender => (sender, Vec::new()),
        To::All => {
            let mut all = sender;
            for address in original.to.iter().filter(|address| !mine(address)) {
                if !all.iter().any(|other| other.address.eq_ignore_ascii_case(&address.address)) {
                    all.push(address.clone());
                }
            }
            (all, original.cc.iter().filter(|address| !mine(address)).cloned().collect())
        }
    }
}

fn bare(subject: &str) -> &str {
    let prefixed = |prefix: &str| subject.get(..prefix.len()).is_some_and(|head| head.eq_ignore_ascii_case(prefix));
    ["re:", "fw:", "fwd:"]
        .into_iter()
        .find(|prefix| prefixed(prefix))
        .map_or(subject, |prefix| subject.get(prefix.len()..).unwrap_or_default().trim_start())
}

/// The comment, and below it the original as Outlook quotes it.
fn quoted(comment: &str, item: &Item) -> String {
    let original = &item.content;
    let shown = |address: &Address| format!("{} <{}>", address.name, address.address);
    let to: Vec<String> = original.to.iter().map(shown).collect();
    let head = [
        format!("From: {}", shown(&original.from)),
        format!("Sent: {}", time::http(item.sent.unwrap_or(item.created))),
        format!("To: {}", to.join("; ")),
        format!("Subject: {}", original.subject),
    ];
    if original.html {
        let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let head: Vec<String> = head.iter().map(|line| escape(line)).collect();
        return format!(
            "<div>{}</div><hr><div>{}</div><div>{}</div>",
            escape(comment),
            head.join("<br>"),
            original.body
        );
    }
    format!("{comment}\r\n\r\n________________________________\r\n{}\r\n\r\n{}", head.join("\r\n"), original.body)
}
