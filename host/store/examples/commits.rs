//! How many commits a second this machine's disk takes: the life of a task (planned, sending, answered, done), each
//! step a commit of its own, by one deployment and by many at once, with and without a flush.
//!
//! `cargo run --release -p haymaker-store --example commits [folder]`; the folder (default: the current one) decides
//! which disk is measured.
#![allow(clippy::print_stdout)]

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use haymaker_store::conformance::sample::{NOW, accepted, answered, done, planned, sending, task};
use haymaker_store::{Batch, Error, Record, Result, SqliteStore, Store};
use tokio::task::JoinSet;

/// How long each line of the table is measured.
const SPAN: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).map_or_else(|| PathBuf::from("."), PathBuf::from);
    println!("{:>12} {:>10} {:>12} {:>14}", "deployments", "flushed", "commits/s", "us a commit");
    for deployments in [1_usize, 16, 64] {
        for flush in [false, true] {
            let home = tempfile::tempdir_in(&folder).map_err(|error| unusable(&folder, error))?;
            let store = SqliteStore::open(home.path().join("haymaker.db"))?;
            let begun = Instant::now();
            let commits = all(store, deployments, flush, begun + SPAN).await?;
            let rate = commits as f64 / begun.elapsed().as_secs_f64();
            println!("{deployments:>12} {flush:>10} {rate:>12.0} {:>14.1}", 1e6 / rate);
        }
    }
    Ok(())
}

async fn all(store: Arc<SqliteStore>, deployments: usize, flush: bool, until: Instant) -> Result<u64> {
    let mut writers = JoinSet::new();
    for number in 0..deployments {
        let store = store.clone();
        writers.spawn(async move { one(&*store, &format!("d{number}"), flush, until).await });
    }
    let mut commits = 0;
    while let Some(end) = writers.join_next().await {
        commits += end.map_err(|error| unusable(&PathBuf::new(), error))??;
    }
    Ok(commits)
}

async fn one(store: &dyn Store, deployment: &str, flush: bool, until: Instant) -> Result<u64> {
    let (lease, mut end) = store.lease(deployment, "bench").await?;
    let mut commits = 0;
    let mut commit = async |records: Vec<Record>| {
        end = store.commit(&lease, end, Batch { at: NOW, records, flush }).await?;
        commits += 1;
        Ok::<_, Error>(())
    };
    commit(vec![accepted()]).await?;
    for number in 0_u64.. {
        if Instant::now() >= until {
            break;
        }
        let id = format!("worker-{}/mail/{number}", number % 25);
        for record in [planned(vec![task(&id)]), sending(&id, &id), answered(&id, &id), done(&id)] {
            commit(vec![record]).await?;
        }
    }
    Ok(commits)
}

fn unusable(path: &std::path::Path, error: impl std::fmt::Display) -> Error {
    Error::Unusable { path: path.display().to_string(), why: error.to_string() }
}
