//! The log itself, its lease, and the deployment that stands on it.

use std::sync::Arc;

use super::sample::*;
use super::{Batch, Error, Lease, Log, Record, Result, Store};
use crate::record::*;
use crate::view::*;

/// Taking a lease fences its former holder; the new one goes on where the log ends.
pub async fn a_lease_fences_the_one_before(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut first = Log::take(&store, "d").await?;
    assert_eq!(first.end, 0);
    first.add([accepted()]).await?;

    let (lease, end) = store.lease("d", "another").await?;
    assert!(lease.epoch > first.lease.epoch);
    assert_eq!((lease.holder.as_str(), end), ("another", 1));
    assert!(matches!(first.add([line("late")]).await, Err(Error::Fenced(id)) if id == "d"));
    let batch = Batch { at: NOW, records: vec![line("in time")], flush: true };
    assert_eq!(store.commit(&lease, 1, batch).await?, 2);
    assert_eq!(store.deployment("d")?.map(|view| view.holder).as_deref(), Some("another"));
    Ok(())
}

/// A writer that is wrong about where the log ends writes nothing, and hears where it ends.
pub async fn a_commit_that_expects_another_end_is_refused(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &[]).await?;
    for wrong in [0, 1, 3] {
        log.end = wrong;
        let refused = log.add([line("lost")]).await;
        assert!(
            matches!(refused, Err(Error::OutOfSequence { expected, actual: 2, .. }) if expected == wrong),
            "{refused:?}"
        );
    }
    assert_eq!(store.log("d", 0, 10)?.len(), 2);
    Ok(())
}

/// One bad record takes its whole batch with it, and nothing else.
pub async fn a_batch_is_appended_whole_or_not_at_all(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["t"]).await?;
    let before = store.deployment("d")?;
    let refused = log.add([done("t"), intended("u"), line("said"), done("t")]).await;
    assert!(matches!(refused, Err(Error::Contradiction { .. })), "{refused:?}");

    assert_eq!(store.deployment("d")?, before);
    assert_eq!(store.task("d", "t")?.map(|task| task.stage), Some(Stage::Open));
    assert_eq!(store.state_size("d")?, 0);
    assert_eq!(store.ledger_entry("d", "user", "u")?, None);
    assert_eq!(
        (store.lines("d", None, 9)?, store.activities("d", None, 9)?, store.counts("d")?),
        (vec![], vec![], vec![])
    );
    log.add([done("t")]).await?;
    assert_eq!(log.end, 3);
    Ok(())
}

/// Nobody writes without having asked, and a batch says something.
pub async fn a_commit_without_a_lease_or_without_records_is_refused(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let forged = Lease { deployment: "nowhere".into(), epoch: 1, holder: "host".into() };
    let batch = Batch { at: NOW, records: vec![accepted()], flush: false };
    assert!(matches!(store.commit(&forged, 0, batch).await, Err(Error::NotFound(id)) if id == "nowhere"));
    let mut log = Log::begin(&store, "d", &[]).await?;
    log.lease.epoch += 1;
    assert!(matches!(log.add([line("ahead of time")]).await, Err(Error::Fenced(_))));
    log.lease.epoch -= 1;
    assert!(matches!(log.add([]).await, Err(Error::Contradiction { .. })));
    Ok(())
}

/// The first record is the acceptance, and no other is.
pub async fn a_log_begins_with_its_acceptance_and_has_it_once(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::take(&store, "d").await?;
    log.refused(line("too early")).await?;
    assert_eq!(store.deployment("d")?, None);
    assert!(store.deployments()?.is_empty());
    log.add([accepted()]).await?;
    log.refused(accepted()).await
}

/// Every kind of record is read back as it was written, with its place and its moment.
pub async fn records_come_back_in_order_and_as_they_were(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::take(&store, "d").await?;
    let batches = [vec![accepted()], every_other_kind()];
    for batch in &batches {
        log.add(batch.clone()).await?;
    }
    let records = batches.concat();
    let found = store.log("d", 0, 100)?;
    assert_eq!(found.iter().map(|(_, _, record)| record.clone()).collect::<Vec<_>>(), records);
    let places: Vec<_> = found.iter().map(|(seq, at, _)| (*seq, *at)).collect();
    let expected: Vec<_> =
        (1..=records.len() as u64).map(|seq| (seq, NOW + if seq == 1 { 1_000 } else { 2_000 })).collect();
    assert_eq!(places, expected);
    assert_eq!(store.log("d", 3, 2)?.as_slice(), found.get(3..5).unwrap_or_default());
    assert!(store.log("d", log.end, 9)?.is_empty());
    Ok(())
}

/// All that can follow the acceptance, but the end of a secret: that one changes the log.
fn every_other_kind() -> Vec<Record> {
    vec![
        Record::Desired { desired: Desired::Running },
        Record::Moved { status: Status::Running, phase: "executing".into(), reason: String::new() },
        Record::Conditioned { condition: Some(Condition::Blocked { names: vec!["KW_CLIENT_SECRET".into()] }) },
        Record::Taken { host: "host".into() },
        planned(["a", "b", "c"].map(task).to_vec()),
        retried("a", vec![exchange("x", Some(429))]),
        done("a"),
        sending("b", "r"),
        doubted("b"),
        answered("b", "r"),
        ended("b", Stage::Unknown),
        sending("c", "s"),
        withdrawn("c", "s"),
        intended("u"),
        created("u", "1"),
        released("u"),
        sealed("password", &[0xff, 0x00]),
        Record::Upgraded { component: component("0.2.0"), writes: vec![write("k", Some(b"v")), write("l", None)] },
        line("a word"),
    ]
}

/// A deployment's view follows its records.
pub async fn a_deployment_stands_as_its_log_says(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::take(&store, "d").await?;
    log.add([accepted()]).await?;
    let Record::Accepted(mut acceptance) = accepted() else { return Ok(()) };
    let mut expected = DeploymentView {
        id: "d".into(),
        seq: 1,
        acceptance: (*acceptance).clone(),
        created: log.at,
        ordinal: 1,
        updated: log.at,
        desired: Desired::Running,
        status: Status::Pending,
        phase: String::new(),
        reason: String::new(),
        condition: None,
        holder: "host".into(),
        planned: None,
        last_error: None,
        requests: RequestCounts::default(),
        tasks: TaskCounts::default(),
    };
    assert_eq!(store.deployment("d")?.as_ref(), Some(&expected));

    let condition = Condition::Frozen { why: "three denied requests".into() };
    acceptance.component = component("0.2.0");
    log.add([
        Record::Desired { desired: Desired::Stopped },
        Record::Moved { status: Status::Stopped, phase: "stopped".into(), reason: "asked to".into() },
        Record::Conditioned { condition: Some(condition.clone()) },
        planned(["a", "b", "c"].map(task).to_vec()),
        done("a"),
        retried("b", Vec::new()),
        ended("b", Stage::Failed),
        Record::Upgraded { component: component("0.2.0"), writes: Vec::new() },
    ])
    .await?;
    expected = DeploymentView {
        seq: log.end,
        acceptance: *acceptance,
        updated: log.at,
        desired: Desired::Stopped,
        status: Status::Stopped,
        phase: "stopped".into(),
        reason: "asked to".into(),
        condition: Some(condition),
        planned: Some((PlanFunction::Cycle, Wake::WhenIdle)),
        last_error: Some(problem("over")),
        requests: RequestCounts { sent: 1, ..RequestCounts::default() },
        tasks: TaskCounts { open: 1, done: 1, failed: 1, ..TaskCounts::default() },
        ..expected
    };
    assert_eq!(store.deployment("d")?.as_ref(), Some(&expected));
    log.add([Record::Conditioned { condition: None }]).await?;
    assert_eq!(store.deployment("d")?.and_then(|view| view.condition), None);
    Ok(())
}

/// The order of acceptance, newest first, whatever their clocks say.
pub async fn deployments_are_listed_newest_first(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    for (index, id) in ["b", "c", "a"].into_iter().enumerate() {
        let mut log = Log::take(&store, id).await?;
        log.at -= 1_000_000 * index as u64;
        log.add([accepted()]).await?;
    }
    let views = store.deployments()?.into_iter().collect::<Result<Vec<_>>>()?;
    assert_eq!(views.iter().map(|view| view.id.as_str()).collect::<Vec<_>>(), ["a", "c", "b"]);
    assert!(views.iter().rev().is_sorted_by(|one, next| one.ordinal < next.ordinal));
    Ok(())
}

/// Closing and opening again changes nothing, and the next lease fences those of before.
pub async fn what_was_committed_survives_closing(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::take(&store, "d").await?;
    log.add([accepted()]).await?;
    log.add(every_other_kind()).await?;
    let (records, view, lease) = (store.log("d", 0, 100)?, store.deployment("d")?, log.lease.clone());
    drop((log, store));

    let store = open();
    assert_eq!((store.log("d", 0, 100)?, store.deployment("d")?), (records, view));
    let mut log = Log::take(&store, "d").await?;
    assert!(log.lease.epoch > lease.epoch);
    log.add([line("on it goes")]).await
}
