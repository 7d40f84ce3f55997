//! `deploy`: puts a workload to work.
//!
//! What can be told without a host (is the file right, is there such a workload, does the config fit its schema) is told
//! without one, so that a slip of the pen starts nothing. The host checks all of it again, and the rest: it is the one
//! that acts.

use std::path::Path;

use anyhow::bail;
use haymaker_platform::config::{self, Asked, DeployFile};
use haymaker_platform::home::Home;
use haymaker_platform::host::{DeployRequest, DryRun, PlannedModel};
use haymaker_platform::reader::Reader;
use haymaker_platform::refusal::Refusal;
use haymaker_platform::tenants::NOWHERE;

use super::watch::{View, watch};
use super::{connect, credentials, furnished};
use crate::args::{Deploy, Then};
use crate::embedded;
use crate::exit::Exit;
use crate::render::figures::{expectation, moment, plural};
use crate::render::terminal::{Paint, Palette, ask, can_ask, print, print_json, say};

/// What a real tenant's id is asked for by, if the workload's manifest does not say otherwise.
const TENANT: &str = "KW_TENANT_ID";

/// Deploys, or says what that would do.
pub(crate) async fn run(home: &Home, args: Deploy) -> anyhow::Result<Exit> {
    let asked = Asked {
        workload: args.workload,
        config: args.config,
        duration: args.duration,
        tags: args.tags,
        tenant: None,
        seed: args.seed,
    };
    let reader = furnished(home)?;
    let file = args.file.as_deref().map(read).transpose()?;
    let environment = credentials(&reader)?;
    check(&reader, &asked, file.as_ref(), environment.environment.get(TENANT))?;
    let request = DeployRequest {
        asked,
        file: file.map(|(origin, text, _)| (origin, text)),
        then_cleanup: args.then == Some(Then::Cleanup),
        environment: environment.environment.clone(),
    };
    let client = connect(home, &environment).await?;
    if args.dry_run || !args.yes {
        let plan = client.plan(&request).await?;
        if args.dry_run {
            if args.output.is_json() {
                print_json(&plan)?
            } else {
                print(&render(&plan, Palette::of_stdout()))?
            }
            return Ok(Exit::Done);
        }
        let is_real = !plan.deployed.simulated && plan.deployed.tenant != NOWHERE;
        if is_real && !confirmed(&plan)? {
            say("Nothing was deployed.");
            return Ok(Exit::Refused);
        }
    }
    let deployed = client.deploy(&request).await?;
    let id = &deployed.deployment_id;
    if args.output.is_json() {
        print_json(&deployed)?;
    } else {
        print(&format!("Deployment started: {id}"))?;
    }
    if let Some(warning) = &deployed.warning {
        say(&format!("Note: {warning}."));
    }
    if args.watch {
        return watch(&Reader::open(home)?, id, View::choose(args.output.is_json())?, None, None).await;
    }
    say(&format!("`haymaker watch {id}` shows what it does; `haymaker cleanup {id}` removes what it made."));
    Ok(Exit::Done)
}

/// A deployment file: its name for messages, its text, and what it says.
pub(super) type File = (String, String, DeployFile);

/// Reads a deployment file. What is wrong with its text is told together with everything else.
///
/// # Errors
/// It cannot be read.
pub(super) fn read(path: &Path) -> anyhow::Result<File> {
    let (origin, text) = config::file::read(path).map_err(|problem| Refusal::new(problem.to_string()))?;
    let said = DeployFile::parse_what_can_be(&text, &origin);
    Ok((origin, text, said))
}

/// Everything about a deployment that can be told without a host.
fn check(reader: &Reader, asked: &Asked, file: Option<&File>, tenant_id: Option<&String>) -> anyhow::Result<()> {
    let said = file.map(|(_, _, said)| said);
    let name = asked.workload(said).map_err(Refusal::from)?;
    if Path::new(&name).is_dir() && name.contains('/') {
        bail!("{name} is a folder; install it first: `haymaker workload install {name}`");
    }
    let installed = match (reader.registry().find(&name), embedded::hint()) {
        (Err(error), Some(hint)) => bail!("{error} ({hint})"),
        (found, _) => found?,
    };
    asked.order(&installed.manifest.config_schema, said).map_err(Refusal::from)?;
    let named = said.and_then(|said| said.tenant.as_ref());
    if let Some(named) = named.filter(|named| Some(*named) != tenant_id) {
        bail!(
            "tenant: the file says {named}, and {TENANT} is {}; a tenant is chosen by its id in {TENANT}",
            tenant_id.map_or("not set", String::as_str)
        );
    }
    Ok(())
}

/// Asks whether to act in a real tenant.
fn confirmed(plan: &DryRun) -> anyhow::Result<bool> {
    let tenant = &plan.deployed.tenant;
    if !can_ask() {
        bail!(
            "this acts in the real tenant {tenant}, and there is no terminal to ask at; add --yes (or look with --dry-run)"
        );
    }
    say(&render(plan, Palette::of_stderr()));
    Ok(ask(&format!("\nThis is a real tenant. To go on, type its id ({tenant}):"))? == *tenant)
}

/// What a deployment would do.
fn render(plan: &DryRun, palette: Palette) -> String {
    let deployed = &plan.deployed;
    let until = deployed
        .until
        .as_ref()
        .map_or("until it is stopped".to_owned(), |until| format!("until {} UTC", moment(until)));
    let tenant = match (deployed.tenant.as_str(), deployed.simulated) {
        (NOWHERE, _) => "none: it acts in no tenant".to_owned(),
        (name, true) => format!("{name} (a simulated tenant) at {}", deployed.graph),
        (name, false) => format!("{name} (a real tenant) at {}", deployed.graph),
    };
    let mut lines = vec![
        palette.paint(
            Paint::Bold,
            &format!("{} {} would be deployed as {}", deployed.workload, deployed.version, deployed.deployment_id),
        ),
        format!("  tenant       {tenant}"),
        format!("  application  {}", if deployed.app_id.is_empty() { "none" } else { &deployed.app_id }),
        format!("  time         from {} UTC {until}", moment(&deployed.begins)),
        format!("  seed         {}", deployed.seed),
        format!("  config       {}", plan.config),
    ];
    if !plan.expected_total.is_empty() {
        let kinds = plan.expected_total.iter().map(|(kind, number)| format!("{} {kind}", expectation(*number)));
        lines.push(format!("  expected     {}", kinds.collect::<Vec<_>>().join(", ")));
    }
    if let Some(model) = &plan.model {
        lines.push(format!("  model        {}", planned_model(model)));
    }
    if let Some(warning) = &deployed.warning {
        lines.push(format!("  note         {warning}"));
    }
    /// More first tasks than this say nothing new.
    const SHOWN: usize = 12;
    let tasks = plural(plan.tasks.len() as u64, "task", "tasks");
    lines.push(format!("  begins with  {} ({tasks})", plan.phase));
    lines.extend(plan.tasks.iter().take(SHOWN).map(|task| format!("    {task}")));
    if plan.tasks.len() > SHOWN {
        lines.push(format!("    and {} more", plan.tasks.len() - SHOWN));
    }
    lines.join("\n")
}

/// Which language model would be asked, and how often.
fn planned_model(model: &PlannedModel) -> String {
    let calls = match model.calls_per_day {
        Some(calls) => format!("about {} calls on a usual day", expectation(calls)),
        None => "as often as it likes, within its budget".to_owned(),
    };
    match (&model.provider, &model.model) {
        (Some(provider), Some(name)) => format!("{provider} {name}, {calls}"),
        _ => format!("none is configured (LLM_PROVIDER): templates stand in for {calls}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_says_which_model_is_asked_and_how_often() {
        let planned = PlannedModel {
            provider: Some("anthropic".to_owned()),
            model: Some("claude-haiku-4-5".to_owned()),
            calls_per_day: Some(504.0),
        };
        assert_eq!(planned_model(&planned), "anthropic claude-haiku-4-5, about 504 calls on a usual day");
        let none = PlannedModel { provider: None, model: None, ..planned };
        let said = planned_model(&none);
        assert!(said.starts_with("none is configured (LLM_PROVIDER)") && said.contains("504"), "{said}");
    }
}
