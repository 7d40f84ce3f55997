//! How many people work where: departments, and time zones.
//!
//! A config's values are single texts (the host's schema knows no maps), so both are written as lists of `name: count`.

use std::str::FromStr;

use super::{Department, list};
use crate::zone::Zone;

/// How many a deployment may have: a plan of 15 minutes then stays within what one plan may hold.
pub const MOST_WORKERS: u32 = 300;

/// Names with their counts; without counts where none is given.
fn counted<T>(text: &str, read: impl Fn(&str) -> Result<T, String>) -> Result<Vec<(T, Option<u32>)>, String> {
    let entry = |entry: &str| {
        let (name, count) = match entry.split_once(':') {
            Some((name, count)) => (name.trim(), Some(count.trim())),
            None => (entry.trim(), None),
        };
        let number = |count: &str| match count.parse::<u32>() {
            Ok(count) if (1..=MOST_WORKERS).contains(&count) => Ok(count),
            _ => Err(format!("`{count}` people of {name}; write a whole number from 1 to {MOST_WORKERS}")),
        };
        Ok((read(name)?, count.map(number).transpose()?))
    };
    list::each(text, entry).map_err(|wrong| wrong.join("; "))
}

fn no_twin<T: PartialEq>(entries: &[(T, Option<u32>)]) -> bool {
    entries.iter().enumerate().all(|(n, (one, _))| entries.iter().take(n).all(|(other, _)| one != other))
}

/// Reads `sales: 10, engineering: 15`.
///
/// # Errors
/// What is wrong with it, for people.
pub(super) fn departments(text: &str) -> Result<Vec<(Department, u32)>, String> {
    let known = || Department::ALL.map(Department::key).join(", ");
    let department =
        |name: &str| Department::of_key(name).ok_or_else(|| format!("`{name}` is no department; they are {}", known()));
    let entries = counted(text, department)?;
    if !no_twin(&entries) {
        return Err("a department stands there twice; write it once with the sum".to_owned());
    }
    let count = |(department, count): (Department, Option<u32>)| {
        let missing = || format!("how many people of {0}? Write `{0}: 10`", department.key());
        Ok((department, count.ok_or_else(missing)?))
    };
    entries.into_iter().map(count).collect()
}

/// The shares of time zones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones(Vec<(Zone, u32)>);

impl Default for Zones {
    fn default() -> Zones {
        Zones(vec![(Zone::UTC, 1)])
    }
}

impl Zones {
    /// Reads `Europe/Berlin: 10, America/New_York: 15`, or the names alone for equal shares, for so many workers if that is
    /// known.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn read(text: &str, workers: Option<u32>) -> Result<Zones, String> {
        let entries = counted(text, Zone::from_str)?;
        if !no_twin(&entries) {
            return Err("a time zone stands there twice; write it once with the sum".to_owned());
        }
        let given = entries.iter().filter(|(_, count)| count.is_some()).count();
        if given != 0 && given != entries.len() {
            return Err("some zones have a number of people and some have none; write all numbers or none".to_owned());
        }
        let sum: u32 = entries.iter().filter_map(|(_, count)| *count).sum();
        if let Some(workers) = workers.filter(|workers| given != 0 && sum != *workers) {
            return Err(format!("the zones have {sum} people, and the deployment {workers}; make the numbers agree"));
        }
        Ok(Zones(entries.into_iter().map(|(zone, count)| (zone, count.unwrap_or(1))).collect()))
    }

    /// The zones of the first `count` workers. Zones are dealt out in turn, each as often as its share says, so that
    /// every department has people in all of them.
    pub fn deal(&self, count: u32) -> Vec<Zone> {
        let total: u32 = self.0.iter().map(|(_, share)| share).sum();
        let mut dealt = vec![0_u32; self.0.len()];
        let mut zones = Vec::new();
        for turn in 1..=count {
            // Whoever is furthest behind its share; of several, the first.
            let behind = |share: u32, dealt: u32| i64::from(share * turn) - i64::from(dealt * total);
            let mut next: Option<(i64, Zone, &mut u32)> = None;
            for ((zone, share), dealt) in self.0.iter().zip(&mut dealt) {
                let behind = behind(*share, *dealt);
                if next.as_ref().is_none_or(|(most, ..)| behind > *most) {
                    next = Some((behind, *zone, dealt));
                }
            }
            if let Some((_, zone, dealt)) = next {
                *dealt += 1;
                zones.push(zone);
            }
        }
        zones
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departments_are_counted_by_name() {
        let read = departments("sales: 10,engineering:15").unwrap();
        assert_eq!(read, [(Department::Sales, 10), (Department::Engineering, 15)]);
        for (text, says) in [
            ("sales", "how many people of sales? Write `sales: 10`"),
            ("sals: 3", "`sals` is no department; they are operations"),
            ("sales: 0", "write a whole number from 1 to 300"),
            ("sales: ten", "`ten` people of sales"),
            ("sales: 1, sales: 2", "twice"),
            ("", "`` is no department"),
        ] {
            let said = departments(text).unwrap_err();
            assert!(said.contains(says), "{text}: {said}");
        }
    }

    #[test]
    fn zones_get_their_numbers_and_every_stretch_of_workers_has_all_of_them() {
        let zones = Zones::read("Europe/Berlin: 10, America/New_York: 15", Some(25)).unwrap();
        let dealt = zones.deal(25);
        let berlin = |zones: &[Zone]| zones.iter().filter(|zone| zone.name() == "Europe/Berlin").count();
        assert_eq!((dealt.len(), berlin(&dealt)), (25, 10));
        for few in dealt.chunks(5) {
            assert_eq!(berlin(few), 2);
        }
        let equal = Zones::read("Europe/Berlin,America/New_York", Some(7)).unwrap().deal(7);
        assert_eq!(berlin(&equal), 4);
        assert_eq!(Zones::default().deal(2), [Zone::UTC, Zone::UTC]);
    }

    #[test]
    fn zones_that_contradict_the_number_of_workers_are_refused() {
        for (text, says) in [
            ("Europe/Berlin: 3", "the zones have 3 people, and the deployment 25"),
            ("Europe/Berlin: 3, America/New_York", "all numbers or none"),
            ("Mars", "IANA"),
            ("UTC, UTC", "twice"),
        ] {
            let said = Zones::read(text, Some(25)).unwrap_err();
            assert!(said.contains(says), "{text}: {said}");
        }
    }
}
