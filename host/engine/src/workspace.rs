//! Files of the deployment, for workloads that write them for people.
//!
//! Paths are checked here, once, for every home that files may have: what passes is relative, `/`-separated and names
//! nothing above itself. Links that lead out are the home's to refuse, for only it can see them.

use std::sync::Arc;

use crate::bindings::haymaker::workload::workspace::Host;
use crate::types::{Problem, ProblemKind};

pub use crate::bindings::haymaker::workload::workspace::Item;

/// The longest path: bytes (`wit/workspace.wit`).
const PATH: usize = 512;
/// The most items that one listing gives (`wit/workspace.wit`).
const PAGE: u32 = 1_000;
/// The most bytes that one read gives: a guest that asks for four gigabytes is not to make the host allocate them.
const CHUNK: u32 = 8 << 20;

/// Where files live. Implemented by the platform, for one call. Paths are already checked; `""` is the directory of all.
pub trait Workspace: Send + Sync {
    /// Up to `limit` bytes from `offset`; fewer at the end of the file.
    fn read(&self, path: &str, offset: u64, limit: u32) -> Result<Vec<u8>, Problem>;

    /// Writes a whole file, atomically, making directories on the way.
    fn write(&self, path: &str, content: &[u8]) -> Result<(), Problem>;

    /// Removes a file, or an empty directory. Idempotent.
    fn remove(&self, path: &str) -> Result<(), Problem>;

    /// Up to `limit` items of a directory in the order of their paths, after `after`.
    fn list(&self, path: &str, after: Option<&str>, limit: u32) -> Result<Vec<Item>, Problem>;
}

/// No files. The string says why.
pub struct Denied(pub &'static str);

impl Denied {
    fn problem(&self) -> Problem {
        Problem::new(
            ProblemKind::Unavailable,
            "workspace-unavailable",
            format!("no workspace is available here: {}", self.0),
        )
    }
}

impl Workspace for Denied {
    fn read(&self, _: &str, _: u64, _: u32) -> Result<Vec<u8>, Problem> {
        Err(self.problem())
    }

    fn write(&self, _: &str, _: &[u8]) -> Result<(), Problem> {
        Err(self.problem())
    }

    fn remove(&self, _: &str) -> Result<(), Problem> {
        Err(self.problem())
    }

    fn list(&self, _: &str, _: Option<&str>, _: u32) -> Result<Vec<Item>, Problem> {
        Err(self.problem())
    }
}

/// A relative path that names nothing above itself.
fn check_path(path: &str) -> Result<(), Problem> {
    let why = if path.len() > PATH {
        format!("it has {} bytes; {PATH} is the most", path.len())
    } else if path.starts_with('/') {
        "it is absolute".to_owned()
    } else if path.chars().any(|c| c.is_control() || c == '\\') {
        "it has a control character or a backslash".to_owned()
    } else if path.split('/').any(|part| matches!(part, "" | "." | "..")) {
        "it has an empty part, `.` or `..`".to_owned()
    } else {
        return Ok(());
    };
    Err(Problem::denied("workspace-path", format!("the path {path:?} leads out of the workspace: {why}")))
}

/// The directory of all, or a path below it.
fn check_directory(path: &str) -> Result<(), Problem> {
    if path.is_empty() { Ok(()) } else { check_path(path) }
}

/// One call's view of it.
pub(crate) struct Binding(pub(crate) Arc<dyn Workspace>);

impl Host for Binding {
    fn read(&mut self, path: String, offset: u64, limit: u32) -> wasmtime::Result<Result<Vec<u8>, Problem>> {
        Ok(check_path(&path).and_then(|()| self.0.read(&path, offset, limit.min(CHUNK))))
    }

    fn write(&mut self, path: String, content: Vec<u8>) -> wasmtime::Result<Result<(), Problem>> {
        Ok(check_path(&path).and_then(|()| self.0.write(&path, &content)))
    }

    fn remove(&mut self, path: String) -> wasmtime::Result<Result<(), Problem>> {
        Ok(check_path(&path).and_then(|()| self.0.remove(&path)))
    }

    fn list(
        &mut self,
        path: String,
        after: Option<String>,
        limit: u32,
    ) -> wasmtime::Result<Result<Vec<Item>, Problem>> {
        Ok(check_directory(&path).and_then(|()| self.0.list(&path, after.as_deref(), limit.min(PAGE))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_stay_inside_pass() {
        for path in ["a", "a/b.txt", "notes/2026-01-05.md", "..a/b..", "ü/ß"] {
            assert!(check_path(path).is_ok(), "{path}");
        }
        assert!(check_directory("").is_ok());
    }

    #[test]
    fn paths_that_lead_out_are_denied() {
        let long = "x".repeat(PATH + 1);
        for path in ["", "/", "/etc/passwd", "..", "a/../b", "./a", "a//b", "a/", "a\\..\\b", "a\0b", long.as_str()] {
            let problem = check_path(path).expect_err(path);
            assert_eq!(problem.kind, ProblemKind::Denied, "{path}");
        }
    }
}
