//! Tests of what is SQLite's own: the rest is in `conformance`.

mod harm;
mod power;
mod replay;

use std::sync::Arc;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::SqliteStore;
use super::schema::PROJECTED;
use crate::conformance::sample::{NOW, accepted};
use crate::record::Record;
use crate::{Batch, Lease, Result, Store};

/// Every row of every table, in the tables' own order.
pub(super) fn dump(connection: &Connection) -> Vec<(String, Vec<Value>)> {
    let mut rows = Vec::new();
    for table in ["logs", "records"].iter().chain(PROJECTED) {
        let mut select = connection.prepare(&format!("SELECT * FROM {table}")).unwrap();
        let columns = select.column_count();
        let found = select.query_map([], |row| (0..columns).map(|column| row.get(column)).collect()).unwrap();
        rows.extend(found.map(|row| (table.to_string(), row.unwrap())));
    }
    rows
}

impl SqliteStore {
    fn dump(&self) -> Vec<(String, Vec<Value>)> {
        self.read("", |connection| Ok(dump(connection))).unwrap()
    }

    /// Changes the file behind the store's back.
    fn tamper(&self, sql: &str) {
        Connection::open(&self.path).unwrap().execute_batch(sql).unwrap();
    }
}

/// A deployment that was accepted, and who may write it.
async fn begun(store: &Arc<SqliteStore>, deployment: &str) -> Lease {
    let (lease, _) = store.lease(deployment, "host").await.unwrap();
    store.commit(&lease, 0, batch(vec![accepted()], false)).await.unwrap();
    lease
}

fn batch(records: Vec<Record>, flush: bool) -> Batch {
    Batch { at: NOW, records, flush }
}

/// Appends where the log ends now.
async fn add(store: &Arc<SqliteStore>, lease: &Lease, records: Vec<Record>, flush: bool) -> Result<u64> {
    let end = store.deployment(&lease.deployment)?.map_or(0, |view| view.seq);
    store.commit(lease, end, batch(records, flush)).await
}
