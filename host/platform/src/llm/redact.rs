//! What of a provider's words may be shown.
//!
//! Providers repeat what they were sent: OpenAI names a wrong key by its first and last characters. So a provider's
//! sentence is shown only if it has no part of a secret in it, and it ends somewhere.

use haymaker_engine::http::{Secret, reveals};
use serde_json::Value;

/// The longest sentence that is shown, in characters.
const LONGEST: usize = 300;

/// How many bytes of a secret in a row are a part of it: less occurs by chance.
const PART: usize = 6;

/// What an error says, behind a colon; empty where it says nothing that may be shown.
pub(super) fn words(error: &Value, secrets: &[&Secret]) -> String {
    let texts = [
        error.get("message"),
        error.get("error").and_then(|error| error.get("message")),
        error.get("error").filter(|error| error.is_string()),
    ];
    let said = texts.into_iter().flatten().find_map(Value::as_str).unwrap_or_default();
    if said.trim().is_empty() || reveals(said.as_bytes(), secrets.iter().copied()) || has_part(said, secrets) {
        return String::new();
    }
    let line: String = said.chars().take(LONGEST).map(|c| if c.is_control() { ' ' } else { c }).collect();
    format!(": {}", line.trim())
}

/// Whether a text has a piece of a secret in it.
fn has_part(text: &str, secrets: &[&Secret]) -> bool {
    let pieces = secrets.iter().flat_map(|secret| secret.expose().as_bytes().windows(PART));
    let text = text.as_bytes();
    pieces.into_iter().any(|piece| text.windows(PART).any(|part| part == piece))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_sentence_with_a_part_of_a_key_is_not_shown() {
        let key = Secret::new("sk-proj-4f9aQ2xxVw81kLm0".to_owned());
        let said = |text: &str| words(&json!({"error": {"message": text}}), &[&key]);
        assert_eq!(said("Incorrect API key provided: sk-proj-4f9a********kLm0"), "");
        assert_eq!(said("nothing but its end, 81kLm0, is known"), "");
        assert_eq!(said("The model does\nnot exist"), ": The model does not exist");
        assert_eq!(words(&json!({"error": "x".repeat(900)}), &[&key]).len(), LONGEST + 2);
        assert_eq!(words(&json!(null), &[&key]), "");
    }
}
