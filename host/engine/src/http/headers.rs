//! Request headers: which a guest may write, and in which form.
//!
//! Denied is what would let a guest speak for the host (credentials, identity, framing), hide from it (encodings) or
//! make a server act on another method or path than the one that was checked.

/// The longest header, name and value, in bytes; most servers stop at 8 KiB for all of them.
const LONGEST: usize = 4 * 1024;
/// The most headers of a request.
const MOST: usize = 32;

/// Names that are the host's, or nobody's.
const DENIED: &[&str] = &[
    // Credentials and identity.
    "authorization",
    "proxy-authorization",
    "proxy-authenticate",
    "cookie",
    "cookie2",
    "host",
    "origin",
    "referer",
    "user-agent",
    "from",
    "via",
    "forwarded",
    "true-client-ip",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "cf-connecting-ip",
    "client-request-id",
    "return-client-request-id",
    "x-ms-client-request-id",
    "x-haymaker-clock",
    // Framing and connections: hop-by-hop (RFC 9110, 7.6.1), and what says how long a body is.
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "http2-settings",
    "content-length",
    "content-encoding",
    "expect",
    "max-forwards",
    "accept-encoding",
    "date",
    // Another method or path than the one that was checked.
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-url",
    "x-rewrite-url",
    "x-original-uri",
    "x-original-host",
    "x-original-method",
    "x-host",
    "x-proxy-url",
    "x-override-url",
    "destination",
];

/// Names that begin so are denied, too.
const DENIED_PREFIXES: &[&str] = &["x-forwarded", "proxy-", "sec-", "x-original-", "x-envoy-", "x-amz-"];

/// Why a header is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeaderError {
    /// Not a token (RFC 9110, 5.6.2).
    #[error("the name is not a token")]
    Name,
    /// Not printable ASCII.
    #[error("the value has characters other than printable ASCII; encode them")]
    Value,
    /// The host's own.
    #[error("this header is the host's; leave it away")]
    Denied,
    /// Twice.
    #[error("it stands twice; join the values with a comma")]
    Twice,
    /// Too long, or too many.
    #[error("headers are limited to 32 of 4 KiB each")]
    TooMuch,
}

/// The canonical headers: names in lower case, values without surrounding blanks, sorted by name. Or the first header
/// that is refused, and why.
pub(super) fn canonical(headers: &[(String, String)]) -> Result<Vec<(String, String)>, (String, HeaderError)> {
    let mut kept: Vec<(String, String)> = Vec::with_capacity(headers.len());
    for (name, value) in headers {
        let refuse = |error| (name.chars().take(64).collect::<String>(), error);
        if headers.len() > MOST || name.len() + value.len() > LONGEST {
            return Err(refuse(HeaderError::TooMuch));
        }
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(refuse(HeaderError::Name));
        }
        let value = value.trim_matches([' ', '\t']);
        if !value.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return Err(refuse(HeaderError::Value));
        }
        let name = name.to_ascii_lowercase();
        if is_denied(&name) {
            return Err(refuse(HeaderError::Denied));
        }
        if kept.iter().any(|(other, _)| seen_by_gateways(other) == seen_by_gateways(&name)) {
            return Err(refuse(HeaderError::Twice));
        }
        kept.push((name, value.to_owned()));
    }
    kept.sort();
    Ok(kept)
}

fn is_denied(name: &str) -> bool {
    let name = seen_by_gateways(name);
    DENIED.contains(&name.as_str()) || DENIED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// CGI, WSGI and their kin make one variable of `content-length` and `content_length`.
fn seen_by_gateways(name: &str) -> String {
    name.replace('_', "-")
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, value: &str) -> Result<Vec<(String, String)>, HeaderError> {
        canonical(&[(name.into(), value.into())]).map_err(|(_, error)| error)
    }

    #[test]
    fn ordinary_headers_pass_in_lower_case_and_sorted() {
        let given = [("Prefer", " IdType=\"ImmutableId\" "), ("ConsistencyLevel", "eventual"), ("If-Match", "W/\"x\"")];
        let given: Vec<_> = given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let names: Vec<_> = canonical(&given).unwrap();
        assert_eq!(names[0], ("consistencylevel".to_owned(), "eventual".to_owned()));
        assert_eq!(names[2], ("prefer".to_owned(), "IdType=\"ImmutableId\"".to_owned()));
    }

    #[test]
    fn what_is_the_hosts_is_denied_in_every_spelling() {
        for name in [
            "Authorization",
            "HOST",
            "cookie",
            "Content-Length",
            "content_length",
            "Transfer-Encoding",
            "X-Forwarded-For",
            "x_forwarded_host",
            "Forwarded",
            "X-HTTP-Method-Override",
            "x-haymaker-clock",
            "Client-Request-Id",
            "Proxy-Foo",
            "accept-encoding",
            "X-Original-URL",
            "connection",
            "user-agent",
        ] {
            assert_eq!(one(name, "x"), Err(HeaderError::Denied), "{name}");
        }
    }

    #[test]
    fn names_and_values_that_a_server_could_split_are_refused() {
        for name in ["", "a b", "a:", "a\r\nb", "é", "a\0"] {
            assert_eq!(one(name, "x"), Err(HeaderError::Name), "{name:?}");
        }
        for value in ["a\r\nhost: x", "a\nb", "a\0", "é", "\u{7f}", "a\tb"] {
            assert_eq!(one("prefer", value), Err(HeaderError::Value), "{value:?}");
        }
    }

    #[test]
    fn a_header_stands_once() {
        let twice = [("Prefer".to_owned(), "a".to_owned()), ("prefer".to_owned(), "b".to_owned())];
        assert_eq!(canonical(&twice).unwrap_err().1, HeaderError::Twice);
        let many: Vec<_> = (0..=MOST).map(|i| (format!("a{i}"), String::new())).collect();
        assert_eq!(canonical(&many).unwrap_err().1, HeaderError::TooMuch);
    }
}
