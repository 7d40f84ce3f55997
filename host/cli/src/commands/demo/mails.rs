//! Two mails as they read in the tenant: what no table of counts can show.

use haymaker_platform::reader::Reader;
use haymaker_tenant::Tenant;
use haymaker_tenant::inspect::MailView;
use serde_json::Value;

/// Activities read at once.
const PAGE: usize = 1_000;

/// A mail of the ground truth: its id, and whose mailbox it lies in.
struct Sent {
    message_id: String,
    recipient: String,
    subject: String,
    actor: String,
}

/// One mail from a third into the run and one from two thirds, by another person on another subject where there is one,
/// as their recipients see them; fewer where there are none.
///
/// # Errors
/// The store's.
pub(super) fn choose(reader: &Reader, id: &str, tenant: &Tenant) -> anyhow::Result<Vec<MailView>> {
    let sent = sent(reader, id)?;
    let Some(first) = sent.get(sent.len() / 3) else { return Ok(Vec::new()) };
    let later = || sent.iter().skip(sent.len() * 2 / 3).filter(|mail| mail.subject != first.subject);
    let second = later().find(|mail| mail.actor != first.actor).or_else(|| later().next());
    Ok([Some(first), second].into_iter().flatten().filter_map(|mail| received(mail, tenant)).collect())
}

/// Everything that was sent to somebody, in order.
fn sent(reader: &Reader, id: &str) -> anyhow::Result<Vec<Sent>> {
    let mut all = Vec::new();
    let mut last: Option<(u64, String)> = None;
    loop {
        let page = reader.activities(id, last.as_ref().map(|(due, id)| (*due, id.as_str())), PAGE)?;
        all.extend(page.iter().filter_map(|activity| read(&activity.line)));
        match page.last() {
            Some(activity) if page.len() == PAGE => last = Some((activity.due, activity.id.clone())),
            _ => return Ok(all),
        }
    }
}

fn read(line: &str) -> Option<Sent> {
    let activity: Value = serde_json::from_str(line).ok()?;
    let text = |key: &str| activity.get(key).and_then(Value::as_str).map(str::to_owned);
    if text("status").as_deref() != Some("done") {
        return None;
    }
    let recipient = activity.get("recipients")?.get(0)?.as_str()?.to_owned();
    let (subject, actor) = (text("subject").unwrap_or_default(), text("actor").unwrap_or_default());
    Some(Sent { message_id: text("internet_message_id")?, recipient, subject, actor })
}

fn received(mail: &Sent, tenant: &Tenant) -> Option<MailView> {
    let mailbox = tenant.inspect_mailbox(&mail.recipient)?;
    mailbox.messages.into_iter().find(|message| message.internet_message_id == mail.message_id && !message.is_draft)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_mails_that_were_sent_to_somebody_are_shown() {
        let line = r#"{"status":"done","recipients":["a@b.c"],"internet_message_id":"<x@y>","subject":"S"}"#;
        assert_eq!(read(line).unwrap().recipient, "a@b.c");
        assert!(read(&line.replace("done", "failed")).is_none());
        assert!(read(r#"{"status":"done","recipients":[]}"#).is_none());
    }
}
