//! `export`: the ground truth, as JSON Lines in order.

use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use haymaker_platform::reader::Reader;
use haymaker_platform::truth::timestamp;
use serde_json::{Map, Value, json};

use super::{Meant, file, meant};
use crate::args::{Export, What};
use crate::exit::Exit;
use crate::render::figures::plural;
use crate::render::terminal::say;

/// Activities read at once.
const PAGE: usize = 1_000;

/// Which lines are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) what: What,
    /// UTC, milliseconds.
    pub(crate) since: Option<u64>,
    /// Any, if empty.
    pub(crate) kinds: &'a [String],
}

/// Exports to standard output or a file.
pub(crate) fn run(home: &Home, args: &Export) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let choice = Choice { what: args.what, since: args.since, kinds: &args.kinds };
    check_kinds(&reader, &id, &choice)?;
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
    let mut put = |line: &str| -> anyhow::Result<()> {
        writeln!(out, "{line}").context("cannot write")?;
        lines += 1;
        Ok(())
    };
    match choice.what {
        What::Entities => entities(reader, id, choice, &mut put)?,
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
                What::Requests => requests(&object).iter().try_for_each(|request| put(&request.to_string()))?,
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
    /// What joins a request to its activity, and labels it.
    const JOINS: [&str; 4] = ["deployment", "id", "kind", "label"];
    let joins: Map<String, Value> = JOINS
        .iter()
        .filter_map(|key| {
            let name = if *key == "id" { "activity" } else { key };
            Some((name.to_owned(), activity.get(*key)?.clone()))
        })
        .collect();
    let all = activity.get("requests").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object);
    all.map(|request| Value::Object(joins.clone().into_iter().chain(request.clone()).collect())).collect()
}

fn entities(
    reader: &Reader,
    id: &str,
    choice: &Choice<'_>,
    put: &mut impl FnMut(&str) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    for entry in reader.ledger(id)? {
        let wanted = is_of(choice.kinds, &entry.kind) && choice.since.is_none_or(|since| entry.intended >= since);
        if wanted {
            let object = json!({
                "deployment": id,
                "kind": entry.kind,
                "name": entry.name,
                "id": entry.remote_id,
                "intended": timestamp(entry.intended),
                "created": entry.created.map(timestamp),
                "deleted": entry.released.map(timestamp),
            });
            put(&object.to_string())?;
        }
    }
    Ok(())
}

fn is_of(kinds: &[String], kind: &str) -> bool {
    kinds.is_empty() || kinds.iter().any(|wanted| wanted == kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_joined_to_its_activity() {
        let activity = json!({"deployment": "d", "id": "m/1", "kind": "mail", "label": "benign",
            "requests": [{"request_id": "r", "status": 202}, {"request_id": null, "status": null}]});
        let lines: Vec<String> = requests(&activity).iter().map(ToString::to_string).collect();
        assert_eq!(lines.len(), 2);
        assert_eq!(
            lines[0],
            r#"{"deployment":"d","activity":"m/1","kind":"mail","label":"benign","request_id":"r","status":202}"#
        );
    }

    #[test]
    fn no_kind_means_every_kind() {
        assert!(is_of(&[], "mail"));
        assert!(is_of(&["chat".to_owned(), "mail".to_owned()], "mail"));
        assert!(!is_of(&["chat".to_owned()], "mail"));
    }
}
