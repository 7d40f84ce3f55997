//! One exchange over a connection, and what is known when it is over.
//!
//! The question that matters for a `once` request is whether a byte may have left. Only a failure to *connect* proves
//! that none did; everything else that is not a whole answer is [`Arrival::Lost`], also the race with a server that
//! closes an idle connection while it is being reused.

use std::error::Error;
use std::time::Duration;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::de::IgnoredAny;

use super::trust;

/// What leaves.
pub(super) struct Outgoing {
    pub(super) method: &'static str,
    pub(super) url: Url,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

/// A whole answer, as the server gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// Names in lower case; values that are not text are left out.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// What is known when an exchange is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arrival {
    /// A whole answer.
    Answer(Answer),
    /// There was no connection: not a byte left.
    NotSent(String),
    /// Bytes may have left, and no whole answer came.
    Lost(String),
    /// An answer began that is larger than it may be; the rest was not read.
    TooLarge {
        /// In bytes.
        limit: usize,
    },
}

/// The URL of a canonical target, if the URL library leaves every byte of it as it is; a target that it would rewrite
/// must not be sent.
pub(super) fn url(origin: &str, target: &str) -> Option<Url> {
    let url = Url::parse(&format!("{origin}{target}")).ok()?;
    let kept = match url.query() {
        Some(query) => format!("{}?{query}", url.path()) == target,
        None => url.path() == target,
    };
    (kept && url.fragment().is_none() && url.origin().ascii_serialization() == origin).then_some(url)
}

/// Sends, and reads the whole answer, all within `timeout`.
pub(super) async fn exchange(client: &reqwest::Client, out: Outgoing, timeout: Duration, limit: usize) -> Arrival {
    match tokio::time::timeout(timeout, unhurried(client, out, limit)).await {
        Ok(arrival) => arrival,
        Err(_) => Arrival::Lost(format!("no whole answer within {} ms", timeout.as_millis())),
    }
}

async fn unhurried(client: &reqwest::Client, out: Outgoing, limit: usize) -> Arrival {
    let Some(headers) = header_map(&out.headers) else {
        return Arrival::NotSent("a header cannot be written".to_owned());
    };
    let method = Method::from_bytes(out.method.as_bytes()).unwrap_or_default();
    let mut request = client.request(method.clone(), out.url).headers(headers);
    if !out.body.is_empty() || matches!(method, Method::POST | Method::PUT | Method::PATCH) {
        request = request.body(out.body);
    }
    let mut response = match request.send().await {
        Ok(response) => response,
        Err(error) if error.is_connect() => return Arrival::NotSent(reason(&error)),
        Err(error) => return Arrival::Lost(reason(&error)),
    };
    let status = response.status().as_u16();
    if !(200..600).contains(&status) {
        return Arrival::Lost(format!("the answer has the status {status}, which means nothing"));
    }
    if response.content_length().is_some_and(|length| length > limit as u64) {
        return Arrival::TooLarge { limit };
    }
    let mut body = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if body.len() + chunk.len() > limit => return Arrival::TooLarge { limit },
            Ok(Some(chunk)) => body.extend_from_slice(&chunk),
            Ok(None) => break,
            Err(error) => return Arrival::Lost(reason(&error)),
        }
    }
    let headers = response.headers().iter();
    let headers =
        headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned()))).collect();
    let answer = Answer { status, headers, body };
    if !is_what_it_says(&answer) {
        return Arrival::Lost("the answer says that it is JSON, and is not".to_owned());
    }
    Arrival::Answer(answer)
}

/// Whether a body that is announced as JSON is JSON: a gateway's error page, or half a document behind a head that says
/// otherwise, is no more an answer than a broken connection.
fn is_what_it_says(answer: &Answer) -> bool {
    let json = answer.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    !json || answer.body.is_empty() || serde_json::from_slice::<IgnoredAny>(&answer.body).is_ok()
}

fn header_map(headers: &[(String, String)]) -> Option<HeaderMap> {
    let mut map = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers {
        let mut value = HeaderValue::from_str(value).ok()?;
        value.set_sensitive(name == "authorization");
        map.insert(HeaderName::from_bytes(name.as_bytes()).ok()?, value);
    }
    Some(map)
}

/// The innermost cause, without the URL: reqwest's own text says only that something failed.
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    let cause = cause.to_string();
    if error.is_timeout() { format!("timed out ({cause})") } else { format!("{cause}{}", trust::remedy(&cause)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_that_the_url_library_would_rewrite_is_not_sent() {
        for target in
            ["/a/../b", "/a b", "/a'?b='", "/%2e%2e/a", "/a\\b", "//a", "/a#b", "/a?b#c", "/é", "/a\tb", "", "@evil/"]
        {
            let kept = url("https://graph.example", target).map(|url| url.to_string());
            assert!(kept.is_none() || kept == Some(format!("https://graph.example{target}")), "{target} {kept:?}");
        }
        assert!(url("https://graph.example", "/a/../b").is_none());
        assert!(url("https://graph.example", "/a?b='").is_none());
        assert!(url("https://graph.example", "/v1.0/groups(uniqueName='x')?$top=1").is_some());
    }
}
