//! `worker`: the simulated people of a deployment.

use haymaker_platform::home::Home;

use super::{Meant, meant};
use crate::args::{self, Shown};
use crate::exit::Exit;
use crate::render::table::{Column, table};
use crate::render::terminal::{Palette, print, print_json, say, width};

/// Runs a command on workers.
pub(crate) async fn run(home: &Home, args: &args::Worker) -> anyhow::Result<Exit> {
    match args {
        args::Worker::List(shown) => list(home, shown).await,
    }
}

async fn list(home: &Home, args: &Shown) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let workers = reader.report(&id).await?.workers;
    if args.output.is_json() {
        print_json(&workers)?;
    } else if workers.is_empty() {
        say(&format!("{id} has no workers now."));
    } else {
        let columns = ["NAME", "ADDRESS", "DEPARTMENT", "READY FOR"].map(Column::Left);
        let rows = workers.into_iter().map(|worker| {
            let ready = if worker.ready.is_empty() { "nothing yet".to_owned() } else { worker.ready.join(", ") };
            vec![worker.name.into(), worker.address.into(), worker.department.into(), ready.into()]
        });
        print(&table(&columns, rows.collect(), Palette::of_stdout(), width().max(140)))?;
    }
    Ok(Exit::Done)
}
