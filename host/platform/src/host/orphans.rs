//! What earlier runs left behind where nobody remembers them: a home was deleted, a machine was lost.
//!
//! The workload looks (it knows the tenant's ways), with reading requests and a policy that allows nothing but listing by
//! haymaker's tag. The host decides: what it found is an orphan only where the tenant itself listed it so, where tag, name
//! and time of creation agree, and where no deployment of this home is known by its id. A recovery is then an ordinary deployment with that id, whose ledger is
//! filled from the search, and which is headed for cleanup from its first moment: all rules of a cleanup hold, and the
//! search that proves that nothing is left is the usual one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use haymaker_engine::Instant;
use haymaker_engine::clock::Clock;
use haymaker_engine::http::Mode;
use haymaker_store::{PlanFunction, Record, SqliteStore, Store, Task, Wake};
use serde::{Deserialize, Serialize};

use super::proposal::{DeployRequest, Deployed, Proposal};
use super::{Host, rehearsal};
use crate::config::Asked;
use crate::grants::Records;
use crate::journal::{Durability, Journal, note};
use crate::llm::lent::Lent;
use crate::llm::wish::Wish;
use crate::policy::{ByEndpoint, Listed, PREFIX, Scan, TAG};
use crate::refusal::Refusal;
use crate::report;
use crate::secrets::Secrets;
use crate::supervisor::cleanup_records;
use crate::supervisor::deployment::Deployment;

/// The task that a workload is asked to perform; see `wit/lifecycle.wit`.
const FIND: &str = "orphans.find";

/// Everything of a deployment is made within this time of the first of it: a mailbox may take a day, a failed step is
/// tried again for a while.
const SPREAD_MS: u64 = 48 * 60 * 60 * 1000;

/// How far a tenant's clock may be ahead of ours.
const SKEW_MS: u64 = 5 * 60 * 1000;

/// A thing that a workload found in the tenant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thing {
    /// The deployment that its tag names.
    pub deployment: String,
    /// `user`, `group`, ...
    pub kind: String,
    /// Its name, as the ledger would have it.
    pub name: String,
    /// The tenant's id.
    pub id: String,
    /// The tag itself, or what stands for it.
    pub tag: String,
    /// When it was created (RFC 3339).
    pub created: String,
}

/// What a workload says of its search, under `orphans` in its status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Found {
    things: Vec<Thing>,
    /// What could not be searched, and why.
    unsearched: Vec<String>,
}

/// What a search of a tenant came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Scanned {
    /// The tenant.
    pub tenant: String,
    /// Where its Graph is.
    pub graph: String,
    /// Whether it is simulated.
    pub simulated: bool,
    /// Deployments that nobody here knows, in the order of their ids.
    pub orphans: Vec<Orphan>,
    /// Ids of deployments that this home knows: it cleans those up itself.
    pub known: Vec<String>,
    /// Things that carry a tag and do not agree with it, each with the reason: they are left alone.
    pub doubtful: Vec<String>,
    /// What could not be searched, and why.
    pub unsearched: Vec<String>,
}

/// A deployment whose home is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Orphan {
    /// Its id.
    pub deployment: String,
    /// When the first of it was created (RFC 3339).
    pub created: String,
    /// What is there of it.
    pub things: Vec<Thing>,
}

/// A recovery that somebody asks for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recovery {
    /// The orphan's id.
    pub deployment: String,
    /// How many things it may have at the most.
    pub limit: usize,
    /// Credentials and endpoints by name.
    pub environment: BTreeMap<String, String>,
}

impl Host {
    /// Searches a tenant for what earlier runs of this workload left. Changes nothing.
    ///
    /// # Errors
    ///
    /// As for [`Host::deploy`]; the workload cannot search.
    pub async fn orphans(&self, workload: &str, environment: &BTreeMap<String, String>) -> Result<Scanned, Refusal> {
        let proposal = self.propose(&request(workload, environment)).await?;
        let _hold = proposal.clock.hold();
        self.scan(&proposal).await
    }

    /// Takes an orphan in, and cleans it up. The tenant is searched again: what is removed is what is there now.
    ///
    /// # Errors
    ///
    /// It is no orphan (any more), it has more things than the limit, or as for [`Host::deploy`].
    pub async fn recover(&self, recovery: Recovery) -> Result<Deployed, Refusal> {
        let Recovery { deployment: id, limit, environment } = recovery;
        let (workload, _) = id.rsplit_once('-').unwrap_or((&id, ""));
        let mut proposal = self.propose(&request(workload, &environment)).await?;
        let _hold = proposal.clock.hold();
        let scanned = self.scan(&proposal).await?;
        let orphan = scanned.orphans.into_iter().find(|orphan| orphan.deployment == id);
        let orphan = orphan.ok_or_else(|| Refusal::new(format!("{id} is no orphan in this tenant")))?;
        let number = orphan.things.len();
        if number > limit {
            return Err(Refusal::new(format!("{id} has {number} things, more than the {limit} that --limit allows")));
        }
        proposal.id.clone_from(&id);
        proposal.program.identity.id.clone_from(&id);
        proposal.acceptance.tags = vec![("recovered".to_owned(), "orphan".to_owned())];
        proposal.acceptance.until = None;
        let mut facts = vec![note(
            haymaker_store::Level::Info,
            None,
            format!("recovered: {number} things were found by their tag"),
        )];
        for Thing { kind, name, id, .. } in orphan.things {
            facts.push(Record::Intended { kind: kind.clone(), name: name.clone() });
            facts.push(Record::Created { kind, name, remote_id: id });
        }
        facts.extend(cleanup_records());
        self.accept(proposal, facts, &environment).await
    }

    async fn scan(&self, proposal: &Proposal) -> Result<Scanned, Refusal> {
        let now = proposal.clock.now();
        let (found, listed) = self.search(proposal, now).await?;
        let known: BTreeSet<String> = self.0.store.deployments()?.into_iter().flatten().map(|view| view.id).collect();
        let Sorted { orphans, known, doubtful } = sort(&proposal.manifest.name, found.things, &listed, &known, now);
        let tenant = &proposal.acceptance.tenant;
        Ok(Scanned {
            tenant: tenant.name.clone(),
            graph: tenant.graph.clone(),
            simulated: tenant.simulated,
            orphans,
            known,
            doubtful,
            unsearched: found.unsearched,
        })
    }

    /// Has the workload look, on a store in memory, and asks it what it saw; with what the tenant listed.
    async fn search(&self, proposal: &Proposal, now: Instant) -> Result<(Found, Vec<Listed>), Refusal> {
        let store: Arc<dyn Store> = SqliteStore::in_memory()?;
        let id = &proposal.id;
        let journal = Journal::open(store.clone(), id, "scan", proposal.clock.clone(), Durability::Process).await?;
        let journal = Arc::new(journal);
        let task = Task {
            id: "orphans/find".to_owned(),
            kind: FIND.to_owned(),
            actor: "tenant".to_owned(),
            payload: "{}".to_owned(),
            due: now,
            expires: None,
            summary: "searches the tenant for what earlier runs left".to_owned(),
            inherited: Vec::new(),
        };
        let (cancelled, writes) = (Vec::new(), Vec::new());
        let (function, tasks, wake) = (PlanFunction::Cleanup, vec![task.clone()], Wake::WhenIdle);
        let opened = Record::Planned { function, tasks, cancelled, wake, writes };
        journal.commit(vec![Record::Accepted(Box::new(proposal.acceptance.clone())), opened]).await?;
        let records = Arc::new(Records { store: store.clone(), deployment: id.clone() });
        let policies = proposal.manifest.endpoints.iter().filter_map(|e| Some((e.name.clone(), e.policy.clone()?)));
        let deployment = Deployment {
            program: proposal.program.clone(),
            policy: Arc::new(ByEndpoint::new(policies, &records, false)),
            allowance: None,
            records: records.clone(),
            secrets: Secrets::new(journal.clone(), self.0.sealer.clone()),
            journal,
            gateway: self.0.gateway.clone(),
            endpoints: proposal.endpoints.clone(),
            tap: self.0.tap.clone(),
            tenant: proposal.acceptance.tenant.name.clone(),
            llm: Lent::new(&self.0.models, Wish::Never, id),
            since: now,
            permits: self.0.permits.clone(),
        };
        let clock = Arc::new(deployment.journal.clock().clone());
        let policy = Arc::new(Scan::default());
        let session = deployment.session_under(policy.clone(), &task.id, &format!("scan/{now}"), clock, Mode::ReadOnly);
        let mut call = deployment.task_call(&task, now, session.clone());
        call.grants.ledger = Arc::new(crate::grants::Ledger { records, journal: None, allowance: None, witness: None });
        let program = &deployment.program;
        let guest_task = crate::supervisor::guest_task(&task);
        let answer = program.engine.perform(&program.component, call, &program.identity, &guest_task).await;
        let _ = session.close().await;
        let answer = answer.map_err(|failure| Refusal::new(failure.to_string()))?;
        answer.value.map_err(|problem| {
            Refusal::new(format!("{} cannot search for what earlier runs left: {}", program.workload, problem.message))
        })?;
        rehearsal::done(&deployment, &task, answer.effects).await?;
        Ok((report::ask(&store, &deployment.view()?, program).await.orphans, policy.listed()))
    }
}

/// A deployment of a workload with nothing but its defaults.
fn request(workload: &str, environment: &BTreeMap<String, String>) -> DeployRequest {
    let asked = Asked { workload: Some(workload.to_owned()), ..Asked::default() };
    DeployRequest { asked, environment: environment.clone(), ..DeployRequest::default() }
}

/// What was found, by what it is.
#[derive(Debug, Default, PartialEq, Eq)]
struct Sorted {
    orphans: Vec<Orphan>,
    known: Vec<String>,
    doubtful: Vec<String>,
}

fn sort(workload: &str, things: Vec<Thing>, listed: &[Listed], here: &BTreeSet<String>, now: Instant) -> Sorted {
    let mut sorted = Sorted::default();
    let mut by_deployment: BTreeMap<String, Vec<(Instant, Thing)>> = BTreeMap::new();
    let listed: BTreeMap<&str, &Listed> = listed.iter().map(|listed| (listed.id.as_str(), listed)).collect();
    for thing in things {
        match agreed(workload, &thing, listed.get(thing.id.as_str()).copied(), now) {
            Ok(created) => by_deployment.entry(thing.deployment.clone()).or_default().push((created, thing)),
            Err(why) => sorted.doubtful.push(format!("{} {}: {why}", thing.kind, crate::plan::line(&thing.name))),
        }
    }
    for (deployment, mut all) in by_deployment {
        if here.contains(&deployment) {
            sorted.known.push(deployment);
            continue;
        }
        all.sort_by(|(a, x), (b, y)| (a, &x.kind, &x.name).cmp(&(b, &y.kind, &y.name)));
        let first = all.first().map_or(now, |(created, _)| *created);
        let (near, late): (Vec<_>, Vec<_>) = all.into_iter().partition(|(created, _)| *created <= first + SPREAD_MS);
        let late = late.into_iter().map(|(_, thing)| {
            format!("{} {}: it was created days after the rest of {deployment}", thing.kind, thing.name)
        });
        sorted.doubtful.extend(late);
        let things: Vec<Thing> = near.into_iter().map(|(_, thing)| thing).collect();
        let created = things.first().map(|thing| thing.created.clone()).unwrap_or_default();
        sorted.orphans.push(Orphan { deployment, created, things });
    }
    sorted
}

/// When a thing was created, if the tenant listed it so, and its tag, its name and that moment agree.
fn agreed(workload: &str, thing: &Thing, listed: Option<&Listed>, now: Instant) -> Result<Instant, String> {
    let told = |listed: &&Listed| {
        (listed.kind, &listed.name, &listed.tag, &listed.created)
            == (&*thing.kind, &thing.name, &thing.tag, &thing.created)
    };
    if listed.filter(told).is_none() {
        return Err("the tenant did not list it so".to_owned());
    }
    let number = thing.deployment.strip_prefix(workload).and_then(|rest| rest.strip_prefix('-'));
    let is_id = number.is_some_and(|hex| hex.len() == 8 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
    if !is_id {
        return Err(format!("its tag names no deployment of {workload}"));
    }
    let name = format!("{PREFIX}{}", thing.deployment);
    let is_tag = thing.tag == format!("{TAG}{}", thing.deployment) || names(&thing.tag, &name);
    if !is_tag {
        return Err("it does not carry the tag by which it was found".to_owned());
    }
    if !names(&thing.name, &name) {
        return Err(format!("its name does not begin with {name}"));
    }
    if thing.id.is_empty() {
        return Err("it has no id".to_owned());
    }
    let created = chrono::DateTime::parse_from_rfc3339(&thing.created).ok();
    let created = created.and_then(|at| u64::try_from(at.timestamp_millis()).ok());
    match created {
        Some(created) if created <= now.saturating_add(SKEW_MS) => Ok(created),
        Some(_) => Err("it was created in the future".to_owned()),
        None => Err("nobody says when it was created".to_owned()),
    }
}

/// Whether a text is this name, or goes on behind it as another part of a name.
fn names(text: &str, name: &str) -> bool {
    let rest = text.to_lowercase();
    rest.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '@']))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = 1_767_686_400_000;
    const ID: &str = "w-0123abcd";

    fn thing(name: &str, created: &str) -> Thing {
        Thing {
            deployment: ID.to_owned(),
            kind: "user".to_owned(),
            name: name.to_owned(),
            id: "u-1".to_owned(),
            tag: format!("haymaker:{ID}"),
            created: created.to_owned(),
        }
    }

    /// As the tenant lists it.
    fn listed(thing: &Thing) -> Listed {
        let Thing { name, id, tag, created, .. } = thing.clone();
        Listed { kind: "user", id, name, tag, created }
    }

    fn sorted(mut things: Vec<Thing>, here: &[&str]) -> Sorted {
        things.iter_mut().enumerate().for_each(|(n, thing)| thing.id = format!("u-{n}"));
        let all: Vec<Listed> = things.iter().map(listed).collect();
        sort("w", things, &all, &here.iter().map(|id| (*id).to_owned()).collect(), NOW)
    }

    /// A workload is believed only what the tenant said: it names nobody else's id, and no other kind.
    #[test]
    fn what_the_tenant_did_not_list_so_is_left_alone() {
        let honest = thing("haymaker-w-0123abcd-1@x", "2026-01-05T08:00:00Z");
        let all = [listed(&honest)];
        let lies = [
            Thing { id: "the-chief".into(), ..honest.clone() },
            Thing { kind: "drive".into(), ..honest.clone() },
            Thing { name: "haymaker-w-0123abcd-2@x".into(), ..honest.clone() },
            Thing { created: "2026-01-05T08:00:01Z".into(), ..honest.clone() },
        ];
        for lie in lies {
            let found = sort("w", vec![lie], &all, &BTreeSet::new(), NOW);
            assert!(found.orphans.is_empty() && found.doubtful[0].contains("did not list it so"), "{found:?}");
        }
        assert_eq!(sort("w", vec![honest], &all, &BTreeSet::new(), NOW).orphans.len(), 1);
    }

    #[test]
    fn what_agrees_is_an_orphan_unless_its_deployment_is_known_here() {
        let things = || {
            vec![
                thing("haymaker-w-0123abcd-2@x", "2026-01-05T09:00:00Z"),
                thing("haymaker-w-0123abcd-1@x", "2026-01-05T08:00:00Z"),
            ]
        };
        let found = sorted(things(), &[]);
        assert_eq!(found.orphans[0].created, "2026-01-05T08:00:00Z");
        assert_eq!(found.orphans[0].things.len(), 2);
        let found = sorted(things(), &[ID]);
        assert_eq!((found.orphans.len(), found.known), (0, vec![ID.to_owned()]));
    }

    #[test]
    fn what_does_not_agree_is_left_alone_and_told() {
        let good = "2026-01-05T08:00:00Z";
        let name = "haymaker-w-0123abcd-1@x";
        let cases = [
            (Thing { deployment: "other-0123abcd".into(), ..thing(name, good) }, "names no deployment of w"),
            (Thing { deployment: "w-0123".into(), ..thing(name, good) }, "names no deployment of w"),
            (Thing { tag: "haymaker:w-ffffffff".into(), ..thing(name, good) }, "does not carry the tag"),
            (thing("ceo@x", good), "does not begin with haymaker-w-0123abcd"),
            (thing("haymaker-w-0123abcdef@x", good), "does not begin with haymaker-w-0123abcd"),
            (thing(name, "2027-01-05T08:00:00Z"), "in the future"),
            (thing(name, "yesterday"), "nobody says when"),
        ];
        for (thing, why) in cases {
            let found = sorted(vec![thing.clone()], &[]);
            assert!(found.orphans.is_empty() && found.doubtful[0].contains(why), "{thing:?}: {found:?}");
        }
    }

    #[test]
    fn what_was_created_days_after_the_rest_is_somebody_elses() {
        let things = vec![
            thing("haymaker-w-0123abcd-1@x", "2026-01-01T08:00:00Z"),
            thing("haymaker-w-0123abcd-2@x", "2026-01-05T08:00:00Z"),
        ];
        let found = sorted(things, &[]);
        assert_eq!(found.orphans[0].things.len(), 1);
        assert!(found.doubtful[0].contains("days after the rest"), "{found:?}");
    }
}
