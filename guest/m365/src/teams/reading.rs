//! Finding a message where it should stand: in a channel, below a post, in a chat. Whoever looks reads with their own
//! token, as they would on their screen; or the application reads for them, where it speaks for them.
//!
//! A message carries no name that its writer gave it, so it is known by its author, its time and its words. Words follow
//! from names ([`crate::content`]), so anybody in the conversation knows what another one's message says.

use haymaker_guest::{
    Activity, Instant, Problem,
    http::{Request, segment},
    time::{self, MINUTE},
};
use serde::Deserialize;

use crate::graph::{self, ENDPOINT};

/// How far the clocks of the host and of Teams may differ. An assumption.
const SKEW: u64 = 2 * MINUTE;

/// A channel or a chat, by ids.
#[derive(Clone, Debug)]
pub(super) enum Room {
    /// A channel of a team.
    Channel {
        /// The team's id.
        team: String,
        /// The channel's.
        channel: String,
    },
    /// A chat.
    Chat(String),
}

impl Room {
    /// Where it is.
    pub(super) fn path(&self) -> String {
        match self {
            Room::Channel { team, channel } => format!("/teams/{}/channels/{}", segment(team), segment(channel)),
            Room::Chat(chat) => format!("/chats/{}", segment(chat)),
        }
    }

    /// Where its messages are read and written.
    pub(super) fn messages(&self) -> String {
        format!("{}/messages", self.path())
    }

    /// Says in an activity where it happened.
    pub(super) fn tell(&self, activity: Activity) -> Activity {
        match self {
            Room::Channel { team, channel } => activity.with("team_id", &**team).with("channel_id", &**channel),
            Room::Chat(chat) => activity.with("chat_id", &**chat),
        }
    }
}

/// What a message is known by.
#[derive(Clone, Debug)]
pub(super) struct Marks {
    /// The author's user id.
    pub(super) from: String,
    /// It was written at this moment or later.
    pub(super) since: Instant,
    /// What it says.
    pub(super) text: String,
}

/// A message as it is found.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    created_date_time: String,
    #[serde(default)]
    from: Option<From>,
    body: Body,
}

#[derive(Clone, Debug, Deserialize)]
struct From {
    #[serde(default)]
    user: Option<User>,
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    id: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Body {
    #[serde(default)]
    content: Option<String>,
}

#[derive(Deserialize)]
struct Page {
    value: Vec<Found>,
    #[serde(rename = "@odata.nextLink")]
    next: Option<String>,
}

impl Marks {
    /// The first moment of it, as Graph writes moments: to the second.
    fn first_second(&self) -> String {
        time::rfc3339(self.since.saturating_sub(SKEW)).chars().take(SECONDS).collect()
    }

    fn fit(&self, found: &Found) -> bool {
        let from = found.from.as_ref().and_then(|from| from.user.as_ref());
        from.is_some_and(|user| user.id == self.from)
            && second(&found.created_date_time) >= self.first_second().as_str()
            && found.body.content.as_deref().is_some_and(|content| content.trim() == self.text.trim())
    }
}

/// The length of a moment to the second: `2026-01-05T08:00:00`.
const SECONDS: usize = 19;

fn second(moment: &str) -> &str {
    moment.get(..SECONDS).unwrap_or(moment)
}

/// A request in somebody's own voice, or in the application's where they have none.
pub(super) fn spoken(request: Request, voice: Option<&str>) -> Request {
    match voice {
        Some(worker) => request.speaker(worker),
        None => request,
    }
}

/// The id of the message with these marks among those at `target`; none if it does not stand there. Several may say the
/// same: the first that was written is the one that was due first. The newest come first, so all are read until they are
/// older.
pub(super) fn find(target: &str, voice: Option<&str>, marks: &Marks) -> Result<Option<String>, Problem> {
    let mut request = Request::get(ENDPOINT, target).query("$top", "50");
    let mut first = None;
    loop {
        let page: Page = graph::accept(spoken(request, voice).send()?, "cannot read messages")?.json()?;
        first = page.value.iter().rfind(|found| marks.fit(found)).map(|found| found.id.clone()).or(first);
        let earlier = marks.first_second();
        let is_older = |found: &Found| second(&found.created_date_time) < earlier.as_str();
        match page.next {
            Some(next) if !page.value.iter().any(is_older) => request = Request::get(ENDPOINT, next),
            _ => return Ok(first),
        }
    }
}

#[cfg(test)]
mod tests {
    use haymaker_guest::{
        http::Response,
        testing::Host,
        time::{HOUR, rfc3339},
    };
    use serde_json::{Value, json};

    use super::*;

    const MONDAY: Instant = 1_767_600_000_000;

    /// A channel of 120 messages, two a minute, in three pages; each says one of seven things.
    fn channel() -> Host {
        Host::new(MONDAY + HOUR).answering(|_, request| {
            let begin: usize = request.target.split("skip=").nth(1).map_or(0, |skip| skip.parse().unwrap());
            let message = |n: usize| {
                let at = rfc3339(MONDAY + (119 - n as u64) * MINUTE / 2);
                json!({"id": (119 - n).to_string(), "createdDateTime": at, "from": {"user": {"id": "ana"}},
                    "body": {"content": format!("{}", (119 - n) % 7)}})
            };
            let value: Vec<Value> = (begin..(begin + 50).min(120)).map(message).collect();
            let next = (begin + 50 < 120).then(|| format!("/chats/1/messages?skip={}", begin + 50));
            let body = json!({"value": value, "@odata.nextLink": next});
            Ok(Response { status: 200, headers: Vec::new(), body: body.to_string().into_bytes() })
        })
    }

    fn found(said: u64) -> (Option<String>, usize) {
        let mut host = channel();
        let since = MONDAY + said * MINUTE / 2 + SKEW;
        let marks = Marks { from: "ana".to_owned(), since, text: (said % 7).to_string() };
        let id = host.performing("w01.teams", || find("/chats/1/messages", None, &marks)).unwrap();
        (id, host.requests().len())
    }

    #[test]
    fn of_several_that_say_the_same_it_is_the_first_and_nothing_older_is_read() {
        for said in [3, 20, 60, 80, 118] {
            assert_eq!(found(said).0, Some(said.to_string()));
        }
        assert_eq!((found(118).1, found(3).1), (1, 3));
    }
}
