//! A small run of the real program in a tenant: two workers, a mail, and nothing left of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use serde_json::Value;

/// The workload.
const WORKLOAD: &str = "m365-knowledge-worker";

/// Between two looks at how far it is.
const PAUSE: Duration = Duration::from_millis(200);

/// The program, in a home of its own, acting in a tenant.
pub(crate) struct Shell {
    program: PathBuf,
    home: tempfile::TempDir,
    environment: BTreeMap<String, String>,
}

/// What came of a run.
pub(crate) struct Ran {
    /// Mails sent.
    pub(crate) mails: u64,
    /// What the cleanup proved.
    pub(crate) proof: Value,
}

impl Shell {
    /// A shell with this environment, besides what programs need.
    ///
    /// # Errors
    /// The program is not beside this one, or there is no room for a home.
    pub(crate) fn new(environment: BTreeMap<String, String>) -> anyhow::Result<Shell> {
        let program = std::env::current_exe()?.with_file_name("haymaker");
        if !program.exists() {
            bail!("{} is not there; `cargo xtask live` builds it", program.display());
        }
        let home = tempfile::Builder::new().prefix("hm-").tempdir()?;
        Ok(Shell { program, home, environment })
    }

    fn command(&self, arguments: &[&str]) -> anyhow::Result<Output> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env("HAYMAKER_HOME", self.home.path().join("home")).envs(&self.environment);
        command.stdin(std::process::Stdio::null()).output().context("cannot start haymaker")
    }

    /// What a command prints, if it ends well.
    fn well(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = self.command(arguments)?;
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if !output.status.success() {
            bail!("`haymaker {}`: {}", arguments.join(" "), said(&output.stderr));
        }
        Ok(said(&output.stdout))
    }

    fn json(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let said = self.well(&[arguments, &["--format", "json"]].concat())?;
        let last = said.lines().last().unwrap_or_default();
        serde_json::from_str(last).with_context(|| format!("`haymaker {}` printed no JSON", arguments.join(" ")))
    }

    /// The tenant's default domain, and where its clock stands: looked up with reading requests only.
    ///
    /// # Errors
    /// The tenant refuses, or the run would not fit into it.
    pub(crate) fn look(&self, config: &[String]) -> anyhow::Result<String> {
        let plan = self.json(&deploy(config, &["--dry-run"]))?;
        let domain = plan.pointer("/forecast/domain").and_then(Value::as_str);
        Ok(domain.context("the tenant's default domain cannot be told")?.to_owned())
    }

    /// Runs, until a mail is sent, and cleans up whatever happens.
    ///
    /// # Errors
    /// It does not work, or not in time; or something is left.
    pub(crate) fn run(&self, config: &[String], patience: Duration) -> anyhow::Result<Ran> {
        let deployed = self.json(&deploy(config, &["--yes"]))?;
        let id = deployed.get("deployment_id").and_then(Value::as_str).context("no deployment was made")?;
        let mailed = self.wait_for_a_mail(id, patience);
        let file = self.home.path().join("proof.json");
        let cleaned = self.well(&["cleanup", id, "--yes", "--proof", &file.to_string_lossy()]);
        let mails = mailed?;
        cleaned.with_context(|| format!("look for what carries the tag haymaker:{id} in the tenant"))?;
        Ok(Ran { mails, proof: read(&file)? })
    }

    fn wait_for_a_mail(&self, id: &str, patience: Duration) -> anyhow::Result<u64> {
        let deadline = Instant::now() + patience;
        loop {
            let status = self.json(&["status", id])?;
            let mails = status.pointer("/activities/email.send/done").and_then(Value::as_u64).unwrap_or(0);
            let over = status.get("status").and_then(Value::as_str);
            if mails > 0 {
                return Ok(mails);
            }
            if !matches!(over, Some("pending" | "running")) {
                let why = status.get("last_error").and_then(Value::as_str).unwrap_or("its log says why");
                bail!("no mail was sent, and the deployment is {}: {why}", over.unwrap_or("gone"));
            }
            if Instant::now() > deadline {
                let said = status.get("said").and_then(Value::as_str).unwrap_or_default();
                bail!("no mail was sent in {} minutes ({said}); give it more with --patience", patience.as_secs() / 60);
            }
            std::thread::sleep(PAUSE);
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // A host that was never started cannot be stopped.
        let _ = self.command(&["host", "stop"]);
    }
}

fn deploy<'a>(config: &'a [String], more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["deploy", WORKLOAD, "-c", "workers=2", "-c", "features=mail", "-d", "2h"];
    arguments.extend(config.iter().flat_map(|pair| ["-c", pair.as_str()]));
    arguments.extend(more);
    arguments
}

fn read(path: &Path) -> anyhow::Result<Value> {
    Ok(serde_json::from_str(&std::fs::read_to_string(path)?)?)
}
