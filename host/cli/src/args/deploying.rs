//! What puts a workload to work: in a tenant, or in a simulated one for a day.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Output;
use super::host::{PERMITS, permits};
use super::tenant::{Behaviour, TENANT};

/// Puts a workload to work in a tenant.
///
/// The tenant is that of KW_TENANT_ID; the workload's credentials come from the environment. Everything is checked before
/// anything is created. The command returns as soon as the deployment is accepted; the work goes on in the host.
///
/// Where the config turns on a language model (enable_ai_generation), that comes from the environment, too. LLM_PROVIDER
/// says whose it is: `anthropic` (ANTHROPIC_API_KEY), `azure_openai` (AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT,
/// AZURE_OPENAI_API_KEY), `azure_ai_foundry` (AZURE_AI_FOUNDRY_ENDPOINT, AZURE_AI_FOUNDRY_MODEL,
/// AZURE_AI_FOUNDRY_API_KEY), or `openai` (OPENAI_API_KEY, OPENAI_MODEL, and OPENAI_BASE_URL for whatever else speaks the
/// same). Instead of a key, Azure's take AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET. LLM_MODEL names the
/// model, LLM_TIMEOUT_SECONDS (120) bounds one call, and LLM_MAX_CALLS (20000), LLM_MAX_TOKENS (20000000),
/// LLM_MAX_CALLS_PER_DAY (10000) and LLM_MAX_TOKENS_PER_DAY (10000000) bound the deployment and its tenant's day. After a
/// restart of the host the model is gone until the deployment is stopped and started with these variables set; meanwhile
/// templates stand in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haymaker deploy m365-knowledge-worker -c workers=10 -c department=sales -d 8h --dry-run\n  \
    haymaker deploy m365-knowledge-worker -f office.yaml -t team=blue --then cleanup --watch")]
pub(crate) struct Deploy {
    /// An installed workload (`haymaker workload list`); NAME@VERSION for one version of it.
    #[arg(value_name = "WORKLOAD")]
    pub(crate) workload: Option<String>,
    /// A config value; `haymaker workload info WORKLOAD` lists the keys.
    #[arg(short = 'c', long = "config", value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// A deployment file (YAML); flags win over it.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How long: 8 (hours), 8h, 90m, 3d. Without one it runs until it is stopped.
    #[arg(short = 'd', long, value_name = "DURATION", allow_hyphen_values = true)]
    pub(crate) duration: Option<String>,
    /// A tag, kept and shown with the deployment.
    #[arg(short = 't', long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// The number that all chance comes from: the same seed plans the same.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// What to do as soon as it is over.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) then: Option<Then>,
    /// Shows what would be done, and does nothing: where, as whom, how much on a day, and what would remain after a
    /// cleanup.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Watches it afterwards.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) watch: bool,
    /// Does not ask before it acts in a real tenant. Without it, that tenant's default domain is to be typed.
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Then {
    /// Removes everything that it made.
    Cleanup,
}

/// A whole simulated day in one command: tenant, host, workers, cleanup and proof.
///
/// Everything happens on this machine, in a folder of its own that is removed at the end.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haymaker demo --seed 7 --export truth.jsonl\n  \
    haymaker demo -c workers=100 -c department=engineering --days 5\n  \
    haymaker demo --throttle documented --delays\n  \
    haymaker demo --workload target/workloads/heartbeat -c beats=10")]
pub(crate) struct Demo {
    /// A preinstalled workload's name, or the folder of another. [default: m365-knowledge-worker]
    #[arg(long, value_name = "NAME|PATH")]
    pub(crate) workload: Option<String>,
    /// A deployment file (YAML); flags win over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// A config value.
    #[arg(short = 'c', long = "config", value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// Simulated days, from Monday 08:00 on. The default is one, or the file's duration.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(crate) days: Option<u32>,
    /// The number that all chance comes from: the same seed gives the same day, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Writes the ground truth (JSON Lines).
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Calls that run at the same time.
    #[arg(long, value_name = "N", default_value_t = PERMITS, value_parser = permits)]
    pub(crate) permits: usize,
    /// Leaves the demo's home in place, to look around.
    #[arg(long)]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Lets new things take as long as in a real tenant: replication, mailboxes, delivery. Without it all is true at once.
    #[arg(long, help_heading = TENANT)]
    pub(crate) delays: bool,
    #[command(flatten)]
    pub(crate) behaviour: Behaviour,
}

/// The workload that this program is known for.
pub(crate) const FLAGSHIP: &str = "m365-knowledge-worker";
