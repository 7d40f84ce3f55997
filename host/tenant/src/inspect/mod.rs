//! A look inside the tenant, for people and for tests: what Graph would not tell, or only piece by piece.
//!
//! Over HTTP it lies under `/_haymaker/` and asks for no token: the tenant listens on loopback and has nothing to hide.
//!
//! | request | answer |
//! |---|---|
//! | `GET /_haymaker/inspect` | [`Overview`] |
//! | `GET /_haymaker/inspect/users?tag=haymaker:<id>` | `{"value": [`[`Person`]`]}`, live and soft-deleted |
//! | `GET /_haymaker/inspect/left?deployment=<id>` | [`Left`]: what is left of it, wherever it lies |
//! | `GET /_haymaker/inspect/mailbox/<upn or id>` | [`MailboxContent`]: folders and messages |
//! | `GET /_haymaker/inspect/mail/<internet message id>` | [`MailTrace`]: what became of one mail |
//! | `GET /_haymaker/inspect/calendar/<upn or id>` | [`CalendarContent`] |
//! | `GET /_haymaker/inspect/drive/<upn, or id of user, group or drive>` | [`DriveContent`] |
//! | `GET /_haymaker/inspect/chats/<upn or id>` | `{"value": [`[`ChatCount`]`]}`: those that this user is in |
//! | `GET /_haymaker/inspect/chat/<id>` | [`ChatContent`] |
//! | `GET /_haymaker/inspect/team/<id>` | [`TeamContent`] |
//! | `GET`, `POST /_haymaker/faults` `[{"operation": "* /v1.0/**", "rate": 0.05, "fault": {"kind": "reset_after"}}]` | the rules, see [`crate::faults`]; `{}` |
//! | `POST /_haymaker/devicelogin` `{"user_code": "..", "user": "<upn or id>"}` | `{}`: that user typed the code in |
//! | `POST /_haymaker/throttle` `{"requests": 3, "retry_after": "1.5"}` | `{}`; see [`Tenant::throttle_next`] |

mod left;
mod mail;
mod overview;
mod places;

use bytes::Bytes;
use http::{Method, Request, StatusCode};
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::odata::options::pairs;
use crate::tenant::Tenant;
pub use left::{ChatCount, GroupView, Left, Lying};
pub use mail::{FolderCount, MailTrace, MailView, MailboxContent, Receipt, SubmissionView};
pub use overview::{Bystanders, MailCount, Overview, Person, TagCount};
pub use places::{CalendarContent, ChatContent, DriveContent, EventView, ItemView, PostView, TeamContent};

/// Under which path all this is found.
pub(crate) const PREFIX: &str = "/_haymaker/";

/// What `POST /_haymaker/throttle` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Throttle {
    requests: u32,
    #[serde(default)]
    retry_after: Option<String>,
}

/// What `POST /_haymaker/devicelogin` takes.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeviceLogin {
    user_code: String,
    user: String,
}

/// Answers a request under [`PREFIX`]; `path` is the rest behind it.
pub(crate) fn answer(tenant: &Tenant, method: &Method, path: &str, request: &Request<Bytes>) -> (StatusCode, Value) {
    let not_found = || (StatusCode::NOT_FOUND, json!({ "error": format!("there is no {PREFIX}{path} here") }));
    let found = |value: Option<Value>| value.map_or_else(not_found, |value| (StatusCode::OK, value));
    let to_value = |value: Result<Value, serde_json::Error>| value.ok();
    if path == "faults" && method == Method::GET {
        return found(to_value(serde_json::to_value(tenant.faults())));
    }
    if path == "faults" && method == Method::POST {
        return match serde_json::from_slice(request.body()) {
            Ok(rules) => {
                tenant.set_faults(rules);
                (StatusCode::OK, json!({}))
            }
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })),
        };
    }
    if method == Method::POST && path == "devicelogin" {
        return match serde_json::from_slice::<DeviceLogin>(request.body()) {
            Ok(login) if tenant.approve_device(&login.user_code, &login.user) => (StatusCode::OK, json!({})),
            Ok(_) => (StatusCode::NOT_FOUND, json!({ "error": "there is no such code, or no such user" })),
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })),
        };
    }
    if method == Method::POST && path == "throttle" {
        return match serde_json::from_slice::<Throttle>(request.body()) {
            Ok(throttle) => {
                tenant.throttle_next(throttle.requests, throttle.retry_after.as_deref());
                (StatusCode::OK, json!({}))
            }
            Err(error) => (StatusCode::BAD_REQUEST, json!({ "error": error.to_string() })),
        };
    }
    if method != Method::GET {
        return (StatusCode::METHOD_NOT_ALLOWED, json!({ "error": format!("{PREFIX}{path} does not take {method}") }));
    }
    let looked = look(tenant, path, request.uri().query().unwrap_or_default());
    looked.map_or_else(not_found, |looked| match looked {
        Ok(value) => (StatusCode::OK, value),
        Err(problem) => (StatusCode::BAD_REQUEST, json!({ "error": problem })),
    })
}

/// What a look at this path shows; `None` where there is nothing of that kind or name, an error where the query lacks
/// something.
fn look(tenant: &Tenant, path: &str, query: &str) -> Option<Result<Value, &'static str>> {
    fn shown(value: impl Serialize) -> Option<Result<Value, &'static str>> {
        serde_json::to_value(value).ok().map(Ok)
    }
    let (root, rest) = path.split_once('/').unwrap_or((path, ""));
    let (kind, name) = rest.split_once('/').unwrap_or((rest, ""));
    if root != "inspect" {
        return None;
    }
    let name = percent_decode_str(name).decode_utf8_lossy();
    let parameter = |wanted: &str| pairs(query).find(|(name, _)| name == wanted).map(|(_, value)| value);
    match kind {
        "" => shown(tenant.inspect()),
        "users" => match parameter("tag") {
            Some(tag) => shown(json!({ "value": tenant.inspect_users(&tag) })),
            None => Some(Err("tag: is missing; write ?tag=haymaker:<deployment>")),
        },
        "left" => match parameter("deployment") {
            Some(deployment) => shown(tenant.inspect_left(&deployment)),
            None => Some(Err("deployment: is missing; write ?deployment=<id>")),
        },
        "mailbox" => shown(tenant.inspect_mailbox(&name)?),
        "mail" => shown(tenant.inspect_mail(&name)?),
        "calendar" => shown(tenant.inspect_calendar(&name)?),
        "drive" => shown(tenant.inspect_drive(&name)?),
        "chats" => shown(json!({ "value": tenant.inspect_chats(&name)? })),
        "chat" => shown(tenant.inspect_chat(&name)?),
        "team" => shown(tenant.inspect_team(&name)?),
        _ => None,
    }
}
