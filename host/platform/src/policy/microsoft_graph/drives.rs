//! Drives: files of workers, of the deployment's groups, and of the sites of those.
//!
//! A created worker's drive is the deployment's own, and so are a group's and its site's. In an adopted person's drive,
//! only one folder is, `haymaker-<deployment>`: files are reached by a path through it, or by an id that is looked at
//! first.
//!
//! Bytes go up in one request. Upload sessions are denied: their link is a credential, and would carry bytes past every
//! check.

use haymaker_engine::http::{Canonical, Denial};
use serde_json::Value;

use super::body::{members, nothing, object, only, text, unknown};
use super::denial::denial;
use super::looks::{About, Look, Ruling};
use super::mail::body;
use super::own::{Kind, Own, Standing};
use super::path::{below, uncovered};
use super::sharing;

/// Whose a drive is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whose {
    /// The deployment's.
    Own,
    /// An adopted person's.
    Lent,
}

impl Whose {
    /// A person's drive.
    pub(super) fn person(standing: Standing) -> Whose {
        match standing {
            Standing::Created => Whose::Own,
            Standing::Adopted => Whose::Lent,
        }
    }
}

/// What a path names in a drive.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Item<'a> {
    Root,
    /// By its id.
    Id(&'a str),
    /// By its path from the root.
    Path(Vec<&'a str>),
    /// By its name within an item.
    Within(&'a str),
}

/// `/drives/{id}`.
pub(super) fn by_id(request: &Canonical, own: &Own, rest: &[&str]) -> Result<Ruling, Denial> {
    let [id, rest @ ..] = rest else { return Err(uncovered(request)) };
    own.thing(Kind::Drive, "drive", id)?;
    decide(request, own, Whose::Own, 2, rest)
}

/// `/sites/{id}`.
pub(super) fn of_site(request: &Canonical, own: &Own, rest: &[&str]) -> Result<Ruling, Denial> {
    let [id, rest @ ..] = rest else { return Err(uncovered(request)) };
    own.thing(Kind::Site, "site", id)?;
    match (request.method, rest) {
        ("GET", [] | ["drives"]) => Ok(Ruling::Permitted),
        (_, ["drive", rest @ ..]) => decide(request, own, Whose::Own, 3, rest),
        _ => Err(uncovered(request)),
    }
}

/// Rules for what follows a drive, whose path has `length` segments.
pub(super) fn decide(
    request: &Canonical,
    own: &Own,
    whose: Whose,
    length: usize,
    rest: &[&str],
) -> Result<Ruling, Denial> {
    if rest.is_empty() && request.method == "GET" {
        return Ok(Ruling::Permitted);
    }
    let (item, action) = item(rest).ok_or_else(|| uncovered(request))?;
    act(request, own, &item, action)?;
    if whose == Whose::Lent {
        stays(request, &item, action)?;
    }
    match (whose, &item) {
        (Whose::Own, _) => Ok(Ruling::Permitted),
        (Whose::Lent, Item::Path(path)) if path.first() == Some(&own.folder().as_str()) => Ok(Ruling::Permitted),
        (Whose::Lent, Item::Id(id) | Item::Within(id)) => {
            // `items/{id}` with the colon of a path that follows.
            let path = below(request, length + 2);
            let path = path.strip_suffix(':').unwrap_or(&path).to_owned();
            Ok(Ruling::Look(Look { path, id: (*id).to_owned(), about: About::Filed }))
        }
        (Whose::Lent, Item::Root) if makes(request, action, &own.folder()) => Ok(Ruling::Permitted),
        (Whose::Lent, _) => {
            Err(denial("adopted", format!("{} does not lie in the folder {:?}", request.target, own.folder())))
        }
    }
}

/// Takes a path apart: the item, and what is done with it.
fn item<'a, 'b>(rest: &'b [&'a str]) -> Option<(Item<'a>, &'b [&'a str])> {
    match rest {
        ["root", action @ ..] => Some((Item::Root, action)),
        ["root:", rest @ ..] => {
            let (path, action) = named(rest)?;
            Some((Item::Path(path), action))
        }
        ["items", id, rest @ ..] => match id.strip_suffix(':') {
            None => Some((Item::Id(id), rest)),
            Some(id) => {
                let (_, action) = named(rest)?;
                Some((Item::Within(id), action))
            }
        },
        _ => None,
    }
}

/// The names up to a closing colon, or to the end, and what follows. A colon elsewhere is no part of a name in OneDrive,
/// and would be read in another way by somebody.
fn named<'a, 'b>(rest: &'b [&'a str]) -> Option<(Vec<&'a str>, &'b [&'a str])> {
    let end = rest.iter().position(|name| name.ends_with(':')).map_or(rest.len(), |at| at + 1);
    let (names, action) = rest.split_at_checked(end)?;
    let names: Vec<&str> = names.iter().map(|name| name.strip_suffix(':').unwrap_or(name)).collect();
    let clean = !names.is_empty() && names.iter().all(|name| !name.is_empty() && !name.contains(':'));
    clean.then_some((names, action))
}

/// What is done with an item.
fn act(request: &Canonical, own: &Own, item: &Item<'_>, action: &[&str]) -> Result<(), Denial> {
    match (request.method, action) {
        ("GET", [] | ["children" | "content" | "permissions" | "versions"] | ["permissions", _]) => Ok(()),
        ("GET", ["delta"]) if *item == Item::Root => Ok(()),
        ("PUT", ["content"]) if *item != Item::Root => Ok(()),
        ("DELETE", []) if *item != Item::Root => Ok(()),
        ("PATCH", []) if *item != Item::Root => change(request, own),
        ("POST", ["permanentDelete"]) if *item != Item::Root => nothing(request),
        ("POST", ["children"]) => folder(request),
        ("POST", ["copy"]) => copy(request, own),
        ("POST", ["createLink"]) => sharing::link(request, own),
        ("POST", ["invite"]) => sharing::invite(request, own),
        ("PATCH", ["permissions", _]) => only(body(request)?, "a permission", &["roles", "@odata.type"]),
        ("DELETE", ["permissions", _]) => Ok(()),
        _ => Err(uncovered(request)),
    }
}

/// A new folder.
fn folder(request: &Canonical) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "name" => drop(text(value, "name")?),
            "folder" => only(value, "folder", &["@odata.type"])?,
            "@microsoft.graph.conflictbehavior" | "description" => {}
            _ => return Err(unknown("a folder", &name)),
        }
    }
    Ok(())
}

/// Whether the request makes the folder of this name.
fn makes(request: &Canonical, action: &[&str], folder: &str) -> bool {
    let named = request.json.as_ref().and_then(|body| body.as_object()).is_some_and(|body| {
        body.iter().any(|(name, value)| name.eq_ignore_ascii_case("name") && value.as_str() == Some(folder))
    });
    request.method == "POST" && action == ["children"] && named
}

/// In an adopted person's drive things stay in the deployment's folder, where they were looked at: what is moved or copied
/// elsewhere, or the folder itself under another name, could take the place of a file of theirs.
fn stays(request: &Canonical, item: &Item<'_>, action: &[&str]) -> Result<(), Denial> {
    let within = matches!(item, Item::Path(path) if path.len() > 1);
    let leaves = match (request.method, action) {
        ("POST", ["copy"]) => true,
        ("PATCH", []) => {
            let members = members(request)?;
            members.iter().any(|(name, _)| name == "parentreference" || (name == "name" && !within))
        }
        _ => false,
    };
    if leaves {
        let why = "in an adopted person's drive nothing is copied, moved, or renamed but by a path within the folder";
        return Err(denial("adopted", format!("{}: {why}", request.line())));
    }
    Ok(())
}

/// A new name, or another folder of the same drive.
fn change(request: &Canonical, own: &Own) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "name" | "description" => drop(text(value, &name)?),
            "parentreference" => place(own, value)?,
            _ => return Err(unknown("an item", &name)),
        }
    }
    Ok(())
}

fn copy(request: &Canonical, own: &Own) -> Result<(), Denial> {
    for (name, value) in members(request)? {
        match name.as_str() {
            "name" => drop(text(value, "name")?),
            "parentreference" => place(own, value)?,
            "@microsoft.graph.conflictbehavior" => {}
            _ => return Err(unknown("the body", &name)),
        }
    }
    Ok(())
}

/// Where to: a folder by its id, in this drive or in another of the deployment's. A path could begin at any drive.
fn place(own: &Own, value: &Value) -> Result<(), Denial> {
    for (name, value) in object(value, "parentReference")? {
        match name.as_str() {
            "id" => drop(text(value, "id")?),
            "driveid" => own.thing(Kind::Drive, "drive", text(value, "driveId")?)?,
            _ => return Err(unknown("parentReference", &name)),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_colons_are_taken_apart_as_graph_does() {
        let whole = |path: &'static str| path.split('/').collect::<Vec<_>>();
        for (path, expected, action) in [
            ("root", Item::Root, ""),
            ("root/children", Item::Root, "children"),
            ("root:/a.docx", Item::Path(vec!["a.docx"]), ""),
            ("root:/a/b.docx:/content", Item::Path(vec!["a", "b.docx"]), "content"),
            ("items/1", Item::Id("1"), ""),
            ("items/1/permissions/2", Item::Id("1"), "permissions/2"),
            ("items/1:/b.docx:/content", Item::Within("1"), "content"),
        ] {
            let segments = whole(path);
            let (item, rest) = item(&segments).unwrap();
            assert_eq!((item, rest.join("/")), (expected, action.to_owned()), "{path}");
        }
        for path in
            ["", "root:", "root:/a:b", "root:/:/content", "roots", "items", "special/photos", "items/1:", "root:x"]
        {
            assert_eq!(item(&whole(path)), None, "{path}");
        }
    }
}
