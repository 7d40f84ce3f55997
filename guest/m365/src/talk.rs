//! What a worker says in Teams: where, to whom, and what comes back.
//!
//! Like a mail's thread, a conversation is drawn at once when its first message is written, from the seed and the
//! message's name: who answers whom, and after how much of their working time. What is answered is found by reading the
//! chat or the channel ([`crate::teams`]); where it is not, nothing follows.

use haymaker_guest::{
    Instant,
    chance::{Stream, stream},
};
use serde::{Deserialize, Serialize};

use crate::{
    config::Actions,
    pattern::{Patterns, Talk},
    schedule::Act,
    teams,
    threads::{self, Company, latency},
    ties::Circle,
};

/// No conversation has more messages: people meet instead. Assumed.
const LONGEST: u32 = 20;

/// What people react with, and how often. Assumed.
const REACTIONS: [(&str, f64); 4] = [("👍", 0.6), ("❤️", 0.2), ("😆", 0.12), ("🎉", 0.08)];

/// Where something is said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// In a channel of the department's team.
    Channel,
    /// In a chat with these, as indices into the people: one to one, or a group's.
    Chat(Vec<usize>),
}

/// What comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Echo {
    /// Nothing.
    Silence,
    /// An answer of whom the message was for, after so much of their working time in milliseconds.
    Answer(u64),
    /// A reaction, likewise.
    Reaction(u64),
}

/// Something said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// When, and its name.
    pub act: Act,
    /// Where.
    pub place: Place,
    /// What comes back.
    pub echo: Echo,
}

/// What an act of a worker is: in a chat if they have anybody to chat with.
pub fn message(seed: u64, worker: &str, act: Act, circle: &Circle, patterns: &Patterns) -> Message {
    let mut chance = stream(seed, &[worker, &act.day.to_string(), "teams", "message", &act.number.to_string()]);
    let in_channel = chance.chance(patterns.talk.channel);
    let echo = echo(patterns, &mut chance);
    let others = others(seed, worker, circle, patterns, &mut chance);
    let place = if in_channel || others.is_empty() { Place::Channel } else { Place::Chat(others) };
    Message { act, place, echo }
}

/// What comes back to a message.
fn echo(patterns: &Patterns, chance: &mut Stream) -> Echo {
    let figures = &patterns.talk;
    let echo = chance.unit();
    let latency = latency(&patterns.latency.chat, chance);
    if echo < figures.answered {
        Echo::Answer(latency)
    } else if echo < figures.answered + figures.reaction {
        Echo::Reaction(latency)
    } else {
        Echo::Silence
    }
}

/// With whom somebody chats: one other, drawn each time, or one of the groups that they have.
fn others(seed: u64, worker: &str, circle: &Circle, patterns: &Patterns, chance: &mut Stream) -> Vec<usize> {
    let count = Circle::count(patterns.ties.chat_recipients, chance);
    if count == 1 {
        return circle.draw(1, chance);
    }
    let group = chance.below(u64::from(patterns.talk.groups));
    circle.draw(count, &mut stream(seed, &[worker, "group", &count.to_string(), &group.to_string()]))
}

/// A message as it is found again by whoever reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// Its number in the conversation: the first message has 1.
    pub number: u32,
    /// Who said it, as an index into the people.
    pub by: usize,
    /// When it was due.
    pub due: Instant,
}

/// A conversation, as everybody in it knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversation {
    /// The task of its first message.
    pub root: String,
    /// The first message.
    pub first: Said,
    /// Where it takes place.
    pub place: Spot,
}

/// A channel or a chat, by what is known of it beforehand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Spot {
    /// The team's channel of this number, from 0, of whoever spoke first.
    Channel(usize),
    /// The chat of whoever spoke first with these, as indices into the people.
    Chat(Vec<usize>),
}

/// What comes back to a message of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// The conversation.
    pub conversation: Conversation,
    /// What it comes back to.
    pub to: Said,
    /// Who, when, and which message it is.
    pub said: Said,
    /// A reaction instead of a word.
    pub reaction: Option<String>,
}

impl Response {
    /// The name of its task.
    pub fn task(&self) -> String {
        format!("{}/{}", self.conversation.root, self.said.number)
    }

    /// The kind of its task.
    pub fn kind(&self) -> &'static str {
        match (&self.reaction, &self.conversation.place) {
            (Some(_), _) => teams::REACTION,
            (None, Spot::Channel(_)) => teams::CHANNEL_MESSAGE,
            (None, Spot::Chat(_)) => teams::CHAT_MESSAGE,
        }
    }
}

impl threads::Due for Response {
    const PREFIX: &'static str = "teams/responses/";

    fn due(&self) -> Instant {
        self.said.due
    }

    fn task(&self) -> String {
        Response::task(self)
    }
}

/// All that comes back to a first message: each answer may be answered in turn, and a reaction ends the matter.
pub fn grow(company: &Company, conversation: &Conversation, first: Echo) -> Vec<Response> {
    let mut chance = stream(company.seed, &[&conversation.root, "conversation"]);
    let (mut echo, mut to) = (first, conversation.first);
    let mut responses = Vec::new();
    while to.number < LONGEST {
        let latency = match echo {
            Echo::Answer(latency) if company.actions.reply => latency,
            Echo::Reaction(latency) if company.actions.react => latency,
            Echo::Answer(_) | Echo::Reaction(_) | Echo::Silence => break,
        };
        let Some(by) = respondent(company, conversation, to.by, &mut chance) else { break };
        let Some(due) = company.places.get(by).and_then(|place| place.calendar.after(to.due, latency)) else { break };
        let said = Said { number: to.number + 1, by, due };
        let reacts = matches!(echo, Echo::Reaction(_));
        let reaction = reacts.then(|| reaction(&mut chance));
        responses.push(Response { conversation: conversation.clone(), to, said, reaction });
        if reacts {
            break;
        }
        (echo, to) = (self::echo(company.patterns, &mut chance), said);
    }
    responses
}

/// Who reacts to what somebody said: anybody else in the chat, or in the department whose channel it is. Those who talk
/// much rather than the others.
fn respondent(company: &Company, conversation: &Conversation, to: usize, chance: &mut Stream) -> Option<usize> {
    let Company { places, patterns, reachable, .. } = company;
    let first = conversation.first.by;
    let present: Vec<usize> = match &conversation.place {
        Spot::Chat(others) => [first].into_iter().chain(others.iter().copied()).collect(),
        Spot::Channel(_) => {
            let department = places.get(first)?.department;
            let is_colleague = |at: &&usize| places.get(**at).is_some_and(|place| place.department == department);
            reachable.iter().filter(is_colleague).copied().collect()
        }
    };
    let present: Vec<usize> = present.into_iter().filter(|by| *by != to).collect();
    let rate = |by: &usize| places.get(*by).map_or(0.0, |place| patterns.rates(place.department).teams);
    present.get(chance.weighted(present.iter().map(rate))?).copied()
}

fn reaction(chance: &mut Stream) -> String {
    let drawn = chance.weighted(REACTIONS.iter().map(|(_, share)| *share)).and_then(|place| REACTIONS.get(place));
    drawn.map_or("👍", |(reaction, _)| reaction).to_owned()
}

/// The share that answers have of all messages, and how many reactions come to a message, once conversations have had
/// time to grow: every message is answered or reacted to alike.
pub fn shares(figures: &Talk, actions: Actions) -> (f64, f64) {
    let does = |action: bool, share: f64| if action { share } else { 0.0 };
    (does(actions.reply, figures.answered), does(actions.react, figures.reaction))
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use haymaker_guest::time::{DAY, MINUTE};

    use super::*;
    use crate::{
        calendar::tests::calendar,
        organization::tests::organization,
        schedule::{Draw, tests::MONDAY},
    };

    fn messages() -> Vec<Message> {
        let office = organization(r#", "departments": "engineering: 30""#);
        let (calendar, patterns) = (calendar("UTC"), Patterns::default());
        let everybody: Vec<usize> = (0..30).collect();
        let circle = Circle::of(7, 3, &office.places, &everybody, &patterns.ties);
        let draw =
            |seed| Draw { calendar: &calendar, seed, worker: "w04", purpose: "teams", per_hour: 15.0, texture: None };
        let acts = |seed| draw(seed).between(MONDAY, MONDAY + DAY).into_iter().map(move |act| (seed, act));
        (0..60).flat_map(acts).map(|(seed, act)| message(seed, "w04", act, &circle, &patterns)).collect()
    }

    /// Some 8,000 messages; each share, the mean and the median within five standard errors.
    #[test]
    fn messages_have_their_places_recipients_and_echoes() {
        let all = messages();
        let n = all.len() as f64;
        let share = |count: usize, expected: f64| {
            let error = (expected * (1.0 - expected) / n).sqrt();
            assert!((count as f64 / n - expected).abs() < 5.0 * error, "{count} of {expected}");
        };
        share(all.iter().filter(|message| message.place == Place::Channel).count(), 0.4);
        share(all.iter().filter(|message| matches!(message.echo, Echo::Answer(_))).count(), 0.45);
        share(all.iter().filter(|message| matches!(message.echo, Echo::Reaction(_))).count(), 0.15);
        let chats: Vec<f64> = all
            .iter()
            .filter_map(|message| match &message.place {
                Place::Chat(others) => Some(others.len() as f64),
                Place::Channel => None,
            })
            .collect();
        let mean = chats.iter().sum::<f64>() / chats.len() as f64;
        assert!((mean - 2.0).abs() < 5.0 * (2.0 / chats.len() as f64).sqrt() + 0.02, "{mean}, cut at eight");
        let answers: Vec<u64> = all
            .iter()
            .filter_map(|message| match message.echo {
                Echo::Answer(latency) => Some(latency),
                Echo::Reaction(_) | Echo::Silence => None,
            })
            .collect();
        let soon = answers.iter().filter(|latency| **latency < 5 * MINUTE).count() as f64 / answers.len() as f64;
        assert!((soon - 0.5).abs() < 5.0 * 0.5 / (answers.len() as f64).sqrt(), "{soon}");
    }

    /// All conversations of the messages above.
    fn conversations(actions: Actions) -> Vec<(Conversation, Vec<Response>)> {
        let office = organization(r#", "departments": "engineering: 30""#);
        let (patterns, reachable) = (Patterns::default(), (0..30).collect::<Vec<_>>());
        let company = Company { seed: 7, places: &office.places, reachable: &reachable, patterns: &patterns, actions };
        let grown = |(n, message): (usize, Message)| {
            let place = match message.place {
                Place::Channel => Spot::Channel(0),
                Place::Chat(others) => Spot::Chat(others),
            };
            let first = Said { number: 1, by: 3, due: message.act.due };
            let conversation = Conversation { root: format!("talk/w04/{n}"), first, place };
            let responses = grow(&company, &conversation, message.echo);
            (conversation, responses)
        };
        messages().into_iter().enumerate().map(grown).collect()
    }

    #[test]
    fn whoever_answers_was_there_and_answers_somebody_else_later() {
        for (conversation, responses) in conversations(Actions::ALL) {
            let mut last = conversation.first;
            for response in responses {
                assert_eq!(response.to, last);
                assert!(response.said.by != last.by && response.said.due > last.due);
                if let Spot::Chat(others) = &conversation.place {
                    assert!(response.said.by == 3 || others.contains(&response.said.by));
                }
                last = response.said;
            }
        }
    }

    /// Five standard errors, as above.
    #[test]
    fn every_message_is_answered_or_reacted_to_alike() {
        let all = conversations(Actions::ALL);
        let responses: Vec<&Response> = all.iter().flat_map(|(_, responses)| responses).collect();
        let answers = responses.iter().filter(|response| response.reaction.is_none()).count() as f64;
        let messages = all.len() as f64 + answers;
        let (answered, reacted) = shares(&Patterns::default().talk, Actions::ALL);
        let error = 5.0 * (0.25 / messages).sqrt();
        assert!((answers / messages - answered).abs() < error);
        let reactions = responses.len() as f64 - answers;
        assert!((reactions / messages - reacted).abs() < error);
        assert!(conversations(Actions::NONE).iter().all(|(_, responses)| responses.is_empty()));
    }

    #[test]
    fn a_worker_has_few_group_chats_of_each_size() {
        let office = organization(r#", "departments": "engineering: 30""#);
        let patterns = Patterns::default();
        let everybody: Vec<usize> = (0..30).collect();
        let circle = Circle::of(7, 3, &office.places, &everybody, &patterns.ties);
        let mut groups: BTreeMap<usize, BTreeSet<Vec<usize>>> = BTreeMap::new();
        for number in 1..2_000 {
            let act = Act { day: "2026-01-05".parse().unwrap(), number, due: MONDAY };
            if let Place::Chat(others) = message(7, "w04", act, &circle, &patterns).place {
                groups.entry(others.len()).or_default().insert(others);
            }
        }
        assert!(groups[&1].len() > 15 && groups.len() > 4, "{groups:?}");
        assert!(groups.iter().all(|(size, groups)| *size == 1 || groups.len() <= 3));
    }

    #[test]
    fn somebody_alone_posts_in_the_channel() {
        let office = organization(r#", "departments": "engineering: 1""#);
        let patterns = Patterns::default();
        let circle = Circle::of(7, 0, &office.places, &[0], &patterns.ties);
        let act = Act { day: "2026-01-05".parse().unwrap(), number: 1, due: MONDAY };
        assert_eq!(message(7, "w01", act, &circle, &patterns).place, Place::Channel);
    }
}
