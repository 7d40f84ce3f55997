//! Putting a mail into a folder, which is made the first time that it is needed.

use haymaker_guest::{Activity, LostRequest, Outcome, Problem, Task, Verdict, http::Request};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Desk, Found, IMMUTABLE, IN_TRANSIT, ORGANIZE, about};
use crate::graph::{self, ENDPOINT, Refusal};

/// What a task of this kind does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "snake_case")]
pub(super) enum Step {
    /// Makes the folder, if it is not there.
    Folder {
        /// The mail.
        mail: Found,
        /// The folder's name.
        folder: String,
    },
    /// Moves the mail.
    Move {
        /// The mail.
        mail: Found,
        /// The folder's id.
        folder: String,
    },
}

/// A folder as it is found in a mailbox.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Folder {
    id: String,
    #[serde(default)]
    display_name: String,
}

/// Where a mail lies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    parent_folder_id: String,
}

/// Does the step.
pub(super) fn perform(desk: &Desk) -> Result<Outcome, Problem> {
    match desk.task.read_payload()? {
        Step::Folder { mail, folder } => match desk.account.folders.get(&folder) {
            Some(id) => file(desk, &mail, id),
            None => make(desk, mail, folder),
        },
        Step::Move { mail, folder } => file(desk, &mail, &folder),
    }
}

/// Finds out how far it got.
pub(super) fn settle(desk: &Desk, lost: &LostRequest) -> Result<Verdict, Problem> {
    let unseen = || Ok(lost.unseen(IN_TRANSIT));
    match desk.task.read_payload()? {
        Step::Folder { mail, folder } => match desk.account.folders.get(&folder) {
            Some(id) if lies_in(desk, &mail, id)? => told(desk, &mail).map(Verdict::Happened),
            Some(_) => unseen(),
            None => match folder_named(desk, &folder)? {
                Some(id) => made(desk, mail, folder, id).map(Verdict::Happened),
                None => unseen(),
            },
        },
        Step::Move { mail, folder } => {
            if lies_in(desk, &mail, &folder)? {
                told(desk, &mail).map(Verdict::Happened)
            } else {
                unseen()
            }
        }
    }
}

fn folders(desk: &Desk) -> String {
    format!("{}/mailFolders", graph::user(&desk.account.user_id))
}

fn make(desk: &Desk, mail: Found, folder: String) -> Result<Outcome, Problem> {
    let response = Request::post_json(ENDPOINT, folders(desk), &json!({"displayName": folder})).send()?;
    let id = if response.is_success() {
        response.json::<Folder>()?.id
    } else {
        let refusal = Refusal::of(&response);
        let known = if refusal.is_duplicate() { folder_named(desk, &folder)? } else { None };
        known.ok_or_else(|| refusal.problem("cannot make a folder"))?
    };
    made(desk, mail, folder, id)
}

/// The folder is there: it is remembered, and the mail moves into it.
fn made(desk: &Desk, mail: Found, folder: String, id: String) -> Result<Outcome, Problem> {
    let mut account = desk.account.clone();
    account.folders.insert(folder, id.clone());
    account.save(&desk.person.worker)?;
    let task = desk.task;
    let mut next = Task::new(format!("{}/move", task.id), ORGANIZE, &*task.actor, task.due);
    next.expires = task.expires;
    Ok(Outcome::follow_up(next.summary(&*task.summary).with_payload(&Step::Move { mail, folder: id })?))
}

fn folder_named(desk: &Desk, name: &str) -> Result<Option<String>, Problem> {
    let request = Request::get(ENDPOINT, folders(desk)).query("$select", "id,displayName").query("$top", "100");
    let all: Vec<Folder> = graph::collect(request, "cannot list the folders")?;
    Ok(all.into_iter().find(|folder| folder.display_name.eq_ignore_ascii_case(name)).map(|folder| folder.id))
}

fn file(desk: &Desk, mail: &Found, folder: &str) -> Result<Outcome, Problem> {
    let target = format!("{}/move", desk.message(&mail.id));
    let request = Request::post_json(ENDPOINT, target, &json!({"destinationId": folder}));
    graph::accept(request.header(IMMUTABLE.0, IMMUTABLE.1).send()?, "cannot file a mail")?;
    told(desk, mail)
}

fn lies_in(desk: &Desk, mail: &Found, folder: &str) -> Result<bool, Problem> {
    let request = Request::get(ENDPOINT, desk.message(&mail.id)).query("$select", "parentFolderId");
    let response = request.header(IMMUTABLE.0, IMMUTABLE.1).send()?;
    let place: Place = graph::accept(response, "cannot look where a mail lies")?.json()?;
    Ok(place.parent_folder_id == folder)
}

/// It was filed. The id is immutable, so it is still the mail's.
fn told(desk: &Desk, mail: &Found) -> Result<Outcome, Problem> {
    Ok(Outcome::activity(about(desk.told(Activity::benign(ORGANIZE))?, mail)))
}
