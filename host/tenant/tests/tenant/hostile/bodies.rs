//! Bodies: good ones, ones as the description of Graph has them, and what can be made of both.

use serde_json::{Map, Value, json};

use super::corpus::{self, There};
use super::generate::{MOMENTS, Maker, ZONES};

impl Maker<'_> {
    /// A value of this schema, or now and then of none.
    fn value(&mut self, schema: &Value, depth: usize, name: &str) -> Value {
        if self.dice.chance(4) {
            return self.junk(depth);
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let found = self.description.pointer(reference.trim_start_matches('#')).unwrap_or(&Value::Null);
            return self.value(found, depth, name);
        }
        if let Some(parts) = schema["allOf"].as_array() {
            let mut whole = Map::new();
            for part in parts {
                match self.value(part, depth, name) {
                    Value::Object(fields) => whole.extend(fields),
                    other if whole.is_empty() => return other,
                    _ => {}
                }
            }
            return Value::Object(whole);
        }
        if let Some(words) = schema["enum"].as_array() {
            return self.dice.pick(words);
        }
        match schema["type"].as_str() {
            Some("boolean") => Value::Bool(self.dice.chance(50)),
            Some("integer" | "number") => {
                let numbers = [
                    json!(0),
                    json!(1),
                    json!(-1),
                    json!(31),
                    json!(999),
                    json!(i32::MAX),
                    json!(i64::MIN),
                    json!(u64::MAX),
                    json!(0.5),
                ];
                self.dice.pick(&numbers)
            }
            Some("array") if depth > 0 => {
                (0..self.dice.below(4)).map(|_| self.value(&schema["items"], depth - 1, name)).collect()
            }
            Some("array") => json!([]),
            Some("object") if depth > 0 => self.object(schema, depth),
            Some("object") => json!({}),
            _ => Value::String(self.text(schema["format"].as_str().unwrap_or_default(), name)),
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let mut fields = Map::new();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties: Vec<(&String, &Value)> = schema["properties"].as_object().into_iter().flatten().collect();
        let share = if properties.len() > 8 { 12 } else { 60 };
        for (name, property) in properties {
            if name != "@odata.type"
                && (self.dice.chance(share) || required.contains(&name.as_str()) && self.dice.chance(90))
            {
                fields.insert(name.clone(), self.value(property, depth - 1, name));
            }
        }
        Value::Object(fields)
    }

    fn text(&mut self, format: &str, name: &str) -> String {
        if self.dice.chance(10) {
            return self.word();
        }
        match (format, name) {
            ("date-time", _) | (_, "dateTime") => self.dice.pick(MOMENTS).to_owned(),
            (_, "startDate" | "endDate") => {
                (self.dice.pick(&["2026-01-06", "9999-12-31", "0001-01-01", "-262143-01-01", "+262142-12-31"]))
                    .to_owned()
            }
            (_, "timeZone" | "recurrenceTimeZone") => self.dice.pick(ZONES).to_owned(),
            (_, "address" | "email" | "userPrincipalName") => self.known("user-id"),
            (_, "skuId") => self.known("subscribedSku-id").rsplit('_').next().unwrap_or_default().to_owned(),
            (_, "destinationId" | "DestinationId") => self.known("mailFolder-id"),
            (_, "password") => "Correct-Horse-7".to_owned(),
            (_, "id") => self.known("driveItem-id"),
            ("uuid", _) => self.known("group-id"),
            ("byte" | "base64url", _) => self.dice.pick(&["YQ==", "!", ""]).to_owned(),
            _ => self.dice.pick(&["x", "Figures", "a.txt", "Sales", "\u{1F4A3}"]).to_owned(),
        }
    }

    pub(super) fn junk(&mut self, depth: usize) -> Value {
        match self.dice.below(8) {
            0 => Value::Null,
            1 => json!({}),
            2 => json!([]),
            3 => json!(self.dice.roll() as i64),
            4 => json!(self.dice.chance(50)),
            5 if depth > 0 => json!([self.junk(depth - 1), { "x": self.junk(depth - 1) }]),
            6 => json!(1e300),
            _ => json!(self.word()),
        }
    }

    /// Puts something else in the place of one part.
    fn spoil(&mut self, value: &mut Value) {
        let parts: Vec<&mut Value> = match value {
            Value::Object(fields) => fields.values_mut().collect(),
            Value::Array(values) => values.iter_mut().collect(),
            _ => Vec::new(),
        };
        let at = self.dice.below(parts.len());
        match parts.into_iter().nth(at) {
            Some(part) if self.dice.chance(75) => self.spoil(part),
            _ => *value = self.junk(2),
        }
    }

    /// A body for the operation: a good one, or one as described; and then, perhaps, spoiled.
    pub(super) fn body(&mut self, method: &str, template: &str) -> Vec<u8> {
        let there = There {
            user: self.known("user-id"),
            other: self.known("user-id"),
            folder: self.known("mailFolder-id"),
            sku: self.known("subscribedSku-id").rsplit('_').next().unwrap_or_default().to_owned(),
            name: format!("n{}", self.dice.roll()),
            zone: self.dice.pick(ZONES),
            moment: self.dice.pick(MOMENTS),
        };
        let schema = &self.description["paths"][template][method.to_ascii_lowercase()];
        let schema = &schema["requestBody"]["content"]["application/json"]["schema"];
        let mut body = match corpus::body(method, template, &there).filter(|_| self.dice.chance(60)) {
            Some(good) => good,
            None if schema.is_null() => self.junk(3),
            None => self.value(schema, 6, ""),
        };
        if self.dice.chance(40) {
            self.spoil(&mut body);
        }
        let mut bytes = body.to_string().into_bytes();
        match self.dice.below(30) {
            0 => bytes.truncate(self.dice.below(bytes.len())),
            1 => bytes.push(0xFF),
            2 => bytes = vec![b'['; 20_000],
            3 => bytes.clear(),
            4 => bytes = format!("{{\"subject\":\"a\",\"subject\":{}}}", String::from_utf8_lossy(&bytes)).into_bytes(),
            5 => {
                let at = self.dice.below(bytes.len());
                bytes.insert(at, b'"');
            }
            _ => {}
        }
        bytes
    }
}
