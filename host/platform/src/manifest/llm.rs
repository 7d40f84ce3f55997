//! Whether a workload may ask a language model: `llm: { use: optional, when: enable_ai_generation }`.

use crate::config::{Kind, Schema};
use crate::llm::wish::{LlmUse, Need};
use crate::problems::suggest;
use crate::yaml::Field;

pub(super) fn read(field: &Field<'_>, schema: &Schema) -> Option<LlmUse> {
    let fields = field.fields(&["use", "when"])?;
    let when = fields.get("when").and_then(|field| field.parse(|text| switch(text, schema)));
    let need = fields.need("use", "write optional or required")?.parse(|text| match text {
        "optional" => Ok(Need::Optional),
        "required" => Ok(Need::Required),
        _ => Err(format!("no such use; {}", suggest(text, ["optional", "required"]))),
    });
    Some(LlmUse { need: need?, when })
}

/// The config key that turns it on.
fn switch(text: &str, schema: &Schema) -> Result<String, String> {
    match schema.get(text) {
        Some(key) if key.kind == Kind::Boolean => Ok(text.to_owned()),
        Some(_) => Err("not a boolean under config_schema; name one that turns the model on".to_owned()),
        None => Err(format!("not under config_schema; {}", suggest(text, schema.names()))),
    }
}
