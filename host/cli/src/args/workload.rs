//! Installed workloads.

use std::path::PathBuf;

use clap::Subcommand;

use super::Output;

#[derive(Debug, Subcommand)]
pub(crate) enum Workload {
    /// Lists what is installed.
    #[command(after_help = "Example:\n  haymaker workload list")]
    List(Output),
    /// Installs a workload, or a new version of one. Running deployments keep the version that they have.
    #[command(after_help = "Examples:\n  haymaker workload install target/workloads/heartbeat\n  \
        haymaker workload install heartbeat.wasm     (workload.yaml lies beside it)")]
    Install {
        /// A folder with a workload.yaml and its component, or the component beside its workload.yaml.
        path: PathBuf,
    },
    /// What a workload is, asks for, and can be told.
    #[command(after_help = "Example:\n  haymaker workload info m365-knowledge-worker")]
    Info {
        /// Its name; NAME@VERSION for one version.
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Removes a workload that no deployment needs.
    #[command(after_help = "Example:\n  haymaker workload remove heartbeat")]
    Remove {
        /// Its name.
        name: String,
    },
    /// Says whether a workload fits this host and, if not, exactly why.
    #[command(after_help = "Example:\n  haymaker workload verify target/workloads/heartbeat")]
    Verify {
        /// A folder with a workload.yaml and its component, or the component beside its workload.yaml.
        path: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}
