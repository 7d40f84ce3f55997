//! What a person at a terminal sees. The terminal is that of `script`; where there is none, this is no proof.

use std::process::{Command, Stdio};

use haymaker_tests::command::{Shell, not_run, program};

/// The small demo that all of these look at.
const DEMO: &str = "demo -c workers=2 -c duration_hours=2";

/// Everything that a command shows on a terminal; nothing if this machine cannot make one.
fn shown(arguments: &str, variables: &[(&str, &str)]) -> Option<String> {
    let shell = Shell::new();
    let mut command = Command::new("script");
    let line = format!("{} {arguments}", program().display());
    command.args(["-q", "-e", "-c", &line, "/dev/null"]).stdin(Stdio::null());
    command
        .env("HAYMAKER_HOME", shell.home().path())
        .env("TMPDIR", shell.tmp())
        .env("TERM", "xterm")
        .env_remove("NO_COLOR");
    let output = command.envs(variables.iter().copied()).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() && text.is_empty() {
        not_run("what a person at a terminal sees", "there is no terminal to be had here");
        return None;
    }
    assert!(output.status.success(), "{text}");
    Some(text)
}

/// Bold: what headlines are on a terminal.
const BOLD: &str = "\u{1b}[1m";

#[test]
fn there_are_colours_and_a_bar() {
    let Some(text) = shown(DEMO, &[]) else { return };
    assert!(text.contains(BOLD) && text.contains('━'), "{text}");
    assert!(text.contains("0 left in the tenant"), "{text}");
}

#[test]
fn whoever_wants_no_colours_gets_none() {
    let Some(text) = shown(DEMO, &[("NO_COLOR", "1")]) else { return };
    // The bar moves, which takes control sequences; none of them paints.
    assert!(text.contains("0 left in the tenant") && !text.contains(BOLD) && !text.contains("\u{1b}[32m"), "{text}");
}

#[test]
fn status_and_list_are_painted_and_a_watch_stays_in_its_place() {
    let shell = Shell::new();
    shell.run(&["deploy", "heartbeat", "-c", "beats=1", "-y"]).well();
    shell.run(&["watch", "@last", "--wait-for", "completed", "--timeout", "60"]).well();
    let home = shell.home();
    let home = [("HAYMAKER_HOME", home.path().to_str().unwrap())];
    for command in ["status @last", "list", "watch @last"] {
        let Some(text) = shown(command, &home) else { return };
        assert!(text.contains("completed") && text.contains("\u{1b}["), "{command}: {text}");
    }
}
