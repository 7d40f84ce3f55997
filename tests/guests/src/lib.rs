//! A workload that misbehaves on request: the task's kind says how, its payload how much.
//!
//! It is bound to the contract directly, not through the SDK, so that nothing between the two softens what it does.
#![cfg(target_family = "wasm")]

mod bindings {
    #![allow(missing_docs, unreachable_pub, unsafe_code, clippy::all, clippy::panic, reason = "generated")]
    wit_bindgen::generate!({ path: "../../wit", world: "workload" });
}

use std::hash::{BuildHasher, RandomState};
use std::hint::black_box;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bindings::exports::haymaker::workload::lifecycle::{Guest, WorkloadInfo};
use bindings::haymaker::workload::types::{
    Activity, Deployment, Ending, LostRequest, Outcome, Plan, Problem, ProblemKind, Task, Verdict, Wake,
};
use bindings::haymaker::workload::{context, events, http, journal, ledger, llm, secrets, state};

struct Misbehaving;

#[allow(unsafe_code, reason = "generated: a component's exports are symbols")]
mod export {
    use super::{Misbehaving, bindings};
    bindings::export!(Misbehaving with_types_in bindings);
}

impl Guest for Misbehaving {
    fn describe() -> WorkloadInfo {
        WorkloadInfo { name: "misbehaving".into(), version: "1.0.0".into(), description: "on request".into() }
    }

    fn validate_config(config: String) -> Vec<Problem> {
        if script(&config).is_some() {
            return Vec::new();
        }
        vec![problem(ProblemKind::Invalid, &config)]
    }

    fn deploy(d: Deployment) -> Result<Plan, Problem> {
        if let Some(script) = script(&d.config) {
            return Ok(Plan { tasks: script, ..plan(Wake::WhenIdle) });
        }
        // The config is the number of tasks.
        let tasks = (0..number(&d.config)).map(|n| task(format!("t/{n}")));
        Ok(Plan { tasks: tasks.collect(), ..plan(Wake::WhenIdle) })
    }

    fn cycle(_: Deployment) -> Result<Plan, Problem> {
        Ok(plan(Wake::At(now())))
    }

    fn stop(_: Deployment) -> Result<Plan, Problem> {
        Ok(plan(Wake::Done(Ending { success: true, reason: "nothing to do".into() })))
    }

    fn cleanup(_: Deployment) -> Result<Plan, Problem> {
        ledger::intend("user", "ana").map(|_| plan(Wake::WhenIdle))
    }

    fn perform(d: Deployment, t: Task) -> Result<Outcome, Problem> {
        match t.kind.as_str() {
            "spin" => spin(),
            "allocate" => allocate(number(&t.payload)),
            "recurse" => recurse(0),
            "panic" => fail(&t.payload),
            "exit" => std::process::exit(3),
            "print" => print(&t.payload),
            "log-flood" => flood_log(number(&t.payload)),
            "state-flood" => return flood_state(),
            "write" => return write(&t.payload),
            "sleep" => std::thread::sleep(Duration::from_millis(number(&t.payload))),
            "time-and-chance" => return Ok(time_and_chance()),
            "follow-ups" => return Ok(follow_ups(number(&t.payload))),
            "send" => return send(&t.payload),
            "hire" => return hire(&d, &t.payload),
            "claim" => return claim(&t.payload),
            "abandon" => return abandon(),
            "ask" => return ask(&t.payload),
            "prompt" => return prompt(&t.payload),
            "everything" => return everything(),
            other => return Err(problem(ProblemKind::Invalid, other)),
        }
        Ok(outcome(Vec::new()))
    }

    fn settle(_: Deployment, _: Task, lost: LostRequest) -> Result<Verdict, Problem> {
        Ok(Verdict::Happened(outcome(vec![("request".into(), lost.id)])))
    }

    fn get_status(_: Deployment) -> Result<String, Problem> {
        Ok(context::parameters())
    }

    fn migrate(_: Deployment, previous: String) -> Result<(), Problem> {
        state::set("actor/anybody/from", Some(previous.as_bytes()))
    }
}

fn spin() {
    let mut n = 0u64;
    while black_box(n) != u64::MAX {
        n = n.wrapping_add(2);
    }
}

fn allocate(mebibytes: u64) {
    let blocks: Vec<Vec<u8>> = (0..mebibytes).map(|_| black_box(vec![1; 1 << 20])).collect();
    black_box(blocks);
}

#[allow(unconditional_recursion, reason = "that is what it is for")]
fn recurse(depth: u64) {
    // A frame on the guest's shadow stack, too.
    let frame = black_box([depth; 16]);
    recurse(frame.iter().sum::<u64>() + 1);
    black_box(frame);
}

#[allow(clippy::panic, reason = "that is what it is for")]
fn fail(why: &str) {
    panic!("{why}");
}

#[allow(clippy::print_stdout, clippy::print_stderr, reason = "that is what it is for")]
fn print(text: &str) {
    println!("out: {text}");
    eprintln!("err: {text}");
}

fn flood_log(lines: u64) {
    for n in 0..lines {
        events::log(events::Level::Info, &format!("line {n}\x1b[2J"));
    }
}

/// Writes until it is refused, and gives the refusal back.
fn flood_state() -> Result<Outcome, Problem> {
    let value = vec![0; 16 << 10];
    for n in 0..1_000 {
        state::set(&format!("actor/w1/{n}"), Some(&value))?;
    }
    Ok(outcome(Vec::new()))
}

/// Writes a key, and reads it back.
fn write(key: &str) -> Result<Outcome, Problem> {
    state::set(key, Some(b"1"))?;
    let read = state::get(key).is_some();
    Ok(outcome(vec![("read".into(), read.to_string())]))
}

/// What the standard library says about time and chance: dates, measured time, hash seeds.
fn time_and_chance() -> Outcome {
    let began = Instant::now();
    std::thread::sleep(Duration::from_millis(1_500));
    let measured = began.elapsed().as_millis().to_string();
    let hash = RandomState::new().hash_one("the same").to_string();
    outcome(vec![("now".into(), now().to_string()), ("measured".into(), measured), ("hash".into(), hash)])
}

fn follow_ups(count: u64) -> Outcome {
    Outcome { follow_ups: (0..count).map(|n| task(format!("f/{n}"))).collect(), activities: Vec::new() }
}

fn send(target: &str) -> Result<Outcome, Problem> {
    let response = http::send(&http::Request {
        endpoint: "graph".into(),
        method: "GET".into(),
        target: target.into(),
        headers: Vec::new(),
        body: Vec::new(),
        speaker: None,
        effect: http::Effect::Read,
        fills: Vec::new(),
    })?;
    Ok(outcome(vec![("status".into(), response.status.to_string())]))
}

/// Asks a model.
fn prompt(text: &str) -> Result<Outcome, Problem> {
    let content = vec![llm::Block::Text(text.into())];
    let reply = llm::complete(&llm::Prompt {
        system: String::new(),
        messages: vec![llm::Message { role: llm::Role::User, content }],
        tools: Vec::new(),
        max_tokens: 16,
        options: Vec::new(),
    })?;
    Ok(outcome(vec![("model".into(), reply.model)]))
}

/// Tasks out of a config: `domain`, where somebody is hired, and `script`, lines of a kind and a payload.
fn script(config: &str) -> Option<Vec<Task>> {
    let config: serde_json::Value = serde_json::from_str(config).ok()?;
    let (domain, script) = (config.get("domain")?.as_str()?, config.get("script")?.as_str()?);
    let hire = Task { kind: "hire".into(), payload: quoted(domain), ..task("s/00".into()) };
    let lines = script.lines().filter_map(|line| line.split_once(' ')).zip(1..);
    let tasks = lines.map(|((kind, payload), n)| Task {
        kind: kind.into(),
        payload: quoted(payload),
        ..task(format!("s/{n:02}"))
    });
    Some(std::iter::once(hire).chain(tasks).collect())
}

/// A payload is JSON.
fn quoted(words: &str) -> String {
    serde_json::Value::from(words).to_string()
}

fn words(payload: &str) -> String {
    serde_json::from_str(payload).unwrap_or_default()
}

/// Makes a user as an honest workload does, and remembers its id.
fn hire(d: &Deployment, payload: &str) -> Result<Outcome, Problem> {
    let name = format!("haymaker-{}-1", d.id);
    let upn = format!("{name}@{}", words(payload));
    ledger::intend("user", &upn)?;
    secrets::generate("password", 20)?;
    let body = serde_json::json!({
        "accountEnabled": true,
        "displayName": "Ana Ruiz",
        "mailNickname": name,
        "userPrincipalName": upn,
        "employeeType": format!("haymaker:{}", d.id),
        "passwordProfile": {"password": ""},
    });
    let fill = http::Fill { pointer: "/passwordProfile/password".into(), secret: "password".into() };
    let response = http::send(&http::Request { fills: vec![fill], ..request("POST", "/users", &body.to_string()) })?;
    let user: serde_json::Value = serde_json::from_slice(&response.body).unwrap_or_default();
    let id = user.get("id").and_then(serde_json::Value::as_str).unwrap_or_default();
    ledger::created("user", &upn, id)?;
    state::set(ME, Some(id.as_bytes()))?;
    Ok(outcome(Vec::new()))
}

/// Says that something is its own: kind, name and id.
fn claim(payload: &str) -> Result<Outcome, Problem> {
    let words = words(payload);
    let mut parts = words.split(' ');
    let mut next = || parts.next().unwrap_or_default().to_owned();
    let (kind, name, id) = (next(), next(), next());
    ledger::intend(&kind, &name)?;
    ledger::created(&kind, &name, &id)?;
    Ok(outcome(Vec::new()))
}

/// Says of everything that it made that it is gone.
fn abandon() -> Result<Outcome, Problem> {
    for entry in ledger::entries(None, 10) {
        ledger::released(&entry.kind, &entry.name)?;
    }
    Ok(outcome(Vec::new()))
}

/// Asks for something: a method, a target in which `{me}` is the hired user, and perhaps a body.
fn ask(payload: &str) -> Result<Outcome, Problem> {
    let me = state::get(ME).map(|id| String::from_utf8_lossy(&id).into_owned()).unwrap_or_default();
    let words = words(payload).replace("{me}", &me).replace("{base}", &http::base_url("graph")?);
    let mut parts = words.splitn(3, ' ');
    let mut next = || parts.next().unwrap_or_default();
    let (method, target, body) = (next(), next(), next());
    let response = http::send(&request(method, target, body))?;
    Ok(outcome(vec![("status".into(), response.status.to_string())]))
}

fn request(method: &str, target: &str, body: &str) -> http::Request {
    let json = ("content-type".into(), "application/json".into());
    http::Request {
        endpoint: "graph".into(),
        method: method.into(),
        target: target.into(),
        headers: if body.is_empty() { Vec::new() } else { vec![json] },
        body: body.into(),
        speaker: None,
        effect: if method == "GET" { http::Effect::Read } else { http::Effect::Once },
        fills: Vec::new(),
    }
}

/// Where the hired user's id is remembered.
const ME: &str = "actor/w1/me";

/// One of each effect.
fn everything() -> Result<Outcome, Problem> {
    secrets::generate("password", 16)?;
    ledger::intend("user", "ana")?;
    ledger::created("user", "ana", "1")?;
    secrets::forget("password")?;
    state::set("actor/w1/b", Some(b"2"))?;
    state::set("actor/w1/a", Some(b"1"))?;
    let known = journal::get("t/0").is_some();
    let listed = state::list("actor/w1/", None, 10).len() + ledger::entries(None, 10).len();
    events::log(events::Level::Warn, "done");
    Ok(outcome(vec![("known".into(), known.to_string()), ("listed".into(), listed.to_string())]))
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn number(text: &str) -> u64 {
    text.parse().unwrap_or(0)
}

fn plan(wake: Wake) -> Plan {
    Plan { phase: "testing".into(), tasks: Vec::new(), cancel: Vec::new(), wake }
}

fn task(id: String) -> Task {
    Task {
        id,
        kind: "test".into(),
        actor: "w1".into(),
        payload: "{}".into(),
        due: 0,
        expires: None,
        summary: "a test".into(),
    }
}

fn outcome(refs: Vec<(String, String)>) -> Outcome {
    let activity = Activity { kind: "test".into(), label: "benign".into(), recipients: Vec::new(), refs };
    Outcome { activities: vec![activity], follow_ups: Vec::new() }
}

fn problem(kind: ProblemKind, message: &str) -> Problem {
    Problem { kind, code: "test".into(), message: message.into(), retry_at: None }
}
