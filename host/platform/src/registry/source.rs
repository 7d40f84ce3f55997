//! What somebody wants to install, read and checked as far as that needs no engine.
//!
//! Everything is read once, here, into memory: what is checked is what is installed, however the files change meanwhile.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{RegistryError, digest_of};
use crate::manifest::{self, Manifest};
use crate::yaml;

/// The largest component that is read. A JavaScript or Python guest carries its interpreter: ten to forty megabytes.
const MAX_COMPONENT: u64 = 128 << 20;

/// A workload that is not installed yet.
#[derive(Debug)]
pub struct Source {
    /// The component's file, for messages.
    pub path: PathBuf,
    /// The manifest, valid in itself.
    pub manifest: Manifest,
    /// The component's bytes.
    pub component: Vec<u8>,
    /// SHA-256 of the component's bytes, hex.
    pub digest: String,
    /// The manifest as it was written.
    pub(super) manifest_text: String,
}

impl Source {
    /// Reads a workload: the folder of its manifest, or its `.wasm` file with the manifest beside it.
    ///
    /// # Errors
    /// Something is not there, is too large, leads out of the folder, or the manifest has problems: all of them.
    pub fn read(path: &Path) -> Result<Source, RegistryError> {
        let missing = || RegistryError::NoSource { path: crate::problems::shorten(&path.display().to_string()) };
        let whole = path.canonicalize().map_err(|_| missing())?;
        if whole.is_dir() {
            return Source::read_from(&whole, None);
        }
        // The folder in which the user sees the file, also if the file itself is a link.
        let seen = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = seen.canonicalize().map_err(RegistryError::io(seen))?;
        let name = path.file_name().ok_or_else(missing)?;
        Source::read_from(&folder, Some(&folder.join(name)))
    }

    fn read_from(folder: &Path, given: Option<&Path>) -> Result<Source, RegistryError> {
        let manifest_path = folder.join(manifest::FILE);
        if !manifest_path.is_file() {
            return Err(RegistryError::NoManifest(manifest_path));
        }
        let bytes = read_inside(folder, &manifest_path, yaml::MAX_BYTES as u64)?;
        let text =
            String::from_utf8(bytes).map_err(|_| RegistryError::damaged(&manifest_path, "it is not text (UTF-8)"))?;
        let manifest = Manifest::parse(&text, &manifest_path.display().to_string()).map_err(RegistryError::Manifest)?;

        let component = folder.join(&manifest.component);
        if let Some(given) = given
            && given != component
        {
            let (named, given) = (manifest.component, given.to_owned());
            return Err(RegistryError::AnothersManifest { manifest: manifest_path, named, given });
        }
        if component.symlink_metadata().is_err() {
            return Err(RegistryError::NoComponent { component, manifest: manifest_path });
        }
        let bytes = read_inside(folder, &component, MAX_COMPONENT)?;
        let digest = digest_of(&bytes);
        Ok(Source { path: component, manifest, component: bytes, digest, manifest_text: text })
    }
}

/// Reads a regular file of at most `limit` bytes that lies below `folder` (which is canonical), links followed.
fn read_inside(folder: &Path, path: &Path, limit: u64) -> Result<Vec<u8>, RegistryError> {
    let real = path.canonicalize().map_err(RegistryError::io(path))?;
    if !real.starts_with(folder) {
        return Err(RegistryError::Outside { path: path.to_owned(), folder: folder.to_owned() });
    }
    read_file(&real, limit)
}

/// Reads a regular file of at most `limit` bytes.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<Vec<u8>, RegistryError> {
    // Asked before it is opened: opening a pipe would wait for its writer.
    if !path.metadata().map_err(RegistryError::io(path))?.is_file() {
        return Err(RegistryError::NotAFile(path.to_owned()));
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(RegistryError::io(path))?;
    file.take(limit + 1).read_to_end(&mut bytes).map_err(RegistryError::io(path))?;
    if bytes.len() as u64 > limit {
        return Err(RegistryError::TooLarge { path: path.to_owned(), limit: limit >> 20 });
    }
    Ok(bytes)
}

/// Reads an installed component.
pub(super) fn read_component(path: &Path) -> Result<Vec<u8>, RegistryError> {
    read_file(path, MAX_COMPONENT)
}
