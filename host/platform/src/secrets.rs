//! A deployment's secrets and the people as whom it speaks: sealed in the store, opened only to be used.
//!
//! What a person's sign-in leaves, a refresh token, is kept as a password is, under a name of its own
//! (`speaker/<speaker>`) that can be forgotten and is never put into a body. It is bound to its purpose: the ciphertext of
//! a token does not open as a password, nor another deployment's as this one's.
//!
//! | type | what it is |
//! |---|---|
//! | [`Sealed`] | the store's part: what outlives the process |
//! | [`Secrets`] | with the access tokens that live in memory: one for each deployment |
//! | [`Lent`] | what one call may do with them |

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use haymaker_engine::http::{Refusal, Safe, Scan, Secret, Session, Unkept, Vault, Voices};
use haymaker_engine::secrets::SPEAKER;
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{Pending, secrets};
use haymaker_store::{Level, Record};

use crate::grants::{Records, broken};
use crate::journal::{Journal, note};
use crate::seal::Sealer;

/// Ledger entries are read in pages of this size.
const PAGE: usize = 1_000;

/// Secrets at rest, opened with the home's key.
pub struct Sealed {
    journal: Arc<Journal>,
    sealer: Arc<Sealer>,
    /// Opened ones, so that whoever uses one does not decrypt it each time.
    opened: Mutex<BTreeMap<String, Secret>>,
    /// How often any of them has changed.
    changes: AtomicU64,
}

impl Sealed {
    /// What a sealed secret is bound to: it opens for its deployment, as what it is, and under its name only.
    fn purpose(&self, name: &str) -> Vec<u8> {
        let deployment = self.journal.deployment();
        match name.strip_prefix(SPEAKER) {
            Some(speaker) => format!("refresh token/{deployment}/{speaker}"),
            None => format!("{deployment}/{name}"),
        }
        .into_bytes()
    }

    fn open(&self, name: &str) -> Result<Option<Secret>, Unkept> {
        let mut opened = self.opened();
        if let Some(secret) = opened.get(name) {
            return Ok(Some(secret.clone()));
        }
        let sealed = self.journal.store().secret(self.journal.deployment(), name);
        let Some(sealed) = sealed.map_err(|error| Unkept::Unreadable(error.to_string()))? else { return Ok(None) };
        let plain = self.sealer.unseal(&self.purpose(name), &sealed);
        let plain = plain.map_err(|error| Unkept::Damaged(error.to_string()))?;
        let text = std::str::from_utf8(&plain).map_err(|_| Unkept::Damaged(format!("{name:?} is no text")))?;
        let secret = Secret::new(text.to_owned());
        opened.insert(name.to_owned(), secret.clone());
        Ok(Some(secret))
    }

    /// Seals a secret instead of the one of its name, durably.
    async fn seal(&self, name: &str, plain: &str) -> Result<(), Problem> {
        let failed = |why: String| Problem::new(ProblemKind::Failed, "secrets", why);
        let sealed = self.sealer.seal(&self.purpose(name), plain.as_bytes());
        let sealed = sealed.map_err(|error| failed(error.to_string()))?;
        self.journal.commit(vec![Record::Sealed { name: name.to_owned(), sealed }]).await.map_err(broken)?;
        self.changed(name);
        Ok(())
    }

    /// A secret is another one, or gone.
    fn changed(&self, name: &str) {
        self.opened().remove(name);
        self.changes.fetch_add(1, Ordering::SeqCst);
    }

    fn names(&self) -> Result<Vec<String>, haymaker_store::Error> {
        self.journal.store().secrets(self.journal.deployment())
    }

    fn opened(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Safe for Sealed {
    fn refresh_token(&self, speaker: &str) -> Result<Option<Secret>, Unkept> {
        self.open(&format!("{SPEAKER}{speaker}"))
    }

    fn keep<'a>(&'a self, speaker: &'a str, token: &'a Secret) -> Pending<'a, Result<(), Problem>> {
        Box::pin(async move { self.seal(&format!("{SPEAKER}{speaker}"), token.expose()).await })
    }

    fn refused<'a>(&'a self, speaker: &'a str, why: &'a str) -> Pending<'a, ()> {
        let line = note(Level::Warn, None, format!("requests as {speaker} are not possible any more: {why}"));
        Box::pin(async move {
            if let Err(error) = self.journal.commit(vec![line]).await {
                tracing::warn!(deployment = self.journal.deployment(), %error, "cannot tell that a sign-in has ended");
            }
        })
    }
}

/// A deployment's secrets, and its people's tokens.
pub struct Secrets {
    sealed: Arc<Sealed>,
    voices: Arc<Voices>,
    /// The search for all of them, and how often they had changed when it was prepared.
    scan: Mutex<Option<([u64; 2], Arc<Scan>)>>,
}

impl Secrets {
    /// Those of the journal's deployment, sealed with the home's key.
    pub fn new(journal: Arc<Journal>, sealer: Arc<Sealer>) -> Arc<Secrets> {
        let deployment = journal.deployment().to_owned();
        let sealed = Arc::new(Sealed { journal, sealer, opened: Mutex::default(), changes: AtomicU64::new(0) });
        let voices = Arc::new(Voices::new(&deployment, sealed.clone()));
        Arc::new(Secrets { sealed, voices, scan: Mutex::default() })
    }

    /// Lets go of what is in memory of a secret, or of a speaker, that is forgotten.
    pub fn forgotten(&self, name: &str) {
        self.sealed.changed(name);
        if let Some(speaker) = name.strip_prefix(SPEAKER) {
            self.voices.forget(speaker);
        }
    }

    /// Forgets everything: the facts that say so.
    ///
    /// # Errors
    ///
    /// The store's.
    pub fn forget_all(&self) -> Result<Vec<Record>, haymaker_store::Error> {
        let names = self.sealed.names()?;
        names.iter().for_each(|name| self.forgotten(name));
        Ok(names.into_iter().map(|name| Record::Forgot { name }).collect())
    }

    /// The people as whom requests can be sent.
    pub fn voices(&self) -> &Arc<Voices> {
        &self.voices
    }
}

impl Vault for Secrets {
    fn secret(&self, name: &str) -> Result<Option<Secret>, String> {
        if name.starts_with(SPEAKER) {
            return Ok(None);
        }
        self.sealed.open(name).map_err(|error| error.to_string())
    }

    fn live(&self) -> Arc<Scan> {
        let mut scan = self.scan.lock().unwrap_or_else(PoisonError::into_inner);
        // Before they are read: what changes meanwhile is read the next time.
        let changes = [self.sealed.changes.load(Ordering::SeqCst), self.voices.changes()];
        if let Some((_, known)) = scan.as_ref().filter(|(when, _)| *when == changes) {
            return Arc::clone(known);
        }
        let mut all = self.voices.live();
        let names = self.sealed.names();
        let mut is_whole = names.is_ok();
        for name in names.iter().flatten() {
            let secret = self.sealed.open(name);
            is_whole &= secret.is_ok();
            all.extend(secret.ok().flatten());
        }
        let new = Arc::new(Scan::new(&all));
        // What cannot be read now may be said by a server all the same, and is looked for again.
        *scan = is_whole.then(|| (changes, Arc::clone(&new)));
        new
    }

    fn voices(&self) -> Option<Arc<Voices>> {
        Some(self.voices.clone())
    }
}

/// A deployment's secrets, lent to one call.
pub struct Lent {
    /// The deployment's.
    pub secrets: Arc<Secrets>,
    /// The call's way to where people sign in.
    pub session: Arc<Session>,
    /// Whose ledger says who the people are.
    pub records: Arc<Records>,
}

impl Lent {
    async fn sign_in(&self, speaker: &str, username: &str, secret: &str) -> Result<(), Refusal> {
        // A wrong password may lock an account: only accounts that the deployment made are ever tried.
        if !self.records.has_user(username).map_err(|error| Refusal::Problem(broken(error)))? {
            let why = format!("{username:?} is not one of this deployment's users, so it is not signed in");
            return Err(Refusal::Problem(self.session.deny("username", why)));
        }
        self.session.sign_in(speaker, username, secret).await?;
        let sealed = &self.secrets.sealed;
        if sealed.names().map_err(|error| Refusal::Problem(broken(error)))?.iter().any(|name| name == secret) {
            let forgot = Record::Forgot { name: secret.to_owned() };
            sealed.journal.commit(vec![forgot]).await.map_err(|error| Refusal::Problem(broken(error)))?;
            self.secrets.forgotten(secret);
        }
        Ok(())
    }
}

impl secrets::Secrets for Lent {
    fn generate<'a>(&'a self, name: &'a str, length: u32) -> Pending<'a, Result<(), Problem>> {
        Box::pin(async move {
            let sealed = &self.secrets.sealed;
            let known = sealed.journal.store().secret(sealed.journal.deployment(), name).map_err(broken)?;
            if known.is_some() {
                return Ok(());
            }
            let plain = crate::seal::password(length);
            let plain = plain.map_err(|error| Problem::new(ProblemKind::Failed, "secrets", error.to_string()))?;
            sealed.seal(name, &plain).await
        })
    }

    fn sign_in<'a>(&'a self, speaker: &'a str, username: &'a str, secret: &'a str) -> Pending<'a, Result<(), Refusal>> {
        Box::pin(Lent::sign_in(self, speaker, username, secret))
    }

    fn may_forget(&self, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}

impl Records {
    /// Whether the ledger lists a user whom the deployment made, of this name, in any case: a directory compares them so.
    fn has_user(&self, name: &str) -> haymaker_store::Result<bool> {
        let mut after: Option<(String, String)> = None;
        loop {
            let from = after.as_ref().map(|(kind, name)| (kind.as_str(), name.as_str()));
            let page = self.store.ledger(&self.deployment, from, false, PAGE)?;
            if page.iter().any(|entry| entry.kind == "user" && entry.name.eq_ignore_ascii_case(name)) {
                return Ok(true);
            }
            if page.len() < PAGE {
                return Ok(false);
            }
            after = page.last().map(|entry| (entry.kind.clone(), entry.name.clone()));
        }
    }
}
