//! One deployment's use of its model: counted, within its budget, and never in the way.

use std::sync::Arc;

use haymaker_engine::llm::Llm;
use haymaker_engine::types::ProblemKind;
use haymaker_store::conformance::sample;
use haymaker_store::{ModelUse, SqliteStore};
use tokio::sync::Semaphore;

use super::super::lent::Lent;
use super::super::settings::from_environment;
use super::super::wish::{Need, Wish};
use super::server::{Play, Server, say};
use super::{KEY, environment, good, models, prompt};
use crate::clock::Timeline;
use crate::journal::{Durability, Journal};
use crate::supervisor::Slot;

/// A deployment at its desk.
struct Desk {
    journal: Arc<Journal>,
    lent: Lent,
    llm: Arc<dyn Llm>,
    places: Arc<Semaphore>,
}

const WANTED: Wish = Wish::Wanted(Need::Optional);

impl Desk {
    /// With a model at this server, and these variables more; without a server, without a model.
    async fn new(server: Option<&Server>, more: &[(&str, &str)], wish: Wish) -> Desk {
        let clock = Timeline::simulated(sample::NOW, None);
        let store = SqliteStore::in_memory().unwrap();
        let journal = Arc::new(Journal::open(store, "d", "host", clock.clone(), Durability::Process).await.unwrap());
        journal.commit(vec![sample::accepted()]).await.unwrap();
        let models = models();
        if let Some(server) = server {
            let mut environment = environment(more);
            for (name, value) in [("ANTHROPIC_API_KEY", KEY), ("ANTHROPIC_BASE_URL", server.origin.as_str())] {
                environment.insert(name.to_owned(), value.to_owned());
            }
            models.put("d", Arc::new(from_environment(&environment).unwrap().unwrap()));
        }
        let lent = Lent::new(&models, wish, "d");
        journal.commit(lent.facts()).await.unwrap();
        let places = Arc::new(Semaphore::new(1));
        let slot = Slot::take(clock, places.clone()).await;
        let llm = lent.to(&journal, "simulated:1", "mail/1", &slot);
        Desk { journal, lent, llm, places }
    }

    /// Another task's access to the same model.
    async fn another(&self) -> Arc<dyn Llm> {
        let slot = Slot::take(self.journal.clock().clone(), Arc::new(Semaphore::new(1))).await;
        self.lent.to(&self.journal, "simulated:1", "mail/2", &slot)
    }

    fn used(&self) -> ModelUse {
        self.journal.store().model_use("d").unwrap()
    }

    fn log(&self) -> String {
        self.journal
            .store()
            .lines("d", None, 99)
            .unwrap()
            .iter()
            .map(|line| format!("{}\n", line.line.message))
            .collect()
    }
}

#[tokio::test]
async fn calls_tokens_and_failures_are_counted_and_the_model_is_known() {
    let script = [say(200, &[], &good("anthropic")), say(401, &[], "{}"), say(200, &[], &good("anthropic"))];
    let server = Server::start(script).await;
    let desk = Desk::new(Some(&server), &[], WANTED).await;
    let results =
        [desk.llm.complete(prompt()).await, desk.llm.complete(prompt()).await, desk.llm.complete(prompt()).await];
    assert_eq!(results.map(|result| result.is_ok()), [true, false, true]);
    let used = desk.used();
    assert_eq!((used.calls, used.failed, used.refused), (3, 1, 0));
    assert_eq!((used.input_tokens, used.output_tokens), (54, 10));
    assert_eq!(used.model.unwrap().name, "claude-haiku-4-5");
    assert!(desk.log().contains("the language model: anthropic claude-haiku-4-5: it answered 401"), "{}", desk.log());
}

#[tokio::test]
async fn a_budget_that_is_used_up_refuses_before_anything_is_sent() {
    for (more, message, again) in [
        (("LLM_MAX_CALLS", "1"), "the deployment has used up its budget", false),
        (("LLM_MAX_CALLS_PER_DAY", "1"), "the tenant's day has used up its budget", true),
        (("LLM_MAX_TOKENS", "330"), "the deployment has used up its budget", false),
        (("LLM_MAX_TOKENS_PER_DAY", "330"), "the tenant's day has used up its budget", true),
    ] {
        let server = Server::start([say(200, &[], &good("anthropic")), say(200, &[], &good("anthropic"))]).await;
        let desk = Desk::new(Some(&server), &[more], WANTED).await;
        desk.llm.complete(prompt()).await.unwrap();
        let problem = desk.llm.complete(prompt()).await.unwrap_err();
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Exhausted, "llm-budget"));
        assert!(problem.message.contains(message) && problem.message.contains(more.0), "{}", problem.message);
        let midnight = (sample::NOW / 86_400_000 + 1) * 86_400_000;
        assert_eq!(problem.retry_at, again.then_some(midnight));
        assert_eq!((server.seen().len(), desk.used().calls, desk.used().refused), (1, 1, 1));
    }
}

#[tokio::test]
async fn calls_at_once_share_one_budget() {
    let server = Server::start(vec![say(200, &[], &good("anthropic")); 9]).await;
    let desk = Desk::new(Some(&server), &[("LLM_MAX_CALLS", "3")], WANTED).await;
    let tasks = futures::future::join_all((0..9).map(|_| desk.another())).await;
    let results = futures::future::join_all(tasks.iter().map(|llm| llm.complete(prompt()))).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert_eq!((server.seen().len(), desk.used().calls, desk.used().refused), (3, 3, 6));
}

#[tokio::test]
async fn without_a_provider_a_guest_is_told_so_and_it_is_counted() {
    let desk = Desk::new(None, &[], WANTED).await;
    let problem = desk.llm.complete(prompt()).await.unwrap_err();
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Unavailable, "llm-unavailable"));
    assert!(problem.message.contains("LLM_PROVIDER"));
    assert_eq!(desk.used(), ModelUse { refused: 1, ..ModelUse::default() });
    assert!(desk.log().contains("texts come from templates"), "{}", desk.log());
}

#[tokio::test]
async fn who_did_not_ask_for_a_model_is_denied_it_also_where_there_is_one() {
    let server = Server::start([]).await;
    for wish in [Wish::Never, Wish::Off] {
        let desk = Desk::new(Some(&server), &[], wish).await;
        assert_eq!(desk.llm.complete(prompt()).await.unwrap_err().kind, ProblemKind::Denied);
        assert_eq!((desk.used(), desk.log().as_str()), (ModelUse::default(), ""));
    }
    assert!(server.seen().is_empty());
}

/// The provider sends its answer, and counts it, whether or not somebody still listens.
#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_counted_all_the_same() {
    let server = Server::start([say(200, &[], &good("anthropic"))]).await;
    let desk = Desk::new(Some(&server), &[], WANTED).await;
    let mut changes = desk.journal.watch();
    changes.mark_unchanged();
    let mut call = desk.llm.complete(prompt());
    assert!(futures::poll!(&mut call).is_pending());
    // It was spawned; it must have begun before its caller is gone.
    while server.seen().is_empty() {
        tokio::task::yield_now().await;
    }
    drop(call);
    changes.changed().await.unwrap();
    assert_eq!(desk.used().calls, 1);
}

#[tokio::test]
async fn a_slow_model_takes_nobody_s_place() {
    let server = Server::start([Play::Silence]).await;
    let desk = Desk::new(Some(&server), &[], WANTED).await;
    assert_eq!(desk.places.available_permits(), 0);
    let mut call = desk.llm.complete(prompt());
    assert!(futures::poll!(&mut call).is_pending());
    assert_eq!(desk.places.available_permits(), 1, "other tasks run meanwhile");
}
