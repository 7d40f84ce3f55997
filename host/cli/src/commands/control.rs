//! `stop` and `start`.

use haymaker_platform::home::Home;

use super::{Meant, connect, credentials, meant};
use crate::api::{Action, Environment};
use crate::args;
use crate::exit::Exit;
use crate::render::terminal::print;

/// Stops a deployment; returns when it rests.
pub(crate) async fn stop(home: &Home, args: &args::Stop) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    // A host that is started only to stop something must not take anything up: it gets no credentials.
    connect(home, &Environment::default()).await?.act(Action::Stop, &id, &Environment::default()).await?;
    let report = reader.report(&id).await?;
    print(&format!(
        "Stopped: {id}. What it made stays; `haymaker start {id}` goes on, `haymaker cleanup {id}` removes it."
    ))?;
    if report.tasks.unknown > 0 {
        print(&format!("{} tasks are unknown: nobody can tell whether they happened.", report.tasks.unknown))?;
    }
    Ok(Exit::Done)
}

/// Lets a deployment go on.
pub(crate) async fn start(home: &Home, args: &args::Start) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let environment = credentials(&reader)?;
    // `start` is the command that takes this one up: lending would do it before, and then it would run already.
    let found = crate::background::ensure(home).await?;
    found.client.act(Action::Start, &id, &environment).await?;
    if found.is_new {
        found.client.lend(&environment).await?;
    }
    print(&format!("Started: {id}. `haymaker watch {id}` shows what it does."))?;
    Ok(Exit::Done)
}
