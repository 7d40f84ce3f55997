//! What a cleanup cannot take away: told once one has begun, so that "0 left" is never taken for more than it says.

use haymaker_guest::{Instant, Problem, time};
use serde_json::{Value, json};

use crate::{config::Feature, groups, office::Office, provision, teams};

/// How long Microsoft keeps the OneDrive of a user who was deleted, unless an administrator says otherwise.
const DRIVES: u64 = 30 * time::DAY;

/// Why a chat stays.
const CHATS: &str = "a Teams chat: no application may delete one, and nobody of this deployment is left in it";
/// The same of one between people who stay.
const CHATS_OF_ADOPTED: &str = "a Teams chat: no application may delete one, and it stays with the people in it";

/// What remains of a deployment whose cleanup's `round` ended at this moment; the searches that proved it empty are those
/// tasks.
///
/// # Errors
/// The state's.
pub fn remains(office: &Office, ended: Option<Instant>, searches: [String; 2]) -> Result<Value, Problem> {
    // Of a deployment that was taken in from a lost home, nobody knows what its people had.
    let is_recovered = provision::never_begun();
    let why = if office.adopts() { CHATS_OF_ADOPTED } else { CHATS };
    let chat = |chat: teams::Kept| json!({"what": why, "kind": teams::CHAT, "name": chat.name, "id": chat.id});
    let mut beyond: Vec<Value> = teams::kept()?.into_iter().map(chat).collect();
    if is_recovered {
        beyond.push(json!({"what": "Teams chats, if its people had any: no application may delete one"}));
    }
    let had_drives = is_recovered || !office.ready(Feature::Documents)?.is_empty();
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
