//! Chats: two people have one, and a group's is that of whoever began it.
//!
//! A chat is named by who is in it, a group's after who began it: so it is made once, by one actor, and found in the
//! ledger by everybody. No call of an application removes a chat; it ends with the people in it.

use haymaker_guest::{
    Activity, Instant, Outcome, Problem, Task,
    http::{Effect, Request, base_url},
    ledger, log, state,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CHAT, reading::spoken};
use crate::{
    graph::{self, ENDPOINT},
    office::{Account, Office, TENANT},
    people::Person,
};

/// The kind of the task that lets chats go.
pub const FORGET: &str = "chat.forget";

/// How many chats one task lets go.
const AT_ONCE: usize = 100;

/// A chat as it is found.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Chat {
    id: String,
    #[serde(default)]
    members: Vec<Member>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Member {
    #[serde(default)]
    user_id: String,
}

/// A chat by who is in it: who began it, and the others.
pub(super) struct Talkers<'a> {
    pub(super) first: &'a Person,
    pub(super) others: Vec<&'a Person>,
}

impl Talkers<'_> {
    fn is_group(&self) -> bool {
        self.others.len() > 1
    }

    fn everybody(&self) -> impl Iterator<Item = &Person> {
        [self.first].into_iter().chain(self.others.iter().copied())
    }

    /// Its name in the ledger.
    fn name(&self) -> String {
        let mut workers: Vec<&str> = self.everybody().map(|person| person.worker.as_str()).collect();
        // Two people have one chat, whoever began it.
        let from = usize::from(self.is_group());
        if let Some(rest) = workers.get_mut(from..) {
            rest.sort_unstable();
        }
        workers.join("+")
    }

    /// Its id; none before it was made.
    pub(super) fn known(&self) -> Result<Option<String>, Problem> {
        Ok(ledger::intend(CHAT, &self.name())?.remote_id)
    }

    fn users(&self) -> Result<Vec<String>, Problem> {
        let user = |person: &Person| {
            let missing = || Problem::invalid("no-account", format!("{} has no account", person.name()));
            Account::of(&person.worker)?.map(|account| account.user_id).ok_or_else(missing)
        };
        self.everybody().map(user).collect()
    }

    /// Makes it, in the name of who began it.
    pub(super) fn make(&self, voice: Option<&str>) -> Result<String, Problem> {
        let base = base_url(ENDPOINT)?;
        let member = |user: String| {
            json!({
                "@odata.type": "#microsoft.graph.aadUserConversationMember",
                "roles": ["owner"],
                "user@odata.bind": format!("{base}/users('{user}')"),
            })
        };
        let members: Vec<Value> = self.users()?.into_iter().map(member).collect();
        // The chat of two people is given again, however often it is made; a group's is a new one each time.
        let (kind, effect) = if self.is_group() { ("group", Effect::Once) } else { ("oneOnOne", Effect::Repeatable) };
        let request = Request::post_json(ENDPOINT, "/chats", &json!({"chatType": kind, "members": members}));
        let response = spoken(request.effect(effect), voice).send()?;
        let chat: Chat = graph::accept(response, "cannot begin a chat")?.json()?;
        ledger::created(CHAT, &self.name(), &chat.id)?;
        Ok(chat.id)
    }

    /// Finds a group's chat whose making was not answered, among those of who made it.
    pub(super) fn find(&self, voice: Option<&str>) -> Result<Option<String>, Problem> {
        let mut users = self.users()?;
        let own = users.first().cloned().unwrap_or_default();
        users.sort_unstable();
        let request = Request::get(ENDPOINT, format!("{}/chats", graph::user(&own)))
            .query("$filter", "chatType eq 'group'")
            .query("$expand", "members")
            .query("$top", "50");
        // One page: what was made just now is the newest.
        let chats: Vec<Chat> = graph::page(spoken(request, voice), "cannot read the chats of a worker")?;
        let known: Vec<String> = ledger::entries().into_iter().filter_map(|entry| entry.remote_id).collect();
        let is_it = |chat: &Chat| {
            let mut members: Vec<&str> = chat.members.iter().map(|member| member.user_id.as_str()).collect();
            members.sort_unstable();
            members == users && !known.contains(&chat.id)
        };
        let found = chats.into_iter().find(is_it).map(|chat| chat.id);
        if let Some(id) = &found {
            ledger::created(CHAT, &self.name(), id)?;
        }
        Ok(found)
    }
}

/// A chat that was let go, and is still there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Its name in the ledger.
    pub name: String,
    /// Its id in the tenant.
    pub id: String,
}

/// State: the chats that were let go.
fn kept_key() -> String {
    state::actor_key(TENANT, "chats-kept")
}

/// The chats that were let go, and are still there.
///
/// # Errors
/// The state's.
pub fn kept() -> Result<Vec<Kept>, Problem> {
    Ok(state::load(&kept_key())?.unwrap_or_default())
}

/// The tasks of a round of cleanup that let the chats go, from what the ledger lists of them.
pub fn forget_chats(round: u32, count: usize, now: Instant) -> Vec<Task> {
    let tasks = 1..=count.div_ceil(AT_ONCE);
    tasks
        .map(|part| Task::new(format!("cleanup/{round}/chats/{part}"), FORGET, TENANT, now).summary("lets chats go"))
        .collect()
}

/// Lets some chats go: no application may delete them, and nobody is left in them once workers are gone that were made.
pub(super) fn perform_forget(_: &Task) -> Result<Outcome, Problem> {
    let mut outcome = Outcome::nothing();
    let mut all = kept()?;
    for entry in ledger::entries().into_iter().filter(|entry| entry.kind == CHAT).take(AT_ONCE) {
        ledger::released(CHAT, &entry.name)?;
        if let Some(id) = entry.remote_id {
            let activity = Activity::infrastructure(FORGET).with("object_id", &*id).with("chat_id", &*id);
            all.retain(|known| known.id != id);
            all.push(Kept { name: entry.name, id });
            outcome
                .activities
                .push(activity.with("reason", "no application may delete a chat; it ends with the people in it"));
        }
    }
    state::save(&kept_key(), &all)?;
    log::info("chats are left to the people in them: no application may delete one");
    Ok(outcome)
}

/// The people of a chat.
pub(super) fn talkers<'a>(office: &'a Office, first: usize, others: &[usize]) -> Result<Talkers<'a>, Problem> {
    let at = |index: usize| crate::cycle::at(office, index);
    Ok(Talkers { first: at(first)?, others: others.iter().map(|other| at(*other)).collect::<Result<_, _>>()? })
}
