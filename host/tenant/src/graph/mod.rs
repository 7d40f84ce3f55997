//! Microsoft Graph: from a request to an operation, and back to a response.
//!
//! All operations share one [`road`]: the path is looked up in the table of [`operations`], the token is checked, the
//! permission, the throttle, the query options and the body follow, and only then does the operation see the state. So an
//! operation is a function of a [`Call`] and the state, and cannot forget a check.

pub(crate) mod batch;
pub(crate) mod fault;
pub(crate) mod operations;
mod road;
mod router;
pub(crate) mod shape;
pub(crate) mod throttle;

use std::cell::RefCell;

use http::{HeaderMap, HeaderName, StatusCode};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value, json};

use uuid::Uuid;

use crate::audit::Deed;
use crate::entra::credentials::Sealed;
use crate::ids::{Mint, Seed};
use crate::odata::options::Options;
use crate::odata::project;
use crate::settings::Settings;
use fault::Fault;
use operations::Operation;
pub(crate) use road::{Incoming, World, again, answer, mailbox};
pub(crate) use router::with_paths;

/// In whose name a request comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Actor {
    /// The application's own.
    App,
    /// A signed-in user's.
    User(Uuid),
}

/// One request, as an operation sees it.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) actor: Actor,
    /// The application that calls.
    pub(crate) app: &'a str,
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
    /// Whether the caller may see no more than the basics (`Mail.ReadBasic.All` and its kin).
    pub(crate) basic: bool,
    pub(crate) body: Map<String, Value>,
    /// The body as it came, of an operation that takes bytes.
    pub(crate) bytes: &'a [u8],
    pub(crate) headers: &'a HeaderMap,
    /// Names what this request makes.
    pub(crate) mint: &'a Mint,
    pub(crate) request_id: &'a str,
    /// The password of the body, of a request that is done again.
    pub(crate) password: Option<Sealed>,
    /// What the operation did, if somebody keeps logs.
    deeds: Option<RefCell<Vec<Deed>>>,
}

impl Call<'_> {
    /// Says for the logs what the operation did.
    pub(crate) fn did(&self, deed: impl FnOnce() -> Deed) {
        if let Some(deeds) = &self.deeds {
            let deed = deed();
            deeds.borrow_mut().push(deed);
        }
    }

    /// The `index`-th key in the path.
    pub(crate) fn key(&self, index: usize) -> &str {
        self.keys.get(index).map_or("", String::as_str)
    }

    /// The key in the path that the template calls so; empty where it has none of that name.
    pub(crate) fn of(&self, name: &str) -> &str {
        self.operation.place(name).map_or("", |place| self.key(place))
    }

    /// The last segment of the template: the name of an action.
    pub(crate) fn action(&self) -> &'static str {
        self.operation.template.rsplit('/').next().unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// What `Prefer` says of this.
    pub(crate) fn preference(&self, name: &str) -> Option<String> {
        preferences(self.headers).find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// Refuses the request where its `If-Match` names another state of the thing than this.
    ///
    /// # Errors
    /// 412, in the words of the service behind the operation.
    pub(crate) fn unchanged(&self, etag: &str) -> Result<(), Fault> {
        let bare = |text: &str| text.trim().trim_start_matches("W/").trim_matches('"').to_owned();
        match self.header("if-match") {
            Some(wanted) if wanted.trim() != "*" && !tags(wanted).any(|one| bare(one) == bare(etag)) => {
                Err(Fault::changed(self.operation.area))
            }
            _ => Ok(()),
        }
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

    /// One of the collection `what`, with the selected properties.
    pub(crate) fn entity(&self, what: &str, value: Value, status: StatusCode) -> Reply {
        let value = match &self.options.select {
            Some(select) => project(value, &select.split(',').map(str::trim).chain(["id"]).collect::<Vec<_>>()),
            None => value,
        };
        let mut body = json!({ "@odata.context": self.context(&format!("{what}/$entity")) });
        if let (Some(fields), Value::Object(value)) = (body.as_object_mut(), value) {
            fields.extend(value);
        }
        Reply::json(status, body)
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

/// Every preference with its value, names in lower case.
fn preferences(headers: &HeaderMap) -> impl Iterator<Item = (String, String)> + '_ {
    let values = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split([',', ';'])).map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned())
    })
}

/// What the `Prefer` header asks for, as far as it is honoured here.
#[derive(Default, Clone, Copy)]
pub(crate) struct Prefer {
    /// `IdType="ImmutableId"`: ids that outlive a move within the mailbox.
    pub(crate) immutable_ids: bool,
    /// `outlook.body-content-type`: html (`true`) or text.
    pub(crate) html_body: Option<bool>,
    /// `create-if-missing`: a PATCH makes what it does not find.
    pub(crate) create: bool,
    /// `return=minimal` (`false`) or `return=representation`.
    pub(crate) whole: Option<bool>,
    /// `respond-async` is not honoured; `odata.maxpagesize` is.
    pub(crate) page: Option<usize>,
}

impl Prefer {
    fn read(headers: &HeaderMap) -> Prefer {
        let mut prefer = Prefer::default();
        for (name, value) in preferences(headers) {
            match name.as_str() {
                "idtype" => prefer.immutable_ids = value.eq_ignore_ascii_case("ImmutableId"),
                "outlook.body-content-type" => prefer.html_body = Some(value.eq_ignore_ascii_case("html")),
                "create-if-missing" => prefer.create = true,
                "return" => prefer.whole = Some(!value.eq_ignore_ascii_case("minimal")),
                "odata.maxpagesize" | "maxpagesize" => prefer.page = value.parse().ok(),
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

/// The entity tags of a list; in quotes a comma is part of the tag, as in SharePoint's `"{A1B2},3"`.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    list.split(move |sign| {
        quoted ^= sign == '"';
        sign == ',' && !quoted
    })
}

/// The parameter of an action: Graph takes its name without regard to case.
pub(crate) fn parameter<'b>(body: &'b Map<String, Value>, name: &str) -> Option<&'b Value> {
    body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
