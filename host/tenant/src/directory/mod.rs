//! The directory: users, licences, domains.
//!
//! Users live in two sets of one kind, the live and the soft-deleted. A set answers by id, and by the few properties
//! that clients look people up by, without walking over everybody: a look-up costs the same among ten people and among
//! ten thousand.

pub(crate) mod deleted;
pub(crate) mod licences;
mod listing;
pub(crate) mod organization;
pub(crate) mod properties;
pub(crate) mod relations;
pub(crate) mod units;
pub(crate) mod users;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;

use serde_json::{Map, Value};
use uuid::Uuid;

use crate::odata::filter::Filter;
use crate::settings::Settings;
use crate::time::DAY;
use licences::Sku;

/// How long a deleted user can be brought back, as Entra documents it.
pub(crate) const RETENTION: u64 = 30 * DAY;

/// One person.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: Uuid,
    /// What was set of its properties, by Graph's names. Never a password.
    pub(crate) properties: Map<String, Value>,
    /// Ids of the SKUs that are assigned to it.
    pub(crate) licences: Vec<Uuid>,
    pub(crate) created: u64,
    pub(crate) deleted: Option<u64>,
    /// When it got the licence that gives it a mailbox.
    pub(crate) mailbox_since: Option<u64>,
    /// Whether it lived here before anybody came.
    pub(crate) bystander: bool,
}

impl User {
    /// A text property, empty where it is not set.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn principal_name(&self) -> &str {
        self.text("userPrincipalName")
    }
}

/// The properties that can be looked up, besides the id.
const INDEXED: [&str; 3] = ["userPrincipalName", "mail", "employeeType"];

/// For whom a filter can hold at all.
enum Narrowed<'s> {
    /// For those who share a value, if anybody has it.
    Sharing(Option<&'s BTreeSet<Uuid>>),
    Among(BTreeSet<Uuid>),
}

/// A set of users with its indexes.
#[derive(Default)]
pub(crate) struct Users {
    by_id: BTreeMap<Uuid, User>,
    /// Ids by property and by its value in lower case.
    index: HashMap<(&'static str, String), BTreeSet<Uuid>>,
}

impl Users {
    pub(crate) fn insert(&mut self, user: User) {
        for name in INDEXED {
            let value = user.text(name);
            if !value.is_empty() {
                self.index.entry((name, value.to_lowercase())).or_default().insert(user.id);
            }
        }
        self.by_id.insert(user.id, user);
    }

    pub(crate) fn remove(&mut self, id: Uuid) -> Option<User> {
        let user = self.by_id.remove(&id)?;
        for name in INDEXED {
            let key = (name, user.text(name).to_lowercase());
            if let Some(ids) = self.index.get_mut(&key) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.index.remove(&key);
                }
            }
        }
        Some(user)
    }

    /// Changes a user in place, keeping the indexes true.
    pub(crate) fn change(&mut self, id: Uuid, change: impl FnOnce(&mut User)) {
        if let Some(mut user) = self.remove(id) {
            change(&mut user);
            self.insert(user);
        }
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&User> {
        self.by_id.get(&id)
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_id.values()
    }

    /// Those whose indexed property has this value.
    pub(crate) fn having(&self, property: &'static str, value: &str) -> impl Iterator<Item = &User> {
        let ids = self.index.get(&(property, value.to_lowercase()));
        ids.into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// By id or by user principal name, as in Graph's paths.
    pub(crate) fn find(&self, key: &str) -> Option<&User> {
        match Uuid::try_parse(key) {
            Ok(id) => self.by_id.get(&id),
            Err(_) => self.having("userPrincipalName", key).next(),
        }
    }

    /// By a mail address.
    pub(crate) fn addressed(&self, address: &str) -> Option<&User> {
        self.having("mail", address).next().or_else(|| self.having("userPrincipalName", address).next())
    }

    /// Everybody for whom the filter can hold at all, in the order of ids, from behind `after` on.
    pub(crate) fn candidates<'s>(
        &'s self,
        filter: Option<&Filter>,
        after: Option<Uuid>,
    ) -> Box<dyn Iterator<Item = &'s User> + 's> {
        let behind = (after.map_or(Bound::Unbounded, Bound::Excluded), Bound::Unbounded);
        match filter.and_then(|filter| self.narrowed(filter)) {
            None => Box::new(self.by_id.range(behind).map(|(_, user)| user)),
            // A page of all who share one value costs the page, however many they are.
            Some(Narrowed::Sharing(ids)) => {
                Box::new(ids.into_iter().flat_map(move |ids| ids.range(behind)).filter_map(|id| self.by_id.get(id)))
            }
            Some(Narrowed::Among(ids)) => {
                let ids = ids.into_iter().filter(move |id| after.is_none_or(|after| *id > after));
                Box::new(ids.filter_map(|id| self.by_id.get(&id)))
            }
        }
    }

    fn narrowed(&self, filter: &Filter) -> Option<Narrowed<'_>> {
        if let Some(ids) = filter.required("id") {
            return Some(Narrowed::Among(ids.iter().filter_map(|id| Uuid::try_parse(id).ok()).collect()));
        }
        INDEXED.iter().find_map(|name| {
            let values = filter.required(name)?;
            let sharing = |value: &str| self.index.get(&(*name, value.to_lowercase()));
            Some(match values.as_slice() {
                [value] => Narrowed::Sharing(sharing(value)),
                values => {
                    Narrowed::Among(values.iter().filter_map(|value| sharing(value)).flatten().copied().collect())
                }
            })
        })
    }
}

/// The whole directory.
pub(crate) struct Directory {
    pub(crate) live: Users,
    pub(crate) deleted: Users,
    /// The `employeeType` of everybody who is gone for good: what they leave behind (a OneDrive outlives its user) can
    /// still be said to be theirs.
    pub(crate) purged: BTreeMap<Uuid, String>,
    pub(crate) skus: Vec<Sku>,
    /// Whose manager is who.
    pub(crate) managers: BTreeMap<Uuid, Uuid>,
    pub(crate) units: units::Units,
}

impl Directory {
    pub(crate) fn new(settings: &Settings, seed: &crate::ids::Seed) -> Directory {
        Directory {
            live: Users::default(),
            deleted: Users::default(),
            purged: BTreeMap::new(),
            skus: licences::purchased(settings, seed),
            managers: BTreeMap::new(),
            units: units::Units::default(),
        }
    }

    /// A live user that has spread to where it is asked for.
    pub(crate) fn find(&self, key: &str, settings: &Settings, now: u64) -> Option<&User> {
        let delay = crate::time::ms(settings.delays.replication);
        self.live.find(key).filter(|user| delay == 0 || now >= user.created.saturating_add(delay))
    }

    /// A soft-deleted user within its thirty days.
    pub(crate) fn find_deleted(&self, id: &str, now: u64) -> Option<&User> {
        self.deleted.get(Uuid::try_parse(id).ok()?).filter(|user| recoverable(user, now))
    }
}

/// Whether a deleted user can still be brought back.
pub(crate) fn recoverable(user: &User, now: u64) -> bool {
    user.deleted.is_some_and(|deleted| now < deleted.saturating_add(RETENTION))
}
