//! `POST /$batch`: up to twenty requests in one, each of them its own transaction, with its own permissions, its own
//! throttling and its own answer.
//!
//! Requests run in the order in which they stand, which satisfies every order of `dependsOn` that Graph accepts: a request
//! may only depend on those before it. One whose dependency failed is not run, and answers 424.

use std::collections::HashMap;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value, json};

use super::fault::Fault;
use super::road::{Incoming, World, walk};
use super::{Body, Reply};
use crate::audit::{Doing, Exchange};
use crate::entra::Claims;
use crate::ids::{self, Mint};

/// How many requests a batch holds, as documented.
const MOST: usize = 20;

/// Answers a batch.
///
/// # Errors
/// 400 where the batch itself makes no sense; what is wrong with a request inside stands in its own answer.
pub(super) fn answer(incoming: &Incoming<'_>, world: World<'_>, claims: &Claims) -> Result<Reply, Fault> {
    if incoming.method != "POST" {
        return Err(Fault::method_not_allowed());
    }
    let body: Value = serde_json::from_slice(incoming.body).map_err(|_| Fault::unreadable_body())?;
    let requests = body
        .get("requests")
        .and_then(Value::as_array)
        .filter(|requests| !requests.is_empty())
        .ok_or_else(|| Fault::bad_request("Invalid batch payload format."))?;
    if requests.len() > MOST {
        return Err(Fault::bad_request(format!("Number of batch request steps exceeds the maximum value of {MOST}.")));
    }
    let steps = requests.iter().map(Step::read).collect::<Result<Vec<_>, _>>()?;
    for (index, step) in steps.iter().enumerate() {
        let before = steps.get(..index).unwrap_or_default();
        if before.iter().any(|other| other.id.eq_ignore_ascii_case(step.id)) {
            return Err(Fault::bad_request("Duplicate batch request id."));
        }
        if step.after.iter().any(|id| !before.iter().any(|other| other.id == *id)) {
            return Err(Fault::bad_request("Invalid dependsOn: it must name requests that stand before."));
        }
    }
    let mut statuses: HashMap<&str, StatusCode> = HashMap::new();
    let mut responses = Vec::new();
    for step in &steps {
        let failed = step.after.iter().any(|id| statuses.get(id).is_none_or(|status| status.as_u16() >= 400));
        let (status, response) = if failed {
            let fault = Fault::new(
                StatusCode::FAILED_DEPENDENCY,
                "FailedDependency",
                "This request depends on a request that failed.",
            );
            written(step, Err(fault), &Incoming { headers: &step.headers, ..*incoming })
        } else {
            run(step, incoming, world, claims)
        };
        statuses.insert(step.id, status);
        responses.push(response);
    }
    Ok(Reply::json(StatusCode::OK, json!({ "responses": responses })))
}

/// One request of a batch, read.
struct Step<'a> {
    id: &'a str,
    method: String,
    path: &'a str,
    query: &'a str,
    headers: HeaderMap,
    body: Vec<u8>,
    after: Vec<&'a str>,
}

impl<'a> Step<'a> {
    fn read(value: &'a Value) -> Result<Step<'a>, Fault> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let missing = |name: &str| Fault::bad_request(format!("Invalid batch request: '{name}' is missing."));
        let url = text("url").ok_or_else(|| missing("url"))?;
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        if !path.starts_with('/') {
            return Err(Fault::bad_request(
                "Invalid batch request: 'url' must be relative to the version, and begin with '/'.",
            ));
        }
        let mut headers = HeaderMap::new();
        for (name, value) in value.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value.as_str().unwrap_or_default())) {
                headers.insert(name, value);
            }
        }
        let body = match value.get("body") {
            None | Some(Value::Null) => Vec::new(),
            Some(_) if !headers.contains_key(header::CONTENT_TYPE) => return Err(Fault::missing_content_type()),
            // What is not JSON travels in base64.
            Some(Value::String(text)) => STANDARD.decode(text).unwrap_or_else(|_| text.clone().into_bytes()),
            Some(body) => body.to_string().into_bytes(),
        };
        let after = match value.get("dependsOn") {
            None | Some(Value::Null) => Vec::new(),
            Some(Value::Array(ids)) => ids.iter().filter_map(Value::as_str).collect(),
            Some(_) => return Err(Fault::bad_request("Invalid dependsOn: it is a list of ids.")),
        };
        Ok(Step {
            id: text("id").ok_or_else(|| missing("id"))?,
            method: text("method").ok_or_else(|| missing("method"))?.to_uppercase(),
            path,
            query,
            headers,
            body,
            after,
        })
    }
}

fn run(step: &Step<'_>, outer: &Incoming<'_>, world: World<'_>, claims: &Claims) -> (StatusCode, Value) {
    // Named by its own header where it has one, else by the batch and its place in it.
    let within = ids::number(outer.mint.make("batch", step.id, 0));
    let named = step.headers.get("client-request-id").and_then(|value| value.to_str().ok());
    let mint = Mint::new(world.seed, &step.method, step.path, named, within);
    let request_id = ids::uuid(outer.mint.make("batched request", step.id, 0)).to_string();
    let incoming = Incoming {
        method: &step.method,
        path: step.path,
        query: step.query,
        headers: &step.headers,
        body: &step.body,
        request_id: &request_id,
        mint: &mint,
        ..*outer
    };
    let answer = if step.path.eq_ignore_ascii_case("/$batch") {
        Err(Fault::bad_request("A batch cannot stand in a batch."))
    } else {
        let mut state = world.state.lock().unwrap_or_else(PoisonError::into_inner);
        walk(&incoming, world, claims, &mut state)
    };
    let (status, response) = written(step, answer, &incoming);
    let mut state = world.state.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(log) = &mut state.audit {
        log.graph(&Exchange {
            doing: Doing::of(claims, incoming.origin, incoming.now, incoming.request_id, incoming.named()),
            claims,
            method: incoming.method,
            version: "v1.0",
            path: incoming.path,
            query: incoming.query,
            status: status.as_u16(),
            size: response.get("body").map_or(0, |body| body.to_string().len()),
            duration: 0,
        });
    }
    (status, response)
}

fn written(step: &Step<'_>, answer: Result<Reply, Fault>, incoming: &Incoming<'_>) -> (StatusCode, Value) {
    let mut headers = Map::new();
    let (status, body) = match answer {
        Ok(reply) => {
            for (name, value) in reply.headers {
                headers.insert(name.as_str().to_owned(), Value::String(value));
            }
            let body = match reply.body {
                Body::Empty => None,
                Body::Json(body) => Some(body),
                Body::Text(text) => Some(Value::String(text)),
            };
            (reply.status, body)
        }
        Err(fault) => {
            if let Some(retry_after) = &fault.retry_after {
                headers.insert("Retry-After".to_owned(), Value::String(retry_after.clone()));
            }
            let named = incoming.named().unwrap_or(incoming.request_id);
            let body = fault.body(incoming.now, incoming.request_id, named);
            (fault.status, Some(body))
        }
    };
    if matches!(body, Some(Value::Object(_))) {
        headers.insert("Content-Type".to_owned(), json!("application/json"));
    }
    let mut response = json!({ "id": step.id, "status": status.as_u16(), "headers": headers });
    if let (Some(body), Some(fields)) = (body, response.as_object_mut()) {
        fields.insert("body".to_owned(), body);
    }
    (status, response)
}
