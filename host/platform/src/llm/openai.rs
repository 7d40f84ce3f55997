//! Chat completions, as OpenAI has them and many others speak them: Azure's services, and servers on one's own machine.

use std::sync::atomic::Ordering;

use haymaker_engine::llm::{Block, Message, Prompt, Reply, Role, Stop, ToolCall};
use serde_json::{Map, Value, json};

use super::settings::{MODEL, Reading, Target, below};
use super::{Key, Model, Provider, budget};

const API_KEY: &str = "OPENAI_API_KEY";
const BASE_URL: &str = "OPENAI_BASE_URL";
const OWN_MODEL: &str = "OPENAI_MODEL";

pub(super) const NAMES: &[&str] = &[API_KEY, BASE_URL, OWN_MODEL];

/// Any of these means this provider, where none is named.
pub(super) const MARKS: &[&str] = &[API_KEY, BASE_URL];

pub(super) fn target(reading: &Reading) -> Option<Target> {
    let base = reading.get(BASE_URL);
    if base.is_none() {
        reading.need(&[API_KEY], &format!("only a server of one's own ({BASE_URL}) may need none"));
    }
    let key = reading.key(&[API_KEY]);
    let name = reading.need(&[OWN_MODEL, MODEL], "name the model that is to be asked");
    let url = reading.address(BASE_URL, base.unwrap_or("https://api.openai.com/v1"), key.is_some())?;
    let url = below(&url, &["chat", "completions"]);
    Some(Target { url, key: key.map_or(Key::None, Key::Bearer), name: name?.1.to_owned() })
}

/// A prompt as a body.
///
/// # Errors
/// What this provider cannot be told, in a sentence.
pub(super) fn body(model: &Model, prompt: &Prompt) -> Result<Value, String> {
    let mut messages = Vec::new();
    if !prompt.system.is_empty() {
        messages.push(json!({"role": "system", "content": prompt.system}));
    }
    prompt.messages.iter().for_each(|message| turn(message, &mut messages));
    let mut body = Map::new();
    // A deployment of Azure OpenAI is named in the address.
    if model.provider != Provider::AzureOpenai {
        body.insert("model".to_owned(), json!(model.name));
    }
    body.insert("messages".to_owned(), Value::Array(messages));
    body.insert(limit(model.completion_tokens.load(Ordering::Relaxed)).to_owned(), json!(prompt.max_tokens));
    if !prompt.tools.is_empty() {
        let tool = |tool: &haymaker_engine::llm::Tool| {
            let function =
                json!({"name": tool.name, "description": tool.description, "parameters": parsed(&tool.schema)});
            json!({"type": "function", "function": function})
        };
        body.insert("tools".to_owned(), prompt.tools.iter().map(tool).collect());
    }
    for (name, value) in &prompt.options {
        let value = parsed(value);
        match name.as_str() {
            "thinking" => return Err(format!("{} takes no option \"thinking\"", model.provider.word())),
            "tool_choice" => body.insert("tool_choice".to_owned(), choice(value)),
            _ => body.insert(name.clone(), value),
        };
    }
    Ok(Value::Object(body))
}

/// The name of the most tokens of an answer: newer models have renamed it.
pub(super) fn limit(completion_tokens: bool) -> &'static str {
    if completion_tokens { "max_completion_tokens" } else { "max_tokens" }
}

fn choice(value: Value) -> Value {
    match value.as_str() {
        Some("any") => json!("required"),
        Some("auto" | "none") => value,
        _ => json!({"type": "function", "function": {"name": value}}),
    }
}

/// One turn: results of tools are messages of their own, before what else the user says. What another provider keeps for
/// itself is left out.
fn turn(message: &Message, messages: &mut Vec<Value>) {
    let (mut texts, mut calls) = (Vec::new(), Vec::new());
    for block in &message.content {
        match block {
            Block::Text(text) => texts.push(text.as_str()),
            Block::ToolCall(call) => calls.push(json!({
                "id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments(&call.input)}
            })),
            Block::ToolResult(result) => {
                let failed = if result.is_error { "The tool failed: " } else { "" };
                let content = format!("{failed}{}", result.content);
                messages.push(json!({"role": "tool", "tool_call_id": result.id, "content": content}));
            }
            Block::Opaque(_) => {}
        }
    }
    let text = texts.join("\n\n");
    match message.role {
        Role::User if texts.is_empty() => {}
        Role::User => messages.push(json!({"role": "user", "content": text})),
        Role::Assistant if calls.is_empty() => messages.push(json!({"role": "assistant", "content": text})),
        Role::Assistant => {
            let content = if texts.is_empty() { Value::Null } else { json!(text) };
            messages.push(json!({"role": "assistant", "content": content, "tool_calls": calls}));
        }
    }
}

/// A call's input as the model wrote it: text that was no JSON came as a JSON string.
fn arguments(input: &str) -> String {
    match parsed(input) {
        Value::String(text) => text,
        _ => input.to_owned(),
    }
}

/// JSON that was checked to be some.
fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// An answer; none if it is not one.
pub(super) fn reply(model: &Model, body: &Value, prompt: &Prompt) -> Option<Reply> {
    let choice = body.get("choices")?.as_array()?.first()?;
    let message = choice.get("message")?.as_object()?;
    let mut content: Vec<Block> =
        message.get("content").map(said).filter(|text| !text.is_empty()).map(Block::Text).into_iter().collect();
    let calls = message.get("tool_calls").and_then(Value::as_array).into_iter().flatten();
    content.extend(calls.filter_map(call).map(Block::ToolCall));
    let refused = message.get("refusal").and_then(Value::as_str).is_some_and(|refusal| !refusal.is_empty());
    let has_calls = content.iter().any(|block| matches!(block, Block::ToolCall(_)));
    let stop = match choice.get("finish_reason").and_then(Value::as_str) {
        _ if refused => Stop::Refused,
        Some("content_filter") => Stop::Refused,
        Some("length") => Stop::Length,
        // Some servers say that they stopped when they call a tool.
        Some("tool_calls" | "function_call" | "stop") if has_calls => Stop::ToolCall,
        Some("stop") => Stop::End,
        _ => Stop::Other,
    };
    let count = |name: &str| body.get("usage").and_then(|usage| usage.get(name)).and_then(Value::as_u64);
    let name = body.get("model").and_then(Value::as_str).filter(|name| !name.is_empty()).unwrap_or(&model.name);
    Some(Reply {
        content,
        stop,
        model: name.to_owned(),
        input_tokens: count("prompt_tokens").unwrap_or_else(|| budget::estimate(haymaker_engine::llm::size(prompt))),
        output_tokens: count("completion_tokens").unwrap_or_else(|| budget::estimate(body.to_string().len())),
    })
}

/// What a message says: a text, or texts in parts.
fn said(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect::<Vec<_>>().join("")
        }
        _ => String::new(),
    }
}

fn call(call: &Value) -> Option<ToolCall> {
    let function = call.get("function")?;
    let name = function.get("name")?.as_str()?.to_owned();
    let input = match function.get("arguments") {
        None | Some(Value::Null) => "{}".to_owned(),
        Some(Value::String(text)) if text.trim().is_empty() => "{}".to_owned(),
        Some(Value::String(text)) if serde_json::from_str::<Value>(text).is_ok() => text.clone(),
        // The model was wrong: the guest reads what it wrote. Some servers give an object.
        Some(other) => other.to_string(),
    };
    Some(ToolCall { id: call.get("id").and_then(Value::as_str).unwrap_or(&name).to_owned(), name, input })
}

/// Whether an error says that the most tokens of an answer go by their other name.
pub(super) fn renames_the_limit(error: &Value, told: &str) -> bool {
    let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
    text("param") == told || text("message").contains("max_completion_tokens") && told == "max_tokens"
}
