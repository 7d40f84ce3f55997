//! What a worker says in Teams: where, to whom, and what comes back.

use haymaker_guest::chance::stream;

use crate::{pattern::Patterns, schedule::Act, threads::latency, ties::Circle};

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
    let figures = &patterns.talk;
    let mut chance = stream(seed, &[worker, &act.day.to_string(), "teams", "message", &act.number.to_string()]);
    let in_channel = chance.chance(figures.channel);
    let echo = chance.unit();
    let latency = latency(&patterns.latency.chat, &mut chance);
    let others = circle.recipients(patterns.ties.chat_recipients, &mut chance);
    let place = if in_channel || others.is_empty() { Place::Channel } else { Place::Chat(others) };
    let echo = if echo < figures.answered {
        Echo::Answer(latency)
    } else if echo < figures.answered + figures.reaction {
        Echo::Reaction(latency)
    } else {
        Echo::Silence
    };
    Message { act, place, echo }
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn somebody_alone_posts_in_the_channel() {
        let office = organization(r#", "departments": "engineering: 1""#);
        let patterns = Patterns::default();
        let circle = Circle::of(7, 0, &office.places, &[0], &patterns.ties);
        let act = Act { day: "2026-01-05".parse().unwrap(), number: 1, due: MONDAY };
        assert_eq!(message(7, "w01", act, &circle, &patterns).place, Place::Channel);
    }
}
