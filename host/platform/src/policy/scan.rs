//! The one look that goes beyond a deployment: whatever carries haymaker's tag, whosever it is.
//!
//! It is for finding what earlier runs left behind when nobody remembers them. It belongs to no deployment and is given to
//! none: only a scan has it, which is a single call with reading requests, and it allows nothing else. What the tenant
//! lists is remembered, because a workload's word for it is not enough: what is found is going to be removed.

use std::sync::{Mutex, PoisonError};

use haymaker_engine::Pending;
use haymaker_engine::http::{Canonical, Denial, Objection, Peek, Policy, Response};
use serde_json::Value;

/// What the tag of every user of every deployment begins with, in `employeeType`.
pub(crate) const TAG: &str = "haymaker:";

/// What the names of everything that deployments make begin with.
pub(crate) const PREFIX: &str = "haymaker-";

/// The policy of a scan.
#[derive(Default)]
pub(crate) struct Scan {
    listed: Mutex<Vec<Listed>>,
}

/// Something that the tenant has, as it says itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Listed {
    /// `user` or `group`.
    pub(crate) kind: &'static str,
    /// The tenant's id.
    pub(crate) id: String,
    /// The user principal name, or the unique name.
    pub(crate) name: String,
    /// The tag that it was listed by.
    pub(crate) tag: String,
    /// When it was created, in the tenant's words.
    pub(crate) created: String,
}

impl Scan {
    /// Everything that was listed.
    pub(crate) fn listed(&self) -> Vec<Listed> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hear(&self, request: &Canonical, body: &[u8]) {
        let (kind, name, tag) = match request.segments.first().map(String::as_str) {
            Some("users") => ("user", "userPrincipalName", "employeeType"),
            Some("groups") => ("group", "uniqueName", "uniqueName"),
            _ => return,
        };
        let page: Value = serde_json::from_slice(body).unwrap_or_default();
        let all = page.get("value").and_then(Value::as_array).into_iter().flatten();
        let listed = all.filter_map(|one| {
            let text = |name: &str| one.get(name).and_then(Value::as_str).map(str::to_owned);
            Some(Listed {
                kind,
                id: text("id")?,
                name: text(name)?,
                tag: text(tag)?,
                created: text("createdDateTime")?,
            })
        });
        self.listed.lock().unwrap_or_else(PoisonError::into_inner).extend(listed);
    }
}

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

    fn shown(&self, request: &Canonical, response: Response) -> Response {
        self.hear(request, &response.body);
        response
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
