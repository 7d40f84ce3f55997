//! A call's own changes, on top of the ledger that it reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Change, Entry, Ledger};
use crate::types::Problem;

/// The most entries that one listing gives (`wit/ledger.wit`).
const PAGE: usize = 1_000;
/// The longest kind, name and id: bytes. Names are `userPrincipalName`s and paths; a megabyte is a mistake.
const TEXT: usize = 1_024;

/// The ledger as one call sees it.
pub(crate) struct Overlay {
    ledger: Arc<dyn Ledger>,
    changes: Vec<Change>,
    /// What the changes amount to: entries as they will stand, none for released ones.
    touched: BTreeMap<(String, String), Option<Entry>>,
}

impl Overlay {
    /// A view without changes.
    pub(crate) fn new(ledger: Arc<dyn Ledger>) -> Self {
        Self { ledger, changes: Vec::new(), touched: BTreeMap::new() }
    }

    /// The changes, in order.
    pub(crate) fn into_changes(self) -> Vec<Change> {
        self.changes
    }

    /// `intend`: durable on return, so it goes straight to the ledger.
    pub(crate) async fn add(&mut self, kind: String, name: String) -> Result<Entry, Problem> {
        self.check(&kind, &name)?;
        let known = (kind, name);
        match self.touched.get(&known) {
            Some(Some(entry)) => return Ok(entry.clone()),
            // A release that is not durable yet cannot be followed by a durable intent: their order would be lost.
            Some(None) => {
                return Err(Problem::invalid(
                    "ledger-released",
                    format!("{} {} was released by this very task: intend it again in another one", known.0, known.1),
                ));
            }
            None => {}
        }
        self.ledger.intend(&known.0, &known.1).await
    }

    /// `created`. The outer error is the host's own.
    pub(crate) fn create(
        &mut self,
        kind: String,
        name: String,
        remote_id: String,
    ) -> Result<Result<(), Problem>, String> {
        if let Err(problem) = self.check(&kind, &name).and_then(|()| check_text("remote id", &remote_id)) {
            return Ok(Err(problem));
        }
        let Some(mut entry) = self.entry(&kind, &name)? else {
            return Ok(Err(Problem::invalid(
                "ledger-not-intended",
                format!("{kind} {name} was never intended: call ledger.intend before it is created"),
            )));
        };
        match &entry.remote_id {
            Some(known) if *known == remote_id => return Ok(Ok(())),
            Some(known) => {
                return Ok(Err(Problem::invalid(
                    "ledger-other-id",
                    format!("{kind} {name} stands in the ledger as {known}, not as {remote_id}"),
                )));
            }
            None => {}
        }
        if let Err(problem) = self.ledger.believes(&kind, &name, &remote_id) {
            return Ok(Err(problem));
        }
        entry.remote_id = Some(remote_id.clone());
        self.touched.insert((kind.clone(), name.clone()), Some(entry));
        self.changes.push(Change::Created { kind, name, remote_id });
        Ok(Ok(()))
    }

    /// `released`. The outer error is the host's own.
    pub(crate) fn release(&mut self, kind: String, name: String) -> Result<Result<(), Problem>, String> {
        if let Err(problem) = self.check(&kind, &name) {
            return Ok(Err(problem));
        }
        if let Some(entry) = self.entry(&kind, &name)? {
            if let Err(problem) = self.ledger.lets_go(&kind, &name, entry.remote_id.as_deref()) {
                return Ok(Err(problem));
            }
            self.touched.insert((kind.clone(), name.clone()), None);
            self.changes.push(Change::Released { kind, name });
        }
        Ok(Ok(()))
    }

    /// Entries as this call sees them. Changes touch only entries that are in the ledger already, so a page of the
    /// ledger with the changes applied can only lose entries: pages are read until there are enough.
    pub(crate) fn page(&self, after: Option<(String, String)>, limit: u32) -> Result<Vec<Entry>, String> {
        let limit = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let mut page = Vec::new();
        let mut after = after;
        while page.len() < limit {
            let wanted = limit - page.len();
            let stored = self.ledger.entries(after.as_ref().map(|(k, n)| (k.as_str(), n.as_str())), wanted)?;
            let last = stored.len() < wanted;
            after = stored.last().map(|entry| (entry.kind.clone(), entry.name.clone()));
            for entry in stored {
                match self.touched.get(&(entry.kind.clone(), entry.name.clone())) {
                    Some(Some(changed)) => page.push(changed.clone()),
                    Some(None) => {}
                    None => page.push(entry),
                }
            }
            if last {
                break;
            }
        }
        Ok(page)
    }

    fn entry(&self, kind: &str, name: &str) -> Result<Option<Entry>, String> {
        match self.touched.get(&(kind.to_owned(), name.to_owned())) {
            Some(changed) => Ok(changed.clone()),
            None => self.ledger.entry(kind, name),
        }
    }

    fn check(&self, kind: &str, name: &str) -> Result<(), Problem> {
        if !self.ledger.may_write() {
            return Err(Problem::denied("ledger-denied", "the ledger is written by perform and settle only"));
        }
        check_text("kind", kind)?;
        check_text("name", name)
    }
}

/// Kinds, names and ids are keys of a store and lines of a log.
fn check_text(what: &str, text: &str) -> Result<(), Problem> {
    if text.is_empty() || text.len() > TEXT || text.chars().any(char::is_control) {
        return Err(Problem::invalid(
            "ledger-text",
            format!("a {what} has 1 to {TEXT} bytes without control characters; this one has {}", text.len()),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::Pending;
    use crate::types::ProblemKind;

    /// A ledger in memory: what is intended is in it at once.
    #[derive(Default)]
    struct Book {
        entries: Mutex<BTreeMap<(String, String), Entry>>,
        closed: bool,
    }

    impl Ledger for Book {
        fn intend<'a>(&'a self, kind: &'a str, name: &'a str) -> Pending<'a, Result<Entry, Problem>> {
            Box::pin(async move {
                let new = Entry { kind: kind.to_owned(), name: name.to_owned(), remote_id: None, intended: 7 };
                let mut entries = self.entries.lock().unwrap();
                Ok(entries.entry((kind.to_owned(), name.to_owned())).or_insert(new).clone())
            })
        }

        fn entry(&self, kind: &str, name: &str) -> Result<Option<Entry>, String> {
            Ok(self.entries.lock().unwrap().get(&(kind.to_owned(), name.to_owned())).cloned())
        }

        fn entries(&self, after: Option<(&str, &str)>, limit: usize) -> Result<Vec<Entry>, String> {
            let entries = self.entries.lock().unwrap();
            let later = |e: &&Entry| after.is_none_or(|after| (e.kind.as_str(), e.name.as_str()) > after);
            Ok(entries.values().filter(later).take(limit).cloned().collect())
        }

        fn may_write(&self) -> bool {
            !self.closed
        }
    }

    fn overlay(book: Book) -> Overlay {
        Overlay::new(Arc::new(book))
    }

    async fn intended(names: &[&str]) -> Overlay {
        let mut ledger = overlay(Book::default());
        for name in names {
            ledger.add("user".to_owned(), (*name).to_owned()).await.unwrap();
        }
        ledger
    }

    fn create(ledger: &mut Overlay, name: &str, id: &str) -> Result<(), Problem> {
        ledger.create("user".to_owned(), name.to_owned(), id.to_owned()).expect("the ledger can be read")
    }

    fn release(ledger: &mut Overlay, name: &str) -> Result<(), Problem> {
        ledger.release("user".to_owned(), name.to_owned()).expect("the ledger can be read")
    }

    #[tokio::test]
    async fn what_was_created_is_seen_and_buffered_once() {
        let mut ledger = intended(&["ana"]).await;
        create(&mut ledger, "ana", "1").unwrap();
        create(&mut ledger, "ana", "1").unwrap();
        assert_eq!(ledger.page(None, 10).unwrap()[0].remote_id.as_deref(), Some("1"));
        assert_eq!(ledger.add("user".into(), "ana".into()).await.unwrap().remote_id.as_deref(), Some("1"));
        assert_eq!(ledger.into_changes().len(), 1);
    }

    #[tokio::test]
    async fn another_id_for_a_created_thing_is_invalid() {
        let mut ledger = intended(&["ana"]).await;
        create(&mut ledger, "ana", "1").unwrap();
        assert_eq!(create(&mut ledger, "ana", "2").expect_err("another id").kind, ProblemKind::Invalid);
    }

    #[tokio::test]
    async fn what_was_never_intended_cannot_be_created() {
        let mut ledger = intended(&[]).await;
        let problem = create(&mut ledger, "ana", "1").expect_err("not intended");
        assert_eq!((problem.kind, problem.code.as_str()), (ProblemKind::Invalid, "ledger-not-intended"));
    }

    #[tokio::test]
    async fn what_was_released_is_no_longer_listed_and_pages_stay_full() {
        let mut ledger = intended(&["a", "b", "c", "d"]).await;
        release(&mut ledger, "a").unwrap();
        release(&mut ledger, "a").unwrap();
        release(&mut ledger, "nobody").unwrap();
        let names: Vec<String> = ledger.page(None, 2).unwrap().into_iter().map(|e| e.name).collect();
        assert_eq!(names, ["b", "c"]);
        let rest = ledger.page(Some(("user".to_owned(), "c".to_owned())), 2).unwrap();
        assert_eq!(rest.len(), 1);
        assert_eq!(ledger.into_changes(), [Change::Released { kind: "user".into(), name: "a".into() }]);
    }

    #[tokio::test]
    async fn a_planning_function_changes_nothing() {
        let mut ledger = overlay(Book { closed: true, ..Book::default() });
        let problem = ledger.add("user".into(), "ana".into()).await.expect_err("denied");
        assert_eq!(problem.kind, ProblemKind::Denied);
        assert_eq!(create(&mut ledger, "ana", "1").expect_err("denied").kind, ProblemKind::Denied);
        assert_eq!(release(&mut ledger, "ana").expect_err("denied").kind, ProblemKind::Denied);
    }
}
