//! YAML that remembers its lines.
//!
//! The usual way, deserialising into structs, stops at the first problem and knows the line only of syntax errors. What
//! people write here (manifests, deployment files) deserves all problems at once, each with its line, so the text is
//! read into a small tree of [`Node`]s that know where they stand, and [`Fields`] walks it.
//!
//! It is YAML 1.2's core schema (`no` is a text, not a boolean) without the parts that make YAML surprising: no anchors
//! and aliases (a few lines of them can stand for gigabytes), no tags, no second document, no key twice.

mod fields;

use saphyr_parser::{Event, Parser, ScalarStyle, Span, StrInput};
use serde_json::{Map, Number, Value};

pub use fields::{Field, Fields, Reader};

use crate::problems::shorten;

/// A file larger than this is not one that a person wrote.
pub(crate) const MAX_BYTES: usize = 1 << 20;

/// Nesting deeper than this is an attack on the stack, not a manifest.
const MAX_DEPTH: usize = 32;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// The text as written; `plain` if it was not quoted, so that it may mean a number, a boolean or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    /// In the order written.
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) line: usize,
    pub(crate) node: Node,
}

impl Node {
    /// Whether it says nothing: `key:`, `~`, `null`.
    pub(crate) fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// What it is, for messages.
    pub(crate) fn noun(&self) -> &'static str {
        match &self.kind {
            Kind::Scalar { .. } if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map of keys",
        }
    }

    /// The value that it means. `.inf` and `.nan` mean texts, because JSON has no such numbers.
    pub(crate) fn json(&self) -> Value {
        match &self.kind {
            Kind::Scalar { .. } if self.is_null() => Value::Null,
            Kind::Scalar { text, plain: true } => plain(text),
            Kind::Scalar { text, plain: false } => Value::String(text.clone()),
            Kind::List(items) => Value::Array(items.iter().map(Node::json).collect()),
            Kind::Map(entries) => {
                Value::Object(entries.iter().map(|e| (e.key.clone(), e.node.json())).collect::<Map<_, _>>())
            }
        }
    }
}

/// An unquoted scalar by the core schema (YAML 1.2.2, 10.3.2).
fn plain(text: &str) -> Value {
    match text {
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => number(text).map_or_else(|| Value::String(text.to_owned()), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    if let Some(hex) = text.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(Number::from);
    }
    if let Some(octal) = text.strip_prefix("0o") {
        return u64::from_str_radix(octal, 8).ok().map(Number::from);
    }
    // `f64` also reads `inf` and `nan`, which the core schema does not.
    if !text.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b)) || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if let Ok(n) = text.parse::<i64>() {
        return Some(n.into());
    }
    if let Ok(n) = text.parse::<u64>() {
        return Some(n.into());
    }
    text.parse::<f64>().ok().and_then(Number::from_f64)
}

/// The tree of a text, or none with the reason reported. A text without content is a null node.
pub fn parse(text: &str, reader: &Reader) -> Option<Node> {
    if text.len() > MAX_BYTES {
        reader.whole(1, format!("larger than {} KiB; this is not a file that a person wrote", MAX_BYTES / 1024));
        return None;
    }
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut tree = Tree { parser: Parser::new_from_str(text), reader, whole: true };
    let root = tree.document();
    root.filter(|_| tree.whole)
}

struct Tree<'a> {
    parser: Parser<'a, StrInput<'a>>,
    reader: &'a Reader,
    /// Whether nothing had to be left out.
    whole: bool,
}

impl<'a> Tree<'a> {
    fn document(&mut self) -> Option<Node> {
        let mut root = None;
        loop {
            let (event, span) = self.next()?;
            match event {
                Event::StreamEnd => break,
                Event::DocumentStart(_) if root.is_some() => {
                    self.refuse(span, "a second document (`---`) begins here; a file holds one");
                    return None;
                }
                Event::StreamStart | Event::DocumentStart(_) | Event::DocumentEnd | Event::Nothing => {}
                event => root = Some(self.node(event, span, 0)?),
            }
        }
        Some(root.unwrap_or_else(|| null(1)))
    }

    /// The next event; none after a syntax error, which is reported: nothing sensible can follow it.
    fn next(&mut self) -> Option<(Event<'a>, Span)> {
        match self.parser.next_event()? {
            Ok(event) => Some(event),
            Err(error) => {
                self.reader.whole(error.marker().line(), format!("not YAML: {}", error.info()));
                None
            }
        }
    }

    fn refuse(&mut self, span: Span, why: &str) {
        self.whole = false;
        self.reader.whole(span.start.line(), why.to_owned());
    }

    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Option<Node> {
        let line = span.start.line();
        if depth > MAX_DEPTH {
            self.refuse(span, &format!("nested more than {MAX_DEPTH} levels deep"));
            return None;
        }
        self.refuse_extras(&event, span);
        let kind = match event {
            Event::Scalar(text, style, ..) => {
                Kind::Scalar { text: text.into_owned(), plain: style == ScalarStyle::Plain }
            }
            Event::SequenceStart(..) => Kind::List(self.list(depth)?),
            Event::MappingStart(..) => Kind::Map(self.map(depth)?),
            // An alias, already refused.
            _ => return Some(null(line)),
        };
        Some(Node { line, kind })
    }

    fn refuse_extras(&mut self, event: &Event<'a>, span: Span) {
        let (anchored, tagged) = match event {
            Event::Scalar(_, _, anchor, tag) | Event::SequenceStart(anchor, tag) | Event::MappingStart(anchor, tag) => {
                (*anchor != 0, tag.is_some())
            }
            Event::Alias(_) => (true, false),
            _ => (false, false),
        };
        if anchored {
            self.refuse(span, "anchors (&) and aliases (*) are not read here; write the value out");
        }
        if tagged {
            self.refuse(span, "tags (!) are not read here; leave it out");
        }
    }

    fn list(&mut self, depth: usize) -> Option<Vec<Node>> {
        let mut items = Vec::new();
        loop {
            match self.next()? {
                (Event::SequenceEnd, _) => return Some(items),
                (event, span) => items.push(self.node(event, span, depth + 1)?),
            }
        }
    }

    fn map(&mut self, depth: usize) -> Option<Vec<Entry>> {
        let mut entries: Vec<Entry> = Vec::new();
        loop {
            let (event, span) = self.next()?;
            if event == Event::MappingEnd {
                return Some(entries);
            }
            let key = self.node(event, span, depth + 1)?;
            let (event, value_span) = self.next()?;
            let node = self.node(event, value_span, depth + 1)?;
            let Kind::Scalar { text, .. } = key.kind else {
                self.refuse(span, "a key is a single word, not a list or a map");
                continue;
            };
            if let Some(first) = entries.iter().find(|e| e.key == text) {
                let why = format!("{} stands here a second time (first on line {})", shorten(&text), first.line);
                self.refuse(span, &why);
                continue;
            }
            entries.push(Entry { key: text, line: key.line, node });
        }
    }
}

fn null(line: usize) -> Node {
    Node { line, kind: Kind::Scalar { text: String::new(), plain: true } }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Result<Value, String> {
        let reader = Reader::new("f.yaml");
        let node = parse(text, &reader);
        reader.finish(node.map(|n| n.json())).map(Option::unwrap).map_err(|p| p.to_string())
    }

    #[test]
    fn scalars_mean_what_the_core_schema_says() {
        let text = "a: 1\nb: -2.50\nc: true\nd: no\ne: '1'\nf: ~\ng: 0x1F\nh: .inf\ni: 1e3\nj: 1.2.3\nk: 18446744073709551615\n";
        let expected = json!({
            "a": 1, "b": -2.5, "c": true, "d": "no", "e": "1", "f": null, "g": 31, "h": ".inf", "i": 1000.0,
            "j": "1.2.3", "k": u64::MAX
        });
        assert_eq!(read(text).unwrap(), expected);
    }

    #[test]
    fn nodes_know_their_lines() {
        let reader = Reader::new("f.yaml");
        let node = parse("# comment\na:\n  - x\n  - {b: c}\n", &reader).unwrap();
        let Kind::Map(entries) = node.kind else { panic!("a map") };
        let Kind::List(items) = &entries[0].node.kind else { panic!("a list") };
        assert_eq!((entries[0].line, items[0].line, items[1].line), (2, 3, 4));
    }

    #[test]
    fn a_syntax_error_names_its_line() {
        let said = read("a: 1\nb: [1, 2\nc: 3\n").unwrap_err();
        assert!(said.starts_with("f.yaml:3: not YAML: ") || said.starts_with("f.yaml:2: not YAML: "), "{said}");
    }

    #[test]
    fn a_key_given_twice_is_an_error_that_names_both_lines() {
        assert_eq!(read("a: 1\nb: 2\na: 3\n").unwrap_err(), "f.yaml:3: a stands here a second time (first on line 1)");
    }

    #[test]
    fn anchors_tags_and_second_documents_are_refused() {
        assert!(read("a: &x [1]\nb: *x\n").unwrap_err().contains("anchors"));
        assert!(read("a: !!binary aGk=\n").unwrap_err().contains("tags"));
        assert!(read("a: 1\n---\nb: 2\n").unwrap_err().contains("second document"));
    }

    #[test]
    fn deep_nesting_is_refused_and_does_not_exhaust_the_stack() {
        for opening in ["[", "{a: ", "- "] {
            let said = read(&opening.repeat(20_000)).unwrap_err();
            assert!(said.contains("nested more than") || said.contains("not YAML"), "{said}");
        }
    }

    #[test]
    fn nothing_and_comments_read_as_null() {
        assert_eq!(read("").unwrap(), Value::Null);
        assert_eq!(read("# only\n").unwrap(), Value::Null);
        assert_eq!(read("\u{feff}---\n").unwrap(), Value::Null);
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_reader_fail(text in "[a-c:\\-\\[\\]{}&*!|>'\", \n#%@`~0-9]{0,80}") {
            let _ = read(&text);
        }
    }
}
