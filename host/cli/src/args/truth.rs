//! What was done: as lines to join to logs, and judged.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::Output;

/// The ground truth, as JSON Lines in order.
///
/// Each line is one thing that was done, refused, or may have happened: who (`worker`, `upn`, `user_id`, `department`,
/// `time_zone`), what (`kind`, `label`, `status`, `recipients`, `subject`, `in_reply_to`), when (`due`, `at`; RFC 3339, UTC),
/// by which ids the tenant knows it (`object_id`, `internet_message_id`, `ical_uid`, `team_id`, `drive_id`, ...), and every
/// request that was made for it (`requests`: `request_id`, `batch_id`, `token_uti`, `method`, `path`, `status`, `sent`,
/// `received`). What does not apply is absent; what nobody knows is null. `label` is `benign` for what simulated people do,
/// and `infrastructure` for provisioning, polling and cleanup.
///
/// `--queries` prints KQL that joins it to the tenant's logs: `request_id` to MicrosoftGraphActivityLogs, `token_uti` to its
/// SignInActivityId and to the sign-ins, `internet_message_id` to the mail tables, `file_name` to SharePoint's audit.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haymaker export @last --kind email.send -o truth.jsonl\n  \
    haymaker export @last --what entities --format csv -o watchlist.csv\n  \
    haymaker export --queries > joins.kql")]
pub(crate) struct Export {
    /// A deployment: its id, the unique beginning of it, or @last.
    #[arg(value_name = "ID", required_unless_present = "queries")]
    pub(crate) id: Option<String>,
    /// activities: what was done; requests: every HTTP request made for it, each attempt; entities: what was created, with
    /// where it stands (intended, live, deleted; adopted, released).
    #[arg(long, value_enum, default_value_t, value_name = "WHAT")]
    pub(crate) what: What,
    /// Only what was due (of entities: intended) from this moment on (RFC 3339, like 2026-01-05T12:00:00Z).
    #[arg(long, value_name = "TIME", value_parser = moment)]
    pub(crate) since: Option<u64>,
    /// Only this kind; several with several --kind.
    #[arg(long = "kind", value_name = "KIND")]
    pub(crate) kinds: Vec<String>,
    /// Writes a file, whole or not at all, instead of standard output.
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// json: one object a line. csv: a table with a heading, for entities; a watchlist.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// Prints KQL that joins an export to a tenant's logs, and nothing else.
    #[arg(long, exclusive = true)]
    pub(crate) queries: bool,
}

/// How an export is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    #[default]
    Json,
    Csv,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    #[default]
    Activities,
    Requests,
    Entities,
}

/// Whether a ground truth reads as the office that its table of assumptions describes.
///
/// What simulated people did (lines labelled `benign`) is held against the manifest's `activity_patterns`: how much they
/// did and when, whom they wrote to, how long answers took, how threads went on, what they met about. Each check has a
/// line: what is expected, the range that is let pass, what was observed, on how many independent observations
/// (worker-days, mails, threads, meetings) that rests, and a verdict. Only what there are lines of is checked.
///
/// The chance that a right export has any line that is off is at most 0.1 %: the checks share it equally (Bonferroni).
/// Errors are estimated between worker-days, so that bursts and busy days are no alarm. `too few` is no verdict: there is
/// too little to tell.
///
/// An export does not say under which pattern and with which holidays it came to be. If its deployment is known here, its
/// config is used; --pattern and --holidays win over it. Otherwise both are found in the lines, and the report says so.
/// Export the whole run (no --since, no --kind).
#[derive(Debug, Args)]
#[command(after_help = "Exit codes: 0 nothing is off; 1 something is, or nothing could be judged.\n\n\
    Examples:\n  haymaker export @last -o truth.jsonl && haymaker verify-realism truth.jsonl\n  \
    haymaker verify-realism truth.jsonl --pattern office --holidays 2026-01-06 --format json")]
pub(crate) struct VerifyRealism {
    /// A file that `haymaker export` wrote; - for standard input.
    #[arg(value_name = "EXPORT")]
    pub(crate) export: PathBuf,
    /// The manifest whose activity_patterns it is held against. [default: the one that came with this program]
    #[arg(long, value_name = "FILE")]
    pub(crate) manifest: Option<PathBuf>,
    /// How they behaved over a day.
    #[arg(long, value_enum, value_name = "PATTERN")]
    pub(crate) pattern: Option<DayPattern>,
    /// Days on which nobody worked, with commas between them; an empty text for none.
    #[arg(long, value_name = "DATES", value_parser = dates)]
    pub(crate) holidays: Option<Dates>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// The patterns of the flagship.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DayPattern {
    Flat,
    Office,
}

/// Days.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dates(pub(crate) std::collections::BTreeSet<chrono::NaiveDate>);

/// Reads days, as a config writes them.
pub(crate) fn dates(text: &str) -> Result<Dates, String> {
    let days = text.split(',').map(str::trim).filter(|day| !day.is_empty());
    let day = |day: &str| day.parse().map_err(|_| format!("`{day}` is no date; write them like 2026-12-25,2027-01-01"));
    days.map(day).collect::<Result<_, _>>().map(Dates)
}

fn moment(text: &str) -> Result<u64, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .ok()
        .and_then(|at| u64::try_from(at.timestamp_millis()).ok())
        .ok_or_else(|| "not a moment; write it like 2026-01-05T12:00:00Z".to_owned())
}
