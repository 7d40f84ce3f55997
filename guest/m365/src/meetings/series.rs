//! Weekly series: drawn once for ever, and held on each of their weekdays.
//!
//! A series is drawn in a week that is fixed for all time. Were it drawn in the week in which it is held, it would lose
//! some of its people when the clocks of one zone change before those of another. So it keeps them: it stays at its hour
//! on the organiser's clock, and for a few weeks others come an hour earlier or later, as such people do.

use std::rc::Rc;

use haymaker_guest::{
    chance::stream,
    time::{Datelike, Day, Days, Weekday},
};

use super::{Board, Meeting};
use crate::{calendar::Calendar, organization::Place, pattern::Patterns, schedule::Stretch};

/// The Monday of the week in which series are drawn: a winter's, in which every zone has its usual time.
const REFERENCE: Option<Day> = Day::from_ymd_opt(2024, 1, 22);

/// A weekly series.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// How it is held in the week of the draw, or on any of its days; under the series' name.
    model: Meeting,
}

/// All series of a weekday.
pub fn series(seed: u64, places: &[Place], patterns: &Patterns, weekday: Weekday) -> Vec<Series> {
    let ahead = Days::new(u64::from(weekday.num_days_from_monday()));
    let Some(day) = REFERENCE.and_then(|monday| monday.checked_add_days(ahead)) else { return Vec::new() };
    // Holidays are the run's, and not the draw's.
    let everyday = |place: &Place| Place {
        calendar: Rc::new(Calendar { holidays: Rc::default(), ..(*place.calendar).clone() }),
        ..place.clone()
    };
    let places: Vec<Place> = places.iter().map(everyday).collect();
    let models = Board::of(seed, &places, patterns, day).set_all(true);
    models.into_iter().map(|model| Series { model }).collect()
}

impl Series {
    /// The series that a meeting belongs to.
    pub fn of(meeting: &Meeting) -> Option<Series> {
        let id = meeting.series.clone()?;
        Some(Series { model: Meeting { id, ..meeting.clone() } })
    }

    /// Its name, which is that of its event.
    pub fn name(&self) -> &str {
        &self.model.id
    }

    /// Who invites, as an index into the people.
    pub fn organiser(&self) -> usize {
        self.model.organiser
    }

    /// Whether it is held on this day of the week.
    pub fn is_on(&self, day: Day) -> bool {
        self.name().split('/').nth(2) == Some(day.weekday().to_string().as_str())
    }

    /// When it is held on a day, on the organiser's clock.
    pub fn time_on(&self, organiser: &Calendar, day: Day) -> Stretch {
        let (from, until) = self.model.time;
        let begins = organiser.zone.moment(day, organiser.zone.time_of(from));
        (begins, begins + (until - from))
    }

    /// How it is held on a day.
    pub fn instance(&self, seed: u64, patterns: &Patterns, organiser: &Calendar, day: Day) -> Meeting {
        let id = format!("{}/{day}", self.name());
        let cancelled = stream(seed, &[&id, "cancelled"]).chance(patterns.meetings.cancelled);
        Meeting { id, time: self.time_on(organiser, day), cancelled, ..self.model.clone() }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use haymaker_guest::time::HOUR;

    use super::*;
    use crate::{meetings::on, organization::tests::organization};

    /// The whole year has the weeks in which the clocks of Berlin and New York are five hours apart instead of six.
    #[test]
    fn a_series_keeps_its_people_and_its_hour_through_a_year_in_which_clocks_change() {
        let office = organization(
            r#", "departments": "sales: 12, hr: 6", "time_zones": "Europe/Berlin, America/New_York, Asia/Tokyo""#,
        );
        let patterns = Patterns::default();
        let monday: Day = "2026-01-05".parse().unwrap();
        let mut seen = 0;
        for series in series(7, &office.places, &patterns, Weekday::Mon) {
            let organiser = &office.places[series.organiser()].calendar;
            let mut hours = BTreeSet::new();
            for day in (0..52).map(|week| monday.checked_add_days(Days::new(7 * week)).unwrap()) {
                let all = on(7, &office.places, &patterns, day);
                let held = all.iter().find(|meeting| meeting.series.as_deref() == Some(series.name())).unwrap();
                assert_eq!(held, &series.instance(7, &patterns, organiser, day));
                assert_eq!(held.invitees, series.model.invitees);
                assert_eq!(Series::of(held).unwrap().instance(7, &patterns, organiser, day), *held);
                assert!(series.is_on(day) && organiser.day_of(held.time.0) == day);
                hours.insert(organiser.zone.time_of(held.time.0));
                seen += 1;
            }
            assert_eq!(hours.len(), 1, "{}: {hours:?}", series.name());
            assert!(hours.iter().all(|hour| (8 * HOUR..17 * HOUR).contains(hour)));
        }
        assert!(seen > 52 * 5, "{seen}");
    }

    #[test]
    fn a_series_is_not_held_on_a_holiday_and_goes_on_afterwards() {
        let office = organization(r#", "workers": 12, "holidays": "2026-01-12, 2024-01-22""#);
        let held = |day: &str| {
            let all = on(7, &office.places, &Patterns::default(), day.parse().unwrap());
            all.into_iter().filter_map(|meeting| meeting.series).collect::<Vec<_>>()
        };
        assert!(held("2026-01-12").is_empty());
        assert!(!held("2026-01-05").is_empty());
        assert_eq!(held("2026-01-05"), held("2026-01-19"));
    }
}
