//! Clients that know nothing of this project, against the real program: what they do in a real tenant, they do here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use haymaker_tests::command::{TenantProcess, not_run};
use haymaker_tests::root;

/// The oldest Node that the libraries support.
const OLDEST_NODE: u32 = 18;

/// What npm calls the causes that lie between it and its registry, and not in what it was asked for.
const UNREACHABLE: [&str; 7] =
    ["ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ERR_SOCKET_TIMEOUT", "E503"];

/// The client's own folder in the target folder: npm writes nothing into the sources.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("foreign-javascript")
}

/// Why Node cannot run the client, if it cannot.
fn node_is_missing() -> Option<String> {
    let Ok(output) = Command::new("node").arg("--version").output() else {
        return Some("Node is not installed".to_owned());
    };
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major = version.trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok());
    match major {
        Some(OLDEST_NODE..) => None,
        _ => Some(format!("Node is {version}, and the client needs {OLDEST_NODE} or later")),
    }
}

/// Installs the client exactly as its lock file says, if that has changed since the last time.
///
/// # Errors
///
/// Why the registry could not be reached.
fn install(folder: &Path) -> Result<(), String> {
    let source = root().join("tests/foreign/javascript");
    let installed = folder.join("installed.json");
    let lock = fs::read(source.join("package-lock.json")).unwrap();
    fs::create_dir_all(folder).unwrap();
    for file in ["package.json", "package-lock.json", "client.test.js"] {
        fs::copy(source.join(file), folder.join(file)).unwrap();
    }
    if fs::read(&installed).is_ok_and(|last| last == lock) {
        return Ok(());
    }
    let npm =
        Command::new("npm").args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(folder).output();
    let Ok(Output { status, stderr, .. }) = npm else { return Err("npm is not installed".to_owned()) };
    let said = String::from_utf8_lossy(&stderr);
    if status.success() {
        fs::write(installed, lock).unwrap();
        return Ok(());
    }
    match UNREACHABLE.iter().find(|cause| said.contains(&format!("code {cause}"))) {
        Some(cause) => Err(format!("npm cannot reach its registry ({cause})")),
        None => panic!("npm cannot install what the lock file says:\n{said}"),
    }
}

#[test]
fn microsofts_own_client_for_javascript_works_in_the_simulated_tenant() {
    let folder = folder();
    if let Some(why) = node_is_missing().or_else(|| install(&folder).err()) {
        return not_run("Microsoft's client for JavaScript", &why);
    }
    let tenant = TenantProcess::start(&["--https", "--throttle", "documented", "--bystanders", "2500"]);
    let output = Command::new("node")
        .args(["--test", "client.test.js"])
        .envs(&tenant.environment)
        .current_dir(&folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.contains("a request that is throttled is sent again"), "not everything was run: {said}");
    tenant.end();
}
