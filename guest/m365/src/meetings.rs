//! The meetings of a day, as all workers know them.
//!
//! One function of the seed, the people and the day: whichever worker's task asks, it gets the same meetings, so that an
//! organiser's invitation, an attendee's answer and a sender's quiet hour agree without a word between them.
//!
//! Half of the meetings belong to weekly series, which are drawn for the weekday and not for the day (`series`): the
//! same people meet at the same time each week. Who organises draws how many, when and how large; who is invited is
//! weighed by how many meetings each still lacks of what their department attends, among those who are free then and at
//! work.

mod quarters;
mod series;

use haymaker_guest::{
    chance::{Stream, stream},
    time::{Datelike, Day, MINUTE},
};

use self::quarters::Quarters;
pub use self::series::{Series, series};
use crate::{
    calendar::Calendar,
    naming,
    organization::Place,
    pattern::{self, Patterns},
    schedule::Stretch,
};

/// How much likelier people of one department, and along the line, meet than others; an assumption.
const CLOSER: f64 = 3.0;

/// How likely somebody is still invited who has enough meetings, as a weight beside a meeting that is lacked.
const ENOUGH: f64 = 0.02;

/// How many times an organiser looks at; an assumption.
const LOOKED_AT: usize = 5;

/// The sizes that the four classes of the figures stand for.
const SIZES: [(u64, u64); 4] = [(2, 2), (3, 5), (6, 9), (10, 15)];

/// An answer to an invitation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// Will come.
    Accepted,
    /// May come.
    Tentative,
    /// Will not come.
    Declined,
    /// Never answered; comes.
    None,
}

/// Somebody who is invited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invitee {
    /// Who, as an index into the people.
    pub index: usize,
    /// What they answer.
    pub response: Response,
}

/// A meeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Its name: the same whenever it is drawn.
    pub id: String,
    /// The weekly series it is an instance of.
    pub series: Option<String>,
    /// Who invites, as an index into the people.
    pub organiser: usize,
    /// When.
    pub time: Stretch,
    /// Who is invited; nobody to an appointment with oneself.
    pub invitees: Vec<Invitee>,
    /// Whether it is called off before it begins. It then counts for nobody.
    pub cancelled: bool,
}

impl Meeting {
    /// The name of its event: a series is one event, however often it takes place.
    pub fn event(&self) -> &str {
        self.series.as_deref().unwrap_or(&self.id)
    }

    /// Whether somebody is in it, by the calendar.
    pub fn has(&self, index: usize) -> bool {
        let comes = |invitee: &Invitee| invitee.index == index && invitee.response != Response::Declined;
        !self.cancelled && (self.organiser == index || self.invitees.iter().any(comes))
    }
}

/// All meetings of a day, of organisers for whom it is that day.
pub fn on(seed: u64, places: &[Place], patterns: &Patterns, day: Day) -> Vec<Meeting> {
    let mut board = Board::of(seed, places, patterns, day);
    let mut meetings = Vec::new();
    // Series first: they were there first, and must not depend on what else a day brings.
    for series in series(seed, places, patterns, day.weekday()) {
        let organiser = places.get(series.organiser()).map(|place| &place.calendar);
        let Some(organiser) = organiser.filter(|organiser| organiser.hours(day).is_some()) else { continue };
        let meeting = series.instance(seed, patterns, organiser, day);
        board.claim(meeting.organiser);
        board.hold(&meeting);
        meetings.push(meeting);
    }
    meetings.extend(board.set_all(false));
    meetings
}

/// A meeting that somebody will organise.
struct Plan {
    organiser: usize,
    /// The name of its draws, which for a series has no date.
    name: String,
    series: bool,
}

/// Somebody who could be invited, and how likely.
type Weight = (usize, f64);

/// The day while its meetings are being set.
struct Board<'a> {
    seed: u64,
    places: &'a [Place],
    patterns: &'a Patterns,
    day: Day,
    /// How many meetings each still lacks.
    lacking: Vec<f64>,
    /// When each works on the day. Whoever has another day then is not invited: that day's meetings are drawn without
    /// this one, and would collide with it.
    hours: Vec<Option<Stretch>>,
    /// When each is in a meeting, or not at work.
    taken: Vec<Quarters>,
}

impl<'a> Board<'a> {
    fn of(seed: u64, places: &'a [Place], patterns: &'a Patterns, day: Day) -> Board<'a> {
        // Some of those that are set will be cancelled, and count for nobody.
        let held = 1.0 - patterns.meetings.cancelled;
        let lacks = |place: &Place| patterns.rates(place.department).meetings * place.calendar.busyness(day) / held;
        let lacking = places.iter().map(lacks).collect();
        let hours = hours(places, day);
        let away =
            |hours: &Option<Stretch>| hours.map_or(Quarters::default(), |hours| Quarters::of(day, hours)).others();
        let taken = hours.iter().map(away).collect();
        Board { seed, places, patterns, day, lacking, hours, taken }
    }

    /// Who organises how many: of series, or of meetings that are none.
    fn plans(&self, series: bool) -> Vec<Plan> {
        let figures = &self.patterns.meetings;
        let share = if series { figures.recurring } else { 1.0 - figures.recurring };
        // A series bears its weekday instead of the date.
        let date = if series { self.day.weekday().to_string() } else { self.day.to_string() };
        let mut plans = Vec::new();
        for (organiser, place) in self.places.iter().enumerate() {
            let attended = self.patterns.rates(place.department).meetings * place.calendar.busyness(self.day);
            let mean = called(figures, self.places.len(), attended);
            let name = format!("meeting/{}/{date}", naming::worker(organiser as u32 + 1));
            let count = stream(self.seed, &[&name]).poisson(mean * share);
            plans.extend((1..=count).map(|n| Plan { organiser, name: format!("{name}/{n}"), series }));
        }
        plans
    }

    /// Sets all meetings of the day: its series, or those that are none.
    fn set_all(&mut self, series: bool) -> Vec<Meeting> {
        let plans = self.plans(series);
        for plan in &plans {
            self.claim(plan.organiser);
        }
        plans.into_iter().filter_map(|plan| self.set(plan)).collect()
    }

    /// Somebody has one meeting more.
    fn claim(&mut self, index: usize) {
        if let Some(lacking) = self.lacking.get_mut(index) {
            *lacking -= 1.0;
        }
    }

    fn take(&mut self, index: usize, time: &Quarters) {
        if let Some(taken) = self.taken.get_mut(index) {
            taken.add(*time);
        }
    }

    /// Takes the time of whoever comes to a meeting, and counts it for those who were invited.
    fn hold(&mut self, meeting: &Meeting) {
        let time = Quarters::of(self.day, meeting.time);
        self.take(meeting.organiser, &time);
        for invitee in meeting.invitees.iter().filter(|invitee| invitee.response != Response::Declined) {
            self.take(invitee.index, &time);
            self.claim(invitee.index);
        }
    }

    fn is_free(&self, index: usize, time: &Quarters) -> bool {
        self.taken.get(index).is_some_and(|taken| !taken.meets(time))
    }

    /// Sets a meeting: when, who. None where its organiser has no time for it.
    fn set(&mut self, plan: Plan) -> Option<Meeting> {
        let Plan { organiser, name, series } = plan;
        let mut chance = stream(self.seed, &[&name, "set"]);
        let figures = &self.patterns.meetings;
        let length = chance.weighted(figures.lengths.iter().copied()).and_then(|n| figures.minutes.get(n).copied())?;
        let size = size(figures, self.places.len(), &mut chance);
        let (time, free) = self.time(organiser, u64::from(length) * MINUTE, &mut chance)?;
        // A series is cancelled day by day, and never as a whole.
        let cancelled = !series && stream(self.seed, &[&name, "cancelled"]).chance(figures.cancelled);
        let invitees: Vec<Invitee> = invite(free, size - 1, &mut chance)
            .into_iter()
            .map(|index| Invitee { index, response: response(figures, &mut chance) })
            .collect();
        let meeting = Meeting { series: series.then(|| name.clone()), id: name, organiser, time, invitees, cancelled };
        self.hold(&meeting);
        Some(meeting)
    }

    /// A time at which the organiser is free, on the half hour, short meetings on the quarter; with whom to invite then.
    /// Organisers look at a few times, and take the one at which most of those are free who still lack meetings.
    fn time(&self, organiser: usize, length: u64, chance: &mut Stream) -> Option<(Stretch, Vec<Weight>)> {
        let (opens, closes) = (*self.hours.get(organiser)?)?;
        let step = if length <= 15 * MINUTE { 15 * MINUTE } else { 30 * MINUTE };
        let last = closes.checked_sub(length)?;
        let times = (opens..=last).step_by(step as usize).map(|from| (from, from + length));
        let mut free: Vec<Stretch> =
            times.filter(|time| self.is_free(organiser, &Quarters::of(self.day, *time))).collect();
        chance.sample(&mut free, LOOKED_AT);
        let others = self.others(organiser);
        let here = |time: Stretch| {
            let time = Quarters::of(self.day, time);
            others.iter().copied().filter(move |(index, _)| self.is_free(*index, &time))
        };
        let sum = |time: Stretch| here(time).map(|(_, weight)| weight).sum::<f64>();
        let looked_at = free.into_iter().take(LOOKED_AT).map(|time| (time, sum(time)));
        let (time, _) = looked_at.max_by(|(_, one), (_, other)| one.total_cmp(other))?;
        Some((time, here(time).collect()))
    }

    /// Everybody else, and how likely each is invited if they are free.
    fn others(&self, organiser: usize) -> Vec<Weight> {
        let Some(own) = self.places.get(organiser) else { return Vec::new() };
        let others = self.places.iter().zip(&self.lacking).enumerate().filter(|(index, _)| *index != organiser);
        let weight = |(index, (place, lacking)): (usize, (&Place, &f64))| {
            let close =
                place.department == own.department || own.manager == Some(index) || place.manager == Some(organiser);
            let lacking = lacking.max(ENOUGH);
            (index, if close { CLOSER * lacking * lacking } else { lacking * lacking })
        };
        others.map(weight).collect()
    }
}

/// The working hours of everybody's day, each calendar's reckoned once.
fn hours(places: &[Place], day: Day) -> Vec<Option<Stretch>> {
    let mut known: Vec<(&Calendar, Option<Stretch>)> = Vec::new();
    let mut all = Vec::new();
    for Place { calendar, .. } in places {
        let told = known.iter().find(|(same, _)| *same == &**calendar).map(|(_, hours)| *hours);
        all.push(told.unwrap_or_else(|| {
            let hours = calendar.hours(day);
            known.push((calendar, hours));
            hours
        }));
    }
    all
}

/// Draws so many of those who could be invited.
fn invite(mut weights: Vec<Weight>, count: u64, chance: &mut Stream) -> Vec<usize> {
    let mut chosen = Vec::new();
    for _ in 0..count {
        let Some(place) = chance.weighted(weights.iter().map(|(_, weight)| *weight)) else { break };
        chosen.push(weights.swap_remove(place).0);
    }
    chosen
}

/// How many people a meeting has, with its organiser, of so many.
fn size(figures: &pattern::Meetings, headcount: usize, chance: &mut Stream) -> u64 {
    let class = chance.weighted(figures.sizes.iter().copied()).unwrap_or(0);
    let (least, most) = SIZES.get(class).copied().unwrap_or((2, 2));
    (least + chance.below(most - least + 1)).min(headcount as u64)
}

/// How many meetings somebody calls on a usual day, on average, of whom so many are attended; cancelled ones included.
pub fn called(figures: &pattern::Meetings, headcount: usize, attended: f64) -> f64 {
    attended / (attendance(figures, headcount) * (1.0 - figures.cancelled))
}

/// How many of so many people answer an invitation, on average.
pub fn answers(figures: &pattern::Meetings, headcount: usize) -> f64 {
    invited(figures, headcount) * (figures.accept + figures.tentative + figures.decline)
}

/// How many of so many people attend a meeting that is held, on average.
fn attendance(figures: &pattern::Meetings, headcount: usize) -> f64 {
    1.0 + invited(figures, headcount) * (1.0 - figures.decline)
}

/// How many of so many people are invited, on average.
fn invited(figures: &pattern::Meetings, headcount: usize) -> f64 {
    let total: f64 = figures.sizes.iter().sum();
    let others = |size: u64| size.min(headcount as u64) as f64 - 1.0;
    let mean = |(least, most): (u64, u64)| (least..=most).map(others).sum::<f64>() / (most - least + 1) as f64;
    figures.sizes.iter().zip(SIZES).map(|(share, sizes)| share / total * mean(sizes)).sum()
}

fn response(figures: &pattern::Meetings, chance: &mut Stream) -> Response {
    let silent = 1.0 - figures.accept - figures.tentative - figures.decline;
    let shares = [figures.accept, figures.tentative, figures.decline, silent];
    match chance.weighted(shares.into_iter()) {
        Some(0) => Response::Accepted,
        Some(1) => Response::Tentative,
        Some(2) => Response::Declined,
        _ => Response::None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use haymaker_guest::time::Days;

    use super::*;
    use crate::{config::Department, organization::tests::organization};

    const SIX: &str =
        r#", "departments": "operations: 10, engineering: 10, sales: 10, hr: 10, finance: 10, executive: 10""#;

    fn days(count: u64) -> impl Iterator<Item = Day> {
        let monday: Day = "2026-01-05".parse().unwrap();
        let days = (0..).map(move |ahead| monday.checked_add_days(Days::new(ahead)).unwrap());
        days.filter(|day| day.weekday().num_days_from_monday() < 5).take(count as usize)
    }

    fn meetings(places: &[Place], count: u64) -> Vec<Vec<Meeting>> {
        days(count).map(|day| on(7, places, &Patterns::default(), day)).collect()
    }

    /// 600 worker-days for each department, whose means have a standard error of about 2 %; and those who are hard to find
    /// free leave up to 4 % of their meetings to the others. A table that is 15 % off is found in most departments.
    #[test]
    fn each_department_attends_as_many_meetings_as_its_table_says() {
        let office = organization(SIX);
        let weeks = (0..12).flat_map(|seed| days(5).map(move |day| (seed, day)));
        let all: Vec<Vec<Meeting>> =
            weeks.map(|(seed, day)| on(seed, &office.places, &Patterns::default(), day)).collect();
        let mut off = Vec::new();
        for (n, department) in Department::ALL.into_iter().enumerate() {
            let attended = |index| all.iter().flatten().filter(|meeting| meeting.has(index)).count() as f64;
            let mean = (n * 10..n * 10 + 10).map(attended).sum::<f64>() / 600.0;
            let expected = Patterns::default().rates(department).meetings;
            if (mean / expected - 1.0).abs() > 0.10 {
                off.push(format!("{department:?}: {mean} of {expected}"));
            }
        }
        assert!(off.is_empty(), "{off:?}");
    }

    #[test]
    fn nobody_organises_or_attends_two_meetings_at_once_and_all_lie_in_working_hours() {
        let zones = "Europe/Berlin, America/Los_Angeles, Asia/Tokyo";
        let office = organization(&format!(r#"{SIX}, "time_zones": "{zones}""#));
        let all: Vec<Meeting> = meetings(&office.places, 20).into_iter().flatten().collect();
        for index in 0..60 {
            let mut taken: Vec<Stretch> =
                all.iter().filter(|meeting| meeting.has(index)).map(|meeting| meeting.time).collect();
            taken.sort_unstable();
            assert!(taken.windows(2).all(|pair| pair[0].1 <= pair[1].0), "{index}: {taken:?}");
            let own = &office.places[index];
            let at_work = |(from, until): &Stretch| {
                own.calendar
                    .hours(own.calendar.day_of(*from))
                    .is_some_and(|(opens, closes)| opens <= *from && *until <= closes)
            };
            assert!(taken.iter().all(at_work));
        }
    }

    #[test]
    fn a_series_has_the_same_people_at_the_same_time_every_week() {
        let office = organization(SIX);
        let all = meetings(&office.places, 15);
        let (mut series, mut total) = (0, 0);
        for (first, second) in (0..5).flat_map(|day| [(day, day + 5), (day + 5, day + 10)]) {
            for meeting in &all[first] {
                total += 1;
                let Some(name) = &meeting.series else { continue };
                series += 1;
                let next = all[second].iter().find(|next| next.series.as_ref() == Some(name)).unwrap();
                assert_eq!((&next.invitees, next.time.0), (&meeting.invitees, meeting.time.0 + 7 * 86_400_000));
                assert_ne!(next.id, meeting.id);
            }
        }
        let share = f64::from(series) / f64::from(total);
        assert!((share - 0.5).abs() < 0.1, "{share}");
    }

    /// Shares of lengths, sizes and answers, each within five standard errors.
    #[test]
    fn lengths_sizes_and_answers_have_their_shares() {
        let office = organization(SIX);
        let seeds = (0..20).flat_map(|seed| days(1).map(move |day| (seed, day)));
        let all: Vec<Meeting> =
            seeds.flat_map(|(seed, day)| on(seed, &office.places, &Patterns::default(), day)).collect();
        let check = |what: &str, count: usize, of: usize, share: f64| {
            let (is, n) = (count as f64 / of as f64, of as f64);
            assert!((is - share).abs() < 5.0 * (share * (1.0 - share) / n).sqrt(), "{what}: {is} of {share}");
        };
        let half_hours = all.iter().filter(|meeting| meeting.time.1 - meeting.time.0 == 30 * MINUTE).count();
        check("half hours", half_hours, all.len(), 0.50);
        let pairs = all.iter().filter(|meeting| meeting.invitees.len() == 1).count() as f64 / all.len() as f64;
        assert!(
            (0.38..0.46).contains(&pairs),
            "{pairs}: two fifths, and a few larger ones that found nobody else free"
        );
        check("cancelled", all.iter().filter(|meeting| meeting.cancelled).count(), all.len(), 0.05);
        let answers: Vec<Response> =
            all.iter().flat_map(|m| m.invitees.iter().map(|invitee| invitee.response)).collect();
        for (response, share) in [
            (Response::Accepted, 0.70),
            (Response::Tentative, 0.08),
            (Response::Declined, 0.07),
            (Response::None, 0.15),
        ] {
            check("answers", answers.iter().filter(|is| **is == response).count(), answers.len(), share);
        }
    }

    #[test]
    fn somebody_alone_keeps_appointments_with_nobody() {
        let office = organization(r#", "workers": 1, "department": "executive""#);
        let all: Vec<Meeting> = meetings(&office.places, 40).into_iter().flatten().collect();
        assert!(all.iter().all(|meeting| meeting.invitees.is_empty()));
        let mean = all.iter().filter(|meeting| meeting.has(0)).count() as f64 / 40.0;
        assert!((7.0..12.5).contains(&mean), "{mean} of ten a day, less those that found no free time");
    }

    #[test]
    fn weekends_and_holidays_have_no_meetings_and_every_meeting_a_name_of_its_own() {
        let office = organization(&format!(r#"{SIX}, "holidays": "2026-01-06""#));
        let on = |day: &str| on(7, &office.places, &Patterns::default(), day.parse().unwrap());
        assert!(on("2026-01-06").is_empty() && on("2026-01-10").is_empty());
        let meetings = on("2026-01-05");
        let ids: BTreeSet<&str> = meetings.iter().map(|meeting| meeting.id.as_str()).collect();
        assert!(!meetings.is_empty() && ids.len() == meetings.len());
    }
}
