//! The one form of a request that is checked, hashed and sent.
//!
//! A guest's request is understood here once. The allow-list, the policy and the digest see a [`Canonical`], and the
//! wire is written from its [`wire_target`](Canonical::wire_target), [`headers`](Canonical::headers) and
//! [`body`](Canonical::body) alone, so there is no second reading that could differ from the first.

use serde_json::Value;

use super::headers::{self, HeaderError};
use super::json::{self, JsonError};
use super::target::{self, Base, TargetError};
use super::{Effect, Fill, Request, identity};
use crate::types::{Problem, ProblemKind};

/// A request, understood.
#[derive(Clone, Debug, PartialEq)]
pub struct Canonical {
    /// The endpoint's name.
    pub endpoint: String,
    /// As whom it is sent; none: as the application.
    pub speaker: Option<String>,
    /// `GET`, `POST`, `PUT`, `PATCH` or `DELETE`.
    pub method: &'static str,
    /// The path below the base: decoded, never empty, never with a slash inside, in order.
    pub segments: Vec<String>,
    /// The query: decoded, in order, each name once.
    pub query: Vec<(String, String)>,
    /// Path and query below the base, encoded: what people and the ground truth see.
    pub target: String,
    /// Path and query with the base's path, encoded: byte for byte what the request line says.
    pub wire_target: String,
    /// The guest's headers: names in lower case, each once, sorted. The host's own are not here.
    pub headers: Vec<(String, String)>,
    /// The body as it is sent, but for [`fills`](Canonical::fills); empty for none.
    pub body: Vec<u8>,
    /// The body, read as JSON, where its content type says so. No object in it has a key twice.
    pub json: Option<Value>,
    /// Where the host will put secrets: the body has an empty string there.
    pub fills: Vec<Fill>,
    /// What it means to send it twice.
    pub effect: Effect,
}

/// Why a request is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CanonicalError {
    /// The method is not one of the five.
    #[error("the method {0:?} is not one of GET, POST, PUT, PATCH, DELETE (in capitals)")]
    Method(String),
    /// The target is not clear, or leads elsewhere.
    #[error("the target {target:?} is refused: {why}")]
    Target {
        /// Its beginning.
        target: String,
        /// In words.
        why: String,
    },
    /// A header is not a guest's to write.
    #[error("the header {name:?} is refused: {why}")]
    Header {
        /// Its name.
        name: String,
        /// In words.
        why: String,
    },
    /// The body and the headers do not agree, or the body is not what it says.
    #[error("{0}")]
    Body(String),
    /// An object in the body has a key twice.
    #[error("{0}")]
    Twin(String),
    /// The effect does not suit the method.
    #[error("a request of effect `read` must be a GET, not a {0}; say `repeatable`")]
    Effect(&'static str),
}

impl CanonicalError {
    /// Whether it is an attempt at something that is not granted (and counted), and not merely a mistake.
    #[must_use]
    pub fn is_denied(&self) -> bool {
        matches!(self, Self::Target { .. } | Self::Header { .. } | Self::Twin(_))
    }

    /// Stable, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Method(_) => "request.method",
            Self::Target { .. } => "request.target",
            Self::Header { .. } => "request.header",
            Self::Body(_) | Self::Twin(_) => "request.body",
            Self::Effect(_) => "request.effect",
        }
    }
}

impl From<CanonicalError> for Problem {
    fn from(error: CanonicalError) -> Problem {
        let kind = if error.is_denied() { ProblemKind::Denied } else { ProblemKind::Invalid };
        Problem::new(kind, error.code(), error.to_string())
    }
}

impl Canonical {
    /// Understands a request to an endpoint with this base.
    pub(super) fn new(request: Request, base: &Base) -> Result<Canonical, CanonicalError> {
        let method = method(&request.method)?;
        if request.effect == Effect::Read && method != "GET" {
            return Err(CanonicalError::Effect(method));
        }
        let target = target::parse(&request.target, base).map_err(|error| refused_target(&request.target, &error))?;
        let headers = headers::canonical(&request.headers).map_err(refused_header)?;
        let json = body(method, &headers, &request.body)?;
        Ok(Canonical {
            endpoint: request.endpoint,
            speaker: request.speaker,
            method,
            segments: target.segments,
            query: target.query,
            target: target.text,
            wire_target: target.wire,
            headers,
            body: request.body,
            json,
            fills: request.fills,
            effect: request.effect,
        })
    }

    /// The value of a query option, as Graph finds it: with or without `$`, in any case.
    #[must_use]
    pub fn option(&self, name: &str) -> Option<&str> {
        let name = target::plain(name);
        self.query.iter().find(|(other, _)| target::plain(other) == name).map(|(_, value)| value.as_str())
    }

    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Method and target, for people.
    #[must_use]
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.target)
    }

    /// SHA-256 of everything that makes this request this one, in hex. Secrets are in it by their names only, so it
    /// may be stored and shown.
    #[must_use]
    pub fn digest(&self) -> String {
        let counted = |pairs: &[(&str, &str)]| {
            let parts: Vec<&[u8]> = pairs.iter().flat_map(|(a, b)| [a.as_bytes(), b.as_bytes()]).collect();
            identity::draw(&parts)
        };
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let fills: Vec<_> = self.fills.iter().map(|fill| (fill.pointer.as_str(), fill.secret.as_str())).collect();
        let (headers, fills) = (counted(&headers), counted(&fills));
        let mut parts: Vec<&[u8]> = vec![
            self.endpoint.as_bytes(),
            self.method.as_bytes(),
            self.wire_target.as_bytes(),
            &headers,
            &self.body,
            &fills,
        ];
        parts.extend(self.speaker.as_ref().map(String::as_bytes));
        hex::encode(identity::draw(&parts))
    }
}

fn method(given: &str) -> Result<&'static str, CanonicalError> {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let known = METHODS.into_iter().find(|method| *method == given);
    known.ok_or_else(|| CanonicalError::Method(shortened(given)))
}

/// Checks that the body is what the headers say, and reads it where it is JSON.
fn body(method: &str, headers: &[(String, String)], body: &[u8]) -> Result<Option<Value>, CanonicalError> {
    if body.is_empty() {
        return Ok(None);
    }
    if matches!(method, "GET" | "DELETE") {
        return Err(CanonicalError::Body(format!("a {method} has no body; some servers read one, others do not")));
    }
    let Some((_, content_type)) = headers.iter().find(|(name, _)| name == "content-type") else {
        return Err(CanonicalError::Body("a body needs the header content-type, such as application/json".to_owned()));
    };
    let content_type = content_type.to_ascii_lowercase();
    let mut parts = content_type.split(';').map(str::trim);
    let kind = parts.next().unwrap_or_default();
    if !kind.ends_with("/json") && !kind.ends_with("+json") {
        return Ok(None);
    }
    if parts.any(|part| part.strip_prefix("charset=").is_some_and(|set| set.trim_matches('"') != "utf-8")) {
        return Err(CanonicalError::Body("JSON is UTF-8; leave the charset away".to_owned()));
    }
    json::parse(body).map(Some).map_err(|error| match error {
        JsonError::Broken(_) => CanonicalError::Body(error.to_string()),
        JsonError::Twin(_) => CanonicalError::Twin(error.to_string()),
    })
}

fn refused_target(target: &str, error: &TargetError) -> CanonicalError {
    CanonicalError::Target { target: shortened(target), why: error.to_string() }
}

fn refused_header((name, error): (String, HeaderError)) -> CanonicalError {
    CanonicalError::Header { name, why: error.to_string() }
}

/// Enough to recognise it by.
fn shortened(text: &str) -> String {
    text.chars().take(120).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn post(body: &str, content_type: &str) -> Request {
        Request {
            endpoint: "graph".into(),
            method: "POST".into(),
            target: "/users".into(),
            headers: vec![("Content-Type".into(), content_type.into())],
            body: body.into(),
            speaker: None,
            effect: Effect::Once,
            fills: vec![],
        }
    }

    fn canonical(request: Request) -> Result<Canonical, CanonicalError> {
        Canonical::new(request, &Base::parse("https://graph.example/v1.0").unwrap())
    }

    #[test]
    fn a_json_body_is_read_and_sent_as_it_was_written() {
        let made = canonical(post(r#"{ "a" : 1.50 }"#, "application/json; charset=UTF-8")).unwrap();
        assert_eq!(made.body, br#"{ "a" : 1.50 }"#);
        assert_eq!(made.json.unwrap()["a"], 1.5);
        let other = canonical(post("not json", "text/plain")).unwrap();
        assert_eq!(other.json, None);
    }

    #[test]
    fn mistakes_are_invalid_and_evasions_are_denied() {
        let kind = |change: &dyn Fn(&mut Request)| {
            let mut request = post("{}", "application/json");
            change(&mut request);
            Problem::from(canonical(request).unwrap_err()).kind
        };
        assert_eq!(kind(&|r| r.method = "post".into()), ProblemKind::Invalid);
        assert_eq!(kind(&|r| r.method = "TRACE".into()), ProblemKind::Invalid);
        assert_eq!(kind(&|r| r.effect = Effect::Read), ProblemKind::Invalid);
        assert_eq!(kind(&|r| r.method = "DELETE".into()), ProblemKind::Invalid, "with a body");
        assert_eq!(kind(&|r| r.headers.clear()), ProblemKind::Invalid, "a body of no type");
        assert_eq!(kind(&|r| r.body = b"{".into()), ProblemKind::Invalid);
        assert_eq!(kind(&|r| r.headers[0].1 = "application/json; charset=utf-7".into()), ProblemKind::Invalid);
        assert_eq!(kind(&|r| r.body = br#"{"a":1,"A":2}"#.into()), ProblemKind::Denied);
        assert_eq!(kind(&|r| r.target = "/users/../x".into()), ProblemKind::Denied);
        assert_eq!(kind(&|r| r.headers.push(("Authorization".into(), "x".into()))), ProblemKind::Denied);
    }

    #[test]
    fn the_digest_is_the_same_for_the_same_request_in_another_spelling_and_differs_otherwise() {
        let digest = |change: &dyn Fn(&mut Request)| {
            let mut request = post("{}", "application/json");
            change(&mut request);
            canonical(request).unwrap().digest()
        };
        let plain = digest(&|_| ());
        assert_eq!(plain, digest(&|r| r.target = "/%75sers".into()));
        assert_eq!(plain, digest(&|r| r.headers[0].0 = "content-type".into()));
        let fill = Fill { pointer: "/p".into(), secret: "s".into() };
        let others = [
            digest(&|r| r.method = "PUT".into()),
            digest(&|r| r.target = "/users?a=1".into()),
            digest(&|r| r.body = b"[]".into()),
            digest(&|r| r.headers.push(("prefer".into(), "x".into()))),
            digest(&|r| r.fills.push(fill.clone())),
            digest(&|r| r.endpoint = "other".into()),
            digest(&|r| r.speaker = Some("w01".into())),
        ];
        assert!(others.iter().all(|other| *other != plain));
    }

    #[test]
    fn options_are_found_as_graph_finds_them() {
        let mut request = post("", "application/json");
        request.target = "/users?Filter=x&$top=1".into();
        let made = canonical(request).unwrap();
        assert_eq!(made.option("$filter"), Some("x"));
        assert_eq!(made.option("top"), Some("1"));
        assert_eq!(made.option("$skip"), None);
    }
}
