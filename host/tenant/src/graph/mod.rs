//! Microsoft Graph: from a request to an operation, and back to a response.
//!
//! All operations share one road: the path is looked up in the table of [`operations`], the token is checked, the role,
//! the throttle, the query options and the body follow, and only then does the operation see the state. So an operation
//! is a function of a [`Call`] and the [`State`], and cannot forget a check.

pub(crate) mod fault;
pub(crate) mod operations;
mod router;

use http::{HeaderMap, HeaderName, StatusCode, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use crate::entra::Claims;
use crate::ids::{Mint, Seed};
use crate::odata::options::Options;
use crate::settings::Settings;
use crate::tenant::State;
use fault::Fault;
use operations::{Area, Operation, Takes};

/// One request, as an operation sees it.
pub(crate) struct Call<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) seed: &'a Seed,
    /// When it happens: UTC milliseconds.
    pub(crate) now: u64,
    /// The address under which the client reached Graph, with the version: `http://127.0.0.1:8080/v1.0`.
    pub(crate) base: &'a str,
    /// The path after the version, as it was sent.
    pub(crate) path: &'a str,
    /// The keys in the path, decoded, in order.
    pub(crate) keys: Vec<String>,
    pub(crate) options: Options,
    /// Whether it has what the directory's advanced queries need.
    pub(crate) advanced: bool,
    pub(crate) prefer: Prefer,
    pub(crate) body: Map<String, Value>,
    /// Names what this request makes.
    pub(crate) mint: &'a Mint,
    pub(crate) request_id: &'a str,
}

impl Call<'_> {
    /// The `index`-th key in the path.
    pub(crate) fn key(&self, index: usize) -> &str {
        self.keys.get(index).map_or("", String::as_str)
    }

    /// `@odata.context` for `what`: `users`, `users/$entity`.
    pub(crate) fn context(&self, what: &str) -> String {
        format!("{}/$metadata#{what}", self.base)
    }

    /// `@odata.context` of a collection, naming the selected properties as Graph does.
    pub(crate) fn collection_context(&self, what: &str) -> String {
        match &self.options.select {
            Some(select) => self.context(&format!("{what}({select})")),
            None => self.context(what),
        }
    }

    /// A collection with its next link, if `next` tells where the next page begins, and its count if it was asked for.
    pub(crate) fn page(&self, context: String, count: Option<usize>, value: Vec<Value>, next: Option<String>) -> Reply {
        let mut body = json!({ "@odata.context": context });
        if let Some(fields) = body.as_object_mut() {
            if let Some(count) = count {
                fields.insert("@odata.count".to_owned(), json!(count));
            }
            if let Some(token) = next {
                fields.insert("@odata.nextLink".to_owned(), Value::String(self.next_link(&token)));
            }
            fields.insert("value".to_owned(), Value::Array(value));
        }
        Reply::json(StatusCode::OK, body)
    }

    fn next_link(&self, token: &str) -> String {
        /// What stands unencoded in a query, as Graph writes it.
        const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~').remove(b',');
        let mut link = format!("{}{}?", self.base, self.path);
        for (name, value) in &self.options.rest {
            let name = name.strip_prefix('$').map_or_else(
                || utf8_percent_encode(name, QUERY).to_string(),
                |bare| format!("${}", utf8_percent_encode(bare, QUERY)),
            );
            link.push_str(&format!("{name}={}&", utf8_percent_encode(value, QUERY)));
        }
        link.push_str("$skiptoken=");
        link.push_str(token);
        link
    }
}

/// What the `Prefer` header asks for, as far as it is honoured here.
#[derive(Default, Clone, Copy)]
pub(crate) struct Prefer {
    /// `IdType="ImmutableId"`: ids that outlive a move within the mailbox.
    pub(crate) immutable_ids: bool,
    /// `outlook.body-content-type`: html (`true`) or text.
    pub(crate) html_body: Option<bool>,
}

impl Prefer {
    fn read(headers: &HeaderMap) -> Prefer {
        let mut prefer = Prefer::default();
        let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
        for part in values.flat_map(|value| value.split([',', ';'])) {
            let Some((name, value)) = part.split_once('=') else { continue };
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "idtype" => prefer.immutable_ids = value.eq_ignore_ascii_case("ImmutableId"),
                "outlook.body-content-type" => prefer.html_body = Some(value.eq_ignore_ascii_case("html")),
                _ => {}
            }
        }
        prefer
    }
}

/// What an operation answers.
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, String)>,
    pub(crate) body: Body,
}

/// The body of an answer.
pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(String),
}

impl Reply {
    pub(crate) fn empty(status: StatusCode) -> Reply {
        Reply { status, headers: Vec::new(), body: Body::Empty }
    }

    pub(crate) fn json(status: StatusCode, body: Value) -> Reply {
        Reply { status, headers: Vec::new(), body: Body::Json(body) }
    }

    pub(crate) fn text(body: String) -> Reply {
        Reply { status: StatusCode::OK, headers: Vec::new(), body: Body::Text(body) }
    }

    pub(crate) fn with(mut self, name: HeaderName, value: String) -> Reply {
        self.headers.push((name, value));
        self
    }
}

/// What of the wire an operation's road needs.
pub(crate) struct Incoming<'a> {
    pub(crate) method: &'a str,
    /// The path after the version.
    pub(crate) path: &'a str,
    pub(crate) query: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) base: &'a str,
    pub(crate) now: u64,
    pub(crate) request_id: &'a str,
    pub(crate) mint: &'a Mint,
}

/// Answers one request to Graph.
pub(crate) fn answer(
    incoming: &Incoming<'_>,
    settings: &Settings,
    seed: &Seed,
    claims: Result<Claims, Fault>,
    state: &std::sync::Mutex<State>,
) -> Result<Reply, Fault> {
    let claims = claims?;
    let (operation, keys) = router::find(incoming.method, incoming.path)?;
    if !operation.roles.iter().any(|role| claims.roles.iter().any(|held| held == role)) {
        return Err(match operation.area {
            Area::Directory => Fault::insufficient_privileges(),
            Area::Outlook => Fault::access_denied(),
        });
    }
    // One lock: a request is one transaction over users, seats and mailboxes, and takes microseconds. The answer is
    // written out after it is released.
    let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(retry_after) = state.throttled() {
        return Err(Fault::too_many_requests(retry_after));
    }
    let options = Options::read(incoming.query, operation.options)?;
    let eventual = incoming
        .headers
        .get("consistencylevel")
        .is_some_and(|level| level.as_bytes().eq_ignore_ascii_case(b"eventual"));
    let call = Call {
        settings,
        seed,
        now: incoming.now,
        base: incoming.base,
        path: incoming.path,
        keys,
        advanced: eventual && (options.count || operation.template.ends_with("/$count")),
        options,
        prefer: Prefer::read(incoming.headers),
        body: read_body(operation, incoming)?,
        mint: incoming.mint,
        request_id: incoming.request_id,
    };
    let mut reply = (operation.run)(&call, &mut state)?;
    if call.prefer.immutable_ids && operation.area == Area::Outlook {
        reply = reply.with(HeaderName::from_static("preference-applied"), "IdType=\"ImmutableId\"".to_owned());
    }
    Ok(reply)
}

fn read_body(operation: &Operation, incoming: &Incoming<'_>) -> Result<Map<String, Value>, Fault> {
    if operation.takes == Takes::Nothing {
        return Ok(Map::new());
    }
    if incoming.body.is_empty() {
        return Err(Fault::missing_content_type());
    }
    let kind = incoming.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if operation.area == Area::Outlook && kind.starts_with("text/plain") {
        return Err(Fault::not_simulated("mail in MIME format"));
    }
    if !kind.to_ascii_lowercase().starts_with("application/json") {
        return Err(Fault::missing_content_type());
    }
    match serde_json::from_slice(incoming.body) {
        Ok(Value::Object(fields)) => Ok(fields),
        _ => Err(Fault::unreadable_body()),
    }
}

/// The parameter of an action: Graph takes its name without regard to case.
pub(crate) fn parameter<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b Value> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
