//! The help is the first page that anybody reads.
//!
//! (This file has a second use: because the package has a test of its own, `cargo test --workspace` builds the program
//! itself, with the very features of the tests, and end-to-end tests find it without a second build of everything.)

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::process::Command;

fn help(of: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_haymaker")).args(of).arg("--help").output().unwrap();
    assert!(output.status.success(), "{of:?} --help");
    String::from_utf8(output.stdout).unwrap()
}

/// The subcommands that a help text lists.
fn listed(text: &str) -> Vec<String> {
    let commands = text.lines().skip_while(|line| *line != "Commands:").skip(1);
    let commands = commands.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("    "));
    commands
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .filter(|name| name != "help")
        .collect()
}

#[test]
fn every_command_has_a_help_text_with_an_example() {
    let mut pending = vec![Vec::<String>::new()];
    let mut leaves = 0;
    while let Some(path) = pending.pop() {
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        let text = help(&words);
        assert!(text.contains("Example"), "{path:?} has no example:\n{text}");
        let below = listed(&text);
        leaves += usize::from(below.is_empty());
        pending.extend(below.into_iter().map(|name| [path.clone(), vec![name]].concat()));
    }
    assert!(leaves >= 20, "only {leaves} commands were found");
}
