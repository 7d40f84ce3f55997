//! What every home of logs must do.
//!
//! Each function takes a home as a function that opens it: called once more, after the store it gave before was
//! dropped, it opens the same logs. A broken promise is a failed assertion or an error. [`conformance!`] makes a test
//! of every function, so a home cannot forget one:
//!
//! ```
//! # fn main() {}
//! #[cfg(test)]
//! mod sqlite {
//!     haymaker_store::conformance!(|| {
//!         let folder = tempfile::tempdir().unwrap();
//!         move || haymaker_store::SqliteStore::open(folder.path().join("haymaker.db")).unwrap()
//!     });
//! }
//! ```
//!
//! [`conformance!`]: crate::conformance!

mod days;
mod effects;
mod logs;
mod many;
mod models;
pub mod sample;
mod tasks;
mod things;

use std::sync::Arc;

pub use days::*;
pub use effects::*;
pub use logs::*;
pub use many::*;
pub use models::*;
pub use tasks::*;
pub use things::*;

use crate::{Batch, Error, Instant, Lease, Record, Result, Store};

/// Makes a test of every function of [`conformance`](mod@crate::conformance). The argument makes a new home: a function
/// that returns the function which opens it. Needs tokio with `macros` and `rt-multi-thread`.
#[macro_export]
macro_rules! conformance {
    ($home:expr) => {
        $crate::conformance!($home;
            a_lease_fences_the_one_before,
            a_commit_that_expects_another_end_is_refused,
            a_batch_is_appended_whole_or_not_at_all,
            a_commit_without_a_lease_or_without_records_is_refused,
            a_log_begins_with_its_acceptance_and_has_it_once,
            records_come_back_in_order_and_as_they_were,
            a_deployment_stands_as_its_log_says,
            deployments_are_listed_newest_first,
            what_was_committed_survives_closing,
            many_deployments_commit_at_once,
            one_log_s_refused_commits_do_not_hurt_its_neighbours,
            racing_writers_of_one_log_never_both_win,
            open_tasks_are_ordered_by_due_and_id,
            a_plan_opens_what_is_new_or_has_failed_and_leaves_the_rest,
            attempts_are_counted_and_requests_kept,
            a_task_ends_once,
            a_once_request_stands_until_it_is_withdrawn,
            a_doubt_ends_with_an_answer_or_a_withdrawal,
            a_task_whose_request_is_out_is_not_cancelled,
            state_is_what_was_written_last,
            the_ledger_remembers_what_was_made,
            the_ledger_lists_what_is_lent_and_does_not_count_it,
            the_ground_truth_is_ordered_and_counted,
            what_models_were_asked_and_wrote_is_counted,
            what_was_sent_is_counted_by_day_for_the_whole_tenant,
            a_forgotten_secret_is_nowhere,
            lines_are_read_forwards_and_from_the_end,
            what_is_not_known_is_empty,
        );
    };
    ($home:expr; $($promise:ident),+ $(,)?) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let open = ($home)();
                $crate::conformance::$promise(move || open() as std::sync::Arc<dyn $crate::Store>).await.unwrap();
            }
        )+
    };
}

/// Somebody who writes a log and knows where it ends.
struct Log {
    store: Arc<dyn Store>,
    lease: Lease,
    end: u64,
    at: Instant,
}

impl Log {
    /// Takes the lease of a deployment, new or known.
    async fn take(store: &Arc<dyn Store>, deployment: &str) -> Result<Self> {
        let (lease, end) = store.lease(deployment, "host").await?;
        Ok(Self { store: store.clone(), lease, end, at: sample::NOW })
    }

    /// A new deployment with these tasks planned.
    async fn begin(store: &Arc<dyn Store>, deployment: &str, tasks: &[&str]) -> Result<Self> {
        let mut log = Self::take(store, deployment).await?;
        log.add([sample::accepted(), sample::planned(tasks.iter().map(|id| sample::task(id)).collect())]).await?;
        Ok(log)
    }

    /// Appends a batch, a second after the one before.
    async fn add(&mut self, records: impl Into<Vec<Record>>) -> Result<()> {
        self.at += 1_000;
        let batch = Batch { at: self.at, records: records.into(), flush: false };
        self.end = self.store.commit(&self.lease, self.end, batch).await?;
        Ok(())
    }

    /// Tries to append a record that contradicts the log, and finds that nothing came of it.
    async fn refused(&mut self, record: Record) -> Result<()> {
        let told = format!("{record:?}");
        let before = self.store.deployment(&self.lease.deployment)?;
        let outcome = self.add([record]).await;
        assert!(matches!(outcome, Err(Error::Contradiction { .. })), "{told}: {outcome:?}");
        assert_eq!(self.store.deployment(&self.lease.deployment)?, before, "{told}");
        Ok(())
    }
}
