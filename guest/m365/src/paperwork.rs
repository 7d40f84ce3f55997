//! When a worker creates, edits and shares documents.
//!
//! The department's documents a day are created or edited; what is shared comes on top. People polish before they show:
//! a part of the edits moves into the minutes before a meeting of the same day.

use haymaker_guest::{Instant, chance::stream, time::MINUTE};

use crate::{
    pattern::Documents,
    schedule::{Act, Draw, Stretch},
};

/// What is done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// A new one.
    Create,
    /// A change to one that exists.
    Edit,
    /// One that exists is shown to others.
    Share,
}

/// Something done with a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// What.
    pub deed: Deed,
    /// When, and its name.
    pub act: Act,
    /// Which of those that exist, for an edit or a share: random bits that choose among however many there are.
    pub choice: u64,
}

/// What is done with documents from one moment until another, in order.
pub fn between(draw: &Draw, figures: &Documents, meetings: &[Stretch], from: Instant, until: Instant) -> Vec<Paper> {
    let days = draw.calendar.stretches(from, until).map(|(day, ..)| day);
    let mut papers: Vec<Paper> = days.flat_map(|day| on(draw, figures, meetings, day)).collect();
    papers.retain(|paper| (from..until).contains(&paper.act.due));
    papers.sort_unstable_by_key(|paper| (paper.act.due, paper.act.number));
    papers
}

/// The day whole: an edit may move within it.
fn on(draw: &Draw, figures: &Documents, meetings: &[Stretch], day: haymaker_guest::time::Day) -> Vec<Paper> {
    let Some((opens, closes)) = draw.calendar.hours(day) else { return Vec::new() };
    let before = (figures.before_minutes * MINUTE as f64) as u64;
    // A time for polishing that would begin before the day does is not one.
    let polishing: Vec<Instant> = meetings
        .iter()
        .map(|(begins, _)| *begins)
        .filter(|begins| (opens + before..=closes).contains(begins))
        .collect();
    let mut papers = Vec::new();
    for act in draw.between(opens, closes) {
        let mut chance =
            stream(draw.seed, &[draw.worker, &day.to_string(), draw.purpose, "deed", &act.number.to_string()]);
        let creates = chance.chance(figures.create / (figures.create + figures.edit));
        let polishes = chance.chance(figures.before_meetings);
        let shares = chance.chance(figures.share / (figures.create + figures.edit));
        let meeting = chance.pick(&polishing).copied();
        let ahead = 1 + chance.below(before);
        let (deed, due) = match (creates, meeting.filter(|_| polishes)) {
            (true, _) => (Deed::Create, act.due),
            (false, Some(begins)) => (Deed::Edit, begins - ahead),
            (false, None) => (Deed::Edit, act.due),
        };
        papers.push(Paper { deed, act: Act { due, ..act }, choice: chance.bits() });
        if shares {
            let due = (due + chance.below(10 * MINUTE)).min(closes - 1);
            papers.push(Paper { deed: Deed::Share, act: Act { due, ..act }, choice: chance.bits() });
        }
    }
    papers
}

#[cfg(test)]
mod tests {
    use haymaker_guest::time::{DAY, HOUR};

    use super::*;
    use crate::{calendar::tests::calendar, schedule::tests::MONDAY};

    fn papers(meetings: &[Stretch]) -> Vec<Paper> {
        let calendar = calendar("UTC");
        let draw = |seed| Draw {
            calendar: &calendar,
            seed,
            worker: "w01",
            purpose: "documents",
            per_hour: 8.0 / 9.0,
            texture: None,
        };
        (0..500).flat_map(|seed| between(&draw(seed), &Documents::default(), meetings, MONDAY, MONDAY + DAY)).collect()
    }

    /// 4,000 deeds: every share and the mean lie within five standard errors.
    #[test]
    fn documents_are_created_edited_and_shared_as_one_to_three_to_a_half() {
        let all = papers(&[]);
        let count = |deed| all.iter().filter(|paper| paper.deed == deed).count() as f64;
        for (deed, expected) in [(Deed::Create, 1_000.0), (Deed::Edit, 3_000.0), (Deed::Share, 500.0)] {
            assert!((count(deed) - expected).abs() < 5.0 * f64::sqrt(expected), "{deed:?}: {}", count(deed));
        }
    }

    #[test]
    fn edits_cluster_before_meetings_and_their_number_stays() {
        let meeting = MONDAY + 3 * HOUR;
        let (without, with) = (papers(&[]), papers(&[(meeting, meeting + HOUR)]));
        assert_eq!(without.len(), with.len());
        let close =
            |paper: &&Paper| paper.deed == Deed::Edit && (meeting - 10 * MINUTE..meeting).contains(&paper.act.due);
        let edits = with.iter().filter(|paper| paper.deed == Deed::Edit).count() as f64;
        let share = with.iter().filter(close).count() as f64 / edits;
        // Three tenths, and the 2 % of the others that lie there anyway; within five standard errors.
        assert!((share - 0.313).abs() < 0.043, "{share}");
    }

    #[test]
    fn nobody_works_on_documents_before_or_after_hours() {
        let meetings = [(MONDAY, MONDAY + HOUR), (MONDAY + 8 * HOUR, MONDAY + 9 * HOUR)];
        assert!(papers(&meetings).iter().all(|paper| (MONDAY..MONDAY + 9 * HOUR).contains(&paper.act.due)));
    }
}
