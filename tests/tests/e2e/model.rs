//! A language model writes what an office says, fails half the time, and changes nothing but the words; and its key lies
//! nowhere but on the wire.

use std::collections::BTreeMap;
use std::fs;

use haymaker_tests::command::{Shell, TenantProcess};
use haymaker_tests::leak::Search;
use haymaker_tests::provider::Provider;
use haymaker_tests::truth::text;
use serde_json::Value;

const KEY: &str = "sk-ant-test-4f9aQ2xxVw81kLm0TTr7bbQe";

const DEPLOY: &str =
    "deploy m365-knowledge-worker -c workers=4 -c pattern=office -c duration_hours=3 --seed 4 --format json";

fn split(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

/// What was written: who, when, to whom, by its task.
type Written = BTreeMap<String, (String, String, Value)>;

/// Deploys, waits for the end, and reads the ground truth's texts: those that a model can write, and those that only
/// templates do: documents, answers to invitations, appointments with oneself.
fn ran(shell: &Shell, more: &[&str]) -> (Written, Written) {
    shell.run(&[&split(DEPLOY)[..], more].concat()).well();
    shell.run(&split("watch @last --wait-for completed --timeout 100")).well();
    let export = shell.run(&["export", "@last"]).well().out;
    let lines = export.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let written = lines.filter(|line| line.get("content_source").is_some()).map(|line| {
        let who = (text(&line, "kind").to_owned(), text(&line, "due").to_owned(), line["recipients"].clone());
        // Asking a model is a task of its own, whose name the task that goes on has too.
        let id = text(&line, "id").replace("/words", "");
        (id.trim_end_matches("/call").to_owned(), who)
    });
    let by_template = |kind: &str, recipients: &Value| {
        kind.starts_with("document.")
            || kind == "calendar.respond"
            || kind == "calendar.create" && recipients.as_array().is_none_or(Vec::is_empty)
    };
    written.partition(|(_, (kind, _, recipients))| !by_template(kind, recipients))
}

#[test]
fn a_model_that_fails_half_the_time_changes_the_words_alone_and_its_key_is_nowhere() {
    // People speak in Teams with their passwords, which security defaults keep out.
    let flags = ["--security-defaults", "off"];
    let plain = TenantProcess::start(&flags);
    let expected = ran(&Shell::new().with(plain.environment.clone()), &[]);
    plain.end();

    let (tenant, provider) = (TenantProcess::start(&flags), Provider::start(KEY));
    let mut environment = tenant.environment.clone();
    for (name, value) in
        [("LLM_PROVIDER", "anthropic"), ("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", provider.address())]
    {
        environment.insert(name.to_owned(), value.to_owned());
    }
    environment.insert("RUST_LOG".to_owned(), "trace".to_owned());
    let shell = Shell::new().with(environment);
    let on = ["-c", "enable_ai_generation=true"];
    let dry = shell.run(&[&split(DEPLOY)[..10], &on, &["--dry-run"]].concat()).well().out;
    // Four people with twelve mails and ten messages an hour, for nine hours, and the meetings that they call.
    let (_, calls) = dry.split_once("model        anthropic claude-haiku-4-5, about ").expect("the model is told");
    assert!((792..850).contains(&calls.split(' ').next().unwrap().parse().unwrap()), "{dry}");
    assert_eq!(ran(&shell, &on), expected, "the same people write to the same people at the same times");
    let (expected, templates) = expected;

    let status = shell.run(&split("status @last --format json")).well().json();
    let llm = &status["llm"];
    let asked = expected.len() as u64;
    for kind in ["email.", "teams.", "calendar."] {
        assert!(expected.values().filter(|(of, ..)| of.starts_with(kind)).count() > 0, "{kind}");
    }
    assert_eq!((llm["calls"].as_u64(), llm["failed"].as_u64()), (Some(asked), Some(asked / 2)), "{llm}");
    assert_eq!(provider.asked(), asked);
    assert_eq!(llm["input_tokens"].as_u64(), Some((asked - asked / 2) * 100));
    assert_eq!((text(llm, "provider"), text(llm, "model")), ("anthropic", "claude-haiku-4-5"));
    let texts = llm["texts"].as_object().unwrap();
    let sum = |source: &str| texts.values().map(|of| of[source].as_u64().unwrap()).sum();
    let (by_model, by_template): (u64, u64) = (sum("llm"), sum("template"));
    assert_eq!((by_model, by_template), (asked - asked / 2, asked / 2 + templates.len() as u64));
    let shown = shell.run(&split("status @last")).well().out;
    assert!(shown.contains("anthropic claude-haiku-4-5: ") && shown.contains("by the model"), "{shown}");

    let mut said = shown + &dry + &status.to_string();
    for look in ["logs @last -n 5000", "export @last", "workload info m365-knowledge-worker", "cleanup @last --yes"] {
        let ran = shell.run(&split(look)).well();
        said += &ran.out;
        said += &ran.err;
    }
    let wrong = shell.command(&[&split(DEPLOY)[..], &on].concat()).env("ANTHROPIC_API_KEY", "sk-ant wrong").output();
    let wrong = String::from_utf8_lossy(&wrong.unwrap().stderr).into_owned();
    assert!(wrong.contains("ANTHROPIC_API_KEY: not a key"), "{wrong}");
    let search = Search::new([KEY]);
    assert!(search.find(said.as_bytes()).is_empty());
    let host = shell.host().unwrap();
    for file in ["cmdline", "environ"] {
        assert!(search.find(&fs::read(format!("/proc/{host}/{file}")).unwrap()).is_empty(), "{file}");
    }
    let (found, size) = search.find_under(shell.folder());
    assert_eq!(found, Vec::<String>::new());
    assert!(size > 1_000_000, "{size} bytes are no home with a store and workloads");
    tenant.end();
}
