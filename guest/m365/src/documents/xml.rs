//! Text in XML.

/// Text as it may stand between tags and in attributes. Characters that XML 1.0 cannot hold at all are left out: there
/// is no way to write them.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            // As they are, attributes would turn them into spaces, and a parser `\r\n` into `\n`.
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            sign => escaped.push(sign),
        }
    }
    escaped
}

/// Whether text runs from right to left: its first letter decides, as in the Unicode bidirectional algorithm (P2).
pub(super) fn is_right_to_left(text: &str) -> bool {
    let strong = text.chars().find(|sign| sign.is_alphabetic());
    strong.is_some_and(|sign| matches!(sign, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{feff}' | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_comes_back_from_a_parser_but_what_xml_cannot_hold() {
        for text in ["a < b && c > \"d\"", "line\r\nline\ttab\n", "emoji 🙂👩‍🚀", "עברית and عربى", "]]>", "&amp;", " x "]
        {
            let xml = format!("<t a=\"{0}\">{0}</t>", escaped(text));
            let parsed = roxmltree::Document::parse(&xml).unwrap();
            assert_eq!(parsed.root_element().text(), Some(text));
            assert_eq!(parsed.root_element().attribute("a"), Some(text));
        }
        assert_eq!(escaped("a\0b\u{b}c\u{1f}\u{ffff}d"), "abcd");
    }

    #[test]
    fn the_first_letter_tells_the_direction() {
        assert!(is_right_to_left("1. שלום world") && is_right_to_left("(مرحبا)"));
        assert!(!is_right_to_left("hello שלום") && !is_right_to_left("123") && !is_right_to_left(""));
    }
}
