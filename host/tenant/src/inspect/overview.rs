//! The tenant in numbers, its people, and the proof that bystanders were left alone.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::directory::{self, User};
use crate::files::{Item, Owner};
use crate::ids;
use crate::mail::mailbox::Mailbox;
use crate::tenant::{State, Tenant};
use crate::time;

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
    /// Teams of groups that are not deleted.
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
    /// SHA-256 over their properties, licences, mailboxes with folders and rules, calendars, files and chats: it changes
    /// when any of them is touched, or gets a mail, an invitation or a post. Reading changes nothing.
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
            teams: state.groups.iter().filter(|group| state.teams.get(group.id).is_some()).count(),
            chats: state.teams.chats.len(),
            posts: state.teams.posts(),
            events: state.calendars.events(),
            files: state.files.files(),
            requests: self.requests(),
            throttled: state.throttled,
            bystanders: bystanders(&state),
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
}

pub(super) fn person(user: &User) -> Person {
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

fn bystanders(state: &State) -> Bystanders {
    let mut hash = Sha256::new();
    let mut count = 0;
    for user in state.directory.live.iter().filter(|user| user.bystander) {
        count += 1;
        hash.update(Value::Object(directory::properties::render_all(user)).to_string());
        if let Some(mailbox) = state.mail.get(user.id) {
            hash_mailbox(&mut hash, mailbox);
        }
        if let Some(calendar) = state.calendars.of(user.id) {
            calendar.events().for_each(|event| hash.update(format!("{event:?}")));
        }
        if let Some(drive) = state.files.of(Owner::User(user.id)) {
            drive.everything().for_each(|item| hash_file(&mut hash, item));
        }
    }
    let among = |id: &uuid::Uuid| state.directory.live.get(*id).is_some_and(|user| user.bystander);
    for chat in state.teams.chats.values().filter(|chat| chat.members.iter().any(among)) {
        hash.update(format!("{chat:?}"));
    }
    for group in state.groups.iter() {
        for person in group.members.iter().chain(&group.owners).filter(|id| among(id)) {
            hash.update(group.id);
            hash.update(person);
        }
    }
    Bystanders { count, hash: hex::encode(hash.finalize()) }
}

/// Everything has all its fields in its debugging form; keys are hashed as they are.
fn hash_mailbox(hash: &mut Sha256, mailbox: &Mailbox) {
    hash.update(format!("{:?}", mailbox.settings));
    mailbox.rules.iter().for_each(|rule| hash.update(rule.render().to_string()));
    for folder in mailbox.folders() {
        hash.update(folder.key);
        hash.update(format!("{} {:?} {}", folder.display_name, folder.parent, folder.gone));
    }
    for item in mailbox.everything() {
        let kept = (item.folder, item.read, item.draft, item.received, item.version, item.moves);
        hash.update(item.key);
        hash.update(format!("{kept:?} {:?}", item.content));
    }
}

/// An item of a drive but for its root: whoever looks at a drive makes it, and that touches nothing.
fn hash_file(hash: &mut Sha256, item: &Item) {
    if item.parent.is_none() && item.permissions().is_empty() {
        return;
    }
    hash.update(item.key);
    hash.update(format!("{:?} {:?}", item.facts(), item.permissions()));
    if let Some(bytes) = item.bytes() {
        hash.update(ids::digest(&[bytes]));
    }
}
