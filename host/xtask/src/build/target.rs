//! Makes sure that the compiler can build for `wasm32-wasip2`.
//!
//! `targets` in rust-toolchain.toml is silently ignored where rustup's auto-install is off, and with auto-install may
//! upgrade a whole toolchain. `rustup target add` is additive and idempotent, so it is called when the target's
//! libraries are missing, and only then: a machine without network that has them builds on.

use std::{path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use crate::terminal::say;

/// The platform of all guests.
pub(crate) const TARGET: &str = "wasm32-wasip2";

/// Installs the target's standard library if it is missing.
pub(crate) fn ensure(root: &Path) -> Result<()> {
    if installed(root)? {
        return Ok(());
    }
    say("Installing", &format!("the compiler's target {TARGET} (rustup target add {TARGET})"));
    let status = match Command::new("rustup").args(["target", "add", TARGET]).current_dir(root).status() {
        Ok(status) => status,
        Err(error) => bail!(
            "the compiler has no target {TARGET}, and rustup cannot be started to add it ({error}); install rustup \
             (https://rustup.rs), or add the target the way your toolchain was installed"
        ),
    };
    ensure!(
        status.success() && installed(root)?,
        "rustup could not add the target {TARGET}; is this machine offline? Run `rustup target add {TARGET}` when it \
         has a network, then this command again"
    );
    Ok(())
}

/// Whether the standard library for the target is there.
fn installed(root: &Path) -> Result<bool> {
    let output = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()))
        .args(["--print", "target-libdir", "--target", TARGET])
        .current_dir(root)
        .output()
        .context("cannot start rustc; is a Rust toolchain installed (https://rustup.rs)?")?;
    let directory = String::from_utf8(output.stdout).context("rustc named a folder that is not UTF-8")?;
    Ok(output.status.success() && Path::new(directory.trim()).is_dir())
}
