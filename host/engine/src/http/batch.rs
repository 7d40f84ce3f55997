//! A batch: up to twenty requests in one (Graph's `$batch`), each of them checked like one that is sent alone.
//!
//! The naive way, to look at the outer request, would make one path a way around every rule. So a batch is taken apart:
//! each request in it is made canonical, held against the allow-list and the policy, and written anew from what was
//! understood, in the shape that Graph documents and in no other. What is sent is made of that alone.
//!
//! A batch is as repeatable as the host's guest says of the whole of it: of effect `read` it holds nothing but GETs.
//! Secrets are not put into batches, and files are not read in one: their links would be shown.

use serde_json::{Map, Value, json};

use super::canonical::{Canonical, CanonicalError};
use super::target::Base;
use super::{Effect, Exchange, Request, Response, answer, identity};
use crate::types::{Problem, ProblemKind};

/// How many requests a batch holds, as documented.
const MOST: usize = 20;

/// Whether a path is a batch's. Graph reads names without regard to case.
pub(super) fn is_batch(segments: &[String]) -> bool {
    segments.iter().any(|segment| segment.eq_ignore_ascii_case("$batch"))
}

/// A batch, taken apart.
pub(super) struct Batch {
    parts: Vec<Part>,
}

/// One request of a batch.
struct Part {
    id: String,
    /// Its own `client-request-id`.
    request_id: String,
    request: Canonical,
    after: Vec<String>,
}

/// Why a batch is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum BatchError {
    /// It is no batch as Graph documents it.
    #[error("the batch is refused: {0}")]
    Shape(String),
    /// It hides something: a batch in a batch, an id that stands twice.
    #[error("the batch is refused: {0}")]
    Evasion(String),
    /// A request in it is not taken.
    #[error("request {id:?} of the batch: {error}")]
    Part {
        /// Which.
        id: String,
        /// Why.
        error: CanonicalError,
    },
}

impl BatchError {
    /// Whether it is an attempt at something that is not granted, and not merely a mistake.
    pub(super) fn is_denied(&self) -> bool {
        match self {
            Self::Shape(_) => false,
            Self::Evasion(_) => true,
            Self::Part { error, .. } => error.is_denied(),
        }
    }
}

impl From<BatchError> for Problem {
    fn from(error: BatchError) -> Problem {
        Problem::new(ProblemKind::Invalid, "batch", error.to_string())
    }
}

impl Batch {
    /// Takes a batch apart. Its requests take their ids from its own.
    pub(super) fn open(outer: &Canonical, base: &Base, id: &str) -> Result<Batch, BatchError> {
        if outer.method != "POST" || outer.segments.len() != 1 || !outer.query.is_empty() || !outer.fills.is_empty() {
            return Err(shape("it is `POST /$batch`, without a query and without secrets"));
        }
        let body = outer.json.as_ref().and_then(Value::as_object).ok_or_else(|| shape("its body is no JSON object"))?;
        if body.keys().any(|key| key != "requests") {
            return Err(evasion("its body has something else than `requests`"));
        }
        let requests = body.get("requests").and_then(Value::as_array).filter(|requests| !requests.is_empty());
        let requests = requests.ok_or_else(|| shape("it has no list of `requests`"))?;
        if requests.len() > MOST {
            return Err(shape(&format!("it has {} requests; {MOST} is the most", requests.len())));
        }
        let mut parts: Vec<Part> = Vec::with_capacity(requests.len());
        for (place, request) in requests.iter().enumerate() {
            let request_id = identity::request_id(&format!("{id}?part"), place as u64);
            let part = Part::read(request, outer, base, request_id)?;
            if parts.iter().any(|other| other.id.eq_ignore_ascii_case(&part.id)) {
                return Err(evasion(&format!("the id {:?} stands twice", part.id)));
            }
            if let Some(unknown) = part.after.iter().find(|id| !parts.iter().any(|other| other.id == **id)) {
                return Err(shape(&format!("{:?} depends on {unknown:?}, which does not stand before it", part.id)));
            }
            parts.push(part);
        }
        Ok(Batch { parts })
    }

    /// The requests in it.
    pub(super) fn requests(&self) -> impl Iterator<Item = &Canonical> {
        self.parts.iter().map(|part| &part.request)
    }

    /// The batch as it is sent.
    pub(super) fn written(&self, outer: Canonical) -> Canonical {
        let json = json!({ "requests": self.parts.iter().map(Part::written).collect::<Vec<_>>() });
        Canonical { body: json.to_string().into_bytes(), json: Some(json), ..outer }
    }

    /// The answer as the guest may see it: each part's as `shown` leaves it. Tells the exchanges of the parts, too.
    pub(super) fn shown(
        &self,
        response: Response,
        whole: &Exchange,
        base: &Base,
        mut shown: impl FnMut(&Canonical, Response) -> Response,
    ) -> (Response, Vec<Exchange>) {
        let Ok(mut body) = serde_json::from_slice::<Value>(&response.body) else { return (response, Vec::new()) };
        let mut exchanges = Vec::new();
        let answers = body.get_mut("responses").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
        let answers: Vec<Value> = answers
            .into_iter()
            .filter_map(|answer| {
                let id = answer.get("id").and_then(Value::as_str)?;
                let part = self.parts.iter().find(|part| part.id == id)?;
                let inner = inner(&answer, base);
                exchanges.push(part.exchange(&inner, whole));
                Some(outer(&part.id, shown(&part.request, inner)))
            })
            .collect();
        let answered = response.status == 200 && body.get("responses").is_some();
        if !answered {
            return (response, exchanges);
        }
        let mut headers = response.headers;
        headers.retain(|(name, _)| name != "content-length");
        let body = json!({ "responses": answers }).to_string().into_bytes();
        (Response { status: response.status, headers, body }, exchanges)
    }
}

impl Part {
    fn read(value: &Value, outer: &Canonical, base: &Base, request_id: String) -> Result<Part, BatchError> {
        let members = value.as_object().ok_or_else(|| shape("a request in it is no object"))?;
        let known = ["id", "method", "url", "headers", "body", "dependsOn"];
        if let Some(other) = members.keys().find(|key| !known.contains(&key.as_str())) {
            return Err(evasion(&format!("a request in it has {other:?}, which Graph does not document")));
        }
        let text = |name: &str| {
            let text = members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| shape(&format!("a request in it has no {name:?}")))
        };
        let (id, method, target) = (text("id")?, text("method")?, text("url")?);
        if !target.starts_with('/') {
            return Err(evasion(&format!("{target:?} does not begin with /")));
        }
        let body = match members.get("body") {
            None | Some(Value::Null) => Vec::new(),
            // What is not JSON travels in base64, and is looked at by nobody here.
            Some(Value::String(_)) => return Err(evasion("a request in it has a body that is not JSON")),
            Some(body) => body.to_string().into_bytes(),
        };
        let effect = if method == "GET" { Effect::Read } else { outer.effect };
        let request = Request {
            endpoint: outer.endpoint.clone(),
            method,
            target,
            headers: headers(members.get("headers"))?,
            body,
            speaker: None,
            effect,
            fills: Vec::new(),
        };
        let request = Canonical::new(request, base).map_err(|error| BatchError::Part { id: id.clone(), error })?;
        if is_batch(&request.segments) {
            return Err(evasion("a batch stands in it"));
        }
        if request.segments.last().is_some_and(|last| last.eq_ignore_ascii_case("content")) {
            return Err(shape("files are read and written one by one, not in a batch"));
        }
        let after = after(members.get("dependsOn"))?;
        Ok(Part { id, request_id, request, after })
    }

    fn written(&self) -> Value {
        let mut headers: Map<String, Value> =
            self.request.headers.iter().map(|(name, value)| (name.clone(), Value::from(value.as_str()))).collect();
        headers.insert("client-request-id".to_owned(), Value::from(self.request_id.as_str()));
        let mut part = json!({
            "id": self.id,
            "method": self.request.method,
            "url": self.request.target,
            "headers": headers,
        });
        if let Some(members) = part.as_object_mut() {
            if let Some(body) = &self.request.json {
                members.insert("body".to_owned(), body.clone());
            }
            if !self.after.is_empty() {
                members.insert("dependsOn".to_owned(), Value::from(self.after.clone()));
            }
        }
        part
    }

    fn exchange(&self, answer: &Response, whole: &Exchange) -> Exchange {
        let request_id = answer.headers.iter().find(|(name, _)| name == "request-id").map(|(_, value)| value.clone());
        Exchange {
            request_id,
            client_request_id: self.request_id.clone(),
            batch_id: whole.request_id.clone(),
            method: self.request.method.to_owned(),
            path: self.request.target.clone(),
            status: Some(answer.status),
            ..whole.clone()
        }
    }
}

fn headers(value: Option<&Value>) -> Result<Vec<(String, String)>, BatchError> {
    let members = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value.as_object().ok_or_else(|| shape("the headers of a request in it are no object"))?,
    };
    let text = |(name, value): (&String, &Value)| Some((name.clone(), value.as_str()?.to_owned()));
    let headers: Option<Vec<_>> = members.iter().map(text).collect();
    headers.ok_or_else(|| shape("a header of a request in it is no text"))
}

fn after(value: Option<&Value>) -> Result<Vec<String>, BatchError> {
    let ids = match value {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(value) => value.as_array().ok_or_else(|| shape("`dependsOn` is no list of ids"))?,
    };
    let ids: Option<Vec<String>> = ids.iter().map(|id| id.as_str().map(str::to_owned)).collect();
    ids.ok_or_else(|| shape("`dependsOn` is no list of ids"))
}

/// The answer to one request of a batch, like one that came alone.
fn inner(answer: &Value, base: &Base) -> Response {
    let status = answer.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
    let headers = answer.get("headers").and_then(Value::as_object).into_iter().flatten().filter_map(|(name, value)| {
        let (name, value) = (name.to_ascii_lowercase(), value.as_str()?.to_owned());
        answer::is_shown(&name, &value, base).then_some((name, value))
    });
    let body = answer.get("body").map(|body| body.to_string().into_bytes()).unwrap_or_default();
    Response { status: status.unwrap_or_default(), headers: headers.collect(), body }
}

/// The other way round.
fn outer(id: &str, response: Response) -> Value {
    let headers: Map<String, Value> =
        response.headers.into_iter().map(|(name, value)| (name, Value::from(value))).collect();
    let mut answer = json!({ "id": id, "status": response.status, "headers": headers });
    let body = serde_json::from_slice::<Value>(&response.body).ok();
    if let (Some(body), Some(members)) = (body, answer.as_object_mut()) {
        members.insert("body".to_owned(), body);
    }
    answer
}

fn shape(why: &str) -> BatchError {
    BatchError::Shape(why.to_owned())
}

fn evasion(why: &str) -> BatchError {
    BatchError::Evasion(why.to_owned())
}
