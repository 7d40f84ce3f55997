//! Showing a document to others: by a link for the organisation, or with people by name.
//!
//! A link that is there is given again, so creating one is repeatable. An invitation is sent once. Nobody gets a mail of
//! it: mail is what people write to one another, at the rate of their table.

use haymaker_guest::{
    Activity, LostRequest, Outcome, Problem, Task, Verdict,
    http::{Effect, Request},
    time::MINUTE,
};
use serde::Deserialize;
use serde_json::json;

use super::{Clerk, SHARE, Sharing, Step, drive::Item, shelf::Filed};
use crate::{
    graph::{self, ENDPOINT},
    people::Person,
};

/// How long a permission may take to show before it was not given; an assumption.
const IN_TRANSIT: u64 = MINUTE;

/// A permission, as far as it says who has it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default)]
    granted_to_v2: Option<Identities>,
    #[serde(default)]
    granted_to_identities_v2: Vec<Identities>,
}

#[derive(Deserialize)]
struct Identities {
    #[serde(default)]
    user: Option<Grantee>,
}

#[derive(Deserialize)]
struct Grantee {
    #[serde(default)]
    email: Option<String>,
}

/// Shares the chosen one of the worker's own documents.
pub(super) fn perform(clerk: &mut Clerk, choice: u64, how: Sharing) -> Result<Outcome, Problem> {
    while !clerk.shelf.own.is_empty() {
        let index = (choice % clerk.shelf.own.len() as u64) as usize;
        let Some(document) = clerk.shelf.own.get(index).cloned() else { break };
        match clerk.drive(&document).item(&document.item)? {
            Some(item) => {
                clerk.shelf.save(&clerk.person.worker)?;
                return match how {
                    Sharing::Link { write } => link(clerk, &document, &item, write),
                    Sharing::People { to, write } => invite(clerk, document, to, write),
                };
            }
            None => clerk.shelf.forget(&document.task),
        }
    }
    Err(Problem::invalid("nothing-to-share", format!("{} has no document any more", clerk.person.name())))
}

fn link(clerk: &Clerk, document: &Filed, item: &Item, write: bool) -> Result<Outcome, Problem> {
    let drive = clerk.drive(document);
    let body = json!({"type": if write { "edit" } else { "view" }, "scope": "organization"});
    let request = Request::post_json(ENDPOINT, format!("{}/createLink", drive.item_path(&item.id)), &body);
    graph::accept(request.effect(Effect::Repeatable).send()?, "cannot create a link")?;
    Ok(Outcome::activity(clerk.told(Activity::benign(SHARE), drive, &item.id, &item.name)?))
}

/// The document was looked at: inviting people to it is a task of its own, so that what is settled is known.
fn invite(clerk: &Clerk, document: Filed, to: Vec<String>, write: bool) -> Result<Outcome, Problem> {
    let task = clerk.task;
    let mut next = Task::new(format!("{}/invite", task.id), SHARE, &*task.actor, task.due);
    next.expires = task.expires;
    let step = Step::Invite { document, to, write };
    Ok(Outcome::follow_up(next.summary(&*task.summary).with_payload(&step)?))
}

/// Invites people.
pub(super) fn perform_invite(clerk: &Clerk, document: &Filed, to: &[String], write: bool) -> Result<Outcome, Problem> {
    let addresses = addresses(clerk, to)?;
    let body = json!({
        "recipients": addresses.iter().map(|address| json!({"email": address})).collect::<Vec<_>>(),
        "roles": [if write { "write" } else { "read" }],
        "requireSignIn": true,
        "sendInvitation": false,
    });
    let target = format!("{}/invite", clerk.drive(document).item_path(&document.item));
    graph::accept(Request::post_json(ENDPOINT, target, &body).send()?, "cannot share a document")?;
    invited(clerk, document, &addresses)
}

/// Looks whether they can open it.
pub(super) fn settle_invite(
    clerk: &Clerk,
    document: &Filed,
    to: &[String],
    lost: &LostRequest,
) -> Result<Verdict, Problem> {
    let addresses = addresses(clerk, to)?;
    let target = format!("{}/permissions", clerk.drive(document).item_path(&document.item));
    let permissions: Vec<Permission> =
        graph::collect(Request::get(ENDPOINT, target), "cannot look who may open a document")?;
    let identities = permissions
        .into_iter()
        .flat_map(|permission| permission.granted_to_identities_v2.into_iter().chain(permission.granted_to_v2));
    let granted: Vec<String> = identities.filter_map(|identities| identities.user?.email).collect();
    if addresses.iter().all(|address| granted.iter().any(|email| email.eq_ignore_ascii_case(address))) {
        invited(clerk, document, &addresses).map(Verdict::Happened)
    } else {
        // Should some of them have been invited after all, inviting them again changes nothing.
        Ok(lost.unseen(IN_TRANSIT))
    }
}

fn invited(clerk: &Clerk, document: &Filed, addresses: &[String]) -> Result<Outcome, Problem> {
    let activity = Activity::benign(SHARE).to(addresses.iter().map(String::as_str));
    Ok(Outcome::activity(clerk.told(activity, clerk.drive(document), &document.item, &document.name)?))
}

fn addresses(clerk: &Clerk, workers: &[String]) -> Result<Vec<String>, Problem> {
    let people: Vec<&Person> =
        workers.iter().map(|worker| clerk.office.person(worker)).collect::<Result<_, Problem>>()?;
    Ok(people.into_iter().map(|person| clerk.office.address(person, &clerk.tenant)).collect())
}
