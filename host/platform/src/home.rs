//! The one folder in which a host keeps everything: `$HAYMAKER_HOME`, `~/.haymaker` if that is not set.
//!
//! One host per home. The claim is an advisory lock on a file: it dies with its process, whatever kills it, so a dead
//! host never looks alive, and there is no stale file to remove by hand.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::truth::timestamp;

/// The folder.
#[derive(Clone, Debug)]
pub struct Home(PathBuf);

/// A living host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostInfo {
    /// Its process.
    pub pid: u32,
    /// Its haymaker version.
    pub version: String,
    /// When it started (RFC 3339, the machine's clock).
    pub started: String,
}

/// The right to be the host of a home, for as long as it is kept.
#[derive(Debug)]
pub struct Claim {
    _lock: File,
}

impl Home {
    /// The home that the environment names.
    ///
    /// # Errors
    ///
    /// If neither `HAYMAKER_HOME` nor `HOME` is set.
    pub fn locate() -> anyhow::Result<Home> {
        if let Some(path) = std::env::var_os("HAYMAKER_HOME").filter(|path| !path.is_empty()) {
            return Ok(Home(std::path::absolute(PathBuf::from(path))?));
        }
        match std::env::home_dir().filter(|path| !path.as_os_str().is_empty()) {
            Some(path) => Ok(Home(path.join(".haymaker"))),
            None => bail!("there is no home directory; set HAYMAKER_HOME to a folder for haymaker's data"),
        }
    }

    /// The home at a path.
    pub fn at(path: impl Into<PathBuf>) -> Home {
        Home(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The store.
    pub fn database(&self) -> PathBuf {
        self.0.join("haymaker.db")
    }

    /// Where a host listens.
    pub fn socket(&self) -> PathBuf {
        self.0.join("host.sock")
    }

    /// What a background host prints.
    pub fn log(&self) -> PathBuf {
        self.0.join("host.log")
    }

    /// The key that seals secrets.
    pub fn key(&self) -> PathBuf {
        self.0.join("key")
    }

    /// Installed workloads.
    pub fn workloads(&self) -> PathBuf {
        self.0.join("workloads")
    }

    /// Compiled components.
    pub fn cache(&self) -> PathBuf {
        self.0.join("cache")
    }

    /// An operator's file with the policy of a tenant; none for what is no tenant's id, which may name no file.
    pub fn tenant_policy(&self, tenant_id: &str) -> Option<PathBuf> {
        let is_id = tenant_id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b));
        let named = is_id && tenant_id.starts_with(|c: char| c.is_ascii_alphanumeric());
        named.then(|| self.0.join("tenants").join(format!("{}.yaml", tenant_id.to_ascii_lowercase())))
    }

    fn lock(&self) -> PathBuf {
        self.0.join("host.lock")
    }

    /// Makes the folder if it is not there, readable by its owner only.
    ///
    /// # Errors
    ///
    /// In words: what is in the way, and what to do.
    pub fn prepare(&self) -> anyhow::Result<()> {
        let shown = self.0.display();
        let hint = "set HAYMAKER_HOME to a folder that you can write";
        match fs::metadata(&self.0) {
            Ok(found) if !found.is_dir() => bail!("{shown} is not a folder; {hint}"),
            Ok(_) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0);
                made.with_context(|| format!("cannot make {shown}; {hint}"))?;
            }
            Err(error) => return Err(error).with_context(|| format!("cannot use {shown}; {hint}")),
        }
        // Permission bits do not tell of read-only mounts, so try.
        let probe = tempfile::Builder::new().prefix(".probe").tempfile_in(&self.0);
        probe.map(drop).with_context(|| format!("cannot write in {shown}; {hint}"))
    }

    /// Becomes the host of this home.
    ///
    /// # Errors
    ///
    /// If another host lives in it, or it cannot be written.
    pub fn claim(&self) -> anyhow::Result<Claim> {
        self.prepare()?;
        let path = self.lock();
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path);
        let mut lock = open.with_context(|| format!("cannot open {}", path.display()))?;
        self.take(&lock)?;
        let now = u64::try_from(chrono::Utc::now().timestamp_millis()).unwrap_or(0);
        let info = HostInfo {
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started: timestamp(now),
        };
        lock.set_len(0)?;
        lock.write_all(&serde_json::to_vec(&info)?)?;
        lock.sync_all()?;
        Ok(Claim { _lock: lock })
    }

    /// Takes the lock. Whoever asks whether a host lives holds it for an instant, so one refusal means nothing.
    fn take(&self, lock: &File) -> anyhow::Result<()> {
        for _ in 0..20 {
            match lock.try_lock() {
                Ok(()) => return Ok(()),
                Err(TryLockError::WouldBlock) => {}
                Err(TryLockError::Error(error)) => {
                    return Err(error).with_context(|| format!("cannot lock {}", self.lock().display()));
                }
            }
            if let Some(other) = self.host() {
                bail!(
                    "another host (process {}, haymaker {}, since {}) uses {}; `haymaker host stop` ends it",
                    other.pid,
                    other.version,
                    other.started,
                    self.0.display()
                );
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        bail!("another process holds {}; end it, or use another HAYMAKER_HOME", self.lock().display())
    }

    /// The host that lives in this home, if one does.
    pub fn host(&self) -> Option<HostInfo> {
        let mut lock = OpenOptions::new().read(true).open(self.lock()).ok()?;
        match lock.try_lock_shared() {
            // Nobody holds it: whoever wrote it is gone.
            Ok(()) => None,
            Err(_) => {
                // Held: by a host, whose name is in it.
                let mut text = String::new();
                lock.read_to_string(&mut text).ok()?;
                serde_json::from_str(&text).ok()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_has_one_host_at_a_time_and_a_dead_one_is_not_alive() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("home"));
        assert_eq!(home.host(), None);
        let claim = home.claim().unwrap();
        assert_eq!(home.host().unwrap().pid, std::process::id());
        let refused = home.claim().unwrap_err().to_string();
        assert!(refused.contains("another host (process"), "{refused}");
        drop(claim);
        assert_eq!(home.host(), None);
        home.claim().unwrap();
    }

    #[test]
    fn a_tenants_policy_lies_in_the_home_whatever_the_tenant_is_called() {
        let home = Home::at("/home");
        let expected = Path::new("/home/tenants/0a1b-c.yaml");
        assert_eq!(home.tenant_policy("0A1B-c").as_deref(), Some(expected));
        for wild in ["", ".", "..", "../x", "a/b", ".hidden", "a\0b"] {
            assert_eq!(home.tenant_policy(wild), None, "{wild}");
        }
    }

    #[test]
    fn a_home_that_is_a_file_is_refused_with_what_to_do() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = Home::at(file.path()).claim().unwrap_err().to_string();
        assert!(refused.contains("is not a folder; set HAYMAKER_HOME"), "{refused}");
    }
}
