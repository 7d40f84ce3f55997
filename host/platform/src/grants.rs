//! What a deployment lends to one call: the engine's traits, answered from the store and written through the journal.

use std::sync::Arc;

use haymaker_engine::http::{self, Begin, EffectLog, Session};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{Pending, journal, ledger, state};
use haymaker_store as store;
use haymaker_store::{Record, Stage, Store};

use crate::journal::Journal;
use crate::policy::ByEndpoint;
use crate::tenant_policy::Allowance;

/// The store does not answer: the call must not go on as if it had.
pub(crate) fn broken(error: store::Error) -> Problem {
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
    /// What is left of the tenant's cap on live objects.
    pub(crate) allowance: Option<Allowance>,
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
            let _room = match &self.allowance {
                // What is lent is there already, and nothing of it is made.
                Some(allowance) if !kind.starts_with(store::ADOPTED) => Some(allowance.room()?),
                _ => None,
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
        policies.vouches(kind, name, remote_id).map_err(|denial| session.deny(&denial.code, denial.why))
    }

    fn lets_go(&self, kind: &str, name: &str, remote_id: Option<&str>) -> Result<(), Problem> {
        let Some((policies, session)) = &self.witness else { return Ok(()) };
        policies.lets_go(kind, name, remote_id).map_err(|denial| session.deny(&denial.code, denial.why))
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
        auth: match wire.auth {
            http::Speaking::App => store::Auth::App,
            http::Speaking::Delegated => store::Auth::Delegated,
        },
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
        auth: match kept.auth {
            store::Auth::App => http::Speaking::App,
            store::Auth::Delegated => http::Speaking::Delegated,
        },
        token_uti: kept.token_uti,
        method: kept.method,
        path: kept.path,
        status: kept.status,
        sent: kept.sent,
        received: kept.received,
    }
}
