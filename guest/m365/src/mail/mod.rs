//! Mail: new ones, answers, and what people do with what they receive.
//!
//! Whatever is sent is a draft first, and its sending a task of its own, so that a mail whose answer was lost is found
//! again instead of sent twice. `sendMail` in one request returns no id, and nobody could tell afterwards whether it
//! happened. A draft has an id that stays (`IdType="ImmutableId"`), and an `internetMessageId` that follows from the
//! task: whatever is lost on the way, the mailbox shows how far the mail got. By the same name its recipients find it in
//! theirs, to read and to answer: what is not in one's own mailbox (it was never sent, or could not be delivered) is
//! never answered.
//!
//! | module | thought |
//! |---|---|
//! | `draft` | writing a new mail |
//! | `answer` | answering one that was received, or passing it on |
//! | `sending` | sending a draft, once |
//! | `inbox` | reading what came |
//! | `filing` | putting it into folders |
//! | `opening` | which mails somebody is opening |
//! | [`trail`] | what lies in mailboxes that stay |

mod answer;
mod draft;
mod filing;
mod inbox;
mod opening;
mod sending;
pub mod trail;

use haymaker_guest::{
    Activity, Deployment, LostRequest, Outcome, Problem, Task, Verdict,
    http::{Request, segment},
    time::{HOUR, MINUTE},
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use self::sending::Drafted;
use crate::{
    anomalies::Mark,
    content::writer::Written,
    graph::{self, ENDPOINT},
    naming,
    office::{Account, Office, Tenant},
    people::Person,
    threads::{Answer, Manner},
};

/// Kinds of tasks and of activities. A new mail.
pub const SEND: &str = "email.send";
/// An answer to the sender.
pub const REPLY: &str = "email.reply";
/// An answer to everybody.
pub const REPLY_ALL: &str = "email.reply_all";
/// A mail passed on.
pub const FORWARD: &str = "email.forward";
/// Reading.
pub const READ: &str = "email.read";
/// Filing.
pub const ORGANIZE: &str = "email.organize";

/// Says in the message itself that it is simulated, and by which task: defenders can attribute it.
const HEADER: &str = "x-haymaker-id";

/// Has Graph give ids that a message keeps when it moves between folders.
const IMMUTABLE: (&str, &str) = ("prefer", "IdType=\"ImmutableId\"");

/// The same, with bodies as text.
const IMMUTABLE_TEXT: (&str, &str) = ("prefer", "IdType=\"ImmutableId\", outlook.body-content-type=\"text\"");

/// How long a change may take to show in the mailbox before it did not happen.
const IN_TRANSIT: u64 = MINUTE;

/// How long Sent Items may lag before nobody can tell any more; an assumption, they usually take seconds.
const SENT_ITEMS: u64 = HOUR;

/// What the task is named behind its mail that drafts what a model has written: the mail's own task asked for the text.
const DRAFT: &str = "/draft";

/// The kind of a mail that continues a thread.
pub fn kind(manner: Manner) -> &'static str {
    match manner {
        Manner::Reply => REPLY,
        Manner::ReplyAll => REPLY_ALL,
        Manner::Forward => FORWARD,
    }
}

/// What a task that ends with a mail does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Writes the draft of a new mail.
    Draft {
        /// Workers' ids.
        to: Vec<String>,
        /// What it says, where a model was to write it; none: that is still to be asked for, or a template says it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        written: Option<Written>,
        /// Whose step it is, where it is one of an anomaly pack.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        mark: Option<Mark>,
    },
    /// Makes the draft of an answer, and writes it.
    Answer {
        /// The answer.
        answer: Answer,
        /// What it says, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        written: Option<Written>,
    },
    /// Writes the draft of an answer that was found again.
    Write {
        /// The answer.
        answer: Answer,
        /// The draft's id.
        message: String,
        /// What it says, likewise.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        written: Option<Written>,
    },
    /// Sends a draft.
    Send(Drafted),
}

/// A message as it is found in a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    id: String,
    #[serde(default)]
    is_draft: bool,
    #[serde(default)]
    is_read: bool,
    #[serde(default)]
    subject: String,
    #[serde(default)]
    conversation_id: Option<String>,
    #[serde(default)]
    internet_message_id: String,
}

impl Found {
    /// The properties that it is read from.
    const SELECT: &str = "id,isDraft,isRead,subject,conversationId,internetMessageId";
}

/// A worker at the desk: all that a task of these kinds needs to know.
struct Desk<'a> {
    office: &'a Office,
    tenant: Tenant,
    account: Account,
    person: &'a Person,
    task: &'a Task,
}

impl<'a> Desk<'a> {
    fn of(office: &'a Office, task: &'a Task) -> Result<Desk<'a>, Problem> {
        let (tenant, account) = (Tenant::required()?, Account::required(task)?);
        Ok(Desk { office, tenant, account, person: office.person(&task.actor)?, task })
    }

    /// The name of the mail that the task is about: its own, but for the task that drafts what a model has written.
    fn mail(&self) -> &str {
        self.task.id.strip_suffix(DRAFT).unwrap_or(&self.task.id)
    }

    /// The text is there: it is to be drafted. What was written is in the payload, so that the draft is the same however
    /// often its task is run.
    fn then_draft(&self, step: &Step) -> Result<Outcome, Problem> {
        let task = self.task;
        let mut draft = Task::new(format!("{}{DRAFT}", self.mail()), &*task.kind, &*task.actor, task.due);
        draft.expires = task.expires;
        Ok(Outcome::follow_up(draft.summary(&*task.summary).with_payload(step)?))
    }

    fn address(&self, person: &Person) -> String {
        self.office.address(person, &self.tenant)
    }

    /// The worker's messages, wherever they lie.
    fn messages(&self) -> String {
        format!("{}/messages", graph::user(&self.account.user_id))
    }

    fn message(&self, id: &str) -> String {
        format!("{}/{}", self.messages(), segment(id))
    }

    fn people(&self, workers: &[String]) -> Result<Vec<&'a Person>, Problem> {
        workers.iter().map(|worker| self.office.person(worker)).collect()
    }

    /// The `internetMessageId` of a task's mail.
    fn message_id(&self, task: &str) -> String {
        naming::message_id(&self.office.deployment, task, &self.tenant.domain)
    }

    /// A task's mail in this worker's mailbox, wherever it lies.
    fn find(&self, task: &str) -> Result<Vec<Found>, Problem> {
        let request = Request::get(ENDPOINT, self.messages())
            .query("$filter", &format!("internetMessageId eq {}", graph::text(&self.message_id(task))))
            .query("$select", Found::SELECT)
            .header(IMMUTABLE.0, IMMUTABLE.1);
        graph::collect(request, "cannot search the mailbox")
    }

    /// What says in the message itself whose it is, and by which name it is found.
    fn marks(&self) -> (String, Value) {
        let header = format!("{}/{}", self.office.deployment, self.mail());
        (self.message_id(self.mail()), json!([{"name": HEADER, "value": header}]))
    }

    fn recipient(&self, person: &Person) -> Value {
        json!({"emailAddress": {"name": person.name(), "address": self.address(person)}})
    }

    /// Sets that a message was read.
    fn mark_read(&self, id: &str) -> Result<(), Problem> {
        let request = Request::patch_json(ENDPOINT, self.message(id), &json!({"isRead": true}));
        graph::accept(request.header(IMMUTABLE.0, IMMUTABLE.1).send()?, "cannot mark a mail as read").map(drop)
    }

    /// An activity of this worker.
    fn told(&self, activity: Activity) -> Result<Activity, Problem> {
        self.office.told(activity, self.person, &self.address(self.person), &self.account.user_id)
    }

    /// That this worker read a mail.
    fn told_read(&self, mail: &Found) -> Result<Activity, Problem> {
        self.told(about(Activity::benign(READ), mail))
    }
}

/// Names the message that an activity is about.
fn about(activity: Activity, mail: &Found) -> Activity {
    let activity = activity
        .with("object_id", &*mail.id)
        .with("internet_message_id", &*mail.internet_message_id)
        .with("subject", &*mail.subject);
    match &mail.conversation_id {
        Some(id) => activity.with("conversation_id", &**id),
        None => activity,
    }
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while a mail is not there that is to be answered.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let desk = Desk::of(&office, task)?;
    office.speak(&task.actor, || match task.kind.as_str() {
        READ => inbox::perform(&desk),
        ORGANIZE => filing::perform(&desk),
        _ => match task.read_payload()? {
            Step::Draft { to, written, mark } => draft::perform(&desk, to, written, mark),
            Step::Answer { answer, written } => answer::perform(&desk, answer, written),
            Step::Write { answer, message, written } => answer::perform_write(&desk, &answer, &message, written),
            Step::Send(drafted) => sending::perform(&desk, &drafted),
        },
    })
}

/// Finds out how far something got whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let desk = Desk::of(&office, task)?;
    office.speak(&task.actor, || {
        if task.kind == ORGANIZE {
            return filing::settle(&desk, lost);
        }
        match task.read_payload()? {
            Step::Draft { to, written, mark } => draft::settle(&desk, &to, written, mark, lost),
            Step::Answer { answer, written } => answer::settle(&desk, answer, written, lost),
            // Writing is repeatable: it is never in doubt.
            Step::Write { .. } => Ok(Verdict::DidNot),
            Step::Send(drafted) => sending::settle(&desk, &drafted, lost),
        }
    })
}
