//! What a deployment has: state, created things, secrets, its ground truth and its lines.

use std::sync::Arc;

use super::sample::*;
use super::{Log, Record, Result, Store};
use crate::record::*;
use crate::view::*;

/// State is read by key and by prefix, and its size is known.
pub async fn state_is_what_was_written_last(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &[]).await?;
    let upgrade = |writes| Record::Upgraded { component: component("0.1.1"), writes };
    log.add([upgrade(vec![
        write("a/1", Some(b"one")),
        write("a/2", Some(&[0xff, 0x00])),
        write("a/\u{e4}", Some(b"")),
        write("a", Some(b"x")),
        write("b/1", Some(b"other")),
        write("gone", None),
    ])])
    .await?;
    log.add([upgrade(vec![write("a/1", Some(b"longer")), write("b/1", None), write("a/1", Some(b"last"))])]).await?;

    assert_eq!(store.state("d", "a/1")?.as_deref(), Some(b"last".as_slice()));
    assert_eq!(store.state("d", "b/1")?, None);
    assert_eq!(store.state_size("d")?, ("a/1last".len() + "a/2".len() + 2 + "a/\u{e4}".len() + "ax".len()) as u64);
    let keys = |prefix, after, limit| -> Result<Vec<String>> {
        Ok(store.states("d", prefix, after, limit)?.into_iter().map(|(key, _)| key).collect())
    };
    assert_eq!(keys("", None, 9)?, ["a", "a/1", "a/2", "a/\u{e4}"]);
    assert_eq!(keys("a/", None, 9)?, ["a/1", "a/2", "a/\u{e4}"]);
    assert_eq!(keys("a/", None, 2)?, ["a/1", "a/2"]);
    assert_eq!(keys("a/", Some("a/1"), 1)?, ["a/2"]);
    assert_eq!(keys("a/", Some("a"), 9)?, ["a/1", "a/2", "a/\u{e4}"]);
    assert!(keys("a/", Some("a/\u{e4}"), 9)?.is_empty() && keys("c", None, 9)?.is_empty());
    assert_eq!(store.states("d", "a/2", None, 9)?, [("a/2".to_owned(), vec![0xff, 0x00])]);
    Ok(())
}

/// No created thing is forgotten, none has two ids, and one that is gone may be made again.
pub async fn the_ledger_remembers_what_was_made(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &[]).await?;
    log.refused(created("a", "1")).await?;
    log.refused(released("a")).await?;
    log.add([intended("a"), intended("b"), intended("c")]).await?;
    let intended_at = log.at;
    let group = Record::Intended { kind: "group".into(), name: "z".into() };
    log.add([created("a", "1"), created("a", "1"), created("b", "2"), group, intended("a")]).await?;
    let created_at = log.at;
    log.refused(created("a", "2")).await?;
    log.add([released("b"), released("b"), released("c")]).await?;
    let released_at = log.at;
    log.refused(created("b", "2")).await?;

    let entry = LedgerView {
        kind: "user".into(),
        name: "b".into(),
        remote_id: Some("2".into()),
        intended: intended_at,
        created: Some(created_at),
        released: Some(released_at),
    };
    assert_eq!(store.ledger_entry("d", "user", "b")?, Some(entry));
    assert_eq!(store.ledger_counts("d")?, LedgerCounts { created: 2, live: 2, released: 1 });
    let names = |after, released, limit| -> Result<Vec<String>> {
        Ok(store.ledger("d", after, released, limit)?.into_iter().map(|entry| entry.name).collect())
    };
    assert_eq!(names(None, false, 9)?, ["z", "a"]);
    assert_eq!(names(None, true, 9)?, ["z", "a", "b", "c"]);
    assert_eq!(names(Some(("group", "z")), true, 2)?, ["a", "b"]);
    assert_eq!(names(Some(("user", "a")), false, 9)?, Vec::<String>::new());

    log.add([intended("b")]).await?;
    let entry = store.ledger_entry("d", "user", "b")?;
    assert_eq!(entry.map(|entry| (entry.remote_id, entry.intended, entry.released)), Some((None, log.at, None)));
    assert_eq!(store.ledger_counts("d")?, LedgerCounts { created: 2, live: 3, released: 1 });
    Ok(())
}

/// What is lent is listed, and counts neither as created nor as left.
pub async fn the_ledger_lists_what_is_lent_and_does_not_count_it(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &[]).await?;
    let kind = || format!("{ADOPTED}user");
    let (name, remote_id) = (|| "a".to_owned(), || "1".to_owned());
    log.add([
        Record::Intended { kind: kind(), name: name() },
        Record::Created { kind: kind(), name: name(), remote_id: remote_id() },
        intended("b"),
    ])
    .await?;
    let listed: Vec<(String, bool)> =
        store.ledger("d", None, false, 9)?.into_iter().map(|entry| (entry.name.clone(), entry.is_made())).collect();
    assert_eq!(listed, [("a".to_owned(), false), ("b".to_owned(), true)]);
    assert_eq!(store.ledger_counts("d")?, LedgerCounts { created: 0, live: 1, released: 0 });
    log.add([Record::Released { kind: kind(), name: name() }]).await?;
    assert_eq!(store.ledger_counts("d")?, LedgerCounts { created: 0, live: 1, released: 0 });
    Ok(())
}

/// The ground truth is in order of due moments, whole as it was given, and counted; an end that replaces another
/// replaces its line.
pub async fn the_ground_truth_is_ordered_and_counted(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["a", "b", "c", "e"]).await?;
    let early = Record::Done {
        task: "c".into(),
        activities: vec![
            Activity { due: NOW - 1, ..activity("c", "done") },
            Activity { kind: "chat".into(), ..activity("c#2", "done") },
        ],
        follow_ups: Vec::new(),
        writes: Vec::new(),
        exchanges: Vec::new(),
    };
    log.add([done("b"), done("a"), early, ended("e", Stage::Failed)]).await?;
    let ids = |after, limit| -> Result<Vec<String>> {
        Ok(store.activities("d", after, limit)?.into_iter().map(|view| view.id).collect())
    };
    assert_eq!(ids(None, 9)?, ["c", "a", "b", "c#2", "e"]);
    assert_eq!(ids(None, 2)?, ["c", "a"]);
    assert_eq!(ids(Some((NOW - 1, "c")), 2)?, ["a", "b"]);
    assert_eq!(ids(Some((NOW, "b")), 9)?, ["c#2", "e"]);
    let first = store.activities("d", None, 1)?;
    assert_eq!(first.first().map(|view| view.line.as_str()), Some(r#"{"id":"c","z":1,"a":[true,null,0.1]}"#));

    let count = |kind: &str, status: &str, count| Count {
        kind: kind.into(),
        label: "benign".into(),
        status: status.into(),
        count,
    };
    assert_eq!(store.counts("d")?, [count("chat", "done", 1), count("mail", "done", 3), count("mail", "failed", 1)]);
    log.add([planned(vec![task("e")]), done("e")]).await?;
    assert_eq!(store.counts("d")?, [count("chat", "done", 1), count("mail", "done", 4)]);
    assert_eq!(ids(None, 9)?, ["c", "a", "b", "c#2", "e"]);
    Ok(())
}

/// A forgotten or replaced ciphertext is not in the log either, also after closing.
pub async fn a_forgotten_secret_is_nowhere(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &[]).await?;
    log.add([sealed("p", b"first"), sealed("q", b"kept"), sealed("p", b"second")]).await?;
    assert_eq!(store.secret("d", "p")?.as_deref(), Some(b"second".as_slice()));
    assert_eq!(store.secrets("d")?, ["p", "q"]);
    log.add([forgot("p"), forgot("nobody"), sealed("r", b"short"), forgot("r")]).await?;
    drop((log, store));

    let store = open();
    assert_eq!((store.secret("d", "p")?, store.secrets("d")?), (None, vec!["q".to_owned()]));
    let log: Vec<Record> = store.log("d", 2, 9)?.into_iter().map(|(_, _, record)| record).collect();
    let expected = [
        sealed("p", b""),
        sealed("q", b"kept"),
        sealed("p", b""),
        forgot("p"),
        forgot("nobody"),
        sealed("r", b""),
        forgot("r"),
    ];
    assert_eq!(log, expected);
    Ok(())
}

/// Lines go on from any number, and the last ones are read in order, too.
pub async fn lines_are_read_forwards_and_from_the_end(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &["t"]).await?;
    log.add([line("one"), line("two")]).await?;
    log.add([done("t"), line("three")]).await?;
    let text = |lines: &[LineView]| lines.iter().map(|view| view.line.message.clone()).collect::<Vec<_>>();
    let all = store.lines("d", Some(0), 9)?;
    assert_eq!(text(&all), ["one", "two", "three"]);
    assert_eq!(text(&store.lines("d", None, 2)?), ["two", "three"]);
    let second = all.get(1).map_or(0, |view| view.number);
    assert_eq!(text(&store.lines("d", Some(second), 9)?), ["three"]);
    assert_eq!(all.last().map(|view| view.at), Some(log.at));
    Ok(())
}

/// Whoever asks for what is not there hears so, and nothing breaks.
pub async fn what_is_not_known_is_empty(open: impl Fn() -> Arc<dyn Store>) -> Result<()> {
    let store = open();
    let mut log = Log::begin(&store, "d", &[]).await?;
    log.add([line("somebody else's")]).await?;
    for id in ["nowhere", "", "d'; DROP TABLE logs; --", "%"] {
        assert_eq!(store.deployment(id)?, None);
        assert!(store.log(id, 0, 9)?.is_empty() && store.open_tasks(id)?.is_empty() && store.task(id, "t")?.is_none());
        assert!(store.state(id, "k")?.is_none() && store.states(id, "", None, 9)?.is_empty());
        assert_eq!((store.state_size(id)?, store.ledger_counts(id)?), (0, LedgerCounts::default()));
        assert!(store.ledger(id, None, true, 9)?.is_empty() && store.ledger_entry(id, "k", "n")?.is_none());
        assert!(store.once(id, "t")?.is_none() && store.activities(id, None, 9)?.is_empty());
        assert!(store.counts(id)?.is_empty() && store.secret(id, "s")?.is_none() && store.secrets(id)?.is_empty());
        assert!(store.lines(id, None, 9)?.is_empty() && store.lines(id, Some(0), 9)?.is_empty());
    }
    Ok(())
}
