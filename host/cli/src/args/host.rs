//! The process that runs deployments.

use clap::{Args, Subcommand};

use super::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Host {
    /// Runs the host in the foreground (for systemd and containers). Other commands start one when they need it.
    #[command(after_help = "Example:\n  HAYMAKER_HOME=/var/lib/haymaker haymaker host run")]
    Run(Run),
    /// Says whether a host runs, and what it does.
    #[command(after_help = "Example:\n  haymaker host status")]
    Status(Output),
    /// Ends the host. Deployments stay as they are; the next host takes them up.
    #[command(after_help = "Example:\n  haymaker host stop")]
    Stop,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Calls that run at the same time.
    #[arg(long, value_name = "N", default_value_t = PERMITS, value_parser = permits)]
    pub(crate) permits: usize,
    /// Set by commands that start a host: it leaves their session, so that closing the terminal does not end it.
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

/// Calls at the same time: enough to keep a slow network busy, few enough for a laptop's memory.
pub(crate) const PERMITS: usize = 16;

pub(super) fn permits(text: &str) -> Result<usize, String> {
    let permits = text.parse().ok().filter(|permits| (1..=1024).contains(permits));
    permits.ok_or_else(|| "a whole number from 1 to 1024".to_owned())
}
