//! What a cleanup left, and how that is known: three counts, and the evidence behind the first.
//!
//! *Live* is what the ledger still lists: everything else was proved gone before it was released. *Recoverable* is what
//! was deleted and may still be restored, by whoever may, until it expires. *Beyond* is what no call removes. The last two
//! only the workload knows; the first only the host, because it holds the ledger and every request that was made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reader::Reader;
use crate::refusal::Refusal;
use crate::report::Report;
use crate::truth::timestamp;

/// Why people stay who are lent.
const LENT: &str = "lent: it was there before, and is as it was";

/// The same while something may still lie with them.
const STILL_LENT: &str = "lent: it was there before, and what was written there is not taken back yet";

/// How kinds of activities end that take something out of a mailbox or a drive which is lent.
const WITHDRAW: &str = ".withdraw";

/// Activities are read in pages of this size.
const PAGE: usize = 1_000;

/// What a cleanup cannot take away, as the workload tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Left {
    /// Deleted, and not yet gone for good.
    pub recoverable: Vec<Recoverable>,
    /// Kept by the tenant, whatever is deleted.
    pub beyond: Vec<Beyond>,
    /// Tasks whose requests searched the tenant for anything left and found nothing.
    pub searches: Vec<String>,
}

impl Left {
    /// Why a thing of the ledger stays; none: it does not.
    pub fn keeps(&self, kind: &str, id: &str) -> Option<&str> {
        let is_it = |it: &&Beyond| it.kind.as_deref() == Some(kind) && it.id.as_deref() == Some(id);
        self.beyond.iter().find(is_it).map(|it| it.what.as_str())
    }

    /// How many things of the ledger stay.
    pub fn kept(&self) -> u64 {
        self.beyond.iter().filter(|it| it.kind.is_some() && it.id.is_some()).count() as u64
    }
}

/// A thing that was deleted and may still be restored.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Recoverable {
    /// `user`, `group`, ...
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The tenant's id.
    pub id: String,
    /// When it is gone for good (RFC 3339).
    pub until: Option<String>,
}

/// Something that the tenant keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Beyond {
    /// In words.
    pub what: String,
    /// Its kind in the ledger, where it is a single thing that stood there: `chat`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Its name in the ledger.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The tenant's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Until when (RFC 3339); none where nobody can tell.
    pub until: Option<String>,
}

/// What `haymaker cleanup --proof` writes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The deployment.
    pub deployment: String,
    /// The tenant, by its clock's name.
    pub tenant: String,
    /// Where its Graph is.
    pub graph: String,
    /// Whether it is simulated.
    pub simulated: bool,
    /// When this was so (RFC 3339, the tenant's clock).
    pub at: String,
    /// The deployment's status: `completed` where nothing is live.
    pub status: String,
    /// Things that are there, or possibly there.
    pub live: u64,
    /// Deleted, and not yet gone for good.
    pub recoverable: Vec<Recoverable>,
    /// Kept by the tenant, whatever is deleted.
    pub beyond: Vec<Beyond>,
    /// Everything that the deployment ever made or meant to make.
    pub entries: Vec<Entry>,
    /// What was taken out of the mailboxes and drives of people who are lent, in the order of time.
    #[serde(default)]
    pub withdrawn: Vec<Step>,
    /// Searches of the tenant that found nothing, in the order of time: two, a replication delay apart, prove emptiness.
    pub searches: Vec<Step>,
}

/// A thing that a deployment made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `user`, `group`, ...
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The tenant's id; none if it was only intended.
    pub id: Option<String>,
    /// When it was known to exist (RFC 3339).
    pub created: Option<String>,
    /// When it was proved gone (RFC 3339); none: it is not.
    pub deleted: Option<String>,
    /// Why it stays, where nothing can take it away.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stays: Option<String>,
    /// The last thing that was done about it; none while it is not proved gone, and where it went as part of another.
    pub evidence: Option<Step>,
}

/// A task that was done, with what the tenant answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// The task's id, as the ground truth has it.
    pub activity: String,
    /// `user.verify`, ...
    pub kind: String,
    /// When it was done (RFC 3339).
    pub at: String,
    /// Its requests: `request_id`, `client_request_id`, `method`, `path`, `status`, as in the ground truth.
    pub requests: Vec<Value>,
}

impl Step {
    /// Whether the tenant said of something that it is not there.
    fn found_nothing(&self) -> bool {
        self.requests.iter().any(|request| request.get("status").and_then(Value::as_u64) == Some(404))
    }
}

impl Reader {
    /// What a cleanup left, with the evidence.
    ///
    /// # Errors
    ///
    /// Unknown, the store's, or a damaged record.
    pub async fn proof(&self, id: &str) -> Result<Proof, Refusal> {
        let Report { summary, left, graph, simulated, clock, ledger, .. } = self.report(id).await?;
        let entry = |entry: haymaker_store::LedgerView| {
            let stays = match entry.is_made() {
                true => entry.remote_id.as_deref().and_then(|id| left.keeps(&entry.kind, id)),
                false if entry.released.is_some() => Some(LENT),
                false => Some(STILL_LENT),
            };
            let stays = stays.map(str::to_owned);
            Entry {
                kind: entry.kind,
                name: entry.name,
                id: entry.remote_id,
                created: entry.created.map(timestamp),
                // Let go of is not gone.
                deleted: entry.released.filter(|_| stays.is_none()).map(timestamp),
                stays,
                evidence: None,
            }
        };
        let mut entries: Vec<Entry> = self.ledger(id)?.into_iter().map(entry).collect();
        // A team has the id of its group, and what was only intended goes by its name.
        let mut about: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            about.entry(entry.id.clone().unwrap_or_else(|| intended(&entry.name))).or_default().push(place);
        }
        let (mut withdrawn, mut searches) = (Vec::new(), Vec::new());
        self.each_activity(id, |line| {
            let Some(step) = step(line) else { return };
            if left.searches.contains(&step.activity) {
                searches.push(step);
                return;
            }
            if step.kind.ends_with(WITHDRAW) {
                withdrawn.push(step);
                return;
            }
            let text = |key: &str| line.get(key).and_then(Value::as_str);
            let names = [text("object_id").map(str::to_owned), text("upn").map(intended)];
            // In order of time, so the last one stays that found it gone.
            for place in names.iter().flatten().filter_map(|name| about.get(name)).flatten() {
                let Some(entry) = entries.get_mut(*place) else { continue };
                if step.found_nothing() || !entry.evidence.as_ref().is_some_and(Step::found_nothing) {
                    entry.evidence = Some(step.clone());
                }
            }
        })?;
        for entry in entries.iter_mut().filter(|entry| entry.deleted.is_none()) {
            // What was done about a thing that is there proves nothing of its end.
            entry.evidence = None;
        }
        let (deployment, status) = (summary.deployment_id, summary.status);
        let Left { recoverable, beyond, .. } = left;
        let (tenant, live) = (summary.tenant, ledger.live);
        Ok(Proof {
            deployment,
            tenant,
            graph,
            simulated,
            at: clock,
            status,
            live,
            recoverable,
            beyond,
            entries,
            withdrawn,
            searches,
        })
    }

    fn each_activity(&self, id: &str, mut each: impl FnMut(&Value)) -> Result<(), Refusal> {
        let mut last: Option<(u64, String)> = None;
        loop {
            let page = self.activities(id, last.as_ref().map(|(due, id)| (*due, id.as_str())), PAGE)?;
            for activity in &page {
                let line = serde_json::from_str(&activity.line);
                each(&line.map_err(|error| Refusal::new(format!("activity {} is damaged: {error}", activity.id)))?);
            }
            match page.last() {
                Some(activity) if page.len() == PAGE => last = Some((activity.due, activity.id.clone())),
                _ => return Ok(()),
            }
        }
    }
}

/// What has no id is known by its name, which is no id.
fn intended(name: &str) -> String {
    format!("intended {name}")
}

/// A task that is done and serves the workload, as evidence.
fn step(line: &Value) -> Option<Step> {
    const SHOWN: [&str; 6] = ["request_id", "client_request_id", "method", "path", "status", "sent"];
    let text = |key: &str| line.get(key).and_then(Value::as_str);
    if text("status") != Some("done") || text("label") != Some(crate::truth::INFRASTRUCTURE) {
        return None;
    }
    let shown = |request: &Value| {
        let pairs = SHOWN.iter().filter_map(|key| Some(((*key).to_owned(), request.get(key)?.clone())));
        Value::Object(pairs.collect())
    };
    let requests = line.get("requests").and_then(Value::as_array).into_iter().flatten().map(shown).collect();
    Some(Step {
        activity: text("id")?.to_owned(),
        kind: text("kind")?.to_owned(),
        at: text("at")?.to_owned(),
        requests,
    })
}
