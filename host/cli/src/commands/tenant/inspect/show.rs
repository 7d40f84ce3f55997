//! A look inside, for people: how much there is of everything, and the first of it. `--format json` has all.

use std::collections::{BTreeMap, BTreeSet};

use haymaker_tenant::inspect::{
    ChatContent, ChatCount, EventView, ItemView, Left, MailView, MailboxContent, Overview, PostView, TeamContent,
};

use super::Belongings;
use crate::render::deployment::indent;
use crate::render::figures::{count, moment, one_line, plural};
use crate::render::table::{Column, Field, table};
use crate::render::terminal::{Paint, Palette};

/// More of a kind than these is a file to search, and no page to read.
const MOST: usize = 20;

/// The longest post that is shown whole, in characters: a few lines of a terminal.
const POST: usize = 300;

/// How to show things.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) palette: Palette,
    pub(super) width: usize,
}

impl View {
    /// The tenant in numbers.
    pub(super) fn overview(self, overview: &Overview) -> String {
        let (mail, bystanders) = (&overview.mail, &overview.bystanders);
        let hash = bystanders.hash.get(..12).unwrap_or_default();
        let mut lines = vec![
            format!("time        {} UTC", at(overview.now)),
            format!(
                "people      {} live, {} in the recycle bin",
                number(overview.users_live),
                number(overview.users_deleted)
            ),
            format!("bystanders  {} (a hash over all that is theirs: {hash})", number(bystanders.count)),
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

    /// What one user has.
    pub(super) fn belongings(self, found: &Belongings) -> String {
        let Belongings { mailbox, calendar, chats, drive } = found;
        let items = drive.as_ref().map(|drive| drive.items.as_slice()).unwrap_or_default();
        let mut parts = vec![self.palette.paint(Paint::Bold, &calendar.owner)];
        parts.push(indent(&match mailbox {
            Some(mailbox) => folders(mailbox),
            None => "no mailbox".to_owned(),
        }));
        parts.extend(self.events("Calendar", calendar.events.iter().map(|event| (None, event))));
        parts.extend(self.chats(chats));
        parts.extend(self.files("Drive", items.iter().map(|item| (None, item))));
        if let Some(mailbox) = mailbox {
            parts.extend(self.mails(mailbox));
        }
        parts.join("\n\n")
    }

    /// What is left of a deployment.
    pub(super) fn left(self, id: &str, left: &Left) -> String {
        if left.is_empty() {
            return format!("Nothing of {id} is in the tenant: no user, group, mail, event, file or chat.");
        }
        let deleted = left.users.iter().filter(|user| user.deleted).count();
        let own: BTreeSet<&str> = left.users.iter().map(|user| user.user_principal_name.as_str()).collect();
        let mailboxes: BTreeSet<&str> = left.messages.iter().map(|mail| mail.with.as_str()).collect();
        let strangers: Vec<&str> = mailboxes.difference(&own).copied().collect();
        let mut lines = vec![
            self.palette.paint(Paint::Bold, id),
            format!("  users   {} live, {} in the recycle bin", number(left.users.len() - deleted), number(deleted)),
            format!("  groups  {}", number(left.groups.len())),
            format!("  mails   {} in {}", number(left.messages.len()), mailboxes_of(mailboxes.len())),
            format!("  events  {}", number(left.events.len())),
            format!("  files   {}", number(left.files.iter().filter(|file| file.what.size.is_some()).count())),
            format!("  chats   {}", number(left.chats.len())),
        ];
        if !strangers.is_empty() {
            let named = strangers.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
            lines.push(format!("  with others  mails lie in {}: {named}", mailboxes_of(strangers.len())));
        }
        let mut parts = vec![lines.join("\n")];
        parts.extend(self.people(left));
        parts.extend(self.groups(left));
        parts.extend(self.events("Events", left.events.iter().map(|event| (Some(event.with.as_str()), &event.what))));
        parts.extend(self.files("Files", left.files.iter().map(|file| (Some(file.with.as_str()), &file.what))));
        parts.extend(self.chats(&left.chats));
        parts.join("\n\n")
    }

    /// A chat, whole.
    pub(super) fn chat(self, chat: &ChatContent) -> String {
        let topic = chat.topic.as_deref().unwrap_or(&chat.kind);
        let head = format!("{} ({})", self.palette.paint(Paint::Bold, topic), chat.members.join(", "));
        [head, self.posts(&chat.posts)].join("\n\n")
    }

    /// A team, channel by channel.
    pub(super) fn team(self, team: &TeamContent) -> String {
        let members = plural(team.members.len() as u64, "member", "members");
        let head = format!("{} ({members})", self.palette.paint(Paint::Bold, &team.display_name));
        let channels = team.channels.iter().map(|(name, posts)| {
            let name = self.palette.paint(Paint::Bold, name);
            format!("{name}\n{}", indent(&self.posts(posts)))
        });
        std::iter::once(head).chain(channels).collect::<Vec<_>>().join("\n\n")
    }

    fn people(self, left: &Left) -> Option<String> {
        let rows = left.users.iter().map(|person| {
            let state = if person.deleted { "in the recycle bin" } else { "live" };
            row([&person.display_name, &person.user_principal_name, &person.id, state])
        });
        self.section("Users", &["NAME", "ADDRESS", "ID", "STATE"].map(Column::Left), rows)
    }

    fn groups(self, left: &Left) -> Option<String> {
        let rows = left.groups.iter().map(|group| {
            let kind = if group.team { "team" } else { "group" };
            let state = if group.deleted { "in the recycle bin" } else { "live" };
            row([&group.display_name, kind, &group.id, state])
        });
        self.section("Groups", &["NAME", "KIND", "ID", "STATE"].map(Column::Left), rows)
    }

    fn events<'a>(self, title: &str, events: impl Iterator<Item = (Option<&'a str>, &'a EventView)>) -> Option<String> {
        let rows = events.map(|(with, event)| {
            let answer = if event.cancelled { "cancelled" } else { &event.response };
            let place = with.unwrap_or(&event.organizer);
            row([&moment(&event.start), &moment(&event.end), place, answer, &event.subject])
        });
        let whose = if title == "Calendar" { "ORGANIZER" } else { "WITH" };
        self.section(title, &["BEGINS", "ENDS", whose, "ANSWER", "SUBJECT"].map(Column::Left), rows)
    }

    fn files<'a>(self, title: &str, items: impl Iterator<Item = (Option<&'a str>, &'a ItemView)>) -> Option<String> {
        let rows = items.map(|(with, item)| {
            let size = item.size.map_or("folder".to_owned(), |bytes| count(bytes as u64));
            row([&item.path, &size, &moment(&item.modified), with.unwrap_or(&item.modified_by)])
        });
        let whose = if title == "Drive" { "CHANGED BY" } else { "WITH" };
        let columns = [Column::Left("PATH"), Column::Right("BYTES"), Column::Left("CHANGED"), Column::Left(whose)];
        self.section(title, &columns, rows)
    }

    fn chats(self, chats: &[ChatCount]) -> Option<String> {
        let rows = chats.iter().map(|chat| row([&chat.id, &number(chat.posts), &chat.members.join(", ")]));
        self.section("Chats", &[Column::Left("ID"), Column::Right("POSTS"), Column::Left("MEMBERS")], rows)
    }

    /// A title and the first rows of what it stands for; nothing where there is none of it.
    fn section(self, title: &str, columns: &[Column], rows: impl Iterator<Item = Vec<Field>>) -> Option<String> {
        let mut rows: Vec<Vec<Field>> = rows.collect();
        let more = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        // An address or an id that is broken into lines cannot be copied.
        let body = (!rows.is_empty()).then(|| table(columns, rows, self.palette, self.width.max(180)))?;
        let rest = if more > 0 { format!("\n  {}", and_more(more)) } else { String::new() };
        Some(format!("{}\n{}{rest}", self.palette.paint(Paint::Bold, title), indent(&body)))
    }

    fn mails(self, mailbox: &MailboxContent) -> impl Iterator<Item = String> {
        let more = mailbox.messages.len().saturating_sub(MOST);
        let rest = (more > 0).then(|| and_more(more));
        mailbox.messages.iter().take(MOST).map(move |mail| self.mail(mail)).chain(rest)
    }

    fn mail(self, mail: &MailView) -> String {
        let state = match (mail.is_draft, mail.is_read) {
            (true, _) => ", a draft",
            (false, true) => "",
            (false, false) => ", unread",
        };
        let head = format!("{} UTC, {}{state}", moment(&mail.received), mail.folder);
        let head = self.palette.paint(Paint::Bold, &head);
        let (from, to, subject) = (&mail.from, mail.to.join(", "), &mail.subject);
        format!("{head}\n  from     {from}\n  to       {to}\n  subject  {subject}\n\n{}", indent(&mail.body))
    }

    fn posts(self, posts: &[PostView]) -> String {
        if posts.is_empty() {
            return "nothing".to_owned();
        }
        let lines = conversations(posts).into_iter().map(|post| {
            let who = post.from.as_deref().unwrap_or("the application");
            let answers = if post.answers.is_some() { "  " } else { "" };
            let reactions: Vec<String> = post.reactions.iter().map(|(kind, times)| format!("{kind} {times}")).collect();
            let head = self.palette.paint(Paint::Dim, &format!("{} {who}", moment(&post.at)));
            let reactions = if reactions.is_empty() { String::new() } else { format!(" [{}]", reactions.join(", ")) };
            format!("{answers}{head}  {}{reactions}", one_line(&post.body, POST))
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// Posts with their answers below them, as people see them.
fn conversations(posts: &[PostView]) -> Vec<&PostView> {
    let begun: BTreeMap<&str, usize> =
        posts.iter().enumerate().map(|(place, post)| (post.id.as_str(), place)).collect();
    let place = |(place, post): &(usize, &PostView)| {
        let root = post.answers.as_deref().and_then(|answered| begun.get(answered).copied());
        (root.unwrap_or(*place), *place)
    };
    let mut posts: Vec<(usize, &PostView)> = posts.iter().enumerate().collect();
    posts.sort_by_key(place);
    posts.into_iter().map(|(_, post)| post).collect()
}

fn folders(mailbox: &MailboxContent) -> String {
    let folders =
        mailbox.folders.iter().map(|(name, folder)| format!("{name} {} ({} unread)", folder.total, folder.unread));
    folders.collect::<Vec<_>>().join("\n")
}

fn row<const N: usize>(words: [&str; N]) -> Vec<Field> {
    words.into_iter().map(Field::from).collect()
}

fn mailboxes_of(number: usize) -> String {
    plural(number as u64, "mailbox", "mailboxes")
}

fn and_more(number: usize) -> String {
    format!("and {} more (--format json has all)", count(number as u64))
}

fn number(number: usize) -> String {
    count(number as u64)
}

/// UTC milliseconds as people read them.
fn at(milliseconds: u64) -> String {
    let at = i64::try_from(milliseconds).ok().and_then(chrono::DateTime::from_timestamp_millis);
    at.map(|at| moment(&at.to_rfc3339())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_stand_below_what_they_answer() {
        let post = |id: &str, answers: Option<&str>| PostView {
            id: id.to_owned(),
            answers: answers.map(str::to_owned),
            from: None,
            at: "2026-01-05T09:00:00.000Z".to_owned(),
            body: String::new(),
            reactions: BTreeMap::new(),
        };
        let posts =
            [post("1", None), post("2", None), post("3", Some("1")), post("4", Some("2")), post("5", Some("1"))];
        let ids: Vec<&str> = conversations(&posts).into_iter().map(|post| post.id.as_str()).collect();
        assert_eq!(ids, ["1", "3", "5", "2", "4"]);
    }
}
