//! Walking a tree of [`Node`]s: every question that cannot be answered becomes a problem with its line and key path.
//!
//! Readers go on after a problem with whatever is at hand, because the result is thrown away if there was any: see
//! [`Reader::finish`]. So a missing value is reported once, where it is missing, and never again where it is used.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::Value;

use super::{Entry, Kind, Node};
use crate::problems::{Place, Problem, Problems, suggest};

/// Collects the problems of one file.
pub struct Reader {
    origin: Arc<str>,
    problems: RefCell<Problems>,
}

impl Reader {
    /// For a file of this name.
    pub fn new(name: &str) -> Reader {
        Reader { origin: name.into(), problems: RefCell::default() }
    }

    pub(crate) fn place(&self, line: usize) -> Place {
        Place { origin: self.origin.clone(), line }
    }

    /// A problem of the whole file.
    pub(crate) fn whole(&self, line: usize, message: String) {
        self.push(Problem::new("", message).at(Some(self.place(line))));
    }

    fn push(&self, problem: Problem) {
        self.problems.borrow_mut().push(problem);
    }

    /// What was read, if there was no problem.
    ///
    /// # Errors
    /// All problems, in the order of their lines.
    pub fn finish<T>(self, value: T) -> Result<T, Problems> {
        self.problems.into_inner().or(value)
    }
}

/// A map whose keys are all known.
pub struct Fields<'a> {
    reader: &'a Reader,
    path: String,
    line: usize,
    entries: &'a [Entry],
}

impl<'a> Fields<'a> {
    /// The root of a file; `what` says what the file is. None, reported, if it is not a map.
    pub(crate) fn root(reader: &'a Reader, node: &'a Node, what: &str, known: &[&str]) -> Option<Fields<'a>> {
        match &node.kind {
            Kind::Map(entries) => Some(Fields::checked(reader, String::new(), node.line, entries, known)),
            _ if node.is_null() => {
                reader.whole(node.line, format!("empty; {what} has keys: {}", known.join(", ")));
                None
            }
            _ => {
                reader.whole(node.line, format!("{}, but {what} is a map of keys: {}", node.noun(), known.join(", ")));
                None
            }
        }
    }

    fn checked(reader: &'a Reader, path: String, line: usize, entries: &'a [Entry], known: &[&str]) -> Fields<'a> {
        let fields = Fields { reader, path, line, entries };
        for field in fields.all().filter(|field| !known.contains(&field.name)) {
            field.problem(format!("unknown key; {}", suggest(field.name, known.iter().copied())));
        }
        fields
    }

    /// Every entry.
    pub(crate) fn all(&self) -> impl Iterator<Item = Field<'a>> {
        self.entries.iter().map(|entry| Field {
            reader: self.reader,
            path: join(&self.path, &entry.key),
            name: &entry.key,
            line: entry.line,
            node: &entry.node,
        })
    }

    /// An entry, if it is there and says something.
    pub fn get(&self, key: &str) -> Option<Field<'a>> {
        self.all().find(|field| field.name == key && !field.node.is_null())
    }

    /// An entry that must be there; `remedy` says what to write.
    pub fn need(&self, key: &str, remedy: &str) -> Option<Field<'a>> {
        match self.all().find(|field| field.name == key) {
            None => self.problem(key, format!("missing; {remedy}")),
            Some(field) if field.node.is_null() => field.problem(format!("says nothing; {remedy}")),
            found => return found,
        }
        None
    }

    /// A problem of a key that is not there, at the line of the map.
    pub(crate) fn problem(&self, key: &str, message: String) {
        let problem = Problem::new(join(&self.path, key), message);
        self.reader.push(problem.at(Some(self.reader.place(self.line))));
    }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// An entry: a key, its value, and where it stands.
#[derive(Clone)]
pub struct Field<'a> {
    reader: &'a Reader,
    path: String,
    /// The last part of the path.
    pub(crate) name: &'a str,
    line: usize,
    node: &'a Node,
}

impl<'a> Field<'a> {
    /// The whole of a file, which has no key.
    pub fn root(reader: &'a Reader, node: &'a Node) -> Field<'a> {
        Field { reader, path: String::new(), name: "", line: node.line, node }
    }

    /// Something is wrong with it.
    pub fn problem(&self, message: impl Into<String>) {
        self.reader.push(Problem::new(&self.path, message).at(Some(self.place())));
    }

    /// Something is wrong with its value, which is shown.
    pub fn wrong(&self, given: &str, message: impl Into<String>) {
        self.reader.push(Problem::new(&self.path, message).with(given).at(Some(self.place())));
    }

    pub(crate) fn place(&self) -> Place {
        self.reader.place(self.line)
    }

    /// Its value, as JSON has it.
    pub fn json(&self) -> Value {
        self.node.json()
    }

    pub(crate) fn is_map(&self) -> bool {
        matches!(self.node.kind, Kind::Map(_))
    }

    fn mismatch(&self, wanted: &str) {
        self.problem(format!("{}, where {wanted} belongs", self.node.noun()));
    }

    /// The text of a single value, as written.
    pub fn text(&self) -> Option<&'a str> {
        match &self.node.kind {
            Kind::Scalar { text, .. } if !self.node.is_null() => Some(text),
            _ => {
                self.mismatch("a single value");
                None
            }
        }
    }

    /// The text, read by `read`, whose error is the message of the problem.
    pub fn parse<T>(&self, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let text = self.text()?;
        read(text).map_err(|why| self.wrong(text, why)).ok()
    }

    /// `true` or `false`.
    pub(crate) fn flag(&self) -> Option<bool> {
        self.parse(|_| match self.json() {
            Value::Bool(flag) => Ok(flag),
            _ => Err("write true or false".to_owned()),
        })
    }

    /// The items of a list. `[]` is a list; anything else is a problem.
    pub fn list(&self) -> Vec<Field<'a>> {
        let Kind::List(items) = &self.node.kind else {
            self.mismatch("a list");
            return Vec::new();
        };
        let item = |(n, node): (usize, &'a Node)| Field {
            reader: self.reader,
            path: format!("{}[{n}]", self.path),
            name: self.name,
            line: node.line,
            node,
        };
        items.iter().enumerate().map(item).collect()
    }

    /// A map whose keys are all in `known`.
    pub fn fields(&self, known: &[&str]) -> Option<Fields<'a>> {
        let Kind::Map(entries) = &self.node.kind else {
            self.mismatch(&format!("a map with {}", known.join(", ")));
            return None;
        };
        Some(Fields::checked(self.reader, self.path.clone(), self.line, entries, known))
    }

    /// A map whose keys are names of the writer's choice.
    pub(crate) fn named(&self) -> Vec<Field<'a>> {
        let Kind::Map(entries) = &self.node.kind else {
            self.mismatch("a map of names");
            return Vec::new();
        };
        Fields { reader: self.reader, path: self.path.clone(), line: self.line, entries }.all().collect()
    }
}
