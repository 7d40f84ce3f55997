//! How the command ends: one place for the exit codes and for what is said last.

use std::io::Write;
use std::process::ExitCode;

/// How a command ended. Wrong usage (2) is clap's to say, before any command runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// It did what it was asked.
    Done,
    /// It refused or failed, and has said why.
    Refused,
    /// `watch --wait-for`: the time was over first.
    TimedOut,
    /// `watch --wait-for`: the deployment reached another end.
    Elsewhere,
    /// Ctrl-C ended it.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Refused => 1,
            Exit::TimedOut => 3,
            Exit::Elsewhere => 4,
            // 128 and the signal's number, as shells count.
            Exit::Interrupted => 130,
        }
    }
}

/// Makes a fault of this program say what and where, and never show a backtrace, whatever the environment asks for.
pub(crate) fn quiet_panics() {
    std::panic::set_hook(Box::new(|fault| {
        let what = fault.payload_as_str().unwrap_or("no reason given");
        let place = fault.location().map(|place| format!(" ({}:{})", place.file(), place.line())).unwrap_or_default();
        let _ = writeln!(std::io::stderr(), "haymaker: a fault of this program: {what}{place}; please report it");
    }));
}

/// The exit code of a command's result; an error is said on standard error, with its causes and without a backtrace.
pub(crate) fn conclude(result: anyhow::Result<Exit>) -> ExitCode {
    let exit = match result {
        Ok(exit) => exit,
        // Whoever reads our output (`| head`) has had enough: that is no failure.
        Err(error) if is_broken_pipe(&error) => Exit::Done,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "haymaker: {}", words(&error));
            Exit::Refused
        }
    };
    ExitCode::from(exit.code())
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}

/// An error with its causes. A cause that its error already quotes is not said twice.
fn words(error: &anyhow::Error) -> String {
    let mut said = error.to_string();
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !said.contains(&cause) {
            said.push_str(": ");
            said.push_str(&cause);
        }
    }
    said
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn every_end_has_a_code_of_its_own() {
        let codes = [Exit::Done, Exit::Refused, Exit::TimedOut, Exit::Elsewhere, Exit::Interrupted].map(Exit::code);
        assert_eq!(codes, [0, 1, 3, 4, 130]);
    }

    #[test]
    fn causes_are_said_once() {
        let error = anyhow!("disk full").context("cannot write a.jsonl");
        assert_eq!(words(&error), "cannot write a.jsonl: disk full");
        let quoted = anyhow!("disk full").context("cannot write: disk full");
        assert_eq!(words(&quoted), "cannot write: disk full");
    }

    #[test]
    fn a_reader_that_has_had_enough_is_no_failure() {
        let error = anyhow::Error::from(std::io::Error::from(std::io::ErrorKind::BrokenPipe)).context("cannot print");
        assert!(is_broken_pipe(&error));
        assert!(!is_broken_pipe(&anyhow!("other")));
    }
}
