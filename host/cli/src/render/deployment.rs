//! One deployment, whole: what `status` shows.

use std::collections::BTreeMap;

use haymaker_platform::permissions;
use haymaker_platform::report::{Llm, Report, Summary, Tally, Texts};
use haymaker_platform::tenants::NOWHERE;
use haymaker_store::Grant;
use serde_json::Value;

use super::figures::{count, expectation, moment, one_line, plural};
use super::table::{Column, Field, table};
use super::terminal::{Paint, Palette};

/// A status with its condition, in the colour of how it is.
pub(crate) fn status_field(summary: &Summary) -> Field {
    let text = match &summary.condition {
        Some(condition) => format!("{} ({})", summary.status, one_line(condition, 60)),
        None => summary.status.clone(),
    };
    match status_paint(summary) {
        Some(paint) => Field::painted(text, paint),
        None => text.into(),
    }
}

fn status_paint(summary: &Summary) -> Option<Paint> {
    match (summary.status.as_str(), &summary.condition) {
        ("failed", _) => Some(Paint::Red),
        (_, Some(_)) => Some(Paint::Yellow),
        ("running" | "completed", None) => Some(Paint::Green),
        _ => None,
    }
}

/// A whole deployment in lines.
pub(crate) fn render(report: &Report, palette: Palette, width: usize) -> String {
    let mut lines = vec![headline(&report.summary, palette)];
    lines.extend(facts(report).into_iter().map(|(name, text)| format!("  {name:<11} {text}")));
    if !report.activities.is_empty() {
        lines.push(String::new());
        lines.push(indent(&activities(&report.activities, palette, width - 2)));
    }
    if let Some(error) = &report.last_error {
        lines.push(String::new());
        lines.push(format!("  last error  {}", palette.paint(Paint::Yellow, &one_line(error, 300))));
    }
    lines.join("\n")
}

fn headline(summary: &Summary, palette: Palette) -> String {
    let condition = summary.condition.as_ref().map(|condition| format!(", {condition}")).unwrap_or_default();
    let status = format!("{}{condition}", summary.status);
    let status = status_paint(summary).map_or_else(|| status.clone(), |paint| palette.paint(paint, &status));
    format!("{}  {status}", palette.paint(Paint::Bold, &summary.deployment_id))
}

fn facts(report: &Report) -> Vec<(&'static str, String)> {
    let Report { summary, tasks, requests, ledger, .. } = report;
    let mut facts = vec![
        ("phase", with_reason(&summary.phase, &report.reason)),
        (
            "workload",
            format!(
                "{} {} ({})",
                summary.workload,
                summary.version,
                report.workload_digest.get(..12).unwrap_or_default()
            ),
        ),
        (
            "tenant",
            if summary.tenant == NOWHERE {
                NOWHERE.to_owned()
            } else {
                format!("{} at {}", summary.tenant, report.graph)
            },
        ),
        ("config", config(&report.config)),
    ];
    facts.extend(features(&report.features).map(|text| ("permitted", text)));
    if !summary.tags.is_empty() {
        let tags: Vec<String> = summary.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
        facts.push(("tags", tags.join(" ")));
    }
    let until = report.until.as_ref().map_or("until stopped".to_owned(), |until| format!("until {}", moment(until)));
    facts.push(("time", format!("{} since {}, {until} (UTC)", moment(&report.clock), moment(&summary.created))));
    facts.push(("seed", report.seed.to_string()));
    facts.push(("host", report.host.clone().unwrap_or_else(|| "none".to_owned())));
    if let Some(said) = &report.said {
        facts.push(("says", one_line(said, 200)));
    }
    if !report.workers.is_empty() {
        facts.push(("workers", ready(report)));
    }
    facts.push((
        "tasks",
        format!(
            "{} open, {} done, {} failed, {} skipped, {} unknown",
            count(tasks.open),
            count(tasks.done),
            count(tasks.failed),
            count(tasks.skipped),
            count(tasks.unknown)
        ),
    ));
    facts.push((
        "requests",
        format!(
            "{} sent, {} throttled, {} retried",
            count(requests.sent),
            count(requests.throttled),
            count(requests.retried)
        ),
    ));
    if let Some(model) = model(&report.llm) {
        facts.push(("model", model));
    }
    if report.llm.provider.is_some() || report.llm.calls + report.llm.refused > 0 {
        facts.extend(texts(&report.llm.texts).map(|texts| ("texts", texts)));
    }
    // What was intended and not heard of again may be there: it is not said to be.
    let live = ledger.created.saturating_sub(ledger.deleted + ledger.kept);
    let doubtful = match ledger.live.saturating_sub(live) {
        0 => String::new(),
        number => format!("{} being made, ", count(number)),
    };
    let (created, live, deleted) = (count(ledger.created), count(live), count(ledger.deleted));
    facts.push(("in tenant", format!("{created} created, {live} live, {doubtful}{deleted} deleted")));
    facts
}

/// Which language model was asked, how often, and with what success; none where none was to be.
fn model(llm: &Llm) -> Option<String> {
    let name = match (&llm.provider, &llm.model) {
        (Some(provider), Some(model)) => format!("{provider} {model}"),
        _ if llm.calls + llm.refused > 0 => "none now".to_owned(),
        _ => return None,
    };
    Some(format!(
        "{name}: {} calls, {} failed, {} refused, {} tokens read, {} written",
        count(llm.calls),
        count(llm.failed),
        count(llm.refused),
        count(llm.input_tokens),
        count(llm.output_tokens)
    ))
}

/// Who wrote the texts, by kind: the model's share.
fn texts(texts: &BTreeMap<String, Texts>) -> Option<String> {
    let share = |(kind, texts): (&String, &Texts)| {
        let all = texts.llm + texts.template;
        format!("{kind} {} of {} by the model", count(texts.llm), count(all))
    };
    let shares: Vec<String> = texts.iter().map(share).collect();
    (!shares.is_empty()).then(|| shares.join(", "))
}

/// What the tenant permits of a workload's features, and what is to be said of the others; none where it has none.
pub(crate) fn features(grants: &BTreeMap<String, Grant>) -> Option<String> {
    // Ways to have a feature, which have a dot in their names, are the workload's own affair.
    let is_on = |(name, grant): &(&String, &Grant)| grant.granted && !name.contains('.');
    let on: Vec<&str> = grants.iter().filter(is_on).map(|(name, _)| name.as_str()).collect();
    let on = if on.is_empty() { "none".to_owned() } else { on.join(", ") };
    let remarks = grants.iter().filter_map(|(name, grant)| permissions::remark(name, grant));
    (!grants.is_empty()).then(|| std::iter::once(on).chain(remarks).collect::<Vec<_>>().join("; "))
}

fn with_reason(phase: &str, reason: &str) -> String {
    match (phase, reason) {
        ("", "") => "-".to_owned(),
        (phase, "") => phase.to_owned(),
        (phase, reason) => format!("{phase}: {reason}"),
    }
}

fn config(config: &Value) -> String {
    let pairs = config.as_object().into_iter().flatten().map(|(key, value)| match value {
        Value::String(text) => format!("{key}={text}"),
        value => format!("{key}={value}"),
    });
    let text = pairs.collect::<Vec<_>>().join(" ");
    if text.is_empty() { "-".to_owned() } else { one_line(&text, 400) }
}

/// How many workers are ready for what.
fn ready(report: &Report) -> String {
    let mut by_feature: BTreeMap<&str, u64> = BTreeMap::new();
    for feature in report.workers.iter().flat_map(|worker| &worker.ready) {
        *by_feature.entry(feature).or_default() += 1;
    }
    let parts: Vec<String> =
        by_feature.iter().map(|(feature, number)| format!("{} ready for {feature}", count(*number))).collect();
    let all = plural(report.workers.len() as u64, "worker", "workers");
    match (parts.is_empty(), report.ledger.created) {
        (false, _) => format!("{all}: {}", parts.join(", ")),
        (true, created) if created > 0 && report.ledger.live == 0 => format!("{all}, all of them gone"),
        (true, _) => format!("{all}, none ready yet"),
    }
}

/// Activities by kind, against what was expected up to now; infrastructure below the people's doings.
pub(crate) fn activities(tallies: &BTreeMap<String, Tally>, palette: Palette, width: usize) -> String {
    let columns = [
        Column::Left("KIND"),
        Column::Right("EXPECTED"),
        Column::Right("DONE"),
        Column::Right("FAILED"),
        Column::Right("UNKNOWN"),
        Column::Right("SKIPPED"),
    ];
    let mut sorted: Vec<_> = tallies.iter().collect();
    sorted.sort_by_key(|(kind, tally)| (tally.infrastructure, (*kind).clone()));
    let rows = sorted.into_iter().map(|(kind, tally)| {
        vec![
            if tally.infrastructure { Field::painted(kind, Paint::Dim) } else { kind.clone().into() },
            tally.expected.map_or("-".to_owned(), expectation).into(),
            count(tally.done).into(),
            bad(tally.failed, Paint::Red),
            bad(tally.unknown, Paint::Yellow),
            count(tally.skipped).into(),
        ]
    });
    table(&columns, rows.collect(), palette, width)
}

/// A number that ought to be zero.
pub(crate) fn bad(number: u64, paint: Paint) -> Field {
    if number == 0 { "0".into() } else { Field::painted(count(number), paint) }
}

/// Two spaces before every line.
pub(crate) fn indent(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn summary(status: &str, condition: Option<&str>) -> Summary {
        Summary {
            deployment_id: "heartbeat-0123abcd".to_owned(),
            workload: "heartbeat".to_owned(),
            version: "0.1.0".to_owned(),
            status: status.to_owned(),
            phase: "beating".to_owned(),
            condition: condition.map(str::to_owned),
            tenant: "simulated:t".to_owned(),
            tags: BTreeMap::new(),
            created: "2026-01-05T08:00:00.000Z".to_owned(),
        }
    }

    #[test]
    fn what_no_host_runs_does_not_look_as_if_all_were_well() {
        assert_eq!(status_field(&summary("running", None)), Field::painted("running", Paint::Green));
        let interrupted = status_field(&summary("interrupted", Some("its host is gone")));
        assert_eq!(interrupted, Field::painted("interrupted (its host is gone)", Paint::Yellow));
    }

    #[test]
    fn a_model_is_told_with_its_calls_and_its_share_of_the_texts() {
        assert_eq!(model(&Llm::default()), None);
        let mut llm = Llm { calls: 1_200, failed: 600, input_tokens: 3, output_tokens: 4, ..Llm::default() };
        let counts = "1,200 calls, 600 failed, 0 refused, 3 tokens read, 4 written";
        assert_eq!(model(&llm), Some(format!("none now: {counts}")));
        (llm.provider, llm.model) = (Some("openai".to_owned()), Some("m".to_owned()));
        assert_eq!(model(&llm), Some(format!("openai m: {counts}")));
        let kinds = [("email.reply", 1, 2), ("email.send", 600, 600)];
        let kinds = kinds.map(|(kind, llm, template)| (kind.to_owned(), Texts { llm, template }));
        let expected = "email.reply 1 of 3 by the model, email.send 600 of 1,200 by the model";
        assert_eq!(texts(&BTreeMap::from(kinds)).as_deref(), Some(expected));
    }

    #[test]
    fn features_that_are_off_are_named_with_what_they_lack() {
        let mut grants = BTreeMap::new();
        assert_eq!(features(&grants), None);
        grants.insert("mail".to_owned(), Grant { granted: true, ..Grant::default() });
        grants.insert(
            "documents".to_owned(),
            Grant { missing: vec!["Files.ReadWrite.All".to_owned()], ..Grant::default() },
        );
        let text = features(&grants).unwrap();
        assert_eq!(text, "mail; documents is off: the application lacks Files.ReadWrite.All");
    }

    #[test]
    fn peoples_doings_stand_above_infrastructure_and_failures_stand_out() {
        let mut tallies = BTreeMap::new();
        tallies.insert("a.provision".to_owned(), Tally { done: 25, infrastructure: true, ..Tally::default() });
        tallies.insert("mail".to_owned(), Tally { expected: Some(270.2), done: 280, failed: 1, ..Tally::default() });
        let text = activities(&tallies, Palette::plain(), 80);
        let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        let cells: Vec<Vec<&str>> = lines.iter().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(cells[1], ["mail", "270", "280", "1", "0", "0"]);
        assert_eq!(cells[2], ["a.provision", "-", "25", "0", "0", "0"]);
    }
}
