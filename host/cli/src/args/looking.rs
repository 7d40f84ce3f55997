//! What shows deployments, and changes nothing.

use clap::Args;
use haymaker_platform::report::HALTS;
use haymaker_store::Status;

use super::{Output, Which};

/// Where a deployment stands, now.
///
/// True also after a crash: what no host runs is never shown as running.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker status @last")]
pub(crate) struct Shown {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// All deployments, newest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker list --status running -t team=blue")]
pub(crate) struct List {
    /// Only those of this workload.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) workload: Option<String>,
    /// Only those with this status: pending, running, stopped, cleaning_up, completed, failed, interrupted, blocked, frozen,
    /// quarantined, stuck.
    #[arg(short, long, value_name = "STATUS", value_parser = shown_status)]
    pub(crate) status: Option<String>,
    /// Only those with this tag; all of several.
    #[arg(short, long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// At most so many.
    #[arg(short, long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What happened, in lines.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker logs @last --follow")]
pub(crate) struct Logs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Goes on until the deployment ends, or Ctrl-C.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// The last so many lines.
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 100)]
    pub(crate) lines: usize,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What a deployment does, as it does it.
///
/// Ctrl-C detaches; the deployment goes on.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 3 when the time is over first; 4 when it ended in another status than the one waited for.\n\n\
    Example:\n  haymaker watch @last --wait-for completed --timeout 600"
)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Ends when the deployment has this status: pending, running, stopped, cleaning_up, completed, failed.
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub(crate) wait_for: Option<Status>,
    /// Ends after so long: seconds (600), 90s, 10m, 2h.
    #[arg(long, value_name = "TIME", value_parser = patience)]
    pub(crate) timeout: Option<std::time::Duration>,
    #[command(flatten)]
    pub(crate) output: Output,
}

fn status(word: &str) -> Result<Status, String> {
    word.parse().map_err(|_| {
        let all: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        format!("there is no such status; one of: {}", all.join(", "))
    })
}

/// A status as deployments are shown with: one that nobody works for says why, whatever it was at.
fn shown_status(word: &str) -> Result<String, String> {
    let known: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).chain(HALTS).collect();
    match known.contains(&word) {
        true => Ok(word.to_owned()),
        false => Err(format!("there is no such status; one of: {}", known.join(", "))),
    }
}

/// How long somebody waits.
fn patience(text: &str) -> Result<std::time::Duration, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at), 1.0),
        Some((at, 'm')) => (text.get(..at), 60.0),
        Some((at, 'h')) => (text.get(..at), 3_600.0),
        _ => (Some(text), 1.0),
    };
    number
        .and_then(|number| number.parse::<f64>().ok())
        .and_then(|number| std::time::Duration::try_from_secs_f64(number * unit).ok())
        .ok_or_else(|| "not a time; write seconds (600), 90s, 10m or 2h".to_owned())
}
