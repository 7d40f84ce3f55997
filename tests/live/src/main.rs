//! `cargo xtask live`: a small run in a real lab tenant, and the same in the simulated one; are the shapes of what the two
//! say the same? Nothing else can falsify the simulated tenant.
//!
//! | module | thought |
//! |---|---|
//! | [`shape`] | names and types of fields, and where two tenants differ |
//! | [`relay`] | the wire between haymaker and a tenant, looked at from the middle |
//! | [`run`] | the run: two workers, a mail, and nothing left of them |

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for people at a terminal")]

mod relay;
mod run;
mod shape;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use chrono::{Datelike, Timelike, Utc, Weekday};
use clap::Parser;

use relay::{Relay, Tenant};
use run::{Ran, Shell};
use shape::{Difference, Shapes};

/// Compares the simulated tenant with a real one: never with one that people work in.
///
/// Makes two users in the tenant of KW_TENANT_ID, waits until one has sent the other a mail, and removes both, with
/// proof; then does the same in a simulated tenant. Every exchange is recorded as the names and types of its fields, never
/// with a value, and the two records are compared. A field that only the simulated tenant has, or that has another type
/// there, is a defect of the simulated tenant.
///
/// Takes as long as a mailbox takes to be made: minutes, rarely hours; and five minutes for the proof. The application
/// needs the permissions that the workload lists for workers and mail, and two free seats.
#[derive(Debug, Parser)]
#[command(
    name = "cargo xtask live",
    after_help = "Example:\n  \
        export KW_TENANT_ID=... KW_APP_ID=... KW_CLIENT_SECRET=...\n  \
        cargo xtask live --yes-this-is-a-lab-tenant contoso.onmicrosoft.com -c license=DEVELOPERPACK_E5\n\n\
        Exit codes: 0 the shapes agree; 1 they do not, or the run failed; 2 wrong usage."
)]
struct Args {
    /// The default domain of the tenant: nothing is done in any other.
    #[arg(long, value_name = "DOMAIN")]
    yes_this_is_a_lab_tenant: String,
    /// A config value for the workload (license=..., usage_location=...).
    #[arg(short = 'c', long = "config", value_name = "KEY=VALUE")]
    config: Vec<String>,
    /// Minutes to wait for the first mail.
    #[arg(long, value_name = "MINUTES", default_value_t = 90)]
    patience: u64,
    /// Lets a simulated tenant in the place of the real one say that it is one, so that its time is virtual.
    #[arg(long, hide = true)]
    announced: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    // One of two ends the process otherwise, because reqwest is built without a provider of its own.
    let _ = rustls::crypto::ring::default_provider().install_default();
    match compare(&Args::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn compare(args: &Args) -> anyhow::Result<ExitCode> {
    let patience = Duration::from_secs(args.patience * 60);
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let mut environment = BTreeMap::new();
    for name in ["KW_TENANT_ID", "KW_APP_ID", "KW_CLIENT_SECRET"] {
        let value = variable(name).with_context(|| format!("{name} is not set"))?;
        environment.insert(name.to_owned(), value);
    }
    let address = |name: &str, usual: &str| {
        let address = variable(name).unwrap_or_else(|| usual.to_owned());
        address.trim_end_matches('/').to_owned()
    };
    let tenant = Tenant {
        login: address("HAYMAKER_LOGIN_ENDPOINT", "https://login.microsoftonline.com"),
        graph: address("HAYMAKER_GRAPH_ENDPOINT", "https://graph.microsoft.com"),
        announced: args.announced,
    };
    let mut config = args.config.clone();
    if !args.announced {
        config.push(format!("time_zones={}", zone_at_work()?));
    }
    let (ran, real) = play(tenant, environment, config, Some(&args.yes_this_is_a_lab_tenant), patience).await?;
    println!("{}: {} sent, 0 left", args.yes_this_is_a_lab_tenant, mails(&ran));
    let (tenant, environment) = simulated().await?;
    let (ran, simulated) = play(tenant, environment, Vec::new(), None, patience).await?;
    println!("simulated tenant: {} sent, 0 left", mails(&ran));
    Ok(tell(&real, &simulated))
}

fn mails(ran: &Ran) -> String {
    format!("{} {}", ran.mails, if ran.mails == 1 { "mail" } else { "mails" })
}

/// Runs in a tenant, in this domain only.
async fn play(
    tenant: Tenant,
    mut environment: BTreeMap<String, String>,
    config: Vec<String>,
    domain: Option<&str>,
    patience: Duration,
) -> anyhow::Result<(Ran, Shapes)> {
    let relay = Relay::to(tenant).await?;
    for name in ["HAYMAKER_LOGIN_ENDPOINT", "HAYMAKER_GRAPH_ENDPOINT"] {
        environment.insert(name.to_owned(), relay.address.clone());
    }
    let shell = Shell::new(environment)?;
    let domain = domain.map(str::to_owned);
    let ran = tokio::task::spawn_blocking(move || {
        let found = shell.look(&config)?;
        if let Some(domain) = domain.filter(|domain| !domain.eq_ignore_ascii_case(&found)) {
            bail!("the tenant's default domain is {found}, and not {domain}; nothing was done");
        }
        shell.run(&config, patience)
    })
    .await??;
    let live = ran.proof.get("live").and_then(serde_json::Value::as_u64);
    if live != Some(0) {
        bail!("the cleanup proved no emptiness: {}", ran.proof);
    }
    Ok((ran, relay.shapes()))
}

/// A simulated tenant, and the environment by which a host acts there.
async fn simulated() -> anyhow::Result<(Tenant, BTreeMap<String, String>)> {
    let tenant = haymaker_tenant::Tenant::new(haymaker_tenant::Settings::seeded(1)).map_err(anyhow::Error::msg)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.context("no free port")?;
    let address = format!("http://{}", listener.local_addr()?);
    let settings = tenant.settings();
    let environment = [
        ("KW_TENANT_ID", settings.tenant_id.clone()),
        ("KW_APP_ID", settings.app.id.clone()),
        ("KW_CLIENT_SECRET", settings.app.secret.clone()),
    ];
    let environment = environment.map(|(name, value)| (name.to_owned(), value)).into();
    tokio::spawn(haymaker_tenant::serve(tenant.clone(), listener, std::future::pending()));
    Ok((Tenant { login: address.clone(), graph: address, announced: true }, environment))
}

/// A time zone in which it is the middle of a morning's work now: nobody shall have to wait for nine o'clock.
fn zone_at_work() -> anyhow::Result<String> {
    let now = Utc::now();
    let hour = i64::from(now.hour());
    // Ten o'clock, as far as there are zones: from twelve hours behind to fourteen ahead.
    let ahead = (10 - hour).clamp(-12, 14);
    let there = now + chrono::Duration::hours(ahead);
    if matches!(there.weekday(), Weekday::Sat | Weekday::Sun) {
        bail!("it is a day off everywhere that it is morning; try again on a working day");
    }
    // The sign is POSIX's: Etc/GMT-2 is two hours ahead.
    Ok(match ahead {
        0 => "Etc/GMT".to_owned(),
        1.. => format!("Etc/GMT-{ahead}"),
        _ => format!("Etc/GMT+{}", -ahead),
    })
}

/// Tells how the two compare.
fn tell(real: &Shapes, simulated: &Shapes) -> ExitCode {
    println!("\n{:>6}  operation", "seen");
    for (operation, seen) in &real.seen {
        println!("{seen:>6}  {operation}");
    }
    let differences = real.differences(simulated);
    for difference in &differences {
        match difference {
            Difference::Invented(operation, field) => println!("WRONG   {operation}: only simulated: {field}"),
            Difference::Type(operation, field) => println!("WRONG   {operation}: {field}"),
            Difference::Missing(operation, field) => println!("missing {operation}: {field}"),
            Difference::OneSided(operation) => println!("once    {operation}: seen in one of the two only"),
        }
    }
    let wrong = differences.iter().filter(|difference| difference.is_wrong()).count();
    println!("\n{wrong} fields of the simulated tenant are wrong, of {} operations compared", real.answers.len());
    if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
