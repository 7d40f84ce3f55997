//! What lies in a calendar, a chat, a team and a drive.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::left::{ChatCount, chat_count};
use crate::calendar::Event;
use crate::files::{By, Drive, Item, Owner};
use crate::teams::{Post, Thread};
use crate::tenant::{State, Tenant};
use crate::time;

/// A calendar, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarContent {
    /// Whose it is: the user principal name.
    pub owner: String,
    /// Its events by their beginning, those still under way to it included.
    pub events: Vec<EventView>,
}

/// An event, as one calendar has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventView {
    /// Its id.
    pub id: String,
    /// The subject.
    pub subject: String,
    /// The organiser's address.
    pub organizer: String,
    /// What each attendee answered, by address, as this copy knows it; in Graph's words.
    pub attendees: BTreeMap<String, String>,
    /// When it begins and ends, RFC 3339; of a series the first one.
    pub start: String,
    /// When it ends.
    pub end: String,
    /// Whether it is a series.
    pub recurs: bool,
    /// What the owner of this calendar answered.
    pub response: String,
    /// Whether it was cancelled.
    pub cancelled: bool,
}

/// A chat, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatContent {
    /// Its id.
    pub id: String,
    /// `oneOnOne` or `group`.
    pub kind: String,
    /// The topic, of a group chat that has one.
    pub topic: Option<String>,
    /// Who is in it: user principal names.
    pub members: Vec<String>,
    /// What was written, the oldest first.
    pub posts: Vec<PostView>,
}

/// A team, with its channels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TeamContent {
    /// Its id, which is its group's too.
    pub id: String,
    /// The name shown.
    pub display_name: String,
    /// Who is in it: user principal names.
    pub members: Vec<String>,
    /// What was written, by the name of the channel, the oldest first.
    pub channels: BTreeMap<String, Vec<PostView>>,
}

/// A post in a chat or a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostView {
    /// Its id.
    pub id: String,
    /// The id of the post that it answers.
    pub answers: Option<String>,
    /// Who wrote it: the user principal name.
    pub from: Option<String>,
    /// When, RFC 3339 with milliseconds.
    pub at: String,
    /// The body as it was written.
    pub body: String,
    /// How often each reaction stands under it.
    pub reactions: BTreeMap<String, usize>,
}

/// A drive, whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DriveContent {
    /// Its id.
    pub id: String,
    /// Whose it is: a user principal name, or the name of a group.
    pub owner: String,
    /// What lies in it, by path.
    pub items: Vec<ItemView>,
}

/// A file or a folder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemView {
    /// Its id.
    pub id: String,
    /// From the root on.
    pub path: String,
    /// How many bytes it has; `None` of a folder.
    pub size: Option<usize>,
    /// When it was changed last, RFC 3339.
    pub modified: String,
    /// By whom: a user principal name, or an application's id.
    pub modified_by: String,
    /// How many links and invitations there are to it.
    pub shares: usize,
}

impl Tenant {
    /// The calendar of this user (by id or user principal name), if there is one.
    pub fn inspect_calendar(&self, user: &str) -> Option<CalendarContent> {
        let state = self.state();
        let user = state.directory.live.find(user).or_else(|| state.directory.deleted.find(user))?;
        let mut events: Vec<&Event> =
            state.calendars.of(user.id).into_iter().flat_map(|calendar| calendar.events()).collect();
        events.sort_by_key(|event| (event.start, event.id()));
        let events = events.into_iter().map(event_view).collect();
        Some(CalendarContent { owner: user.principal_name().to_owned(), events })
    }

    /// The chats that this user (by id or user principal name) is in, in short; `None` where there is no such user.
    pub fn inspect_chats(&self, user: &str) -> Option<Vec<ChatCount>> {
        let state = self.state();
        let user = state.directory.live.find(user).or_else(|| state.directory.deleted.find(user))?;
        let chats = state.teams.chats.values().filter(|chat| chat.members.contains(&user.id));
        Some(chats.map(|chat| chat_count(&state, chat)).collect())
    }

    /// The chat of this id.
    pub fn inspect_chat(&self, id: &str) -> Option<ChatContent> {
        let state = self.state();
        let chat = state.teams.chats.get(id)?;
        Some(ChatContent {
            id: chat.id.clone(),
            kind: chat.kind.clone(),
            topic: chat.topic.clone(),
            members: chat.members.iter().map(|user| name(&state, *user)).collect(),
            posts: posts(&state, &chat.thread),
        })
    }

    /// The team of this id, also while its group lies in the recycle bin.
    pub fn inspect_team(&self, id: &str) -> Option<TeamContent> {
        let now = self.now();
        let state = self.state();
        let id = Uuid::try_parse(id).ok()?;
        let team = state.teams.get(id)?;
        let group = state.groups.get(id).or_else(|| state.groups.deleted(now).find(|group| group.id == id))?;
        let channels = team.channels.values();
        Some(TeamContent {
            id: id.to_string(),
            display_name: group.text("displayName").to_owned(),
            members: group.members.iter().map(|user| name(&state, *user)).collect(),
            channels: channels.map(|channel| (channel.name().to_owned(), posts(&state, &channel.thread))).collect(),
        })
    }

    /// The drive of this owner (a user's id or principal name, or a group's id) or of this id, if anybody asked for it
    /// yet.
    pub fn inspect_drive(&self, owner: &str) -> Option<DriveContent> {
        let state = self.state();
        let user = state.directory.live.find(owner).or_else(|| state.directory.deleted.find(owner));
        let owner_id = user.map(|user| user.id).or_else(|| Uuid::try_parse(owner).ok());
        let drive = match owner_id {
            Some(id) => state.files.of(Owner::User(id)),
            None => state.files.drives.get(owner),
        }?;
        Some(drive_content(&state, drive))
    }
}

/// The principal name of somebody who is or was there; the id of whoever is gone for good.
pub(super) fn name(state: &State, id: Uuid) -> String {
    let user = state.directory.live.get(id).or_else(|| state.directory.deleted.get(id));
    user.map_or_else(|| id.to_string(), |user| user.principal_name().to_owned())
}

pub(super) fn event_view(event: &Event) -> EventView {
    let attendees = event.attendees.iter();
    EventView {
        id: event.id(),
        subject: event.text("subject").to_owned(),
        organizer: event.organizer.address.to_string(),
        attendees: attendees.map(|one| (one.address.address.to_string(), one.response.to_owned())).collect(),
        start: time::seconds(event.start),
        end: time::seconds(event.end),
        recurs: event.recurs(),
        response: event.response.to_owned(),
        cancelled: event.cancelled,
    }
}

fn posts(state: &State, thread: &Thread) -> Vec<PostView> {
    thread.posts.values().map(|post| post_view(state, post)).collect()
}

fn post_view(state: &State, post: &Post) -> PostView {
    let mut reactions: BTreeMap<String, usize> = BTreeMap::new();
    for reaction in &post.reactions {
        *reactions.entry(reaction.kind.clone()).or_default() += 1;
    }
    let body = post.properties.get("body").and_then(|body| body.get("content")).and_then(|text| text.as_str());
    PostView {
        id: post.id.to_string(),
        answers: post.answers.map(|id| id.to_string()),
        from: post.from.map(|user| name(state, user)),
        at: time::millis(post.created),
        body: body.unwrap_or_default().to_owned(),
        reactions,
    }
}

fn drive_content(state: &State, drive: &Drive) -> DriveContent {
    let mut items: Vec<ItemView> = drive.everything().filter_map(|item| item_view(state, drive, item)).collect();
    items.sort_by(|one, two| one.path.cmp(&two.path));
    DriveContent { id: drive.id.clone(), owner: owner_name(state, drive.owner), items }
}

pub(super) fn owner_name(state: &State, owner: Owner) -> String {
    match owner {
        Owner::User(id) => name(state, id),
        Owner::Group(id) => {
            state.groups.get(id).map_or_else(|| id.to_string(), |group| group.text("displayName").to_owned())
        }
    }
}

/// An item that is not the root.
pub(super) fn item_view(state: &State, drive: &Drive, item: &Item) -> Option<ItemView> {
    item.parent?;
    let (at, by) = item.changed();
    Some(ItemView {
        id: item.id(),
        path: drive.path(item),
        size: item.bytes().map(<[u8]>::len),
        modified: time::seconds(at),
        modified_by: match by {
            By::App(id) => id.clone(),
            By::User(id) => name(state, *id),
        },
        shares: item.permissions().len(),
    })
}
