//! `test`: builds everything, then runs every test there is.
//!
//! First the build, because end-to-end tests drive the real program and deploy the staged workloads.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{
    build,
    terminal::say,
    workspace::{cargo, root},
};

/// Builds and tests; further arguments go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    build::run(&[])?;
    say("Testing", "everything (cargo test --workspace)");
    let status = cargo().args(["test", "--workspace"]).args(arguments).current_dir(root()?).status();
    let passed = status.context("cannot start cargo")?.success();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
