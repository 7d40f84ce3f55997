//! A demo's summary for people.

use std::path::{Path, PathBuf};
use std::time::Duration;

use haymaker_tenant::inspect::MailView;

use super::chance::FALSE_ALARM;
use super::summary::{Kind, Shown, Summary};
use crate::render::deployment::{bad, indent};
use crate::render::figures::{count, expectation, moment, plural, span, wrap};
use crate::render::table::{Column, Field, table};
use crate::render::terminal::{Paint, Palette};

/// Lines of a mail that are shown.
const MAIL_LINES: usize = 14;

/// The whole summary.
pub(super) fn render(summary: &Summary, palette: Palette, width: usize) -> String {
    let shown = &summary.shown;
    let mut parts = vec![headline(summary, palette)];
    if !shown.kinds.is_empty() {
        parts.push(indent(&kinds(&shown.kinds, palette, width - 2)));
        parts.push(palette.paint(Paint::Dim, &indent(&legend(&shown.kinds))));
    }
    parts.push(indent(&facts(summary, palette).join("\n")));
    if !shown.mails.is_empty() {
        let title = if shown.mails.len() == 1 {
            "A mail, as it read in the tenant"
        } else {
            "Two mails, as they read in the tenant"
        };
        parts.push(palette.paint(Paint::Bold, title));
        parts.extend(shown.mails.iter().map(|mail| frame(mail, palette, width)));
    }
    parts.push(proof(summary, palette));
    parts.push(next(shown, summary.seed));
    parts.join("\n\n")
}

fn headline(summary: &Summary, palette: Palette) -> String {
    let time = |seconds: f64| span(Duration::try_from_secs_f64(seconds).unwrap_or_default());
    let workers = match summary.workers {
        0 => summary.shown.workload.clone(),
        number => format!("{} of {}", plural(number, "worker", "workers"), summary.shown.workload),
    };
    let text = format!(
        "{workers}: {} simulated in {}, seed {}",
        time(summary.simulated_seconds),
        time(summary.wall_seconds),
        summary.seed
    );
    let about = format!(
        "{} {}, {}",
        summary.deployment_id,
        summary.shown.version,
        summary.workload_digest.get(..12).unwrap_or_default()
    );
    format!("\n{}\n{}", palette.paint(Paint::Bold, &text), palette.paint(Paint::Dim, &about))
}

fn kinds(kinds: &[Kind], palette: Palette, width: usize) -> String {
    let columns = [
        Column::Left("KIND"),
        Column::Right("EXPECTED"),
        Column::Right("ACTUAL"),
        Column::Right("FAILED"),
        Column::Right("UNKNOWN"),
        Column::Left("WITHIN CHANCE"),
    ];
    let rows = kinds.iter().map(|kind| {
        let verdict = match (kind.chance, kind.is_within()) {
            (Some((low, high)), Some(true)) => {
                Field::painted(format!("yes ({} to {})", count(low), count(high)), Paint::Green)
            }
            (Some((low, high)), _) => Field::painted(format!("NO ({} to {})", count(low), count(high)), Paint::Red),
            (None, _) => "-".into(),
        };
        vec![
            kind.name.clone().into(),
            kind.expected.map_or("-".to_owned(), expectation).into(),
            count(kind.tally.done).into(),
            bad(kind.tally.failed, Paint::Red),
            bad(kind.tally.unknown, Paint::Yellow),
            verdict,
        ]
    });
    table(&columns, rows.collect(), palette, width)
}

/// What "within chance" means; nothing where nothing is expected.
fn legend(kinds: &[Kind]) -> String {
    if kinds.iter().all(|kind| kind.expected.is_none()) {
        return "This workload expects no number of anything.".to_owned();
    }
    if kinds.iter().all(|kind| kind.chance.is_none()) {
        return "No verdict: one act leads to others here, so that counts vary more than independent ones do."
            .to_owned();
    }
    format!(
        "Within chance: inside the two-sided {} % Poisson interval of its expectation, all kinds together.",
        FALSE_ALARM * 100.0
    )
}

fn facts(summary: &Summary, palette: Palette) -> Vec<String> {
    let Shown { said, delivered, requests, .. } = &summary.shown;
    let mut facts = Vec::new();
    if let Some(said) = said {
        facts.push(format!("{:<10}  {said}", "workload"));
    }
    let unwell = |number: u64, what: &str| match number {
        0 => format!("0 {what}"),
        number => palette.paint(Paint::Red, &format!("{} {what}", count(number))),
    };
    facts.push(format!(
        "{:<10}  {}, {}",
        "in all",
        unwell(summary.failed, "failed"),
        unwell(summary.unknown, "unknown")
    ));
    facts.push(format!("{:<10}  {} into inboxes", "delivered", plural(*delivered, "mail", "mails")));
    facts.push(format!(
        "{:<10}  {} to Graph, {} throttled, {} retried",
        "requests",
        count(requests.sent),
        count(requests.throttled),
        count(requests.retried)
    ));
    facts
}

/// A mail in a frame that is open to the right: names are long, and a broken edge is ugly.
fn frame(mail: &MailView, palette: Palette, width: usize) -> String {
    let inner = width.saturating_sub(6);
    let mut lines = Vec::new();
    let heads = [
        ("From", mail.from.clone()),
        ("To", recipients(&mail.to)),
        ("Date", format!("{} UTC", moment(&mail.received))),
    ];
    for (name, text) in heads.into_iter().chain([("Subject", mail.subject.clone())]) {
        for (n, line) in wrap(&text, inner.saturating_sub(9)).into_iter().enumerate() {
            let name = if n == 0 { name } else { "" };
            let line = if name == "Subject" { palette.paint(Paint::Bold, &line) } else { line };
            lines.push(format!("{}{line}", palette.paint(Paint::Dim, &format!("{name:<9}"))));
        }
    }
    lines.push(String::new());
    let body: Vec<String> = mail.body.trim().lines().flat_map(|line| wrap(line, inner)).collect();
    let cut = body.len() > MAIL_LINES;
    lines.extend(body.into_iter().take(MAIL_LINES));
    if cut {
        lines.push(palette.paint(Paint::Dim, "[...]"));
    }
    let edge = |corner: &str| palette.paint(Paint::Dim, &format!("  {corner}{}", "─".repeat(inner + 2)));
    let side = palette.paint(Paint::Dim, "  │");
    let body = lines.into_iter().map(|line| format!("{side} {line}").trim_end().to_owned());
    std::iter::once(edge("┌")).chain(body).chain([edge("└")]).collect::<Vec<_>>().join("\n")
}

/// Who gets a mail: by address if it is one, by name if they are several, as mail programs show it.
fn recipients(to: &[String]) -> String {
    let name = |address: &String| address.split_once(" <").map_or(address.clone(), |(name, _)| name.to_owned());
    match to {
        [one] => one.clone(),
        several => several.iter().map(name).collect::<Vec<_>>().join(", "),
    }
}

/// What was made, what is gone, and whom it concerned.
fn proof(summary: &Summary, palette: Palette) -> String {
    let Shown { created, removed, kept, bystanders, .. } = &summary.shown;
    let touched = match summary.bystanders_touched {
        0 => "0".to_owned(),
        number => palette.paint(Paint::Red, &count(number)),
    };
    let left = format!("{} left in the tenant", count(summary.tenant_left));
    let left = palette.paint(if summary.tenant_left == 0 { Paint::Green } else { Paint::Red }, &left);
    // What no application can take away is not gone, and is not said to be.
    let chats = match kept {
        0 => String::new(),
        kept => format!("{}, empty of people; ", plural(*kept, "chat", "chats")),
    };
    let talked = summary.activities.keys().any(|kind| kind.starts_with("teams."));
    let stays = match talked {
        true => format!("\nstays         {chats}deleted groups, for 30 days (Microsoft keeps them)"),
        false => String::new(),
    };
    format!(
        "{} created, {} removed, {left}{stays}\nbystanders touched: {touched} (of {}, by a hash over all that is theirs, before and after)",
        count(*created),
        count(*removed),
        count(*bystanders as u64)
    )
}

fn next(shown: &Shown, seed: u64) -> String {
    let program = program();
    let program = program.trim_end();
    let again =
        format!("{program} demo --workload {} --seed {} --export truth.jsonl", shown.workload, seed.wrapping_add(1));
    let again = again.replace(&format!(" --workload {}", crate::args::FLAGSHIP), "");
    format!("Try next:\n  {again}\n  {program} workload info {}", shown.workload)
}

/// How to call this program again, from here: by its name if the shell finds it, else by its path.
pub(super) fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_default();
    if called.components().count() <= 1 {
        return "haymaker".to_owned();
    }
    let here = std::env::current_dir().unwrap_or_default();
    let near: &Path = called.strip_prefix(&here).unwrap_or(&called);
    near.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use haymaker_platform::report::{Requests, Tally};

    use super::*;

    fn summary() -> Summary {
        let mail = MailView {
            id: "1".to_owned(),
            folder: "Inbox".to_owned(),
            internet_message_id: "<a@b>".to_owned(),
            received: "2026-01-05T09:14:05Z".to_owned(),
            from: "Priya Nair <priya@contoso.example>".to_owned(),
            to: vec!["Tom Berg <tom@contoso.example>".to_owned()],
            subject: "Q1 pipeline".to_owned(),
            body: "Hi Tom,\n\nthe numbers are in.".to_owned(),
            is_read: true,
            is_draft: false,
            headers: BTreeMap::new(),
        };
        let tally = Tally { expected: Some(2_700.0), done: 2_701, ..Tally::default() };
        Summary {
            deployment_id: "m365-knowledge-worker-00c0ffee".to_owned(),
            workers: 25,
            activities: BTreeMap::new(),
            expected: BTreeMap::new(),
            failed: 0,
            unknown: 0,
            tenant_left: 0,
            bystanders_touched: 0,
            simulated_seconds: 86_400.0,
            wall_seconds: 21.4,
            seed: 1,
            workload_digest: "0123456789abcdef".to_owned(),
            problems: Vec::new(),
            shown: Shown {
                workload: "m365-knowledge-worker".to_owned(),
                version: "0.1.0".to_owned(),
                said: None,
                kinds: vec![Kind {
                    name: "mail".to_owned(),
                    tally,
                    expected: Some(2_700.0),
                    chance: Some((2_531, 2_873)),
                }],
                delivered: 4_590,
                requests: Requests { sent: 8_100, throttled: 0, retried: 0 },
                mails: vec![mail],
                created: 25,
                removed: 25,
                kept: 0,
                bystanders: 500,
            },
        }
    }

    #[test]
    fn everything_that_counts_is_said() {
        let text = render(&summary(), Palette::plain(), 100);
        for said in [
            "25 workers of m365-knowledge-worker: 1 d simulated in 21.4 s, seed 1",
            "yes (2,531 to 2,873)",
            "0 failed, 0 unknown",
            "4,590 mails",
            "8,100 to Graph, 0 throttled, 0 retried",
            "Subject  Q1 pipeline",
            "the numbers are in.",
            "25 created, 25 removed, 0 left in the tenant",
            "bystanders touched: 0",
            "demo --seed 2 --export truth.jsonl",
        ] {
            assert!(text.contains(said), "{said:?} is missing in:\n{text}");
        }
    }

    #[test]
    fn what_no_application_can_take_away_is_said_to_stay() {
        let mut summary = summary();
        assert!(!render(&summary, Palette::plain(), 100).contains("stays"));
        summary.activities.insert("teams.chat_message".to_owned(), 1);
        summary.shown.kept = 3;
        assert!(
            render(&summary, Palette::plain(), 100).contains("stays         3 chats, empty of people; deleted groups")
        );
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        let text = render(&summary(), Palette::plain(), 100);
        // But commands, which are there to be copied whole, and begin with wherever this program lies.
        let program = program();
        for line in text.lines().filter(|line| !line.trim_start().starts_with(&program)) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }
}
