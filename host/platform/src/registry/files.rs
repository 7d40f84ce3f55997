//! Files that are there whole or not at all, also after the power fails.
//!
//! The order is always: write under a name that nobody reads, flush the file, rename, flush the folder that holds the
//! name. A rename within one file system is atomic; without the flushes it may reach the disk before the bytes do.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{RegistryError, Result};

/// What drafts and the discarded begin with; no workload's name does.
const HIDDEN: &str = ".tmp-";

/// The names of the folders in a folder, sorted, without hidden ones; none if it is not there.
pub(super) fn folders(folder: &Path) -> Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(RegistryError::io(folder)(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(RegistryError::io(folder))?;
        // `file_type` does not follow links: a link is nothing that the registry made.
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if let Ok(name) = entry.file_name().into_string()
            && is_folder
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Puts a folder with these files at `place`, and what was there away.
pub(super) fn place_folder(root: &Path, place: &Path, contents: &[(&str, &[u8])]) -> Result<()> {
    let draft = draft(root)?;
    let placed = fill(&draft, contents)
        .and_then(|()| parent(place, |parent| fs::create_dir_all(parent)))
        .and_then(|()| if place.exists() { discard(root, place) } else { Ok(()) })
        .and_then(|()| fs::rename(&draft, place))
        .and_then(|()| parent(place, sync))
        .and_then(|()| sync(root));
    placed.map_err(|error| {
        // What is left is invisible, and swept at the next start if even this fails.
        let _ = fs::remove_dir_all(&draft);
        RegistryError::io(place)(error)
    })
}

/// Puts other bytes into a file.
pub(super) fn replace_file(root: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let folder = draft(root)?;
    let draft = folder.join("file");
    let replaced = fs::create_dir(&folder)
        .and_then(|()| write(&draft, bytes))
        .and_then(|()| fs::rename(&draft, path))
        .and_then(|()| parent(path, sync));
    let _ = fs::remove_dir_all(&folder);
    replaced.map_err(RegistryError::io(path))
}

/// Removes a folder: from sight in one step, then from the disk.
pub(super) fn remove_folder(root: &Path, folder: &Path) -> Result<()> {
    discard(root, folder).and_then(|()| parent(folder, sync)).map_err(RegistryError::io(folder))
}

/// Removes a folder without content; one with content stays.
pub(super) fn remove_if_empty(folder: &Path) {
    let _ = fs::remove_dir(folder);
}

/// Removes what is hidden.
pub(super) fn sweep(root: &Path) -> Result<()> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(RegistryError::io(root)(error)),
    };
    for entry in entries {
        let entry = entry.map_err(RegistryError::io(root))?;
        if entry.file_name().to_string_lossy().starts_with(HIDDEN) {
            fs::remove_dir_all(entry.path()).map_err(RegistryError::io(&entry.path()))?;
        }
    }
    Ok(())
}

/// A name that nobody reads, in the same file system as everything else.
fn draft(root: &Path) -> Result<PathBuf> {
    let unique = getrandom::u64().map_err(|e| RegistryError::io(root)(io::Error::other(e.to_string())))?;
    Ok(root.join(format!("{HIDDEN}{unique:016x}")))
}

fn fill(folder: &Path, contents: &[(&str, &[u8])]) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for (name, bytes) in contents {
        write(&folder.join(name), bytes)?;
    }
    sync(folder)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn discard(root: &Path, folder: &Path) -> io::Result<()> {
    let hidden = draft(root).map_err(io::Error::other)?;
    fs::rename(folder, &hidden)?;
    fs::remove_dir_all(&hidden)
}

fn parent(path: &Path, act: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<()> {
    path.parent().map_or(Ok(()), act)
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
