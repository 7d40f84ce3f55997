//! What only tests call. Behind the feature `testing`.

use super::SqliteStore;
use super::writer::Work;
use crate::Result;

impl SqliteStore {
    /// Cuts a deployment's log back to its first `seq` records and rebuilds its projections: what a power cut leaves,
    /// if `seq` is at least [`SqliteStore::flushed_seq`]. The lease stays; take a new one to go on.
    ///
    /// One thing a real power cut could do, this does not: bring back a ciphertext that was erased. Erasing is flushed,
    /// so it never lies beyond `flushed_seq`.
    ///
    /// # Errors
    ///
    /// [`Error::NotFound`](crate::Error::NotFound).
    pub async fn truncate(&self, deployment: &str, seq: u64) -> Result<()> {
        self.writer.write(Work::Cut { deployment: deployment.to_owned(), seq }, false).await.map(|_| ())
    }
}
