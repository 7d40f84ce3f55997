//! What the README shows is run as it stands there.

use std::fs;
use std::process::Command;

use haymaker_tests::command::{Shell, not_run, program};
use haymaker_tests::root;

/// The lines of the README for a shell under a heading.
fn lines_under(heading: &str) -> String {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let section = readme.split("\n## ").find_map(|section| section.strip_prefix(heading));
    let section = section.unwrap_or_else(|| panic!("the README has no section {heading:?}"));
    let mut blocks = section.split("```");
    blocks.find_map(|block| block.strip_prefix("sh\n")).unwrap_or_else(|| panic!("{heading:?} has no lines")).to_owned()
}

#[test]
fn curl_gets_a_token_and_sends_a_mail_by_the_lines_of_the_readme() {
    if Command::new("curl").arg("--version").output().is_err() {
        return not_run("the README's lines for curl", "curl is not installed");
    }
    let shell = Shell::new();
    let path = format!("{}:/usr/bin:/bin", program().parent().unwrap().display());
    // What they start in the background is all that has to end.
    let script = format!("trap 'kill $!' EXIT\n{}", lines_under("Any other client"));
    let mut command = Command::new("sh");
    command.args(["-eu", "-c", &script]).current_dir(shell.folder());
    command.env_clear().env("PATH", path).env("HAYMAKER_HOME", shell.home().path()).env("TMPDIR", shell.tmp());
    let output = command.output().unwrap();
    let (said, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{err}");
    assert!(said.contains("HTTP/1.1 202 Accepted"), "{said}\n{err}");
    assert!(said.contains(r#""bodyPreview":"This is curl.""#), "{said}\n{err}");
    let inspected = said.split_once("value").map(|(_, rest)| rest).unwrap_or_default();
    assert!(inspected.contains("subject  Hello") && inspected.contains("This is curl."), "{said}\n{err}");
}
