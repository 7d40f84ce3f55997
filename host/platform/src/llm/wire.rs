//! One exchange over a connection.

use std::error::Error;
use std::time::Duration;

use haymaker_engine::http;
use reqwest::Url;
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

/// Until a connection stands, TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Kept shorter than servers keep theirs.
const IDLE: Duration = Duration::from_secs(20);

/// The largest answer, in bytes: far more than any model writes.
const LARGEST: usize = 16 << 20;

/// What is known when an exchange is over.
pub(super) enum Arrival {
    /// A whole answer.
    Answer(Answer),
    /// There was no connection.
    NotSent(String),
    /// No whole answer came.
    Lost(String),
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case; values that are not text are left out.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// The connections. Certificates are trusted as everywhere in this host, nothing is redirected (a key goes where it was
/// meant to), and retries are the client's own.
pub(super) fn client() -> Result<reqwest::Client, String> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .user_agent(concat!("haymaker/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT)
        .pool_idle_timeout(IDLE)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .http1_only()
        .tls_certs_merge(http::authorities()?)
        .build()
        .map_err(|error| format!("cannot set up HTTP: {error}"))
}

/// Sends JSON, and reads the whole answer, all within `timeout`.
pub(super) async fn exchange(
    client: &reqwest::Client,
    url: Url,
    headers: &[(&'static str, String)],
    body: Vec<u8>,
    timeout: Duration,
) -> Arrival {
    match tokio::time::timeout(timeout, unhurried(client, url, headers, body)).await {
        Ok(arrival) => arrival,
        Err(_) => Arrival::Lost(format!("no whole answer within {} s", timeout.as_secs_f32().ceil())),
    }
}

async fn unhurried(client: &reqwest::Client, url: Url, headers: &[(&'static str, String)], body: Vec<u8>) -> Arrival {
    let Some(headers) = header_map(headers) else {
        return Arrival::NotSent("a header cannot be written".to_owned());
    };
    let mut response = match client.post(url).headers(headers).body(body).send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() => return Arrival::NotSent(reason(&error)),
        Err(error) => return Arrival::Lost(reason(&error)),
    };
    let status = response.status().as_u16();
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > LARGEST => {
                return Arrival::Lost(format!("the answer is larger than {LARGEST} bytes"));
            }
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Arrival::Lost(reason(&error)),
        }
    }
    let headers = response.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
    Arrival::Answer(Answer { status, headers, body })
}

/// All but the content type may be a key, which no log shows.
fn header_map(headers: &[(&'static str, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len() + 1);
    map.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(true);
        map.insert(HeaderName::from_static(name), value);
    }
    Some(map)
}

/// The innermost cause, without the URL.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
