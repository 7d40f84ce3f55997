//! Refusals in Graph's words.
//!
//! Each service behind Graph has its own codes and sentences for the same things, and clients match on them. They are
//! kept together here, so that two operations cannot word one refusal differently. The sentences are the real ones where
//! they are known from documentation or from published exchanges.

use std::borrow::Cow;

use http::StatusCode;
use serde_json::{Value, json};

use super::operations::Area;
use crate::time;

/// A refusal: a status, and what stands in the `error` object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fault {
    pub(crate) status: StatusCode,
    pub(crate) code: Cow<'static, str>,
    pub(crate) message: String,
    /// `error.details`, where Graph gives some: code and target.
    pub(crate) detail: Option<(&'static str, &'static str)>,
    /// The value of `Retry-After`, where one is sent.
    pub(crate) retry_after: Option<String>,
}

impl Fault {
    pub(crate) fn new(status: StatusCode, code: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Fault {
        Fault { status, code: code.into(), message: message.into(), detail: None, retry_after: None }
    }

    /// What the gateway says that stands before all services, of a request that none of them got to see.
    pub(crate) fn of_gateway(status: StatusCode, retry_after: Option<String>) -> Fault {
        let reason = status.canonical_reason().unwrap_or("Error");
        let message = match status {
            StatusCode::BAD_REQUEST => "The body of the request could not be read to its end.",
            StatusCode::REQUEST_TIMEOUT => "The body of the request did not come in time.",
            StatusCode::PAYLOAD_TOO_LARGE => "The request size exceeds the maximum limit.",
            _ => reason,
        };
        Fault { retry_after, ..Fault::new(status, reason.replace(' ', ""), message) }
    }

    /// The `error` object around it, with the ids that support asks for.
    pub(crate) fn body(&self, now: u64, request_id: &str, client_request_id: &str) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let (Some((code, target)), Some(fields)) = (self.detail, error.as_object_mut()) {
            fields.insert("details".to_owned(), json!([{ "code": code, "message": self.message, "target": target }]));
        }
        if let Some(fields) = error.as_object_mut() {
            fields.insert(
                "innerError".to_owned(),
                json!({ "date": time::plain(now), "request-id": request_id, "client-request-id": client_request_id }),
            );
        }
        json!({ "error": error })
    }

    // ---- what every service says

    pub(crate) fn bad_request(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(crate) fn no_such_segment(segment: &str) -> Fault {
        Fault::bad_request(format!("Resource not found for the segment '{segment}'."))
    }

    pub(crate) fn method_not_allowed() -> Fault {
        Fault::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "BadRequest",
            "Specified HTTP method is not allowed for the request target.",
        )
    }

    pub(crate) fn unreadable_body() -> Fault {
        Fault::bad_request(
            "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of valid JSON format.",
        )
    }

    pub(crate) fn missing_content_type() -> Fault {
        Fault::bad_request("Write requests (excluding DELETE) must contain the Content-Type header declaration.")
    }

    pub(crate) fn unauthenticated(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken", message)
    }

    pub(crate) fn not_simulated(what: &str) -> Fault {
        Fault::new(
            StatusCode::NOT_IMPLEMENTED,
            "notImplemented",
            format!("The simulated tenant does not implement {what}."),
        )
    }

    pub(crate) fn too_many_requests(retry_after: Option<String>) -> Fault {
        Fault { retry_after, ..Fault::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequests", "Too many requests.") }
    }

    /// 429: a mailbox has as many requests under way as it takes from one application.
    pub(crate) fn mailbox_crowded(retry_after: Option<String>) -> Fault {
        Fault {
            retry_after,
            ..Fault::new(
                StatusCode::TOO_MANY_REQUESTS,
                "ApplicationThrottled",
                "Application is over its MailboxConcurrency limit.",
            )
        }
    }

    /// 429: a mailbox has written to as many people as it may in a day.
    pub(crate) fn too_many_recipients(retry_after: Option<String>) -> Fault {
        Fault {
            retry_after,
            ..Fault::new(
                StatusCode::TOO_MANY_REQUESTS,
                "ErrorExceededMessageLimit",
                "The message can't be submitted because the sender's submission quota was exceeded., Cannot submit message.",
            )
        }
    }

    /// 412: what `If-Match` names is not what is there.
    pub(crate) fn changed(area: Area) -> Fault {
        let (code, message) = match area {
            Area::Outlook => (
                "ErrorIrresolvableConflict",
                "The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.",
            ),
            Area::Files => ("resourceModified", "ETag does not match current item's value"),
            Area::Directory | Area::Teams => {
                ("PreconditionFailed", "The precondition given in the request headers was false.")
            }
        };
        Fault::new(StatusCode::PRECONDITION_FAILED, code, message)
    }

    /// 403: the token has none of the permissions that open the operation, in the words of the service behind it.
    pub(crate) fn not_permitted(area: Area, needed: &[&str], held: &[String]) -> Fault {
        match area {
            Area::Directory => Fault::insufficient_privileges(),
            Area::Outlook => Fault::access_denied(),
            Area::Files => Fault::files_denied(),
            Area::Teams => Fault::new(
                StatusCode::FORBIDDEN,
                "Forbidden",
                format!(
                    "Missing role permissions on the request. API requires one of '{}'. Roles on the request '{}'.",
                    needed.join(", "),
                    held.join(", ")
                ),
            ),
        }
    }

    /// The property of a body that its type does not have, or has in another type.
    pub(crate) fn misfit(area: Area, message: String) -> Fault {
        match area {
            Area::Directory => Fault::directory(message),
            Area::Outlook => Fault::unreadable_message(message),
            Area::Files => Fault::new(StatusCode::BAD_REQUEST, "invalidRequest", message),
            Area::Teams => Fault::bad_request(message),
        }
    }

    // ---- files

    pub(crate) fn files_denied() -> Fault {
        Fault::new(StatusCode::FORBIDDEN, "accessDenied", "Access denied")
    }

    pub(crate) fn file_not_found() -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "itemNotFound", "The resource could not be found.")
    }

    pub(crate) fn no_drive() -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "ResourceNotFound", "User's mysite not found.")
    }

    pub(crate) fn no_group_site() -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "ResourceNotFound", "Resource is not found.")
    }

    pub(crate) fn invalid_file_request(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "invalidRequest", message)
    }

    pub(crate) fn name_taken() -> Fault {
        Fault::new(StatusCode::CONFLICT, "nameAlreadyExists", "Name already exists")
    }

    // ---- Teams

    pub(crate) fn teams_forbidden(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::FORBIDDEN, "Forbidden", message)
    }

    pub(crate) fn teams_not_found(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "NotFound", message)
    }

    // ---- the directory

    pub(crate) fn directory(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "Request_BadRequest", message)
    }

    pub(crate) fn insufficient_privileges() -> Fault {
        Fault::new(
            StatusCode::FORBIDDEN,
            "Authorization_RequestDenied",
            "Insufficient privileges to complete the operation.",
        )
    }

    pub(crate) fn no_such_object(id: &str) -> Fault {
        Fault::new(
            StatusCode::NOT_FOUND,
            "Request_ResourceNotFound",
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present."),
        )
    }

    pub(crate) fn unsupported_query(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "Request_UnsupportedQuery", message)
    }

    pub(crate) fn invalid_value(property: &str, resource: &str) -> Fault {
        Fault::directory(format!("Invalid value specified for property '{property}' of resource '{resource}'."))
    }

    pub(crate) fn value_required(property: &str, resource: &str) -> Fault {
        Fault::directory(format!("A value is required for property '{property}' of resource '{resource}'."))
    }

    pub(crate) fn already_there(list: &str) -> Fault {
        Fault::directory(format!(
            "One or more added object references already exist for the following modified properties: '{list}'."
        ))
    }

    pub(crate) fn conflict(property: &'static str) -> Fault {
        Fault {
            detail: Some(("ObjectConflict", property)),
            ..Fault::directory(format!("Another object with the same value for property {property} already exists."))
        }
    }

    // ---- Outlook

    pub(crate) fn access_denied() -> Fault {
        Fault::new(StatusCode::FORBIDDEN, "ErrorAccessDenied", "Access is denied. Check credentials and try again.")
    }

    pub(crate) fn invalid_user(user: &str) -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "ErrorInvalidUser", format!("The requested user '{user}' is invalid."))
    }

    pub(crate) fn no_mailbox() -> Fault {
        Fault::new(
            StatusCode::NOT_FOUND,
            "MailboxNotEnabledForRESTAPI",
            "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
        )
    }

    pub(crate) fn item_not_found() -> Fault {
        Fault::new(StatusCode::NOT_FOUND, "ErrorItemNotFound", "The specified object was not found in the store.")
    }

    pub(crate) fn malformed_id() -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "ErrorInvalidIdMalformed", "Id is malformed.")
    }

    pub(crate) fn unreadable_message(message: impl Into<String>) -> Fault {
        Fault::new(StatusCode::BAD_REQUEST, "RequestBodyRead", message)
    }

    pub(crate) fn too_complex() -> Fault {
        Fault::new(
            StatusCode::BAD_REQUEST,
            "InefficientFilter",
            "The restriction or sort order is too complex for this operation.",
        )
    }

    pub(crate) fn no_recipients() -> Fault {
        Fault::new(
            StatusCode::BAD_REQUEST,
            "ErrorInvalidRecipients",
            "At least one recipient isn't valid., A message can't be sent because it contains no recipients.",
        )
    }
}
