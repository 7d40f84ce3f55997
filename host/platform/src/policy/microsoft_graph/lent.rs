//! How lists of adopted people's things may be asked for.
//!
//! What of a list is not the deployment's is not shown, but an option that chooses among all of it still tells something:
//! whether a page is full, where one's own message stands between the others, is an answer to a question about them. So
//! lists are asked for plainly, or narrowed in one of the ways that work needs.

use haymaker_engine::http::{Canonical, Denial};

use super::denial::denial;
use super::own::Standing;

/// Options that ask about what is not shown.
const TELLING: [&str; 3] = ["search", "count", "orderby"];

/// Denies options that would tell about what is not shown; a filter is one of those that are known.
pub(super) fn plain(request: &Canonical, standing: Standing, is_known: impl Fn(&str) -> bool) -> Result<(), Denial> {
    if standing == Standing::Created {
        return Ok(());
    }
    let telling = TELLING.into_iter().find(|name| request.option(name).is_some());
    let filter = request.option("filter");
    let filtered = || filter.filter(|filter| !is_known(filter)).map(|_| "filter");
    // The link to the next page of a mailbox skips; lists that are filtered are shown without it.
    let skipped = || filter.and(request.option("skip")).map(|_| "skip");
    match telling.or_else(filtered).or_else(skipped) {
        None => Ok(()),
        Some(name) => {
            let why = format!("${name} of what adopted people have is not covered by the policy");
            Err(denial("option", format!("{}: {why}", request.target)))
        }
    }
}
