//! A demo, and what it leaves to be checked: the ground truth, and every exchange as the tenant saw it.

use std::fs;

use serde_json::Value;

use crate::command::Shell;
use crate::truth;

/// Both sides of a demo.
pub struct Demo {
    /// The ground truth, byte for byte.
    pub export: String,
    /// What the tenant recorded.
    pub record: Vec<Value>,
}

impl Demo {
    /// Runs one with these flags: five people for an hour, if they do not say otherwise.
    ///
    /// # Panics
    ///
    /// If it does not end well.
    pub fn run(flags: &[&str]) -> Demo {
        let shell = Shell::new();
        let path = |name: &str| shell.folder().join(name).to_string_lossy().into_owned();
        let (export, record) = (path("truth.jsonl"), path("exchanges.jsonl"));
        let mut all =
            vec!["demo", "-c", "workers=5", "-c", "duration_hours=1", "--export", &export, "--record", &record];
        all.extend(flags);
        shell.run(&all).well();
        let read = |path: &str| fs::read_to_string(path).expect("a demo writes what it is told to");
        Demo { export: read(&export), record: truth::lines(&read(&record)) }
    }
}
