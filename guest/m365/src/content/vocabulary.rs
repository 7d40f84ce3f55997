//! The words of one company: a few clients, projects and systems that come up again and again, because that is what
//! makes an office recognisable. Which ones is drawn from the seed; all names are invented.

use std::collections::BTreeMap;

use haymaker_guest::{
    chance::{Stream, stream},
    time::{Datelike, Day, Days, Weekday, day_of},
};

use super::Occasion;

const CLIENTS: &[&str] = &[
    "Northwind Traders",
    "Fabrikam",
    "Adventure Works",
    "Tailspin Toys",
    "Wide World Importers",
    "Proseware",
    "Litware",
    "Coho Winery",
    "Fourth Coffee",
    "Lucerne Publishing",
    "Margie's Travel",
    "Alpine Ski House",
    "Graphic Design Institute",
    "Humongous Insurance",
    "Southridge Video",
    "The Phone Company",
    "Trey Research",
    "VanArsdel",
    "Wingtip Toys",
    "Blue Yonder Airlines",
    "City Power & Light",
    "Consolidated Messenger",
    "First Up Consultants",
    "Relecloud",
];
const VENDORS: &[&str] = &[
    "Harbor Freightways",
    "Brightline Staffing",
    "Summit Office Supply",
    "Kestrel Logistics",
    "Ironbark Hosting",
    "Paperleaf",
    "Orchard Catering",
    "Quayside Print",
    "Redwood Facilities",
    "Sable Insurance",
    "Tidewater Telecom",
    "Verity Audit Partners",
    "Wrenfield Travel",
    "Copperline Data",
];
const PROJECTS: &[&str] = &[
    "Aurora",
    "Beacon",
    "Cedar",
    "Delta Bridge",
    "Evergreen",
    "Falcon",
    "Granite",
    "Harvest",
    "Iris",
    "Juniper",
    "Keystone",
    "Lighthouse",
    "Mosaic",
    "Northstar",
    "Orion",
    "Pathfinder",
    "Quartz",
    "Riverbed",
    "Sequoia",
    "Tandem",
];
const PRODUCTS: &[&str] = &[
    "Insight",
    "Insight Pro",
    "FlowDesk",
    "FlowDesk Team",
    "Ledgerline",
    "Fieldkit",
    "Signal",
    "Atlas",
    "Compass",
    "Relay",
];
const SYSTEMS: &[&str] = &[
    "OrderHub",
    "Billing",
    "DataLake",
    "Single Sign-On",
    "TicketDesk",
    "MobileHub",
    "Search",
    "ReportServer",
    "WarehouseOne",
    "PartnerLink",
];
const CITIES: &[&str] = &[
    "Chicago",
    "Austin",
    "Denver",
    "Seattle",
    "Boston",
    "Atlanta",
    "Toronto",
    "London",
    "Dublin",
    "Munich",
    "Paris",
    "Madrid",
    "Warsaw",
    "Singapore",
    "Sydney",
    "Bangalore",
];
const ROOMS: &[&str] =
    &["Maple", "Birch", "Willow", "the small meeting room", "Room 3.12", "Room 2.04", "the corner room"];
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

/// A kind of word: what the company has of it, and how many of those a deployment uses.
fn list(kind: &str) -> Option<(&'static [&'static str], usize)> {
    match kind {
        "client" => Some((CLIENTS, 10)),
        "vendor" => Some((VENDORS, 6)),
        "project" => Some((PROJECTS, 6)),
        "product" => Some((PRODUCTS, 4)),
        "system" => Some((SYSTEMS, 6)),
        "city" => Some((CITIES, 5)),
        "room" => Some((ROOMS, 4)),
        _ => None,
    }
}

/// Whether there are words for a slot.
#[cfg(test)]
pub(super) fn is_known(slot: &str) -> bool {
    const MADE: [&str; 16] = [
        "peer", "link", "amount", "small", "percent", "count", "few", "day", "date", "time", "month", "last", "later",
        "quarter", "year", "ticket",
    ];
    let kind = kind(slot);
    kind == "invoice" || list(kind).is_some() || MADE.contains(&kind)
}

/// The slot without the digit that asks for another word of the same kind.
fn kind(slot: &str) -> &str {
    slot.trim_end_matches(|sign: char| sign.is_ascii_digit())
}

/// How often another word is drawn where two slots of a kind happen to get the same; some kinds have only one.
const DRAWS: usize = 20;

/// The words of one mail.
pub(super) struct Words<'a> {
    occasion: &'a Occasion<'a>,
    today: Day,
    known: BTreeMap<String, String>,
}

impl<'a> Words<'a> {
    pub(super) fn new(occasion: &'a Occasion<'a>) -> Words<'a> {
        Words { occasion, today: day_of(occasion.moment), known: BTreeMap::new() }
    }

    /// The word in a slot: drawn the first time, the same from then on.
    pub(super) fn word(&mut self, slot: &str, chance: &mut Stream) -> String {
        if let Some(word) = self.known.get(slot) {
            return word.clone();
        }
        let kind = kind(slot);
        let mut word = self.draw(kind, chance);
        for _ in 0..DRAWS {
            let twins = self.known.iter().filter(|(other, _)| self::kind(other) == kind);
            if !twins.map(|(_, taken)| taken).any(|taken| *taken == word) {
                break;
            }
            word = self.draw(kind, chance);
        }
        self.known.insert(slot.to_owned(), word.clone());
        word
    }

    fn draw(&mut self, kind: &str, chance: &mut Stream) -> String {
        if let Some((words, used)) = list(kind) {
            return self.company(kind, words, used, chance);
        }
        match kind {
            "peer" => self.peer(chance),
            "link" => {
                let project = self.word("project", chance).to_lowercase().replace(' ', "-");
                format!("https://docs.example.com/{project}/{}", 100 + chance.below(900))
            }
            "amount" => thousands(rounded(chance)),
            "small" => format!("${}.{:02}", 40 + chance.below(860), chance.below(100)),
            "percent" => format!("{}%", 3 + chance.below(28)),
            "count" => (9 + chance.below(30)).to_string(),
            "few" => (3 + chance.below(5)).to_string(),
            "day" => weekday(self.working_day(1 + chance.below(4))).to_owned(),
            "date" => {
                let day = self.working_day(3 + chance.below(12));
                format!("{} {}", day.day(), month(day.month0()))
            }
            "time" => format!(
                "{}:{}",
                9 + chance.below(8),
                ["00", "15", "30", "45"].get(chance.below(4) as usize).unwrap_or(&"00")
            ),
            "month" => month(self.today.month0()).to_owned(),
            "last" => month(self.today.month0() + 11).to_owned(),
            "later" => month(self.today.month0() + 2 + chance.below(3) as u32).to_owned(),
            "quarter" => format!("Q{}", self.today.month0() / 3 + 1),
            "year" => self.today.year().to_string(),
            "ticket" => format!("{}-{}", ticket_prefix(self.occasion), 1_000 + chance.below(9_000)),
            "invoice" => format!("INV-{}", 20_000 + chance.below(10_000)),
            // No template has another slot (a test sees to it); a plain word would read best if one had.
            _ => kind.to_owned(),
        }
    }

    /// One of the words of this kind that this company uses.
    fn company(&self, kind: &str, words: &[&'static str], used: usize, chance: &mut Stream) -> String {
        let mut order: Vec<&str> = words.to_vec();
        stream(self.occasion.seed, &["vocabulary", kind]).sample(&mut order, used);
        order.truncate(used);
        chance.pick(&order).copied().unwrap_or_default().to_owned()
    }

    /// The given name of a colleague who is not in the conversation.
    fn peer(&self, chance: &mut Stream) -> String {
        let Occasion { sender, recipients, everybody, .. } = self.occasion;
        let present = |number| sender.number == number || recipients.iter().any(|person| person.number == number);
        let others: Vec<_> = everybody.iter().filter(|person| !present(person.number)).collect();
        chance.pick(&others).map_or_else(|| "the team".to_owned(), |person| person.given.to_owned())
    }

    /// The working day (Monday to Friday) that is so many working days ahead.
    fn working_day(&self, ahead: u64) -> Day {
        let works = |day: &Day| !matches!(day.weekday(), Weekday::Sat | Weekday::Sun);
        let mut days = (1..).map_while(|days| self.today.checked_add_days(Days::new(days))).filter(works);
        days.nth(ahead.saturating_sub(1) as usize).unwrap_or(self.today)
    }
}

fn ticket_prefix(occasion: &Occasion) -> &'static str {
    match occasion.department {
        crate::config::Department::Engineering => "ENG",
        crate::config::Department::Hr => "HRIT",
        _ => "OPS",
    }
}

/// Between two thousand and half a million, as people round: two significant digits.
fn rounded(chance: &mut Stream) -> u64 {
    let digits = 20 + chance.below(80);
    let scale = [100, 1_000, 5_000].get(chance.below(3) as usize).copied().unwrap_or(100);
    digits * scale
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

fn weekday(day: Day) -> &'static str {
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
