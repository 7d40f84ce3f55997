//! The host that stays: found from anywhere, talked to through a socket that is its owner's alone, true whatever happens
//! to the process that asked for something.

use std::fs;
use std::os::unix::fs::MetadataExt;

use haymaker_tests::command::{Shell, TenantProcess, not_run, signal, wait_until};
use haymaker_tests::workload;
use serde_json::Value;

/// How fast a tenant's time goes where a test must meet a deployment at work: a simulated minute takes 0.1 s.
const WALKING: &str = "600";

/// A shell whose deployments act in this tenant.
fn shell(tenant: &TenantProcess) -> Shell {
    Shell::new().with(tenant.environment.clone())
}

fn deploy(shell: &Shell, arguments: &[&str]) -> String {
    let command = [&["deploy"], arguments, &["-y", "--format", "json"]].concat();
    shell.run(&command).well().json()["deployment_id"].as_str().unwrap().to_owned()
}

fn status(shell: &Shell, id: &str) -> Value {
    shell.run(&["status", id, "--format", "json"]).well().json()
}

fn wait_for(shell: &Shell, id: &str, wanted: &str) {
    shell.run(&["watch", id, "--wait-for", wanted, "--timeout", "60"]).well();
}

/// Everything done, of every kind.
fn done(status: &Value) -> u64 {
    status["activities"].as_object().unwrap().values().map(|tally| tally["done"].as_u64().unwrap()).sum()
}

#[test]
fn work_goes_on_when_the_command_that_asked_for_it_is_over() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    let ran = shell
        .run(&[
            "deploy",
            "m365-knowledge-worker",
            "-c",
            "workers=3",
            "-c",
            "features=mail",
            "-d",
            "2",
            "-t",
            "team=blue",
            "-y",
        ])
        .well();
    assert!(ran.err.contains("Started a host in the background (process "), "it does not say so: {}", ran.err);
    let id = ran.out.trim().strip_prefix("Deployment started: m365-knowledge-worker-").expect("as documented");
    assert!(id.len() == 8 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");

    wait_for(&shell, "@last", "completed");
    let status = status(&shell, "m365");
    assert_eq!((&status["status"], &status["tags"]["team"]), (&"completed".into(), &"blue".into()));
    assert_eq!(status["workers"].as_array().map(Vec::len), Some(3));
    assert!(status["activities"]["email.send"]["done"].as_u64().is_some_and(|mails| mails > 30), "{status}");
    assert_eq!(
        shell.run(&["worker", "list", "@last", "--format", "json"]).well().json().as_array().map(Vec::len),
        Some(3)
    );

    let exported = shell.run(&["export", "@last", "--kind", "email.send"]).well().out;
    assert_eq!(exported.lines().count() as u64, status["activities"]["email.send"]["done"].as_u64().unwrap());
    let cleanup = shell.run(&["cleanup", "@last", "--yes"]).well();
    assert!(cleanup.out.contains("3 created, 3 deleted, 0 left in the tenant"), "{}", cleanup.out);
    let again = shell.run(&["cleanup", "@last", "--yes"]).well();
    assert!(again.out.contains("0 left in the tenant"), "a cleanup is repeatable: {}", again.out);
}

#[test]
fn only_the_owner_can_reach_home_and_socket() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    deploy(&shell, &["heartbeat", "-c", "beats=1"]);
    let home = shell.home();
    let mode = |path: &std::path::Path| path.metadata().unwrap().mode() & 0o777;
    assert_eq!(mode(home.path()), 0o700);
    assert_eq!((mode(&home.socket()), mode(&home.log()), mode(&home.key())), (0o600, 0o600, 0o600));
}

#[test]
fn credentials_are_in_no_environment_and_no_argument_of_the_host() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    deploy(&shell, &["heartbeat", "-c", "beats=1"]);
    let process = shell.host().expect("the deployment started a host");
    let Ok(environment) = fs::read(format!("/proc/{process}/environ")) else {
        return not_run("what others see of a host", "this system has no /proc");
    };
    let arguments = fs::read(format!("/proc/{process}/cmdline")).unwrap();
    for place in [environment, arguments] {
        let text = String::from_utf8_lossy(&place);
        assert!(!text.contains("KW_") && !text.contains(&tenant.environment["KW_CLIENT_SECRET"]), "{text}");
    }
}

#[test]
fn stop_and_start_work_from_any_process_and_say_what_is_so_already() {
    let tenant = TenantProcess::start(&["--speed", WALKING]);
    let shell = shell(&tenant);
    let id = deploy(&shell, &["m365-knowledge-worker", "-c", "workers=3", "-d", "1d"]);
    wait_until("a few mails", || (done(&status(&shell, &id)) > 15).then_some(()));

    assert_eq!(shell.run(&["start", &id]).code, Some(1), "it runs already");
    let stopped = shell.run(&["stop", &id]).well();
    assert!(stopped.out.contains(&format!("Stopped: {id}")), "{}", stopped.out);
    let at_rest = status(&shell, &id);
    assert_eq!((&at_rest["status"], &at_rest["desired"]), (&"stopped".into(), &"stopped".into()));
    let again = shell.run(&["stop", &id]);
    assert!(again.code == Some(1) && again.err.contains("is already stopped"), "{}", again.err);
    assert_eq!(done(&status(&shell, &id)), done(&at_rest), "at rest means at rest");

    let listed = shell.run(&["list", "--status", "stopped", "--format", "json"]).well().json();
    assert_eq!(listed[0]["deployment_id"], id.as_str());
    shell.run(&["start", &id]).well();
    wait_until("more mails", || (done(&status(&shell, &id)) > done(&at_rest)).then_some(()));
    let ids: Vec<String> = exported_ids(&shell, &id);
    let mut unique = ids.clone();
    unique.sort();
    unique.dedup();
    assert_eq!(unique.len(), ids.len(), "an activity happened twice");
    shell.run(&["cleanup", &id, "--yes"]).well();
}

fn exported_ids(shell: &Shell, id: &str) -> Vec<String> {
    let exported = shell.run(&["export", id]).well().out;
    let lines = exported.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn watch_tells_a_timeout_and_another_end_apart() {
    let tenant = TenantProcess::start(&["--speed", WALKING]);
    let shell = shell(&tenant);
    let id = deploy(&shell, &["heartbeat"]);
    let late = shell.run(&["watch", &id, "--wait-for", "completed", "--timeout", "0.3"]);
    assert!(late.code == Some(3) && late.err.contains("the time is over"), "{late:?}");
    shell.run(&["stop", &id]).well();
    let elsewhere = shell.run(&["watch", &id, "--wait-for", "completed", "--timeout", "30"]);
    assert!(
        elsewhere.code == Some(4) && elsewhere.err.contains("is stopped, and will not be completed"),
        "{elsewhere:?}"
    );
    assert_eq!(shell.run(&["watch", &id, "--wait-for", "stopped"]).code, Some(0));
    let objects = shell.run(&["watch", &id, "--wait-for", "stopped", "--format", "json"]).well();
    assert_eq!(objects.json()["status"], "stopped");
}

#[test]
fn logs_are_the_same_from_everywhere_and_follow_to_the_end() {
    let tenant = TenantProcess::start(&["--speed", "6000"]);
    let shell = shell(&tenant);
    let id = deploy(&shell, &["heartbeat", "-c", "beats=40"]);
    let followed = shell.run(&["logs", &id, "--follow", "-n", "1000"]).well().out;
    assert!(
        followed.contains("accepted: heartbeat") && followed.contains("beat 39") && followed.contains("40 beats"),
        "{followed}"
    );
    assert_eq!(shell.run(&["logs", &id, "-n", "1000"]).well().out, followed);
    assert_eq!(shell.run(&["logs", &id, "-n", "2"]).well().out.lines().count(), 2);
}

#[test]
fn a_file_is_obeyed_flags_win_and_a_dry_run_changes_nothing() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    let file = shell.folder().join("office.yaml");
    let text =
        "workload_name: m365-knowledge-worker\nconfig: {workers: 9, department: hr}\nduration_hours: 3\nseed: 7\n";
    fs::write(&file, text).unwrap();
    let file = file.display().to_string();
    let plan = shell.run(&["deploy", "-f", &file, "-c", "workers=2", "--dry-run", "--format", "json"]).well().json();
    assert_eq!((&plan["config"]["workers"], &plan["config"]["department"]), (&2.into(), &"hr".into()));
    assert_eq!((&plan["config"]["duration_hours"], &plan["seed"]), (&3.into(), &7.into()));
    assert!(plan["tasks"].as_array().is_some_and(|tasks| !tasks.is_empty()), "{plan}");
    assert_eq!(plan["expected_total"]["email.send"].as_f64(), Some(60.0), "two people of hr, ten mails an hour");
    let shown = shell.run(&["deploy", "-f", &file, "--dry-run"]).well().out;
    assert!(shown.contains("would be deployed as") && shown.contains("270 email.send"), "{shown}");
    assert_eq!(shell.run(&["list", "--format", "json"]).well().json(), serde_json::json!([]));
}

#[test]
fn a_deployment_that_is_over_is_cleaned_up_by_itself_if_that_was_asked_for() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    let id = deploy(
        &shell,
        &["m365-knowledge-worker", "-c", "workers=2", "-c", "features=mail", "-d", "1h", "--then", "cleanup"],
    );
    wait_until("nothing is left", || {
        let status = status(&shell, &id);
        let over = status["status"] == "completed" && status["desired"] == "removed";
        (over && status["ledger"]["created"] == 2 && status["ledger"]["live"] == 0).then_some(())
    });
}

#[test]
fn a_workload_is_installed_described_and_removed_but_not_while_it_is_needed() {
    let tenant = TenantProcess::start(&["--speed", WALKING]);
    let shell = shell(&tenant);
    let component = workload("heartbeat").join("heartbeat.wasm").display().to_string();
    let verified = shell.run(&["workload", "verify", &component, "--format", "json"]).well().json();
    let installed = shell.run(&["workload", "install", &component]).well();
    assert!(installed.out.starts_with("Installed: heartbeat 0.1.0"), "{}", installed.out);
    let info = shell.run(&["workload", "info", "heartbeat", "--format", "json"]).well().json();
    assert_eq!(info["digest"], verified["digest"]);
    assert!(info["exports"].as_array().is_some_and(|exports| !exports.is_empty()));
    let shown = shell.run(&["workload", "info", "m365-knowledge-worker"]).well().out;
    for said in ["KW_CLIENT_SECRET", "POST /users", "Mail.ReadWrite", "workers", "1 to 300"] {
        assert!(shown.contains(said), "{said:?} is missing in:\n{shown}");
    }

    let id = deploy(&shell, &["heartbeat"]);
    let needed = shell.run(&["workload", "remove", "heartbeat"]);
    assert!(needed.code == Some(1) && needed.err.contains("heartbeat"), "{needed:?}");
    shell.run(&["cleanup", &id, "--yes"]).well();
    shell.run(&["workload", "remove", "heartbeat"]).well();
}

#[test]
fn a_workload_that_acts_in_no_tenant_needs_none_and_no_confirmation() {
    let shell = Shell::new();
    let plan = shell.run(&["deploy", "heartbeat", "-c", "beats=1", "--dry-run"]).well().out;
    assert!(plan.contains("it acts in no tenant"), "{plan}");
    shell.run(&["deploy", "heartbeat", "-c", "beats=1"]).well();
    wait_for(&shell, "@last", "completed");
    let status = status(&shell, "@last");
    assert_eq!((&status["tenant"], &status["simulated"]), (&"none".into(), &false.into()));
}

#[test]
fn a_host_ends_when_it_is_told_to_and_when_its_home_is_gone() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    deploy(&shell, &["heartbeat", "-c", "beats=1"]);
    shell.run(&["host", "stop"]).well();
    assert_eq!(shell.host(), None);
    assert_eq!(shell.run(&["host", "status", "--format", "json"]).well().json()["running"], false);

    deploy(&shell, &["heartbeat", "-c", "beats=1"]);
    let process = shell.host().expect("the deployment started a host");
    fs::remove_dir_all(shell.home().path()).unwrap();
    let alive = || std::path::Path::new(&format!("/proc/{process}/exe")).exists();
    wait_until("the host without a home ends", || (!alive()).then_some(()));
}

#[test]
fn a_host_in_the_foreground_takes_up_what_an_earlier_one_left() {
    let tenant = TenantProcess::start(&["--speed", WALKING]);
    let shell = shell(&tenant);
    let id = deploy(&shell, &["heartbeat"]);
    shell.kill_host();
    let interrupted = status(&shell, &id);
    assert_eq!((&interrupted["status"], &interrupted["desired"]), (&"interrupted".into(), &"running".into()));
    let listed = shell.run(&["list", "--status", "interrupted", "--format", "json"]).well().json();
    assert_eq!(listed[0]["deployment_id"], id.as_str());
    let mut host = shell.command(&["serve"]).spawn().unwrap();
    let before = done(&interrupted);
    wait_until("it goes on", || (done(&status(&shell, &id)) > before).then_some(()));
    signal("-TERM", host.id());
    assert!(host.wait().unwrap().success(), "a service manager's polite end is no failure");
}

#[test]
fn a_home_deep_in_the_file_system_has_a_host_too() {
    let tenant = TenantProcess::start(&[]);
    let shell = shell(&tenant);
    let home = shell.folder().join("a-very-long-name-for-a-folder".repeat(5)).display().to_string();
    let run = |arguments: &[&str]| shell.command(arguments).env("HAYMAKER_HOME", &home).output().unwrap();
    let deployed = run(&["deploy", "heartbeat", "-c", "beats=1", "-y"]);
    let status = run(&["host", "status", "--format", "json"]);
    let stopped = run(&["host", "stop"]);
    assert!(deployed.status.success(), "{}", String::from_utf8_lossy(&deployed.stderr));
    assert!(String::from_utf8_lossy(&status.stdout).contains("\"answers\":true"), "{status:?}");
    assert!(stopped.status.success(), "{}", String::from_utf8_lossy(&stopped.stderr));
}
