//! What a deployment lends to one call: the engine's traits, answered from the store and written through the journal.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use haymaker_engine::http::{self, Begin, EffectLog, Secret, Session, Vault};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{Pending, journal, ledger, secrets, state};
use haymaker_store as store;
use haymaker_store::{Record, Stage, Store};

use crate::journal::Journal;
use crate::policy::ByEndpoint;
use crate::seal::Sealer;

/// The store does not answer: the call must not go on as if it had.
fn broken(error: store::Error) -> Problem {
    Problem::new(ProblemKind::Failed, "store", format!("the host's store: {error}"))
}

/// What stands in the store about one deployment: enough for every call that only reads.
pub struct Records {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The deployment.
    pub deployment: String,
}

impl state::Source for Records {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        self.store.state(&self.deployment, key).map_err(|error| error.to_string())
    }

    fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
        self.store.states(&self.deployment, prefix, after, limit).map_err(|error| error.to_string())
    }

    fn size(&self) -> Result<u64, String> {
        self.store.state_size(&self.deployment).map_err(|error| error.to_string())
    }
}

/// A deployment's ledger; written only where there is a journal (`perform` and `settle`), never by plans.
pub(crate) struct Ledger {
    /// Where it is read.
    pub(crate) records: Arc<Records>,
    /// Where it is written.
    pub(crate) journal: Option<Arc<Journal>>,
    /// Whose word counts for what exists, and who counts what is not believed.
    pub(crate) witness: Option<(Arc<ByEndpoint>, Arc<Session>)>,
}

impl Ledger {
    fn live(&self, kind: &str, name: &str) -> store::Result<Option<ledger::Entry>> {
        let found = self.records.store.ledger_entry(&self.records.deployment, kind, name)?;
        Ok(found.filter(|entry| entry.released.is_none()).map(entry))
    }
}

impl ledger::Ledger for Ledger {
    fn intend<'a>(&'a self, kind: &'a str, name: &'a str) -> Pending<'a, Result<ledger::Entry, Problem>> {
        Box::pin(async move {
            if let Some(live) = self.live(kind, name).map_err(broken)? {
                return Ok(live);
            }
            let Some(journal) = &self.journal else {
                let why = "plans do not write the ledger: intend in the task that creates";
                return Err(Problem::new(ProblemKind::Denied, "ledger", why.to_owned()));
            };
            let record = Record::Intended { kind: kind.to_owned(), name: name.to_owned() };
            journal.commit_durably(vec![record]).await.map_err(broken)?;
            self.live(kind, name).map_err(broken)?.ok_or_else(|| {
                Problem::new(ProblemKind::Failed, "store", "the host's store lost a ledger entry".to_owned())
            })
        })
    }

    fn entry(&self, kind: &str, name: &str) -> Result<Option<ledger::Entry>, String> {
        self.live(kind, name).map_err(|error| error.to_string())
    }

    fn entries(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<ledger::Entry>, String> {
        let found = self.records.store.ledger(&self.records.deployment, after, false, limit);
        Ok(found.map_err(|error| error.to_string())?.into_iter().map(entry).collect())
    }

    fn may_write(&self) -> bool {
        self.journal.is_some()
    }

    fn believes(&self, kind: &str, name: &str, remote_id: &str) -> Result<(), Problem> {
        let Some((policies, session)) = &self.witness else { return Ok(()) };
        policies.vouches(kind, name, remote_id).map_err(|denial| session.denied(denial))
    }
}

fn entry(view: store::LedgerView) -> ledger::Entry {
    ledger::Entry { kind: view.kind, name: view.name, remote_id: view.remote_id, intended: view.intended }
}

impl journal::Journal for Records {
    fn get(&self, id: &str) -> Result<Option<journal::Standing>, String> {
        let task = self.store.task(&self.deployment, id).map_err(|error| error.to_string())?;
        Ok(task.map(|task| journal::Standing {
            stage: match task.stage {
                Stage::Open => journal::Stage::Open,
                Stage::Done => journal::Stage::Done,
                Stage::Failed => journal::Stage::Failed,
                Stage::Skipped => journal::Stage::Skipped,
                Stage::Unknown => journal::Stage::Unknown,
            },
            code: task.problem.map(|problem| problem.code).unwrap_or_default(),
            attempts: task.attempts,
        }))
    }
}

/// A deployment's secrets: sealed in the store, opened only to fill a request or to find one in an answer.
pub struct Secrets {
    /// Where they are written.
    pub journal: Arc<Journal>,
    /// The home's key.
    pub sealer: Arc<Sealer>,
    /// Opened ones, so that scanning an answer does not decrypt each time.
    pub opened: Arc<Mutex<std::collections::BTreeMap<String, Secret>>>,
}

impl Secrets {
    /// What a sealed secret is bound to: it opens for its deployment and under its name only.
    fn purpose(&self, name: &str) -> Vec<u8> {
        format!("{}/{name}", self.journal.deployment()).into_bytes()
    }

    fn open(&self, name: &str) -> Result<Option<Secret>, String> {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(secret) = opened.get(name) {
            return Ok(Some(secret.clone()));
        }
        let sealed = self.journal.store().secret(self.journal.deployment(), name).map_err(|error| error.to_string())?;
        let Some(sealed) = sealed else { return Ok(None) };
        let plain = self.sealer.unseal(&self.purpose(name), &sealed).map_err(|error| error.to_string())?;
        let text = std::str::from_utf8(&plain).map_err(|_| format!("the secret {name:?} is damaged"))?.to_owned();
        let secret = Secret::new(text);
        opened.insert(name.to_owned(), secret.clone());
        Ok(Some(secret))
    }

    /// Lets go of an opened secret once it is forgotten.
    pub fn forgotten(&self, name: &str) {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).remove(name);
    }
}

impl secrets::Secrets for Secrets {
    fn generate<'a>(&'a self, name: &'a str, length: u32) -> Pending<'a, Result<(), Problem>> {
        Box::pin(async move {
            let known = self.journal.store().secret(self.journal.deployment(), name).map_err(broken)?;
            if known.is_some() {
                return Ok(());
            }
            let failed = |why: String| Problem::new(ProblemKind::Failed, "secrets", why);
            let plain = crate::seal::password(length).map_err(|error| failed(error.to_string()))?;
            let sealed = self.sealer.seal(&self.purpose(name), plain.as_bytes());
            let sealed = sealed.map_err(|error| failed(error.to_string()))?;
            self.journal.commit(vec![Record::Sealed { name: name.to_owned(), sealed }]).await.map_err(broken)
        })
    }

    fn sign_in<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> Pending<'a, Result<(), Problem>> {
        let why = "this host cannot speak as people: it only has the application's own credentials";
        Box::pin(async move { Err(Problem::new(ProblemKind::Unavailable, "sign-in", why.to_owned())) })
    }

    fn may_forget(&self, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}

impl Vault for Secrets {
    fn secret(&self, name: &str) -> Result<Option<Secret>, String> {
        self.open(name)
    }

    fn live(&self) -> Vec<Secret> {
        let names = self.journal.store().secrets(self.journal.deployment()).unwrap_or_default();
        names.iter().filter_map(|name| self.open(name).ok().flatten()).collect()
    }
}

/// The `once` request of one task: on the disk before it leaves, its answer after.
pub struct Once {
    /// Where it is written.
    pub journal: Arc<Journal>,
    /// The task.
    pub task: String,
}

impl EffectLog for Once {
    fn begin<'a>(&'a self, request_id: &'a str, digest: &'a str, line: &'a str) -> Pending<'a, Result<Begin, Problem>> {
        Box::pin(async move {
            let known = self.journal.store().once(self.journal.deployment(), &self.task).map_err(broken)?;
            let Some(known) = known else {
                let record = Record::Sending {
                    task: self.task.clone(),
                    request_id: request_id.to_owned(),
                    digest: digest.to_owned(),
                    line: line.to_owned(),
                };
                self.journal.commit_durably(vec![record]).await.map_err(broken)?;
                return Ok(Begin::Send);
            };
            let invalid = |why: String| Problem::new(ProblemKind::Invalid, "once", why);
            if known.request_id != request_id {
                return Err(invalid(format!("a task sends one `once` request; {} was sent before {line}", known.line)));
            }
            if known.digest != digest {
                return Err(invalid(format!("{line} differs from the request that this task sent before")));
            }
            match known.answer {
                Some(answer) => Ok(Begin::Recorded(
                    http::Response { status: answer.status, headers: answer.headers, body: answer.body },
                    exchange(answer.exchange),
                )),
                // A task in doubt is settled, never performed: whoever comes here anyway must not send.
                None => Err(Problem::new(
                    ProblemKind::InDoubt,
                    "once",
                    format!("{line} was sent before, and nobody knows what became of it"),
                )),
            }
        })
    }

    fn answered<'a>(
        &'a self,
        request_id: &'a str,
        response: &'a http::Response,
        wire: &'a http::Exchange,
    ) -> Pending<'a, Result<(), Problem>> {
        let record = Record::Answered {
            task: self.task.clone(),
            request_id: request_id.to_owned(),
            answer: store::Answer {
                status: response.status,
                headers: response.headers.clone(),
                body: response.body.clone(),
                exchange: stored(wire.clone()),
            },
        };
        Box::pin(async move { self.journal.commit(vec![record]).await.map_err(broken) })
    }

    fn withdrawn<'a>(&'a self, request_id: &'a str) -> Pending<'a, Result<(), Problem>> {
        let record = Record::Withdrawn { task: self.task.clone(), request_id: request_id.to_owned() };
        Box::pin(async move { self.journal.commit(vec![record]).await.map_err(broken) })
    }
}

/// An exchange in the store's words.
pub fn stored(wire: http::Exchange) -> store::Exchange {
    store::Exchange {
        request_id: wire.request_id,
        client_request_id: wire.client_request_id,
        batch_id: wire.batch_id,
        token_uti: wire.token_uti,
        method: wire.method,
        path: wire.path,
        status: wire.status,
        sent: wire.sent,
        received: wire.received,
    }
}

fn exchange(kept: store::Exchange) -> http::Exchange {
    http::Exchange {
        request_id: kept.request_id,
        client_request_id: kept.client_request_id,
        batch_id: kept.batch_id,
        token_uti: kept.token_uti,
        method: kept.method,
        path: kept.path,
        status: kept.status,
        sent: kept.sent,
        received: kept.received,
    }
}
