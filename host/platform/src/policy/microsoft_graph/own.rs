//! What is this deployment's own: the ledger, as the host believes it.
//!
//! The ledger's names are written by the guest, so a name alone proves nothing: who may intend `chief@contoso.example`
//! could then write to the chief. What counts is an entry *with an id*, and an id enters the ledger only where the tenant
//! itself has said that the thing is this deployment's ([`Witness`]). A name that is only intended counts for making the
//! thing, and, for people, as a recipient under the deployment's own form of name in a domain where it has people.
//!
//! Entries are remembered and never forgotten, so a hit is always right and a miss is looked up again: a thing that was
//! released is still this deployment's, if it is anything at all.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use haymaker_engine::http::Denial;
use haymaker_store::{Error, Instant};

use super::denial::{broken, denial};
use super::witness::Witness;
use crate::grants::Records;
use crate::tenant_policy::anomalies;

/// Ledger entries are read in pages of this size.
const PAGE: usize = 1_000;

/// What a ledger entry is, as far as this policy cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// `user`: a person that this deployment created.
    User,
    /// `adopted-user`: a person who was there before, lent by the operator.
    Adopted,
    /// `group`: a security group or a Microsoft 365 group.
    Group,
    /// `team`: the team of a group, under the group's id.
    Team,
    /// `chat`.
    Chat,
    /// `site`: the site of a group.
    Site,
    /// `drive`: of a person, a group or a site.
    Drive,
    /// `folder`: a mail folder in an adopted person's mailbox.
    Folder,
    /// `event`: an event in an adopted person's calendar, under its `iCalUId`.
    Event,
}

impl Kind {
    /// From the ledger's word; others mean nothing here.
    pub(super) fn of(word: &str) -> Option<Kind> {
        Some(match word {
            "user" => Kind::User,
            "adopted-user" => Kind::Adopted,
            "group" => Kind::Group,
            "team" => Kind::Team,
            "chat" => Kind::Chat,
            "site" => Kind::Site,
            "drive" => Kind::Drive,
            "folder" => Kind::Folder,
            "event" => Kind::Event,
            _ => return None,
        })
    }

    /// Whether the tenant knows such a thing by a name of its own, which the ledger must then list it under. A team goes
    /// by its group's id.
    pub(super) fn is_named(self) -> bool {
        matches!(self, Kind::User | Kind::Adopted | Kind::Group)
    }

    /// Ids and names as the tenant compares them: the directory's without regard to case. Folded is ASCII only: a letter
    /// of another script that folds to an ASCII one is another letter on the wire.
    pub(super) fn folded(self, text: &str) -> String {
        match self {
            Kind::User | Kind::Adopted | Kind::Group | Kind::Team => text.to_ascii_lowercase(),
            Kind::Chat | Kind::Site | Kind::Drive | Kind::Folder | Kind::Event => text.to_owned(),
        }
    }
}

/// Whose a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Created by this deployment: everything of theirs is its own.
    Created,
    /// Lent: only what this deployment put there is its own.
    Adopted,
}

/// Entries of one kind.
#[derive(Default)]
struct Entries {
    ids: BTreeSet<String>,
    /// Of entries with an id.
    names: BTreeSet<String>,
    /// Of entries without one.
    intended: BTreeSet<String>,
}

/// The ledger as it was read last.
#[derive(Default)]
struct Known {
    /// Where the log ended before.
    seq: Option<u64>,
    entries: BTreeMap<Kind, Entries>,
    /// Chats by id, with the moment since when the ledger has known each.
    chats: BTreeMap<String, Instant>,
}

impl Known {
    fn any(&self, kind: Kind, has: impl Fn(&Entries) -> bool) -> bool {
        self.entries.get(&kind).is_some_and(has)
    }

    fn has(&self, kind: Kind, id: &str) -> bool {
        self.any(kind, |entries| entries.ids.contains(id))
    }

    fn is_real(&self, kind: Kind, person: &str) -> bool {
        self.any(kind, |entries| entries.ids.contains(person) || entries.names.contains(person))
    }

    fn lists(&self, kind: Kind, name: &str) -> bool {
        self.any(kind, |entries| entries.names.contains(name) || entries.intended.contains(name))
    }
}

/// The ledger, and what the tenant said.
pub(super) struct Own {
    records: Arc<Records>,
    known: Mutex<Known>,
    witness: Mutex<Witness>,
    /// Whether the tenant's operator permits anomalies.
    pub(super) permits_anomalies: bool,
}

impl Own {
    pub(super) fn new(records: Arc<Records>) -> Own {
        Own { records, known: Mutex::default(), witness: Mutex::default(), permits_anomalies: false }
    }

    /// The deployment's id.
    pub(super) fn deployment(&self) -> &str {
        &self.records.deployment
    }

    /// What users of this deployment carry as their `employeeType`.
    pub(super) fn tag(&self) -> String {
        format!("haymaker:{}", self.records.deployment)
    }

    /// How the names of this deployment's users and groups begin.
    pub(super) fn prefix(&self) -> String {
        format!("haymaker-{}-", self.records.deployment).to_ascii_lowercase()
    }

    /// Whether a name has the deployment's own form: nobody else's has it.
    pub(super) fn is_own_form(&self, name: &str) -> bool {
        name.to_ascii_lowercase().starts_with(&self.prefix())
    }

    pub(super) fn witness(&self) -> MutexGuard<'_, Witness> {
        self.witness.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a thing of this kind is the deployment's own, by its id.
    pub(super) fn has(&self, kind: Kind, id: &str) -> Result<bool, Denial> {
        let id = kind.folded(id);
        let seen = self.witness().saw(kind, &id);
        Ok(seen || self.ask(|known| known.has(kind, &id))?)
    }

    /// Whether the ledger lists a thing of this kind and name, real or only intended.
    pub(super) fn lists(&self, kind: Kind, name: &str) -> Result<bool, Denial> {
        let name = kind.folded(name);
        self.ask(|known| known.lists(kind, &name))
    }

    /// Whose a person is, by id or name; none: a bystander.
    pub(super) fn standing(&self, person: &str) -> Result<Option<Standing>, Denial> {
        let person = Kind::User.folded(person);
        if self.witness().saw(Kind::User, &person) {
            return Ok(Some(Standing::Created));
        }
        // Adopted people have an address beside their name: the lender's roster says whose it is.
        let lent = self.witness().lent(&person).unwrap_or_else(|| person.clone());
        self.find(|known| {
            let adopted = || known.is_real(Kind::Adopted, &person) || known.has(Kind::Adopted, &lent);
            let adopted = || adopted().then_some(Standing::Adopted);
            known.is_real(Kind::User, &person).then_some(Standing::Created).or_else(adopted)
        })
    }

    /// A person in a path.
    pub(super) fn subject(&self, person: &str) -> Result<Standing, Denial> {
        let standing = self.standing(person)?;
        standing.ok_or_else(|| denial("subject", format!("{person:?} is not one of this deployment's users")))
    }

    /// A person that this deployment created.
    pub(super) fn created(&self, person: &str) -> Result<(), Denial> {
        match self.subject(person)? {
            Standing::Created => Ok(()),
            Standing::Adopted => Err(denial(
                "adopted",
                format!("{person:?} was not created by this deployment, so it changes nothing there"),
            )),
        }
    }

    /// A group, or the group of a team.
    pub(super) fn group(&self, id: &str) -> Result<(), Denial> {
        let folded = Kind::Group.folded(id);
        let kinds = [Kind::Group, Kind::Team];
        let seen = kinds.iter().any(|kind| self.witness().saw(*kind, &folded));
        if seen || self.ask(|known| kinds.iter().any(|kind| known.has(*kind, &folded)))? {
            return Ok(());
        }
        Err(denial("group", format!("{id:?} is not one of this deployment's groups")))
    }

    /// A thing of another kind.
    pub(super) fn thing(&self, kind: Kind, what: &str, id: &str) -> Result<(), Denial> {
        if self.has(kind, id)? {
            return Ok(());
        }
        Err(denial(what, format!("{id:?} is not one of this deployment's {what}s")))
    }

    /// Whether an address is a worker's.
    pub(super) fn is_worker(&self, address: &str) -> Result<bool, Denial> {
        if self.standing(address)?.is_some() {
            return Ok(true);
        }
        let folded = Kind::User.folded(address);
        // Not made yet, or not known to be: such a name is nobody else's, but only in a domain of the tenant.
        let domain = folded.split_once('@').map(|(_, domain)| format!("@{domain}")).unwrap_or_default();
        let own = self.is_own_form(&folded) && !domain.is_empty();
        let seen = own && self.witness().has_user_in(&domain);
        let is_ours = |users: &Entries| {
            users.intended.contains(&folded) && (seen || users.names.iter().any(|name| name.ends_with(&domain)))
        };
        Ok(own && self.ask(|known| known.any(Kind::User, is_ours))?)
    }

    /// An address that something is sent to.
    pub(super) fn recipient(&self, address: &str) -> Result<(), Denial> {
        if self.is_worker(address)? {
            return Ok(());
        }
        Err(denial("recipient", format!("{address:?} is not one of this deployment's workers")))
    }

    /// Whether the ledger may list a thing of this kind under this name with this id.
    pub(super) fn vouches(&self, kind: Kind, name: &str, id: &str) -> Result<bool, Denial> {
        let heard = self.witness().vouches(kind, name, id);
        // A team has its group's id.
        Ok(heard || (kind == Kind::Team && self.has(Kind::Group, id)?))
    }

    /// Since when the ledger has known a chat; none: it does not.
    pub(super) fn chat_since(&self, id: &str) -> Result<Option<Instant>, Denial> {
        self.find(|known| known.chats.get(id).copied())
    }

    /// When something last happened to this deployment, on its own clock, which the tenant shares.
    pub(super) fn updated(&self) -> Result<Instant, Denial> {
        let view = self.records.store.deployment(&self.records.deployment).map_err(|error| broken(&error))?;
        Ok(view.map(|view| view.updated).unwrap_or_default())
    }

    /// The folder that is the deployment's own in an adopted person's drive.
    pub(super) fn folder(&self) -> String {
        format!("haymaker-{}", self.records.deployment)
    }

    /// Whether a person, who may not be adopted yet, is one that the operator lends.
    pub(super) fn is_lent(&self, person: &str) -> bool {
        self.witness().lent(&Kind::Adopted.folded(person)).is_some()
    }

    /// The group whose members the operator lends to this deployment (`workers_from: group:<id>` of its config).
    pub(super) fn lender(&self) -> Result<Option<String>, Denial> {
        let view = self.records.store.deployment(&self.records.deployment).map_err(|error| broken(&error))?;
        let from = view.and_then(|view| view.acceptance.config.get("workers_from")?.as_str().map(str::to_owned));
        Ok(from.and_then(|from| from.strip_prefix("group:").map(str::to_ascii_lowercase)))
    }

    /// Whether this deployment may do what an anomaly pack needs: its config names the pack, and the operator permits it.
    pub(super) fn may(&self, pack: &str) -> Result<bool, Denial> {
        if !self.permits_anomalies {
            return Ok(false);
        }
        let view = self.records.store.deployment(&self.records.deployment).map_err(|error| broken(&error))?;
        Ok(view.is_some_and(|view| anomalies::packs(&view.acceptance.config).contains(&pack)))
    }

    fn ask(&self, question: impl Fn(&Known) -> bool) -> Result<bool, Denial> {
        Ok(self.find(|known| question(known).then_some(()))?.is_some())
    }

    /// Asks the ledger as it was read last, and where that finds nothing, as it stands now.
    fn find<T>(&self, question: impl Fn(&Known) -> Option<T>) -> Result<Option<T>, Denial> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = question(&known) {
            return Ok(Some(found));
        }
        self.read_anew(&mut known).map_err(|error| broken(&error))?;
        Ok(question(&known))
    }

    /// Reads the ledger if anything was written since: the log's end is one row, the ledger of a large office is thousands.
    fn read_anew(&self, known: &mut Known) -> Result<(), Error> {
        let seq = self.records.store.deployment(&self.records.deployment)?.map(|view| view.seq);
        // What is written meanwhile moves the end once more.
        if seq.is_none() || seq != known.seq {
            self.read(known)?;
            known.seq = seq;
        }
        Ok(())
    }

    fn read(&self, known: &mut Known) -> Result<(), Error> {
        let mut after: Option<(String, String)> = None;
        loop {
            let from = after.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()));
            let page = self.records.store.ledger(&self.records.deployment, from, true, PAGE)?;
            after = page.last().map(|entry| (entry.kind.clone(), entry.name.clone()));
            let full = page.len() == PAGE;
            for entry in page {
                let Some(kind) = Kind::of(&entry.kind) else { continue };
                if let (Kind::Chat, Some(id), Some(created)) = (kind, &entry.remote_id, entry.created) {
                    let since = known.chats.entry(id.clone()).or_insert(created);
                    *since = created.min(*since);
                }
                let (entries, name) = (known.entries.entry(kind).or_default(), kind.folded(&entry.name));
                match entry.remote_id {
                    Some(id) => {
                        entries.ids.insert(kind.folded(&id));
                        entries.names.insert(name);
                    }
                    None => drop(entries.intended.insert(name)),
                }
            }
            if !full {
                return Ok(());
            }
        }
    }
}
