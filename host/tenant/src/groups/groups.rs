//! The operations on groups.

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{Group, unique_name};
use crate::audit::{self, Target};
use crate::directory::relations::referred;
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Actor, Call, Reply};
use crate::ids;
use crate::odata::{Catalog, Filterable, Kind, Property, TEXTS, collection};
use crate::tenant::State;
use crate::time;

/// How many members or owners one request may add, as documented.
const MOST_REFERENCES: usize = 20;

static GROUP: Fields = Fields {
    name: "group",
    fields: &[
        ("displayName", Shape::Text),
        ("description", Shape::Text),
        ("mailEnabled", Shape::Bool),
        ("mailNickname", Shape::Text),
        ("securityEnabled", Shape::Bool),
        ("groupTypes", shape::TEXTS),
        ("visibility", Shape::Word(&["Public", "Private", "HiddenMembership"])),
        ("classification", Shape::Text),
        ("uniqueName", Shape::Text),
        ("isAssignableToRole", Shape::Bool),
        ("preferredDataLocation", Shape::Text),
        ("preferredLanguage", Shape::Text),
        ("theme", Shape::Text),
        ("resourceBehaviorOptions", shape::TEXTS),
        ("membershipRule", Shape::Text),
        ("membershipRuleProcessingState", Shape::Text),
    ],
};

const fn property(name: &'static str, kind: Kind, filter: Filterable) -> Property {
    Property { name, kind, filter, usual: true }
}

/// What can be asked of groups.
pub(crate) const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.group",
    directory: true,
    properties: &[
        property("id", Kind::Text, Filterable::Equal),
        property("displayName", Kind::Text, Filterable::Full),
        property("description", Kind::Text, Filterable::Full),
        property("mail", Kind::Text, Filterable::Full),
        property("mailNickname", Kind::Text, Filterable::Full),
        property("mailEnabled", Kind::Bool, Filterable::Equal),
        property("securityEnabled", Kind::Bool, Filterable::Equal),
        property("uniqueName", Kind::Text, Filterable::Full),
        property("visibility", Kind::Text, Filterable::No),
        property("createdDateTime", Kind::Time, Filterable::Full),
        property("deletedDateTime", Kind::Time, Filterable::Full),
        property("renewedDateTime", Kind::Time, Filterable::Full),
        property("groupTypes", TEXTS, Filterable::Equal),
        property("resourceProvisioningOptions", TEXTS, Filterable::Equal),
        property("resourceBehaviorOptions", Kind::Other, Filterable::No),
        property("proxyAddresses", TEXTS, Filterable::Equal),
        property("classification", Kind::Text, Filterable::Equal),
        property("securityIdentifier", Kind::Text, Filterable::Equal),
        property("isAssignableToRole", Kind::Bool, Filterable::Equal),
        property("preferredDataLocation", Kind::Text, Filterable::Equal),
        property("preferredLanguage", Kind::Text, Filterable::Equal),
        property("theme", Kind::Text, Filterable::No),
        property("membershipRule", Kind::Text, Filterable::Full),
    ],
};

/// The group that the path names.
pub(crate) fn found<'s>(call: &Call<'_>, state: &'s State) -> Result<&'s Group, Fault> {
    let key = call.of("group-id");
    state.groups.find(key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(key))
}

/// A page of these groups.
pub(crate) fn page<'g>(call: &Call<'_>, groups: impl Iterator<Item = &'g Group>) -> Result<Reply, Fault> {
    collection::page(call, "groups", &CATALOG, groups.map(Group::render).collect(), (100, 999))
}

/// Lists lag behind what is found by id.
fn listed<'s>(call: &Call<'_>, state: &'s State) -> impl Iterator<Item = &'s Group> + use<'s> {
    let (delay, now) = (time::ms(call.settings.delays.listing), call.now);
    state.groups.iter().filter(move |group| delay == 0 || now >= group.created.saturating_add(delay))
}

/// `GET /groups`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    page(call, listed(call, state))
}

/// `GET /groups/$count`.
pub(crate) fn count(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    if !call.advanced {
        return Err(Fault::directory("$count is not currently supported."));
    }
    let groups = collection::filtered(call, &CATALOG, listed(call, state).map(Group::render).collect())?;
    Ok(Reply::text(groups.len().to_string()))
}

/// `GET /groups/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    CATALOG.selection(&call.options)?;
    Ok(call.entity("groups", found(call, state)?.render(), StatusCode::OK))
}

/// `POST /groups`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let group = made(call, state, None)?;
    let reply = call.entity("groups", group.render(), StatusCode::CREATED);
    tell_made(call, state, &group);
    let location = format!("{}/directoryObjects/{}/Microsoft.DirectoryServices.Group", call.base, group.id);
    state.groups.insert(group);
    Ok(reply.with(header::LOCATION, location))
}

/// Says for the logs that a group was made, and who was put into it.
fn tell_made(call: &Call<'_>, state: &State, group: &Group) {
    call.did(|| audit::directory("Add group", Target::group(group), audit::changes(&group.properties, None)));
    tell_joined(call, state, group, &group.members, &group.owners);
}

fn tell_joined(call: &Call<'_>, state: &State, group: &Group, members: &[Uuid], owners: &[Uuid]) {
    for (operation, ids) in [("Add member to group", members), ("Add owner to group", owners)] {
        for user in ids.iter().filter_map(|id| state.directory.live.get(*id)) {
            call.did(|| audit::membership(operation, user, group));
        }
    }
}

/// A new group as the body says, under this unique name if it came by one.
fn made(call: &Call<'_>, state: &State, unique: Option<String>) -> Result<Group, Fault> {
    for name in ["displayName", "mailEnabled", "mailNickname", "securityEnabled"] {
        if call.body.get(name).is_none_or(Value::is_null) {
            return Err(Fault::value_required(name, "Group"));
        }
    }
    let mut properties = shape::read(Area::Directory, &GROUP, &call.body)?;
    properties.retain(|_, value| !value.is_null());
    if let Some(unique) = unique {
        properties.insert("uniqueName".to_owned(), Value::String(unique));
    }
    check(&properties, state)?;
    let unified =
        properties.get("groupTypes").and_then(Value::as_array).is_some_and(|kinds| kinds.contains(&json!("Unified")));
    let mail = properties.get("mailEnabled") == Some(&Value::Bool(true));
    if mail && !unified {
        return Err(Fault::directory(
            "A mail-enabled group that is not a Microsoft 365 group cannot be made through Graph.",
        ));
    }
    if unified && !mail {
        return Err(Fault::invalid_value("mailEnabled", "Group"));
    }
    if unified {
        let address = format!("{}@{}", nickname(&properties), call.settings.domain);
        properties.insert("proxyAddresses".to_owned(), json!([format!("SMTP:{address}")]));
        properties.insert("mail".to_owned(), Value::String(address));
    }
    let owners = references(call, state, "owners")?;
    let mut members = references(call, state, "members")?;
    if owners.len() + members.len() > MOST_REFERENCES {
        return Err(too_many());
    }
    // Whoever makes a Microsoft 365 group in his own name owns it and is in it.
    let mut owners = owners;
    if let Actor::User(id) = call.actor
        && owners.is_empty()
    {
        owners.push(id);
        members.push(id);
    }
    let mut ids = (0..).map(|ordinal| ids::uuid(call.mint.make("group", "", ordinal)));
    let id = ids.find(|id| state.groups.get(*id).is_none()).unwrap_or_default();
    Ok(Group { id, properties, members, owners, created: call.now, deleted: None, team: false })
}

fn nickname(properties: &Map<String, Value>) -> &str {
    properties.get("mailNickname").and_then(Value::as_str).unwrap_or_default()
}

fn check(properties: &Map<String, Value>, state: &State) -> Result<(), Fault> {
    let nickname = nickname(properties);
    let allowed = |b: u8| b.is_ascii_graphic() && !b"@()\\[]\";:<>,".contains(&b);
    if nickname.is_empty() || nickname.len() > 64 || !nickname.bytes().all(allowed) {
        return Err(Fault::invalid_value("mailNickname", "Group"));
    }
    let display = properties.get("displayName").and_then(Value::as_str).unwrap_or_default();
    if display.is_empty() || display.chars().count() > 256 {
        return Err(Fault::invalid_value("displayName", "Group"));
    }
    let mail = properties.get("mailEnabled") == Some(&Value::Bool(true));
    if mail
        && state
            .groups
            .iter()
            .any(|group| !group.text("mail").is_empty() && group.text("mailNickname").eq_ignore_ascii_case(nickname))
    {
        return Err(Fault::conflict("mailNickname"));
    }
    match properties.get("uniqueName").and_then(Value::as_str) {
        Some(unique) if state.groups.named(unique).is_some() => Err(Fault::conflict("uniqueName")),
        _ => Ok(()),
    }
}

fn too_many() -> Fault {
    Fault::directory(format!("The number of references in the request exceeds the maximum of {MOST_REFERENCES}."))
}

/// The users that `<name>@odata.bind` refers to.
fn references(call: &Call<'_>, state: &State, name: &str) -> Result<Vec<Uuid>, Fault> {
    let Some(list) = call.body.get(&format!("{name}@odata.bind")) else { return Ok(Vec::new()) };
    let list = list.as_array().ok_or_else(|| Fault::invalid_value(name, "Group"))?;
    if list.len() > MOST_REFERENCES {
        return Err(too_many());
    }
    let mut ids = Vec::new();
    for reference in list {
        let key = reference.as_str().and_then(referred).ok_or_else(|| Fault::invalid_value(name, "Group"))?;
        let user = state.directory.find(&key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(&key))?;
        if ids.contains(&user.id) {
            return Err(Fault::directory(format!("Request contains a property with duplicate values: '{name}'.")));
        }
        ids.push(user.id);
    }
    Ok(ids)
}

/// `PATCH /groups/{id}`, and `PATCH /groups(uniqueName='x')` with `Prefer: create-if-missing`, which makes what it does
/// not find.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.of("group-id");
    if let Some(unique) = unique_name(key)
        && call.prefer.create
        && state.groups.named(&unique).is_none()
    {
        let group = made(call, state, Some(unique))?;
        let reply = call.entity("groups", group.render(), StatusCode::CREATED);
        tell_made(call, state, &group);
        state.groups.insert(group);
        return Ok(reply);
    }
    let id = found(call, state)?.id;
    let changes = shape::read(Area::Directory, &GROUP, &call.body)?;
    let (members, owners) = (references(call, state, "members")?, references(call, state, "owners")?);
    let group = state.groups.get_mut(id).ok_or_else(|| Fault::no_such_object(key))?;
    let before = group.properties.clone();
    if changes.get("uniqueName").is_some_and(|name| name.as_str() != Some(group.text("uniqueName"))) {
        return Err(Fault::directory("Property 'uniqueName' is read-only and cannot be set."));
    }
    for (name, added, there) in [("members", &members, &group.members), ("owners", &owners, &group.owners)] {
        if added.iter().any(|id| there.contains(id)) {
            return Err(Fault::already_there(name));
        }
    }
    group.members.extend(&members);
    group.owners.extend(&owners);
    if !changes.is_empty() {
        call.did(|| audit::directory("Update group", Target::group(group), audit::changes(&changes, Some(&before))));
    }
    for (name, value) in changes {
        match value {
            Value::Null => group.properties.remove(&name),
            value => group.properties.insert(name, value),
        };
    }
    if let Some(group) = state.groups.get(id) {
        tell_joined(call, state, group, &members, &owners);
    }
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /groups/{id}`: into the recycle bin, with its team.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let group = found(call, state)?;
    let id = group.id;
    call.did(|| audit::directory("Delete group", Target::group(group), Vec::new()));
    state.groups.delete(id, call.now);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
