//! A drive as a tree of items.

use std::collections::BTreeMap;
use std::sync::Arc;

use uuid::Uuid;

use super::Owner;
use super::sharing::Permission;
use crate::graph::fault::Fault;
use crate::ids;

/// What an item is called inside.
pub(crate) type ItemKey = [u8; 16];

/// Who made or changed something.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum By {
    App(String),
    User(Uuid),
}

/// What is in an item.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Folder,
    File(Arc<[u8]>),
}

/// A file or a folder.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) key: ItemKey,
    /// The root lies in nothing.
    pub(crate) parent: Option<ItemKey>,
    pub(crate) name: String,
    pub(crate) content: Content,
    pub(super) description: Option<String>,
    pub(crate) permissions: Vec<Permission>,
    pub(super) created: u64,
    pub(super) modified: u64,
    pub(super) created_by: By,
    pub(super) modified_by: By,
    pub(super) version: u32,
}

impl Item {
    pub(crate) fn id(&self) -> String {
        format!("01{}", hex::encode_upper(self.key))
    }

    /// What is in a file; `None` of a folder.
    pub(crate) fn bytes(&self) -> Option<&[u8]> {
        match &self.content {
            Content::File(bytes) => Some(bytes),
            Content::Folder => None,
        }
    }

    /// All that is kept of it besides its content and its permissions.
    pub(crate) fn facts(&self) -> impl std::fmt::Debug {
        let by = (&self.created_by, &self.modified_by);
        (self.parent, &self.name, &self.description, self.created, self.modified, by, self.version)
    }

    pub(crate) fn permissions(&self) -> &[Permission] {
        &self.permissions
    }

    /// When it was changed last, and by whom.
    pub(crate) fn changed(&self) -> (u64, &By) {
        (self.modified, &self.modified_by)
    }

    /// In whose name it was made.
    pub(crate) fn creator(&self) -> &By {
        &self.created_by
    }

    pub(crate) fn is_folder(&self) -> bool {
        matches!(self.content, Content::Folder)
    }

    pub(super) fn etag(&self) -> String {
        format!("\"{{{}}},{}\"", Uuid::from_bytes(self.key).to_string().to_uppercase(), self.version)
    }
}

pub(super) fn parse_id(id: &str) -> Option<ItemKey> {
    hex::decode(id.strip_prefix("01")?).ok()?.try_into().ok()
}

/// The id of an owner's drive.
pub(crate) fn drive_id(owner: Uuid) -> String {
    format!("b!{}", hex::encode(ids::digest(&[b"drive", owner.as_bytes()])))
}

/// What becomes of a name that is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Conflict {
    Fail,
    Replace,
    Rename,
}

impl Conflict {
    pub(super) fn read(text: Option<&str>, usual: Conflict) -> Result<Conflict, Fault> {
        match text {
            None => Ok(usual),
            Some("fail") => Ok(Conflict::Fail),
            Some("replace") => Ok(Conflict::Replace),
            Some("rename") => Ok(Conflict::Rename),
            Some(other) => Err(Fault::invalid_file_request(format!("The conflict behavior '{other}' is not known."))),
        }
    }
}

/// A drive.
pub(crate) struct Drive {
    pub(crate) id: String,
    pub(crate) owner: Owner,
    pub(crate) root: ItemKey,
    pub(super) created: u64,
    /// Since when its owner is gone, UTC milliseconds.
    pub(super) orphaned: Option<u64>,
    items: BTreeMap<ItemKey, Item>,
    /// By the folder they lie in and their name in lower case.
    names: BTreeMap<(ItemKey, String), ItemKey>,
}

impl Drive {
    pub(super) fn new(id: String, owner: Owner, now: u64) -> Drive {
        let root = ids::short(ids::digest(&[b"root", id.as_bytes()]));
        let by = By::App("00000003-0000-0ff1-ce00-000000000000".to_owned());
        let item = Item {
            key: root,
            parent: None,
            name: "root".to_owned(),
            content: Content::Folder,
            description: None,
            permissions: Vec::new(),
            created: now,
            modified: now,
            created_by: by.clone(),
            modified_by: by,
            version: 1,
        };
        Drive {
            id,
            owner,
            root,
            created: now,
            orphaned: None,
            items: BTreeMap::from([(root, item)]),
            names: BTreeMap::new(),
        }
    }

    pub(crate) fn get(&self, key: ItemKey) -> Option<&Item> {
        self.items.get(&key)
    }

    /// Everything in it, the root too, always in the same order.
    pub(crate) fn everything(&self) -> impl Iterator<Item = &Item> {
        self.items.values()
    }

    pub(super) fn get_mut(&mut self, key: ItemKey) -> Option<&mut Item> {
        self.items.get_mut(&key)
    }

    pub(super) fn files(&self) -> usize {
        self.items.values().filter(|item| matches!(item.content, Content::File(_))).count()
    }

    pub(crate) fn children(&self, folder: ItemKey) -> impl Iterator<Item = &Item> {
        let range = self.names.range((folder, String::new())..);
        range.take_while(move |((parent, _), _)| *parent == folder).filter_map(|(_, key)| self.items.get(key))
    }

    pub(super) fn named(&self, folder: ItemKey, name: &str) -> Option<ItemKey> {
        self.names.get(&(folder, name.to_lowercase())).copied()
    }

    pub(crate) fn by_path(&self, path: &str) -> Option<ItemKey> {
        let parts = path.split('/').filter(|part| !part.is_empty());
        parts.into_iter().try_fold(self.root, |folder, name| self.named(folder, name))
    }

    /// The path of an item from the root on.
    pub(crate) fn path(&self, item: &Item) -> String {
        let mut names = vec![item.name.as_str()];
        let mut parent = item.parent;
        while let Some(folder) = parent.and_then(|key| self.items.get(&key)).filter(|folder| folder.parent.is_some()) {
            names.push(&folder.name);
            parent = folder.parent;
        }
        names.reverse();
        names.join("/")
    }

    pub(super) fn put(&mut self, item: Item) {
        if let Some(parent) = item.parent {
            self.names.insert((parent, item.name.to_lowercase()), item.key);
        }
        self.items.insert(item.key, item);
    }

    /// Takes an item out, with all that lies in it.
    pub(super) fn remove(&mut self, key: ItemKey) {
        let children: Vec<ItemKey> = self.children(key).map(|child| child.key).collect();
        children.into_iter().for_each(|child| self.remove(child));
        if let Some(item) = self.items.remove(&key)
            && let Some(parent) = item.parent
        {
            self.names.remove(&(parent, item.name.to_lowercase()));
        }
    }

    /// Gives an item another name or another folder.
    ///
    /// # Errors
    /// The name is taken there, or the folder lies in the item itself.
    pub(super) fn relocate(&mut self, key: ItemKey, folder: ItemKey, name: &str) -> Result<(), Fault> {
        if self.named(folder, name).is_some_and(|other| other != key) {
            return Err(Fault::name_taken());
        }
        let mut above = Some(folder);
        while let Some(at) = above {
            if at == key {
                return Err(Fault::invalid_file_request("A folder cannot be moved into itself."));
            }
            above = self.items.get(&at).and_then(|item| item.parent);
        }
        let Some(mut item) = self.items.remove(&key) else { return Err(Fault::file_not_found()) };
        if let Some(parent) = item.parent {
            self.names.remove(&(parent, item.name.to_lowercase()));
        }
        item.parent = Some(folder);
        item.name = name.to_owned();
        self.put(item);
        Ok(())
    }

    /// A name that is free in a folder: `a.docx`, `a 1.docx`, ..
    pub(super) fn free_name(&self, folder: ItemKey, name: &str) -> String {
        let (stem, end) = name.rsplit_once('.').map_or((name, String::new()), |(stem, end)| (stem, format!(".{end}")));
        let others = (1..).map(|number: u32| format!("{stem} {number}{end}"));
        let mut names = std::iter::once(name.to_owned()).chain(others);
        names.find(|name| self.named(folder, name).is_none()).unwrap_or_default()
    }

    /// Bytes in all files below an item.
    pub(super) fn size(&self, item: &Item) -> u64 {
        match &item.content {
            Content::File(bytes) => bytes.len() as u64,
            Content::Folder => self.children(item.key).map(|child| self.size(child)).sum(),
        }
    }
}

/// Refuses what OneDrive does not take as a name.
pub(super) fn check_name(name: &str) -> Result<(), Fault> {
    let bad = |c: char| "\"*:<>?/\\|".contains(c) || c.is_control();
    if name.is_empty() || name.len() > 255 || name.trim() != name || name.contains(bad) || name == "." || name == ".." {
        return Err(Fault::invalid_file_request("The provided name cannot contain restricted characters."));
    }
    Ok(())
}
