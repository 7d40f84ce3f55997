//! `test`: builds everything, then runs every test there is.
//!
//! First the workloads, because end-to-end tests deploy them. The program that those tests drive is built by `cargo test`
//! itself (its package has a test that needs it): by itself it would be built with fewer features of common
//! dependencies, and cargo would compile those, the engine's compiler among them, twice.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::{
    build,
    terminal::say,
    workspace::{cargo, root},
};

/// Builds and tests; further arguments go to `cargo test`.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    build::workloads()?;
    say("Testing", "everything (cargo test --workspace)");
    let status = cargo().args(["test", "--workspace"]).args(arguments).current_dir(root()?).status();
    let passed = status.context("cannot start cargo")?.success();
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
