//! The file: found or made, checked, and opened.

use std::fs::OpenOptions;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use super::fault::Fault;
use super::schema;
use crate::Error;

/// Sealed secrets, tenants' names, people's mail: nobody else's business. SQLite gives the files beside it the same.
const MODE: u32 = 0o600;

/// How long a statement waits for another process that holds the file: longer than any transaction of ours takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Prepared statements that a connection keeps: all there are.
const STATEMENTS: usize = 96;

/// Pages of the write-ahead log before it is carried over into the file: 16 MiB instead of SQLite's 4, so that the
/// flushes which that costs come a quarter as often.
const CHECKPOINT: i64 = 4_000;

/// Opens the writing connection of a store, which is new, or closed cleanly, or left by a crash.
pub(super) fn open(path: &Path, lasting: bool) -> Result<Connection, Fault> {
    secure(path).map_err(|error| {
        Fault::Refused(Error::Unusable {
            path: path.display().to_string(),
            why: format!("{error}; its folder must exist and be writable"),
        })
    })?;
    let mut connection = connect(path)?;
    // All of it is read, once in a host's life: a page that went bad would otherwise be met in the middle of work.
    if let Some(why) = schema::flaw(&connection)? {
        return Err(Fault::Refused(Error::Damaged { path: path.display().to_string(), why }));
    }
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "wal_autocheckpoint", CHECKPOINT)?;
    let mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    if mode != "wal" {
        let why = "its file system cannot share memory between processes; keep it on a local disk".into();
        return Err(Fault::Refused(Error::Unusable { path: path.display().to_string(), why }));
    }
    connection.pragma_update(None, "synchronous", if lasting { "FULL" } else { "OFF" })?;
    schema::migrate(&mut connection, path)?;
    // What a killed process wrote may be in memory still: from here on, whatever can be read is on the disk. Busy with
    // another process's read, it is carried over later; it is flushed all the same.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(connection)
}

/// Opens a connection to a file that exists.
pub(super) fn connect(path: &Path) -> Result<Connection, Fault> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    connection.busy_timeout(PATIENCE)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Plans must not depend on what a parameter is: with statistics in the file, SQLite would otherwise compile a cached
    // statement anew whenever it is bound to another value.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// Makes the file if there is none, and keeps others from reading it.
fn secure(path: &Path) -> std::io::Result<()> {
    let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(MODE).open(path)?;
    let mut permissions = file.metadata()?.permissions();
    if permissions.mode() & 0o077 != 0 {
        permissions.set_mode(MODE);
        file.set_permissions(permissions)?;
    }
    Ok(())
}
