//! The Messages API of Anthropic.

use haymaker_engine::llm::{Block, Message, Prompt, Reply, Role, Stop, ToolCall};
use serde_json::{Map, Value, json};

use super::settings::{MODEL, Reading, Target, below, ends_with};
use super::{Key, Model, budget};

const API_KEY: &str = "ANTHROPIC_API_KEY";
const BASE_URL: &str = "ANTHROPIC_BASE_URL";
const OWN_MODEL: &str = "ANTHROPIC_MODEL";

pub(super) const NAMES: &[&str] = &[API_KEY, BASE_URL, OWN_MODEL];

/// Any of these means this provider, where none is named.
pub(super) const MARKS: &[&str] = &[API_KEY];

/// The version of the API, which every request names.
pub(super) const VERSION: (&str, &str) = ("anthropic-version", "2023-06-01");

/// Quick, cheap, and good enough for an office's mail.
const USUAL_MODEL: &str = "claude-haiku-4-5";

/// Parts of an answer that only this provider reads: they are given back as they are. Nothing else is taken for one, or a
/// guest could have the provider fetch what it likes.
const OPAQUE: [&str; 2] = ["thinking", "redacted_thinking"];

pub(super) fn target(reading: &Reading) -> Option<Target> {
    reading.need(&[API_KEY], "it is made in Anthropic's console");
    let key = reading.key(&[API_KEY]);
    let base = reading.get(BASE_URL).unwrap_or("https://api.anthropic.com");
    let base = reading.address(BASE_URL, base, true)?;
    let url = if ends_with(&base, "v1") { below(&base, &["messages"]) } else { below(&base, &["v1", "messages"]) };
    let name = reading.first(&[OWN_MODEL, MODEL]).map_or(USUAL_MODEL, |(_, name)| name);
    Some(Target { url, key: Key::Header("x-api-key", key?), name: name.to_owned() })
}

/// A prompt as a body.
///
/// # Errors
/// What this provider cannot be told, in a sentence.
pub(super) fn body(model: &Model, prompt: &Prompt) -> Result<Value, String> {
    let messages = prompt.messages.iter().map(message).collect::<Result<Vec<_>, _>>()?;
    let mut body = Map::new();
    body.insert("model".to_owned(), json!(model.name));
    body.insert("max_tokens".to_owned(), json!(prompt.max_tokens));
    if !prompt.system.is_empty() {
        body.insert("system".to_owned(), json!(prompt.system));
    }
    body.insert("messages".to_owned(), Value::Array(messages));
    if !prompt.tools.is_empty() {
        let tool = |tool: &haymaker_engine::llm::Tool| json!({"name": tool.name, "description": tool.description, "input_schema": parsed(&tool.schema)});
        body.insert("tools".to_owned(), prompt.tools.iter().map(tool).collect());
    }
    for (name, value) in &prompt.options {
        let value = parsed(value);
        match name.as_str() {
            "stop" => body.insert("stop_sequences".to_owned(), value),
            "thinking" => body.insert("thinking".to_owned(), json!({"type": "enabled", "budget_tokens": value})),
            "tool_choice" => body.insert("tool_choice".to_owned(), choice(&value)),
            _ => body.insert(name.clone(), value),
        };
    }
    Ok(Value::Object(body))
}

fn choice(value: &Value) -> Value {
    match value.as_str() {
        Some(kind @ ("auto" | "any" | "none")) => json!({"type": kind}),
        _ => json!({"type": "tool", "name": value}),
    }
}

fn message(message: &Message) -> Result<Value, String> {
    let role = match message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
    };
    // Results of tools stand first, or the API takes them for missing.
    let (results, others): (Vec<&Block>, Vec<&Block>) =
        message.content.iter().partition(|block| matches!(block, Block::ToolResult(_)));
    let content = results.into_iter().chain(others).map(block).collect::<Result<Vec<_>, _>>()?;
    Ok(json!({"role": role, "content": content}))
}

fn block(block: &Block) -> Result<Value, String> {
    Ok(match block {
        Block::Text(text) => json!({"type": "text", "text": text}),
        Block::ToolCall(call) => {
            // The API takes objects only; a model that gave something else is told what it gave.
            let input = match parsed(&call.input) {
                object @ Value::Object(_) => object,
                other => json!({"value": other}),
            };
            json!({"type": "tool_use", "id": call.id, "name": call.name, "input": input})
        }
        Block::ToolResult(result) => json!({
            "type": "tool_result", "tool_use_id": result.id, "content": result.content, "is_error": result.is_error
        }),
        Block::Opaque(part) => {
            let part = parsed(part);
            let kind = part.get("type").and_then(Value::as_str).unwrap_or_default();
            if !OPAQUE.contains(&kind) {
                return Err(format!("an opaque part of the type {kind:?} is none that the model gave"));
            }
            part
        }
    })
}

/// JSON that was checked to be some.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// An answer; none if it is not one.
pub(super) fn reply(model: &Model, body: &Value, prompt: &Prompt) -> Option<Reply> {
    let content: Vec<Block> = body.get("content")?.as_array()?.iter().filter_map(read).collect();
    let stop = match body.get("stop_reason").and_then(Value::as_str) {
        Some("end_turn" | "stop_sequence") => Stop::End,
        Some("max_tokens" | "model_context_window_exceeded") => Stop::Length,
        Some("tool_use") => Stop::ToolCall,
        Some("refusal") => Stop::Refused,
        _ => Stop::Other,
    };
    let count = |name: &str| body.get("usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    let cached = ["cache_creation_input_tokens", "cache_read_input_tokens"].map(|name| count(name).unwrap_or(0));
    let input = count("input_tokens").map(|fresh| cached.into_iter().fold(fresh, u64::saturating_add));
    let name = body.get("model").and_then(Value::as_str).unwrap_or(&model.name);
    Some(Reply {
        content,
        stop,
        model: name.to_owned(),
        input_tokens: input.unwrap_or_else(|| budget::estimate(haymaker_engine::llm::size(prompt))),
        output_tokens: count("output_tokens").unwrap_or_else(|| budget::estimate(body.to_string().len())),
    })
}

fn read(part: &Value) -> Option<Block> {
    let text = |name: &str| part.get(name).and_then(Value::as_str).map(str::to_owned);
    match part.get("type")?.as_str()? {
        "text" => text("text").filter(|text| !text.is_empty()).map(Block::Text),
        "tool_use" => {
            let input = part.get("input").cloned().unwrap_or_else(|| json!({})).to_string();
            Some(Block::ToolCall(ToolCall { id: text("id")?, name: text("name")?, input }))
        }
        kind if OPAQUE.contains(&kind) => Some(Block::Opaque(part.to_string())),
        _ => None,
    }
}
