//! JSON that can be read in one way only.
//!
//! Parsers differ in which of two equal keys wins, and Graph takes the names of action parameters without regard to
//! case. A body in which a policy could read one recipient and the server another is therefore refused: no object may
//! have two keys that are equal when case is ignored.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a body is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum JsonError {
    /// It is not JSON (RFC 8259).
    #[error("the body is not JSON: {0}")]
    Broken(String),
    /// Two keys of an object are equal, or equal but for case.
    #[error("the body has the key {0:?} twice in one object (upper and lower case count as equal)")]
    Twin(String),
}

/// Parses a whole body.
pub(super) fn parse(body: &[u8]) -> Result<Value, JsonError> {
    let twin = RefCell::new(None);
    let mut source = serde_json::Deserializer::from_slice(body);
    let parsed = Strict { twin: &twin }.deserialize(&mut source).and_then(|value| source.end().map(|()| value));
    parsed.map_err(|error| twin.take().map_or_else(|| JsonError::Broken(error.to_string()), JsonError::Twin))
}

/// Builds a [`Value`]; notes the first key that stands twice.
#[derive(Clone, Copy)]
struct Strict<'a> {
    twin: &'a RefCell<Option<String>>,
}

impl<'de> DeserializeSeed<'de> for Strict<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Value, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::from(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = source.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut source: A) -> Result<Value, A::Error> {
        let mut seen = HashSet::new();
        let mut values = Map::new();
        while let Some(key) = source.next_key::<String>()? {
            if !seen.insert(folded(&key)) {
                self.twin.replace(Some(key));
                return Err(A::Error::custom("twin"));
            }
            values.insert(key, source.next_value_seed(self)?);
        }
        Ok(Value::Object(values))
    }
}

/// A key without its case: up and down again, because some letters fold only on the way up (`ſ` becomes `S`).
fn folded(key: &str) -> String {
    key.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_bodies_are_read_as_serde_json_reads_them() {
        for text in [
            "{}",
            "[1,-2,2.5,null,true,\"a\\u00e9\"]",
            r#"{"b":{"a":1},"a":[{"x":1},{"x":2}]}"#,
            "18446744073709551615",
        ] {
            assert_eq!(parse(text.as_bytes()).unwrap(), serde_json::from_str::<Value>(text).unwrap());
        }
    }

    #[test]
    fn twins_are_refused_at_any_depth_escaped_or_in_another_case() {
        for text in [
            r#"{"a":1,"a":2}"#,
            r#"{"x":[{"to":"a","\u0074o":"b"}]}"#,
            r#"{"message":{},"Message":{}}"#,
            "{\"subject\":1,\"\u{17f}ubject\":2}",
            "{\"k\":1,\"\u{212a}\":2}",
        ] {
            assert!(matches!(parse(text.as_bytes()), Err(JsonError::Twin(_))), "{text}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [&b"{"[..], b"{} {}", b"\xef\xbb\xbf{}", b"{\"a\":\"\xff\"}", b"// c\n{}", b"[1,]", b"\"\\ud800\""]
        {
            assert!(matches!(parse(text), Err(JsonError::Broken(_))), "{}", String::from_utf8_lossy(text));
        }
    }
}
