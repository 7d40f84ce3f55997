//! Numbers, times and lists as people write them.

use std::time::Duration;

/// A number with commas between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An expectation: whole from ten on, with one decimal below.
pub(crate) fn expectation(number: f64) -> String {
    if number < 10.0 {
        return format!("{number:.1}");
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count of things, at least ten")]
    count(number.round() as u64)
}

/// A time span in its two largest units: `1 d 2 h`, `3 min 20 s`, `4.2 s`.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let pair = |large: u64, unit: &str, small: u64, smaller: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {smaller}"),
    };
    match seconds {
        0..60 => format!("{:.1} s", duration.as_secs_f64()),
        60..3_600 => pair(seconds / 60, "min", seconds % 60, "s"),
        3_600..86_400 => pair(seconds / 3_600, "h", seconds % 3_600 / 60, "min"),
        _ => pair(seconds / 86_400, "d", seconds % 86_400 / 3_600, "h"),
    }
}

/// How many of what: `1 worker`, `25 workers`.
pub(crate) fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A moment of RFC 3339 as people read it: `2026-01-05 08:00:00`, UTC. What is no moment stays as it is.
pub(crate) fn moment(text: &str) -> String {
    match chrono::DateTime::parse_from_rfc3339(text) {
        Ok(at) => at.to_utc().format("%Y-%m-%d %H:%M:%S").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// A text from outside on one line, without control characters, at most so many characters.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let clean = clean.split_whitespace().collect::<Vec<_>>().join(" ");
    if clean.chars().count() <= most {
        return clean;
    }
    let mut short: String = clean.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A line broken between words into lines of at most so many characters; a word that is longer has a line of its own,
/// or several. An empty line stays one.
pub(crate) fn wrap(line: &str, most: usize) -> Vec<String> {
    let most = most.max(1);
    let clean: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in clean.split_whitespace() {
        let letters: Vec<char> = word.chars().collect();
        for (n, piece) in letters.chunks(most).enumerate() {
            let joint = usize::from(used > 0 && n == 0);
            if used + joint + piece.len() > most && used > 0 {
                lines.push(String::new());
                used = 0;
            }
            if let Some(last) = lines.last_mut() {
                if used > 0 && joint > 0 {
                    last.push(' ');
                    used += 1;
                }
                last.extend(piece);
                used += piece.len();
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_parted() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1,000"), (123_456, "123,456"), (1_234_567, "1,234,567")];
        for (number, text) in cases {
            assert_eq!(count(number), text);
        }
    }

    #[test]
    fn expectations_are_as_exact_as_they_deserve() {
        assert_eq!((expectation(2_700.4), expectation(2.04)), ("2,700".to_owned(), "2.0".to_owned()));
    }

    #[test]
    fn spans_have_at_most_two_units() {
        let cases = [(4, "4.0 s"), (60, "1 min"), (200, "3 min 20 s"), (86_400, "1 d"), (93_600, "1 d 2 h")];
        for (seconds, text) in cases {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_text_from_outside_cannot_forge_lines() {
        assert_eq!(one_line("a\nb\u{1b}[31m  c", 80), "a b [31m c");
        assert_eq!(one_line("abcdef", 4), "abc…");
    }

    #[test]
    fn lines_break_between_words() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
    }
}
