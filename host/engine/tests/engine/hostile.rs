//! Guests that misbehave: each ends with an error of its own, and nobody else notices.

use std::time::Duration;

use crate::common::{call, call_with, deployment, loaded, perform, reference};
use haymaker_engine::events::Level;
use haymaker_engine::http::{Http, Refusal, Request, Response};
use haymaker_engine::types::{Problem, ProblemKind};
use haymaker_engine::{FailureKind, Limits, Pending, Planning};

/// The failure of a task under these limits.
async fn failure(kind: &str, payload: &str, limits: Limits) -> haymaker_engine::Failure {
    let (engine, component) = loaded().await;
    let call = haymaker_engine::Call { limits, ..call() };
    let failure = perform(&engine, &component, call, kind, payload).await.expect_err("it fails");
    let again = perform(&engine, &component, crate::common::call(), "sleep", "1").await;
    assert!(again.is_ok(), "the next call of the same component runs");
    failure
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_limit() {
    let limit = Duration::from_millis(50);
    let failure = failure("spin", "", Limits { compute: limit, ..Limits::default() }).await;
    assert_eq!(failure.kind, FailureKind::Compute { limit });
    let words = "misbehaving in perform, task t/1: it computed for more than 50ms (manifest: limits.compute)";
    assert_eq!(failure.to_string(), words);
}

#[tokio::test]
async fn neighbours_of_an_endless_loop_run_on_the_same_thread() {
    let (engine, component) = loaded().await;
    let for_ever = Duration::from_secs(3_600);
    let limits = Limits { compute: for_ever, wait: for_ever, ..Limits::default() };
    let spinning = perform(&engine, &component, haymaker_engine::Call { limits, ..call() }, "spin", "");
    tokio::pin!(spinning);
    for _ in 0..3 {
        let neighbour = perform(&engine, &component, call(), "sleep", "1");
        tokio::select! {
            biased;
            ended = &mut spinning => panic!("the loop ended: {ended:?}"),
            done = neighbour => { done.expect("the neighbour runs").value.expect("and ends well"); }
        }
    }
}

#[tokio::test]
async fn too_much_memory_is_told_apart() {
    let failure = failure("allocate", "30", Limits { memory: 16 << 20, ..Limits::default() }).await;
    assert_eq!(failure.kind, FailureKind::Memory { limit: 16 << 20 });
    assert!(
        failure.to_string().ends_with("it needs more than 16 MiB of memory (manifest: limits.memory)"),
        "{failure}"
    );
}

#[tokio::test]
async fn a_recursion_without_end_is_told_apart() {
    let failure = failure("recurse", "", Limits::default()).await;
    assert_eq!(failure.kind, FailureKind::StackOverflow);
}

#[tokio::test]
async fn a_panic_says_what_and_where() {
    let failure = failure("panic", "the reason", Limits::default()).await;
    let FailureKind::Trap { backtrace, stderr, .. } = &failure.kind else { panic!("{failure:?}") };
    assert!(failure.to_string().ends_with(": the reason"), "{failure}");
    assert!(stderr.contains("the reason") && stderr.contains("src/lib.rs"), "{stderr}");
    assert!(backtrace.iter().any(|frame| frame.contains("perform")), "{backtrace:?}");
    assert_eq!((failure.function.as_str(), failure.task.as_deref()), ("perform", Some("t/1")));
}

#[tokio::test]
async fn a_guest_that_exits_ends_only_itself() {
    let failure = failure("exit", "", Limits::default()).await;
    let FailureKind::Trap { message, .. } = &failure.kind else { panic!("{failure:?}") };
    assert!(message.contains("exit status"), "{message}");
}

#[tokio::test]
async fn a_flood_of_lines_is_cut_and_the_call_goes_on() {
    let (engine, component) = loaded().await;
    let limits = Limits { log: 1_000, ..Limits::default() };
    let call = haymaker_engine::Call { limits, ..call() };
    let answer = perform(&engine, &component, call, "log-flood", "5000").await.unwrap();
    let lines = answer.effects.lines;
    assert_eq!(lines[0], (Level::Info, "line 0\\u{1b}[2J".to_owned()));
    assert!(
        lines.len() < 50 && lines.last().unwrap().1.ends_with("more lines of this call were dropped)"),
        "{lines:?}"
    );
}

#[tokio::test]
async fn a_flood_of_state_is_refused_at_its_limit() {
    let (engine, component) = loaded().await;
    let limits = Limits { state: 100 << 10, ..Limits::default() };
    let call = haymaker_engine::Call { limits, ..call() };
    let answer = perform(&engine, &component, call, "state-flood", "").await.unwrap();
    let problem = answer.value.expect_err("refused");
    assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Exhausted, "state-size"));
    let kept: usize = answer.effects.writes.iter().map(|(_, value)| value.as_ref().map_or(0, Vec::len)).sum();
    assert!(kept <= 100 << 10, "{kept}");
}

#[tokio::test]
async fn writes_out_of_scope_are_denied() {
    let (engine, component) = loaded().await;
    for key in ["actor/w2/x", "plan/x", "actor/w1"] {
        let answer = perform(&engine, &component, call(), "write", key).await.unwrap();
        assert_eq!(answer.value.expect_err(key).kind, ProblemKind::Denied, "{key}");
        assert!(answer.effects.writes.is_empty());
    }
    let own = perform(&engine, &component, call(), "write", "actor/w1/x").await;
    assert_eq!(reference(&own, "read"), "true");
}

#[tokio::test]
async fn too_many_tasks_and_follow_ups_are_refused() {
    let (engine, component) = loaded().await;
    let limits = || Limits { tasks: 10, ..Limits::default() };
    let call = || haymaker_engine::Call { limits: limits(), ..call() };
    let mut deployment = deployment();
    deployment.config = "10".to_owned();
    let plan = engine.plan(&component, call(), Planning::Deploy, &deployment).await.unwrap();
    assert_eq!(plan.value.unwrap().tasks.len(), 10);
    deployment.config = "11".to_owned();
    let failure = engine.plan(&component, call(), Planning::Deploy, &deployment).await.expect_err("eleven of ten");
    assert_eq!(failure.kind, FailureKind::TooMuch { what: "tasks", limit: 10 });
    let failure = perform(&engine, &component, call(), "follow-ups", "11").await.expect_err("eleven of ten");
    assert_eq!(failure.kind, FailureKind::TooMuch { what: "follow-ups", limit: 10 });
}

#[tokio::test]
async fn what_a_failed_call_logged_is_kept() {
    let (engine, component) = loaded().await;
    let failure = perform(&engine, &component, call(), "panic", "first\nsecond").await.expect_err("it panics");
    assert!(failure.lines.iter().any(|(level, line)| *level == Level::Debug && line == "second"), "{failure:?}");
}

#[tokio::test]
async fn a_sleep_beyond_the_wait_limit_fails() {
    let limit = Duration::from_secs(2);
    let failure = failure("sleep", "3000", Limits { wait: limit, ..Limits::default() }).await;
    assert_eq!(failure.kind, FailureKind::Wait { limit });
}

/// An outside that answers as it is told.
struct Outside(fn() -> Pending<'static, Result<Response, Refusal>>);

impl Http for Outside {
    fn send(&self, _: Request) -> Pending<'_, Result<Response, Refusal>> {
        (self.0)()
    }

    fn base_url(&self, _: &str) -> Result<String, Problem> {
        Ok("https://graph.example/v1.0".to_owned())
    }
}

#[tokio::test]
async fn a_request_that_is_never_answered_ends_with_the_wait_limit() {
    let (engine, component) = loaded().await;
    let mut call = call_with(Outside(|| Box::pin(std::future::pending())));
    let limit = Duration::from_millis(20);
    call.limits.wait = limit;
    let failure = perform(&engine, &component, call, "send", "/").await.expect_err("nobody answers");
    assert_eq!(failure.kind, FailureKind::Wait { limit });
}

#[tokio::test]
async fn waiting_for_an_answer_is_not_computing() {
    let (engine, component) = loaded().await;
    let mut call = call_with(Outside(|| {
        Box::pin(async {
            // On a thread of its own, and longer than the guest may compute.
            let waited = tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(60))).await;
            waited.map_err(|error| Refusal::Host(error.to_string()))?;
            Ok(Response { status: 204, headers: Vec::new(), body: Vec::new() })
        })
    }));
    call.limits.compute = Duration::from_millis(50);
    let performed = perform(&engine, &component, call, "send", "/").await;
    assert_eq!(reference(&performed, "status"), "204");
}

#[tokio::test]
async fn a_refusal_for_later_ends_the_call_with_its_moment() {
    let (engine, component) = loaded().await;
    let call = call_with(Outside(|| {
        let problem = Problem::new(ProblemKind::Exhausted, "429", "too many requests");
        Box::pin(async { Err(Refusal::Later { at: 9, problem }) })
    }));
    let failure = perform(&engine, &component, call, "send", "/").await.expect_err("later");
    assert!(matches!(&failure.kind, FailureKind::Later { at: 9, problem } if problem.code == "429"), "{failure:?}");
}

#[tokio::test]
async fn the_hosts_own_fault_is_not_the_guests() {
    let (engine, component) = loaded().await;
    let call = call_with(Outside(|| Box::pin(async { Err(Refusal::Host("the store is gone".to_owned())) })));
    let failure = perform(&engine, &component, call, "send", "/").await.expect_err("the host failed");
    assert_eq!(failure.kind, FailureKind::Host("the store is gone".to_owned()));
}

#[tokio::test]
async fn an_answer_over_the_limit_is_a_problem() {
    let (engine, component) = loaded().await;
    let mut call = call_with(Outside(|| {
        Box::pin(async { Ok(Response { status: 200, headers: Vec::new(), body: vec![0; 101] }) })
    }));
    call.limits.response = 100;
    let answer = perform(&engine, &component, call, "send", "/").await.unwrap();
    assert_eq!(answer.value.expect_err("too large").code, "response-too-large");
}

#[tokio::test]
async fn what_is_not_granted_is_denied_at_the_call() {
    let (engine, component) = loaded().await;
    let answer = perform(&engine, &component, call(), "send", "/").await.unwrap();
    let problem = answer.value.expect_err("denied");
    assert_eq!(problem.kind, ProblemKind::Denied);
    assert!(problem.message.contains("this is a test"), "{}", problem.message);
    let plan = engine.plan(&component, call(), Planning::Cleanup, &deployment()).await.unwrap();
    assert_eq!(plan.value.expect_err("no ledger").kind, ProblemKind::Denied);
}
