//! `cleanup --orphans`: finds what earlier runs left in a tenant where nobody here remembers them, and removes it.

use anyhow::bail;
use haymaker_platform::home::Home;
use haymaker_platform::host::{Orphan, Recovery, Scanned};
use haymaker_platform::reader::Reader;

use super::cleanup::follow_to_the_end;
use super::{connect, credentials, furnished};
use crate::api::Search;
use crate::args::{Cleanup, FLAGSHIP};
use crate::exit::Exit;
use crate::render::figures::{moment, plural};
use crate::render::table::{Column, table};
use crate::render::terminal::{Palette, ask, can_ask, print, say, width};

/// The environment's name of the tenant that commands act in.
const TENANT: &str = "KW_TENANT_ID";

/// Searches, lists, asks, and removes.
pub(super) async fn run(home: &Home, args: &Cleanup) -> anyhow::Result<Exit> {
    let environment = credentials(&furnished(home)?)?;
    let given = environment.environment.get(TENANT);
    if let Some(named) = args.tenant.as_ref().filter(|named| Some(*named) != given) {
        bail!(
            "--tenant says {named}, and {TENANT} is {}; a tenant is chosen by its id in {TENANT}",
            given.map_or("not set", String::as_str)
        );
    }
    let client = connect(home, &environment).await?;
    let search = Search { workload: FLAGSHIP.to_owned(), environment: environment.environment.clone() };
    let scanned = client.orphans(&search).await?;
    remark(&scanned);
    if scanned.orphans.is_empty() {
        print(&format!("No orphans were found in {}.", scanned.tenant))?;
        return Ok(Exit::Done);
    }
    print(&list(&scanned.orphans))?;
    let number: usize = scanned.orphans.iter().map(|orphan| orphan.things.len()).sum();
    let what = format!(
        "{} of {}",
        plural(number as u64, "thing", "things"),
        plural(scanned.orphans.len() as u64, "deployment", "deployments")
    );
    if args.dry_run {
        say(&format!("A cleanup would remove {what}; nothing was removed."));
        return Ok(Exit::Done);
    }
    if number > args.limit {
        bail!("{what} are more than {}; look at them, and raise --limit if they are all to go", args.limit);
    }
    if !args.yes && !confirmed(&scanned, &what)? {
        say("Nothing was removed.");
        return Ok(Exit::Refused);
    }
    for Orphan { deployment, .. } in scanned.orphans {
        let environment = environment.environment.clone();
        let recovery = Recovery { deployment: deployment.clone(), limit: args.limit, environment };
        client.recover(&recovery).await?;
        let end = follow_to_the_end(&Reader::open(home)?, &deployment, 0, None).await?;
        if end != Exit::Done {
            return Ok(end);
        }
    }
    Ok(Exit::Done)
}

/// What is not listed, and why.
fn remark(scanned: &Scanned) {
    for known in &scanned.known {
        say(&format!("{known} is known here, and left alone: `haymaker cleanup {known}` removes it."));
    }
    for doubtful in &scanned.doubtful {
        say(&format!("Left alone: {doubtful}."));
    }
    for unsearched in &scanned.unsearched {
        say(&format!("Not searched: {unsearched}."));
    }
}

fn list(orphans: &[Orphan]) -> String {
    let columns = ["DEPLOYMENT", "KIND", "NAME", "CREATED (UTC)"].map(Column::Left);
    let rows = orphans.iter().flat_map(|orphan| {
        orphan.things.iter().map(|thing| {
            let created = moment(&thing.created);
            vec![orphan.deployment.clone().into(), thing.kind.clone().into(), thing.name.clone().into(), created.into()]
        })
    });
    table(&columns, rows.collect(), Palette::of_stdout(), width().max(160))
}

fn confirmed(scanned: &Scanned, what: &str) -> anyhow::Result<bool> {
    if !can_ask() {
        bail!(
            "a cleanup removes things for good, and there is no terminal to ask at; add --yes (or look with --dry-run)"
        );
    }
    let answer = ask(&format!("Remove {what} from {}, with all that is in them? [y/N]", scanned.tenant))?;
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
}
