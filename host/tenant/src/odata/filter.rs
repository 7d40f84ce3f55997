//! `$filter`: the tree, what of it is allowed, and whether it holds.

use std::cmp::Ordering;

use serde_json::Value;

use super::parse;
use super::{Catalog, Filterable, Kind, Scalar};
use crate::graph::fault::Fault;

/// A condition, as it was written.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Expression {
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Not(Box<Expression>),
    Compare(String, Comparison, Literal),
    In(String, Vec<Literal>),
    Call(Function, String, String),
    /// Some, or each, of a property's values fulfil a condition. Inside, `x` has become the empty name and `x/y` `y`.
    Each(Quantifier, String, Box<Expression>),
}

/// Of how many values a condition must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Quantifier {
    Any,
    All,
}

/// An operator, by the name that `OData`'s refusals call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
}

impl Comparison {
    pub(super) fn named(name: &str) -> Option<Comparison> {
        Some(match name {
            "eq" => Comparison::Equal,
            "ne" => Comparison::NotEqual,
            "gt" => Comparison::GreaterThan,
            "ge" => Comparison::GreaterThanOrEqual,
            "lt" => Comparison::LessThan,
            "le" => Comparison::LessThanOrEqual,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Function {
    StartsWith,
    EndsWith,
    Contains,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Function> {
        Some(match name.to_ascii_lowercase().as_str() {
            "startswith" => Function::StartsWith,
            "endswith" => Function::EndsWith,
            "contains" => Function::Contains,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Literal {
    Null,
    Bool(bool),
    Text(String),
    Guid(String),
    Time(u64),
    /// A number, by the type that it has: no property that can be asked for here is one, so which it is matters to nobody.
    Number(&'static str),
}

impl Literal {
    fn scalar(&self) -> Scalar<'_> {
        match self {
            Literal::Null | Literal::Number(_) => Scalar::Null,
            Literal::Bool(value) => Scalar::Bool(*value),
            Literal::Text(text) | Literal::Guid(text) => Scalar::text(text),
            Literal::Time(moment) => Scalar::Time(*moment),
        }
    }

    fn fits(&self, kind: Kind) -> bool {
        matches!(
            (self, kind),
            (Literal::Null, _)
                | (Literal::Bool(_), Kind::Bool)
                | (Literal::Text(_), Kind::Text)
                | (Literal::Guid(_), Kind::Guid)
                | (Literal::Time(_), Kind::Time)
        )
    }

    /// The type of which a filter's text makes it.
    fn edm(&self) -> &'static str {
        match self {
            Literal::Null => "Edm.Null",
            Literal::Bool(_) => "Edm.Boolean",
            Literal::Text(_) => "Edm.String",
            Literal::Guid(_) => "Edm.Guid",
            Literal::Time(_) => "Edm.DateTimeOffset",
            Literal::Number(edm) => edm,
        }
    }
}

/// A condition that was checked against what may be asked of a type.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Filter(Expression);

impl Filter {
    /// Reads `text` as a condition on `catalog`'s type; `advanced` where the request has what advanced queries need.
    ///
    /// # Errors
    /// Graph's refusal: a syntax error with its position, an unknown property, an operator the property does not take.
    pub(crate) fn read(text: &str, catalog: &Catalog, advanced: bool) -> Result<Filter, Fault> {
        let expression = parse::parse(text).map_err(|parse::SyntaxError(at)| {
            Fault::bad_request(format!("Invalid filter clause: Syntax error at position {at} in '{text}'."))
        })?;
        check(&expression, catalog, advanced)?;
        Ok(Filter(expression))
    }

    /// Whether it holds for a resource whose properties `of` tells.
    pub(crate) fn holds<'a>(&self, of: &dyn Fn(&str) -> Scalar<'a>) -> bool {
        holds(&self.0, of)
    }

    /// Texts of which the property must have one for the whole to hold: what an index can answer.
    pub(crate) fn required(&self, property: &str) -> Option<Vec<&str>> {
        required(&self.0, property)
    }

    /// Whether it speaks of this property at all.
    pub(crate) fn mentions(&self, property: &str) -> bool {
        mentions(&self.0, property)
    }
}

fn check(expression: &Expression, catalog: &Catalog, advanced: bool) -> Result<(), Fault> {
    match expression {
        Expression::All(terms) | Expression::Any(terms) => {
            terms.iter().try_for_each(|term| check(term, catalog, advanced))
        }
        Expression::Not(term) => {
            if catalog.directory && !advanced {
                return Err(needs_advanced("not"));
            }
            check(term, catalog, advanced)
        }
        Expression::Compare(name, comparison, literal) => {
            let (kind, filter) = property(catalog, name)?;
            if !literal.fits(kind) {
                return Err(incompatible(kind, literal, *comparison));
            }
            match comparison {
                Comparison::Equal => Ok(()),
                Comparison::NotEqual if catalog.directory && !advanced => Err(needs_advanced("ne")),
                Comparison::NotEqual => Ok(()),
                _ if filter == Filterable::Full => Ok(()),
                _ => Err(Fault::unsupported_query("Unsupported Query.")),
            }
        }
        Expression::In(name, literals) => {
            let (kind, _) = property(catalog, name)?;
            match literals.iter().find(|literal| !literal.fits(kind)) {
                Some(misfit) => Err(incompatible(kind, misfit, Comparison::Equal)),
                None => Ok(()),
            }
        }
        Expression::Call(function, name, _) => {
            let (kind, filter) = property(catalog, name)?;
            if kind != Kind::Text || filter != Filterable::Full {
                return Err(Fault::unsupported_query("Unsupported Query."));
            }
            match function {
                Function::StartsWith => Ok(()),
                Function::Contains if catalog.directory => Err(Fault::unsupported_query("Unsupported Query.")),
                Function::EndsWith if catalog.directory && !advanced => Err(needs_advanced("endsWith")),
                _ => Ok(()),
            }
        }
        Expression::Each(quantifier, name, inner) => {
            let (Kind::Many(properties), _) = property(catalog, name)? else {
                return Err(Fault::bad_request(format!(
                    "Invalid filter clause: Any/All may only be used following a collection; '{name}' is none."
                )));
            };
            if *quantifier == Quantifier::All && catalog.directory && !advanced {
                return Err(needs_advanced("all"));
            }
            check(inner, &Catalog { properties, ..*catalog }, advanced)
        }
    }
}

fn property(catalog: &Catalog, name: &str) -> Result<(Kind, Filterable), Fault> {
    match catalog.find(name) {
        None => Err(Fault::bad_request(format!(
            "Invalid filter clause: Could not find a property named '{name}' on type '{}'.",
            catalog.type_name
        ))),
        Some(property) if property.filter == Filterable::No => Err(Fault::unsupported_query(format!(
            "Unsupported or invalid query filter clause specified for property '{name}' of resource '{}'.",
            catalog.type_name.rsplit('.').next().unwrap_or_default()
        ))),
        Some(property) => Ok((property.kind, property.filter)),
    }
}

fn incompatible(kind: Kind, literal: &Literal, operator: Comparison) -> Fault {
    let edm = match kind {
        Kind::Bool => "Edm.Boolean",
        Kind::Time => "Edm.DateTimeOffset",
        Kind::Guid => "Edm.Guid",
        Kind::Text | Kind::Other => "Edm.String",
        Kind::Many(_) => "Collection",
    };
    Fault::bad_request(format!(
        "Invalid filter clause: A binary operator with incompatible types was detected. Found operand types '{edm}' and '{}' for operator kind '{operator:?}'.",
        literal.edm()
    ))
}

fn needs_advanced(operator: &str) -> Fault {
    Fault::unsupported_query(format!(
        "Operator '{operator}' is not supported because the request lacks the 'ConsistencyLevel: eventual' header or the $count=true query parameter."
    ))
}

fn holds<'a>(expression: &Expression, of: &dyn Fn(&str) -> Scalar<'a>) -> bool {
    match expression {
        Expression::All(terms) => terms.iter().all(|term| holds(term, of)),
        Expression::Any(terms) => terms.iter().any(|term| holds(term, of)),
        Expression::Not(term) => !holds(term, of),
        Expression::Compare(name, comparison, literal) => {
            let (value, literal) = (of(name), literal.scalar());
            let order = value.order(&literal);
            let both = value != Scalar::Null && literal != Scalar::Null;
            match comparison {
                Comparison::Equal => order == Ordering::Equal,
                Comparison::NotEqual => order != Ordering::Equal,
                // Nothing is greater or less than null.
                Comparison::GreaterThan => both && order == Ordering::Greater,
                Comparison::GreaterThanOrEqual => both && order != Ordering::Less,
                Comparison::LessThan => both && order == Ordering::Less,
                Comparison::LessThanOrEqual => both && order != Ordering::Greater,
            }
        }
        Expression::In(name, literals) => {
            let value = of(name);
            literals.iter().any(|literal| value.order(&literal.scalar()) == Ordering::Equal)
        }
        Expression::Call(function, name, text) => {
            let Scalar::Text(value) = of(name) else { return false };
            let (value, text) = (value.to_lowercase(), text.to_lowercase());
            match function {
                Function::StartsWith => value.starts_with(&text),
                Function::EndsWith => value.ends_with(&text),
                Function::Contains => value.contains(&text),
            }
        }
        Expression::Each(quantifier, name, inner) => {
            let Scalar::Many(values) = of(name) else { return false };
            let fulfils = |value: &Value| {
                holds(inner, &|name: &str| {
                    let part = if name.is_empty() { Some(value) } else { value.get(name) };
                    Scalar::of(part, Kind::Text)
                })
            };
            match quantifier {
                Quantifier::Any => values.iter().any(fulfils),
                Quantifier::All => values.iter().all(fulfils),
            }
        }
    }
}

fn required<'e>(expression: &'e Expression, property: &str) -> Option<Vec<&'e str>> {
    let text = |literal: &'e Literal| match literal {
        Literal::Text(text) => Some(text.as_str()),
        _ => None,
    };
    match expression {
        Expression::All(terms) => terms.iter().find_map(|term| required(term, property)),
        Expression::Compare(name, Comparison::Equal, literal) if name.eq_ignore_ascii_case(property) => {
            text(literal).map(|text| vec![text])
        }
        Expression::In(name, literals) if name.eq_ignore_ascii_case(property) => {
            literals.iter().map(text).collect::<Option<Vec<_>>>()
        }
        _ => None,
    }
}

fn mentions(expression: &Expression, property: &str) -> bool {
    match expression {
        Expression::All(terms) | Expression::Any(terms) => terms.iter().any(|term| mentions(term, property)),
        Expression::Not(term) => mentions(term, property),
        Expression::Compare(name, ..)
        | Expression::In(name, _)
        | Expression::Call(_, name, _)
        | Expression::Each(_, name, _) => name.eq_ignore_ascii_case(property),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Property;
    use super::*;
    use proptest::prelude::*;

    const THING: Catalog = Catalog {
        type_name: "microsoft.graph.thing",
        directory: true,
        properties: &[
            Property { name: "name", kind: Kind::Text, filter: Filterable::Full, usual: true },
            Property { name: "type", kind: Kind::Text, filter: Filterable::Equal, usual: true },
            Property { name: "on", kind: Kind::Bool, filter: Filterable::Equal, usual: true },
            Property { name: "at", kind: Kind::Time, filter: Filterable::Full, usual: true },
            Property { name: "tags", kind: crate::odata::TEXTS, filter: Filterable::Equal, usual: true },
            Property {
                name: "parts",
                kind: Kind::Many(&[Property { name: "id", kind: Kind::Guid, filter: Filterable::Equal, usual: true }]),
                filter: Filterable::Equal,
                usual: true,
            },
            Property { name: "secret", kind: Kind::Text, filter: Filterable::No, usual: true },
        ],
    };

    fn of(name: &str) -> Scalar<'static> {
        match name {
            "name" => Scalar::text("Ada O'Neil"),
            "on" => Scalar::Bool(true),
            "at" => Scalar::Time(1_767_600_000_000),
            "tags" => Scalar::Many(vec!["SMTP:a@x".into(), "smtp:b@x".into()].into()),
            "parts" => Scalar::Many(
                vec![
                    serde_json::json!({ "id": "184efa21-98c3-4e5d-95ab-d07053a96e67" }),
                    serde_json::json!({ "id": "78e66a63-337a-4a9a-8959-41c6654dfb56" }),
                ]
                .into(),
            ),
            _ => Scalar::Null,
        }
    }

    fn holds(text: &str) -> bool {
        Filter::read(text, &THING, true).unwrap_or_else(|fault| panic!("{text}: {fault:?}")).holds(&of)
    }

    #[test]
    fn conditions_hold_as_odata_says() {
        for text in [
            "name eq 'ada o''neil'",
            "startswith(name,'ADA')",
            "startswith(name,'Ada') eq true",
            "endswith(name,'Neil')",
            "on eq true and (name eq 'x' or name eq 'Ada O''Neil')",
            "not (on eq false)",
            "name in ('x', 'Ada O''Neil')",
            "at ge 2026-01-05T08:00:00Z and at lt 2026-01-06",
            "type eq null",
            "on eq false or on eq true and name ne 'x'",
            "tags/any(t:t eq 'smtp:B@x')",
            "tags/all(t:startswith(t,'smtp:')) and not tags/any(t:t eq 'c')",
            "parts/Any(p: p/id eq 184efa21-98c3-4e5d-95ab-d07053a96e67)",
            "parts/all(p:p/id eq 78e66a63-337a-4a9a-8959-41c6654dfb56 or p/id eq 184EFA21-98C3-4E5D-95AB-D07053A96E67)",
        ] {
            assert!(holds(text), "{text}");
        }
        for text in [
            "name eq 'Ada'",
            "on eq false",
            "type gt 'a' or at gt 2026-01-05T08:00:00Z",
            "name eq null",
            "tags/any(t:t eq 'c')",
            "parts/all(p:p/id eq 78e66a63-337a-4a9a-8959-41c6654dfb56)",
        ] {
            assert!(!Filter::read(text, &THING, true).is_ok_and(|filter| filter.holds(&of)), "{text}");
        }
    }

    #[test]
    fn what_graph_refuses_is_refused() {
        for (text, advanced, code) in [
            ("name eq", true, "BadRequest"),
            ("name eq 'x' foo", true, "BadRequest"),
            ("name eq 'x", true, "BadRequest"),
            ("wrong eq 'x'", true, "BadRequest"),
            ("on eq 'true'", true, "BadRequest"),
            ("name eq 5", true, "BadRequest"),
            ("name eq -5.25", true, "BadRequest"),
            ("name eq 184efa21-98c3-4e5d-95ab-d07053a96e67", true, "BadRequest"),
            ("name eq face", true, "BadRequest"),
            ("name in ('x', 5)", true, "BadRequest"),
            ("on eq 1", true, "BadRequest"),
            ("at gt 2026", true, "BadRequest"),
            ("parts/any(p:p/id eq 7)", true, "BadRequest"),
            ("parts/any(p:p/id eq '184efa21-98c3-4e5d-95ab-d07053a96e67')", true, "BadRequest"),
            ("name like 'x'", true, "BadRequest"),
            ("length(name) eq 3", true, "BadRequest"),
            ("secret eq 'x'", true, "Request_UnsupportedQuery"),
            ("type gt 'x'", true, "Request_UnsupportedQuery"),
            ("startswith(type,'x')", true, "Request_UnsupportedQuery"),
            ("contains(name,'x')", true, "Request_UnsupportedQuery"),
            ("name ne 'x'", false, "Request_UnsupportedQuery"),
            ("endswith(name,'x')", false, "Request_UnsupportedQuery"),
            ("", true, "BadRequest"),
            ("name/any(n:n eq 'x')", true, "BadRequest"),
            ("tags eq 'x'", true, "BadRequest"),
            ("tags/any(t:name eq 'x')", true, "BadRequest"),
            ("tags/any(t:t eq 'x'", true, "BadRequest"),
            ("tags/any(t eq 'x')", true, "BadRequest"),
            ("tags/any(t:tags/any(s:s eq 'x'))", true, "BadRequest"),
            ("parts/any(p:p/name eq 'x')", true, "BadRequest"),
            ("tags/all(t:t eq 'x')", false, "Request_UnsupportedQuery"),
        ] {
            assert_eq!(Filter::read(text, &THING, advanced).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused_and_not_followed() {
        let deep = format!("{}on eq true{}", "(".repeat(100_000), ")".repeat(100_000));
        assert!(Filter::read(&deep, &THING, true).is_err());
        assert!(Filter::read(&"not ".repeat(100_000), &THING, true).is_err());
    }

    #[test]
    fn an_index_is_offered_only_what_must_hold() {
        let required =
            |text: &str| Filter::read(text, &THING, true).unwrap().required("name").map(|texts| texts.join("|"));
        assert_eq!(required("name eq 'a' and on eq true").as_deref(), Some("a"));
        assert_eq!(required("name in ('a','b')").as_deref(), Some("a|b"));
        assert_eq!(required("name eq 'a' or on eq true"), None);
        assert_eq!(required("not (name eq 'a')"), None);
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[a-z'(), eqnot/\\-0-9]{0,60}|\\PC{0,40}") {
            let _ = Filter::read(&text, &THING, true);
        }

        #[test]
        fn any_text_can_be_quoted(text in "\\PC{0,40}") {
            let quoted = format!("name eq '{}'", text.replace('\'', "''"));
            let filter = Filter::read(&quoted, &THING, true).unwrap();
            let same = |_: &str| Scalar::Text(text.clone().into());
            prop_assert!(filter.holds(&same));
        }
    }
}
