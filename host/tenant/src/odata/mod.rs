//! The part of `OData` that Graph lets its clients use.
//!
//! A query is read in three steps, each able to refuse in Graph's words: [`options`] splits the query string into its
//! options, [`filter`] parses `$filter` into a tree, and the tree is checked against the [`Catalog`] of the type that is
//! queried, because which operator is allowed is a matter of the property and not of the grammar.

pub(crate) mod collection;
pub(crate) mod filter;
pub(crate) mod options;
mod parse;

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::graph::fault::Fault;
use options::Options;

/// The type of a property, as far as comparing goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Text,
    Bool,
    Time,
    Guid,
    /// Several of something, of which `any` and `all` speak: the properties of one of them, a bare value's being nameless.
    Many(&'static [Property]),
    /// What only `$select` knows here.
    Other,
}

/// What `$filter` may do with a property.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Filterable {
    No,
    /// `eq` and `in`; in the directory `ne` and `not` too, as an advanced query.
    Equal,
    /// Also `startswith` and order; in the directory `endswith` too, as an advanced query.
    Full,
}

/// One property of a type.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Property {
    /// Its name; nested ones as a path, `from/emailAddress/address`.
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) filter: Filterable,
    /// Whether it is answered without `$select`.
    pub(crate) usual: bool,
}

/// Several texts.
pub(crate) const TEXTS: Kind =
    Kind::Many(&[Property { name: "", kind: Kind::Text, filter: Filterable::Full, usual: true }]);

/// What can be asked of a type.
pub(crate) struct Catalog {
    /// The full name: `microsoft.graph.user`.
    pub(crate) type_name: &'static str,
    /// Whether some questions need `ConsistencyLevel: eventual` and `$count=true`, as in the directory.
    pub(crate) directory: bool,
    pub(crate) properties: &'static [Property],
}

impl Catalog {
    /// The property of this name; Graph does not mind the case.
    pub(crate) fn find(&self, name: &str) -> Option<&'static Property> {
        self.properties.iter().find(|property| property.name.eq_ignore_ascii_case(name))
    }

    /// Which properties to answer: those selected, else the usual ones.
    ///
    /// # Errors
    /// Graph's refusal where a selected property does not exist.
    pub(crate) fn selection(&self, options: &Options) -> Result<Vec<&'static str>, Fault> {
        let usual = || self.properties.iter().filter(|property| property.usual).map(|property| property.name).collect();
        let Some(select) = &options.select else { return Ok(usual()) };
        let mut names = Vec::new();
        for name in select.split(',').map(str::trim) {
            if name == "*" {
                return Ok(usual());
            }
            match self.find(name) {
                Some(property) if !names.contains(&property.name) => names.push(property.name),
                Some(_) => {}
                None => {
                    return Err(Fault::bad_request(format!(
                        "Parsing OData Select and Expand failed: Could not find a property named '{name}' on type '{}'.",
                        self.type_name
                    )));
                }
            }
        }
        Ok(names)
    }
}

/// The value of a property, as far as comparing goes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Scalar<'a> {
    Null,
    Bool(bool),
    Text(Cow<'a, str>),
    /// UTC milliseconds.
    Time(u64),
    Many(Cow<'a, [Value]>),
}

impl<'a> Scalar<'a> {
    pub(crate) fn text(text: &'a str) -> Scalar<'a> {
        Scalar::Text(Cow::Borrowed(text))
    }

    /// A JSON value of a property of this kind.
    pub(crate) fn of(value: Option<&'a Value>, kind: Kind) -> Scalar<'a> {
        match value {
            Some(Value::Bool(value)) => Scalar::Bool(*value),
            Some(Value::String(text)) if kind == Kind::Time => {
                crate::time::parse(text).map_or(Scalar::Null, Scalar::Time)
            }
            Some(Value::String(text)) => Scalar::text(text),
            Some(Value::Array(values)) if matches!(kind, Kind::Many(_)) => Scalar::Many(Cow::Borrowed(values)),
            _ => Scalar::Null,
        }
    }

    /// The order `$orderby` and `gt` mean: nulls first, text without regard to case, as Graph's services do.
    pub(crate) fn order(&self, other: &Scalar<'_>) -> std::cmp::Ordering {
        fn rank(scalar: &Scalar<'_>) -> u8 {
            match scalar {
                Scalar::Null => 0,
                Scalar::Bool(_) => 1,
                Scalar::Time(_) => 2,
                Scalar::Text(_) => 3,
                Scalar::Many(_) => 4,
            }
        }
        match (self, other) {
            (Scalar::Bool(one), Scalar::Bool(two)) => one.cmp(two),
            (Scalar::Time(one), Scalar::Time(two)) => one.cmp(two),
            (Scalar::Text(one), Scalar::Text(two)) => {
                one.chars().flat_map(char::to_lowercase).cmp(two.chars().flat_map(char::to_lowercase))
            }
            _ => rank(self).cmp(&rank(other)),
        }
    }
}

/// The members of `value` that are selected, in its own order; annotations stay.
pub(crate) fn project(value: Value, selection: &[&str]) -> Value {
    match value {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .filter(|(name, _)| name.starts_with('@') || selection.contains(&name.as_str()))
                .collect::<Map<_, _>>(),
        ),
        other => other,
    }
}
