//! Projections are what the log says: kept record by record, or rebuilt, or cut back.

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::Error;
use crate::conformance::sample::*;
use crate::record::*;

/// Few ids, so that records meet.
fn id() -> impl Strategy<Value = &'static str> {
    select(vec!["a", "b", "c"])
}

fn request() -> impl Strategy<Value = &'static str> {
    select(vec!["r", "s"])
}

fn exchanges() -> impl Strategy<Value = Vec<Exchange>> {
    let status = select(vec![None, Some(200), Some(429), Some(503)]);
    prop::collection::vec((request(), status).prop_map(|(id, status)| exchange(id, status)), 0..3)
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..20));
    prop::collection::vec((id(), value).prop_map(|(key, value)| Write { key: key.into(), value }), 0..3)
}

fn some_task() -> impl Strategy<Value = Task> {
    (id(), any::<u8>(), exchanges()).prop_map(|(id, due, inherited)| Task { due: due.into(), inherited, ..task(id) })
}

fn tasks() -> impl Strategy<Value = Vec<Task>> {
    prop::collection::vec(some_task(), 0..3)
}

fn activities() -> impl Strategy<Value = Vec<Activity>> {
    let one =
        (id(), select(vec!["mail", "chat"]), any::<u8>(), any::<f64>()).prop_map(|(id, kind, due, rate)| Activity {
            kind: kind.into(),
            due: due.into(),
            line: serde_json::json!({ "rate": rate }),
            ..activity(id, "done")
        });
    prop::collection::vec(one, 0..3)
}

fn about_tasks() -> impl Strategy<Value = Record> {
    let plan = (tasks(), prop::collection::vec(id(), 0..2), writes()).prop_map(|(tasks, cancelled, writes)| {
        let cancelled = cancelled.into_iter().map(String::from).collect();
        Record::Planned { function: PlanFunction::Cycle, tasks, cancelled, wake: Wake::WhenIdle, writes }
    });
    let done = (id(), activities(), tasks(), writes(), exchanges()).prop_map(
        |(task, activities, follow_ups, writes, exchanges)| Record::Done {
            task: task.into(),
            activities,
            follow_ups,
            writes,
            exchanges,
        },
    );
    let retry = (id(), any::<u8>(), any::<bool>(), exchanges()).prop_map(|(task, next, counts, exchanges)| {
        Record::Retried { task: task.into(), problem: problem("later"), next: next.into(), counts, exchanges }
    });
    let end = (id(), select(Stage::ALL), activities(), exchanges()).prop_map(|(task, stage, activities, exchanges)| {
        Record::Ended { task: task.into(), stage, problem: problem("over"), activities, exchanges }
    });
    prop_oneof![4 => plan, 2 => done, 1 => retry, 2 => end]
}

fn about_effects() -> impl Strategy<Value = Record> {
    let pair = || (id(), request());
    prop_oneof![
        3 => pair().prop_map(|(task, request)| sending(task, request)),
        2 => pair().prop_map(|(task, request)| answered(task, request)),
        1 => pair().prop_map(|(task, request)| withdrawn(task, request)),
        1 => id().prop_map(doubted),
    ]
}

fn about_things() -> impl Strategy<Value = Record> {
    prop_oneof![
        3 => id().prop_map(intended),
        3 => (id(), request()).prop_map(|(name, remote)| created(name, remote)),
        1 => id().prop_map(released),
        1 => (id(), request()).prop_map(|(name, text)| sealed(name, text.as_bytes())),
        1 => id().prop_map(forgot),
        1 => id().prop_map(line),
    ]
}

fn about_all() -> impl Strategy<Value = Record> {
    prop_oneof![
        select(Desired::ALL).prop_map(|desired| Record::Desired { desired }),
        (select(Status::ALL), id()).prop_map(|(status, phase)| Record::Moved {
            status,
            phase: phase.into(),
            reason: String::new()
        }),
        prop::option::of(id())
            .prop_map(|why| Record::Conditioned { condition: why.map(|why| Condition::Frozen { why: why.into() }) }),
        id().prop_map(|host| Record::Taken { host: host.into() }),
        (id(), writes()).prop_map(|(version, writes)| Record::Upgraded { component: component(version), writes }),
    ]
}

fn history() -> impl Strategy<Value = Vec<(Vec<Record>, bool)>> {
    let record = prop_oneof![5 => about_tasks(), 4 => about_effects(), 3 => about_things(), 1 => about_all()];
    let records =
        prop_oneof![4 => prop::collection::vec(record.boxed(), 1), 1 => prop::collection::vec(Just(line("x")), 2)];
    prop::collection::vec((records, prop::bool::weighted(0.05)), 0..60)
}

/// Writes whatever of a history does not contradict itself.
async fn write(store: &Arc<SqliteStore>, history: &[(Vec<Record>, bool)]) -> u64 {
    let lease = begun(store, "d").await;
    let mut end = 1;
    for (index, (records, flush)) in history.iter().enumerate() {
        let batch = Batch { at: NOW + index as u64, records: records.clone(), flush: *flush };
        match store.commit(&lease, end, batch).await {
            Ok(seq) => end = seq,
            Err(Error::Contradiction { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
    end
}

/// What the log says, the log's own way: counted from the tables that it filled.
fn sums_are_true(store: &SqliteStore) {
    store
        .read("", |connection| {
            let wrong: i64 = connection.query_row(
                "SELECT count(*) FROM standings s WHERE
                     s.open <> (SELECT count(*) FROM tasks WHERE log = s.log AND stage = 'open')
                  OR s.done <> (SELECT count(*) FROM tasks WHERE log = s.log AND stage = 'done')
                  OR s.failed <> (SELECT count(*) FROM tasks WHERE log = s.log AND stage = 'failed')
                  OR s.skipped <> (SELECT count(*) FROM tasks WHERE log = s.log AND stage = 'skipped')
                  OR s.unknown <> (SELECT count(*) FROM tasks WHERE log = s.log AND stage = 'unknown')
                  OR s.sent <> (SELECT coalesce(sum(json_array_length(exchanges)), 0) FROM tasks WHERE log = s.log)
                  OR s.live <> (SELECT count(*) FROM ledger WHERE log = s.log AND released IS NULL)
                  OR s.state_bytes <> (SELECT coalesce(sum(octet_length(key) + octet_length(value)), 0)
                                       FROM state WHERE log = s.log)
                  OR (SELECT count(*) FROM activities WHERE log = s.log)
                     <> (SELECT coalesce(sum(count), 0) FROM counts WHERE log = s.log)",
                [],
                |row| row.get(0),
            )?;
            assert_eq!(wrong, 0);
            Ok(())
        })
        .unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn projections_rebuilt_are_those_kept_record_by_record(history in history()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = SqliteStore::in_memory().unwrap();
            write(&store, &history).await;
            begun(&store, "neighbour").await;
            sums_are_true(&store);
            let kept = store.dump();
            store.rebuild("d").await.unwrap();
            assert_eq!(store.dump(), kept);
        });
    }

    #[test]
    fn a_log_cut_back_is_a_log_that_never_went_further(history in history(), cut in any::<prop::sample::Index>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (whole, short) = (SqliteStore::in_memory().unwrap(), SqliteStore::in_memory().unwrap());
            let end = write(&whole, &history).await;
            // Nothing before the last flush is ever lost; and only there is a ciphertext erased.
            let flushed = whole.flushed_seq("d").unwrap();
            let seq = flushed + cut.index(usize::try_from(end - flushed).unwrap() + 1) as u64;
            let prefix = whole.log("d", 0, usize::try_from(seq).unwrap()).unwrap();
            whole.truncate("d", seq).await.unwrap();

            let (lease, _) = short.lease("d", "host").await.unwrap();
            for (before, (seq, at, record)) in prefix.into_iter().enumerate() {
                let batch = Batch { at, records: vec![record], flush: false };
                assert_eq!(short.commit(&lease, before as u64, batch).await.unwrap(), seq);
            }
            assert_eq!(whole.dump(), short.dump());
        });
    }
}
