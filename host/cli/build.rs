//! Embeds the staged workloads (`target/workloads/*`), so that the binary brings them along.
//!
//! `cargo xtask build` stages them before it builds this crate. Without them the crate compiles all the same, and the
//! program says which command builds them.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let crate_folder = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let staged = crate_folder.join("../../target/workloads");
    println!("cargo::rerun-if-changed={}", staged.display());
    let mut code = String::from("&[\n");
    for folder in folders(&staged)? {
        if let Some((manifest, component)) = workload(&folder)? {
            println!("cargo::rerun-if-changed={}", manifest.display());
            println!("cargo::rerun-if-changed={}", component.display());
            let file = component.file_name().unwrap_or_default();
            writeln!(
                code,
                "Embedded {{ file: {file:?}, manifest: include_str!({manifest:?}), component: include_bytes!({component:?}) }},"
            )?;
        }
    }
    code.push(']');
    fs::write(PathBuf::from(env::var("OUT_DIR")?).join("embedded.rs"), code)?;
    Ok(())
}

/// The staged workloads' folders in the order of their names; names that begin with a dot are half-staged ones.
fn folders(staged: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(staged) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() && !entry.file_name().to_string_lossy().starts_with('.') {
            folders.push(entry.path());
        }
    }
    folders.sort();
    Ok(folders)
}

/// A folder's manifest and component; nothing if it is no workload.
fn workload(folder: &Path) -> io::Result<Option<(PathBuf, PathBuf)>> {
    let manifest = folder.join("workload.yaml");
    let mut components = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "wasm") {
            components.push(path);
        }
    }
    Ok(components.pop().filter(|_| manifest.is_file()).map(|component| (manifest, component)))
}
