//! The real program, as a user runs it: a home of its own for each test, and an environment that nothing leaks into.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use haymaker_platform::home::Home;
use tempfile::TempDir;

/// How long a test waits for what must come; a healthy run needs a small part of it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// The program: `HAYMAKER_BIN`, or what cargo built beside this test.
///
/// # Panics
///
/// If it is not there; `cargo xtask test` builds it.
pub fn program() -> PathBuf {
    if let Some(path) = std::env::var_os("HAYMAKER_BIN") {
        return path.into();
    }
    let test = std::env::current_exe().expect("a test knows its own file");
    let program = test.ancestors().nth(2).expect("a test lies in target/<profile>/deps").join("haymaker");
    assert!(program.exists(), "{} is not there: run `cargo xtask build`", program.display());
    program
}

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    /// The command line, for messages.
    pub line: String,
    /// Its exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// The same, if it ended well.
    ///
    /// # Panics
    ///
    /// If it did not.
    #[track_caller]
    pub fn well(self) -> Ran {
        assert_eq!(self.code, Some(0), "`{}` said: {}{}", self.line, self.out, self.err);
        self
    }

    /// Its last line, read as JSON.
    ///
    /// # Panics
    ///
    /// If it is not JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        let last = self.out.trim_end().lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("`{}` said {last:?}: {error}", self.line))
    }
}

/// A home, a folder to be in, and the environment of a shell. Dropped, its host ends and its folders go.
pub struct Shell {
    folder: TempDir,
    environment: BTreeMap<String, String>,
}

impl Default for Shell {
    fn default() -> Shell {
        Shell::new()
    }
}

impl Shell {
    /// A fresh one. Its home does not exist yet.
    ///
    /// # Panics
    ///
    /// If this machine gives no folder.
    pub fn new() -> Shell {
        let folder = tempfile::Builder::new().prefix("hm-").tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("tmp")).expect("a folder in it");
        Shell { folder, environment: BTreeMap::new() }
    }

    /// With more variables.
    pub fn with(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Shell {
        self.environment.extend(variables);
        self
    }

    /// Its own folder, below which everything lies.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its home.
    pub fn home(&self) -> Home {
        Home::at(self.folder.path().join("home"))
    }

    /// Where its programs put temporary files.
    pub fn tmp(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// A command that is not started yet. It runs in `/`: nothing may depend on where one stands.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command.args(arguments).env_clear().current_dir("/").stdin(Stdio::null());
        command.env("PATH", "/usr/bin:/bin").env("HAYMAKER_HOME", self.home().path()).env("TMPDIR", self.tmp());
        command.envs(&self.environment);
        command
    }

    /// Runs a command to its end.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_in(Path::new("/"), arguments)
    }

    /// Runs a command to its end, from this folder.
    ///
    /// # Panics
    ///
    /// If it cannot be started.
    pub fn run_in(&self, folder: &Path, arguments: &[&str]) -> Ran {
        let output = self.command(arguments).current_dir(folder).output().expect("the program starts");
        Ran {
            line: format!("haymaker {}", arguments.join(" ")),
            code: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The process of the home's host, if one lives.
    pub fn host(&self) -> Option<u32> {
        self.home().host().map(|host| host.pid)
    }

    /// Kills the host as a crash does, and waits until it is gone.
    ///
    /// # Panics
    ///
    /// If none lives.
    pub fn kill_host(&self) {
        let process = self.host().expect("a host lives");
        signal("-KILL", process);
        wait_until("the host is gone", || self.host().is_none().then_some(()));
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        if let Some(process) = self.host() {
            signal("-KILL", process);
        }
    }
}

/// Sends a process a signal.
///
/// # Panics
///
/// If there is no `kill`.
pub fn signal(signal: &str, process: u32) {
    Command::new("kill").args([signal, &process.to_string()]).status().expect("`kill` is part of every Unix");
}

/// Says that something could not be tested on this machine, and why. Past the test harness, which keeps what tests that
/// pass print to itself: nobody shall believe that it was tested.
pub fn not_run(what: &str, why: &str) {
    // Nobody listens if this cannot be written.
    let _ = writeln!(std::io::stderr(), "not run: {what}: {why}");
}

/// Looks until there is something to see, and returns it.
///
/// # Panics
///
/// If it does not come in time.
#[track_caller]
pub fn wait_until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "in vain: {what}");
        std::thread::sleep(PAUSE);
    }
}

/// A simulated tenant in a process of its own. Dropped, it ends.
pub struct TenantProcess {
    process: Child,
    /// What makes a shell's deployments act there.
    pub environment: BTreeMap<String, String>,
}

impl TenantProcess {
    /// Starts one in which everything is true at once, with more flags, and reads what it says.
    ///
    /// # Panics
    ///
    /// If it does not start or says something else.
    pub fn start(flags: &[&str]) -> TenantProcess {
        TenantProcess::with_delays(&[&["--instant"], flags].concat())
    }

    /// Starts one in which everything takes the time that it takes in a real one, with more flags.
    ///
    /// # Panics
    ///
    /// If it does not start or says something else.
    pub fn with_delays(flags: &[&str]) -> TenantProcess {
        let mut command = Command::new(program());
        command.args(["tenant", "simulate"]).args(flags).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.spawn().expect("the program starts");
        let lines = BufReader::new(process.stdout.take().expect("its output is a pipe")).lines();
        let environment: BTreeMap<String, String> = lines
            .map(|line| line.expect("it prints text"))
            .map(|line| {
                let pair = line.strip_prefix("export ").and_then(|pair| pair.split_once('='));
                let (name, value) = pair.unwrap_or_else(|| panic!("{line:?} is no shell line"));
                (name.to_owned(), value.trim_matches('\'').to_owned())
            })
            .take(if flags.contains(&"--https") { 8 } else { 5 })
            .collect();
        TenantProcess { process, environment }
    }

    /// Where it listens, like `http://127.0.0.1:8080`.
    ///
    /// # Panics
    ///
    /// If it did not say so when it started.
    pub fn address(&self) -> &str {
        self.environment.get("HAYMAKER_GRAPH_ENDPOINT").expect("it says where Graph is")
    }

    /// Ends it in order, as Ctrl-C does: what it recorded is in its file when this returns.
    ///
    /// # Panics
    ///
    /// If it does not end well.
    pub fn end(mut self) {
        signal("-TERM", self.process.id());
        let status = self.process.wait().expect("a child can be waited for");
        assert!(status.success(), "the simulated tenant ended with {status}");
    }
}

impl Drop for TenantProcess {
    fn drop(&mut self) {
        // It has nothing to lose, and may be gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
