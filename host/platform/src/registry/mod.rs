//! Installed workloads: a folder of a home, which only this module writes.
//!
//! ```text
//! workloads/<name>/<version>+<12 hex>/{workload.yaml, component.wasm, installed.json}
//! ```
//!
//! An installation is immutable, because deployments that run keep it: another build, or another manifest for the same
//! build, is another folder. The 12 digits are therefore of both files' digests; a tampered or damaged file is found out
//! when it is read.
//!
//! There is no index. Which installation is the newest stands in each one's `installed.json`, as a number that grows with
//! every install, and that file comes to its place with the folder, in one rename. So there are no two truths that a
//! crash could set apart: a folder is there, whole, or it is not. Folders that begin with a dot are leftovers of
//! installs that did not end, and nobody looks into them.

mod error;
mod files;
mod source;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use semver::Version;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

pub use error::RegistryError;
pub use source::Source;

use crate::manifest::{self, Manifest};
use crate::problems::shorten;

const COMPONENT: &str = "component.wasm";
const RECEIPT: &str = "installed.json";

type Result<T> = std::result::Result<T, RegistryError>;

/// What a component says about itself (`describe`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Its name; must be the manifest's.
    pub name: String,
    /// Its version; must be the manifest's.
    pub version: String,
}

/// A workload that can be deployed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Installed {
    /// `<name>/<version>+<12 hex>`: what a deployment remembers, relative to the registry's folder.
    pub path: String,
    /// SHA-256 of the component's bytes, hex.
    pub digest: String,
    /// Bytes of the component.
    pub size: u64,
    /// Grows with every install; the greatest of a name is its default.
    pub ordinal: u64,
    /// The manifest as installed.
    pub manifest: Manifest,
}

impl Installed {
    /// The workload's name.
    pub fn name(&self) -> &str {
        &self.manifest.name
    }

    /// `<version>+<12 hex>`: one version can have many builds.
    pub fn build(&self) -> &str {
        self.path.split_once('/').map_or(&self.path, |(_, build)| build)
    }
}

/// What an install changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Installation {
    /// What is the default now.
    pub installed: Installed,
    /// What that replaces as the default.
    pub note: Note,
}

/// How an install relates to what was there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Note {
    /// The first of its name, or of its version.
    New,
    /// The same version with other bytes, or with another manifest, as authors do all day: the older build stays for
    /// the deployments that run it, the new one is the default.
    Rebuilt {
        /// The older build.
        before: String,
    },
    /// Exactly this was installed already; it is the default now.
    Again,
}

/// What `installed.json` holds.
#[derive(Serialize, Deserialize)]
struct Receipt {
    ordinal: u64,
    component_sha256: String,
    manifest_sha256: String,
    size: u64,
}

/// A folder under a name.
struct Found {
    build: String,
    /// None if its receipt cannot be read.
    ordinal: Option<u64>,
    read: Result<Installed>,
}

/// The installed workloads of a home.
#[derive(Debug)]
pub struct Registry {
    folder: PathBuf,
    /// Held while something is written: an ordinal is read, raised and written as one step.
    writing: Mutex<()>,
}

impl Registry {
    /// The registry in a folder, which need not exist yet: nothing is written before the first install.
    pub fn open(folder: impl Into<PathBuf>) -> Registry {
        Registry { folder: folder.into(), writing: Mutex::new(()) }
    }

    /// Removes leftovers of installs that did not end. For the home's one host, at its start: in anybody else's hands
    /// it would remove an install under way.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub fn sweep(&self) -> Result<()> {
        files::sweep(&self.folder)
    }

    /// Whether a component says that it is what its manifest says.
    ///
    /// # Errors
    /// [`RegistryError::Mismatch`].
    pub fn agrees(source: &Source, described: &Described) -> Result<()> {
        let manifest = &source.manifest;
        if described.name == manifest.name && described.version == manifest.version.to_string() {
            return Ok(());
        }
        Err(RegistryError::Mismatch {
            said: shorten(&format!("{} {}", described.name, described.version)),
            written: format!("{} {}", manifest.name, manifest.version),
        })
    }

    /// Puts a workload, of which the engine has said that it fits, into its place: durable when this returns, and the
    /// default for its name.
    ///
    /// # Errors
    /// It says that it is something else than its manifest says; the disk is full or cannot be written.
    pub fn place(&self, source: &Source, described: &Described) -> Result<Installation> {
        Registry::agrees(source, described)?;
        let manifest = &source.manifest;
        // A panic elsewhere leaves no half-written state behind: the truth is on the disk.
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let siblings = self.installations(&manifest.name)?;
        let ordinal = siblings.iter().filter_map(|s| s.ordinal).max().unwrap_or(0) + 1;
        let receipt = Receipt {
            ordinal,
            component_sha256: source.digest.clone(),
            manifest_sha256: digest_of(source.manifest_text.as_bytes()),
            size: source.component.len() as u64,
        };
        let installed = Installed {
            path: format!("{}/{}", manifest.name, receipt.build(&manifest.version)),
            digest: source.digest.clone(),
            size: receipt.size,
            ordinal,
            manifest: manifest.clone(),
        };
        let note = note(&siblings, &installed);
        self.write(&installed, &receipt, source)?;
        Ok(Installation { installed, note })
    }

    fn write(&self, installed: &Installed, receipt: &Receipt, source: &Source) -> Result<()> {
        let place = self.folder.join(&installed.path);
        let receipt = serde_json::to_vec(receipt).map_err(|e| RegistryError::io(&place)(e.into()))?;
        // The same build again needs only its new number, unless something happened to its files.
        if let Ok(known) = self.read(&installed.path)
            && self.load(&known).is_ok()
        {
            return files::replace_file(&self.folder, &place.join(RECEIPT), &receipt);
        }
        let contents = [
            (manifest::FILE, source.manifest_text.as_bytes()),
            (COMPONENT, source.component.as_slice()),
            (RECEIPT, receipt.as_slice()),
        ];
        files::place_folder(&self.folder, &place, &contents)
    }

    /// Every installation, by name, the default of each name first; those that cannot be read as `Err` beside the
    /// others.
    ///
    /// # Errors
    /// The registry's folder cannot be read.
    pub fn list(&self) -> Result<Vec<Result<Installed>>> {
        let mut all = Vec::new();
        for name in self.names()? {
            all.extend(self.installations(&name)?.into_iter().map(|found| found.read));
        }
        Ok(all)
    }

    /// The installation that a user means by `name`, `name@version` or `name@version+digest`: the newest of those.
    ///
    /// # Errors
    /// There is none, with the nearest names; or the one that is meant is damaged, or may be the one that is.
    pub fn find(&self, asked: &str) -> Result<Installed> {
        let (name, version) = asked.split_once('@').map_or((asked, None), |(name, version)| (name, Some(version)));
        let unknown = || Ok::<_, RegistryError>(RegistryError::not_found(name, &self.names()?));
        if manifest::check_name(name).is_err() {
            return Err(unknown()?);
        }
        let all = self.installations(name)?;
        if all.is_empty() {
            return Err(unknown()?);
        }
        let builds: Vec<String> = all.iter().map(|found| found.build.clone()).collect();
        let meant = |found: &Found| version.is_none_or(|version| build_answers_to(&found.build, version));
        match all.into_iter().find(meant) {
            Some(found) => found.read,
            None => Err(RegistryError::no_version(name, version.unwrap_or_default(), &builds)),
        }
    }

    /// The very installation that a deployment remembers.
    ///
    /// # Errors
    /// It is not there any more, or damaged.
    pub fn at(&self, path: &str) -> Result<Installed> {
        let gone = || RegistryError::NotFound { name: shorten(path), remedy: "install it again".to_owned() };
        let (name, build) = path.split_once('/').ok_or_else(gone)?;
        // The path comes from a store, not from here: it must be one that this registry could have made.
        if manifest::check_name(name).is_err() || Version::parse(build).is_err() || !self.folder.join(path).is_dir() {
            return Err(gone());
        }
        self.read(path)
    }

    /// The component's bytes, exactly as they were installed.
    ///
    /// # Errors
    /// They are not, or cannot be read.
    pub fn load(&self, installed: &Installed) -> Result<Vec<u8>> {
        let path = self.folder.join(&installed.path).join(COMPONENT);
        let bytes = source::read_component(&path).map_err(missing_is_damage(&path))?;
        match digest_of(&bytes) == installed.digest {
            true => Ok(bytes),
            false => Err(RegistryError::damaged(&path, "its bytes are not those that were installed")),
        }
    }

    /// Removes what `asked` names: every build of `name`, or those of `name@version`. Returns what is gone.
    ///
    /// # Errors
    /// There is none; or `in_use` says of one that a deployment needs it, and then nothing is removed.
    pub fn remove(&self, asked: &str, in_use: impl Fn(&Installed) -> bool) -> Result<Vec<String>> {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let (name, version) = asked.split_once('@').map_or((asked, None), |(name, version)| (name, Some(version)));
        // A hostile name is not even looked for.
        let all = if manifest::check_name(name).is_ok() { self.builds(name)? } else { Vec::new() };
        if all.is_empty() {
            return Err(RegistryError::not_found(name, &self.names()?));
        }
        let meant = |build: &&String| version.is_none_or(|version| build_answers_to(build, version));
        let builds: Vec<String> = all.iter().filter(meant).cloned().collect();
        if builds.is_empty() {
            return Err(RegistryError::no_version(name, version.unwrap_or_default(), &all));
        }
        for build in &builds {
            // What is damaged runs nowhere after a restart, and removing it is how to mend it.
            if let Ok(installed) = self.read(&format!("{name}/{build}"))
                && in_use(&installed)
            {
                return Err(RegistryError::InUse { name: name.to_owned(), version: build.clone() });
            }
        }
        for build in &builds {
            files::remove_folder(&self.folder, &self.folder.join(name).join(build))?;
        }
        files::remove_if_empty(&self.folder.join(name));
        Ok(builds.into_iter().map(|build| format!("{name} {build}")).collect())
    }

    fn names(&self) -> Result<Vec<String>> {
        let mut names = files::folders(&self.folder)?;
        names.retain(|name| manifest::check_name(name).is_ok());
        Ok(names)
    }

    fn builds(&self, name: &str) -> Result<Vec<String>> {
        let mut builds = files::folders(&self.folder.join(name))?;
        builds.retain(|build| Version::parse(build).is_ok());
        Ok(builds)
    }

    /// Everything installed under a name, the newest first. What cannot say how new it is comes before all others, so
    /// that nobody is given an older build without a word.
    fn installations(&self, name: &str) -> Result<Vec<Found>> {
        let mut all = Vec::new();
        for build in self.builds(name)? {
            let path = format!("{name}/{build}");
            let ordinal = self.receipt(&path).ok().map(|receipt| receipt.ordinal);
            all.push(Found { build, ordinal, read: self.read(&path) });
        }
        all.sort_by_key(|found| std::cmp::Reverse(found.ordinal.unwrap_or(u64::MAX)));
        Ok(all)
    }

    fn text(&self, path: &str, file: &str) -> Result<String> {
        let file = self.folder.join(path).join(file);
        let bytes = source::read_file(&file, crate::yaml::MAX_BYTES as u64).map_err(missing_is_damage(&file))?;
        String::from_utf8(bytes).map_err(|_| RegistryError::damaged(&file, "it is not text"))
    }

    fn receipt(&self, path: &str) -> Result<Receipt> {
        let damaged =
            |why: serde_json::Error| RegistryError::damaged(&self.folder.join(path).join(RECEIPT), why.to_string());
        serde_json::from_str(&self.text(path, RECEIPT)?).map_err(damaged)
    }

    fn read(&self, path: &str) -> Result<Installed> {
        let folder = self.folder.join(path);
        let receipt = self.receipt(path)?;
        let manifest_path = folder.join(manifest::FILE);
        let manifest_text = self.text(path, manifest::FILE)?;
        if digest_of(manifest_text.as_bytes()) != receipt.manifest_sha256 {
            return Err(RegistryError::damaged(&manifest_path, "it is not the manifest that was installed"));
        }
        let manifest = Manifest::parse(&manifest_text, &manifest_path.display().to_string())
            .map_err(|problems| RegistryError::damaged(&manifest_path, problems.to_string()))?;
        // The folder's name covers both digests, so a receipt that was changed with its files is found out, too.
        if path != format!("{}/{}", manifest.name, receipt.build(&manifest.version)) {
            return Err(RegistryError::damaged(&folder, "its name is not that of its content"));
        }
        let Receipt { ordinal, component_sha256: digest, size, .. } = receipt;
        Ok(Installed { path: path.to_owned(), digest, size, ordinal, manifest })
    }
}

/// A version means all its builds; a build means itself.
fn build_answers_to(build: &str, version: &str) -> bool {
    build == version || build.split_once('+').is_some_and(|(known, _)| known == version)
}

impl Receipt {
    /// The folder's name: the version, and 48 bits of both files' digests, enough to tell a user's builds apart.
    fn build(&self, version: &Version) -> String {
        let both = digest_of(format!("{}\n{}\n", self.component_sha256, self.manifest_sha256).as_bytes());
        format!("{version}+{}", both.get(..12).unwrap_or(&both))
    }
}

fn note(siblings: &[Found], new: &Installed) -> Note {
    if siblings.iter().any(|sibling| sibling.build == new.build()) {
        return Note::Again;
    }
    let version = new.manifest.version.to_string();
    match siblings.iter().find(|sibling| build_answers_to(&sibling.build, &version)) {
        Some(sibling) => Note::Rebuilt { before: sibling.build.clone() },
        None => Note::New,
    }
}

/// A file of an installation that is not there is damage, not a wrong path.
fn missing_is_damage(path: &Path) -> impl FnOnce(RegistryError) -> RegistryError {
    let path = path.to_owned();
    move |error| match error {
        RegistryError::Unusable { why, .. } if why.kind() == std::io::ErrorKind::NotFound => {
            RegistryError::damaged(&path, "it is missing")
        }
        error => error,
    }
}

/// SHA-256, hex.
fn digest_of(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
