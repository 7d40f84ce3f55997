//! The project's own commands (`cargo xtask <command>`).
//!
//! Why not a Makefile or `build.rs`: everything a newcomer needs is a Rust toolchain, and guests must be built in a
//! target directory and an environment of their own, which a build script cannot do without deadlocking on cargo's
//! lock. A command is a module with a `run`; this file only chooses.

mod bench;
mod build;
mod demo;
mod live;
mod terminal;
mod test;
mod workspace;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
usage: cargo xtask <command>

commands:
  demo [FLAGS]                   builds everything and runs `haymaker demo` with the flags (--help lists them)
  test [ARGUMENTS]               builds everything and runs all tests; the arguments go to `cargo test`
  build [--guests] [--release]   builds the workloads, stages them under target/workloads/, and builds the host
                                 --guests: only the workloads; --release: the host with optimisation
  bench                          measures the engine beside bare wasmtime, and mails beside native Rust
  live [FLAGS]                   acts in a real lab tenant and compares it with the simulated one (--help first)
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(code) => code,
        Err(error) => {
            terminal::say("error", &format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Runs the command that the first argument names.
fn run(arguments: Vec<String>) -> Result<ExitCode> {
    let Some((command, rest)) = arguments.split_first() else { bail!("no command given\n\n{USAGE}") };
    match command.as_str() {
        "demo" => demo::run(rest),
        "test" => test::run(rest),
        "bench" => bench::run(rest),
        "live" => live::run(rest),
        "build" => build::run(rest).map(|()| ExitCode::SUCCESS),
        "help" | "--help" | "-h" => terminal::print(USAGE).map(|()| ExitCode::SUCCESS),
        other => bail!("unknown command `{other}`\n\n{USAGE}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_named_and_the_usage_is_shown() {
        let error = run(vec!["biuld".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`biuld`") && error.contains("usage:"), "{error}");
    }

    #[test]
    fn an_unknown_option_of_build_is_refused_before_anything_is_built() {
        let error = run(vec!["build".to_owned(), "--fast".to_owned()]).unwrap_err().to_string();
        assert!(error.contains("`--fast`"), "{error}");
    }
}
