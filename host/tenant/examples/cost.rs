//! What a simulated tenant costs: memory for each message, and time for each request, as it grows.
//!
//! A measurement made with the simulated tenant must not measure the tenant. So its memory is counted, every byte that is
//! allocated, against what a message says; and its requests are timed among few people and among many: what costs more
//! among ten thousand than among ten would be seen in a measurement.
//!
//! ```text
//! cargo run --release -p haymaker-tenant --example cost [memory|restart|time]
//! ```

#![allow(unsafe_code, reason = "an allocator that counts is an unsafe trait; it does nothing but count and pass on")]
#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a program for people at a terminal: it prints, and stops where it cannot go on"
)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use haymaker_tenant::{Settings, Tenant};
use serde_json::{Value, json};

/// Passes on to the system's allocator, and knows how many bytes are held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);

// SAFETY: all is passed on to the system's allocator as it came; only a counter is kept beside it.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        HELD.fetch_add(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The tag that all people carry, and those that one in so many carries.
const ALL: &str = "haymaker:all";
const SOME: &str = "haymaker:some";

/// How long each kind of request is repeated, at least, and how often that is done: the quickest time counts, as whatever
/// else the machine does can only make it longer.
const LONG_ENOUGH: Duration = Duration::from_millis(20);
const ROUNDS: usize = 25;

/// How many characters the text of a mail has: about what a short one has in offices.
const TEXT: usize = 600;

struct Client {
    tenant: Arc<Tenant>,
    token: String,
    requests: u64,
}

impl Client {
    /// A client of a tenant with so many people in it, all with mailboxes.
    fn among(people: u32) -> Client {
        Client::with(Client::settings(people), people)
    }

    fn settings(people: u32) -> Settings {
        let seats = vec![("DEVELOPERPACK_E5".to_owned(), people)];
        Settings { bystanders: 0, seats, ..Settings::seeded(1) }
    }

    fn with(settings: Settings, people: u32) -> Client {
        let tenant = Tenant::new(settings).unwrap();
        let app = tenant.settings().app.clone();
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={}&scope=https://graph.microsoft.com/.default",
            app.id,
            app.secret.replace('~', "%7E")
        );
        let path = format!("/{}/oauth2/v2.0/token", tenant.settings().tenant_id);
        let request = http::Request::post(path).body(Bytes::from(form)).unwrap();
        let answer: Value = serde_json::from_slice(tenant.handle(request).body()).unwrap();
        let token = format!("Bearer {}", answer["access_token"].as_str().unwrap());
        let mut client = Client { tenant, token, requests: 0 };
        let sku = client.call("GET", "/subscribedSkus", None)["value"][0]["skuId"].clone();
        for number in 0..people {
            // Every tenth has a tag of their own, but for never more than a page of them.
            let tag = if number % 10 == 0 && number < 1000 { SOME } else { ALL };
            let person = json!({
                "accountEnabled": true, "displayName": format!("Person {number}"), "mailNickname": format!("p{number}"),
                "userPrincipalName": client.upn(number), "usageLocation": "US", "employeeType": tag,
                "passwordProfile": { "password": "Correct-Horse-7" },
            });
            client.call("POST", "/users", Some(person));
            let licence = json!({ "addLicenses": [{ "skuId": sku, "disabledPlans": [] }], "removeLicenses": [] });
            client.call("POST", &format!("/users/{}/assignLicense", client.upn(number)), Some(licence));
        }
        client
    }

    fn upn(&self, number: u32) -> String {
        format!("p{number}@{}", self.tenant.settings().domain)
    }

    fn call(&mut self, method: &str, path: &str, body: Option<Value>) -> Value {
        self.requests += 1;
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/v1.0{path}"))
            .header("authorization", &self.token)
            .header("content-type", "application/json")
            .header("client-request-id", self.requests.to_string());
        let bytes = body.map(|body| body.to_string()).unwrap_or_default();
        let response = self.tenant.handle(request.body(Bytes::from(bytes)).unwrap());
        assert!(response.status().is_success(), "{method} {path}: {response:?}");
        serde_json::from_slice(response.body()).unwrap_or_default()
    }

    fn letter(&self, number: u32, to: &[u32]) -> Value {
        let text = format!("Mail {number}. {}", "What was said, and what is to be done. ".repeat(TEXT / 39));
        let to: Vec<Value> = to.iter().map(|to| json!({ "emailAddress": { "address": self.upn(*to) } })).collect();
        json!({
            "subject": format!("About the matter of {number}"), "toRecipients": to,
            "body": { "contentType": "text", "content": text },
            "internetMessageHeaders": [{ "name": "x-haymaker-id", "value": format!("kw-1a2b3c4d/mail/{number}") }],
        })
    }
}

/// Sends mails until so many messages lie in mailboxes, and says how many bytes each took.
fn memory(people: u32, messages: u32, recipients: u32) {
    let mut client = Client::among(people);
    let before = HELD.load(Ordering::Relaxed);
    println!("{people} people: {} bytes each", before / people as usize);
    let mails = messages / (recipients + 1);
    let mut said = 0;
    for number in 0..mails {
        let to: Vec<u32> = (1..=recipients).map(|next| (number * 7 + next * 13) % people).collect();
        let letter = client.letter(number, &to);
        let text = |pointer: &str| letter.pointer(pointer).and_then(Value::as_str).map_or(0, str::len);
        said += text("/subject") + text("/body/content") + text("/internetMessageHeaders/0/value");
        client.call(
            "POST",
            &format!("/users/{}/sendMail", client.upn(number % people)),
            Some(json!({ "message": letter })),
        );
    }
    let overview = client.tenant.inspect();
    let held = HELD.load(Ordering::Relaxed) - before;
    println!(
        "{} messages of {mails} mails to {recipients}: {} bytes for each message, {} for each mail; a mail says {} bytes",
        overview.messages,
        held / overview.messages,
        held / mails as usize,
        said / mails as usize,
    );
}

/// Keeps a tenant in a file, has it again, and says what both cost.
fn restart(mails: u32) {
    let path = std::env::temp_dir().join(format!("haymaker-tenant-cost-{}.state", std::process::id()));
    let settings = |seats| Settings { state: Some(path.clone()), ..Client::settings(seats) };
    let mut client = Client::with(settings(100), 100);
    let (begun, before) = (Instant::now(), std::fs::metadata(&path).unwrap().len());
    for number in 0..mails {
        let letter = client.letter(number, &[(number + 1) % 100]);
        let upn = client.upn(number % 100);
        client.call("POST", &format!("/users/{upn}/sendMail"), Some(json!({ "message": letter })));
    }
    let each = |time: Duration| time.as_secs_f64() * 1e6 / f64::from(mails);
    let bytes = (std::fs::metadata(&path).unwrap().len() - before) / u64::from(mails);
    println!("\nkept in a file: {:.1} µs and {bytes} bytes for each mail sent", each(begun.elapsed()));
    drop(client);
    let begun = Instant::now();
    let again = Tenant::new(settings(100)).unwrap();
    println!("had again: {:.1} µs for each ({} mails)", each(begun.elapsed()), again.inspect().mail.submitted);
    drop(again);
    std::fs::remove_file(path).unwrap();
}

/// A kind of request: its name, and how the `n`-th of them is made.
type Kind = (&'static str, fn(&mut Client, u32, u32));

const KINDS: [Kind; 8] = [
    ("get user", |client, people, n| {
        let upn = client.upn(n % people);
        client.call("GET", &format!("/users/{upn}"), None);
    }),
    ("list messages, a page of 10", |client, people, n| {
        let upn = client.upn(n % people.min(10));
        client.call("GET", &format!("/users/{upn}/mailFolders/inbox/messages"), None);
    }),
    ("create draft", |client, people, n| {
        let (upn, letter) = (client.upn(n % people), client.letter(n, &[(n + 1) % people]));
        client.call("POST", &format!("/users/{upn}/messages"), Some(letter));
    }),
    ("send", |client, people, n| {
        let (upn, letter) = (client.upn(n % people), client.letter(n, &[(n + 1) % people]));
        client.call("POST", &format!("/users/{upn}/sendMail"), Some(json!({ "message": letter })));
    }),
    ("list users, $top=999, for each user", |client, _, _| {
        client.call("GET", "/users?$top=999", None);
    }),
    ("by employeeType, of few, for each user", |client, _, _| {
        client.call("GET", &format!("/users?$filter=employeeType%20eq%20'{SOME}'"), None);
    }),
    ("by employeeType, of most, $top=5", |client, _, _| {
        client.call("GET", &format!("/users?$top=5&$filter=employeeType%20eq%20'{ALL}'"), None);
    }),
    ("change user", |client, people, n| {
        let upn = client.upn(n % people);
        client.call("PATCH", &format!("/users/{upn}"), Some(json!({ "jobTitle": format!("Clerk {n}") })));
    }),
];

/// Microseconds for each request of each kind, among so many people.
fn times(people: u32) -> Vec<f64> {
    let mut client = Client::among(people);
    // The first ten have something in their inboxes to list.
    for number in 0..people.min(10) * 20 {
        let (upn, letter) = (client.upn((number + 1) % people), client.letter(number, &[number % people.min(10)]));
        client.call("POST", &format!("/users/{upn}/sendMail"), Some(json!({ "message": letter })));
    }
    let mut times = Vec::new();
    for (name, request) in KINDS {
        let mut number = 0;
        let quickest = (0..ROUNDS).map(|_| {
            let (begun, first) = (Instant::now(), number);
            while begun.elapsed() < LONG_ENOUGH {
                request(&mut client, people, number);
                number += 1;
            }
            begun.elapsed().as_secs_f64() * 1e6 / f64::from(number - first)
        });
        let quickest = quickest.fold(f64::INFINITY, f64::min);
        // A list costs what it shows.
        let shown = match name {
            "list users, $top=999, for each user" => people.min(999),
            "by employeeType, of few, for each user" => (people / 10).clamp(1, 100),
            _ => 1,
        };
        times.push(quickest / f64::from(shown));
    }
    times
}

fn main() {
    let wanted = std::env::args().nth(1);
    let is_wanted = |part: &str| wanted.as_deref().is_none_or(|wanted| wanted == part);
    if is_wanted("memory") {
        memory(10_000, 200_000, 1);
        memory(10_000, 200_000, 3);
    }
    if is_wanted("restart") {
        restart(2_000);
    }
    if !is_wanted("time") {
        return;
    }
    let sizes = [10, 1_000, 10_000];
    let columns: Vec<Vec<f64>> = sizes.iter().map(|people| times(*people)).collect();
    println!("\n{:42}{:>10}{:>10}{:>10}  µs, among so many people", "", sizes[0], sizes[1], sizes[2]);
    for (row, (name, _)) in KINDS.iter().enumerate() {
        println!("{name:42}{:>10.1}{:>10.1}{:>10.1}", columns[0][row], columns[1][row], columns[2][row]);
    }
}
