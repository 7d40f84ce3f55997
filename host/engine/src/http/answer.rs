//! What the guest sees of an answer.
//!
//! Credentials and pre-authenticated links are taken out (whoever has such a link needs no token, and so no permission
//! either), and an answer that contains a live secret, or that cannot be searched for one, is not shown at all.

use serde_json::Value;

use super::Response;
use super::scan::Scan;
use super::target::{self, Base};
use super::wire::Answer;

/// Headers that are not the guest's: credentials, and what concerns only the connection.
const HIDDEN: &[&str] = &[
    "set-cookie",
    "set-cookie2",
    "authorization",
    "www-authenticate",
    "proxy-authenticate",
    "authentication-info",
    "connection",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "alt-svc",
    "strict-transport-security",
    "report-to",
    "nel",
    "x-haymaker-clock",
];

/// Members of JSON bodies that are pre-authenticated links.
const LINKS: &[&str] = &["@microsoft.graph.downloadUrl", "@content.downloadUrl", "downloadUrl", "uploadUrl"];

/// Why an answer is not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unfit {
    /// It contains a live secret.
    #[error("the answer contains a secret of this deployment and is withheld")]
    Secret,
    /// It is compressed although nobody asked for that, so it cannot be searched.
    #[error("the answer has a content encoding that nobody asked for and is withheld")]
    Encoded,
}

impl Unfit {
    /// Stable, for programs.
    pub(super) fn code(self) -> &'static str {
        match self {
            Unfit::Secret => "secret-in-answer",
            Unfit::Encoded => "encoded-answer",
        }
    }
}

/// The answer as the guest may see it.
pub(super) fn shown(answer: Answer, base: &Base, scan: &Scan) -> Result<Response, Unfit> {
    if answer.header("content-encoding").is_some_and(|encoding| !encoding.eq_ignore_ascii_case("identity")) {
        return Err(Unfit::Encoded);
    }
    let rewritten = without_links(&answer);
    let changed = rewritten.is_some();
    let body = rewritten.unwrap_or(answer.body);
    let headers = answer.headers.into_iter().filter(|(name, value)| is_shown(name, value, base));
    let headers = headers.filter(|(name, _)| !(changed && name == "content-length"));
    let response = Response { status: answer.status, headers: headers.collect(), body };
    let leaks = scan.finds(&response.body) || response.headers.iter().any(|(_, value)| scan.finds(value.as_bytes()));
    if leaks { Err(Unfit::Secret) } else { Ok(response) }
}

/// Whether the guest may see a header.
pub(super) fn is_shown(name: &str, value: &str, base: &Base) -> bool {
    match name {
        "location" | "content-location" => stays_below(value, base),
        name => !HIDDEN.contains(&name),
    }
}

/// Whether a link is one that the guest could ask for itself: a path, or an absolute link under the base.
fn stays_below(link: &str, base: &Base) -> bool {
    target::parse(link, base).is_ok()
}

/// The body without pre-authenticated links, if it is JSON and has any.
fn without_links(answer: &Answer) -> Option<Vec<u8>> {
    let json = answer.header("content-type").is_some_and(|kind| kind.to_ascii_lowercase().contains("json"));
    if !json || !has_url_member(&answer.body) {
        return None;
    }
    let mut body: Value = serde_json::from_slice(&answer.body).ok()?;
    remove_links(&mut body).then(|| body.to_string().into_bytes())
}

/// A quick look, so that ordinary bodies are neither parsed nor written anew.
fn has_url_member(body: &[u8]) -> bool {
    ["downloadUrl\"", "uploadUrl\""].iter().any(|name| memchr::memmem::find(body, name.as_bytes()).is_some())
}

/// Whether there was anything to remove.
fn remove_links(value: &mut Value) -> bool {
    let mut removed = false;
    match value {
        Value::Object(members) => {
            let before = members.len();
            members.retain(|name, _| !LINKS.contains(&name.as_str()));
            removed = members.len() < before;
            members.values_mut().for_each(|member| removed |= remove_links(member));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| removed |= remove_links(item)),
        _ => {}
    }
    removed
}

#[cfg(test)]
mod tests {
    use super::super::secret::Secret;
    use super::*;

    fn see(headers: &[(&str, &str)], body: &str) -> Result<Response, Unfit> {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let answer = Answer { status: 200, headers, body: body.into() };
        let scan = Scan::new([&Secret::new("hush-hush".into())]);
        shown(answer, &Base::parse("https://graph.example/v1.0").unwrap(), &scan)
    }

    const JSON: (&str, &str) = ("content-type", "application/json;odata.metadata=minimal");

    #[test]
    fn an_ordinary_body_is_not_touched() {
        let body = r#"{ "value": [ {"size": 12345678901234567890123, "url": "https://x/"} ] }"#;
        assert_eq!(see(&[JSON], body).unwrap().body, body.as_bytes());
    }

    #[test]
    fn pre_authenticated_links_are_taken_out_at_any_depth() {
        let body = r#"{"value":[{"id":"1","@microsoft.graph.downloadUrl":"https://x/?t"}],"uploadUrl":"https://y"}"#;
        let seen = see(&[JSON, ("content-length", "96")], body).unwrap();
        assert_eq!(seen.body, br#"{"value":[{"id":"1"}]}"#);
        assert!(seen.headers.iter().all(|(name, _)| name != "content-length"), "it would be wrong now");
    }

    #[test]
    fn credentials_and_foreign_locations_are_hidden_and_own_ones_shown() {
        let seen = see(
            &[
                ("set-cookie", "a"),
                ("www-authenticate", "b"),
                ("location", "https://cdn.example/?sig=1"),
                ("request-id", "r"),
            ],
            "",
        );
        assert_eq!(seen.unwrap().headers, [("request-id".to_owned(), "r".to_owned())]);
        for own in ["/teams('x')/operations('y')", "https://graph.example/v1.0/users/1"] {
            assert_eq!(see(&[("location", own)], "").unwrap().headers.len(), 1, "{own}");
        }
        assert!(see(&[("location", "//cdn.example/x")], "").unwrap().headers.is_empty());
    }

    #[test]
    fn a_secret_in_body_or_header_and_an_unreadable_encoding_withhold_the_answer() {
        assert_eq!(see(&[JSON], r#"{"echo":"hush-hush"}"#), Err(Unfit::Secret));
        assert_eq!(see(&[("x-echo", "hush-hush")], ""), Err(Unfit::Secret));
        assert_eq!(see(&[("content-encoding", "gzip")], "x"), Err(Unfit::Encoded));
        assert!(see(&[("content-encoding", "identity")], "x").is_ok());
    }
}
