//! What stands around a text: greeting, closing, signature, prefixes of a subject, the quoted original.

use haymaker_guest::{
    chance::Stream,
    time::{HOUR, MINUTE, day_of, midnight},
};

use super::{Occasion, Quote, vocabulary::american_date};

/// More recipients than this are greeted together.
const GREETED_BY_NAME: usize = 2;

/// What mail programs put before the subject of an answer, in the languages of this company's sites.
const PREFIXES: [&str; 6] = ["re", "fw", "fwd", "aw", "wg", "tr"];

/// The line that Outlook draws between an answer and what it answers.
const RULE: &str = "________________________________";

/// Whom a mail greets: `Ana`, `Ana and Wei`, `all`.
fn greeted(occasion: &Occasion) -> String {
    let names: Vec<&str> = occasion.recipients.iter().map(|person| &*person.given).collect();
    if names.len() > GREETED_BY_NAME { "all".to_owned() } else { names.join(" and ") }
}

/// A new mail's text in its frame.
pub(super) fn framed(text: &str, occasion: &Occasion, chance: &mut Stream) -> String {
    if occasion.is_note() {
        return format!("Note to self:\n\n{text}\n\n{}\n", occasion.sender.given);
    }
    let hello = chance.pick(&["Hi", "Hi", "Hello"]).copied().unwrap_or_default();
    format!("{hello} {},\n\n{text}\n\n{}\n", greeted(occasion), closing(occasion, chance))
}

fn closing(occasion: &Occasion, chance: &mut Stream) -> String {
    let sender = occasion.sender;
    let closings = ["Thanks,", "Best,", "Thanks!", "Best regards,", "Many thanks,", "Cheers,"];
    let closing = chance.pick(&closings).copied().unwrap_or_default();
    // A full signature under one mail in three: people drop it among colleagues.
    if chance.chance(1.0 / 3.0) {
        format!(
            "{closing}\n{}\n{}, {}",
            sender.name(),
            sender.title(occasion.seed, occasion.department),
            occasion.department.name()
        )
    } else {
        format!("{closing}\n{}", sender.given)
    }
}

/// An answer's text in its frame, which is smaller: half of all answers greet nobody, and nobody signs with a title.
pub(super) fn answered(text: &str, occasion: &Occasion, chance: &mut Stream) -> String {
    let greeting = match chance.below(6) {
        0 | 1 => format!("Hi {},\n\n", greeted(occasion)),
        2 => format!("{},\n\n", capital(&greeted(occasion))),
        _ => String::new(),
    };
    let closings = ["", "", "", "Thanks,\n", "Best,\n", "Cheers,\n"];
    let closing = chance.pick(&closings).copied().unwrap_or_default();
    format!("{greeting}{text}\n\n{closing}{}\n", occasion.sender.given)
}

fn capital(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

/// The subject with this prefix, once: `Re: Fw: x` and `RE: x` become `Re: x`, as Outlook does it.
pub(super) fn prefixed(prefix: &str, subject: &str) -> String {
    let mut bare = subject.trim();
    while let Some((before, after)) = bare.split_once(':') {
        if !PREFIXES.contains(&before.trim().to_lowercase().as_str()) {
            break;
        }
        bare = after.trim();
    }
    format!("{prefix}: {bare}")
}

/// What is quoted, as Outlook writes it into plain text.
pub(super) fn quoted(quote: &Quote, subject: &str) -> String {
    let since = quote.sent.saturating_sub(midnight(day_of(quote.sent)));
    let (hour, minute) = (since / HOUR, since % HOUR / MINUTE);
    let (half, hour) = (if hour < 12 { "AM" } else { "PM" }, if hour % 12 == 0 { 12 } else { hour % 12 });
    format!(
        "\n{RULE}\nFrom: {}\nSent: {} {hour}:{minute:02} {half}\nTo: {}\nSubject: {subject}\n\n{}\n",
        quote.from,
        american_date(day_of(quote.sent)),
        quote.to.join("; "),
        quote.body.trim_end()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_stands_once() {
        for subject in ["Lunch", "Re: Lunch", "RE: FW: Lunch", "Fwd: re :Lunch", " AW: Lunch "] {
            assert_eq!(prefixed("Re", subject), "Re: Lunch", "{subject}");
        }
        assert_eq!(prefixed("Fw", "Re: Cedar: week 2"), "Fw: Cedar: week 2");
    }

    #[test]
    fn an_original_is_quoted_as_outlook_does() {
        let quote = Quote {
            from: "Ana Ruiz <ana@contoso.example>",
            // Monday, 5 January 2026, 13:07.
            sent: 1_767_618_420_000,
            to: &["Wei Chen".to_owned(), "Omar Aziz".to_owned()],
            body: "Hi both,\n\nlunch?\n",
        };
        let expected = "\n________________________________\nFrom: Ana Ruiz <ana@contoso.example>\n\
                        Sent: Monday, January 5, 2026 1:07 PM\nTo: Wei Chen; Omar Aziz\nSubject: Lunch\n\n\
                        Hi both,\n\nlunch?\n";
        assert_eq!(quoted(&quote, "Lunch"), expected);
        let noon = Quote { sent: 1_767_618_420_000 - HOUR, ..quote };
        assert!(quoted(&noon, "Lunch").contains("12:07 PM"));
    }
}
