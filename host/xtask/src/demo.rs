//! `demo`: builds everything, then runs `haymaker demo` with the flags it was given.
//!
//! Through `cargo run`, because cargo knows where it put the program, whatever target directory is configured.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{
    build,
    terminal::say,
    workspace::{cargo, root},
};

/// Builds, runs the demo, and ends as it ends.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    build::run(&[])?;
    say("Running", "haymaker demo");
    let mut command = cargo();
    command.arg("run").arg("--quiet").arg("--manifest-path").arg(root()?.join("Cargo.toml"));
    let status = command.args(["--package", "haymaker", "--", "demo"]).args(arguments).status();
    let code = status.context("cannot start cargo")?.code();
    // Without a code a signal ended it, and the user knows which.
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
