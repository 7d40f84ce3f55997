//! The `haymaker` command: runs workloads in Microsoft 365 tenants, and takes away what they made.
//!
//! | module | thought |
//! |---|---|
//! | [`args`] | the command line |
//! | [`commands`] | one file for each command, or family of them |
//! | [`api`] | how a command talks to the host |
//! | [`background`] | how a command starts one |
//! | [`embedded`] | the workloads that this program brings along |
//! | [`environment`] | what goes along of the environment |
//! | [`render`] | what people see |
//! | [`exit`] | how it ends |
//!
//! Commands that only read look into the store, and need no host; commands that act talk to the host of the home, and
//! start one if there is none.

mod api;
mod args;
mod background;
mod commands;
mod embedded;
mod environment;
mod exit;
mod render;
mod trace;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    exit::quiet_panics();
    let cli = args::Cli::parse();
    // Fails only if there is one already, and then there is one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    trace::start(&cli.command);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return exit::conclude(Err(error.into())),
    };
    let result = runtime.block_on(commands::run(cli.command));
    // What still runs in the background has been told to end, or is of no use to anybody.
    runtime.shutdown_background();
    exit::conclude(result)
}
