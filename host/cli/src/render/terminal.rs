//! Standard output and error: what was asked for goes to the one, what is said about it to the other.

use std::io::{IsTerminal, Write};

use anyhow::Context;
use serde::Serialize;

/// Wider than this, lines are hard to follow.
const WIDEST: usize = 100;

/// A colour, or what stands for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Paint {
    Bold,
    Dim,
    Green,
    Yellow,
    Red,
}

impl Paint {
    fn code(self) -> &'static str {
        match self {
            Paint::Bold => "1",
            Paint::Dim => "2",
            Paint::Green => "32",
            Paint::Yellow => "33",
            Paint::Red => "31",
        }
    }
}

/// Whether and how to paint: only on a terminal that can, and whose user wants it (<https://no-color.org>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Palette(bool);

impl Palette {
    /// For standard output.
    pub(crate) fn of_stdout() -> Palette {
        Palette(std::io::stdout().is_terminal() && wanted())
    }

    /// For standard error.
    pub(crate) fn of_stderr() -> Palette {
        Palette(std::io::stderr().is_terminal() && wanted())
    }

    /// No colours.
    #[cfg(test)]
    pub(crate) fn plain() -> Palette {
        Palette(false)
    }

    /// The text in this colour.
    pub(crate) fn paint(self, paint: Paint, text: &str) -> String {
        if self.0 { format!("\u{1b}[{}m{text}\u{1b}[0m", paint.code()) } else { text.to_owned() }
    }

    /// Whether there are colours.
    pub(crate) fn is_on(self) -> bool {
        self.0
    }
}

fn wanted() -> bool {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    set("NO_COLOR").is_none() && set("TERM").is_none_or(|term| term != "dumb")
}

/// Columns for text: the terminal's, at most a hundred; a hundred where there is none.
pub(crate) fn width() -> usize {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok().filter(|size| size.ws_col > 0);
    size.map_or(WIDEST, |size| usize::from(size.ws_col).clamp(40, WIDEST))
}

/// Whether somebody can be asked: both the question and the answer need a terminal.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Prints what was asked for, with a line end.
///
/// # Errors
/// Nobody reads any more, or the disk behind a redirection is full.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).context("cannot print")
}

/// Prints an object for programs: one line, so that streams of them can be read line by line.
///
/// # Errors
/// As [`print()`].
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    print(&serde_json::to_string(value)?)
}

/// Says something beside what was asked for. A terminal that is gone ends nothing.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Asks, and waits for a line.
///
/// # Errors
/// The terminal is gone.
pub(crate) fn ask(question: &str) -> anyhow::Result<String> {
    let mut terminal = std::io::stderr();
    write!(terminal, "{question} ").and_then(|()| terminal.flush()).context("cannot ask")?;
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer).context("cannot read the answer")?;
    Ok(answer.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_nothing_is_painted() {
        assert_eq!(Palette::plain().paint(Paint::Red, "no"), "no");
        assert_eq!(Palette(true).paint(Paint::Red, "no"), "\u{1b}[31mno\u{1b}[0m");
    }
}
