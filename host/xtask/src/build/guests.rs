//! Compiles guests, in a target directory and an environment of their own.
//!
//! An own directory, because the host's is locked while cargo runs; an own environment, because flags that a user sets
//! for native code (a linker, `target-cpu`) break the guests' linker.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, ensure};

use super::{Workload, target::TARGET};
use crate::workspace::cargo;

/// Builds the workloads' components; answers with their files, in the same order.
pub(super) fn build(root: &Path, workloads: &[Workload]) -> Result<Vec<PathBuf>> {
    let directory = root.join("target").join("guest");
    let mut command = cargo();
    command.arg("build").args(["--target", TARGET, "--profile", "guest", "--target-dir"]).arg(&directory);
    command.args(workloads.iter().flat_map(|workload| ["--package", workload.package]));
    for (name, _) in std::env::vars_os() {
        if is_native(&name) {
            command.env_remove(&name);
        }
    }
    let status = command.current_dir(root).status().context("cannot start cargo")?;
    ensure!(status.success(), "the workloads do not build; the compiler's errors are above");

    let output = directory.join(TARGET).join("guest");
    let files: Vec<PathBuf> = workloads
        .iter()
        .map(|workload| output.join(workload.package.replace('-', "_")).with_extension("wasm"))
        .collect();
    for file in &files {
        ensure!(file.is_file(), "cargo built no {}; does the crate say `crate-type = [\"cdylib\"]`?", file.display());
    }
    Ok(files)
}

/// Whether a variable of the environment speaks to cargo about native builds.
fn is_native(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    matches!(name, "RUSTFLAGS" | "CARGO_ENCODED_RUSTFLAGS")
        || name.starts_with("CARGO_BUILD_")
        || name.starts_with("CARGO_TARGET_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_for_native_code_do_not_reach_the_guests() {
        for name in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "CARGO_BUILD_RUSTFLAGS", "CARGO_TARGET_DIR"] {
            assert!(is_native(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_toolchain_and_the_network_settings_do_reach_the_guests() {
        for name in ["RUSTUP_TOOLCHAIN", "CARGO_HOME", "CARGO_NET_OFFLINE", "PATH", "HTTPS_PROXY"] {
            assert!(!is_native(OsStr::new(name)), "{name}");
        }
    }
}
