//! The flags of `tenant`, and those of every simulated tenant, wherever one is made.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use haymaker_tenant::settings::BYSTANDERS;

use super::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Tenant {
    Simulate(Simulate),
    Inspect(Inspect),
}

/// The heading of the flags that say how a simulated tenant behaves.
pub(super) const TENANT: &str = "The simulated tenant";

/// How a simulated tenant behaves.
#[derive(Debug, Args)]
#[command(next_help_heading = TENANT)]
pub(crate) struct Behaviour {
    /// Whether requests are refused for their number (429 with Retry-After).
    #[arg(long, value_enum, default_value_t, value_name = "HOW")]
    pub(crate) throttle: Throttle,
    /// What goes wrong: a JSON list of rules, {"operation", "rate", "fault": {"kind"}}, see `tenant simulate --help`.
    #[arg(long, value_name = "FILE")]
    pub(crate) faults: Option<PathBuf>,
    /// Whether people must pass a second factor, as in every tenant that has not switched it off: then nobody signs in with
    /// a password, and workers do not talk in Teams. [default: on for `tenant simulate`, off for `demo`]
    #[arg(long, value_enum, value_name = "HOW")]
    pub(crate) security_defaults: Option<Switch>,
    /// How many people live there with mail of their own, whom no run may touch.
    #[arg(long, value_name = "N", default_value_t = BYSTANDERS, value_parser = clap::value_parser!(u32).range(..=MOST_BYSTANDERS))]
    pub(crate) bystanders: u32,
    /// Writes every HTTP exchange (JSON Lines), secrets masked.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// Writes what a real tenant's logs would hold (Graph activity, Office 365, sign-ins, directory changes), one file of
    /// JSON Lines for each table, into a folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) audit_log: Option<PathBuf>,
}

/// All of them lie in memory, a few kilobytes each.
const MOST_BYSTANDERS: i64 = 100_000;

/// On or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// It is.
    On,
    /// It is not.
    Off,
}

/// Whether a simulated tenant throttles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Throttle {
    /// Never.
    #[default]
    Off,
    /// By the limits that Microsoft documents.
    Documented,
    /// By a quarter of them.
    Strict,
}

/// A simulated Microsoft 365 tenant, until Ctrl-C.
///
/// Prints the environment by which haymaker and any other client find it, as lines for a shell, then serves. Its time is
/// virtual: haymaker moves it as fast as the machine can, or as --speed says; for other clients it passes as on the wall.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haymaker tenant simulate > tenant.env &\n  \
    until [ -s tenant.env ]; do sleep 0.1; done; . ./tenant.env\n  \
    haymaker deploy m365-knowledge-worker -c workers=5 -d 8h\n\n\
    Faults: a file like\n  \
    [{\"operation\": \"POST /v1.0/users/*/sendMail\", \"rate\": 0.05, \"fault\": {\"kind\": \"reset_after\"}},\n   \
    {\"operation\": \"* /v1.0/**\", \"rate\": 0.01, \"fault\": {\"kind\": \"status\", \"status\": 503, \"retry_after\": \"2\"}}]\n\
    Kinds: status, slow (\"milliseconds\"), reset_before and reset_after (the effect), half (of the answer), wrong_body.\n\
    The rules of a tenant that runs are changed by\n  \
    curl --data @faults.json \"$HAYMAKER_GRAPH_ENDPOINT/_haymaker/faults\"")]
pub(crate) struct Simulate {
    /// Where to listen; port 0 chooses a free one. It is for this machine only: loopback addresses.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:0")]
    pub(crate) listen: SocketAddr,
    /// Listens for https, with a certificate of an authority of its own, which the printed environment makes Node, curl,
    /// OpenSSL and haymaker trust (all but Node then trust nobody else).
    #[arg(long)]
    pub(crate) https: bool,
    /// Every id and the secret come from it.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// How many simulated seconds pass in a real one; without it as many as the machine can do.
    #[arg(long, value_name = "X", value_parser = speed)]
    pub(crate) speed: Option<f64>,
    /// Lets everything be true at once. Without it new things take as long as in a real tenant: replication, mailboxes,
    /// delivery.
    #[arg(long, help_heading = TENANT)]
    pub(crate) instant: bool,
    /// Keeps the tenant in a file: the next one with the same file and seed goes on where this one was. Without it the
    /// tenant is gone when it ends.
    #[arg(long, value_name = "FILE", help_heading = TENANT)]
    pub(crate) state: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) behaviour: Behaviour,
}

/// A look inside a simulated tenant: what really is there, whatever a host believes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haymaker tenant inspect\n  haymaker tenant inspect --deployment @last")]
pub(crate) struct Inspect {
    /// Where it listens.
    #[arg(long, value_name = "URL", env = "HAYMAKER_GRAPH_ENDPOINT")]
    pub(crate) endpoint: String,
    /// What one user has, by address or id: mails, events, chats, files.
    #[arg(long, value_name = "USER", group = "part")]
    pub(crate) user: Option<String>,
    /// What is left of one deployment, wherever it lies, also in the recycle bin.
    #[arg(long, value_name = "ID", group = "part")]
    pub(crate) deployment: Option<String>,
    /// What was written in a chat.
    #[arg(long, value_name = "ID", group = "part")]
    pub(crate) chat: Option<String>,
    /// What was written in a team's channels.
    #[arg(long, value_name = "ID", group = "part")]
    pub(crate) team: Option<String>,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse::<f64>().ok().filter(|speed| speed.is_finite() && *speed > 0.0);
    speed.ok_or_else(|| "not a speed; write a number above 0, like 60 (a minute in a second)".to_owned())
}
