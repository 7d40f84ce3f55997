//! New mail: a draft first, then its sending, so that a mail whose answer was lost is found again instead of sent twice.
//!
//! `sendMail` in one request returns no id, and nobody could tell afterwards whether it happened. A draft has an id that
//! stays (`IdType="ImmutableId"`), and an `internetMessageId` that follows from the task: whatever is lost on the way,
//! the mailbox shows how far the mail got.

use haymaker_guest::{
    Activity, Deployment, Outcome, Problem, Task, Verdict,
    http::{Request, segment},
    time::{self, HOUR, MINUTE},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    content::{self, Occasion},
    graph::{self, ENDPOINT},
    naming,
    office::{Account, Office, Tenant},
    people::Person,
};

/// The kind of the tasks and of the activity.
pub const SEND: &str = "email.send";

/// Says in the message itself that it is simulated, and by which task: defenders can attribute it.
const HEADER: &str = "x-haymaker-id";

/// Has Graph give ids that a message keeps when it moves from Drafts to Sent Items.
const IMMUTABLE: (&str, &str) = ("prefer", "IdType=\"ImmutableId\"");

/// How long a sending may take to show in the mailbox before a draft that is still there was not sent.
const IN_TRANSIT: u64 = MINUTE;

/// How long Sent Items may lag before nobody can tell any more; an assumption, they usually take seconds.
const SENT_ITEMS: u64 = HOUR;

/// What a task of this kind does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Writes the draft.
    Draft {
        /// Workers' ids.
        to: Vec<String>,
    },
    /// Sends it.
    Send {
        /// The draft's task, which names the mail.
        draft: String,
        /// The draft's id.
        message: String,
        /// Its subject.
        subject: String,
        /// Workers' ids.
        to: Vec<String>,
    },
}

/// A message as it is found in a mailbox.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Found {
    id: String,
    is_draft: bool,
}

/// All that a task of this kind needs to know.
struct Letter<'a> {
    office: &'a Office,
    tenant: Tenant,
    account: Account,
    sender: &'a Person,
    task: &'a Task,
}

impl<'a> Letter<'a> {
    fn of(office: &'a Office, task: &'a Task) -> Result<Letter<'a>, Problem> {
        let (tenant, account) = (Tenant::required()?, Account::required(task)?);
        Ok(Letter { office, tenant, account, sender: office.person(&task.actor)?, task })
    }

    fn address(&self, person: &Person) -> String {
        self.office.address(person, &self.tenant)
    }

    fn messages(&self) -> String {
        format!("{}/messages", graph::user(&self.account.user_id))
    }

    fn people(&self, workers: &[String]) -> Result<Vec<&'a Person>, Problem> {
        workers.iter().map(|worker| self.office.person(worker)).collect()
    }

    fn write(&self, recipients: &[&Person]) -> content::Mail {
        content::write(&Occasion {
            seed: self.office.seed,
            task: &self.task.id,
            moment: self.task.due,
            department: self.office.config.department,
            sender: self.sender,
            recipients,
            everybody: &self.office.people,
        })
    }

    /// The task's mail in the mailbox, wherever it lies.
    fn find(&self, draft: &str) -> Result<Vec<Found>, Problem> {
        let id = naming::message_id(&self.office.deployment, draft, &self.tenant.domain);
        let request = Request::get(ENDPOINT, self.messages())
            .query("$filter", &format!("internetMessageId eq {}", graph::text(&id)))
            .query("$select", "id,isDraft")
            .header(IMMUTABLE.0, IMMUTABLE.1);
        graph::collect(request, "cannot search the mailbox")
    }

    /// The draft is there: it is to be sent.
    fn drafted(&self, message: &str, subject: String, to: &[String]) -> Result<Outcome, Problem> {
        let step = Step::Send { draft: self.task.id.clone(), message: message.to_owned(), subject, to: to.to_vec() };
        // Due like the draft: when a mail was due does not depend on how long its parts took.
        let mut send = Task::new(format!("{}/send", self.task.id), SEND, &self.task.actor, self.task.due);
        send.expires = self.task.expires;
        Ok(Outcome::follow_up(send.summary(&*self.task.summary).with_payload(&step)?))
    }

    /// It was sent.
    fn sent(&self, draft: &str, message: &str, subject: &str, to: &[String]) -> Result<Outcome, Problem> {
        let recipients = self.people(to)?;
        let addresses: Vec<String> = recipients.iter().map(|person| self.address(person)).collect();
        let activity = Activity::benign(SEND).to(addresses.iter().map(String::as_str));
        let activity = self.office.told(activity, self.sender, &self.address(self.sender), &self.account.user_id);
        let id = naming::message_id(&self.office.deployment, draft, &self.tenant.domain);
        Ok(Outcome::activity(
            activity
                .with("time_zone", "UTC")
                .with("object_id", message)
                .with("internet_message_id", id)
                .with("subject", subject)
                .with("content_source", "template"),
        ))
    }
}

/// Writes a draft, or sends it.
///
/// # Errors
/// Graph's.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let letter = Letter::of(&office, task)?;
    match task.read_payload()? {
        Step::Draft { to } => {
            let recipients = letter.people(&to)?;
            let mail = letter.write(&recipients);
            let body = message(&letter, &mail, &recipients);
            let request = Request::post_json(ENDPOINT, letter.messages(), &body).header(IMMUTABLE.0, IMMUTABLE.1);
            let draft: Found = graph::accept(request.send()?, "cannot write a draft")?.json()?;
            letter.drafted(&draft.id, mail.subject, &to)
        }
        Step::Send { draft, message, subject, to } => {
            let target = format!("{}/{}/send", letter.messages(), segment(&message));
            graph::accept(Request::post(ENDPOINT, target).send()?, "cannot send a draft")?;
            letter.sent(&draft, &message, &subject, &to)
        }
    }
}

/// Finds out how far a mail got whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle(deployment: &Deployment, task: &Task) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let letter = Letter::of(&office, task)?;
    let now = time::now();
    match task.read_payload()? {
        Step::Draft { to } => match letter.find(&task.id)?.first() {
            Some(draft) => {
                let subject = letter.write(&letter.people(&to)?).subject;
                letter.drafted(&draft.id, subject, &to).map(Verdict::Happened)
            }
            None if now < task.due + IN_TRANSIT => Ok(Verdict::AskAgain(task.due + IN_TRANSIT)),
            // Should it appear after all, it stays a draft that nobody sends.
            None => Ok(Verdict::DidNot),
        },
        Step::Send { draft, message, subject, to } => {
            let found = letter.find(&draft)?;
            if found.iter().any(|found| !found.is_draft) {
                letter.sent(&draft, &message, &subject, &to).map(Verdict::Happened)
            } else if found.is_empty() && now > task.due + SENT_ITEMS {
                // Neither a draft nor sent: it left, and somebody removed it since, or the mailbox hides it.
                Ok(Verdict::CannotTell)
            } else if found.is_empty() || now < task.due + IN_TRANSIT {
                Ok(Verdict::AskAgain(now + IN_TRANSIT))
            } else {
                Ok(Verdict::DidNot)
            }
        }
    }
}

/// The message as Graph takes it.
fn message(letter: &Letter, mail: &content::Mail, recipients: &[&Person]) -> Value {
    let to = |person: &&Person| json!({"emailAddress": {"name": person.name(), "address": letter.address(person)}});
    json!({
        "subject": mail.subject,
        "body": {"contentType": "text", "content": mail.body},
        "toRecipients": recipients.iter().map(to).collect::<Vec<_>>(),
        "internetMessageId": naming::message_id(&letter.office.deployment, &letter.task.id, &letter.tenant.domain),
        "internetMessageHeaders": [{"name": HEADER, "value": format!("{}/{}", letter.office.deployment, letter.task.id)}],
    })
}
