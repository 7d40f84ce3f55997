//! The command line: every command, its flags, and an example of each. What does not exist is not here.

mod deploying;
mod ending;
mod host;
mod looking;
mod tenant;
mod truth;
mod worker;
mod workload;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use self::deploying::{Demo, Deploy, FLAGSHIP, Then};
pub(crate) use self::ending::{Cleanup, Start, Stop};
pub(crate) use self::host::{Host, Run};
pub(crate) use self::looking::{List, Logs, Shown, Watch};
pub(crate) use self::tenant::{Behaviour, Inspect, Simulate, Switch, Tenant, Throttle};
pub(crate) use self::truth::{Dates, DayPattern, Export, ExportFormat, VerifyRealism, What, dates};
pub(crate) use self::worker::{SignIn, Worker};
pub(crate) use self::workload::Workload;

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

/// Completions for a shell.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  haymaker completions bash > ~/.local/share/bash-completion/completions/haymaker")]
pub(crate) struct Completions {
    /// Which shell.
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
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
