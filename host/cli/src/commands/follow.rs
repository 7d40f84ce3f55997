//! Following a deployment from outside: by looking into the store, which is true whoever runs it, and from anywhere.

use std::time::Duration;

use anyhow::Context;
use haymaker_platform::reader::Reader;
use haymaker_platform::report::Summary;
use haymaker_store::{LineView, Status};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::Instant;

use crate::render::terminal::{Paint, Palette};

/// Between two looks: short enough to seem immediate, long enough to cost nothing.
const PAUSE: Duration = Duration::from_millis(200);

/// Lines read at once.
const PAGE: usize = 1_000;

/// Why the pause between two looks is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pause {
    /// It is time to look again.
    Over,
    /// Ctrl-C, or somebody wants this process to end.
    Interrupted,
    /// The deadline has come.
    TimedOut,
}

/// The pauses between looks, which Ctrl-C and a deadline cut short.
pub(crate) struct Looks {
    deadline: Option<Instant>,
    signals: Signals,
}

impl Looks {
    /// Until a deadline, if there is one.
    ///
    /// # Errors
    /// Signals cannot be received.
    pub(crate) fn until(deadline: Option<Instant>) -> anyhow::Result<Looks> {
        Ok(Looks { deadline, signals: Signals::new()? })
    }

    /// Waits for the next look.
    pub(crate) async fn pause(&mut self) -> Pause {
        let never = || Instant::now() + Duration::from_secs(86_400);
        tokio::select! {
            biased;
            () = self.signals.any() => Pause::Interrupted,
            () = tokio::time::sleep_until(self.deadline.unwrap_or_else(never)), if self.deadline.is_some() => Pause::TimedOut,
            () = tokio::time::sleep(PAUSE) => Pause::Over,
        }
    }
}

/// Ctrl-C, and the polite request to end that service managers send.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// From now on they do not end the process by themselves.
    ///
    /// # Errors
    /// They cannot be received.
    pub(crate) fn new() -> anyhow::Result<Signals> {
        let receive = |kind| signal(kind).context("cannot receive signals");
        Ok(Signals { interrupt: receive(SignalKind::interrupt())?, terminate: receive(SignalKind::terminate())? })
    }

    /// Returns when one comes.
    pub(crate) async fn any(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Shows every line after a number; returns the last one's.
pub(crate) fn lines_after(
    reader: &Reader,
    id: &str,
    mut after: u64,
    mut show: impl FnMut(&LineView) -> anyhow::Result<()>,
) -> anyhow::Result<u64> {
    loop {
        let lines = reader.lines(id, Some(after), PAGE)?;
        lines.iter().try_for_each(&mut show)?;
        after = lines.last().map_or(after, |line| line.number);
        if lines.len() < PAGE {
            return Ok(after);
        }
    }
}

/// Whether nothing more will happen unless somebody asks for it.
pub(crate) fn is_over(summary: &Summary) -> bool {
    [Status::Completed, Status::Failed].iter().any(|over| over.as_str() == summary.status)
}

/// What to say when somebody looks away.
pub(crate) fn detached(id: &str) -> String {
    let hint = format!("Detached; {id} goes on. `haymaker watch {id}` looks again, `haymaker stop {id}` stops it.");
    Palette::of_stderr().paint(Paint::Dim, &hint)
}
