//! Reading `config_schema`.
//!
//! A schema must not contradict itself: a default out of its own range would refuse every deployment that says nothing.

use crate::config::schema::{Key, Kind, is_key, shown};
use crate::problems::suggest;
use crate::yaml::{Field, Fields};

const KEYS: [&str; 8] = ["type", "default", "min", "max", "exclusive_min", "enum", "description", "required"];

/// One key, or none with the reason reported.
pub(super) fn read(field: &Field<'_>) -> Option<Key> {
    if !is_key(field.name) {
        field.problem("a config key is 1 to 64 of a-z, 0-9 and _, and begins with a letter");
    }
    let fields = field.fields(&KEYS)?;
    let kind = fields.need("type", &format!("write one of {}", Kind::NAMES.join(", ")))?.parse(kind)?;
    let mut key = Key::new(field.name, kind);
    key.description = fields.get("description").and_then(|f| f.text()).unwrap_or_default().trim().to_owned();
    key.required = fields.get("required").and_then(|f| f.flag()).unwrap_or(false);
    key.min = bound(&fields, kind, "min");
    key.exclusive_min = bound(&fields, kind, "exclusive_min");
    key.max = bound(&fields, kind, "max");
    check_bounds(&fields, &key);
    if let Some(choices) = fields.get("enum") {
        read_choices(&choices, &mut key);
    }
    if let Some(default) = fields.get("default") {
        read_default(&default, &mut key);
    }
    Some(key)
}

fn kind(text: &str) -> Result<Kind, String> {
    Kind::named(text).ok_or_else(|| match text {
        "int" => "no such type; did you mean integer?".to_owned(),
        "float" | "double" => "no such type; did you mean number?".to_owned(),
        "str" | "text" => "no such type; did you mean string?".to_owned(),
        _ => format!("no such type; {}", suggest(text, Kind::NAMES)),
    })
}

fn bound(fields: &Fields<'_>, kind: Kind, name: &str) -> Option<f64> {
    let field = fields.get(name)?;
    if !kind.is_numeric() {
        field.problem("only an integer or a number has a range; leave it out");
        return None;
    }
    field.parse(|_| field.json().as_f64().ok_or_else(|| "not a number".to_owned()))
}

fn check_bounds(fields: &Fields<'_>, key: &Key) {
    let Some(max) = key.max else { return };
    let empty = key.min.is_some_and(|min| min > max) || key.exclusive_min.is_some_and(|min| min >= max);
    if empty && let Some(field) = fields.get("max") {
        field.wrong(&max.to_string(), "below the least value: nothing would be allowed");
    }
}

fn read_choices(field: &Field<'_>, key: &mut Key) {
    let items = field.list();
    if items.is_empty() {
        field.problem("allows nothing; list at least one value");
    }
    let mut choices = Vec::new();
    for item in items {
        match key.check(&item.json()) {
            Ok(value) if choices.contains(&value) => item.wrong(&shown(&value), "stands here twice; leave one out"),
            Ok(value) => choices.push(value),
            Err(why) => item.wrong(&shown(&item.json()), why),
        }
    }
    key.choices = choices;
}

fn read_default(field: &Field<'_>, key: &mut Key) {
    if key.required {
        field.problem("a required key needs no default; leave one of the two out");
    }
    match key.check(&field.json()) {
        Ok(value) => key.default = Some(value),
        Err(why) => field.wrong(&shown(&field.json()), why),
    }
}
