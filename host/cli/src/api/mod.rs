//! The host's API: HTTP with JSON on a Unix socket in the home.
//!
//! A socket, because its permissions are the file's: only the home's owner can connect, and no port is open. HTTP,
//! because every tool speaks it (`curl --unix-socket`). Commands that only read do not need it: they read the store.
//!
//! | module | thought |
//! |---|---|
//! | [`socket`] | where it is |
//! | [`server`] | the host's side |
//! | [`client`] | a command's side |

pub(crate) mod client;
pub(crate) mod server;
pub(crate) mod socket;

use std::collections::BTreeMap;
use std::path::PathBuf;

use haymaker_platform::home::HostInfo;
use haymaker_platform::host::sign_in::{Code, Person};
use haymaker_platform::refusal::Refusal;
use serde::{Deserialize, Serialize};

/// The header of every request and answer that says which haymaker speaks: two that differ do not guess.
pub(crate) const VERSION_HEADER: &str = "x-haymaker-version";

/// This program's version.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The paths. `host` and `host/stop` mean the same in every version, so that any haymaker can end any other's host.
pub(crate) mod paths {
    pub(crate) const HOST: &str = "/v1/host";
    pub(crate) const HOST_STOP: &str = "/v1/host/stop";
    pub(crate) const CREDENTIALS: &str = "/v1/credentials";
    pub(crate) const DEPLOYMENTS: &str = "/v1/deployments";
    pub(crate) const PLANS: &str = "/v1/plans";
    pub(crate) const ORPHANS: &str = "/v1/orphans";
    pub(crate) const RECOVERIES: &str = "/v1/recoveries";
    pub(crate) const WORKLOADS: &str = "/v1/workloads";
}

/// What a host says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HostStatus {
    #[serde(flatten)]
    pub(crate) info: HostInfo,
    pub(crate) home: PathBuf,
    pub(crate) permits: usize,
}

/// What can be done with a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Stop,
    Start,
    Cleanup,
}

impl Action {
    /// The last part of its path.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Action::Stop => "stop",
            Action::Start => "start",
            Action::Cleanup => "cleanup",
        }
    }
}

/// Credentials and endpoints by name. Not `Debug`: it holds secrets.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct Environment {
    pub(crate) environment: BTreeMap<String, String>,
}

/// Somebody who is to sign in elsewhere. Not `Debug`: it holds secrets.
#[derive(Serialize, Deserialize)]
pub(crate) struct SignIn {
    pub(crate) person: Person,
    pub(crate) environment: BTreeMap<String, String>,
}

/// How far a sign-in is: the answer is a line of JSON for each step, and ends with the last.
#[derive(Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub(crate) enum Step {
    /// Somebody is to type this in.
    Code(Code),
    /// They did.
    Done,
    /// They did not, or could not.
    Refused(Refusal),
}

/// A tenant to search for what earlier runs left. Not `Debug`: it holds secrets.
#[derive(Serialize, Deserialize)]
pub(crate) struct Search {
    /// The workload whose runs are meant.
    pub(crate) workload: String,
    pub(crate) environment: BTreeMap<String, String>,
}

/// A workload to install.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Install {
    /// Absolute: the host's working directory is another.
    pub(crate) path: PathBuf,
}

/// A workload that was installed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct InstalledWorkload {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) digest: String,
    /// How it relates to what was there, in words that follow; empty for nothing to say.
    pub(crate) note: String,
}
