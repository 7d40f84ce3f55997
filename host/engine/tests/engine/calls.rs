//! Every function of the lifecycle, through a real guest; and time and chance that repeat.

use std::sync::{Arc, Mutex};

use crate::common::{MONDAY, call, deployment, loaded, perform, reference, task};
use haymaker_engine::events::Level;
use haymaker_engine::http::Refusal;
use haymaker_engine::journal::{Journal, Stage, Standing};
use haymaker_engine::ledger::{Change, Entry, Ledger};
use haymaker_engine::llm::{Llm, Prompt, Reply, Stop};
use haymaker_engine::secrets::Secrets;
use haymaker_engine::state::Scope;
use haymaker_engine::types::{LostRequest, Problem, Verdict, Wake};
use haymaker_engine::{Pending, Planning};

#[tokio::test]
async fn every_function_of_the_lifecycle_can_be_called() {
    let (engine, component) = loaded().await;
    let d = deployment();
    let info = engine.describe(&component, call()).await.unwrap().value;
    assert_eq!((info.name.as_str(), info.version.as_str()), ("misbehaving", "1.0.0"));
    let problems = engine.validate_config(&component, call(), "{\"a\":1}").await.unwrap().value;
    assert_eq!(problems[0].message, "{\"a\":1}");
    let wake = async |f| engine.plan(&component, call(), f, &d).await.unwrap().value.unwrap().wake;
    assert_eq!(wake(Planning::Deploy).await, Wake::WhenIdle);
    assert_eq!(wake(Planning::Cycle).await, Wake::At(MONDAY));
    assert!(matches!(wake(Planning::Stop).await, Wake::Done(ending) if ending.success));
    let lost = LostRequest { id: "r-1".to_owned(), sent: MONDAY };
    let verdict = engine.settle(&component, call(), &d, &task("send", ""), &lost).await.unwrap().value.unwrap();
    assert!(matches!(verdict, Verdict::Happened(outcome) if outcome.activities[0].refs[0].1 == "r-1"));
    let mut asked = call();
    asked.grants.parameters = "{\"rate\":3}".to_owned();
    assert_eq!(engine.get_status(&component, asked, &d).await.unwrap().value.unwrap(), "{\"rate\":3}");
    let mut migrating = call();
    migrating.grants.state.scope = Scope::All;
    let migrated = engine.migrate(&component, migrating, &d, "0.9.0").await.unwrap();
    assert_eq!(migrated.effects.writes, [("actor/anybody/from".to_owned(), Some(b"0.9.0".to_vec()))]);
}

#[tokio::test]
async fn time_and_chance_repeat_exactly() {
    let (engine, component) = loaded().await;
    let say = async |seed, now| {
        let call = haymaker_engine::Call { seed, now, ..call() };
        let said = perform(&engine, &component, call, "time-and-chance", "").await;
        let slept = said.as_ref().unwrap().effects.slept;
        (reference(&said, "now"), reference(&said, "measured"), reference(&said, "hash"), slept)
    };
    let first = say([1; 32], MONDAY).await;
    assert_eq!(first, say([1; 32], MONDAY).await);
    assert_eq!((first.0.as_str(), first.1.as_str(), first.3), ("1767600001500", "1500", 1_500));
    assert_ne!(first.2, say([2; 32], MONDAY).await.2, "another seed is another chance");
    assert_eq!(first.2, say([1; 32], MONDAY + 1).await.2, "another moment is not");
}

#[tokio::test]
async fn an_hour_of_sleep_takes_no_time() {
    let (engine, component) = loaded().await;
    let mut call = call();
    call.limits.wait = std::time::Duration::from_secs(2 * 3_600);
    let began = std::time::Instant::now();
    let answer = perform(&engine, &component, call, "sleep", "3600000").await.unwrap();
    assert_eq!(answer.effects.slept, 3_600_000);
    assert!(began.elapsed().as_secs() < 60);
}

#[tokio::test]
async fn what_a_guest_prints_is_in_its_log() {
    let (engine, component) = loaded().await;
    let answer = perform(&engine, &component, call(), "print", "hello").await.unwrap();
    let expected = [(Level::Debug, "out: hello".to_owned()), (Level::Debug, "err: hello".to_owned())];
    assert_eq!(answer.effects.lines, expected);
}

/// A platform of one task, that remembers what was durable on return.
#[derive(Default)]
struct Platform(Mutex<Vec<String>>);

impl Platform {
    fn note(&self, what: String) {
        self.0.lock().unwrap().push(what);
    }
}

impl Ledger for Platform {
    fn intend<'a>(&'a self, kind: &'a str, name: &'a str) -> Pending<'a, Result<Entry, Problem>> {
        self.note(format!("intend {kind} {name}"));
        Box::pin(async { Ok(self.entry(kind, name).expect("it can be read").expect("it is known")) })
    }

    fn entry(&self, kind: &str, name: &str) -> Result<Option<Entry>, String> {
        Ok(Some(Entry { kind: kind.to_owned(), name: name.to_owned(), remote_id: None, intended: MONDAY }))
    }

    fn entries(&self, _: Option<(&str, &str)>, _: usize) -> Result<Vec<Entry>, String> {
        Ok(self.entry("user", "ana")?.into_iter().collect())
    }

    fn may_write(&self) -> bool {
        true
    }
}

impl Secrets for Platform {
    fn generate<'a>(&'a self, name: &'a str, length: u32) -> Pending<'a, Result<(), Problem>> {
        self.note(format!("generate {name} {length}"));
        Box::pin(async { Ok(()) })
    }

    fn sign_in<'a>(&'a self, speaker: &'a str, _: &'a str, _: &'a str) -> Pending<'a, Result<(), Refusal>> {
        self.note(format!("sign in {speaker}"));
        Box::pin(async { Ok(()) })
    }

    fn may_forget(&self, _: &str) -> Result<(), Problem> {
        Ok(())
    }
}

impl Journal for Platform {
    fn get(&self, id: &str) -> Result<Option<Standing>, String> {
        Ok((id == "t/0").then(|| Standing { stage: Stage::Done, code: String::new(), attempts: 1 }))
    }
}

#[tokio::test]
async fn what_a_call_did_is_buffered_and_only_what_must_be_is_durable_at_once() {
    let (engine, component) = loaded().await;
    let platform = Arc::new(Platform::default());
    let mut call = call();
    call.grants.ledger = platform.clone();
    call.grants.secrets = platform.clone();
    call.grants.journal = platform.clone();
    let performed = perform(&engine, &component, call, "everything", "").await;
    assert_eq!(reference(&performed, "known"), "true");
    assert_eq!(reference(&performed, "listed"), "3");
    assert_eq!(*platform.0.lock().unwrap(), ["generate password 16", "intend user ana"]);
    let effects = performed.unwrap().effects;
    let write = |key: &str, value: &str| (key.to_owned(), Some(value.as_bytes().to_vec()));
    assert_eq!(effects.writes, [write("actor/w1/a", "1"), write("actor/w1/b", "2")]);
    let created = Change::Created { kind: "user".into(), name: "ana".into(), remote_id: "1".into() };
    assert_eq!(effects.ledger, [created]);
    assert_eq!(effects.forgotten, ["password"]);
    assert_eq!(effects.lines, [(Level::Warn, "done".to_owned())]);
}

/// A model that takes its time.
struct Slow;

impl Llm for Slow {
    fn complete(&self, _: Prompt) -> Pending<'_, Result<Reply, Problem>> {
        Box::pin(async {
            tokio::time::sleep(std::time::Duration::from_secs(300)).await;
            let model = "slow".to_owned();
            Ok(Reply { content: Vec::new(), stop: Stop::End, model, input_tokens: 1, output_tokens: 1 })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_may_take_longer_than_a_call_may_wait() {
    let (engine, component) = loaded().await;
    let mut call = call();
    call.grants.llm = Arc::new(Slow);
    let began = tokio::time::Instant::now();
    let said = perform(&engine, &component, call, "prompt", "how are you?").await;
    assert_eq!(reference(&said, "model"), "slow");
    assert_eq!(began.elapsed().as_secs(), 300);
}

#[tokio::test]
async fn what_no_model_takes_is_refused_before_anybody_is_asked_and_so_is_asking_where_it_is_denied() {
    let (engine, component) = loaded().await;
    let ask = async |text| {
        let answer = perform(&engine, &component, call(), "prompt", text).await.unwrap();
        answer.value.unwrap_err().code
    };
    assert_eq!((ask("").await.as_str(), ask("hello").await.as_str()), ("prompt", "llm-denied"));
}
