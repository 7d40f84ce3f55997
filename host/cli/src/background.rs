//! Starting a host in the background.
//!
//! The host is this same program, in a session of its own, so that neither Ctrl-C nor a closed terminal reaches it. It
//! gets no credentials from this environment: a process's environment can be read from outside and is inherited. They
//! travel over the socket with the command that needs them.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use haymaker_platform::home::Home;
use tokio::time::Instant;

use crate::api::client::{Client, living};
use crate::render::terminal::say;

/// How long a host may take until it answers. The first one compiles the workloads that this program brings along,
/// which takes seconds; a slow, busy machine takes several times as long.
const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks whether it answers.
const PAUSE: Duration = Duration::from_millis(20);

/// What a host needs of the environment: where things are, how to reach the network, how much to say.
const PASSED_ON: [&str; 14] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TZ",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "RUST_LOG",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "https_proxy",
];

/// A home's host, and whether it was started just now.
pub(crate) struct Found {
    pub(crate) client: Client,
    pub(crate) is_new: bool,
}

/// The home's host: the one that lives, or a new one in the background.
///
/// # Errors
/// It is of another version, or cannot be started: then with what it said.
pub(crate) async fn ensure(home: &Home) -> anyhow::Result<Found> {
    let client = Client::new(home)?;
    if living(home)?.is_some() {
        answers(&client, None).await?;
        return Ok(Found { client, is_new: false });
    }
    home.prepare()?;
    let mut log = Log::open(home)?;
    let mut host = spawn(home, &log)?;
    match answers(&client, Some(&mut host)).await {
        Ok(()) => {
            say(&format!("Started a host in the background (process {}, log {}).", host.id(), home.log().display()));
            Ok(Found { client, is_new: true })
        }
        // Another command started one in the same moment, and its host has the home.
        Err(_) if living(home)?.is_some() => {
            answers(&client, None).await?;
            Ok(Found { client, is_new: false })
        }
        Err(error) => Err(error.context(log.news())),
    }
}

fn spawn(home: &Home, log: &Log) -> anyhow::Result<Child> {
    let program = std::env::current_exe().context("cannot find this program's own file")?;
    let mut command = Command::new(&program);
    command.args(["host", "run", "--background"]).env_clear();
    for name in PASSED_ON {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    command.env("HAYMAKER_HOME", home.path()).current_dir("/").stdin(Stdio::null());
    command.stdout(log.file.try_clone()?).stderr(log.file.try_clone()?);
    command.spawn().with_context(|| format!("cannot start {}", program.display()))
}

/// Waits until the host answers; gives up when its process ends.
async fn answers(client: &Client, mut host: Option<&mut Child>) -> anyhow::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let error = match client.status().await {
            Ok(_) => return Ok(()),
            Err(error) => error,
        };
        if let Some(host) = host.as_mut()
            && let Some(status) = host.try_wait()?
        {
            bail!("the host ended at once ({status})");
        }
        if Instant::now() >= deadline {
            return Err(error.context(format!("the host does not answer after {} s", PATIENCE.as_secs())));
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The file that a background host writes to, and where its newest part begins.
struct Log {
    file: File,
    from: u64,
}

impl Log {
    fn open(home: &Home) -> anyhow::Result<Log> {
        let path = home.log();
        let opened = OpenOptions::new().create(true).append(true).read(true).mode(0o600).open(&path);
        let file = opened.with_context(|| format!("cannot write {}", path.display()))?;
        let from = file.metadata()?.len();
        Ok(Log { file, from })
    }

    /// What was written since it was opened: the last lines, which say why.
    fn news(&mut self) -> String {
        /// A host that fails at its start says one line, or a few.
        const LINES: usize = 10;
        let mut text = String::new();
        let read = self.file.seek(SeekFrom::Start(self.from)).and_then(|_| self.file.read_to_string(&mut text));
        if read.is_err() || text.trim().is_empty() {
            return "cannot start a host in the background".to_owned();
        }
        let lines: Vec<&str> = text.trim_end().lines().collect();
        let last = lines.get(lines.len().saturating_sub(LINES)..).unwrap_or_default();
        format!("cannot start a host in the background; it said:\n{}", last.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn only_what_the_last_start_said_is_shown() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path());
        std::fs::write(home.log(), "an older failure\n").unwrap();
        let mut log = Log::open(&home).unwrap();
        log.file.write_all(b"the disk is full\n").unwrap();
        let news = log.news();
        assert!(news.ends_with("the disk is full") && !news.contains("older"), "{news}");
    }

    #[test]
    fn credentials_are_not_passed_on() {
        for name in PASSED_ON {
            assert!(!name.starts_with("KW_") && !name.starts_with("AZURE_") && !name.contains("SECRET"), "{name}");
        }
    }
}
