//! What haymaker costs, beside what the same work costs without it: `cargo xtask bench`.
//!
//! Absolute figures of a shared machine mean little, so every figure stands beside a baseline that was measured in the
//! same seconds: rounds alternate between the rows, and a ratio is made of two neighbours, never of two averages.
//! Nothing here passes or fails by time; what is checked is that all rows did the same work.
//!
//! | table | row | what it is | what it isolates |
//! |---|---|---|---|
//! | one task | bare, instance kept | [`bare`]: `perform` of the heartbeat, again and again in one instance | the guest itself, and crossing into it |
//! | | bare, fresh instance | the same in an instance of its own each time, as haymaker does | what isolation costs anybody |
//! | | engine | [`haymaker_engine::Engine::perform`] | limits, deadline, virtual time, seeded chance, buffered effects |
//! | one mail | native | [`native`]: the recorded requests of the flagship, sent by reqwest | the wire and the tenant: no guest, no policy, no memory |
//! | | host, process | [`host`]: the flagship in a host, every fact journalled in SQLite | guest, policy, canonical form, scan, journal, supervisor |
//! | | host, power | the same with what must survive a power cut on the disk before it is sent | `fsync` |
//! | 16 tenants | the same three | sixteen deployments in sixteen tenants in one host; sixteen native streams | what overlaps: network, flushes, cores |
//! | the disk | write and `fsync` | 4 KiB appended to a file beside the homes | what of "power" is the disk's |
//!
//! In all rows of a table the tenant answers the very same requests, byte for byte but for tokens and passwords. It
//! runs in this process on a thread of its own, whose processor time is shown apart and is in nobody else's.

mod bare;
mod call;
mod disk;
mod figures;
mod gate;
mod host;
mod mails;
mod native;
mod script;
mod tenants;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a standard error there is nobody to tell.
            let _ = writeln!(std::io::stderr(), "bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> anyhow::Result<()> {
    // An error here means that the process has a provider already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let begun = Instant::now();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("no runtime")?;
    say(&format!("haymaker bench on {}", figures::machine()))?;
    say(&format!("{}\n", figures::LEGEND))?;
    say(&runtime.block_on(call::compare())?)?;
    for load in mails::LOADS {
        say(&runtime.block_on(mails::compare(&load))?)?;
    }
    say(&disk::measure()?)?;
    say(&format!("{:.0} s in all", begun.elapsed().as_secs_f64()))
}

/// Where homes and files of a run lie: on the disk that holds the build, not in a temporary folder that may be memory.
fn folder() -> anyhow::Result<tempfile::TempDir> {
    let target: PathBuf = haymaker_tests::root().join("target");
    let made = tempfile::Builder::new().prefix("bench-").tempdir_in(&target);
    made.with_context(|| format!("cannot make a folder in {}", target.display()))
}

fn say(text: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{text}").context("standard output is gone")
}
