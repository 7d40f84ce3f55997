//! Secrets in bodies: where a manifest permits them, and how the host puts them there.
//!
//! The guest writes an empty string and says which secret belongs there; the policy, the digest and the log see that
//! empty string. The value goes in last, on the way to the wire. The naive way, a placeholder to be replaced in the
//! text, would let a guest put a secret wherever it can write text, such as into a mail.

use serde_json::Value;
use zeroize::Zeroizing;

use super::allow;
use super::canonical::Canonical;
use super::secret::Secret;

/// `POST /users#/passwordProfile/password`: a rule as in [`allow`], and a JSON pointer (RFC 6901) into the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    request: allow::Rule,
    pointer: String,
}

/// Why secrets are not put into a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// The manifest does not name this place.
    #[error("the manifest's `fills` do not permit a secret at {pointer:?} of {line}")]
    NotPermitted {
        /// Where.
        pointer: String,
        /// Of what.
        line: String,
    },
    /// The body has nothing there, or something that is not an empty string.
    #[error("the body must have an empty string at {0:?}, where the secret goes")]
    NotEmpty(String),
    /// The same place twice.
    #[error("two secrets for {0:?}")]
    Twice(String),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// A sentence that names the rule and what is wrong with it.
    pub fn parse(text: &str) -> Result<Rule, String> {
        let fault =
            |why: &str| format!("the rule {text:?} {why}; write it as \"POST /users#/passwordProfile/password\"");
        let (request, pointer) = text.split_once('#').ok_or_else(|| fault("has no # before a JSON pointer"))?;
        if !pointer.starts_with('/') {
            return Err(fault("has a JSON pointer that does not begin with /"));
        }
        Ok(Rule { request: allow::Rule::parse(request)?, pointer: pointer.to_owned() })
    }

    fn permits(&self, request: &Canonical, pointer: &str) -> bool {
        self.pointer == pointer && self.request.permits(request)
    }
}

/// Checks that every fill of a request is permitted and has its empty place.
pub(super) fn check(request: &Canonical, rules: &[Rule]) -> Result<(), FillError> {
    let mut seen: Vec<&str> = Vec::new();
    for pointer in request.fills.iter().map(|fill| fill.pointer.as_str()) {
        if !rules.iter().any(|rule| rule.permits(request, pointer)) {
            return Err(FillError::NotPermitted { pointer: pointer.to_owned(), line: request.line() });
        }
        let there = request.json.as_ref().and_then(|body| body.pointer(pointer));
        if there.and_then(Value::as_str) != Some("") {
            return Err(FillError::NotEmpty(pointer.to_owned()));
        }
        if seen.contains(&pointer) {
            return Err(FillError::Twice(pointer.to_owned()));
        }
        seen.push(pointer);
    }
    Ok(())
}

/// The body with the secrets in it. Call [`check`] first: what it would refuse is an error here, too.
pub(super) fn insert(request: &Canonical, secrets: &[(String, Secret)]) -> Result<Zeroizing<Vec<u8>>, FillError> {
    if secrets.is_empty() {
        return Ok(Zeroizing::new(request.body.clone()));
    }
    let mut body = request.json.clone().unwrap_or_default();
    for (pointer, secret) in secrets {
        let place = body.pointer_mut(pointer).filter(|place| place.as_str() == Some(""));
        let place = place.ok_or_else(|| FillError::NotEmpty(pointer.clone()))?;
        *place = Value::from(secret.expose());
    }
    Ok(Zeroizing::new(body.to_string().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::super::target::Base;
    use super::super::{Effect, Fill, Request};
    use super::*;

    fn request(body: &str, pointers: &[&str]) -> Canonical {
        let fills = pointers.iter().map(|pointer| Fill { pointer: (*pointer).into(), secret: "s".into() }).collect();
        let request = Request {
            endpoint: "graph".into(),
            method: "POST".into(),
            target: "/users".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.into(),
            speaker: None,
            effect: Effect::Once,
            fills,
        };
        Canonical::new(request, &Base::parse("https://graph.example").unwrap()).unwrap()
    }

    fn rules() -> Vec<Rule> {
        vec![Rule::parse("POST /users#/passwordProfile/password").unwrap()]
    }

    const POINTER: &str = "/passwordProfile/password";

    #[test]
    fn a_secret_goes_to_its_place_and_the_rest_keeps_its_order() {
        let request = request(r#"{"z":1,"passwordProfile":{"password":"","b":true}}"#, &[POINTER]);
        check(&request, &rules()).unwrap();
        let body = insert(&request, &[(POINTER.into(), Secret::new("a\"b".into()))]).unwrap();
        assert_eq!(&body[..], br#"{"z":1,"passwordProfile":{"password":"a\"b","b":true}}"#);
        assert!(!String::from_utf8_lossy(&request.body).contains("a\\\"b"));
    }

    #[test]
    fn other_places_full_places_and_double_places_are_refused() {
        let whole = r#"{"passwordProfile":{"password":""},"displayName":""}"#;
        let refused = |body: &str, pointers: &[&str]| check(&request(body, pointers), &rules()).unwrap_err();
        assert!(matches!(refused(whole, &["/displayName"]), FillError::NotPermitted { .. }));
        assert!(matches!(refused(r#"{"passwordProfile":{"password":"x"}}"#, &[POINTER]), FillError::NotEmpty(_)));
        assert!(matches!(refused("{}", &[POINTER]), FillError::NotEmpty(_)));
        assert!(matches!(refused(whole, &[POINTER, POINTER]), FillError::Twice(_)));
    }

    #[test]
    fn rules_without_a_pointer_are_refused() {
        for rule in ["POST /users", "POST /users#", "POST /users#x", "/users#/x"] {
            assert!(Rule::parse(rule).is_err(), "{rule}");
        }
    }
}
