//! What the tenant said: the only proof that a thing is this deployment's.
//!
//! A guest writes the ledger, and could write anything into it. So the host listens to the answers that pass through it,
//! and remembers which things the tenant named as made by this deployment: the answer to their making, or a look at a
//! mark that nobody else's has (the tag of users, the name of groups). An id enters the ledger only if it was heard here;
//! after a restart the ledger is the memory, and nothing has to be heard again.
//!
//! It also remembers what costs a look to find out: messages and events all of whose participants are workers. Those are
//! memory only; what is forgotten is looked up again.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_store::Instant;

use super::own::Kind;

/// So many messages and events are remembered; then all are forgotten, and looked up again where they matter.
const MOST: usize = 50_000;

/// Under which names the ledger may list what was heard of.
#[derive(Debug)]
enum Names {
    /// Any: the thing has none of its own in the tenant, and nothing is decided by what the ledger calls it.
    Any,
    /// These: people and groups are reached by their names, too, so somebody else's name for an own id would be a way to
    /// somebody else. What was heard of without its name (an answer can be narrowed to ids) may have none.
    Only(BTreeSet<String>),
}

/// What was heard in this process.
#[derive(Debug, Default)]
pub(super) struct Witness {
    /// Ids, each with the names under which the ledger may list it.
    heard: BTreeMap<Kind, BTreeMap<String, Names>>,
    /// Ids, folded, of which the tenant said that there is no such thing.
    gone: BTreeSet<(Kind, String)>,
    /// Names of created people, so that they are known by them, too.
    names: BTreeSet<String>,
    /// Whom the operator lends: names and addresses, and their ids.
    roster: BTreeMap<String, String>,
    /// Whether the whole roster was read.
    pub(super) rostered: bool,
    /// Of those, who has no role in the directory, and who has one.
    ordinary: BTreeSet<String>,
    privileged: BTreeSet<String>,
    /// Messages and events that concern workers only.
    among_workers: BTreeSet<String>,
    /// Messages in adopted people's mailboxes that this deployment sent.
    ours: BTreeSet<String>,
    /// What this deployment said in private chats, and since when this is remembered.
    said: BTreeSet<(String, String)>,
    said_since: Option<Instant>,
}

impl Witness {
    /// The tenant said that this is the deployment's, and may be listed under these names.
    pub(super) fn hear<'a>(&mut self, kind: Kind, id: &str, names: impl IntoIterator<Item = &'a str>) {
        let names: Vec<String> =
            names.into_iter().filter(|name| !name.is_empty()).map(|name| kind.folded(name)).collect();
        let id = kind.folded(id);
        match kind {
            Kind::User => self.names.extend(names.iter().cloned()),
            Kind::Adopted => {
                self.roster.extend(names.iter().map(|name| (name.clone(), id.clone())));
                self.roster.insert(id.clone(), id.clone());
            }
            _ => {}
        }
        let fresh = || if kind.is_named() { Names::Only(BTreeSet::new()) } else { Names::Any };
        if let Names::Only(known) = self.heard.entry(kind).or_default().entry(id).or_insert_with(fresh) {
            known.extend(names);
        }
    }

    /// The tenant said that there is no such thing.
    pub(super) fn misses(&mut self, kind: Kind, id: &str) {
        self.gone.insert((kind, kind.folded(id)));
    }

    /// Whether the ledger may let go of what it lists under this name: the tenant said that it is gone, or nobody heard
    /// that it ever was there.
    pub(super) fn lets_go(&self, kind: Kind, name: &str, id: Option<&str>) -> bool {
        let is_gone = |id: &str| self.gone.contains(&(kind, id.to_owned()));
        if let Some(id) = id {
            return is_gone(&kind.folded(id));
        }
        let name = kind.folded(name);
        let is_called_so = |names: &Names| matches!(names, Names::Only(names) if names.contains(&name));
        let mut heard = self.heard.get(&kind).into_iter().flatten();
        heard.all(|(id, names)| !is_called_so(names) || is_gone(id))
    }

    /// Whether something, by its folded id, or a person by name, was heard of.
    pub(super) fn saw(&self, kind: Kind, folded: &str) -> bool {
        self.heard.get(&kind).is_some_and(|heard| heard.contains_key(folded))
            || (kind == Kind::User && self.names.contains(folded))
    }

    /// The id of somebody whom the operator lends, by id, name or address; all folded.
    pub(super) fn lent(&self, person: &str) -> Option<String> {
        self.roster.get(person).cloned()
    }

    /// What somebody is a member of was read: roles in the directory among it, or not, and whether that was all of it.
    pub(super) fn hear_memberships(&mut self, person: &str, privileged: bool, all: bool) {
        let id = self.lent(person).unwrap_or_else(|| person.to_owned());
        if privileged {
            self.privileged.insert(id);
        } else if all {
            self.ordinary.insert(id);
        }
    }

    /// Whether the ledger may list this id under this name. Kinds without names of their own take any. Nobody is adopted
    /// whose memberships were not read, or who has a role in the directory.
    pub(super) fn vouches(&self, kind: Kind, name: &str, id: &str) -> bool {
        let id = &kind.folded(id);
        if kind == Kind::Adopted && (self.privileged.contains(id) || !self.ordinary.contains(id)) {
            return false;
        }
        match self.heard.get(&kind).and_then(|heard| heard.get(id)) {
            Some(Names::Any) => true,
            Some(Names::Only(names)) => names.contains(&kind.folded(name)),
            None => false,
        }
    }

    /// Whether a user was heard of in this domain (`@contoso.example`).
    pub(super) fn has_user_in(&self, domain: &str) -> bool {
        self.names.iter().any(|name| name.ends_with(domain))
    }

    /// This message or event concerns workers only.
    pub(super) fn is_among_workers(&mut self, id: &str) {
        remember(&mut self.among_workers, id);
    }

    /// Whether it is known to.
    pub(super) fn knows_among_workers(&self, id: &str) -> bool {
        self.among_workers.contains(id)
    }

    /// It may be something else from now on.
    pub(super) fn forget_among_workers(&mut self, id: &str) {
        self.among_workers.remove(id);
    }

    /// This message was sent by this deployment.
    pub(super) fn is_ours(&mut self, id: &str) {
        remember(&mut self.ours, id);
    }

    /// Since when it is remembered what this deployment says in private chats; from now on, if it was not yet.
    pub(super) fn listens(&mut self, now: Instant) -> Instant {
        *self.said_since.get_or_insert(now)
    }

    /// This deployment says this in a private chat.
    pub(super) fn says(&mut self, chat: &str, words: &str) {
        if self.said.len() >= MOST {
            self.said.clear();
            self.said_since = None;
        }
        self.said.insert((chat.to_owned(), words.trim().to_owned()));
    }

    /// Whether it is remembered to have.
    pub(super) fn knows_said(&self, chat: &str, words: &str) -> bool {
        self.said.contains(&(chat.to_owned(), words.trim().to_owned()))
    }

    /// Whether it is known to be.
    pub(super) fn knows_ours(&self, id: &str) -> bool {
        self.ours.contains(id)
    }
}

fn remember(set: &mut BTreeSet<String>, id: &str) {
    if set.len() >= MOST {
        set.clear();
    }
    set.insert(id.to_owned());
}
