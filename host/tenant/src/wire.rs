//! Requests and answers as they stand on the wire: which endpoint a path means, and how a reply or a refusal of Graph
//! becomes a response.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};
use serde_json::Value;

use crate::graph::fault::Fault;
use crate::graph::{Body, Reply};

/// The tenant in the path of a login endpoint, and which one it is.
pub(crate) fn login_path(path: &str) -> Option<(&str, &str)> {
    let (tenant, endpoint) = path.strip_prefix('/')?.split_once("/oauth2/v2.0/")?;
    (!tenant.is_empty() && !tenant.contains('/')).then_some((tenant, endpoint))
}

/// Graph's version in a path, and the rest.
pub(crate) fn versioned(path: &str) -> (&str, &str) {
    let bare = path.strip_prefix('/').unwrap_or(path);
    let end = bare.find('/').unwrap_or(bare.len());
    bare.split_at_checked(end).unwrap_or((bare, ""))
}

/// Sets a header, if its value can be one.
pub(crate) fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
}

/// An answer with a body of this media type.
pub(crate) fn written(status: StatusCode, kind: &'static str, body: String) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// An answer in JSON.
pub(crate) fn plain(status: StatusCode, body: &Value) -> Response<Bytes> {
    written(status, "application/json", body.to_string())
}

/// What Graph answers, with its error or without.
pub(crate) fn graph(
    answer: Result<Reply, Fault>,
    now: u64,
    request_id: &str,
    client_request_id: &str,
) -> Response<Bytes> {
    const JSON: &str =
        "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8";
    match answer {
        Ok(reply) => {
            let mut response = match reply.body {
                Body::Empty => Response::new(Bytes::new()),
                Body::Json(body) => written(reply.status, JSON, body.to_string()),
                Body::Text(body) => written(reply.status, "text/plain", body),
            };
            *response.status_mut() = reply.status;
            for (name, value) in reply.headers {
                if let Ok(value) = HeaderValue::from_str(&value) {
                    response.headers_mut().insert(name, value);
                }
            }
            response
        }
        Err(fault) => {
            let body = fault.body(now, request_id, client_request_id).to_string();
            let mut response = written(fault.status, "application/json", body);
            if let Some(retry_after) = &fault.retry_after {
                insert(response.headers_mut(), "retry-after", retry_after);
            }
            if fault.status == StatusCode::UNAUTHORIZED {
                insert(response.headers_mut(), "www-authenticate", "Bearer realm=\"\"");
            }
            response
        }
    }
}
