//! Mailboxes, and what became of a mail.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::mail::content::Address;
use crate::mail::mailbox::{Item, Mailbox};
use crate::mail::transport::Outcome;
use crate::tenant::Tenant;
use crate::time;

/// What lies in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxContent {
    /// Whose it is: the address.
    pub owner: String,
    /// Total and unread messages by the path of the folder: those in which something lies, and those that somebody made.
    pub folders: BTreeMap<String, FolderCount>,
    /// All messages, newest first, those still under way included.
    pub messages: Vec<MailView>,
}

/// The messages of one folder.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FolderCount {
    /// All.
    pub total: usize,
    /// Not read.
    pub unread: usize,
}

/// A message in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailView {
    /// The immutable id.
    pub id: String,
    /// The path of the folder: `Inbox`, `Inbox/Projects`.
    pub folder: String,
    /// `<left@right>`.
    pub internet_message_id: String,
    /// When it was dated in this mailbox, RFC 3339.
    pub received: String,
    /// `Name <address>`.
    pub from: String,
    /// To and Cc, each `Name <address>`.
    pub to: Vec<String>,
    /// The subject.
    pub subject: String,
    /// The body as text.
    pub body: String,
    /// Whether it was read.
    pub is_read: bool,
    /// Whether it was not sent yet.
    pub is_draft: bool,
    /// The sender's own `x-` headers.
    pub headers: BTreeMap<String, String>,
}

/// What became of one mail: who sent it, who got it, how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailTrace {
    /// `<left@right>`.
    pub internet_message_id: String,
    /// Each time it was handed over for delivery: once, if all is well.
    pub submissions: Vec<SubmissionView>,
}

/// One handing over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmissionView {
    /// The sender's object id.
    pub sender_id: String,
    /// The sender's address.
    pub sender: String,
    /// When, RFC 3339 with milliseconds.
    pub at: String,
    /// The subject.
    pub subject: String,
    /// The `request-id` of the request that did it.
    pub request_id: String,
    /// Whom it was for.
    pub recipients: Vec<Receipt>,
}

/// What became of one recipient's copy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The recipient's address.
    pub address: String,
    /// `delivered`, `undeliverable` or `outside`.
    pub outcome: String,
    /// The recipient's object id, where it was delivered.
    pub user_id: Option<String>,
}

impl Tenant {
    /// What lies in the mailbox of this user (by id or user principal name; of a deleted user, by id), if there is one.
    pub fn inspect_mailbox(&self, user: &str) -> Option<MailboxContent> {
        let state = self.state();
        let user = state.directory.live.find(user).or_else(|| state.directory.deleted.find(user))?;
        let mailbox = state.mail.get(user.id)?;
        let made = mailbox.folders().iter().filter(|folder| folder.name.is_none() && !folder.gone);
        let mut folders: BTreeMap<String, FolderCount> =
            made.map(|folder| (mailbox.path(folder), FolderCount::default())).collect();
        let mut messages: Vec<MailView> = mailbox.everything().map(|item| mail_view(mailbox, item)).collect();
        for message in &messages {
            let count = folders.entry(message.folder.clone()).or_default();
            count.total += 1;
            count.unread += usize::from(!message.is_read);
        }
        messages.reverse();
        Some(MailboxContent { owner: mailbox.owner.address.to_string(), folders, messages })
    }

    /// What became of the mail with this internet message id, with or without its angle brackets. `None`: it was never
    /// sent.
    pub fn inspect_mail(&self, internet_message_id: &str) -> Option<MailTrace> {
        let bare = internet_message_id.trim_start_matches('<').trim_end_matches('>');
        let id = format!("<{bare}>");
        let state = self.state();
        let submissions: Vec<SubmissionView> = state
            .mail
            .trace
            .of(&id)
            .map(|submission| SubmissionView {
                sender_id: submission.sender.to_string(),
                sender: submission.sender_address.to_string(),
                at: time::millis(submission.at),
                subject: submission.subject.to_string(),
                request_id: submission.request_id.to_string(),
                recipients: submission.recipients.iter().map(|(address, outcome)| receipt(address, outcome)).collect(),
            })
            .collect();
        (!submissions.is_empty()).then_some(MailTrace { internet_message_id: id, submissions })
    }
}

pub(super) fn mail_view(mailbox: &Mailbox, item: &Item) -> MailView {
    let content = &item.content;
    let shown = |address: &Address| format!("{} <{}>", address.name, address.address);
    MailView {
        id: item.id(true),
        folder: mailbox.folder(item.folder).map(|folder| mailbox.path(folder)).unwrap_or_default(),
        internet_message_id: content.internet_message_id.to_string(),
        received: time::seconds(item.received),
        from: shown(&content.from),
        to: content.to.iter().chain(&content.cc).map(shown).collect(),
        subject: content.subject.to_string(),
        body: content.plain(),
        is_read: item.read,
        is_draft: item.draft,
        headers: content.headers.iter().cloned().collect(),
    }
}

fn receipt(address: &str, outcome: &Outcome) -> Receipt {
    let (outcome, user_id) = match outcome {
        Outcome::Delivered(user) => ("delivered", Some(user.to_string())),
        Outcome::Undeliverable => ("undeliverable", None),
        Outcome::Outside => ("outside", None),
    };
    Receipt { address: address.to_owned(), outcome: outcome.to_owned(), user_id }
}
