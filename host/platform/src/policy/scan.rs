//! The one look that goes beyond a deployment: whatever carries haymaker's tag, whosever it is.
//!
//! It is for finding what earlier runs left behind when nobody remembers them. It belongs to no deployment and is given to
//! none: only a scan has it, which is a single call with reading requests, and it allows nothing else.

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Denial, Objection, Peek, Policy};

/// What the tag of every user of every deployment begins with, in `employeeType`.
pub(crate) const TAG: &str = "haymaker:";

/// What the names of everything that deployments make begin with.
pub(crate) const PREFIX: &str = "haymaker-";

/// The policy of a scan.
pub(crate) struct Scan;

impl Policy for Scan {
    fn check<'a>(&'a self, request: &'a Canonical, _: &'a dyn Peek) -> Pending<'a, Result<(), Objection>> {
        Box::pin(async move {
            let segments: Vec<&str> = request.segments.iter().map(String::as_str).collect();
            let filter = request.option("filter").unwrap_or_default();
            if request.method == "GET" && may_list(&segments, filter) {
                return Ok(());
            }
            let why = format!(
                "{} {}: a scan lists what carries haymaker's tag, and nothing else",
                request.method, request.target
            );
            Err(Denial { code: "scan".to_owned(), why }.into())
        })
    }
}

fn may_list(segments: &[&str], filter: &str) -> bool {
    let begins = |property: &str, with: &str| filter == format!("startswith({property},'{with}')");
    match segments {
        ["users"] => begins("employeeType", TAG),
        ["groups"] => begins("uniqueName", PREFIX) || begins("mailNickname", PREFIX),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_lists_by_the_tag_and_by_nothing_wider() {
        assert!(may_list(&["users"], "startswith(employeeType,'haymaker:')"));
        assert!(may_list(&["groups"], "startswith(uniqueName,'haymaker-')"));
        for (segments, filter) in [
            (vec!["users"], ""),
            (vec!["users"], "startswith(employeeType,'h')"),
            (vec!["users"], "startswith(employeeType,'haymaker:') or accountEnabled eq true"),
            (vec!["users"], "startswith(displayName,'haymaker:')"),
            (vec!["users", "x"], "startswith(employeeType,'haymaker:')"),
            (vec!["users", "x", "messages"], ""),
        ] {
            assert!(!may_list(&segments, filter), "{segments:?} {filter}");
        }
    }
}
