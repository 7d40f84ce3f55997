//! `cleanup`: removes everything that a deployment created, follows it to its end, and proves it.

use std::path::Path;

use anyhow::bail;
use haymaker_platform::home::Home;
use haymaker_platform::proof::Left;
use haymaker_platform::reader::Reader;
use haymaker_platform::report::{Report, Summary};
use haymaker_store::LedgerView;

use super::follow::{self, Looks, Pause};
use super::{Meant, credentials, file, logs, meant, orphans};
use crate::api::Action;
use crate::args::Cleanup;
use crate::exit::Exit;
use crate::render::figures::{count, moment, plural};
use crate::render::table::{Column, table};
use crate::render::terminal::{Palette, ask, can_ask, print, say, width};

/// Cleans a deployment up, or says what that would remove.
pub(crate) async fn run(home: &Home, args: &Cleanup) -> anyhow::Result<Exit> {
    let Some(wanted) = args.id.as_deref() else { return orphans::run(home, args).await };
    let Meant { reader, id } = meant(home, wanted)?;
    let live = live(&reader, &id)?;
    if args.dry_run {
        return list(&id, &live, lent(&reader, &id)?);
    }
    args.proof.as_deref().map_or(Ok(()), file::check)?;
    if !args.yes && !confirmed(&id, &live)? {
        say("Nothing was removed.");
        return Ok(Exit::Refused);
    }
    let environment = credentials(&reader)?;
    let seen = reader.lines(&id, None, 1)?.last().map_or(0, |line| line.number);
    // A new host is not lent anything before this command: lending could take the deployment up and go on with it.
    let found = crate::background::ensure(home).await?;
    let accepted = found.client.act(Action::Cleanup, &id, &environment).await;
    if found.is_new {
        found.client.lend(&environment).await?;
    }
    accepted?;
    follow_to_the_end(&reader, &id, seen, args.proof.as_deref()).await
}

/// What is in the tenant now, or possibly.
fn live(reader: &Reader, id: &str) -> anyhow::Result<Vec<LedgerView>> {
    let mut entries = reader.ledger(id)?;
    entries.retain(|entry| entry.released.is_none() && entry.is_made());
    Ok(entries)
}

/// How many people are lent, with whom something may lie.
fn lent(reader: &Reader, id: &str) -> anyhow::Result<u64> {
    let is_lent = |entry: &&LedgerView| entry.released.is_none() && !entry.is_made();
    Ok(reader.ledger(id)?.iter().filter(is_lent).count() as u64)
}

fn list(id: &str, live: &[LedgerView], lent: u64) -> anyhow::Result<Exit> {
    if lent > 0 {
        print(&format!(
            "{} lent to {id}: a cleanup takes what it wrote out of their mailboxes and drives, and leaves all else as it is.",
            if lent == 1 { "1 person is".to_owned() } else { format!("{} people are", count(lent)) }
        ))?;
    }
    if live.is_empty() && lent > 0 {
        return Ok(Exit::Done);
    }
    if live.is_empty() {
        print(&format!("Nothing of {id} is left in the tenant."))?;
        return Ok(Exit::Done);
    }
    let columns = ["KIND", "NAME", "ID IN THE TENANT"].map(Column::Left);
    let rows = live.iter().map(|entry| {
        let id = entry.remote_id.clone().unwrap_or_else(|| "not known: will be looked for".to_owned());
        vec![entry.kind.clone().into(), entry.name.clone().into(), id.into()]
    });
    print(&table(&columns, rows.collect(), Palette::of_stdout(), width().max(160)))?;
    say(&format!("A cleanup would remove {}; nothing was removed.", plural(live.len() as u64, "thing", "things")));
    Ok(Exit::Done)
}

fn confirmed(id: &str, live: &[LedgerView]) -> anyhow::Result<bool> {
    if !can_ask() {
        bail!(
            "a cleanup removes things for good, and there is no terminal to ask at; add --yes (or look with --dry-run)"
        );
    }
    let what = plural(live.len() as u64, "thing", "things");
    let answer = ask(&format!("Remove {what} that {id} created in the tenant, with all that is in them? [y/N]"))?;
    Ok(matches!(answer.as_str(), "y" | "Y" | "yes"))
}

/// Shows what happens until the cleanup is over, and writes the proof if there is a file for it.
pub(super) async fn follow_to_the_end(
    reader: &Reader,
    id: &str,
    mut after: u64,
    proof: Option<&Path>,
) -> anyhow::Result<Exit> {
    let mut looks = Looks::until(None)?;
    let palette = Palette::of_stderr();
    loop {
        let summary = reader.summary(id)?;
        after = follow::lines_after(reader, id, after, |line| {
            say(&logs::text(line, palette));
            Ok(())
        })?;
        if follow::is_over(&summary) || halted(&summary) {
            if let Some(path) = proof {
                prove(reader, id, path).await?;
            }
            return conclude(&reader.report(id).await?, &live(reader, id)?, reader.ledger(id)?.as_slice());
        }
        if looks.pause().await != Pause::Over {
            let unproved =
                proof.map_or("", |_| " No proof was written: clean up again, with --proof, when it is over.");
            say(&format!("Detached; the cleanup goes on. `haymaker watch {id}` shows how far it is.{unproved}"));
            return Ok(Exit::Interrupted);
        }
    }
}

/// Whether a condition keeps it from going on by itself.
fn halted(summary: &Summary) -> bool {
    summary.condition.is_some()
}

/// Writes what is left and how that is known, also where something is.
async fn prove(reader: &Reader, id: &str, path: &Path) -> anyhow::Result<()> {
    let proof = reader.proof(id).await?;
    file::write(path, |out| {
        serde_json::to_writer_pretty(&mut *out, &proof)?;
        Ok(writeln!(out)?)
    })?;
    say(&format!("Wrote what is left, and how that is known, to {}.", path.display()));
    Ok(())
}

/// What is not live and not gone, in lines; nothing, where the workload knows of nothing.
fn remains(left: &Left) -> String {
    /// More of one kind are a list for `--proof`.
    const SHOWN: usize = 10;
    let until = |until: &Option<String>| until.as_ref().map(|until| format!(", until {} UTC", moment(until)));
    let recoverable = left.recoverable.iter();
    let recoverable = recoverable.map(|it| format!("{} {}{}", it.kind, it.name, until(&it.until).unwrap_or_default()));
    let beyond = left.beyond.iter().map(|it| {
        let name = it.name.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        format!("{name}{}{}", it.what, until(&it.until).unwrap_or_default())
    });
    if left.recoverable.is_empty() && left.beyond.is_empty() {
        return String::new();
    }
    let part = |title: &str, all: Vec<String>| {
        let mut lines = format!("\n  {title:<13} {}", count(all.len() as u64));
        lines.extend(all.iter().take(SHOWN).map(|line| format!("\n    {line}")));
        if all.len() > SHOWN {
            lines.push_str(&format!("\n    and {} more: --proof FILE lists them", count((all.len() - SHOWN) as u64)));
        }
        lines
    };
    part("recoverable", recoverable.collect()) + &part("beyond Graph", beyond.collect())
}

/// What was let go of and is still there; nothing, where that is nothing.
fn kept(number: u64) -> String {
    if number == 0 { String::new() } else { format!("{} beyond Graph, ", count(number)) }
}

/// The proof, or what is left and why.
fn conclude(report: &Report, left: &[LedgerView], ledger: &[LedgerView]) -> anyhow::Result<Exit> {
    let id = &report.summary.deployment_id;
    let lent =
        |is_back: bool| ledger.iter().filter(move |entry| !entry.is_made() && entry.released.is_some() == is_back);
    if report.summary.status == "completed" && report.ledger.live == 0 {
        let back = match lent(true).count() as u64 {
            0 => String::new(),
            1 => "1 person given back, ".to_owned(),
            people => format!("{} people given back, ", count(people)),
        };
        print(&format!(
            "{id}: {} created, {} deleted, {back}{}0 left in the tenant{}",
            count(report.ledger.created),
            count(report.ledger.deleted),
            kept(report.ledger.kept),
            remains(&report.left)
        ))?;
        return Ok(Exit::Done);
    }
    let why = [report.summary.condition.as_ref(), Some(&report.reason), report.last_error.as_ref()];
    let why = why.into_iter().flatten().find(|why| !why.is_empty()).map_or("its log says why", String::as_str);
    /// More names than this are a list for `--dry-run`.
    const SHOWN: usize = 10;
    let mut names: Vec<String> =
        left.iter().take(SHOWN).map(|entry| format!("\n  {} {}", entry.kind, entry.name)).collect();
    if left.len() > SHOWN {
        names.push(format!(
            "\n  and {} more: `haymaker cleanup {id} --dry-run` lists them",
            count((left.len() - SHOWN) as u64)
        ));
    }
    let mut number = format!("{} things of it", count(report.ledger.live));
    let lent = lent(false).count() as u64;
    if lent > 0 {
        number.push_str(&format!(" and what it wrote for {} of those who are lent", plural(lent, "person", "people")));
    }
    bail!(
        "{id} is {}, and {number} are not proved gone: {why}. `haymaker cleanup {id}` tries again.{}",
        report.summary.status,
        names.concat()
    )
}
