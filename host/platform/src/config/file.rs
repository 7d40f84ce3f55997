//! The deployment file: what `deploy -f` reads.
//!
//! ```yaml
//! workload_name: m365-knowledge-worker   # makes the argument optional
//! config: { workers: 10, department: sales }
//! duration_hours: 8                      # or 90m, 3d
//! tags: { team: blue }
//! tenant: contoso
//! seed: 42
//! ```

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::time::Duration;

use super::{Given, order, parse_duration};
use crate::problems::{Place, Problem, Problems};
use crate::yaml::{self, Field, Fields, Reader};

const KEYS: [&str; 6] = ["workload_name", "config", "duration_hours", "tags", "tenant", "seed"];

/// A deployment file, read. Every part may be absent; config values are not yet checked against a schema.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeployFile {
    /// Which workload, and where that stands.
    pub workload: Option<(String, Place)>,
    /// Config values in the order of the file.
    pub config: Vec<(String, Given)>,
    /// How long, and where that stands.
    pub duration: Option<(Duration, Place)>,
    /// Tags in the order of the file.
    pub tags: Vec<(String, String)>,
    /// The tenant's name.
    pub tenant: Option<String>,
    /// The seed.
    pub seed: Option<u64>,
    /// What is wrong with the rest of it.
    pub problems: Problems,
}

impl DeployFile {
    /// Reads a text; `origin` is the file's name for messages.
    ///
    /// # Errors
    /// All problems, with their lines: broken YAML, a list, nothing, unknown keys, values that cannot be.
    pub fn parse(text: &str, origin: &str) -> Result<DeployFile, Problems> {
        let file = DeployFile::parse_what_can_be(text, origin);
        if file.problems.is_empty() { Ok(file) } else { Err(file.problems) }
    }

    /// Reads what can be read of a text; the rest is in [`DeployFile::problems`], which [`Asked`](super::Asked) adds to
    /// those of the flags and of the config. So all problems come at once, wherever they stand.
    pub fn parse_what_can_be(text: &str, origin: &str) -> DeployFile {
        let reader = Reader::new(origin);
        let root = yaml::parse(text, &reader);
        let file = root.as_ref().and_then(|root| Fields::root(&reader, root, "a deployment file", &KEYS));
        let read = file.map(|fields| read_fields(&fields)).unwrap_or_default();
        let problems = reader.finish(()).err().unwrap_or_default();
        DeployFile { problems, ..read }
    }
}

/// The name and the text of a deployment file, for [`DeployFile::parse`]: who reads the file (a command) is often not who
/// reads its text (a host).
///
/// # Errors
/// It is not there, not a file, not text, or cannot be read.
pub fn read(path: &Path) -> Result<(String, String), Problems> {
    let origin = path.display().to_string();
    let why = match read_text(path) {
        Ok(text) => return Ok((origin, text)),
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound => "there is no such file".to_owned(),
            io::ErrorKind::InvalidData => "not a text file (UTF-8)".to_owned(),
            io::ErrorKind::IsADirectory => "a directory, not a file".to_owned(),
            _ => format!("cannot be read: {error}"),
        },
    };
    Err(Problem::new(origin, why).into())
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    // One byte more than is read, so that `yaml::parse` sees and refuses what is too large.
    File::open(path)?.take(yaml::MAX_BYTES as u64 + 1).read_to_string(&mut text)?;
    Ok(text)
}

fn read_fields(file: &Fields<'_>) -> DeployFile {
    let named = |key| file.get(key).map(|field| field.named()).unwrap_or_default();
    let placed = |field: &Field<'_>, text: &str| (text.to_owned(), field.place());
    DeployFile {
        workload: file.get("workload_name").and_then(|f| f.text().map(|text| placed(&f, text))),
        config: named("config").iter().map(config_value).collect(),
        duration: file.get("duration_hours").and_then(|f| f.parse(parse_duration).map(|d| (d, f.place()))),
        tags: named("tags").iter().filter_map(tag).collect(),
        tenant: file.get("tenant").and_then(|f| f.text()).map(str::to_owned),
        seed: file.get("seed").and_then(|f| f.parse(order::parse_seed)),
        problems: Problems::default(),
    }
}

fn config_value(field: &Field<'_>) -> (String, Given) {
    (field.name.to_owned(), Given::Typed { value: field.json(), place: field.place() })
}

fn tag(field: &Field<'_>) -> Option<(String, String)> {
    let value = field.parse(|text| order::check_tag(field.name, text).map(|()| text.to_owned()))?;
    Some((field.name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn refusal(text: &str) -> String {
        DeployFile::parse(text, "d.yaml").unwrap_err().to_string()
    }

    #[test]
    fn the_documented_file_is_read() {
        let text = "workload_name: m365-knowledge-worker\nconfig:\n  workers: 10\n  department: sales\n\
                    duration_hours: 1.5\ntags: {team: blue, year: 2026}\ntenant: contoso\nseed: 42\n";
        let file = DeployFile::parse(text, "d.yaml").unwrap();
        assert_eq!(file.workload.unwrap().0, "m365-knowledge-worker");
        assert_eq!(file.config[0].0, "workers");
        let place = Place { origin: "d.yaml".into(), line: 3 };
        assert_eq!(file.config[0].1, Given::Typed { value: json!(10), place });
        assert_eq!(file.duration.unwrap().0, Duration::from_secs(5400));
        assert_eq!(file.tags, [("team".into(), "blue".into()), ("year".into(), "2026".into())]);
        assert_eq!((file.tenant.as_deref(), file.seed), (Some("contoso"), Some(42)));
    }

    #[test]
    fn a_file_that_is_not_a_map_is_refused_with_its_keys() {
        let keys = "workload_name, config, duration_hours, tags, tenant, seed";
        assert_eq!(refusal(""), format!("d.yaml:1: empty; a deployment file has keys: {keys}"));
        assert_eq!(refusal("- a\n"), format!("d.yaml:1: a list, but a deployment file is a map of keys: {keys}"));
        assert_eq!(
            refusal("hello\n"),
            format!("d.yaml:1: a single value, but a deployment file is a map of keys: {keys}")
        );
        assert!(refusal("a: [1\n").contains("not YAML"), "{}", refusal("a: [1\n"));
    }

    #[test]
    fn all_problems_come_at_once_with_their_lines() {
        let text = "workload: x\nduration_hours: soon\nseed: -1\ntags: [a]\nconfig: 5\ntenant: {a: b}\n";
        let expected = "d.yaml:1: workload: unknown key; did you mean workload_name?\n\
            d.yaml:2: duration_hours=soon: not a duration; write hours (8), 90m, 8h or 3d\n\
            d.yaml:3: seed=-1: not a seed; write a whole number from 0 to 18446744073709551615\n\
            d.yaml:4: tags: a list, where a map of names belongs\n\
            d.yaml:5: config: a single value, where a map of names belongs\n\
            d.yaml:6: tenant: a map of keys, where a single value belongs";
        assert_eq!(refusal(text), expected);
    }

    #[test]
    fn an_absent_file_a_directory_and_a_picture_are_told_apart() {
        let home = tempfile::tempdir().unwrap();
        let said = |path: &Path| read(path).unwrap_err().to_string();
        assert!(said(&home.path().join("no.yaml")).ends_with("no.yaml: there is no such file"));
        assert!(said(home.path()).ends_with(": a directory, not a file"));
        let picture = home.path().join("p.yaml");
        std::fs::write(&picture, [0xff, 0xd8, 0xff]).unwrap();
        assert!(said(&picture).ends_with("p.yaml: not a text file (UTF-8)"));
        std::fs::write(&picture, "seed: 1\n").unwrap();
        assert_eq!(read(&picture).unwrap().1, "seed: 1\n");
    }
}
