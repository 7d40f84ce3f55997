//! Plugins come and change while the host runs: nothing of it is rebuilt or restarted.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use haymaker_tests::command::{Shell, TenantProcess, program, wait_until};
use haymaker_tests::workload;
use serde_json::Value;

/// A beat a simulated minute, ten a second: fast enough to see it go on, slow enough for the machine.
const SPEED: &str = "600";

/// What the component that is built here says and does, and the same at the same length in its next version.
const CHANGES: [(&str, &str); 2] = [("0.1.0", "0.2.0"), ("heartbeat.beat", "heartbeat.bump")];

/// The next version of the heartbeat, as its author would build it: it says that it is 0.2.0, and it beats otherwise.
///
/// The component is patched instead of compiled anew, so that the test needs no compiler.
fn next_version(folder: &Path) -> PathBuf {
    let (from, to) = (workload("heartbeat"), folder.join("next"));
    fs::create_dir(&to).unwrap();
    let manifest = fs::read_to_string(from.join("workload.yaml")).unwrap();
    let (old, new) = CHANGES[0];
    let patched = manifest.replace(&format!("version: {old}"), &format!("version: {new}"));
    assert_ne!(patched, manifest);
    fs::write(to.join("workload.yaml"), patched).unwrap();

    let mut component = fs::read(from.join("heartbeat.wasm")).unwrap();
    for (old, new) in CHANGES {
        // The contract's version has the same digits, and an ending.
        let is_here = |bytes: &[u8]| bytes.starts_with(old.as_bytes()) && bytes.get(old.len()) != Some(&b'-');
        let places: Vec<usize> = (0..component.len()).filter(|at| is_here(&component[*at..])).collect();
        assert!(!places.is_empty(), "the component says {old:?}");
        for at in places {
            component[at..at + old.len()].copy_from_slice(new.as_bytes());
        }
    }
    fs::write(to.join("heartbeat.wasm"), component).unwrap();
    to.join("heartbeat.wasm")
}

fn deploy(shell: &Shell) -> String {
    shell.run(&["deploy", "heartbeat", "-c", "interval_seconds=60", "--yes"]).well();
    status(shell, "@last")["deployment_id"].as_str().unwrap().to_owned()
}

fn status(shell: &Shell, id: &str) -> Value {
    shell.run(&["status", id, "--format", "json"]).well().json()
}

/// Waits until a deployment has done more of a kind than this.
fn beats(shell: &Shell, id: &str, kind: &str, more_than: u64) -> u64 {
    wait_until("it beats", || status(shell, id)["activities"][kind]["done"].as_u64().filter(|done| *done > more_than))
}

#[test]
fn a_new_version_is_for_the_next_deployment_and_the_running_one_keeps_its_own() {
    let tenant = TenantProcess::start(&["--speed", SPEED]);
    let shell = Shell::new().with(tenant.environment.clone());
    shell.run(&["workload", "install", &workload("heartbeat").join("heartbeat.wasm").to_string_lossy()]).well();
    let binary = || fs::metadata(program()).map(|file| (file.ino(), file.size(), file.mtime_nsec())).unwrap();
    let (host, built) = (shell.host().unwrap(), binary());

    let old = deploy(&shell);
    let so_far = beats(&shell, &old, "heartbeat.beat", 0);
    let next = next_version(shell.folder());
    let said = shell.run(&["workload", "install", &next.to_string_lossy()]).well().out;
    assert!(said.starts_with("Installed: heartbeat 0.2.0 ("), "{said}");
    let new = deploy(&shell);

    beats(&shell, &new, "heartbeat.bump", 2);
    beats(&shell, &old, "heartbeat.beat", so_far + 2);
    let (old, new) = (status(&shell, &old), status(&shell, &new));
    assert_eq!((&old["version"], &new["version"]), (&"0.1.0".into(), &"0.2.0".into()));
    assert_eq!((&old["status"], &new["status"]), (&"running".into(), &"running".into()));
    assert_ne!(old["workload_digest"], new["workload_digest"]);
    assert!(old["activities"].get("heartbeat.bump").is_none() && new["activities"].get("heartbeat.beat").is_none());
    assert_eq!((shell.host(), binary()), (Some(host), built), "the same process of the same program");
}

#[test]
fn a_component_that_does_not_fit_is_refused_with_everything_that_is_missing() {
    let shell = Shell::new();
    let heartbeat = workload("heartbeat");
    let fits = shell.run(&["workload", "verify", &heartbeat.to_string_lossy(), "--format", "json"]).well().json();
    let lifecycle = fits["exports"][0].as_str().unwrap();
    let unfit = format!(
        r#"(component
            (import "haymaker:workload/http@0.0.9" (instance))
            (import "example:teleport/beam@1.0.0" (instance))
            (core module $m (func (export "f") (param i32) (result i32) local.get 0))
            (core instance $i (instantiate $m))
            (func $describe (param "verbose" u32) (result u32) (canon lift (core func $i "f")))
            (instance $l (export "describe" (func $describe)))
            (export "{lifecycle}" (instance $l)))"#
    );
    let folder = shell.folder().join("unfit");
    fs::create_dir(&folder).unwrap();
    fs::copy(heartbeat.join("workload.yaml"), folder.join("workload.yaml")).unwrap();
    fs::write(folder.join("heartbeat.wasm"), wat::parse_str(unfit).unwrap()).unwrap();

    shell.run(&["workload", "install", &heartbeat.to_string_lossy()]).well();
    let before = shell.run(&["workload", "list", "--format", "json"]).well().json();
    for command in ["verify", "install"] {
        let ran = shell.run(&["workload", command, &folder.to_string_lossy()]);
        assert_eq!(ran.code, Some(1), "{}", ran.out);
        let missing =
            ["validate-config", "deploy", "cycle", "stop", "cleanup", "perform", "settle", "get-status", "migrate"];
        let pieces = ["haymaker:workload/http@0.0.9", "example:teleport/beam@1.0.0", "describe"];
        for piece in missing.iter().chain(&pieces) {
            assert!(ran.err.contains(piece), "{command} does not name {piece}: {}", ran.err);
        }
        let lines = ran.err.lines().filter(|line| line.contains(lifecycle)).count();
        assert_eq!(lines, missing.len() + 1, "a line for each function: {}", ran.err);
    }
    assert_eq!(shell.run(&["workload", "list", "--format", "json"]).well().json(), before, "nothing was installed");
}
