//! What can go wrong below, and what it is called above.
//!
//! Inside, a fault knows neither the file nor the deployment, so that queries stay short; at the border it learns both
//! and becomes the crate's [`Error`]. A group's one failure is told to many, so the translation borrows.

use std::path::Path;

use rusqlite::{ErrorCode, ffi};

use crate::Error;

/// A failure inside the store.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// From SQLite.
    #[error(transparent)]
    Sqlite(#[from] rusqlite::Error),
    /// The record contradicts the log.
    #[error("{0}")]
    Contradiction(String),
    /// A record of the log that cannot be parsed.
    #[error("record {seq}: {why}")]
    Unreadable { seq: u64, why: String },
    /// A column of a projection that cannot be parsed.
    #[error("{0}")]
    Garbled(String),
    /// Already in the crate's own words.
    #[error(transparent)]
    Refused(Error),
}

impl From<serde_json::Error> for Fault {
    fn from(error: serde_json::Error) -> Self {
        Self::Garbled(error.to_string())
    }
}

impl Fault {
    /// In the crate's words.
    pub(super) fn into_error(self, path: &Path, deployment: &str) -> Error {
        let deployment = deployment.to_owned();
        match self {
            Self::Sqlite(error) => translate(&error, path),
            Self::Contradiction(why) => Error::Contradiction { deployment, why },
            Self::Unreadable { seq, why } => Error::Unreadable { deployment, seq, why },
            Self::Garbled(why) => {
                Error::Damaged { path: path.display().to_string(), why: format!("{deployment}: {why}") }
            }
            Self::Refused(error) => error,
        }
    }
}

/// What an error of SQLite means to the user.
pub(super) fn translate(error: &rusqlite::Error, path: &Path) -> Error {
    let path = path.display().to_string();
    let (code, extended) = match error {
        rusqlite::Error::SqliteFailure(failure, _) => (Some(failure.code), failure.extended_code),
        _ => (None, 0),
    };
    match code {
        Some(ErrorCode::DiskFull) => Error::Full(path),
        // The shared-memory file beside the log is extended by one write: it fails for lack of space only.
        Some(ErrorCode::SystemIoFailure) if extended == ffi::SQLITE_IOERR_SHMSIZE => Error::Full(path),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Error::Damaged { path, why: error.to_string() },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Error::Unusable { path, why: "another program keeps it locked".into() }
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Error::Unusable { path, why: "it, or its folder, is read-only for this user".into() }
        }
        Some(ErrorCode::CannotOpen) => {
            Error::Unusable { path, why: format!("{error}; its folder must exist and be writable") }
        }
        Some(_) => Error::Unusable { path, why: error.to_string() },
        None => match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..) => Error::Damaged { path, why: error.to_string() },
            _ => Error::Unusable { path, why: error.to_string() },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(code: i32) -> Error {
        translate(&rusqlite::Error::SqliteFailure(ffi::Error::new(code), None), Path::new("haymaker.db"))
    }

    #[test]
    fn a_full_disk_is_told_apart_from_a_broken_one() {
        assert!(matches!(translated(ffi::SQLITE_FULL), Error::Full(_)));
        assert!(matches!(translated(ffi::SQLITE_IOERR_SHMSIZE), Error::Full(_)));
        assert!(matches!(translated(ffi::SQLITE_IOERR_READ), Error::Unusable { .. }));
    }

    #[test]
    fn damage_is_told_apart_from_a_file_that_cannot_be_used() {
        assert!(matches!(translated(ffi::SQLITE_CORRUPT), Error::Damaged { .. }));
        assert!(matches!(translated(ffi::SQLITE_NOTADB), Error::Damaged { .. }));
        for code in [ffi::SQLITE_READONLY, ffi::SQLITE_PERM, ffi::SQLITE_CANTOPEN, ffi::SQLITE_BUSY] {
            assert!(matches!(translated(code), Error::Unusable { .. }));
        }
    }
}
