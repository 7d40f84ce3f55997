//! `demo`: a whole simulated day in one command.
//!
//! Everything is real but the tenant, and the tenant is real to everybody who talks to it: a server that is reached over
//! HTTP. The host runs in this process with a home of its own, so a demo neither sees nor touches anything else, and
//! leaves nothing behind.
//!
//! | module | thought |
//! |---|---|
//! | `stage` | the private home, the tenant, the host: set up and struck |
//! | `progress` | what is seen meanwhile |
//! | `chance` | whether a count is what chance allows |
//! | `mails` | two mails as they read in the tenant |
//! | `summary` | what happened, and whether all of it is well |
//! | `show` | the summary for people |

mod chance;
mod mails;
mod progress;
mod show;
mod stage;
mod summary;

use std::path::Path;
use std::time::Instant;

use anyhow::{Context, bail};
use haymaker_platform::config::{Asked, DeployFile};
use haymaker_platform::host::DeployRequest;
use haymaker_platform::reader::Reader;
use haymaker_store::{DeploymentView, Status};

use self::progress::Progress;
use self::stage::Stage;
use self::summary::Summary;
use super::follow::Signals;
use super::tenant::is_same_file;
use super::{export, file};
use crate::args::{Demo, FLAGSHIP};
use crate::embedded;
use crate::exit::Exit;
use crate::render::terminal::{Palette, print, print_json, say, width};

/// Runs the demo; what it set up is gone at the end, however it ends.
pub(crate) async fn run(args: Demo) -> anyhow::Result<Exit> {
    if let Some(path) = &args.export {
        file::check(path)?;
        if let Some(record) = args.behaviour.record.as_ref().filter(|record| is_same_file(record, path)) {
            bail!("--export and --record both name {}; give each a file of its own", record.display());
        }
    }
    let mut signals = Signals::new()?;
    let stage = Stage::set_up(&args).await?;
    let played = tokio::select! {
        played = play(&stage, &args) => played.map(Some),
        () = signals.any() => Ok(None),
    };
    let kept = stage.strike(args.keep).await?;
    let Some((summary, id)) = played? else {
        say("Interrupted: the demo's tenant and home are gone, and nothing else was touched.");
        return Ok(Exit::Interrupted);
    };
    if args.output.is_json() {
        print_json(&summary)?;
    } else {
        print(&show::render(&summary, Palette::of_stdout(), width()))?;
    }
    if let Some(home) = kept {
        let program = show::program();
        say(&format!(
            "\nThe demo's home is kept. To look around:\n  export HAYMAKER_HOME={}\n  {program} status {id}\n  {program} logs {id}\n  {program} export {id}",
            home.display()
        ));
    }
    if summary.problems.is_empty() {
        return Ok(Exit::Done);
    }
    bail!("not all is well:\n  {}", summary.problems.join("\n  "))
}

/// The play in three acts: a day of work, its end, and the proof that nothing is left.
async fn play(stage: &Stage, args: &Demo) -> anyhow::Result<(Summary, String)> {
    let begun = Instant::now();
    let before = stage.tenant.inspect();
    let deployed = stage.host.deploy(request(stage, args).await?).await?;
    let id = deployed.deployment_id.clone();

    let mut progress = Progress::new(&deployed)?;
    let day = follow(stage, &id, &mut progress, rests).await?;
    let reader = Reader::open(&stage.home)?;
    let report = reader.report(&id).await?;
    let delivered = stage.tenant.inspect().mail.delivered;
    let mails = mails::choose(&reader, &id, &stage.tenant)?;

    progress.cleaning_up();
    let refused = stage.host.cleanup(&id, &stage.environment).await.err();
    if refused.is_none() {
        follow(stage, &id, &mut progress, rests).await?;
    }
    progress.over();
    let last = reader.report(&id).await?;
    // A disk that is full is told with the summary, not instead of it.
    let exported = args.export.as_ref().map(|path| export::to_file(&reader, &id, &export::Choice::default(), path));
    let facts = summary::Facts {
        deployed,
        day,
        report,
        last,
        refused: refused.map(|refusal| refusal.to_string()),
        not_exported: exported.and_then(Result::err).map(|error| format!("{error:#}")),
        delivered,
        mails,
        before,
        after: stage.tenant.inspect(),
        wall: begun.elapsed(),
    };
    Ok((summary::Summary::of(facts), id))
}

/// Shows progress until the deployment is as `enough` says.
async fn follow(
    stage: &Stage,
    id: &str,
    progress: &mut Progress,
    enough: fn(&DeploymentView) -> bool,
) -> anyhow::Result<DeploymentView> {
    let mut changes = stage.host.watch(id);
    loop {
        let view = stage.host.store().deployment(id)?.with_context(|| format!("the store lost {id}"))?;
        progress.show(&view, &stage.host.store().counts(id)?, stage.host.now(id));
        if enough(&view) {
            return Ok(view);
        }
        progress::next_look(changes.as_mut()).await;
    }
}

/// Whether it does nothing more by itself.
fn rests(view: &DeploymentView) -> bool {
    matches!(view.status, Status::Completed | Status::Failed | Status::Stopped) || view.condition.is_some()
}

/// What is deployed: the command's flags, and a day if nobody says how long.
async fn request(stage: &Stage, args: &Demo) -> anyhow::Result<DeployRequest> {
    let file = args.config_file.as_deref().map(super::deploy::read).transpose()?;
    let said = file.as_ref().map(|(_, _, said)| said);
    let wanted = match (&args.workload, said.and_then(|said| said.workload.as_ref())) {
        (Some(wanted), _) => wanted.as_str(),
        (None, Some((name, _))) => name,
        (None, None) => FLAGSHIP,
    };
    let workload = workload(stage, wanted).await?;
    let duration = match args.days {
        Some(days) => Some(format!("{days}d")),
        None if says_how_long(args, said) => None,
        None => Some("1d".to_owned()),
    };
    let asked = Asked {
        workload: Some(workload),
        config: args.config.clone(),
        duration,
        seed: Some(args.seed),
        ..Asked::default()
    };
    Ok(DeployRequest {
        asked,
        file: file.map(|(origin, text, _)| (origin, text)),
        then_cleanup: false,
        environment: stage.environment.clone(),
    })
}

fn says_how_long(args: &Demo, file: Option<&DeployFile>) -> bool {
    let key = "duration_hours";
    let flag = args.config.iter().any(|pair| pair.split_once('=').is_some_and(|(name, _)| name == key));
    flag || file.is_some_and(|file| file.duration.is_some() || file.config.iter().any(|(name, _)| name == key))
}

/// The name of the workload that is meant, installed.
async fn workload(stage: &Stage, wanted: &str) -> anyhow::Result<String> {
    let path = Path::new(wanted);
    if path.exists() && (wanted.contains('/') || wanted.ends_with(".wasm")) {
        return Ok(stage.host.install(path).await?.installed.manifest.name);
    }
    match (stage.host.registry().find(wanted), embedded::hint()) {
        (Ok(_), _) => Ok(wanted.to_owned()),
        (Err(error), Some(hint)) => bail!("{error} ({hint})"),
        (Err(error), None) => Err(error.into()),
    }
}
