//! Meetings in people's calendars: called, answered, called off.
//!
//! An organiser's event is one request, and Exchange does the rest: it lays a copy into the calendar of everybody who is
//! invited, and mails them. A weekly series is one event too, with a rule by which it recurs until the run ends; it is
//! answered once, and cancelled time by time.
//!
//! Whoever answers has found the invitation in their own calendar, by who invites and when it begins; what is not there
//! is never answered. Both the answer and the cancellation are a task that looks and a task that acts, so that what was
//! found is known when an answer of the tenant is lost: a declined meeting leaves the calendar, and could not be named
//! any more.
//!
//! Nothing here is taken away by cleanup: calendars go with the mailboxes of the workers that were made. People who are
//! adopted keep theirs, so they hold no meetings.
//!
//! | file | thought |
//! |---|---|
//! | [`agenda`] | who is invited when, who answers when |
//! | `plan` | what is due in a window, and how much is expected |
//! | `event` | an event as it is found in a calendar |
//! | `calling`, `answering`, `cancelling` | the tasks |

pub mod agenda;
mod answering;
mod calling;
mod cancelling;
mod event;
mod plan;

use haymaker_guest::{
    Activity, Deployment, Instant, LostRequest, Outcome, Problem, Task, Verdict,
    time::{self, MINUTE},
};
use serde::{Deserialize, Serialize};

pub use self::plan::{expected, foreseen, tasks};
use self::{agenda::Invitation, answering::Answer, event::Event};
use crate::{
    content::{Occasion, writer::Words},
    graph,
    office::{Account, Office, Tenant},
    people::Person,
};

/// Kinds of tasks and of activities. A meeting, a series or an appointment is made.
pub const CREATE: &str = "calendar.create";
/// An invitation is answered.
pub const RESPOND: &str = "calendar.respond";
/// A meeting, or one time of a series, is cancelled.
pub const CANCEL: &str = "calendar.cancel";

/// How long a change may take to show in the calendar before it did not happen.
const IN_TRANSIT: u64 = MINUTE;

/// What a task of these kinds does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Calls a meeting; where a model writes, first has its agenda written.
    Call {
        /// The meeting.
        invitation: Invitation,
        /// What a model was asked for.
        #[serde(default)]
        agenda: Option<Words>,
    },
    /// Looks for an invitation.
    Open {
        /// Who invites: a worker's id.
        organiser: String,
        /// When it begins.
        from: Instant,
        /// When it ends.
        until: Instant,
        /// The name of the series, if it is one.
        series: Option<String>,
        /// The answer.
        answer: Answer,
    },
    /// Answers it.
    Answer {
        /// Who invites: a worker's id.
        organiser: String,
        /// What was found.
        event: Event,
        /// The answer.
        answer: Answer,
    },
    /// Looks for a meeting that is to be cancelled.
    Find {
        /// When it begins.
        from: Instant,
        /// When it ends.
        until: Instant,
        /// The name of the series, if it is one time of it.
        series: Option<String>,
    },
    /// Cancels it.
    Cancel {
        /// What was found.
        event: Event,
    },
}

/// A worker with a calendar: all that a task of these kinds needs to know.
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

    fn address(&self, person: &Person) -> String {
        self.office.address(person, &self.tenant)
    }

    /// The worker's own user.
    fn user(&self) -> String {
        graph::user(&self.account.user_id)
    }

    /// This worker writing to others about this task.
    fn occasion<'o>(&'o self, name: &'o str, recipients: &'o [&'o Person]) -> Result<Occasion<'o>, Problem> {
        Ok(Occasion {
            seed: self.office.seed,
            task: name,
            moment: self.task.due,
            department: self.office.place(self.person)?.department,
            sender: self.person,
            recipients,
            everybody: &self.office.people,
        })
    }

    /// The next step of this task, due like this one: when something was due does not depend on how long its parts took.
    fn then(&self, name: &str, step: &Step) -> Result<Outcome, Problem> {
        let task = self.task;
        let mut next = Task::new(format!("{}/{name}", task.id), &*task.kind, &*task.actor, task.due);
        next.expires = task.expires;
        Ok(Outcome::follow_up(next.summary(&*task.summary).with_payload(step)?))
    }

    /// What this worker did about an event.
    fn told(&self, event: &Event, recipients: &[String]) -> Result<Activity, Problem> {
        let activity = Activity::benign(&*self.task.kind).to(recipients.iter().map(String::as_str));
        let activity = self.office.told(activity, self.person, &self.address(self.person), &self.account.user_id)?;
        let activity = activity
            .with("object_id", &*event.id)
            .with("ical_uid", &*event.ical_uid)
            .with("subject", &*event.subject)
            .with("start", time::rfc3339(event.from))
            .with("end", time::rfc3339(event.until));
        Ok(match &event.series {
            Some(series) => activity.with("series", &**series),
            None => activity,
        })
    }
}

/// Did it happen whose answer was lost? What a look into the calendar says, once a change had time to show.
fn verdict(
    lost: &LostRequest,
    happened: bool,
    outcome: impl FnOnce() -> Result<Outcome, Problem>,
) -> Result<Verdict, Problem> {
    if happened { outcome().map(Verdict::Happened) } else { Ok(lost.unseen(IN_TRANSIT)) }
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while an invitation is not there.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let desk = Desk::of(&office, task)?;
    office.speak(&task.actor, || match task.read_payload()? {
        Step::Call { invitation, agenda } => calling::perform(&desk, invitation, agenda),
        Step::Open { organiser, from, until, series, answer } => {
            answering::open(&desk, desk.office.person(&organiser)?, (from, until), series, answer)
        }
        Step::Answer { organiser, event, answer } => {
            answering::perform(&desk, desk.office.person(&organiser)?, &event, answer)
        }
        Step::Find { from, until, series } => cancelling::find(&desk, (from, until), series),
        Step::Cancel { event } => cancelling::perform(&desk, &event),
    })
}

/// Finds out what became of something whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let desk = Desk::of(&office, task)?;
    office.speak(&task.actor, || match task.read_payload()? {
        Step::Call { invitation, agenda } => calling::settle(&desk, &invitation, agenda.as_ref(), lost),
        Step::Answer { organiser, event, answer } => {
            answering::settle(&desk, desk.office.person(&organiser)?, &event, answer, lost)
        }
        Step::Cancel { event } => cancelling::settle(&desk, &event, lost),
        // Looking changes nothing: it is never in doubt.
        Step::Open { .. } | Step::Find { .. } => Ok(Verdict::DidNot),
    })
}
