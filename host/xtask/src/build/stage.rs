//! Puts a workload where the host can install it from: `target/workloads/<name>/{workload.yaml, <name>.wasm}`.
//!
//! A reader never finds half a workload: the folder is filled under another name and then renamed into place. What has
//! not changed is not touched, so that a rebuild beside running tests is harmless.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::Workload;

/// Stages one workload; answers with its folder.
pub(super) fn stage(root: &Path, workload: &Workload, component: &Path) -> Result<PathBuf> {
    let manifest = root.join(workload.manifest);
    let files = [("workload.yaml".to_owned(), read(&manifest)?), (format!("{}.wasm", workload.name), read(component)?)];
    let place = root.join("target").join("workloads");
    put(&place, workload.name, &files).with_context(|| format!("cannot stage {} in {}", workload.name, place.display()))
}

/// Makes `place/name` hold exactly these files.
fn put(place: &Path, name: &str, files: &[(String, Vec<u8>)]) -> Result<PathBuf> {
    let folder = place.join(name);
    if holds_exactly(&folder, files) {
        return Ok(folder);
    }
    let fresh = place.join(format!(".{name}.{}.new", std::process::id()));
    let old = place.join(format!(".{name}.{}.old", std::process::id()));
    remove(&fresh)?;
    fs::create_dir_all(&fresh)?;
    for (file, content) in files {
        fs::write(fresh.join(file), content)?;
    }
    if folder.exists() {
        fs::rename(&folder, &old)?;
    }
    fs::rename(&fresh, &folder)?;
    remove(&old)?;
    Ok(folder)
}

/// Whether the folder holds these files with these contents, and no others.
fn holds_exactly(folder: &Path, files: &[(String, Vec<u8>)]) -> bool {
    let count = fs::read_dir(folder).map_or(0, Iterator::count);
    count == files.len()
        && files.iter().all(|(file, content)| fs::read(folder.join(file)).is_ok_and(|is| is == *content))
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(manifest: &str) -> Vec<(String, Vec<u8>)> {
        vec![("workload.yaml".to_owned(), manifest.into()), ("a.wasm".to_owned(), b"\0asm".to_vec())]
    }

    #[test]
    fn what_was_staged_before_is_replaced_whole() {
        let place = tempfile::tempdir().unwrap();
        let folder = put(place.path(), "a", &files("one")).unwrap();
        fs::write(folder.join("left-over"), "x").unwrap();
        put(place.path(), "a", &files("two")).unwrap();
        assert_eq!(fs::read_to_string(folder.join("workload.yaml")).unwrap(), "two");
        assert!(!folder.join("left-over").exists());
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "no temporary folder is left");
    }

    #[test]
    fn what_has_not_changed_is_not_touched() {
        let place = tempfile::tempdir().unwrap();
        let folder = put(place.path(), "a", &files("one")).unwrap();
        let written = fs::metadata(folder.join("a.wasm")).unwrap().modified().unwrap();
        put(place.path(), "a", &files("one")).unwrap();
        assert_eq!(fs::metadata(folder.join("a.wasm")).unwrap().modified().unwrap(), written);
    }
}
