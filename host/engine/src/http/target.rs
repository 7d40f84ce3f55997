//! Path and query in the one form that every server reads alike.
//!
//! The trouble with paths is that servers disagree: some decode before they split, some fold `..` and `//`, some take
//! `\` for `/`, some decode twice. The naive way, to check a pattern against the text and send the text, lets whoever
//! writes the text choose the reading. So a target is decoded exactly once; what two servers could read differently is
//! refused; and the text that is sent is encoded anew from what was understood.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Kept as they are in a path: RFC 3986's unreserved, and those of its sub-delimiters that OData uses. `;` and `+` are
/// not among them: some servers give them a meaning of their own.
const PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'$')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b':')
    .remove(b'@')
    .remove(b',')
    .remove(b'!')
    .remove(b'*')
    .remove(b'=');

/// Kept as they are in a query: as in a path, but not `'` (the URL standard encodes it there, and with it reqwest) and
/// not `=`; and `/`, which means nothing in a query.
const QUERY: &AsciiSet = &PATH.add(b'\'').add(b'=').remove(b'/');

/// The longest target, in bytes: servers refuse longer ones in ways of their own.
const LONGEST: usize = 16 * 1024;

/// Where an endpoint lives: an origin, and the path that all its targets begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Base {
    /// `https://graph.microsoft.com`, without a default port.
    pub(super) origin: String,
    /// `/v1.0`, or empty.
    pub(super) path: String,
    segments: Vec<String>,
}

/// A target, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// Decoded.
    pub(super) segments: Vec<String>,
    /// Decoded, in order.
    pub(super) query: Vec<(String, String)>,
    /// The canonical text below the base.
    pub(super) text: String,
    /// The canonical text with the base's path: what stands in the request line.
    pub(super) wire: String,
}

/// Why a target is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum TargetError {
    /// It could be read in two ways, or in none.
    #[error("{0}")]
    Unclear(&'static str),
    /// A link that leads away from the endpoint.
    #[error("it is a link that does not lie under the endpoint's base")]
    Elsewhere,
}

impl Base {
    /// Takes an endpoint's base apart: `http` or `https`, a host, perhaps a path; nothing else.
    pub(super) fn parse(base: &str) -> Result<Base, String> {
        let fault = |why: &str| format!("the endpoint's base {base:?} {why}");
        let url = reqwest::Url::parse(base).map_err(|error| fault(&format!("is not a URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fault("is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
            return Err(fault("has a user, a query or a fragment; it must be only a scheme, a host and a path"));
        }
        let segments = split(url.path().trim_end_matches('/')).map_err(|error| fault(&error.to_string()))?;
        Ok(Base { origin: url.origin().ascii_serialization(), path: join(&segments), segments })
    }

    /// The part of an absolute link after the origin, if that is this base's.
    fn within<'a>(&self, link: &'a str) -> Result<&'a str, TargetError> {
        let (scheme, rest) = link
            .split_once("://")
            .ok_or(TargetError::Unclear("it is neither a path that begins with / nor an absolute link"))?;
        let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
        let (authority, below) = rest.split_at(end);
        if authority.contains('@') {
            return Err(TargetError::Unclear("the link names a user"));
        }
        let scheme = scheme.to_ascii_lowercase();
        let authority = authority.to_ascii_lowercase();
        let standard = if scheme == "https" { ":443" } else { ":80" };
        let authority = authority.strip_suffix(standard).unwrap_or(&authority);
        if format!("{scheme}://{authority}") == self.origin { Ok(below) } else { Err(TargetError::Elsewhere) }
    }
}

/// Understands a target: `/users?$top=1` below the base, or an absolute link under it.
pub(super) fn parse(target: &str, base: &Base) -> Result<Target, TargetError> {
    if target.len() > LONGEST {
        return Err(TargetError::Unclear("it is longer than 16 KiB"));
    }
    if target.contains('#') {
        return Err(TargetError::Unclear("it has a fragment (#), which no server would see"));
    }
    let relative = target.starts_with('/');
    let below = if relative { target } else { base.within(target)? };
    let (path, query) = below.split_once('?').map_or((below, None), |(path, query)| (path, Some(query)));
    let mut segments = split(if path == "/" { "" } else { path })?;
    if !relative {
        segments = segments.strip_prefix(base.segments.as_slice()).ok_or(TargetError::Elsewhere)?.to_vec();
    }
    let query = query.filter(|query| !query.is_empty()).map_or_else(|| Ok(Vec::new()), pairs)?;

    let path = join(&segments);
    let asked = encode_query(&query);
    let or_root = |path: String| if path.is_empty() { "/".to_owned() } else { path };
    let wire = format!("{}{asked}", or_root(format!("{}{path}", base.path)));
    Ok(Target { text: format!("{}{asked}", or_root(path)), wire, segments, query })
}

/// Decoded segments of `/a/b`; none of the empty path.
fn split(path: &str) -> Result<Vec<String>, TargetError> {
    let Some(rest) = path.strip_prefix('/') else {
        return if path.is_empty() {
            Ok(Vec::new())
        } else {
            Err(TargetError::Unclear("the path does not begin with /"))
        };
    };
    rest.split('/').map(segment).collect()
}

/// One segment, decoded, if no server could take it for something else.
fn segment(raw: &str) -> Result<String, TargetError> {
    let decoded = decode(raw, false)?;
    let refuse = |why| Err(TargetError::Unclear(why));
    if decoded.is_empty() {
        refuse("the path has an empty segment (// or a / at its end)")
    } else if decoded.chars().all(|c| c == '.') {
        refuse("the path has a segment of dots only, which some servers fold")
    } else if decoded.contains(['/', '\\']) {
        refuse("a segment of the path contains a slash or a backslash")
    } else if decoded.starts_with(char::is_whitespace) || decoded.ends_with(char::is_whitespace) {
        refuse("a segment of the path begins or ends with a blank, which some servers trim")
    } else if encoded_within(&decoded) {
        refuse("the path is percent-encoded twice")
    } else {
        Ok(decoded)
    }
}

/// Decoded pairs of a query, in order.
///
/// `+` is a blank here, as in every form: Graph and all of ASP.NET read it so, and its own links are written so. A plus
/// sign is `%2B`. What is sent has `%20` and `%2B`, so no reading is left open.
fn pairs(query: &str) -> Result<Vec<(String, String)>, TargetError> {
    let mut found: Vec<(String, String)> = Vec::new();
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (name, value) = (decode(name, true)?, decode(value, true)?);
        if name.trim().is_empty() {
            return Err(TargetError::Unclear("the query has a pair without a name"));
        }
        if found.iter().any(|(other, _)| plain(other) == plain(&name)) {
            return Err(TargetError::Unclear(
                "the query has the same name twice ($ and case do not make a difference)",
            ));
        }
        found.push((name, value));
    }
    Ok(found)
}

/// A query option's name as Graph reads it: the `$` is optional, and case does not matter.
pub(super) fn plain(name: &str) -> String {
    name.trim().trim_start_matches('$').to_lowercase()
}

/// Percent-decodes once; the result is text without control characters.
fn decode(raw: &str, form: bool) -> Result<String, TargetError> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut source = raw.bytes();
    while let Some(byte) = source.next() {
        bytes.push(match byte {
            b'%' => {
                let digits = source.next().and_then(hex_digit).zip(source.next().and_then(hex_digit));
                let (high, low) =
                    digits.ok_or(TargetError::Unclear("a % is not followed by two hexadecimal digits"))?;
                high << 4 | low
            }
            b'+' if form => b' ',
            other => other,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| TargetError::Unclear("it does not decode to UTF-8"))?;
    if text.contains(char::is_control) {
        return Err(TargetError::Unclear("it contains a control character"));
    }
    Ok(text)
}

/// Whether decoding once more would change the text.
fn encoded_within(text: &str) -> bool {
    text.as_bytes()
        .windows(3)
        .any(|window| matches!(window, [b'%', high, low] if hex_digit(*high).is_some() && hex_digit(*low).is_some()))
}

fn hex_digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn join(segments: &[String]) -> String {
    segments.iter().fold(String::new(), |path, segment| path + "/" + &utf8_percent_encode(segment, PATH).to_string())
}

fn encode_query(query: &[(String, String)]) -> String {
    query.iter().enumerate().fold(String::new(), |text, (i, (name, value))| {
        let (name, value) = (utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY));
        format!("{text}{}{name}={value}", if i == 0 { '?' } else { '&' })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Base {
        Base::parse("https://graph.microsoft.com/v1.0").unwrap()
    }

    fn canonical(target: &str) -> String {
        parse(target, &graph()).unwrap().text
    }

    #[test]
    fn what_odata_needs_is_kept_and_the_rest_is_encoded_minimally() {
        assert_eq!(canonical("/users/a%40b.example"), "/users/a@b.example");
        assert_eq!(canonical("/groups(uniqueName='x')"), "/groups(uniqueName='x')");
        assert_eq!(
            canonical("/users/%41/%64rive/root:/p/f%20%C3%A9.docx:/content"),
            "/users/A/drive/root:/p/f%20%C3%A9.docx:/content"
        );
        assert_eq!(canonical("/users/é b"), "/users/%C3%A9%20b");
        assert_eq!(
            canonical("/users?$filter=mail eq 'a%2Bb@c'&%24top=5"),
            "/users?$filter=mail%20eq%20%27a%2Bb@c%27&$top=5"
        );
        assert_eq!(canonical("/users?$filter=a+eq+1"), "/users?$filter=a%20eq%201", "+ is a blank in a query");
        assert_eq!(canonical("/users?"), "/users");
        assert_eq!(canonical("/users?x"), "/users?x=");
        assert_eq!(canonical("/"), "/");
    }

    #[test]
    fn the_wire_has_the_base_before_it() {
        let target = parse("/users?$top=1", &graph()).unwrap();
        assert_eq!(target.wire, "/v1.0/users?$top=1");
        assert_eq!(target.query, [("$top".to_owned(), "1".to_owned())]);
        let bare = Base::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!(parse("/", &bare).unwrap().wire, "/");
        assert_eq!(parse("/a", &bare).unwrap().wire, "/a");
        assert_eq!(parse("/", &graph()).unwrap().wire, "/v1.0");
    }

    #[test]
    fn links_are_followed_under_the_base_only() {
        for link in [
            "https://graph.microsoft.com/v1.0/users?$skiptoken=x",
            "HTTPS://Graph.Microsoft.com:443/v1.0/users?$skiptoken=x",
        ] {
            assert_eq!(canonical(link), "/users?$skiptoken=x");
        }
        for link in [
            "https://graph.microsoft.com/beta/users",
            "https://graph.microsoft.com/v1.0x/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com.evil.example/v1.0/users",
            "https://graph.microsoft.com:8443/v1.0/users",
            "https://evil.example/https://graph.microsoft.com/v1.0/users",
        ] {
            assert_eq!(parse(link, &graph()), Err(TargetError::Elsewhere), "{link}");
        }
    }

    #[test]
    fn whatever_two_servers_could_read_differently_is_refused() {
        for target in [
            "",
            "users",
            "//users",
            "/users/",
            "/users//x",
            "/./users",
            "/users/..",
            "/users/%2e%2E/x",
            "/users/...",
            "/users/a%2fb",
            "/users/a%5cb",
            "/users/a\\b",
            "/users/%00",
            "/users/a\n",
            "/users/%0d%0a",
            "/users/%7f",
            "/users/%C2%85",
            "/users/%ff",
            "/users/%c0%af",
            "/users/%",
            "/users/%4",
            "/users/%zz",
            "/users/%252e",
            "/users/x#y",
            "/users/x?#y",
            "/users/%20x",
            "/users/x%20",
            "/users?a=1&a=2",
            "/users?$select=a&select=b",
            "/users?$Top=1&$top=2",
            "/users?a=%00",
            "/users?&",
            "/users?=x",
            "/users?a=%ff",
            "https://a@graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com\\@evil.example/v1.0",
            "https://graph.microsoft.com/v1.0/../beta",
            "javascript:alert(1)",
            "https://graph.microsoft.com/v1.0//users",
            "?x=1",
            "*",
        ] {
            assert!(parse(target, &graph()).is_err(), "{target:?}");
        }
        assert!(parse(&format!("/{}", "a".repeat(LONGEST)), &graph()).is_err());
    }

    #[test]
    fn a_canonical_target_is_its_own_canonical_form() {
        for target in ["/users/a b?$filter=x eq 'y+%2B'", "/a(b='c''d',e=1)/$value", "/x;y/!*~-_.$?z=a/b:c@d,e!f*(g)"] {
            let once = canonical(target);
            assert_eq!(canonical(&once), once);
        }
    }

    #[test]
    fn a_base_is_only_a_scheme_a_host_and_a_path() {
        for base in ["", "graph", "ftp://x/", "https://u:p@x/", "https://x/?a", "https://x/#a", "https://x//a"] {
            assert!(Base::parse(base).is_err(), "{base}");
        }
    }
}
