//! What is left after a kill, and after a power cut.

use std::fs;
use std::task::{Context, Waker};

use super::*;
use crate::conformance::sample::*;

#[tokio::test]
async fn what_was_committed_survives_a_kill() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(folder.path().join("haymaker.db")).unwrap();
    let lease = begun(&store, "d").await;
    for number in 0..20 {
        let id = format!("t{number}");
        add(&store, &lease, vec![planned(vec![task(&id)]), done(&id)], number % 3 == 0).await.unwrap();
    }
    // What a killed process leaves is what the files hold at that moment.
    let grave = tempfile::tempdir().unwrap();
    for name in ["haymaker.db", "haymaker.db-wal"] {
        fs::copy(folder.path().join(name), grave.path().join(name)).unwrap();
    }
    assert_eq!(SqliteStore::open(grave.path().join("haymaker.db")).unwrap().dump(), store.dump());
}

#[tokio::test]
async fn a_commit_that_nobody_waits_for_any_longer_is_made_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let store = SqliteStore::open(&path).unwrap();
    let lease = begun(&store, "d").await;
    let mut commit = store.commit(&lease, 1, batch(vec![line("on its way")], false));
    let _ = commit.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    drop(commit);
    drop(store);
    assert_eq!(SqliteStore::open(&path).unwrap().lines("d", None, 9).unwrap().len(), 1);
}

#[tokio::test]
async fn a_flush_covers_whatever_was_committed_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let store = SqliteStore::open(&path).unwrap();
    let (a, b) = (begun(&store, "a").await, begun(&store, "b").await);
    let flushed = |store: &SqliteStore| ["a", "b"].map(|id| store.flushed_seq(id).unwrap());
    assert_eq!(flushed(&store), [0, 0]);
    add(&store, &a, vec![line("one")], true).await.unwrap();
    assert_eq!(flushed(&store), [2, 1]);
    add(&store, &b, vec![line("two"), line("three")], false).await.unwrap();
    assert_eq!(flushed(&store), [2, 1]);
    // Unasked: what concerns secrets.
    add(&store, &a, vec![sealed("p", b"c")], false).await.unwrap();
    assert_eq!(flushed(&store), [3, 3]);
    add(&store, &a, vec![line("four")], false).await.unwrap();
    add(&store, &b, vec![forgot("p")], false).await.unwrap();
    assert_eq!(flushed(&store), [4, 4]);
    add(&store, &a, vec![line("five")], false).await.unwrap();
    assert_eq!((flushed(&store), store.flushed_seq("nowhere").unwrap()), ([4, 4], 0));
    drop(store);
    assert_eq!(flushed(&SqliteStore::open(&path).unwrap()), [5, 4]);
}

#[tokio::test]
async fn after_a_power_cut_the_log_goes_on_from_where_it_was_flushed() {
    let store = SqliteStore::in_memory().unwrap();
    let lease = begun(&store, "d").await;
    add(&store, &lease, vec![planned(vec![task("t")])], true).await.unwrap();
    let flushed = store.dump();
    add(&store, &lease, vec![done("t"), intended("u")], false).await.unwrap();
    store.truncate("d", store.flushed_seq("d").unwrap()).await.unwrap();
    assert_eq!(store.dump(), flushed);
    assert_eq!(store.flushed_seq("d").unwrap(), 2);

    let (lease, end) = store.lease("d", "next").await.unwrap();
    assert_eq!(store.commit(&lease, end, batch(vec![done("t")], true)).await.unwrap(), 3);
    store.truncate("d", 1).await.unwrap();
    assert_eq!((store.flushed_seq("d").unwrap(), store.task("d", "t").unwrap()), (1, None));
    store.truncate("d", 0).await.unwrap();
    assert_eq!((store.flushed_seq("d").unwrap(), store.deployment("d").unwrap()), (0, None));
}
