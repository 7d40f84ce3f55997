//! What is said in Teams in the next minutes, and what comes back to what was said before.
//!
//! Answers count as messages: each takes the place of a new one, so that people say as much as their rate has it.
//! Reactions come on top.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{Instant, Problem, Task, chance::stream, state};

use super::{CHANNEL_MESSAGE, CHAT_MESSAGE, REACTION, saying::Step};
use crate::{
    config::Feature,
    content,
    cycle::{Budget, at, expiry},
    expectation::Window,
    office::{Office, Purpose, index},
    people::Person,
    schedule::Act,
    status::{Ready, acts},
    talk::{self, Conversation, Place, Response, Said, Spot},
    threads::{Company, Waiting},
    ties::Circle,
};

/// State: the [`Budget`] of what is said.
pub const BUDGET: &str = "teams/budget";

/// A message's turn: in the order of time, whatever it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// A new message of the person at this index.
    New(usize, Act),
    /// The response at this place among those that are due.
    Response(usize),
}

/// All that is said in a window.
///
/// # Errors
/// The state's.
pub fn tasks(office: &Office, window: Window) -> Result<Vec<Task>, Problem> {
    let ready = office.ready(Feature::Teams)?;
    let reachable: Vec<usize> = ready.iter().map(|(person, _)| index(person)).collect();
    let company = Company {
        seed: office.seed,
        places: &office.places,
        reachable: &reachable,
        patterns: &office.patterns,
        actions: office.config.actions,
    };
    let mut turns: BTreeSet<(Instant, String, Turn)> = BTreeSet::new();
    for (person, since) in &ready {
        let acts = office.draw(person, Purpose::Teams, |draw| draw.between(window.from.max(*since), window.until))?;
        turns.extend(acts.into_iter().map(|act| (act.due, name(person, act), Turn::New(index(person), act))));
    }
    let mut circles: BTreeMap<usize, Circle> = BTreeMap::new();
    let mut responses: Vec<Response> = Vec::new();
    let mut waiting: Vec<Response> = Vec::new();
    let mut due: Vec<Response> = Waiting::take(window.from, window.until)?;
    if turns.is_empty() && due.is_empty() {
        return Ok(Vec::new());
    }
    let mut budget = Budget::known(BUDGET)?;
    let mut tasks = Vec::new();
    loop {
        for response in due.drain(..) {
            turns.insert((response.said.due, response.task(), Turn::Response(responses.len())));
            responses.push(response);
        }
        let Some((_, root, turn)) = turns.pop_first() else { break };
        match turn {
            Turn::Response(place) => {
                let Some(response) = responses.get(place) else { continue };
                let person = at(office, response.said.by)?;
                match response.reaction {
                    Some(_) => budget.count(response.kind()),
                    None => budget.spend(&person.worker, response.kind()),
                }
                tasks.push(respond(office, person, response)?);
            }
            Turn::New(by, act) => {
                let person = at(office, by)?;
                if budget.gives_up(&person.worker) {
                    continue;
                }
                let circle = circles.entry(by).or_insert_with(|| {
                    Circle::of(company.seed, by, company.places, company.reachable, &company.patterns.ties)
                });
                let message = talk::message(office.seed, &person.worker, act, circle, &office.patterns);
                let place = match message.place {
                    Place::Channel => Spot::Channel(channel(office, person, &root)?),
                    Place::Chat(others) => Spot::Chat(others),
                };
                let conversation = Conversation { root, first: Said { number: 1, by, due: act.due }, place };
                let follow = talk::grow(&company, &conversation, message.echo);
                let (soon, later) = follow.into_iter().partition(|response| response.said.due < window.until);
                due = soon;
                waiting.extend::<Vec<Response>>(later);
                tasks.push(begin(office, person, conversation)?);
            }
        }
    }
    Waiting::put(waiting)?;
    state::save(BUDGET, &budget)?;
    Ok(tasks)
}

/// Forgets what should have come back before this moment, and fell into a rest.
///
/// # Errors
/// The state's.
pub fn forget(before: Instant) -> Result<(), Problem> {
    Waiting::<Response>::forget(before)
}

/// The name of a message that begins a conversation.
fn name(person: &Person, act: Act) -> String {
    format!("talk/{}/{}/{}", person.worker, act.day, act.number)
}

/// In which of the team's channels a post stands: most in the first, as Zipf's law says.
fn channel(office: &Office, person: &Person, root: &str) -> Result<usize, Problem> {
    let names = content::channels(office.place(person)?.department);
    let mut chance = stream(office.seed, &[root, "channel"]);
    Ok(chance.weighted((1..=names.len()).map(|rank| 1.0 / rank as f64)).unwrap_or(0))
}

fn begin(office: &Office, person: &Person, conversation: Conversation) -> Result<Task, Problem> {
    let (kind, summary) = match &conversation.place {
        Spot::Channel(_) => (CHANNEL_MESSAGE, format!("{} posts in a channel", person.name())),
        Spot::Chat(others) if others.len() == 1 => (CHAT_MESSAGE, format!("{} writes to a colleague", person.name())),
        Spot::Chat(others) => (CHAT_MESSAGE, format!("{} writes to {} colleagues", person.name(), others.len())),
    };
    let due = conversation.first.due;
    Task::new(&*conversation.root, kind, Feature::Teams.actor(&person.worker), due)
        .expires(expiry(&office.place(person)?.calendar, due))
        .summary(summary)
        .with_payload(&Step::Begin { conversation: conversation.clone() })
}

fn respond(office: &Office, person: &Person, response: &Response) -> Result<Task, Problem> {
    let does = match response.kind() {
        REACTION => "reacts to a message",
        CHANNEL_MESSAGE => "answers a post",
        _ => "answers in a chat",
    };
    Task::new(response.task(), response.kind(), Feature::Teams.actor(&person.worker), response.said.due)
        .expires(expiry(&office.place(person)?.calendar, response.said.due))
        .summary(format!("{} {does}", person.name()))
        .with_payload(&Step::Respond { response: response.clone() })
}

/// How much is expected of those who are ready, by kind: what comes back as it was planned, and the rest new. What will
/// come back to messages that are yet to be said has the shares that a run has which has lasted.
///
/// # Errors
/// The state's.
pub fn expected(
    office: &Office,
    windows: &[Window],
    ready: &Ready,
    now: Instant,
) -> Result<BTreeMap<String, f64>, Problem> {
    let of = (Feature::Teams, Purpose::Teams);
    let past: Vec<Window> = windows.iter().map(|window| window.before(now)).collect();
    let messages = acts(office, windows, of, ready)?.mean;
    let future = (messages - acts(office, &past, of, ready)?.mean).max(0.0);
    let back = Budget::known(BUDGET)?.answers;
    let planned = |kind: &str| back.get(kind).map_or(0.0, |count| *count as f64);

    let (answered, reacted) = talk::shares(&office.patterns.talk, office.config.actions);
    // Somebody without colleagues posts in the channel only.
    let in_channel = if office.people.len() > 1 { office.patterns.talk.channel } else { 1.0 };
    let answers = planned(CHANNEL_MESSAGE) + planned(CHAT_MESSAGE) + answered * future;
    let new = (messages - answers).max(0.0);
    let counts = [
        (CHANNEL_MESSAGE, in_channel * (new + answered * future) + planned(CHANNEL_MESSAGE)),
        (CHAT_MESSAGE, (1.0 - in_channel) * (new + answered * future) + planned(CHAT_MESSAGE)),
        (REACTION, planned(REACTION) + reacted * future),
    ];
    Ok(counts.into_iter().filter(|(_, count)| *count > 0.0).map(|(kind, count)| (kind.to_owned(), count)).collect())
}
