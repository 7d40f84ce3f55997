//! `export`: the ground truth, as JSON Lines in order.
//!
//! | module | thought |
//! |---|---|
//! | `entities` | what was made, also as CSV |
//! | `joins.kql` | how all this is joined to the logs of a tenant |

mod entities;

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use haymaker_platform::proof::Left;
use haymaker_platform::reader::Reader;
use serde_json::{Map, Value};

use super::{Meant, file, meant};
use crate::args::{Export, ExportFormat, What};
use crate::exit::Exit;
use crate::render::figures::plural;
use crate::render::terminal::say;

/// Activities read at once.
const PAGE: usize = 1_000;

/// Queries that join an export to a tenant's logs.
const JOINS: &str = include_str!("joins.kql");

/// Which lines are wanted, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) what: What,
    pub(crate) format: ExportFormat,
    /// UTC, milliseconds.
    pub(crate) since: Option<u64>,
    /// Any, if empty.
    pub(crate) kinds: &'a [String],
    /// Of entities: what was let go of and is still there.
    pub(crate) left: Left,
}

/// Prints the queries.
pub(crate) fn queries() -> anyhow::Result<Exit> {
    std::io::stdout().lock().write_all(JOINS.as_bytes()).context("cannot print")?;
    Ok(Exit::Done)
}

/// Exports to standard output or a file.
pub(crate) async fn run(home: &Home, args: &Export) -> anyhow::Result<Exit> {
    let Export { what, format, since, kinds, .. } = args;
    let mut choice = Choice { what: *what, format: *format, since: *since, kinds, left: Left::default() };
    check_format(&choice)?;
    let Meant { reader, id } = meant(home, args.id.as_deref().unwrap_or_default())?;
    check_kinds(&reader, &id, &choice)?;
    if choice.what == What::Entities {
        choice.left = reader.report(&id).await?.left;
    }
    args.output.as_deref().map_or(Ok(()), file::check)?;
    match &args.output {
        Some(path) => {
            let lines = to_file(&reader, &id, &choice, path)?;
            say(&format!("Wrote {} to {}.", plural(lines, "line", "lines"), path.display()));
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout().lock());
            write(&reader, &id, &choice, &mut out)?;
            out.flush().context("cannot print")?;
        }
    }
    Ok(Exit::Done)
}

/// Activities and requests have lists in them, which a table of texts cannot show.
fn check_format(choice: &Choice<'_>) -> anyhow::Result<()> {
    if choice.format == ExportFormat::Csv && choice.what != What::Entities {
        bail!("only entities can be CSV: add --what entities, or leave --format csv out for JSON Lines");
    }
    Ok(())
}

/// A kind that nothing is of is a slip of the pen, once there is anything at all.
fn check_kinds(reader: &Reader, id: &str, choice: &Choice<'_>) -> anyhow::Result<()> {
    let known = match choice.what {
        What::Entities => reader.ledger(id)?.into_iter().map(|entry| entry.kind).collect(),
        What::Activities | What::Requests => reader.kinds(id)?,
    };
    let unknown: Vec<&str> = choice.kinds.iter().filter(|kind| !known.contains(*kind)).map(String::as_str).collect();
    if unknown.is_empty() || known.is_empty() {
        return Ok(());
    }
    let known: Vec<String> = known.into_iter().collect();
    bail!("nothing is of kind {}; there are: {}", unknown.join(", "), known.join(", "))
}

/// Writes a file, whole or not at all. Returns the number of lines.
///
/// # Errors
/// It cannot be written; then the old one is as it was.
pub(crate) fn to_file(reader: &Reader, id: &str, choice: &Choice<'_>, path: &Path) -> anyhow::Result<u64> {
    file::write(path, |out| write(reader, id, choice, out))
}

fn write(reader: &Reader, id: &str, choice: &Choice<'_>, out: &mut dyn Write) -> anyhow::Result<u64> {
    let mut lines = 0;
    // RFC 4180 ends lines as the internet does.
    let end = if choice.format == ExportFormat::Csv { "\r\n" } else { "\n" };
    let mut put = |line: &str| -> anyhow::Result<()> {
        write!(out, "{line}{end}").context("cannot write")?;
        lines += 1;
        Ok(())
    };
    match choice.what {
        What::Entities => made(reader, id, choice, &mut put)?,
        What::Activities | What::Requests => activities(reader, id, choice, &mut put)?,
    }
    Ok(lines)
}

fn activities(
    reader: &Reader,
    id: &str,
    choice: &Choice<'_>,
    put: &mut impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut last: Option<(u64, String)> = None;
    // Activities of one task follow one another, and share its requests: these are told once.
    let mut told = String::new();
    loop {
        let page = reader.activities(id, last.as_ref().map(|(due, id)| (*due, id.as_str())), PAGE)?;
        for activity in page.iter().filter(|activity| choice.since.is_none_or(|since| activity.due >= since)) {
            if choice.kinds.is_empty() && choice.what == What::Activities {
                put(&activity.line)?;
                continue;
            }
            let object: Value =
                serde_json::from_str(&activity.line).with_context(|| format!("activity {} is damaged", activity.id))?;
            if !is_of(choice.kinds, object.get("kind").and_then(Value::as_str).unwrap_or_default()) {
                continue;
            }
            match choice.what {
                What::Requests if told != task_of(&object) => {
                    task_of(&object).clone_into(&mut told);
                    requests(&object).iter().try_for_each(|request| put(&request.to_string()))?;
                }
                What::Requests => {}
                _ => put(&activity.line)?,
            }
        }
        match page.last() {
            Some(activity) if page.len() == PAGE => last = Some((activity.due, activity.id.clone())),
            _ => return Ok(()),
        }
    }
}

/// An activity's requests, each with what it was made for.
fn requests(activity: &Value) -> Vec<Value> {
    let text = |key: &str| activity.get(key).cloned().unwrap_or(Value::Null);
    let (task, id) = (task_of(activity).to_owned(), text("id"));
    let joins = [
        ("deployment", text("deployment")),
        ("activity", id),
        ("task", Value::String(task)),
        ("kind", text("kind")),
        ("label", text("label")),
    ];
    let joins: Map<String, Value> = joins.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
    let all = activity.get("requests").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    all.map(|request| Value::Object(joins.clone().into_iter().chain(request.clone()).collect())).collect()
}

/// The task that an activity is of: a second one of the same task has a number behind it.
fn task_of(activity: &Value) -> &str {
    let id = activity.get("id").and_then(Value::as_str).unwrap_or_default();
    id.split_once('#').map_or(id, |(task, _)| task)
}

fn made(
    reader: &Reader,
    id: &str,
    choice: &Choice<'_>,
    put: &mut impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let is_csv = choice.format == ExportFormat::Csv;
    if is_csv {
        put(&entities::header())?;
    }
    for entry in reader.ledger(id)? {
        let wanted = is_of(choice.kinds, &entry.kind) && choice.since.is_none_or(|since| entry.intended >= since);
        match (wanted, is_csv) {
            (true, true) => put(&entities::csv(id, &entry, &choice.left))?,
            (true, false) => put(&Value::Object(entities::object(id, &entry, &choice.left)).to_string())?,
            (false, _) => {}
        }
    }
    Ok(())
}

fn is_of(kinds: &[String], kind: &str) -> bool {
    kinds.is_empty() || kinds.iter().any(|wanted| wanted == kind)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_is_joined_to_its_activity_and_its_task() {
        let activity = json!({"deployment": "d", "id": "m/1#2", "kind": "mail", "label": "benign",
            "requests": [{"request_id": "r", "status": 202}, {"request_id": null, "status": null}]});
        let lines: Vec<String> = requests(&activity).iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[0],
            r#"{"deployment":"d","activity":"m/1#2","task":"m/1","kind":"mail","label":"benign","request_id":"r","status":202}"#
        );
    }

    #[test]
    fn no_kind_means_every_kind() {
        assert!(is_of(&[], "mail"));
        assert!(is_of(&["chat".to_owned(), "mail".to_owned()], "mail"));
        assert!(!is_of(&["chat".to_owned()], "mail"));
    }

    #[test]
    fn only_entities_are_ever_a_table() {
        let choice = |what| Choice { what, format: ExportFormat::Csv, ..Choice::default() };
        assert!(check_format(&choice(What::Entities)).is_ok());
        for what in [What::Activities, What::Requests] {
            assert!(check_format(&choice(what)).unwrap_err().to_string().contains("--what entities"));
        }
    }

    /// Whatever a query reads of an export is a field that an export has.
    #[test]
    fn the_queries_name_what_the_schema_names() {
        let schema = include_str!("../../../../platform/src/truth.rs");
        let columns = JOINS.split("externaldata(").skip(1).map(|of| of.split(')').next().unwrap_or_default());
        let mut names: Vec<&str> =
            columns.flat_map(|of| of.split(',')).filter_map(|of| of.trim().split(':').next()).collect();
        names.retain(|name| !["activity", "task"].contains(name));
        assert!(names.len() > 30, "{names:?}");
        for name in names {
            assert!(schema.contains(&format!("`{name}`")), "{name} is no field of the ground truth");
        }
        for join in ["RequestId", "OperationId", "UniqueTokenIdentifier", "InternetMessageId", "SourceFileName"] {
            assert!(JOINS.contains(join), "{join} is not joined");
        }
    }
}
