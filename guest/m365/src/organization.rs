//! The organization: in which department somebody is, who leads whom, and on which clock they work.
//!
//! Departments are filled one after the other, in the order of the workers' numbers; within one, each leads at most
//! eight others, counted through from the first. So whoever joins the last department changes no place but their own.

use std::rc::Rc;

use crate::{
    calendar::Calendar,
    config::{Config, Department},
    pattern::Patterns,
    people::{Person, Rank, people},
    zone::Zone,
};

/// How many people one leads directly; an assumption (spans of control in published surveys go from 5 to 15).
const TEAM: usize = 8;

/// A worker's place.
#[derive(Clone, Debug)]
pub struct Place {
    /// The department.
    pub department: Department,
    /// When they work.
    pub calendar: Rc<Calendar>,
    /// Whom they report to, as an index into the people; none for who leads all.
    pub manager: Option<usize>,
}

/// Everybody with their places, and the distinct calendars among those.
pub(crate) struct Organization {
    pub(crate) people: Vec<Person>,
    pub(crate) places: Vec<Place>,
    pub(crate) calendars: Vec<Rc<Calendar>>,
}

impl Organization {
    /// The organization that a config describes.
    pub(crate) fn of(seed: u64, config: &Config, patterns: &Patterns) -> Organization {
        let mut people = people(seed, config.workers());
        let mut calendars: Vec<Rc<Calendar>> = Vec::new();
        let mut calendar = |zone: Zone| -> Rc<Calendar> {
            if let Some(known) = calendars.iter().find(|calendar| calendar.zone == zone) {
                return Rc::clone(known);
            }
            let new = Rc::new(patterns.calendar(config, zone));
            calendars.push(Rc::clone(&new));
            new
        };
        let mut zones = config.time_zones.deal(config.workers()).into_iter();
        let top = top(&config.departments);
        let mut places = Vec::new();
        let mut first = 0;
        for (department, count) in &config.departments {
            let count = *count as usize;
            for (n, person) in people.iter_mut().skip(first).take(count).enumerate() {
                person.rank = match n {
                    0 => Rank::Head,
                    _ if n * TEAM + 1 < count => Rank::Lead,
                    _ => Rank::Staff,
                };
                let manager = match n {
                    0 => top.filter(|top| *top != first),
                    _ => Some(first + (n - 1) / TEAM),
                };
                let calendar = calendar(zones.next().unwrap_or(Zone::UTC));
                places.push(Place { department: *department, calendar, manager });
            }
            first += count;
        }
        Organization { people, places, calendars }
    }
}

/// Who leads all: the executives' head, where there are executives.
fn top(departments: &[(Department, u32)]) -> Option<usize> {
    let executives = departments.iter().position(|(department, _)| *department == Department::Executive)?;
    Some(departments.iter().take(executives).map(|(_, count)| *count as usize).sum())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn organization(more: &str) -> Organization {
        let text = format!(r#"{{"pattern": "office", "license": "E5", "usage_location": "US"{more}}}"#);
        Organization::of(7, &Config::read(&text).unwrap(), &Patterns::default())
    }

    #[test]
    fn every_department_has_a_head_who_reports_to_the_chief_executive() {
        let office = organization(r#", "departments": "sales: 20, executive: 3, hr: 2""#);
        let titles: Vec<&str> =
            office.people.iter().zip(&office.places).map(|(person, place)| person.title(7, place.department)).collect();
        assert_eq!(
            (titles[0], titles[20], titles[23]),
            ("Head of Sales", "Chief Executive Officer", "Head of Human Resources")
        );
        assert_eq!((titles[1], titles[2]), ("Sales Team Lead", "Sales Team Lead"));
        assert_eq!([0, 20, 23].map(|head| office.places[head].manager), [Some(20), None, Some(20)]);
    }

    #[test]
    fn everybody_else_has_a_manager_of_their_own_department_with_a_small_team() {
        let office = organization(r#", "departments": "sales: 150, engineering: 150""#);
        let mut reports = vec![0; 300];
        for (n, place) in office.places.iter().enumerate().filter(|(n, _)| n % 150 != 0) {
            let manager = place.manager.unwrap();
            assert!(manager < n && office.places[manager].department == place.department);
            reports[manager] += 1;
        }
        assert!(reports.iter().all(|count| *count <= TEAM));
        for (person, reports) in office.people.iter().zip(reports) {
            assert_eq!(reports > 0, person.rank != Rank::Staff, "{}", person.worker);
        }
    }

    #[test]
    fn whoever_joins_last_changes_nobody_elses_place() {
        let (few, more) = (organization(r#", "workers": 30"#), organization(r#", "workers": 31"#));
        for (one, other) in few.places.iter().zip(&more.places) {
            assert_eq!((one.department, one.manager), (other.department, other.manager));
        }
    }

    #[test]
    fn colleagues_in_one_zone_share_a_calendar() {
        let office = organization(r#", "time_zones": "Europe/Berlin, Asia/Tokyo""#);
        assert_eq!(office.calendars.len(), 2);
        assert_eq!(office.places[2].calendar.zone.name(), "Europe/Berlin");
    }
}
