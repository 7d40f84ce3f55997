//! Every exchange with Graph and with the token endpoint, as JSON Lines.
//!
//! One object per line: `at` (RFC 3339, UTC, milliseconds), `auth` (`app`, `delegated` or null), `method`, `path`,
//! `query`, `request_headers`, `request_body`, `status`, `response_headers`, `response_body`. Bodies are JSON values where
//! they are JSON, null where there is none, else text. Secrets never reach the file: passwords, client secrets,
//! assertions and tokens are replaced by `***`, wherever in a body they stand.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::Path;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, header};
use serde_json::{Map, Value, json};

use crate::odata::options::pairs;
use crate::time;

/// What stands in place of a secret.
pub const MASK: &str = "***";

/// What the names of fields in bodies, forms and queries have in them whose values are secrets.
const SECRETS: [&str; 7] = ["access_token", "refresh_token", "id_token", "assertion", "device_code", "passw", "secret"];

/// One exchange, to be recorded.
pub(crate) struct Exchange<'a> {
    pub(crate) now: u64,
    pub(crate) request: &'a Request<Bytes>,
    pub(crate) auth: Option<&'static str>,
    pub(crate) response: &'a Response<Bytes>,
}

/// Writes exchanges to a file.
pub(crate) struct Recorder {
    file: BufWriter<File>,
    /// The first error of a write: it is told when somebody asks, as an exchange cannot fail for it.
    failed: Option<io::Error>,
}

impl Recorder {
    pub(crate) fn create(path: &Path) -> io::Result<Recorder> {
        Ok(Recorder { file: BufWriter::new(File::create(path)?), failed: None })
    }

    pub(crate) fn write(&mut self, exchange: &Exchange<'_>) {
        let written = writeln!(self.file, "{}", line(exchange));
        if let Err(error) = written {
            self.failed.get_or_insert(error);
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.failed.take().map_or(Ok(()), Err)
    }
}

fn line(exchange: &Exchange<'_>) -> Value {
    let (request, response) = (exchange.request, exchange.response);
    json!({
        "at": time::millis(exchange.now),
        "auth": exchange.auth,
        "method": request.method().as_str(),
        "path": request.uri().path(),
        "query": query(request.uri().query().unwrap_or_default()),
        "request_headers": headers(request.headers()),
        "request_body": body(request.headers(), request.body()),
        "status": response.status().as_u16(),
        "response_headers": headers(response.headers()),
        "response_body": body(response.headers(), response.body()),
    })
}

/// A query as it came, but for the values of secrets.
fn query(query: &str) -> String {
    let masked = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
        _ => pair.to_owned(),
    });
    masked.collect::<Vec<_>>().join("&")
}

fn headers(headers: &HeaderMap) -> Value {
    let mut shown = Map::new();
    for name in headers.keys() {
        let values: Vec<String> =
            headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
        let secret = name == header::AUTHORIZATION || name == header::COOKIE || name == header::PROXY_AUTHORIZATION;
        let value = if secret { MASK.to_owned() } else { values.join(", ") };
        shown.insert(name.as_str().to_owned(), Value::String(value));
    }
    Value::Object(shown)
}

fn body(headers: &HeaderMap, body: &[u8]) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if let Ok(mut value) = serde_json::from_slice::<Value>(body) {
        mask(&mut value);
        return value;
    }
    let text = String::from_utf8_lossy(body);
    let kind = headers.get(header::CONTENT_TYPE).map(http::HeaderValue::as_bytes).unwrap_or_default();
    if kind.starts_with(b"application/x-www-form-urlencoded") {
        let masked = pairs(&text)
            .map(|(name, value)| if is_secret(&name) { format!("{name}={MASK}") } else { format!("{name}={value}") });
        return Value::String(masked.collect::<Vec<_>>().join("&"));
    }
    // Broken JSON, or a form that does not say it is one: who knows where the secret ends.
    if is_secret(&text) {
        return Value::String(MASK.to_owned());
    }
    Value::String(text.into_owned())
}

/// Whether a value of this name is one; misspelt ones are meant as much.
fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SECRETS.iter().any(|secret| name.contains(secret))
}

fn mask(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                if value.is_string() && is_secret(name) {
                    *value = Value::String(MASK.to_owned());
                } else {
                    mask(value);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(mask),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recorded(kind: &'static str, text: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, kind.parse().unwrap());
        body(&headers, text.as_bytes()).to_string()
    }

    #[test]
    fn no_secret_of_a_body_is_recorded() {
        let form = "grant_type=client_credentials&client_secret=hunter%7E2&client_id=x";
        for shown in [
            recorded("application/x-www-form-urlencoded", form),
            recorded("text/plain", form),
            recorded("application/json", r#"{"a":[{"passwordProfile":{"Password":"hunter~2"}}]}"#),
            recorded("application/json", r#"{"access_token":"hunter~2"}"#),
            recorded("application/json", r#"{"passwordProfile":"hunter~2"}"#),
            recorded("application/json", r#"{"passwrd":"hunter~2"}"#),
            query("$top=1&client_secret=hunter~2"),
            query("access_token=hunter~2"),
            recorded("application/json", r#"{"access_token":"hunter~2""#),
        ] {
            assert!(!shown.contains("hunter"), "{shown}");
        }
        assert!(recorded("application/x-www-form-urlencoded", form).contains("client_id=x"));
    }

    #[test]
    fn authorization_is_masked_and_other_headers_are_not() {
        let mut all = HeaderMap::new();
        all.insert("authorization", "Bearer abc".parse().unwrap());
        all.insert("prefer", "IdType=\"ImmutableId\"".parse().unwrap());
        assert_eq!(headers(&all), json!({ "authorization": "***", "prefer": "IdType=\"ImmutableId\"" }));
    }
}
