//! No secret is found where it does not belong: neither while it lives nor afterwards.
//!
//! The values are learnt where they must be, on the wire between host and tenant, and then looked for everywhere else:
//! plain, base64, URL- and JSON-escaped.

use std::fs;
use std::os::unix::net::UnixStream;

use haymaker_tenant::Settings;
use haymaker_tests::command::{Ran, Shell, TenantProcess};
use haymaker_tests::leak::{Search, Secrets};
use haymaker_tests::relay::Relay;
use haymaker_tests::wire::exchange;
use serde_json::json;

/// A client secret that nobody has.
const WRONG: &str = "wR0ng8Q~secret/of+nobody=at.all";

/// What commands and answers said.
#[derive(Default)]
struct Said(String);

impl Said {
    fn add(&mut self, ran: Ran) {
        self.0 += &ran.out;
        self.0 += &ran.err;
    }
}

/// Everything that is seen from outside.
fn listen(shell: &Shell, said: &mut Said) {
    for look in ["status @last --format json", "status @last", "list", "logs @last -n 1000", "worker list @last"] {
        said.add(shell.run(&look.split(' ').collect::<Vec<_>>()).well());
    }
    for what in ["activities", "requests", "entities"] {
        said.add(shell.run(&["export", "@last", "--what", what]).well());
    }
}

/// Talks to the host as its clients do, with secrets in the questions, and keeps the answers whole.
fn ask(shell: &Shell, environment: &serde_json::Value, said: &mut Said) {
    let wrong = |secret: &str| {
        let mut environment = environment.clone();
        environment["KW_CLIENT_SECRET"] = json!(secret);
        environment
    };
    let deploy = |environment: &serde_json::Value| {
        json!({"asked": {"workload": "m365-knowledge-worker", "config": ["workers=2"]}, "file": null,
            "then_cleanup": false, "environment": environment})
    };
    let id = shell.run(&["status", "@last", "--format", "json"]).well().json()["deployment_id"].clone();
    let id = id.as_str().unwrap();
    let given = json!({"environment": environment});
    let questions = [
        ("GET", "/v1/host".to_owned(), json!({})),
        ("POST", "/v1/plans".to_owned(), deploy(environment)),
        ("POST", "/v1/deployments".to_owned(), deploy(&wrong(WRONG))),
        ("POST", "/v1/credentials".to_owned(), given.clone()),
        ("POST", format!("/v1/deployments/{id}/start"), given.clone()),
        ("POST", "/v1/deployments/nosuch/cleanup".to_owned(), given),
    ];
    for (method, path, question) in questions {
        let stream = UnixStream::connect(shell.home().socket()).unwrap();
        let answer = exchange(stream, method, &path, &question.to_string());
        assert!(answer.starts_with("HTTP/1.1 "), "{method} {path}: {answer}");
        said.0 += &answer;
    }
}

/// What anybody on the machine sees of a process.
fn process(shell: &Shell) -> Vec<u8> {
    let host = shell.host().unwrap();
    let mut seen = fs::read(format!("/proc/{host}/cmdline")).unwrap();
    seen.extend(fs::read(format!("/proc/{host}/environ")).unwrap());
    assert!(String::from_utf8_lossy(&seen).contains("HAYMAKER_HOME="), "these are the host's");
    seen
}

fn nowhere(shell: &Shell, said: &Said, secrets: &Secrets) {
    let search = Search::new(secrets.all().chain([WRONG]));
    assert!(search.find(said.0.as_bytes()).is_empty(), "said: {:?}", search.find(said.0.as_bytes()));
    let seen = process(shell);
    assert!(search.find(&seen).is_empty(), "in the process: {:?}", search.find(&seen));
    let (found, size) = search.find_under(shell.folder());
    assert_eq!(found, Vec::<String>::new());
    assert!(size > 1_000_000, "{size} bytes are no home with a store and workloads");
}

#[test]
fn no_secret_leaves_the_wire_on_which_it_belongs() {
    let recording = tempfile::tempdir().unwrap();
    let record = recording.path().join("exchanges.jsonl");
    let tenant = TenantProcess::start(&["--record", &record.to_string_lossy()]);
    let relay = Relay::to(tenant.address());
    let mut environment = tenant.environment.clone();
    for endpoint in ["HAYMAKER_LOGIN_ENDPOINT", "HAYMAKER_GRAPH_ENDPOINT"] {
        environment.insert(endpoint.to_owned(), relay.address());
    }
    let given = json!(environment);
    let secret = environment["KW_CLIENT_SECRET"].clone();
    // Whoever looks for a fault makes host and commands tell everything.
    environment.insert("RUST_LOG".to_owned(), "trace".to_owned());
    let shell = Shell::new().with(environment);
    let mut said = Said::default();

    // While passwords live: some users are made, and nobody knows yet whether the others are.
    relay.cut_at(|line| line.starts_with("POST /v1.0/users HTTP"), 3);
    let deploy = "deploy m365-knowledge-worker -c workers=5 -c duration_hours=1 --seed 4";
    said.add(shell.run(&deploy.split(' ').collect::<Vec<_>>()).well());
    relay.wait_until_cut();
    let at_work = Secrets::of(relay.kept().iter().map(Vec::as_slice));
    assert_eq!(at_work.client.iter().collect::<Vec<_>>(), [&secret]);
    assert!(!at_work.tokens.is_empty() && at_work.passwords.len() >= 3, "{at_work:?}");
    listen(&shell, &mut said);
    nowhere(&shell, &said, &at_work);

    // Afterwards: everybody was made, has worked, and is gone.
    relay.mend();
    ask(&shell, &given, &mut said);
    said.add(shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "100"]).well());
    said.add(shell.run(&["cleanup", "@last", "--yes"]).well());
    listen(&shell, &mut said);
    let wrong = shell.command(&["deploy", "m365-knowledge-worker"]).env("KW_CLIENT_SECRET", WRONG).output().unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    said.0 += &String::from_utf8_lossy(&wrong.stderr);
    let kept = relay.kept();
    let all = Secrets::of(kept.iter().map(Vec::as_slice));
    assert!(all.passwords.len() >= 5, "{} passwords", all.passwords.len());
    nowhere(&shell, &said, &all);

    tenant.end();
    let search = Search::new(all.all().chain([WRONG]));
    let recorded = fs::read(&record).unwrap();
    assert!(search.find(&recorded).is_empty(), "recorded: {:?}", search.find(&recorded));
    assert!(String::from_utf8_lossy(&recorded).contains("client_secret=***"), "it recorded that there was one");

    // Whoever searches finds them where they are.
    let crossed: usize = kept.iter().map(|bytes| search.find(bytes).len()).sum();
    assert!(crossed >= all.all().count(), "{crossed} of {}", all.all().count());
}

#[test]
fn a_demo_leaves_no_secret_behind() {
    let shell = Shell::new();
    let folder = shell.tmp();
    let path = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let (export, record) = (path("truth.jsonl"), path("exchanges.jsonl"));
    let flags = ["-c", "workers=3", "-c", "duration_hours=1", "--seed", "9", "--keep"];
    let demo = [&["demo", "--export", &export, "--record", &record][..], &flags[..]].concat();
    let mut said = Said::default();
    said.add(shell.run(&demo).well());

    let secret = Settings::seeded(9).app.secret;
    let search = Search::new([secret.as_str()]);
    assert!(search.find(said.0.as_bytes()).is_empty());
    let (found, size) = search.find_under(&folder);
    assert_eq!(found, Vec::<String>::new());
    assert!(size > 1_000_000, "the home that was kept lies there, too: {size} bytes");

    // Its other secrets are known to nobody, but a token has a shape, and a password a place.
    let recorded = fs::read_to_string(&record).unwrap();
    for text in [&recorded, &fs::read_to_string(&export).unwrap(), &said.0] {
        let other = Secrets::of([text.as_bytes()]);
        assert!(!text.contains("\"eyJ") && !text.contains("Bearer eyJ"), "a token");
        assert!(other.passwords.iter().all(|password| password == "***"), "{:?}", other.passwords);
    }
    assert_eq!(recorded.matches("\"password\":\"***\"").count(), 3, "one for each worker, and masked");
}
