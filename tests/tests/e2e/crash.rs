//! A crash at every place where one can hurt.
//!
//! Three workers are made, mail each other for twelve minutes and are taken away again. The run is repeated once for every
//! site it passes (before and after each commit, before each request leaves, after each answer came), with the host
//! stopped dead there and the power gone: what was not flushed to the disk is lost. A second host then takes the home over
//! and brings the work to its end. Whatever the site: the same tasks, no mail sent twice, nothing left, nobody else
//! touched. The same without the loss, as after a kill, for each kind of site.
//!
//! A short day of a whole office (meetings, documents, channels, chats) passes some thousand sites, most of them like one
//! another. Of each kind of site beside a request that changes something one is enough there: the same but for its ids.

#![allow(clippy::print_stdout, reason = "the sites are part of what the test shows")]

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use haymaker_engine::http::{Boundary, Tap};
use haymaker_platform::config::Asked;
use haymaker_platform::home::Home;
use haymaker_platform::{DeployRequest, Host, HostSettings};
use haymaker_store::{
    ActivityView, Batch, Count, DeploymentView, ExchangeCount, Instant, Lease, LedgerCounts, LedgerView, LineView,
    ModelDay, ModelUse, OnceView, Pending, Record, Result, Status, Store, TaskView, TextCount,
};
use haymaker_tenant::{Settings, Tenant};
use haymaker_tests::workload;
use tempfile::TempDir;
use tokio::sync::Notify;

const SEED: u64 = 7;

/// How long a run may take before the test calls it hanging; a healthy one takes a fraction of a second.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the host is to die.
#[derive(Clone, Debug)]
enum Target {
    Nowhere,
    /// At the site of this number.
    Site(usize),
    /// At the first site of this kind. What goes on at one moment goes on at once, so that the numbers of a busy run vary.
    Kind(String),
}

/// Where the host dies, and where it has been.
struct Crash {
    target: Target,
    dead: AtomicBool,
    died: Notify,
    sites: Mutex<Vec<String>>,
}

impl Crash {
    fn at(target: Target) -> Arc<Crash> {
        Arc::new(Crash { target, dead: AtomicBool::new(false), died: Notify::new(), sites: Mutex::default() })
    }

    async fn pass(&self, site: impl FnOnce() -> String) {
        let site = site();
        let n = {
            let mut sites = self.sites.lock().unwrap();
            sites.push(site.clone());
            sites.len() - 1
        };
        let here = match &self.target {
            Target::Nowhere => false,
            Target::Site(target) => n == *target,
            Target::Kind(target) => kind(&site) == *target,
        };
        if here {
            self.dead.store(true, Ordering::SeqCst);
            self.died.notify_one();
        }
        if self.dead.load(Ordering::SeqCst) {
            std::future::pending::<()>().await;
        }
    }
}

impl Tap for Crash {
    fn at<'a>(&'a self, boundary: Boundary, line: &'a str) -> haymaker_engine::Pending<'a, ()> {
        let word = match boundary {
            Boundary::BeforeSend => "before sending",
            Boundary::AfterAnswer => "after the answer to",
        };
        Box::pin(self.pass(move || format!("{word} {line}")))
    }
}

/// A store whose commits can be the last thing that a host does.
struct Crashing {
    inner: Arc<dyn Store>,
    crash: Arc<Crash>,
}

fn names(batch: &Batch) -> String {
    let name = |record: &Record| match serde_json::to_value(record).unwrap().get("is") {
        Some(name) => name.as_str().unwrap_or_default().to_owned(),
        None => String::new(),
    };
    batch.records.iter().map(name).collect::<Vec<_>>().join("+")
}

impl Store for Crashing {
    fn lease<'a>(&'a self, deployment: &'a str, holder: &'a str) -> Pending<'a, Result<(Lease, u64)>> {
        self.inner.lease(deployment, holder)
    }

    fn commit<'a>(&'a self, lease: &'a Lease, expected: u64, batch: Batch) -> Pending<'a, Result<u64>> {
        Box::pin(async move {
            let names = names(&batch);
            self.crash.pass(|| format!("before committing {names}")).await;
            let end = self.inner.commit(lease, expected, batch).await;
            self.crash.pass(|| format!("after committing {names}")).await;
            end
        })
    }

    fn log(&self, deployment: &str, after: u64, limit: usize) -> Result<Vec<(u64, Instant, Record)>> {
        self.inner.log(deployment, after, limit)
    }
    fn deployments(&self) -> Result<Vec<Result<DeploymentView>>> {
        self.inner.deployments()
    }
    fn deployment(&self, id: &str) -> Result<Option<DeploymentView>> {
        self.inner.deployment(id)
    }
    fn open_tasks(&self, deployment: &str) -> Result<Vec<TaskView>> {
        self.inner.open_tasks(deployment)
    }
    fn task(&self, deployment: &str, id: &str) -> Result<Option<TaskView>> {
        self.inner.task(deployment, id)
    }
    fn state(&self, deployment: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.inner.state(deployment, key)
    }
    fn states(&self, deployment: &str, prefix: &str, after: Option<&str>, n: usize) -> Result<Vec<(String, Vec<u8>)>> {
        self.inner.states(deployment, prefix, after, n)
    }
    fn state_size(&self, deployment: &str) -> Result<u64> {
        self.inner.state_size(deployment)
    }
    fn ledger(&self, deployment: &str, after: Option<(&str, &str)>, all: bool, n: usize) -> Result<Vec<LedgerView>> {
        self.inner.ledger(deployment, after, all, n)
    }
    fn ledger_entry(&self, deployment: &str, kind: &str, name: &str) -> Result<Option<LedgerView>> {
        self.inner.ledger_entry(deployment, kind, name)
    }
    fn ledger_counts(&self, deployment: &str) -> Result<LedgerCounts> {
        self.inner.ledger_counts(deployment)
    }
    fn once(&self, deployment: &str, task: &str) -> Result<Option<OnceView>> {
        self.inner.once(deployment, task)
    }
    fn activities(&self, deployment: &str, after: Option<(Instant, &str)>, n: usize) -> Result<Vec<ActivityView>> {
        self.inner.activities(deployment, after, n)
    }
    fn counts(&self, deployment: &str) -> Result<Vec<Count>> {
        self.inner.counts(deployment)
    }
    fn model_use(&self, deployment: &str) -> Result<ModelUse> {
        self.inner.model_use(deployment)
    }
    fn model_day(&self, tenant: &str, day: u64) -> Result<ModelDay> {
        self.inner.model_day(tenant, day)
    }
    fn exchange_day(&self, tenant: &str, day: u64) -> Result<Vec<ExchangeCount>> {
        self.inner.exchange_day(tenant, day)
    }
    fn live(&self, tenant: &str) -> Result<u64> {
        self.inner.live(tenant)
    }
    fn texts(&self, deployment: &str) -> Result<Vec<TextCount>> {
        self.inner.texts(deployment)
    }
    fn secret(&self, deployment: &str, name: &str) -> Result<Option<Vec<u8>>> {
        self.inner.secret(deployment, name)
    }
    fn secrets(&self, deployment: &str) -> Result<Vec<String>> {
        self.inner.secrets(deployment)
    }
    fn lines(&self, deployment: &str, after: Option<u64>, limit: usize) -> Result<Vec<LineView>> {
        self.inner.lines(deployment, after, limit)
    }
}

/// What people do with what they find.
const FOUND: [&str; 2] = ["email.read", "email.organize"];

/// At which sites of a run the host dies.
#[derive(Clone, Copy, PartialEq)]
enum Sites {
    Every,
    /// Of those that are alike but for ids, one.
    Kinds,
    /// Of those beside a request that changes something: what only reads is the same as what was committed before it.
    Changes,
}

/// What is run again and again.
struct Scenario {
    workload: PathBuf,
    config: &'static [&'static str],
    /// Whether the app may do more than mail.
    every_feature: bool,
    sites: Sites,
    /// The kinds of activity that must occur: what does not happen proves nothing.
    kinds: &'static [&'static str],
}

/// What lies in the tenant at the end of the work, before anything is taken away.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Lies {
    messages: usize,
    groups: usize,
    teams: usize,
    chats: usize,
    posts: usize,
    events: usize,
    files: usize,
}

/// What a run left behind, to be compared with another's.
#[derive(Debug, PartialEq)]
struct Traces {
    /// (id, kind, actor, due) of the ground truth; of what serves the workload, without `due`: how long it takes to find
    /// out what became of a lost request is no part of the plan. Neither is what somebody finds in the inbox at a visit,
    /// when a mail came a minute later.
    tasks: BTreeSet<(String, String, String, String)>,
    /// Every mail of the ground truth, and how often it was sent.
    mails: BTreeMap<String, usize>,
    /// Every mail that the tenant was given, those that Exchange wrote about meetings included.
    submitted: usize,
    lies: Option<Lies>,
    left: usize,
    bystanders: String,
}

impl Traces {
    /// Where this run's traces are not those of another.
    fn differences(&self, other: &Traces) -> Vec<String> {
        let mut found = Vec::new();
        found.extend(self.tasks.difference(&other.tasks).map(|task| format!("more: {task:?}")));
        found.extend(other.tasks.difference(&self.tasks).map(|task| format!("less: {task:?}")));
        found.extend(
            self.mails
                .iter()
                .filter(|mail| !other.mails.iter().any(|other| other == *mail))
                .map(|mail| format!("more: {mail:?}")),
        );
        let rest = |of: &Traces| (of.mails.len(), of.submitted, of.lies, of.left, of.bystanders.clone());
        if rest(self) != rest(other) {
            found.push(format!("{:?} and not {:?}", rest(self), rest(other)));
        }
        found
    }
}

/// A tenant that outlives hosts.
struct Outside {
    tenant: Arc<Tenant>,
    environment: BTreeMap<String, String>,
    lies: OnceLock<Lies>,
    _runtime: tokio::runtime::Runtime,
}

impl Outside {
    fn new(every_feature: bool) -> Outside {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let mut settings = Settings::seeded(SEED);
        // Doubt about a new worker is settled within the half hour before work begins; so a crash changes no schedule.
        settings.start -= 30 * 60 * 1000;
        settings.bystanders = 20;
        if every_feature {
            settings = settings.with_every_feature();
            settings.security_defaults = false;
        }
        let (tenant, environment) = runtime.block_on(haymaker_tests::serve(settings));
        Outside { tenant, environment, lies: OnceLock::new(), _runtime: runtime }
    }

    /// Counts what the work made; the first time only, for afterwards it is being removed.
    fn look(&self) {
        let seen = self.tenant.inspect();
        let lies = Lies {
            messages: seen.messages,
            groups: seen.groups,
            teams: seen.teams,
            chats: seen.chats,
            posts: seen.posts,
            events: seen.events,
            files: seen.files,
        };
        let _ = self.lies.set(lies);
    }
}

/// Runs a host in a runtime of its own until `work` ends or the crash comes; then the process is as good as dead.
fn life<F: Future<Output = ()>>(home: &Path, crash: &Arc<Crash>, work: impl FnOnce(Host) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let crashing = crash.clone();
    runtime.block_on(async {
        let mut settings = HostSettings::new(Home::at(home));
        settings.tap = crash.clone();
        settings.around_store = Box::new(move |inner| Arc::new(Crashing { inner, crash: crashing }));
        let host = Host::open(settings).await.unwrap();
        tokio::select! {
            () = crash.died.notified() => {}
            ended = tokio::time::timeout(PATIENCE, work(host)) => {
                let sites = crash.sites.lock().unwrap();
                assert!(ended.is_ok(), "hangs after {:?}", sites.last());
            }
        }
    });
    runtime.shutdown_timeout(Duration::from_secs(10));
}

/// Brings the work to its end, from wherever it is.
async fn work(host: Host, scenario: &Scenario, outside: &Outside) {
    let environment = outside.environment.clone();
    host.resume(&environment).await;
    let known = host.store().deployments().unwrap().into_iter().next();
    let id = match known {
        Some(view) => view.unwrap().id,
        None => {
            let asked = Asked {
                workload: Some("m365-knowledge-worker".to_owned()),
                config: scenario.config.iter().copied().map(str::to_owned).collect(),
                seed: Some(SEED),
                ..Asked::default()
            };
            let request = DeployRequest { asked, environment: environment.clone(), ..DeployRequest::default() };
            host.deploy(request).await.unwrap().deployment_id
        }
    };
    let view = || host.store().deployment(&id).unwrap().unwrap();
    until(&host, &id, || view().status != Status::Pending && view().status != Status::Running).await;
    if view().phase != "cleaned_up" {
        if view().status == Status::Completed {
            outside.look();
            host.cleanup(&id, &environment).await.unwrap();
        }
        until(&host, &id, || matches!(view().status, Status::Completed | Status::Failed)).await;
    }
    assert_eq!((view().status, view().phase.as_str()), (Status::Completed, "cleaned_up"), "{}", view().reason);
    host.shutdown().await;
}

async fn until(host: &Host, id: &str, holds: impl Fn() -> bool) {
    while !holds() {
        let mut changes = host.watch(id).expect("the host holds what is not over");
        if !holds() {
            changes.changed().await.unwrap();
        }
    }
}

fn traces(home: &Path, outside: &Outside) -> Traces {
    let store = haymaker_store::SqliteStore::open(Home::at(home).database()).unwrap();
    let id = store.deployments().unwrap().remove(0).unwrap().id;
    let lines = store.activities(&id, None, 100_000).unwrap();
    let mut mails = BTreeMap::new();
    let tasks = lines
        .iter()
        .map(|view| {
            let line: serde_json::Value = serde_json::from_str(&view.line).unwrap();
            let text = |key: &str| line[key].as_str().unwrap_or_default().to_owned();
            assert_eq!(text("status"), "done", "{line}");
            if let Some(mail) = line["internet_message_id"].as_str() {
                let trace = outside.tenant.inspect_mail(mail).expect("the tenant knows every mail of the ground truth");
                mails.insert(mail.to_owned(), trace.submissions.len());
            }
            let due = if text("label") == "infrastructure" { String::new() } else { text("due") };
            (text("id"), text("kind"), text("actor"), due)
        })
        .filter(|(id, kind, ..)| !id.starts_with("cleanup/") && !FOUND.contains(&kind.as_str()))
        .collect();
    let left = outside.tenant.inspect_left(&id);
    let left = left.users.len() + left.groups.iter().filter(|group| !group.deleted).count() + left.messages.len();
    let overview = outside.tenant.inspect();
    let submitted = overview.mail.submitted as usize;
    Traces { tasks, mails, submitted, lies: outside.lies.get().copied(), left, bystanders: overview.bystanders.hash }
}

/// A home in which the workload is installed and compiled: what takes longest, and no crash of interest is in it.
fn prepared(scenario: &Scenario) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let host = Host::open(HostSettings::new(Home::at(dir.path()))).await.unwrap();
        host.install(&scenario.workload).await.unwrap();
    });
    for file in std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap()) {
        if file.file_type().unwrap().is_file() {
            std::fs::remove_file(file.path()).unwrap();
        }
    }
    dir
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap()) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(std::fs::copy(entry.path(), target).unwrap()),
        }
    }
}

fn run(scenario: &Scenario, prepared: &TempDir, target: Target, power_cut: bool) -> (Traces, Vec<String>) {
    let outside = Outside::new(scenario.every_feature);
    let dir = tempfile::tempdir().unwrap();
    copy(prepared.path(), dir.path());
    let before = outside.tenant.inspect().bystanders.hash;
    let crash = Crash::at(target);
    life(dir.path(), &crash, |host| work(host, scenario, &outside));
    if crash.dead.load(Ordering::SeqCst) {
        if power_cut {
            haymaker_tests::cut_power(&Home::at(dir.path()).database());
        }
        let calm = Crash::at(Target::Nowhere);
        life(dir.path(), &calm, |host| work(host, scenario, &outside));
    }
    let traces = traces(dir.path(), &outside);
    assert_eq!(traces.bystanders, before);
    let sites = crash.sites.lock().unwrap().clone();
    (traces, sites)
}

/// Three who mail each other for twelve minutes.
fn mail(sites: Sites) -> Scenario {
    Scenario {
        workload: workload("m365-knowledge-worker"),
        config: &["workers=3", "features=mail", "duration_hours=0.7"],
        every_feature: false,
        sites,
        kinds: &["email.send"],
    }
}

/// An office with a working day of two hours, in which everything happens that an office does.
fn office(folder: &Path) -> Scenario {
    Scenario {
        workload: haymaker_tests::short_day(folder),
        config: &["workers=4", "pattern=office", "duration_hours=3.2"],
        every_feature: true,
        sites: Sites::Changes,
        kinds: &[
            "email.send",
            "email.reply",
            "teams.channel_message",
            "teams.chat_message",
            "teams.reaction",
            "calendar.create",
            "calendar.respond",
            "document.create",
            "document.edit",
            "document.share",
        ],
    }
}

#[test]
fn a_host_killed_at_any_kind_of_site_loses_nothing_and_doubles_nothing() {
    everywhere(&mail(Sites::Kinds), false);
}

#[test]
fn a_power_cut_at_any_site_loses_nothing_and_doubles_nothing() {
    everywhere(&mail(Sites::Every), true);
}

#[test]
fn an_office_whose_power_is_cut_at_any_kind_of_site_loses_nothing_and_doubles_nothing() {
    let folder = tempfile::tempdir().unwrap();
    everywhere(&office(folder.path()), true);
}

fn everywhere(scenario: &Scenario, power_cut: bool) {
    let prepared = prepared(scenario);
    let (calm, sites) = run(scenario, &prepared, Target::Nowhere, false);
    assert_eq!(calm.left, 0);
    let kinds: BTreeSet<&str> = calm.tasks.iter().map(|(_, kind, ..)| kind.as_str()).collect();
    let missing: Vec<&&str> = scenario.kinds.iter().filter(|kind| !kinds.contains(*kind)).collect();
    assert!(missing.is_empty(), "what does not happen proves nothing: {missing:?}");
    assert!(calm.mails.values().all(|times| *times == 1), "{:?}", calm.mails);
    let chosen = chosen(&sites, scenario.sites);
    println!("{} of {} sites", chosen.len(), sites.len());
    for n in chosen {
        let site = &sites[n];
        println!("{n:4} {site}");
        let target = match scenario.sites {
            Sites::Every => Target::Site(n),
            Sites::Kinds | Sites::Changes => Target::Kind(kind(&sites[n])),
        };
        let (crashed, _) = run(scenario, &prepared, target, power_cut);
        assert_eq!(crashed.differences(&calm), Vec::<String>::new(), "crash {site} (site {n})");
    }
}

/// The sites to look at. `HAYMAKER_CRASH_SITES=10..20` looks at some of them again.
fn chosen(sites: &[String], which: Sites) -> Vec<usize> {
    let range = match std::env::var("HAYMAKER_CRASH_SITES") {
        Ok(range) => {
            let (from, to) = range.split_once("..").expect("FROM..TO");
            from.parse().expect("a number")..to.parse().expect("a number")
        }
        Err(_) => 0..sites.len(),
    };
    let mut seen = BTreeSet::new();
    let mut chosen = |site: &String| match which {
        Sites::Every => true,
        Sites::Kinds => seen.insert(kind(site)),
        Sites::Changes => writes(site) && seen.insert(kind(site)),
    };
    range.filter(|n| sites.get(*n).is_some_and(&mut chosen)).collect()
}

/// Whether a site lies beside a request that changes something.
fn writes(site: &str) -> bool {
    ["POST ", "PUT ", "PATCH ", "DELETE "].iter().any(|method| site.contains(method))
}

/// What a site has in common with others: all but ids and names in the paths, and how often a record repeats.
fn kind(site: &str) -> String {
    let fixed = |part: &str| part.chars().all(|c| c.is_ascii_alphabetic() || " $.:".contains(c)) && part.len() < 32;
    let path = site.split('/').map(|part| if fixed(part) { part } else { "*" }).collect::<Vec<_>>().join("/");
    path.split('+').collect::<BTreeSet<&str>>().into_iter().collect::<Vec<_>>().join("+")
}
