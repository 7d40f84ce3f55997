//! What a cleanup cannot take away: told once one has begun, so that "0 left" is never taken for more than it says.

use haymaker_guest::{Instant, Problem, time};
use serde_json::{Value, json};

use crate::{config::Feature, groups, office::Office, provision};

/// How long Microsoft keeps the OneDrive of a user who was deleted, unless an administrator says otherwise.
const DRIVES: u64 = 30 * time::DAY;

/// What remains of a deployment whose cleanup's `round` ended at this moment; the searches that proved it empty are those
/// tasks.
///
/// # Errors
/// The state's.
pub fn remains(office: &Office, ended: Option<Instant>, searches: [String; 2]) -> Result<Value, Problem> {
    let mut beyond = Vec::new();
    // Of a deployment that was taken in from a lost home, nobody knows what its people had.
    let had_drives = !office.ready(Feature::Documents)?.is_empty() || provision::never_begun();
    if !office.adopts() && had_drives {
        let until = ended.map(|ended| time::rfc3339(ended.saturating_add(DRIVES)));
        beyond.push(json!({"what": "the OneDrives of deleted users, then the site recycle bin", "until": until}));
    }
    beyond.push(json!({"what": "audit, sign-in and message trace logs, as long as the tenant keeps them"}));
    beyond.push(json!({"what": "whatever a hold or a retention policy of the tenant keeps"}));
    let recoverable = groups::recoverable()?.into_iter().map(
        |group| json!({"kind": groups::GROUP, "name": group.name, "id": group.id, "until": time::rfc3339(group.until)}),
    );
    Ok(json!({"recoverable": recoverable.collect::<Vec<_>>(), "beyond": beyond, "searches": searches}))
}
