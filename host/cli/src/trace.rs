//! What the program says of its own inner life, on standard error: a host tells what it does, other commands only what
//! went wrong. `RUST_LOG` says otherwise.

use tracing_subscriber::EnvFilter;

use crate::args::{Command, Host};

/// Starts it.
pub(crate) fn start(command: &Command) {
    let default = match command {
        Command::Serve(_) | Command::Host(Host::Run(_)) => "warn,haymaker=info,haymaker_platform=info",
        _ => "error",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .with_target(false)
        .init();
}
