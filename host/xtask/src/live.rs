//! `live`: a small run in a real lab tenant, and whether the simulated one says the same.
//!
//! Never part of the tests: it needs a tenant, and acts in it. What it does is told in `tests/live/src/main.rs`, and by
//! `cargo xtask live --help`.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{
    build,
    terminal::say,
    workspace::{cargo, root},
};

/// Builds everything, compares, and ends as the comparison ends.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    build::run(&[])?;
    say("Running", "haymaker-live");
    let mut command = cargo();
    command.arg("run").arg("--quiet").arg("--manifest-path").arg(root()?.join("Cargo.toml"));
    let status = command.args(["--package", "haymaker-live", "--"]).args(arguments).status();
    let code = status.context("cannot start cargo")?.code();
    // Without a code a signal ended it, and the user knows which.
    Ok(code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from))
}
