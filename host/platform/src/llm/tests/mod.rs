//! Providers over the wire: servers on this machine that say what each provider's does, word for word, and what goes
//! wrong on the way.

mod anthropic;
mod openai;
mod server;
mod settings;
mod trouble;
mod use_of_it;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use haymaker_engine::clock::Clock;
use haymaker_engine::http::{Gateway, GatewaySettings};
use haymaker_engine::llm::{Block, Message, Prompt, Reply, Role, Tool};
use haymaker_engine::types::Problem;
use haymaker_engine::{Instant, Pending};

use self::server::Server;
use super::settings::from_environment;
use super::{Model, Models, client};

/// A key that is nobody's.
pub(super) const KEY: &str = "sk-test-4f9aQ2xxVw81kLm0TTr7";

/// A clock on which sleeping takes no time.
#[derive(Default)]
pub(super) struct Nap {
    now: AtomicU64,
    naps: Mutex<Vec<u64>>,
}

impl Clock for Nap {
    fn now(&self) -> Instant {
        self.now.load(Ordering::SeqCst)
    }

    fn sleep_until(&self, at: Instant) -> Pending<'_, ()> {
        let now = self.now.fetch_max(at, Ordering::SeqCst);
        self.naps.lock().unwrap().push(at.saturating_sub(now));
        Box::pin(std::future::ready(()))
    }
}

pub(super) fn environment(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// A model of each provider at a server.
pub(super) fn model(provider: &str, server: &Server) -> Model {
    let origin = server.origin.as_str();
    let pairs: &[(&str, &str)] = match provider {
        "anthropic" => &[("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", origin), ("LLM_MODEL", "m-1")],
        "openai" => &[("OPENAI_API_KEY", KEY), ("OPENAI_BASE_URL", origin), ("OPENAI_MODEL", "m-1")],
        "azure_openai" => {
            &[("AZURE_OPENAI_API_KEY", KEY), ("AZURE_OPENAI_ENDPOINT", origin), ("AZURE_OPENAI_DEPLOYMENT", "m-1")]
        }
        _ => &[("AZURE_AI_FOUNDRY_API_KEY", KEY), ("AZURE_AI_ENDPOINT", origin), ("AZURE_AI_FOUNDRY_MODEL", "m-1")],
    };
    let mut environment = environment(pairs);
    environment.insert("LLM_PROVIDER".to_owned(), provider.to_owned());
    from_environment(&environment).unwrap().unwrap()
}

pub(super) fn models() -> Arc<Models> {
    Models::new(Gateway::new(GatewaySettings::default()).unwrap()).unwrap()
}

pub(super) async fn ask(model: &Model, prompt: &Prompt) -> (Result<Reply, Problem>, Vec<u64>) {
    let clock = Nap::default();
    let result = client::complete(&models(), model, &clock, prompt).await;
    (result, clock.naps.into_inner().unwrap())
}

pub(super) fn said(role: Role, content: Vec<Block>) -> Message {
    Message { role, content }
}

pub(super) fn prompt() -> Prompt {
    Prompt {
        system: "You write mail.".to_owned(),
        messages: vec![said(Role::User, vec![Block::Text("Write one.".to_owned())])],
        tools: Vec::new(),
        max_tokens: 300,
        options: vec![("temperature".to_owned(), "0.5".to_owned()), ("stop".to_owned(), r#"["END"]"#.to_owned())],
    }
}

pub(super) fn look() -> Tool {
    Tool {
        name: "look".to_owned(),
        description: "Looks at a file.".to_owned(),
        schema: r#"{"type":"object","properties":{"path":{"type":"string"}}}"#.to_owned(),
    }
}

/// A good answer of each provider.
pub(super) fn good(provider: &str) -> String {
    match provider {
        "anthropic" => {
            r#"{"id":"msg_1","type":"message","role":"assistant","model":"m-1-20260101",
                "content":[{"type":"text","text":"Dear all,"}],"stop_reason":"end_turn","stop_sequence":null,
                "usage":{"input_tokens":20,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}}"#
        }
        _ => {
            r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"m-1-20260101",
                "choices":[{"index":0,"message":{"role":"assistant","content":"Dear all,","refusal":null},
                "logprobs":null,"finish_reason":"stop"}],
                "usage":{"prompt_tokens":27,"completion_tokens":5,"total_tokens":32}}"#
        }
    }
    .to_owned()
}

pub(super) const PROVIDERS: [&str; 4] = ["anthropic", "openai", "azure_openai", "azure_ai_foundry"];
