//! Conversations by mail: how a new mail's thread grows.
//!
//! When a mail is written, its whole thread is drawn at once, from the seed and the mail's name: how many mails follow,
//! who writes each, to which earlier one, and after how much of their working time. So everybody's part in it is known
//! beforehand, a host that was away plans the same replies, and nothing depends on the order in which mails arrive. What
//! a reply *answers* is another matter: its writer looks for it in their own mailbox ([`crate::mail`]), and where it is
//! not, there is nothing to answer, and what would have followed never comes.

use haymaker_guest::{
    Instant, Problem,
    chance::{Stream, stream},
    state,
    time::{HOUR, MINUTE},
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{
    config::Actions,
    mail,
    organization::Place,
    pattern::{Latency, Patterns},
    ties::Circle,
};

/// No thread has more mails: a tail that long is Enron's mailing lists.
const LONGEST: u64 = 60;

/// How a mail continues a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Manner {
    /// To the sender.
    Reply,
    /// To the sender and all other recipients.
    ReplyAll,
    /// To somebody else.
    Forward,
}

/// A mail that continues a thread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The task of the thread's first mail.
    pub root: String,
    /// When that was written.
    pub begun: Instant,
    /// Who wrote it, and then to whom, as indices into the people.
    pub starters: Vec<usize>,
    /// Its number in the thread: the first mail has 1.
    pub number: u32,
    /// The number of the mail that it answers.
    pub to: u32,
    /// Who writes it, as an index into the people.
    pub by: usize,
    /// How.
    pub manner: Manner,
    /// To whom it goes, as indices into the people.
    pub recipients: Vec<usize>,
    /// When.
    pub due: Instant,
}

impl Answer {
    /// The name of its task.
    pub fn task(&self) -> String {
        task(&self.root, self.number)
    }

    /// The name of the task of the mail that it answers.
    pub fn original(&self) -> String {
        task(&self.root, self.to)
    }
}

/// The name of the task of a thread's mail.
fn task(root: &str, number: u32) -> String {
    if number == 1 { root.to_owned() } else { format!("{root}/{number}") }
}

/// Who works where, and how.
#[derive(Clone, Copy)]
pub struct Company<'a> {
    /// The deployment's seed.
    pub seed: u64,
    /// Everybody's places.
    pub places: &'a [Place],
    /// Everybody who can be written to, as indices.
    pub reachable: &'a [usize],
    /// The figures.
    pub patterns: &'a Patterns,
    /// What people do.
    pub actions: Actions,
}

/// A mail of the thread while it grows.
struct Mail {
    number: u32,
    by: usize,
    recipients: Vec<usize>,
    at: Instant,
    /// Who has answered it.
    answered: Vec<usize>,
}

/// All that follows a new mail: in the order of the numbers, each after what it answers.
pub fn grow(company: &Company, root: &str, by: usize, recipients: &[usize], at: Instant) -> Vec<Answer> {
    let mut chance = stream(company.seed, &[root, "thread"]);
    let mut mails = vec![Mail { number: 1, by, recipients: recipients.to_vec(), at, answered: Vec::new() }];
    let mut answers: Vec<Answer> = Vec::new();
    for number in 2..=size(&company.patterns.threads, &mut chance) {
        let Some(answer) = continuation(company, root, number as u32, &mut mails, &mut chance) else { break };
        mails.push(Mail {
            number: answer.number,
            by: answer.by,
            recipients: answer.recipients.clone(),
            at: answer.due,
            answered: Vec::new(),
        });
        answers.push(answer);
    }
    answers
}

/// How many mails a thread has.
fn size(figures: &crate::pattern::Threads, chance: &mut Stream) -> u64 {
    if chance.chance(figures.alone) {
        return 1;
    }
    let more = 1.0 - figures.sizes.iter().sum::<f64>();
    let first = figures.sizes.len() as u64 + 2;
    match chance.weighted(figures.sizes.iter().copied().chain([more.max(0.0)])) {
        Some(place) if place < figures.sizes.len() => place as u64 + 2,
        // Geometric from the first size that the table does not tell, with the tail's mean.
        _ => LONGEST.min(first + chance.geometric(1.0 / (figures.longer - first as f64 + 1.0))),
    }
}

/// Of the answers in threads, the share of those to a mail that had several recipients; measured over the draw.
const TO_SEVERAL: f64 = 0.4;

/// The share that each kind of answer has of all mails, once threads have had time to grow.
pub fn shares(figures: &crate::pattern::Threads, actions: Actions) -> Vec<(&'static str, f64)> {
    let sizes = (2..).map(f64::from).zip(&figures.sizes).map(|(size, share)| size * share).sum::<f64>();
    let longer = (1.0 - figures.sizes.iter().sum::<f64>()).max(0.0) * figures.longer;
    let size = figures.alone + (1.0 - figures.alone) * (sizes + longer);
    let answers = if actions.threads() { 1.0 - 1.0 / size } else { 0.0 };
    let forward = if actions.forward { figures.forward } else { 0.0 };
    let to_all = if actions.reply_all { (1.0 - forward) * TO_SEVERAL * figures.reply_all } else { 0.0 };
    let reply = if actions.reply { 1.0 - forward - to_all } else { 0.0 };
    let kinds = [(mail::REPLY, reply), (mail::REPLY_ALL, to_all), (mail::FORWARD, forward)];
    kinds.into_iter().map(|(kind, share)| (kind, answers * share)).filter(|(_, share)| *share > 0.0).collect()
}

/// The next mail of a thread: somebody who received one of its mails answers it, or passes it on.
fn continuation(company: &Company, root: &str, number: u32, mails: &mut [Mail], chance: &mut Stream) -> Option<Answer> {
    let Company { patterns, places, actions, .. } = company;
    let rate = |by: usize| places.get(by).map_or(0.0, |place| patterns.rates(place.department).email);
    let may = |mail: &Mail, by: usize| by != mail.by && !mail.answered.contains(&by);
    // Mails to few are answered rather than mails to many, and those who write much answer rather than the others.
    let mut candidates: Vec<(usize, usize, f64)> = Vec::new();
    for (place, mail) in mails.iter().enumerate() {
        let weight = answer_weight(&patterns.threads.answer_by_recipients, mail.recipients.len());
        let able = mail.recipients.iter().filter(|by| may(mail, **by));
        candidates.extend(able.map(|by| (place, *by, weight * rate(*by))));
    }
    let (place, by, _) = *candidates.get(chance.weighted(candidates.iter().map(|(.., weight)| *weight))?)?;
    let original = mails.get_mut(place)?;

    let others: Vec<usize> = original.recipients.iter().copied().filter(|other| *other != by).collect();
    let pass_on = chance.chance(patterns.threads.forward);
    let to_all = !others.is_empty() && chance.chance(patterns.threads.reply_all);
    let latency = latency(&patterns.latency.mail, chance);
    let reader = chance.bits();
    let third = || {
        let circle = Circle::of(company.seed, by, places, company.reachable, &patterns.ties);
        let knows = |other: usize| other == original.by || original.recipients.contains(&other);
        let mut chance = stream(reader, &["forward"]);
        circle.draw_weighted(1, &mut chance, |other| if knows(other) { 0.0 } else { 1.0 })
    };
    let strangers = if pass_on && actions.forward { third() } else { Vec::new() };
    let (manner, recipients) = if !strangers.is_empty() {
        (Manner::Forward, strangers)
    } else if actions.reply_all && (to_all || !actions.reply && !others.is_empty()) {
        (Manner::ReplyAll, [original.by].into_iter().chain(others).collect())
    } else if actions.reply {
        (Manner::Reply, vec![original.by])
    } else {
        return None;
    };
    let due = places.get(by)?.calendar.after(original.at, latency)?;
    original.answered.push(by);
    let (to, first) = (original.number, mails.first()?);
    let starters = [first.by].into_iter().chain(first.recipients.iter().copied()).collect();
    Some(Answer { root: root.to_owned(), begun: first.at, starters, number, to, by, manner, recipients, due })
}

/// How likely a mail to so many people is answered.
fn answer_weight(figures: &[f64; 4], recipients: usize) -> f64 {
    let [one, few, several, many] = *figures;
    match recipients {
        0 | 1 => one,
        2..=3 => few,
        4..=9 => several,
        _ => many,
    }
}

/// How long an answer takes, in milliseconds of working time.
pub fn latency(figures: &Latency, chance: &mut Stream) -> u64 {
    let minutes = chance.lognormal(figures.median_minutes, figures.sigma).max(figures.least_minutes);
    (minutes * MINUTE as f64) as u64
}

/// Something that waits for its time.
pub trait Due: Clone + Serialize + DeserializeOwned {
    /// Where such things wait in the state.
    const PREFIX: &'static str;

    /// When it is due.
    fn due(&self) -> Instant;

    /// The name of its task.
    fn task(&self) -> String;
}

impl Due for Answer {
    const PREFIX: &'static str = "cycle/answers/";

    fn due(&self) -> Instant {
        self.due
    }

    fn task(&self) -> String {
        Answer::task(self)
    }
}

/// Answers that wait for their time, kept in the state by the hour in which they are due: a plan reads the hour that it
/// is about, and writes those that new threads reach.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting<T>(Vec<T>);

impl<T: Due> Waiting<T> {
    /// Hours are counted from 1970, and as wide as keys must be to sort.
    fn key(hour: u64) -> String {
        format!("{}{hour:09}", T::PREFIX)
    }

    /// The answers due between two moments, which thereby wait no longer.
    ///
    /// # Errors
    /// The state's.
    pub fn take(from: Instant, until: Instant) -> Result<Vec<T>, Problem> {
        let mut due = Vec::new();
        for hour in from / HOUR..=until.saturating_sub(1) / HOUR {
            let key = Self::key(hour);
            let Some(Waiting(waiting)) = state::load::<Waiting<T>>(&key)? else { continue };
            let (now, later): (Vec<T>, Vec<T>) = waiting.into_iter().partition(|answer| answer.due() < until);
            due.extend(now.into_iter().filter(|answer| from <= answer.due()));
            match later.is_empty() {
                true => state::remove(&key)?,
                false => state::save(&key, &Waiting(later))?,
            }
        }
        Ok(due)
    }

    /// Has answers wait.
    ///
    /// # Errors
    /// The state's.
    pub fn put(mut answers: Vec<T>) -> Result<(), Problem> {
        answers.sort_by_key(|answer| (answer.due(), answer.task()));
        for answers in answers.chunk_by(|one, other| one.due() / HOUR == other.due() / HOUR) {
            let key = Self::key(answers.first().map_or(0, |answer| answer.due() / HOUR));
            let Waiting(mut waiting) = state::load(&key)?.unwrap_or(Waiting::<T>(Vec::new()));
            waiting.extend_from_slice(answers);
            state::save(&key, &Waiting(waiting))?;
        }
        Ok(())
    }

    /// Forgets what should have come before this moment, and fell into a rest: nothing is made up for.
    ///
    /// # Errors
    /// The state's.
    pub fn forget(before: Instant) -> Result<(), Problem> {
        let first = Self::key(before / HOUR);
        let all = state::list::<Waiting<T>>(T::PREFIX)?.into_iter();
        all.map(|(key, _)| key).filter(|key| *key < first).try_for_each(|key| state::remove(&key))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use haymaker_guest::{testing::Host, time::DAY};

    use super::*;
    use crate::{organization::tests::organization, schedule::tests::MONDAY};

    /// Threads of a test.
    const THREADS: u64 = 6_000;

    fn threads(count: u64, actions: Actions, recipients: &[usize]) -> Vec<Vec<Answer>> {
        let office = organization(r#", "departments": "sales: 20, engineering: 10""#);
        let (patterns, reachable) = (Patterns::default(), (0..30).collect::<Vec<_>>());
        let company = Company { seed: 7, places: &office.places, reachable: &reachable, patterns: &patterns, actions };
        let thread = |n: u64| grow(&company, &format!("mail/w01/2026-01-05/{n}"), 0, recipients, MONDAY);
        (0..count).map(thread).collect()
    }

    fn share(count: usize, of: usize, expected: f64) {
        let (is, n) = (count as f64 / of as f64, of as f64);
        // Five standard errors: each check fails less than once in a million seeds.
        assert!((is - expected).abs() < 5.0 * (expected * (1.0 - expected) / n).sqrt(), "{is} of {expected}");
    }

    #[test]
    fn threads_are_as_long_as_enrons() {
        let mut chance = stream(3, &["sizes"]);
        let figures = Patterns::default().threads;
        let sizes: Vec<u64> = (0..THREADS).map(|_| size(&figures, &mut chance)).collect();
        let longer: Vec<u64> = sizes.iter().copied().filter(|size| *size > 1).collect();
        share(longer.len(), sizes.len(), 0.28);
        for (size, expected) in [(2, 0.556), (3, 0.159), (4, 0.101), (5, 0.043)] {
            share(longer.iter().filter(|is| **is == size).count(), longer.len(), expected);
        }
        let tail: Vec<u64> = longer.into_iter().filter(|size| *size > 5).collect();
        let mean = tail.iter().sum::<u64>() as f64 / tail.len() as f64;
        assert!((mean - 13.0).abs() < 2.0, "{mean}: a geometric tail, whose standard error is about 0.4");
        let replies = sizes.iter().map(|size| size - 1).sum::<u64>() as f64 / sizes.iter().sum::<u64>() as f64;
        assert!((0.43..0.49).contains(&replies), "{replies} of all mails continue a thread");
    }

    #[test]
    fn every_answer_is_written_later_by_somebody_who_received_what_it_answers() {
        for thread in threads(THREADS, Actions::ALL, &[1, 2]) {
            let mut mails: Vec<(usize, Vec<usize>, Instant)> = vec![(0, vec![1, 2], MONDAY)];
            let mut seen = BTreeSet::new();
            for answer in thread {
                let (by, recipients, at) = &mails[answer.to as usize - 1];
                assert!(recipients.contains(&answer.by) && answer.by != *by && answer.due >= at + MINUTE);
                assert!(seen.insert((answer.to, answer.by)), "nobody answers a mail twice");
                assert!(!answer.recipients.contains(&answer.by) && !answer.recipients.is_empty());
                assert!(answer.manner == Manner::Forward || answer.recipients.contains(by));
                mails.push((answer.by, answer.recipients, answer.due));
            }
        }
    }

    #[test]
    fn forwards_and_answers_to_all_have_their_shares() {
        let all: Vec<Answer> = threads(THREADS, Actions::ALL, &[1, 2]).into_iter().flatten().collect();
        let forwards = all.iter().filter(|answer| answer.manner == Manner::Forward).count();
        share(forwards, all.len(), 0.05);
        let several: Vec<&Answer> =
            all.iter().filter(|answer| answer.to == 1 && answer.manner != Manner::Forward).collect();
        share(several.iter().filter(|answer| answer.manner == Manner::ReplyAll).count(), several.len(), 0.30);
    }

    /// The first answers of many threads: median and width of the lognormal, within five standard errors.
    #[test]
    fn half_of_the_answers_take_less_than_47_minutes_of_work_and_nine_tenths_less_than_a_day() {
        let office = organization(r#", "departments": "sales: 20, engineering: 10""#);
        let mut minutes: Vec<f64> = Vec::new();
        for answer in threads(THREADS, Actions::ALL, &[1]).iter().filter_map(|thread| thread.first()) {
            let calendar = &office.places[answer.by].calendar;
            minutes.push(calendar.between(MONDAY, answer.due) as f64 / MINUTE as f64);
        }
        minutes.sort_by(f64::total_cmp);
        let n = minutes.len() as f64;
        share(minutes.iter().filter(|minutes| **minutes < 47.0).count(), minutes.len(), 0.5);
        share(minutes.iter().filter(|minutes| **minutes < 540.0).count(), minutes.len(), 0.9);
        let logs: Vec<f64> = minutes.iter().filter(|minutes| **minutes > 1.0).map(|minutes| minutes.ln()).collect();
        let mean = logs.iter().sum::<f64>() / n;
        let sigma = (logs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        assert!((1.75..1.95).contains(&sigma), "{sigma}: 1.9, a little less for the floor");
    }

    #[test]
    fn sales_people_answer_rather_than_engineers_by_their_rates() {
        let all: Vec<Answer> = threads(THREADS, Actions::ALL, &[1, 25])
            .into_iter()
            .flatten()
            .filter(|answer| answer.number == 2)
            .collect();
        share(all.iter().filter(|answer| answer.by == 1).count(), all.len(), 12.0 / 16.0);
    }

    #[test]
    fn what_people_do_not_do_does_not_happen() {
        let manners = |actions| -> BTreeSet<String> {
            let all = threads(400, actions, &[1, 2]);
            all.iter().flatten().map(|answer| format!("{:?}", answer.manner)).collect()
        };
        let only = |reply, reply_all, forward| Actions { reply, reply_all, forward, ..Actions::NONE };
        assert_eq!(manners(only(true, false, false)), BTreeSet::from(["Reply".to_owned()]));
        assert_eq!(manners(only(false, true, false)), BTreeSet::from(["ReplyAll".to_owned()]));
        assert_eq!(manners(only(false, false, true)), BTreeSet::from(["Forward".to_owned()]));
        assert!(manners(Actions::NONE).is_empty());
    }

    #[test]
    fn a_thread_is_the_same_whenever_it_is_drawn() {
        assert_eq!(threads(300, Actions::ALL, &[1, 2]), threads(300, Actions::ALL, &[1, 2]));
    }

    #[test]
    fn answers_wait_for_their_time_and_what_fell_into_a_rest_is_forgotten() {
        let mut host = Host::new(MONDAY);
        let answer = |number: u32, due| Answer {
            root: "mail/w01/2026-01-05/1".to_owned(),
            begun: MONDAY,
            starters: vec![0, 1],
            number,
            to: 1,
            by: 1,
            manner: Manner::Reply,
            recipients: vec![0],
            due,
        };
        let all = [(2, MONDAY + HOUR), (3, MONDAY + 2 * HOUR), (4, MONDAY + DAY)].map(|(n, due)| answer(n, due));
        host.planning(|| Waiting::put(all.to_vec())).unwrap();
        let mut take = |from, until| -> Vec<u32> {
            let taken = host.planning(|| Waiting::take(from, until)).unwrap();
            taken.into_iter().map(|answer: Answer| answer.number).collect()
        };
        assert!(take(MONDAY, MONDAY + HOUR).is_empty());
        assert_eq!(take(MONDAY + HOUR, MONDAY + HOUR + 1), [2]);
        assert_eq!(take(MONDAY + DAY, MONDAY + DAY + HOUR), [4]);
        host.planning(|| Waiting::<Answer>::forget(MONDAY + 3 * HOUR)).unwrap();
        let left: Vec<Answer> = host.planning(|| Waiting::take(MONDAY + 2 * HOUR, MONDAY + 3 * HOUR)).unwrap();
        assert!(left.is_empty(), "the third fell into a rest");
    }
}
