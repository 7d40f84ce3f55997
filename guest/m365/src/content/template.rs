//! How templates are written down, and how one is filled.
//!
//! A file holds templates, divided by lines of `---`. A template is headers (`Subject: ...`), an empty line, a body, and
//! lines that begin with `> `: what others answer to exactly this. In all of them `{slot}` is a word of the vocabulary
//! and `[this|that]` is a choice. Answers are kept beside what they answer, because that is the only way to keep them
//! fitting when somebody changes either.

use haymaker_guest::chance::{Stream, stream};

use super::vocabulary::Words;

/// The line between templates.
const SEPARATOR: &str = "\n---\n";

/// What begins a line of answer.
const ANSWER: &str = "\n> ";

/// A template, as it stands in its file.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    headers: Vec<(&'static str, &'static str)>,
    /// Between the headers and the answers.
    pub(crate) body: &'static str,
    /// One line each.
    pub(crate) answers: Vec<&'static str>,
    /// How often it had its turn before.
    turn: usize,
}

impl Template {
    /// What a header says; nothing where it is missing.
    pub(crate) fn header(&self, name: &str) -> &'static str {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, says)| *says).unwrap_or_default()
    }

    fn read(text: &'static str) -> Template {
        let text = text.trim();
        let (headers, rest) = text.split_once("\n\n").unwrap_or((text, ""));
        // Answers may follow the headers at once: then the body is empty.
        let at = if rest.starts_with("> ") { Some(0) } else { rest.find(ANSWER) };
        let (body, answers) = rest.split_at(at.unwrap_or(rest.len()));
        Template {
            headers: headers.lines().filter_map(|line| line.split_once(": ")).collect(),
            body: body.trim(),
            answers: answers.lines().filter_map(|line| line.strip_prefix("> ")).collect(),
            turn: 0,
        }
    }
}

/// The templates of a file.
pub(crate) fn read(text: &'static str) -> Vec<Template> {
    text.split(SEPARATOR).map(Template::read).collect()
}

/// The template that fits whatever is named so. A name that ends in a number is one of a series, as
/// `mail/w01/2026-01-05/3` is of somebody's day: all templates have their turn, in an order of that day's own, before one
/// comes again. People do not ask the same twice before lunch.
pub(crate) fn choose(
    mut templates: Vec<Template>,
    seed: u64,
    name: &str,
    fits: impl Fn(&Template) -> bool,
) -> Template {
    let numbered = name.rsplit_once('/').and_then(|(series, number)| Some((series, number.parse::<usize>().ok()?)));
    let (series, number) = numbered.unwrap_or((name, 0));
    let count = templates.len().max(1);
    let lap = number / count;
    stream(seed, &[series, &format!("{lap}"), "template"]).shuffle(&mut templates);
    templates.rotate_left(number % count);
    let place = templates.iter().position(fits).unwrap_or_default();
    let first = stream(seed, &[series, "turn"]).below(FIRST_TURNS) as usize;
    Template { turn: first + lap, ..templates.swap_remove(place) }
}

/// Turns that a day may begin with: a multiple of however many choices a text has.
const FIRST_TURNS: u64 = 12;

/// Like [`fill`], for a line by which a text is known: each time that a template has its turn, it is the next choice's.
pub(crate) fn fill_in_turn(template: &Template, header: &str, words: &Words) -> String {
    let next = |choices: &str| {
        let choices: Vec<&str> = choices.split('|').collect();
        choices.get(template.turn % choices.len().max(1)).copied().unwrap_or_default().to_owned()
    };
    filled(&replaced(template.header(header), ['[', ']'], next), words)
}

/// Replaces choices and slots; the text between them stays as it is. Sentences begin with a capital, whichever word
/// begins them.
pub(crate) fn fill(template: &str, words: &Words, chance: &mut Stream) -> String {
    filled(&chosen(template, chance), words)
}

/// Replaces choices.
pub(crate) fn chosen(template: &str, chance: &mut Stream) -> String {
    replaced(template, ['[', ']'], |choices| {
        let choices: Vec<&str> = choices.split('|').collect();
        chance.pick(&choices).copied().unwrap_or_default().to_owned()
    })
}

/// Replaces slots.
pub(crate) fn filled(template: &str, words: &Words) -> String {
    capitalised(&replaced(template, ['{', '}'], |slot| words.word(slot)))
}

/// The slots of a text whose choices are made, each once.
pub(crate) fn slots(text: &str) -> Vec<&str> {
    let mut slots = Vec::new();
    for (slot, _) in text.split('{').skip(1).filter_map(|rest| rest.split_once('}')) {
        if !slots.contains(&slot) {
            slots.push(slot);
        }
    }
    slots
}

/// Replaces what stands between the two signs, and them.
fn replaced(text: &str, [opening, closing]: [char; 2], mut by: impl FnMut(&str) -> String) -> String {
    let mut done = String::new();
    let mut rest = text;
    while let Some((before, opened)) = rest.split_once(opening) {
        let Some((inner, after)) = opened.split_once(closing) else { break };
        done.push_str(before);
        done.push_str(&by(inner));
        rest = after;
    }
    done + rest
}

/// The text with a capital at its beginning and after the end of each sentence: `the team` may begin one.
fn capitalised(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    let (mut ended, mut begins) = (false, true);
    for (at, sign) in text.char_indices() {
        let is_link = || text.get(at..).is_some_and(|rest| rest.starts_with("https://"));
        if begins && sign.is_alphabetic() && !is_link() {
            done.extend(sign.to_uppercase());
        } else {
            done.push(sign);
        }
        // A quotation mark or a bracket that opens a sentence leaves its beginning to the word after it.
        begins = (begins && matches!(sign, '"' | '(')) || ((begins || ended) && sign.is_whitespace());
        ended = matches!(sign, '.' | '!' | '?');
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_headers_a_body_and_answers() {
        let templates =
            read("Subject: One: two\nIntent: news\n\nBody,\n\n- more\n\n> first\n> second\n---\nFor: x\n\n> only");
        assert_eq!(templates.len(), 2);
        assert_eq!((templates[0].header("Subject"), templates[0].header("About")), ("One: two", ""));
        assert_eq!((templates[0].body, templates[0].answers.as_slice()), ("Body,\n\n- more", &["first", "second"][..]));
        assert_eq!((templates[1].body, templates[1].answers.as_slice()), ("", &["only"][..]));
    }

    #[test]
    fn sentences_begin_with_a_capital() {
        assert_eq!(
            capitalised("the team. the rest at 4.5 km! is it? \"yes\""),
            "The team. The rest at 4.5 km! Is it? \"Yes\""
        );
        assert_eq!(
            capitalised("https://a.example first. https://b.example"),
            "https://a.example first. https://b.example"
        );
        assert_eq!(capitalised("the list:\n\n- one\n- two.\n\nélan"), "The list:\n\n- one\n- two.\n\nÉlan");
    }
}
