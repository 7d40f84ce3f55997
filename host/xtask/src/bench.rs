//! `bench`: what haymaker costs, beside what the same work costs without it.
//!
//! Built as it is released, because a debug build measures the compiler. What each row means is told in
//! `tests/bench/src/main.rs`.

use std::process::ExitCode;

use anyhow::{Context, Result, ensure};

use crate::{
    build,
    terminal::say,
    workspace::{cargo, root},
};

/// Builds the workloads and the benchmark, and runs it; about a minute after the build.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    ensure!(arguments.is_empty(), "bench takes no arguments");
    build::workloads()?;
    say("Building", "the benchmark (release; the first time takes minutes)");
    let mut command = cargo();
    command.args(["run", "--release", "--package", "haymaker-bench"]).current_dir(root()?);
    let measured = command.status().context("cannot start cargo")?.success();
    Ok(if measured { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
