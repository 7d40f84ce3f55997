//! Exchanges held against the published description of Microsoft Graph.
//!
//! The description is OpenAPI 3.0.3 as far as Graph's metadata can be told in it. Two of its marks are stricter than JSON
//! Schema and are the reason why this is not left to a general validator: a type without `x-open-type` is closed, so a
//! property that it does not name is a mistake (that is how a misspelt `toRecipient` is found), and `@odata.type` chooses
//! the derived type that a value is held against.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Map, Value};

use crate::graph::with_paths;
use crate::odata::options::pairs;

/// The description of Graph, ready to be asked.
pub struct Contract {
    document: Value,
    /// The templates, each as its segments.
    templates: Vec<(String, Vec<String>)>,
}

/// Why there is no contract to hold anything against.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// The file cannot be read.
    #[error("the contract cannot be read: {0}")]
    Io(#[from] io::Error),
    /// The file is not JSON.
    #[error("the contract is not JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// The file is JSON but describes no paths.
    #[error("the contract describes no paths; is it an OpenAPI document?")]
    NoPaths,
}

/// How deep values are followed; Graph's own nest far less.
const DEEPEST: usize = 64;

impl Contract {
    /// Reads the description from a file.
    ///
    /// # Errors
    /// The file is not there, or is not an OpenAPI document in JSON.
    pub fn load(path: impl AsRef<Path>) -> Result<Contract, ContractError> {
        let document: Value = serde_json::from_slice(&fs::read(path)?)?;
        let paths = document.get("paths").and_then(Value::as_object).ok_or(ContractError::NoPaths)?;
        let templates = paths
            .keys()
            .map(|template| (template.clone(), with_paths(template.split('/').map(str::to_owned).collect())));
        let templates = templates.collect();
        Ok(Contract { document, templates })
    }

    /// Every operation: method in capitals, and template.
    pub fn operations(&self) -> Vec<(String, String)> {
        let paths = self.document.get("paths").and_then(Value::as_object);
        paths
            .into_iter()
            .flatten()
            .flat_map(|(template, item)| {
                let methods = item.as_object().into_iter().flat_map(Map::keys).filter(|key| *key != "parameters");
                methods.map(|method| (method.to_uppercase(), template.clone()))
            })
            .collect()
    }

    /// The description of an operation, by method and template.
    pub fn operation(&self, method: &str, template: &str) -> Option<&Value> {
        self.document.get("paths")?.get(template)?.get(method.to_lowercase())
    }

    /// The template that a path (with or without its version) belongs to. One that spells more out wins.
    pub fn template(&self, path: &str) -> Option<&str> {
        let path = path.strip_prefix("/v1.0").unwrap_or(path);
        let segments = with_paths(path.split('/').flat_map(taken_apart).collect());
        self.templates
            .iter()
            .filter(|(_, template)| {
                template.len() == segments.len()
                    && template
                        .iter()
                        .zip(&segments)
                        .all(|(part, segment)| matches_parameter(part, segment) || matches_name(part, segment))
            })
            .max_by_key(|(_, template)| template.iter().filter(|part| !part.starts_with('{')).count())
            .map(|(template, _)| template.as_str())
    }

    /// What is wrong with a request: nothing, if the answer is empty. `query` is the raw query string, `body` the JSON
    /// body if there is one.
    pub fn check_request(&self, method: &str, path: &str, query: &str, body: Option<&Value>) -> Vec<String> {
        let mut wrong = Wrong::default();
        let Some(operation) = self.find(method, path, &mut wrong) else { return wrong.list };
        for (name, value) in pairs(query) {
            let limit = operation.get("x-top-max").and_then(Value::as_u64);
            if let ("$top", Some(limit)) = (name.as_str(), limit)
                && value.parse::<u64>().is_ok_and(|top| top > limit)
            {
                wrong.add("$top", format!("{value} is more than {limit}"));
            }
        }
        let described = operation.get("requestBody");
        let schema = described.and_then(|body| body.pointer("/content/application~1json/schema"));
        match (schema, body) {
            (Some(schema), Some(body)) => {
                self.value(schema, body, "body", 0, &mut wrong);
                for path in operation.get("x-required-body").and_then(Value::as_array).into_iter().flatten() {
                    let path = path.as_str().unwrap_or_default();
                    if !path.split('|').any(|path| present(body, path)) {
                        wrong.add("body", format!("{path} is required"));
                    }
                }
            }
            (Some(_), None) if described.and_then(|body| body.get("required")) == Some(&Value::Bool(true)) => {
                wrong.add("body", "is required".to_owned());
            }
            (None, Some(_)) if described.is_none() => wrong.add("body", "is not taken by this operation".to_owned()),
            _ => {}
        }
        wrong.list
    }

    /// What is wrong with an answer: nothing, if the list is empty. Header names are in lower case; `body` is the JSON
    /// body if there is one.
    pub fn check_response(
        &self,
        method: &str,
        path: &str,
        status: u16,
        headers: &HashMap<String, String>,
        body: Option<&Value>,
    ) -> Vec<String> {
        let mut wrong = Wrong::default();
        for name in ["request-id", "client-request-id", "date"] {
            if !headers.contains_key(name) {
                wrong.add("headers", format!("{name} is missing"));
            }
        }
        if status >= 400 {
            // Errors have one shape, also where the path is none of Graph's.
            let error = self.document.pointer("/components/responses/error/content/application~1json/schema");
            match (error, body) {
                (Some(schema), Some(body)) => self.value(schema, body, "error", 0, &mut wrong),
                _ => wrong.add("body", "an error without a body".to_owned()),
            }
            return wrong.list;
        }
        let Some(operation) = self.find(method, path, &mut wrong) else { return wrong.list };
        let Some(response) = operation.pointer(&format!("/responses/{status}")) else {
            wrong.add("status", format!("{status} is not described"));
            return wrong.list;
        };
        let json = response.pointer("/content/application~1json/schema");
        match (json, body) {
            (Some(schema), Some(body)) => {
                self.value(schema, body, "body", 0, &mut wrong);
                for name in response.get("x-response-required").and_then(Value::as_array).into_iter().flatten() {
                    let name = name.as_str().unwrap_or_default();
                    if body.get(name).is_none() {
                        wrong.add("body", format!("{name} is required"));
                    }
                }
            }
            (Some(_), None) => wrong.add("body", "is missing".to_owned()),
            (None, Some(_)) if response.get("x-empty-body") == Some(&Value::Bool(true)) => {
                wrong.add("body", "must be empty".to_owned());
            }
            _ => {}
        }
        wrong.list
    }

    fn find(&self, method: &str, path: &str, wrong: &mut Wrong) -> Option<&Value> {
        let Some(template) = self.template(path) else {
            wrong.add("path", format!("{path} is not described"));
            return None;
        };
        let operation = self.operation(method, template);
        if operation.is_none() {
            wrong.add("method", format!("{method} is not described for {template}"));
        }
        operation
    }

    fn resolve<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let mut schema = schema;
        for _ in 0..DEEPEST {
            let Some(reference) = schema.get("$ref").and_then(Value::as_str) else { break };
            match self.document.pointer(reference.trim_start_matches('#')) {
                Some(target) => schema = target,
                None => break,
            }
        }
        schema
    }

    fn value(&self, schema: &Value, value: &Value, at: &str, depth: usize, wrong: &mut Wrong) {
        if depth > DEEPEST {
            return wrong.add(at, "nests too deep".to_owned());
        }
        let nullable = schema.get("nullable") == Some(&Value::Bool(true));
        if value.is_null() {
            let schema = self.resolve(schema);
            if !nullable && schema.get("nullable") != Some(&Value::Bool(true)) {
                wrong.add(at, "must not be null".to_owned());
            }
            return;
        }
        // Parts of one object are one type with all their properties; else each would find the others' unknown.
        let mut parts = Vec::new();
        self.flatten(schema, value, &mut parts, 0);
        for part in &parts {
            self.simple(part, value, at, wrong);
        }
        match value {
            Value::Object(fields) => self.object(&parts, fields, at, depth, wrong),
            Value::Array(items) => {
                for items_schema in parts.iter().filter_map(|part| part.get("items")) {
                    for (index, item) in items.iter().enumerate() {
                        self.value(items_schema, item, &format!("{at}[{index}]"), depth + 1, wrong);
                    }
                }
            }
            _ => {}
        }
    }

    /// The schemas that a value must all fit, references and `allOf` followed, and the derived type that it names.
    fn flatten<'s>(&'s self, schema: &'s Value, value: &Value, parts: &mut Vec<&'s Value>, depth: usize) {
        if depth > DEEPEST {
            return;
        }
        let schema = self.resolve(schema);
        let derived = value
            .get("@odata.type")
            .and_then(Value::as_str)
            .and_then(|name| schema.get("x-derived-types")?.get(name)?.as_str())
            .and_then(|reference| self.document.pointer(reference.trim_start_matches('#')));
        parts.push(derived.unwrap_or(schema));
        for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            self.flatten(part, value, parts, depth + 1);
        }
    }

    fn object(&self, parts: &[&Value], fields: &Map<String, Value>, at: &str, depth: usize, wrong: &mut Wrong) {
        let is = |part: &Value, mark: &str| part.get(mark) == Some(&Value::Bool(true));
        let action = parts.iter().any(|part| is(part, "x-action-parameters"));
        let same = |one: &str, two: &str| one == two || (action && one.eq_ignore_ascii_case(two));
        for required in parts.iter().filter_map(|part| part.get("required")?.as_array()).flatten() {
            let name = required.as_str().unwrap_or_default();
            if !fields.keys().any(|field| same(field, name)) {
                wrong.add(at, format!("{name} is required"));
            }
        }
        let described: Vec<(&String, &Value)> =
            parts.iter().filter_map(|part| part.get("properties")?.as_object()).flatten().collect();
        let open = described.is_empty() || parts.iter().any(|part| is(part, "x-open-type"));
        for (name, value) in fields {
            match described.iter().find(|(known, _)| same(known, name)) {
                Some((_, schema)) => self.value(schema, value, &format!("{at}.{name}"), depth + 1, wrong),
                None if name.contains('@') => {}
                None if open && (!closed_for(parts) || is_extension(name)) => {}
                None => wrong.add(at, format!("{name} is not described")),
            }
        }
    }

    fn simple(&self, schema: &Value, value: &Value, at: &str, wrong: &mut Wrong) {
        let fits = match schema.get("type").and_then(Value::as_str) {
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("array") => value.is_array(),
            Some("object") => value.is_object(),
            _ => true,
        };
        if !fits {
            let expected = schema.get("type").and_then(Value::as_str).unwrap_or_default();
            return wrong.add(at, format!("{value} is not of type {expected}"));
        }
        if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
            && !allowed.contains(value)
        {
            wrong.add(at, format!("{value} is none of {}", Value::Array(allowed.clone())));
        }
        if let (Some(format), Some(text)) = (schema.get("format").and_then(Value::as_str), value.as_str()) {
            let fits = match format {
                "date-time" => text.contains('T') && chrono::DateTime::parse_from_rfc3339(text).is_ok(),
                "date" => text.parse::<chrono::NaiveDate>().is_ok(),
                "uuid" => uuid::Uuid::try_parse(text).is_ok() && text.len() == 36,
                "base64url" => text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_=".contains(&b)),
                _ => true,
            };
            if !fits {
                wrong.add(at, format!("{value} is not a {format}"));
            }
        }
        if let (Some("int32"), Some(number)) = (schema.get("format").and_then(Value::as_str), value.as_i64())
            && i32::try_from(number).is_err()
        {
            wrong.add(at, format!("{value} does not fit in 32 bits"));
        }
    }
}

/// Types that are open for others' extensions, but whose misspelt properties Graph refuses all the same.
fn closed_for(parts: &[&Value]) -> bool {
    const CLOSED: [&str; 6] = ["user", "group", "team", "message", "event", "organization"];
    parts.iter().any(|part| part.get("title").and_then(Value::as_str).is_some_and(|title| CLOSED.contains(&title)))
}

/// Whether a property is somebody's extension: `extension_{app}_{name}`, or `ext{..}_{name}` of a schema.
fn is_extension(name: &str) -> bool {
    name.strip_prefix("ext").is_some_and(|rest| rest.contains('_'))
}

/// Keys by another property than the id that Graph documents: the description leaves them out, but what it says of the
/// path by id holds for them. Any other is a path that nobody described.
const ALTERNATE_KEYS: [(&str, &str); 1] = [("groups", "uniqueName")];

/// `users('x')` as the two segments that it stands for, and so a group by its unique name.
fn taken_apart(segment: &str) -> Vec<String> {
    let parts = || {
        let (name, inside) = segment.strip_suffix("')")?.split_once('(')?;
        let (property, key) = inside.split_once('\'')?;
        let known =
            property.is_empty() || ALTERNATE_KEYS.iter().any(|(of, by)| name == *of && property == format!("{by}="));
        (known && !key.is_empty()).then(|| vec![name.to_owned(), key.to_owned()])
    };
    parts().unwrap_or_else(|| vec![segment.to_owned()])
}

/// Whether a segment of a template is one parameter, which takes any segment.
fn matches_parameter(part: &str, segment: &str) -> bool {
    part.starts_with('{') && part.ends_with('}') && part.matches('{').count() == 1 && !segment.is_empty()
}

/// Whether a segment is the name in a template, in full or in short.
fn matches_name(part: &str, segment: &str) -> bool {
    let bare = segment.strip_prefix("microsoft.graph.");
    part.eq_ignore_ascii_case(segment)
        || bare.is_some_and(|bare| part.strip_prefix("graph.").unwrap_or(part).eq_ignore_ascii_case(bare))
}

/// Whether there is something at `path` (`a.b`) in an action's body.
fn present(body: &Value, path: &str) -> bool {
    let member = |name: &str| {
        let found = body.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    };
    // Annotations have dots in their names: `template@odata.bind`.
    member(path).is_some()
        || path.split_once('.').is_some_and(|(name, rest)| member(name).is_some_and(|value| present(value, rest)))
}

#[derive(Default)]
struct Wrong {
    list: Vec<String>,
}

impl Wrong {
    fn add(&mut self, at: &str, what: String) {
        self.list.push(format!("{at}: {what}"));
    }
}
