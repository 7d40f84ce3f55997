//! The command line: every command, its flags, and an example of each. What does not exist is not here.

mod tenant;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use haymaker_platform::report::HALTS;
use haymaker_store::Status;

use self::tenant::TENANT;
pub(crate) use self::tenant::{Behaviour, Inspect, Simulate, Switch, Tenant, Throttle};

/// Runs workloads in Microsoft 365 tenants, and takes away what they made.
#[derive(Debug, Parser)]
#[command(
    name = "haymaker",
    version,
    max_term_width = 100,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    after_help = "Examples:\n  \
        haymaker demo                                              a whole day, simulated, in one command\n  \
        haymaker deploy m365-knowledge-worker -c workers=10 -d 8   ten workers for eight hours\n  \
        haymaker watch @last                                       what the newest deployment does\n\n\
        Everything is kept in $HAYMAKER_HOME (default ~/.haymaker).\n\
        Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 and 4: see `watch --help`."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Deploy(Deploy),
    Status(Shown),
    List(List),
    Logs(Logs),
    Watch(Watch),
    Stop(Stop),
    Start(Start),
    Cleanup(Cleanup),
    Export(Export),
    VerifyRealism(VerifyRealism),
    /// The simulated people of a deployment.
    #[command(subcommand, arg_required_else_help = true, after_help = "Example:\n  haymaker worker list @last")]
    Worker(Worker),
    /// Installed workloads.
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "Example:\n  haymaker workload info m365-knowledge-worker"
    )]
    Workload(Workload),
    /// Tenants: a simulated one, and a look inside.
    #[command(
        subcommand,
        arg_required_else_help = true,
        after_help = "Example:\n  haymaker tenant simulate > tenant.env &"
    )]
    Tenant(Tenant),
    /// The host: the process that runs deployments.
    #[command(subcommand, arg_required_else_help = true, after_help = "Example:\n  haymaker host status")]
    Host(Host),
    /// The same as `host run`.
    #[command(hide = true)]
    Serve(Run),
    Demo(Demo),
    Completions(Completions),
}

/// How to show things.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs: stable field names, one object (or one line per object).
    Json,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Output {
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub(crate) format: Format,
}

impl Output {
    pub(crate) fn is_json(self) -> bool {
        self.format == Format::Json
    }
}

/// Which deployment: its id, the unique beginning of one, or `@last`.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// A deployment: its id, the unique beginning of it, or @last.
    #[arg(value_name = "ID")]
    pub(crate) id: String,
}

/// Puts a workload to work in a tenant.
///
/// The tenant is that of KW_TENANT_ID; the workload's credentials come from the environment. Everything is checked before
/// anything is created. The command returns as soon as the deployment is accepted; the work goes on in the host.
///
/// Where the config turns on a language model (enable_ai_generation), that comes from the environment, too. LLM_PROVIDER
/// says whose it is: `anthropic` (ANTHROPIC_API_KEY), `azure_openai` (AZURE_OPENAI_ENDPOINT, AZURE_OPENAI_DEPLOYMENT,
/// AZURE_OPENAI_API_KEY), `azure_ai_foundry` (AZURE_AI_FOUNDRY_ENDPOINT, AZURE_AI_FOUNDRY_MODEL,
/// AZURE_AI_FOUNDRY_API_KEY), or `openai` (OPENAI_API_KEY, OPENAI_MODEL, and OPENAI_BASE_URL for whatever else speaks the
/// same). Instead of a key, Azure's take AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET. LLM_MODEL names the
/// model, LLM_TIMEOUT_SECONDS (120) bounds one call, and LLM_MAX_CALLS (20000), LLM_MAX_TOKENS (20000000),
/// LLM_MAX_CALLS_PER_DAY (10000) and LLM_MAX_TOKENS_PER_DAY (10000000) bound the deployment and its tenant's day. After a
/// restart of the host the model is gone until the deployment is stopped and started with these variables set; meanwhile
/// templates stand in.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    haymaker deploy m365-knowledge-worker -c workers=10 -c department=sales -d 8h --dry-run\n  \
    haymaker deploy m365-knowledge-worker -f office.yaml -t team=blue --then cleanup --watch")]
pub(crate) struct Deploy {
    /// An installed workload (`haymaker workload list`); NAME@VERSION for one version of it.
    #[arg(value_name = "WORKLOAD")]
    pub(crate) workload: Option<String>,
    /// A config value; `haymaker workload info WORKLOAD` lists the keys.
    #[arg(short = 'c', long = "config", value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// A deployment file (YAML); flags win over it.
    #[arg(short = 'f', long = "file", value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// How long: 8 (hours), 8h, 90m, 3d. Without one it runs until it is stopped.
    #[arg(short = 'd', long, value_name = "DURATION", allow_hyphen_values = true)]
    pub(crate) duration: Option<String>,
    /// A tag, kept and shown with the deployment.
    #[arg(short = 't', long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// The number that all chance comes from: the same seed plans the same.
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// What to do as soon as it is over.
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) then: Option<Then>,
    /// Shows what would be done, and does nothing: where, as whom, how much on a day, and what would remain after a
    /// cleanup.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Watches it afterwards.
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) watch: bool,
    /// Does not ask before it acts in a real tenant. Without it, that tenant's default domain is to be typed.
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) output: Output,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Then {
    /// Removes everything that it made.
    Cleanup,
}

/// Where a deployment stands, now.
///
/// True also after a crash: what no host runs is never shown as running.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker status @last")]
pub(crate) struct Shown {
    #[command(flatten)]
    pub(crate) which: Which,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// All deployments, newest first.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker list --status running -t team=blue")]
pub(crate) struct List {
    /// Only those of this workload.
    #[arg(short, long, value_name = "NAME")]
    pub(crate) workload: Option<String>,
    /// Only those with this status: pending, running, stopped, cleaning_up, completed, failed, interrupted, blocked, frozen,
    /// quarantined, stuck.
    #[arg(short, long, value_name = "STATUS", value_parser = shown_status)]
    pub(crate) status: Option<String>,
    /// Only those with this tag; all of several.
    #[arg(short, long = "tag", value_name = "KEY=VALUE")]
    pub(crate) tags: Vec<String>,
    /// At most so many.
    #[arg(short, long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What happened, in lines.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker logs @last --follow")]
pub(crate) struct Logs {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Goes on until the deployment ends, or Ctrl-C.
    #[arg(short, long)]
    pub(crate) follow: bool,
    /// The last so many lines.
    #[arg(short = 'n', long = "lines", value_name = "N", default_value_t = 100)]
    pub(crate) lines: usize,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// What a deployment does, as it does it.
///
/// Ctrl-C detaches; the deployment goes on.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 3 when the time is over first; 4 when it ended in another status than the one waited for.\n\n\
    Example:\n  haymaker watch @last --wait-for completed --timeout 600"
)]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) which: Which,
    /// Ends when the deployment has this status: pending, running, stopped, cleaning_up, completed, failed.
    #[arg(long, value_name = "STATUS", value_parser = status)]
    pub(crate) wait_for: Option<Status>,
    /// Ends after so long: seconds (600), 90s, 10m, 2h.
    #[arg(long, value_name = "TIME", value_parser = patience)]
    pub(crate) timeout: Option<std::time::Duration>,
    #[command(flatten)]
    pub(crate) output: Output,
}

/// Lets a deployment rest: no new tasks, those in flight end. What it made stays.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker stop @last")]
pub(crate) struct Stop {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Lets a stopped deployment go on where it was.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker start @last")]
pub(crate) struct Start {
    #[command(flatten)]
    pub(crate) which: Which,
}

/// Removes everything that a deployment created, and proves it.
///
/// Works from any process and after any crash, and may be repeated. It ends with three counts: what is left in the tenant,
/// what is deleted and can still be restored for a while, and what no call to Microsoft Graph removes.
///
/// With --orphans it finds what earlier runs left in the tenant of KW_TENANT_ID whose home is gone: by their tag, where name
/// and time of creation agree with it. Deployments that this home knows are left alone.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haymaker cleanup @last --dry-run\n  \
    haymaker cleanup @last --yes --proof proof.json\n  haymaker cleanup --orphans --dry-run")]
pub(crate) struct Cleanup {
    /// A deployment: its id, the unique beginning of it, or @last.
    #[arg(value_name = "ID", required_unless_present = "orphans", conflicts_with = "orphans")]
    pub(crate) id: Option<String>,
    /// What earlier runs left in the tenant and nobody here remembers.
    #[arg(long)]
    pub(crate) orphans: bool,
    /// The tenant that is meant: a check, because it is chosen by KW_TENANT_ID.
    #[arg(long, value_name = "ID", requires = "orphans")]
    pub(crate) tenant: Option<String>,
    /// Removes nothing if there are more orphaned things than this.
    #[arg(long, value_name = "N", default_value_t = 500, requires = "orphans")]
    pub(crate) limit: usize,
    /// Lists what would be removed, and removes nothing.
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Does not ask.
    #[arg(short = 'y', long)]
    pub(crate) yes: bool,
    /// Writes what is left, and how that is known (JSON): every thing with the requests that found it gone.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["dry_run", "orphans"])]
    pub(crate) proof: Option<PathBuf>,
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum Worker {
    /// Lists them, with what each is ready for.
    #[command(after_help = "Example:\n  haymaker worker list @last")]
    List(Shown),
    /// Has a worker sign in, so that the deployment can speak as them.
    ///
    /// Shows a code and an address. Whoever is the worker opens the address in a browser, types in the code, signs in as
    /// usual, second factor included, and consents. The host keeps what that gives, sealed, until the deployment is
    /// cleaned up; nobody sees a password. Teams posts need it where the workers are real people.
    #[command(after_help = "Example:\n  haymaker worker sign-in @last \"Ana Ruiz\"\n  \
        haymaker worker sign-in @last ana@contoso.example\n\n\
        In a simulated tenant nobody has a browser; this types the code in:\n  \
        curl -d '{\"user_code\": \"CODE\", \"user\": \"ana@contoso.example\"}' ADDRESS")]
    SignIn(SignIn),
}

#[derive(Debug, Args)]
pub(crate) struct SignIn {
    #[command(flatten)]
    pub(crate) which: Which,
    /// The worker: a name or an address, as `haymaker worker list` shows it.
    #[arg(value_name = "WORKER")]
    pub(crate) worker: String,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Workload {
    /// Lists what is installed.
    #[command(after_help = "Example:\n  haymaker workload list")]
    List(Output),
    /// Installs a workload, or a new version of one. Running deployments keep the version that they have.
    #[command(after_help = "Examples:\n  haymaker workload install target/workloads/heartbeat\n  \
        haymaker workload install heartbeat.wasm     (workload.yaml lies beside it)")]
    Install {
        /// A folder with a workload.yaml and its component, or the component beside its workload.yaml.
        path: PathBuf,
    },
    /// What a workload is, asks for, and can be told.
    #[command(after_help = "Example:\n  haymaker workload info m365-knowledge-worker")]
    Info {
        /// Its name; NAME@VERSION for one version.
        name: String,
        #[command(flatten)]
        output: Output,
    },
    /// Removes a workload that no deployment needs.
    #[command(after_help = "Example:\n  haymaker workload remove heartbeat")]
    Remove {
        /// Its name.
        name: String,
    },
    /// Says whether a workload fits this host and, if not, exactly why.
    #[command(after_help = "Example:\n  haymaker workload verify target/workloads/heartbeat")]
    Verify {
        /// A folder with a workload.yaml and its component, or the component beside its workload.yaml.
        path: PathBuf,
        #[command(flatten)]
        output: Output,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Host {
    /// Runs the host in the foreground (for systemd and containers). Other commands start one when they need it.
    #[command(after_help = "Example:\n  HAYMAKER_HOME=/var/lib/haymaker haymaker host run")]
    Run(Run),
    /// Says whether a host runs, and what it does.
    #[command(after_help = "Example:\n  haymaker host status")]
    Status(Output),
    /// Ends the host. Deployments stay as they are; the next host takes them up.
    #[command(after_help = "Example:\n  haymaker host stop")]
    Stop,
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// Calls that run at the same time.
    #[arg(long, value_name = "N", default_value_t = PERMITS, value_parser = permits)]
    pub(crate) permits: usize,
    /// Set by commands that start a host: it leaves their session, so that closing the terminal does not end it.
    #[arg(long, hide = true)]
    pub(crate) background: bool,
}

/// Calls at the same time: enough to keep a slow network busy, few enough for a laptop's memory.
pub(crate) const PERMITS: usize = 16;

/// A whole simulated day in one command: tenant, host, workers, cleanup and proof.
///
/// Everything happens on this machine, in a folder of its own that is removed at the end.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  haymaker demo --seed 7 --export truth.jsonl\n  \
    haymaker demo -c workers=100 -c department=engineering --days 5\n  \
    haymaker demo --throttle documented --delays\n  \
    haymaker demo --workload target/workloads/heartbeat -c beats=10")]
pub(crate) struct Demo {
    /// A preinstalled workload's name, or the folder of another. [default: m365-knowledge-worker]
    #[arg(long, value_name = "NAME|PATH")]
    pub(crate) workload: Option<String>,
    /// A deployment file (YAML); flags win over it.
    #[arg(long, value_name = "FILE")]
    pub(crate) config_file: Option<PathBuf>,
    /// A config value.
    #[arg(short = 'c', long = "config", value_name = "KEY=VALUE")]
    pub(crate) config: Vec<String>,
    /// Simulated days, from Monday 08:00 on. The default is one, or the file's duration.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=366))]
    pub(crate) days: Option<u32>,
    /// The number that all chance comes from: the same seed gives the same day, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Writes the ground truth (JSON Lines).
    #[arg(long, value_name = "FILE")]
    pub(crate) export: Option<PathBuf>,
    /// Calls that run at the same time.
    #[arg(long, value_name = "N", default_value_t = PERMITS, value_parser = permits)]
    pub(crate) permits: usize,
    /// Leaves the demo's home in place, to look around.
    #[arg(long)]
    pub(crate) keep: bool,
    #[command(flatten)]
    pub(crate) output: Output,
    /// Lets new things take as long as in a real tenant: replication, mailboxes, delivery. Without it all is true at once.
    #[arg(long, help_heading = TENANT)]
    pub(crate) delays: bool,
    #[command(flatten)]
    pub(crate) behaviour: Behaviour,
}

/// The workload that this program is known for.
pub(crate) const FLAGSHIP: &str = "m365-knowledge-worker";

/// Completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker completions bash > ~/.local/share/bash-completion/completions/haymaker")]
pub(crate) struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

fn status(word: &str) -> Result<Status, String> {
    word.parse().map_err(|_| {
        let all: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).collect();
        format!("there is no such status; one of: {}", all.join(", "))
    })
}

/// A status as deployments are shown with: one that nobody works for says why, whatever it was at.
fn shown_status(word: &str) -> Result<String, String> {
    let known: Vec<&str> = Status::ALL.iter().map(|status| status.as_str()).chain(HALTS).collect();
    match known.contains(&word) {
        true => Ok(word.to_owned()),
        false => Err(format!("there is no such status; one of: {}", known.join(", "))),
    }
}

/// How long somebody waits.
fn patience(text: &str) -> Result<std::time::Duration, String> {
    let (number, unit) = match text.char_indices().next_back() {
        Some((at, 's')) => (text.get(..at), 1.0),
        Some((at, 'm')) => (text.get(..at), 60.0),
        Some((at, 'h')) => (text.get(..at), 3_600.0),
        _ => (Some(text), 1.0),
    };
    number
        .and_then(|number| number.parse::<f64>().ok())
        .and_then(|number| std::time::Duration::try_from_secs_f64(number * unit).ok())
        .ok_or_else(|| "not a time; write seconds (600), 90s, 10m or 2h".to_owned())
}

fn moment(text: &str) -> Result<u64, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .ok()
        .and_then(|at| u64::try_from(at.timestamp_millis()).ok())
        .ok_or_else(|| "not a moment; write it like 2026-01-05T12:00:00Z".to_owned())
}

fn permits(text: &str) -> Result<usize, String> {
    let permits = text.parse().ok().filter(|permits| (1..=1024).contains(permits));
    permits.ok_or_else(|| "a whole number from 1 to 1024".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        fn check(command: &clap::Command) {
            for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
                if sub.has_subcommands() {
                    check(sub);
                } else {
                    let help = sub.get_after_help().map(ToString::to_string).unwrap_or_default();
                    assert!(help.contains("Example"), "`{}` has no example", sub.get_name());
                }
            }
        }
        check(&Cli::command());
    }

    #[test]
    fn a_negative_duration_is_a_value_and_not_a_flag() {
        let cli = Cli::try_parse_from(["haymaker", "deploy", "heartbeat", "-d", "-5"]).unwrap();
        assert!(matches!(cli.command, Command::Deploy(Deploy { duration: Some(duration), .. }) if duration == "-5"));
    }

    #[test]
    fn unknown_statuses_are_refused_with_the_known_ones() {
        let error = Cli::try_parse_from(["haymaker", "list", "-s", "asleep"]).unwrap_err();
        assert_eq!(error.exit_code(), 2);
        assert!(error.to_string().contains("pending, running, stopped"), "{error}");
    }
}
