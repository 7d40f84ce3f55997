//! Mails of the flagship through everything, beside the same requests from native Rust.

use std::path::Path;
use std::sync::Arc;

use anyhow::ensure;
use futures::future::try_join_all;
use haymaker_platform::journal::Durability;

use crate::figures::{Series, table};
use crate::gate::{Gate, Took};
use crate::script::Script;
use crate::tenants::Tenants;
use crate::{host, native};

/// How much is done at once.
pub(crate) struct Load {
    /// Deployments, each in a tenant of its own. Simulated time lets one deployment's mails follow each other, so what
    /// overlaps is tenants.
    pub(crate) tenants: u64,
    /// Workers of each.
    pub(crate) workers: u32,
    /// Simulated hours of each.
    pub(crate) hours: f64,
    /// Rounds; in each, every row does all of the work.
    rounds: usize,
}

/// One of the default size, and as many small ones as the host runs at once.
pub(crate) const LOADS: [Load; 2] =
    [Load { tenants: 1, workers: 25, hours: 1.0, rounds: 5 }, Load { tenants: 16, workers: 5, hours: 0.5, rounds: 3 }];

/// What a row is.
#[derive(Clone, Copy)]
enum Row {
    Native,
    Host(Durability),
}

/// What the rows are called, the baseline first.
const ROWS: [(&str, Row); 3] = [
    ("native Rust (reqwest)", Row::Native),
    ("haymaker, survives its process", Row::Host(Durability::Process)),
    ("haymaker, survives a power cut", Row::Host(Durability::Power)),
];

/// What is known of a row.
#[derive(Default)]
struct Figures {
    rate: Series,
    wall: Series,
    here: Series,
    tenants: Series,
}

/// Measures, and says what came of it.
///
/// # Errors
/// A row that did not do the work.
pub(crate) async fn compare(load: &Load) -> anyhow::Result<String> {
    let compiled = crate::folder()?;
    let scripts = record(load, compiled.path()).await?;
    let mails: usize = scripts.iter().map(|script| script.mails_sent()).sum();
    let mut figures: [Figures; ROWS.len()] = Default::default();
    for round in 0..load.rounds {
        // Each row is the first of a round in turn.
        for place in 0..ROWS.len() {
            let turn = (round + place) % ROWS.len();
            let (Some((_, row)), Some(figures)) = (ROWS.get(turn), figures.get_mut(turn)) else { continue };
            let Took { wall, here, tenants } = run(*row, load, &scripts, compiled.path()).await?;
            let each = |duration: std::time::Duration| duration.as_secs_f64() * 1e6 / mails as f64;
            figures.rate.push(mails as f64 / wall.as_secs_f64());
            figures.wall.push(each(wall));
            figures.here.push(each(here));
            figures.tenants.push(each(tenants));
        }
    }
    let mut rows =
        vec![["", "mails/s", "× native", "µs each", "CPU µs", "tenant's CPU µs"].map(str::to_owned).to_vec()];
    let [native, ..] = &figures;
    for ((name, _), row) in ROWS.iter().zip(&figures) {
        let ratio = row.rate.over(&native.rate).text(2);
        let costs = [&row.wall, &row.here, &row.tenants].map(|series| series.text(0));
        rows.push([(*name).to_owned(), row.rate.text(0), ratio].into_iter().chain(costs).collect());
    }
    let tenants = match load.tenants {
        1 => "1 tenant".to_owned(),
        n => format!("{n} tenants at once"),
    };
    let title = format!(
        "One mail of the flagship (draft, then send): {mails} by {} workers in {tenants}, {} rounds",
        u64::from(load.workers) * load.tenants,
        load.rounds
    );
    Ok(table(&title, &rows))
}

/// A run that nobody times, to know what the tenants are asked.
async fn record(load: &Load, compiled: &Path) -> anyhow::Result<Vec<Arc<Script>>> {
    let folder = crate::folder()?;
    let tenants = Tenants::start(load.tenants, Some(folder.path())).await?;
    let mails = host::run(load, &tenants, Durability::Process, None, compiled).await?;
    for reached in &tenants.each {
        reached.tenant.flush_record()?;
    }
    let scripts =
        (0..load.tenants).map(|seed| Script::read(&folder.path().join(format!("{seed}.jsonl"))).map(Arc::new));
    let scripts: Vec<Arc<Script>> = scripts.collect::<anyhow::Result<_>>()?;
    let sent: usize = scripts.iter().map(|script| script.mails_sent()).sum();
    ensure!(sent > 0 && mails >= sent as u64, "{mails} activities, {sent} mails: there is nothing to measure");
    Ok(scripts)
}

/// One row, once, in tenants of its own.
async fn run(row: Row, load: &Load, scripts: &[Arc<Script>], compiled: &Path) -> anyhow::Result<Took> {
    let tenants = Arc::new(Tenants::start(load.tenants, None).await?);
    let requests = scripts.iter().map(|script| script.mail_requests()).sum();
    let gate = Gate::new(tenants.clone(), tenants.each.len(), requests);
    match row {
        Row::Native => {
            let client = native::client()?;
            let streams = tenants.each.iter().zip(scripts).map(|(reached, script)| {
                let (client, reached, script, gate) = (client.clone(), reached.clone(), script.clone(), gate.clone());
                tokio::spawn(async move { native::play(&client, &reached, &script, &gate).await })
            });
            try_join_all(streams).await?.into_iter().collect::<anyhow::Result<()>>()?;
        }
        Row::Host(durability) => {
            host::run(load, &tenants, durability, Some(gate.clone()), compiled).await?;
        }
    }
    gate.took()
}
