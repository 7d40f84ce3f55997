//! What is left of a deployment, wherever in the tenant it lies.
//!
//! A client that cleans up proves it with what Graph shows it, which leaves out what the client forgot to ask for. Here
//! everything is looked through: all mailboxes, all calendars, all drives, all chats. A thing is a deployment's if it
//! carries its mark (`haymaker:<id>` or `haymaker-<id>` in a text of it, or the header `x-haymaker-id` in a mail), or if
//! it belongs to one of its people: a user with its `employeeType`, live, soft-deleted or gone for good.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::mail::{MailView, mail_view};
use super::overview::{Person, person};
use super::places::{EventView, ItemView, event_view, item_view, name, owner_name};
use crate::directory;
use crate::files::{By, Owner};
use crate::groups::Group;
use crate::teams::Chat;
use crate::tenant::{State, Tenant};

/// The header by which a deployment marks its mail; its value begins with the deployment's id.
const HEADER: &str = "x-haymaker-id";

/// What is left of a deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Left {
    /// Its users, live ones first, then those in the recycle bin.
    pub users: Vec<Person>,
    /// Its groups and teams, live and in the recycle bin.
    pub groups: Vec<GroupView>,
    /// Its mails, in anybody's mailbox, and all that lies in those of its people.
    pub messages: Vec<Lying<MailView>>,
    /// Its events, in anybody's calendar.
    pub events: Vec<Lying<EventView>>,
    /// Its files and folders, in any drive.
    pub files: Vec<Lying<ItemView>>,
    /// Chats that one of its people is in.
    pub chats: Vec<ChatCount>,
}

impl Left {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        *self == Left::default()
    }
}

/// Something, and with whom it lies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lying<T> {
    /// A user principal name, or the name of a group; the id of whoever is gone for good.
    pub with: String,
    /// What lies there.
    #[serde(flatten)]
    pub what: T,
}

/// A group, as the inspection shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupView {
    /// The object id.
    pub id: String,
    /// The name shown.
    pub display_name: String,
    /// The unique name that its maker chose.
    pub unique_name: Option<String>,
    /// Whether it is a team.
    pub team: bool,
    /// Whether it lies in the recycle bin.
    pub deleted: bool,
    /// How many people are in it.
    pub members: usize,
}

/// A chat, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatCount {
    /// Its id.
    pub id: String,
    /// Who is in it: user principal names.
    pub members: Vec<String>,
    /// How many posts stand in it.
    pub posts: usize,
}

/// A deployment, and how its things are told from others.
struct Deployment {
    id: String,
    tag: String,
    people: BTreeSet<Uuid>,
}

impl Deployment {
    fn new(state: &State, id: &str) -> Deployment {
        let id = id.to_lowercase();
        let tag = format!("haymaker:{id}");
        let there = state.directory.live.having("employeeType", &tag);
        let there = there.chain(state.directory.deleted.having("employeeType", &tag)).map(|user| user.id);
        let purged = state.directory.purged.iter().filter(|(_, kind)| kind.eq_ignore_ascii_case(&tag));
        let people = there.chain(purged.map(|(id, _)| *id)).collect();
        Deployment { id, tag, people }
    }

    /// Whether a text carries the deployment's mark, and not that of another whose id begins like this one's.
    fn marks(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let ends = |rest: &str| !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        ["haymaker:", "haymaker-"]
            .into_iter()
            .flat_map(|mark| text.match_indices(mark).map(move |(at, _)| at + mark.len()))
            .filter_map(|at| text.get(at..)?.strip_prefix(&self.id))
            .any(ends)
    }

    fn marks_any(&self, value: &Value) -> bool {
        match value {
            Value::String(text) => self.marks(text),
            Value::Array(values) => values.iter().any(|value| self.marks_any(value)),
            Value::Object(fields) => fields.values().any(|value| self.marks_any(value)),
            _ => false,
        }
    }

    fn marks_header(&self, name: &str, value: &str) -> bool {
        let whose = value.split('/').next().unwrap_or_default();
        name.eq_ignore_ascii_case(HEADER) && whose.eq_ignore_ascii_case(&self.id)
    }
}

impl Tenant {
    /// What is left of the deployment of this id.
    pub fn inspect_left(&self, deployment: &str) -> Left {
        let now = self.now();
        let state = self.state();
        let state = &*state;
        let deployment = Deployment::new(state, deployment);
        let live = state.directory.live.having("employeeType", &deployment.tag);
        let deleted = state.directory.deleted.having("employeeType", &deployment.tag);
        let groups = state.groups.iter().chain(state.groups.deleted(now));
        let mut left = Left {
            users: live.chain(deleted.filter(|user| directory::recoverable(user, now))).map(person).collect(),
            groups: groups.filter(|group| of_group(&deployment, group)).map(group_view).collect(),
            messages: messages(state, &deployment),
            events: events(state, &deployment),
            files: files(state, &deployment),
            chats: chats(state, &deployment),
        };
        left.messages.sort_by(|one, two| (&one.with, &one.what.id).cmp(&(&two.with, &two.what.id)));
        left.events.sort_by(|one, two| (&one.with, &one.what.id).cmp(&(&two.with, &two.what.id)));
        left
    }
}

fn of_group(deployment: &Deployment, group: &Group) -> bool {
    group.properties.values().any(|value| deployment.marks_any(value))
}

fn group_view(group: &Group) -> GroupView {
    GroupView {
        id: group.id.to_string(),
        display_name: group.text("displayName").to_owned(),
        unique_name: Some(group.text("uniqueName").to_owned()).filter(|name| !name.is_empty()),
        team: group.team,
        deleted: group.deleted.is_some(),
        members: group.members.len(),
    }
}

fn messages(state: &State, deployment: &Deployment) -> Vec<Lying<MailView>> {
    let mut found = Vec::new();
    for (owner, mailbox) in state.mail.iter() {
        let own = deployment.people.contains(&owner);
        // Invitations and what else the services send in somebody's name have no header of the sender's own.
        let mine = mailbox.everything().filter(|item| {
            own || deployment.marks(&item.content.from.address)
                || item.content.headers.iter().any(|(name, value)| deployment.marks_header(name, value))
        });
        let with = || name(state, owner);
        found.extend(mine.map(|item| Lying { with: with(), what: mail_view(mailbox, item) }));
    }
    found
}

fn events(state: &State, deployment: &Deployment) -> Vec<Lying<EventView>> {
    let mut found = Vec::new();
    for (owner, calendar) in state.calendars.iter() {
        let own = deployment.people.contains(&owner);
        let mine = calendar.events().filter(|event| {
            own || deployment.marks(&event.organizer.address)
                || event.properties().values().any(|value| deployment.marks_any(value))
        });
        found.extend(mine.map(|event| Lying { with: name(state, owner), what: event_view(event) }));
    }
    found
}

fn files(state: &State, deployment: &Deployment) -> Vec<Lying<ItemView>> {
    let mut found = Vec::new();
    for drive in state.files.drives.values() {
        let own = match drive.owner {
            Owner::User(id) => deployment.people.contains(&id),
            Owner::Group(id) => {
                let group = state.groups.get(id).or_else(|| state.groups.gone(id));
                group.is_some_and(|group| of_group(deployment, group))
            }
        };
        for item in drive.everything() {
            let made = matches!(item.creator(), By::User(id) if deployment.people.contains(id));
            if (own || made || deployment.marks(&item.name))
                && let Some(what) = item_view(state, drive, item)
            {
                found.push(Lying { with: owner_name(state, drive.owner), what });
            }
        }
    }
    found
}

fn chats(state: &State, deployment: &Deployment) -> Vec<ChatCount> {
    let chats = state.teams.chats.values();
    chats
        .filter(|chat| {
            chat.members.iter().any(|user| deployment.people.contains(user))
                || chat.topic.as_deref().is_some_and(|topic| deployment.marks(topic))
        })
        .map(|chat| chat_count(state, chat))
        .collect()
}

pub(super) fn chat_count(state: &State, chat: &Chat) -> ChatCount {
    ChatCount {
        id: chat.id.clone(),
        members: chat.members.iter().map(|user| name(state, *user)).collect(),
        posts: chat.thread.posts.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_the_deployments_own_and_not_that_of_one_whose_id_begins_alike() {
        let deployment = Deployment { id: "kw-1a".to_owned(), tag: String::new(), people: BTreeSet::new() };
        for text in ["haymaker:kw-1a", "haymaker-KW-1a-7@contoso.example", "a haymaker:x and haymaker:kw-1a/3"] {
            assert!(deployment.marks(text), "{text}");
        }
        for text in ["haymaker:kw-1ab", "kw-1a", "haymaker:", "haymaker-kw-2"] {
            assert!(!deployment.marks(text), "{text}");
        }
        assert!(deployment.marks_header("X-Haymaker-Id", "kw-1a/mail/w01"));
        assert!(!deployment.marks_header("x-haymaker-id", "kw-1ab/mail/w01"));
    }
}
