//! Where a department keeps what belongs to all of it: the library of its group's site.

use haymaker_guest::{Problem, http::segment, ledger};

use super::{Clerk, drive::Drive, shelf::Shelf};
use crate::config::Feature;

/// The kind of groups in the ledger.
const GROUP: &str = "group";

/// The id of the Microsoft 365 group of this worker's department; none where people use no groups, or it is not there.
fn group(clerk: &Clerk) -> Result<Option<String>, Problem> {
    if !clerk.office.uses(Feature::Groups)? {
        return Ok(None);
    }
    let department = clerk.office.place(clerk.person)?.department;
    let name = format!("haymaker-{}-{}", clerk.office.deployment, department.key()).to_lowercase();
    let entries = ledger::entries().into_iter();
    Ok(entries.filter(|entry| entry.kind == GROUP && entry.name == name).find_map(|entry| entry.remote_id))
}

/// The library of the department; none where there is none (yet): a group's site takes its time, too.
///
/// # Errors
/// Graph's.
pub(super) fn drive(clerk: &Clerk) -> Result<Option<Drive>, Problem> {
    match group(clerk)? {
        Some(id) => Drive::find(format!("/groups/{}/drive", segment(&id))),
        None => Ok(None),
    }
}

/// The others of the department, each with what they know of documents; nobody, where the department has no library.
///
/// # Errors
/// The state's.
pub(super) fn colleagues(clerk: &Clerk) -> Result<Vec<(String, Shelf)>, Problem> {
    if group(clerk)?.is_none() {
        return Ok(Vec::new());
    }
    let office = clerk.office;
    let department = office.place(clerk.person)?.department;
    let people = office.people.iter().zip(&office.places);
    let others =
        people.filter(|(person, place)| place.department == department && person.worker != clerk.person.worker);
    others.map(|(person, _)| Ok((person.worker.clone(), Shelf::of(&person.worker)?))).collect()
}
