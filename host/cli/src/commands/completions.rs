//! `completions`: made from the same definitions as the command line itself.

use clap::CommandFactory;

use crate::args::{Cli, Completions};
use crate::exit::Exit;
use crate::render::terminal::print;

/// Prints a shell's completions.
pub(crate) fn run(args: Completions) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "haymaker", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
