//! Saying something, answering it, reacting to it: always in the worker's own name, and in its own voice if it has one.

use haymaker_guest::{
    Activity, Deployment, LostRequest, Outcome, Problem, Task, Verdict,
    http::{Effect, Request, segment},
    journal::{self, Stage},
    log,
    time::{self, MINUTE, SECOND},
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    REACTION,
    chat::{Talkers, talkers},
    import,
    reading::{Marks, Room, find, spoken},
    words,
};
use crate::{
    config::TeamsMode,
    content::{
        self, Occasion, Thread,
        prompt::Kind,
        writer::{self, Source, Words},
    },
    cycle,
    graph::{self, ENDPOINT},
    groups::Grouped,
    office::{Account, Office, Tenant},
    people::Person,
    talk::{Conversation, Response, Said, Spot},
};

/// How long a message may take to show before it was not sent. An assumption: reading follows writing at once, as a rule.
const IN_TRANSIT: u64 = MINUTE;

/// How long somebody looks for a message whose turn has come and gone; an assumption, far above what is seen.
const OUT_OF_SIGHT: u64 = 10 * MINUTE;

/// The pause before a message is looked for again that is not there yet.
const PAUSE: u64 = 30 * SECOND;

/// What a task of these kinds does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    /// Begins a conversation, in a chat that may have to be made before.
    Begin {
        /// The conversation.
        conversation: Conversation,
    },
    /// Answers or reacts.
    Respond {
        /// How.
        response: Response,
    },
}

/// A worker who speaks: all that a task of these kinds needs to know.
struct Speaker<'a> {
    office: &'a Office,
    tenant: Tenant,
    account: Account,
    person: &'a Person,
    task: &'a Task,
}

/// Does a task of these kinds.
pub(super) fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let speaker = Speaker::of(&office, task)?;
    match task.read_payload()? {
        Step::Begin { conversation } => speaker.begin(&conversation),
        Step::Respond { response } => speaker.respond(&response),
    }
}

/// Finds out whether something was said, or a chat made.
pub(super) fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let speaker = Speaker::of(&office, task)?;
    let happened = match task.read_payload()? {
        Step::Begin { conversation } => match speaker.room(&conversation)? {
            Some(room) => {
                let marks = speaker.marks(&conversation, conversation.first)?;
                find(&room.messages(), speaker.voice(), &marks)?
                    .map(|id| speaker.said(&conversation, conversation.first, &room, &id, None))
                    .transpose()?
            }
            None => match speaker.talkers(&conversation)? {
                Some(chat) if chat.find(speaker.voice())?.is_some() => Some(speaker.then("say")?),
                _ => None,
            },
        },
        Step::Respond { response } if response.reaction.is_none() => speaker.found_answer(&response)?,
        // A reaction may be set twice: it is never in doubt.
        Step::Respond { .. } => return Ok(Verdict::DidNot),
    };
    Ok(happened.map_or_else(|| lost.unseen(IN_TRANSIT), Verdict::Happened))
}

impl<'a> Speaker<'a> {
    fn of(office: &'a Office, task: &'a Task) -> Result<Speaker<'a>, Problem> {
        let (tenant, account) = (Tenant::required()?, Account::required(task)?);
        Ok(Speaker { office, tenant, account, person: office.person(&task.actor)?, task })
    }

    /// As whom it speaks and reads; none: messages are imported.
    fn voice(&self) -> Option<&str> {
        (self.office.config.teams_mode != TeamsMode::Migration).then_some(&*self.person.worker)
    }

    fn at(&self, index: usize) -> Result<&'a Person, Problem> {
        cycle::at(self.office, index)
    }

    fn talkers(&self, conversation: &Conversation) -> Result<Option<Talkers<'a>>, Problem> {
        match &conversation.place {
            Spot::Channel(_) => Ok(None),
            Spot::Chat(others) => talkers(self.office, conversation.first.by, others).map(Some),
        }
    }

    /// Where a conversation takes place; none while its chat is not made.
    fn room(&self, conversation: &Conversation) -> Result<Option<Room>, Problem> {
        let Spot::Channel(number) = conversation.place else {
            let chat = self.talkers(conversation)?.map(|talkers| talkers.known()).transpose()?.flatten();
            return Ok(chat.map(Room::Chat));
        };
        let department = self.office.place(self.at(conversation.first.by)?)?.department;
        let Grouped { unified, channels, .. } = Grouped::of(department)?;
        let channel = channels.get(number).or(channels.first()).cloned();
        Ok(unified.zip(channel).map(|(team, channel)| Room::Channel { team, channel }))
    }

    /// The people of a conversation: who began it, and to whom.
    fn people(&self, conversation: &Conversation) -> Result<Vec<&'a Person>, Problem> {
        let mut people = vec![self.at(conversation.first.by)?];
        if let Spot::Chat(others) = &conversation.place {
            people.extend(others.iter().map(|other| self.at(*other)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(people)
    }

    /// What a message of a conversation says: the same whoever asks.
    fn text(&self, conversation: &Conversation, said: Said) -> Result<String, Problem> {
        match words::of(&self.at(said.by)?.worker, &name(conversation, said), said.due)? {
            Some(Words { source: Source::Llm, text }) => Ok(text),
            _ => self.write(conversation, said, |_, template| template),
        }
    }

    /// Has a model say what a template would, if there is one and it was not asked before.
    fn ask(&self, conversation: &Conversation, said: Said, to: Option<Said>) -> Result<Option<Outcome>, Problem> {
        let Some(generation) = &self.office.config.generation else { return Ok(None) };
        let message = name(conversation, said);
        if words::of(&self.person.worker, &message, said.due)?.is_some() {
            return Ok(None);
        }
        let kind = match (&conversation.place, to) {
            (_, Some(_)) => Kind::Answer,
            (Spot::Channel(_), None) => Kind::Post,
            (Spot::Chat(_), None) => Kind::Chat,
        };
        let earlier = to.map(|to| self.text(conversation, to)).transpose()?;
        let words = self.write(conversation, said, |occasion, template| {
            writer::text(generation, kind, occasion, &template, earlier.as_deref())
        })?;
        words::keep(&self.person.worker, &message, said.due, words)?;
        self.then("words").map(Some)
    }

    /// Does something with the template's text of a message, and its occasion.
    fn write<T>(
        &self,
        conversation: &Conversation,
        said: Said,
        act: impl FnOnce(&Occasion, String) -> T,
    ) -> Result<T, Problem> {
        let people = self.people(conversation)?;
        let (author, first) = (self.at(said.by)?, self.at(conversation.first.by)?);
        let others: Vec<&Person> = people.iter().copied().filter(|person| person.number != author.number).collect();
        let task = name(conversation, said);
        let occasion = Occasion {
            seed: self.office.seed,
            task: &task,
            moment: said.due,
            department: self.office.place(author)?.department,
            sender: author,
            recipients: &others,
            everybody: &self.office.people,
        };
        let department = self.office.place(first)?.department;
        let thread = Thread { id: &conversation.root, department, began: conversation.first.due, people: &people };
        let nth = said.number.saturating_sub(1);
        let template = match (&conversation.place, nth) {
            (Spot::Channel(_), 0) => content::post(&occasion),
            (Spot::Chat(_), 0) => content::chat_line(&occasion),
            (Spot::Channel(_), _) => content::post_answer(&occasion, &thread, nth),
            (Spot::Chat(_), _) => content::chat_answer(&occasion, &thread, nth),
        };
        Ok(act(&occasion, template))
    }

    /// By what a message of a conversation is known.
    fn marks(&self, conversation: &Conversation, said: Said) -> Result<Marks, Problem> {
        let author = self.at(said.by)?;
        let missing = || Problem::invalid("no-account", format!("{} has no account", author.name()));
        let account = Account::of(&author.worker)?.ok_or_else(missing)?;
        Ok(Marks { from: account.user_id, since: said.due, text: self.text(conversation, said)? })
    }

    /// Says the first word; in a chat that is not there yet, makes it first.
    fn begin(&self, conversation: &Conversation) -> Result<Outcome, Problem> {
        if let Some(asked) = self.ask(conversation, conversation.first, None)? {
            return Ok(asked);
        }
        match (self.room(conversation)?, self.talkers(conversation)?) {
            (Some(room), _) => {
                let text = self.text(conversation, conversation.first)?;
                let id = self.post(&room, &room.messages(), &text, conversation.first)?;
                self.said(conversation, conversation.first, &room, &id, None)
            }
            // The chat is there: the word is to be said.
            (None, Some(chat)) => {
                chat.make(self.voice())?;
                self.then("say")
            }
            (None, None) => Err(Problem::invalid("no-team", format!("{} has no team", self.person.name()))),
        }
    }

    /// This task once more, when a part of it is done.
    fn then(&self, part: &str) -> Result<Outcome, Problem> {
        let task = self.task;
        // Due like this one: when something was to be said does not depend on how long its parts took.
        let mut next = Task::new(format!("{}/{part}", task.id), &*task.kind, &*task.actor, task.due);
        next.expires = task.expires;
        let mut next = next.summary(&*task.summary);
        next.payload.clone_from(&task.payload);
        Ok(Outcome::follow_up(next))
    }

    /// Answers or reacts to what is found in the room.
    fn respond(&self, response: &Response) -> Result<Outcome, Problem> {
        let conversation = &response.conversation;
        let Some((room, root, original)) = self.original(response)? else {
            let now = time::now();
            let name = name(conversation, response.to);
            let is_to_come = journal::get(&name).is_none_or(|original| original.stage == Stage::Open);
            if is_to_come || now < self.task.due + OUT_OF_SIGHT {
                let message = format!("{} does not see yet what is to be answered", self.person.name());
                return Err(Problem::not_ready("no-original", message).at(now + PAUSE));
            }
            // Whoever went on waiting would say nothing else meanwhile.
            log::info(format!("{} answers nothing: {name} is not to be seen", self.person.name()));
            return Ok(Outcome::nothing());
        };
        if let Some(reaction) = &response.reaction {
            let target = match &root {
                Some(root) if *root != original => format!("{}/{}/replies", room.messages(), segment(root)),
                _ => room.messages(),
            };
            let target = format!("{target}/{}/setReaction", segment(&original));
            // The same reaction of the same person stands there once.
            let request = Request::post_json(ENDPOINT, target, &json!({"reactionType": reaction}));
            let answer = spoken(request.effect(Effect::Repeatable), self.voice()).send()?;
            graph::accept(answer, "cannot react to a message")?;
            let activity = self.told(Activity::benign(REACTION), conversation, &room)?;
            let activity = activity.with("object_id", &*original).with("in_reply_to", &*original);
            return Ok(Outcome::activity(activity.with("reaction", &**reaction)));
        }
        if let Some(asked) = self.ask(conversation, response.said, Some(response.to))? {
            return Ok(asked);
        }
        let target = answers(&room, root.as_deref());
        let id = self.post(&room, &target, &self.text(conversation, response.said)?, response.said)?;
        self.said(conversation, response.said, &room, &id, Some(&original))
    }

    /// Where a conversation takes place, the post that an answer stands below, and what is answered; none while it is
    /// not there.
    fn original(&self, response: &Response) -> Result<Option<(Room, Option<String>, String)>, Problem> {
        let conversation = &response.conversation;
        let Some(room) = self.room(conversation)? else { return Ok(None) };
        let look = |target: &str, said: Said| find(target, self.voice(), &self.marks(conversation, said)?);
        if let Room::Chat(_) = room {
            return Ok(look(&room.messages(), response.to)?.map(|original| (room, None, original)));
        }
        let Some(root) = look(&room.messages(), conversation.first)? else { return Ok(None) };
        let original = match response.to.number {
            1 => Some(root.clone()),
            _ => look(&answers(&room, Some(&root)), response.to)?,
        };
        Ok(original.map(|original| (room, Some(root), original)))
    }

    /// An answer that was sent and not acknowledged.
    fn found_answer(&self, response: &Response) -> Result<Option<Outcome>, Problem> {
        let Some((room, root, original)) = self.original(response)? else { return Ok(None) };
        let marks = self.marks(&response.conversation, response.said)?;
        let found = find(&answers(&room, root.as_deref()), self.voice(), &marks)?;
        found.map(|id| self.said(&response.conversation, response.said, &room, &id, Some(&original))).transpose()
    }

    /// Sends a message, or imports it, and answers with its id.
    fn post(&self, room: &Room, target: &str, text: &str, said: Said) -> Result<String, Problem> {
        #[derive(Deserialize)]
        struct Made {
            id: String,
        }
        let mut body = json!({"body": {"contentType": "text", "content": text}});
        if let (None, Some(fields)) = (self.voice(), body.as_object_mut()) {
            import::open(self.task, room)?;
            let user =
                json!({"id": self.account.user_id, "displayName": self.person.name(), "userIdentityType": "aadUser"});
            fields.insert("from".to_owned(), json!({"user": user}));
            fields.insert("createdDateTime".to_owned(), json!(time::rfc3339(said.due)));
        }
        let answer = spoken(Request::post_json(ENDPOINT, target, &body), self.voice()).send()?;
        graph::accept(answer, "cannot send a message").and_then(|answer| answer.json()).map(|made: Made| made.id)
    }

    /// That something was said.
    fn said(
        &self,
        conversation: &Conversation,
        said: Said,
        room: &Room,
        id: &str,
        original: Option<&str>,
    ) -> Result<Outcome, Problem> {
        let words = words::of(&self.person.worker, &name(conversation, said), said.due)?;
        let source = words.map_or(Source::Template, |words| words.source);
        let activity = self.told(Activity::benign(&*self.task.kind), conversation, room)?;
        let activity = activity.with("object_id", id).with("content_source", source.name());
        Ok(Outcome::activity(match original {
            Some(original) => activity.with("in_reply_to", original),
            None => activity,
        }))
    }

    /// An activity of this worker, with where it happened and, in a chat, who was there.
    fn told(&self, activity: Activity, conversation: &Conversation, room: &Room) -> Result<Activity, Problem> {
        let (person, address) = (self.person, |person: &Person| self.office.address(person, &self.tenant));
        let tell = |activity| self.office.told(activity, person, &address(person), &self.account.user_id);
        let activity = match room {
            Room::Channel { .. } => activity,
            Room::Chat(_) => {
                let people = self.people(conversation)?;
                let others = people.iter().filter(|other| other.number != person.number);
                let others: Vec<String> = others.map(|other| address(other)).collect();
                activity.to(others.iter().map(String::as_str))
            }
        };
        tell(activity).map(|activity| room.tell(activity))
    }
}

/// By what a message of a conversation is named: by its task.
fn name(conversation: &Conversation, said: Said) -> String {
    match said.number {
        1 => conversation.root.clone(),
        number => format!("{}/{number}", conversation.root),
    }
}

/// Where the answers of a conversation stand: below its post, or in the chat.
fn answers(room: &Room, root: Option<&str>) -> String {
    match root {
        Some(root) => format!("{}/{}/replies", room.messages(), segment(root)),
        None => room.messages(),
    }
}
