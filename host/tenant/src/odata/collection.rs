//! A page of things that are already in the shape in which Graph shows them.
//!
//! Users and messages are many, and have lists of their own that walk their indexes; everything else is few enough per
//! owner to be rendered, filtered, sorted and cut here.

use std::cmp::Ordering;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::filter::Filter;
use super::{Catalog, Filterable, Kind, Scalar, project};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};

/// The page of `items` that the call asks for. `sizes` are that of a page that was not asked for, and the largest.
///
/// # Errors
/// What the options ask for is refused: an unknown property, a filter that Graph does not take, a page too large.
pub(crate) fn page(
    call: &Call<'_>,
    context: &str,
    catalog: &Catalog,
    items: Vec<Value>,
    sizes: (usize, usize),
) -> Result<Reply, Fault> {
    let options = &call.options;
    let selected = options.select.as_ref().map(|_| catalog.selection(options)).transpose()?;
    let mut items = filtered(call, catalog, items)?;
    let advanced = call.advanced || !catalog.directory;
    let count = (options.count && advanced).then_some(items.len());
    if let Some(orderby) = &options.orderby {
        sort(&mut items, catalog, orderby)?;
    }
    let (usual, largest) = sizes;
    let size = match options.top.or(call.prefer.page) {
        None => usual,
        Some(size) if (1..=largest).contains(&size) => size,
        Some(size) => {
            return Err(Fault::bad_request(format!(
                "Invalid page size specified: '{size}'. Must be between 1 and {largest} inclusive."
            )));
        }
    };
    let from = match &options.skiptoken {
        Some(token) => position(token).ok_or_else(|| Fault::bad_request("Invalid $skiptoken value."))?,
        None => options.skip.unwrap_or(0),
    };
    let end = from.saturating_add(size);
    let next = (items.len() > end).then(|| URL_SAFE_NO_PAD.encode(format!("from:{end}")));
    let shown = items.into_iter().skip(from).take(size).map(|item| match &selected {
        Some(names) => project(item, &names.iter().copied().chain(["id"]).collect::<Vec<_>>()),
        None => item,
    });
    Ok(call.page(call.collection_context(context), count, shown.collect(), next))
}

/// The `items` for which the call's filter holds.
///
/// # Errors
/// The filter is refused.
pub(crate) fn filtered(call: &Call<'_>, catalog: &Catalog, items: Vec<Value>) -> Result<Vec<Value>, Fault> {
    let Some(text) = &call.options.filter else { return Ok(items) };
    let filter = Filter::read(text, catalog, call.advanced || !catalog.directory)?;
    Ok(items.into_iter().filter(|item| filter.holds(&|name: &str| scalar(item, catalog, name))).collect())
}

fn position(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("from:")?.parse().ok()
}

/// The value at a path of names, for comparing.
fn scalar<'v>(item: &'v Value, catalog: &Catalog, name: &str) -> Scalar<'v> {
    let Some(property) = catalog.find(name) else { return Scalar::Null };
    let value = property.name.split('/').try_fold(item, |value, part| value.get(part));
    match (value, property.kind) {
        // Of a list of words the first is compared.
        (Some(Value::Array(words)), Kind::Text) => {
            words.first().map_or(Scalar::Null, |word| Scalar::of(Some(word), Kind::Text))
        }
        (value, kind) => Scalar::of(value, kind),
    }
}

fn sort(items: &mut [Value], catalog: &Catalog, orderby: &str) -> Result<(), Fault> {
    let mut order = Vec::new();
    for part in orderby.split(',').map(str::trim) {
        let (name, direction) = part.split_once(' ').unwrap_or((part, "asc"));
        let property = catalog.find(name).filter(|property| property.filter == Filterable::Full).ok_or_else(|| {
            Fault::bad_request(format!(
                "Could not find a property named '{name}' to sort by on type '{}'.",
                catalog.type_name
            ))
        })?;
        match direction.trim() {
            "asc" => order.push((property.name, false)),
            "desc" => order.push((property.name, true)),
            _ => return Err(Fault::bad_request(format!("Syntax error in '{part}'."))),
        }
    }
    items.sort_by(|one, two| {
        let by = order.iter().map(|(name, descending)| {
            let order = scalar(one, catalog, name).order(&scalar(two, catalog, name));
            if *descending { order.reverse() } else { order }
        });
        by.fold(Ordering::Equal, Ordering::then)
    });
    Ok(())
}

/// One object out of many parts, later ones over earlier ones.
pub(crate) fn merged(base: Value, over: &Map<String, Value>) -> Value {
    let mut base = base;
    if let Some(fields) = base.as_object_mut() {
        fields.extend(over.iter().map(|(name, value)| (name.clone(), value.clone())));
    }
    base
}
