//! The groups, teams and chats of the tests' tenant: they are made once, and only people speak in them.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{
    Instant,
    http::{Effect, Request},
    time::rfc3339,
};
use serde_json::{Value, json};

use super::tenant::{Tenant, error, not_found};

/// A group.
#[derive(Default)]
pub(super) struct Group {
    pub(super) body: Value,
    pub(super) members: Vec<String>,
    pub(super) owners: Vec<String>,
    pub(super) made: Instant,
    /// Channels by name, once it is a team.
    pub(super) channels: Option<BTreeMap<String, String>>,
}

/// Something that somebody said.
#[derive(Clone, Debug)]
pub(super) struct Post {
    /// In which channel or chat.
    pub(super) room: String,
    /// The post that it stands below.
    pub(super) below: Option<String>,
    /// The author's user id.
    pub(super) from: String,
    pub(super) at: Instant,
    pub(super) text: String,
    /// Who reacted, and with what.
    pub(super) reactions: BTreeSet<(String, String)>,
}

/// All of it.
#[derive(Default)]
pub(super) struct Teamwork {
    /// Whether the application may make groups.
    pub(super) allowed: bool,
    /// By id.
    pub(super) groups: BTreeMap<String, Group>,
    /// Members by id.
    pub(super) chats: BTreeMap<String, BTreeSet<String>>,
    /// By id.
    pub(super) posts: BTreeMap<String, Post>,
    /// Where messages are imported now, by paths.
    pub(super) importing: BTreeSet<String>,
    /// Whose sessions were ended.
    pub(super) revoked: BTreeSet<String>,
}

/// From making a group until it can be a team.
const YOUNG: u64 = 25_000;

impl Tenant {
    pub(super) fn teamwork(
        &mut self,
        now: Instant,
        request: &Request,
        parts: &[&str],
        query: &str,
        body: Value,
    ) -> (u16, Value) {
        match parts {
            [first, ..] if first.starts_with("groups(") && !self.work.allowed => {
                error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
            }
            [first, rest @ ..] if first.starts_with("groups") => self.groups(now, request, first, rest, query, body),
            [.., "startMigration" | "completeMigration"] => self.migration(request, parts),
            ["teams", _, "channels", _] | ["chats", _] => (200, self.migrating(&parts.join("/"))),
            ["teams", team, "channels", rest @ ..] => self.channels(now, request, team, rest, body),
            ["chats", rest @ ..] => self.chats(now, request, rest, &body),
            ["users", user, "chats"] => {
                assert!(request.speaker.is_none() || self.speaker(request).as_deref() == Some(*user));
                let member = |user: &String| json!({"userId": user});
                let shown =
                    self.work.chats.iter().filter(|(_, members)| members.contains(*user)).map(
                        |(id, members)| json!({"id": id, "members": members.iter().map(member).collect::<Vec<_>>()}),
                    );
                (200, json!({"value": shown.collect::<Vec<_>>()}))
            }
            _ => not_found(),
        }
    }

    fn migrating(&self, room: &str) -> Value {
        json!({"migrationMode": if self.work.importing.contains(room) { "inProgress" } else { "completed" }})
    }

    /// Beginning to import somewhere, and completing it; neither twice.
    fn migration(&mut self, request: &Request, parts: &[&str]) -> (u16, Value) {
        assert_eq!((request.speaker.as_ref(), request.effect), (None, Effect::Repeatable));
        let Some((act, room)) = parts.split_last() else { return not_found() };
        let room = room.join("/");
        let changed =
            if *act == "startMigration" { self.work.importing.insert(room) } else { self.work.importing.remove(&room) };
        if changed { (204, Value::Null) } else { error(400, "BadRequest", "The thread is not in that mode.") }
    }

    /// Who writes or reads somewhere: whoever speaks, or, where messages are imported, whom they are said to be from.
    fn author(&self, request: &Request, room: &str, body: &Value) -> Option<String> {
        let importing = self.work.importing.contains(room);
        match self.speaker(request) {
            Some(user) => (!importing).then_some(user),
            None if request.effect == Effect::Read => Some(String::new()),
            None => Some(body["from"]["user"]["id"].as_str().filter(|_| importing)?.to_owned()),
        }
    }

    /// The user as whom a request speaks.
    fn speaker(&self, request: &Request) -> Option<String> {
        let number = request.speaker.as_ref()?.trim_start_matches(['w', '0']);
        let is = |body: &Value| body["mailNickname"].as_str().unwrap().ends_with(&format!("-{number}"));
        self.users.iter().find(|(_, user)| is(&user.body)).map(|(id, _)| id.clone())
    }

    fn groups(
        &mut self,
        now: Instant,
        request: &Request,
        first: &str,
        rest: &[&str],
        query: &str,
        body: Value,
    ) -> (u16, Value) {
        assert_eq!(request.speaker, None, "groups are the application's");
        let named = first.strip_prefix("groups(uniqueName='").map(|rest| rest.trim_end_matches("')").to_owned());
        let key = match (&named, rest) {
            (Some(name), _) => self.work.groups.iter().find(|(_, group)| group.body["uniqueName"] == **name),
            (None, [id, ..]) => self.work.groups.get_key_value(*id),
            (None, []) => None,
        }
        .map(|(id, _)| id.clone());
        let person = |link: &Value| link.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
        match (request.method.as_str(), named, key, rest) {
            ("GET", None, None, []) => {
                assert!(query.contains("startswith%28uniqueName%2C%27haymaker-"));
                let all = self.work.groups.values().map(|group| group.body.clone());
                (200, json!({"value": all.collect::<Vec<_>>()}))
            }
            ("PATCH", Some(name), None, _) => {
                assert!(request.headers.contains(&("prefer".to_owned(), "create-if-missing".to_owned())));
                let mut made = body;
                let id = self.id();
                made["id"] = json!(id);
                made["uniqueName"] = json!(name);
                let group = Group { body: made.clone(), made: now, ..Group::default() };
                self.work.groups.insert(id, group);
                (201, made)
            }
            ("GET", _, Some(id), [] | [_]) => (200, self.work.groups[&id].body.clone()),
            ("DELETE", _, Some(id), _) => {
                self.work.groups.remove(&id);
                self.deleted.insert(id);
                (204, Value::Null)
            }
            ("GET", _, Some(id), [_, list @ ("owners" | "members")]) => {
                let group = &self.work.groups[&id];
                let users = if *list == "owners" { &group.owners } else { &group.members };
                (200, json!({"value": users.iter().map(|id| json!({"id": id})).collect::<Vec<_>>()}))
            }
            ("POST", _, Some(id), [_, "owners", "$ref"]) => {
                self.work.groups.get_mut(&id).unwrap().owners.push(person(&body["@odata.id"]));
                (204, Value::Null)
            }
            ("PATCH", _, Some(id), [_]) => {
                let members: Vec<String> = body["members@odata.bind"].as_array().unwrap().iter().map(person).collect();
                let group = self.work.groups.get_mut(&id).unwrap();
                assert!(members.len() <= 20);
                if members.iter().any(|member| group.members.contains(member)) {
                    let message = "One or more added object references already exist for the following modified \
                                   properties: 'members'.";
                    return error(400, "Request_BadRequest", message);
                }
                group.members.extend(members);
                (204, Value::Null)
            }
            ("PUT", _, Some(id), [_, "team"]) => {
                let general = self.id();
                let group = self.work.groups.get_mut(&id).unwrap();
                assert!(!group.owners.is_empty() && group.body["groupTypes"][0] == "Unified");
                if now < group.made + YOUNG {
                    return error(404, "NotFound", "Failed to find the group.");
                }
                if group.channels.is_some() {
                    return error(409, "Conflict", "Team already exists");
                }
                group.channels = Some(BTreeMap::from([("General".to_owned(), general)]));
                (201, json!({"id": id}))
            }
            _ => not_found(),
        }
    }

    fn channels(&mut self, now: Instant, request: &Request, team: &str, rest: &[&str], body: Value) -> (u16, Value) {
        let new = self.id();
        let Some(group) = self.work.groups.get_mut(team) else { return not_found() };
        let Some(channels) = &mut group.channels else { return not_found() };
        match (request.method.as_str(), rest) {
            ("GET", []) => {
                let shown = channels.iter().map(|(name, id)| json!({"id": id, "displayName": name}));
                (200, json!({"value": shown.collect::<Vec<_>>()}))
            }
            ("POST", []) => {
                let name = body["displayName"].as_str().unwrap().to_owned();
                if channels.contains_key(&name) {
                    return error(400, "BadRequest", "Channel name already existed, please use other name.");
                }
                channels.insert(name, new.clone());
                (201, json!({"id": new}))
            }
            (_, [channel, "messages", rest @ ..]) => {
                assert!(channels.values().any(|id| id == channel));
                let members = group.members.clone();
                let room = format!("teams/{team}/channels/{channel}");
                let user = self.author(request, &room, &body).expect("people read and write in channels");
                assert!(user.is_empty() || members.contains(&user));
                self.posts(now, request, channel, rest, &body, user)
            }
            _ => not_found(),
        }
    }

    fn chats(&mut self, now: Instant, request: &Request, rest: &[&str], body: &Value) -> (u16, Value) {
        match (request.method.as_str(), rest) {
            ("POST", []) => {
                let link = |member: &Value| {
                    let link = member["user@odata.bind"].as_str().unwrap();
                    link.split('\'').nth(1).unwrap().to_owned()
                };
                let members: BTreeSet<String> = body["members"].as_array().unwrap().iter().map(link).collect();
                assert!(request.speaker.is_none() || members.contains(&self.speaker(request).unwrap()));
                let single = body["chatType"] == "oneOnOne";
                assert_eq!(
                    (single, request.effect),
                    (members.len() == 2, if single { Effect::Repeatable } else { Effect::Once })
                );
                let known = self.work.chats.iter().find(|(_, known)| single && **known == members);
                let id = match known {
                    Some((id, _)) => id.clone(),
                    None => self.id(),
                };
                self.work.chats.insert(id.clone(), members);
                (201, json!({"id": id}))
            }
            (_, [chat, "messages", rest @ ..]) => {
                let user =
                    self.author(request, &format!("chats/{chat}"), body).expect("people read and write in chats");
                assert!(user.is_empty() || self.work.chats[*chat].contains(&user));
                self.posts(now, request, chat, rest, body, user)
            }
            _ => not_found(),
        }
    }

    fn posts(
        &mut self,
        now: Instant,
        request: &Request,
        room: &str,
        rest: &[&str],
        body: &Value,
        user: String,
    ) -> (u16, Value) {
        let below = match rest {
            [root, "replies", ..] => Some((*root).to_owned()),
            _ => None,
        };
        match (request.method.as_str(), rest) {
            ("GET", _) => {
                let here = |post: &&Post| post.room == room && post.below == below;
                let mut shown: Vec<(&String, &Post)> = self.work.posts.iter().filter(|(_, post)| here(post)).collect();
                shown.sort_by_key(|(id, post)| std::cmp::Reverse((post.at, id.to_owned())));
                let shown = shown.into_iter().take(50).map(|(id, post)| {
                    json!({
                        "id": id, "createdDateTime": rfc3339(post.at), "from": {"user": {"id": post.from}},
                        "body": {"contentType": "text", "content": post.text},
                    })
                });
                (200, json!({"value": shown.collect::<Vec<_>>()}))
            }
            ("POST", [.., id, "setReaction"]) => match self.work.posts.get_mut(*id) {
                Some(post) => {
                    assert_eq!((post.room.as_str(), &post.below), (room, &below));
                    post.reactions.insert((user, body["reactionType"].as_str().unwrap().to_owned()));
                    (204, Value::Null)
                }
                None => not_found(),
            },
            ("POST", [] | [_, "replies"]) => {
                assert_eq!(request.effect, Effect::Once);
                let id = self.id();
                let text = body["body"]["content"].as_str().unwrap().to_owned();
                let at = body["createdDateTime"].as_str().map_or(now, |at| {
                    // Imported: at its own time, to which virtual time has come.
                    assert_eq!(at, rfc3339(now));
                    now
                });
                let post = Post { room: room.to_owned(), below, from: user, at, text, reactions: BTreeSet::new() };
                self.work.posts.insert(id.clone(), post);
                (201, json!({"id": id}))
            }
            _ => not_found(),
        }
    }
}
