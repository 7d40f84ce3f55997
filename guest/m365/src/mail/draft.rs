//! Writing a new mail.

use haymaker_guest::{LostRequest, Outcome, Problem, Verdict, http::Request};
use serde_json::json;

use super::{Desk, Found, IMMUTABLE, IN_TRANSIT, Step, sending::Drafted};
use crate::{
    anomalies::Mark,
    content::{
        self, Mail, Occasion,
        writer::{self, Written},
    },
    graph::{self, ENDPOINT},
    people::Person,
};

/// Does something with the template's mail and its occasion.
fn write<T>(desk: &Desk, recipients: &[&Person], act: impl FnOnce(&Occasion, Mail) -> T) -> Result<T, Problem> {
    let occasion = Occasion {
        seed: desk.office.seed,
        task: desk.mail(),
        moment: desk.task.due,
        department: desk.office.place(desk.person)?.department,
        sender: desk.person,
        recipients,
        everybody: &desk.office.people,
    };
    Ok(act(&occasion, content::write(&occasion)))
}

/// Writes the draft; where a model writes, only has the text written.
pub(super) fn perform(
    desk: &Desk,
    to: Vec<String>,
    written: Option<Written>,
    mark: Option<Mark>,
) -> Result<Outcome, Problem> {
    let recipients = desk.people(&to)?;
    let mail = match (written, &desk.office.config.generation) {
        (Some(written), _) => written,
        (None, Some(generation)) => {
            let written = write(desk, &recipients, |occasion, mail| writer::mail(generation, occasion, mail))?;
            return desk.then_draft(&Step::Draft { to, written: Some(written), mark });
        }
        (None, None) => write(desk, &recipients, |_, mail| mail.into())?,
    };
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
    drafted(desk, draft, mail, &to, mark)
}

fn drafted(desk: &Desk, draft: Found, mail: Written, to: &[String], mark: Option<Mark>) -> Result<Outcome, Problem> {
    let Found { id, conversation_id, .. } = draft;
    Drafted {
        draft: desk.mail().to_owned(),
        message: id,
        subject: mail.subject,
        to: to.to_vec(),
        conversation: conversation_id,
        original: None,
        read_now: false,
        source: mail.source,
        mark,
    }
    .then_send(desk)
}

/// Finds the draft again.
pub(super) fn settle(
    desk: &Desk,
    to: &[String],
    written: Option<Written>,
    mark: Option<Mark>,
    lost: &LostRequest,
) -> Result<Verdict, Problem> {
    match desk.find(desk.mail())?.into_iter().next() {
        Some(draft) => {
            let mail = match written {
                Some(written) => written,
                None => write(desk, &desk.people(to)?, |_, mail| mail.into())?,
            };
            drafted(desk, draft, mail, to, mark).map(Verdict::Happened)
        }
        // Should it appear after all, it stays a draft that nobody sends.
        None => Ok(lost.unseen(IN_TRANSIT)),
    }
}
