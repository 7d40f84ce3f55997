//! What lets a deployment rest, go on, and end.

use std::path::PathBuf;

use clap::Args;

use super::Which;

/// Lets a deployment rest: no new tasks, those in flight end. What it made stays.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker stop @last")]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Lets a stopped deployment go on where it was.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker start @last")]
pub(crate) struct Start {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Removes everything that a deployment created, and proves it.
///
/// Works from any process and after any crash, and may be repeated. It ends with three counts: what is left in the tenant,
/// what is deleted and can still be restored for a while, and what no call to Microsoft Graph removes.
///
/// With --orphans it finds what earlier runs left in the tenant of KW_TENANT_ID whose home is gone: by their tag, where name
/// and time of creation agree with it. Deployments that this home knows are left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haymaker cleanup @last --dry-run\n  \
    haymaker cleanup @last --yes --proof proof.json\n  haymaker cleanup --orphans --dry-run")]
pub(crate) struct Cleanup {
    /// A deployment: its id, the unique beginning of it, or @last.
    #[arg(value_name = "ID", required_unless_present = "orphans", conflicts_with = "orphans")]
    pub(crate) id: Option<String>,
    /// What earlier runs left in the tenant and nobody here remembers.
    #[arg(long)]
    pub(crate) orphans: bool,
    /// The tenant that is meant: a check, because it is chosen by KW_TENANT_ID.
    #[arg(long, value_name = "ID", requires = "orphans")]
    pub(crate) tenant: Option<String>,
    /// Removes nothing if there are more orphaned things than this.
    #[arg(long, value_name = "N", default_value_t = 500, requires = "orphans")]
    pub(crate) limit: usize,
    /// Lists what would be removed, and removes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Does not ask.
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    /// Writes what is left, and how that is known (JSON): every thing with the requests that found it gone.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "orphans"])]
    pub(crate) proof: Option<PathBuf>,
}
