//! Documents at work: created, edited and shared, in one's own OneDrive and in the site of the team.
//!
//! What a document says follows from the task that created it and from its revision ([`crate::documents`]), so
//! nobody downloads one to edit it: an attempt that runs again puts the same bytes to the same place, and twice is as
//! good as once. Only an invitation must not happen twice; it is a task of its own, which is settled by reading who may
//! open the file.
//!
//! Which documents there are is remembered, and looked at before it is believed: whoever edits or shares asks the drive
//! first, and what somebody deleted is forgotten, not made again. An edit takes the drive's word for which version it
//! changes (`If-Match`).
//!
//! Everything is reached below `/users/{id}/drive` and `/groups/{id}/drive`, never by a drive's own id: who owns a file
//! stands in every path.
//!
//! Nothing of this is in the ledger. The files of workers who are made are not taken away by themselves: they go with the
//! drive, and a drive goes with the user or the group that owns it. The drive of a deleted user lives on for 30 days, then
//! in the site's recycle bin: that is beyond Graph. Adopted people keep their drive; there everything lies in one folder,
//! which has the deployment's name, is all that is ever touched, and is removed in the end.
//!
//! | file | thought |
//! |---|---|
//! | `opening` | since when there is a drive |
//! | `planning`, `expected` | what is due, and how much that should come to |
//! | `drive` | drives and their items, as requests |
//! | `shelf` | which documents there are |
//! | `team` | where a department keeps what belongs to all of it |
//! | `create`, `edit`, `share`, `download` | what is done |
//! | `withdrawal` | taking away what lies in drives that stay |

mod create;
mod download;
mod drive;
mod edit;
mod expected;
mod opening;
mod planning;
mod share;
mod shelf;
mod team;
mod withdrawal;

use haymaker_guest::{Activity, Deployment, Instant, LostRequest, Outcome, Problem, Task, Verdict};
use serde::{Deserialize, Serialize};

use self::{
    drive::Drive,
    shelf::{Filed, Shelf},
};
pub use self::{
    expected::expected,
    opening::{DRIVE, look, perform as perform_opening},
    planning::tasks,
    withdrawal::{WITHDRAW, perform as perform_withdrawal, withdrawal},
};
use crate::{
    anomalies::Mark,
    documents::{self, Document, Identity, Revision},
    office::{Account, Office, Tenant},
    people::Person,
};

/// Kinds of tasks and of activities. A new document.
pub const CREATE: &str = "document.create";
/// The next version of one.
pub const EDIT: &str = "document.edit";
/// One is shown to others.
pub const SHARE: &str = "document.share";
/// One is read, as it is.
pub const DOWNLOAD: &str = "document.download";

/// What a task of these kinds does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
enum Step {
    /// Writes a new document.
    Create {
        /// Whether it belongs into the team's site, where there is one.
        team: bool,
    },
    /// Changes one.
    Edit {
        /// Which: random bits that choose among those there are.
        choice: u64,
    },
    /// Shows one of the worker's own to others.
    Share {
        /// Which.
        choice: u64,
        /// How.
        how: Sharing,
    },
    /// Downloads one.
    Download {
        /// Which: its place among those there are.
        choice: u64,
        /// Whose step it is.
        mark: Mark,
    },
    /// Invites people to one that was chosen.
    Invite {
        /// The document.
        document: Filed,
        /// Workers' ids.
        to: Vec<String>,
        /// Whether they may change it.
        write: bool,
    },
}

/// How a document is shown to others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Sharing {
    /// By a link that works for everybody in the organisation.
    Link {
        /// Whether they may change it.
        write: bool,
    },
    /// With some colleagues by name.
    People {
        /// Workers' ids.
        to: Vec<String>,
        /// Whether they may change it.
        write: bool,
    },
}

/// A worker over documents: all that a task of these kinds needs to know.
struct Clerk<'a> {
    office: &'a Office,
    tenant: Tenant,
    account: Account,
    person: &'a Person,
    task: &'a Task,
    /// The worker's own drive.
    own: Drive,
    shelf: Shelf,
}

impl<'a> Clerk<'a> {
    fn of(office: &'a Office, task: &'a Task) -> Result<Clerk<'a>, Problem> {
        let person = office.person(&task.actor)?;
        let own = Drive::known(&person.worker)?.ok_or_else(|| {
            Problem::invalid("no-drive", format!("the drive of {} was never looked at", person.worker))
        })?;
        Ok(Clerk {
            office,
            tenant: Tenant::required()?,
            account: Account::required(task)?,
            person,
            task,
            own,
            shelf: Shelf::of(&person.worker)?,
        })
    }

    /// The drive that a document of this worker's, or of the team's, lies in.
    fn drive<'b>(&'b self, document: &'b Filed) -> &'b Drive {
        document.team.as_ref().unwrap_or(&self.own)
    }

    /// A revision of a document as this worker makes it: dated by when the task is due, so that it is the same whenever
    /// the task runs.
    fn revision(&self, (id, created): (&str, Instant), author: &Person, number: u32) -> Result<Document, Problem> {
        let department = self.office.place(author)?.department;
        let everybody = &self.office.people;
        let identity = Identity { seed: self.office.seed, id, department, created, author, everybody };
        Ok(documents::document(&identity, &Revision { number, at: self.task.due, by: self.person }))
    }

    /// What this worker did with a document.
    fn told(&self, activity: Activity, drive: &Drive, item: &str, name: &str) -> Result<Activity, Problem> {
        let upn = self.office.address(self.person, &self.tenant);
        let activity = self.office.told(activity, self.person, &upn, &self.account.user_id)?;
        Ok(activity
            .with("object_id", item)
            .with("drive_id", &*drive.id)
            .with("site_url", &*drive.site)
            .with("file_name", name))
    }

    /// The same of one whose content is this worker's.
    fn told_written(&self, kind: &str, drive: &Drive, item: &str, name: &str) -> Result<Outcome, Problem> {
        let activity = self.told(Activity::benign(kind), drive, item, name)?;
        Ok(Outcome::activity(activity.with("content_source", "template")))
    }
}

/// What a task does that downloads the document at this place.
pub fn download(place: u32, mark: Mark) -> impl Serialize {
    Step::Download { choice: u64::from(place), mark }
}

/// Does a task of these kinds.
///
/// # Errors
/// Graph's; `not-ready` while somebody else keeps changing a document.
pub fn perform(deployment: &Deployment, task: &Task) -> Result<Outcome, Problem> {
    let office = Office::of(deployment)?;
    let mut clerk = Clerk::of(&office, task)?;
    office.speak(&task.actor, || match task.read_payload()? {
        Step::Create { team } => create::perform(&mut clerk, team),
        Step::Edit { choice } => edit::perform(&mut clerk, choice),
        Step::Share { choice, how } => share::perform(&mut clerk, choice, how),
        Step::Download { choice, mark } => download::perform(&mut clerk, choice, mark),
        Step::Invite { document, to, write } => share::perform_invite(&clerk, &document, &to, write),
    })
}

/// Finds out whether an invitation took effect whose answer was lost.
///
/// # Errors
/// Graph's.
pub fn settle(deployment: &Deployment, task: &Task, lost: &LostRequest) -> Result<Verdict, Problem> {
    let office = Office::of(deployment)?;
    let clerk = Clerk::of(&office, task)?;
    match task.read_payload()? {
        Step::Invite { document, to, .. } => {
            office.speak(&task.actor, || share::settle_invite(&clerk, &document, &to, lost))
        }
        // All else is repeatable: it is never in doubt.
        Step::Create { .. } | Step::Edit { .. } | Step::Share { .. } | Step::Download { .. } => Ok(Verdict::DidNot),
    }
}
