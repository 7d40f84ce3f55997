//! What was checked is what was sent: a server's own reading of a request is compared with the policy's.
//!
//! Targets, headers and bodies are generated from pieces that have fooled gateways. The server is hyper; its request
//! line is then read in the ways in which real servers differ. Whatever the session lets pass, all of them must read
//! as the policy did; whatever it denies, the server must not have seen.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::kit::*;
use crate::http::*;

/// Thousands, and still quick.
const CASES: u32 = 3_000;

/// A request as hyper parsed it.
struct Parsed {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

type Tape = Arc<Mutex<Vec<Parsed>>>;

async fn recorder() -> (String, Tape) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    let tape = Tape::default();
    let shared = tape.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let tape = shared.clone();
            let service = service_fn(move |request: hyper::Request<Incoming>| record(request, tape.clone()));
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    (origin, tape)
}

async fn record(request: hyper::Request<Incoming>, tape: Tape) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let headers = head.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()));
    let parsed = Parsed {
        method: head.method.to_string(),
        target: head.uri.to_string(),
        headers: headers.collect(),
        body: body.collect().await.unwrap().to_bytes().to_vec(),
    };
    tape.lock().unwrap().push(parsed);
    Ok(hyper::Response::new(Full::default()))
}

/// Splits, then decodes: RFC 3986.
fn strictly(path: &str) -> Vec<String> {
    path.split('/').skip(1).map(|segment| percent_decode_str(segment).decode_utf8().unwrap().into_owned()).collect()
}

/// Decodes, takes `\` for `/`, folds `//`, `.` and `..`, then splits: nginx, IIS and many a framework.
fn sloppily(path: &str) -> Vec<String> {
    let decoded = percent_decode_str(path).decode_utf8().unwrap().replace('\\', "/");
    fold(decoded.split('/'))
}

/// Decodes twice, and cuts matrix parameters: a gateway in front of a servlet container.
fn twice(path: &str) -> Vec<String> {
    let without = path.split('/').map(|segment| segment.split(';').next().unwrap()).collect::<Vec<_>>().join("/");
    let once = percent_decode_str(&without).decode_utf8().unwrap().into_owned();
    let twice = percent_decode_str(&once).decode_utf8().unwrap().into_owned();
    fold(twice.split('/'))
}

fn fold<'a>(segments: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut folded = Vec::new();
    for segment in segments {
        match segment {
            "" | "." => {}
            ".." => drop(folded.pop()),
            other => folded.push(other.to_owned()),
        }
    }
    folded
}

/// The query as a form: `+` is a blank, `;` separates like `&`, as some servers have it.
fn form(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    let pairs = query.split(['&', ';']).filter(|pair| !pair.is_empty());
    pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(n, v)| (decode(n), decode(v))).collect()
}

/// The query as the URL standard reads it.
fn as_url(target: &str) -> (Vec<String>, Vec<(String, String)>) {
    let url = reqwest::Url::parse(&format!("http://h{target}")).unwrap();
    (strictly(url.path()), url.query_pairs().into_owned().collect())
}

fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => "[a-zA-Z0-9._~-]{1,6}",
        2 => select(vec![
            "..", ".", "%2e", "%2E%2e", ".%2e", "%252e", "%2f", "%5c", "\\", "//", "/", "/", "/", "%00", "%0d%0a", "%20", " ",
            "+", "%2b", ";", ";a=b", "%3b", "#", "%23", "?", "%3f", "&", "%26", "=", "%3d", "'", "%27", "''", "(", ")", "$",
            ":", "@", ",", "!", "*", "%", "%4", "%zz", "%ff", "%c0%af", "%C3%A9", "é", "\u{ff0f}", "\u{202e}", "%e2%80%ae",
            "\r\n", "\t", "\u{7f}", "\u{85}", "%41", "~", "|", "^", "[", "]", "{", "}", "<", ">", "\"", "`", "users", "$select",
        ]).prop_map(str::to_owned),
    ]
}

fn target() -> impl Strategy<Value = String> {
    let path = proptest::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat());
    let name = select(vec!["$top", "$Top", "top", "a", "b%20c", "%24top", "", "$filter", "d'"]);
    let pair =
        (name, proptest::collection::vec(piece(), 0..3)).prop_map(|(name, value)| format!("{name}={}", value.concat()));
    let query = proptest::option::of(proptest::collection::vec(pair, 0..3).prop_map(|pairs| pairs.join("&")));
    let start = prop_oneof![12 => Just("/users/"), 2 => Just("/"), 1 => Just(""), 1 => Just("BASE/"), 1 => Just("http://evil.example/")];
    (start, path, query).prop_map(|(start, path, query)| match query {
        Some(query) => format!("{start}{path}?{query}"),
        None => format!("{start}{path}"),
    })
}

fn header() -> impl Strategy<Value = (String, String)> {
    let name = prop_oneof![
        3 => "[a-zA-Z][a-zA-Z0-9_-]{0,8}",
        1 => select(vec![
            "Host", "content-length", "Transfer-Encoding", "transfer_encoding", "Prefer", "PREFER", "If-Match", "Cookie",
            "x-http-method-override", "X-Forwarded-Host", "a b", "a:b", "a\r\nhost", "", "é", "Expect", "Connection", "te",
        ]).prop_map(str::to_owned),
    ];
    let value = prop_oneof![
        3 => "[ -~]{0,12}",
        1 => select(vec!["a\r\nhost: evil", "a\nb", "a\0b", "\t x \t", "é", "\u{7f}", "chunked", "100-continue", "a\tb"]).prop_map(str::to_owned),
    ];
    (name, value)
}

fn request() -> impl Strategy<Value = Request> {
    let method = select(vec![
        "GET",
        "GET",
        "POST",
        "PUT",
        "PATCH",
        "DELETE",
        "get",
        "TRACE",
        "CONNECT",
        "GET /x HTTP/1.1\r\nx: ",
    ]);
    let body = select(vec!["", "", "{}", "{\"a\":1,\"a\":2}", "GET / HTTP/1.1\r\n\r\n", "0\r\n\r\n"]);
    (method, target(), proptest::collection::vec(header(), 0..3), body).prop_map(
        |(method, target, mut headers, body)| {
            if !body.is_empty() {
                headers.push(("Content-Type".into(), "text/plain".into()));
            }
            Request { method: method.into(), headers, body: body.into(), effect: Effect::Repeatable, ..get(&target) }
        },
    )
}

/// The headers that the host and the HTTP library add.
fn is_ours(name: &str) -> bool {
    matches!(name, "host" | "user-agent" | "client-request-id" | "return-client-request-id" | "content-length")
}

#[test]
fn what_a_server_parsed_is_what_the_policy_saw_or_nothing_was_sent() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (origin, tape) = runtime.block_on(recorder());
    let bench = Bench::new(&origin);
    let (mut sent, mut refused) = (0_u32, 0_u32);
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let counts = std::cell::RefCell::new((&mut sent, &mut refused));
    let property = |mut request: Request| {
        request.target = request.target.replace("BASE", &bench.endpoint.base);
        let result = runtime.block_on(async { bench.send(request).await.0 });
        let parsed = std::mem::take(&mut *tape.lock().unwrap());
        let checked = std::mem::take(&mut *bench.platform.checked.lock().unwrap());
        let Ok(_) = result else {
            *counts.borrow_mut().1 += 1;
            prop_assert!(parsed.is_empty(), "refused, and sent: {result:?}");
            return Ok(());
        };
        *counts.borrow_mut().0 += 1;
        let ([seen], [policy]) = (&parsed[..], &checked[..]) else {
            return Err(TestCaseError::fail(format!("{} sent, {} checked", parsed.len(), checked.len())));
        };
        prop_assert_eq!(&seen.method, policy.method);
        prop_assert_eq!(&seen.target, &policy.wire_target);
        prop_assert_eq!(&seen.body, &policy.body);
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let whole: Vec<String> = [vec!["v1.0".to_owned()], policy.segments.clone()].concat();
        prop_assert_eq!(&strictly(path), &whole);
        prop_assert_eq!(&sloppily(path), &whole);
        prop_assert_eq!(&twice(path), &whole);
        prop_assert_eq!(&form(query), &policy.query);
        prop_assert_eq!(&as_url(&seen.target), &(whole, policy.query.clone()));
        let mut headers: Vec<_> = seen.headers.iter().filter(|(name, _)| !is_ours(name)).cloned().collect();
        headers.sort();
        let mut expected = policy.headers.clone();
        if policy.header("accept").is_none() {
            expected.push(("accept".into(), "*/*".into()));
            expected.sort();
        }
        prop_assert_eq!(headers, expected);
        Ok(())
    };
    runner.run(&request(), property).unwrap();
    assert!(sent > CASES / 20 && refused > CASES / 20, "{sent} sent, {refused} refused: the cases prove too little");
}
