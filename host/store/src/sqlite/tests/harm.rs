//! Bad files, full disks, and what must not be found.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;
use crate::Error;
use crate::conformance::sample::*;
use crate::sqlite::readers::Readers;
use crate::sqlite::writer::Writer;
use crate::sqlite::{file, uint};

#[test]
fn a_file_that_is_no_store_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let text = "Dear diary,\n".repeat(1_000);
    fs::write(&path, &text).unwrap();
    let refused = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(&refused, Error::Damaged { path: named, .. } if Path::new(named) == path), "{refused}");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}

#[test]
fn an_empty_file_becomes_a_store() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    fs::write(&path, "").unwrap();
    assert!(SqliteStore::open(&path).unwrap().deployments().unwrap().is_empty());
}

#[test]
fn a_place_where_no_file_can_be_is_named() {
    let folder = tempfile::tempdir().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("missing/haymaker.db")] {
        let refused = SqliteStore::open(&path).err().unwrap();
        assert!(matches!(&refused, Error::Unusable { .. }), "{refused}");
        assert!(refused.to_string().contains(path.to_str().unwrap()), "{refused}");
    }
}

#[tokio::test]
async fn only_the_owner_reads_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    fs::write(&path, "").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    let store = SqliteStore::open(&path).unwrap();
    begun(&store, "d").await;
    let modes: Vec<u32> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().metadata().unwrap().permissions().mode())
        .collect();
    assert_eq!(modes.len(), 3);
    assert!(modes.iter().all(|mode| mode & 0o777 == 0o600), "{modes:?}");
}

#[tokio::test]
async fn damage_is_found_when_the_store_is_opened_however_it_was_closed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let store = SqliteStore::open(&path).unwrap();
    begun(&store, "d").await;
    // Leaves of the log's tree: nothing that opening would look at.
    let lines: Vec<_> = (0..500).map(|_| line(&"x".repeat(100))).collect();
    add(&store, &Lease { deployment: "d".into(), epoch: 1, holder: "host".into() }, lines, false).await.unwrap();
    drop(store);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 4_096 / 2 * 4_096;
    bytes[middle..middle + 4_096].fill(0xff);
    fs::write(&path, bytes).unwrap();

    let refused = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
    fs::write(folder.path().join("haymaker.db-wal"), "left by a crash").unwrap();
    let refused = SqliteStore::open(&path).err().unwrap();
    assert!(matches!(refused, Error::Damaged { .. }), "{refused}");
}

#[tokio::test]
async fn a_deployment_that_cannot_be_read_does_not_hide_the_others() {
    let store = SqliteStore::in_memory().unwrap();
    for id in ["a", "b", "c"] {
        begun(&store, id).await;
    }
    store.tamper("UPDATE deployments SET acceptance = '{}' WHERE log = 2");
    let views = store.deployments().unwrap();
    let told: Vec<String> =
        views.into_iter().map(|view| view.map_or_else(|error| error.to_string(), |view| view.id)).collect();
    assert!(told[1].contains(" of b cannot be read"), "{told:?}");
    assert_eq!([&told[0], &told[2]], ["c", "a"]);
    assert!(matches!(store.deployment("b"), Err(Error::Unreadable { .. })));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_named_and_a_rebuild_then_changes_nothing() {
    let store = SqliteStore::in_memory().unwrap();
    let lease = begun(&store, "d").await;
    add(&store, &lease, vec![planned(vec![task("t")]), line("well")], false).await.unwrap();
    store.tamper("UPDATE records SET record = '{\"is\":\"invented\"}' WHERE seq = 2");
    let before = store.dump();
    assert!(matches!(store.log("d", 0, 9), Err(Error::Unreadable { seq: 2, .. })));
    assert!(matches!(store.rebuild("d").await, Err(Error::Unreadable { seq: 2, .. })));
    assert!(matches!(store.rebuild("nowhere").await, Err(Error::NotFound(_))));
    assert_eq!(store.dump(), before);
    assert_eq!(store.log("d", 2, 9).unwrap().len(), 1);
}

#[tokio::test]
async fn a_full_disk_refuses_a_commit_and_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let connection = file::open(&path, true).unwrap();
    let pages: i64 = connection.pragma_query_value(None, "page_count", |row| row.get(0)).unwrap();
    connection.pragma_update_and_check(None, "max_page_count", pages + 20, |_| Ok(())).unwrap();
    let writer = Writer::start(connection, path.clone(), true).unwrap();
    let store =
        Arc::new(SqliteStore { readers: Readers::new(path.clone()), writer, path: path.clone(), _folder: None });

    let lease = begun(&store, "d").await;
    let refused = add(&store, &lease, vec![line(&"x".repeat(200_000))], true).await;
    assert!(matches!(&refused, Err(Error::Full(named)) if Path::new(named) == path), "{refused:?}");
    assert_eq!(add(&store, &lease, vec![line("small")], true).await.unwrap(), 2);
    drop(store);
    let store = SqliteStore::open(&path).unwrap();
    assert_eq!(add(&store, &lease, vec![line(&"x".repeat(200_000))], true).await.unwrap(), 3);
}

#[tokio::test]
async fn a_forgotten_ciphertext_is_not_in_the_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let contains = |text: &str| fs::read(&path).unwrap().windows(text.len()).any(|part| part == text.as_bytes());
    let (short, long) = ("s3cret-ciphertext", "long-ciphertext".repeat(400));
    let store = SqliteStore::open(&path).unwrap();
    let lease = begun(&store, "d").await;
    add(&store, &lease, vec![sealed("p", short.as_bytes()), sealed("q", long.as_bytes())], false).await.unwrap();
    drop(store);
    assert!(contains(short) && contains("long-ciphertext"));
    let store = SqliteStore::open(&path).unwrap();
    add(&store, &lease, vec![forgot("p"), forgot("q")], false).await.unwrap();
    drop(store);
    assert!(!contains(short) && !contains("long-ciphertext"));
}

#[tokio::test]
async fn two_stores_of_one_file_fence_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("haymaker.db");
    let (one, other) = (SqliteStore::open(&path).unwrap(), SqliteStore::open(&path).unwrap());
    let lease = begun(&one, "d").await;
    let (taken, end) = other.lease("d", "other").await.unwrap();
    assert_eq!(end, 1);
    assert!(matches!(add(&one, &lease, vec![line("late")], false).await, Err(Error::Fenced(_))));
    assert_eq!(add(&other, &taken, vec![line("mine")], false).await.unwrap(), 2);
    assert_eq!(one.lines("d", None, 9).unwrap().len(), 1);
}

#[tokio::test]
async fn moments_beyond_what_sqlite_counts_are_kept_as_the_last_one() {
    let store = SqliteStore::in_memory().unwrap();
    let lease = begun(&store, "d").await;
    let never = crate::Task { due: u64::MAX, ..task("never") };
    add(&store, &lease, vec![planned(vec![never.clone(), task("now")])], false).await.unwrap();
    let open = store.open_tasks("d").unwrap();
    assert_eq!(open.iter().map(|view| view.task.id.as_str()).collect::<Vec<_>>(), ["now", "never"]);
    assert_eq!((open[1].next, &open[1].task), (uint(i64::MAX), &never));
}
