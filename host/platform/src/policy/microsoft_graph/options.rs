//! Query options and headers that mean something to Graph: those that a rule understands.
//!
//! An option can reach further than the path: `$expand=manager` reads another person. So both are lists, too.

use haymaker_engine::http::{Canonical, Denial};

use super::denial::denial;

/// Options that choose among what the path names.
const OPTIONS: [&str; 13] = [
    "select",
    "filter",
    "top",
    "skip",
    "skiptoken",
    "deltatoken",
    "orderby",
    "count",
    "search",
    "expand",
    "startdatetime",
    "enddatetime",
    "@microsoft.graph.conflictbehavior",
];

/// What may be expanded: parts of the thing that the path names.
const EXPANSIONS: [&str; 4] = ["attachments", "children", "members", "owners"];

/// Headers that a guest needs; others may be read by services that nobody thought of.
const HEADERS: [&str; 8] =
    ["accept", "accept-language", "consistencylevel", "content-type", "if-match", "if-none-match", "prefer", "range"];

/// Checks both.
pub(super) fn check(request: &Canonical) -> Result<(), Denial> {
    for (name, value) in &request.query {
        // `$$filter` is another word to the tenant than `$filter`, and must not be taken for it here.
        let name = name.strip_prefix('$').unwrap_or(name).to_ascii_lowercase();
        if !OPTIONS.contains(&name.as_str()) {
            return Err(denial("option", format!("the query option {name:?} is not covered by the policy")));
        }
        if name == "expand" {
            expansion(value)?;
        }
    }
    let header = request.headers.iter().find(|(name, _)| !HEADERS.contains(&name.as_str()));
    match header {
        Some((name, _)) => Err(denial("header", format!("the header {name:?} is not covered by the policy"))),
        None => Ok(()),
    }
}

fn expansion(value: &str) -> Result<(), Denial> {
    let foreign = value.split(',').map(str::trim).find(|name| !EXPANSIONS.contains(name));
    match foreign {
        Some(name) => Err(denial("option", format!("$expand={name} is not covered by the policy"))),
        None => Ok(()),
    }
}
