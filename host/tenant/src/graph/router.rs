//! From a path to an operation.
//!
//! The templates form a tree of segments that is built once, so that finding an operation costs the path's length and
//! not the table's. A segment that is spelled out wins over a key. `users('x')` is `users/x`, names match without regard
//! to case, and an action may be called by its full name (`microsoft.graph.sendMail`), all as Graph has it.

use std::collections::HashMap;
use std::sync::OnceLock;

use percent_encoding::percent_decode_str;

use super::fault::Fault;
use super::operations::{Operation, TABLE};

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
        for operation in TABLE {
            let node = operation.template.split('/').skip(1).fold(&mut root, |node, segment| {
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
    let next = node.keyed.as_deref().filter(|_| !reserved(&lower))?;
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
        match segment.strip_suffix("')").and_then(|head| head.split_once("('")) {
            Some((name, key)) if !name.is_empty() && !key.is_empty() => {
                segments.push(name.to_owned());
                segments.push(key.replace("''", "'"));
            }
            _ if segment.is_empty() => return Err(Fault::bad_request("Empty Path Segment")),
            _ => segments.push(segment.into_owned()),
        }
    }
    Ok(segments)
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
    fn what_is_not_there_is_refused_by_its_segment() {
        let refused = |method: &str, path: &str| find(method, path).map(|_| ()).unwrap_err();
        assert_eq!(refused("GET", "/usrs").message, "Resource not found for the segment 'usrs'.");
        assert_eq!(refused("GET", "/users/a/shoes").message, "Resource not found for the segment 'shoes'.");
        assert_eq!(refused("GET", "/users/delta").message, "Resource not found for the segment 'delta'.");
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
