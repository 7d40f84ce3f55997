//! `test`: builds everything, then runs every test there is.
//!
//! First the build, because end-to-end tests drive the real program and deploy the staged workloads. The program is built
//! together with the tests and not by itself: tests need features of common dependencies that the program does not, and
//! cargo would compile those (the engine's compiler among them, for minutes) once for each.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::{
    build,
    terminal::say,
    workspace::{cargo, root},
};

/// Builds and tests; further arguments go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    build::workloads()?;
    say("Building", "the host and all tests (cargo build --workspace --all-targets)");
    ensure!(cargo_at_root(&["build", "--workspace", "--all-targets"], &[])?, "it does not build; the errors are above");
    say("Testing", "everything (cargo test --workspace)");
    let passed = cargo_at_root(&["test", "--workspace"], arguments)?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn cargo_at_root(command: &[&str], arguments: &[String]) -> Result<bool> {
    let status = cargo().args(command).args(arguments).current_dir(root()?).status();
    Ok(status.context("cannot start cargo")?.success())
}
