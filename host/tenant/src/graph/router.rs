//! From a path to an operation.
//!
//! The templates form a tree of segments that is built once, so that finding an operation costs the path's length and
//! not the table's. A segment that is spelled out wins over a key. `users('x')` is `users/x`, names match without regard
//! to case, and an action may be called by its full name (`microsoft.graph.sendMail`), all as Graph has it.

use std::collections::HashMap;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::operations::{self, Operation};

#[derive(Default)]
struct Node {
    named: HashMap<String, Node>,
    keyed: Option<Box<Node>>,
    operations: Vec<&'static Operation>,
}

fn tree() -> &'static Node {
    static TREE: OnceLock<Node> = OnceLock::new();
    TREE.get_or_init(|| {
        let mut root = Node::default();
        for operation in operations::all() {
            let template: Vec<String> = operation.template.split('/').skip(1).map(str::to_owned).collect();
            let node = with_paths(template).iter().fold(&mut root, |node, segment| {
                if segment.starts_with('{') {
                    node.keyed.get_or_insert_default()
                } else {
                    node.named.entry(segment.to_ascii_lowercase()).or_default()
                }
            });
            node.operations.push(operation);
        }
        root
    })
}

/// The operation of this method and path, with the keys in the path.
///
/// # Errors
/// Graph's refusals of an unknown path and of a method that a known path does not take.
pub(super) fn find(method: &str, path: &str) -> Result<(&'static Operation, Vec<String>), Fault> {
    let segments = segments(path)?;
    if segments.first().is_some_and(|first| first.eq_ignore_ascii_case("me")) {
        return Err(Fault::bad_request("/me request is only valid with delegated authentication flow."));
    }
    let mut deepest = 0;
    let mut keys = Vec::new();
    match descend(tree(), &segments, 0, &mut keys, &mut deepest) {
        Some(node) => match node.operations.iter().find(|operation| operation.method == method) {
            Some(operation) => Ok((operation, keys)),
            None => Err(Fault::method_not_allowed()),
        },
        None => Err(Fault::no_such_segment(segments.get(deepest).map_or("", String::as_str))),
    }
}

fn descend(
    node: &'static Node,
    segments: &[String],
    at: usize,
    keys: &mut Vec<String>,
    deepest: &mut usize,
) -> Option<&'static Node> {
    *deepest = (*deepest).max(at);
    let Some(segment) = segments.get(at) else {
        return (!node.operations.is_empty()).then_some(node);
    };
    let lower = segment.to_ascii_lowercase();
    let bare = lower.strip_prefix("microsoft.graph.");
    let names = [Some(lower.clone()), bare.map(|name| format!("graph.{name}")), bare.map(str::to_owned)];
    for next in names.iter().flatten().filter_map(|name| node.named.get(name)) {
        if let Some(found) = descend(next, segments, at + 1, keys, deepest) {
            return Some(found);
        }
    }
    let next = node.keyed.as_deref().filter(|_| !reserved(&lower) && segment != PATH)?;
    keys.push(segment.clone());
    let found = descend(next, segments, at + 1, keys, deepest);
    if found.is_none() {
        keys.pop();
    }
    found
}

/// Whether a segment means something in every collection, and so is never a key: `$count`, `delta`, a cast.
fn reserved(segment: &str) -> bool {
    segment == "delta" || ["$", "graph.", "microsoft.graph."].iter().any(|start| segment.starts_with(start))
}

/// The segments of a path, decoded, with `name('key')` taken apart.
fn segments(path: &str) -> Result<Vec<String>, Fault> {
    let mut segments = Vec::new();
    for raw in path.split('/').skip(1) {
        let segment = percent_decode_str(raw)
            .decode_utf8()
            .map_err(|_| Fault::bad_request("Bad Request - Error in query syntax."))?;
        match segment.strip_suffix("')").and_then(|head| head.split_once('(')) {
            Some((name, key)) if !name.is_empty() && key.starts_with('\'') && key.len() > 1 => {
                segments.push(name.to_owned());
                segments.push(key.trim_start_matches('\'').replace("''", "'"));
            }
            // A key by another property than the id keeps its name: `uniqueName='x'`.
            Some((name, key)) if !name.is_empty() && key.contains("='") => {
                segments.push(name.to_owned());
                segments.push(format!("{key}'"));
            }
            _ if segment.is_empty() => return Err(Fault::bad_request("Empty Path Segment")),
            _ => segments.push(segment.into_owned()),
        }
    }
    Ok(with_paths(segments))
}

/// What stands, as a segment, before the path of a file.
const PATH: &str = ":";

/// Segments with the path of a file in them (`root:/a/b.docx:/content`) as one: `root`, `:`, `a/b.docx`, `content`.
pub(crate) fn with_paths(segments: Vec<String>) -> Vec<String> {
    let mut whole: Vec<String> = Vec::new();
    let mut path: Option<Vec<String>> = None;
    for segment in segments {
        match (path.take(), segment.strip_suffix(':')) {
            (None, Some(before)) if !before.is_empty() => {
                whole.extend([before.to_owned(), PATH.to_owned()]);
                path = Some(Vec::new());
            }
            (None, _) => whole.push(segment),
            (Some(mut parts), Some(last)) => {
                parts.push(last.to_owned());
                whole.push(parts.join("/"));
            }
            (Some(mut parts), None) => {
                parts.push(segment);
                path = Some(parts);
            }
        }
    }
    whole.extend(path.filter(|parts| !parts.is_empty()).map(|parts| parts.join("/")));
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn found(method: &str, path: &str) -> (String, Vec<String>) {
        let (operation, keys) = find(method, path).unwrap_or_else(|fault| panic!("{path}: {fault:?}"));
        (operation.template.to_owned(), keys)
    }

    #[test]
    fn all_spellings_of_a_path_find_the_operation() {
        let send = "/users/{user-id}/messages/{message-id}/send";
        for path in [
            "/users/a/messages/b/send",
            "/Users/a/Messages/b/Send",
            "/users('a')/messages('b')/send",
            "/users/a/messages/b/microsoft.graph.send",
            "/users/%61/messages/b/send",
        ] {
            assert_eq!(found("POST", path), (send.to_owned(), vec!["a".to_owned(), "b".to_owned()]), "{path}");
        }
    }

    #[test]
    fn a_name_wins_over_a_key() {
        assert_eq!(found("GET", "/directory/deletedItems/graph.user").0, "/directory/deletedItems/graph.user");
        assert_eq!(found("GET", "/directory/deletedItems/microsoft.graph.user").1, Vec::<String>::new());
        assert_eq!(found("GET", "/directory/deletedItems/x").1, vec!["x".to_owned()]);
        assert_eq!(found("GET", "/users/$count").0, "/users/$count");
    }

    #[test]
    fn the_path_of_a_file_is_one_key_however_deep_it_lies() {
        let root = "/users/{user-id}/drive/root:/{item-path}";
        let file = found("GET", "/users/u/drive/root:/a/b%20c/d.docx");
        assert_eq!(file, (root.to_owned(), vec!["u".to_owned(), "a/b c/d.docx".to_owned()]));
        let (template, keys) = found("PUT", "/users/u/drive/root:/a/d.docx:/content");
        assert_eq!((template, keys[1].as_str()), (format!("{root}:/content"), "a/d.docx"));
        let (template, keys) = found("PUT", "/drives/d/items/i:/n.txt:/content");
        assert_eq!(template, "/drives/{drive-id}/items/{driveItem-id}:/{item-name}:/content");
        assert_eq!(keys, ["d", "i", "n.txt"]);
        assert_eq!(find("GET", "/users/u/drive/root:").map(|_| ()).unwrap_err().status, 400);
    }

    #[test]
    fn a_key_by_another_property_keeps_its_name() {
        let (template, keys) = found("PATCH", "/groups(uniqueName='haymaker-1')");
        assert_eq!((template.as_str(), keys[0].as_str()), ("/groups/{group-id}", "uniqueName='haymaker-1'"));
    }

    #[test]
    fn what_is_not_there_is_refused_by_its_segment() {
        let refused = |method: &str, path: &str| find(method, path).map(|_| ()).unwrap_err();
        assert_eq!(refused("GET", "/usrs").message, "Resource not found for the segment 'usrs'.");
        assert_eq!(refused("GET", "/users/a/shoes").message, "Resource not found for the segment 'shoes'.");
        assert_eq!(refused("GET", "/domains/delta").message, "Resource not found for the segment 'delta'.");
        assert_eq!(refused("PUT", "/users/a").status, 405);
        assert_eq!(refused("GET", "/me/messages").status, 400);
        assert_eq!(refused("GET", "/users//messages").status, 400);
    }

    proptest! {
        #[test]
        fn no_path_makes_it_panic(path in "/?[a-z/%'()$.0-9]{0,40}") {
            let _ = find("GET", &path);
        }
    }
}
