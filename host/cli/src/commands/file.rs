//! Files that commands write: whole or not at all, and told to be impossible before the work that would be lost.

use std::fs::Permissions;
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use anyhow::{Context, bail};

/// Whether a file could be written, before the work that would be lost if not.
///
/// # Errors
/// It could not.
pub(crate) fn check(path: &Path) -> anyhow::Result<()> {
    match path.metadata() {
        Ok(found) if found.is_dir() => bail!("cannot write {}: it is a folder", path.display()),
        // Nothing is put beside a pipe or a device.
        Ok(found) if !found.is_file() => return Ok(()),
        _ => {}
    }
    tempfile::tempfile_in(folder_of(path)).map(drop).with_context(|| format!("cannot write {}", path.display()))
}

/// Writes a file, whole or not at all: whoever reads it meanwhile sees the old one. Returns what `put` does.
///
/// # Errors
/// It cannot be written; then the old one is as it was.
pub(crate) fn write<T>(path: &Path, put: impl FnOnce(&mut dyn Write) -> anyhow::Result<T>) -> anyhow::Result<T> {
    let wrong = || format!("cannot write {}", path.display());
    // A pipe or a device cannot be replaced, only written to.
    if path.metadata().is_ok_and(|found| !found.is_file() && !found.is_dir()) {
        let mut out = BufWriter::new(std::fs::OpenOptions::new().write(true).open(path).with_context(wrong)?);
        let result = put(&mut out)?;
        out.flush().with_context(wrong)?;
        return Ok(result);
    }
    // As readable as the user's umask says, like any file that a program writes.
    let permissions = Permissions::from_mode(0o666);
    let file = tempfile::Builder::new().prefix(".haymaker-").permissions(permissions).tempfile_in(folder_of(path));
    let mut out = BufWriter::new(file.with_context(wrong)?);
    let result = put(&mut out)?;
    let file = out.into_inner().map_err(std::io::IntoInnerError::into_error).with_context(wrong)?;
    // Its content is on the disk before its name is: after a power cut there is the old file or the new one.
    file.as_file().sync_all().with_context(wrong)?;
    file.persist(path).map_err(|error| error.error).with_context(wrong)?;
    Ok(result)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
