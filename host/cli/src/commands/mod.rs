//! One file for each command, or family of commands.

mod cleanup;
mod completions;
mod control;
mod demo;
mod deploy;
mod export;
mod file;
mod follow;
mod host;
mod list;
mod logs;
mod orphans;
mod status;
mod tenant;
mod verify_realism;
mod watch;
mod worker;
mod workload;

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use haymaker_platform::reader::Reader;

use crate::api::Environment;
use crate::api::client::Client;
use crate::args::Command;
use crate::exit::Exit;
use crate::{background, embedded, environment};

/// Runs a command.
///
/// # Errors
/// It refused or failed; the error says why and what to do.
pub(crate) async fn run(command: Command) -> anyhow::Result<Exit> {
    // These need no home, or one of their own.
    let command = match command {
        Command::Demo(args) => return demo::run(args).await,
        Command::Tenant(tenant) => return tenant::run(tenant).await,
        Command::Completions(args) => return completions::run(args),
        Command::Export(args) if args.queries => return export::queries(),
        command => command,
    };
    let home = Home::locate()?;
    if home.path().exists() && !home.path().is_dir() {
        bail!("{} is not a folder; set HAYMAKER_HOME to one that you can write", home.path().display());
    }
    match command {
        Command::Deploy(args) => deploy::run(&home, args).await,
        Command::Status(args) => status::run(&home, &args).await,
        Command::List(args) => list::run(&home, &args),
        Command::Logs(args) => logs::run(&home, &args).await,
        Command::Watch(args) => watch::run(&home, &args).await,
        Command::Stop(args) => control::stop(&home, &args).await,
        Command::Start(args) => control::start(&home, &args).await,
        Command::Cleanup(args) => cleanup::run(&home, &args).await,
        Command::Export(args) => export::run(&home, &args).await,
        Command::VerifyRealism(args) => verify_realism::run(&home, &args),
        Command::Worker(args) => worker::run(&home, &args).await,
        Command::Workload(args) => workload::run(&home, args).await,
        Command::Host(args) => host::run(&home, args).await,
        Command::Serve(args) => host::serve(&home, &args).await,
        // Answered above.
        Command::Demo(_) | Command::Tenant(_) | Command::Completions(_) => Ok(Exit::Done),
    }
}

/// A home, and the deployment that somebody means.
struct Meant {
    reader: Reader,
    id: String,
}

/// Finds the deployment that somebody means.
fn meant(home: &Home, wanted: &str) -> anyhow::Result<Meant> {
    let reader = Reader::open(home)?;
    let id = reader.find(wanted)?;
    Ok(Meant { reader, id })
}

/// Environment for the host: what the workloads in the registry may ask for.
fn credentials(reader: &Reader) -> anyhow::Result<Environment> {
    let installed: Vec<_> = reader.registry().list()?.into_iter().flatten().collect();
    Ok(Environment { environment: environment::gather(installed.iter().map(|one| &one.manifest)) })
}

/// The host of this home. A new one is given this environment's credentials for what an earlier one left.
async fn connect(home: &Home, environment: &Environment) -> anyhow::Result<Client> {
    let found = background::ensure(home).await?;
    if found.is_new {
        found.client.lend(environment).await?;
    }
    Ok(found.client)
}

/// A home that can be written and has the workloads that come along.
fn furnished(home: &Home) -> anyhow::Result<Reader> {
    home.prepare()?;
    let reader = Reader::open(home)?;
    embedded::install(reader.registry()).context("cannot install the workloads that come along")?;
    Ok(reader)
}
