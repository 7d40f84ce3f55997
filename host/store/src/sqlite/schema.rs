//! Tables, and how a file comes to have them.
//!
//! Only two tables are the store: `logs` (one row for each deployment: who may write) and `records`. A log ends at its
//! last record; to note the end elsewhere would cost every commit another page. Everything else is a projection. So a change of the projections needs no clever migration: whenever a
//! file has an older schema, its logs are carried forward step by step, all projections are dropped, and the logs are
//! replayed.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::fault::Fault;
use super::rebuild;
use crate::Error;

/// `HAYM`, in the file's header: tells our file from another program's.
const APPLICATION: i32 = 0x4841_594d;

/// How the tables of the log came to be, one step for each schema. A step is never changed after a release; a change
/// of [`PROJECTIONS`] alone is an empty step.
const STEPS: &[&str] = &[
    "
    CREATE TABLE logs (
        id          INTEGER PRIMARY KEY AUTOINCREMENT,  -- also the deployment's ordinal: never used twice
        deployment  TEXT    NOT NULL UNIQUE,
        epoch       INTEGER NOT NULL,
        holder      TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE records (
        log     INTEGER NOT NULL,
        seq     INTEGER NOT NULL,
        at      INTEGER NOT NULL,
        record  TEXT    NOT NULL,
        PRIMARY KEY (log, seq)
    ) STRICT, WITHOUT ROWID;
",
    "",
    "",
];

/// The tables that are made from the logs alone; each has a column `log`.
pub(super) const PROJECTED: &[&str] = &[
    "deployments",
    "standings",
    "tasks",
    "once",
    "state",
    "ledger",
    "secrets",
    "activities",
    "counts",
    "texts",
    "models",
    "model_days",
    "exchange_days",
    "lines",
];

/// The projections, as this code knows them.
///
/// `deployments` holds what is large and hardly ever changes, `standings` what is small and changes with every commit.
/// The index of open tasks is partial: a year's done tasks cost it nothing.
const PROJECTIONS: &str = "
    CREATE TABLE deployments (
        log         INTEGER PRIMARY KEY,
        created     INTEGER NOT NULL,
        acceptance  TEXT    NOT NULL
    ) STRICT;
    CREATE TABLE standings (
        log         INTEGER PRIMARY KEY,
        desired     TEXT    NOT NULL DEFAULT 'running',
        status      TEXT    NOT NULL DEFAULT 'pending',
        phase       TEXT    NOT NULL DEFAULT '',
        reason      TEXT    NOT NULL DEFAULT '',
        condition   TEXT,
        planned     TEXT,
        last_error  TEXT,
        sent        INTEGER NOT NULL DEFAULT 0,
        throttled   INTEGER NOT NULL DEFAULT 0,
        retried     INTEGER NOT NULL DEFAULT 0,
        open        INTEGER NOT NULL DEFAULT 0,
        done        INTEGER NOT NULL DEFAULT 0,
        failed      INTEGER NOT NULL DEFAULT 0,
        skipped     INTEGER NOT NULL DEFAULT 0,
        unknown     INTEGER NOT NULL DEFAULT 0,
        state_bytes INTEGER NOT NULL DEFAULT 0,
        made        INTEGER NOT NULL DEFAULT 0,
        live        INTEGER NOT NULL DEFAULT 0,
        released    INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE tasks (
        log         INTEGER NOT NULL,
        id          TEXT    NOT NULL,
        stage       TEXT    NOT NULL,
        due         INTEGER NOT NULL,
        next        INTEGER NOT NULL,
        attempts    INTEGER NOT NULL DEFAULT 0,
        tries       INTEGER NOT NULL DEFAULT 0,
        doubted     INTEGER NOT NULL DEFAULT 0,
        problem     TEXT,
        exchanges   TEXT    NOT NULL DEFAULT '[]',
        task        TEXT    NOT NULL,
        PRIMARY KEY (log, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX open_tasks ON tasks (log, due, id) WHERE stage = 'open';
    CREATE TABLE once (
        log         INTEGER NOT NULL,
        task        TEXT    NOT NULL,
        request_id  TEXT    NOT NULL,
        digest      TEXT    NOT NULL,
        line        TEXT    NOT NULL,
        sent        INTEGER NOT NULL,
        answer      TEXT,
        PRIMARY KEY (log, task)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE state (
        log         INTEGER NOT NULL,
        key         TEXT    NOT NULL,
        value       BLOB    NOT NULL,
        PRIMARY KEY (log, key)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE ledger (
        log         INTEGER NOT NULL,
        kind        TEXT    NOT NULL,
        name        TEXT    NOT NULL,
        remote_id   TEXT,
        intended    INTEGER NOT NULL,
        created     INTEGER,
        released    INTEGER,
        PRIMARY KEY (log, kind, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE secrets (
        log         INTEGER NOT NULL,
        name        TEXT    NOT NULL,
        seq         INTEGER NOT NULL,  -- the record that holds the ciphertext, to erase it there
        sealed      BLOB    NOT NULL,
        PRIMARY KEY (log, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE activities (
        log         INTEGER NOT NULL,
        id          TEXT    NOT NULL,
        due         INTEGER NOT NULL,
        kind        TEXT    NOT NULL,
        label       TEXT    NOT NULL,
        status      TEXT    NOT NULL,
        line        TEXT    NOT NULL,
        PRIMARY KEY (log, id)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX activities_by_due ON activities (log, due, id);
    CREATE TABLE counts (
        log         INTEGER NOT NULL,
        kind        TEXT    NOT NULL,
        label       TEXT    NOT NULL,
        status      TEXT    NOT NULL,
        count       INTEGER NOT NULL,
        PRIMARY KEY (log, kind, label, status)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE texts (
        log         INTEGER NOT NULL,
        kind        TEXT    NOT NULL,
        source      TEXT    NOT NULL,
        count       INTEGER NOT NULL,
        PRIMARY KEY (log, kind, source)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE models (
        log           INTEGER PRIMARY KEY,
        model         TEXT,
        calls         INTEGER NOT NULL DEFAULT 0,
        failed        INTEGER NOT NULL DEFAULT 0,
        refused       INTEGER NOT NULL DEFAULT 0,
        input_tokens  INTEGER NOT NULL DEFAULT 0,
        output_tokens INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE model_days (
        log         INTEGER NOT NULL,
        day         INTEGER NOT NULL,
        calls       INTEGER NOT NULL,
        tokens      INTEGER NOT NULL,
        PRIMARY KEY (log, day)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE exchange_days (
        log         INTEGER NOT NULL,
        day         INTEGER NOT NULL,
        method      TEXT    NOT NULL,
        action      TEXT    NOT NULL,
        count       INTEGER NOT NULL,
        PRIMARY KEY (log, day, method, action)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE lines (
        log         INTEGER NOT NULL,
        seq         INTEGER NOT NULL,
        at          INTEGER NOT NULL,
        line        TEXT    NOT NULL,
        PRIMARY KEY (log, seq)
    ) STRICT, WITHOUT ROWID;
";

/// Brings a file, new or old, to the schema that this code knows.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), Fault> {
    migrate_by(connection, path, STEPS)
}

/// The same by other steps than the real ones, so that the way from one schema to the next has a test of its own.
fn migrate_by(connection: &mut Connection, path: &Path, steps: &[&str]) -> Result<(), Fault> {
    // The write lock first: two processes that open a new file at once must not both create it.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let application: i32 = transaction.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let empty = tables(&transaction)?.is_empty();
    if application != APPLICATION && (found != 0 || !empty) {
        let path = path.display().to_string();
        return Err(Fault::Refused(Error::Damaged { path, why: "it is another program's database".into() }));
    }
    let known = u32::try_from(steps.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(Fault::Refused(Error::Newer { path: path.display().to_string(), found, known }));
    }
    if found == known {
        return Ok(());
    }
    for step in steps.iter().skip(usize::try_from(found).unwrap_or(usize::MAX)) {
        transaction.execute_batch(step)?;
    }
    for table in tables(&transaction)?.iter().filter(|table| !["logs", "records"].contains(&table.as_str())) {
        transaction.execute_batch(&format!("DROP TABLE \"{table}\""))?;
    }
    transaction.execute_batch(PROJECTIONS)?;
    rebuild::all(&transaction)?;
    transaction.pragma_update(None, "application_id", APPLICATION)?;
    transaction.pragma_update(None, "user_version", known)?;
    transaction.commit()?;
    Ok(())
}

/// The file's own tables, without SQLite's.
fn tables(connection: &Connection) -> Result<Vec<String>, Fault> {
    let mut select = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")?;
    let names = select.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    Ok(names)
}

/// What `PRAGMA quick_check` finds wrong, if anything.
pub(super) fn flaw(connection: &Connection) -> Result<Option<String>, Fault> {
    let answer: Option<String> = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).optional()?;
    Ok(answer.filter(|answer| answer != "ok"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::sample::{accepted, done, planned, task};
    use crate::sqlite::tests::dump;

    fn opened(steps: &[&str]) -> Connection {
        let mut connection = Connection::open_in_memory().unwrap();
        migrate_by(&mut connection, Path::new("store"), steps).unwrap();
        connection
    }

    fn shape(connection: &Connection) -> Vec<(String, Option<String>)> {
        let mut select = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
    }

    fn fill(connection: &Connection) {
        connection.execute("INSERT INTO logs VALUES (1, 'd', 1, 'h')", []).unwrap();
        for (seq, record) in [accepted(), planned(vec![task("a"), task("b")]), done("a")].iter().enumerate() {
            let text = serde_json::to_string(record).unwrap();
            let seq = i64::try_from(seq).unwrap() + 1;
            connection.execute("INSERT INTO records VALUES (1, ?1, 7, ?2)", (seq, text)).unwrap();
        }
        rebuild::one(connection, 1).unwrap();
    }

    #[test]
    fn a_file_of_every_older_schema_comes_to_the_newest_with_its_records_and_projections() {
        let newer: Vec<&str> = STEPS.iter().copied().chain(["CREATE INDEX by_time ON records (at)"]).collect();
        for steps in [STEPS, &newer] {
            let newest = opened(steps);
            for older in 0..steps.len() {
                let mut connection = opened(&steps[..older]);
                let mut expected = None;
                if older > 0 {
                    fill(&connection);
                    expected = Some(dump(&connection));
                    // A projection that an older haymaker had and this one does not.
                    connection.execute_batch("CREATE TABLE forgotten (log INTEGER); DROP TABLE counts").unwrap();
                }
                migrate_by(&mut connection, Path::new("store"), steps).unwrap();
                assert_eq!(shape(&connection), shape(&newest));
                assert!(expected.is_none_or(|expected| expected == dump(&connection)));
            }
        }
    }

    #[test]
    fn every_projection_is_named_and_has_its_log() {
        let connection = opened(STEPS);
        let mut expected: Vec<String> = tables(&connection).unwrap();
        expected.retain(|table| !["logs", "records"].contains(&table.as_str()));
        assert_eq!(PROJECTED.iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
        for table in PROJECTED {
            connection.prepare(&format!("SELECT log FROM {table}")).unwrap();
        }
    }

    #[test]
    fn a_file_of_a_newer_haymaker_is_refused_and_left_alone() {
        let mut connection = opened(STEPS);
        connection.pragma_update(None, "user_version", 99).unwrap();
        let refused = migrate(&mut connection, Path::new("store")).unwrap_err();
        assert!(
            matches!(refused, Fault::Refused(Error::Newer { found: 99, known, .. }) if known as usize == STEPS.len())
        );
    }

    #[test]
    fn another_program_s_database_is_refused_and_left_alone() {
        let mut connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE bookmarks (url TEXT)").unwrap();
        let refused = migrate(&mut connection, Path::new("store")).unwrap_err();
        assert!(matches!(refused, Fault::Refused(Error::Damaged { .. })));
        assert_eq!(tables(&connection).unwrap(), ["bookmarks"]);
    }

    #[test]
    fn open_tasks_are_found_by_their_own_index_in_order() {
        let connection = opened(STEPS);
        let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {}", crate::sqlite::read::OPEN_TASKS)).unwrap();
        let plan: Vec<String> = plan.query_map(["d"], |row| row.get(3)).unwrap().map(Result::unwrap).collect();
        assert!(plan.iter().any(|step| step.contains("USING INDEX open_tasks")), "{plan:?}");
        assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE")), "{plan:?}");
    }
}
