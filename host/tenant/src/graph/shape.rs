//! What a body may look like: names, and for each the kind of its value.
//!
//! Graph refuses a property that a type does not have, and a value of another type than the property's; a simulation that
//! kept whatever it is sent would let every misspelling pass. So each type that clients write is described here by a
//! table in its own module, and read with [`read`].

use serde_json::{Map, Value};

use super::fault::Fault;
use super::operations::Area;
use crate::time;

/// The kind of a value. Null is taken for all of them, but not among several.
#[derive(Clone, Copy)]
pub(crate) enum Shape {
    Text,
    Bool,
    /// A whole number of 32 bits.
    Int,
    /// A moment.
    Time,
    /// One of these words, in whatever case; it is kept as written here.
    Word(&'static [&'static str]),
    Object(&'static Fields),
    /// As many as there are.
    Many(&'static Shape),
    /// What Graph sets and a client cannot: passed over, as Graph does.
    Ignored,
}

/// The properties of a type.
pub(crate) struct Fields {
    /// As Graph names it, without the namespace.
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [(&'static str, Shape)],
}

/// A name with its address.
pub(crate) static EMAIL_ADDRESS: Fields =
    Fields { name: "emailAddress", fields: &[("name", Shape::Text), ("address", Shape::Text)] };
pub(crate) static RECIPIENT: Fields =
    Fields { name: "recipient", fields: &[("emailAddress", Shape::Object(&EMAIL_ADDRESS))] };
pub(crate) static ITEM_BODY: Fields =
    Fields { name: "itemBody", fields: &[("contentType", Shape::Word(&["text", "html"])), ("content", Shape::Text)] };
/// A moment as a wall clock shows it, with its zone.
pub(crate) static ZONED: Fields =
    Fields { name: "dateTimeTimeZone", fields: &[("dateTime", Shape::Text), ("timeZone", Shape::Text)] };
pub(crate) const DAY_OF_WEEK: Shape =
    Shape::Word(&["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]);
pub(crate) const DAYS_OF_WEEK: Shape = Shape::Many(&DAY_OF_WEEK);
pub(crate) const TEXTS: Shape = Shape::Many(&Shape::Text);
pub(crate) const RECIPIENTS: Shape = Shape::Many(&Shape::Object(&RECIPIENT));

/// What of `body` can be kept: every property of the type, checked. Annotations (`@odata.type` and the like) are left
/// out.
///
/// # Errors
/// The refusal of the service behind `area`, naming the property.
pub(crate) fn read(area: Area, shape: &Fields, body: &Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let mut kept = Map::new();
    for (name, value) in body {
        if name.contains('@') {
            continue;
        }
        let Some((name, kind)) = shape.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) else {
            return Err(Fault::misfit(
                area,
                format!(
                    "The property '{name}' does not exist on type 'microsoft.graph.{}'. Make sure to only use property names that are defined by the type.",
                    shape.name
                ),
            ));
        };
        if !matches!(kind, Shape::Ignored) {
            kept.insert((*name).to_owned(), fitted(area, name, *kind, value)?);
        }
    }
    Ok(kept)
}

fn fitted(area: Area, name: &str, kind: Shape, value: &Value) -> Result<Value, Fault> {
    let misfit = |expected: &str| {
        Fault::misfit(
            area,
            format!(
                "When trying to read the value of the property '{name}', a value of another type was found. Ensure that the value is of type '{expected}'."
            ),
        )
    };
    match (kind, value) {
        (_, Value::Null) | (Shape::Text, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => Ok(value.clone()),
        (Shape::Int, Value::Number(number)) if number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()) => {
            Ok(value.clone())
        }
        (Shape::Time, Value::String(text)) if text.contains('T') && time::parse(text).is_some() => Ok(value.clone()),
        (Shape::Word(words), Value::String(text)) => {
            let word = words.iter().find(|word| word.eq_ignore_ascii_case(text));
            word.map(|word| Value::String((*word).to_owned())).ok_or_else(|| {
                Fault::misfit(area, format!("Requested value '{text}' was not found for the property '{name}'."))
            })
        }
        (Shape::Object(fields), Value::Object(body)) => read(area, fields, body).map(Value::Object),
        (Shape::Many(_), Value::Array(values)) if values.contains(&Value::Null) => Err(Fault::misfit(
            area,
            format!("A null value was found for an item of the collection '{name}', which does not allow null values."),
        )),
        (Shape::Many(each), Value::Array(values)) => {
            values.iter().map(|value| fitted(area, name, *each, value)).collect::<Result<Vec<_>, _>>().map(Value::Array)
        }
        (Shape::Text | Shape::Word(_), _) => Err(misfit("Edm.String")),
        (Shape::Bool, _) => Err(misfit("Edm.Boolean")),
        (Shape::Int, _) => Err(misfit("Edm.Int32")),
        (Shape::Time, _) => Err(misfit("Edm.DateTimeOffset")),
        (Shape::Object(fields), _) => Err(misfit(fields.name)),
        (Shape::Many(_), _) => Err(misfit("a collection")),
        (Shape::Ignored, _) => Ok(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kept(body: Value) -> Result<Map<String, Value>, Fault> {
        read(Area::Outlook, &RECIPIENT, body.as_object().unwrap())
    }

    #[test]
    fn what_fits_is_kept_and_what_does_not_is_refused_by_name() {
        let good = json!({ "@odata.type": "x", "emailAddress": { "Address": "a@b.example" } });
        assert_eq!(Value::Object(kept(good).unwrap()), json!({ "emailAddress": { "address": "a@b.example" } }));
        for body in [json!({ "email": {} }), json!({ "emailAddress": [] }), json!({ "emailAddress": { "name": 1 } })] {
            assert_eq!(kept(body.clone()).unwrap_err().code, "RequestBodyRead", "{body}");
        }
    }

    #[test]
    fn nothing_is_no_value_among_several() {
        let many = Fields { name: "many", fields: &[("texts", TEXTS)] };
        let read = |body: Value| read(Area::Outlook, &many, body.as_object().unwrap());
        assert!(read(json!({ "texts": null })).is_ok());
        assert_eq!(read(json!({ "texts": ["a", null] })).unwrap_err().code, "RequestBodyRead");
    }

    #[test]
    fn words_are_kept_as_graph_writes_them() {
        let body = json!({ "contentType": "HTML", "content": null });
        let body = read(Area::Outlook, &ITEM_BODY, body.as_object().unwrap()).unwrap();
        assert_eq!(body["contentType"], "html");
    }
}
