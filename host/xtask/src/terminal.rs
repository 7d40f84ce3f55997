//! What the commands say: progress on standard error, so that standard output stays what a command was asked for.

use std::io::Write;

use anyhow::Result;

/// Says what is being done, in cargo's own shape: a right-aligned verb and the rest.
///
/// A terminal that is gone must not end a build, so a failed write is nothing.
pub(crate) fn say(verb: &str, what: &str) {
    let _ = writeln!(std::io::stderr(), "{verb:>12} {what}");
}

/// Prints what was asked for.
pub(crate) fn print(text: &str) -> Result<()> {
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(())
}
