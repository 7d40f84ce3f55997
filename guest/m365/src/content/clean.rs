//! What is let through of a language model's answer.
//!
//! A model writes text, and its text is not trusted: it may be too long, carry a link to somebody's real site or a real
//! person's address, or talk about itself. Mail programs turn even a bare `name.com` into a link, so that counts as one.
//! What is only untidy is tidied; anything else is refused whole, because a sentence with a hole reads worse than the
//! template that stands in for it.

use super::{Mail, prompt::Kind};

/// The longest subject, in characters: what a list of mails shows of it.
const SUBJECT: usize = 120;

/// Endings of file names, which look like domains and are none here. No top-level domain is among them.
const FILES: [&str; 16] = [
    "docx", "xlsx", "pptx", "pdf", "txt", "csv", "json", "yaml", "xml", "html", "js", "log", "sql", "png", "jpg", "exe",
];

/// Names that nobody can own (RFC 2606).
const EXAMPLES: [&str; 3] = ["example.com", "example.net", "example.org"];
const EXAMPLE_ENDINGS: [&str; 4] = ["example", "test", "invalid", "localhost"];

/// How models begin when they talk about themselves instead of doing the work.
const REFUSALS: [&str; 6] =
    ["as an ai", "i'm sorry, but i can", "i cannot help", "i can't help", "language model", "[your name]"];

/// The text of an answer, tidied; none where it cannot be used.
pub fn text(kind: Kind, answer: &str) -> Option<String> {
    let text = tidy(answer);
    let words = text.split_whitespace().count();
    let refused = REFUSALS.iter().any(|phrase| text.to_lowercase().contains(phrase));
    let placeholder = text.contains(['{', '}', '<', '>']);
    let fits = (1..=kind.most_words()).contains(&words) && !refused && !placeholder;
    (fits && text.split_whitespace().all(is_harmless)).then_some(text)
}

/// The mail in an answer: a line `Subject: ...`, and the body below it.
pub fn mail(kind: Kind, answer: &str) -> Option<Mail> {
    let answer = tidy(answer);
    let (first, body) = answer.split_once('\n')?;
    let subject = first.trim().strip_prefix("Subject:")?.trim();
    let harmless = subject.split_whitespace().all(is_harmless);
    let fits = !subject.is_empty() && subject.chars().count() <= SUBJECT && harmless;
    fits.then(|| text(kind, body)).flatten().map(|body| Mail { subject: subject.to_owned(), body })
}

/// Without fences, control characters and what changes the direction of text; with at most one empty line at a time.
fn tidy(answer: &str) -> String {
    let shown = |sign: &char| {
        (!sign.is_control() || *sign == '\n')
            && !matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let plain: String = answer.chars().filter(shown).collect();
    let mut lines: Vec<&str> = Vec::new();
    for line in plain.lines().map(str::trim_end).filter(|line| !line.trim_start().starts_with("```")) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    let joined = lines.join("\n");
    let trimmed = joined.trim();
    // Some models put the whole answer in quotation marks.
    let inner = trimmed.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).filter(|inner| !inner.contains('"'));
    inner.unwrap_or(trimmed).trim().to_owned()
}

/// Whether a word is neither an address nor a link, or a link to a name that nobody can own.
fn is_harmless(word: &str) -> bool {
    let word = word.trim_matches(|sign: char| !sign.is_alphanumeric()).to_lowercase();
    if word.contains('@') || word.starts_with("mailto:") || word.starts_with("tel:") {
        return false;
    }
    let (scheme, rest) = word.split_once("://").map_or((None, word.as_str()), |(scheme, rest)| (Some(scheme), rest));
    let host = rest.split(['/', '?', '#', ':', '\\']).next().unwrap_or_default();
    match scheme {
        Some("http" | "https") => is_example(host),
        Some(_) => false,
        None => !is_domain(host) || is_example(host),
    }
}

/// Whether a mail program would take this for the name of a host.
fn is_domain(host: &str) -> bool {
    let Some((before, last)) = host.rsplit_once('.') else { return false };
    let letters = last.chars().count() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
    // `e.g` and `4.6` are none: a name has a part of two letters before its ending, at least.
    let named = before.split('.').any(|label| label.chars().filter(|sign| sign.is_alphanumeric()).count() >= 2);
    letters && named && !FILES.contains(&last)
}

fn is_example(host: &str) -> bool {
    let within = |name: &&str| host == *name || host.strip_suffix(name).is_some_and(|rest| rest.ends_with('.'));
    EXAMPLES.iter().chain(&EXAMPLE_ENDINGS).any(within)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_only_let_through_to_names_that_nobody_can_own() {
        for good in [
            "See https://docs.example.com/cedar/12 for it.",
            "It is on www.example.org.",
            "Version 4.6 of report.docx, e.g. page 3.",
            "(https://wiki.test/a)",
        ] {
            assert_eq!(text(Kind::Reply, good).as_deref(), Some(good));
        }
        for bad in [
            "See https://docs.example.com.evil.net/cedar",
            "See https://notexample.com/",
            "Look at contoso.com please",
            "http://user:pw@example.com",
            "ftp://example.com/x",
            "write to ana@contoso.com",
            "javascript://example.com/%0aalert(1)",
            "https://example.com\u{202e}@evil.com",
        ] {
            assert_eq!(text(Kind::Reply, bad), None, "{bad}");
        }
    }

    #[test]
    fn what_is_untidy_is_tidied() {
        let answer = "```\nSubject: Cedar\u{7}: week 2\r\n\r\n\r\n\r\nAll fine.\u{202e}\n\n\n\nBest\n```\n";
        let mail = mail(Kind::Mail, answer).unwrap();
        assert_eq!((mail.subject.as_str(), mail.body.as_str()), ("Cedar: week 2", "All fine.\n\nBest"));
        assert_eq!(text(Kind::Chat, "\"on it\"").as_deref(), Some("on it"));
    }

    #[test]
    fn what_cannot_be_used_is_refused() {
        assert_eq!(text(Kind::Chat, " \n "), None);
        assert_eq!(text(Kind::Chat, &"word ".repeat(61)), None);
        assert_eq!(text(Kind::Mail, "As an AI, I have no colleagues."), None);
        assert_eq!(text(Kind::Mail, "Best, [Your Name]"), None);
        assert_eq!(text(Kind::Mail, "Dear {name}"), None);
        assert_eq!(mail(Kind::Mail, "No subject here\n\nBody"), None);
        assert_eq!(mail(Kind::Mail, &format!("Subject: {}\n\nBody", "x".repeat(121))), None);
    }
}
