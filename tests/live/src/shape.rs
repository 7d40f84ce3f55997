//! The shape of what two sides say to each other: names and types of fields, never a value. A recorded shape can be shown
//! to anybody; a recorded answer of a real tenant cannot.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// Types by the place of a field (`value[].from.emailAddress.name`).
pub(crate) type Shape = BTreeMap<String, BTreeSet<&'static str>>;

/// What was said, by operation: method, path without ids, names of query options, and the answer's status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shapes {
    /// Shapes of the answers.
    pub(crate) answers: BTreeMap<String, Shape>,
    /// How often each was seen.
    pub(crate) seen: BTreeMap<String, u32>,
}

/// Where two tenants differ.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Difference {
    /// The simulated tenant says what the real one never did.
    Invented(String, String),
    /// Both say it, in other types.
    Type(String, String),
    /// The real tenant says what the simulated one does not. A client that ignores what it does not know is not hurt.
    Missing(String, String),
    /// Only one of the two was asked so, or answered so.
    OneSided(String),
}

impl Difference {
    /// Whether it makes the simulated tenant wrong.
    pub(crate) fn is_wrong(&self) -> bool {
        matches!(self, Difference::Invented(..) | Difference::Type(..))
    }
}

impl Shapes {
    /// Adds an exchange.
    pub(crate) fn add(&mut self, operation: &str, answer: &[u8]) {
        *self.seen.entry(operation.to_owned()).or_default() += 1;
        let shape = self.answers.entry(operation.to_owned()).or_default();
        if let Ok(value) = serde_json::from_slice(answer) {
            describe(&value, String::new(), shape);
        }
    }

    /// Where the simulated tenant differs from this real one.
    pub(crate) fn differences(&self, simulated: &Shapes) -> Vec<Difference> {
        let mut found = BTreeSet::new();
        for (operation, real) in &self.answers {
            let Some(simulated) = simulated.answers.get(operation) else {
                found.insert(Difference::OneSided(operation.clone()));
                continue;
            };
            for (field, types) in simulated {
                let at = || (operation.clone(), field.clone());
                match real.get(field) {
                    None if !beside_nothing(field, real) => {
                        let (operation, field) = at();
                        found.insert(Difference::Invented(operation, field));
                    }
                    Some(others) if !agree(types, others) => {
                        let (operation, field) = at();
                        let words = |types: &BTreeSet<&str>| types.iter().copied().collect::<Vec<_>>().join(" or ");
                        let field = format!("{field}: {} and not {}", words(others), words(types));
                        found.insert(Difference::Type(operation, field));
                    }
                    _ => {}
                }
            }
            let missing =
                real.keys().filter(|field| !simulated.contains_key(*field) && !beside_nothing(field, simulated));
            found.extend(missing.map(|field| Difference::Missing(operation.clone(), field.clone())));
        }
        let only = simulated.answers.keys().filter(|operation| !self.answers.contains_key(*operation));
        found.extend(only.map(|operation| Difference::OneSided(operation.clone())));
        found.into_iter().collect()
    }
}

/// Whether a field lies below something that the other side left empty: nothing can be said of it.
fn beside_nothing(field: &str, other: &Shape) -> bool {
    let above = field.char_indices().filter(|(_, sign)| matches!(sign, '.' | '['));
    above.filter_map(|(at, _)| field.get(..at)).any(|above| {
        let is_empty = |types: &BTreeSet<&str>| types.iter().all(|kind| matches!(*kind, "null" | "list"));
        let below = |name: &String| name.starts_with(&format!("{above}[")) || name.starts_with(&format!("{above}."));
        other.get(above).is_some_and(is_empty) && !other.keys().any(below)
    })
}

/// Whether two sides could mean the same field: a null says nothing of a type.
fn agree(types: &BTreeSet<&str>, others: &BTreeSet<&str>) -> bool {
    let said =
        |types: &BTreeSet<&str>| types.iter().filter(|kind| **kind != "null").map(|kind| (*kind).to_owned()).collect();
    let (types, others): (BTreeSet<String>, BTreeSet<String>) = (said(types), said(others));
    types.is_empty() || others.is_empty() || !types.is_disjoint(&others)
}

fn describe(value: &Value, place: String, shape: &mut Shape) {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "number",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    };
    if !place.is_empty() {
        shape.entry(place.clone()).or_default().insert(kind);
    }
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                describe(value, place, shape);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| describe(item, format!("{place}[]"), shape)),
        _ => {}
    }
}

/// An exchange without what is one tenant's own: `GET /users/{}/messages?$filter&$select 200`.
pub(crate) fn operation(method: &str, path: &str, query: Option<&str>, status: u16) -> String {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let segments = segments.map(|segment| if is_id(segment) { "{}" } else { segment });
    let path: String = segments.flat_map(|segment| ["/", segment]).collect();
    let mut options: Vec<&str> = query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()).collect();
    options.iter_mut().for_each(|pair| *pair = pair.split('=').next().unwrap_or_default());
    options.sort_unstable();
    let query = if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
    format!("{method} {path}{query} {status}")
}

/// Whether a segment of a path names one thing of one tenant: ids of Graph have 36 characters and more, its own words
/// fewer than 24.
fn is_id(segment: &str) -> bool {
    segment.len() >= 24 || segment.contains('@') || segment.contains("%40")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shapes(answers: &[&str]) -> Shapes {
        let mut shapes = Shapes::default();
        answers.iter().for_each(|answer| shapes.add("GET /users 200", answer.as_bytes()));
        shapes
    }

    fn differences(real: &[&str], simulated: &[&str]) -> Vec<Difference> {
        shapes(real).differences(&shapes(simulated))
    }

    #[test]
    fn values_do_not_matter_and_are_not_kept() {
        let real = shapes(&[r#"{"value":[{"id":"a","mail":null},{"id":"b","mail":"secret@contoso.example"}]}"#]);
        assert!(!format!("{real:?}").contains("secret"));
        let simulated = shapes(&[r#"{"value":[{"mail":"x","id":"c"}]}"#]);
        assert_eq!(real.differences(&simulated), []);
    }

    #[test]
    fn a_field_that_no_real_tenant_has_and_one_of_another_type_are_wrong() {
        let found = differences(&[r#"{"id":"a","size":1}"#], &[r#"{"id":"a","size":"1","colour":"red"}"#]);
        assert_eq!(found.len(), 2);
        assert!(found.iter().all(Difference::is_wrong), "{found:?}");
        assert!(found.contains(&Difference::Type("GET /users 200".into(), "size: number and not text".into())));
    }

    #[test]
    fn a_field_that_only_the_real_tenant_has_is_told_and_not_wrong() {
        let found = differences(&[r#"{"id":"a","new":1}"#], &[r#"{"id":"a"}"#]);
        assert_eq!(found, [Difference::Missing("GET /users 200".into(), "new".into())]);
        assert!(!found[0].is_wrong());
    }

    #[test]
    fn an_empty_list_says_nothing_of_what_could_lie_in_it() {
        assert_eq!(differences(&[r#"{"value":[]}"#], &[r#"{"value":[{"id":"a"}]}"#]), []);
        assert_eq!(differences(&[r#"{"from":null}"#], &[r#"{"from":{"name":"a"}}"#]), []);
    }

    #[test]
    fn an_operation_that_only_one_tenant_saw_is_told() {
        let mut real = shapes(&["{}"]);
        real.add("POST /users 201", b"{}");
        assert_eq!(real.differences(&shapes(&["{}"])), [Difference::OneSided("POST /users 201".into())]);
    }

    #[test]
    fn operations_are_told_without_ids_and_values() {
        let id = "0a1b2c3d-0000-4000-8000-0a1b2c3d4e5f";
        let told = operation("GET", &format!("/v1.0/users/{id}/messages"), Some("$top=5&$filter=a%20eq%20'b'"), 200);
        assert_eq!(told, "GET /v1.0/users/{}/messages?$filter&$top 200");
        assert_eq!(
            operation("POST", "/v1.0/users/ana%40x.example/sendMail", None, 202),
            "POST /v1.0/users/{}/sendMail 202"
        );
    }
}
