//! Sending a draft, once.

use haymaker_guest::{Activity, LostRequest, Outcome, Problem, Task, Verdict, http::Request, time};
use serde::{Deserialize, Serialize};

use super::{Desk, Found, IN_TRANSIT, SENT_ITEMS, about, opening};
use crate::{
    anomalies::{Mark, marked},
    content::writer::Source,
    graph::{self, ENDPOINT},
    people::Person,
};

/// A draft that is to be sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drafted {
    /// The draft's task, which names the mail.
    pub(super) draft: String,
    /// The draft's id.
    pub(super) message: String,
    /// Its subject.
    pub(super) subject: String,
    /// Workers' ids.
    pub(super) to: Vec<String>,
    /// The conversation it belongs to, where the tenant told.
    #[serde(default)]
    pub(super) conversation: Option<String>,
    /// What it answers.
    #[serde(default)]
    pub(super) original: Option<Found>,
    /// Whether that was read for the first time to be answered.
    #[serde(default)]
    pub(super) read_now: bool,
    /// Who wrote it.
    #[serde(default)]
    pub(super) source: Source,
    /// Whose step it is, where it is one of an anomaly pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) mark: Option<Mark>,
}

impl Drafted {
    /// The draft is there: it is to be sent.
    pub(super) fn then_send(self, desk: &Desk) -> Result<Outcome, Problem> {
        let task = desk.task;
        // Due like the draft: when a mail was due does not depend on how long its parts took.
        let mut send = Task::new(format!("{}/send", self.draft), &*task.kind, &*task.actor, task.due);
        send.expires = task.expires;
        Ok(Outcome::follow_up(send.summary(&*task.summary).with_payload(&super::Step::Send(self))?))
    }

    /// It was sent.
    fn sent(&self, desk: &Desk) -> Result<Outcome, Problem> {
        let recipients: Vec<&Person> = desk.people(&self.to)?;
        let addresses: Vec<String> = recipients.iter().map(|person| desk.address(person)).collect();
        let mail = Found {
            id: self.message.clone(),
            is_draft: false,
            is_read: true,
            subject: self.subject.clone(),
            conversation_id: self.conversation.clone(),
            internet_message_id: desk.message_id(&self.draft),
        };
        let activity = Activity::benign(&*desk.task.kind).to(addresses.iter().map(String::as_str));
        let mut activity = about(desk.told(activity)?, &mail).with("content_source", self.source.name());
        activity = marked(self.mark, activity);
        let mut activities = Vec::new();
        if let Some(original) = &self.original {
            activity = activity.with("in_reply_to", &*original.internet_message_id);
            if self.read_now {
                opening::end(desk.task, [original])?;
                activities.push(desk.told_read(original)?);
            }
        }
        activities.push(activity);
        Ok(Outcome { activities, follow_ups: Vec::new() })
    }
}

/// Sends it.
pub(super) fn perform(desk: &Desk, drafted: &Drafted) -> Result<Outcome, Problem> {
    if let Some(original) = drafted.original.as_ref().filter(|_| drafted.read_now) {
        desk.mark_read(&original.id)?;
    }
    let target = format!("{}/send", desk.message(&drafted.message));
    graph::accept(Request::post(ENDPOINT, target).send()?, "cannot send a draft")?;
    drafted.sent(desk)
}

/// Looks whether it was sent.
pub(super) fn settle(desk: &Desk, drafted: &Drafted, lost: &LostRequest) -> Result<Verdict, Problem> {
    let (now, sent) = (time::now(), lost.sent);
    let found = desk.find(&drafted.draft)?;
    if found.iter().any(|found| !found.is_draft) {
        drafted.sent(desk).map(Verdict::Happened)
    } else if found.is_empty() && now > sent + SENT_ITEMS {
        // Neither a draft nor sent: it left, and somebody removed it since, or the mailbox hides it.
        Ok(Verdict::CannotTell)
    } else if found.is_empty() || now < sent + IN_TRANSIT {
        Ok(Verdict::AskAgain(now + IN_TRANSIT))
    } else {
        Ok(Verdict::DidNot)
    }
}
