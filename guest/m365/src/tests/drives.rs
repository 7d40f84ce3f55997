//! The drives of the tests' tenant: files that are put, looked at, replaced and shared.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_guest::{
    Instant,
    http::Request,
    time::{MINUTE, rfc3339},
};
use serde_json::{Value, json};

use super::tenant::{Tenant, error};

/// A file.
pub(super) struct File {
    /// The path of its drive.
    pub(super) drive: String,
    /// Its place below the drive's root.
    pub(super) place: String,
    pub(super) made: Instant,
    /// All that was ever put into it, oldest first.
    pub(super) versions: Vec<Vec<u8>>,
    /// Changes by others, which nobody here sees.
    touched: u32,
    pub(super) links: BTreeSet<(String, String)>,
    /// Addresses and roles.
    pub(super) granted: BTreeMap<String, String>,
}

/// What is in drives.
#[derive(Default)]
pub(super) struct Drives {
    /// By id.
    pub(super) files: BTreeMap<String, File>,
    /// Workers, by the end of their address, whose drive never comes.
    pub(super) missing: Vec<String>,
    /// So many looks at a file are followed by a change of somebody else's.
    pub(super) restless: u32,
}

impl Drives {
    /// Lays a file of somebody else's into a drive.
    pub(super) fn lay(&mut self, id: &str, drive: &str, place: &str, made: Instant) {
        let file = File::new(drive.to_owned(), place.to_owned(), made, b"theirs".to_vec());
        self.files.insert(id.to_owned(), file);
    }
}

impl File {
    fn new(drive: String, place: String, made: Instant, content: Vec<u8>) -> File {
        let (links, granted) = (BTreeSet::new(), BTreeMap::new());
        File { drive, place, made, versions: vec![content], touched: 0, links, granted }
    }

    fn tag(&self) -> String {
        format!("\"{{F}},{}\"", self.versions.len() as u32 + self.touched)
    }

    fn shown(&self, id: &str) -> Value {
        let name = self.place.rsplit('/').next().unwrap();
        let made = format!("{}Z", &rfc3339(self.made)[..19]);
        json!({"id": id, "name": name, "eTag": self.tag(), "createdDateTime": made})
    }
}

/// Percent-decoded.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, tail) = match (first, tail) {
            (b'%', [high, low, tail @ ..]) => {
                (u8::from_str_radix(std::str::from_utf8(&[*high, *low]).unwrap(), 16).unwrap(), tail)
            }
            _ => (*first, tail),
        };
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8(bytes).unwrap()
}

fn gone() -> (u16, Value) {
    error(404, "itemNotFound", "The resource could not be found.")
}

impl Tenant {
    /// From the licence until there is a drive.
    const DRIVE: Instant = 5 * MINUTE;

    fn has_drive(&self, now: Instant, kind: &str, owner: &str) -> bool {
        let missing = |name: &str| self.drives.missing.iter().any(|end| name.ends_with(end));
        match (kind, self.users.get(owner)) {
            ("groups", _) => !missing(owner),
            (_, Some(user)) => {
                let ready = user.licensed.is_some_and(|at| now >= at + Tenant::DRIVE);
                ready && !missing(user.body["mailNickname"].as_str().unwrap_or_default())
            }
            (_, None) => false,
        }
    }

    pub(super) fn drive(&mut self, now: Instant, request: &Request, parts: &[&str], body: &Value) -> (u16, Value) {
        let drive = parts[..3].join("/");
        if !self.has_drive(now, parts[0], parts[1]) {
            return error(404, "ResourceNotFound", "User's mysite not found.");
        }
        let rest: Vec<String> = parts[3..].iter().map(|part| decoded(part)).collect();
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        match (request.method.as_str(), rest.as_slice()) {
            ("GET", []) => {
                let url = format!("https://contoso.example/personal/{}/Documents", parts[1]);
                (200, json!({"id": format!("b!{}", parts[1]), "webUrl": url}))
            }
            ("PUT", ["root:", place @ .., "content"]) => {
                assert!(request.target.ends_with("?@microsoft.graph.conflictBehavior=fail"));
                let place = place.join("/").strip_suffix(':').unwrap().to_owned();
                if self.at(&drive, &place).is_some() {
                    return error(409, "nameAlreadyExists", "An item with the same name already exists.");
                }
                let id = self.id();
                let file = File::new(drive, place, now, request.body.clone());
                let shown = file.shown(&id);
                self.drives.files.insert(id, file);
                (201, shown)
            }
            ("GET", ["root:", place @ ..]) => match self.at(&drive, &place.join("/")) {
                Some(id) => (200, self.drives.files[&id].shown(&id)),
                None if self.within(&drive, &place.join("/")).next().is_some() => {
                    (200, json!({"id": format!("folder {}", place.join("/"))}))
                }
                None => gone(),
            },
            ("POST", ["items", id, "permanentDelete"]) => {
                let folder = id.strip_prefix("folder ").unwrap();
                let gone: Vec<String> = self.within(&drive, folder).cloned().collect();
                gone.iter().for_each(|id| drop(self.drives.files.remove(id)));
                (204, Value::Null)
            }
            (_, ["items", id, rest @ ..]) => self.item(&drive, request, (id, rest), body),
            _ => gone(),
        }
    }

    fn at(&self, drive: &str, place: &str) -> Option<String> {
        let is = |file: &File| file.drive == drive && file.place.eq_ignore_ascii_case(place);
        self.drives.files.iter().find(|(_, file)| is(file)).map(|(id, _)| id.clone())
    }

    /// What lies in a folder, in whichever below it.
    fn within(&self, drive: &str, folder: &str) -> impl Iterator<Item = &String> {
        let (drive, folder) = (drive.to_owned(), format!("{folder}/"));
        let files = self.drives.files.iter();
        files.filter(move |(_, file)| file.drive == drive && file.place.starts_with(&folder)).map(|(id, _)| id)
    }

    fn item(&mut self, drive: &str, request: &Request, (id, rest): (&str, &[&str]), body: &Value) -> (u16, Value) {
        let Some(file) = self.drives.files.get_mut(id).filter(|file| file.drive == drive) else { return gone() };
        match (request.method.as_str(), rest) {
            ("GET", []) => {
                let shown = file.shown(id);
                if self.drives.restless > 0 {
                    self.drives.restless -= 1;
                    file.touched += 1;
                }
                (200, shown)
            }
            ("GET", ["content"]) => (200, json!({"bytes": file.versions.last().unwrap().len()})),
            ("PUT", ["content"]) => {
                let known = request.headers.iter().find(|(name, _)| name == "if-match").map(|(_, tag)| tag);
                if known != Some(&file.tag()) {
                    return error(412, "resourceModified", "ETag does not match current item's value");
                }
                file.versions.push(request.body.clone());
                (200, file.shown(id))
            }
            ("POST", ["createLink"]) => {
                let text = |key: &str| body[key].as_str().unwrap().to_owned();
                let new = file.links.insert((text("type"), text("scope")));
                (if new { 201 } else { 200 }, json!({"id": "link"}))
            }
            ("POST", ["invite"]) => {
                assert!(body["requireSignIn"] == true && body["sendInvitation"] == false);
                for recipient in body["recipients"].as_array().unwrap() {
                    let role = body["roles"][0].as_str().unwrap().to_owned();
                    file.granted.insert(recipient["email"].as_str().unwrap().to_owned(), role);
                }
                (200, json!({"value": []}))
            }
            ("GET", ["permissions"]) => {
                let granted = file.granted.keys().map(|address| json!({"grantedToV2": {"user": {"email": address}}}));
                let links = file.links.iter().map(|_| json!({"id": "link", "link": {}}));
                (200, json!({"value": granted.chain(links).collect::<Vec<_>>()}))
            }
            _ => gone(),
        }
    }
}
