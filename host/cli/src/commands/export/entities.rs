//! What a deployment made: every entry of the ledger, with where it stands. As CSV it is a watchlist, for the people who
//! watch the tenant.

use haymaker_platform::proof::Left;
use haymaker_platform::truth::timestamp;
use haymaker_store::LedgerView;
use serde_json::{Map, Value, json};

/// The columns, in their order; the same names in both formats.
const COLUMNS: [&str; 8] = ["deployment", "kind", "name", "id", "state", "intended", "created", "deleted"];

/// The state of what the tenant keeps.
const KEPT: &str = "kept";

/// An entry as an object.
pub(super) fn object(deployment: &str, entry: &LedgerView, left: &Left) -> Map<String, Value> {
    let state = state(entry, left);
    let values = [
        json!(deployment),
        json!(entry.kind),
        json!(entry.name),
        json!(entry.remote_id),
        json!(state),
        json!(timestamp(entry.intended)),
        json!(entry.created.map(timestamp)),
        json!(entry.released.filter(|_| state != KEPT).map(timestamp)),
    ];
    COLUMNS.into_iter().map(str::to_owned).zip(values).collect()
}

/// `intended`: nobody knows yet whether it exists; `live`: it does; `deleted`: it is proved gone, or never came to be.
/// `kept`: it was let go of, and is still there, because no application may delete it. What was there before is `adopted`,
/// and then `released`: it is never deleted.
fn state(entry: &LedgerView, left: &Left) -> &'static str {
    let is_kept = || entry.remote_id.as_deref().is_some_and(|id| left.keeps(&entry.kind, id).is_some());
    match (!entry.is_made(), entry.created, entry.released) {
        (false, _, Some(_)) if is_kept() => KEPT,
        (true, _, None) => "adopted",
        (true, _, Some(_)) => "released",
        (false, _, Some(_)) => "deleted",
        (false, Some(_), None) => "live",
        (false, None, None) => "intended",
    }
}

/// The first line of the CSV.
pub(super) fn header() -> String {
    COLUMNS.join(",")
}

/// An entry as a line of CSV, as RFC 4180 describes it; the writer adds the line's end.
pub(super) fn csv(deployment: &str, entry: &LedgerView, left: &Left) -> String {
    let object = object(deployment, entry, left);
    let field = |column: &&str| quoted(object.get(*column).and_then(Value::as_str).unwrap_or_default());
    COLUMNS.iter().map(field).collect::<Vec<_>>().join(",")
}

/// A field, in quotes where it needs them.
fn quoted(text: &str) -> String {
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use haymaker_platform::proof::Beyond;
    use haymaker_store::ADOPTED;

    use super::*;

    fn entry(name: &str) -> LedgerView {
        LedgerView {
            kind: "user".to_owned(),
            name: name.to_owned(),
            remote_id: Some("u1".to_owned()),
            intended: 1_767_600_000_000,
            created: Some(1_767_600_001_000),
            released: None,
        }
    }

    #[test]
    fn an_entity_is_a_line_under_its_heading() {
        assert_eq!(header(), "deployment,kind,name,id,state,intended,created,deleted");
        assert_eq!(
            csv("d", &entry("a@b.example"), &Left::default()),
            "d,user,a@b.example,u1,live,2026-01-05T08:00:00.000Z,2026-01-05T08:00:01.000Z,"
        );
    }

    #[test]
    fn what_has_commas_quotes_or_line_ends_is_quoted() {
        let read = |name: &str| {
            csv("d", &entry(name), &Left::default())
                .split("user,")
                .nth(1)
                .unwrap()
                .split(",u1")
                .next()
                .unwrap()
                .to_owned()
        };
        assert_eq!(read("Sales, \"North\""), "\"Sales, \"\"North\"\"\"");
        assert_eq!(read("two\nlines"), "\"two\nlines\"");
    }

    #[test]
    fn what_is_only_intended_and_what_is_gone_say_so() {
        let state = |created, released| super::state(&LedgerView { created, released, ..entry("x") }, &Left::default());
        assert_eq!(
            [state(None, None), state(Some(1), None), state(Some(1), Some(2)), state(None, Some(2))],
            ["intended", "live", "deleted", "deleted"]
        );
        let kind = format!("{ADOPTED}user");
        let state =
            |released| super::state(&LedgerView { kind: kind.clone(), released, ..entry("x") }, &Left::default());
        assert_eq!([state(None), state(Some(2))], ["adopted", "released"]);
    }

    #[test]
    fn what_the_tenant_keeps_is_not_said_to_be_deleted() {
        let chat = LedgerView { kind: "chat".to_owned(), released: Some(1_767_600_002_000), ..entry("ana-ben") };
        let beyond = Beyond { kind: Some("chat".to_owned()), id: Some("u1".to_owned()), ..Beyond::default() };
        let left = Left { beyond: vec![beyond], ..Left::default() };
        let told = object("d", &chat, &left);
        assert_eq!((told["state"].as_str(), told["deleted"].is_null()), (Some("kept"), true));
    }
}
