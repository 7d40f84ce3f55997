//! Everything that is wrong with what somebody wrote, all at once.
//!
//! Who corrects a manifest or a config one complaint at a time runs the same command ten times. So nothing that reads
//! what a person wrote stops at the first problem: it collects [`Problems`] and gives up only at the end. Each one says
//! where (file and line, where there is a file), which key, what was given, and what to do.

use std::fmt;
use std::sync::Arc;

/// A line in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named it.
    pub origin: Arc<str>,
    /// Its line, counted from 1.
    pub line: usize,
}

/// One thing that is wrong. Shown as `origin:line: key=given: message`, without the parts that there are not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, dotted where it is nested (`endpoints.graph.auth`); empty when it is about the whole.
    pub key: String,
    /// The value as it was given, shortened; none where there is none or where it does not help.
    pub given: Option<String>,
    /// Where it stands; none for what came from the command line.
    pub place: Option<Place>,
    /// What is wrong and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem of the whole, or of a key without a place.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Problem {
        Problem { key: key.into(), given: None, place: None, message: message.into() }
    }

    /// The same, showing the value.
    pub fn with(mut self, given: &str) -> Problem {
        self.given = Some(shorten(given));
        self
    }

    /// The same, at a place.
    pub fn at(mut self, place: Option<Place>) -> Problem {
        self.place = place;
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}: ", place.origin, place.line)?;
        }
        match (one_line(&self.key).as_str(), &self.given) {
            ("", _) => write!(f, "{}", self.message),
            (key, Some(given)) => write!(f, "{key}={given}: {}", self.message),
            (key, None) => write!(f, "{key}: {}", self.message),
        }
    }
}

/// Everything that is wrong, in the order in which it stands in the file. Shown one per line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// One more.
    pub fn push(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    /// All of another's.
    pub fn extend(&mut self, others: Problems) {
        self.0.extend(others.0);
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        self.0.iter()
    }

    /// The value, if nothing is wrong with it.
    ///
    /// # Errors
    /// The problems, sorted by line; those without a place come last.
    pub fn or<T>(mut self, value: T) -> Result<T, Problems> {
        if self.0.is_empty() {
            return Ok(value);
        }
        self.0.sort_by_key(|problem| problem.place.as_ref().map_or(usize::MAX, |place| place.line));
        Err(self)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Problems {
        Problems(vec![problem])
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, problem) in self.0.iter().enumerate() {
            if n > 0 {
                writeln!(f)?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// A value is shown to this many characters: enough to recognise it, too few to flood a terminal.
const SHOWN: usize = 60;

/// A text from outside as it may be shown: on one line, without control characters, shortened.
pub(crate) fn shorten(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => one_line(text.get(..end).unwrap_or(text)) + "...",
        None => one_line(text),
    }
}

/// Without control characters: nothing from outside forges a line or moves a terminal's cursor.
fn one_line(text: &str) -> String {
    let shown = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.chars().map(shown).collect()
}

/// The known word that was most likely meant, if any is near: a third of the letters may differ (case and `-` for `_`
/// do not count), or the word is the beginning of exactly one known word.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = fold(word);
    // The distance is quadratic in the length, and nobody mistypes a word that long.
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let known: Vec<&str> = known.into_iter().collect();
    let near = known.iter().map(|k| (strsim::osa_distance(&word, &fold(k)), *k)).min_by_key(|(distance, _)| *distance);
    if let Some((distance, k)) = near
        && distance <= (word.chars().count() / 3).max(1)
    {
        return Some(k);
    }
    let mut longer = known.iter().filter(|k| word.len() >= 3 && fold(k).starts_with(&word));
    match (longer.next(), longer.next()) {
        (Some(k), None) => Some(k),
        _ => None,
    }
}

fn fold(word: &str) -> String {
    word.to_lowercase().replace('-', "_")
}

/// What to say after "unknown": the nearest word, and all words where they are few enough to read.
pub fn suggest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    /// More than this is a list that nobody reads.
    const FEW: usize = 24;
    let known: Vec<&str> = known.into_iter().collect();
    match (nearest(word, known.iter().copied()), known.len()) {
        (Some(near), _) => format!("did you mean {near}?"),
        (None, 0) => "there is none to choose from".to_owned(),
        (None, 1..=FEW) => format!("known: {}", known.join(", ")),
        (None, _) => "none is like it".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_shows_place_key_value_and_remedy() {
        let place = Place { origin: "deploy.yaml".into(), line: 4 };
        let problem = Problem::new("workers", "at most 300").with("301");
        assert_eq!(problem.to_string(), "workers=301: at most 300");
        assert_eq!(problem.at(Some(place)).to_string(), "deploy.yaml:4: workers=301: at most 300");
        assert_eq!(Problem::new("", "empty").to_string(), "empty");
    }

    #[test]
    fn problems_come_in_the_order_of_the_file() {
        let at = |line| Some(Place { origin: "f".into(), line });
        let mut problems = Problems::default();
        problems.push(Problem::new("c", "x"));
        problems.push(Problem::new("b", "x").at(at(7)));
        problems.push(Problem::new("a", "x").at(at(2)));
        assert_eq!(problems.or(()).unwrap_err().to_string(), "f:2: a: x\nf:7: b: x\nc: x");
    }

    #[test]
    fn a_value_from_outside_cannot_forge_lines_or_flood_the_terminal() {
        assert_eq!(shorten("a\nb\x1b[31m"), "a\\nb\\u{1b}[31m");
        assert_eq!(shorten(&"x".repeat(1000)).len(), SHOWN + 3);
        assert_eq!(Problem::new("a\nb", "no").with("\r").to_string(), "a\\nb=\\r: no");
    }

    #[test]
    fn the_nearest_word_is_found_and_far_ones_are_not() {
        let known = ["workers", "department", "duration_hours", "usage_location"];
        assert_eq!(nearest("wrokers", known), Some("workers"));
        assert_eq!(nearest("Duration-Hours", known), Some("duration_hours"));
        assert_eq!(nearest("depart", known), Some("department"));
        assert_eq!(nearest("colour", known), None);
        assert_eq!(nearest("", known), None);
    }
}
