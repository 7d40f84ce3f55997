//! `verify-realism`: whether an export reads as the office that its table of assumptions describes.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use haymaker_platform::manifest::Manifest;
use haymaker_platform::reader::Reader;
use haymaker_realism::check::{Check, FAMILY, Verdict};
use haymaker_realism::line::{self, Line};
use haymaker_realism::setting::{Pattern, Terms};
use haymaker_realism::table::Table;
use haymaker_realism::{Report, examine};
use serde_json::{Value, json};

use crate::args::{Dates, DayPattern, VerifyRealism, dates};
use crate::exit::Exit;
use crate::render::figures::plural;
use crate::render::table::{Column, Field, table};
use crate::render::terminal::{Paint, Palette, print, print_json, say, width};

/// The manifest that came with this program: its table leaves nothing out.
const MANIFEST: &str = include_str!("../../../../workload.yaml");

/// Examines an export.
pub(crate) fn run(home: &Home, args: &VerifyRealism) -> anyhow::Result<Exit> {
    let lines = read(&args.export)?;
    let usual = Manifest::parse(MANIFEST, "workload.yaml")?.activity_patterns;
    let table = Table::read(&usual, &patterns(args.manifest.as_deref())?)?;
    let known = known(home, &lines)?;
    let report = examine(&lines, &table, &terms(args, known.as_ref())?)
        .with_context(|| format!("cannot examine {}", args.export.display()))?;
    if args.output.is_json() {
        print_json(&object(&report))?;
    } else {
        print(&render(&report, Palette::of_stdout()))?;
    }
    if report.count(Verdict::Ok) + report.count(Verdict::Off) == 0 {
        say("haymaker: there is too little in this export to judge anything");
    }
    Ok(if report.passes() { Exit::Done } else { Exit::Refused })
}

fn read(path: &Path) -> anyhow::Result<Vec<Line>> {
    let shown = path.display();
    let from: Box<dyn BufRead> = if path.as_os_str() == "-" {
        Box::new(std::io::stdin().lock())
    } else if path.is_dir() {
        bail!("cannot read {shown}: it is a folder; name a file that `haymaker export` wrote")
    } else {
        Box::new(BufReader::new(File::open(path).with_context(|| format!("cannot read {shown}"))?))
    };
    line::read(from).with_context(|| format!("cannot examine {shown}"))
}

/// What a manifest says; nothing where none was named.
fn patterns(manifest: Option<&Path>) -> anyhow::Result<Value> {
    let Some(path) = manifest else { return Ok(json!({})) };
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {shown}"))?;
    Ok(Manifest::parse(&text, &shown)?.activity_patterns)
}

/// The config of the export's deployment, if it is known in this home.
fn known(home: &Home, lines: &[Line]) -> anyhow::Result<Option<Value>> {
    let Some(first) = lines.first() else { return Ok(None) };
    // A home that cannot be read keeps nobody from examining a file; what is not known is found in the lines.
    let Ok(reader) = Reader::open(home) else { return Ok(None) };
    Ok(reader.config(&first.deployment)?)
}

/// What is known of the deployment's config: flags win over what the home knows.
fn terms(args: &VerifyRealism, known: Option<&Value>) -> anyhow::Result<Terms> {
    let text = |key: &str| known.and_then(|config| config.get(key)?.as_str());
    let pattern = args.pattern.map(|pattern| match pattern {
        DayPattern::Flat => Pattern::Flat,
        DayPattern::Office => Pattern::Office,
    });
    let of_config = match text("pattern") {
        Some("flat") => Some(Pattern::Flat),
        Some("office") => Some(Pattern::Office),
        _ => None,
    };
    let holidays = match (&args.holidays, known) {
        (Some(Dates(days)), _) => Some(days.clone()),
        (None, Some(_)) => Some(dates(text("holidays").unwrap_or_default()).map_err(anyhow::Error::msg)?.0),
        (None, None) => None,
    };
    let percent = known.and_then(|config| config.get("activity_variance_percent")?.as_f64());
    Ok(Terms { pattern: pattern.or(of_config), holidays, variance: percent.map(|percent| percent / 100.0) })
}

fn object(report: &Report) -> Value {
    let setting = &report.setting;
    json!({
        "deployment": report.deployment,
        "passes": report.passes(),
        "examined": report.examined,
        "not_done": report.not_done,
        "workers": setting.workers.len(),
        "pattern": setting.pattern,
        "pattern_found": setting.pattern_found,
        "days_off": setting.off,
        "days_off_found": setting.off_found,
        "false_alarm_rate": FAMILY,
        "ok": report.count(Verdict::Ok),
        "off": report.count(Verdict::Off),
        "too_few": report.count(Verdict::TooFew),
        "checks": report.checks,
    })
}

fn render(report: &Report, palette: Palette) -> String {
    let columns = [
        Column::Left("CHECK"),
        Column::Right("EXPECTED"),
        Column::Right("LET PASS"),
        Column::Right("OBSERVED"),
        Column::Right("N"),
        Column::Left("VERDICT"),
    ];
    let rows = report.checks.iter().map(row).collect();
    // As wide as the rows are: a verdict that is cut serves nobody.
    let table = table(&columns, rows, palette, width().max(140));
    format!("{}\n\n{table}\n\n{}", head(report, palette), foot(report, palette))
}

fn head(report: &Report, palette: Palette) -> String {
    let setting = &report.setting;
    let found = |found: bool, how: &str| if found { format!(" (found in the lines; {how})") } else { String::new() };
    let pattern = match setting.pattern {
        Pattern::Flat => "flat",
        Pattern::Office => "office",
    };
    let off: Vec<String> = setting.off.iter().map(ToString::to_string).collect();
    let off = if off.is_empty() { "none".to_owned() } else { off.join(", ") };
    let not_done = match report.not_done {
        0 => String::new(),
        count => format!("; {} not done, and not examined", plural(count as u64, "more was", "more were")),
    };
    [
        palette.paint(Paint::Bold, &report.deployment),
        format!(
            "{} of {}{not_done}",
            plural(report.examined as u64, "benign activity", "benign activities"),
            plural(setting.workers.len() as u64, "worker", "workers")
        ),
        format!("pattern   {pattern}{}", found(setting.pattern_found, "--pattern says it")),
        format!("holidays  {off}{}", found(setting.off_found, "--holidays says them")),
    ]
    .join("\n")
}

fn foot(report: &Report, palette: Palette) -> String {
    let [ok, off, few] = [Verdict::Ok, Verdict::Off, Verdict::TooFew].map(|verdict| report.count(verdict));
    let paint = if off > 0 { Paint::Red } else { Paint::Green };
    let verdict = palette.paint(paint, &format!("{ok} ok, {off} off, {few} too few to tell"));
    format!("{verdict}. If all is as the table says, the chance that any line is off is at most {} %.", FAMILY * 100.0)
}

fn row(check: &Check) -> Vec<Field> {
    let verdict = match check.verdict {
        Verdict::Ok => Paint::Green,
        Verdict::Off => Paint::Red,
        Verdict::TooFew => Paint::Dim,
    };
    vec![
        check.check.clone().into(),
        figure(check.expected).into(),
        format!("{} to {}", figure(check.from), figure(check.to)).into(),
        figure(check.observed).into(),
        check.n.to_string().into(),
        Field::painted(check.verdict.word(), verdict),
    ]
}

/// Three figures that count.
fn figure(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        at if at < 0.1 => format!("{value:.3}"),
        at if at < 10.0 => format!("{value:.2}"),
        at if at < 100.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_this_programs_own_manifest_is_whole() {
        let usual = Manifest::parse(MANIFEST, "workload.yaml").unwrap().activity_patterns;
        assert_eq!(Table::read(&usual, &json!({})).unwrap().rates("sales").email_per_hour, 12.0);
    }

    #[test]
    fn flags_win_over_the_config_and_without_either_both_are_left_to_be_found() {
        let args = |pattern| VerifyRealism {
            export: "x".into(),
            manifest: None,
            pattern,
            holidays: None,
            output: crate::args::Output { format: crate::args::Format::Text },
        };
        let config =
            json!({"pattern": "office", "holidays": "2026-01-06, 2026-01-07", "activity_variance_percent": 20.0});
        let known = terms(&args(None), Some(&config)).unwrap();
        assert_eq!((known.pattern, known.variance), (Some(Pattern::Office), Some(0.2)));
        assert_eq!(known.holidays.unwrap().len(), 2);
        assert_eq!(terms(&args(Some(DayPattern::Flat)), Some(&config)).unwrap().pattern, Some(Pattern::Flat));
        let found = terms(&args(None), None).unwrap();
        assert!(found.pattern.is_none() && found.holidays.is_none());
    }

    #[test]
    fn figures_are_as_exact_as_they_need_to_be() {
        assert_eq!([0.0, 0.0213, 0.4545, 12.04, 208.4].map(figure), ["0", "0.021", "0.45", "12.0", "208"]);
    }
}
