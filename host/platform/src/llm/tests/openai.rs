//! Chat completions, of OpenAI and as Azure has them.

use haymaker_engine::llm::{Block, Role, Stop, ToolCall, ToolResult};
use serde_json::{Value, json};

use super::super::settings::from_environment;
use super::server::{Server, say};
use super::{KEY, ask, environment, good, look, model, prompt, said};

#[tokio::test]
async fn each_is_asked_at_its_address_with_its_key_and_answers() {
    let bearer = format!("Bearer {KEY}");
    for (provider, line, header, key, named) in [
        ("openai", "POST /chat/completions HTTP/1.1", "authorization", bearer.as_str(), json!("m-1")),
        (
            "azure_openai",
            "POST /openai/deployments/m-1/chat/completions?api-version=2024-10-21 HTTP/1.1",
            "api-key",
            KEY,
            Value::Null,
        ),
        (
            "azure_ai_foundry",
            "POST /models/chat/completions?api-version=2024-05-01-preview HTTP/1.1",
            "api-key",
            KEY,
            json!("m-1"),
        ),
    ] {
        let server = Server::start([say(200, &[], &good(provider))]).await;
        let reply = ask(&model(provider, &server), &prompt()).await.0.unwrap();
        assert_eq!(reply.content, [Block::Text("Dear all,".to_owned())]);
        assert_eq!((reply.stop, reply.model.as_str()), (Stop::End, "m-1-20260101"));
        assert_eq!((reply.input_tokens, reply.output_tokens), (27, 5));
        let seen = &server.seen()[0];
        assert_eq!((seen.line.as_str(), seen.header(header)), (line, Some(key)), "{provider}");
        let body = seen.body();
        assert_eq!(body["model"], named, "{provider}");
        let messages =
            json!([{"role": "system", "content": "You write mail."}, {"role": "user", "content": "Write one."}]);
        assert_eq!(body["messages"], messages);
        assert_eq!((&body["max_tokens"], &body["temperature"]), (&json!(300), &json!(0.5)));
        assert_eq!(body["stop"], json!(["END"]));
    }
}

#[tokio::test]
async fn a_tool_is_called_and_its_result_is_given() {
    let first = json!({
        "model": "m-1", "usage": {"prompt_tokens": 1, "completion_tokens": 2},
        "choices": [{"finish_reason": "tool_calls", "message": {"role": "assistant", "content": null, "tool_calls": [
            {"id": "call_1", "type": "function", "function": {"name": "look", "arguments": "{\"path\": \"a.txt\"}"}},
            {"id": "call_2", "type": "function", "function": {"name": "look", "arguments": "{\"path\": "}},
            {"id": "call_3", "type": "function", "function": {"name": "look", "arguments": ""}},
        ]}}],
    });
    let server = Server::start([say(200, &[], &first.to_string()), say(200, &[], &good("openai"))]).await;
    let model = model("openai", &server);
    let mut prompt = prompt();
    prompt.tools = vec![look()];
    prompt.options = vec![("tool_choice".to_owned(), "\"look\"".to_owned())];
    let reply = ask(&model, &prompt).await.0.unwrap();
    assert_eq!(reply.stop, Stop::ToolCall);
    let call = |id: &str, input: &str| {
        Block::ToolCall(ToolCall { id: id.to_owned(), name: "look".to_owned(), input: input.to_owned() })
    };
    let wrong = r#""{\"path\": ""#;
    let calls = [call("call_1", r#"{"path": "a.txt"}"#), call("call_2", wrong), call("call_3", "{}")];
    assert_eq!(reply.content, calls, "what is no JSON is given as the text that it is");

    prompt.messages.push(said(Role::Assistant, reply.content));
    let result = |id: &str, is_error| {
        Block::ToolResult(ToolResult { id: id.to_owned(), content: "nothing".to_owned(), is_error })
    };
    let blocks = vec![result("call_1", false), result("call_2", true), Block::Text("Go on.".to_owned())];
    prompt.messages.push(said(Role::User, blocks));
    ask(&model, &prompt).await.0.unwrap();
    let body = server.seen()[1].body();
    let calls = &body["messages"][2];
    assert_eq!(calls["content"], Value::Null);
    assert_eq!(calls["tool_calls"][0]["function"]["arguments"], r#"{"path": "a.txt"}"#);
    assert_eq!(calls["tool_calls"][1]["function"]["arguments"], r#"{"path": "#, "as the model wrote it");
    let rest = json!([
        {"role": "tool", "tool_call_id": "call_1", "content": "nothing"},
        {"role": "tool", "tool_call_id": "call_2", "content": "The tool failed: nothing"},
        {"role": "user", "content": "Go on."},
    ]);
    assert_eq!(body["messages"].as_array().unwrap()[3..], *rest.as_array().unwrap());
    assert_eq!(body["tools"][0]["function"]["name"], "look");
    assert_eq!(body["tool_choice"], json!({"type": "function", "function": {"name": "look"}}));
}

#[tokio::test]
async fn reasons_to_stop_are_told_apart_and_so_is_a_filter() {
    for (reason, stop) in [
        ("stop", Stop::End),
        ("length", Stop::Length),
        ("content_filter", Stop::Refused),
        ("something_else", Stop::Other),
    ] {
        let body = good("openai").replace("\"stop\"", &format!("{reason:?}"));
        let server = Server::start([say(200, &[], &body)]).await;
        assert_eq!(ask(&model("openai", &server), &prompt()).await.0.unwrap().stop, stop, "{reason}");
    }
    let refused = good("openai").replace("\"refusal\":null", "\"refusal\":\"I will not.\"");
    let filtered = r#"{"error":{"code":"content_filter","message":"The prompt was filtered."}}"#;
    let server = Server::start([say(200, &[], &refused), say(400, &[], filtered)]).await;
    let model = model("azure_openai", &server);
    for _ in 0..2 {
        assert_eq!(ask(&model, &prompt()).await.0.unwrap().stop, Stop::Refused);
    }
}

/// Newer models refuse `max_tokens` and name what they want; from then on they are told so at once.
#[tokio::test]
async fn the_limit_of_an_answer_goes_by_the_name_that_the_model_knows() {
    let error = r#"{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#;
    let good = good("openai");
    let server = Server::start([say(400, &[], error), say(200, &[], &good), say(200, &[], &good)]).await;
    let model = model("openai", &server);
    for _ in 0..2 {
        ask(&model, &prompt()).await.0.unwrap();
    }
    let names: Vec<(bool, bool)> = server
        .seen()
        .iter()
        .map(|seen| (seen.body().get("max_tokens").is_some(), seen.body().get("max_completion_tokens").is_some()))
        .collect();
    assert_eq!(names, [(true, false), (false, true), (false, true)]);
}

#[tokio::test]
async fn an_application_of_entra_id_needs_no_key() {
    let token = r#"{"token_type":"Bearer","expires_in":3599,"access_token":"eyJ-a-token-of-entra"}"#;
    let script = [say(200, &[], token), say(200, &[], &good("openai")), say(200, &[], &good("openai"))];
    let server = Server::start(script).await;
    let pairs = [
        ("LLM_PROVIDER", "azure-openai"),
        ("AZURE_OPENAI_ENDPOINT", server.origin.as_str()),
        ("AZURE_OPENAI_DEPLOYMENT", "m-1"),
        ("AZURE_TENANT_ID", "contoso.example"),
        ("AZURE_CLIENT_ID", "an-application"),
        ("AZURE_CLIENT_SECRET", "its~secret.of-forty-characters"),
        ("AZURE_AUTHORITY_HOST", server.origin.as_str()),
    ];
    let model = from_environment(&environment(&pairs)).unwrap().unwrap();
    let models = super::models();
    for _ in 0..2 {
        super::client::complete(&models, &model, &super::Nap::default(), &prompt()).await.unwrap();
    }
    let seen = server.seen();
    assert_eq!(seen.len(), 3, "one token for both");
    assert_eq!(seen[0].line, "POST /contoso.example/oauth2/v2.0/token HTTP/1.1");
    assert!(seen[0].text.contains("scope=https%3A%2F%2Fcognitiveservices.azure.com%2F.default"), "{}", seen[0].text);
    assert!(seen[1..].iter().all(|seen| seen.header("authorization") == Some("Bearer eyJ-a-token-of-entra")));

    let refusal = r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret provided."}"#;
    let server = Server::start([say(401, &[], refusal)]).await;
    let mut environment = environment(&pairs);
    environment.insert("AZURE_AUTHORITY_HOST".to_owned(), server.origin.clone());
    let model = from_environment(&environment).unwrap().unwrap();
    let problem = ask(&model, &prompt()).await.0.unwrap_err();
    assert_eq!(problem.code, "credentials");
    assert!(problem.message.contains("AADSTS7000215"), "{}", problem.message);
}

#[tokio::test]
async fn a_server_of_one_s_own_needs_no_key_and_may_count_no_tokens() {
    let body = r#"{"choices":[{"message":{"role":"assistant","content":[{"type":"text","text":"Hi"}]},"finish_reason":"stop"}]}"#;
    let server = Server::start([say(200, &[], body)]).await;
    let base = format!("{}/v1", server.origin);
    let pairs = [("OPENAI_BASE_URL", base.as_str()), ("LLM_MODEL", "small")];
    let model = from_environment(&environment(&pairs)).unwrap().unwrap();
    let reply = ask(&model, &prompt()).await.0.unwrap();
    assert_eq!(reply.content, [Block::Text("Hi".to_owned())]);
    assert!((5..20).contains(&reply.input_tokens) && reply.output_tokens > 0, "{reply:?}: estimated");
    let seen = &server.seen()[0];
    assert_eq!((seen.line.as_str(), seen.header("authorization")), ("POST /v1/chat/completions HTTP/1.1", None));
}
