//! What a prompt must be, whoever answers it.

use serde_json::Value;

use super::{Block, Message, Prompt, Role, Tool};
use crate::types::Problem;

/// The options that a prompt may have. What a model does not know of them its provider refuses.
///
/// | name | value |
/// |---|---|
/// | `temperature` | a number from 0 to 2 |
/// | `top_p` | a number above 0, to 1 |
/// | `stop` | up to four texts at which the answer ends |
/// | `tool_choice` | `auto`, `any`, `none`, or a tool's name |
/// | `thinking` | how many tokens a model may think, a whole number; for models that show their thinking as `opaque` |
pub const OPTIONS: [&str; 5] = ["temperature", "top_p", "stop", "tool_choice", "thinking"];

/// A prompt at the most, in bytes: what the largest models read.
pub const PROMPT_LIMIT: usize = 4 << 20;

/// Tools at the most: what providers take.
const TOOLS: usize = 128;

/// A prompt's size, in bytes of its texts.
pub fn size(prompt: &Prompt) -> usize {
    let block = |block: &Block| match block {
        Block::Text(text) | Block::Opaque(text) => text.len(),
        Block::ToolCall(call) => call.id.len() + call.name.len() + call.input.len(),
        Block::ToolResult(result) => result.id.len() + result.content.len(),
    };
    let messages = prompt.messages.iter().flat_map(|message| &message.content).map(block).sum::<usize>();
    let tools = prompt.tools.iter().map(|tool| tool.name.len() + tool.description.len() + tool.schema.len());
    prompt.system.len() + messages + tools.sum::<usize>()
}

/// Checks a prompt.
///
/// # Errors
/// `invalid`, with the first thing that is wrong.
pub(super) fn check(prompt: &Prompt) -> Result<(), Problem> {
    wrong(prompt).map_or(Ok(()), |why| Err(Problem::invalid("prompt", why)))
}

fn wrong(prompt: &Prompt) -> Option<String> {
    if size(prompt) > PROMPT_LIMIT {
        return Some(format!("the prompt has {} bytes; {PROMPT_LIMIT} is the most", size(prompt)));
    }
    if prompt.max_tokens == 0 {
        return Some("max-tokens is 0, and nothing can be said in none".to_owned());
    }
    if prompt.messages.last().is_none_or(|last| last.role != Role::User) {
        return Some("the last message must be the user's".to_owned());
    }
    prompt
        .messages
        .iter()
        .find_map(wrong_message)
        .or_else(|| wrong_tools(&prompt.tools))
        .or_else(|| wrong_options(&prompt.options, &prompt.tools))
}

fn wrong_message(message: &Message) -> Option<String> {
    if message.content.is_empty() {
        return Some("a message has no content".to_owned());
    }
    message.content.iter().find_map(|block| match (message.role, block) {
        (_, Block::Text(text)) if text.trim().is_empty() => Some("a text is empty".to_owned()),
        (_, Block::Text(_)) | (Role::User, Block::ToolResult(_)) => None,
        (Role::Assistant, Block::ToolCall(call)) => {
            json(&call.input).err().map(|why| format!("the input of the call {:?} is not JSON: {why}", call.id))
        }
        (Role::Assistant, Block::Opaque(part)) => {
            json(part).err().map(|why| format!("an opaque part is not as the model gave it: {why}"))
        }
        (Role::User, Block::ToolCall(_) | Block::Opaque(_)) => {
            Some("only the assistant calls tools and has parts of its own".to_owned())
        }
        (Role::Assistant, Block::ToolResult(_)) => Some("results of tools are the user's to give".to_owned()),
    })
}

fn wrong_tools(tools: &[Tool]) -> Option<String> {
    if tools.len() > TOOLS {
        return Some(format!("{} tools are on offer; {TOOLS} is the most", tools.len()));
    }
    tools.iter().enumerate().find_map(|(n, tool)| {
        let fits = (1..=64).contains(&tool.name.len())
            && tool.name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
        if !fits {
            return Some(format!("the tool {:?} is not named with 1 to 64 of [a-zA-Z0-9_-]", tool.name));
        }
        if tools.iter().take(n).any(|other| other.name == tool.name) {
            return Some(format!("two tools are named {:?}", tool.name));
        }
        match json(&tool.schema) {
            Ok(Value::Object(_)) => None,
            _ => Some(format!("the schema of the tool {:?} is not a JSON object", tool.name)),
        }
    })
}

fn wrong_options(options: &[(String, String)], tools: &[Tool]) -> Option<String> {
    options.iter().enumerate().find_map(|(n, (name, text))| {
        if options.iter().take(n).any(|(other, _)| other == name) {
            return Some(format!("the option {name:?} stands there twice"));
        }
        let value = match json(text) {
            Ok(value) => value,
            Err(why) => return Some(format!("the option {name:?} is not JSON: {why}")),
        };
        let within = |least: f64, most: f64| value.as_f64().is_some_and(|number| (least..=most).contains(&number));
        let fits = match name.as_str() {
            "temperature" => within(0.0, 2.0),
            "top_p" => within(f64::MIN_POSITIVE, 1.0),
            "stop" => value.as_array().is_some_and(|stops| {
                (1..=4).contains(&stops.len()) && stops.iter().all(|stop| stop.as_str().is_some_and(|s| !s.is_empty()))
            }),
            "tool_choice" => value.as_str().is_some_and(|choice| {
                ["auto", "any", "none"].contains(&choice) || tools.iter().any(|tool| tool.name == choice)
            }),
            "thinking" => value.as_u64().is_some_and(|tokens| tokens > 0),
            _ => return Some(format!("there is no option {name:?}; there are {}", OPTIONS.join(", "))),
        };
        (!fits).then(|| format!("the option {name:?} cannot be {text}"))
    })
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::super::{ToolCall, ToolResult};
    use super::*;

    fn said(role: Role, block: Block) -> Message {
        Message { role, content: vec![block] }
    }

    fn prompt() -> Prompt {
        Prompt {
            system: String::new(),
            messages: vec![said(Role::User, Block::Text("hello".to_owned()))],
            tools: Vec::new(),
            max_tokens: 10,
            options: Vec::new(),
        }
    }

    fn tool(name: &str, schema: &str) -> Tool {
        Tool { name: name.to_owned(), description: String::new(), schema: schema.to_owned() }
    }

    #[test]
    fn a_conversation_with_tools_and_options_is_good() {
        let call = ToolCall { id: "1".to_owned(), name: "look".to_owned(), input: "{}".to_owned() };
        let result = ToolResult { id: "1".to_owned(), content: String::new(), is_error: false };
        let mut prompt = prompt();
        prompt.messages.push(Message {
            role: Role::Assistant,
            content: vec![Block::Opaque(r#"{"type":"thinking"}"#.to_owned()), Block::ToolCall(call)],
        });
        prompt.messages.push(said(Role::User, Block::ToolResult(result)));
        prompt.tools = vec![tool("look", r#"{"type":"object"}"#)];
        for (name, value) in [
            ("temperature", "0.5"),
            ("top_p", "1"),
            ("stop", r#"["END"]"#),
            ("tool_choice", r#""look""#),
            ("thinking", "1024"),
        ] {
            prompt.options.push((name.to_owned(), value.to_owned()));
        }
        assert_eq!(check(&prompt), Ok(()));
    }

    #[test]
    fn what_no_model_takes_is_invalid_and_said() {
        type Change = fn(&mut Prompt);
        let cases: [(Change, &str); 14] = [
            (|p| p.max_tokens = 0, "max-tokens is 0"),
            (|p| p.messages.clear(), "must be the user's"),
            (|p| p.messages.push(said(Role::Assistant, Block::Text("so".to_owned()))), "must be the user's"),
            (|p| p.messages[0].content.clear(), "no content"),
            (|p| p.messages[0] = said(Role::User, Block::Text(" ".to_owned())), "a text is empty"),
            (|p| p.messages[0] = said(Role::User, Block::Opaque("{}".to_owned())), "only the assistant"),
            (|p| p.system = "x".repeat(PROMPT_LIMIT), "is the most"),
            (|p| p.tools.push(tool("a b", "{}")), "is not named with"),
            (|p| p.tools.push(tool("look", "[]")), "not a JSON object"),
            (|p| p.tools = vec![tool("look", "{}"), tool("look", "{}")], "two tools"),
            (|p| p.options.push(("seed".to_owned(), "1".to_owned())), "there are temperature"),
            (|p| p.options.push(("temperature".to_owned(), "3".to_owned())), "cannot be 3"),
            (|p| p.options.push(("tool_choice".to_owned(), "\"look\"".to_owned())), "cannot be"),
            (|p| p.options.push(("stop".to_owned(), "{".to_owned())), "is not JSON"),
        ];
        for (change, why) in cases {
            let mut prompt = prompt();
            change(&mut prompt);
            let problem = check(&prompt).unwrap_err();
            assert!(problem.message.contains(why), "{}", problem.message);
        }
    }
}
