//! Reading what came: somebody looks into the inbox, reads what is new, and files some of it a little later.
//!
//! Only mails of this deployment are opened: they carry its mark. Whatever else lies in the mailbox is none of ours.

use haymaker_guest::{
    Outcome, Problem, Task,
    chance::stream,
    http::Request,
    time::{MINUTE, SECOND},
};
use serde::Deserialize;

use super::{Desk, Found, HEADER, IMMUTABLE, ORGANIZE, filing};
use crate::{
    graph::{self, ENDPOINT},
    office::Office,
};

/// Within what time after reading something is filed.
const FILING: u64 = 5 * MINUTE;

/// A mail in the inbox.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Received {
    #[serde(flatten)]
    mail: Found,
    #[serde(default)]
    from: Option<Sender>,
    #[serde(default)]
    internet_message_headers: Vec<Header>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sender {
    email_address: Address,
}

#[derive(Deserialize)]
struct Address {
    address: String,
}

#[derive(Deserialize)]
struct Header {
    name: String,
    value: String,
}

impl Received {
    /// Which worker of this deployment sent it; none if it is none of ours.
    fn sender(&self, office: &Office) -> Option<String> {
        let is_ours = |header: &Header| {
            let (of, _) = header.value.split_once('/').unwrap_or_default();
            header.name.eq_ignore_ascii_case(HEADER) && of == office.deployment
        };
        let sender = office.worker_at(&self.from.as_ref()?.email_address.address);
        sender.filter(|_| self.internet_message_headers.iter().any(is_ours))
    }
}

/// Reads what is new.
pub(super) fn perform(desk: &Desk) -> Result<Outcome, Problem> {
    let figures = &desk.office.patterns.inbox;
    let request = Request::get(ENDPOINT, format!("{}/mailFolders/inbox/messages", graph::user(&desk.account.user_id)))
        .query("$filter", "isRead eq false")
        .query("$select", &format!("{},from,internetMessageHeaders", Found::SELECT))
        .query("$top", &figures.read_at_once.to_string())
        .header(IMMUTABLE.0, IMMUTABLE.1);
    let unread: Vec<Received> = graph::page(request, "cannot read the inbox")?;
    let mut outcome = Outcome::nothing();
    for received in unread {
        let Some(sender) = received.sender(desk.office) else { continue };
        desk.mark_read(&received.mail.id)?;
        outcome.activities.push(desk.told_read(&received.mail)?);
        outcome.follow_ups.extend(filing(desk, received.mail, &sender)?);
    }
    Ok(outcome)
}

/// The filing of a mail, if it is one of those that are filed.
fn filing(desk: &Desk, mail: Found, sender: &str) -> Result<Option<Task>, Problem> {
    let Desk { office, person, task, .. } = desk;
    // Which are, and when, follows from the mail, and not from what else lay in the inbox.
    let name: String = mail.internet_message_id.chars().filter(char::is_ascii_alphanumeric).take(32).collect();
    let id = format!("file/{}/{name}", person.worker);
    let mut chance = stream(office.seed, &[&id]);
    let due = task.due + 10 * SECOND + chance.below(FILING);
    let calendar = &office.place(person)?.calendar;
    if !office.config.actions.organize || !chance.chance(office.patterns.inbox.filed) || calendar.next(due) != Some(due)
    {
        return Ok(None);
    }
    let folder = office.place(office.person(sender)?)?.department.name().to_owned();
    let mut file = Task::new(id, ORGANIZE, &*person.worker, due).summary(format!("{} files a mail", person.name()));
    file.expires = task.expires;
    file.with_payload(&filing::Step::Folder { mail, folder }).map(Some)
}
