//! What can go wrong with a workload on disk, each with what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use crate::problems::{Problems, shorten, suggest};

/// Why something of the registry was refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// Nothing is there.
    #[error("there is no {path}; give the folder of a workload, or its .wasm file")]
    NoSource {
        /// What was given.
        path: String,
    },
    /// There is a component, or a folder, and no manifest.
    #[error("there is no {manifest}; a workload is a .wasm file with its manifest, workload.yaml, in the same folder", manifest = .0.display())]
    NoManifest(PathBuf),
    /// The manifest is wrong.
    #[error("{0}")]
    Manifest(Problems),
    /// The manifest names a component that is not there.
    #[error("there is no {component}, which {manifest} names as package.component; build it first, or correct the name",
        component = .component.display(), manifest = .manifest.display())]
    NoComponent {
        /// Where it should be.
        component: PathBuf,
        /// What names it.
        manifest: PathBuf,
    },
    /// A `.wasm` was given, and the manifest beside it is another's.
    #[error("{manifest} is the manifest of {named}, not of {given}; give the folder, or correct package.component",
        manifest = .manifest.display(), given = .given.display())]
    AnothersManifest {
        /// The manifest.
        manifest: PathBuf,
        /// The component that it names.
        named: String,
        /// The component that was given.
        given: PathBuf,
    },
    /// A symbolic link leads out.
    #[error("{path} leads out of {folder}; a workload's files lie in its own folder", path = .path.display(), folder = .folder.display())]
    Outside {
        /// The file.
        path: PathBuf,
        /// The workload's folder.
        folder: PathBuf,
    },
    /// A device, a pipe, a folder where a file belongs.
    #[error("{path} is not a regular file", path = .0.display())]
    NotAFile(PathBuf),
    /// More bytes than a workload has.
    #[error("{path} is larger than {limit} MiB, the most that is read", path = .path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// MiB.
        limit: u64,
    },
    /// The component does not fit this host.
    #[error("{component} does not fit this host:\n{why}", component = .component.display())]
    Unfit {
        /// The component.
        component: PathBuf,
        /// Everything that is missing or misshapen, one per line.
        why: String,
    },
    /// The component says that it is something else than its manifest says.
    #[error("the component says that it is {said}, its manifest says {written}; build the two from one source")]
    Mismatch {
        /// Name and version of `describe`.
        said: String,
        /// Name and version of the manifest.
        written: String,
    },
    /// No such workload.
    #[error("there is no workload {name}; {remedy}")]
    NotFound {
        /// As it was asked for, shortened.
        name: String,
        /// The nearest name, or how to come by one.
        remedy: String,
    },
    /// There is the workload, but not the version.
    #[error("{name} is not installed in version {version}; installed: {installed}")]
    NoVersion {
        /// The workload.
        name: String,
        /// As it was asked for, shortened.
        version: String,
        /// What there is.
        installed: String,
    },
    /// A deployment still needs it.
    #[error("{name} {version} is in use by a deployment; clean that up first, or upgrade it")]
    InUse {
        /// The workload.
        name: String,
        /// Version and digest.
        version: String,
    },
    /// What is installed is not what was installed.
    #[error("{path} is damaged: {why}; install the very same again, or remove it", path = .path.display())]
    Damaged {
        /// The file or folder.
        path: PathBuf,
        /// In words.
        why: String,
    },
    /// The disk is full.
    #[error("no space left on the disk that holds {path}: free some and try again; nothing was installed", path = .0.display())]
    Full(PathBuf),
    /// Reading or writing failed.
    #[error("cannot use {path}: {why}", path = .path.display())]
    Unusable {
        /// The file or folder.
        path: PathBuf,
        /// The system's words.
        why: io::Error,
    },
}

impl RegistryError {
    /// Turns the system's word about a path into ours.
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> RegistryError {
        move |why| match why.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => RegistryError::Full(path.to_owned()),
            _ => RegistryError::Unusable { path: path.to_owned(), why },
        }
    }

    pub(super) fn damaged(path: &Path, why: impl Into<String>) -> RegistryError {
        RegistryError::Damaged { path: path.to_owned(), why: why.into() }
    }

    pub(super) fn no_version(name: &str, asked: &str, builds: &[String]) -> RegistryError {
        RegistryError::NoVersion { name: name.to_owned(), version: shorten(asked), installed: builds.join(", ") }
    }

    pub(super) fn not_found(asked: &str, names: &[String]) -> RegistryError {
        let remedy = match names {
            [] => "none is installed; use: haymaker workload install".to_owned(),
            names => suggest(asked, names.iter().map(String::as_str)),
        };
        RegistryError::NotFound { name: shorten(asked), remedy }
    }
}
