//! How much of a tenant's caps is used up, over all deployments of the host.
//!
//! The counts of a day are read from the store when the first request of that day comes, and kept here from then on: to
//! ask the store before each request would cost more than the request. So a host that is restarted knows what was sent
//! before; but for attempts that were under way when it died, which no log tells of.
//!
//! Over a cap of the day nothing is sent, and nothing is lost: the task waits until the next day begins, like one that the
//! tenant told to come back later. Over the cap of objects there is no such moment, so the task fails, and says why.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use haymaker_engine::clock::Clock;
use haymaker_engine::http::{Canonical, Refusal};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_store::{ExchangeCount, Store};

use super::Caps;
use crate::clock::Timeline;
use crate::grants::broken;

/// The code of what a cap stops.
const CAP: &str = "tenant-cap";

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// What sends a mail: the last part of its path.
const SENDING: [&str; 5] = ["send", "sendMail", "reply", "replyAll", "forward"];

/// What all deployments of a host spend, by tenant.
pub(crate) struct Spending {
    store: Arc<dyn Store>,
    tenants: Mutex<BTreeMap<String, Account>>,
}

/// What is spent in one tenant.
#[derive(Default)]
struct Account {
    /// Days since 1970, UTC, on the tenant's clock; none before the first request.
    day: Option<u64>,
    spent: Spent,
    /// Deployments that were told today, each of one cap.
    told: BTreeSet<(String, String)>,
    /// Objects whose intent is being written.
    intents: u64,
}

/// What was spent on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spent {
    requests: u64,
    deletes: u64,
    mails: u64,
}

impl Spent {
    /// What one request costs.
    fn of(method: &str, action: &str) -> Spent {
        let is = |name: &&str| method == "POST" && action.eq_ignore_ascii_case(name);
        Spent {
            // The parts of a batch are counted, and so it is not.
            requests: u64::from(!is(&"$batch")),
            deletes: u64::from(method == "DELETE" || is(&"permanentDelete")),
            mails: u64::from(SENDING.iter().any(is)),
        }
    }

    fn plus(self, other: Spent, times: u64) -> Spent {
        let sum = |one: u64, other: u64| one.saturating_add(other.saturating_mul(times));
        Spent {
            requests: sum(self.requests, other.requests),
            deletes: sum(self.deletes, other.deletes),
            mails: sum(self.mails, other.mails),
        }
    }

    /// The first cap that this would pass, with its name.
    fn over(self, caps: &Caps) -> Option<(u64, &'static str)> {
        [
            (self.requests, caps.requests_per_day, "requests"),
            (self.deletes, caps.deletes_per_day, "deletes"),
            (self.mails, caps.mails_per_day, "mails"),
        ]
        .into_iter()
        .find_map(|(spent, cap, what)| (spent > cap).then_some((cap, what)))
    }
}

impl Spending {
    /// Of the deployments in this store.
    pub(crate) fn new(store: Arc<dyn Store>) -> Arc<Spending> {
        Arc::new(Spending { store, tenants: Mutex::default() })
    }

    fn tenants(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the store knows of a day.
    fn known(&self, tenant: &str, day: u64) -> Result<Spent, Problem> {
        let counts = self.store.exchange_day(tenant, day).map_err(broken)?;
        let add = |sum: Spent, ExchangeCount { method, action, count }: ExchangeCount| {
            sum.plus(Spent::of(&method, &action), count)
        };
        Ok(counts.into_iter().fold(Spent::default(), add))
    }
}

/// What one deployment may spend of its tenant's caps.
#[derive(Clone)]
pub(crate) struct Allowance {
    spending: Arc<Spending>,
    deployment: String,
    tenant: String,
    caps: Caps,
    clock: Timeline,
}

impl Allowance {
    pub(crate) fn new(spending: &Arc<Spending>, deployment: &str, tenant: &str, caps: Caps, clock: Timeline) -> Self {
        let (deployment, tenant) = (deployment.to_owned(), tenant.to_owned());
        Allowance { spending: spending.clone(), deployment, tenant, caps, clock }
    }

    /// Counts a request that is about to be sent.
    ///
    /// # Errors
    /// Later, on the next day, if a cap would be passed; then nothing is counted. The store's.
    pub(crate) fn spend(&self, request: &Canonical) -> Result<(), Refusal> {
        let cost = Spent::of(request.method, request.segments.last().map_or("", String::as_str));
        let day = self.clock.now() / DAY;
        let mut tenants = self.spending.tenants();
        let account = tenants.entry(self.tenant.clone()).or_default();
        if account.day != Some(day) {
            account.spent = self.spending.known(&self.tenant, day).map_err(Refusal::Problem)?;
            account.day = Some(day);
            account.told.clear();
        }
        let spent = account.spent.plus(cost, 1);
        if let Some((cap, what)) = spent.over(&self.caps) {
            let at = (day + 1) * DAY;
            let why = format!("the tenant's cap of {cap} {what} a day is reached; work goes on at 00:00 UTC");
            return Err(Refusal::Later { at, problem: Problem::new(ProblemKind::Exhausted, CAP, why).at(at) });
        }
        account.spent = spent;
        Ok(())
    }

    /// Whether this deployment hears of a cap for the first time today: a hundred tasks meet it.
    pub(crate) fn is_news(&self, problem: &Problem) -> bool {
        let mut tenants = self.spending.tenants();
        let account = tenants.entry(self.tenant.clone()).or_default();
        problem.code == CAP && account.told.insert((self.deployment.clone(), problem.message.clone()))
    }

    /// Room for one more object, until what is given is dropped: the intent must stand by then.
    ///
    /// # Errors
    /// `exhausted`, if there is none. The store's.
    pub(crate) fn room(&self) -> Result<Room, Problem> {
        let mut tenants = self.spending.tenants();
        let account = tenants.entry(self.tenant.clone()).or_default();
        let live = self.spending.store.live(&self.tenant).map_err(broken)?;
        let cap = self.caps.objects;
        if live + account.intents >= cap {
            let why = format!(
                "the tenant's cap of {cap} live objects is reached; clean a deployment up, or have the operator raise \
                 caps.objects"
            );
            return Err(Problem::new(ProblemKind::Exhausted, CAP, why));
        }
        account.intents += 1;
        Ok(Room(self.clone()))
    }
}

/// See [`Allowance::room`].
pub(crate) struct Room(Allowance);

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(account) = self.0.spending.tenants().get_mut(&self.0.tenant) {
            account.intents = account.intents.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use haymaker_engine::http::{Effect, Request};
    use haymaker_store::conformance::sample;
    use haymaker_store::{Batch, Exchange, Record, SqliteStore};

    use super::*;

    /// The tenant of the sample deployment.
    const TENANT: &str = "simulated:1";

    fn request(line: &str) -> Canonical {
        let (method, target) = line.split_once(' ').unwrap();
        let request = Request {
            endpoint: "graph".to_owned(),
            method: method.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
            speaker: None,
            effect: if method == "GET" { Effect::Read } else { Effect::Once },
            fills: Vec::new(),
        };
        Canonical::read(request, "https://graph.example/v1.0").unwrap()
    }

    fn allowance(store: &Arc<dyn Store>, caps: Caps, clock: &Timeline) -> Allowance {
        Allowance::new(&Spending::new(store.clone()), "d", TENANT, caps, clock.clone())
    }

    fn later(refused: Result<(), Refusal>) -> (u64, String) {
        match refused {
            Err(Refusal::Later { at, problem }) => (at, problem.message),
            other => panic!("{other:?}"),
        }
    }

    async fn commit(store: &Arc<dyn Store>, records: Vec<Record>) {
        let (lease, end) = store.lease("d", "h").await.unwrap();
        store.commit(&lease, end, Batch { at: sample::NOW, records, flush: false }).await.unwrap();
    }

    #[test]
    fn a_request_over_a_cap_waits_for_the_next_day_and_everything_else_goes_on() {
        let store: Arc<dyn Store> = SqliteStore::in_memory().unwrap();
        let clock = Timeline::simulated(sample::NOW, None);
        let caps = Caps { mails_per_day: 2, deletes_per_day: 1, ..Caps::default() };
        let allowance = allowance(&store, caps, &clock);
        let midnight = (sample::NOW / DAY + 1) * DAY;
        for line in ["POST /users/1/messages/2/send", "POST /users/1/sendmail", "DELETE /users/1"] {
            assert_eq!(allowance.spend(&request(line)), Ok(()), "{line}");
        }
        let mail = later(allowance.spend(&request("POST /users/1/messages/2/replyAll")));
        let said = "the tenant's cap of 2 mails a day is reached; work goes on at 00:00 UTC";
        assert_eq!(mail, (midnight, said.to_owned()));
        let delete = later(allowance.spend(&request("POST /users/1/messages/2/permanentDelete")));
        assert_eq!(delete.0, midnight);
        assert!(delete.1.contains("1 deletes a day"), "{}", delete.1);
        assert_eq!(allowance.spend(&request("POST /users/1/messages")), Ok(()));

        let problem = Problem::new(ProblemKind::Exhausted, CAP, said);
        assert!(allowance.is_news(&problem) && !allowance.is_news(&problem));
        clock.at_least(midnight);
        assert_eq!(allowance.spend(&request("POST /users/1/sendMail")), Ok(()));
        assert!(allowance.is_news(&problem), "another day is told again");
    }

    #[test]
    fn requests_are_counted_over_all_deployments_of_a_tenant_and_not_over_another_ones() {
        let store: Arc<dyn Store> = SqliteStore::in_memory().unwrap();
        let (spending, clock) = (Spending::new(store), Timeline::simulated(sample::NOW, None));
        let caps = Caps { requests_per_day: 2, ..Caps::default() };
        let of = |deployment: &str, tenant: &str| Allowance::new(&spending, deployment, tenant, caps, clock.clone());
        let get = request("GET /users");
        assert_eq!(of("d", "t").spend(&get).and(of("e", "t").spend(&get)), Ok(()));
        assert!(later(of("d", "t").spend(&get)).1.contains("2 requests a day"));
        assert_eq!(of("f", "another").spend(&get), Ok(()));
    }

    #[tokio::test]
    async fn a_host_that_was_restarted_knows_what_was_sent_before() {
        let store: Arc<dyn Store> = SqliteStore::in_memory().unwrap();
        let sent = |path: &str| Exchange { path: path.to_owned(), ..sample::exchange("r", Some(202)) };
        let exchanges = vec![sent("/users/1/sendMail"), sent("/$batch"), sent("/users/1/messages/2/send")];
        let plan = sample::planned(vec![sample::task("t")]);
        commit(&store, vec![sample::accepted(), plan, sample::retried("t", exchanges)]).await;
        let clock = Timeline::simulated(sample::NOW, None);
        let caps = Caps { mails_per_day: 3, requests_per_day: 4, ..Caps::default() };
        let restarted = allowance(&store, caps, &clock);
        assert_eq!(restarted.spend(&request("POST /users/1/sendMail")), Ok(()));
        assert!(later(restarted.spend(&request("POST /users/1/sendMail"))).1.contains("3 mails"));
        assert_eq!(restarted.spend(&request("GET /users")), Ok(()), "what was refused is not counted");
        assert!(later(restarted.spend(&request("GET /users"))).1.contains("4 requests"));
    }

    #[tokio::test]
    async fn objects_are_capped_together_with_those_that_are_being_intended() {
        let store: Arc<dyn Store> = SqliteStore::in_memory().unwrap();
        let made = Record::Intended { kind: "user".to_owned(), name: "ana".to_owned() };
        commit(&store, vec![sample::accepted(), made]).await;
        let clock = Timeline::simulated(sample::NOW, None);
        let allowance = allowance(&store, Caps { objects: 2, ..Caps::default() }, &clock);
        let room = allowance.room().map_err(|problem| problem.message).unwrap();
        let Err(full) = allowance.room() else { panic!("one is made, and one is being made") };
        assert_eq!((full.kind, full.retry_at), (ProblemKind::Exhausted, None));
        assert!(full.message.contains("2 live objects"), "{}", full.message);
        drop(room);
        assert!(allowance.room().is_ok());
    }
}
