//! A request as the file keeps it: what it needs to be done again, and no more.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::entra::credentials::Sealed;
use crate::graph::operations::Takes;
use crate::graph::{Actor, Call};
use crate::ids;

/// A request that changed the tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    /// When it happened.
    pub(crate) at: u64,
    /// The application in whose name it came, and the user it spoke for.
    pub(crate) app: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) user: Option<Uuid>,
    pub(crate) method: String,
    /// The path behind the version; or that of an upload, which has none.
    pub(crate) path: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) query: String,
    /// Those of [`HEADERS`] that it had.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub(crate) headers: Map<String, Value>,
    /// The body, where there was one. Of an operation that takes none it is not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Map<String, Value>>,
    /// The body of an operation that takes bytes, in base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) bytes: String,
    /// The salted hash of the password in the body, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) password: Option<String>,
    pub(crate) request_id: String,
    /// What names the things that it made, in hexadecimal.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(crate) mint: String,
    /// What it was answered.
    pub(crate) status: u16,
}

/// The headers that operations look at.
const HEADERS: [&str; 5] = ["content-type", "content-range", "consistencylevel", "if-match", "prefer"];

/// What stands for a password where its hash is kept beside the body; Entra would take it.
const NOT_KEPT: &str = "Not-kept-0";

/// What stands for it in a request that was refused: whatever the reason was, this is refused with the same status.
const UNFIT: &str = "-";

fn among(headers: &HeaderMap) -> Map<String, Value> {
    let all = HEADERS.iter().map(|name| {
        let values: Vec<&str> = headers.get_all(*name).iter().filter_map(|value| value.to_str().ok()).collect();
        ((*name).to_owned(), json!(values.join(", ")))
    });
    all.filter(|(_, value)| value != "").collect()
}

impl Kept {
    /// A request that an operation has answered.
    pub(crate) fn of(call: &Call<'_>, query: &str, status: StatusCode) -> Kept {
        let json = call.operation.takes != Takes::Bytes && !call.bytes.is_empty();
        let mut body = json.then(|| call.body.clone());
        let profile = body.as_mut().and_then(|body| body.get_mut("passwordProfile"));
        // What is no property of it changes nothing; it may be a password that was misspelt.
        for (name, text) in profile.into_iter().filter_map(Value::as_object_mut).flatten() {
            if name != "password" && text.is_string() {
                *text = json!(UNFIT);
            }
        }
        let profile = body.as_mut().and_then(|body| body.get_mut("passwordProfile"));
        let secret = profile.and_then(|profile| profile.get_mut("password"));
        let password = secret.map(|secret| {
            let salt = ids::short(call.mint.make("password", "", 0));
            let sealed = Sealed::new(secret.as_str().unwrap_or_default(), salt);
            *secret = json!(if status.is_success() { NOT_KEPT } else { UNFIT });
            sealed.text()
        });
        Kept {
            at: call.now,
            app: call.app.to_owned(),
            user: match call.actor {
                Actor::App => None,
                Actor::User(id) => Some(id),
            },
            method: call.operation.method.to_owned(),
            path: call.path.to_owned(),
            query: query.to_owned(),
            headers: among(call.headers),
            body,
            bytes: if call.operation.takes == Takes::Bytes { STANDARD.encode(call.bytes) } else { String::new() },
            password,
            request_id: call.request_id.to_owned(),
            mint: call.mint.origin(),
            status: status.as_u16(),
        }
    }

    /// A piece of a large file, put at an address that carries its own permission.
    pub(crate) fn piece(at: u64, request: &Request<Bytes>, request_id: &str, status: StatusCode) -> Kept {
        Kept {
            at,
            app: String::new(),
            user: None,
            method: request.method().to_string(),
            path: request.uri().path().to_owned(),
            query: String::new(),
            headers: among(request.headers()),
            body: None,
            bytes: STANDARD.encode(request.body()),
            password: None,
            request_id: request_id.to_owned(),
            mint: String::new(),
            status: status.as_u16(),
        }
    }

    /// Its headers, as far as they were kept.
    pub(crate) fn headers(&self) -> HeaderMap {
        let pair = |(name, value): (&String, &Value)| {
            Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()?).ok()?))
        };
        self.headers.iter().filter_map(pair).collect()
    }

    /// Its body.
    ///
    /// # Errors
    /// It is not base64.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, String> {
        if let Some(body) = &self.body {
            return serde_json::to_vec(body).map_err(|error| error.to_string());
        }
        STANDARD.decode(&self.bytes).map_err(|error| error.to_string())
    }
}
