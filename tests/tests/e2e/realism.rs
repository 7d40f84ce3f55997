//! What is exported, in every form, and that it reads as the office that the table of assumptions describes.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Command, Stdio};

use haymaker_tests::command::{Shell, TenantProcess, not_run, program};
use haymaker_tests::truth::{lines, text};
use serde_json::Value;

/// A short deployment that is over, in a tenant of its own.
fn hour() -> (TenantProcess, Shell) {
    let tenant = TenantProcess::start(&["--seed", "5"]);
    let shell = Shell::new().with(tenant.environment.clone());
    let config = ["-c", "workers=3", "-c", "pattern=office", "-d", "2h", "--seed", "5"];
    shell.run(&[&["deploy", "m365-knowledge-worker"], config.as_slice()].concat()).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "110"]).well();
    (tenant, shell)
}

#[test]
fn a_simulated_day_of_either_pattern_passes_and_one_whose_answers_answer_nothing_does_not() {
    for pattern in ["flat", "office"] {
        let shell = Shell::new();
        let export = shell.folder().join("truth.jsonl").to_string_lossy().into_owned();
        let config = format!("pattern={pattern}");
        shell.run(&["demo", "-c", "workers=16", "-c", &config, "--seed", "3", "--export", &export]).well();
        let verified = shell.run(&["verify-realism", &export, "--format", "json"]).well().json();
        assert_eq!((&verified["passes"], text(&verified, "pattern")), (&Value::Bool(true), pattern), "{verified}");
        assert!(verified["ok"].as_u64().unwrap() >= 8, "{verified}");
        let shown = shell.run(&["verify-realism", &export, "--pattern", pattern]).well().out;
        assert!(shown.contains("VERDICT") && shown.contains("any line is off is at most 0.1 %"), "{shown}");
        if pattern == "office" {
            let lost = fs::read_to_string(&export).unwrap().replace(r#""in_reply_to":"<"#, r#""in_reply_to":"<none-"#);
            fs::write(&export, lost).unwrap();
            let ran = shell.run(&["verify-realism", &export, "--format", "json"]);
            assert_eq!(ran.code, Some(1), "{}", ran.err);
            let off = ran.json()["checks"]
                .as_array()
                .unwrap()
                .iter()
                .any(|check| text(check, "check") == "answers to nothing, mail" && text(check, "verdict") == "off");
            assert!(off, "{}", ran.out);
        }
    }
}

#[test]
fn entities_are_a_watchlist_that_says_what_lives_and_what_is_gone() {
    let (_tenant, shell) = hour();
    let watchlist = || {
        let csv = shell.run(&["export", "@last", "--what", "entities", "--format", "csv", "--kind", "user"]).well().out;
        let mut rows: Vec<Vec<String>> =
            csv.lines().map(|row| row.trim_end().split(',').map(str::to_owned).collect()).collect();
        assert_eq!(rows.remove(0).join(","), "deployment,kind,name,id,state,intended,created,deleted");
        rows
    };
    let live = watchlist();
    assert_eq!(live.len(), 3);
    assert!(live.iter().all(|row| row[4] == "live" && row[2].contains('@') && row[7].is_empty()), "{live:?}");
    shell.run(&["cleanup", "@last", "-y"]).well();
    assert!(watchlist().iter().all(|row| row[4] == "deleted" && !row[7].is_empty()));
    let json = lines(&shell.run(&["export", "@last", "--what", "entities", "--kind", "user"]).well().out);
    assert!(json.iter().all(|line| text(line, "state") == "deleted"));
}

#[test]
fn every_request_is_exported_once_with_the_task_and_the_activity_that_it_was_made_for() {
    let (_tenant, shell) = hour();
    let requests = lines(&shell.run(&["export", "@last", "--what", "requests"]).well().out);
    let activities = lines(&shell.run(&["export", "@last"]).well().out);
    let ids: BTreeSet<&str> = activities.iter().map(|line| text(line, "id")).collect();
    let mut seen = BTreeSet::new();
    for request in &requests {
        assert!(seen.insert(text(request, "request_id")), "twice: {request}");
        assert!(
            ids.contains(text(request, "activity")) && text(request, "activity").starts_with(text(request, "task"))
        );
    }
    let told: BTreeSet<&str> = activities
        .iter()
        .flat_map(|line| line["requests"].as_array().unwrap())
        .map(|one| text(one, "request_id"))
        .collect();
    assert_eq!(seen, told);
    assert!(requests.len() > 50, "{}", requests.len());
}

#[test]
fn the_queries_need_no_deployment() {
    let ran = Shell::new().run(&["export", "--queries"]).well();
    assert!(ran.out.contains("MicrosoftGraphActivityLogs") && ran.out.contains("UniqueTokenIdentifier"), "{}", ran.out);
}

#[test]
fn an_export_does_not_replace_a_folder_and_a_full_disk_leaves_the_old_file() {
    let (_tenant, shell) = hour();
    let folder = shell.folder().join("small");
    fs::create_dir(&folder).unwrap();
    let ran = shell.run(&["export", "@last", "-o", &folder.to_string_lossy()]);
    assert!(ran.code == Some(1) && ran.err.contains("it is a folder"), "{}", ran.err);

    // A disk that is full is made of a file system in memory, in a name space of its own.
    let script = format!(
        "mount -t tmpfs -o size=8k none {0} && echo mounted && echo old > {0}/truth.jsonl; \
         HAYMAKER_HOME={1} {2} export @last -o {0}/truth.jsonl; code=$?; cat {0}/truth.jsonl; ls -A {0}; exit $code",
        folder.display(),
        shell.home().path().display(),
        program().display()
    );
    let output = Command::new("unshare").args(["-rm", "sh", "-c", &script]).stdin(Stdio::null()).output();
    let Some(output) = output.ok().filter(|output| output.stdout.starts_with(b"mounted")) else {
        return not_run("an export to a full disk", "this machine lets nobody mount a small file system");
    };
    let err = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{err}");
    assert!(err.contains("cannot write") && err.contains("No space left on device"), "{err}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "mounted\nold\ntruth.jsonl\n", "nothing is half written");
}
