//! The allow-list: which methods and paths a manifest permits.
//!
//! A rule is a method and a path of segments, compared with the *decoded* segments of the canonical form. What no rule
//! names is denied. Paths are compared with regard to case, although Graph does not: a spelling that no rule has is
//! denied rather than guessed at.

use super::canonical::Canonical;

/// `POST /users/*/sendMail`, `GET /users/**`, `PATCH /groups(uniqueName='*')`.
///
/// `*` stands for one whole segment, or, between other characters, for a part of one; such a part may contain a quote
/// only doubled, as OData writes it inside a string, so it cannot end the string it stands in. `**` at the end stands
/// for any rest, also for none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    method: String,
    segments: Vec<Pattern>,
    open: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    /// This segment.
    Exactly(String),
    /// Any segment.
    Any,
    /// The text between stars.
    Around(Vec<String>),
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// A sentence that names the rule and what is wrong with it.
    pub fn parse(text: &str) -> Result<Rule, String> {
        let fault = |why: &str| format!("the rule {text:?} {why}; write it as \"GET /users/*\"");
        let (method, path) = text.split_once(' ').ok_or_else(|| fault("is not a method and a path"))?;
        if !matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
            return Err(fault("begins with something other than GET, POST, PUT, PATCH or DELETE"));
        }
        let rest = path.strip_prefix('/').ok_or_else(|| fault("has a path that does not begin with /"))?;
        if rest.contains(['?', '#', '%', '\\', ' ']) || rest.contains(char::is_control) {
            return Err(fault("has a query, an encoding or a blank; rules are compared with the decoded path alone"));
        }
        let mut parts: Vec<&str> = if rest.is_empty() { Vec::new() } else { rest.split('/').collect() };
        let open = parts.last() == Some(&"**");
        if open {
            parts.pop();
        }
        if parts.iter().any(|part| part.is_empty() || part.chars().all(|c| c == '.')) {
            return Err(fault("has an empty segment, or one of dots"));
        }
        if parts.iter().any(|part| part.contains("**")) {
            return Err(fault("has ** elsewhere than as its last segment"));
        }
        let segments = parts.into_iter().map(Pattern::parse).collect();
        Ok(Rule { method: method.to_owned(), segments, open })
    }

    /// Whether this rule permits the request.
    #[must_use]
    pub fn permits(&self, request: &Canonical) -> bool {
        self.method == request.method && self.covers(&request.segments)
    }

    fn covers(&self, segments: &[String]) -> bool {
        let enough =
            if self.open { segments.len() >= self.segments.len() } else { segments.len() == self.segments.len() };
        enough && self.segments.iter().zip(segments).all(|(pattern, segment)| pattern.matches(segment))
    }
}

impl Pattern {
    fn parse(part: &str) -> Pattern {
        match part {
            "*" => Pattern::Any,
            part if part.contains('*') => Pattern::Around(part.split('*').map(str::to_owned).collect()),
            part => Pattern::Exactly(part.to_owned()),
        }
    }

    fn matches(&self, segment: &str) -> bool {
        match self {
            Pattern::Exactly(text) => text == segment,
            Pattern::Any => true,
            Pattern::Around(texts) => match texts.split_first() {
                Some((first, rest)) => segment.strip_prefix(first.as_str()).is_some_and(|tail| around(rest, tail)),
                None => segment.is_empty(),
            },
        }
    }
}

/// Whether `text` is: something, the first literal, something, the next one, ... with the last one at the end.
fn around(literals: &[String], text: &str) -> bool {
    let Some((literal, rest)) = literals.split_first() else { return text.is_empty() };
    if rest.is_empty() {
        return text.strip_suffix(literal.as_str()).is_some_and(stays_inside);
    }
    text.match_indices(literal.as_str()).any(|(at, found)| {
        let (star, tail) = text.split_at(at);
        stays_inside(star) && tail.strip_prefix(found).is_some_and(|tail| around(rest, tail))
    })
}

/// Whether what stands for a star is something, and cannot end an OData string.
fn stays_inside(star: &str) -> bool {
    !star.is_empty() && !star.replace("''", "").contains('\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(rule: &str, path: &str) -> bool {
        let segments: Vec<String> = path.split('/').skip(1).map(str::to_owned).collect();
        Rule::parse(rule).unwrap().covers(&segments)
    }

    #[test]
    fn a_star_is_one_segment_and_two_are_any_rest() {
        assert!(covers("POST /users/*/sendMail", "/users/a@b/sendMail"));
        assert!(!covers("POST /users/*/sendMail", "/users/a/b/sendMail"));
        assert!(!covers("POST /users/*/sendMail", "/users/a/sendmail"));
        assert!(!covers("POST /users/*/sendMail", "/users/a/sendMail/x"));
        assert!(covers("GET /users/**", "/users"));
        assert!(covers("GET /users/**", "/users/a/messages/b"));
        assert!(!covers("GET /users/**", "/usersx"));
        assert!(covers("GET /**", "/anything/at/all"));
        assert!(!covers("GET /users", "/users/a"));
    }

    #[test]
    fn a_star_inside_a_key_cannot_leave_its_string() {
        let rule = "PATCH /groups(uniqueName='*')";
        assert!(covers(rule, "/groups(uniqueName='sales-1')"));
        assert!(covers(rule, "/groups(uniqueName='O''Brien')"));
        assert!(!covers(rule, "/groups(uniqueName='')"));
        assert!(!covers(rule, "/groups(uniqueName='a',id='b')"));
        assert!(!covers(rule, "/groups(uniqueName='a')x('b')"));
        assert!(!covers(rule, "/groups(uniqueName='a'''b')"));
        assert!(!covers(rule, "/groups(id='a')"));
        assert!(covers("GET /r(a='*',b='*')", "/r(a='1',b='2')"));
        assert!(!covers("GET /r(a='*',b='*')", "/r(a='1',c='2')"));
    }

    #[test]
    fn rules_that_mean_nothing_are_refused_with_what_is_wrong() {
        for rule in [
            "",
            "GET",
            "get /x",
            "GET x",
            "GET /a//b",
            "GET /a/../b",
            "GET /a/**/b",
            "GET /a?b",
            "GET /a%20b",
            "GET /a***",
            "GET  /a",
            "HEAD /a",
        ] {
            assert!(Rule::parse(rule).unwrap_err().contains("rule"), "{rule}");
        }
    }
}
