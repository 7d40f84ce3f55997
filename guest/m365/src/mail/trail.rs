//! What may lie in mailboxes that stay: which mails, and to whom.
//!
//! The mailboxes of workers who are made vanish with them. Adopted people keep theirs, so every mail is remembered under
//! its task, by which it is found again: the sender's copy and each recipient's. It is remembered when it is planned,
//! before anything is sent: a draft whose task ends badly lies in a mailbox, too. A day's mails of a worker are one value,
//! so that remembering one costs what a day holds, and not what a run does.

use std::collections::BTreeMap;

use haymaker_guest::{Instant, Problem, Task, state, time::DAY};
use serde::{Deserialize, Serialize};

use super::{FORWARD, REPLY, REPLY_ALL, SEND, Step};
use crate::{cycle, office::Office};

/// A mail that may lie in mailboxes. Written down as one text, the task and then the workers: there are many.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Left {
    /// The draft's task.
    pub task: String,
    /// Workers' ids of those it is written to.
    pub to: Vec<String>,
}

impl From<String> for Left {
    fn from(text: String) -> Left {
        let mut words = text.split(' ').map(str::to_owned);
        Left { task: words.next().unwrap_or_default(), to: words.collect() }
    }
}

impl From<Left> for String {
    fn from(Left { task, to }: Left) -> String {
        std::iter::once(task).chain(to).collect::<Vec<_>>().join(" ")
    }
}

fn prefix(worker: &str) -> String {
    format!("trail/{worker}/")
}

fn key(worker: &str, moment: Instant) -> String {
    // Days since 1970 in UTC: only to keep values small.
    format!("{}{:06}", prefix(worker), moment / DAY)
}

/// Remembers the mails among what is planned, where mailboxes stay. Twice is as good as once.
///
/// # Errors
/// The state's.
pub fn remember<'a>(office: &Office, planned: impl IntoIterator<Item = &'a Task>) -> Result<(), Problem> {
    if !office.adopts() {
        return Ok(());
    }
    let mut days: BTreeMap<String, Vec<Left>> = BTreeMap::new();
    let kinds = [SEND, REPLY, REPLY_ALL, FORWARD];
    for task in planned.into_iter().filter(|task| kinds.contains(&task.kind.as_str())) {
        let to = match task.read_payload()? {
            Step::Draft { to, .. } => to,
            Step::Answer { answer, .. } | Step::Write { answer, .. } => {
                let worker = |index: &usize| Ok(cycle::at(office, *index)?.worker.clone());
                answer.recipients.iter().map(worker).collect::<Result<_, Problem>>()?
            }
            Step::Send(drafted) => drafted.to,
        };
        days.entry(key(&task.actor, task.due)).or_default().push(Left { task: task.id.clone(), to });
    }
    for (key, mails) in days {
        let mut day: Vec<Left> = state::load(&key)?.unwrap_or_default();
        let news: Vec<Left> = mails.into_iter().filter(|mail| day.iter().all(|left| left.task != mail.task)).collect();
        day.extend(news);
        state::save(&key, &day)?;
    }
    Ok(())
}

/// All that a worker wrote, in the order of time.
///
/// # Errors
/// The state's.
pub fn of(worker: &str) -> Result<Vec<Left>, Problem> {
    let days: Vec<(String, Vec<Left>)> = state::list(&prefix(worker))?;
    Ok(days.into_iter().flat_map(|(_, day)| day).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_written_down_as_one_text() {
        let left = Left { task: "mail/w01/2026-01-05/3".to_owned(), to: vec!["w02".to_owned(), "w03".to_owned()] };
        let text = serde_json::to_string(&left).unwrap();
        assert_eq!(text, r#""mail/w01/2026-01-05/3 w02 w03""#);
        assert_eq!(serde_json::from_str::<Left>(&text).unwrap(), left);
        let alone = Left { to: Vec::new(), ..left };
        assert_eq!(Left::from(String::from(alone.clone())), alone);
    }
}
