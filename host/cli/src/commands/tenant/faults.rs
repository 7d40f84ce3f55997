//! A file of faults: what is to go wrong in a simulated tenant.
//!
//! It is JSON, so that the same text changes the rules of a tenant that runs. It is read as the YAML that JSON is a part
//! of, because that reader tells all problems at once, each with its line.

use std::path::Path;

use haymaker_platform::config;
use haymaker_platform::problems::{Problems, suggest};
use haymaker_platform::yaml::{self, Field, Reader};
use haymaker_tenant::faults::{FaultKind, FaultRule};

/// The kinds of faults, and what each may say.
const KINDS: [(&str, &[&str]); 6] = [
    ("status", &["kind", "status", "retry_after"]),
    ("slow", &["kind", "milliseconds"]),
    ("reset_before", &["kind"]),
    ("reset_after", &["kind"]),
    ("half", &["kind"]),
    ("wrong_body", &["kind"]),
];

/// Reads a file.
///
/// # Errors
/// It cannot be read, or everything that is wrong in it.
pub(super) fn read(path: &Path) -> Result<Vec<FaultRule>, Problems> {
    let (origin, text) = config::file::read(path)?;
    parse(&text, &origin)
}

fn parse(text: &str, origin: &str) -> Result<Vec<FaultRule>, Problems> {
    let reader = Reader::new(origin);
    let root = yaml::parse(text, &reader);
    let rules = root.iter().flat_map(|root| Field::root(&reader, root).list());
    let rules: Vec<FaultRule> = rules.filter_map(|field| rule(&field)).collect();
    reader.finish(rules)
}

fn rule(field: &Field<'_>) -> Option<FaultRule> {
    let fields = field.fields(&["operation", "rate", "seed", "fault"])?;
    let operation = fields.need("operation", "write a method and a path, like POST /v1.0/users/*/sendMail");
    let operation = operation.and_then(|field| field.parse(operation_of));
    let rate = fields.need("rate", "write how often, from 0 to 1").and_then(|field| field.parse(rate_of));
    let fault =
        fields.need("fault", "write what happens, like {\"kind\": \"reset_after\"}").and_then(|field| fault_of(&field));
    let seed = fields.get("seed").map_or(Some(0), |field| field.parse(whole("a seed")));
    Some(FaultRule { operation: operation?, rate: rate?, seed: seed?, fault: fault? })
}

fn fault_of(field: &Field<'_>) -> Option<FaultKind> {
    let said = field.json();
    let said = said.get("kind").and_then(serde_json::Value::as_str).unwrap_or_default();
    let (_, keys) = KINDS
        .iter()
        .find(|(kind, _)| *kind == said)
        .unwrap_or(&("", &["kind", "status", "retry_after", "milliseconds"]));
    let fields = field.fields(keys)?;
    let kind = fields.need("kind", &format!("one of: {}", KINDS.map(|(kind, _)| kind).join(", ")))?;
    match kind.text()? {
        "status" => {
            let status =
                fields.need("status", "write an HTTP status, like 503").and_then(|field| field.parse(status_of));
            let retry_after = fields.get("retry_after").and_then(|field| field.text()).map(str::to_owned);
            Some(FaultKind::Status { status: status?, retry_after })
        }
        "slow" => {
            let late = fields.need("milliseconds", "write by how many milliseconds the answer is late, like 500");
            Some(FaultKind::Slow { milliseconds: late?.parse(whole("milliseconds"))? })
        }
        "reset_before" => Some(FaultKind::ResetBefore),
        "reset_after" => Some(FaultKind::ResetAfter),
        "half" => Some(FaultKind::Half),
        "wrong_body" => Some(FaultKind::WrongBody),
        other => {
            let known = KINDS.iter().map(|(kind, _)| *kind);
            kind.wrong(other, format!("there is no such fault; {}", suggest(other, known)));
            None
        }
    }
}

fn operation_of(text: &str) -> Result<String, String> {
    const METHODS: [&str; 6] = ["*", "GET", "POST", "PATCH", "PUT", "DELETE"];
    let (method, path) = text.split_once(' ').unwrap_or(("", text));
    if !METHODS.contains(&method) || !path.starts_with('/') {
        return Err(format!("a method ({}), a blank and a path, like POST /v1.0/users/*/sendMail", METHODS.join(", ")));
    }
    Ok(text.to_owned())
}

fn rate_of(text: &str) -> Result<f64, String> {
    let rate = text.parse().ok().filter(|rate| (0.0..=1.0).contains(rate));
    rate.ok_or_else(|| "from 0 (never) to 1 (always)".to_owned())
}

fn status_of(text: &str) -> Result<u16, String> {
    let status = text.parse().ok().filter(|status| (400..=599).contains(status));
    status.ok_or_else(|| "an HTTP status from 400 to 599".to_owned())
}

fn whole(what: &str) -> impl Fn(&str) -> Result<u64, String> {
    move |text| text.parse().map_err(|_| format!("{what}: a whole number, not negative"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_fault_is_read_as_the_tenant_writes_it() {
        let kinds = [
            FaultKind::Status { status: 503, retry_after: Some("1.5".to_owned()) },
            FaultKind::Slow { milliseconds: 20 },
            FaultKind::ResetBefore,
            FaultKind::ResetAfter,
            FaultKind::Half,
            FaultKind::WrongBody,
        ];
        let rule = |fault| FaultRule { operation: "* /v1.0/**".to_owned(), rate: 0.05, seed: 7, fault };
        let rules = kinds.map(rule).to_vec();
        assert_eq!(parse(&serde_json::to_string_pretty(&rules).unwrap(), "f.json"), Ok(rules));
        assert_eq!(parse("[]", "f.json"), Ok(Vec::new()));
    }

    #[test]
    fn all_problems_are_told_at_once_each_with_its_line_and_the_nearest_key() {
        let text = "[\n {\"operation\": \"/v1.0/users\", \"rate\": 5, \"fault\": {\"kind\": \"rest_after\"}},\n \
            {\"operaton\": \"* /**\", \"rate\": 0.1,\n  \"fault\": {\"kind\": \"status\", \"status\": 200, \"milliseconds\": 1}}\n]";
        let said = parse(text, "f.json").unwrap_err().to_string();
        for part in [
            "f.json:2: [0].operation=/v1.0/users: a method",
            "f.json:2: [0].rate=5: from 0",
            "f.json:2: [0].fault.kind=rest_after: there is no such fault; did you mean reset_after?",
            "f.json:3: [1].operaton: unknown key; did you mean operation?",
            "f.json:3: [1].operation: missing",
            "f.json:4: [1].fault.status=200: an HTTP status",
            "f.json:4: [1].fault.milliseconds: unknown key; known: kind, status, retry_after",
        ] {
            assert!(said.contains(part), "{part} is not in\n{said}");
        }
        assert_eq!(said.lines().count(), 7, "{said}");
    }

    #[test]
    fn what_is_no_list_of_rules_is_told() {
        assert_eq!(parse("{}", "f").unwrap_err().to_string(), "f:1: a map of keys, where a list belongs");
        assert!(parse("[1, 2", "f").unwrap_err().to_string().contains("not YAML"));
    }
}
