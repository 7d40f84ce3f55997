//! Where a host listens.
//!
//! In its home, normally. The kernel keeps a socket's path in 108 bytes, so a home deep in the file system cannot hold
//! one; then it lies in the user's runtime folder under a name made from the home's path, which every process finds.

use std::fs::DirBuilder;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use sha2::{Digest, Sha256};
use tokio::net::UnixListener;

/// The longest path that every Unix takes: macOS keeps 104 bytes, the last of them a zero.
const LONGEST: usize = 103;

/// The socket's path.
pub(crate) fn path(home: &Home) -> PathBuf {
    let path = home.socket();
    if path.as_os_str().len() <= LONGEST { path } else { folder().join(name(home.path())) }
}

/// Listens, for the owner only. The caller has the home's claim, so a socket that lies there is a dead host's.
///
/// # Errors
/// The folder is somebody else's, or cannot be written.
pub(crate) fn listen(home: &Home) -> anyhow::Result<UnixListener> {
    let path = path(home);
    if path != home.socket() {
        private(&folder())?;
    }
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(error).with_context(|| format!("cannot replace {}", path.display()));
        }
        _ => {}
    }
    let listener = UnixListener::bind(&path).with_context(|| format!("cannot listen at {}", path.display()))?;
    // Until here the folder's 0700 has kept others out.
    let owner_only = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&path, owner_only).with_context(|| format!("cannot protect {}", path.display()))?;
    Ok(listener)
}

/// `$XDG_RUNTIME_DIR/haymaker`, or a folder of the user's in the temporary one.
fn folder() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| !dir.is_empty() && dir.len() < 64) {
        Some(dir) => PathBuf::from(dir).join("haymaker"),
        None => PathBuf::from(format!("/tmp/haymaker-{}", rustix::process::getuid().as_raw())),
    }
}

fn name(home: &Path) -> String {
    let hash = hex::encode(Sha256::digest(home.as_os_str().as_encoded_bytes()));
    format!("{}.sock", hash.get(..16).unwrap_or_default())
}

/// Makes the folder, or makes sure that it is this user's alone: anybody can make folders in `/tmp`.
fn private(folder: &Path) -> anyhow::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(error).with_context(|| format!("cannot make {}", folder.display()));
        }
        _ => {}
    }
    let found = folder.symlink_metadata().with_context(|| format!("cannot look at {}", folder.display()))?;
    if !found.is_dir() || found.uid() != rustix::process::getuid().as_raw() || found.mode() & 0o077 != 0 {
        bail!("{} is not yours alone; remove it, or use a HAYMAKER_HOME with a shorter path", folder.display());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_home_holds_its_socket_and_a_long_one_does_not() {
        let short = Home::at("/tmp/h");
        assert_eq!(path(&short), short.socket());
        let long = Home::at(format!("/tmp/{}", "x".repeat(200)));
        let found = path(&long);
        assert!(found.as_os_str().len() <= LONGEST, "{}", found.display());
        assert_eq!(found, path(&Home::at(long.path())), "every process finds the same");
        assert_ne!(found, path(&Home::at(format!("/tmp/{}", "y".repeat(200)))));
    }

    #[tokio::test]
    async fn only_the_owner_can_connect() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        let _listener = listen(&home).unwrap();
        assert_eq!(home.socket().metadata().unwrap().mode() & 0o777, 0o600);
    }

    #[test]
    fn a_folder_that_others_can_enter_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let open = dir.path().join("open");
        DirBuilder::new().mode(0o755).create(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert!(private(&open).unwrap_err().to_string().contains("not yours alone"));
        private(&dir.path().join("fresh")).unwrap();
    }
}
