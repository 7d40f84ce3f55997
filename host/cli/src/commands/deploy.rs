//! `deploy`: puts a workload to work.
//!
//! What can be told without a host (is the file right, is there such a workload, does the config fit its schema) is told
//! without one, so that a slip of the pen starts nothing. The host checks all of it again, and the rest: it is the one
//! that acts.

use std::path::Path;

use anyhow::bail;
use haymaker_platform::config::{self, Asked, DeployFile};
use haymaker_platform::home::Home;
use haymaker_platform::host::{DeployRequest, DryRun};
use haymaker_platform::reader::Reader;
use haymaker_platform::refusal::Refusal;
use haymaker_platform::tenants::NOWHERE;

use super::watch::{View, watch};
use super::{connect, credentials, furnished};
use crate::args::{Deploy, Then};
use crate::embedded;
use crate::exit::Exit;
use crate::render::plan::render;
use crate::render::terminal::{Palette, ask, can_ask, print, print_json, say};

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
    check(&reader, &asked, file.as_ref(), environment.environment.get(TENANT)).await?;
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
async fn check(reader: &Reader, asked: &Asked, file: Option<&File>, tenant_id: Option<&String>) -> anyhow::Result<()> {
    let said = file.map(|(_, _, said)| said);
    let name = asked.workload(said).map_err(Refusal::from)?;
    if Path::new(&name).is_dir() && name.contains('/') {
        bail!("{name} is a folder; install it first: `haymaker workload install {name}`");
    }
    let installed = match (reader.registry().find(&name), embedded::hint()) {
        (Err(error), Some(hint)) => bail!("{error} ({hint})"),
        (found, _) => found?,
    };
    reader.order(&installed, asked, said).await?;
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
    // A domain is what people know a tenant by, and what they would not type for the wrong one.
    let (what, name) = match &plan.forecast.domain {
        Some(domain) => ("default domain", domain),
        None => ("id", tenant),
    };
    Ok(ask(&format!("\nThis is a real tenant. To go on, type its {what} ({name}):"))?.eq_ignore_ascii_case(name))
}
