//! Bytes in JSON: as text where they are UTF-8, else as base64 behind a NUL, which no text of ours begins with.

use base64::Engine;
use serde::{Deserialize, Deserializer, Serializer};

pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    match std::str::from_utf8(bytes) {
        Ok(text) if !text.starts_with('\0') => serializer.serialize_str(text),
        _ => serializer.serialize_str(&format!("\0{}", base64::engine::general_purpose::STANDARD.encode(bytes))),
    }
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.strip_prefix('\0') {
        Some(encoded) => base64::engine::general_purpose::STANDARD.decode(encoded).map_err(serde::de::Error::custom),
        None => Ok(text.into_bytes()),
    }
}
