//! Writing a new mail.

use haymaker_guest::{Outcome, Problem, Verdict, http::Request, time};
use serde_json::json;

use super::{Desk, Found, IMMUTABLE, IN_TRANSIT, sending::Drafted, trail};
use crate::{
    content::{self, Occasion},
    graph::{self, ENDPOINT},
    people::Person,
};

fn write(desk: &Desk, recipients: &[&Person]) -> Result<content::Mail, Problem> {
    Ok(content::write(&Occasion {
        seed: desk.office.seed,
        task: &desk.task.id,
        moment: desk.task.due,
        department: desk.office.place(desk.person)?.department,
        sender: desk.person,
        recipients,
        everybody: &desk.office.people,
    }))
}

/// Writes the draft.
pub(super) fn perform(desk: &Desk, to: &[String]) -> Result<Outcome, Problem> {
    let recipients = desk.people(to)?;
    let mail = write(desk, &recipients)?;
    let (message_id, headers) = desk.marks();
    let body = json!({
        "subject": mail.subject,
        "body": {"contentType": "text", "content": mail.body},
        "toRecipients": recipients.iter().map(|person| desk.recipient(person)).collect::<Vec<_>>(),
        "internetMessageId": message_id,
        "internetMessageHeaders": headers,
    });
    let request = Request::post_json(ENDPOINT, desk.messages(), &body).header(IMMUTABLE.0, IMMUTABLE.1);
    let draft: Found = graph::accept(request.send()?, "cannot write a draft")?.json()?;
    drafted(desk, draft, mail.subject, to)
}

fn drafted(desk: &Desk, draft: Found, subject: String, to: &[String]) -> Result<Outcome, Problem> {
    let Found { id, conversation_id, .. } = draft;
    Drafted {
        draft: desk.task.id.clone(),
        message: id,
        subject,
        to: to.to_vec(),
        conversation: conversation_id,
        original: None,
        read_now: false,
    }
    .then_send(desk)
}

/// Finds the draft again.
pub(super) fn settle(desk: &Desk, to: &[String]) -> Result<Verdict, Problem> {
    match desk.find(&desk.task.id)?.into_iter().next() {
        Some(draft) => {
            let subject = write(desk, &desk.people(to)?)?.subject;
            drafted(desk, draft, subject, to).map(Verdict::Happened)
        }
        None if time::now() < desk.task.due + IN_TRANSIT => Ok(Verdict::AskAgain(desk.task.due + IN_TRANSIT)),
        // Should it appear after all, it stays a draft that nobody sends.
        None => trail::note(desk, &desk.task.id, to).map(|()| Verdict::DidNot),
    }
}
