//! Requests that must not happen twice.

use std::sync::Arc;

use super::sample::*;
use super::{Log, Record, Result, Store};
use crate::record::*;
use crate::view::*;

/// While a `once` request stands, sent or answered, its task sends no other; a rerun finds the answer.
pub async fn a_once_request_stands_until_it_is_withdrawn(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["t", "u"]).await?;
    assert_eq!(store.once("d", "t")?, None);
    log.refused(answered("t", "r")).await?;
    log.refused(withdrawn("t", "r")).await?;
    log.add([sending("t", "r")]).await?;
    let mut once = OnceView {
        request_id: "r".into(),
        digest: "ab".repeat(32),
        line: "POST /users/1/sendMail".into(),
        sent: log.at,
        answer: None,
    };
    assert_eq!(store.once("d", "t")?.as_ref(), Some(&once));
    let another =
        Record::Sending { task: "t".into(), request_id: "r".into(), digest: "cd".into(), line: "GET /".into() };
    for record in [sending("t", "r"), sending("t", "s"), another, answered("t", "s"), withdrawn("t", "s")] {
        log.refused(record).await?;
    }
    log.add([withdrawn("t", "r")]).await?;
    assert_eq!(store.once("d", "t")?, None);

    log.add([sending("t", "r"), sending("u", "r"), answered("t", "r")]).await?;
    once.sent = log.at;
    once.answer = Some(answer(202));
    assert_eq!(store.once("d", "t")?, Some(once));
    assert_eq!(store.once("d", "u")?.and_then(|once| once.answer), None);
    for record in [sending("t", "r"), answered("t", "r"), doubted("t")] {
        log.refused(record).await?;
    }
    Ok(())
}

/// A task in doubt is settled: its answer comes late, or it took no effect, or nobody can tell.
pub async fn a_doubt_ends_with_an_answer_or_a_withdrawal(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["t", "u", "v"]).await?;
    log.refused(doubted("t")).await?;
    log.add(["t", "u", "v"].map(|id| sending(id, "r"))).await?;
    log.add(["t", "u", "v"].map(doubted)).await?;
    // Settling is asked again; that is no attempt.
    log.add([doubted("t")]).await?;
    let standing = |id: &str| {
        Ok::<_, crate::Error>(store.task("d", id)?.map(|view| (view.doubted, view.attempts, view.tries, view.next)))
    };
    assert_eq!(standing("t")?, Some((true, 0, 1, NOW + 300_000)));

    log.add([answered("t", "r"), withdrawn("u", "r")]).await?;
    assert_eq!(standing("t")?.map(|(doubted, ..)| doubted), Some(false));
    assert_eq!(standing("u")?.map(|(doubted, ..)| doubted), Some(false));
    log.add([sending("u", "r"), answered("u", "r"), done("u"), done("t"), ended("v", Stage::Unknown)]).await?;
    assert_eq!(standing("v")?, Some((false, 0, 1, NOW + 300_000)));
    // The world's own word comes later than ours, and is kept; the task stays what it was.
    log.add([answered("v", "r")]).await?;
    assert_eq!(store.task("d", "v")?.map(|view| view.stage), Some(Stage::Unknown));
    assert_eq!(store.once("d", "v")?.and_then(|once| once.answer), Some(answer(202)));
    Ok(())
}

/// A plan cannot cancel what may have happened already.
pub async fn a_task_whose_request_is_out_is_not_cancelled(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["idle", "sent", "doubted", "back", "answered"]).await?;
    log.add([
        sending("answered", "4"),
        answered("answered", "4"),
        sending("sent", "1"),
        sending("doubted", "2"),
        doubted("doubted"),
        sending("back", "3"),
        withdrawn("back", "3"),
    ])
    .await?;
    let ids = ["idle", "sent", "doubted", "back", "answered"];
    log.add([Record::Planned {
        function: PlanFunction::Cleanup,
        tasks: Vec::new(),
        cancelled: ids.map(String::from).to_vec(),
        wake: Wake::WhenIdle,
        writes: Vec::new(),
    }])
    .await?;
    let mut stages = Vec::new();
    for id in ids {
        stages.extend(store.task("d", id)?.map(|view| view.stage));
    }
    assert_eq!(stages, [Stage::Skipped, Stage::Open, Stage::Open, Stage::Skipped, Stage::Open]);
    Ok(())
}
