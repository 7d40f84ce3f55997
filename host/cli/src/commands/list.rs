//! `list`: every deployment, newest first.

use anyhow::bail;
use haymaker_platform::home::Home;
use haymaker_platform::problems::nearest;
use haymaker_platform::reader::Reader;
use haymaker_platform::report::Summary;

use crate::args::List;
use crate::exit::Exit;
use crate::render::deployment::status_field;
use crate::render::figures::{moment, one_line};
use crate::render::table::{Column, table};
use crate::render::terminal::{Palette, print, print_json, say, width};

/// Lists deployments. A damaged one is named on standard error and hides no other; the command then fails.
pub(crate) fn run(home: &Home, args: &List) -> anyhow::Result<Exit> {
    let reader = Reader::open(home)?;
    let mut summaries = Vec::new();
    let mut exit = Exit::Done;
    for deployment in reader.list()? {
        match deployment {
            Ok(summary) => summaries.push(summary),
            Err(damage) => {
                say(&format!("haymaker: {damage}"));
                exit = Exit::Refused;
            }
        }
    }
    if let Some(workload) = &args.workload {
        known(workload, &reader, &summaries)?;
    }
    let tags = args.tags.iter().map(|tag| pair(tag)).collect::<anyhow::Result<Vec<_>>>()?;
    let any = !summaries.is_empty();
    summaries.retain(|summary| matches(summary, args, &tags));
    summaries.truncate(args.limit.unwrap_or(usize::MAX));
    if args.output.is_json() {
        print_json(&summaries)?;
    } else if summaries.is_empty() {
        say(if any { "No deployment is like that." } else { "There is no deployment yet; `haymaker demo` shows one." });
    } else {
        print(&render(&summaries))?;
    }
    Ok(exit)
}

fn render(summaries: &[Summary]) -> String {
    let columns = ["DEPLOYMENT", "STATUS", "PHASE", "CREATED", "TENANT", "TAGS"].map(Column::Left);
    let rows = summaries.iter().map(|summary| {
        let tags: Vec<String> = summary.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        vec![
            summary.deployment_id.clone().into(),
            status_field(summary),
            summary.phase.clone().into(),
            moment(&summary.created).into(),
            summary.tenant.clone().into(),
            one_line(&tags.join(" "), 40).into(),
        ]
    });
    // As wide as the rows are: a list that is cut serves nobody, and terminals wrap.
    table(&columns, rows.collect(), Palette::of_stdout(), width().max(160))
}

fn matches(summary: &Summary, args: &List, tags: &[(&str, &str)]) -> bool {
    args.workload.as_ref().is_none_or(|workload| summary.workload == *workload)
        && args.status.as_ref().is_none_or(|status| summary.status == *status)
        && tags.iter().all(|(key, value)| summary.tags.get(*key).is_some_and(|is| is == value))
}

fn pair(text: &str) -> anyhow::Result<(&str, &str)> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, value)),
        _ => bail!("-t {}: not key=value; write it like -t team=blue", one_line(text, 60)),
    }
}

/// A workload that nobody has is a slip of the pen, not an empty list.
fn known(workload: &str, reader: &Reader, summaries: &[Summary]) -> anyhow::Result<()> {
    let mut names: Vec<String> = summaries.iter().map(|summary| summary.workload.clone()).collect();
    names.extend(reader.registry().list()?.into_iter().flatten().map(|installed| installed.manifest.name));
    if names.iter().any(|name| name == workload) {
        return Ok(());
    }
    let shown = one_line(workload, 60);
    match nearest(workload, names.iter().map(String::as_str)) {
        Some(near) => bail!("-w {shown}: there is no such workload; did you mean {near}?"),
        None => bail!("-w {shown}: there is no such workload; `haymaker workload list` shows them"),
    }
}
