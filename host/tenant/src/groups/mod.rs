//! Groups: of people, with a mailbox and a site if they are Microsoft 365 groups.
//!
//! A group is found by id, or by the `uniqueName` that its maker chose: that is how one can make a group without ever
//! making it twice.

#[allow(clippy::module_inception, reason = "the operations on groups, beside those on their members")]
pub(crate) mod groups;
pub(crate) mod members;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::directory::RETENTION;
use crate::directory::relations::typed;
use crate::odata::collection::merged;
use crate::settings::Settings;
use crate::time;

/// A group.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) id: Uuid,
    /// What was set of its properties, by Graph's names.
    pub(crate) properties: Map<String, Value>,
    pub(crate) members: Vec<Uuid>,
    pub(crate) owners: Vec<Uuid>,
    pub(crate) created: u64,
    pub(crate) deleted: Option<u64>,
    /// Whether it is a team too.
    pub(crate) team: bool,
}

impl Group {
    pub(crate) fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether it is a Microsoft 365 group.
    pub(crate) fn unified(&self) -> bool {
        let kinds = self.properties.get("groupTypes").and_then(Value::as_array);
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| kind == "Unified"))
    }

    /// As Graph shows it.
    pub(crate) fn render(&self) -> Value {
        let base = json!({
            "id": self.id,
            "deletedDateTime": self.deleted.map(time::seconds),
            "classification": null,
            "createdDateTime": time::seconds(self.created),
            "description": null,
            "displayName": null,
            "expirationDateTime": null,
            "groupTypes": [],
            "isAssignableToRole": null,
            "mail": null,
            "mailEnabled": false,
            "mailNickname": null,
            "membershipRule": null,
            "membershipRuleProcessingState": null,
            "onPremisesLastSyncDateTime": null,
            "onPremisesSecurityIdentifier": null,
            "onPremisesSyncEnabled": null,
            "preferredDataLocation": null,
            "preferredLanguage": null,
            "proxyAddresses": [],
            "renewedDateTime": time::seconds(self.created),
            "resourceBehaviorOptions": [],
            "resourceProvisioningOptions": if self.team { json!(["Team"]) } else { json!([]) },
            "securityEnabled": true,
            "securityIdentifier": security_identifier(self.id),
            "theme": null,
            "uniqueName": null,
            "visibility": if self.unified() { json!("Public") } else { Value::Null },
        });
        merged(base, &self.properties)
    }

    /// Among objects of several types.
    pub(crate) fn object(&self) -> Value {
        typed(self.render(), "group")
    }
}

/// `S-1-12-1-` and the id as four numbers, as Entra makes it.
fn security_identifier(id: Uuid) -> String {
    let (first, second, third, rest) = id.as_fields();
    let second = u32::from(second) | u32::from(third) << 16;
    let (one, two) = rest.split_at(4);
    let number = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |sum, byte| sum << 8 | u32::from(*byte));
    format!("S-1-12-1-{first}-{second}-{}-{}", number(one), number(two))
}

/// All groups, the deleted too.
#[derive(Default)]
pub(crate) struct Groups {
    live: BTreeMap<Uuid, Group>,
    deleted: BTreeMap<Uuid, Group>,
    /// Ids of live groups by unique name.
    unique: BTreeMap<String, Uuid>,
}

impl Groups {
    pub(crate) fn insert(&mut self, group: Group) {
        let name = group.text("uniqueName");
        if !name.is_empty() {
            self.unique.insert(name.to_owned(), group.id);
        }
        self.live.insert(group.id, group);
    }

    pub(crate) fn get(&self, id: Uuid) -> Option<&Group> {
        self.live.get(&id)
    }

    pub(crate) fn get_mut(&mut self, id: Uuid) -> Option<&mut Group> {
        self.live.get_mut(&id)
    }

    pub(crate) fn named(&self, unique: &str) -> Option<&Group> {
        self.unique.get(unique).and_then(|id| self.live.get(id))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Group> {
        self.live.values()
    }

    /// The group of a key in a path: an id, or `uniqueName='x'`, once it has spread to where it is asked for.
    pub(crate) fn find(&self, key: &str, settings: &Settings, now: u64) -> Option<&Group> {
        let delay = time::ms(settings.delays.replication);
        let found = match unique_name(key) {
            Some(name) => self.named(&name),
            None => Uuid::try_parse(key).ok().and_then(|id| self.get(id)),
        };
        found.filter(|group| delay == 0 || now >= group.created.saturating_add(delay))
    }

    /// Moves a group into the recycle bin.
    pub(crate) fn delete(&mut self, id: Uuid, now: u64) {
        if let Some(mut group) = self.live.remove(&id) {
            self.unique.remove(group.text("uniqueName"));
            group.deleted = Some(now);
            self.deleted.insert(id, group);
        }
    }

    pub(crate) fn restore(&mut self, id: Uuid) {
        if let Some(mut group) = self.deleted.remove(&id) {
            group.deleted = None;
            self.insert(group);
        }
    }

    pub(crate) fn purge(&mut self, id: Uuid) {
        self.deleted.remove(&id);
    }

    /// Groups in the recycle bin that can still be brought back.
    pub(crate) fn deleted(&self, now: u64) -> impl Iterator<Item = &Group> {
        self.deleted.values().filter(move |group| group.deleted.is_some_and(|at| now < at.saturating_add(RETENTION)))
    }

    /// A group that was deleted, whether or not it can still be brought back.
    pub(crate) fn gone(&self, id: Uuid) -> Option<&Group> {
        self.deleted.get(&id)
    }

    pub(crate) fn find_deleted(&self, id: &str, now: u64) -> Option<&Group> {
        let id = Uuid::try_parse(id).ok()?;
        self.deleted(now).find(|group| group.id == id)
    }
}

/// The unique name in a key such as `uniqueName='x'`.
pub(crate) fn unique_name(key: &str) -> Option<String> {
    let (property, value) = key.split_once('=')?;
    let value = value.strip_prefix('\'')?.strip_suffix('\'')?;
    property.eq_ignore_ascii_case("uniqueName").then(|| value.replace("''", "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unique_name_is_read_from_a_key() {
        assert_eq!(unique_name("uniqueName='it''s'").as_deref(), Some("it's"));
        assert_eq!(unique_name("id='x'"), None);
    }

    #[test]
    fn a_security_identifier_is_the_id_in_four_numbers() {
        // The example of a published conversion.
        let id = Uuid::try_parse("73d664e4-0886-4a73-b745-c694da45ddb4").unwrap();
        assert_eq!(security_identifier(id), "S-1-12-1-1943430372-1249052806-2496021943-3034400218");
    }
}
