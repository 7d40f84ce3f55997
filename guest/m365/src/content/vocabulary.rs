//! The words of one company: a few clients, projects and systems that come up again and again, because that is what
//! makes an office recognisable.
//!
//! A slot's word is drawn from (seed, conversation, slot) and from nothing else. So whoever writes the third message of
//! a conversation knows its client and its date without having seen the first.

use std::collections::BTreeMap;

use haymaker_guest::{
    Instant,
    chance::{Stream, stream},
    time::{Datelike, Day, Days, Weekday, day_of},
};

use super::company::list;
use crate::{config::Department, people::Person};

const MONTHS: &[&str] = &[
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Slots whose words are made, not listed.
#[cfg(test)]
const MADE: [&str; 26] = [
    "most",
    "peer",
    "colleague",
    "link",
    "amount",
    "small",
    "percent",
    "count",
    "few",
    "day",
    "date",
    "time",
    "today",
    "iso",
    "week",
    "month",
    "last",
    "later",
    "quarter",
    "year",
    "ticket",
    "invoice",
    "you",
    "name",
    "about",
    "author",
];

/// Figures and dates, which an edit of a document changes, and how people call such a change.
pub(crate) const FIGURES: [(&str, &str); 7] = [
    ("amount", "amounts updated"),
    ("percent", "shares updated"),
    ("most", "progress updated"),
    ("count", "numbers updated"),
    ("few", "numbers corrected"),
    ("date", "dates moved"),
    ("small", "costs corrected"),
];

/// Whether there are words for a slot.
#[cfg(test)]
pub(crate) fn is_known(slot: &str) -> bool {
    let kind = kind(slot.trim_start_matches('+'));
    list(kind).is_some() || MADE.contains(&kind)
}

/// The slot without the digit that asks for another word of the same kind.
pub(crate) fn kind(slot: &str) -> &str {
    slot.trim_end_matches(|sign: char| sign.is_ascii_digit())
}

/// Which word of its kind a slot asks for, from 1.
fn place(slot: &str) -> usize {
    slot.get(kind(slot).len()..).and_then(|digits| digits.parse().ok()).unwrap_or(1)
}

/// How often another word is drawn where two slots of a kind happen to get the same; some kinds have only one.
const DRAWS: usize = 20;

/// What words are drawn for: a conversation, a message, a document.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Names the stream.
    pub(crate) name: String,
    /// The moment that days and dates are relative to.
    pub(crate) moment: Instant,
}

impl Source {
    fn today(&self) -> Day {
        day_of(self.moment)
    }

    /// The working day (Monday to Friday) that is so many working days ahead.
    pub(crate) fn working_day(&self, ahead: u64) -> Day {
        let works = |day: &Day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let mut days = (1..).map_while(|days| self.today().checked_add_days(Days::new(days))).filter(works);
        days.nth(ahead.saturating_sub(1) as usize).unwrap_or(self.today())
    }
}

/// The words of one text.
#[derive(Clone, Debug)]
pub(crate) struct Words<'a> {
    /// The deployment's seed.
    pub(crate) seed: u64,
    /// The department that the words come from.
    pub(crate) department: Department,
    /// Everybody in the deployment.
    pub(crate) everybody: &'a [Person],
    /// Who writes.
    pub(crate) author: &'a Person,
    /// Who takes part, and is therefore not spoken about.
    pub(crate) present: Vec<&'a Person>,
    /// Who is spoken to.
    pub(crate) addressed: Vec<&'a Person>,
    /// Where words come from.
    pub(crate) shared: Source,
    /// Where words come from whose slot begins with a plus: new ones, of this message only.
    pub(crate) own: Source,
    /// What the conversation is about, filled.
    pub(crate) about: String,
    /// Slots whose word was changed, and how often.
    pub(crate) changed: BTreeMap<String, u32>,
}

impl Words<'_> {
    /// The word in a slot: always the same one.
    pub(crate) fn word(&self, slot: &str) -> String {
        let (source, slot) = slot.strip_prefix('+').map_or((&self.shared, slot), |slot| (&self.own, slot));
        let kind = kind(slot);
        match kind {
            "you" => (if self.addressed.len() > 1 { "one of you" } else { "you" }).to_owned(),
            "name" => match self.addressed.as_slice() {
                [one] => one.given.to_string(),
                _ => "all".to_owned(),
            },
            "about" => self.about.clone(),
            "author" => self.author.name(),
            _ => match self.changed.get(slot) {
                Some(times) => self.redrawn(source, slot, *times),
                None => self.nth(source, kind, place(slot)),
            },
        }
    }

    /// The word of this place among the different ones that are drawn.
    fn nth(&self, source: &Source, kind: &str, place: usize) -> String {
        let mut chance = stream(self.seed, &[&source.name, "word", kind]);
        let mut drawn: Vec<String> = Vec::new();
        let mut word = String::new();
        for _ in 0..DRAWS {
            word = self.draw(source, kind, place, &mut chance);
            if !drawn.contains(&word) {
                drawn.push(word.clone());
            }
            if drawn.len() >= place {
                break;
            }
        }
        word
    }

    /// The word after it was changed so many times: never the one before.
    fn redrawn(&self, source: &Source, slot: &str, times: u32) -> String {
        let (kind, place) = (kind(slot), place(slot));
        let before = match times {
            0 | 1 => self.nth(source, kind, place),
            _ => self.redrawn(source, slot, times - 1),
        };
        let mut chance = stream(self.seed, &[&source.name, "change", slot, &times.to_string()]);
        let mut draws = (0..DRAWS).map(|_| self.draw(source, kind, place, &mut chance));
        draws.find(|word| *word != before).unwrap_or(before.clone())
    }

    fn draw(&self, source: &Source, kind: &str, place: usize, chance: &mut Stream) -> String {
        if let Some((words, used)) = list(kind) {
            return self.company(kind, words, used, chance);
        }
        let today = source.today();
        match kind {
            "peer" => self.peer(chance).map_or_else(|| "the team".to_owned(), |person| person.given.to_string()),
            "colleague" => self.peer(chance).map_or_else(|| "the team".to_owned(), Person::name),
            "link" => {
                let project = self.nth(source, "project", place).to_lowercase().replace(' ', "-");
                format!("https://docs.example.com/{project}/{}", 100 + chance.below(900))
            }
            "amount" => thousands((20 + chance.below(80)) * self.scale()),
            "small" => format!("${}.{:02}", 40 + chance.below(860), chance.below(100)),
            "percent" => format!("{}%", 3 + chance.below(28)),
            "most" => format!("{}%", 62 + chance.below(37)),
            "count" => (9 + chance.below(30)).to_string(),
            "few" => (3 + chance.below(5)).to_string(),
            "day" => weekday(source.working_day(1 + chance.below(4))).to_owned(),
            // In their order: a plan's second date is after its first.
            "date" => short_date(source.working_day(7 * place as u64 - 4 + chance.below(6))),
            "time" => format!(
                "{}:{}",
                9 + chance.below(8),
                ["00", "15", "30", "45"].get(chance.below(4) as usize).unwrap_or(&"00")
            ),
            "today" => long_date(today),
            "iso" => today.to_string(),
            "week" => today.iso_week().week().to_string(),
            "month" => month(today.month0()).to_owned(),
            "last" => month(today.month0() + 11).to_owned(),
            "later" => month(today.month0() + 2 + chance.below(3) as u32).to_owned(),
            "quarter" => format!("Q{}", today.month0() / 3 + 1),
            "year" => today.year().to_string(),
            "ticket" => format!("{}-{}", ticket_prefix(self.department), 1_000 + chance.below(9_000)),
            "invoice" => format!("INV-{}", 20_000 + chance.below(10_000)),
            // No template has another slot (a test sees to it); a plain word would read best if one had.
            _ => kind.to_owned(),
        }
    }

    /// What two-digit figures are multiplied with to be amounts, between two thousand and half a million: the same for
    /// all amounts of a conversation, because what is compared is of one size.
    fn scale(&self) -> u64 {
        stream(self.seed, &[&self.shared.name, "scale"]).pick(&[100, 1_000, 5_000]).copied().unwrap_or(1_000)
    }

    /// One of the words of this kind that this company uses.
    fn company(&self, kind: &str, words: &[&'static str], used: usize, chance: &mut Stream) -> String {
        let mut order: Vec<&str> = words.to_vec();
        stream(self.seed, &["vocabulary", kind]).sample(&mut order, used);
        order.truncate(used);
        chance.pick(&order).copied().unwrap_or_default().to_owned()
    }

    /// A colleague who is not in the conversation, and cannot be taken for somebody who is.
    fn peer(&self, chance: &mut Stream) -> Option<&Person> {
        let namesake = |other: &Person| self.present.iter().any(|person| person.given == other.given);
        let others: Vec<_> = self.everybody.iter().filter(|person| !namesake(person)).collect();
        chance.pick(&others).copied()
    }
}

fn ticket_prefix(department: Department) -> &'static str {
    match department {
        Department::Engineering => "ENG",
        Department::Hr => "HRIT",
        _ => "OPS",
    }
}

fn thousands(amount: u64) -> String {
    match (amount / 1_000, amount % 1_000) {
        (0, rest) => format!("${rest}"),
        (thousands, rest) => format!("${thousands},{rest:03}"),
    }
}

fn month(number: u32) -> &'static str {
    MONTHS.get((number % 12) as usize).copied().unwrap_or("January")
}

/// `5 January`.
fn short_date(day: Day) -> String {
    format!("{} {}", day.day(), month(day.month0()))
}

/// `5 January 2026`.
pub(crate) fn long_date(day: Day) -> String {
    format!("{} {}", short_date(day), day.year())
}

/// `Monday`.
pub(crate) fn weekday(day: Day) -> &'static str {
    match day.weekday() {
        Weekday::Mon => "Monday",
        Weekday::Tue => "Tuesday",
        Weekday::Wed => "Wednesday",
        Weekday::Thu => "Thursday",
        Weekday::Fri => "Friday",
        Weekday::Sat => "Saturday",
        Weekday::Sun => "Sunday",
    }
}

/// `Monday, January 5, 2026`, as Outlook quotes it.
pub(super) fn american_date(day: Day) -> String {
    format!("{}, {} {}, {}", weekday(day), month(day.month0()), day.day(), day.year())
}
