//! Paths: what no rule covers, and where a thing lies that an action is called on.

use haymaker_engine::http::{Canonical, Denial};

use super::denial::denial;

/// What no rule covers is denied.
pub(super) fn uncovered(request: &Canonical) -> Denial {
    denial("path", format!("{} is not covered by the policy", request.line()))
}

/// A query option as it is sent: name and value, encoded.
pub(super) fn option(request: &Canonical, name: &str) -> Option<String> {
    let (_, query) = request.target.split_once('?')?;
    let is_it = |pair: &&str| {
        let given = pair.split('=').next().unwrap_or_default();
        given.trim_start_matches('$').eq_ignore_ascii_case(name)
    };
    query.split('&').find(is_it).map(str::to_owned)
}

/// The first `length` segments of the request's path, encoded as they are sent.
pub(super) fn below(request: &Canonical, length: usize) -> String {
    let path = request.target.split('?').next().unwrap_or_default();
    path.split('/').take(length + 1).collect::<Vec<_>>().join("/")
}
