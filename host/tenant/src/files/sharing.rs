//! Who may open a file besides its owner.

use http::StatusCode;
use serde_json::{Value, json};

use super::items::{tell, tell_with};
use super::{Item, ItemKey, drive, key};
use crate::graph::fault::Fault;
use crate::graph::{Call, Reply, parameter};
use crate::ids;
use crate::tenant::State;

/// A permission on an item.
#[derive(Debug, Clone)]
pub(crate) struct Permission {
    id: String,
    roles: Vec<String>,
    /// Kind and scope, of a link.
    link: Option<(String, String)>,
    /// Address, name and object id, of a person.
    granted: Option<(String, String, Option<String>)>,
}

impl Permission {
    fn render(&self, call: &Call<'_>) -> Value {
        let mut shown = json!({ "id": self.id, "roles": self.roles });
        let mut more = Vec::new();
        if let Some((kind, scope)) = &self.link {
            let host = call.settings.domain.split('.').next().unwrap_or_default();
            let url = format!("https://{host}-my.sharepoint.com/:f:/g/personal/{}", self.id);
            more.push(("shareId", json!(format!("u!{}", self.id))));
            more.push(("hasPassword", json!(false)));
            more.push(("link", json!({ "scope": scope, "type": kind, "webUrl": url, "preventsDownload": false })));
        }
        if let Some((address, name, id)) = &self.granted {
            let user = json!({ "id": id, "displayName": name, "email": address });
            more.push(("grantedTo", json!({ "user": user })));
            more.push(("grantedToV2", json!({ "user": user })));
            more.push(("invitation", json!({ "email": address, "signInRequired": true })));
        }
        if let Some(fields) = shown.as_object_mut() {
            fields.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
        }
        shown
    }
}

fn item<'s>(call: &Call<'_>, state: &'s mut State) -> Result<&'s mut Item, Fault> {
    let drive = drive(call, state)?;
    let key = key(call, drive)?;
    drive.get_mut(key).ok_or_else(Fault::file_not_found)
}

/// The drive and the key of the item that the path names.
fn place(call: &Call<'_>, state: &mut State) -> Result<(String, ItemKey), Fault> {
    let drive = drive(call, state)?;
    Ok((drive.id.clone(), key(call, drive)?))
}

fn word(call: &Call<'_>, name: &str, words: &[&str], usual: Option<&str>) -> Result<String, Fault> {
    let given = match parameter(&call.body, name) {
        None | Some(Value::Null) => usual,
        Some(value) => value.as_str(),
    };
    let found = given.and_then(|given| words.iter().find(|word| word.eq_ignore_ascii_case(given)));
    found.map(|word| (*word).to_owned()).ok_or_else(|| {
        Fault::invalid_file_request(format!("The argument '{name}' must be one of {}.", words.join(", ")))
    })
}

/// `POST .../createLink`: 201 for a new link, 200 for one that was there.
pub(crate) fn create_link(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let kind = word(call, "type", &["view", "edit", "embed"], None)?;
    let scope = word(call, "scope", &["anonymous", "organization", "users"], Some("organization"))?;
    let item = item(call, state)?;
    let link = Some((kind, scope));
    if let Some(there) = item.permissions.iter().find(|permission| permission.link == link) {
        return Ok(call.entity("permission", there.render(call), StatusCode::OK));
    }
    let role = if link.as_ref().is_some_and(|(kind, _)| kind == "edit") { "write" } else { "read" };
    let id = hex::encode(ids::short(call.mint.make("link", &item.id(), 0)));
    let permission = Permission { id, roles: vec![role.to_owned()], link, granted: None };
    let shown = permission.render(call);
    item.permissions.push(permission);
    let (drive, key) = place(call, state)?;
    tell(call, state, "SharingLinkCreated", &drive, key);
    Ok(call.entity("permission", shown, StatusCode::CREATED))
}

/// `POST .../invite`.
pub(crate) fn invite(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let missing = |name: &str| Fault::invalid_file_request(format!("The argument '{name}' is missing or empty."));
    let list = |name: &str| parameter(&call.body, name).and_then(Value::as_array).filter(|list| !list.is_empty());
    let roles = list("roles").ok_or_else(|| missing("roles"))?;
    let roles: Vec<String> = roles.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if roles.iter().any(|role| !["read", "write", "owner", "sp.full control"].contains(&role.as_str())) {
        return Err(Fault::invalid_file_request("One of the provided roles is not known."));
    }
    let mut people = Vec::new();
    for recipient in list("recipients").ok_or_else(|| missing("recipients"))? {
        let text = |name: &str| recipient.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let named = text("objectId").or(text("email")).or(text("alias")).ok_or_else(|| missing("recipients"))?;
        let users = &state.directory.live;
        let user = users.find(named).or_else(|| users.addressed(named));
        people.push(match user {
            Some(user) => {
                (user.text("mail").to_owned(), user.text("displayName").to_owned(), Some(user.id.to_string()))
            }
            None if named.contains('@') => (named.to_owned(), named.to_owned(), None),
            None => {
                return Err(Fault::new(StatusCode::BAD_REQUEST, "noResolvedUsers", "Can not resolve the recipients."));
            }
        });
    }
    let invited: Vec<String> = people.iter().map(|(address, ..)| address.clone()).collect();
    let item = item(call, state)?;
    let mut shown = Vec::new();
    for (number, person) in people.into_iter().enumerate() {
        item.permissions.retain(|one| one.granted.as_ref().is_none_or(|granted| granted.0 != person.0));
        let id = hex::encode(ids::short(call.mint.make("permission", &item.id(), number as u64)));
        let permission = Permission { id, roles: roles.clone(), link: None, granted: Some(person) };
        shown.push(permission.render(call));
        item.permissions.push(permission);
    }
    let (drive, key) = place(call, state)?;
    for address in &invited {
        tell_with(call, state, "SharingSet", (&drive, key), Some(address));
    }
    Ok(call.page(call.context("Collection(permission)"), None, shown, None))
}

/// `GET .../permissions`.
pub(crate) fn list(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let shown = item(call, state)?.permissions.iter().map(|permission| permission.render(call)).collect();
    Ok(call.page(call.context("permissions"), None, shown, None))
}

fn position(call: &Call<'_>, item: &Item) -> Result<usize, Fault> {
    let wanted = call.of("permission-id");
    item.permissions.iter().position(|permission| permission.id == wanted).ok_or_else(Fault::file_not_found)
}

/// `GET .../permissions/{id}`.
pub(crate) fn get(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let item = item(call, state)?;
    let found = item.permissions.get(position(call, item)?).ok_or_else(Fault::file_not_found)?;
    Ok(call.entity("permissions", found.render(call), StatusCode::OK))
}

/// `PATCH .../permissions/{id}`: other roles.
pub(crate) fn update(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let roles = call.body.get("roles").and_then(Value::as_array).cloned();
    let item = item(call, state)?;
    let at = position(call, item)?;
    let found = item.permissions.get_mut(at).ok_or_else(Fault::file_not_found)?;
    if let Some(roles) = roles {
        found.roles = roles.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    Ok(call.entity("permissions", found.render(call), StatusCode::OK))
}

/// `DELETE .../permissions/{id}`.
pub(crate) fn delete(call: &Call<'_>, state: &mut State) -> Result<Reply, Fault> {
    let item = item(call, state)?;
    let at = position(call, item)?;
    item.permissions.remove(at);
    Ok(Reply::empty(StatusCode::NO_CONTENT))
}
