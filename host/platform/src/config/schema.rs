//! Which keys a workload's config has, and what each may be: the manifest's `config_schema`.
//!
//! Four types of single values and one of lists, on purpose. What a schema of this size cannot say (one key depends on another, a text has
//! a shape) the guest says in `validate-config`, in a real language.

use serde::{Serialize, Serializer};
use serde_json::{Number, Value};

use super::Given;
use crate::problems::nearest;
use crate::yaml::{self, Reader};

/// The whole numbers that every reader of JSON keeps exactly: JavaScript guests read numbers as doubles.
pub const SAFE_INTEGER: i64 = (1 << 53) - 1;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A whole number, at most [`SAFE_INTEGER`] either way.
    Integer,
    /// Any JSON number.
    Number,
    /// A text.
    String,
    /// `true` or `false`.
    Boolean,
    /// A list, whose items only the guest understands; on the command line in YAML, `[{a: 1}, {a: 2}]`.
    List,
}

impl Kind {
    /// As the manifest writes them.
    pub const NAMES: [&str; 5] = ["integer", "number", "string", "boolean", "list"];

    /// The type with this name.
    pub fn named(name: &str) -> Option<Kind> {
        match name {
            "integer" => Some(Kind::Integer),
            "number" => Some(Kind::Number),
            "string" => Some(Kind::String),
            "boolean" => Some(Kind::Boolean),
            "list" => Some(Kind::List),
            _ => None,
        }
    }

    /// Whether `min` and `max` mean something.
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Integer | Kind::Number)
    }

    /// What a text of the command line means.
    fn read(self, text: &str) -> Result<Value, String> {
        // serde_json reads exactly the numbers of JSON: no `inf`, no `0x`, no leading zeros or spaces.
        let number = || serde_json::from_str::<Number>(text).ok().map(Value::Number);
        match self {
            Kind::String => Ok(Value::String(text.to_owned())),
            Kind::Integer => number().ok_or_else(|| "not a whole number".to_owned()),
            Kind::Number => number().ok_or_else(|| "not a number".to_owned()),
            Kind::Boolean => match text {
                "true" => Ok(Value::Bool(true)),
                "false" => Ok(Value::Bool(false)),
                _ => Err("write true or false".to_owned()),
            },
            Kind::List => {
                let reader = Reader::new("the list");
                let read = yaml::parse(text, &reader).map(|node| node.json()).unwrap_or_default();
                reader.finish(read).map_err(|problems| problems.to_string())
            }
        }
    }

    /// The value in its normal form (`8.0` is `8`), if it is of this type.
    fn normal(self, value: &Value) -> Result<Value, String> {
        match (self, value) {
            (Kind::String, Value::String(_)) | (Kind::Boolean, Value::Bool(_)) | (Kind::List, Value::Array(_)) => {
                Ok(value.clone())
            }
            (Kind::Integer, Value::Number(n)) => match n.as_i64() {
                Some(n) if (-SAFE_INTEGER..=SAFE_INTEGER).contains(&n) => Ok(n.into()),
                None if !n.is_u64() => Err("not a whole number".to_owned()),
                _ => Err(format!("too large; whole numbers go to {SAFE_INTEGER}")),
            },
            (Kind::Number, Value::Number(n)) => Ok(plain(n)),
            (Kind::Integer, Value::String(_)) => Err("a text, not a whole number".to_owned()),
            (Kind::Number, Value::String(_)) => Err("a text, not a number".to_owned()),
            (Kind::Integer, _) => Err("not a whole number".to_owned()),
            (Kind::Number, _) => Err("not a number".to_owned()),
            (Kind::Boolean, Value::String(text)) if matches!(text.as_str(), "true" | "false") => {
                Err("a text; write it without quotes".to_owned())
            }
            (Kind::Boolean, _) => Err("write true or false".to_owned()),
            (Kind::String, _) => Err("not a text; put it in quotes".to_owned()),
            (Kind::List, _) => Err("not a list; write [{...}, {...}]".to_owned()),
        }
    }
}

/// `8.0` and `8` are one value, so they must be one text: configs are compared and hashed.
pub(super) fn plain(number: &Number) -> Value {
    match number.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within the range of exact doubles")]
        Some(f) if f.fract() == 0.0 && f.abs() <= SAFE_INTEGER as f64 => Value::from(f as i64),
        _ => Value::Number(number.clone()),
    }
}

/// A value as somebody would write it: nothing as nothing, a text in quotes only if it would be something else without.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if serde_json::from_str::<Value>(text).is_err() => text.clone(),
        value => value.to_string(),
    }
}

/// Keys and values of the command line: lower-case letters, digits and `_`, beginning with a letter, at most 64 bytes.
pub fn is_key(text: &str) -> bool {
    text.len() <= 64
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

/// One key of a config.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Key {
    /// Its name; see [`is_key`].
    pub name: String,
    /// The type of its value.
    #[serde(rename = "type")]
    pub kind: Kind,
    /// What it is for, one line.
    pub description: String,
    /// The value when none is given. Without one the key is absent from the config.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Value>,
    /// The least value.
    #[serde(serialize_with = "bound", skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The value must be more than this.
    #[serde(serialize_with = "bound", skip_serializing_if = "Option::is_none")]
    pub exclusive_min: Option<f64>,
    /// The greatest value.
    #[serde(serialize_with = "bound", skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The only values allowed; empty for any.
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    pub choices: Vec<Value>,
    /// Whether a config without it is refused.
    pub required: bool,
}

impl Key {
    /// A key that may be anything of its type.
    pub fn new(name: &str, kind: Kind) -> Key {
        Key {
            name: name.to_owned(),
            kind,
            description: String::new(),
            default: None,
            min: None,
            exclusive_min: None,
            max: None,
            choices: Vec::new(),
            required: false,
        }
    }

    /// The value that somebody gave, as the guest will see it.
    ///
    /// # Errors
    /// Why it is not allowed, in words that follow `key=value: `.
    pub fn accept(&self, given: &Given) -> Result<Value, String> {
        match given {
            Given::Text(text) => self.check(&self.kind.read(text)?),
            Given::Typed { value, .. } => self.check(value),
        }
    }

    /// The value in its normal form, if it is allowed.
    ///
    /// # Errors
    /// Why it is not, in words that follow `key=value: `.
    pub fn check(&self, value: &Value) -> Result<Value, String> {
        let value = self.kind.normal(value)?;
        if let Some(n) = value.as_f64() {
            self.check_range(n)?;
        }
        if !self.choices.is_empty() && !self.choices.contains(&value) {
            let names: Vec<String> = self.choices.iter().map(bare).collect();
            let all = names.join(", ");
            return Err(match nearest(&bare(&value), names.iter().map(String::as_str)) {
                Some(near) if self.kind == Kind::String => format!("did you mean {near}? One of: {all}"),
                _ => format!("not one of: {all}"),
            });
        }
        Ok(value)
    }

    fn check_range(&self, n: f64) -> Result<(), String> {
        match (self.min, self.exclusive_min, self.max) {
            (Some(min), ..) if n < min => Err(format!("at least {min}")),
            (_, Some(min), _) if n <= min => Err(format!("more than {min}")),
            (.., Some(max)) if n > max => Err(format!("at most {max}")),
            _ => Ok(()),
        }
    }
}

/// `300`, not `300.0`.
fn bound<S: Serializer>(bound: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    bound.and_then(Number::from_f64).map(|number| plain(&number)).serialize(serializer)
}

/// A text without its quotes, anything else as it is.
fn bare(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The keys of a config, in the manifest's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Schema(Vec<Key>);

impl Schema {
    /// These keys, in this order.
    pub fn new(keys: Vec<Key>) -> Schema {
        Schema(keys)
    }

    /// Every key.
    pub fn keys(&self) -> &[Key] {
        &self.0
    }

    /// Every key's name.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.name.as_str())
    }

    /// The key with this name.
    pub fn get(&self, name: &str) -> Option<&Key> {
        self.0.iter().find(|key| key.name == name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_have_one_normal_form() {
        let key = Key::new("rate", Kind::Number);
        assert_eq!(key.check(&json!(8.0)).unwrap().to_string(), "8");
        assert_eq!(key.check(&json!(0.5)).unwrap().to_string(), "0.5");
        assert_eq!(key.accept(&Given::Text("1e2".into())).unwrap().to_string(), "100");
    }

    #[test]
    fn whole_numbers_stay_within_what_every_guest_reads_exactly() {
        let key = Key::new("seed", Kind::Integer);
        assert_eq!(key.accept(&Given::Text("9007199254740991".into())).unwrap(), json!(SAFE_INTEGER));
        for text in ["9007199254740992", "18446744073709551615"] {
            let said = key.accept(&Given::Text(text.into())).unwrap_err();
            assert_eq!(said, "too large; whole numbers go to 9007199254740991");
        }
        assert!(key.accept(&Given::Text("1e400".into())).is_err());
    }

    #[test]
    fn a_list_is_the_same_from_the_command_line_and_from_a_file() {
        let key = Key::new("packs", Kind::List);
        let value = json!([{"pack": "a", "count": 3}, {"pack": "b", "at": "2026-01-05T22:00"}]);
        let text = Given::Text("[{pack: a, count: 3}, {pack: b, at: 2026-01-05T22:00}]".into());
        assert_eq!(key.accept(&text).unwrap(), value);
        assert_eq!(key.check(&value).unwrap(), value);
        for wrong in ["a", "{pack: a}", "", "[a", "3"] {
            assert!(key.accept(&Given::Text(wrong.into())).is_err(), "{wrong}");
        }
        assert_eq!(key.check(&json!("a")).unwrap_err(), "not a list; write [{...}, {...}]");
    }

    #[test]
    fn an_enum_of_numbers_compares_values() {
        let mut key = Key::new("minutes", Kind::Integer);
        key.choices = vec![json!(15), json!(30)];
        assert_eq!(key.accept(&Given::Text("30".into())).unwrap(), json!(30));
        assert_eq!(key.accept(&Given::Text("31".into())).unwrap_err(), "not one of: 15, 30");
    }
}
