//! Tasks: planned, tried, over.

use std::sync::Arc;

use super::sample::*;
use super::{Log, Record, Result, Store};
use crate::record::*;
use crate::view::*;

/// Tasks that are not over, the earliest first, and by id where they are due together.
pub async fn open_tasks_are_ordered_by_due_and_id(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["b", "a", "c"]).await?;
    let early = Task { due: NOW - 1, ..task("z") };
    log.add([planned(vec![early]), done("c"), retried("a", Vec::new())]).await?;
    let ids = |tasks: Vec<TaskView>| tasks.into_iter().map(|view| view.task.id).collect::<Vec<_>>();
    assert_eq!(ids(store.open_tasks("d")?), ["z", "a", "b"]);
    assert_eq!(store.task("d", "a")?.map(|view| view.next), Some(NOW + 60_000));
    Ok(())
}

/// A plan that is made again does no harm.
pub async fn a_plan_opens_what_is_new_or_has_failed_and_leaves_the_rest(
    open: impl Fn() -> Arc<dyn Store>,
) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["open", "done", "failed", "skipped", "unknown", "cancelled"]).await?;
    log.add([
        done("done"),
        retried("failed", vec![exchange("x", Some(500))]),
        ended("failed", Stage::Failed),
        ended("skipped", Stage::Skipped),
        ended("unknown", Stage::Unknown),
        retried("open", Vec::new()),
    ])
    .await?;
    let again =
        |id: &str| Task { due: NOW + 7, payload: "{}".into(), inherited: vec![exchange("i", Some(200))], ..task(id) };
    let ids = ["open", "done", "failed", "skipped", "unknown", "new", "new"];
    let cancelled = ["cancelled", "done", "nobody"].map(String::from).to_vec();
    let (function, wake) = (PlanFunction::Stop, Wake::At { at: NOW + 900_000 });
    log.add([Record::Planned {
        function,
        tasks: ids.map(again).to_vec(),
        cancelled,
        wake: wake.clone(),
        writes: vec![write("k", Some(b"v"))],
    }])
    .await?;

    let stage = |id: &str| Ok::<_, crate::Error>(store.task("d", id)?.map(|view| view.stage));
    for (id, expected) in [
        ("open", Stage::Open),
        ("done", Stage::Done),
        ("failed", Stage::Open),
        ("skipped", Stage::Skipped),
        ("unknown", Stage::Unknown),
        ("new", Stage::Open),
        ("cancelled", Stage::Skipped),
    ] {
        assert_eq!(stage(id)?, Some(expected), "{id}");
    }
    assert_eq!(stage("nobody")?, None);
    let untouched = store.task("d", "open")?;
    assert_eq!(untouched.map(|view| (view.attempts, view.task)), Some((1, task("open"))));
    let reopened = TaskView {
        task: again("failed"),
        stage: Stage::Open,
        attempts: 0,
        tries: 2,
        next: NOW + 7,
        doubted: false,
        problem: None,
        exchanges: vec![exchange("i", Some(200)), exchange("x", Some(500))],
    };
    assert_eq!(store.task("d", "failed")?, Some(reopened));
    let view = store.deployment("d")?;
    let counts = TaskCounts { open: 3, done: 1, failed: 0, skipped: 2, unknown: 1 };
    assert_eq!(view.as_ref().map(|view| view.tasks), Some(counts));
    assert_eq!(view.and_then(|view| view.planned), Some((function, wake)));
    assert_eq!(store.state("d", "k")?.as_deref(), Some(b"v".as_slice()));
    Ok(())
}

/// An attempt counts where its record says so; its requests stay with the task and are counted.
pub async fn attempts_are_counted_and_requests_kept(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["t"]).await?;
    let throttled = Record::Retried {
        task: "t".into(),
        problem: problem("throttled"),
        next: NOW + 5,
        counts: false,
        exchanges: vec![exchange("x", Some(429)), exchange("y", Some(200))],
    };
    log.add([throttled, retried("t", vec![exchange("x", Some(503)), exchange("y", Some(200))])]).await?;
    let view = store.task("d", "t")?;
    assert_eq!(
        view.map(|view| (view.attempts, view.tries, view.next, view.problem)),
        Some((1, 2, NOW + 60_000, Some(problem("throttled"))))
    );
    let last = Record::Done {
        task: "t".into(),
        activities: Vec::new(),
        follow_ups: vec![task("after")],
        writes: Vec::new(),
        exchanges: vec![exchange("x", None), exchange("x", Some(202))],
    };
    log.add([last]).await?;
    let view = store.task("d", "t")?;
    let expected =
        [("x", Some(429)), ("y", Some(200)), ("x", Some(503)), ("y", Some(200)), ("x", None), ("x", Some(202))];
    let exchanges = expected.map(|(id, status)| exchange(id, status)).to_vec();
    assert_eq!(
        view.map(|view| (view.stage, view.tries, view.problem, view.exchanges)),
        Some((Stage::Done, 3, None, exchanges))
    );
    assert_eq!(store.task("d", "after")?.map(|view| view.stage), Some(Stage::Open));
    // `y` was answered each time: sent again, but nothing was repeated.
    let counts = RequestCounts { sent: 6, throttled: 1, retried: 3 };
    assert_eq!(store.deployment("d")?.map(|view| view.requests), Some(counts));
    Ok(())
}

/// What is over is over: only a plan opens it again, and only what failed.
pub async fn a_task_ends_once(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let ids = ["done", "failed", "skipped", "unknown"];
    let mut log = Log::begin(&store, "d", &ids).await?;
    log.add([
        done("done"),
        ended("failed", Stage::Failed),
        ended("skipped", Stage::Skipped),
        ended("unknown", Stage::Unknown),
    ])
    .await?;
    for id in ids.into_iter().chain(["nobody"]) {
        log.refused(done(id)).await?;
        log.refused(ended(id, Stage::Failed)).await?;
        log.refused(retried(id, Vec::new())).await?;
        log.refused(sending(id, "r")).await?;
        log.refused(doubted(id)).await?;
    }
    log.add([planned(vec![task("failed"), task("odd")])]).await?;
    log.refused(ended("odd", Stage::Open)).await?;
    log.refused(ended("odd", Stage::Done)).await?;
    log.add([done("failed"), done("odd")]).await
}
