//! Where things are, whatever directory the command was called from.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// The workspace's root: two folders above this crate, which is where cargo compiled it from.
pub(crate) fn root() -> Result<PathBuf> {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .map(Path::to_path_buf)
        .context("host/xtask is no longer two folders below the workspace's root")
}

/// The cargo that runs this command, so that a `+toolchain` given to it reaches the commands it starts.
pub(crate) fn cargo() -> std::process::Command {
    std::process::Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_is_the_folder_of_the_contract() {
        assert!(root().unwrap().join("wit/world.wit").is_file());
    }
}
