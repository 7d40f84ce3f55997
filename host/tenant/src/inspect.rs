//! A look inside the tenant, for people and for tests: what Graph would not tell, or only piece by piece.
//!
//! Over HTTP it lies under `/_haymaker/` and asks for no token: the tenant listens on loopback and has nothing to hide.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_haymaker/inspect` | [`Overview`] |
//! | `GET /_haymaker/inspect/users?tag=haymaker:<id>` | `{"value": [`[`Person`]`]}`, live and soft-deleted |
//! | `GET /_haymaker/inspect/mailbox/<upn or id>` | [`MailboxContent`] |
//! | `GET /_haymaker/inspect/mail/<internet message id>` | [`MailTrace`] |
//! | `GET`, `POST /_haymaker/faults` `[{"operation": "* /v1.0/**", "rate": 0.05, "fault": {"kind": "reset_after"}}]` | the rules, see [`crate::faults`]; `{}` |
//! | `POST /_haymaker/devicelogin` `{"user_code": "..", "user": "<upn or id>"}` | `{}`: that user typed the code in |
//! | `POST /_haymaker/throttle` `{"requests": 3, "retry_after": "1.5"}` | `{}`; see [`Tenant::throttle_next`] |

use std::collections::BTreeMap;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::bystanders;
use crate::directory::{self, User};
use crate::mail::content::Address;
use crate::mail::mailbox::{Item, Mailbox};
use crate::mail::transport::Outcome;
use crate::odata::options::pairs;
use crate::tenant::Tenant;
use crate::time;

/// Under which path all this is found.
pub(crate) const PREFIX: &str = "/_haymaker/";

/// The tenant in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overview {
    /// The tenant's present, UTC milliseconds.
    pub now: u64,
    /// Users that are not deleted, bystanders included.
    pub users_live: usize,
    /// Users in the recycle bin that can still be brought back.
    pub users_deleted: usize,
    /// The same two numbers by `employeeType`, where it is set.
    pub tags: BTreeMap<String, TagCount>,
    /// Mailboxes, those of soft-deleted users included.
    pub mailboxes: usize,
    /// Messages lying in them.
    pub messages: usize,
    /// What was sent since the tenant began; the bystanders' old mail is not counted.
    pub mail: MailCount,
    /// Groups that are not deleted.
    #[serde(default)]
    pub groups: usize,
    /// Teams, those of deleted groups included.
    #[serde(default)]
    pub teams: usize,
    /// Chats.
    #[serde(default)]
    pub chats: usize,
    /// Posts in channels and chats.
    #[serde(default)]
    pub posts: usize,
    /// Events in all calendars; each copy of a meeting counts.
    #[serde(default)]
    pub events: usize,
    /// Files in all drives.
    #[serde(default)]
    pub files: usize,
    /// Requests of any kind that came, and how many of those to Graph were refused with 429.
    pub requests: u64,
    /// How many requests were refused with 429.
    pub throttled: u64,
    /// Those who lived here before anybody came.
    pub bystanders: Bystanders,
}

/// Users of one `employeeType`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCount {
    /// Not deleted.
    pub live: usize,
    /// In the recycle bin.
    pub deleted: usize,
}

/// Mail since the tenant began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailCount {
    /// Mails handed over for delivery.
    pub submitted: u64,
    /// Internet message ids that were handed over more than once.
    pub repeated: usize,
    /// Copies laid into inboxes, one per recipient.
    pub delivered: u64,
    /// Copies for addresses of the tenant that do not exist.
    pub undeliverable: u64,
    /// Copies for addresses outside the tenant.
    pub outside: u64,
}

/// The bystanders, and a hash of all that is theirs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bystanders {
    /// How many still live here.
    pub count: usize,
    /// SHA-256 over their properties, licences, mailboxes with rules and settings, calendars, drives, and the chats and
    /// groups they are in: it changes when any of them is touched, or gets a mail.
    pub hash: String,
}

/// A user, as the inspection shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The object id.
    pub id: String,
    /// The user principal name; of a deleted user, the prefixed one.
    pub user_principal_name: String,
    /// The name shown.
    pub display_name: String,
    /// `employeeType`, by which deployments tag their workers.
    pub employee_type: Option<String>,
    /// Whether it lies in the recycle bin.
    pub deleted: bool,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Ids of the SKUs assigned to it.
    pub licences: Vec<String>,
    /// Whether it is entitled to a mailbox.
    pub mailbox: bool,
}

/// What lies in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxContent {
    /// Whose it is: the address.
    pub owner: String,
    /// Total and unread messages by folder.
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
    /// The name of the folder.
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
    /// The tenant in numbers.
    pub fn inspect(&self) -> Overview {
        let now = self.now();
        let state = self.state();
        let mut tags: BTreeMap<String, TagCount> = BTreeMap::new();
        let tag = |user: &User| Some(user.text("employeeType").to_owned()).filter(|tag| !tag.is_empty());
        for tag in state.directory.live.iter().filter_map(tag) {
            tags.entry(tag).or_default().live += 1;
        }
        let recoverable = || state.directory.deleted.iter().filter(|user| directory::recoverable(user, now));
        for tag in recoverable().filter_map(tag) {
            tags.entry(tag).or_default().deleted += 1;
        }
        let trace = &state.mail.trace;
        Overview {
            now,
            users_live: state.directory.live.len(),
            users_deleted: recoverable().count(),
            tags,
            mailboxes: state.mail.mailboxes(),
            messages: state.mail.messages(),
            mail: MailCount {
                submitted: trace.submitted,
                repeated: trace.repeated(),
                delivered: trace.delivered,
                undeliverable: trace.undeliverable,
                outside: trace.outside,
            },
            groups: state.groups.iter().count(),
            teams: state.teams.teams().count(),
            chats: state.teams.chats.len(),
            posts: state.teams.posts(),
            events: state.calendars.events(),
            files: state.files.files(),
            requests: self.requests(),
            throttled: state.throttled,
            bystanders: bystanders::hashed(&state),
        }
    }

    /// The users with this `employeeType`, live ones first, then those in the recycle bin.
    pub fn inspect_users(&self, tag: &str) -> Vec<Person> {
        let now = self.now();
        let state = self.state();
        let live = state.directory.live.having("employeeType", tag);
        let deleted = state.directory.deleted.having("employeeType", tag);
        live.chain(deleted.filter(|user| directory::recoverable(user, now))).map(person).collect()
    }

    /// What lies in the mailbox of this user (by id or user principal name; of a deleted user, by id), if there is one.
    pub fn inspect_mailbox(&self, user: &str) -> Option<MailboxContent> {
        let state = self.state();
        let user = state.directory.live.find(user).or_else(|| state.directory.deleted.find(user))?;
        let mailbox = state.mail.get(user.id)?;
        let mut folders: BTreeMap<String, FolderCount> = BTreeMap::new();
        let mut messages: Vec<MailView> = mailbox.everything().map(|item| mail_view(mailbox, item)).collect();
        for message in &messages {
            let count = folders.entry(message.folder.clone()).or_default();
            count.total += 1;
            count.unread += usize::from(!message.is_read);
        }
        messages.reverse();
        Some(MailboxContent { owner: mailbox.owner.address.clone(), folders, messages })
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
            .iter()
            .map(|submission| SubmissionView {
                sender_id: submission.sender.to_string(),
                sender: submission.sender_address.clone(),
                at: time::millis(submission.at),
                subject: submission.subject.clone(),
                request_id: submission.request_id.clone(),
                recipients: submission.recipients.iter().map(|(address, outcome)| receipt(address, outcome)).collect(),
            })
            .collect();
        (!submissions.is_empty()).then_some(MailTrace { internet_message_id: id, submissions })
    }
}

fn person(user: &User) -> Person {
    Person {
        id: user.id.to_string(),
        user_principal_name: user.principal_name().to_owned(),
        display_name: user.text("displayName").to_owned(),
        employee_type: user.properties.get("employeeType").and_then(Value::as_str).map(str::to_owned),
        deleted: user.deleted.is_some(),
        created: time::seconds(user.created),
        licences: user.licences.iter().map(ToString::to_string).collect(),
        mailbox: user.mailbox_since.is_some(),
    }
}

fn mail_view(mailbox: &Mailbox, item: &Item) -> MailView {
    let content = &item.content;
    let shown = |address: &Address| format!("{} <{}>", address.name, address.address);
    MailView {
        id: item.id(true),
        folder: mailbox.folder(item.folder).map(|folder| folder.display_name.clone()).unwrap_or_default(),
        internet_message_id: content.internet_message_id.clone(),
        received: time::seconds(item.received),
        from: shown(&content.from),
        to: content.to.iter().chain(&content.cc).map(shown).collect(),
        subject: content.subject.clone(),
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

/// What `POST /_haymaker/throttle` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Throttle {
    requests: u32,
    #[serde(default)]
    retry_after: Option<String>,
}

/// What `POST /_haymaker/devicelogin` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceLogin {
    user_code: String,
    user: String,
}

/// Answers a request under [`PREFIX`]; `path` is the rest behind it.
pub(crate) fn answer(tenant: &Tenant, method: &Method, path: &str, request: &Request<Bytes>) -> (StatusCode, Value) {
    let not_found = || (StatusCode::NOT_FOUND, json!({ "error": format!("there is no {PREFIX}{path} here") }));
    let found = |value: Option<Value>| value.map_or_else(not_found, |value| (StatusCode::OK, value));
    let to_value = |value: Result<Value, serde_json::Error>| value.ok();
    if path == "faults" && method == Method::GET {
        return found(to_value(serde_json::to_value(tenant.faults())));
    }
    if path == "faults" && method == Method::POST {
        return match serde_json::from_slice(request.body()) {
            Ok(rules) => {
                tenant.set_faults(rules);
                (StatusCode::OK, json!({}))
            }
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })),
        };
    }
    if method == Method::POST && path == "devicelogin" {
        return match serde_json::from_slice::<DeviceLogin>(request.body()) {
            Ok(login) if tenant.approve_device(&login.user_code, &login.user) => (StatusCode::OK, json!({})),
            Ok(_) => (StatusCode::NOT_FOUND, json!({ "error": "there is no such code, or no such user" })),
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })),
        };
    }
    if method == Method::POST && path == "throttle" {
        return match serde_json::from_slice::<Throttle>(request.body()) {
            Ok(throttle) => {
                tenant.throttle_next(throttle.requests, throttle.retry_after.as_deref());
                (StatusCode::OK, json!({}))
            }
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })),
        };
    }
    if method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": format!("{PREFIX}{path} does not take {method}") }));
    }
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    match path.split_once('/') {
        None if path == "inspect" => found(to_value(serde_json::to_value(tenant.inspect()))),
        Some(("inspect", "users")) => {
            let query = request.uri().query().unwrap_or_default();
            match pairs(query).find(|(name, _)| name == "tag") {
                Some((_, tag)) => found(
                    to_value(serde_json::to_value(tenant.inspect_users(&tag))).map(|value| json!({ "value": value })),
                ),
                None => {
                    (StatusCode::BAD_REQUEST, json!({ "error": "tag: is missing; write ?tag=haymaker:<deployment>" }))
                }
            }
        }
        Some(("inspect", rest)) => match rest.split_once('/') {
            Some(("mailbox", user)) => found(
                tenant.inspect_mailbox(&decoded(user)).and_then(|content| to_value(serde_json::to_value(content))),
            ),
            Some(("mail", id)) => {
                found(tenant.inspect_mail(&decoded(id)).and_then(|trace| to_value(serde_json::to_value(trace))))
            }
            _ => not_found(),
        },
        _ => not_found(),
    }
}
