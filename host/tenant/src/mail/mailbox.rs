//! One mailbox: its folders, its messages, and the orders in which they are found.
//!
//! Every message is filed in three ordered sets: by time in its folder, by time in the whole mailbox, and by a hash of its
//! internet message id. They hold keys only, so that reading the newest ten, counting a folder or finding a mail by the id
//! it travelled under costs the same in a mailbox of ten messages and of a hundred thousand.
//!
//! A message may lie in a mailbox before it is to be seen: delivery takes time. It is there from `arrives` on, by the
//! clock of the one who looks, so what a reader sees depends on when it reads and not on which request came first.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use serde_json::{Map, Value};

use super::content::{Address, Content};
use super::rules::Rule;
use crate::ids::{self, Seed};

/// What a message or a folder is called inside: sixteen bytes, of which its public ids are made.
pub(crate) type Key = [u8; 16];

/// The folders every mailbox has: the well-known name, the name shown.
pub(crate) const WELL_KNOWN: [(&str, &str); 8] = [
    ("inbox", "Inbox"),
    ("drafts", "Drafts"),
    ("sentitems", "Sent Items"),
    ("deleteditems", "Deleted Items"),
    ("outbox", "Outbox"),
    ("junkemail", "Junk Email"),
    ("archive", "Archive"),
    ("msgfolderroot", "Top of Information Store"),
];

/// Which folder, by its place among a mailbox's folders.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FolderIndex(u32);

impl FolderIndex {
    fn of(place: usize) -> FolderIndex {
        FolderIndex(u32::try_from(place).unwrap_or(u32::MAX))
    }

    fn place(self) -> usize {
        self.0 as usize
    }
}

pub(crate) const INBOX: FolderIndex = FolderIndex(0);
pub(crate) const DRAFTS: FolderIndex = FolderIndex(1);
pub(crate) const SENT_ITEMS: FolderIndex = FolderIndex(2);
pub(crate) const DELETED_ITEMS: FolderIndex = FolderIndex(3);
pub(crate) const ROOT: FolderIndex = FolderIndex(7);

/// A message as one mailbox has it.
#[derive(Debug, Clone)]
pub(crate) struct Item {
    pub(crate) key: Key,
    pub(crate) content: Arc<Content>,
    pub(crate) folder: FolderIndex,
    pub(crate) created: u64,
    pub(crate) modified: u64,
    pub(crate) sent: Option<u64>,
    pub(crate) received: u64,
    /// From when on it is to be seen.
    pub(crate) arrives: u64,
    pub(crate) read: bool,
    pub(crate) draft: bool,
    /// How often it was changed; it makes the change key.
    pub(crate) version: u32,
    /// How often it was moved; a move makes a new id, but not a new immutable one.
    pub(crate) moves: u32,
}

/// How ids that change with a move begin, and how those begin that do not.
const ID_PREFIX: &str = "AAMkAD";
const IMMUTABLE_PREFIX: &str = "AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0A";

impl Item {
    /// Its id as Graph shows it.
    pub(crate) fn id(&self, immutable: bool) -> String {
        if immutable {
            return format!("{IMMUTABLE_PREFIX}{}", URL_SAFE_NO_PAD.encode(self.key));
        }
        let bytes: Vec<u8> = self.key.iter().copied().chain(self.moves.to_be_bytes()).collect();
        format!("{ID_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    pub(crate) fn seen(&self, now: u64) -> bool {
        self.arrives <= now
    }
}

/// What an id in a path says, if it is one: the key, and the number of moves unless it is immutable.
fn parsed(id: &str) -> Option<(Key, Option<u32>)> {
    if let Some(rest) = id.strip_prefix(IMMUTABLE_PREFIX) {
        return Some((URL_SAFE_NO_PAD.decode(rest).ok()?.try_into().ok()?, None));
    }
    let bytes = URL_SAFE_NO_PAD.decode(id.strip_prefix(ID_PREFIX)?).ok()?;
    let (key, moves) = bytes.split_at_checked(16)?;
    Some((key.try_into().ok()?, Some(u32::from_be_bytes(moves.try_into().ok()?))))
}

/// A folder.
pub(crate) struct Folder {
    pub(crate) key: Key,
    /// The well-known name, of a folder that has one.
    pub(crate) name: Option<&'static str>,
    pub(crate) display_name: String,
    /// In which folder it lies; the root lies in none.
    pub(crate) parent: Option<FolderIndex>,
    /// Whether it was removed. Its place stays, because others are named by theirs.
    pub(crate) gone: bool,
    items: BTreeSet<(u64, Key)>,
    unread: usize,
}

impl Folder {
    /// Its id as Graph shows it.
    pub(crate) fn id(&self) -> String {
        format!("AQMkAD{}", URL_SAFE_NO_PAD.encode(self.key))
    }
}

/// Why a message was not found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Malformed,
    NotHere,
}

/// A mailbox.
pub(crate) struct Mailbox {
    pub(crate) owner: Address,
    /// In the order of their sequence.
    pub(crate) rules: Vec<Rule>,
    /// What was set of its settings.
    pub(crate) settings: Map<String, Value>,
    /// Boxed: a map has room for more than it holds, and that room costs nothing then.
    items: HashMap<Key, Box<Item>>,
    folders: Vec<Folder>,
    by_time: BTreeSet<(u64, Key)>,
    by_message_id: BTreeSet<(u64, Key)>,
}

/// By what a mail is found whose internet message id is known; case does not count.
pub(super) fn hashed(message_id: &str) -> u64 {
    ids::number(ids::digest(&[message_id.to_ascii_lowercase().as_bytes()]))
}

impl Mailbox {
    /// An empty mailbox. Its folders' ids derive from the seed and `name`, which is unique in the tenant.
    pub(crate) fn new(owner: Address, seed: &Seed, name: &str) -> Mailbox {
        let folders = WELL_KNOWN
            .iter()
            .map(|(well_known, display_name)| Folder {
                key: ids::short(seed.derive("folder", &format!("{name}/{well_known}"))),
                name: Some(well_known),
                display_name: (*display_name).to_owned(),
                parent: (*well_known != "msgfolderroot").then_some(ROOT),
                gone: false,
                items: BTreeSet::new(),
                unread: 0,
            })
            .collect();
        Mailbox {
            owner,
            rules: Vec::new(),
            settings: Map::new(),
            items: HashMap::new(),
            folders,
            by_time: BTreeSet::new(),
            by_message_id: BTreeSet::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn folders(&self) -> &[Folder] {
        &self.folders
    }

    pub(crate) fn folder(&self, index: FolderIndex) -> Option<&Folder> {
        self.folders.get(index.place())
    }

    /// The names of a folder and of those it lies in, from the top on, parted by slashes.
    pub(crate) fn path(&self, folder: &Folder) -> String {
        match folder.parent.filter(|parent| *parent != ROOT).and_then(|parent| self.folder(parent)) {
            Some(parent) => format!("{}/{}", self.path(parent), folder.display_name),
            None => folder.display_name.clone(),
        }
    }

    /// A folder by its id or its well-known name.
    pub(crate) fn find_folder(&self, id: &str) -> Option<FolderIndex> {
        self.folders
            .iter()
            .position(|folder| {
                !folder.gone && (folder.name.is_some_and(|name| name.eq_ignore_ascii_case(id)) || folder.id() == id)
            })
            .map(FolderIndex::of)
    }

    /// The folders in a folder, with their places.
    pub(crate) fn children(&self, parent: FolderIndex) -> impl Iterator<Item = (FolderIndex, &Folder)> {
        let folders = self.folders.iter().enumerate().map(|(index, folder)| (FolderIndex::of(index), folder));
        folders.filter(move |(_, folder)| !folder.gone && folder.parent == Some(parent))
    }

    /// Makes a folder in another; `None` where that has one of this name.
    pub(crate) fn add_folder(&mut self, key: Key, display_name: String, parent: FolderIndex) -> Option<FolderIndex> {
        if self.children(parent).any(|(_, folder)| folder.display_name.eq_ignore_ascii_case(&display_name)) {
            return None;
        }
        let folder = Folder {
            key,
            name: None,
            display_name,
            parent: Some(parent),
            gone: false,
            items: BTreeSet::new(),
            unread: 0,
        };
        self.folders.push(folder);
        Some(FolderIndex::of(self.folders.len() - 1))
    }

    pub(crate) fn folder_mut(&mut self, index: FolderIndex) -> Option<&mut Folder> {
        self.folders.get_mut(index.place())
    }

    /// Removes a folder with all that lies in it.
    pub(crate) fn remove_folder(&mut self, index: FolderIndex) {
        let children: Vec<FolderIndex> = self.children(index).map(|(child, _)| child).collect();
        children.into_iter().for_each(|child| self.remove_folder(child));
        let keys: Vec<Key> =
            self.folder(index).into_iter().flat_map(|folder| folder.items.iter().map(|(_, key)| *key)).collect();
        keys.into_iter().for_each(|key| drop(self.take(key)));
        if let Some(folder) = self.folder_mut(index) {
            folder.gone = true;
        }
    }

    /// The first key made by `make` that is free here.
    pub(crate) fn free_key(&self, make: impl Fn(u64) -> [u8; 32]) -> Key {
        (0..).map(|ordinal| ids::short(make(ordinal))).find(|key| !self.items.contains_key(key)).unwrap_or_default()
    }

    pub(crate) fn put(&mut self, item: Item) {
        let filed = (item.received, item.key);
        if let Some(folder) = self.folders.get_mut(item.folder.place()) {
            folder.items.insert(filed);
            folder.unread += usize::from(!item.read);
        }
        self.by_time.insert(filed);
        self.by_message_id.insert((hashed(&item.content.internet_message_id), item.key));
        self.items.insert(item.key, Box::new(item));
    }

    pub(crate) fn take(&mut self, key: Key) -> Option<Item> {
        let item = *self.items.remove(&key)?;
        let filed = (item.received, key);
        if let Some(folder) = self.folders.get_mut(item.folder.place()) {
            folder.items.remove(&filed);
            folder.unread -= usize::from(!item.read);
        }
        self.by_time.remove(&filed);
        self.by_message_id.remove(&(hashed(&item.content.internet_message_id), key));
        Some(item)
    }

    /// The message of this id, as of `now`.
    pub(crate) fn find(&self, id: &str, now: u64) -> Result<&Item, Missing> {
        let (key, moves) = parsed(id).ok_or(Missing::Malformed)?;
        let item = self.items.get(&key).ok_or(Missing::NotHere)?;
        // The old id of a message that was moved leads nowhere.
        let current = moves.is_none_or(|moves| moves == item.moves);
        if current && item.seen(now) { Ok(item) } else { Err(Missing::NotHere) }
    }

    /// Messages as of `now`, newest first, in a folder or in all of them, from behind `after` on.
    pub(crate) fn newest(
        &self,
        folder: Option<FolderIndex>,
        after: Option<(u64, Key)>,
        now: u64,
    ) -> impl Iterator<Item = &Item> {
        static NONE: BTreeSet<(u64, Key)> = BTreeSet::new();
        let index = match folder {
            Some(folder) => self.folders.get(folder.place()).map_or(&NONE, |folder| &folder.items),
            None => &self.by_time,
        };
        let upto = after.map_or(std::ops::Bound::Unbounded, std::ops::Bound::Excluded);
        index
            .range((std::ops::Bound::Unbounded, upto))
            .rev()
            .filter_map(|(_, key)| self.items.get(key))
            .map(Box::as_ref)
            .filter(move |item| item.seen(now))
    }

    /// Messages as of `now` that travelled under this internet message id.
    pub(crate) fn travelled_as(&self, message_id: &str, now: u64) -> impl Iterator<Item = &Item> {
        let hash = hashed(message_id);
        self.by_message_id
            .range((hash, [0; 16])..=(hash, [0xff; 16]))
            .filter_map(|(_, key)| self.items.get(key))
            .map(Box::as_ref)
            .filter(move |item| item.seen(now))
    }

    /// How many messages a folder has as of `now`, and how many of them are unread. `lag` is the longest time between
    /// the moment a message is dated and the moment it is seen, in milliseconds.
    pub(crate) fn counts(&self, folder: &Folder, now: u64, lag: u64) -> (usize, usize) {
        let recent = folder.items.range((now.saturating_sub(lag), [0; 16])..);
        let unseen = recent.filter_map(|(_, key)| self.items.get(key)).filter(|item| !item.seen(now));
        unseen.fold((folder.items.len(), folder.unread), |(total, unread), item| {
            (total - 1, unread - usize::from(!item.read))
        })
    }

    /// Everything in it, seen or not, oldest first.
    pub(crate) fn everything(&self) -> impl Iterator<Item = &Item> {
        self.by_time.iter().filter_map(|(_, key)| self.items.get(key)).map(Box::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> Mailbox {
        let owner = Address { name: "Ada".into(), address: "ada@contoso.example".into() };
        Mailbox::new(owner, &Seed::new(1), "ada")
    }

    fn item(number: u8, received: u64) -> Item {
        let content = Content::new(format!("<{number}@contoso.example>"), Address::default());
        Item {
            key: [number; 16],
            content: Arc::new(content),
            folder: INBOX,
            created: received,
            modified: received,
            sent: Some(received),
            received,
            arrives: received,
            read: false,
            draft: false,
            version: 0,
            moves: 0,
        }
    }

    fn counts(mailbox: &Mailbox, now: u64) -> (usize, usize) {
        mailbox.counts(mailbox.folder(INBOX).unwrap(), now, 0)
    }

    #[test]
    fn the_newest_message_comes_first_and_a_page_goes_on_behind_the_last() {
        let mut mailbox = mailbox();
        (1..=3).for_each(|number| mailbox.put(item(number, u64::from(number))));
        let keys = |after| mailbox.newest(Some(INBOX), after, 9).map(|item| item.key[0]).collect::<Vec<_>>();
        assert_eq!(keys(None), [3, 2, 1]);
        assert_eq!(keys(Some((2, [2; 16]))), [1]);
    }

    #[test]
    fn a_message_under_way_is_neither_found_nor_counted() {
        let mut mailbox = mailbox();
        mailbox.put(item(1, 10));
        mailbox.put(item(2, 20));
        assert_eq!(counts(&mailbox, 15), (1, 1));
        assert_eq!(counts(&mailbox, 20), (2, 2));
        let id = item(2, 20).id(true);
        assert_eq!(mailbox.find(&id, 15).unwrap_err(), Missing::NotHere);
        assert!(mailbox.find(&id, 20).is_ok());
        assert_eq!(mailbox.travelled_as("<2@CONTOSO.example>", 15).count(), 0);
        assert_eq!(mailbox.travelled_as("<2@CONTOSO.example>", 20).count(), 1);
    }

    #[test]
    fn a_move_makes_a_new_id_but_not_a_new_immutable_one() {
        let mut mailbox = mailbox();
        mailbox.put(item(1, 1));
        let (old, lasting) = (item(1, 1).id(false), item(1, 1).id(true));
        let mut moved = mailbox.take([1; 16]).unwrap();
        moved.moves += 1;
        moved.folder = SENT_ITEMS;
        mailbox.put(moved);
        assert_eq!(mailbox.find(&old, 9).unwrap_err(), Missing::NotHere);
        assert!(mailbox.find(&lasting, 9).is_ok());
        assert_eq!(counts(&mailbox, 9), (0, 0));
        assert_eq!(mailbox.find("nonsense", 9).unwrap_err(), Missing::Malformed);
    }
}
