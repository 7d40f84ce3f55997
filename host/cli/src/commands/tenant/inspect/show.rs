//! A look inside, for people.

use haymaker_tenant::inspect::{MailView, MailboxContent, Overview, Person};

use super::{Belongings, Left};
use crate::render::deployment::indent;
use crate::render::figures::{count, moment, plural};
use crate::render::table::{Column, table};
use crate::render::terminal::{Paint, Palette};

/// More mails than these are a file to search, and no page to read: `--format json` has all.
const MAILS: usize = 20;

/// The tenant in numbers.
pub(super) fn overview(overview: &Overview) -> String {
    let number = |number: usize| count(number as u64);
    let mail = &overview.mail;
    let mut lines = vec![
        format!("time        {} UTC", at(overview.now)),
        format!(
            "people      {} live, {} in the recycle bin",
            number(overview.users_live),
            number(overview.users_deleted)
        ),
        format!(
            "bystanders  {} (all that is theirs: {})",
            number(overview.bystanders.count),
            overview.bystanders.hash.get(..12).unwrap_or_default()
        ),
        format!("mailboxes   {} with {} messages", number(overview.mailboxes), number(overview.messages)),
        format!(
            "mail        {} sent, {} repeated, {} delivered, {} undeliverable, {} to outside",
            count(mail.submitted),
            number(mail.repeated),
            count(mail.delivered),
            count(mail.undeliverable),
            count(mail.outside)
        ),
        format!("calendars   {} events", number(overview.events)),
        format!(
            "Teams       {} groups, {} teams, {} chats, {} posts",
            number(overview.groups),
            number(overview.teams),
            number(overview.chats),
            number(overview.posts)
        ),
        format!("drives      {} files", number(overview.files)),
        format!("requests    {}, {} of them throttled", count(overview.requests), count(overview.throttled)),
    ];
    lines.extend(
        overview
            .tags
            .iter()
            .map(|(tag, tagged)| format!("{tag}  {} live, {} in the recycle bin", tagged.live, tagged.deleted)),
    );
    lines.join("\n")
}

/// UTC milliseconds as people read them.
fn at(milliseconds: u64) -> String {
    let at = i64::try_from(milliseconds).ok().and_then(chrono::DateTime::from_timestamp_millis);
    at.map(|at| moment(&at.to_rfc3339())).unwrap_or_default()
}

/// What one user has.
pub(super) fn belongings(found: &Belongings, palette: Palette) -> String {
    mailbox(&found.mailbox, palette)
}

fn mailbox(content: &MailboxContent, palette: Palette) -> String {
    let folders =
        content.folders.iter().map(|(name, folder)| format!("{name} {} ({} unread)", folder.total, folder.unread));
    let folders: Vec<String> = folders.collect();
    let mut parts = vec![palette.paint(Paint::Bold, &content.owner), indent(&folders.join("\n"))];
    parts.extend(content.messages.iter().take(MAILS).map(|mail| message(mail, palette)));
    let more = content.messages.len().saturating_sub(MAILS);
    if more > 0 {
        parts.push(format!("and {} (--format json has all)", plural(more as u64, "older message", "older messages")));
    }
    parts.join("\n\n")
}

fn message(mail: &MailView, palette: Palette) -> String {
    let state = match (mail.is_draft, mail.is_read) {
        (true, _) => ", a draft",
        (false, true) => "",
        (false, false) => ", unread",
    };
    let head = palette.paint(Paint::Dim, &format!("{} UTC, {}{state}", moment(&mail.received), mail.folder));
    let (from, to, subject) = (&mail.from, mail.to.join(", "), &mail.subject);
    format!("{head}\n  from     {from}\n  to       {to}\n  subject  {subject}\n\n{}", indent(&mail.body))
}

/// What is left of a deployment.
pub(super) fn left(id: &str, left: &Left, palette: Palette, width: usize) -> String {
    if left.users.is_empty() {
        return format!("Nobody of {id} is in the tenant: 0 live, 0 in the recycle bin.");
    }
    people(&left.users, palette, width)
}

fn people(people: &[Person], palette: Palette, width: usize) -> String {
    let columns = ["NAME", "ADDRESS", "ID", "STATE"].map(Column::Left);
    let rows = people.iter().map(|person| {
        let state = if person.deleted { "in the recycle bin" } else { "live" };
        let words = [&person.display_name, &person.user_principal_name, &person.id];
        words.map(|word| word.as_str().into()).into_iter().chain([state.into()]).collect()
    });
    // An address that is broken into lines cannot be copied.
    table(&columns, rows.collect(), palette, width.max(160))
}
