//! Administrative units: parts of a directory that somebody else administers.

use std::collections::BTreeMap;

use http::{StatusCode, header};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::relations::{object, reference};
use crate::graph::fault::Fault;
use crate::graph::operations::Area;
use crate::graph::shape::{self, Fields, Shape};
use crate::graph::{Call, Reply};
use crate::ids;
use crate::odata::collection::{self, merged};
use crate::odata::{Catalog, Filterable, Kind, Property};
use crate::tenant::State;

static UNIT: Fields = Fields {
    name: "administrativeUnit",
    fields: &[
        ("displayName", Shape::Text),
        ("description", Shape::Text),
        ("visibility", Shape::Text),
        ("isMemberManagementRestricted", Shape::Bool),
        ("membershipType", Shape::Text),
        ("membershipRule", Shape::Text),
        ("membershipRuleProcessingState", Shape::Text),
    ],
};

const CATALOG: Catalog = Catalog {
    type_name: "microsoft.graph.administrativeUnit",
    directory: true,
    properties: &[
        Property { name: "id", kind: Kind::Text, filter: Filterable::Equal, usual: true },
        Property { name: "displayName", kind: Kind::Text, filter: Filterable::Full, usual: true },
        Property { name: "description", kind: Kind::Text, filter: Filterable::Full, usual: true },
        Property { name: "visibility", kind: Kind::Text, filter: Filterable::No, usual: true },
    ],
};

struct Unit {
    properties: Map<String, Value>,
    members: Vec<Uuid>,
}

/// All administrative units.
#[derive(Default)]
pub(crate) struct Units(BTreeMap<Uuid, Unit>);

fn render(id: Uuid, unit: &Unit) -> Value {
    let base = json!({
        "id": id, "deletedDateTime": null, "displayName": null, "description": null, "visibility": null,
        "isMemberManagementRestricted": false,
    });
    merged(base, &unit.properties)
}

fn found<'s>(call: &Call<'_>, state: &'s mut State) -> Result<(Uuid, &'s mut Unit), Fault> {
    let key = call.key(0);
    let id = Uuid::try_parse(key).map_err(|_| Fault::no_such_object(key))?;
    state.directory.units.0.get_mut(&id).map(|unit| (id, unit)).ok_or_else(|| Fault::no_such_object(key))
}

/// `GET /directory/administrativeUnits`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let units = state.directory.units.0.iter().map(|(id, unit)| render(*id, unit)).collect();
    collection::page(call, "directory/administrativeUnits", &CATALOG, units, (100, 999))
}

/// `POST /directory/administrativeUnits`.
pub(crate) fn create(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let properties = shape::read(Area::Directory, &UNIT, &call.body)?;
    if properties.get("displayName").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(Fault::value_required("displayName", "AdministrativeUnit"));
    }
    let units = &mut state.directory.units.0;
    let mut ids = (0..).map(|ordinal| ids::uuid(call.mint.make("unit", "", ordinal)));
    let id = ids.find(|id| !units.contains_key(id)).unwrap_or_default();
    let unit = Unit { properties, members: Vec::new() };
    let reply = call.entity("directory/administrativeUnits", render(id, &unit), StatusCode::CREATED);
    units.insert(id, unit);
    Ok(reply.with(header::LOCATION, format!("{}/directory/administrativeUnits/{id}", call.base)))
}

/// `GET /directory/administrativeUnits/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, unit) = found(call, state)?;
    Ok(call.entity("directory/administrativeUnits", render(id, unit), StatusCode::OK))
}

/// `PATCH /directory/administrativeUnits/{id}`.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let changes = shape::read(Area::Directory, &UNIT, &call.body)?;
    found(call, state)?.1.properties.extend(changes);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `DELETE /directory/administrativeUnits/{id}`.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let (id, _) = found(call, state)?;
    state.directory.units.0.remove(&id);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}

/// `GET /directory/administrativeUnits/{id}/members`.
pub(crate) fn members(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let ids = found(call, state)?.1.members.clone();
    let members = ids.iter().filter_map(|id| state.directory.live.get(*id)).map(object).collect();
    collection::page(call, "directoryObjects", &super::properties::USER, members, (100, 999))
}

/// `POST /directory/administrativeUnits/{id}/members/$ref`.
pub(crate) fn add(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    found(call, state)?;
    let key = reference(call)?;
    let member = state.directory.find(&key, call.settings, call.now).ok_or_else(|| Fault::no_such_object(&key))?.id;
    let unit = found(call, state)?.1;
    if unit.members.contains(&member) {
        return Err(Fault::already_there("members"));
    }
    unit.members.push(member);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
