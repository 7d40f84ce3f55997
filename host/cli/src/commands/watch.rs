//! `watch`: what a deployment does, as it does it.
//!
//! On a terminal a compact dashboard that stays in its place; else lines, as `logs --follow` shows them, and a line for
//! each change of status. For programs, a status object whenever it changes.

use std::io::IsTerminal;
use std::time::Duration;

use haymaker_platform::home::Home;
use haymaker_platform::reader::Reader;
use haymaker_platform::report::{Report, Summary};
use haymaker_store::Status;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::follow::{self, Looks, Pause};
use super::{Meant, logs, meant};
use crate::args::Watch;
use crate::exit::Exit;
use crate::render::deployment;
use crate::render::terminal::{Palette, print, print_json, say, width};

/// Watches until the deployment ends, the status is reached, the time is over, or Ctrl-C.
pub(crate) async fn run(home: &Home, args: &Watch) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let view = View::choose(args.output.is_json())?;
    watch(&reader, &id, view, args.wait_for, args.timeout).await
}

/// How it is shown.
pub(crate) enum View {
    /// A picture that stays in its place.
    Dashboard(ProgressBar),
    /// Lines after this number.
    Lines(u64),
    /// Objects; the last one.
    Objects(String),
}

impl View {
    /// As it suits whoever looks.
    ///
    /// # Errors
    /// None of the picture's parts can be wrong.
    pub(crate) fn choose(json: bool) -> anyhow::Result<View> {
        if json {
            return Ok(View::Objects(String::new()));
        }
        if !std::io::stdout().is_terminal() {
            return Ok(View::Lines(0));
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stdout());
        bar.set_style(ProgressStyle::with_template("{msg}")?);
        Ok(View::Dashboard(bar))
    }

    async fn show(&mut self, reader: &Reader, id: &str) -> anyhow::Result<()> {
        match self {
            View::Dashboard(bar) => {
                let report = reader.report(id).await?;
                bar.set_message(deployment::render(&report, Palette::of_stdout(), width()));
            }
            View::Lines(after) => {
                let palette = Palette::of_stdout();
                *after = follow::lines_after(reader, id, *after, |line| print(&logs::text(line, palette)))?;
            }
            View::Objects(last) => {
                let report: Report = reader.report(id).await?;
                let now = serde_json::to_string(&report)?;
                if *last != now {
                    print_json(&report)?;
                    *last = now;
                }
            }
        }
        Ok(())
    }

    /// Says why nothing happens, where the lines do not: they are written by the host that is gone.
    fn tell(&self, summary: &Summary) {
        if let (View::Lines(_), Some(condition)) = (self, &summary.condition) {
            let id = &summary.deployment_id;
            say(&format!("{id} is {} ({condition}); `haymaker status {id}` shows more", summary.status));
        }
    }

    fn close(&self) {
        if let View::Dashboard(bar) = self {
            bar.abandon();
        }
    }
}

/// Watches; `wait_for` ends it when that status is reached, or cannot be any more.
pub(crate) async fn watch(
    reader: &Reader,
    id: &str,
    mut view: View,
    wait_for: Option<Status>,
    timeout: Option<Duration>,
) -> anyhow::Result<Exit> {
    let deadline = timeout.map(|timeout| tokio::time::Instant::now() + timeout);
    let mut looks = Looks::until(deadline)?;
    let mut told = None;
    let (exit, said) = loop {
        let summary = reader.summary(id)?;
        view.show(reader, id).await?;
        if summary.condition != told {
            view.tell(&summary);
            told.clone_from(&summary.condition);
        }
        if let Some((exit, said)) = verdict(&summary, wait_for) {
            break (exit, said);
        }
        match looks.pause().await {
            Pause::Over => {}
            Pause::Interrupted if wait_for.is_some() => break (Exit::Interrupted, follow::detached(id)),
            Pause::Interrupted => break (Exit::Done, follow::detached(id)),
            Pause::TimedOut => break (Exit::TimedOut, timed_out(&summary, wait_for)),
        }
    };
    view.close();
    say(&said);
    Ok(exit)
}

/// Whether there is anything left to wait for.
fn verdict(summary: &Summary, wait_for: Option<Status>) -> Option<(Exit, String)> {
    let id = &summary.deployment_id;
    let is = summary.status.as_str();
    let over = follow::is_over(summary);
    match wait_for {
        Some(status) if status.as_str() == is => Some((Exit::Done, format!("{id} is {is}."))),
        Some(status) if over || is == Status::Stopped.as_str() => {
            Some((Exit::Elsewhere, format!("haymaker: {id} is {is}, and will not be {status} by itself")))
        }
        None if over => Some((Exit::Done, format!("{id} is {is}."))),
        _ => None,
    }
}

fn timed_out(summary: &Summary, wait_for: Option<Status>) -> String {
    let id = &summary.deployment_id;
    let condition = summary.condition.as_ref().map(|condition| format!(" ({condition})")).unwrap_or_default();
    match wait_for {
        Some(status) => format!("haymaker: the time is over, and {id} is {}{condition}, not {status}", summary.status),
        None => format!("haymaker: the time is over; {id} is {}{condition}, and goes on", summary.status),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn after(status: Status, wait_for: Option<Status>) -> Option<Exit> {
        let summary = Summary {
            deployment_id: "d".to_owned(),
            workload: "w".to_owned(),
            version: "1.0.0".to_owned(),
            status: status.as_str().to_owned(),
            phase: String::new(),
            condition: None,
            tenant: "t".to_owned(),
            tags: BTreeMap::new(),
            created: String::new(),
        };
        verdict(&summary, wait_for).map(|(exit, _)| exit)
    }

    #[test]
    fn watching_ends_with_the_deployment() {
        assert_eq!(after(Status::Running, None), None);
        assert_eq!(after(Status::Stopped, None), None, "somebody may start it again");
        assert_eq!(after(Status::Completed, None), Some(Exit::Done));
    }

    #[test]
    fn waiting_ends_when_the_status_is_there_or_cannot_come_by_itself() {
        let wanted = Some(Status::Completed);
        assert_eq!(after(Status::Running, wanted), None);
        assert_eq!(after(Status::Completed, wanted), Some(Exit::Done));
        assert_eq!(after(Status::Failed, wanted), Some(Exit::Elsewhere));
        assert_eq!(after(Status::Stopped, wanted), Some(Exit::Elsewhere));
        assert_eq!(after(Status::Stopped, Some(Status::Stopped)), Some(Exit::Done));
    }
}
