//! Sites: every Microsoft 365 group has one, and the tenant has its own.

use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::graph::fault::Fault;
use crate::graph::{Call, Reply};
use crate::groups::Group;
use crate::ids;
use crate::settings::Settings;
use crate::tenant::State;
use crate::time;

fn host(settings: &Settings) -> String {
    format!("{}.sharepoint.com", settings.domain.split('.').next().unwrap_or_default())
}

/// Where a group's site is on the web.
pub(super) fn web(settings: &Settings, state: &State, group: Uuid) -> String {
    let name = state.groups.get(group).map(|group| group.text("mailNickname")).unwrap_or_default();
    format!("https://{}/sites/{name}", host(settings))
}

fn id(call: &Call<'_>, group: Uuid) -> String {
    let web = ids::uuid(ids::digest(&[b"web", group.as_bytes()]));
    format!("{},{},{web}", host(call.settings), ids::uuid(ids::digest(&[b"site", group.as_bytes()])))
}

/// The group whose site has this id.
pub(super) fn group(call: &Call<'_>, state: &State, site: &str) -> Option<Uuid> {
    // Part of the id is the group's own hash, so this walks over groups only, which are few.
    state.groups.iter().filter(|group| group.unified()).map(|group| group.id).find(|group| id(call, *group) == site)
}

fn render(call: &Call<'_>, state: &State, group: &Group) -> Value {
    json!({
        "id": id(call, group.id),
        "name": group.text("mailNickname"),
        "displayName": group.text("displayName"),
        "createdDateTime": time::seconds(group.created),
        "lastModifiedDateTime": time::seconds(group.created),
        "webUrl": web(call.settings, state, group.id),
        "root": {},
        "siteCollection": { "hostname": host(call.settings) },
    })
}

fn answer(call: &Call<'_>, state: &State, group: Uuid) -> Result<Reply, Fault> {
    let group = state.groups.get(group).ok_or_else(Fault::file_not_found)?;
    Ok(call.entity("sites", render(call, state, group), StatusCode::OK))
}

/// `GET /groups/{id}/sites/root`.
pub(crate) fn of_group(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    match super::owner(call, state)? {
        super::Owner::Group(group) => answer(call, state, group),
        super::Owner::User(_) => Err(Fault::file_not_found()),
    }
}

/// `GET /sites/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let key = call.of("site-id");
    if key == "root" || key.eq_ignore_ascii_case(&host(call.settings)) {
        let root = json!({
            "id": format!("{},{},{}", host(call.settings), call.settings.tenant_id, ids::uuid(ids::digest(&[b"root web"]))),
            "name": "", "displayName": call.settings.organization,
            "createdDateTime": time::seconds(call.settings.start), "lastModifiedDateTime": time::seconds(call.settings.start),
            "webUrl": format!("https://{}", host(call.settings)), "root": {}, "siteCollection": { "hostname": host(call.settings) },
        });
        return Ok(call.entity("sites", root, StatusCode::OK));
    }
    let group = group(call, state, key).ok_or_else(Fault::file_not_found)?;
    answer(call, state, group)
}

/// `GET /sites/{host}:/{path}`.
pub(crate) fn by_path(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let name = call.of("item-path").strip_prefix("sites/").unwrap_or_default();
    let found =
        state.groups.iter().find(|group| group.unified() && group.text("mailNickname").eq_ignore_ascii_case(name));
    let group = found.map(|group| group.id).ok_or_else(Fault::file_not_found)?;
    answer(call, state, group)
}
