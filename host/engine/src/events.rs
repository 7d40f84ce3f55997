//! Lines for the people who watch.
//!
//! A line is one line: whatever a guest prints ends up in a terminal, in a log file and in JSON, so control characters
//! (line feeds and escape sequences among them) are escaped before anybody else sees them. A flood is cut, not
//! punished: the first lines of a flood are what tells what went wrong.

use std::sync::{Arc, Mutex, PoisonError};

use crate::bindings::haymaker::workload::events::Host;

pub use crate::bindings::haymaker::workload::events::Level;

/// The longest line: bytes (`wit/events.wit`).
const LINE: usize = 2 << 10;

/// What a line costs besides its text, so that empty lines cannot flood either: bytes.
const OVERHEAD: usize = 16;

/// The lines of one call.
#[derive(Debug)]
pub(crate) struct Lines {
    lines: Vec<(Level, String)>,
    left: usize,
    dropped: u64,
}

impl Lines {
    /// No lines yet, and room for `limit` bytes of them.
    pub(crate) fn new(limit: usize) -> Self {
        Self { lines: Vec::new(), left: limit, dropped: 0 }
    }

    /// Adds a line: escaped, cut, or dropped when there is no room.
    pub(crate) fn push(&mut self, level: Level, message: &str) {
        let line = one_line(message);
        let cost = line.len() + OVERHEAD;
        // Once one line is dropped all further ones are: a log with holes in the middle misleads.
        if self.dropped > 0 || cost > self.left {
            self.dropped += 1;
            return;
        }
        self.left -= cost;
        self.lines.push((level, line));
    }

    /// Takes all lines out, and a word on those that are missing.
    pub(crate) fn take(&mut self) -> Vec<(Level, String)> {
        let mut lines = std::mem::take(&mut self.lines);
        if self.dropped > 0 {
            lines.push((Level::Warn, format!("({} more lines of this call were dropped)", self.dropped)));
        }
        lines
    }
}

/// The message as one printable line of at most [`LINE`] bytes.
fn one_line(message: &str) -> String {
    const CUT: &str = " (cut)";
    let mut line = String::new();
    for c in message.chars() {
        let fits = line.len() <= LINE - CUT.len();
        if !fits {
            break;
        }
        if c.is_control() || is_bidirectional(c) {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    if line.len() > LINE - CUT.len() {
        let mut end = LINE - CUT.len();
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        line.truncate(end);
        line.push_str(CUT);
    }
    line
}

/// Characters that make a terminal show text in another order than it is written.
fn is_bidirectional(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// One call's view of them: what it prints goes to the same place.
pub(crate) struct Binding(pub(crate) Arc<Mutex<Lines>>);

impl Host for Binding {
    fn log(&mut self, level: Level, message: String) -> wasmtime::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(level, &message);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(one_line("a\nb\x1b[2Jc\u{202e}d"), "a\\nb\\u{1b}[2Jc\\u{202e}d");
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let line = one_line(&"ü".repeat(LINE));
        assert!(line.len() <= LINE && line.ends_with("ü (cut)"), "{}", line.len());
    }

    #[test]
    fn a_flood_keeps_its_first_lines_and_counts_the_rest() {
        let mut lines = Lines::new(3 * (1 + OVERHEAD));
        for _ in 0..10 {
            lines.push(Level::Info, "x");
        }
        let lines = lines.take();
        assert_eq!(lines.len(), 4);
        assert_eq!(lines[3], (Level::Warn, "(7 more lines of this call were dropped)".to_owned()));
    }

    proptest! {
        #[test]
        fn every_line_is_printable_and_short(message in any::<String>(), times in 1usize..200) {
            let line = one_line(&message.repeat(times));
            prop_assert!(line.len() <= LINE);
            prop_assert!(!line.chars().any(|c| c.is_control() || is_bidirectional(c)));
        }
    }
}
