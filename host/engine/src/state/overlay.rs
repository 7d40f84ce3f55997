//! A call's own writes, on top of the snapshot that it reads.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use super::{Access, Scope, Source};
use crate::types::{Problem, ProblemKind};

/// The longest key: bytes (`wit/state.wit`).
const KEY: usize = 200;
/// The most entries that one listing gives (`wit/state.wit`).
const PAGE: usize = 1_000;

/// The state as one call sees it.
pub(crate) struct Overlay {
    source: Arc<dyn Source>,
    scope: Scope,
    /// The most bytes that the deployment's state may have.
    limit: u64,
    /// Bytes held with all writes applied; unknown until the first write asks.
    size: Option<u64>,
    writes: BTreeMap<String, Option<Vec<u8>>>,
}

impl Overlay {
    /// A view without writes.
    pub(crate) fn new(access: Access, limit: u64) -> Self {
        Self { source: access.source, scope: access.scope, limit, size: None, writes: BTreeMap::new() }
    }

    /// The last write of each key, in key order.
    pub(crate) fn into_writes(self) -> Vec<(String, Option<Vec<u8>>)> {
        self.writes.into_iter().collect()
    }

    /// The value as this call sees it.
    pub(crate) fn read(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.source.get(key),
        }
    }

    /// Sets or removes a value. The outer error is the host's own.
    pub(crate) fn write(&mut self, key: String, value: Option<Vec<u8>>) -> Result<Result<(), Problem>, String> {
        if let Err(problem) = check_key(&key) {
            return Ok(Err(problem));
        }
        if let Err(why) = self.scope.allows(&key) {
            return Ok(Err(Problem::denied("state-scope", format!("the key {key} may not be written here: {why}"))));
        }
        let size = self.size_now()?;
        let others = size.saturating_sub(held(&key, self.read(&key)?.as_deref()));
        let after = others.saturating_add(held(&key, value.as_deref()));
        // A state that is over a lowered limit already may still be made smaller.
        if after > self.limit && after > size {
            return Ok(Err(Problem::new(
                ProblemKind::Exhausted,
                "state-size",
                format!(
                    "with {key} the state would have {after} bytes; {} is the most (manifest: limits.state)",
                    self.limit
                ),
            )));
        }
        self.size = Some(after);
        self.writes.insert(key, value);
        Ok(Ok(()))
    }

    /// Entries as this call sees them: the snapshot's pages, with its own writes woven in.
    pub(crate) fn page(&self, prefix: &str, after: Option<&str>, limit: u32) -> Result<Vec<(String, Vec<u8>)>, String> {
        let limit = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let mut page = Vec::new();
        let mut after = after.map(str::to_owned);
        while page.len() < limit {
            let wanted = limit - page.len();
            let stored = self.source.list(prefix, after.as_deref(), wanted)?;
            let last = stored.len() < wanted;
            let end = stored.last().map(|(key, _)| key.clone());
            // Up to where this page of the snapshot reaches; own writes beyond it belong to a later one.
            let upto = if last { Bound::Unbounded } else { end.as_deref().map_or(Bound::Unbounded, Bound::Included) };
            let mut merged: BTreeMap<String, Vec<u8>> = stored.into_iter().collect();
            for (key, value) in self.written(prefix, after.as_deref(), upto) {
                match value {
                    Some(value) => merged.insert(key.clone(), value.clone()),
                    None => merged.remove(key),
                };
            }
            page.extend(merged.into_iter().take(wanted));
            if last {
                break;
            }
            after = end;
        }
        Ok(page)
    }

    /// Own writes under `prefix`, after `after`, up to `upto`.
    fn written<'a>(
        &'a self,
        prefix: &'a str,
        after: Option<&'a str>,
        upto: Bound<&'a str>,
    ) -> impl Iterator<Item = (&'a String, &'a Option<Vec<u8>>)> {
        let from = match after {
            Some(after) if after >= prefix => Bound::Excluded(after),
            _ => Bound::Included(prefix),
        };
        self.writes
            .range::<str, _>((from, Bound::Unbounded))
            .take_while(move |(key, _)| key.starts_with(prefix))
            .take_while(move |(key, _)| match upto {
                Bound::Included(end) => key.as_str() <= end,
                Bound::Excluded(end) => key.as_str() < end,
                Bound::Unbounded => true,
            })
    }

    fn size_now(&self) -> Result<u64, String> {
        match self.size {
            Some(size) => Ok(size),
            None => self.source.size(),
        }
    }
}

/// What an entry counts for: bytes.
fn held(key: &str, value: Option<&[u8]>) -> u64 {
    value.map_or(0, |value| u64::try_from(key.len() + value.len()).unwrap_or(u64::MAX))
}

/// 1 to 200 bytes of `[A-Za-z0-9._/@+-]` (`wit/state.wit`).
fn check_key(key: &str) -> Result<(), Problem> {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"._/@+-".contains(&b);
    if key.is_empty() || key.len() > KEY {
        return Err(Problem::invalid("state-key", format!("a key has 1 to {KEY} bytes; this one has {}", key.len())));
    }
    if !key.bytes().all(known) {
        return Err(Problem::invalid(
            "state-key",
            format!("the key {key:?} has characters other than [A-Za-z0-9._/@+-]"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    struct Map(BTreeMap<String, Vec<u8>>);

    impl Source for Map {
        fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
            Ok(self.0.get(key).cloned())
        }

        fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Vec<(String, Vec<u8>)>, String> {
            let fits = |key: &str| key.starts_with(prefix) && after.is_none_or(|after| key > after);
            Ok(self.0.iter().filter(|(key, _)| fits(key)).take(limit).map(|(k, v)| (k.clone(), v.clone())).collect())
        }

        fn size(&self) -> Result<u64, String> {
            Ok(self.0.iter().map(|(key, value)| held(key, Some(value))).sum())
        }
    }

    fn overlay(entries: &[(&str, &str)], scope: Scope, limit: u64) -> Overlay {
        let map = entries.iter().map(|(k, v)| ((*k).to_owned(), v.as_bytes().to_vec())).collect();
        Overlay::new(Access { source: Arc::new(Map(map)), scope }, limit)
    }

    fn set(overlay: &mut Overlay, key: &str, value: Option<&str>) -> Result<(), Problem> {
        overlay.write(key.to_owned(), value.map(|v| v.as_bytes().to_vec())).expect("the source does not fail")
    }

    #[test]
    fn a_call_sees_its_own_writes_and_the_snapshot_below() {
        let mut state = overlay(&[("a", "1"), ("b", "2")], Scope::All, 1_000);
        set(&mut state, "b", None).unwrap();
        set(&mut state, "c", Some("3")).unwrap();
        assert_eq!(state.read("a").unwrap(), Some(b"1".to_vec()));
        assert_eq!(state.read("b").unwrap(), None);
        assert_eq!(state.read("c").unwrap(), Some(b"3".to_vec()));
        assert_eq!(state.into_writes(), vec![("b".to_owned(), None), ("c".to_owned(), Some(b"3".to_vec()))]);
    }

    #[test]
    fn a_task_writes_only_what_is_its_actors() {
        let mut state = overlay(&[], Scope::Actor("w1".to_owned()), 1_000);
        set(&mut state, "actor/w1/ready", Some("1")).unwrap();
        for key in ["actor/w2/ready", "actor/w1", "actor/w1/", "actor/w10/x", "plan/x", "actor/w1x/y"] {
            let problem = set(&mut state, key, Some("1")).expect_err(key);
            assert_eq!(problem.kind, ProblemKind::Denied, "{key}");
        }
    }

    #[test]
    fn a_plan_writes_everything_but_what_is_an_actors() {
        let mut state = overlay(&[], Scope::Planning, 1_000);
        set(&mut state, "plan/x", Some("1")).unwrap();
        assert_eq!(set(&mut state, "actor/w1/x", None).expect_err("denied").kind, ProblemKind::Denied);
    }

    #[test]
    fn a_read_only_call_writes_nothing() {
        let mut state = overlay(&[("a", "1")], Scope::ReadOnly, 1_000);
        assert_eq!(set(&mut state, "a", None).expect_err("denied").kind, ProblemKind::Denied);
        assert!(state.into_writes().is_empty());
    }

    #[test]
    fn keys_outside_the_alphabet_are_invalid() {
        let mut state = overlay(&[], Scope::All, 10_000);
        let long = "k".repeat(KEY + 1);
        for key in ["", "a b", "ü", "a\n", long.as_str()] {
            assert_eq!(set(&mut state, key, Some("1")).expect_err(key).kind, ProblemKind::Invalid, "{key}");
        }
        set(&mut state, &"k".repeat(KEY), Some("1")).unwrap();
        set(&mut state, "Az09._/@+-", Some("1")).unwrap();
    }

    #[test]
    fn the_size_counts_what_would_be_held_after_the_write() {
        let mut state = overlay(&[("a", "123")], Scope::All, 8);
        assert_eq!(set(&mut state, "b", Some("1234")).expect_err("9 bytes").kind, ProblemKind::Exhausted);
        set(&mut state, "b", Some("123")).unwrap();
        set(&mut state, "b", Some("12")).unwrap();
        set(&mut state, "a", None).unwrap();
        set(&mut state, "b", Some("1234567")).unwrap();
        assert_eq!(set(&mut state, "c", Some("")).expect_err("9 bytes").kind, ProblemKind::Exhausted);
    }

    #[test]
    fn a_state_that_is_too_large_already_can_still_be_made_smaller() {
        let mut state = overlay(&[("a", "1234567890")], Scope::All, 5);
        set(&mut state, "a", Some("123456")).unwrap();
        assert_eq!(set(&mut state, "a", Some("1234567")).expect_err("larger").kind, ProblemKind::Exhausted);
        set(&mut state, "a", Some("1")).unwrap();
    }

    proptest! {
        #[test]
        fn pages_of_the_overlay_are_pages_of_what_it_would_become(
            stored in proptest::collection::btree_map("[ab]{1,4}", "[x-z]{0,2}", 0..20),
            writes in proptest::collection::vec(("[ab]{1,4}", proptest::option::of("[x-z]{0,2}")), 0..20),
            prefix in "[ab]{0,2}",
            after in proptest::option::of("[ab]{0,3}"),
            limit in 0u32..12,
        ) {
            let entries: Vec<(&str, &str)> = stored.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            let mut state = overlay(&entries, Scope::All, 1_000_000);
            let mut model = stored.clone();
            for (key, value) in &writes {
                set(&mut state, key, value.as_deref()).unwrap();
                match value {
                    Some(value) => model.insert(key.clone(), value.clone()),
                    None => model.remove(key),
                };
            }
            let expected: Vec<(String, Vec<u8>)> = model
                .into_iter()
                .filter(|(key, _)| key.starts_with(&prefix) && after.as_ref().is_none_or(|after| key > after))
                .take(limit as usize)
                .map(|(key, value)| (key, value.into_bytes()))
                .collect();
            prop_assert_eq!(state.page(&prefix, after.as_deref(), limit).unwrap(), expected);
        }
    }
}
