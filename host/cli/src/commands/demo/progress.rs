//! What is seen while a demo runs: a bar on a terminal, else a line for each simulated hour. On standard error.

use std::io::IsTerminal;
use std::time::Duration;

use chrono::{DateTime, Timelike, Utc};
use haymaker_platform::host::Deployed;
use haymaker_platform::truth::INFRASTRUCTURE;
use haymaker_store::{Count, DeploymentView, Status};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::sync::watch;

use crate::render::figures::{count, plural};
use crate::render::terminal::say;

/// Between two looks, at most: a bar that stands still looks dead.
const LONGEST: Duration = Duration::from_millis(100);

/// Between two looks, at least: looking must not slow the work down.
const SHORTEST: Duration = Duration::from_millis(50);

/// Waits for news, or a little.
pub(super) async fn next_look(changes: Option<&mut watch::Receiver<u64>>) {
    tokio::time::sleep(SHORTEST).await;
    if let Some(changes) = changes {
        // Whoever tells of changes may have ended; then looking at intervals does.
        let _ = tokio::time::timeout(LONGEST, changes.changed()).await;
    }
}

/// The progress of one demo.
pub(super) struct Progress {
    begins: u64,
    until: Option<u64>,
    bar: Option<ProgressBar>,
    /// What the last line told of: a phase, an hour.
    told: Option<(String, u64)>,
}

impl Progress {
    /// Before the first act.
    ///
    /// # Errors
    /// None of the bar's parts can be wrong.
    pub(super) fn new(deployed: &Deployed) -> anyhow::Result<Progress> {
        let begins = moment(&deployed.begins).unwrap_or(0);
        let until = deployed.until.as_deref().and_then(moment);
        let bar = if std::io::stderr().is_terminal() {
            let bar = ProgressBar::new(until.map_or(1, |until| until.saturating_sub(begins)).max(1));
            bar.set_style(ProgressStyle::with_template("{prefix:<10} {bar:30.green/dim} {msg}")?.progress_chars("━╸─"));
            Some(bar)
        } else {
            None
        };
        say(&format!(
            "{} {} in a simulated tenant, seed {} ({})",
            deployed.workload, deployed.version, deployed.seed, deployed.deployment_id
        ));
        Ok(Progress { begins, until, bar, told: None })
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, view: &DeploymentView, counts: &[Count], now: Option<u64>) {
        let now = now.unwrap_or(view.updated).max(view.updated);
        let done = |infrastructure: bool| -> u64 {
            let of = |one: &&Count| one.status == "done" && (one.label == INFRASTRUCTURE) == infrastructure;
            counts.iter().filter(of).map(|one| one.count).sum()
        };
        let text = format!(
            "{}  {}, {} requests",
            phase(view),
            plural(done(false), "activity", "activities"),
            count(view.requests.sent)
        );
        match &self.bar {
            Some(bar) => {
                let shown = self.until.map_or(now, |until| now.min(until));
                bar.set_position(shown.saturating_sub(self.begins));
                bar.set_prefix(clock(now));
                bar.set_message(text);
            }
            None => {
                let hour = now / 3_600_000;
                let key = (phase(view), if view.status == Status::CleaningUp { 0 } else { hour });
                if self.told.as_ref() != Some(&key) {
                    say(&format!("{}  {text}", clock(now)));
                    self.told = Some(key);
                }
            }
        }
    }

    /// The second act.
    pub(super) fn cleaning_up(&self) {
        match &self.bar {
            Some(bar) => bar.set_message("cleaning up"),
            None => say("The run is over: cleaning up."),
        }
    }

    /// The end.
    pub(super) fn over(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn phase(view: &DeploymentView) -> String {
    let phase = if view.phase.is_empty() { view.status.as_str() } else { &view.phase };
    phase.replace('_', " ")
}

fn moment(text: &str) -> Option<u64> {
    DateTime::parse_from_rfc3339(text).ok().and_then(|at| u64::try_from(at.timestamp_millis()).ok())
}

/// A weekday and a time, on the simulated clock.
fn clock(at: u64) -> String {
    let at = i64::try_from(at).ok().and_then(DateTime::<Utc>::from_timestamp_millis).unwrap_or_default();
    format!("{} {:02}:{:02}", at.format("%a"), at.hour(), at.minute())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_shows_the_weekday() {
        assert_eq!(clock(moment("2026-01-05T08:00:00.000Z").unwrap()), "Mon 08:00");
    }
}
