//! What the mails of packs say. Their links lead to names that are reserved for examples (RFC 2606), which nobody owns.

use crate::content::writer::{Source, Written};

/// A mail that asks for a password, and claims to come from those who look after mailboxes.
pub(super) fn phish() -> Written {
    written(
        "Action required: your mailbox is almost full",
        "Hello,\n\nyour mailbox has reached 98 % of its quota, and new mail will be held back from tonight on. Please \
         confirm your account to have the quota raised:\n\nhttps://mailbox-quota.example/confirm\n\nIf you do not confirm \
         within 24 hours, your mailbox will be locked.\n\nThe Service Desk\n",
    )
}

/// A mail that looks like it, and is what it says.
pub(super) fn all_hands() -> Written {
    written(
        "Reminder: all-hands this week, please register",
        "Hello everybody,\n\nour all-hands is this week. Please register by tomorrow, so that we know how many of us will \
         be there:\n\nhttps://intranet.example/all-hands/register\n\nThe agenda is on the same page. See you there!\n",
    )
}

fn written(subject: &str, body: &str) -> Written {
    Written { subject: subject.to_owned(), body: body.to_owned(), source: Source::Template }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_lead_to_names_that_nobody_owns() {
        for Written { body, .. } in [phish(), all_hands()] {
            let links: Vec<&str> = body.split_whitespace().filter(|word| word.contains("://")).collect();
            assert_eq!(links.len(), 1);
            let host = links[0].trim_start_matches("https://").split('/').next().unwrap();
            assert!(host.ends_with(".example"), "{host}");
        }
    }
}
