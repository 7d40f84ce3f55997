//! Requests that nobody in his right mind sends: none of them may break the tenant, hang it, or make it say that it is at
//! fault; and what it does all the same is answered as the description of Graph says.
//!
//! By default a few thousand are tried, which takes seconds. `HAYMAKER_FUZZ_SECONDS=300 cargo test -p haymaker-tenant
//! hostile` goes on for so many seconds, each time with other ones; what fails names the seed, and
//! `HAYMAKER_FUZZ_SEED=<it>` begins there.

mod bodies;
mod corpus;
mod dice;
mod generate;
mod world;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Answer, Client, contract, settings, wide};
use dice::Dice;
use generate::{Maker, Sent};

/// How many requests one tenant gets: what one leaves behind is the next one's trouble.
const IN_ONE_WORLD: usize = 500;

/// How many tenants are tried by default.
const WORLDS: u64 = 12;

/// An answer takes microseconds; one that takes so long has hung.
const PATIENCE: Duration = Duration::from_secs(10);

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// What is wrong with an answer, if something is.
fn wrong(sent: &Sent, answer: &Answer) -> Option<String> {
    let graph = sent.path.starts_with("/v1.0/") && !sent.path.starts_with("/v1.0/$batch");
    let at_fault = |status: u64| status >= 500 && status != 501;
    if at_fault(answer.status.into()) {
        return Some(format!("{}", answer.status));
    }
    if graph && answer.status >= 400 && (answer.code().is_empty() || answer.message().is_empty()) {
        return Some("an error without a code or a message".to_owned());
    }
    if graph && answer.status < 300 {
        let path = sent.path.split('?').next().unwrap_or_default();
        let body = Some(&answer.body).filter(|body| !body.is_null());
        let contract = contract()?;
        // `root:/:/children` is the root's children to Graph, and no path of the description's.
        contract.template(path)?;
        let misfits = contract.check_response(&sent.method, path, answer.status, &answer.headers, body);
        return (!misfits.is_empty()).then(|| misfits.join("; "));
    }
    let inner = answer.body["responses"].as_array().into_iter().flatten();
    let inner = inner.map(|one| one["status"].as_u64().unwrap_or(999)).find(|status| at_fault(*status));
    inner.map(|status| format!("{status} in a batch"))
}

/// Sends it, and answers whether the tenant did it; or what went wrong.
fn tried(client: &Client, sent: &Sent) -> Result<bool, String> {
    if sent.path.parse::<http::Uri>().is_err() || http::Method::from_bytes(sent.method.as_bytes()).is_err() {
        return Ok(false);
    }
    let bearer = format!("Bearer {}", client.token);
    let mut headers = vec![("authorization", bearer.as_str())];
    headers.extend(sent.headers.iter().map(|(name, value)| (*name, value.as_str())));
    let began = Instant::now();
    let answer = catch_unwind(AssertUnwindSafe(|| client.raw(&sent.method, &sent.path, &headers, sent.body.clone())));
    let answer = answer.map_err(|_| "it crashed".to_owned())?;
    let took = began.elapsed();
    if took > PATIENCE {
        return Err(format!("it took {took:?}"));
    }
    wrong(sent, &answer).map_or(Ok(answer.status < 400), Err)
}

/// Tries one tenant with the requests of one seed, and notes which operations it did.
fn ruin(seed: u64, description: &Value, operations: &[(String, String)], done: &mut BTreeSet<usize>) {
    let mut world = world::made(seed);
    let token_path = format!("/{}/oauth2/v2.0/token", world.app.tenant.settings().tenant_id);
    let mut maker = Maker { dice: Dice::new(seed), description, operations, known: &world.known };
    for nth in 0..IN_ONE_WORLD {
        let sent = match maker.dice.below(40) {
            0 => maker.batch(),
            1 => maker.link(&world.links),
            2 => maker.form(&token_path),
            _ => maker.request(),
        };
        let client = if maker.dice.chance(75) { &mut world.app } else { &mut world.user };
        client.now += maker.dice.roll() % 3;
        match tried(client, &sent) {
            Ok(did) => done.extend(sent.operation.filter(|_| did)),
            Err(wrong) => {
                let body: String = String::from_utf8_lossy(&sent.body).chars().take(4_000).collect();
                panic!(
                    "seed {seed}, request {nth}: {wrong}\n{} {}\n{:?}\n{body}",
                    sent.method, sent.path, sent.headers
                );
            }
        }
    }
}

#[test]
fn no_request_breaks_the_tenant() {
    let Some(contract) = contract() else { return };
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/graph-v1.0-subset.json");
    let description: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let mut operations = contract.operations();
    operations.retain(|(_, template)| template != "/$batch" && !template.ends_with("/token"));
    let seed = number("HAYMAKER_FUZZ_SEED").unwrap_or(1);
    let until = number("HAYMAKER_FUZZ_SECONDS").map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let (mut worlds, mut done) = (0, BTreeSet::new());
    while until.map_or(worlds < WORLDS, |until| Instant::now() < until) {
        ruin(seed + worlds, &description, &operations, &mut done);
        worlds += 1;
    }
    let (requests, all) = (worlds as usize * IN_ONE_WORLD, operations.len());
    println!("{requests} requests in {worlds} tenants; {} of {all} operations were done at least once", done.len());
    // A fuzzer whose requests are all refused at the door would find nothing.
    assert!(until.is_some() || done.len() * 2 > all, "{} of {all} operations were done", done.len());
}

#[test]
fn a_body_that_nests_without_end_is_refused() {
    let client = Client::new(settings());
    client.employ("ada");
    let bearer = format!("Bearer {}", client.token);
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    for deep in ["[".repeat(100_000), "{\"body\":".repeat(100_000)] {
        let path = format!("/v1.0/users/{}/messages", client.upn("ada"));
        client.raw("POST", &path, &headers, deep.into_bytes()).expect(400);
    }
    assert_eq!(client.post("/users", &json!([])).expect(400).code(), "BadRequest");
}

#[test]
fn an_instance_at_the_end_of_time_is_not_found() {
    let client = Client::new(wide());
    client.employ("ada");
    let at = |hour: u32| json!({ "dateTime": format!("2026-01-06T{hour:02}:00:00"), "timeZone": "UTC" });
    let mut body = json!({ "start": at(9), "end": at(10) });
    body["recurrence"] =
        json!({ "pattern": { "type": "daily" }, "range": { "type": "noEnd", "startDate": "2026-01-06" } });
    let events = format!("/users/{}/events", client.upn("ada"));
    let id = client.post(&events, &body).expect(201).text("id");
    let (prefix, key) = id.split_at("AAMkAGev".len());
    for start in [0, u64::MAX] {
        let bytes = [URL_SAFE_NO_PAD.decode(key).unwrap(), start.to_be_bytes().to_vec()].concat();
        client.get(&format!("{events}/{prefix}{}", URL_SAFE_NO_PAD.encode(bytes))).expect(404);
    }
}

#[test]
fn a_clock_that_stands_anywhere_is_borne() {
    const LAST: u64 = 253_402_300_799_999;
    for now in [0, 1, LAST - 1, LAST] {
        let mut client = Client::new(settings());
        client.now = now;
        client.token = client.sign_in(&[]).expect(200).text("access_token");
        for path in [
            "/users",
            "/groups",
            "/users/x/messages",
            "/users/x/calendarView?startDateTime=2026-01-05&endDateTime=2026-01-06",
        ] {
            assert!(client.get(path).status < 500, "{path} at {now}");
        }
    }
    for beyond in [LAST + 1, u64::MAX / 2, u64::MAX] {
        let mut client = Client::new(settings());
        client.now = beyond;
        client.sign_in(&[]).expect(400);
    }
}
