//! The operations on drives themselves.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Drive, Owner, drive, sites};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::settings::Settings;
use crate::tenant::State;
use crate::time;

/// What a drive holds at most, in bytes: one tebibyte, as every business plan has.
const QUOTA: u64 = 1 << 40;

/// Where the owner's site is on the web.
pub(super) fn web(settings: &Settings, state: &State, owner: Owner) -> String {
    let host = settings.domain.split('.').next().unwrap_or_default();
    match owner {
        Owner::User(id) => {
            let user = state.directory.live.get(id).or_else(|| state.directory.deleted.get(id));
            let name = user.map(|user| user.principal_name().replace(['@', '.'], "_")).unwrap_or_default();
            format!("https://{host}-my.sharepoint.com/personal/{name}/Documents")
        }
        Owner::Group(id) => format!("{}/Shared%20Documents", sites::web(settings, state, id)),
    }
}

fn render(call: &Call<'_>, state: &State, drive: &Drive) -> Value {
    let used = drive.get(drive.root).map_or(0, |root| drive.size(root));
    let (kind, owner) = match drive.owner {
        Owner::User(id) => {
            let name = state.directory.live.get(id).map(|user| user.text("displayName")).unwrap_or_default();
            ("business", json!({ "user": { "id": id, "displayName": name } }))
        }
        Owner::Group(id) => {
            let name = state.groups.get(id).map(|group| group.text("displayName")).unwrap_or_default();
            ("documentLibrary", json!({ "group": { "id": id, "displayName": name } }))
        }
    };
    json!({
        "id": drive.id,
        "createdDateTime": time::seconds(drive.created),
        "lastModifiedDateTime": time::seconds(drive.created),
        "name": if kind == "business" { "OneDrive" } else { "Documents" },
        "description": "",
        "webUrl": web(call.settings, state, drive.owner),
        "driveType": kind,
        "owner": owner,
        "quota": { "deleted": 0, "remaining": QUOTA.saturating_sub(used), "state": "normal", "total": QUOTA, "used": used },
    })
}

/// `GET .../drive` and `GET /drives/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = drive(call, state)?.id.clone();
    let drive = state.files.drives.get(&id).ok_or_else(Fault::file_not_found)?;
    Ok(call.entity("drives", render(call, state, drive), StatusCode::OK))
}

/// `GET .../drives`: there is one.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let id = drive(call, state)?.id.clone();
    let drive = state.files.drives.get(&id).ok_or_else(Fault::file_not_found)?;
    Ok(call.page(call.context("drives"), None, vec![render(call, state, drive)], None))
}
