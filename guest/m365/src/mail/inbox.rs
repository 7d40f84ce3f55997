//! Reading what came: somebody looks into the inbox, reads what is new, and files some of it a little later.
//!
//! Only mails of this deployment are opened: they carry its mark. Whatever else lies in the mailbox is none of ours.
//! What Exchange itself sends about a worker's meeting (an invitation, an answer to one) has no mark; it is opened when
//! it comes from a worker, and never filed or answered by mail: what is to be done about it is done in the calendar.

use haymaker_guest::{
    Outcome, Problem, Task,
    chance::stream,
    http::Request,
    time::{MINUTE, SECOND},
};
use serde::{Deserialize, Serialize};

use super::{Desk, Found, HEADER, IMMUTABLE, ORGANIZE, filing, opening};
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
    #[serde(rename = "@odata.type", default)]
    kind: String,
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
        sender.filter(|_| self.is_about_a_meeting() || self.internet_message_headers.iter().any(is_ours))
    }

    /// Whether it is one of the mails by which meetings are called, answered and cancelled: `eventMessage`, and its kin.
    fn is_about_a_meeting(&self) -> bool {
        self.kind.starts_with("#microsoft.graph.eventMessage")
    }
}

/// A mail that is going to be read.
#[derive(Debug, Serialize, Deserialize)]
struct Unread {
    mail: Found,
    /// Who sent it.
    sender: String,
    /// Whether it is about a meeting: such a mail is not filed.
    meeting: bool,
}

/// What a visit goes on with; nothing: it has not looked yet.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Visit {
    #[serde(default)]
    unread: Vec<Unread>,
}

/// Looks what is new, or reads it.
///
/// In two steps: a throttled step begins again from its start, and a mail that was marked before would not look new then.
pub(super) fn perform(desk: &Desk) -> Result<Outcome, Problem> {
    let Visit { unread } = desk.task.read_payload()?;
    if unread.is_empty() { look(desk) } else { read(desk, unread) }
}

fn look(desk: &Desk) -> Result<Outcome, Problem> {
    let (task, figures) = (desk.task, &desk.office.patterns.inbox);
    let request = Request::get(ENDPOINT, format!("{}/mailFolders/inbox/messages", graph::user(&desk.account.user_id)))
        .query("$filter", "isRead eq false")
        .query("$select", &format!("{},from,internetMessageHeaders", Found::SELECT))
        .query("$top", &figures.read_at_once.to_string())
        .header(IMMUTABLE.0, IMMUTABLE.1);
    let received: Vec<Received> = graph::page(request, "cannot read the inbox")?;
    let of_ours = |received: Received| {
        let sender = received.sender(desk.office)?;
        Some(Unread { sender, meeting: received.is_about_a_meeting(), mail: received.mail })
    };
    let opening = opening::now_of(&task.actor)?;
    let is_new = |unread: &Unread| !opening.contains_key(&unread.mail.internet_message_id);
    let unread: Vec<Unread> = received.into_iter().filter_map(of_ours).filter(is_new).collect();
    if unread.is_empty() {
        return Ok(Outcome::nothing());
    }
    opening::begin(task, unread.iter().map(|unread| &unread.mail))?;
    let mut read = Task::new(format!("{}/read", task.id), &*task.kind, &*task.actor, task.due);
    read.expires = task.expires;
    Ok(Outcome::follow_up(read.summary(&*task.summary).with_payload(&Visit { unread })?))
}

fn read(desk: &Desk, unread: Vec<Unread>) -> Result<Outcome, Problem> {
    opening::end(desk.task, unread.iter().map(|unread| &unread.mail))?;
    let mut outcome = Outcome::nothing();
    for Unread { mail, sender, meeting } in unread {
        desk.mark_read(&mail.id)?;
        outcome.activities.push(desk.told_read(&mail)?);
        if !meeting {
            outcome.follow_ups.extend(filing(desk, mail, &sender)?);
        }
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
