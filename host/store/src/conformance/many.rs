//! Many who write at once.

use std::sync::Arc;

use tokio::task::{JoinError, JoinSet};

use super::sample::*;
use super::{Batch, Error, Log, Result, Store};

/// Deployments that write at once, and commits of each.
const DEPLOYMENTS: u64 = 64;
const COMMITS: u64 = 50;

/// Sixty-four logs of fifty commits each, written from as many tasks, are all whole, and readers never see a half.
pub async fn many_deployments_commit_at_once(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut writers = JoinSet::new();
    for number in 0..DEPLOYMENTS {
        let store = store.clone();
        writers.spawn(async move {
            let id = format!("d{number}");
            let mut log = Log::begin(&store, &id, &[]).await?;
            for commit in 0..COMMITS {
                let id = format!("t{commit}");
                log.at += 1_000;
                let records = vec![planned(vec![task(&id)]), sending(&id, &id), answered(&id, &id), done(&id)];
                let batch = Batch { at: log.at, records, flush: commit % 10 == number % 10 };
                log.end = store.commit(&log.lease, log.end, batch).await?;
                let view = store.deployment(&log.lease.deployment)?;
                assert_eq!(
                    view.map(|view| (view.seq, view.tasks.done, view.tasks.open)),
                    Some((log.end, commit + 1, 0))
                );
            }
            Ok(())
        });
    }
    all(writers).await?;
    for number in 0..DEPLOYMENTS {
        let id = format!("d{number}");
        let log = store.log(&id, 0, usize::MAX)?;
        assert_eq!(log.len() as u64, 2 + 4 * COMMITS);
        assert!((1..).zip(&log).all(|(place, (seq, ..))| *seq == place));
        assert_eq!(store.counts(&id)?.iter().map(|count| count.count).sum::<u64>(), COMMITS);
    }
    Ok(())
}

/// A commit that is refused, in the same group as others, takes nothing of theirs.
pub async fn one_log_s_refused_commits_do_not_hurt_its_neighbours(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut writers = JoinSet::new();
    for number in 0..DEPLOYMENTS {
        let store = store.clone();
        writers.spawn(async move {
            let mut log = Log::begin(&store, &format!("d{number}"), &["t"]).await?;
            for _ in 0..10 {
                if number % 2 == 0 {
                    log.refused(done("never planned")).await?;
                } else {
                    log.add([line("well")]).await?;
                }
            }
            Ok(())
        });
    }
    all(writers).await?;
    for number in 0..DEPLOYMENTS {
        let expected = if number % 2 == 0 { 2 } else { 12 };
        assert_eq!(store.deployment(&format!("d{number}"))?.map(|view| view.seq), Some(expected));
    }
    Ok(())
}

/// Of two who write at the same place of the same log, one hears that it is not the end.
pub async fn racing_writers_of_one_log_never_both_win(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let log = Log::begin(&store, "d", &[]).await?;
    let mut writers = JoinSet::new();
    for number in 0..32 {
        let (store, lease, end) = (store.clone(), log.lease.clone(), log.end);
        writers.spawn(async move {
            let batch = Batch { at: NOW, records: vec![line(&number.to_string())], flush: false };
            match store.commit(&lease, end, batch).await {
                Ok(_) => Ok(true),
                Err(Error::OutOfSequence { .. }) => Ok(false),
                Err(error) => Err(error),
            }
        });
    }
    let won = all(writers).await?;
    assert_eq!(won.iter().filter(|won| **won).count(), 1);
    assert_eq!(store.lines("d", None, 99)?.len(), 1);
    Ok(())
}

/// Waits for all. A writer that failed an assertion is an error like any other.
async fn all<T: 'static>(mut writers: JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut ends = Vec::new();
    while let Some(end) = writers.join_next().await {
        let failed = |error: JoinError| Error::Unusable { path: "the home".into(), why: error.to_string() };
        ends.push(end.map_err(failed)??);
    }
    Ok(ends)
}
