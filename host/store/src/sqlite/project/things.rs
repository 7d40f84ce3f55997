//! What a deployment has: state, created things, secrets, its ground truth and its lines.

use rusqlite::OptionalExtension;

use super::{Fault, Projector, json};
use crate::record::*;
use crate::sqlite::int;

/// A ledger entry, as far as changes depend on it.
struct Entry {
    remote_id: Option<String>,
    released: bool,
}

/// How much a thing of this kind counts: what is only lent does not.
fn counted(kind: &str) -> i64 {
    i64::from(!kind.starts_with(crate::view::ADOPTED))
}

impl Projector<'_> {
    pub(super) fn write(&mut self, writes: &[Write]) -> Result<(), Fault> {
        for Write { key, value } in writes {
            let held: Option<i64> = self
                .connection
                .prepare_cached("SELECT octet_length(value) FROM state WHERE log = ?1 AND key = ?2")?
                .query_row((self.log, key), |row| row.get(0))
                .optional()?;
            self.totals.state_bytes -= held.map_or(0, |held| held + length(key.as_bytes()));
            match value {
                Some(value) => {
                    self.run(
                        "INSERT INTO state VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET value = excluded.value",
                        (self.log, key, value),
                    )?;
                    self.totals.state_bytes += length(key.as_bytes()) + length(value);
                }
                None => {
                    self.run("DELETE FROM state WHERE log = ?1 AND key = ?2", (self.log, key))?;
                }
            }
        }
        Ok(())
    }

    pub(super) fn intended(&mut self, at: Instant, kind: &str, name: &str) -> Result<(), Fault> {
        if self.entry(kind, name)?.is_some_and(|entry| !entry.released) {
            return Ok(());
        }
        self.run(
            "INSERT OR REPLACE INTO ledger (log, kind, name, intended) VALUES (?1, ?2, ?3, ?4)",
            (self.log, kind, name, int(at)),
        )?;
        self.totals.live += counted(kind);
        Ok(())
    }

    pub(super) fn created(&mut self, at: Instant, kind: &str, name: &str, remote_id: &str) -> Result<(), Fault> {
        match self.entry(kind, name)? {
            None => return Err(Fault::Contradiction(format!("{kind} {name} exists, and was never intended"))),
            Some(Entry { released: true, .. }) => {
                return Err(Fault::Contradiction(format!("{kind} {name} exists, and was proved gone")));
            }
            Some(Entry { remote_id: Some(known), .. }) if known == remote_id => return Ok(()),
            Some(Entry { remote_id: Some(known), .. }) => {
                return Err(Fault::Contradiction(format!("{kind} {name} is {known}, not {remote_id}")));
            }
            Some(Entry { remote_id: None, .. }) => {}
        }
        self.run(
            "UPDATE ledger SET remote_id = ?4, created = ?5 WHERE log = ?1 AND kind = ?2 AND name = ?3",
            (self.log, kind, name, remote_id, int(at)),
        )?;
        self.totals.made += counted(kind);
        Ok(())
    }

    pub(super) fn released(&mut self, at: Instant, kind: &str, name: &str) -> Result<(), Fault> {
        let Some(entry) = self.entry(kind, name)? else {
            return Err(Fault::Contradiction(format!("{kind} {name} is gone, and was never intended")));
        };
        if entry.released {
            return Ok(());
        }
        self.run(
            "UPDATE ledger SET released = ?4 WHERE log = ?1 AND kind = ?2 AND name = ?3",
            (self.log, kind, name, int(at)),
        )?;
        self.totals.live -= counted(kind);
        if entry.remote_id.is_some() {
            self.totals.released += counted(kind);
        }
        Ok(())
    }

    fn entry(&self, kind: &str, name: &str) -> Result<Option<Entry>, Fault> {
        let found = self
            .connection
            .prepare_cached(
                "SELECT remote_id, released IS NOT NULL FROM ledger WHERE log = ?1 AND kind = ?2 AND name = ?3",
            )?
            .query_row((self.log, kind, name), |row| Ok(Entry { remote_id: row.get(0)?, released: row.get(1)? }))
            .optional()?;
        Ok(found)
    }

    pub(super) fn sealed(&self, seq: u64, name: &str, sealed: &[u8]) -> Result<(), Fault> {
        self.forgot(name)?;
        // A replayed record whose ciphertext was erased: nothing is left to keep.
        if !sealed.is_empty() {
            self.run("INSERT INTO secrets VALUES (?1, ?2, ?3, ?4)", (self.log, name, int(seq), sealed))?;
        }
        Ok(())
    }

    /// Removes a secret here and its ciphertext from the log. The file keeps no trace: pages are overwritten.
    pub(super) fn forgot(&self, name: &str) -> Result<(), Fault> {
        self.run(
            "UPDATE records SET record = json_replace(record, '$.sealed', '')
             WHERE log = ?1 AND seq = (SELECT seq FROM secrets WHERE log = ?1 AND name = ?2)",
            (self.log, name),
        )?;
        self.run("DELETE FROM secrets WHERE log = ?1 AND name = ?2", (self.log, name))?;
        Ok(())
    }

    /// Adds lines to the ground truth. One with a known id takes its place: the task came to another end.
    pub(super) fn witness(&self, activities: &[Activity]) -> Result<(), Fault> {
        for activity in activities {
            self.replace(&activity.id)?;
            let Activity { id, kind, label, status, due, line } = activity;
            self.run(
                "INSERT INTO activities VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                (self.log, id, int(*due), kind, label, status, json(line)?),
            )?;
            self.run(
                "INSERT INTO counts VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE SET count = count + 1",
                (self.log, kind, label, status),
            )?;
        }
        Ok(())
    }

    fn replace(&self, id: &str) -> Result<(), Fault> {
        let counted: Option<(String, String, String)> = self
            .connection
            .prepare_cached("DELETE FROM activities WHERE log = ?1 AND id = ?2 RETURNING kind, label, status")?
            .query_row((self.log, id), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        let Some((kind, label, status)) = counted else { return Ok(()) };
        self.run(
            "UPDATE counts SET count = count - 1 WHERE log = ?1 AND kind = ?2 AND label = ?3 AND status = ?4",
            (self.log, &kind, &label, &status),
        )?;
        self.run(
            "DELETE FROM counts WHERE log = ?1 AND kind = ?2 AND label = ?3 AND status = ?4 AND count = 0",
            (self.log, &kind, &label, &status),
        )?;
        Ok(())
    }

    pub(super) fn line(&self, seq: u64, at: Instant, line: &Line) -> Result<(), Fault> {
        self.run("INSERT INTO lines VALUES (?1, ?2, ?3, ?4)", (self.log, int(seq), int(at), json(line)?))?;
        Ok(())
    }
}

fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}
