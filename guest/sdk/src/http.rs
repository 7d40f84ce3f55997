//! Requests to the endpoints that the manifest names.
//!
//! The guest says *what*; addresses, tokens, retries and throttling are the host's. A request says what it means to send
//! it twice ([`Effect`]); the constructors choose the careful meaning, and [`Request::effect`] changes it.

use std::cell::RefCell;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, de::DeserializeOwned};

pub use crate::bindings::haymaker::workload::http::{Effect, Fill, Request, Response};
use crate::{Problem, imports};

/// Everything that could end a path segment or a query value; RFC 3986's unreserved characters stay.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Escapes a text for use as one segment of a path.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

thread_local! {
    /// Who speaks where a request does not say.
    static SPEAKER: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Does something all of whose requests go out as this worker, with a token that only the host has, but for those that
/// name a speaker of their own.
pub fn speaking_as<T>(worker: &str, act: impl FnOnce() -> T) -> T {
    let before = SPEAKER.replace(Some(worker.to_owned()));
    let result = act();
    SPEAKER.set(before);
    result
}

/// An endpoint's base, for links inside bodies (`user@odata.bind`).
///
/// # Errors
/// `denied` when the manifest has no such endpoint.
pub fn base_url(endpoint: &str) -> Result<String, Problem> {
    imports::http::base_url(endpoint)
}

impl Request {
    /// A request without a body. `target` is the path below the endpoint's base, or a link that the endpoint gave.
    pub fn new(endpoint: &str, method: &str, target: impl Into<String>, effect: Effect) -> Request {
        Request {
            endpoint: endpoint.to_owned(),
            method: method.to_owned(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            speaker: None,
            effect,
            fills: Vec::new(),
        }
    }

    /// `GET`: changes nothing.
    pub fn get(endpoint: &str, target: impl Into<String>) -> Request {
        Request::new(endpoint, "GET", target, Effect::Read)
    }

    /// `POST` without a body: must not happen twice.
    pub fn post(endpoint: &str, target: impl Into<String>) -> Request {
        Request::new(endpoint, "POST", target, Effect::Once)
    }

    /// `POST` of JSON: must not happen twice.
    pub fn post_json(endpoint: &str, target: impl Into<String>, body: &serde_json::Value) -> Request {
        Request::post(endpoint, target).json(body)
    }

    /// `PATCH` to values: twice is as good as once.
    pub fn patch_json(endpoint: &str, target: impl Into<String>, body: &serde_json::Value) -> Request {
        Request::new(endpoint, "PATCH", target, Effect::Repeatable).json(body)
    }

    /// `DELETE`: twice is as good as once.
    pub fn delete(endpoint: &str, target: impl Into<String>) -> Request {
        Request::new(endpoint, "DELETE", target, Effect::Repeatable)
    }

    /// Adds a parameter to the query, escaped.
    #[must_use]
    pub fn query(mut self, name: &str, value: &str) -> Request {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(name);
        self.target.push('=');
        self.target.extend(utf8_percent_encode(value, RESERVED));
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Request {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Says what it means to send it twice.
    #[must_use]
    pub fn effect(mut self, effect: Effect) -> Request {
        self.effect = effect;
        self
    }

    /// Has the host put a secret at a JSON pointer of the body, where the body holds the empty string.
    #[must_use]
    pub fn fill(mut self, pointer: &str, secret: &str) -> Request {
        self.fills.push(Fill { pointer: pointer.to_owned(), secret: secret.to_owned() });
        self
    }

    /// Speaks as this worker, with a token that only the host has.
    #[must_use]
    pub fn speaker(mut self, worker: &str) -> Request {
        self.speaker = Some(worker.to_owned());
        self
    }

    /// Sends it and waits for the answer, of any status.
    ///
    /// # Errors
    /// When no answer came, or the request was not allowed. Give it back from `perform` as it is: its kind tells the
    /// host what to do.
    pub fn send(mut self) -> Result<Response, Problem> {
        self.speaker = self.speaker.or_else(|| SPEAKER.with_borrow(Clone::clone));
        imports::http::send(&self)
    }

    fn json(mut self, body: &impl Serialize) -> Request {
        // A `Value` always has a text: its keys are strings, and it holds no numbers that JSON lacks.
        self.body = serde_json::to_vec(body).unwrap_or_default();
        self.header("content-type", "application/json")
    }
}

impl Response {
    /// Whether the status is 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's value; `name` in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(is, _)| is == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `failed` when it is not.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Problem> {
        serde_json::from_slice(&self.body).map_err(|error| {
            Problem::failed(
                "unexpected-answer",
                format!("the answer ({}) is not what it should be: {error}", self.status),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_query_cannot_leave_it() {
        let request = Request::get("graph", "/users").query("$filter", "mail eq 'a&b=c#'").query("$top", "9");
        assert_eq!(request.target, "/users?$filter=mail%20eq%20%27a%26b%3Dc%23%27&$top=9");
    }

    #[test]
    fn a_segment_cannot_become_two() {
        assert_eq!(segment("a/../b c"), "a%2F..%2Fb%20c");
    }

    #[test]
    fn a_post_must_not_happen_twice_unless_it_says_otherwise() {
        assert_eq!(Request::post("graph", "/users").effect, Effect::Once);
        assert_eq!(Request::post("graph", "/users").effect(Effect::Repeatable).effect, Effect::Repeatable);
    }
}
