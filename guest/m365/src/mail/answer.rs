//! Answering a mail that was received, or passing it on.
//!
//! When somebody answers what is known beforehand; *that* it can be answered is seen in their own mailbox, where the
//! mail must lie. Graph makes the draft (`createReply` and its kin), so that subject, recipients, conversation and the
//! quoted original are the tenant's own; the answer is then written above the quotation.

use haymaker_guest::{
    LostRequest, Outcome, Problem, Task, Verdict,
    http::Request,
    time::{self, MINUTE},
};
use serde::Deserialize;
use serde_json::json;

use super::{Desk, Found, IMMUTABLE_TEXT, IN_TRANSIT, Step, opening, sending::Drafted};
use crate::{
    content::{
        self, Mail, Occasion, Original, Thread,
        prompt::Kind,
        writer::{self, Words, Written},
    },
    graph::{self, ENDPOINT},
    people::Person,
    threads::{Answer, Manner},
};

/// The pause before a mail is looked for again that has not arrived.
const DELIVERY_PAUSE: u64 = MINUTE;

/// A draft as Graph made it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Draft {
    id: String,
    subject: String,
    #[serde(default)]
    conversation_id: Option<String>,
    body: Body,
}

#[derive(Deserialize)]
struct Body {
    content: String,
}

impl Draft {
    /// The properties that it is read from.
    const SELECT: &str = "id,subject,conversationId,body";
}

/// A mail, for what it says.
#[derive(Deserialize)]
struct Said {
    body: Body,
}

/// Above this line stands what a mail itself says, and not what it quotes.
const QUOTED: &str = "________";

/// Makes the draft and writes it; where a model writes, only has the text written.
pub(super) fn perform(desk: &Desk, answer: Answer, written: Option<Written>) -> Result<Outcome, Problem> {
    let original = original(desk, &answer)?;
    let recipients = people(desk, &answer.recipients)?;
    if let (None, Some(generation)) = (&written, &desk.office.config.generation) {
        let earlier = said(desk, &original);
        let kind = if answer.manner == Manner::Forward { Kind::Forward } else { Kind::Reply };
        let written = text(desk, &answer, &original.subject, &recipients, |occasion, mail| {
            let Words { text, source } = writer::text(generation, kind, occasion, &mail.body, earlier.as_deref());
            Written { subject: mail.subject, body: format!("{}\n", text.trim_end()), source }
        })?;
        return desk.then_draft(&Step::Answer { answer, written: Some(written) });
    }
    let action = match answer.manner {
        Manner::Reply => "createReply",
        Manner::ReplyAll => "createReplyAll",
        Manner::Forward => "createForward",
    };
    let (message_id, headers) = desk.marks();
    let mut message = json!({"internetMessageId": message_id, "internetMessageHeaders": headers});
    if let (Manner::Forward, Some(message)) = (answer.manner, message.as_object_mut()) {
        message.insert("toRecipients".to_owned(), recipients.iter().map(|person| desk.recipient(person)).collect());
    }
    let target = format!("{}/{action}", desk.message(&original.id));
    let request = Request::post_json(ENDPOINT, target, &json!({"message": message}));
    let draft = request.header(IMMUTABLE_TEXT.0, IMMUTABLE_TEXT.1).send()?;
    let draft = graph::accept(draft, "cannot draft an answer")?.json()?;
    write(desk, &answer, original, draft, written)
}

/// What the mail itself says that is answered; none where it cannot be read now.
fn said(desk: &Desk, original: &Found) -> Option<String> {
    let request = Request::get(ENDPOINT, desk.message(&original.id)).query("$select", "body");
    let response = request.header(IMMUTABLE_TEXT.0, IMMUTABLE_TEXT.1).send().ok()?;
    let Said { body } = response.is_success().then(|| response.json().ok())??;
    body.content.split(QUOTED).next().map(str::to_owned)
}

/// Writes a draft that was found again.
pub(super) fn perform_write(
    desk: &Desk,
    answer: &Answer,
    message: &str,
    written: Option<Written>,
) -> Result<Outcome, Problem> {
    let original = original(desk, answer)?;
    let request = Request::get(ENDPOINT, desk.message(message)).query("$select", Draft::SELECT);
    let draft = request.header(IMMUTABLE_TEXT.0, IMMUTABLE_TEXT.1).send()?;
    let draft = graph::accept(draft, "cannot read the draft of an answer")?.json()?;
    write(desk, answer, original, draft, written)
}

/// Finds the draft again.
pub(super) fn settle(
    desk: &Desk,
    answer: Answer,
    written: Option<Written>,
    lost: &LostRequest,
) -> Result<Verdict, Problem> {
    let task = desk.task;
    match desk.find(desk.mail())?.into_iter().next() {
        Some(draft) => {
            let mut write = Task::new(format!("{}/write", task.id), &*task.kind, &*task.actor, task.due);
            write.expires = task.expires;
            let step = Step::Write { answer, message: draft.id, written };
            Ok(Verdict::Happened(Outcome::follow_up(write.summary(&*task.summary).with_payload(&step)?)))
        }
        // Should it appear after all, it stays a draft that nobody sends.
        None => Ok(lost.unseen(IN_TRANSIT)),
    }
}

/// The mail that is answered, in the mailbox of who answers it.
fn original(desk: &Desk, answer: &Answer) -> Result<Found, Problem> {
    let found = desk.find(&answer.original())?.into_iter().find(|found| !found.is_draft);
    found.ok_or_else(|| {
        let message = format!("{} has not received what is to be answered", desk.person.name());
        Problem::not_ready("no-original", message).at(time::now() + DELIVERY_PAUSE)
    })
}

fn people<'a>(desk: &Desk<'a>, indices: &[usize]) -> Result<Vec<&'a Person>, Problem> {
    let person = |index: &usize| {
        let missing = || Problem::invalid("no-such-worker", format!("nobody is at {index}"));
        desk.office.people.get(*index).ok_or_else(missing)
    };
    indices.iter().map(person).collect()
}

/// Does something with what the template says, and its occasion.
fn text<T>(
    desk: &Desk,
    answer: &Answer,
    subject: &str,
    recipients: &[&Person],
    act: impl FnOnce(&Occasion, Mail) -> T,
) -> Result<T, Problem> {
    let starters = people(desk, &answer.starters)?;
    let department = |person: &Person| desk.office.place(person).map(|place| place.department);
    let starter = starters.first().copied().unwrap_or(desk.person);
    let task = answer.task();
    let occasion = Occasion {
        seed: desk.office.seed,
        task: &task,
        moment: answer.due,
        department: department(desk.person)?,
        sender: desk.person,
        recipients,
        everybody: &desk.office.people,
    };
    let thread = Thread { id: &answer.root, department: department(starter)?, began: answer.begun, people: &starters };
    let original = Original { thread, nth: answer.number.saturating_sub(1), subject, quote: None };
    let mail = match answer.manner {
        Manner::Forward => content::forward(&occasion, &original),
        Manner::Reply | Manner::ReplyAll => content::reply(&occasion, &original),
    };
    Ok(act(&occasion, mail))
}

/// Writes the answer above the quotation. Everything here may happen twice.
fn write(
    desk: &Desk,
    answer: &Answer,
    original: Found,
    draft: Draft,
    written: Option<Written>,
) -> Result<Outcome, Problem> {
    // Marked when it is sent, and not before: this may begin again, and would not know then that it had been unread.
    let reads = desk.office.config.actions.read && !original.is_read;
    let read_now = reads && !opening::now_of(&desk.task.actor)?.contains_key(&original.internet_message_id);
    if read_now {
        opening::begin(desk.task, [&original])?;
    }
    let recipients = people(desk, &answer.recipients)?;
    let written = match written {
        Some(written) => written,
        None => text(desk, answer, &original.subject, &recipients, |_, mail| mail.into())?,
    };
    // With the line ends of mail.
    let text = written.body.replace('\n', "\r\n");
    let Body { content: quotation } = draft.body;
    // A draft that was found again may have been written before its answer was lost.
    if !quotation.starts_with(&text) {
        let body = json!({
            "body": {"contentType": "text", "content": format!("{text}\r\n{quotation}")},
            "internetMessageId": desk.message_id(&answer.task()),
        });
        let request = Request::patch_json(ENDPOINT, desk.message(&draft.id), &body);
        graph::accept(request.header(IMMUTABLE_TEXT.0, IMMUTABLE_TEXT.1).send()?, "cannot write an answer")?;
    }
    Drafted {
        draft: answer.task(),
        message: draft.id,
        subject: draft.subject,
        to: recipients.iter().map(|person| person.worker.clone()).collect(),
        conversation: draft.conversation_id,
        original: Some(original),
        read_now,
        source: written.source,
        mark: None,
    }
    .then_send(desk)
}
