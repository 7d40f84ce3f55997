//! What of Microsoft 365 people use.
//!
//! Each feature needs permissions of its own, listed under `features` in the manifest: fewer permissions, fewer features.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Pattern, list};

/// Something of Microsoft 365 that a worker may be ready for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Feature {
    /// Writing, reading and answering mail.
    Mail,
    /// Meetings: invitations and the answers to them.
    Calendar,
    /// Files in OneDrive and in the team's site.
    Documents,
    /// A security group and a Microsoft 365 group of each department.
    Groups,
    /// Channels and chats; in a team of the department's group.
    Teams,
}

impl Feature {
    /// All of them, in the order in which they are told.
    pub const ALL: [Feature; 5] =
        [Feature::Mail, Feature::Calendar, Feature::Documents, Feature::Groups, Feature::Teams];

    /// Its name in the config, in the manifest and in the status.
    pub fn key(self) -> &'static str {
        match self {
            Feature::Mail => "mail",
            Feature::Calendar => "calendar",
            Feature::Documents => "documents",
            Feature::Groups => "groups",
            Feature::Teams => "teams",
        }
    }

    /// Who does the tasks of this feature for a worker. What shares a mailbox goes one at a time, which is also Graph's
    /// courtesy per mailbox; a drive that is not there yet keeps nobody from writing mail.
    pub fn actor(self, worker: &str) -> String {
        match self {
            Feature::Mail | Feature::Calendar => worker.to_owned(),
            Feature::Documents | Feature::Groups | Feature::Teams => format!("{worker}.{}", self.key()),
        }
    }
}

/// Which features were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Features {
    on: BTreeSet<Feature>,
    /// Whether they were named one by one: then one that cannot be had is a refusal, not a word in the status.
    pub named: bool,
}

impl Features {
    /// What a pattern uses if nobody says: `flat` has no meetings.
    pub(super) fn usual(pattern: Pattern) -> Features {
        let on = Feature::ALL.into_iter().filter(|feature| match pattern {
            Pattern::Flat => !matches!(feature, Feature::Calendar),
            Pattern::Office => true,
        });
        Features { on: on.collect(), named: false }
    }

    /// The same without Teams.
    ///
    /// # Errors
    /// For people, when Teams was named.
    pub(super) fn without_teams(mut self) -> Result<Features, String> {
        if self.on.remove(&Feature::Teams) && self.named {
            return Err("`features` names teams; leave one of the two out".to_owned());
        }
        Ok(self)
    }

    /// Those of people who are adopted and whom nobody signs in: they are put into groups only where somebody says so.
    ///
    /// # Errors
    /// For people, when Teams was named.
    pub(super) fn of_adopted(self) -> Result<Features, String> {
        let silent =
            "nobody signs adopted people in, and `features` names teams; write device-code, or leave teams out";
        let mut features = self.without_teams().map_err(|_| silent.to_owned())?;
        if !features.named {
            features.on.remove(&Feature::Groups);
        }
        Ok(features)
    }

    /// The same without the calendar: what is in the calendars of adopted people is not taken out of them again, so nothing
    /// is put there.
    ///
    /// # Errors
    /// For people, when the calendar was named.
    pub(super) fn beside_calendars(mut self) -> Result<Features, String> {
        if self.on.remove(&Feature::Calendar) && self.named {
            return Err("the calendars of adopted people are left alone; leave calendar out".to_owned());
        }
        Ok(self)
    }

    /// Whether it was asked for.
    pub fn has(&self, feature: Feature) -> bool {
        self.on.contains(&feature)
    }

    /// All that were asked for, in order.
    pub fn iter(&self) -> impl Iterator<Item = Feature> {
        self.on.iter().copied()
    }

    /// Reads a list of names, or `auto`.
    ///
    /// # Errors
    /// What is wrong with it, for people.
    pub(super) fn read(text: &str, pattern: Pattern) -> Result<Features, String> {
        if text.trim() == "auto" {
            return Ok(Features::usual(pattern));
        }
        let named = list::names(text, |name| Feature::ALL.into_iter().find(|feature| feature.key() == name));
        let named = named.map_err(|unknown| {
            format!("no feature: {unknown}; write `auto`, or some of {}", Feature::ALL.map(Feature::key).join(", "))
        })?;
        let mut on: BTreeSet<Feature> = named.into_iter().collect();
        if on.contains(&Feature::Teams) {
            // A team is a group's.
            on.insert(Feature::Groups);
        }
        Ok(Features { on, named: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_named_or_those_of_the_pattern() {
        let read = |text| Features::read(text, Pattern::Flat).map(|features| features.iter().collect::<Vec<_>>());
        assert_eq!(read("mail, calendar"), Ok(vec![Feature::Mail, Feature::Calendar]));
        assert_eq!(read("teams"), Ok(vec![Feature::Groups, Feature::Teams]));
        assert!(!Features::read("auto", Pattern::Flat).unwrap().has(Feature::Calendar));
        assert!(Features::read("auto", Pattern::Office).unwrap().has(Feature::Calendar));
        assert!(read("mial").unwrap_err().contains("documents"));
    }

    #[test]
    fn only_what_shares_a_mailbox_waits_for_one_another() {
        assert_eq!(Feature::Calendar.actor("w01"), Feature::Mail.actor("w01"));
        assert_eq!(Feature::Documents.actor("w01"), "w01.documents");
    }
}
