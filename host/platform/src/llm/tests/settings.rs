//! From the environment to a model.

use super::super::settings::{from_environment, names};
use super::super::{Model, Provider};
use super::{KEY, environment};

fn configured(pairs: &[(&str, &str)]) -> Model {
    from_environment(&environment(pairs)).unwrap().unwrap()
}

fn problems(pairs: &[(&str, &str)]) -> Vec<String> {
    from_environment(&environment(pairs)).unwrap_err()
}

#[test]
fn an_environment_without_a_provider_configures_no_model() {
    let unrelated = [("LLM_MODEL", "m"), ("AZURE_TENANT_ID", "t"), ("ANTHROPIC_API_KEY", " ")];
    assert!(from_environment(&environment(&unrelated)).unwrap().is_none());
}

#[test]
fn one_provider_s_key_means_that_provider_and_several_must_be_chosen_from() {
    let model = configured(&[("ANTHROPIC_API_KEY", KEY)]);
    assert_eq!((model.provider, model.name.as_str()), (Provider::Anthropic, "claude-haiku-4-5"));
    assert_eq!(model.url.as_str(), "https://api.anthropic.com/v1/messages");
    let both = [("ANTHROPIC_API_KEY", KEY), ("OPENAI_API_KEY", KEY), ("OPENAI_MODEL", "m")];
    assert_eq!(
        problems(&both),
        ["LLM_PROVIDER: not set, and there are variables of anthropic, openai; say which is to be asked"]
    );
    let chosen = [both.as_slice(), &[("LLM_PROVIDER", "OpenAI")]].concat();
    assert_eq!(configured(&chosen).url.as_str(), "https://api.openai.com/v1/chat/completions");
}

#[test]
fn all_that_is_missing_is_said_at_once_by_its_variable() {
    assert_eq!(
        problems(&[("LLM_PROVIDER", "azure_openai"), ("AZURE_CLIENT_ID", "a"), ("LLM_TIMEOUT_SECONDS", "0")]),
        [
            "AZURE_TENANT_ID: missing; an application needs all three, where AZURE_OPENAI_API_KEY is not set",
            "AZURE_CLIENT_SECRET: missing; an application needs all three, where AZURE_OPENAI_API_KEY is not set",
            "AZURE_OPENAI_ENDPOINT: missing; write it like https://RESOURCE.openai.azure.com",
            "AZURE_OPENAI_DEPLOYMENT: missing; name the deployment that is to be asked",
            "LLM_TIMEOUT_SECONDS: not a whole number from 1 to 600",
        ]
    );
    assert_eq!(
        problems(&[("LLM_PROVIDER", "azure_ai_foundry")])[0],
        "AZURE_AI_FOUNDRY_API_KEY: missing; or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET instead"
    );
    assert_eq!(
        problems(&[("LLM_PROVIDER", "openai"), ("LLM_MAX_CALLS", "many")]),
        [
            "OPENAI_API_KEY: missing; only a server of one's own (OPENAI_BASE_URL) may need none",
            "OPENAI_MODEL: missing; name the model that is to be asked",
            "LLM_MAX_CALLS: not a whole number from 0 to 1000000000000",
        ]
    );
    assert_eq!(
        problems(&[("LLM_PROVIDER", "antropic")]),
        ["LLM_PROVIDER: \"antropic\" is no provider; did you mean anthropic?"]
    );
}

#[test]
fn a_key_never_travels_in_the_open() {
    let at = |base: &'static str| [("OPENAI_API_KEY", KEY), ("OPENAI_BASE_URL", base), ("OPENAI_MODEL", "m")];
    let open = problems(&at("http://models.example.com/v1"));
    assert_eq!(open, ["OPENAI_BASE_URL: must begin with https://: a key must not travel in the open"]);
    for bad in ["models.example.com", "ftp://models.example.com", "https://a:b@models.example.com", "https://x.test/?q"]
    {
        assert_eq!(problems(&at(bad)).len(), 1, "{bad}");
    }
    configured(&at("http://localhost:8080/v1"));
    configured(&at("https://models.example.com/v1/"));
    configured(&[("OPENAI_BASE_URL", "http://models.example.com/v1"), ("OPENAI_MODEL", "m")]);
}

#[test]
fn a_key_that_no_header_can_carry_is_refused_and_not_shown() {
    let said = problems(&[("ANTHROPIC_API_KEY", "sk-ant 4f9a")]);
    assert_eq!(said, ["ANTHROPIC_API_KEY: not a key: it has characters that no key has (a space, a line end)"]);
    let shown = format!("{:?}", configured(&[("ANTHROPIC_API_KEY", KEY)]));
    assert!(!shown.contains(KEY), "{shown}");
}

#[test]
fn azure_s_addresses_are_understood_as_the_portal_shows_them() {
    for (endpoint, expected) in [
        ("https://r.services.ai.azure.com", "https://r.services.ai.azure.com/models/chat/completions"),
        ("https://r.services.ai.azure.com/models", "https://r.services.ai.azure.com/models/chat/completions"),
        ("https://m.eastus.models.ai.azure.com/", "https://m.eastus.models.ai.azure.com/chat/completions"),
    ] {
        let pairs = [("AZURE_AI_ENDPOINT", endpoint), ("AZURE_AI_FOUNDRY_API_KEY", KEY), ("LLM_MODEL", "m")];
        let url = configured(&pairs).url;
        assert_eq!(url.as_str(), format!("{expected}?api-version=2024-05-01-preview"));
    }
    let pairs = [
        ("AZURE_OPENAI_ENDPOINT", "https://r.openai.azure.com/"),
        ("AZURE_OPENAI_API_KEY", KEY),
        ("AZURE_OPENAI_DEPLOYMENT", "a/b"),
        ("AZURE_OPENAI_API_VERSION", "2025-01-01-preview"),
    ];
    let expected =
        "https://r.openai.azure.com/openai/deployments/a%2Fb/chat/completions?api-version=2025-01-01-preview";
    assert_eq!(configured(&pairs).url.as_str(), expected);
}

#[test]
fn every_variable_that_is_read_goes_along_with_a_command() {
    let all: Vec<&str> = names().collect();
    for name in
        ["LLM_PROVIDER", "LLM_MODEL", "ANTHROPIC_API_KEY", "OPENAI_BASE_URL", "AZURE_AI_ENDPOINT", "LLM_MAX_CALLS"]
    {
        assert!(all.contains(&name), "{name}");
    }
}
