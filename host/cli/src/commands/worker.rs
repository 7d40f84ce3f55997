//! `worker`: the simulated people of a deployment.

use anyhow::bail;
use haymaker_platform::home::Home;
use haymaker_platform::host::sign_in::Person;
use haymaker_platform::report;

use super::{Meant, connect, credentials, meant};
use crate::api::SignIn;
use crate::args::{self, Shown};
use crate::exit::Exit;
use crate::render::table::{Column, table};
use crate::render::terminal::{Palette, print, print_json, say, width};

/// Runs a command on workers.
pub(crate) async fn run(home: &Home, args: &args::Worker) -> anyhow::Result<Exit> {
    match args {
        args::Worker::List(shown) => list(home, shown).await,
        args::Worker::SignIn(args) => sign_in(home, args).await,
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

async fn sign_in(home: &Home, args: &args::SignIn) -> anyhow::Result<Exit> {
    let Meant { reader, id } = meant(home, &args.which.id)?;
    let worker = find(reader.report(&id).await?.workers, &args.worker, &id)?;
    let environment = credentials(&reader)?;
    let client = connect(home, &environment).await?;
    let speaker = worker.speaker.clone().unwrap_or_else(|| worker.address.clone());
    let person = Person { speaker, address: worker.address.clone() };
    let asked = SignIn { person, environment: environment.environment };
    let tell = |code: &haymaker_platform::host::sign_in::Code| {
        print(&format!("Open {} as {} and type in: {}", code.verification_uri, worker.address, code.user_code))?;
        say(&format!(
            "Waiting, {} minutes at the most; Ctrl-C gives up and changes nothing.",
            code.expires_in.div_ceil(60)
        ));
        Ok(())
    };
    client.sign_in(&id, &asked, tell).await?;
    print(&format!("Signed in: {} ({}). {id} can speak as them.", worker.name, worker.address))?;
    Ok(Exit::Done)
}

/// The worker that somebody means, by name or address in any case.
fn find(workers: Vec<report::Worker>, wanted: &str, id: &str) -> anyhow::Result<report::Worker> {
    let means = |text: &str| text.eq_ignore_ascii_case(wanted);
    let is_meant = |worker: &report::Worker| {
        means(&worker.name) || means(&worker.address) || worker.speaker.as_deref().is_some_and(means)
    };
    let mut found = workers.into_iter().filter(is_meant);
    match (found.next(), found.next()) {
        (Some(worker), None) => Ok(worker),
        (None, _) => bail!("{id} has no worker {wanted:?}; `haymaker worker list {id}` shows them"),
        (Some(_), Some(_)) => bail!("{id} has several workers {wanted:?}; give the address of the one you mean"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_meant_by_name_or_address_and_only_if_it_is_the_only_one() {
        let worker = |name: &str, address: &str| report::Worker {
            name: name.into(),
            address: address.into(),
            ..report::Worker::default()
        };
        let all = || vec![worker("Ana Ruiz", "a1@x"), worker("Ben Li", "b@x"), worker("Ana Ruiz", "a2@x")];
        assert_eq!(find(all(), "ben li", "d").unwrap().address, "b@x");
        assert_eq!(find(all(), "A2@X", "d").unwrap().address, "a2@x");
        assert!(find(all(), "Ana Ruiz", "d").unwrap_err().to_string().contains("several"));
        assert!(find(all(), "Cy", "d").unwrap_err().to_string().contains("worker list d"));
    }
}
