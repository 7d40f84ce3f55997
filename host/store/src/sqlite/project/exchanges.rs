//! What was sent, by day and by what it does: what a tenant's caps are held against after a restart.

use std::collections::BTreeMap;

use super::{Fault, Projector};
use crate::record::*;
use crate::sqlite::int;

/// Milliseconds of a day.
const DAY: u64 = 24 * 60 * 60 * 1000;

/// Names of actions and collections are words; what is longer, or has other signs, is an id that somebody posts to, and
/// would make a row of its own for each.
const LONGEST_ACTION: usize = 40;

/// What a batch of records sent: by day, method and action.
#[derive(Default)]
pub(super) struct Sent(BTreeMap<(u64, String, String), i64>);

impl Sent {
    pub(super) fn count(&mut self, exchange: &Exchange) {
        let action = if exchange.method == "POST" { action(&exchange.path) } else { "" };
        let key = (exchange.sent / DAY, exchange.method.clone(), action.to_owned());
        *self.0.entry(key).or_default() += 1;
    }
}

/// The last part of a path, where it is a word.
fn action(path: &str) -> &str {
    let last = path.split('?').next().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let is_word = last.len() <= LONGEST_ACTION && last.bytes().all(|b| b.is_ascii_alphabetic() || b == b'$');
    if is_word { last } else { "" }
}

impl Projector<'_> {
    /// Writes what was counted.
    pub(super) fn sent_by_day(&self) -> Result<(), Fault> {
        for ((day, method, action), count) in &self.sent.0 {
            self.run(
                "INSERT INTO exchange_days VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO UPDATE SET count = count + excluded.count",
                (self.log, int(*day), method, action, count),
            )?;
        }
        Ok(())
    }
}
